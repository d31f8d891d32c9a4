// SPDX-License-Identifier: GPL-2.0-only
/* Two whole ends and a network between them: what is under way. */
#include "rig-net.h"

/* False: there is no room for it. */
bool rig_queue_put(struct rig *g, u32 from, const struct xtcp_segment *seg,
		   u32 offset, u64 due_us)
{
	u32 i;

	for (i = 0; i < RIG_PACKETS && g->packet[i].used; i++)
		;
	if (i == RIG_PACKETS)
		return false;
	if (i >= g->slots)
		g->slots = i + 1;
	g->packet[i] = (struct rig_packet){
		.seg = *seg, .offset = offset, .due_us = due_us, .to = !from,
		.order = g->put++, .used = true,
	};
	return true;
}

/* What was sent first arrives first, unless delay says otherwise. */
static bool before(const struct rig_packet *a, const struct rig_packet *b)
{
	if (a->due_us != b->due_us)
		return a->due_us < b->due_us;
	return a->order < b->order;
}

struct rig_packet *rig_net_first(struct rig *g)
{
	struct rig_packet *first = NULL;
	u32 i;

	for (i = 0; i < g->slots; i++)
		if (g->packet[i].used &&
		    (!first || before(&g->packet[i], first)))
			first = &g->packet[i];
	return first;
}
