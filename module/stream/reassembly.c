// SPDX-License-Identifier: GPL-2.0-only
/* Text that arrived out of order: what to keep of it (RFC 9293 SHLD-31). */
#include "machine/seq.h"
#include "stream/reassembly.h"

bool xtcp_range_trim(struct xtcp_range *a, u32 left, u32 right)
{
	u32 cut;

	if (seq_geq(left, xtcp_range_end(a)) || seq_leq(right, a->seq))
		return false;
	if (seq_gt(left, a->seq)) {
		cut = left - a->seq;
		a->seq = left;
		a->len -= cut;
	}
	if (seq_geq(right, xtcp_range_end(a)))
		return a->len || a->fin;
	/* The FIN is the last to come and the first to go. */
	a->fin = false;
	if (seq_lt(right, a->seq + a->len))
		a->len = right - a->seq;
	return a->len;
}

enum xtcp_place xtcp_reassembly_place(struct xtcp_range *fresh,
				      const struct xtcp_range *prev,
				      const struct xtcp_range *next)
{
	u32 end = xtcp_range_end(fresh);

	if (prev && !xtcp_range_trim(fresh, xtcp_range_end(prev), end))
		return XTCP_PLACE_DUPLICATE;
	if (!next || seq_leq(end, next->seq))
		return XTCP_PLACE_HERE;
	if (seq_geq(end, xtcp_range_end(next)))
		return XTCP_PLACE_DROP_NEXT;
	if (!xtcp_range_trim(fresh, fresh->seq, next->seq))
		return XTCP_PLACE_DUPLICATE;
	return XTCP_PLACE_HERE;
}

enum xtcp_ready xtcp_reassembly_ready(const struct xtcp_range *first,
				      u32 rcv_nxt)
{
	if (seq_gt(first->seq, rcv_nxt))
		return XTCP_READY_GAP;
	if (seq_leq(xtcp_range_end(first), rcv_nxt))
		return XTCP_READY_STALE;
	return XTCP_READY_NOW;
}
