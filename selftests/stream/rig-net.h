/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_STREAM_RIG_NET_H
#define SELFTESTS_STREAM_RIG_NET_H

#include "rig.h"

u32 rig_random(struct rig *g);
/* End @from sends @seg; whether and when it arrives is the network's affair. */
void rig_net_put(struct rig *g, u32 from, const struct xtcp_segment *seg,
		 u32 offset);
/* Under way to the other end; false: there is no room for it. */
bool rig_queue_put(struct rig *g, u32 from, const struct xtcp_segment *seg,
		   u32 offset, u64 due_us);
/* The packet that arrives first, or NULL. */
struct rig_packet *rig_net_first(struct rig *g);
/* In rig.c: a packet arrives. */
void rig_receive(struct rig *g, struct rig_end *e,
		 const struct xtcp_segment *seg, u32 offset);

#endif
