// SPDX-License-Identifier: GPL-2.0-only
/* Tail loss probe: RFC 8985 7. */
#include "machine/seq.h"
#include "stream/tlp.h"

u32 xtcp_tlp_wait_us(u32 srtt_us, u32 flight, u32 mss)
{
	u32 wait_us = srtt_us ? 2 * srtt_us : XTCP_TLP_INIT_US;

	/* The peer may wait for a second segment that does not come. */
	return srtt_us && flight <= mss ? wait_us + XTCP_TLP_DELACK_US :
					  wait_us;
}

void xtcp_tlp_sent(struct xtcp_tlp *p, u32 end, bool again)
{
	p->due = false;
	p->out = true;
	p->again = again;
	p->end = end;
}

bool xtcp_tlp_acked(struct xtcp_tlp *p, const struct xtcp_segment *seg,
		    const struct xtcp_sack_block *twice, bool dup)
{
	if (!p->out || seq_lt(seg->ack, p->end))
		return false;
	if (!p->again || (twice && twice->right == p->end)) {
		p->out = false;
		return false;
	}
	if (seq_gt(seg->ack, p->end)) {
		p->out = false;
		return true;
	}
	/* A duplicate without SACK: both copies arrived. */
	if (dup && !seg->nsacks)
		p->out = false;
	return false;
}
