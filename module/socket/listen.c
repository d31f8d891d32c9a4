// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners: SYNs to them, and listen() (RFC 9293 3.10.1, 3.10.7.2). A listener
 * is not locked for a segment; what it says is read as it stands.
 */
#include "socket/sock.h"
#include "socket/trace_events.h"

/* How long after a cookie was sent one may come back. */
#define COOKIE_LIFE_MS	(2 * 64000)

static bool queue_full(struct xtcp_net *xn, struct sock *sk)
{
	u32 limit = READ_ONCE(xn->settings.max_syn_backlog);
	u32 backlog = READ_ONCE(sk->sk_max_ack_backlog);

	limit = min(limit, max(backlog, 1u));
	return atomic_read(&xtcp_sk(sk)->listening->found.half_open) >= (int)limit;
}

static bool wants_cookies(struct xtcp_net *xn, struct sock *sk)
{
	int mode = READ_ONCE(xn->settings.syncookies);

	return mode == 2 || (mode == 1 && queue_full(xn, sk));
}

static bool expects_cookies(struct xtcp_net *xn, struct sock *sk)
{
	const struct xtcp_listening *l = xtcp_sk(sk)->listening;

	if (READ_ONCE(xn->settings.syncookies) == 2)
		return true;
	return READ_ONCE(l->cookies_sent) &&
	       xtcp_now_ms() - READ_ONCE(l->cookie_ms) < COOKIE_LIFE_MS;
}

/* What we bring into the opening: numbers, and the first window. */
static void fill_opening(struct xtcp_net *xn, struct sock *sk,
			 const struct xtcp_tuple *t, struct xtcp_event *e,
			 u32 iss_least)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_opening *open = &e->open;

	xtcp_opening(sk, t, open);
	if (iss_least && seq_lt(open->iss, iss_least))
		open->iss = iss_least;
	if (xtcp_fixed_isn(x))
		open->iss = xtcp_rules(x)->options.isn;
}

static void fill_cookie_facts(struct xtcp_net *xn, struct sock *sk,
			      const struct xtcp_tuple *t,
			      struct xtcp_event *e)
{
	struct xtcp_cookie_facts *c = &e->cookie;
	u32 irs = e->seg.seq - 1;

	c->expected = expects_cookies(xn, sk);
	if (!c->expected)
		return;
	c->count = xtcp_cookie_count();
	c->mac[0] = xtcp_cookie_mac(xn, t, irs, c->count);
	c->mac[1] = xtcp_cookie_mac(xn, t, irs, c->count - 1);
}

/* The SYN+ACK is the connection's only trace. */
static void send_cookie(struct xtcp_net *xn, struct sock *sk,
			const struct sk_buff *skb, const struct xtcp_tuple *t,
			const struct xtcp_event *e)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_return_route room;
	struct xtcp_reply_opts opts;
	struct xtcp_segment seg;

	xtcp_fill_syn(e->child, &seg, e->policy);
	seg.mss = x->user_mss;
	if (seg.opts & XTCP_OPT_TS)
		seg.tsval = xtcp_cookie_ts_make(seg.tsval, &e->seg, e->policy);
	WRITE_ONCE(x->listening->cookie_ms, xtcp_now_ms());
	WRITE_ONCE(x->listening->cookies_sent, true);
	xtcp_inc(xn, XTCP_C_COOKIES_SENT);
	xtcp_reply_opts_of(sk, t, NULL, &opts);
	opts.route = xtcp_route_back(NULL, skb, &room);
	xtcp_reply_segment(xn, t, &seg, &opts);
}

