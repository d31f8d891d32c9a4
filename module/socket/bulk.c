// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a connection has only while more than a question or an answer is
 * under way: stream.h says when.
 */
#include <linux/slab.h>

#include "socket/sock.h"

/* One byte more, and kmalloc() would give twice as many. */
static_assert(sizeof(struct xtcp_bulk) <= 256);

static struct kmem_cache *board_cache;

/**
 * xtcp_provide_bulk() - memory for what only few connections have to know
 * @sk:		locked
 *
 * Return: it, or NULL without memory.
 */
struct xtcp_bulk *xtcp_provide_bulk(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_bulk *bulk = x->stream.bulk;

	if (bulk)
		return bulk;
	bulk = kmalloc(sizeof(*bulk), GFP_ATOMIC | __GFP_NOWARN);
	if (bulk)
		xtcp_stream_give_bulk(&x->stream, &x->rec, bulk);
	return bulk;
}

/* Nothing is under way, and it is as if nothing had ever been; or @anyway. */
void xtcp_free_bulk(struct sock *sk, bool anyway)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	kfree(xtcp_stream_take_bulk(&x->stream, &x->rec, x->now_us, anyway));
}

/* One segment is under way and more are to follow: keep account of them. */
void xtcp_provide_board(struct sock *sk, const struct xtcp_queue *q)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	void *memory;

	if (xtcp_stream_wants_bulk(&x->stream, &x->rec, q))
		xtcp_provide_bulk(sk);
	if (!xtcp_stream_wants_board(&x->stream, &x->rec, q))
		return;
	memory = kmem_cache_alloc(board_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (memory)
		xtcp_stream_give_board(&x->stream, &x->rec, memory,
				       XTCP_BOARD_BYTES);
	else
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_NO_BOARD);
}

/* Nothing is under way any more, or nobody cares: @anyway. */
void xtcp_free_board(struct sock *sk, bool anyway)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	void *memory = xtcp_stream_take_board(&x->stream, &x->rec, anyway);

	if (memory)
		kmem_cache_free(board_cache, memory);
}

/* With a constructor the kernel does not clear it each time it is given out. */
static void construct_board(void *memory)
{
	memset(memory, 0, XTCP_BOARD_BYTES);
}

int __init xtcp_bulk_module_init(void)
{
	board_cache = kmem_cache_create("xtcp_board", XTCP_BOARD_BYTES, 0, 0,
					construct_board);
	return board_cache ? 0 : -ENOMEM;
}

void xtcp_bulk_module_exit(void)
{
	kmem_cache_destroy(board_cache);
}
