/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is who: connections by 4-tuple, listeners, local ports, and the timer of
 * those connections that have no socket. One struct xtcp_table serves one wire
 * of one network namespace; two wires have a table each, as TCP and UDP have.
 *
 * Locks, outermost first:
 *
 *	socket lock		socket/
 *	xtcp_small_lock()	one entry's; never two at a time
 *	listener, port and wheel locks	inside table/ only
 *
 * All are taken with bottom halves off. "Any context" below means process
 * context or softirq, not hard interrupts. Functions that take a struct sock
 * want it locked (or not yet visible), and it is an inet_sock whose addresses,
 * sk_bound_dev_if, sk_reuse, sk_reuseport and ipv6only are read, not written,
 * as wire/ describes them.
 */
#ifndef XTCP_TABLE_TABLE_H
#define XTCP_TABLE_TABLE_H

#include <linux/atomic.h>
#include <linux/rhashtable-types.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "table/claim.h"
#include "table/clock.h"
#include "table/entry.h"
#include "table/reserve.h"
#include "table/wheel.h"
#include "wire/wire.h"

#define XTCP_LISTEN_BUCKETS	256u
#define XTCP_PORT_PAGES		256u

struct xtcp_table;
struct xtcp_port_group;

/**
 * struct xtcp_table_ops - what the table asks of the floor below
 * @expired: an entry's record.expires_ms has come. Softirq, RCU held, no lock
 *	held: take xtcp_small_lock(), ask xtcp_small_alive(), and look at
 *	record.timer and record.expires_ms again, for both may have changed.
 *	The entry is off the wheel: leave it alone if its time has changed
 *	(whoever changed it has put it back), else step it and then
 *	xtcp_small_timer() or xtcp_small_remove().
 */
struct xtcp_table_ops {
	void (*expired)(struct xtcp_table *t, struct xtcp_small *s);
};

/**
 * struct xtcp_port_table - the local ports of a table
 * @page:	ports 256 * i and up: a list of groups each, made when needed
 * @locks:	of the lists, by port
 * @lock_mask:	how many locks there are, less 1
 * @counters:	RFC 6056 algorithm 4
 * @secret:	and its key
 */
struct xtcp_port_table {
	struct hlist_head *page[XTCP_PORT_PAGES];
	spinlock_t *locks;	/* leaf locks */
	unsigned int lock_mask;
	u32 *counters;
	siphash_key_t secret;
};

/**
 * struct xtcp_table - all of one wire of a namespace; members are table/'s own
 * @net:	its namespace
 * @wire:	enum xtcp_wire
 * @ops:	upcalls
 * @conns:	IPv4 and IPv6 connections
 * @count:	entries by form
 * @locks:	of small entries, by address
 * @lock_mask:	how many locks there are, less 1
 * @wheels:	timers of small entries
 * @listen_lock: of writers to @listeners
 * @listeners:	by port and address; under RCU
 * @listener_ids: the same by id
 * @last_id:	ids are given out in turn, so that an old one finds nobody
 * @listen_seed: keys the hash of @listeners
 * @ports:	local ports
 * @reserve:	and what keeps the host's TCP off them
 * @ready:	xtcp_table_use() was here
 */
struct xtcp_table {
	struct net *net;
	u8 wire;
	const struct xtcp_table_ops *ops;
	struct rhashtable conns[2];
	atomic_t count[XTCP_FORMS];
	spinlock_t *locks;	/* outside all others of the table */
	unsigned int lock_mask;
	struct xtcp_wheels wheels;
	spinlock_t listen_lock;	/* leaf, but for reuseport's own */
	struct hlist_head listeners[XTCP_LISTEN_BUCKETS];
	struct xarray listener_ids;
	atomic_t last_id;
	u32 listen_seed;
	struct xtcp_port_table ports;
	struct xtcp_reserve reserve;
	bool ready;
};

/*
 * Life of the tables.
 */

/* Once for the module. Return: 0 or -ENOMEM. */
int xtcp_table_module_init(void);
/* After all tables are gone; waits for RCU callbacks. */
void xtcp_table_module_exit(void);

/**
 * xtcp_table_init() - make an empty table
 * @t:		zeroed
 * @net:	its namespace
 * @wire:	enum xtcp_wire
 * @ops:	upcalls; must stay
 *
 * Process context. Takes a few kB; xtcp_table_use() takes the rest.
 * Return: 0 or -ENOMEM.
 */
int xtcp_table_init(struct xtcp_table *t, struct net *net, u8 wire,
		    const struct xtcp_table_ops *ops);

