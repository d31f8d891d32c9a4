/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What leaves a socket, and what it takes to know that. The socket is locked.
 */
#ifndef XTCP_SOCKET_OUTPUT_H
#define XTCP_SOCKET_OUTPUT_H

#include "machine/machine.h"
#include "stream/stream.h"

struct sk_buff;
struct sock;

/* text.c */
struct sk_buff *xtcp_empty_skb(u32 room);
bool xtcp_text_lend(struct sock *sk, struct sk_buff *skb, u32 seq, u32 len);
struct sk_buff *xtcp_text_cut(struct sock *sk, u32 seq, u32 len, bool copy);

/* output.c */
void xtcp_push(struct sock *sk, bool more);
void xtcp_transmit(struct sock *sk, bool more);
u64 xtcp_pace(const struct sock *sk);
void xtcp_send_ack(struct sock *sk);
void xtcp_send_syn(struct sock *sk, bool ack);
void xtcp_send_reset(struct sock *sk, const struct xtcp_orders *o);
void xtcp_send_probe(struct sock *sk);
void xtcp_send_keepalive(struct sock *sk);
void xtcp_sync_mss(struct sock *sk, bool again);
u32 xtcp_effective_mss(struct sock *sk);
void xtcp_queue(const struct sock *sk, struct xtcp_queue *q);

/* ack.c */
bool xtcp_ack_due(struct sock *sk, const struct xtcp_segment *seg, bool gap,
		  bool answer);
void xtcp_ack_now(struct sock *sk);
bool xtcp_ack_reader(struct sock *sk);
void xtcp_ack_late(struct sock *sk);

/* bulk.c */
struct xtcp_bulk *xtcp_provide_bulk(struct sock *sk);
void xtcp_free_bulk(struct sock *sk, bool anyway);
void xtcp_provide_board(struct sock *sk, const struct xtcp_queue *q);
void xtcp_free_board(struct sock *sk, bool anyway);
/* Once for the module: 0 or -ENOMEM. */
int xtcp_bulk_module_init(void);
void xtcp_bulk_module_exit(void);

/* pages.c */
void xtcp_page_put(struct page *page);
bool xtcp_page_refill(struct sock *sk, struct page_frag *pfrag);
void xtcp_pages_module_exit(void);

#endif
