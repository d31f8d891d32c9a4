// SPDX-License-Identifier: GPL-2.0-only
/*
 * recv() and its kin (RFC 9293 3.10.3), and splice() out of a socket.
 */
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <net/busy_poll.h>
#include <net/inet_common.h>
#include <net/ipv6.h>

#include "compat.h"
#include "socket/sock.h"

/**
 * struct reading - a read under way
 * @msg:	where to; NULL: into @pipe
 * @pipe:	where to
 * @stamp:	holds the time at which the last text arrived; NULL: unwanted
 * @flags:	MSG_PEEK and the like; of @pipe: SPLICE_F_MOVE and the like
 * @seq:	sequence number of the next byte to give
 * @left:	bytes that are still wanted
 * @copied:	bytes given so far
 */
struct reading {
	struct msghdr *msg;
	struct pipe_inode_info *pipe;
	struct sk_buff *stamp;
	int flags;
	u32 seq;
	size_t left;
	int copied;
};

static bool peeks(const struct reading *rd)
{
	return rd->msg && rd->flags & MSG_PEEK;
}

/*
 * Without SO_RCVBUF, the buffer holds eight times what the reader takes in a round
 * trip: slow start doubles that in the next and again before this is asked anew;
 * and twice for the memory around it.
 */
static void grow_rcvbuf(struct sock *sk)
{
	const struct xtcp_net *xn = xtcp_sk_net(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 now_us = (u32)x->now_us;
	u32 want = 8 * (x->copied_seq - x->tune_seq);

	if (now_us - x->tune_us < max(x->stream.rtt.srtt_us, 1000u))
		return;
	x->tune_us = now_us;
	x->tune_seq = x->copied_seq;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK || sk_under_memory_pressure(sk))
		return;
	want = min_t(u32, want, READ_ONCE(xn->settings.rmem[2]));
	if (want > READ_ONCE(sk->sk_rcvbuf))
		WRITE_ONCE(sk->sk_rcvbuf, want);
}

/*
 * The reader took something: was an ACK waiting for that, or is there so much
 * room that the peer should know?
 */
static void after_read(struct sock *sk, int copied)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_room room;

	if (copied <= 0 || !xtcp_in(&x->rec, XTCP_MAY_RECEIVE))
		return;
	xtcp_tick(sk);
	grow_rcvbuf(sk);
	xtcp_room(sk, &room);
	if (!xtcp_delack_taken(&x->stream.delack, x->now_us) &&
	    !xtcp_window_update_due(&x->rec, &room))
		return;
	xtcp_send_ack(sk);
	xtcp_timer_arm(sk);
}

static int sleep_until_text(struct sock *sk, long *timeo,
			    const struct sk_buff *last)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	x->reader_waits = true;
	err = sk_wait_data(sk, timeo, last);
	x->reader_waits = false;
	return err;
}

/* Sets the reader's place; a peek leaves no trace. */
static void advance(struct sock *sk, struct reading *rd, u32 by)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	rd->seq += by;
	if (peeks(rd))
		return;
	x->copied_seq = rd->seq;
	xtcp_urgent_read(&x->stream.urgent, x->copied_seq);
	if (x->oob_state != XTCP_OOB_NONE &&
	    seq_gt(x->copied_seq, x->oob_seq))
		x->oob_state = XTCP_OOB_NONE;
}

/*
 * The urgent byte splits a read (RFC 6093 3.1): @used bytes from rd->seq on are
 * there, how many may go out? Sets @skip when the byte itself stands apart.
 */
static u32 stop_at_mark(struct sock *sk, const struct reading *rd, u32 used,
			bool *skip)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 ahead = x->oob_seq - rd->seq;

	*skip = false;
	if (x->oob_state == XTCP_OOB_NONE || ahead >= used)
		return used;
	if (ahead)
		return ahead;
	if (sock_flag(sk, SOCK_URGINLINE))
		return used;
	*skip = true;
	return 0;
}

/* Return: how many of @len bytes the reader took, or a negative errno. */
static int give(struct sock *sk, struct reading *rd, struct sk_buff *skb,
		u32 len)
{
	u32 off = rd->seq - XTCP_SKB_CB(skb)->seq;

	if (!rd->msg)
		return skb_splice_bits(skb, sk, off, rd->pipe, len, rd->flags);
	if (rd->flags & MSG_TRUNC)
		return len;
	return skb_copy_datagram_msg(skb, off, rd->msg, len) ? -EFAULT : len;
}

/* One time for the whole read: that of the last text in it, as with TCP. */
static void keep_stamp(const struct sock *sk, struct reading *rd,
		       struct sk_buff *skb)
{
	if (!rd->msg || rd->stamp == skb ||
	    (!sock_flag(sk, SOCK_RCVTSTAMP) && !READ_ONCE(sk->sk_tsflags)))
		return;
	consume_skb(rd->stamp);
	rd->stamp = skb_get(skb);
}

static void tell_stamp(struct sock *sk, struct reading *rd)
{
	if (!rd->stamp)
		return;
	sock_recv_timestamp(rd->msg, sk, rd->stamp);
	consume_skb(rd->stamp);
}

