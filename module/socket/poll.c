// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll(), select(), epoll: the very masks that TCP gives.
 */
#include <linux/poll.h>

#include "socket/sock.h"

static __poll_t listener_mask(const struct sock *sk)
{
	return list_empty_careful(&xtcp_sk(sk)->listening->queue) ? 0 :
		EPOLLIN | EPOLLRDNORM;
}

/* There is something to read: so much as SO_RCVLOWAT asks for, or the mark. */
static bool is_readable(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	int target = sock_rcvlowat(sk, 0, INT_MAX);

	if (x->oob_state != XTCP_OOB_NONE &&
	    x->oob_seq == READ_ONCE(x->copied_seq) &&
	    !sock_flag(sk, SOCK_URGINLINE))
		target++;
	return xtcp_unread(sk) >= target;
}

static __poll_t write_mask(struct sock *sk)
{
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (sk_stream_is_writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Space may have come between the question and the note. */
	smp_mb__after_atomic();
	return sk_stream_is_writeable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/*
 * Who finds nothing to read waits for more. Poll may be asked in any context.
 * Return: by now there is something to read.
 */
static bool ack_poller(struct sock *sk)
{
	bool sent = false;

	/* A look without the lock: at worst the timer sends it. */
	if (likely(!data_race(xtcp_delack_read_on(&xtcp_sk(sk)->stream.delack))))
		return false;
	local_bh_disable();
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk) && sk->sk_state != TCP_CLOSE)
		sent = xtcp_ack_reader(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	return sent && is_readable(sk);
}

__poll_t xtcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	const struct xtcp_sock *x = xtcp_sk(sk);
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	/* Pairs with the releases in orders.c and close.c. */
	state = smp_load_acquire(&sk->sk_state);
	if (state == TCP_LISTEN)
		return listener_mask(sk);
	/* TCP_FASTOPEN_CONNECT: its SYN waits for what is to be written. */
	if (state == TCP_CLOSE && x->fast_deferred)
		return EPOLLOUT | EPOLLWRNORM;
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (!xtcp_unopened(sk)) {
		if (is_readable(sk) || ack_poller(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		mask |= write_mask(sk);
		if (x->oob_state == XTCP_OOB_HERE ||
		    x->oob_state == XTCP_OOB_EXPECTED)
			mask |= EPOLLPRI;
	}
	/* The error is written before the state that tells of it. */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
