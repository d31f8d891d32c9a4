/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may have a local port beside whom. Pure C: tried in user space.
 */
#ifndef XTCP_TABLE_CLAIM_H
#define XTCP_TABLE_CLAIM_H

#include "machine/platform.h"

enum xtcp_use {
	XTCP_USE_BOUND,		/* bind() with a port, or a listener's child */
	XTCP_USE_LISTEN,	/* listen() */
	XTCP_USE_AUTO,		/* a port that connect() chose */
};

/**
 * struct xtcp_claim - what a socket says when it wants a port
 * @uid:	its owner, for SO_REUSEPORT
 * @ifindex:	device that it is bound to, 0: none
 * @use:	enum xtcp_use
 * @v6:		@addr is an IPv6 address (never a mapped one)
 * @v6only:	with the unspecified IPv6 address: no IPv4 on this socket
 * @reuse:	SO_REUSEADDR
 * @reuseport:	SO_REUSEPORT
 * @port:	the one that it is about, host byte order; those that are compared
 *		are about the same
 * @addr:	local address, network byte order; IPv4: @addr[0]; 0: any
 */
struct xtcp_claim {
	u32 uid;
	u32 ifindex;
	u8 use;
	bool v6:1;
	bool v6only:1;
	bool reuse:1;
	bool reuseport:1;
	u16 port;
	u32 addr[4];
};

/* Bytes that say something. Those who hold a port have no room for more. */
static inline size_t xtcp_claim_size(const struct xtcp_claim *c)
{
	return c->v6 ? sizeof(*c) : offsetof(struct xtcp_claim, addr[1]);
}

static inline void xtcp_claim_copy(struct xtcp_claim *to,
				   const struct xtcp_claim *from)
{
	memset(to->addr, 0, sizeof(to->addr));
	memcpy(to, from, xtcp_claim_size(from));
}

/**
 * struct xtcp_holders - those who hold a port under the very same claim
 * @live:	sockets, orphans among them
 * @lingering:	connections whose socket is gone: TIME_WAIT, FIN_WAIT_2
 * @claim:	what all of them said, xtcp_claim_size() bytes of it: never copy
 *		or clear it as a whole
 */
struct xtcp_holders {
	u32 live;
	u32 lingering;
	struct xtcp_claim claim;
};

/* Both of one family, with the same address. */
bool xtcp_claim_same_addr(const struct xtcp_claim *a,
			  const struct xtcp_claim *b);

/* The same in every respect. */
bool xtcp_claim_equal(const struct xtcp_claim *a, const struct xtcp_claim *b);

/* Some segment could be for either of the two, as far as addresses say. */
bool xtcp_claim_overlap(const struct xtcp_claim *a, const struct xtcp_claim *b);

/* Whatever segment could be for @b could be for @a, as far as addresses say. */
bool xtcp_claim_covers(const struct xtcp_claim *a, const struct xtcp_claim *b);

/**
 * xtcp_claim_conflict() - may a claim be added beside present holders?
 * @new:	the claim
 * @old:	holders of the same port
 * @choosing:	the port is ours to choose (bind to port 0): SO_REUSEADDR is no
 *		reason to choose one that somebody has
 *
 * Return: true when it may not.
 */
bool xtcp_claim_conflict(const struct xtcp_claim *new,
			 const struct xtcp_holders *old, bool choosing);

/**
 * xtcp_claim_shareable() - may connect() choose a port with these holders?
 * @old:	holders of the port
 *
 * It may where all are told apart by the whole 4-tuple and nobody asked for
 * the port by number.
 */
bool xtcp_claim_shareable(const struct xtcp_holders *old);

#endif
