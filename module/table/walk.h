/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All listeners and connections one after the other, for /proc.
 */
#ifndef XTCP_TABLE_WALK_H
#define XTCP_TABLE_WALK_H

#include "table/table.h"

/**
 * struct xtcp_walk_place - where a connection stands among all, see walk.c
 * @order:	by that first
 * @key4:	then by IPv4's key,
 * @key6:	or by IPv6's
 */
struct xtcp_walk_place {
	u32 order;
	union {
		struct xtcp_key4 key4;
		struct xtcp_key6 key6;
	};
};

/**
 * struct xtcp_walk - a walk over each table's listeners, then connections
 * @listener:	the present one, or NULL
 * @entry:	the present one, or NULL; a small one may be dead
 * @t:		the present table
 * @first:	the first of them
 * @last:	the last
 * @place:	where it stands among the connections
 * @id:		where it stands among the listeners
 * @pos:	how many items it has passed
 * @family:	AF_INET or AF_INET6: that of the packets, so that connections
 *		and listeners on IPv4-mapped addresses are among the former
 * @listeners_done: it has come to the connections
 * @done:	it has come to the end
 *
 * What is in the table from the start of the walk to its end is met exactly
 * once, however often the table is resized and whatever form it takes.
 */
struct xtcp_walk {
	struct xtcp_listener *listener;
	struct xtcp_entry *entry;
	struct xtcp_table *t;
	struct xtcp_table *first;
	struct xtcp_table *last;
	struct xtcp_walk_place place;
	unsigned long id;
	loff_t pos;
	u8 family;
	bool listeners_done;
	bool done;
};

/**
 * xtcp_walk_open() - a walk over one table after the other; needs no end
 * @w:		written anew
 * @first:	one table of an array
 * @last:	another, or the same
 * @family:	AF_INET or AF_INET6 (a dual-stack listener: that)
 */
void xtcp_walk_open(struct xtcp_walk *w, struct xtcp_table *first,
		    struct xtcp_table *last, u8 family);

/**
 * xtcp_walk_start() - begin, or go on with, a walk; fits seq_operations.start
 * @w:		open
 * @pos:	0: from the start. Else, where the last walk stopped (its present
 *		item is shown again), or one further.
 *
 * Takes rcu_read_lock() until xtcp_walk_stop(), which is to be called in any
 * case. Return: @w with a present item, or NULL at the end.
 */
struct xtcp_walk *xtcp_walk_start(struct xtcp_walk *w, loff_t pos)
	__acquires(RCU);
/* Go on to the next; @w or NULL at the end. Adds 1 to *@pos. */
struct xtcp_walk *xtcp_walk_next(struct xtcp_walk *w, loff_t *pos);
void xtcp_walk_stop(struct xtcp_walk *w) __releases(RCU);

#endif
