// SPDX-License-Identifier: GPL-2.0-only
/* Which segments are sent again, and when: RFC 5681 3.2, 6582, 3042. */
#include "machine/seq.h"
#include "stream/recovery.h"

void xtcp_recovery_init(struct xtcp_recovery *v, u32 snd_una)
{
	memset(v, 0, sizeof(*v));
	/* RFC 6582 3.2 step 1: ISS, which is before anything that may be lost. */
	v->recover = snd_una - 1;
}

u32 xtcp_recovery_pipe(const struct xtcp_recovery *v, u32 una, u32 nxt)
{
	return (v->back ? v->rtx : nxt) - una;
}

u32 xtcp_recovery_extra(const struct xtcp_recovery *v,
			const struct xtcp_cc *cc)
{
	if (v->phase != XTCP_RECOVERY_OPEN || v->dupacks >= XTCP_DUPTHRESH)
		return 0;
	return v->dupacks * cc->mss;
}

/* RFC 6582 3.2 steps 2 and 3 */
static void enter_fast(struct xtcp_recovery *v, struct xtcp_cc *cc, u32 una,
		       u32 nxt, u64 now_us)
{
	u32 flight = xtcp_recovery_pipe(v, una, nxt);

	/* Beyond cwnd is what limited transmit sent, which does not count. */
	if (flight > cc->cwnd)
		flight = cc->cwnd;
	xtcp_cc_lost(cc, flight, now_us);
	cc->cwnd = cc->ssthresh + XTCP_DUPTHRESH * cc->mss;
	v->phase = XTCP_RECOVERY_FAST;
	v->recover = nxt;
	v->partial = false;
	v->head = true;
}

bool xtcp_recovery_dupack(struct xtcp_recovery *v, struct xtcp_cc *cc,
			  u32 una, u32 nxt, u64 now_us)
{
	if (v->dupacks < 255)
		v->dupacks++;
	if (v->phase == XTCP_RECOVERY_FAST) {
		/* One more segment has left the network. */
		if (cc->cwnd < XTCP_CWND_MAX)
			cc->cwnd += cc->mss;
		return false;
	}
	if (v->phase == XTCP_RECOVERY_LOSS || v->dupacks != XTCP_DUPTHRESH)
		return false;
	/*
	 * Up to @recover things were sent twice, and the copies draw duplicate
	 * ACKs that tell of no new loss (RFC 6582 3.2 step 2).
	 */
	if (!seq_gt(una, v->recover))
		return false;
	enter_fast(v, cc, una, nxt, now_us);
	return true;
}

/* RFC 6582 3.2 step 3: everything that was under way then has arrived. */
static void full_ack(struct xtcp_recovery *v, struct xtcp_cc *cc, u32 flight)
{
	u32 cwnd = (flight > cc->mss ? flight : cc->mss) + cc->mss;

	/* No burst, should little be under way now. */
	cc->cwnd = cwnd < cc->ssthresh ? cwnd : cc->ssthresh;
	v->phase = XTCP_RECOVERY_OPEN;
	v->head = false;
}

/* RFC 6582 3.2 step 3: there was more than one hole; this is the next. */
static bool partial_ack(struct xtcp_recovery *v, struct xtcp_cc *cc, u32 acked)
{
	bool first = !v->partial;

	cc->cwnd -= acked < cc->cwnd ? acked : cc->cwnd;
	if (acked >= cc->mss)
		cc->cwnd += cc->mss;
	if (cc->cwnd < cc->mss)
		cc->cwnd = cc->mss;
	v->partial = true;
	v->head = true;
	return first;
}

static void advance_una(struct xtcp_recovery *v, u32 una)
{
	if (!v->back)
		return;
	v->rtx = seq_max(v->rtx, una);
	v->back = seq_lt(v->rtx, v->rtx_end);
}

bool xtcp_recovery_acked(struct xtcp_recovery *v, struct xtcp_cc *cc, u32 una,
			 u32 nxt, u32 acked, bool grow, u64 now_us)
{
	bool lost = v->phase == XTCP_RECOVERY_LOSS;

	v->dupacks = 0;
	advance_una(v, una);
	if (v->phase == XTCP_RECOVERY_FAST) {
		if (seq_lt(una, v->recover))
			return partial_ack(v, cc, acked);
		full_ack(v, cc, nxt - una);
		return true;
	}
	/* Much of it may have arrived before the time-out (RFC 3465 2.3). */
	if (lost && acked > cc->mss)
		acked = cc->mss;
	if (lost && seq_geq(una, v->recover))
		v->phase = XTCP_RECOVERY_OPEN;
	/* It must not fall so far behind that the circle turns. */
	if (v->phase == XTCP_RECOVERY_OPEN && seq_gt(una, v->recover))
		v->recover = una - 1;
	if (grow)
		xtcp_cc_acked(cc, acked, now_us);
	return true;
}

void xtcp_recovery_go_back(struct xtcp_recovery *v, u32 una, u32 nxt)
{
	v->head = false;
	v->back = una != nxt;
	v->rtx = una;
	v->rtx_end = nxt;
}

/* RFC 5681 3.1: whatever was under way is taken for lost. */
void xtcp_recovery_timeout(struct xtcp_recovery *v, struct xtcp_cc *cc,
			   u32 una, u32 nxt, bool first, u64 now_us)
{
	u32 flight = xtcp_recovery_pipe(v, una, nxt);

	/*
	 * In fast recovery new text leaves for old that has arrived but cannot
	 * be acknowledged: about ssthresh of it is really under way (RFC 5681
	 * 4.3 lowers it a second time, not back up to half of all that).
	 */
	if (v->phase == XTCP_RECOVERY_FAST && flight > cc->ssthresh)
		flight = cc->ssthresh;
	xtcp_cc_timeout(cc, flight, first, now_us);
	v->phase = XTCP_RECOVERY_LOSS;
	v->dupacks = 0;
	/* RFC 6582 4: no fast retransmit for what is about to be sent again. */
	v->recover = nxt;
	xtcp_recovery_go_back(v, una, nxt);
}

void xtcp_recovery_resent(struct xtcp_recovery *v, u32 seq, u32 end)
{
	v->head = false;
	if (!v->back || seq_gt(seq, v->rtx))
		return;
	v->rtx = seq_max(v->rtx, end);
	v->back = seq_lt(v->rtx, v->rtx_end);
}
