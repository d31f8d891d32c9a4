// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parts of table/ that are plain arithmetic: the timer wheel's slots, who
 * may hold a port beside whom, and the order in which ports are tried.
 */
#include <stdlib.h>

#include "../lib/check.h"
#include "machine/seq.h"
#include "table/claim.h"
#include "table/ephemeral.h"
#include "table/slots.h"

#define SEED	0x6056u

/* What xtcp_slot_next() should say, bit by bit. */
static u32 slot_next_slowly(const struct xtcp_slot_map *m, u32 slot)
{
	u32 i;

	for (i = 0; i < XTCP_SLOTS; i++)
		if (xtcp_slot_marked(m, (slot + i) % XTCP_SLOTS))
			return i;
	return XTCP_SLOTS;
}

static void slot_next(void)
{
	static struct xtcp_slot_map m;
	u32 round, n, slot;

	CHECK(xtcp_slot_next(&m, 77) == XTCP_SLOTS, "an empty map");
	for (round = 0; round < 3000; round++) {
		memset(&m, 0, sizeof(m));
		for (n = rnd() % 4; n; n--)
			xtcp_slot_mark(&m, rnd() % XTCP_SLOTS);
		slot = rnd() % XTCP_SLOTS;
		CHECK(xtcp_slot_next(&m, slot) == slot_next_slowly(&m, slot),
		      "from %u: %u", slot, xtcp_slot_next(&m, slot));
	}
	for (slot = 0; slot < XTCP_SLOTS; slot++) {
		memset(&m, 0, sizeof(m));
		xtcp_slot_mark(&m, slot);
		CHECK(xtcp_slot_next(&m, slot) == 0, "slot %u itself", slot);
		CHECK(xtcp_slot_next(&m, (slot + 1) % XTCP_SLOTS) ==
		      XTCP_SLOTS - 1, "once round to %u", slot);
		xtcp_slot_clear(&m, slot);
		CHECK(xtcp_slot_next(&m, 0) == XTCP_SLOTS, "slot %u", slot);
	}
}

/*
 * A wheel as the module drives it: entries with a time each, a clock that jumps
 * from one slot that is not empty to the next.
 */
#define ENTRIES	200

struct model {
	struct xtcp_slot_map map;
	u32 expires[ENTRIES];
	int slot[ENTRIES];	/* -1: not on the wheel */
	u32 next_tick;
	u32 now;
	u32 fired;
	u32 looks;
};

static void model_add(struct model *m, u32 i, u32 in_ms)
{
	m->expires[i] = m->now + in_ms;
	m->slot[i] = (int)xtcp_slot_for(m->expires[i], m->now, m->next_tick);
	xtcp_slot_mark(&m->map, (u32)m->slot[i]);
}

static void model_look(struct model *m, u32 slot)
{
	u32 i, tick;

	m->looks++;
	for (i = 0; i < ENTRIES; i++) {
		if (m->slot[i] != (int)slot)
			continue;
		tick = xtcp_tick_after(m->expires[i]);
		if (seq_gt(m->expires[i], m->now)) {
			m->slot[i] = (int)xtcp_slot_for(m->expires[i], m->now,
							m->next_tick);
			CHECK(m->slot[i] == (int)slot, "moved to %d from %u",
			      m->slot[i], slot);
			xtcp_slot_mark(&m->map, slot);
			continue;
		}
		m->slot[i] = -1;
		m->fired++;
		CHECK(xtcp_ticks(tick, xtcp_tick_at(m->now)) == 0,
		      "due at %u, fired at %u", m->expires[i], m->now);
	}
}

/* The timer fires where the next mark is. Returns false when there is none. */
static bool model_jump(struct model *m)
{
	u32 next = xtcp_slot_next(&m->map, xtcp_tick_slot(m->next_tick));
	u32 slot;

	if (next == XTCP_SLOTS)
		return false;
	m->now = (m->next_tick + next) << XTCP_TICK_BITS;
	while ((slot = xtcp_slot_take(&m->map, &m->next_tick, m->now)) !=
	       XTCP_SLOTS)
		model_look(m, slot);
	CHECK(xtcp_ticks(xtcp_tick_at(m->now), m->next_tick) == 1,
	      "the wheel stands at tick %u at %u ms", m->next_tick, m->now);
	return true;
}

