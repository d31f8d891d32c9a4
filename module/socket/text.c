// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of the send queue, for an skb that is to be sent: one of the queue's as it
 * is, or pages are lent, not copied, where that is cheaper.
 */
#include "socket/sock.h"

/* With headroom for the headers, and @room bytes behind; NULL: no memory */
struct sk_buff *xtcp_empty_skb(u32 room)
{
	struct sk_buff *skb = alloc_skb(XTCP_WIRE_HEADROOM + room, GFP_ATOMIC);

	if (skb)
		skb_reserve(skb, XTCP_WIRE_HEADROOM);
	return skb;
}

/*
 * The send queue's skb that holds the byte @seq. What is new stands at the end,
 * what is sent again mostly at the beginning.
 */
static struct sk_buff *find_text(struct sock *sk, u32 seq)
{
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);

	if (skb && seq_leq(XTCP_SKB_CB(skb)->seq, seq))
		return seq_lt(seq, XTCP_SKB_CB(skb)->end) ? skb : NULL;
	skb_queue_walk(&sk->sk_write_queue, skb) {
		if (seq_lt(seq, XTCP_SKB_CB(skb)->end))
			return skb;
	}
	return NULL;
}

static struct sk_buff *next_text(struct sock *sk, struct sk_buff *skb)
{
	if (skb_queue_is_last(&sk->sk_write_queue, skb))
		return NULL;
	return skb_queue_next(&sk->sk_write_queue, skb);
}

/* Lend @len bytes of @from, from @off on, to @to. Returns how many it took. */
static u32 lend_frags(struct sk_buff *to, const struct sk_buff *from, u32 off,
		      u32 len)
{
	u32 done = 0;
	int i, n;

	for (i = 0; i < skb_shinfo(from)->nr_frags && done < len; i++) {
		const skb_frag_t *f = &skb_shinfo(from)->frags[i];
		u32 size = skb_frag_size(f);
		u32 take;

		if (off >= size) {
			off -= size;
			continue;
		}
		n = skb_shinfo(to)->nr_frags;
		take = min(size - off, len - done);
		if (skb_can_coalesce(to, n, skb_frag_page(f),
				     skb_frag_off(f) + off)) {
			skb_frag_size_add(&skb_shinfo(to)->frags[n - 1], take);
		} else if (n < MAX_SKB_FRAGS) {
			skb_fill_page_desc(to, n, skb_frag_page(f),
					   skb_frag_off(f) + off, take);
			get_page(skb_frag_page(f));
		} else {
			break;
		}
		done += take;
		off = 0;
	}
	to->len += done;
	to->data_len += done;
	to->truesize += done;
	return done;
}

/* Text that lies in too many pieces for one skb is copied together. */
static struct sk_buff *copy_text(struct sock *sk, u32 seq, u32 len)
{
	struct sk_buff *skb = xtcp_empty_skb(len);
	struct sk_buff *from = find_text(sk, seq);
	u32 done = 0;

	while (skb && from && done < len) {
		u32 off = seq + done - XTCP_SKB_CB(from)->seq;
		u32 take = min(len - done, from->len - off);

		skb_copy_bits(from, off, skb_put(skb, take), take);
		done += take;
		from = next_text(sk, from);
	}
	return skb;
}

/**
 * xtcp_text_lend() - text of the send queue for an skb that has some
 * @sk:		locked
 * @skb:	gets it at its end
 * @seq:	sequence number of its first byte
 * @len:	bytes; all of them are in the queue
 *
 * Return: false when it has no room for so many pieces: then it is as before.
 */
bool xtcp_text_lend(struct sock *sk, struct sk_buff *skb, u32 seq, u32 len)
{
	struct sk_buff *from = find_text(sk, seq);
	u32 before = skb->len;
	u32 done = 0;

	while (done < len) {
		u32 off = seq + done - XTCP_SKB_CB(from)->seq;
		u32 here = min(len - done, from->len - off);
		u32 took = lend_frags(skb, from, off, here);

		done += took;
		if (took < here) {
			WARN_ON_ONCE(pskb_trim(skb, before));
			return false;
		}
		if (done < len)
			from = next_text(sk, from);
	}
	return true;
}

/* Below this, copying is cheaper than counting references. */
#define COPY_BELOW	128

/**
 * xtcp_text_cut() - an skb with text of the send queue
 * @sk:		locked
 * @seq:	sequence number of its first byte
 * @len:	bytes; all of them are in the queue
 * @copy:	copy what lies in too many pieces
 *
 * Return: the skb, with headroom for the headers, or NULL: no memory
 */
struct sk_buff *xtcp_text_cut(struct sock *sk, u32 seq, u32 len, bool copy)
{
	struct sk_buff *from = find_text(sk, seq);
	struct sk_buff *skb;

	if (from && len && from->len == len && XTCP_SKB_CB(from)->seq == seq)
		return skb_clone(from, GFP_ATOMIC);
	if (len < COPY_BELOW)
		return copy_text(sk, seq, len);
	skb = xtcp_empty_skb(0);
	if (!skb || xtcp_text_lend(sk, skb, seq, len))
		return skb;
	kfree_skb(skb);
	return copy ? copy_text(sk, seq, len) : NULL;
}
