// SPDX-License-Identifier: GPL-2.0-only
/*
 * SOCK_DESTROY: somebody who may ends a connection that a program holds.
 */
#include "socket/sock.h"

static bool is_meant(const struct sock *sk, const struct xtcp_ending *end)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return sk->sk_state != TCP_CLOSE &&
	       end->fits(end, &x->rec, xtcp_listener_id(sk));
}

static int end_listener(struct sock *sk, const struct xtcp_ending *end)
{
	if (!is_meant(sk, end))
		return -ENOENT;
	xtcp_listen_stop(sk);
	xtcp_end_because(sk, XTCP_EV_EVICT, XTCP_R_ADMIN);
	return 0;
}

/* The spinlock too: the last part of close() asks for no more than that. */
static int end_connection(struct sock *sk, const struct xtcp_ending *end)
{
	int err = -ENOENT;

	local_bh_disable();
	bh_lock_sock(sk);
	if (is_meant(sk, end)) {
		xtcp_end_because(sk, XTCP_EV_EVICT, XTCP_R_ADMIN);
		err = 0;
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	return err;
}

/**
 * xtcp_sock_end() - the administrator does not want this one any more
 * @sk:		the caller has a reference; in any state
 * @end:	asked whether it is the one, with the socket locked
 *
 * The program gets ECONNABORTED, the peer a RST where it still counts on us
 * (RFC 9293 3.10.5). A listener's children that wait for accept() go with it.
 * Process context. Return: 0; -ENOENT when it was not the one, or is closed.
 */
int xtcp_sock_end(struct sock *sk, const struct xtcp_ending *end)
{
	int err;

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		err = end_listener(sk, end);
	else
		err = end_connection(sk, end);
	release_sock(sk);
	return err;
}
