/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in the table of connections.
 */
#ifndef XTCP_TABLE_ENTRY_H
#define XTCP_TABLE_ENTRY_H

#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "machine/record.h"

enum xtcp_form {
	XTCP_FORM_NONE,		/* a struct sock's, not in the table */
	XTCP_FORM_FULL,		/* a struct sock's */
	XTCP_FORM_HALF_OPEN,	/* SYN_RCVD, of a listener */
	XTCP_FORM_FIN_WAIT_2,	/* an orphan that waits for the peer's FIN */
	XTCP_FORM_TIME_WAIT,
	XTCP_FORMS,
	XTCP_FORM_DEAD = 0xff,	/* small, was in the table */
};

struct xtcp_key4 {
	__be32 laddr;
	__be32 faddr;
	__be16 lport;
	__be16 fport;
};

/* @scope: the device when an address is link-local, else 0. */
struct xtcp_key6 {
	struct in6_addr laddr;
	struct in6_addr faddr;
	__be16 lport;
	__be16 fport;
	u32 scope;
};

/**
 * struct xtcp_entry - a connection, as the table knows it
 * @node:	link of the table
 * @form:	enum xtcp_form
 * @family:	AF_INET or AF_INET6: which key; that of the packets
 * @saved:	small forms: there may be a struct xtcp_saved; never cleared, so
 *		that who reads what stands beside it needs no lock
 * @wire:	enum xtcp_wire: that of the table it is in
 * @tos:	small forms: TOS or traffic class to send with
 * @ttl:	small forms: TTL or hop limit to send with, 0: the route's
 * @ifindex:	the only device that its segments may come in by: what it is
 *		bound to, or the scope of a link-local address; 0: any
 * @mark:	small forms: mark to send with
 * @key4:	IPv4's 4-tuple
 * @key6:	IPv6's 4-tuple
 * @hash:	IPv6: of key6, which takes long to hash
 *
 * Full sockets embed it, small forms end with it. All but @form stays as it is
 * while the entry is in the table. The key comes last, as an IPv4 small form
 * has no room for the rest.
 */
struct xtcp_entry {
	struct rhash_head node;
	u8 form;
	u8 family:6;
	u8 saved:1;
	u8 wire:1;
	u8 tos;
	u8 ttl;
	u32 ifindex;
	u32 mark;
	union {
		struct xtcp_key4 key4;
		struct {
			struct xtcp_key6 key6;
			u32 hash;
		};
	};
};

/**
 * struct xtcp_small - a connection without a socket
 * @wheel:	link of the timer wheel
 * @rcu:	once dead
 * @record:	its life
 * @listener_id: half-open: whose it is, see xtcp_listener_get()
 * @msl_ms:	others: the MSL that its socket had
 * @entry:	how the table knows it; the forms other than FULL
 *
 * No lock and no count of its own: found under RCU, it is locked by
 * xtcp_small_lock() and then asked by xtcp_small_alive(); what is alive under
 * the lock is in the table. It is freed by RCU when it goes.
 *
 * IPv4 ones are allocated only up to the end of key4: never copy or clear the
 * whole struct.
 */
struct xtcp_small {
	union {
		struct hlist_node wheel;
		struct rcu_head rcu;
	};
	struct xtcp_record record;
	union {
		u32 listener_id;
		u32 msl_ms;
	};
	struct xtcp_entry entry;
};

#define XTCP_SMALL4_SIZE	offsetofend(struct xtcp_small, entry.key4)
#define XTCP_SMALL6_SIZE	sizeof(struct xtcp_small)

static_assert(XTCP_SMALL4_SIZE <= 128, "the promise for IPv4");
static_assert(XTCP_SMALL6_SIZE <= 192, "the promise for IPv6");

/* The small form behind an entry for which xtcp_entry_full() is false. */
static inline struct xtcp_small *xtcp_small(struct xtcp_entry *e)
{
	return container_of(e, struct xtcp_small, entry);
}

/*
 * A found entry is part of a socket. Also true when the socket has left the
 * table meanwhile, so that the answer for one entry never changes.
 */
static inline bool xtcp_entry_full(const struct xtcp_entry *e)
{
	return READ_ONCE(e->form) <= XTCP_FORM_FULL;
}

#endif
