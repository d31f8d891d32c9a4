// SPDX-License-Identifier: GPL-2.0-only
/* Explicit congestion notification: RFC 3168 6.1, RFC 8511. */
#include "machine/record.h"
#include "machine/segment.h"
#include "stream/cc.h"
#include "stream/ecn.h"
#include "stream/output.h"

bool xtcp_ecn_arrived(struct xtcp_ecn *n, const struct xtcp_record *r,
		      const struct xtcp_segment *seg)
{
	bool news = false;

	if (!(r->flags & XTCP_F_ECN) || !seg->len)
		return false;
	if (seg->flags & XTCP_CWR) {
		n->echo = false;
		news = true;
	}
	n->seen |= seg->ecn != XTCP_NOT_ECT;
	if (seg->ecn != XTCP_CE)
		return news;
	n->marked++;
	news |= !n->echo;
	n->echo = true;
	return news;
}

bool xtcp_ecn_news(const struct xtcp_ecn *n, const struct xtcp_record *r,
		   const struct xtcp_segment *seg)
{
	if (!(r->flags & XTCP_F_ECN) || !seg->len)
		return false;
	return seg->ecn == XTCP_CE || (seg->flags & XTCP_CWR) ||
	       (seg->ecn != XTCP_NOT_ECT && !n->seen);
}

void xtcp_ecn_put(const struct xtcp_ecn *n, const struct xtcp_output *out,
		  struct xtcp_segment *seg)
{
	if (n->echo)
		seg->flags |= XTCP_ECE;
	if (!out)
		return;
	if (out->cwr)
		seg->flags |= XTCP_CWR;
	seg->ecn = out->ect ? XTCP_ECT_0 : XTCP_NOT_ECT;
}

bool xtcp_ecn_echoed(struct xtcp_cc *cc, u32 flight, u32 nxt, u64 now_us)
{
	if (!xtcp_cc_marked(cc, flight, nxt, now_us))
		return false;
	if (cc->cwnd > cc->ssthresh)
		cc->cwnd = cc->ssthresh;
	return true;
}