static void wheel_from(u32 start_ms, u32 longest_ms)
{
	static struct model m;
	u32 i, jumps = 0;

	memset(&m, 0, sizeof(m));
	m.now = start_ms;
	m.next_tick = xtcp_tick_at(m.now);
	for (i = 0; i < ENTRIES; i++)
		model_add(&m, i, 1 + rnd() % longest_ms);
	while (model_jump(&m) && ++jumps < 100 * ENTRIES)
		;
	CHECK(m.fired == ENTRIES, "%u of %u went off", m.fired, ENTRIES);
	/* An idle clock must not tick: a look for each entry and each turn. */
	CHECK(m.looks <= ENTRIES * (longest_ms / 65536 + 2), "%u looks",
	      m.looks);
}

static void wheel_short(void)
{
	wheel_from(1000, 60000);
}

static void wheel_several_turns(void)
{
	wheel_from(123456, 600000);
}

static void wheel_clock_wraps(void)
{
	wheel_from(0u - 30000, 60000);
	wheel_from(0u - 300000, 600000);
	wheel_from(0x7fffffffu - 300000, 600000);
}

static void wheel_past_times(void)
{
	static struct xtcp_slot_map map;
	u32 slot, tick, next = xtcp_tick_at(50000);

	/* What is over already is looked at as soon as possible. */
	slot = xtcp_slot_for(49000, 50000, next);
	CHECK(slot == xtcp_tick_slot(next), "slot %u", slot);
	slot = xtcp_slot_for(50000, 50000, next);
	CHECK(slot == xtcp_tick_slot(next), "slot %u", slot);
	/* Today was passed: not to be left for the next turn. */
	slot = xtcp_slot_for(50000, 50000, next + 1);
	CHECK(slot == xtcp_tick_slot(next + 1), "slot %u", slot);
	CHECK(xtcp_slot_take(&map, &next, 40000) == XTCP_SLOTS, "too early");
	CHECK(next == xtcp_tick_at(50000), "it went back to %u", next);
	/* The clock stood still for ten turns: each slot comes once. */
	for (slot = 0; slot < XTCP_SLOTS; slot++)
		xtcp_slot_mark(&map, slot);
	for (tick = 0; tick <= XTCP_SLOTS; tick++)
		if (xtcp_slot_take(&map, &next, 700000) == XTCP_SLOTS)
			break;
	CHECK(tick == XTCP_SLOTS, "%u slots", tick);
	CHECK(next == xtcp_tick_at(700000) + 1, "tick %u", next);
}

/* Claims, in the shorthand of the tables below. */
enum {
	REUSE = 1, SHARE = 2, LISTEN = 4, AUTO = 8, GONE = 16, OTHER_UID = 32,
	V6ONLY = 64, DEV1 = 128, DEV2 = 256,
};

enum address { ANY4, A4, B4, ANY6, A6, B6 };

static struct xtcp_claim claim(enum address a, u32 what)
{
	struct xtcp_claim c = {
		.v6 = a >= ANY6,
		.v6only = what & V6ONLY,
		.reuse = what & REUSE,
		.reuseport = what & SHARE,
		.uid = what & OTHER_UID ? 1001 : 1000,
		.ifindex = what & DEV1 ? 1 : what & DEV2 ? 2 : 0,
		.use = what & LISTEN ? XTCP_USE_LISTEN :
		       what & AUTO ? XTCP_USE_AUTO : XTCP_USE_BOUND,
	};

	if (a == A4 || a == B4)
		c.addr[0] = a;
	if (a == A6 || a == B6)
		c.addr[3] = a;
	return c;
}

static bool conflict(enum address a, u32 new, enum address b, u32 old,
		     bool choosing)
{
	struct xtcp_claim c = claim(a, new);
	struct xtcp_holders h = {
		.claim = claim(b, old),
		.live = !(old & GONE),
		.lingering = !!(old & GONE),
	};

	return xtcp_claim_conflict(&c, &h, choosing);
}

