/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast a window should leave, for those who can space segments out. */
#ifndef XTCP_STREAM_PACING_H
#define XTCP_STREAM_PACING_H

#include "stream/cc.h"

#define XTCP_PACING_NONE	(~0ull)

/*
 * Bytes a second: one window in a round trip, and somewhat more, or twice in slow
 * start, so that the pace never holds up the window's growth. Without a
 * round-trip time %XTCP_PACING_NONE.
 */
u64 xtcp_pacing_rate(const struct xtcp_cc *cc, u32 srtt_us);

/* When the next segment may leave, @bytes having left at @now_us */
u64 xtcp_pacing_next_us(u64 rate, u32 bytes, u64 now_us);

#endif
