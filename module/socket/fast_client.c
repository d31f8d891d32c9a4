// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fast Open, the client's side: text that goes with our SYN, and what becomes of
 * it (RFC 7413 4.2.1).
 */
#include <linux/tcp.h>

#include "socket/sock.h"

/* net.xtcp.fastopen, as net.ipv4.tcp_fastopen */
#define CLIENT			0x1
#define CLIENT_NEEDS_NONE	0x4

/* Bytes of options that a SYN may come to: text has to leave room for them. */
#define SYN_OPTIONS	40

bool xtcp_fast_enabled(const struct sock *sk)
{
	return READ_ONCE(xtcp_net(sock_net(sk))->settings.fastopen) & CLIENT;
}

static bool needs_no_cookie(const struct sock *sk)
{
	return xtcp_sk(sk)->fast_no_cookie ||
	       READ_ONCE(xtcp_net(sock_net(sk))->settings.fastopen) &
	       CLIENT_NEEDS_NONE;
}

/**
 * xtcp_fast_room() - how much text may go with a SYN
 * @sk:		locked; the route is known
 * @t:		both ends
 *
 * Return: bytes; 0: there is no cookie for that server, or it is shunned.
 */
u32 xtcp_fast_room(struct sock *sk, const struct xtcp_tuple *t)
{
	u32 mss = t->family == AF_INET6 ? XTCP_MSS_DEFAULT_V6 :
					  XTCP_MSS_DEFAULT_V4;
	struct xtcp_segment seg = {};
	u16 told;

	if (!xtcp_fast_cookie(xtcp_net(sock_net(sk)), t, &seg, &told))
		return 0;
	if (!seg.cookie_len && !needs_no_cookie(sk))
		return 0;
	mss = min(told ? told : mss, xtcp_wire_mss(sk));
	return mss - SYN_OPTIONS;
}

/**
 * xtcp_fast_syn() - the first SYN of an opening that may be fast
 * @sk:		locked
 * @seg:	its header: gets the option
 *
 * Return: its text, or an skb without; NULL: no memory
 */
struct sk_buff *xtcp_fast_syn(struct sock *sk, struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_tuple t;
	u16 mss;

	xtcp_wire_get_tuple(sk, &t);
	if (!xtcp_fast_cookie(xtcp_net(sock_net(sk)), &t, seg, &mss))
		x->fast_try = false;
	else if (!needs_no_cookie(sk))
		seg->opts |= XTCP_OPT_FAST_OPEN;
	seg->len = x->rec.snd_nxt - x->rec.iss - 1;
	x->bytes_sent += seg->len;
	if (seg->len)
		return xtcp_text_cut(sk, seg->seq + 1, seg->len, true);
	x->fast_fail = TFO_COOKIE_UNAVAILABLE;
	return xtcp_empty_skb(0);
}

/* Its SYN+ACK is here: a cookie may be on it, and acknowledge the text or not. */
void xtcp_fast_answered(struct sock *sk, const struct xtcp_turn *turn)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 sent = x->rec.snd_nxt - x->rec.iss - 1;
	struct xtcp_tuple t;

	if (!x->fast_try || turn->o.from != XTCP_SYN_SENT)
		return;
	xtcp_wire_get_tuple(sk, &t);
	xtcp_fast_learn(xn, &t, &turn->e.seg, turn->retries);
	x->bytes_acked += turn->o.acked;
	x->fast_taken = turn->o.acked;
	if (!sent)
		return;
	x->fast_fail = TFO_STATUS_UNSPEC;
	if (turn->o.acked) {
		xtcp_inc(xn, XTCP_C_FAST_ACTIVE);
		return;
	}
	x->fast_fail = turn->retries ? TFO_SYN_RETRANSMITTED :
				       TFO_DATA_NOT_ACKED;
	xtcp_inc(xn, XTCP_C_FAST_FAILED);
}
