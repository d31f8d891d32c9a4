/* SPDX-License-Identifier: GPL-2.0-only */
/* Round-trip time and retransmission time-out: RFC 6298. */
#ifndef XTCP_STREAM_RTT_H
#define XTCP_STREAM_RTT_H

#include "machine/platform.h"

/* RFC 6298 2.1; 5.7 after a SYN that had to be sent again. */
#define XTCP_RTO_INIT_US	1000000u
#define XTCP_RTO_LOST_SYN_US	3000000u
#define XTCP_RTO_MIN_US		200000u
#define XTCP_RTO_MAX_US		120000000u
/* A sample beyond this is a lie or a clock that jumped. */
#define XTCP_RTT_MAX_US		XTCP_RTO_MAX_US

/**
 * struct xtcp_rtt - what is known of the round trip
 * @min_us:	floor of the variation term of the time-out
 * @max_us:	the longest time-out, back-off included
 * @last_us:	the last sample
 * @srtt_us:	smoothed round-trip time; 0 before the first sample
 * @rttvar_us:	its mean deviation
 * @rto_us:	time-out without back-off
 * @backoff:	how often the time-out was doubled
 * @timing:	one segment is being timed
 * @ambiguous:	something was sent again since the last sample (Karn)
 * @timed_end:	the sequence number whose acknowledgment ends that
 * @timed_us:	when that segment was sent
 */
struct xtcp_rtt {
	u32 min_us;
	u32 max_us;
	u32 last_us;
	u32 srtt_us;
	u32 rttvar_us;
	u32 rto_us;
	u8 backoff;
	bool timing;
	bool ambiguous;
	u32 timed_end;
	u64 timed_us;
};

void xtcp_rtt_init(struct xtcp_rtt *t, u32 init_us, u32 min_us, u32 max_us);

/* RFC 6298 2.2 and 2.3; ends the back-off (section 5, last paragraph). */
void xtcp_rtt_sample(struct xtcp_rtt *t, u32 rtt_us);

/* RFC 6298 5.7: the opening was lost once, so be careful with the first text */
void xtcp_rtt_lost_syn(struct xtcp_rtt *t);

/* The time-out in force, back-off included. */
u32 xtcp_rtt_rto_us(const struct xtcp_rtt *t);

/* RFC 6298 5.5: it fired; the next one waits twice as long. */
void xtcp_rtt_back_off(struct xtcp_rtt *t);

/* New text up to @end was sent: time it unless another one is being timed. */
void xtcp_rtt_sent(struct xtcp_rtt *t, u32 end, u64 now_us);

/* RFC 6298 3, Karn: something was sent again, so the next ACK is ambiguous. */
void xtcp_rtt_forget(struct xtcp_rtt *t);

/* Acknowledged up to @una. Returns whether that gave a sample. */
bool xtcp_rtt_acked(struct xtcp_rtt *t, u32 una, u64 now_us);

/*
 * RFC 7323 4.1: an echoed timestamp tells which copy is acknowledged, so it
 * gives a sample where Karn's rule forbids one. @elapsed_ms is our timestamp
 * clock now minus the echo.
 */
bool xtcp_rtt_echo(struct xtcp_rtt *t, u32 elapsed_ms);

#endif
