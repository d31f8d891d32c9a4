// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that arrived: what is next in order goes to sk_receive_queue, what came
 * too early waits in a tree by sequence number (RFC 9293 SHLD-31).
 */
#include "socket/sock.h"

static struct xtcp_range range_of(const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_SKB_CB(skb);

	return (struct xtcp_range) {
		.seq = cb->from,
		.len = cb->end - cb->from,
		.fin = cb->fin,
	};
}

static void erase_stored(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->stored_bytes -= XTCP_SKB_CB(skb)->end - XTCP_SKB_CB(skb)->from;
	rb_erase(&skb->rbnode, xtcp_early(sk));
	/* The node shares its place with the list's pointers. */
	skb->next = NULL;
	skb->prev = NULL;
	skb->dev = NULL;
}

void xtcp_purge_stored(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct rb_node *node;

	while ((node = rb_first(xtcp_early(sk)))) {
		struct sk_buff *skb = rb_to_skb(node);

		erase_stored(sk, skb);
		kfree_skb(skb);
	}
	if (x->stream.bulk)
		xtcp_sack_purged(&x->stream.bulk->sack);
}

/* The peer wants to hear of what is out of order, and we can remember it. */
static bool tells_blocks(struct sock *sk)
{
	return (xtcp_sk(sk)->rec.flags & XTCP_F_SACK) && xtcp_provide_bulk(sk);
}

/* A segment came; RCV.NXT was @rcv_nxt: something of it may have come before. */
void xtcp_text_again(struct sock *sk, const struct xtcp_segment *seg,
		     u32 rcv_nxt)
{
	if (xtcp_sack_repeats(seg, rcv_nxt) && tells_blocks(sk))
		xtcp_sack_arrived(&xtcp_sk(sk)->stream.bulk->sack, seg,
				  rcv_nxt);
}

/* Memory is short: what came out of order was never promised to stay. */
static void prune_stored(struct sock *sk)
{
	if (RB_EMPTY_ROOT(xtcp_early(sk)))
		return;
	xtcp_inc(xtcp_sk_net(sk), XTCP_C_PRUNED);
	xtcp_purge_stored(sk);
}

/*
 * May this segment's text be taken, if the machine wants it? Asked before the
 * step, for the machine's word is final. The window counts text, the limit
 * counts memory: small segments need more of it than was announced.
 */
bool xtcp_may_take(struct sock *sk, struct sk_buff *skb)
{
	u32 limit = READ_ONCE(sk->sk_rcvbuf) * 2;

	if (atomic_read(&sk->sk_rmem_alloc) + skb->truesize > limit)
		prune_stored(sk);
	if (atomic_read(&sk->sk_rmem_alloc) &&
	    atomic_read(&sk->sk_rmem_alloc) + skb->truesize > limit)
		return false;
	return sk_rmem_schedule(sk, skb, skb->truesize);
}

/* Nothing at its front or end that does not count. */
static bool is_exact(const struct sk_buff *skb)
{
	const struct xtcp_skb_cb *cb = XTCP_SKB_CB(skb);

	return cb->from == cb->seq && cb->end - cb->seq == skb->len;
}

/* Text that follows right behind the last skb joins it, if that is cheap. */
static bool coalesce(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool stolen;
	int delta;

	if (!tail || !is_exact(tail) || !is_exact(skb) ||
	    XTCP_SKB_CB(tail)->end != XTCP_SKB_CB(skb)->seq)
		return false;
	if (!skb_try_coalesce(tail, skb, &stolen, &delta))
		return false;
	XTCP_SKB_CB(tail)->end = XTCP_SKB_CB(skb)->end;
	/* A read has the time of the last text in it. */
	tail->tstamp = skb->tstamp;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	xtcp_inc(xtcp_sk_net(sk), XTCP_C_COALESCED);
	kfree_skb_partial(skb, stolen);
	return true;
}

/* Below this, text moves to an skb that has room for more like it. */
#define SMALL_TEXT	256
#define SMALL_ROOM	(SKB_WITH_OVERHEAD(4096))

/* A few bytes in a large skb: many of these would fill the buffer with air. */
static struct sk_buff *compact(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	struct sk_buff *roomy;

	if (!tail || skb->len > SMALL_TEXT || !is_exact(skb) || skb->sk)
		return skb;
	roomy = alloc_skb(SMALL_ROOM, GFP_ATOMIC | __GFP_NOWARN);
	if (!roomy)
		return skb;
	if (!sk_rmem_schedule(sk, roomy, roomy->truesize) ||
	    skb_copy_bits(skb, 0, skb_put(roomy, skb->len), skb->len)) {
		kfree_skb(roomy);
		return skb;
	}
	memcpy(roomy->cb, skb->cb, sizeof(struct xtcp_skb_cb));
	roomy->tstamp = skb->tstamp;
	consume_skb(skb);
	return roomy;
}

/**
 * xtcp_take_in() - text that is next in order is the reader's now
 * @sk:		locked
 * @skb:	the text; taken
 * @seq:	sequence number at skb->data
 * @from:	where new text begins
 * @len:	how much there is of it
 */
