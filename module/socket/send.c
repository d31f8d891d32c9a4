// SPDX-License-Identifier: GPL-2.0-only
/*
 * send() and its kin (RFC 9293 3.10.2). The send queue holds bytes, not segments:
 * pieces of pages in skbs without headers, from which output.c cuts.
 */
#include <linux/poll.h>

#include "compat.h"
#include "socket/sock.h"

/* An skb of the queue takes no more text than this. */
#define QUEUE_SKB_BYTES	(64 * 1024)

static void charge(struct sock *sk, int bytes)
{
	sk_wmem_queued_add(sk, bytes);
	if (bytes > 0)
		sk_mem_charge(sk, bytes);
	else
		sk_mem_uncharge(sk, -bytes);
}

/* What no packet under way shares with it can carry other text. */
static void put_pages(struct sk_buff *skb)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	int i;

	if (skb_cloned(skb))
		return;
	for (i = 0; i < info->nr_frags; i++)
		xtcp_page_put(skb_frag_page(&info->frags[i]));
	info->nr_frags = 0;
	skb->len -= skb->data_len;
	skb->data_len = 0;
}

static void free_queued(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_write_queue);
	charge(sk, -(int)skb->truesize);
	put_pages(skb);
	kfree_skb(skb);
}

void xtcp_purge_unsent(struct sock *sk)
{
	struct sk_buff *skb;

	xtcp_free_board(sk, true);
	xtcp_free_bulk(sk, true);
	while ((skb = skb_peek(&sk->sk_write_queue)))
		free_queued(sk, skb);
}

/* Give back the pages in front of @una. */
static void trim_front(struct sock *sk, struct sk_buff *skb, u32 una)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	u32 acked = una - XTCP_SKB_CB(skb)->seq;
	u32 gone = 0;
	int i = 0;

	if (skb_cloned(skb))
		return;
	while (i < info->nr_frags &&
	       gone + skb_frag_size(&info->frags[i]) <= acked) {
		gone += skb_frag_size(&info->frags[i]);
		xtcp_page_put(skb_frag_page(&info->frags[i++]));
	}
	if (!i)
		return;
	info->nr_frags -= i;
	memmove(info->frags, info->frags + i,
		info->nr_frags * sizeof(info->frags[0]));
	skb->len -= gone;
	skb->data_len -= gone;
	skb->truesize -= gone;
	XTCP_SKB_CB(skb)->seq += gone;
	charge(sk, -(int)gone);
}

/*
 * Without SO_SNDBUF, the buffer holds what two congestion windows need, and an skb
 * besides: a writer who finds room only when all is acknowledged waits for the
 * peer's delayed ACK.
 */
static void grow_sndbuf(struct sock *sk)
{
	const struct xtcp_net *xn = xtcp_sk_net(sk);
	u64 want = 2ull * xtcp_sk(sk)->stream.cc.cwnd +
		   SKB_TRUESIZE(QUEUE_SKB_BYTES);
	u32 most = READ_ONCE(xn->settings.wmem[2]);

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	want = min_t(u64, want, most);
	if (want > READ_ONCE(sk->sk_sndbuf) && !sk_under_memory_pressure(sk))
		WRITE_ONCE(sk->sk_sndbuf, want);
}

/* Everything before SND.UNA arrived. */
void xtcp_free_acked(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 una = x->rec.snd_una;
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_write_queue)) &&
	       seq_leq(XTCP_SKB_CB(skb)->end, una))
		free_queued(sk, skb);
	if (skb && seq_gt(una, XTCP_SKB_CB(skb)->seq))
		trim_front(sk, skb, una);
	xtcp_urgent_acked(&x->stream.urgent, una);
	grow_sndbuf(sk);
	if (sk->sk_socket &&
	    test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

/* The kernel's own for streams is not exported; it asks the same questions. */
void xtcp_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT |
					   EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

static struct sk_buff *new_queue_skb(struct sock *sk)
{
	struct sk_buff *skb = alloc_skb_fclone(XTCP_WIRE_HEADROOM,
					       sk->sk_allocation);
	struct xtcp_skb_cb *cb;

	if (!skb)
		return NULL;
	/* A clone that is sent as it is has the place for headers to itself. */
	skb_reserve(skb, XTCP_WIRE_HEADROOM);
	__skb_header_release(skb);
	if (!sk_wmem_schedule(sk, skb->truesize)) {
		kfree_skb(skb);
		return NULL;
	}
	/* Nobody wants the sum of what is copied to it. */
	skb->ip_summed = CHECKSUM_PARTIAL;
	cb = XTCP_SKB_CB(skb);
	cb->seq = xtcp_sk(sk)->write_seq;
	cb->end = cb->seq;
	charge(sk, skb->truesize);
	__skb_queue_tail(&sk->sk_write_queue, skb);
	return skb;
}

/* The skb that takes the next byte, and the piece of a page it goes to. */
static struct sk_buff *place_for(struct sock *sk, struct page_frag *pfrag,
				 bool *merge)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (!xtcp_page_refill(sk, pfrag))
		return NULL;
	*merge = true;
	/* While a clone is under way, its pieces are not for us to change. */
	if (skb && skb->len < QUEUE_SKB_BYTES && !skb_cloned(skb)) {
		int n = skb_shinfo(skb)->nr_frags;

		if (skb_can_coalesce(skb, n, pfrag->page, pfrag->offset))
			return skb;
		*merge = false;
		if (n < MAX_SKB_FRAGS)
			return skb;
	}
	*merge = false;
	return new_queue_skb(sk);
}