static void addresses(void)
{
	/* Who gets into whose way, each direction being tried. */
	static const bool overlap[6][6] = {
		[ANY4] = { [ANY4] = 1, [A4] = 1, [B4] = 1, [ANY6] = 1 },
		[A4] = { [ANY4] = 1, [A4] = 1, [ANY6] = 1 },
		[B4] = { [ANY4] = 1, [B4] = 1, [ANY6] = 1 },
		[ANY6] = { 1, 1, 1, 1, 1, 1 },
		[A6] = { [ANY6] = 1, [A6] = 1 },
		[B6] = { [ANY6] = 1, [B6] = 1 },
	};
	int a, b;

	for (a = ANY4; a <= B6; a++)
		for (b = ANY4; b <= B6; b++)
			CHECK(conflict(a, 0, b, 0, false) == overlap[a][b],
			      "address %d beside %d", a, b);
	for (a = ANY4; a <= B4; a++) {
		CHECK(!conflict(a, 0, ANY6, V6ONLY, false), "v6only, %d", a);
		CHECK(!conflict(ANY6, V6ONLY, a, 0, false), "v6only, %d", a);
	}
	CHECK(conflict(ANY6, V6ONLY, A6, 0, false), "v6only has IPv6");
	CHECK(!conflict(ANY4, DEV1, ANY4, DEV2, false), "two devices");
	CHECK(conflict(ANY4, DEV1, ANY4, DEV1, false), "one device");
	CHECK(conflict(ANY4, DEV1, ANY4, 0, false), "a device and none");
	CHECK(conflict(ANY4, 0, ANY4, DEV1, false), "none and a device");
}

static void covers(void)
{
	/* Whose reservation serves for whom, row for column. */
	static const bool covers[6][6] = {
		[ANY4] = { [ANY4] = 1, [A4] = 1, [B4] = 1 },
		[A4] = { [A4] = 1 },
		[B4] = { [B4] = 1 },
		[ANY6] = { 1, 1, 1, 1, 1, 1 },
		[A6] = { [A6] = 1 },
		[B6] = { [B6] = 1 },
	};
	struct xtcp_claim x, y;
	int a, b;

	for (a = ANY4; a <= B6; a++) {
		for (b = ANY4; b <= B6; b++) {
			x = claim(a, 0);
			y = claim(b, 0);
			CHECK(xtcp_claim_covers(&x, &y) == covers[a][b],
			      "address %d for %d", a, b);
		}
	}
	x = claim(ANY6, V6ONLY);
	y = claim(A4, 0);
	CHECK(!xtcp_claim_covers(&x, &y), "v6only has no IPv4");
	y = claim(ANY6, 0);
	CHECK(!xtcp_claim_covers(&x, &y), "v6only is not dual");
	CHECK(xtcp_claim_covers(&y, &x), "dual is v6only, too");
	x = claim(ANY4, DEV1);
	y = claim(ANY4, 0);
	CHECK(!xtcp_claim_covers(&x, &y), "one device is not all");
	CHECK(xtcp_claim_covers(&y, &x), "all are one, too");
	y = claim(ANY4, DEV2);
	CHECK(!xtcp_claim_covers(&x, &y), "another device");
}

static void reuse(void)
{
	CHECK(!conflict(A4, REUSE, A4, REUSE, false), "both agree");
	CHECK(conflict(A4, REUSE, A4, 0, false), "the old one did not");
	CHECK(conflict(A4, 0, A4, REUSE, false), "the new one does not");
	CHECK(conflict(A4, REUSE, A4, REUSE | LISTEN, false), "a listener");
	CHECK(conflict(A4, REUSE | LISTEN, ANY4, REUSE | LISTEN, false),
	      "two listeners");
	CHECK(!conflict(A4, REUSE | LISTEN, A4, REUSE, false),
	      "to listen beside its own children");
	CHECK(!conflict(A4, REUSE, A4, REUSE | AUTO, false), "a client's");
	CHECK(conflict(A4, 0, A4, AUTO, false), "a client's, unasked");
	CHECK(conflict(A4, REUSE, A4, REUSE, true), "not to be chosen");
	CHECK(!conflict(A4, REUSE, B4, REUSE, true), "another's address");
}

static void time_wait(void)
{
	CHECK(conflict(A4, 0, A4, GONE, false), "without SO_REUSEADDR");
	CHECK(conflict(ANY4, 0, A4, GONE, false), "nor by the wildcard");
	CHECK(!conflict(B4, 0, A4, GONE, false), "on another address");
	CHECK(!conflict(A4, REUSE, A4, GONE, false), "with SO_REUSEADDR");
	CHECK(!conflict(A4, REUSE, A4, GONE | OTHER_UID, false), "anybody's");
	CHECK(!conflict(ANY6, REUSE, A4, GONE, false), "dual stack, with");
	CHECK(conflict(ANY6, 0, A4, GONE, false), "dual stack, without");
	CHECK(!conflict(A4, SHARE, A4, SHARE | GONE, false), "the same group");
	CHECK(conflict(A4, SHARE, A4, GONE, false), "it never was in a group");
	CHECK(conflict(A4, REUSE, A4, GONE, true), "not to be chosen");
}

