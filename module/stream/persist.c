// SPDX-License-Identifier: GPL-2.0-only
/* Probing a window that is closed: RFC 9293 3.8.6.1. */
#include "stream/persist.h"

/* More doublings than lead from any time-out to any maximum. */
#define DOUBLINGS_MAX	16

u32 xtcp_persist_interval_us(const struct xtcp_persist *p, u32 rto_us,
			     u32 max_us)
{
	u8 shift = p->probes < DOUBLINGS_MAX ? p->probes : DOUBLINGS_MAX;
	u64 us = (u64)rto_us << shift;

	return us < max_us ? (u32)us : max_us;
}

void xtcp_persist_probed(struct xtcp_persist *p)
{
	if (p->probes < 255)
		p->probes++;
	if (p->unanswered < 255)
		p->unanswered++;
}

void xtcp_persist_answered(struct xtcp_persist *p)
{
	p->unanswered = 0;
}

void xtcp_persist_reset(struct xtcp_persist *p)
{
	p->probes = 0;
	p->unanswered = 0;
}

bool xtcp_persist_gives_up(const struct xtcp_persist *p, u8 retries,
			   bool orphan)
{
	return (orphan ? p->probes : p->unanswered) >= retries;
}
