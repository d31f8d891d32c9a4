// SPDX-License-Identifier: GPL-2.0-only
/* Proportional rate reduction: RFC 9937 6. */
#include "stream/prr.h"

void xtcp_prr_begin(struct xtcp_prr *p, u32 flight)
{
	p->delivered = 0;
	p->out = 0;
	p->flight = flight ? flight : 1;
}

static u32 minus(u32 a, u32 b)
{
	return a > b ? a - b : 0;
}

/* As much of what is delivered as the reduction leaves of the window. */
static u32 proportion(const struct xtcp_prr *p, u32 ssthresh)
{
	u64 part = (u64)p->delivered * ssthresh + p->flight - 1;

	return minus((u32)(part / p->flight), p->out);
}

/* Less is under way than there should be: catch up, but not in a burst. */
static u32 catch_up(const struct xtcp_prr *p, const struct xtcp_prr_ack *a)
{
	u32 limit = minus(p->delivered, p->out);

	if (limit < a->delivered)
		limit = a->delivered;
	if (a->safe)
		limit += a->mss;
	return limit < a->ssthresh - a->pipe ? limit : a->ssthresh - a->pipe;
}

u32 xtcp_prr_acked(struct xtcp_prr *p, const struct xtcp_prr_ack *a)
{
	u32 limit;

	p->delivered += a->delivered;
	limit = a->pipe > a->ssthresh ? proportion(p, a->ssthresh) :
					catch_up(p, a);
	/* The first retransmission goes at once. */
	if (!p->out && limit < a->mss)
		limit = a->mss;
	return a->pipe + limit;
}
