// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections without a socket: half-open ones of a listener, TIME_WAIT, and
 * orphans in FIN_WAIT_2. The same record, the same machine; what a socket would
 * do is done by reply.c.
 */
#include "socket/sock.h"
#include "socket/trace_events.h"

static struct xtcp_table *table_of(struct xtcp_net *xn,
				   const struct xtcp_small *s)
{
	return xtcp_table_for(xn, &s->entry);
}

/**
 * struct farewell - what is to be sent once the entry is unlocked
 * @o:		the orders
 * @r:		the record as the step left it
 * @opts:	how it travels
 * @route:	what @opts may point to
 * @mss:	MSS to announce on a SYN+ACK, 0: the route's
 *
 * Sending with the lock held could come back to it, where a route leads a packet
 * round to our own input.
 */
struct farewell {
	struct xtcp_orders o;
	struct xtcp_record r;
	struct xtcp_reply_opts opts;
	struct xtcp_return_route route;
	u16 mss;
};

static void send_farewell(struct xtcp_net *xn, const struct xtcp_tuple *t,
			  const struct farewell *f,
			  const struct xtcp_policy *p)
{
	xtcp_reply(xn, t, &f->r, &f->opts, &f->o);
	if (!(f->o.todo & XTCP_DO_SYN_ACK))
		return;
	if (f->r.retries)
		xtcp_inc(xn, XTCP_C_RETRANS_SYNS);
	xtcp_reply_syn(xn, t, &f->r, p, f->mss, &f->opts);
}

static void fill_farewell(struct xtcp_net *xn, const struct xtcp_small *s,
			  const struct sk_buff *skb,
			  const struct xtcp_orders *o, struct farewell *f)
{
	const struct xtcp_listener *l = NULL;

	f->o = *o;
	if ((o->todo & XTCP_DO_CHALLENGE) && !xtcp_challenge_allowed(xn, NULL))
		f->o.todo &= ~XTCP_DO_CHALLENGE;
	f->r = s->record;
	f->opts = (struct xtcp_reply_opts) {
		.tos = s->entry.tos,
		.ttl = s->entry.ttl,
		.mark = s->entry.mark,
		.oif = s->entry.ifindex,
		.route = xtcp_route_back(s, skb, &f->route),
	};
	if (o->todo & XTCP_DO_SYN_ACK)
		l = xtcp_listener_get(table_of(xn, s), s->listener_id);
	if (s->entry.family == AF_INET6)
		f->opts.hash = xtcp_entry_label(&s->entry);
	f->mss = l ? xtcp_sk(l->sk)->user_mss : 0;
}

/*
 * Carries out, but for what is to be sent; @s is locked and alive. @skb: the
 * segment that it is about, or NULL.
 */
static void carry_out_small(struct xtcp_net *xn, struct xtcp_small *s,
			    const struct sk_buff *skb,
			    const struct xtcp_tuple *t,
			    const struct xtcp_orders *o, struct farewell *f)
{
	xtcp_count_step(xn, o);
	if (o->from != o->to)
		trace_xtcp_small_state(xn->net, t, o);
	fill_farewell(xn, s, skb, o, f);
	if (o->todo & XTCP_DO_FREE) {
		xtcp_ended_small(xn, s, t, o);
		xtcp_small_remove(table_of(xn, s), s);
		return;
	}
	if (o->from == XTCP_FIN_WAIT_2 && o->to == XTCP_TIME_WAIT)
		xtcp_small_set_form(table_of(xn, s), s, XTCP_FORM_TIME_WAIT);
	if (o->todo & (XTCP_DO_TIMER | XTCP_DO_NO_TIMER))
		xtcp_small_timer(table_of(xn, s), s);
}

/*
 * An event, and the policy it comes with: the listener's, or what is left of a
 * socket's when the socket is gone. Return: a half-open entry's listener, or
 * NULL.
 */
static struct xtcp_listener *small_event(struct xtcp_net *xn,
					 const struct xtcp_small *s,
					 struct xtcp_policy *p,
					 struct xtcp_event *e,
					 enum xtcp_event_kind kind)
{
	struct xtcp_listener *l = NULL;

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->now_ms = xtcp_now_ms();
	e->policy = p;
	if (s->entry.form == XTCP_FORM_HALF_OPEN)
		l = xtcp_listener_get(table_of(xn, s), s->listener_id);
	if (l) {
		xtcp_policy_of(l->sk, p);
		e->accept_full = sk_acceptq_is_full(l->sk);
		return l;
	}
	xtcp_policy_init(p, &xn->settings);
	if (s->entry.form != XTCP_FORM_HALF_OPEN)
		p->msl_ms = s->msl_ms;
	return NULL;
}

