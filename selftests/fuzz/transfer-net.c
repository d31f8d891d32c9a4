// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network of the two-ended rig, as the input decides: one byte for each
 * segment says whether it is lost, late or there twice. When there are no bytes
 * left, or an end is about to give up, nothing goes wrong any more.
 */
#include "../stream/rig-net.h"
#include "../stream/tap.h"
#include "fuzz.h"
#include "transfer.h"

/* Whoever gave up after fewer than that would be wrong to. */
#define UNANSWERED_MOST	8
/* Of a thousand, and the rig has no memory for the lower ones. */
#define WITH_MEMORY	999

static u32 calm;	/* the generator that goes on when the input is over */

void transfer_net_init(void)
{
	calm = 0x9293;
}

static bool may_lose(const struct rig *g)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct rig_end *e = &g->end[i];

		if (e->r.retries >= UNANSWERED_MOST ||
		    e->s.persist.unanswered >= UNANSWERED_MOST)
			return false;
	}
	return true;
}

u32 rig_random(struct rig *g)
{
	if (!may_lose(g))
		return WITH_MEMORY;
	if (fuzz_more())
		return fuzz_u16();
	calm ^= calm << 13;
	calm ^= calm >> 17;
	calm ^= calm << 5;
	return calm >> 2;
}

static void note(const struct rig *g, u32 from, const struct xtcp_segment *seg,
		 const char *fate)
{
	fuzz_note("%llu us: %c sends seq iss%+d ack irs%+d len %u wnd %u flags %#x: %s",
		  (unsigned long long)g->now_us, "AB"[from],
		  (s32)(seg->seq - g->end[from].r.iss),
		  (s32)(seg->ack - g->end[from].r.irs), seg->len, seg->wnd,
		  seg->flags, fate);
}

void rig_net_put(struct rig *g, u32 from, const struct xtcp_segment *seg,
		 u32 offset)
{
	static const u32 late_us[] = { 0, 1, 1000, 40000, 250000, 3000000 };
	u64 due_us = g->now_us + g->c->delay_us;
	struct xtcp_segment marked = *seg;
	u8 fate = fuzz_byte();

	/* The bits that say how late it is mark it, too. */
	if (seg->ecn != XTCP_NOT_ECT && fate >> 2 & 1)
		marked.ecn = XTCP_CE;
	seg = &marked;
	if ((fate & 3) == 3 && may_lose(g)) {
		note(g, from, seg, "lost");
		g->lost++;
		return;
	}
	due_us += late_us[(fate >> 2) % ARRAY_SIZE(late_us)];
	note(g, from, seg, (fate & 3) == 2 ? "twice" : "arrives");
	MUST(rig_queue_put(g, from, seg, offset, due_us));
	if ((fate & 3) == 2)
		MUST(rig_queue_put(g, from, seg, offset,
				   due_us + (fate >> 5) * 700));
}