void xtcp_take_in(struct sock *sk, struct sk_buff *skb, u32 seq, u32 from,
		  u32 len)
{
	struct xtcp_skb_cb *cb = XTCP_SKB_CB(skb);

	cb->seq = seq;
	cb->from = from;
	cb->end = from + len;
	cb->fin = false;
	skb->dev = NULL;
	if (skb->destructor != sock_rfree && coalesce(sk, skb))
		return;
	if (skb->destructor != sock_rfree) {
		skb = compact(sk, skb);
		skb_set_owner_r(skb, sk);
	}
	__skb_queue_tail(&sk->sk_receive_queue, skb);
}

/* The stored neighbours of a new range. */
static struct sk_buff *find_neighbours(struct sock *sk, u32 seq,
				       struct sk_buff **next)
{
	struct rb_node *node = xtcp_early(sk)->rb_node;
	struct sk_buff *prev = NULL;

	*next = NULL;
	while (node) {
		struct sk_buff *skb = rb_to_skb(node);

		if (seq_leq(XTCP_SKB_CB(skb)->from, seq)) {
			prev = skb;
			node = node->rb_right;
		} else {
			*next = skb;
			node = node->rb_left;
		}
	}
	return prev;
}

static void insert_stored(struct sock *sk, struct sk_buff *skb)
{
	struct rb_node **link = &xtcp_early(sk)->rb_node;
	struct rb_node *parent = NULL;
	u32 seq = XTCP_SKB_CB(skb)->from;

	while (*link) {
		parent = *link;
		if (seq_lt(seq, XTCP_SKB_CB(rb_to_skb(parent))->from))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, xtcp_early(sk));
}

/**
 * xtcp_store() - keep text that is not next in order
 * @sk:		locked
 * @skb:	the text
 * @seq:	sequence number at skb->data
 * @len:	bytes that fit into the window
 * @fin:	a FIN follows them
 *
 * Return: true when @skb was taken.
 */
bool xtcp_store(struct sock *sk, struct sk_buff *skb, u32 seq, u32 len,
		bool fin)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_range fresh = { .seq = seq, .len = len, .fin = fin };
	struct xtcp_net *xn = xtcp_sk_net(sk);
	struct xtcp_range prev_range, next_range;
	struct sk_buff *prev, *next;
	enum xtcp_place place;

	if (!skb)
		return false;
	prev = find_neighbours(sk, seq, &next);
	for (;;) {
		if (prev)
			prev_range = range_of(prev);
		if (next)
			next_range = range_of(next);
		place = xtcp_reassembly_place(&fresh,
					      prev ? &prev_range : NULL,
					      next ? &next_range : NULL);
		if (place != XTCP_PLACE_DROP_NEXT)
			break;
		erase_stored(sk, next);
		kfree_skb(next);
		find_neighbours(sk, seq, &next);
	}
	if (place == XTCP_PLACE_DUPLICATE) {
		xtcp_inc(xn, XTCP_R_DUPLICATE);
		if (tells_blocks(sk))
			xtcp_sack_twice(&x->stream.bulk->sack, seq,
					seq + len + fin);
		return false;
	}
	skb->dev = NULL;
	XTCP_SKB_CB(skb)->seq = seq;
	XTCP_SKB_CB(skb)->from = fresh.seq;
	XTCP_SKB_CB(skb)->end = fresh.seq + fresh.len;
	XTCP_SKB_CB(skb)->fin = fresh.fin;
	skb_set_owner_r(skb, sk);
	insert_stored(sk, skb);
	x->stored_bytes += fresh.len;
	if (tells_blocks(sk))
		xtcp_sack_stored(&x->stream.bulk->sack, fresh.seq,
				 xtcp_range_end(&fresh));
	xtcp_inc(xn, XTCP_C_STORED);
	return true;
}

/* The first stored text whose turn it is, out of the store; or NULL. */
struct sk_buff *xtcp_stored_next(struct sock *sk, struct xtcp_range *range)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct rb_node *node;

	while ((node = rb_first(xtcp_early(sk)))) {
		struct sk_buff *skb = rb_to_skb(node);

		*range = range_of(skb);
		switch (xtcp_reassembly_ready(range, x->rec.rcv_nxt)) {
		case XTCP_READY_GAP:
			return NULL;
		case XTCP_READY_NOW:
			erase_stored(sk, skb);
			return skb;
		case XTCP_READY_STALE:
			erase_stored(sk, skb);
			kfree_skb(skb);
			break;
		}
	}
	return NULL;
}

/* Bytes that the program can read, the urgent one that stands apart not. */
u32 xtcp_unread(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 end = x->rec.rcv_nxt - !!(x->rec.flags & XTCP_F_FIN_RCVD);

	if (skb_queue_empty(&sk->sk_receive_queue))
		return 0;
	return seq_gt(end, x->copied_seq) ? end - x->copied_seq : 0;
}

/* What the receive buffer holds, for the window to announce. */
void xtcp_room(const struct sock *sk, struct xtcp_room *room)
{
	int memory = READ_ONCE(sk->sk_rcvbuf);
	int used = atomic_read(&sk->sk_rmem_alloc) +
		   READ_ONCE(sk->sk_backlog.len);

	room->buffer = xtcp_window_space(memory);
	room->free = used < memory ? xtcp_window_space(memory - used) : 0;
	room->mss = xtcp_sk(sk)->stream.cc.mss;
}