/* TCP_DEFER_ACCEPT: a bare last ACK is not worth waking anybody yet. */
static bool deferred(const struct xtcp_listener *l, const struct xtcp_record *r,
		     const struct xtcp_segment *seg)
{
	const struct xtcp_rules *rules = xtcp_rules(xtcp_sk(l->sk));
	u32 limit_ms = rules->options.defer_accept * MSEC_PER_SEC;

	return limit_ms && !seg->len &&
	       !(seg->flags & (XTCP_FIN | XTCP_RST | XTCP_SYN)) &&
	       xtcp_now_ms() - r->since_ms < limit_ms;
}

/*
 * The step that counts. @child, if there is one, takes the entry's place or is
 * thrown away.
 */
static bool half_open_step(struct xtcp_net *xn, struct xtcp_small *s,
			   struct sk_buff *skb, const struct xtcp_tuple *t,
			   struct xtcp_turn *turn, struct sock *listener,
			   struct sock *child)
{
	struct xtcp_record r;
	struct farewell f;
	bool alive;

	xtcp_small_lock(table_of(xn, s), s);
	alive = xtcp_small_alive(s);
	if (!alive)
		goto discard;
	r = s->record;
	turn->snd_una = r.snd_una;
	turn->snd_wnd = r.snd_wnd;
	turn->since_ms = r.since_ms;
	turn->retries = r.retries;
	xtcp_take_step(&r, &turn->e, &turn->o);
	if (!(turn->o.todo & XTCP_DO_ESTABLISHED)) {
		s->record = r;
		carry_out_small(xn, s, skb, t, &turn->o, &f);
		xtcp_small_unlock(table_of(xn, s), s);
		send_farewell(xn, t, &f, turn->e.policy);
		goto unlocked;
	}
	/* It became so just now: the peer will repeat itself. */
	if (!child)
		goto discard;
	xtcp_sk(child)->rec = r;
	xtcp_syn_keep(child, xtcp_saved_take(s));
	xtcp_small_to_full(table_of(xn, s), s, &xtcp_sk(child)->entry);
	xtcp_small_unlock(table_of(xn, s), s);
	turn->skb = skb;
	xtcp_child_open(listener, child, turn);
	kfree_skb(turn->skb);
	return true;
discard:
	xtcp_small_unlock(table_of(xn, s), s);
unlocked:
	if (child)
		xtcp_child_discard(child);
	if (alive)
		kfree_skb(skb);
	return alive;
}

/*
 * The last ACK of a handshake, most likely. The child is made before the entry
 * is locked.
 */
static bool half_open_in(struct xtcp_net *xn, struct xtcp_small *s,
			 struct sk_buff *skb, const struct xtcp_tuple *t,
			 const struct xtcp_segment *seg)
{
	struct xtcp_listener *l;
	struct xtcp_policy policy;
	struct xtcp_turn turn = {};
	struct xtcp_record r, before;
	struct sock *child = NULL;

	xtcp_small_lock(table_of(xn, s), s);
	before = s->record;
	xtcp_small_unlock(table_of(xn, s), s);
	l = small_event(xn, s, &policy, &turn.e, XTCP_EV_SEGMENT);
	turn.e.seg = *seg;
	if (l && deferred(l, &before, seg)) {
		kfree_skb(skb);
		return true;
	}
	r = before;
	xtcp_take_step(&r, &turn.e, &turn.o);
	if (turn.o.todo & XTCP_DO_ESTABLISHED) {
		child = l ? xtcp_child_create(l->sk, t, &before, skb, s) :
			    NULL;
		if (!child) {
			xtcp_inc(xn, l ? XTCP_R_NO_MEMORY :
					 XTCP_R_LISTENER_GONE);
			kfree_skb(skb);
			return true;
		}
	}
	return half_open_step(xn, s, skb, t, &turn, l ? l->sk : NULL, child);
}

/* A provably newer SYN: the pair is the listener's again (RFC 6191). */
static void reopen(struct xtcp_net *xn, struct sk_buff *skb,
		   const struct xtcp_tuple *t, const struct xtcp_segment *seg,
		   const struct xtcp_record *old)
{
	struct sock *sk = xtcp_listener_lookup(xtcp_table_for(xn, t), t, skb, 0);

	/* Beyond any window of the old incarnation. */
	if (sk)
		xtcp_listener_in(xn, sk, skb, t, seg, old->snd_nxt + 65537);
}

/**
 * xtcp_small_in() - a segment for a connection without a socket
 * @xn:		the namespace
 * @s:		found under RCU; may be dead by now
 * @skb:	the text
 * @t:		both ends
 * @seg:	the header
 *
 * Return: false when it was dead: nothing was done; else @skb was taken.
 */
