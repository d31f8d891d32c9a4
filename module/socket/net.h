/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a network namespace has of XTCP: tables, settings, counters.
 */
#ifndef XTCP_SOCKET_NET_H
#define XTCP_SOCKET_NET_H

#include <linux/siphash.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "machine/machine.h"
#include "socket/ended.h"
#include "stream/cc.h"
#include "table/table.h"

/* A setting has the name that the kernel's TIME_WAIT sockets use up. */
#undef tw_reuse

/* Numbers of xtcp_counters.count: first the reasons, then counters.def. */
enum xtcp_counter {
	XTCP_C_REASONS = XTCP_REASONS - 1,
#define XTCP_COUNTER(name, counter, text) XTCP_C_##name,
#include "socket/counters.def"
#undef XTCP_COUNTER
	XTCP_COUNTERS,
};

struct xtcp_counters {
	u64 count[XTCP_COUNTERS];
};

/**
 * struct xtcp_settings - net.xtcp.* of a namespace: see settings.def
 * @rmem:	receive buffer: least, default, most; bytes
 * @wmem:	send buffer: least, default, most; bytes
 * @notsent_lowat: unsent bytes above which a socket is not writable
 * @cc:		congestion control of new connections
 */
struct xtcp_settings {
#define XTCP_SETTING(name, def, min, max, unit, text) int name;
#include "socket/settings.def"
#undef XTCP_SETTING
	int rmem[3];
	int wmem[3];
	unsigned int notsent_lowat;
	const struct xtcp_cc_ops *cc;
};

/**
 * struct xtcp_fast_keys - what Fast Open cookies are made with (RFC 7413 4.1.2)
 * @key:	the present one, and the one before
 * @count:	of them
 */
struct xtcp_fast_keys {
	siphash_key_t key[2];
	u8 count;
};

struct xtcp_rules;

/**
 * struct xtcp_net - what a network namespace has of XTCP
 * @net:	the namespace
 * @table:	connections, listeners, ports, of each wire
 * @settings:	net.xtcp.*
 * @rules:	what sockets go by that want nothing else: rules.h; under RCU
 * @rules_lock:	of who exchanges it
 * @counters:	/proc/net/xtcp_stat
 * @isn_key:	RFC 6528's secret, for initial numbers and timestamp offsets
 * @cookie_key:	secret of SYN cookies
 * @fast_keys:	of Fast Open cookies, where a listener has none of its own
 * @fast_cache:	Fast Open cookies that servers gave; NULL: none yet
 * @challenge_ms: second in which challenge ACKs are being counted
 * @challenges:	how many are left in it
 * @orphans:	sockets without a process
 * @ended:	connections that ended early
 * @observe:	belongs to observe/
 */
struct xtcp_net {
	struct net *net;
	struct xtcp_table table[XTCP_WIRES];
	struct xtcp_settings settings;
	const struct xtcp_rules *rules;
	spinlock_t rules_lock;	/* leaf */
	struct xtcp_counters __percpu *counters;
	siphash_key_t isn_key;
	siphash_key_t cookie_key;
	struct xtcp_fast_keys fast_keys;
	struct xtcp_fast_cache *fast_cache;
	u32 challenge_ms;
	atomic_t challenges;
	atomic_t orphans;
	struct xtcp_ended_ring ended;
	void *observe;
};

extern unsigned int xtcp_net_id;
/* Changes whenever somebody writes to net.xtcp.*, in whichever namespace. */
extern u32 xtcp_generation;

static inline struct xtcp_net *xtcp_net(const struct net *net)
{
	return net_generic(net, xtcp_net_id);
}

static inline void xtcp_inc(struct xtcp_net *xn, unsigned int counter)
{
	this_cpu_inc(xn->counters->count[counter]);
}

static inline void xtcp_add(struct xtcp_net *xn, unsigned int counter, u32 n)
{
	this_cpu_add(xn->counters->count[counter], n);
}

static inline struct xtcp_table *xtcp_table_first(struct xtcp_net *xn)
{
	return &xn->table[0];
}

static inline struct xtcp_table *xtcp_table_last(struct xtcp_net *xn)
{
	return &xn->table[XTCP_WIRES - 1];
}

/* How many entries of a form both wires have. */
static inline int xtcp_count_form(const struct xtcp_net *xn,
				  enum xtcp_form form)
{
	int i, sum = 0;

	for (i = 0; i < XTCP_WIRES; i++)
		sum += xtcp_count(&xn->table[i], form);
	return sum;
}

/* Where an entry or a tuple stands. */
#define xtcp_table_for(xn, x)	(&(xn)->table[(x)->wire])

#endif
