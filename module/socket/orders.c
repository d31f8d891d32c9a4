// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries out what the machine orders for a connection with a socket. Nothing
 * else writes sk_state.
 */
#include "socket/sock.h"
#include "socket/trace_events.h"

/* Events whose segment had an acceptable ack. */
#define ACKS	(BIT(XTCP_EV_ACK) | BIT(XTCP_EV_ACK_OURS) | \
		 BIT(XTCP_EV_FIN) | BIT(XTCP_EV_FIN_OURS))

static bool is_self(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (inet->inet_sport != inet->inet_dport)
		return false;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_addr_equal(&inet6_sk(sk)->saddr,
				       &sk->sk_v6_daddr);
#endif
	return inet->inet_saddr == inet->inet_daddr;
}

void xtcp_turn_init(struct sock *sk, struct xtcp_turn *turn,
		    enum xtcp_event_kind kind)
{
	/* Somebody wrote to net.xtcp.*: it holds for open connections too. */
	if (unlikely(xtcp_rules_old(xtcp_rules(xtcp_sk(sk)))))
		xtcp_policy_refresh(sk);
	memset(turn, 0, sizeof(*turn));
	turn->e.kind = kind;
	xtcp_tick(sk);
	turn->e.now_ms = xtcp_tick_ms(xtcp_sk(sk));
	turn->e.policy = &xtcp_rules(xtcp_sk(sk))->policy;
	turn->e.self = is_self(sk);
}

void xtcp_take_turn(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	turn->snd_una = x->rec.snd_una;
	turn->snd_wnd = x->rec.snd_wnd;
	turn->rcv_nxt = x->rec.rcv_nxt;
	turn->since_ms = x->rec.since_ms;
	turn->retries = x->rec.retries;
	xtcp_take_step(&x->rec, &turn->e, &turn->o);
	xtcp_carry_out(sk, turn);
}

/* An event that needs no more than its name. */
void xtcp_happen(struct sock *sk, enum xtcp_event_kind kind)
{
	struct xtcp_turn turn;

	xtcp_turn_init(sk, &turn, kind);
	xtcp_take_turn(sk, &turn);
}

void xtcp_end_because(struct sock *sk, enum xtcp_event_kind kind, u8 reason)
{
	struct xtcp_turn turn;

	xtcp_turn_init(sk, &turn, kind);
	turn.e.reason = reason;
	xtcp_take_turn(sk, &turn);
}

/* Counters that follow from any step, of a socket or of a small form. */
void xtcp_count_step(struct xtcp_net *xn, const struct xtcp_orders *o)
{
	if (o->reason) {
		xtcp_inc(xn, o->reason);
		trace_xtcp_drop(xn->net, o->reason);
	}
	if (o->todo & XTCP_DO_RST)
		trace_xtcp_reset(xn->net, true, o->reason);
	if (o->todo & XTCP_DO_ESTABLISHED)
		xtcp_inc(xn, XTCP_C_ESTABLISHED);
	if (o->event == XTCP_EV_OPEN_ACTIVE)
		xtcp_inc(xn, XTCP_C_ACTIVE_OPENS);
	if (o->event == XTCP_EV_RST_EXACT && (o->todo & XTCP_DO_FREE)) {
		xtcp_inc(xn, XTCP_C_IN_RSTS);
		trace_xtcp_reset(xn->net, false, o->reason);
	}
	if (!(o->todo & XTCP_DO_BUG))
		return;
	xtcp_inc(xn, XTCP_C_IMPOSSIBLE);
	WARN_ONCE(1, "xtcp: %s in %s must not happen (to %s)\n",
		  xtcp_event_name(o->event), xtcp_state_name(o->from),
		  xtcp_state_name(o->to));
}

static void write_state(struct sock *sk, const struct xtcp_orders *o)
{
	struct xtcp_tuple t;

	if (o->from == o->to)
		return;
	if (trace_xtcp_state_enabled()) {
		xtcp_wire_get_tuple(sk, &t);
		trace_xtcp_state(sock_net(sk), &t, o);
	}
	/*
	 * The kernel takes whatever says TIME_WAIT for something smaller than a
	 * struct sock. Ours becomes small, or CLOSED, before anyone can look.
	 */
	if (o->to == XTCP_TIME_WAIT)
		return;
	/* poll() asks for it without the lock. */
	smp_store_release(&sk->sk_state, o->to);
}