bool xtcp_small_in(struct xtcp_net *xn, struct xtcp_small *s,
		   struct sk_buff *skb, const struct xtcp_tuple *t,
		   const struct xtcp_segment *seg)
{
	struct xtcp_policy policy;
	struct xtcp_record old;
	struct xtcp_orders o;
	struct xtcp_event e;
	struct farewell f;

	if (READ_ONCE(s->entry.form) == XTCP_FORM_HALF_OPEN)
		return half_open_in(xn, s, skb, t, seg);
	small_event(xn, s, &policy, &e, XTCP_EV_SEGMENT);
	e.seg = *seg;
	if (seg->flags & XTCP_SYN)
		e.listening = xtcp_listener_lookup(xtcp_table_for(xn, t), t, skb, 0);
	xtcp_small_lock(table_of(xn, s), s);
	if (!xtcp_small_alive(s) || s->entry.form == XTCP_FORM_HALF_OPEN) {
		xtcp_small_unlock(table_of(xn, s), s);
		return false;
	}
	old = s->record;
	xtcp_take_step(&s->record, &e, &o);
	carry_out_small(xn, s, skb, t, &o, &f);
	xtcp_small_unlock(table_of(xn, s), s);
	send_farewell(xn, t, &f, &policy);
	if (o.todo & XTCP_DO_REOPEN)
		reopen(xn, skb, t, seg, &old);
	kfree_skb(skb);
	return true;
}

/**
 * xtcp_small_yield() - a SYN for a server of the host's TCP meets TIME_WAIT
 * @xn:		the namespace
 * @s:		found under RCU; may be dead by now
 * @t:		both ends
 * @seg:	the SYN
 *
 * Return: it is provably newer, as for a listener of ours; @s is over.
 */
bool xtcp_small_yield(struct xtcp_net *xn, struct xtcp_small *s,
		      const struct xtcp_tuple *t,
		      const struct xtcp_segment *seg)
{
	struct xtcp_policy policy;
	struct xtcp_record r;
	struct xtcp_orders o = {};
	struct xtcp_event e;
	struct farewell f;

	small_event(xn, s, &policy, &e, XTCP_EV_SEGMENT);
	e.seg = *seg;
	e.listening = true;
	xtcp_small_lock(table_of(xn, s), s);
	r = s->record;
	if (xtcp_small_alive(s) && s->entry.form == XTCP_FORM_TIME_WAIT &&
	    xtcp_entry_matches(&s->entry, t))
		xtcp_take_step(&r, &e, &o);
	/* Anything else is left to be answered as ever. */
	if (o.todo & XTCP_DO_REOPEN) {
		s->record = r;
		carry_out_small(xn, s, NULL, t, &o, &f);
	}
	xtcp_small_unlock(table_of(xn, s), s);
	return o.todo & XTCP_DO_REOPEN;
}

/* What happens to an entry that is locked and alive; unlocks it. */
static void small_happens(struct xtcp_net *xn, struct xtcp_small *s,
			  enum xtcp_event_kind kind, u8 reason)
	__releases(xtcp_small)
{
	struct xtcp_policy policy;
	struct xtcp_tuple t;
	struct xtcp_orders o;
	struct xtcp_event e;
	struct farewell f;

	xtcp_entry_tuple(&s->entry, &t);
	small_event(xn, s, &policy, &e, kind);
	e.reason = reason;
	xtcp_take_step(&s->record, &e, &o);
	carry_out_small(xn, s, NULL, &t, &o, &f);
	xtcp_small_unlock(table_of(xn, s), s);
	send_farewell(xn, &t, &f, &policy);
}

static void expired(struct xtcp_table *table, struct xtcp_small *s)
{
	struct xtcp_net *xn = xtcp_net(table->net);
	struct xtcp_record *r = &s->record;

	xtcp_small_lock(table, s);
	if (!xtcp_small_alive(s) || !r->timer ||
	    seq_gt(r->expires_ms, xtcp_now_ms()))
		xtcp_small_unlock(table, s);
	else if (r->timer != XTCP_LIFE_HANDSHAKE)
		small_happens(xn, s, XTCP_EV_LIFE_OVER, 0);
	else if (xtcp_listener_get(table, s->listener_id))
		small_happens(xn, s, XTCP_EV_RETRANSMIT, 0);
	else
		small_happens(xn, s, XTCP_EV_EVICT, XTCP_R_LISTENER_GONE);
}

const struct xtcp_table_ops xtcp_table_ops = {
	.expired = expired,
};