/* Copies a piece. Returns bytes, 0 when memory is short, or -EFAULT. */
static int add_piece(struct sock *sk, struct msghdr *msg)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	struct sk_buff *skb;
	bool merge;
	int copy, n, err;

	skb = place_for(sk, pfrag, &merge);
	if (!skb)
		return 0;
	copy = min_t(size_t, msg_data_left(msg), pfrag->size - pfrag->offset);
	copy = min_t(int, copy, QUEUE_SKB_BYTES);
	if (!sk_wmem_schedule(sk, copy))
		return 0;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, copy);
	if (err)
		return err;
	n = skb_shinfo(skb)->nr_frags;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[n - 1], copy);
	} else {
		skb_fill_page_desc(skb, n, pfrag->page, pfrag->offset, copy);
		page_ref_inc(pfrag->page);
	}
	pfrag->offset += copy;
	XTCP_SKB_CB(skb)->end += copy;
	xtcp_sk(sk)->write_seq += copy;
	return copy;
}

/* An skb that was made for a piece that then could not be copied. */
static void drop_empty_tail(struct sock *sk)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb && !skb->len)
		free_queued(sk, skb);
}

/* As much of @msg as may go with a SYN. Return: bytes */
u32 xtcp_queue_some(struct sock *sk, struct msghdr *msg, u32 most)
{
	size_t all = msg_data_left(msg);
	u32 copied = 0;
	int n;

	iov_iter_truncate(&msg->msg_iter, most);
	while (msg_data_left(msg)) {
		n = add_piece(sk, msg);
		if (n <= 0)
			break;
		copied += n;
	}
	iov_iter_reexpand(&msg->msg_iter, all - copied);
	drop_empty_tail(sk);
	return copied;
}

static int wait_connected(struct sock *sk, long *timeo)
{
	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) ||
	    xtcp_fast(&xtcp_sk(sk)->rec))
		return 0;
	return sk_stream_wait_connect(sk, timeo);
}

/* What is queued is not all: see xtcp_queue(). */
static int wait_for_room(struct sock *sk, long *timeo)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	x->writer_waits = true;
	xtcp_push(sk, false);
	xtcp_timer_arm(sk);
	err = sk_stream_wait_memory(sk, timeo);
	x->writer_waits = false;
	return err;
}

/* Queues all of @msg. Returns 0 or why it stopped; *@copied counts. */
static int queue_text(struct sock *sk, struct msghdr *msg, long *timeo,
		      int *copied)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 pushed = x->write_seq;
	int n, err;

	while (msg_data_left(msg)) {
		if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
			return -EPIPE;
		n = 0;
		if (sk_stream_memory_free(sk))
			n = add_piece(sk, msg);
		if (n < 0)
			return n;
		*copied += n;
		if (!n) {
			pushed = x->write_seq;
			err = wait_for_room(sk, timeo);
			if (err)
				return err;
			continue;
		}
		/* The last of it leaves with what is pushed at the end. */
		if (x->write_seq - pushed < QUEUE_SKB_BYTES ||
		    !msg_data_left(msg))
			continue;
		pushed = x->write_seq;
		xtcp_push(sk, true);
	}
	return 0;
}

static int sendmsg_locked(struct sock *sk, struct msghdr *msg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int flags = msg->msg_flags;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	int copied = 0;
	int err;

	/* RFC 9293 and BSD: the RST is for readers, a writer's pipe is broken */
	if (x->broken_pipe) {
		if (!(flags & MSG_NOSIGNAL))
			send_sig(SIGPIPE, current, 0);
		return -EPIPE;
	}
	if (unlikely((flags & MSG_FASTOPEN) || x->fast_deferred)) {
		err = xtcp_connect_with_text(sk, msg, &copied);
		if (err)
			return err == -EINPROGRESS && copied ? copied : err;
	}
	err = wait_connected(sk, &timeo);
	if (err)
		return sk_stream_error(sk, flags, err);
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	err = queue_text(sk, msg, &timeo, &copied);
	drop_empty_tail(sk);
	if (copied) {
		if (flags & MSG_OOB)
			xtcp_urgent_send(&x->stream.urgent, x->write_seq);
		xtcp_push(sk, flags & MSG_MORE);
		xtcp_timer_arm(sk);
		return copied;
	}
	if (!err)
		return 0;
	err = sk_stream_error(sk, flags, err);
	if (err == -EAGAIN)
		sk->sk_write_space(sk);
	return err;
}

int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int n;

	lock_sock(sk);
	n = sendmsg_locked(sk, msg);
	release_sock(sk);
	return n;
}