/* Return: 1 to go on, 0 when the reader takes no more, or a negative errno. */
static int copy_from(struct sock *sk, struct reading *rd, struct sk_buff *skb)
{
	struct xtcp_skb_cb *cb = XTCP_SKB_CB(skb);
	u32 there = min_t(size_t, cb->end - rd->seq, rd->left);
	bool skip;
	int used;

	there = stop_at_mark(sk, rd, there, &skip);
	used = there ? give(sk, rd, skb, there) : 0;
	if (used < 0)
		return used;
	if (used)
		keep_stamp(sk, rd, skb);
	rd->copied += used;
	rd->left -= used;
	advance(sk, rd, used + skip);
	if (!peeks(rd) && seq_geq(rd->seq, cb->end)) {
		__skb_unlink(skb, &sk->sk_receive_queue);
		/* Its time may still be wanted. */
		consume_skb(skb);
	}
	return used == there;
}

/* The skb that holds the next byte, or NULL when it has not arrived. */
static struct sk_buff *next_skb(struct sock *sk, const struct reading *rd,
				struct sk_buff **last)
{
	struct sk_buff *skb;

	*last = skb_peek_tail(&sk->sk_receive_queue);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		if (seq_lt(rd->seq, XTCP_SKB_CB(skb)->end))
			return skb;
	}
	return NULL;
}

/* Nothing to read: 1 to wait, 0 for the end, or a negative errno. */
static int why_wait(struct sock *sk, const struct reading *rd, long timeo)
{
	bool end = sk->sk_err || sk->sk_state == TCP_CLOSE ||
		   (sk->sk_shutdown & RCV_SHUTDOWN) || !timeo ||
		   signal_pending(current);

	if (rd->copied)
		return !end;
	if (sk->sk_err)
		return sock_error(sk);
	if (sock_flag(sk, SOCK_DONE) || (sk->sk_shutdown & RCV_SHUTDOWN))
		return 0;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 1;
}

/* The mark stands before the next byte and something was read: stop there. */
static bool at_mark(const struct sock *sk, const struct reading *rd)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	return rd->copied && x->oob_state != XTCP_OOB_NONE &&
	       x->oob_seq == rd->seq;
}

/* The socket was not locked: another reader may have been here. */
static void come_back(const struct sock *sk, struct reading *rd)
{
	if (!peeks(rd))
		rd->seq = xtcp_sk(sk)->copied_seq;
}

/* Take what waits for us to let the socket go; false: nothing does. */
static bool look_again(struct sock *sk, struct reading *rd)
{
	if (!READ_ONCE(sk->sk_backlog.tail))
		return false;
	release_sock(sk);
	lock_sock(sk);
	come_back(sk, rd);
	return true;
}

static int read_stream(struct sock *sk, struct reading *rd, size_t target,
		       long timeo)
{
	struct sk_buff *skb, *last;
	int err;

	while (rd->left && !at_mark(sk, rd)) {
		skb = next_skb(sk, rd, &last);
		if (skb) {
			err = copy_from(sk, rd, skb);
			if (err <= 0)
				return rd->copied ? rd->copied : err;
			continue;
		}
		if (rd->copied >= target && !READ_ONCE(sk->sk_backlog.tail))
			break;
		err = why_wait(sk, rd, timeo);
		if ((err == 1 || err == -EAGAIN) && xtcp_ack_reader(sk) &&
		    look_again(sk, rd))
			continue;
		if (err <= 0)
			return rd->copied ? rd->copied : err;
		after_read(sk, rd->copied);
		if (rd->copied >= target) {
			release_sock(sk);
			lock_sock(sk);
		} else {
			err = sleep_until_text(sk, &timeo, last);
			if (err < 0)
				return rd->copied ? rd->copied : err;
		}
		come_back(sk, rd);
	}
	return rd->copied;
}

static int recv_errors(struct sock *sk, struct msghdr *msg, size_t len,
		       int *addr_len)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_recv_error(sk, msg, len, addr_len);
#endif
	return inet_recv_error(sk, msg, len, addr_len);
}

int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct reading rd = { .msg = msg, .flags = flags, .left = len };
	int n;

	if (unlikely(flags & MSG_ERRQUEUE))
		return recv_errors(sk, msg, len, addr_len);
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN) {
		n = -ENOTCONN;
	} else if (flags & MSG_OOB) {
		n = xtcp_recv_urgent(sk, msg, flags);
	} else {
		rd.seq = x->copied_seq;
		n = read_stream(sk, &rd,
				sock_rcvlowat(sk, flags & MSG_WAITALL, len),
				sock_rcvtimeo(sk, flags & MSG_DONTWAIT));
		if (!(flags & MSG_PEEK))
			after_read(sk, n);
		tell_stamp(sk, &rd);
	}
	release_sock(sk);
	return n;
}

/* splice(): pages move into the pipe, as many as there are now. */
ssize_t xtcp_splice_read(struct socket *sock, loff_t *pos,
			 struct pipe_inode_info *pipe, size_t len,
			 unsigned int flags)
{
	struct sock *sk = sock->sk;
	struct reading rd = { .pipe = pipe, .flags = flags, .left = len };
	long timeo = sock_rcvtimeo(sk, sock->file->f_flags & O_NONBLOCK);
	int n = -ENOTCONN;

	if (*pos)
		return -ESPIPE;
	lock_sock(sk);
	if (sk->sk_state != TCP_LISTEN) {
		rd.seq = xtcp_sk(sk)->copied_seq;
		n = read_stream(sk, &rd, 1, timeo);
		after_read(sk, n);
	}
	release_sock(sk);
	return n;
}