/**
 * xtcp_table_use() - get ready for a socket
 * @t:		the table
 *
 * To be called before a socket of this table is made; cheap when it was before.
 * Process context. Return: 0 or -ENOMEM.
 */
int xtcp_table_use(struct xtcp_table *t);

/**
 * xtcp_table_flush() - show every small entry to somebody who ends it
 * @t:		the table
 * @fn:		called with RCU held and no lock held; need not remove it
 *
 * Process context. For the administrator, and for the end of the namespace,
 * when each entry's end shall have its reason counted.
 */
void xtcp_table_flush(struct xtcp_table *t,
		      void (*fn)(struct xtcp_table *t, struct xtcp_small *s));

/**
 * xtcp_table_stop() - nothing is received for this table any more
 * @t:		the table
 *
 * Process context; an RCU grace period must pass before xtcp_table_exit().
 */
void xtcp_table_stop(struct xtcp_table *t);

/**
 * xtcp_table_exit() - the namespace ends, or the module goes
 * @t:		the table; nobody adds to it or looks anything up any more
 *
 * Stops the timer, frees the small entries that are left and all memory. There
 * must be no socket left. Process context.
 */
void xtcp_table_exit(struct xtcp_table *t);

/* How many entries have a form; any context. */
static inline int xtcp_count(const struct xtcp_table *t, enum xtcp_form form)
{
	return atomic_read(&t->count[form]);
}

/*
 * Connections: conn.c
 */

/**
 * xtcp_entry_init() - give an entry its key
 * @e:		not in the table
 * @tuple:	both ends
 * @bound:	sk_bound_dev_if of the socket, or of the listener; 0: none. The
 *		scope of link-local addresses comes from @tuple.
 *
 * Sets form, family, ifindex and the key; tos, ttl and mark to 0.
 */
void xtcp_entry_init(struct xtcp_entry *e, const struct xtcp_tuple *tuple,
		     int bound);

/* For skb->hash: the same in each of a connection's forms, and never 0. */
u32 xtcp_entry_label(const struct xtcp_entry *e);

/* The reverse; @tuple->ifindex is @e->ifindex. */
void xtcp_entry_tuple(const struct xtcp_entry *e, struct xtcp_tuple *tuple);

/**
 * xtcp_lookup() - whose segment is this?
 * @t:		the table
 * @tuple:	both ends, as they came with a segment
 *
 * Under rcu_read_lock(). Return: an entry, or NULL. Ask xtcp_entry_full(). A
 * socket: get a reference by refcount_inc_not_zero() on sk_refcnt if it shall
 * outlive RCU, lock it, and ask xtcp_entry_matches(): it may have left the
 * table, and may even be connected elsewhere by now. A small one: see struct
 * xtcp_small. If it is gone by the time it is locked, look up again.
 */
struct xtcp_entry *xtcp_lookup(struct xtcp_table *t,
			       const struct xtcp_tuple *tuple);

/* It is in the table, and for such segments; with its lock held. */
bool xtcp_entry_matches(const struct xtcp_entry *e,
			const struct xtcp_tuple *tuple);

/**
 * xtcp_insert() - add a socket's entry
 * @t:		the table
 * @e:		embedded in a socket that is freed by RCU (SOCK_RCU_FREE)
 *
 * Any context. For connections that come without a port of their own from
 * xtcp_connect() and replace no half-open entry: children by SYN cookie.
 * Return: 0, -EEXIST when the tuple is taken, -ENOMEM, -E2BIG.
 */
int xtcp_insert(struct xtcp_table *t, struct xtcp_entry *e);

/* Take a socket's entry out again, if it is in; any context. */
void xtcp_remove(struct xtcp_table *t, struct xtcp_entry *e);

/**
 * xtcp_small_alloc() - memory for an entry without a socket
 * @tuple:	both ends
 * @bound:	as for xtcp_entry_init(), which it calls
 * @gfp:	how to get it
 *
 * Return: an entry whose record is still to be filled, or NULL.
 */
struct xtcp_small *xtcp_small_alloc(const struct xtcp_tuple *tuple, int bound,
				    gfp_t gfp);

/* Give back what never was in the table. */
void xtcp_small_free(struct xtcp_small *s);

/**
 * xtcp_small_insert() - add a half-open connection
 * @t:		the table
 * @s:		complete: record and listener_id too
 *
 * Any context, under rcu_read_lock(). Its timer starts as the record says, and
 * its listener's half_open counts it. Others may see it at once.
 * Return: 0, -EEXIST when the tuple is taken, -ENOMEM, -E2BIG, -ENOENT when the
 * listener is gone.
 */
int xtcp_small_insert(struct xtcp_table *t, struct xtcp_small *s);

