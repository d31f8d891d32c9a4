/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fast Open: text before the handshake is over (RFC 7413).
 */
#ifndef XTCP_SOCKET_FAST_OPEN_H
#define XTCP_SOCKET_FAST_OPEN_H

#include <linux/refcount.h>
#include <linux/sockptr.h>

#include "socket/net.h"

struct sk_buff;
struct sock;
struct xtcp_segment;
struct xtcp_tuple;
struct xtcp_turn;

/**
 * struct xtcp_fast - Fast Open of a listener; shared with its pending children
 * @refs:	who has it
 * @pending:	children whose SYN+ACK is not acknowledged
 * @limit:	TCP_FASTOPEN: how many there may be
 * @keys:	TCP_FASTOPEN_KEY; none: the namespace's
 */
struct xtcp_fast {
	refcount_t refs;
	atomic_t pending;
	int limit;
	struct xtcp_fast_keys keys;
};

/* fast_open.c: RFC 7413, the listener's side */
enum xtcp_fast_verdict {
	XTCP_FAST_NO,		/* an ordinary SYN */
	XTCP_FAST_GIVE,		/* one that is to be answered with a cookie */
	XTCP_FAST_TAKE,		/* its text is taken */
};

enum xtcp_fast_verdict xtcp_fast_judge(struct sock *sk,
				       const struct xtcp_tuple *t,
				       const struct xtcp_segment *seg);
void xtcp_fast_give(struct sock *sk, const struct xtcp_tuple *t,
		    struct xtcp_segment *seg);
void xtcp_fast_begin(struct sock *listener, struct sock *child);
void xtcp_fast_end(struct sock *child);
void xtcp_fast_free(struct sock *sk);
int xtcp_fast_set_limit(struct sock *sk, int limit);
int xtcp_fast_limit(struct sock *sk);
int xtcp_fast_listen(struct sock *sk, int backlog);
int xtcp_fast_set_keys(struct sock *sk, sockptr_t val, unsigned int len);
unsigned int xtcp_fast_get_keys(const struct sock *sk, void *to);

/* fast_cache.c: the client's side */
void xtcp_fast_cache_exit(struct xtcp_net *xn);
bool xtcp_fast_cookie(struct xtcp_net *xn, const struct xtcp_tuple *t,
		      struct xtcp_segment *seg, u16 *mss);
void xtcp_fast_learn(struct xtcp_net *xn, const struct xtcp_tuple *t,
		     const struct xtcp_segment *seg, bool lost);

/* fast_client.c: text that goes with our own SYN */
bool xtcp_fast_enabled(const struct sock *sk);
u32 xtcp_fast_room(struct sock *sk, const struct xtcp_tuple *t);
struct sk_buff *xtcp_fast_syn(struct sock *sk, struct xtcp_segment *seg);
void xtcp_fast_answered(struct sock *sk, const struct xtcp_turn *turn);

#endif
