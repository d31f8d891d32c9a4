/* SPDX-License-Identifier: GPL-2.0-only */
/* Is the peer still there? RFC 9293 3.8.4. */
#ifndef XTCP_STREAM_KEEPALIVE_H
#define XTCP_STREAM_KEEPALIVE_H

#include "machine/platform.h"

#define XTCP_KEEP_IDLE_US	7200000000ull	/* MUST-28: two hours */
#define XTCP_KEEP_INTERVAL_US	75000000ull
#define XTCP_KEEP_COUNT		9

/**
 * struct xtcp_keep_params - SO_KEEPALIVE's times
 * @count:	unanswered probes until the peer counts as gone
 * @idle_us:	silence before the first probe
 * @interval_us: from probe to probe
 */
struct xtcp_keep_params {
	u8 count;
	u64 idle_us;
	u64 interval_us;
};

/**
 * struct xtcp_keepalive - where the probing is
 * @heard_us:	when the peer was last heard
 * @probes:	unanswered so far
 * @probed_us:	when the last probe was sent
 *
 * 56 bits of microseconds are two thousand years.
 */
struct xtcp_keepalive {
	u64 heard_us : 56;
	u64 probes : 8;
	u64 probed_us;
};

enum xtcp_keep {
	XTCP_KEEP_WAIT,
	XTCP_KEEP_PROBE,
	XTCP_KEEP_GIVE_UP,
};

void xtcp_keepalive_heard(struct xtcp_keepalive *k, u64 now_us);
u64 xtcp_keepalive_deadline_us(const struct xtcp_keepalive *k,
			       const struct xtcp_keep_params *p);
/*
 * The time came. A @user_timeout_us that is not 0 takes the place of the count:
 * gone is who was silent for that long and left a probe unanswered.
 */
enum xtcp_keep xtcp_keepalive_expired(struct xtcp_keepalive *k,
				      const struct xtcp_keep_params *p,
				      u64 user_timeout_us, u64 now_us);

#endif