/* The lock of an entry that is or was in the table; see struct xtcp_small. */
void xtcp_small_lock(struct xtcp_table *t, struct xtcp_small *s)
	__acquires(xtcp_small);
void xtcp_small_unlock(struct xtcp_table *t, struct xtcp_small *s)
	__releases(xtcp_small);

/* Under xtcp_small_lock(): it is still in the table. */
static inline bool xtcp_small_alive(const struct xtcp_small *s)
{
	return s->entry.form != XTCP_FORM_DEAD;
}

/**
 * xtcp_small_timer() - the record's life timer has changed
 * @t:		the table
 * @s:		locked and alive
 *
 * Starts, moves or (%XTCP_LIFE_NONE) stops it as record.timer and
 * record.expires_ms say.
 */
void xtcp_small_timer(struct xtcp_table *t, struct xtcp_small *s);

/**
 * xtcp_small_set_form() - FIN_WAIT_2 to TIME_WAIT, or TIME_WAIT to HALF_OPEN
 * @t:		the table
 * @s:		locked and alive; record not of interest
 * @form:	the new form. HALF_OPEN: listener_id is set
 *
 * Counts move along and the local port is let go for HALF_OPEN.
 */
void xtcp_small_set_form(struct xtcp_table *t, struct xtcp_small *s,
			 enum xtcp_form form);

/**
 * xtcp_small_remove() - the connection is over
 * @t:		the table
 * @s:		locked and alive; dead afterwards, memory stays until RCU ends
 */
void xtcp_small_remove(struct xtcp_table *t, struct xtcp_small *s);

/**
 * xtcp_small_to_full() - a socket takes an entry's place
 * @t:		the table
 * @s:		locked and alive; dead afterwards
 * @e:		entry of a socket, with the same tuple, not in the table. The
 *		socket may be found at once. Has its port: xtcp_bind_child().
 *
 * Cannot fail.
 */
void xtcp_small_to_full(struct xtcp_table *t, struct xtcp_small *s,
			struct xtcp_entry *e);

struct xtcp_binding;

/**
 * xtcp_full_to_small() - an entry without a socket takes a socket's place
 * @t:		the table
 * @e:		in the table
 * @b:		the socket's port, which from now on is the small entry's
 * @s:		complete, of the same family, not in the table; takes over key
 *		and ifindex of @e
 * @form:	FIN_WAIT_2 or TIME_WAIT
 *
 * Any context; the socket is locked. Others may see @s at once; its timer
 * starts as the record says. Cannot fail.
 */
void xtcp_full_to_small(struct xtcp_table *t, struct xtcp_entry *e,
			struct xtcp_binding *b, struct xtcp_small *s,
			enum xtcp_form form);

/*
 * Local ports: port.c
 */

/**
 * struct xtcp_binding - a socket's hold on a port; zeroes: none
 * @group:	all those with the same claim to the same port; says which claim.
 *		Stays as long as somebody is in it
 */
struct xtcp_binding {
	struct xtcp_port_group *group;
};

static inline bool xtcp_bound(const struct xtcp_binding *b)
{
	return b->group;
}

/* Host byte order; who asks is bound, and stays so meanwhile. */
u16 xtcp_bound_port(const struct xtcp_binding *b);

/**
 * xtcp_bind() - bind(): get a port
 * @t:		the table
 * @sk:		says address, device, owner and reuse flags
 * @b:		not bound
 * @port:	the port, or 0 for any; who may have low ports is not asked here
 *
 * Process context. Does not touch the socket: the caller sets inet_num and
 * inet_sport to xtcp_bound_port(@b). Return: 0, -EADDRINUSE, -ENOMEM.
 */
int xtcp_bind(struct xtcp_table *t, const struct sock *sk,
	      struct xtcp_binding *b, u16 port);

/* Let the port go, if there is one; any context. */
void xtcp_unbind(struct xtcp_table *t, struct xtcp_binding *b);

/**
 * xtcp_rebind() - the socket's own address or flags are others now
 * @t:		the table
 * @sk:		says which
 * @b:		bound
 *
 * For connect() undone and disconnects, where a port bound with the wildcard
 * address has it again. Process context. Return: 0, or -ENOMEM, when it stays
 * as it was, which does no harm.
 */
int xtcp_rebind(struct xtcp_table *t, const struct sock *sk,
		struct xtcp_binding *b);

/**
 * xtcp_bind_child() - an accepted connection shares its listener's port
 * @t:		the table
 * @parent:	the listener's
 * @b:		the child's: not bound
 * @e:		the child's entry: xtcp_entry_init() is done
 *
 * Any context. Return: 0 or -ENOMEM. Undone by xtcp_unbind().
 */
