// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way back of a packet that came by a source route: every kind of route, what
 * is none, and that nothing behind the header is read (ASan sees it).
 */
#include <stdlib.h>

#include "../lib/check.h"
#include "wire/return_route.h"

#define SEED	0x1122u
#define ROUNDS	200000
#define HEADER	20u
#define A(n)	10, 0, 0, n	/* an address */

static const u8 source[] = { A(99) };

static struct xtcp_return_route back;

/* Reverse the route of a header with these options, in memory of just its size. */
static bool reverse(const u8 *opts, u32 n)
{
	u32 ihl = HEADER + (n + 3) / 4 * 4;
	u8 *ip = calloc(1, ihl);
	bool found;

	if (!ip)
		abort();
	ip[0] = (u8)(0x40 | ihl / 4);
	memcpy(ip + 12, source, sizeof(source));
	memcpy(ip + 16, (const u8[]){ A(1) }, 4);
	if (n)
		memcpy(ip + HEADER, opts, n);
	memset(&back, 0xee, sizeof(back));
	found = xtcp_return_route(ip, &back);
	free(ip);
	return found;
}

#define REVERSE(...) \
	reverse((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

/* It goes to this hop first, with these options. */
#define EXPECT(first, ...) do {						\
	const u8 want[] = { __VA_ARGS__ };				\
	const u8 hop[] = { A(first) };					\
									\
	CHECK(!memcmp(back.hop, hop, 4), "hop %u", back.hop[3]);	\
	CHECK(back.len == sizeof(want), "%u bytes", back.len);		\
	CHECK(!memcmp(back.option, want, sizeof(want)),			\
	      "length %u, pointer %u, %u %u %u", back.option[1],	\
	      back.option[2], back.option[6], back.option[10],		\
	      back.option[14]);						\
} while (0)

static void none(void)
{
	static const u8 six[60] = {
		[0] = 0x6f, [20] = 131, [21] = 7, [22] = 8, [23] = 10,
	};
	static const u8 too_short[20] = { 0x44 };

	CHECK(!reverse(NULL, 0), "-");
	CHECK(!REVERSE(1, 1, 1, 1), "-");
	CHECK(!REVERSE(0x9e, 4, 0, 0), "-");
	CHECK(!REVERSE(7, 7, 8, A(2)), "route recorded, not given");
	CHECK(!xtcp_return_route(six, &back), "IPv6");
	CHECK(!xtcp_return_route(too_short, &back), "no whole header");
}

static void one_hop(void)
{
	CHECK(REVERSE(131, 7, 8, A(2)), "-");
	EXPECT(2, 131, 7, 4, A(99), 0);
	CHECK(!back.strict, "-");
}

static void many_hops(void)
{
	CHECK(REVERSE(131, 15, 16, A(2), A(3), A(4)), "-");
	EXPECT(4, 131, 15, 4, A(3), A(2), A(99), 0);
}

static void strict(void)
{
	CHECK(REVERSE(137, 11, 12, A(2), A(3)), "-");
	EXPECT(3, 137, 11, 4, A(2), A(99), 0);
	CHECK(back.strict, "-");
}

static void full(void)
{
	CHECK(REVERSE(131, 39, 40, A(1), A(2), A(3), A(4), A(5), A(6), A(7),
		      A(8), A(9)), "-");
	EXPECT(9, 131, 39, 4, A(8), A(7), A(6), A(5), A(4), A(3), A(2), A(1),
	       A(99), 0);
}

/* RFC 1122 3.2.1.8(c), case B: it is not passed twice. */
static void source_in_front(void)
{
	CHECK(REVERSE(131, 15, 16, A(99), A(2), A(3)), "-");
	EXPECT(3, 131, 11, 4, A(2), A(99), 0);
	CHECK(REVERSE(131, 11, 12, A(99), A(2)), "-");
	EXPECT(2, 131, 7, 4, A(99), 0);
	CHECK(!REVERSE(131, 7, 8, A(99)), "nobody is between");
	CHECK(REVERSE(131, 11, 12, A(2), A(99)), "elsewhere it is a hop");
	EXPECT(99, 131, 11, 4, A(2), A(99), 0);
}

static void not_at_the_end(void)
{
	/* What remains were addresses of this host. */
	CHECK(REVERSE(131, 15, 12, A(2), A(3), A(1)), "-");
	EXPECT(3, 131, 11, 4, A(2), A(99), 0);
	CHECK(!REVERSE(131, 11, 4, A(1), A(1)), "nobody was passed");
}

static void among_others(void)
{
	CHECK(REVERSE(1, 148, 4, 0, 0, 1, 131, 7, 8, A(2)), "-");
	EXPECT(2, 131, 7, 4, A(99), 0);
	CHECK(!REVERSE(0, 2, 131, 7, 8, A(2)), "behind the end");
}

static void malformed(void)
{
	CHECK(!REVERSE(131), "no length");
	CHECK(!REVERSE(131, 0, 4, 0), "-");
	CHECK(!REVERSE(131, 1, 4, 0), "-");
	CHECK(!REVERSE(131, 2, 4, 0), "-");
	CHECK(!REVERSE(131, 3, 4, 0), "-");
	CHECK(!REVERSE(131, 8, 8, A(2), 0), "a piece of an address");
	CHECK(!REVERSE(131, 15, 16, A(2)), "beyond the header");
	CHECK(!REVERSE(7, 0, 131, 7, 8, A(2)), "an option without end");
	CHECK(!REVERSE(131, 7, 0, A(2)), "-");
	CHECK(!REVERSE(131, 7, 3, A(2)), "-");
	CHECK(!REVERSE(131, 7, 6, A(2)), "-");
	CHECK(!REVERSE(131, 11, 10, A(2), A(3)), "within an address");
	CHECK(REVERSE(131, 7, 255, A(2)), "beyond is beyond");
	EXPECT(2, 131, 7, 4, A(99), 0);
}

static void fuzz(void)
{
	u8 opts[XTCP_IP_OPTIONS_MAX];
	u32 i, j, n;

	for (i = 0; i < ROUNDS; i++) {
		n = rnd() % (sizeof(opts) + 1);
		for (j = 0; j < n; j++)
			opts[j] = (u8)rnd();
		/* Most begin as a route does. */
		if (n > 2 && rnd() & 3) {
			opts[0] = rnd() & 1 ? 131 : 137;
			opts[1] = (u8)(rnd() % (n + 2));
			opts[2] = (u8)(rnd() % (n + 8));
		}
		if (!reverse(opts, n))
			continue;
		CHECK(back.len >= 8 && back.len <= sizeof(back.option) &&
		      !(back.len % 4), "%u bytes", back.len);
		CHECK(back.option[1] == back.len - 1 && back.option[2] == 4 &&
		      !back.option[back.len - 1], "-");
		CHECK(!memcmp(back.option + back.len - 5, source, 4), "-");
	}
}

int main(void)
{
	random_state = SEED;
	printf("TAP version 13\n1..10\n# seed %#x\n", SEED);
	run("return_route__none", none);
	run("return_route__one_hop", one_hop);
	run("return_route__many_hops", many_hops);
	run("return_route__strict", strict);
	run("return_route__full", full);
	run("return_route__source_in_front", source_in_front);
	run("return_route__not_at_the_end", not_at_the_end);
	run("return_route__among_others", among_others);
	run("return_route__malformed", malformed);
	run("return_route__fuzz", fuzz);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
