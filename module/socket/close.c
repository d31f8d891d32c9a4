// SPDX-License-Identifier: GPL-2.0-only
/*
 * close() and shutdown() (RFC 9293 3.10.4, 3.10.5), and what becomes of a socket
 * that no program holds.
 */
#include <net/xfrm.h>

#include "compat.h"
#include "socket/sock.h"
#include "table/walk.h"

/* The record is over: out of the table; the port goes unless bind() chose it. */
void xtcp_done(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_remove(xtcp_table_of(sk), &x->entry);
	sk_stop_timer(sk, &sk->sk_timer);
	xtcp_pace_stop(sk);
	/* poll() and accept() ask without the lock: what led here comes first. */
	smp_store_release(&sk->sk_state, TCP_CLOSE);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_unbind(xtcp_table_of(sk), &x->binding);
	sk->sk_shutdown = SHUTDOWN_MASK;
	if (sock_flag(sk, SOCK_DEAD))
		xtcp_destroy(sk);
	else
		sk->sk_state_change(sk);
}

/* Nobody holds it and nothing is left to do. Gives up the user's reference. */
void xtcp_destroy(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_net *xn = xtcp_sk_net(sk);

	if (!sock_flag(sk, SOCK_DEAD) || x->destroyed)
		return;
	x->destroyed = true;
	atomic_dec(&xn->orphans);
	xtcp_remove(xtcp_table_of(sk), &x->entry);
	sk_stop_timer(sk, &sk->sk_timer);
	xtcp_pace_stop(sk);
	xtcp_purge_unsent(sk);
	xtcp_purge_stored(sk);
	xtcp_syn_forget(sk);
	xtcp_unbind(xtcp_table_of(sk), &x->binding);
	sk_stream_kill_queues(sk);
	xfrm_sk_free_policy(sk);
	sock_put(sk);
}

/* What the user's last word is to the machine (RFC 9293 3.6.1, SHLD-3). */
static enum xtcp_event_kind closing_event(const struct sock *sk, bool unread)
{
	if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		return XTCP_EV_ABORT;
	return unread ? XTCP_EV_CLOSE_UNREAD : XTCP_EV_CLOSE;
}

static bool out_of_orphans(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);

	return atomic_read(&xn->orphans) >
	       READ_ONCE(xn->settings.max_orphans) ||
	       sk_memory_allocated(sk) > sk_prot_mem_limits(sk, 2);
}

/* The program's part: tell the machine, wait if SO_LINGER says so. */
static void close_user(struct sock *sk, long timeout)
{
	bool unread = xtcp_unread(sk) > 0;

	sk->sk_shutdown = SHUTDOWN_MASK;
	if (sk->sk_state == TCP_LISTEN)
		xtcp_listen_stop(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (sk->sk_state == TCP_LISTEN || xtcp_unopened(sk))
		unread = false;
	xtcp_happen(sk, closing_event(sk, unread));
	sk_stream_wait_close(sk, timeout);
}

/* The orphan's part: it goes on alone, if there is room for orphans. */
static void close_orphan(struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE) {
		xtcp_destroy(sk);
		return;
	}
	if (sk->sk_state == TCP_FIN_WAIT2 && xtcp_sk(sk)->rec.timer &&
	    xtcp_become_small(sk))
		return;
	if (out_of_orphans(sk))
		xtcp_end_because(sk, XTCP_EV_EVICT, XTCP_R_ORPHAN_LIMIT);
}

void xtcp_close(struct sock *sk, long timeout)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);

	lock_sock(sk);
	close_user(sk, timeout);
	sock_hold(sk);
	sock_orphan(sk);
	atomic_inc(&xn->orphans);
	/* What waits in the backlog is answered as for an orphan. */
	release_sock(sk);
	local_bh_disable();
	bh_lock_sock(sk);
	close_orphan(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	sock_put(sk);
}

/* SHUT_RD: what waits to be read goes, unless the host's TCP is to be copied. */
static void shut_read(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	xtcp_happen(sk, XTCP_EV_SHUT_READ);
	if (xtcp_rules(x)->policy.shutdown_read_keeps)
		return;
	__skb_queue_purge(&sk->sk_receive_queue);
	x->copied_seq = x->rec.rcv_nxt - !!(x->rec.flags & XTCP_F_FIN_RCVD);
}

static int shutdown_locked(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;

	switch (sk->sk_state) {
	case TCP_CLOSE:
		sk->sk_shutdown |= how;
		return -ENOTCONN;
	case TCP_LISTEN:
		if (!(how & RCV_SHUTDOWN))
			return 0;
		fallthrough;
	case TCP_SYN_SENT:
		xtcp_disconnect(sk, O_NONBLOCK);
		sock->state = SS_UNCONNECTED;
		return 0;
	}
	sk->sk_shutdown |= how;
	if (how & RCV_SHUTDOWN)
		shut_read(sk);
	if (how & SEND_SHUTDOWN)
		xtcp_happen(sk, XTCP_EV_SHUT_WRITE);
	return 0;
}

int xtcp_shutdown_call(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err;

	/* SHUT_RD, SHUT_WR, SHUT_RDWR to the bits of sk_shutdown */
	how++;
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;
	lock_sock(sk);
	if (sock->state == SS_CONNECTING)
		sock->state = (1 << sk->sk_state) & (TCPF_SYN_SENT |
			       TCPF_SYN_RECV | TCPF_CLOSE) ?
			      SS_DISCONNECTING : SS_CONNECTED;
	err = shutdown_locked(sock, how);
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

static void reset_orphan(struct sock *sk)
{
	bh_lock_sock(sk);
	/* close() lets go of it only after its backlog, in which it is dead. */
	if (sock_flag(sk, SOCK_DEAD) && !sock_owned_by_user(sk) &&
	    sk->sk_state != TCP_CLOSE)
		xtcp_end_because(sk, XTCP_EV_EVICT, XTCP_R_ADMIN);
	bh_unlock_sock(sk);
}

/**
 * xtcp_abort_orphans() - end all connections that no process holds
 * @xn:		the namespace
 *
 * Those with something left to say are reset, FIN_WAIT_2 and TIME_WAIT are
 * forgotten, so that the module can be unloaded. Process context.
 */
void xtcp_abort_orphans(struct xtcp_net *xn)
{
	static const u8 families[] = { AF_INET, AF_INET6 };
	struct xtcp_walk w;
	struct sock *sk;
	loff_t pos;
	int i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		xtcp_walk_open(&w, xtcp_table_first(xn), xtcp_table_last(xn),
			       families[i]);
		pos = 0;
		if (!xtcp_walk_start(&w, pos))
			goto stop;
		do {
			if (!w.entry || !xtcp_entry_full(w.entry))
				continue;
			sk = xtcp_entry_sock(w.entry);
			if (!refcount_inc_not_zero(&sk->sk_refcnt))
				continue;
			local_bh_disable();
			reset_orphan(sk);
			local_bh_enable();
			sock_put(sk);
		} while (xtcp_walk_next(&w, &pos));
stop:
		xtcp_walk_stop(&w);
	}
	for (i = 0; i < XTCP_WIRES; i++)
		xtcp_table_flush(&xn->table[i], xtcp_small_evict);
}
