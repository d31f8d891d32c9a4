/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HyStart++: slow start ends when the round trip grows, before the queue
 * overflows (RFC 9406). For any algorithm that begins with slow start.
 */
#ifndef XTCP_STREAM_HYSTART_H
#define XTCP_STREAM_HYSTART_H

#include "stream/cc.h"

/**
 * struct xtcp_hystart - RFC 9406 4.2
 * @round_end:	sequence number that ends this round (windowEnd)
 * @last_us:	least round trip of the last round; ~0: none
 * @now_us:	least round trip of this round; ~0: none
 * @base_us:	when conservative slow start began (cssBaselineMinRtt)
 * @samples:	of this round
 * @rounds:	of conservative slow start
 * @careful:	in conservative slow start
 * @begun:	the other fields mean something
 */
struct xtcp_hystart {
	u32 round_end;
	u32 last_us;
	u32 now_us;
	u32 base_us;
	u8 samples;
	u8 rounds;
	bool careful;
	bool begun;
};

/* In the first slow start: @bytes were acknowledged. cwnd, and maybe ssthresh */
void xtcp_hystart_acked(struct xtcp_hystart *h, struct xtcp_cc *cc, u32 bytes);

#endif
