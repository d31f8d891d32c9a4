// SPDX-License-Identifier: GPL-2.0-only
/*
 * Urgent data as the socket interface knows it: one byte that stands apart, and
 * a mark (RFC 9293 3.8.5, RFC 6093).
 */
#include "socket/sock.h"

/**
 * xtcp_urgent_in() - a segment points at urgent data
 * @sk:		locked
 * @skb:	its text, or NULL
 * @turn:	the segment and its orders
 */
void xtcp_urgent_in(struct sock *sk, struct sk_buff *skb,
		    const struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_segment *seg = &turn->e.seg;
	u32 up = turn->o.urgent;
	u32 off;

	/* RFC 1122 meant one byte further than everybody reads it. */
	if (READ_ONCE(xtcp_net(sock_net(sk))->settings.stdurg))
		up++;
	if (xtcp_urgent_received(&x->stream.urgent, up, x->copied_seq)) {
		x->oob_seq = up - 1;
		x->oob_state = XTCP_OOB_EXPECTED;
		sk_send_sigurg(sk);
	}
	off = x->oob_seq - seg->seq;
	if (x->oob_state != XTCP_OOB_EXPECTED || !skb || off >= seg->len)
		return;
	if (skb_copy_bits(skb, off, &x->oob, 1))
		return;
	x->oob_state = XTCP_OOB_HERE;
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

/* recv(MSG_OOB): the one byte; errors as the host's TCP has them. */
int xtcp_recv_urgent(struct sock *sk, struct msghdr *msg, int flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u8 byte = x->oob;

	if (sock_flag(sk, SOCK_URGINLINE) || x->oob_state == XTCP_OOB_NONE ||
	    x->oob_state == XTCP_OOB_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (x->oob_state == XTCP_OOB_EXPECTED)
		return sk->sk_state == TCP_CLOSE ||
		       (sk->sk_shutdown & RCV_SHUTDOWN) ? 0 : -EAGAIN;
	msg->msg_flags |= MSG_OOB;
	if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
		return -EFAULT;
	if (!(flags & MSG_PEEK))
		x->oob_state = XTCP_OOB_READ;
	return 1;
}
