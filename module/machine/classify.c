// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 9293 3.10.7: the order in which a segment's facts are looked at. The result
 * is one event, a column of table.def; what is then done about it stands there.
 */
#include "machine/machine.h"

/* RFC 7323 5.5: after 24 days a remembered timestamp says nothing any more. */
#define TS_RECENT_LIFE_MS	(24u * 24 * 3600 * 1000)

static bool ts_recent_valid(const struct xtcp_record *r,
			    const struct xtcp_event *e)
{
	return (r->flags & XTCP_F_TS_RECENT) &&
	       e->now_ms - r->ts_recent_ms < TS_RECENT_LIFE_MS;
}

/* 3.10.7.1: there is no connection. */
static enum xtcp_event_kind classify_closed(const struct xtcp_segment *seg,
					    u8 *reason)
{
	if (seg->flags & XTCP_RST) {
		*reason = XTCP_R_RST_TO_NOBODY;
		return XTCP_EV_RST_OUTSIDE;
	}
	*reason = XTCP_R_NO_CONNECTION;
	if (seg->flags & XTCP_ACK)
		return XTCP_EV_ACK_BAD;
	return seg->flags & XTCP_SYN ? XTCP_EV_SYN : XTCP_EV_NO_ACK;
}

/* 3.10.7.2: first RST, then ACK, then SYN. SYN with FIN opens nothing. */
static enum xtcp_event_kind classify_listen(const struct xtcp_event *e,
					    u8 *reason)
{
	const struct xtcp_segment *seg = &e->seg;
	u16 mss;

	if (seg->flags & XTCP_RST) {
		*reason = XTCP_R_LISTEN_RST;
		return XTCP_EV_RST_OUTSIDE;
	}
	if (seg->flags & XTCP_ACK) {
		*reason = XTCP_R_LISTEN_ACK;
		if (!e->cookie.expected || (seg->flags & XTCP_SYN))
			return XTCP_EV_ACK_BAD;
		*reason = XTCP_R_NONE;
		if (xtcp_cookie_check(&e->cookie, seg->ack - 1, &mss))
			return XTCP_EV_COOKIE_ACK;
		*reason = XTCP_R_BAD_COOKIE;
		return XTCP_EV_ACK_BAD;
	}
	if ((seg->flags & (XTCP_SYN | XTCP_FIN)) == XTCP_SYN)
		return XTCP_EV_SYN;
	*reason = XTCP_R_LISTEN_NEITHER;
	return XTCP_EV_NO_ACK;
}

/* 3.10.7.3 */
static enum xtcp_event_kind classify_syn_sent(const struct xtcp_record *r,
					      const struct xtcp_segment *seg,
					      u8 *reason)
{
	bool ack = seg->flags & XTCP_ACK;

	if (ack && (seq_leq(seg->ack, r->iss) || seq_gt(seg->ack, r->snd_nxt))) {
		*reason = XTCP_R_OLD_SYN_ACK;
		return seg->flags & XTCP_RST ? XTCP_EV_RST_OUTSIDE :
					       XTCP_EV_ACK_BAD;
	}
	if (seg->flags & XTCP_RST) {
		*reason = XTCP_R_SYN_SENT_RST;
		return ack ? XTCP_EV_RST_EXACT : XTCP_EV_RST_OUTSIDE;
	}
	if (seg->flags & XTCP_SYN)
		return ack ? XTCP_EV_SYN_ACK : XTCP_EV_SYN;
	*reason = XTCP_R_SYN_SENT_NEITHER;
	return XTCP_EV_NO_ACK;
}

/* RFC 6191 and RFC 9293 MAY-2: is this SYN provably newer than what ended? */
static bool newer_incarnation(const struct xtcp_record *r,
			      const struct xtcp_event *e)
{
	const struct xtcp_segment *seg = &e->seg;

	if ((seg->opts & XTCP_OPT_TS) && !(r->flags & XTCP_F_TS))
		return true;
	if ((seg->opts & XTCP_OPT_TS) && ts_recent_valid(r, e) &&
	    seg->tsval != r->ts_recent)
		return seq_gt(seg->tsval, r->ts_recent);
	return seq_gt(seg->seq, r->rcv_nxt);
}

