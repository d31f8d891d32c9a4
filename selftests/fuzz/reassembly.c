// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments out of order, held against a plain array of the numbers that were
 * seen: after each one the stored ranges cover those and no others, in order
 * and without overlap, and what is next comes out when it is next.
 */
#include "fuzz.h"
#include "machine/seq.h"
#include "stream/reassembly.h"

#define SPACE	256	/* numbers that a run deals with */
#define RANGES	SPACE

static struct xtcp_range stored[RANGES + 1];
static u32 count;
static bool seen[SPACE];	/* by distance from where the run begins */
static u32 first, rcv_nxt;

/* The ranges say the same as the array. */
static void check(void)
{
	bool have[SPACE] = { false };
	u32 i, seq;

	for (i = 0; i < count; i++) {
		const struct xtcp_range *a = &stored[i];

		MUST(a->len || a->fin);
		MUST(seq_gt(a->seq, rcv_nxt));
		if (i)
			MUST(seq_geq(a->seq, xtcp_range_end(a - 1)));
		for (seq = a->seq; seq != xtcp_range_end(a); seq++) {
			MUST(seq - first < SPACE);
			have[seq - first] = true;
		}
	}
	for (i = rcv_nxt - first; i < SPACE; i++)
		MUST(have[i] == seen[i]);
}

static void insert(u32 at, const struct xtcp_range *fresh)
{
	MUST(count < RANGES);
	memmove(&stored[at + 1], &stored[at],
		(count++ - at) * sizeof(*fresh));
	stored[at] = *fresh;
}

static void remove_at(u32 at)
{
	memmove(&stored[at], &stored[at + 1],
		(--count - at) * sizeof(stored[0]));
}

/* What the host does with a segment that is not next. */
static void store(struct xtcp_range fresh)
{
	u32 at = 0;

	while (at < count && seq_leq(stored[at].seq, fresh.seq))
		at++;
	for (;;) {
		switch (xtcp_reassembly_place(&fresh,
					      at ? &stored[at - 1] : NULL,
					      at < count ? &stored[at] :
							   NULL)) {
		case XTCP_PLACE_DUPLICATE:
			return;
		case XTCP_PLACE_DROP_NEXT:
			remove_at(at);
			break;
		default:
			insert(at, &fresh);
			return;
		}
	}
}

static void range_arrives(void)
{
	struct xtcp_range fresh = { .seq = rcv_nxt + 1 + fuzz_byte() };
	u32 room = first + SPACE - 1 - fresh.seq, i;
	u8 b = fuzz_byte();

	if (seq_geq(fresh.seq, first + SPACE - 1))
		return;
	fresh.fin = b & 1;
	fresh.len = (b >> 1) % (room + 1);
	if (!fresh.len && !fresh.fin)
		return;
	fuzz_note("arrives: %u+%u%s", fresh.seq - first, fresh.len,
		  fresh.fin ? " FIN" : "");
	for (i = 0; i < fresh.len + fresh.fin; i++)
		seen[fresh.seq - first + i] = true;
	store(fresh);
}

/* What was missing came: RCV.NXT moves, and so does what is next behind it. */
static void advance(u32 by)
{
	enum xtcp_ready ready;
	struct xtcp_range a;

	if (by > SPACE - 1 - (rcv_nxt - first))
		return;
	rcv_nxt += by;
	fuzz_note("next is %u", rcv_nxt - first);
	while (count) {
		a = stored[0];
		ready = xtcp_reassembly_ready(&a, rcv_nxt);
		MUST((ready == XTCP_READY_GAP) == seq_gt(a.seq, rcv_nxt));
		if (ready == XTCP_READY_GAP)
			break;
		remove_at(0);
		MUST((ready == XTCP_READY_STALE) ==
		     seq_leq(xtcp_range_end(&a), rcv_nxt));
		if (ready == XTCP_READY_NOW)
			rcv_nxt = xtcp_range_end(&a);
	}
	MUST(rcv_nxt - first >= SPACE || !seen[rcv_nxt - first]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const u32 seams[] = {
		0, 1000, 0x80000000u - 100, 0u - 100,
	};

	fuzz_begin(data, size);
	first = fuzz_near(seams, 4);
	rcv_nxt = first;
	count = 0;
	memset(seen, 0, sizeof(seen));
	fuzz_note("numbers begin at %#x", first);
	while (fuzz_more()) {
		u8 what = fuzz_byte();

		if (what & 3)
			range_arrives();
		else
			advance(1 + (what >> 2));
		check();
	}
	return 0;
}
