/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP wire's ports, as the host's TCP has to know of them.
 */
#ifndef XTCP_TABLE_RESERVE_H
#define XTCP_TABLE_RESERVE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "table/claim.h"

struct xtcp_reservation;
struct xtcp_table;

/**
 * struct xtcp_reserve - TCP wire: what the host's TCP knows of our ports
 * @lock:	of @bucket and @idle
 * @mutex:	of those who make and free; outside @lock
 * @bucket:	reservations by port
 * @idle:	those that nobody holds any more
 * @work:	frees them
 * @spare:	sockets for ports to come; under @mutex
 * @spares:	how many
 * @count:	how many reservations there are; under @mutex
 * @groups:	of ports: as long as there is one, segments may come
 * @receiving:	xtcp_wire_tcp_begin() was called; under @mutex
 * @stopped:	the namespace ends, or the module goes: no more spares
 */
struct xtcp_reserve {
	spinlock_t lock;	/* inside the port locks */
	struct mutex mutex;
	struct hlist_head *bucket;
	struct list_head idle;
	struct delayed_work work;
	struct list_head spare;
	u32 spares;
	u32 count;
	atomic_t groups;
	bool receiving;
	bool stopped;
};

void xtcp_reserve_init(struct xtcp_reserve *v);
int xtcp_reserve_use(struct xtcp_table *t);
void xtcp_reserve_stop(struct xtcp_table *t);
void xtcp_reserve_exit(struct xtcp_table *t);

/**
 * xtcp_reserve() - get a port from the host's TCP
 * @t:		the table
 * @claim:	for which address and device
 * @port:	host byte order
 * @named:	a program asked for this very port: it is given back the moment that
 *		nobody holds it, and otherwise within two ticks
 * @res:	a hold on what keeps it; NULL where the wire has its own ports
 *
 * Process context. Return: 0, -EADDRINUSE, -ENOMEM and the like.
 */
int xtcp_reserve(struct xtcp_table *t, const struct xtcp_claim *claim,
		 u16 port, bool named, struct xtcp_reservation **res);
/* There is one more group of ports, or one less; any context. */
void xtcp_reserve_group(struct xtcp_table *t, bool more);
/* One more hold on what is held, or one less; any context, also on NULL. */
void xtcp_reserve_more(struct xtcp_reservation *r);
void xtcp_unreserve(struct xtcp_reservation *r);

#endif
