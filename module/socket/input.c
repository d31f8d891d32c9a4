// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in: to a socket, a small form, a listener, or nobody.
 */
#include "compat.h"
#include "socket/sock.h"
#include "socket/trace_events.h"

/* RFC 9293 3.10.7.1: nobody is there. */
static void to_nobody(struct xtcp_net *xn, const struct sk_buff *skb,
		      const struct xtcp_tuple *t,
		      const struct xtcp_segment *seg)
{
	struct xtcp_return_route room;
	struct xtcp_reply_opts opts = {
		.route = xtcp_route_back(NULL, skb, &room),
	};
	struct xtcp_policy policy = {};
	struct xtcp_event e = {
		.kind = XTCP_EV_SEGMENT,
		.now_ms = xtcp_now_ms(),
		.policy = &policy,
		.seg = *seg,
	};
	struct xtcp_record r;
	struct xtcp_orders o;

	xtcp_record_init(&r);
	xtcp_take_step(&r, &e, &o);
	xtcp_count_step(xn, &o);
	xtcp_reply(xn, t, &r, &opts, &o);
}

/**
 * xtcp_segment_in() - a segment for a socket
 * @sk:		locked
 * @skb:	the text; taken
 * @seg:	the header
 */
void xtcp_segment_in(struct sock *sk, struct sk_buff *skb,
		     const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_turn turn;

	x->segs_in++;
	if (seg->len && !xtcp_may_take(sk, skb)) {
		xtcp_inc(xtcp_sk_net(sk), XTCP_R_RECEIVE_BUFFER);
		trace_xtcp_drop(sock_net(sk), XTCP_R_RECEIVE_BUFFER);
		kfree_skb(skb);
		return;
	}
	if (unlikely(xtcp_wire_has_ip_options(skb)))
		xtcp_route_renew(sk, skb, seg);
	if (xtcp_expected_in(sk, skb, seg))
		return;
	xtcp_turn_init(sk, &turn, XTCP_EV_SEGMENT);
	turn.e.seg = *seg;
	turn.skb = skb;
	xtcp_take_turn(sk, &turn);
	kfree_skb(turn.skb);
}

/*
 * The connection left its socket while the segment waited: it has become small,
 * or is over. A SYN is left to be repeated.
 */
static void to_successor(struct sock *sk, struct sk_buff *skb,
			 const struct xtcp_segment *seg)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);
	struct xtcp_entry *entry = NULL;
	struct xtcp_tuple t;
	bool taken = false;

	xtcp_wire_get_tuple(sk, &t);
	rcu_read_lock();
	if (!(seg->flags & XTCP_SYN))
		entry = xtcp_lookup(xtcp_table_for(xn, &t), &t);
	if (entry && !xtcp_entry_full(entry))
		taken = xtcp_small_in(xn, xtcp_small(entry), skb, &t, seg);
	rcu_read_unlock();
	if (!taken)
		kfree_skb(skb);
}

static void waited_in(struct sock *sk, struct sk_buff *skb,
		      const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->in_backlog = true;
	xtcp_segment_in(sk, skb, seg);
	x->in_backlog = false;
}

/* A program had the socket locked; the header is still in front of the text. */
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct xtcp_segment seg;

	/* The program may have connected it elsewhere meanwhile. */
	if (tcp_hdr(skb)->source != inet->inet_dport ||
	    tcp_hdr(skb)->dest != inet->inet_sport ||
	    !xtcp_wire_again(skb, &seg))
		kfree_skb(skb);
	else if (xtcp_entry_full(&xtcp_sk(sk)->entry))
		waited_in(sk, skb, &seg);
	else
		to_successor(sk, skb, &seg);
	return 0;
}

/* Return: false when the socket has other ends by now; @skb stays. */
static bool to_socket(struct xtcp_net *xn, struct sock *sk,
		      struct sk_buff *skb, const struct xtcp_tuple *t,
		      const struct xtcp_segment *seg)
{
	struct xtcp_entry *entry = &xtcp_sk(sk)->entry;
	bool ours;
	struct xtcp_segment mine = *seg;
	u8 reason = xtcp_wire_admit(sk, skb, t, &mine);
	int limit;

	if (reason) {
		xtcp_inc(xn, reason);
		trace_xtcp_drop(xn->net, reason);
		kfree_skb(skb);
		return true;
	}
	sk_incoming_cpu_update(sk);
	bh_lock_sock_nested(sk);
	ours = xtcp_entry_matches(entry, t);
	if (!ours) {
		;
	} else if (!sock_owned_by_user(sk)) {
		xtcp_segment_in(sk, skb, &mine);
	} else {
		limit = READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) +
			64 * 1024;
		if (sk_add_backlog(sk, skb, limit)) {
			xtcp_inc(xn, XTCP_C_BACKLOG_DROPS);
			kfree_skb(skb);
		}
	}
	bh_unlock_sock(sk);
	return ours;
}

/* Whose is it? Asked again when what was found died meanwhile. */
static bool deliver(struct xtcp_net *xn, struct sk_buff *skb,
		    const struct xtcp_tuple *t, const struct xtcp_segment *seg,
		    struct xtcp_entry *entry)
{
	struct xtcp_table *table = xtcp_table_for(xn, t);
	struct sock *sk;
	bool found;

	if (!entry)
		entry = xtcp_lookup(table, t);
	if (!entry) {
		sk = xtcp_listener_lookup(table, t, skb, 0);
		if (sk)
			xtcp_listener_in(xn, sk, skb, t, seg, 0);
		else
			to_nobody(xn, skb, t, seg);
		kfree_skb(skb);
		return true;
	}
	if (!xtcp_entry_full(entry))
		return xtcp_small_in(xn, xtcp_small(entry), skb, t, seg);
	sk = xtcp_entry_sock(entry);
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return false;
	found = to_socket(xn, sk, skb, t, seg);
	sock_put(sk);
	return found;
}

