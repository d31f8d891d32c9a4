// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect() (RFC 9293 3.10.1, active OPEN), and connect(AF_UNSPEC), which undoes.
 */
#include <linux/bpf-cgroup.h>
#include <linux/sched/signal.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "compat.h"
#include "socket/sock.h"
#include "socket/trace_events.h"

/**
 * xtcp_opening() - what a socket brings into an opening
 * @sk:		it, or its listener
 * @t:		both ends
 * @open:	filled
 */
void xtcp_opening(struct sock *sk, const struct xtcp_tuple *t,
		  struct xtcp_opening *open)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);
	u32 most = max_t(u32, READ_ONCE(sk->sk_rcvbuf),
			 READ_ONCE(xn->settings.rmem[2]));

	open->iss = xtcp_initial_number(xn, t);
	open->ts_offset = xtcp_ts_offset(xn, t);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		most = READ_ONCE(sk->sk_rcvbuf);
	open->rcv_wnd = xtcp_window_initial(READ_ONCE(sk->sk_rcvbuf), most,
					    1460,
					    xtcp_rules(xtcp_sk(sk))->policy.window_scaling,
					    &open->rcv_wscale);
}

/* The address that the program gave, as a tuple's foreign end. */
static int read_address(const struct sock *sk, const struct sockaddr *addr,
			int len, int own_family, struct xtcp_tuple *t)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;
	u16 family = addr->sa_family;

	if (family == own_family)
		family = sk->sk_family;
	memset(t, 0, sizeof(*t));
	if (family != sk->sk_family)
		return -EAFNOSUPPORT;
	if (family == AF_INET) {
		if (len < (int)sizeof(*in))
			return -EINVAL;
		t->family = AF_INET;
		t->faddr.v4 = in->sin_addr.s_addr;
		t->fport = in->sin_port;
		return 0;
	}
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	t->fport = in6->sin6_port;
	if (ipv6_addr_v4mapped(&in6->sin6_addr)) {
		if (sk->sk_ipv6only)
			return -ENETUNREACH;
		t->family = AF_INET;
		t->faddr.v4 = in6->sin6_addr.s6_addr32[3];
		return 0;
	}
	t->family = AF_INET6;
	t->faddr.v6 = in6->sin6_addr;
	if (len >= (int)sizeof(*in6))
		t->ifindex = in6->sin6_scope_id;
	return 0;
}

static bool same_ends(const struct xtcp_tuple *t)
{
	if (t->lport != t->fport)
		return false;
	if (t->family == AF_INET)
		return t->laddr.v4 == t->faddr.v4;
	return ipv6_addr_equal(&t->laddr.v6, &t->faddr.v6);
}

/* Undo what start() did so far. */
static void undo_connect(struct sock *sk, bool had_port)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_table *table = xtcp_table_of(sk);

	xtcp_remove(table, &x->entry);
	xtcp_wire_disconnect(sk);
	if (had_port) {
		xtcp_rebind(table, sk, &x->binding);
		return;
	}
	xtcp_unbind(table, &x->binding);
	inet_sk(sk)->inet_num = 0;
	inet_sk(sk)->inet_sport = 0;
}

/**
 * struct with_text - text that may go with the SYN (RFC 7413)
 * @msg:	the program's
 * @copied:	how much of it went
 */
struct with_text {
	struct msghdr *msg;
	u32 copied;
};

/* @text: NULL: there is none, or it is not to */
static void send_open(struct sock *sk, const struct xtcp_tuple *t,
		      u32 iss_least, struct with_text *text)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_turn turn;

	xtcp_turn_init(sk, &turn, XTCP_EV_OPEN_ACTIVE);
	xtcp_opening(sk, t, &turn.e.open);
	if (iss_least && seq_lt(turn.e.open.iss, iss_least))
		turn.e.open.iss = iss_least;
	if (xtcp_fixed_isn(x))
		turn.e.open.iss = xtcp_rules(x)->options.isn;
	x->write_seq = turn.e.open.iss + 1;
	x->syn_us = 0;
	x->broken_pipe = false;
	x->fast_fail = 0;
	x->fast_taken = false;
	if (text && x->fast_try)
		text->copied = xtcp_queue_some(sk, text->msg,
					       xtcp_fast_room(sk, t));
	turn.e.len = text ? text->copied : 0;
	xtcp_take_turn(sk, &turn);
}