/* The opening is complete: the stream begins to know its path. */
/* 0 if unknown: Karn, or the SYN+ACK was a cookie (no entry knew when). */
static u32 handshake_rtt_us(const struct xtcp_sock *x,
			    const struct xtcp_turn *turn)
{
	u32 rtt_ms;

	if (turn->retries)
		return 0;
	if (x->syn_us)
		return (u32)x->now_us - x->syn_us;
	if (!turn->since_ms)
		return 0;
	/* A small form counts in ms; less than one is not none. */
	rtt_ms = turn->e.now_ms - turn->since_ms;
	return max(rtt_ms, 1U) * USEC_PER_MSEC;
}

static void begin_stream(struct sock *sk, const struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_record *r = &x->rec;
	u32 options = r->flags & XTCP_F_TS ? 12 : 0;
	struct xtcp_handshake h = {
		.rcv_mss = xtcp_wire_advertised_mss(sk) - options,
		.retries = turn->retries,
	};

	h.rtt_us = handshake_rtt_us(x, turn);
	h.mss = xtcp_effective_mss(sk);
	x->copied_seq = r->irs + 1;
	x->tune_seq = x->copied_seq;
	x->tune_us = x->now_us;
	/* Text that went with our own SYN is queued already. */
	if (r->opened == XTCP_OPENED_PASSIVE || r->opened == XTCP_OPENED_COOKIE)
		x->write_seq = r->iss + 1;
	xtcp_stream_established(&x->stream, r, &h, x->now_us);
	if (x->slow_ack)
		xtcp_delack_quickack(&x->stream.delack, false);
}

/* Fast Open: the stream began with the SYN, and now the peer is known, too. */
static void confirm_stream(struct sock *sk, const struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_handshake h = {
		.rtt_us = handshake_rtt_us(x, turn),
		.retries = turn->retries,
	};

	xtcp_stream_confirmed(&x->stream, &x->rec, &h, x->now_us);
	x->bytes_acked += turn->o.acked;
	xtcp_fast_end(sk);
}

/* Both numbers are known, or with Fast Open ours may be told to be believed. */
static bool opens(struct sock *sk, const struct xtcp_turn *turn)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (turn->o.from == XTCP_LISTEN && xtcp_fast(&x->rec)) {
		begin_stream(sk, turn);
		xtcp_sk(sk)->fast_taken = turn->o.text_len;
		return true;
	}
	if (!(turn->o.todo & XTCP_DO_ESTABLISHED))
		return false;
	if (x->fast_pending) {
		confirm_stream(sk, turn);
		return true;
	}
	begin_stream(sk, turn);
	xtcp_fast_answered(sk, turn);
	return true;
}

/* The last ACK of our opening waits for text, if the program wants that. */
static void delay_third_ack(struct xtcp_sock *x, struct xtcp_orders *o)
{
	if (!x->slow_ack || o->event != XTCP_EV_SYN_ACK ||
	    o->from != XTCP_SYN_SENT)
		return;
	o->todo &= ~XTCP_DO_ACK;
	xtcp_delack_owe(&x->stream.delack, x->now_us);
}

void xtcp_count_ack(struct xtcp_net *xn, u32 meant)
{
	/* Most ACKs say that all is well. */
	if (!(meant & ~(XTCP_ACK_NEW | XTCP_ACK_RTT)))
		return;
	if (meant & XTCP_ACK_FAST)
		xtcp_inc(xn, XTCP_C_FAST_RETRANSMITS);
	if (meant & XTCP_ACK_BAD_SACK)
		xtcp_inc(xn, XTCP_C_BAD_SACKS);
	if (meant & XTCP_ACK_DSACK)
		xtcp_inc(xn, XTCP_C_DSACKS_RECEIVED);
	if (meant & XTCP_ACK_UNDO)
		xtcp_inc(xn, XTCP_C_UNDONE);
	if (meant & XTCP_ACK_MARKED)
		xtcp_inc(xn, XTCP_C_ECN_REDUCED);
}

static void take_acks(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_orders *o = &turn->o;
	struct xtcp_ack_facts f = {
		.seg = &turn->e.seg,
		.snd_una = turn->snd_una,
		.snd_wnd = turn->snd_wnd,
		.now_ms = turn->e.now_ms,
	};
	u32 meant;

	if (opens(sk, turn)) {
		delay_third_ack(x, &turn->o);
		return;
	}
	if (!(BIT(o->event) & ACKS) || o->from == XTCP_SYN_RCVD) {
		if (o->event < XTCP_EV_STORED)
			xtcp_stream_heard(&x->stream, x->now_us);
		return;
	}
	/* The way works: what was said of it before explains nothing later. */
	if (sk->sk_err_soft)
		WRITE_ONCE(sk->sk_err_soft, 0);
	meant = xtcp_stream_ack(&x->stream, &x->rec, &f, x->now_us);
	xtcp_count_ack(xtcp_sk_net(sk), meant);
	x->bytes_acked += o->acked;
}

