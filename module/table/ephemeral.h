/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which local port for connect(): RFC 6056 algorithm 4. Pure C: tried in user
 * space.
 *
 * Two keyed hashes of (own address, peer's address, peer's port): one says
 * where in the range the search for this peer begins, the other which of many
 * counters says how far it has come. So ports for one peer follow each other
 * and come round late, and those for one peer say nothing of those for another.
 */
#ifndef XTCP_TABLE_EPHEMERAL_H
#define XTCP_TABLE_EPHEMERAL_H

#include "machine/platform.h"

#define XTCP_PORT_COUNTERS	4096u

/**
 * struct xtcp_port_search - one search for a local port
 * @low:	least port of the range
 * @ports:	how many there are, at least 1
 * @start:	offset of the first candidate from @low
 * @tried:	how many were tried
 */
struct xtcp_port_search {
	u16 low;
	u32 ports;
	u32 start;
	u32 tried;
};

/**
 * xtcp_port_search_begin() - RFC 6056 3.3.4: the first candidate
 * @s:		the search
 * @low:	least port of the range
 * @high:	last port of the range; not below @low
 * @offset:	F(): keyed hash of the destination
 * @counter:	table[G() % XTCP_PORT_COUNTERS]
 */
void xtcp_port_search_begin(struct xtcp_port_search *s, u16 low, u16 high,
			    u32 offset, u32 counter);

/**
 * xtcp_port_search_next() - the next candidate
 * @s:		the search
 *
 * Return: a port; 0 when every port of the range was tried once.
 */
u16 xtcp_port_search_next(struct xtcp_port_search *s);

#endif