/* TCP_FASTOPEN_CONNECT: the SYN waits for text if that may go with it. */
static bool defer(struct sock *sk, const struct xtcp_tuple *t, u32 iss_least)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->fast_connect || !x->fast_try || !xtcp_fast_room(sk, t))
		return false;
	x->fast_deferred = true;
	x->fast_least = iss_least;
	return true;
}

/* From CLOSED to SYN_SENT. */
static int start(struct sock *sk, struct xtcp_tuple *t, struct with_text *text)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_net *xn = xtcp_sk_net(sk);
	int self = READ_ONCE(xn->settings.self_connect);
	bool had_port = xtcp_bound(&x->binding);
	struct xtcp_reuse reuse = { .bound = had_port };
	struct xtcp_connect how = {
		.reuse_time_wait = xtcp_small_reusable,
		.arg = &reuse,
		.self = self == 2,
	};
	int err;

	err = xtcp_wire_route_connect(sk, t);
	if (err)
		return err;
	if (had_port && same_ends(t) && !self) {
		xtcp_inc(xn, XTCP_R_SELF_REFUSED);
		err = -ECONNREFUSED;
		goto out;
	}
	err = xtcp_connect(xtcp_table_of(sk), sk, &x->binding, &x->entry, t, &how);
	if (err)
		goto out;
	inet_sk(sk)->inet_num = xtcp_bound_port(&x->binding);
	inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	sk->sk_txhash = xtcp_entry_label(&x->entry);
	err = xtcp_wire_route_ports(sk);
	if (err)
		goto out;
	sk->sk_err = 0;
	sk->sk_shutdown = 0;
	sock_reset_flag(sk, SOCK_DONE);
	x->fast_try = xtcp_fast_enabled(sk) && (text || x->fast_connect);
	if (text || !defer(sk, t, reuse.iss_least))
		send_open(sk, t, reuse.iss_least, text);
	return 0;
out:
	undo_connect(sk, had_port);
	return err;
}

/* Waits while the opening is under way; @timeo as it was. */
static void wait_open(struct sock *sk, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	sk->sk_write_pending++;
	while ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		release_sock(sk);
		*timeo = wait_woken(&wait, TASK_INTERRUPTIBLE, *timeo);
		lock_sock(sk);
		if (signal_pending(current) || !*timeo)
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	sk->sk_write_pending--;
}

