// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overlaps: every pair and triple of small ranges, against a map that knows each
 * number by itself; then random floods against a store as the host has it.
 */
#include <string.h>

#include "machine/seq.h"
#include "stream/reassembly.h"
#include "tap.h"

#define SPAN	8

static const u32 seams[] = { 0, 0x7ffffffc, 0xfffffffc };

/* One bit per sequence number from @base on, the FIN's included. */
static u32 bits(const struct xtcp_range *a, u32 base)
{
	u32 n = a->len + a->fin;

	return ((1u << n) - 1) << (a->seq - base);
}

static bool sane(const struct xtcp_range *a)
{
	return a->len || a->fin;
}

TEST(range_trim__exhaustive)
{
	u32 s, seq, len, fin, left, right, map, wanted;

	for (s = 0; s < ARRAY_SIZE(seams); s++)
	for (seq = 0; seq < SPAN; seq++)
	for (len = 0; len <= SPAN - seq; len++)
	for (fin = 0; fin < 2; fin++)
	for (left = 0; left <= 2 * SPAN; left++)
	for (right = left + 1; right <= 2 * SPAN; right++) {
		u32 base = seams[s];
		struct xtcp_range a = { base + seq, len, fin };
		bool had_fin = fin;

		if (!sane(&a))
			continue;
		map = (1u << right) - 1;
		map &= ~((1u << left) - 1);
		wanted = bits(&a, base) & map;
		test_case("[%u,+%u)%s to [%u,%u)", seq, len,
			  fin ? "+FIN" : "", left, right);
		EXPECT_EQ(xtcp_range_trim(&a, base + left, base + right),
			  wanted != 0);
		if (!wanted)
			continue;
		EXPECT_EQ(bits(&a, base), wanted);
		EXPECT_EQ(a.fin, had_fin &&
			  !!(wanted & (1u << (seq + len))));
	}
}

/* Any new range between any two neighbours that the host may have stored. */
static void check_place(u32 base, const struct xtcp_range *fresh,
			const struct xtcp_range *prev,
			const struct xtcp_range *next)
{
	struct xtcp_range a = *fresh;
	u32 old = (prev ? bits(prev, base) : 0) | (next ? bits(next, base) : 0);
	u32 all = bits(fresh, base);
	u32 left = prev ? xtcp_range_end(prev) : base;

	switch (xtcp_reassembly_place(&a, prev, next)) {
	case XTCP_PLACE_DUPLICATE:
		EXPECT_EQ(all & ~old, 0);
		break;
	case XTCP_PLACE_DROP_NEXT:
		EXPECT(next && !(bits(next, base) & ~all));
		break;
	case XTCP_PLACE_HERE:
		EXPECT(sane(&a));
		EXPECT_EQ(bits(&a, base) & old, 0);
		EXPECT(seq_geq(a.seq, left));
		/* Nothing new is thrown away. */
		EXPECT_EQ(bits(&a, base), all & ~old);
		EXPECT(seq_geq(a.seq, fresh->seq));
		break;
	}
}

