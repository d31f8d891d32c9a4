/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that arrived, in order and not: store.c. The socket is locked. */
#ifndef XTCP_SOCKET_STORE_H
#define XTCP_SOCKET_STORE_H

#include <linux/rbtree.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include "machine/segment.h"
#include "stream/reassembly.h"
#include "stream/window.h"

/**
 * struct xtcp_skb_cb - what skb->cb holds in the queues of a socket
 * @seq:	sequence number of the byte at skb->data
 * @from:	sequence number of the first byte that counts
 * @end:	sequence number behind the last one that counts
 * @fin:	stored text: a FIN follows
 *
 * Cutting off what does not count would take memory, and could fail.
 */
struct xtcp_skb_cb {
	u32 seq;
	u32 from;
	u32 end;
	bool fin;
};

#define XTCP_SKB_CB(skb)	((struct xtcp_skb_cb *)((skb)->cb))

/* Text out of order, by sequence number; where TCP keeps what it sent. */
static inline struct rb_root *xtcp_early(const struct sock *sk)
{
	return (struct rb_root *)&sk->tcp_rtx_queue;
}

bool xtcp_may_take(struct sock *sk, struct sk_buff *skb);
void xtcp_take_in(struct sock *sk, struct sk_buff *skb, u32 seq, u32 from,
		  u32 len);
bool xtcp_store(struct sock *sk, struct sk_buff *skb, u32 seq, u32 len,
		bool fin);
struct sk_buff *xtcp_stored_next(struct sock *sk, struct xtcp_range *range);
void xtcp_purge_stored(struct sock *sk);
void xtcp_text_again(struct sock *sk, const struct xtcp_segment *seg,
		     u32 rcv_nxt);
u32 xtcp_unread(const struct sock *sk);
void xtcp_room(const struct sock *sk, struct xtcp_room *room);

#endif