/* xtcp_table_flush() calls it when the namespace ends: no segment is sent. */
void xtcp_small_netns_gone(struct xtcp_table *table, struct xtcp_small *s)
{
	struct xtcp_net *xn = xtcp_net(table->net);

	xtcp_small_lock(table, s);
	if (xtcp_small_alive(s)) {
		xtcp_inc(xn, XTCP_R_NETNS_GONE);
		xtcp_small_remove(table, s);
	}
	xtcp_small_unlock(table, s);
}

/* For the administrator: everything that has no process. */
void xtcp_small_evict(struct xtcp_table *table, struct xtcp_small *s)
{
	xtcp_small_lock(table, s);
	if (xtcp_small_alive(s) && s->entry.form != XTCP_FORM_HALF_OPEN)
		small_happens(xtcp_net(table->net), s, XTCP_EV_EVICT,
			      XTCP_R_ADMIN);
	else
		xtcp_small_unlock(table, s);
}

/**
 * xtcp_small_end() - the administrator does not want this one any more
 * @table:	its table
 * @s:		found under RCU, which is still held
 * @end:	asked whether it is the one, with the entry locked
 *
 * Return: 0; -ENOENT when it was not, or is gone.
 */
int xtcp_small_end(struct xtcp_table *table, struct xtcp_small *s,
		   const struct xtcp_ending *end)
{
	xtcp_small_lock(table, s);
	if (!xtcp_small_alive(s) || !end->fits(end, &s->record, 0)) {
		xtcp_small_unlock(table, s);
		return -ENOENT;
	}
	small_happens(xtcp_net(table->net), s, XTCP_EV_EVICT, XTCP_R_ADMIN);
	return 0;
}

/* A listener was closed: its half-open connections get RST (RFC 9293 3.10.4). */
void xtcp_small_unheard(struct xtcp_table *table, struct xtcp_small *s)
{
	xtcp_small_lock(table, s);
	if (xtcp_small_alive(s) && s->entry.form == XTCP_FORM_HALF_OPEN &&
	    !xtcp_listener_get(table, s->listener_id))
		small_happens(xtcp_net(table->net), s, XTCP_EV_EVICT,
			      XTCP_R_LISTENER_GONE);
	else
		xtcp_small_unlock(table, s);
}

static bool too_many(struct sock *sk, const struct xtcp_record *r)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);

	return r->state == XTCP_TIME_WAIT &&
	       xtcp_count_form(xn, XTCP_FORM_TIME_WAIT) >=
	       READ_ONCE(xn->settings.max_tw_buckets);
}

/* How its segments travel, without a socket to ask. */
static void copy_manner(struct xtcp_entry *e, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	e->mark = READ_ONCE(sk->sk_mark);
	e->tos = inet->tos;
	e->ttl = inet->uc_ttl > 0 ? inet->uc_ttl : 0;
#if IS_ENABLED(CONFIG_IPV6)
	if (e->family != AF_INET6)
		return;
	e->tos = inet6_sk(sk)->tclass;
	e->ttl = inet6_sk(sk)->hop_limit > 0 ? inet6_sk(sk)->hop_limit : 0;
#endif
}

/**
 * xtcp_become_small() - the connection needs its socket no more
 * @sk:		locked, in TIME_WAIT, or in FIN_WAIT_2 and an orphan
 *
 * Without memory, or with too many of them, TIME_WAIT ends at once; FIN_WAIT_2
 * goes on as a socket. Return: false in this last case.
 */
bool xtcp_become_small(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_table *table = xtcp_table_of(sk);
	bool time_wait = x->rec.state == XTCP_TIME_WAIT;
	struct xtcp_small *s = NULL;
	struct xtcp_tuple t;

	xtcp_wire_get_tuple(sk, &t);
	if (!too_many(sk, &x->rec))
		s = xtcp_small_alloc(&t, sk->sk_bound_dev_if,
				     GFP_ATOMIC | __GFP_NOWARN);
	if (!s && !time_wait)
		return false;
	if (!s) {
		xtcp_end_because(sk, XTCP_EV_EVICT, XTCP_R_TIME_WAIT_SURPLUS);
		return true;
	}
	s->record = x->rec;
	s->msl_ms = xtcp_rules(x)->policy.msl_ms;
	copy_manner(&s->entry, sk);
	xtcp_full_to_small(table, &x->entry, &x->binding, s,
			   time_wait ? XTCP_FORM_TIME_WAIT :
				       XTCP_FORM_FIN_WAIT_2);
	/* The life goes on there; what stays here is over. */
	x->rec.state = XTCP_CLOSED;
	x->rec.timer = XTCP_LIFE_NONE;
	xtcp_done(sk);
	return true;
}