/* Stored text whose turn has come; its orders join those of the segment. */
static void take_stored(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_orders *all = &turn->o;
	struct xtcp_orders o;
	struct xtcp_range range;
	struct sk_buff *skb;

	/* Behind the peer's FIN nothing counts, whatever was stored there. */
	while (!(x->rec.flags & XTCP_F_FIN_RCVD) &&
	       (skb = xtcp_stored_next(sk, &range))) {
		struct xtcp_event e = turn->e;

		e.kind = range.fin ? XTCP_EV_STORED_FIN : XTCP_EV_STORED;
		e.seg.seq = range.seq;
		e.seg.len = range.len;
		e.seg.flags = XTCP_ACK;
		xtcp_take_step(&x->rec, &e, &o);
		write_state(sk, &o);
		xtcp_count_step(xtcp_sk_net(sk), &o);
		x->bytes_received += o.text_len;
		if (o.todo & XTCP_DO_TEXT)
			xtcp_take_in(sk, skb, XTCP_SKB_CB(skb)->seq,
				     range.seq + o.text_off, o.text_len);
		else
			kfree_skb(skb);
		/* A filled gap is acknowledged at once (RFC 5681 4.2). */
		all->todo |= XTCP_DO_ACK |
			     (o.todo & ~(XTCP_DO_ACK_LATER | XTCP_DO_DROPPED));
		all->to = o.to;
	}
}

/* RFC 3168 6.1.3: marks on text that is acceptable, in order or not */
static void take_marks(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_ecn *ecn = &x->stream.ecn;
	u32 marked = ecn->marked;

	if (!(BIT(turn->o.event) & ACKS))
		return;
	if (xtcp_ecn_arrived(ecn, &x->rec, &turn->e.seg))
		turn->o.todo |= XTCP_DO_ACK;
	if (marked != ecn->marked)
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_ECN_MARKED);
}

/* Text, and what it frees from the store. */
static void order_text(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_orders *o = &turn->o;
	const struct xtcp_segment *seg = &turn->e.seg;
	u32 seq = seg->seq + !!(seg->flags & XTCP_SYN);
	bool gap = !RB_EMPTY_ROOT(xtcp_early(sk));
	u32 done = o->todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD);

	if (turn->e.kind == XTCP_EV_SEGMENT && !(seg->flags & XTCP_RST) &&
	    (1u << o->from) & XTCP_SYNCHRONISED)
		xtcp_text_again(sk, seg, turn->rcv_nxt);
	if ((o->todo & XTCP_DO_STORE) &&
	    xtcp_store(sk, turn->skb, seq, o->text_len, o->store_fin))
		turn->skb = NULL;
	if (done == XTCP_DO_TEXT) {
		xtcp_take_in(sk, turn->skb, seq, seq + o->text_off,
			     o->text_len);
		turn->skb = NULL;
	}
	if (done) {
		x->bytes_received += o->text_len;
		take_stored(sk, turn);
	}
	if (done == XTCP_DO_DISCARD)
		x->copied_seq = x->rec.rcv_nxt;
	if (!(o->todo & XTCP_DO_ACK_LATER))
		return;
	/*
	 * The program is about to learn of the FIN, and may have nothing to add:
	 * its own FIN then carries this ACK (three-segment).
	 */
	if (o->todo & XTCP_DO_EOF && !x->quickack && !gap)
		xtcp_delack_owe(&x->stream.delack, x->now_us);
	else if (xtcp_ack_due(sk, seg, gap, o->acked))
		o->todo |= XTCP_DO_ACK;
}

static int error_of(const struct sock *sk, const struct xtcp_turn *turn)
{
	int soft = READ_ONCE(sk->sk_err_soft);

	switch (turn->o.error) {
	case XTCP_ERR_REFUSED:
		return ECONNREFUSED;
	case XTCP_ERR_RESET:
		return ECONNRESET;
	case XTCP_ERR_TIMEDOUT:
		return soft ? soft : ETIMEDOUT;
	case XTCP_ERR_UNREACHABLE:
		return turn->errno_icmp ? turn->errno_icmp : EHOSTUNREACH;
	default:
		return ECONNABORTED;
	}
}

