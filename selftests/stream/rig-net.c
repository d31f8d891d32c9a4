// SPDX-License-Identifier: GPL-2.0-only
/* Two whole ends and a bad network between them: the network. */
#include "rig-net.h"
#include "tap.h"

#define HEADERS	52	/* IPv4, TCP, timestamps */

u32 rig_random(struct rig *g)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 17;
	g->random ^= g->random << 5;
	return g->random >> 2;
}

static bool chance(struct rig *g, u32 of_thousand)
{
	return of_thousand && rig_random(g) % 1000 < of_thousand;
}

/* The test wants this very one lost. */
static bool chosen(const struct rig *g, u32 from,
		   const struct xtcp_segment *seg)
{
	const u32 *nth;

	if (from || !g->c->lose || !(seg->len || (seg->flags & XTCP_FIN)))
		return false;
	for (nth = g->c->lose; *nth; nth++)
		if (*nth == g->end[0].text_segments)
			return true;
	return false;
}

/* A link of limited speed, with a queue before it that overflows. */
static bool wait_for_link(struct rig *g, struct rig_end *e, u32 len, u64 *due)
{
	u64 takes = (u64)(len + HEADERS) * g->c->us_per_kb / 1024;
	u64 begins = e->line_free_us > g->now_us ? e->line_free_us : g->now_us;

	if (!g->c->us_per_kb)
		return true;
	if (g->c->queue && begins - g->now_us >
	    (u64)g->c->queue * (g->c->mss + HEADERS) * g->c->us_per_kb / 1024)
		return false;
	e->line_free_us = begins + takes;
	*due += e->line_free_us - g->now_us;
	return true;
}

static void put_one(struct rig *g, u32 from, const struct xtcp_segment *seg,
		    u32 offset, u64 due)
{
	if (g->c->jitter_us)
		due += rig_random(g) % g->c->jitter_us;
	EXPECT(rig_queue_put(g, from, seg, offset, due));
}

void rig_net_put(struct rig *g, u32 from, const struct xtcp_segment *seg,
		 u32 offset)
{
	u64 due = g->now_us + g->c->delay_us;
	struct xtcp_segment marked = *seg;

	if (chosen(g, from, seg) || chance(g, g->c->loss) ||
	    !wait_for_link(g, &g->end[from], seg->len, &due)) {
		g->lost++;
		return;
	}
	if (seg->ecn != XTCP_NOT_ECT && chance(g, g->c->mark))
		marked.ecn = XTCP_CE;
	put_one(g, from, &marked, offset, due);
	if (chance(g, g->c->repeat))
		put_one(g, from, &marked, offset, due);
}
