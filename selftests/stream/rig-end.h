/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_STREAM_RIG_END_H
#define SELFTESTS_STREAM_RIG_END_H

#include "rig.h"

/* The machine's step, with what must hold afterwards. */
void rig_step(struct rig *g, struct rig_end *e, struct xtcp_event *ev,
	      struct xtcp_orders *o);
/* Bytes that are kept out of order. */
u32 rig_stored(const struct rig_end *e);
struct xtcp_room rig_room(const struct rig *g, const struct rig_end *e);
struct xtcp_queue rig_queue(const struct rig_end *e);
void rig_send_ack(struct rig *g, struct rig_end *e, u32 seq);
void rig_send_output(struct rig *g, struct rig_end *e,
		     const struct xtcp_output *out, bool probe);
/* Memory for what is lost or out of order; NULL: there is none. */
struct xtcp_bulk *rig_bulk(struct rig *g, struct rig_end *e);
/* All that may go, then the timers. Returns the number of segments. */
u32 rig_transmit(struct rig *g, struct rig_end *e);

#endif
