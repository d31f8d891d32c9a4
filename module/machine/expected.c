// SPDX-License-Identifier: GPL-2.0-only
/*
 * The segment that an open connection sees nearly always: next in order, within
 * the window, nothing told but an ack, a window and text. Classification and
 * dispatch would come to the same end, which the tests' laws hold it to.
 */
#include "machine/steps.h"

#define ENDING	(XTCP_F_FIN_QUEUED | XTCP_F_FIN_SENT | XTCP_F_FIN_RCVD | \
		 XTCP_F_SHUT_READ | XTCP_F_ORPHAN)

/* RFC 7323 3.2, 5.3: there where negotiated, and not older than the last one. */
static bool stamp_expected(const struct xtcp_record *r,
			   const struct xtcp_segment *seg)
{
	if (!(r->flags & XTCP_F_TS))
		return !seg->opts;
	return seg->opts == XTCP_OPT_TS && (r->flags & XTCP_F_TS_RECENT) &&
	       seq_geq(seg->tsval, r->ts_recent);
}

bool xtcp_expected(const struct xtcp_record *r, const struct xtcp_segment *seg)
{
	return r->state == XTCP_ESTABLISHED && !(r->flags & ENDING) &&
	       (seg->flags & ~XTCP_PSH) == XTCP_ACK &&
	       seg->seq == r->rcv_nxt && seg->len <= xtcp_rcv_wnd(r) &&
	       seg->ack - r->snd_una <= r->snd_nxt - r->snd_una &&
	       stamp_expected(r, seg);
}

void xtcp_step_expected(struct xtcp_record *r, const struct xtcp_segment *seg,
			u32 now_ms, struct xtcp_orders *o)
{
	u32 acked = seg->ack - r->snd_una;

	memset(o, 0, sizeof(*o));
	o->event = XTCP_EV_ACK;
	o->from = XTCP_ESTABLISHED;
	o->to = XTCP_ESTABLISHED;
	if (seg->opts && seq_leq(seg->seq, r->last_ack_sent)) {
		r->ts_recent = seg->tsval;
		r->ts_recent_ms = now_ms;
	}
	if (acked) {
		r->snd_una = seg->ack;
		r->retries = 0;
		o->acked = acked;
		o->todo = XTCP_DO_ACKED;
	}
	xtcp_take_window(r, seg, acked, o);
	if (!seg->len)
		return;
	r->rcv_nxt += seg->len;
	o->text_len = seg->len;
	o->todo |= XTCP_DO_TEXT | XTCP_DO_ACK_LATER;
}
