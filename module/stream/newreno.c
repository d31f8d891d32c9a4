// SPDX-License-Identifier: GPL-2.0-only
/* NewReno's window: slow start and congestion avoidance, RFC 5681 3.1. */
#include "stream/cc.h"

static void newreno_acked(struct xtcp_cc *cc, u32 bytes, u64 now_us)
{
	(void)now_us;
	if (xtcp_cc_slow_start(cc))
		bytes = xtcp_cc_slow(cc, bytes);
	/* A segment for each window acknowledged: about one in a round trip. */
	cc->credit += bytes;
	if (cc->credit < cc->cwnd)
		return;
	cc->credit -= cc->cwnd;
	cc->cwnd += cc->mss;
	if (cc->credit > cc->cwnd)
		cc->credit = cc->cwnd;
}

static u32 newreno_lost(struct xtcp_cc *cc, u32 flight, u64 now_us)
{
	(void)now_us;
	return flight / 2 > 2 * cc->mss ? flight / 2 : 2 * cc->mss;
}

/* RFC 8511 3.1: 0.8 */
static u32 newreno_marked(struct xtcp_cc *cc, u32 flight, u64 now_us)
{
	u32 ssthresh = (u32)((u64)flight * 4 / 5);

	(void)now_us;
	return ssthresh > 2 * cc->mss ? ssthresh : 2 * cc->mss;
}

const struct xtcp_cc_ops xtcp_newreno = {
	.name = "newreno",
	.acked = newreno_acked,
	.lost = newreno_lost,
	.marked = newreno_marked,
};
