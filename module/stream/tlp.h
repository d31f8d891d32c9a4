/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tail loss probe: who hears nothing sends something, so that the peer's answer
 * tells what is missing before the time-out does (RFC 8985 7).
 */
#ifndef XTCP_STREAM_TLP_H
#define XTCP_STREAM_TLP_H

#include "machine/segment.h"

#define XTCP_TLP_INIT_US	1000000u	/* without a round-trip time */
#define XTCP_TLP_DELACK_US	200000u		/* WCDelAckT */

/**
 * struct xtcp_tlp - the probe
 * @end:	SND.NXT after it was sent: TLP.end_seq
 * @flight:	bytes that were out when the timer was last set
 * @from_us:	when text last left or was last acknowledged
 * @due:	send one now
 * @out:	one is under way, up to @end
 * @again:	it was a retransmission: TLP.is_retrans
 * @spent:	nothing was acknowledged since the last one
 */
struct xtcp_tlp {
	u32 end;
	u32 flight;
	u64 from_us : 56;
	bool due : 1;
	bool out : 1;
	bool again : 1;
	bool spent : 1;
};

/* RFC 8985 7.2: how long to wait with @flight bytes out */
u32 xtcp_tlp_wait_us(u32 srtt_us, u32 flight, u32 mss);

/* It left. */
void xtcp_tlp_sent(struct xtcp_tlp *p, u32 end, bool again);

/*
 * RFC 8985 7.4.2: an ACK, with the DSACK block @twice or none; @dup: it moved
 * nothing. Returns true when the probe mended a loss that nobody else noticed.
 */
bool xtcp_tlp_acked(struct xtcp_tlp *p, const struct xtcp_segment *seg,
		    const struct xtcp_sack_block *twice, bool dup);

#endif