/* Others wait for the program to let the socket go, too (MUST-59). */
static bool ack_can_wait(const struct sock *sk, const struct xtcp_orders *o)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (o->from != o->to || (o->todo & XTCP_DO_DROPPED))
		return false;
	/* Who is told of no blocks counts the ACKs that a gap brings. */
	return RB_EMPTY_ROOT(xtcp_early(sk)) ? x->stream.delack.pending :
					       (x->rec.flags & XTCP_F_SACK) != 0;
}

static void answer(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_net *xn = xtcp_sk_net(sk);
	const struct xtcp_orders *o = &turn->o;
	u32 acked = x->segs_out;

	if (o->todo & XTCP_DO_RST)
		xtcp_send_reset(sk, o);
	if (o->todo & XTCP_DO_SYN)
		xtcp_send_syn(sk, false);
	if (o->todo & XTCP_DO_SYN_ACK)
		xtcp_send_syn(sk, true);
	if (o->todo & XTCP_DO_FREE)
		return;
	if (o->todo & XTCP_DO_RETRANSMIT) {
		xtcp_provide_bulk(sk);
		xtcp_stream_timeout(&x->stream, &x->rec, x->now_us);
		xtcp_pace_forget(sk);
	}
	xtcp_transmit(sk, false);
	if ((o->todo & XTCP_DO_CHALLENGE) &&
	    xtcp_challenge_allowed(xn, &x->challenge_ms))
		xtcp_send_ack(sk);
	/* Text that left meanwhile told it already, but a gap needs its own. */
	if (!(o->todo & XTCP_DO_ACK) ||
	    (acked != x->segs_out && RB_EMPTY_ROOT(xtcp_early(sk)) &&
	     !(o->todo & XTCP_DO_DROPPED)))
		return;
	if (ack_can_wait(sk, o))
		xtcp_ack_now(sk);
	else
		xtcp_send_ack(sk);
}

static void wake(struct sock *sk, const struct xtcp_turn *turn)
{
	const struct xtcp_orders *o = &turn->o;

	if (sock_flag(sk, SOCK_DEAD))
		return;
	if (o->todo & XTCP_DO_ESTABLISHED) {
		sk->sk_state_change(sk);
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	}
	if (o->todo & XTCP_DO_ERROR)
		sk_error_report(sk);
	if (o->todo & XTCP_DO_EOF) {
		sk->sk_state_change(sk);
		if (sk->sk_shutdown == SHUTDOWN_MASK)
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
		else
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
	} else if (o->todo & XTCP_DO_TEXT) {
		sk->sk_data_ready(sk);
	} else if (o->from != o->to) {
		sk->sk_state_change(sk);
	}
}

/* The end: as a small form, or as nothing at all. */
static void leave_state(struct sock *sk, const struct xtcp_orders *o)
{
	if (o->todo & XTCP_DO_FREE)
		xtcp_done(sk);
	else if (!(o->todo & XTCP_DO_SMALL) || !xtcp_become_small(sk))
		xtcp_timer_arm(sk);
}

void xtcp_carry_out(struct sock *sk, struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_orders *o = &turn->o;

	write_state(sk, o);
	if (o->to == XTCP_CLOSED) {
		xtcp_ended_sock(sk, o);
		xtcp_fast_end(sk);
	}
	if (o->todo & XTCP_DO_FLUSH) {
		xtcp_purge_unsent(sk);
		xtcp_purge_stored(sk);
	}
	take_acks(sk, turn);
	if (o->todo & XTCP_DO_ACKED)
		xtcp_free_acked(sk);
	if (o->todo & XTCP_DO_URGENT)
		xtcp_urgent_in(sk, turn->skb, turn);
	take_marks(sk, turn);
	order_text(sk, turn);
	xtcp_count_step(xtcp_sk_net(sk), o);
	if (o->todo & XTCP_DO_EOF) {
		sk->sk_shutdown |= RCV_SHUTDOWN;
		sock_set_flag(sk, SOCK_DONE);
		if (x->rec.flags & XTCP_F_FIN_RCVD)
			xtcp_purge_stored(sk);
	}
	if (o->todo & XTCP_DO_ERROR) {
		x->broken_pipe = o->from == XTCP_CLOSE_WAIT;
		WRITE_ONCE(sk->sk_err, error_of(sk, turn));
	}
	answer(sk, turn);
	wake(sk, turn);
	leave_state(sk, o);
}