#define FOR_RANGES(name, lowest)					\
	for (name.seq = (lowest); name.seq - base < SPAN; name.seq++)	\
	for (name.len = 0; name.len <= 4; name.len++)			\
	for (fin_##name = 0; fin_##name < 2 && (name.fin = fin_##name, true); \
	     fin_##name++)						\
		if (sane(&name))

TEST(reassembly_place__exhaustive)
{
	struct xtcp_range prev, next, fresh;
	u32 s, base, fin_prev, fin_next, fin_fresh;

	for (s = 0; s < ARRAY_SIZE(seams); s++) {
		base = seams[s];
		FOR_RANGES(fresh, base) {
			check_place(base, &fresh, NULL, NULL);
			FOR_RANGES(next, fresh.seq + 1)
				check_place(base, &fresh, NULL, &next);
		}
		FOR_RANGES(prev, base)
		FOR_RANGES(fresh, prev.seq) {
			check_place(base, &fresh, &prev, NULL);
			FOR_RANGES(next, xtcp_range_end(&prev)) {
				if (seq_gt(next.seq, fresh.seq))
					check_place(base, &fresh, &prev, &next);
			}
		}
	}
}

TEST(reassembly_ready__table)
{
	static const struct {
		struct xtcp_range a;
		enum xtcp_ready ready;
	} v[] = {
		{ { 3, 10, false }, XTCP_READY_GAP },
		{ { 2, 10, false }, XTCP_READY_NOW },
		{ { 1, 10, false }, XTCP_READY_NOW },
		{ { 0xfffffff0, 18, false }, XTCP_READY_STALE },
		{ { 0xfffffff0, 18, true }, XTCP_READY_NOW },
		{ { 0xfffffff0, 19, false }, XTCP_READY_NOW },
		{ { 2, 0, true }, XTCP_READY_NOW },
		{ { 1, 0, true }, XTCP_READY_STALE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		EXPECT_EQ(xtcp_reassembly_ready(&v[i].a, 2), v[i].ready);
	}
}

TEST(range_touch__not_over_a_fin)
{
	struct xtcp_range a = { 0xfffffffe, 4, false }, b = { 2, 1, false };

	EXPECT(xtcp_range_touch(&a, &b));
	EXPECT(!xtcp_range_touch(&b, &a));
	a.fin = true;
	EXPECT(!xtcp_range_touch(&a, &b));
}

/* A store as the host has it, against one bit per byte. */
#define STORE	64
#define BYTES	400

struct store {
	struct xtcp_range range[STORE];
	u32 n;
};

static void insert(struct store *st, struct xtcp_range fresh)
{
	struct xtcp_range *prev, *next;
	enum xtcp_place place;
	u32 at = 0;

	while (at < st->n && seq_leq(st->range[at].seq, fresh.seq))
		at++;
	prev = at ? &st->range[at - 1] : NULL;
	for (;;) {
		next = at < st->n ? &st->range[at] : NULL;
		place = xtcp_reassembly_place(&fresh, prev, next);
		if (place != XTCP_PLACE_DROP_NEXT)
			break;
		memmove(&st->range[at], &st->range[at + 1],
			(st->n - at - 1) * sizeof(fresh));
		st->n--;
	}
	if (place == XTCP_PLACE_DUPLICATE)
		return;
	if (st->n == STORE) {
		test_fail(__FILE__, __LINE__, "more ranges than bytes allow");
		return;
	}
	memmove(&st->range[at + 1], &st->range[at],
		(st->n - at) * sizeof(fresh));
	st->range[at] = fresh;
	st->n++;
}

TEST(reassembly_place__flood)
{
	u32 x = 7, base, seq, len, i, round, covered;
	struct xtcp_range fresh;
	struct store st;
	u8 map[BYTES];

	for (round = 0; round < 3000 && !test_failures(); round++) {
		base = seams[round % ARRAY_SIZE(seams)] - BYTES / 2;
		memset(map, 0, sizeof(map));
		st.n = 0;
		for (i = 0; i < 40; i++) {
			x = x * 1664525 + 1013904223;
			seq = (x >> 8) % (BYTES - 1);
			x = x * 1664525 + 1013904223;
			len = 1 + (x >> 8) % 60;
			len = len < BYTES - seq ? len : BYTES - seq;
			memset(map + seq, 1, len);
			fresh = (struct xtcp_range){ base + seq, len, false };
			insert(&st, fresh);
		}
		for (i = 0, covered = 0; i < st.n; i++) {
			if (i)
				EXPECT(seq_leq(xtcp_range_end(&st.range[i - 1]),
					       st.range[i].seq));
			covered += st.range[i].len;
			seq = st.range[i].seq - base;
			EXPECT(!memchr(map + seq, 0, st.range[i].len));
		}
		for (i = 0; i < BYTES; i++)
			covered -= map[i];
		EXPECT_EQ(covered, 0);
	}
}