static void spawn_half_open(struct xtcp_net *xn, struct sock *sk,
			    struct sk_buff *skb, const struct xtcp_tuple *t,
			    const struct xtcp_event *e, bool give)
{
	struct xtcp_orders born = {
		.event = XTCP_EV_SYN,
		.from = XTCP_LISTEN,
		.to = XTCP_SYN_RCVD,
	};
	struct xtcp_return_route room;
	struct xtcp_reply_opts opts;
	struct xtcp_segment seg;
	struct xtcp_small *s;
	bool kept;

	s = xtcp_small_alloc(t, sk->sk_bound_dev_if,
			     GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		goto no_memory;
	s->record = *e->child;
	s->listener_id = xtcp_listener_id(sk);
	xtcp_reply_opts_of(sk, t, &s->entry, &opts);
	s->entry.tos = opts.tos;
	s->entry.ttl = opts.ttl;
	s->entry.mark = opts.mark;
	opts.route = xtcp_route_back(NULL, skb, &room);
	kept = xtcp_saved_attach(s, xtcp_syn_saved(sk, skb, opts.route));
	/* A program can do without its SYN, the peer not without its route. */
	if ((opts.route && !kept) || xtcp_small_insert(xtcp_table_of(sk), s)) {
		xtcp_saved_free(xtcp_saved_take(s));
		xtcp_small_free(s);
		goto no_memory;
	}
	trace_xtcp_small_state(xn->net, t, &born);
	xtcp_inc(xn, XTCP_C_PASSIVE_OPENS);
	xtcp_fill_syn(e->child, &seg, e->policy);
	seg.mss = xtcp_sk(sk)->user_mss;
	/* Only this once: what is sent again has had its trouble. */
	if (give)
		xtcp_fast_give(sk, t, &seg);
	xtcp_reply_segment(xn, t, &seg, &opts);
	return;
no_memory:
	xtcp_inc(xn, XTCP_R_NO_MEMORY);
}

/* A cookie came back: the child is made without ever having been half-open. */
static void spawn_open(struct xtcp_net *xn, struct sock *sk,
		       struct sk_buff *skb, const struct xtcp_tuple *t,
		       struct xtcp_turn *turn)
{
	struct sock *child = NULL;

	xtcp_inc(xn, XTCP_C_COOKIES_RECEIVED);
	/* Who reads from a queue frees what he read, whoever else has it. */
	turn->skb = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (turn->skb)
		child = xtcp_child_create(sk, t, turn->e.child, turn->skb,
					  NULL);
	if (!child || xtcp_insert(xtcp_table_of(sk), &xtcp_sk(child)->entry)) {
		xtcp_inc(xn, XTCP_R_NO_MEMORY);
		if (child)
			xtcp_child_discard(child);
		kfree_skb(turn->skb);
		return;
	}
	turn->snd_una = turn->e.child->iss;
	turn->o.from = XTCP_SYN_RCVD;
	turn->o.to = turn->e.child->state;
	xtcp_child_open(sk, child, turn);
	kfree_skb(turn->skb);
}

/* Its cookie was good: the child is a socket before its handshake is over. */
static void spawn_fast(struct xtcp_net *xn, struct sock *sk,
		       struct sk_buff *skb, const struct xtcp_tuple *t,
		       struct xtcp_turn *turn)
{
	struct sock *child = NULL;

	turn->skb = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (turn->skb)
		child = xtcp_child_create(sk, t, turn->e.child, turn->skb,
					  NULL);
	if (!child || xtcp_insert(xtcp_table_of(sk), &xtcp_sk(child)->entry)) {
		xtcp_inc(xn, XTCP_R_NO_MEMORY);
		if (child)
			xtcp_child_discard(child);
		kfree_skb(turn->skb);
		return;
	}
	xtcp_fast_begin(sk, child);
	xtcp_syn_keep(child, xtcp_syn_saved(sk, skb, false));
	xtcp_inc(xn, XTCP_C_PASSIVE_OPENS);
	turn->o.to = turn->e.child->state;
	xtcp_child_open(sk, child, turn);
	kfree_skb(turn->skb);
}

/* There is no room to remember the SYN: its answer says all. */
static void open_by_cookie(struct xtcp_net *xn, const struct xtcp_tuple *t,
			   struct xtcp_event *e, struct xtcp_policy *policy)
{
	const struct xtcp_segment *seg = &e->seg;
	u16 mss = seg->opts & XTCP_OPT_MSS ? seg->mss : 536;
	u32 count = xtcp_cookie_count();
	u32 mac = xtcp_cookie_mac(xn, t, seg->seq, count);

	e->open.iss = xtcp_cookie_make(mac, count, mss);
	/* Without a timestamp there is no room for the rest. */
	if (seg->opts & XTCP_OPT_TS && policy->timestamps)
		return;
	policy->window_scaling = 0;
	policy->sack = 0;
	policy->ecn = 0;
}

/**
 * xtcp_listener_in() - a segment for a listener
 * @xn:		the namespace
 * @sk:		not locked, found under RCU
 * @skb:	the text; stays the caller's
 * @t:		both ends
 * @seg:	the header
 * @iss_least:	the initial number must not be before this one; 0: no matter
 */
void xtcp_listener_in(struct xtcp_net *xn, struct sock *sk,
		      struct sk_buff *skb, const struct xtcp_tuple *t,
		      const struct xtcp_segment *seg, u32 iss_least)
{
	struct xtcp_policy policy;
	struct xtcp_record listener = { .state = XTCP_LISTEN };
	bool syn = seg->flags & XTCP_SYN && !(seg->flags & XTCP_ACK);
	struct xtcp_record child;
	struct xtcp_turn turn = {};
	struct xtcp_event *e = &turn.e;
	struct xtcp_return_route room;
	struct xtcp_reply_opts opts = {};
	enum xtcp_fast_verdict fast = XTCP_FAST_NO;
	bool cookies = false;
	u8 reason;

	xtcp_policy_of(sk, &policy);
	e->kind = XTCP_EV_SEGMENT;
	e->now_ms = xtcp_now_ms();
	e->policy = &policy;
	e->seg = *seg;
	reason = xtcp_wire_admit(sk, skb, t, &e->seg);
	if (reason) {
		xtcp_inc(xn, reason);
		trace_xtcp_drop(xn->net, reason);
		return;
	}
	e->child = &child;
	e->accept_full = sk_acceptq_is_full(sk);
	fill_opening(xn, sk, t, e, iss_least);
	fill_cookie_facts(xn, sk, t, e);
	if (syn && wants_cookies(xn, sk)) {
		cookies = true;
		open_by_cookie(xn, t, e, &policy);
	} else if (syn && queue_full(xn, sk)) {
		xtcp_inc(xn, XTCP_R_SYN_QUEUE_FULL);
		return;
	} else if (syn) {
		fast = xtcp_fast_judge(sk, t, &e->seg);
		e->fast = fast == XTCP_FAST_TAKE;
	}
	xtcp_take_step(&listener, e, &turn.o);
	if (!(turn.o.todo & XTCP_DO_SPAWN)) {
		xtcp_count_step(xn, &turn.o);
		xtcp_ended_cookie(xn, &child, t, &turn.o);
		opts.route = xtcp_route_back(NULL, skb, &room);
		xtcp_reply(xn, t, &child, &opts, &turn.o);
	} else if (turn.o.todo & XTCP_DO_ESTABLISHED) {
		spawn_open(xn, sk, skb, t, &turn);
	} else if (cookies) {
		send_cookie(xn, sk, skb, t, e);
	} else if (e->fast) {
		spawn_fast(xn, sk, skb, t, &turn);
	} else {
		spawn_half_open(xn, sk, skb, t, e, fast == XTCP_FAST_GIVE);
	}
}

/* Once made it stays: who listened may do so again. Return: 0 or -ENOBUFS. */
int xtcp_listening_make(struct sock *sk)
{
	struct xtcp_listening *l;

	if (xtcp_sk(sk)->listening)
		return 0;
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOBUFS;
	INIT_LIST_HEAD(&l->queue);
	spin_lock_init(&l->lock);
	/* Whoever sees its state looks for it without the lock. */
	smp_store_release(&xtcp_sk(sk)->listening, l);
	return 0;
}

static int start_listening(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	int err;

	xtcp_happen(sk, XTCP_EV_OPEN_PASSIVE);
	sk->sk_ack_backlog = 0;
	x->listening->open = true;
	err = xtcp_listen(xtcp_table_of(sk), sk, &x->listening->found,
			  &x->binding);
	if (err) {
		xtcp_happen(sk, XTCP_EV_CLOSE);
		sk->sk_shutdown = 0;
		return err;
	}
	inet->inet_num = xtcp_bound_port(&x->binding);
	inet->inet_sport = htons(inet->inet_num);
	return 0;
}

int xtcp_listen_call(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED ||
	    !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = 0;
	if (sk->sk_state != TCP_LISTEN)
		err = xtcp_listening_make(sk) ?:
		      xtcp_fast_listen(sk, backlog) ?: start_listening(sk);
out:
	release_sock(sk);
	return err;
}

/* No SYN finds it any more, and nobody will accept who waits: RST (EV-04) */
void xtcp_listen_stop(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_listening *l = x->listening;
	LIST_HEAD(waiting);
	struct xtcp_sock *c, *next;
	bool half_open = atomic_read(&l->found.half_open);

	xtcp_unlisten(xtcp_table_of(sk), &l->found, &x->binding);
	if (half_open)
		xtcp_table_flush(xtcp_table_of(sk), xtcp_small_unheard);
	spin_lock_bh(&l->lock);
	/* A SYN's last ACK that found us before still makes a child. */
	l->open = false;
	list_splice_init(&l->queue, &waiting);
	sk->sk_ack_backlog = 0;
	spin_unlock_bh(&l->lock);
	list_for_each_entry_safe(c, next, &waiting, accept_node) {
		struct sock *child = (struct sock *)c;

		list_del_init(&c->accept_node);
		local_bh_disable();
		bh_lock_sock_nested(child);
		sock_hold(child);
		xtcp_child_abandon(child);
		bh_unlock_sock(child);
		local_bh_enable();
		sock_put(child);
	}
}
