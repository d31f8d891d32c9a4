// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 791 3.1, RFC 1122 3.2.1.8(c): a source route, reversed. See return_route.h.
 */
#include "wire/return_route.h"

/* Option kinds; of those not named here each has its length behind it. */
enum {
	ROUTE_END	= 0,
	ROUTE_NOP	= 1,
	ROUTE_LOOSE	= 131,
	ROUTE_STRICT	= 137,
};

/* Where things stand in IPv4's header, and in the option. */
enum {
	HEADER_MIN	= 20,
	SOURCE		= 12,
	ADDRESS		= 4,	/* bytes */
	ROUTE_DATA	= 3,	/* behind kind, length and pointer */
	POINTER_MIN	= 4,	/* the first byte of the option is number 1 */
};

static u32 header_len(const u8 *ip)
{
	return (ip[0] & 0xf) * 4u;
}

/* NULL: there is none, or the options cannot be read up to it. */
static const u8 *find_route(const u8 *opt, u32 n)
{
	u32 len;

	for (; n && *opt != ROUTE_END; opt += len, n -= len) {
		len = 1;
		if (*opt == ROUTE_NOP)
			continue;
		if (n < 2 || opt[1] < 2 || opt[1] > n)
			return NULL;
		if (*opt == ROUTE_LOOSE || *opt == ROUTE_STRICT)
			return opt;
		len = opt[1];
	}
	return NULL;
}

/* How many addresses were passed: those in front of the pointer. */
static u32 passed(const u8 *route)
{
	u32 len = route[1];
	u32 pointer;

	if (len % ADDRESS != ROUTE_DATA)
		return 0;
	pointer = route[2];
	if (pointer > len)
		pointer = len + 1;
	if (pointer < POINTER_MIN || pointer % ADDRESS)
		return 0;
	return (pointer - POINTER_MIN) / ADDRESS;
}

static u8 *put_address(u8 *p, const u8 *address)
{
	memcpy(p, address, ADDRESS);
	return p + ADDRESS;
}

bool xtcp_return_route(const u8 *ip, struct xtcp_return_route *back)
{
	u32 ihl = header_len(ip);
	const u8 *route, *first;
	u8 *p = back->option;
	u32 n;

	if (ip[0] >> 4 != 4 || ihl <= HEADER_MIN)
		return false;
	route = find_route(ip + HEADER_MIN, ihl - HEADER_MIN);
	if (!route)
		return false;
	n = passed(route);
	first = route + ROUTE_DATA;
	/* RFC 1122 3.2.1.8(c): some senders put themselves in front of it. */
	if (n && !memcmp(first, ip + SOURCE, ADDRESS)) {
		first += ADDRESS;
		n--;
	}
	if (!n)
		return false;

	memset(back, 0, sizeof(*back));
	memcpy(back->hop, first + --n * ADDRESS, ADDRESS);
	back->strict = route[0] == ROUTE_STRICT;
	p[0] = route[0];
	p[1] = (u8)(ROUTE_DATA + (n + 1) * ADDRESS);
	p[2] = POINTER_MIN;
	back->len = p[1] + 1;
	p += ROUTE_DATA;
	while (n)
		p = put_address(p, first + --n * ADDRESS);
	put_address(p, ip + SOURCE);
	return true;
}