/* @waiting: what to say while the opening goes on */
static int finish_connect(struct socket *sock, int flags, int waiting)
{
	struct sock *sk = sock->sk;
	long timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	int err;

	if ((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		if (!timeo)
			return waiting;
		wait_open(sk, &timeo);
		if (((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))) {
			if (signal_pending(current))
				return sock_intr_errno(timeo);
			return waiting;
		}
	}
	if (sk->sk_state != TCP_CLOSE) {
		sock->state = SS_CONNECTED;
		return 0;
	}
	err = sock_error(sk);
	sock->state = SS_UNCONNECTED;
	xtcp_disconnect(sk, flags);
	return err ? err : -ECONNABORTED;
}

static int unspec(struct socket *sock, int flags)
{
	int err = xtcp_disconnect(sock->sk, flags);

	sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
	return err;
}

static int pre_connect(struct sock *sk, struct sockaddr *addr, int len)
{
	u16 family = addr->sa_family;
	int err;

	/* The programs know the IP version, not our family's number. */
	addr->sa_family = sk->sk_family;
	err = xtcp_cgroup_connect(sk, addr, len);
	addr->sa_family = family;
	return err;
}

static int connect_locked(struct socket *sock, struct sockaddr *addr, int len,
			  int flags, struct with_text *text)
{
	struct sock *sk = sock->sk;
	struct xtcp_tuple t;
	int err;

	switch (sock->state) {
	case SS_CONNECTED:
		return -EISCONN;
	case SS_CONNECTING:
		if (xtcp_sk(sk)->fast_deferred)
			return -EISCONN;
		return finish_connect(sock, flags, -EALREADY);
	case SS_UNCONNECTED:
		break;
	default:
		return -EINVAL;
	}
	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	err = pre_connect(sk, addr, len);
	if (err)
		return err;
	err = read_address(sk, addr, len, sock->ops->family, &t);
	if (err)
		return err;
	err = start(sk, &t, text);
	if (err)
		return err;
	sock->state = SS_CONNECTING;
	if (xtcp_sk(sk)->fast_deferred)
		return 0;
	return finish_connect(sock, flags, -EINPROGRESS);
}

int xtcp_connect_call(struct socket *sock, struct sockaddr *addr, int len,
		      int flags)
{
	int err;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	lock_sock(sock->sk);
	if (addr->sa_family == AF_UNSPEC)
		err = unspec(sock, flags);
	else
		err = connect_locked(sock, addr, len, flags, NULL);
	release_sock(sock->sk);
	return err;
}

/**
 * xtcp_connect_with_text() - MSG_FASTOPEN, or what TCP_FASTOPEN_CONNECT deferred
 * @sk:		locked
 * @msg:	its address and its text
 * @copied:	how much of that went with the SYN
 *
 * Return: 0 once it is open, -EINPROGRESS, or why it is not.
 */
int xtcp_connect_with_text(struct sock *sk, struct msghdr *msg, int *copied)
{
	int flags = msg->msg_flags & MSG_DONTWAIT ? O_NONBLOCK : 0;
	struct with_text text = { .msg = msg };
	struct xtcp_sock *x = xtcp_sk(sk);
	struct sockaddr *addr = msg->msg_name;
	struct xtcp_tuple t;
	int err;

	if (x->fast_deferred) {
		x->fast_deferred = false;
		xtcp_wire_get_tuple(sk, &t);
		send_open(sk, &t, x->fast_least, &text);
		err = finish_connect(sk->sk_socket, flags, -EINPROGRESS);
	} else if (!xtcp_fast_enabled(sk) ||
		   (addr && addr->sa_family == AF_UNSPEC)) {
		err = -EOPNOTSUPP;
	} else if (!addr || msg->msg_namelen < (int)sizeof(addr->sa_family)) {
		err = sk->sk_state == TCP_CLOSE ? -EINVAL : -EISCONN;
	} else {
		err = connect_locked(sk->sk_socket, addr, msg->msg_namelen,
				     flags, &text);
	}
	*copied = text.copied;
	return err;
}

/* Make the socket as if it had never been connected; @sk is locked. */
static void forget_connection(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);

	xtcp_remove(xtcp_table_of(sk), &x->entry);
	__skb_queue_purge(&sk->sk_receive_queue);
	xtcp_purge_unsent(sk);
	xtcp_purge_stored(sk);
	xtcp_wire_disconnect(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		xtcp_unbind(xtcp_table_of(sk), &x->binding);
		inet->inet_num = 0;
		inet->inet_sport = 0;
	} else if (xtcp_bound(&x->binding)) {
		xtcp_rebind(xtcp_table_of(sk), sk, &x->binding);
	}
	xtcp_syn_forget(sk);
	xtcp_record_init(&x->rec);
	x->write_seq = 0;
	x->copied_seq = 0;
	x->oob_state = XTCP_OOB_NONE;
	x->broken_pipe = false;
	x->blackhole_mss = 0;
	x->fast_try = false;
	x->fast_deferred = false;
	xtcp_policy_refresh(sk);
	xtcp_stream_renew(x);
	sk->sk_shutdown = 0;
	sock_reset_flag(sk, SOCK_DONE);
}

/* connect(AF_UNSPEC), a failed connect(), shutdown() of a listener */
int xtcp_disconnect(struct sock *sk, int flags)
{
	u8 state = sk->sk_state;

	if (state == TCP_LISTEN) {
		xtcp_listen_stop(sk);
		xtcp_happen(sk, XTCP_EV_ABORT);
	} else if (state != TCP_CLOSE) {
		xtcp_happen(sk, XTCP_EV_ABORT);
	}
	sk->sk_err = 0;
	if (state != TCP_CLOSE && state != TCP_LISTEN)
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	forget_connection(sk);
	sk_error_report(sk);
	return 0;
}
