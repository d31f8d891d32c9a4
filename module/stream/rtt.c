// SPDX-License-Identifier: GPL-2.0-only
/* Round-trip time and retransmission time-out: RFC 6298. */
#include "machine/seq.h"
#include "stream/rtt.h"

/* More doublings than lead from any time-out to any maximum. */
#define BACKOFF_MAX	16

void xtcp_rtt_init(struct xtcp_rtt *t, u32 init_us, u32 min_us, u32 max_us)
{
	memset(t, 0, sizeof(*t));
	t->rto_us = init_us;
	t->min_us = min_us;
	t->max_us = max_us;
}

static u32 distance(u32 a, u32 b)
{
	return a > b ? a - b : b - a;
}

void xtcp_rtt_sample(struct xtcp_rtt *t, u32 rtt_us)
{
	u32 var;

	if (!rtt_us)
		rtt_us = 1;
	if (rtt_us > XTCP_RTT_MAX_US)
		rtt_us = XTCP_RTT_MAX_US;
	t->last_us = rtt_us;
	if (!t->srtt_us) {
		t->srtt_us = rtt_us;
		t->rttvar_us = rtt_us / 2;
	} else {
		/* In this order: the deviation is from the old mean. */
		t->rttvar_us = t->rttvar_us - t->rttvar_us / 4 +
			       distance(t->srtt_us, rtt_us) / 4;
		t->srtt_us = t->srtt_us - t->srtt_us / 8 + rtt_us / 8;
	}
	/*
	 * The floor goes where RFC 6298 has the clock's granularity, not under
	 * the sum: the peer may delay its ACK on top of the round trip.
	 */
	var = 4 * t->rttvar_us;
	if (var < t->min_us)
		var = t->min_us;
	t->rto_us = t->srtt_us + var;
	if (t->rto_us > t->max_us)
		t->rto_us = t->max_us;
	t->backoff = 0;
	t->ambiguous = false;
}

void xtcp_rtt_lost_syn(struct xtcp_rtt *t)
{
	if (t->rto_us < XTCP_RTO_LOST_SYN_US)
		t->rto_us = XTCP_RTO_LOST_SYN_US;
}

u32 xtcp_rtt_rto_us(const struct xtcp_rtt *t)
{
	u64 rto_us = (u64)t->rto_us << t->backoff;

	return rto_us < t->max_us ? (u32)rto_us : t->max_us;
}

void xtcp_rtt_back_off(struct xtcp_rtt *t)
{
	if (t->backoff < BACKOFF_MAX)
		t->backoff++;
}

void xtcp_rtt_sent(struct xtcp_rtt *t, u32 end, u64 now_us)
{
	if (t->timing)
		return;
	t->timing = true;
	t->timed_end = end;
	t->timed_us = now_us;
}

void xtcp_rtt_forget(struct xtcp_rtt *t)
{
	t->timing = false;
	t->ambiguous = true;
}

bool xtcp_rtt_acked(struct xtcp_rtt *t, u32 una, u64 now_us)
{
	u64 rtt_us = now_us - t->timed_us;

	if (!t->timing || seq_lt(una, t->timed_end))
		return false;
	t->timing = false;
	if (rtt_us > XTCP_RTT_MAX_US)
		rtt_us = XTCP_RTT_MAX_US;
	xtcp_rtt_sample(t, (u32)rtt_us);
	return true;
}

bool xtcp_rtt_echo(struct xtcp_rtt *t, u32 elapsed_ms)
{
	/* Otherwise the segment that is timed tells more: microseconds. */
	if (!t->ambiguous || elapsed_ms > XTCP_RTT_MAX_US / 1000)
		return false;
	xtcp_rtt_sample(t, elapsed_ms ? elapsed_ms * 1000 : 1000);
	return true;
}
