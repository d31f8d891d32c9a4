// SPDX-License-Identifier: GPL-2.0-only
/* How fast a window should leave, and when the next of it may. */
#include "stream/pacing.h"

/* Of a hundred; what the host's TCP takes, too. */
#define SLOW_START	200
#define AVOIDANCE	120

u64 xtcp_pacing_rate(const struct xtcp_cc *cc, u32 srtt_us)
{
	u32 part = cc->cwnd < cc->ssthresh / 2 ? SLOW_START : AVOIDANCE;

	if (!srtt_us)
		return XTCP_PACING_NONE;
	return (u64)cc->cwnd * part * 10000 / srtt_us;
}

u64 xtcp_pacing_next_ns(u64 rate, u32 bytes, u64 due_ns, u64 now_ns)
{
	u64 takes_ns, late_ns;

	if (rate == XTCP_PACING_NONE || !rate)
		return now_ns;
	takes_ns = bytes * 1000000000ull / rate;
	if (due_ns > now_ns)
		return due_ns + takes_ns;
	late_ns = now_ns - due_ns;
	if (late_ns > takes_ns / 2)
		late_ns = takes_ns / 2;
	return now_ns + takes_ns - late_ns;
}
