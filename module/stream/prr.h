/* SPDX-License-Identifier: GPL-2.0-only */
/* Proportional rate reduction during fast recovery: RFC 9937. */
#ifndef XTCP_STREAM_PRR_H
#define XTCP_STREAM_PRR_H

#include "machine/platform.h"

/**
 * struct xtcp_prr - RFC 9937 6
 * @delivered:	bytes delivered during recovery
 * @out:	bytes sent during recovery
 * @flight:	bytes under way when it began: RecoverFS
 */
struct xtcp_prr {
	u32 delivered;
	u32 out;
	u32 flight;
};

void xtcp_prr_begin(struct xtcp_prr *p, u32 flight);

/**
 * struct xtcp_prr_ack - an ACK during recovery, or the one that begins it
 * @delivered:	bytes that it newly acknowledges or SACKs
 * @pipe:	bytes under way now
 * @ssthresh:	what the algorithm wants to be under way in the end
 * @mss:	bytes of a full segment
 * @safe:	SND.UNA moved on and no more was lost: RFC 9937's SafeACK
 */
struct xtcp_prr_ack {
	u32 delivered;
	u32 pipe;
	u32 ssthresh;
	u32 mss;
	bool safe;
};

/* The congestion window until the next ACK. */
u32 xtcp_prr_acked(struct xtcp_prr *p, const struct xtcp_prr_ack *a);

static inline void xtcp_prr_sent(struct xtcp_prr *p, u32 bytes)
{
	p->out += bytes;
}

#endif