/* A SYN that opens nothing (with ACK, or with FIN) must not end TIME_WAIT. */
static bool may_reopen(const struct xtcp_record *r, const struct xtcp_event *e)
{
	return r->state == XTCP_TIME_WAIT && e->listening &&
	       !(e->seg.flags & (XTCP_ACK | XTCP_FIN)) &&
	       newer_incarnation(r, e);
}

/* A SYN to a record that knows both initial numbers. */
static enum xtcp_event_kind classify_late_syn(const struct xtcp_record *r,
					      const struct xtcp_event *e,
					      u8 *reason)
{
	const struct xtcp_segment *seg = &e->seg;
	bool ack = seg->flags & XTCP_ACK;

	if (may_reopen(r, e))
		return XTCP_EV_SYN_NEWER;
	if (r->state == XTCP_SYN_RCVD && seg->seq == r->irs) {
		if (!ack)
			return XTCP_EV_SYN_AGAIN;
		/* RFC 9293 figure 7: the SYN+ACKs of two openings crossed. */
		if ((r->flags & XTCP_F_WAS_ACTIVE) &&
		    seq_gt(seg->ack, r->iss) && seq_leq(seg->ack, r->snd_nxt))
			return XTCP_EV_SYN_ACK;
	}
	*reason = XTCP_R_SYN_IN_SYNC;
	return XTCP_EV_SYN;
}

/* RFC 5961 3.2: only a RST at RCV.NXT is believed. */
static enum xtcp_event_kind classify_rst(const struct xtcp_record *r,
					 const struct xtcp_segment *seg,
					 u8 *reason)
{
	if (seg->seq == r->rcv_nxt)
		return XTCP_EV_RST_EXACT;
	if (seq_in(seg->seq, r->rcv_nxt, xtcp_rcv_wnd(r))) {
		*reason = XTCP_R_RST_INEXACT;
		return XTCP_EV_RST_INEXACT;
	}
	*reason = XTCP_R_RST_OUTSIDE;
	return XTCP_EV_RST_OUTSIDE;
}

/*
 * The four cases of 3.10.7.4. What begins exactly at RCV.NXT is let through even
 * into a closed window: its ack counts (MUST-66), its text is cut off later, and
 * a FIN needs no buffer. A bare ACK may also stand on the window's right edge,
 * where the table has none: a peer that filled the window sends from there, and
 * were its acks not heard, two such ends would wait for each other for ever.
 */
static bool acceptable(const struct xtcp_record *r,
		       const struct xtcp_segment *seg)
{
	u32 len = xtcp_seg_len(seg);
	u32 wnd = xtcp_rcv_wnd(r);

	if (seg->seq == r->rcv_nxt)
		return true;
	if (seq_in(seg->seq, r->rcv_nxt, wnd + !len))
		return true;
	return len && seq_lt(seg->seq, r->rcv_nxt) &&
	       seq_gt(seg->seq + len, r->rcv_nxt);
}

/* The FIN that was taken already, at its very place; without ACK it is void. */
static bool fin_again(const struct xtcp_record *r,
		      const struct xtcp_segment *seg)
{
	const u8 both = XTCP_FIN | XTCP_ACK;

	return (seg->flags & both) == both && (r->flags & XTCP_F_FIN_RCVD) &&
	       xtcp_seg_end(seg) == r->rcv_nxt;
}

/* RFC 7323 5.3 R1 and 3.2; a RST is not subject to them. */
static u8 timestamp_fault(const struct xtcp_record *r,
			  const struct xtcp_event *e)
{
	if (!(r->flags & XTCP_F_TS))
		return XTCP_R_NONE;
	if (!(e->seg.opts & XTCP_OPT_TS))
		return XTCP_R_NO_TIMESTAMP;
	if (ts_recent_valid(r, e) && seq_lt(e->seg.tsval, r->ts_recent))
		return XTCP_R_PAWS;
	return XTCP_R_NONE;
}