int xtcp_bind_child(struct xtcp_table *t, const struct xtcp_binding *parent,
		    struct xtcp_binding *b, const struct xtcp_entry *e);

/**
 * struct xtcp_connect - how connect() may choose
 * @reuse_time_wait: may this TIME_WAIT entry be taken over? It is locked and
 *		alive, and dead as soon as the answer was true: copy what is
 *		needed. NULL: never.
 * @arg:	passed to it
 * @self:	a port chosen by us may make the two ends the same
 */
struct xtcp_connect {
	bool (*reuse_time_wait)(struct xtcp_table *t, struct xtcp_small *s,
				void *arg);
	void *arg;
	bool self;
};

/**
 * xtcp_connect() - connect(): get a 4-tuple, and into the table
 * @t:		the table
 * @sk:		as xtcp_wire_route_connect() left it; it may have a port or not
 * @b:		its port, or zeroes; bound afterwards
 * @e:		its entry, not in the table; in the table afterwards
 * @tuple:	of the connection; lport is set where the socket had no port
 * @how:	see there
 *
 * Process context. The socket is found by segments at once, so it is locked
 * and in SYN_SENT or about to be. To undo it: xtcp_remove(), then xtcp_unbind()
 * or (a port that the program had bound) xtcp_rebind().
 * Return: 0; -EADDRNOTAVAIL when this tuple, or every tuple with any port of
 * the range, is in use; -ENOMEM.
 */
int xtcp_connect(struct xtcp_table *t, const struct sock *sk,
		 struct xtcp_binding *b, struct xtcp_entry *e,
		 struct xtcp_tuple *tuple, const struct xtcp_connect *how);

/*
 * Listeners: listener.c
 */

/**
 * struct xtcp_listener - a listening socket; embedded in it, zeroed at birth
 * @node:	link of its bucket
 * @sk:		the socket, freed by RCU; NULL if it never listened
 * @addr:	address that it listens on, 0: any
 * @half_open:	its half-open connections
 * @id:		never 0 while it listens; names it in small entries
 * @port:	host byte order
 * @ifindex:	device that it is bound to, 0: none
 * @uid:	its owner, for SO_REUSEPORT
 * @v6:		@addr is IPv6
 * @v6only:	no IPv4
 * @rank:	best first within a bucket
 */
struct xtcp_listener {
	struct hlist_node node;
	struct sock *sk;
	union xtcp_addr addr;
	atomic_t half_open;
	u32 id;
	u16 port;
	u32 ifindex;
	u32 uid;
	bool v6;
	bool v6only;
	u8 rank;
};

/**
 * xtcp_listen() - listen(): be found by SYNs
 * @t:		the table
 * @sk:		bound or not (then it gets a port, as with TCP)
 * @l:		its listener; not listening
 * @b:		its port
 *
 * Process context. Call it when the socket is ready for SYNs and sk_state is
 * LISTEN, which reuseport groups look at. The caller sets inet_num and
 * inet_sport to xtcp_bound_port(@b) before, or (unbound socket) after.
 * Return: 0; -EADDRINUSE when another listens there; -ENOMEM.
 */
int xtcp_listen(struct xtcp_table *t, struct sock *sk, struct xtcp_listener *l,
		struct xtcp_binding *b);

/**
 * xtcp_unlisten() - stop listening; the port stays bound
 * @t:		the table
 * @l:		listening or not
 * @b:		its port
 *
 * Process context. Half-open entries of the listener stay until they are
 * touched: their listener_id finds nobody any more.
 */
void xtcp_unlisten(struct xtcp_table *t, struct xtcp_listener *l,
		   struct xtcp_binding *b);

/**
 * xtcp_listener_lookup() - who listens for a segment?
 * @t:		the table
 * @tuple:	both ends, as they came
 * @skb:	the segment, for SO_ATTACH_REUSEPORT programs; or NULL
 * @hdr_len:	bytes from @skb->data to what the programs see first
 *
 * Under rcu_read_lock(). A specific address before the wildcard, then one bound
 * to the device before one that is not, then IPv4 before a dual-stack socket;
 * among an SO_REUSEPORT group by a keyed hash of the tuple.
 * Return: the socket, or NULL.
 */
struct sock *xtcp_listener_lookup(struct xtcp_table *t,
				  const struct xtcp_tuple *tuple,
				  struct sk_buff *skb, int hdr_len);

/* The listener with an id, or NULL; under rcu_read_lock(). */
struct xtcp_listener *xtcp_listener_get(struct xtcp_table *t, u32 id);

#endif
