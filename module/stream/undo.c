// SPDX-License-Identifier: GPL-2.0-only
/* Losses that were none: RFC 3522, 3708, 4015. */
#include "machine/seq.h"
#include "stream/undo.h"

void xtcp_undo_begin(struct xtcp_undo *u, const struct xtcp_cc *cc, u32 una,
		     u32 nxt)
{
	memset(u, 0, sizeof(*u));
	u->una = una;
	u->nxt = nxt;
	u->cwnd = cc->cwnd;
	u->ssthresh = cc->ssthresh;
	u->set = true;
}

void xtcp_undo_resent(struct xtcp_undo *u, u32 bytes, u64 now_us)
{
	u->again += bytes;
	if (!u->first_us)
		u->first_us = now_us;
}

bool xtcp_undo_twice(struct xtcp_undo *u, u32 left, u32 right)
{
	if (!u->set || !u->again || seq_lt(left, u->una) ||
	    seq_gt(right, u->nxt))
		return false;
	u->again -= right - left < u->again ? right - left : u->again;
	return !u->again;
}

bool xtcp_undo_eifel(struct xtcp_undo *u, u32 echo_us, u64 now_us)
{
	if (!u->set || u->acked || !u->first_us)
		return false;
	u->acked = true;
	return echo_us != ~0u && echo_us > now_us - u->first_us;
}

void xtcp_undo(struct xtcp_undo *u, struct xtcp_cc *cc)
{
	if (u->ssthresh > cc->ssthresh)
		cc->ssthresh = u->ssthresh;
	if (u->cwnd > cc->cwnd)
		cc->cwnd = u->cwnd;
	if (cc->ops->undo)
		cc->ops->undo(cc);
	/* There is nothing to tell the peer of, unless there were marks. */
	if (!cc->marked)
		cc->cwr = false;
	u->set = false;
}