/* 3.10.7.4, "fifth, check the ACK field", with RFC 5961 5.2 */
static enum xtcp_event_kind classify_ack(const struct xtcp_record *r,
					 const struct xtcp_segment *seg,
					 u8 *reason)
{
	u32 oldest = r->snd_una - r->max_snd_wnd;

	if (r->state == XTCP_SYN_RCVD) {
		*reason = XTCP_R_BAD_HANDSHAKE_ACK;
		if (seq_leq(seg->ack, r->snd_una) ||
		    seq_gt(seg->ack, r->snd_nxt))
			return XTCP_EV_ACK_BAD;
		return XTCP_EV_ACK;
	}
	if (seq_gt(seg->ack, r->snd_nxt)) {
		*reason = XTCP_R_ACK_UNSENT;
		return XTCP_EV_ACK_BAD;
	}
	if (seq_lt(seg->ack, oldest)) {
		*reason = XTCP_R_ACK_TOO_OLD;
		return XTCP_EV_ACK_OLD;
	}
	return XTCP_EV_ACK;
}

/* The peer's FIN is next in order once the text before it is taken. */
static bool fin_in_order(const struct xtcp_record *r,
			 const struct xtcp_segment *seg)
{
	u32 fin = seg->seq + seg->len;

	return (seg->flags & XTCP_FIN) && !(r->flags & XTCP_F_FIN_RCVD) &&
	       seq_leq(seg->seq, r->rcv_nxt) && seq_geq(fin, r->rcv_nxt) &&
	       seq_leq(fin, r->rcv_adv);
}

/* close(), or shutdown of both directions: RFC 9293 SHLD-3. */
static bool unwanted_text(const struct xtcp_record *r,
			  const struct xtcp_event *e)
{
	bool gone = r->flags & XTCP_F_ORPHAN;

	if ((r->flags & XTCP_F_SHUT_READ) && (r->flags & XTCP_F_FIN_QUEUED) &&
	    !e->policy->shutdown_read_keeps)
		gone = true;
	return gone && xtcp_in(r, XTCP_MAY_RECEIVE | XTCP_S(SYN_RCVD)) &&
	       e->seg.len && seq_gt(e->seg.seq + e->seg.len, r->rcv_nxt);
}

static enum xtcp_event_kind classify_acceptable(const struct xtcp_record *r,
						const struct xtcp_event *e,
						u8 *reason)
{
	const struct xtcp_segment *seg = &e->seg;
	enum xtcp_event_kind kind;
	bool ours;

	if (!(seg->flags & XTCP_ACK)) {
		*reason = XTCP_R_NO_ACK;
		return XTCP_EV_NO_ACK;
	}
	kind = classify_ack(r, seg, reason);
	if (kind != XTCP_EV_ACK)
		return kind;
	*reason = XTCP_R_NONE;
	if (unwanted_text(r, e))
		return XTCP_EV_UNWANTED;
	ours = (r->flags & XTCP_F_FIN_SENT) && seg->ack == r->snd_nxt;
	if (fin_in_order(r, seg))
		return ours ? XTCP_EV_FIN_OURS : XTCP_EV_FIN;
	return ours ? XTCP_EV_ACK_OURS : XTCP_EV_ACK;
}

/* 3.10.7.4 */
static enum xtcp_event_kind classify_other(const struct xtcp_record *r,
					   const struct xtcp_event *e,
					   u8 *reason)
{
	const struct xtcp_segment *seg = &e->seg;
	u8 fault;

	if (seg->flags & XTCP_RST)
		return classify_rst(r, seg, reason);
	if (seg->flags & XTCP_SYN)
		return classify_late_syn(r, e, reason);
	fault = timestamp_fault(r, e);
	if (fault == XTCP_R_NO_TIMESTAMP) {
		*reason = fault;
		return XTCP_EV_NO_ACK;
	}
	if (!fault && fin_again(r, seg)) {
		*reason = XTCP_R_FIN_AGAIN;
		return XTCP_EV_FIN_AGAIN;
	}
	if (fault || !acceptable(r, seg)) {
		*reason = fault ? fault : XTCP_R_OUT_OF_WINDOW;
		return XTCP_EV_OUTSIDE;
	}
	return classify_acceptable(r, e, reason);
}

enum xtcp_event_kind xtcp_classify(const struct xtcp_record *r,
				   const struct xtcp_event *e, u8 *reason)
{
	*reason = XTCP_R_NONE;
	switch (r->state) {
	case XTCP_CLOSED:
		return classify_closed(&e->seg, reason);
	case XTCP_LISTEN:
		return classify_listen(e, reason);
	case XTCP_SYN_SENT:
		return classify_syn_sent(r, &e->seg, reason);
	default:
		return classify_other(r, e, reason);
	}
}
