// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold of every stream between two calls. Tests ask after each step,
 * and so do debug builds.
 */
#include "stream/stream.h"

static const char *rtt_fault(const struct xtcp_rtt *t)
{
	if (!t->rto_us || xtcp_rtt_rto_us(t) > t->max_us)
		return "RTO zero or beyond its maximum";
	if (t->srtt_us && t->rto_us < t->min_us)
		return "RTO below its minimum";
	return NULL;
}

static const char *cc_fault(const struct xtcp_stream *s)
{
	const struct xtcp_cc *cc = &s->cc;

	if (!cc->mss)
		return "segments have no size";
	if (cc->cwnd < cc->mss)
		return "congestion window below one segment: nothing could move";
	if (cc->ssthresh < cc->mss)
		return "slow start threshold below one segment";
	return NULL;
}

static const char *recovery_fault(const struct xtcp_stream *s,
				  const struct xtcp_record *r)
{
	const struct xtcp_board *board = xtcp_stream_board(s);
	const struct xtcp_recovery *v = &s->recovery;
	u32 flight = r->snd_nxt - r->snd_una;

	if (board && (board->una != r->snd_una || board->end != r->snd_nxt))
		return "the scoreboard knows other limits";
	if (board && xtcp_board_fault(board))
		return xtcp_board_fault(board);
	if (v->phase > XTCP_RECOVERY_LOSS)
		return "no such recovery phase";
	if (v->back && !(seq_leq(r->snd_una, v->rtx) &&
			 seq_lt(v->rtx, v->rtx_end) &&
			 seq_leq(v->rtx_end, r->snd_nxt)))
		return "goes back over what is not outstanding";
	if (v->phase != XTCP_RECOVERY_OPEN &&
	    !seq_in(v->recover - 1, r->snd_una, flight))
		return "recovers what is not outstanding";
	if (v->phase == XTCP_RECOVERY_OPEN && seq_gt(v->recover, r->snd_nxt))
		return "recovered more than was sent";
	return NULL;
}

static const char *delack_fault(const struct xtcp_delack *d)
{
	if (d->delay_us > XTCP_DELACK_MAX_US)
		return "ACKs wait too long";
	if (d->owed && !d->pending)
		return "owes an ACK and knows nothing of it";
	return NULL;
}

const char *xtcp_stream_invariant(const struct xtcp_stream *s,
				  const struct xtcp_record *r)
{
	const char *fault;

	if (!xtcp_in(r, XTCP_MAY_SEND))
		return NULL;
	if (s->timer >= XTCP_TIMER_KINDS)
		return "no such timer";
	fault = rtt_fault(&s->rtt);
	if (!fault)
		fault = cc_fault(s);
	if (!fault)
		fault = recovery_fault(s, r);
	if (!fault)
		fault = delack_fault(&s->delack);
	return fault;
}