/* How often a tuple may change hands while one segment looks for it. */
#define TRIES	4

static void receive(struct net *net, struct sk_buff *skb,
		    const struct xtcp_tuple *t, const struct xtcp_segment *seg)
{
	struct xtcp_net *xn = xtcp_net(net);
	int i;

	xtcp_inc(xn, XTCP_C_IN_SEGS);
	trace_xtcp_segment_in(net, t, seg);
	for (i = 0; i < TRIES; i++) {
		if (deliver(xn, skb, t, seg, i ? NULL : t->found))
			return;
	}
	kfree_skb(skb);
}

static void count(struct net *net, u8 reason)
{
	xtcp_inc(xtcp_net(net), XTCP_C_IN_SEGS);
	xtcp_inc(xtcp_net(net), reason);
	trace_xtcp_drop(net, reason);
}

/**
 * xtcp_pmtu_in() - the path takes no more than that
 * @sk:		locked, and no program holds it
 * @mtu:	bytes, as ICMP said
 *
 * What is in flight and too big goes again, smaller (RFC 1191 6.4).
 */
void xtcp_pmtu_in(struct sock *sk, u32 mtu)
{
	if (xtcp_in(&xtcp_sk(sk)->rec, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return;
	xtcp_tick(sk);
	xtcp_wire_pmtu(sk, mtu);
	xtcp_sync_mss(sk, true);
	xtcp_transmit(sk, false);
	xtcp_timer_arm(sk);
}

/* A program holds the socket: what must not be lost waits for it to let go. */
static void icmp_later(struct sock *sk, const struct xtcp_icmp *icmp)
{
	if (icmp->kind == XTCP_ICMP_TOO_BIG)
		xtcp_sk(sk)->pmtu_late = min_t(u32, icmp->mtu, U16_MAX);
	else if (icmp->kind != XTCP_ICMP_REDIRECT)
		WRITE_ONCE(sk->sk_err_soft, icmp->err);
}

/* MUST-47: a program that asks for it (IP_RECVERR) need not wait for the end. */
static void tell_soft_error(struct sock *sk, int err)
{
	if (!xtcp_in(&xtcp_sk(sk)->rec, XTCP_SYNCHRONISED) ||
	    !xtcp_recverr(sk, xtcp_wire_family(sk)))
		return;
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

static void icmp_error_in(struct sock *sk, const struct xtcp_icmp *icmp)
{
	struct xtcp_turn turn;

	if (icmp->kind == XTCP_ICMP_TOO_BIG) {
		xtcp_pmtu_in(sk, icmp->mtu);
		return;
	}
	WRITE_ONCE(sk->sk_err_soft, icmp->err);
	xtcp_turn_init(sk, &turn, icmp->kind == XTCP_ICMP_HARD ?
		       XTCP_EV_ICMP_HARD : XTCP_EV_ICMP_SOFT);
	turn.errno_icmp = icmp->err;
	xtcp_take_turn(sk, &turn);
	tell_soft_error(sk, icmp->err);
}

/* RFC 5927 4.1: only a message that quotes what is in flight is believed. */
static void icmp_in(struct net *net, struct sk_buff *skb,
		    const struct xtcp_tuple *t, const struct xtcp_icmp *icmp)
{
	struct xtcp_net *xn = xtcp_net(net);
	struct xtcp_entry *entry = xtcp_lookup(xtcp_table_for(xn, t), t);
	const struct xtcp_record *r;
	struct sock *sk;

	if (!entry || !xtcp_entry_full(entry))
		return;
	sk = xtcp_entry_sock(entry);
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return;
	bh_lock_sock(sk);
	r = &xtcp_sk(sk)->rec;
	if (!xtcp_entry_matches(entry, t))
		;	/* it has other ends by now */
	else if (!seq_in(icmp->seq, r->snd_una, r->snd_nxt - r->snd_una))
		xtcp_inc(xn, XTCP_C_ICMP_STALE);
	else if (sock_owned_by_user(sk))
		icmp_later(sk, icmp);
	else if (icmp->kind == XTCP_ICMP_REDIRECT)
		xtcp_wire_redirect(sk, skb);
	else
		icmp_error_in(sk, icmp);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/*
 * Who only waits for the last of a connection does not keep others off it: a
 * connection of the host's, or the SYN of one that may begin (RFC 6191).
 */
static bool gives_way(struct net *net, struct xtcp_entry *e,
		      struct sk_buff *skb, int offset,
		      const struct xtcp_tuple *t)
{
	u8 form = READ_ONCE(e->form);
	struct xtcp_segment seg;

	if (form != XTCP_FORM_TIME_WAIT && form != XTCP_FORM_FIN_WAIT_2)
		return false;
	if (xtcp_wire_tcp_host_has(net, t))
		return true;
	return form == XTCP_FORM_TIME_WAIT &&
	       xtcp_wire_tcp_host_syn(net, skb, offset, t, &seg) &&
	       xtcp_small_yield(xtcp_net(net), xtcp_small(e), t, &seg);
}

static bool ours(struct net *net, struct sk_buff *skb, int offset,
		 struct xtcp_tuple *t)
{
	struct xtcp_table *table = xtcp_table_for(xtcp_net(net), t);

	t->found = xtcp_lookup(table, t);
	if (t->found)
		return !gives_way(net, t->found, skb, offset, t);
	return xtcp_listener_lookup(table, t, NULL, 0);
}

const struct xtcp_input_ops xtcp_input_ops = {
	.ours = ours,
	.receive = receive,
	.error = icmp_in,
	.count = count,
};
