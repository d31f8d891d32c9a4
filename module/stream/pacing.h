/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast text should leave, and when the next of it may. */
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

/*
 * When the next text may leave, @bytes having left at @now_ns, which might have at
 * @due_ns. What a late timer has lost is made up for, up to half of what these
 * bytes take.
 */
u64 xtcp_pacing_next_ns(u64 rate, u32 bytes, u64 due_ns, u64 now_ns);

#endif
