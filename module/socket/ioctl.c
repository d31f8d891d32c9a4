// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(): what waits in the queues, and whether the next byte is the mark.
 */
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <net/inet_common.h>
#include <net/ipv6.h>

#include "socket/sock.h"

/* Bytes that a read would give before it stops at the mark. */
static int readable(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 unread = xtcp_unread(sk);
	u32 ahead = x->oob_seq - x->copied_seq;

	if (xtcp_unopened(sk))
		return 0;
	if (x->oob_state == XTCP_OOB_NONE || ahead >= unread)
		return unread;
	if (sock_flag(sk, SOCK_URGINLINE))
		return ahead ? ahead : unread;
	return ahead ? ahead : unread - 1;
}

static int written(const struct sock *sk, u32 from)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (xtcp_unopened(sk))
		return 0;
	return seq_gt(x->write_seq, from) ? x->write_seq - from : 0;
}

static int count_bytes(struct sock *sk, unsigned int cmd)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	int n;

	if (sk->sk_state == TCP_LISTEN)
		return -EINVAL;
	lock_sock(sk);
	if (cmd == SIOCINQ)
		n = readable(sk);
	else if (cmd == SIOCOUTQ)
		n = written(sk, x->rec.snd_una);
	else
		n = written(sk, x->rec.snd_nxt);
	release_sock(sk);
	return n;
}

int xtcp_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	const struct xtcp_sock *x = xtcp_sk(sk);
	int n;

	switch (cmd) {
	case SIOCINQ:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		n = count_bytes(sk, cmd);
		if (n < 0)
			return n;
		break;
	case SIOCATMARK:
		n = x->oob_state != XTCP_OOB_NONE &&
		    x->oob_seq == READ_ONCE(x->copied_seq);
		break;
	default:
#if IS_ENABLED(CONFIG_IPV6)
		if (sk->sk_family == AF_INET6)
			return inet6_ioctl(sock, cmd, arg);
#endif
		return inet_ioctl(sock, cmd, arg);
	}
	return put_user(n, (int __user *)arg);
}