static void reuseport(void)
{
	CHECK(!conflict(A4, SHARE | LISTEN, A4, SHARE | LISTEN, false), "both");
	CHECK(conflict(A4, SHARE, A4, LISTEN, false), "only the new one");
	CHECK(conflict(A4, 0, A4, SHARE, false), "only the old one");
	CHECK(conflict(A4, SHARE, A4, SHARE | OTHER_UID | LISTEN, false),
	      "somebody else's: to steal connections");
	CHECK(!conflict(A4, SHARE | REUSE, A4, SHARE | REUSE | OTHER_UID, false),
	      "somebody else's who does not listen");
}

static void unheld(void)
{
	struct xtcp_claim c = claim(ANY4, 0);
	struct xtcp_holders h = { .claim = c };

	CHECK(!xtcp_claim_conflict(&c, &h, true), "nobody holds it");
	CHECK(xtcp_claim_equal(&c, &h.claim), "a claim equals itself");
}

static void shareable(void)
{
	struct xtcp_holders h = { .claim = claim(A4, AUTO), .live = 5 };

	CHECK(xtcp_claim_shareable(&h), "clients among themselves");
	h.lingering = 3;
	CHECK(xtcp_claim_shareable(&h), "and what is left of them");
	h.claim = claim(A4, 0);
	CHECK(!xtcp_claim_shareable(&h), "somebody asked for it");
	h.live = 0;
	CHECK(xtcp_claim_shareable(&h), "but is gone");
	h.claim = claim(A4, LISTEN);
	h.live = 1;
	CHECK(!xtcp_claim_shareable(&h), "somebody listens");
}

static void every_port_once(u16 low, u16 high, u32 offset, u32 counter)
{
	static u8 seen[65536];
	struct xtcp_port_search s;
	u32 n = 0;
	u16 port;

	memset(seen, 0, sizeof(seen));
	xtcp_port_search_begin(&s, low, high, offset, counter);
	while ((port = xtcp_port_search_next(&s)) != 0) {
		CHECK(port >= low && port <= high, "port %u", port);
		CHECK(!seen[port]++, "port %u twice", port);
		n++;
		if (n > 65536)
			break;
	}
	CHECK(n == (u32)high - low + 1, "%u ports of %u to %u", n, low, high);
	CHECK(!xtcp_port_search_next(&s), "it goes on");
}

static void port_order(void)
{
	struct xtcp_port_search s;
	u16 first, port;
	u32 i;

	every_port_once(32768, 60999, rnd(), rnd());
	every_port_once(1, 65535, 0xffffffff, 0xffffffff);
	every_port_once(65535, 65535, rnd(), rnd());
	for (i = 0; i < 100; i++)
		every_port_once(1024 + rnd() % 100, 1200 + rnd() % 100, rnd(),
				rnd());
	/* A counter that has gone on by one makes the next port the first. */
	for (i = 0; i < 50000; i++) {
		xtcp_port_search_begin(&s, 32768, 60999, 0xfffffff0, i);
		first = xtcp_port_search_next(&s);
		port = xtcp_port_search_next(&s);
		xtcp_port_search_begin(&s, 32768, 60999, 0xfffffff0, i + 1);
		CHECK(xtcp_port_search_next(&s) == port, "%u then %u", first,
		      port);
	}
}

int main(void)
{
	random_state = SEED;
	printf("TAP version 13\n");
	run("slot_next", slot_next);
	run("wheel_short", wheel_short);
	run("wheel_several_turns", wheel_several_turns);
	run("wheel_clock_wraps", wheel_clock_wraps);
	run("wheel_past_times", wheel_past_times);
	run("addresses", addresses);
	run("covers", covers);
	run("reuse", reuse);
	run("time_wait", time_wait);
	run("reuseport", reuseport);
	run("unheld", unheld);
	run("shareable", shareable);
	run("port_order", port_order);
	printf("1..%d\n", tests);
	return failures != 0;
}
