// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short way of the segment that an open connection sees nearly always: see
 * machine/expected.c. What orders.c would carry out for it, and no more.
 */
#include "socket/sock.h"

static void take_ack(struct sock *sk, const struct xtcp_ack_facts *f,
		     const struct xtcp_orders *o)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 meant;

	if (sk->sk_err_soft)
		WRITE_ONCE(sk->sk_err_soft, 0);
	meant = xtcp_stream_ack(&x->stream, &x->rec, f, x->now_us);
	xtcp_count_ack(xtcp_sk_net(sk), meant);
	x->bytes_acked += o->acked;
	if (o->acked)
		xtcp_free_acked(sk);
}

/* Return: an ACK is due now. */
static bool take_text(struct sock *sk, struct sk_buff *skb,
		      const struct xtcp_segment *seg, bool answer)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!seg->len) {
		consume_skb(skb);
		return false;
	}
	xtcp_take_in(sk, skb, seg->seq, seg->seq, seg->len);
	x->bytes_received += seg->len;
	return xtcp_ack_due(sk, seg, false, answer);
}

/**
 * xtcp_expected_in() - a segment for a socket, if it is expected
 * @sk:		locked
 * @skb:	the text, for which there is memory; taken if it is
 * @seg:	the header
 *
 * Return: false: it needs looking into.
 */
bool xtcp_expected_in(struct sock *sk, struct sk_buff *skb,
		      const struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_ack_facts f = {
		.seg = seg,
		.snd_una = x->rec.snd_una,
		.snd_wnd = x->rec.snd_wnd,
	};
	u32 sent = x->segs_out;
	struct xtcp_orders o;
	bool ack_now;

	if (!xtcp_expected(&x->rec, seg) || !RB_EMPTY_ROOT(xtcp_early(sk)) ||
	    xtcp_ecn_news(&x->stream.ecn, &x->rec, seg) ||
	    xtcp_rules_old(xtcp_rules(x)) || xtcp_steps_watched())
		return false;
	xtcp_tick(sk);
	f.now_ms = xtcp_tick_ms(x);
	xtcp_inc(xtcp_sk_net(sk), XTCP_C_EXPECTED);
	xtcp_step_expected(&x->rec, seg, f.now_ms, &o);
	take_ack(sk, &f, &o);
	ack_now = take_text(sk, skb, seg, o.acked);
	xtcp_transmit(sk, false);
	/* What left meanwhile told it already. */
	if (ack_now && sent == x->segs_out)
		xtcp_ack_now(sk);
	if (seg->len && !sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
	xtcp_timer_arm(sk);
	return true;
}
