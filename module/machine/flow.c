// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every open connection does with a segment that fits: its ack, its window,
 * its urgent pointer and its text (RFC 9293 3.10.7.4, fifth to seventh step).
 */
#include "machine/steps.h"

/* RFC 7323 4.3: the echo is the timestamp of the oldest segment not yet acked. */
void xtcp_remember_ts(struct xtcp_record *r, const struct xtcp_event *e)
{
	const struct xtcp_segment *seg = &e->seg;

	if (!(r->flags & XTCP_F_TS) || !(seg->opts & XTCP_OPT_TS))
		return;
	if (seq_gt(seg->seq, r->last_ack_sent))
		return;
	r->flags |= XTCP_F_TS_RECENT;
	r->ts_recent = seg->tsval;
	r->ts_recent_ms = e->now_ms;
}

void xtcp_take_window(struct xtcp_record *r, const struct xtcp_segment *seg,
		      bool news, struct xtcp_orders *o)
{
	bool syn = seg->flags & XTCP_SYN;
	u32 wnd = (u32)seg->wnd << (syn ? 0 : r->snd_wscale);

	/*
	 * An old segment that was overtaken must not shrink the window. One that
	 * acknowledges something new is not old, be it a retransmission.
	 */
	if (!syn && !news && !seq_lt(r->snd_wl1, seg->seq) &&
	    !(r->snd_wl1 == seg->seq && seq_leq(r->snd_wl2, seg->ack)))
		return;
	if (wnd != r->snd_wnd)
		o->todo |= XTCP_DO_WINDOW;
	r->snd_wnd = wnd;
	r->snd_wl1 = seg->seq;
	r->snd_wl2 = seg->ack;
	if (wnd > r->max_snd_wnd)
		r->max_snd_wnd = wnd;
}

void xtcp_take_ack(struct xtcp_record *r, const struct xtcp_event *e,
		   struct xtcp_orders *o)
{
	const struct xtcp_segment *seg = &e->seg;
	u32 acked = seg->ack - r->snd_una;

	xtcp_remember_ts(r, e);
	if (seq_lt(seg->ack, r->snd_una))
		return;
	if (acked) {
		if (r->snd_una == r->iss &&
		    xtcp_in(r, XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD)))
			acked--;
		if ((r->flags & XTCP_F_FIN_SENT) && seg->ack == r->snd_nxt)
			acked--;
		r->snd_una = seg->ack;
		r->retries = 0;
		o->acked = acked;
		o->todo |= XTCP_DO_ACKED;
	}
	xtcp_take_window(r, seg, acked, o);
}

/* Text ahead of its turn is kept if it fits; the peer is told what is missing. */
static void store_text(const struct xtcp_record *r,
		       const struct xtcp_segment *seg, struct xtcp_orders *o)
{
	u32 room = r->rcv_adv - seg->seq;
	bool fin = seg->flags & XTCP_FIN;

	o->todo |= XTCP_DO_STORE | XTCP_DO_ACK;
	o->text_len = seg->len < room ? seg->len : room;
	o->store_fin = fin && o->text_len == seg->len;
	if (!o->text_len && !o->store_fin)
		o->todo &= ~(u32)XTCP_DO_STORE;
}

static bool reads_no_more(const struct xtcp_record *r,
			  const struct xtcp_policy *p)
{
	return (r->flags & XTCP_F_ORPHAN) ||
	       ((r->flags & XTCP_F_SHUT_READ) && !p->shutdown_read_keeps);
}

/* MUST-66: with or without text, in order or not, the window open or closed */
static void take_urgent(const struct xtcp_record *r,
			const struct xtcp_segment *seg, u32 seq,
			struct xtcp_orders *o)
{
	if (!(seg->flags & XTCP_URG) || seq_leq(seq + seg->up, r->rcv_nxt))
		return;
	o->urgent = seq + seg->up;
	o->todo |= XTCP_DO_URGENT;
}

void xtcp_take_text(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	const struct xtcp_segment *seg = &e->seg;
	u32 seq = seg->seq + !!(seg->flags & XTCP_SYN);
	u32 wnd = xtcp_rcv_wnd(r);
	u32 old, new;

	if (!xtcp_in(r, XTCP_MAY_RECEIVE) && !xtcp_fast(r)) {
		if (seg->len)
			xtcp_drop(o, XTCP_R_TEXT_AFTER_FIN);
		return;
	}
	take_urgent(r, seg, seq, o);
	if (seq_gt(seq, r->rcv_nxt)) {
		if (seg->len || (seg->flags & XTCP_FIN))
			store_text(r, seg, o);
		return;
	}
	old = r->rcv_nxt - seq;
	if (seg->len <= old)
		return;
	new = seg->len - old;
	if (new > wnd) {
		/* A probe of a closed window, or a peer that ignores it. */
		new = wnd;
		o->todo |= XTCP_DO_ACK;
	}
	if (!new)
		return;
	r->rcv_nxt += new;
	o->text_off = old;
	o->text_len = new;
	o->todo |= XTCP_DO_ACK_LATER;
	if (!reads_no_more(r, e->policy)) {
		o->todo |= XTCP_DO_TEXT;
		return;
	}
	o->todo |= XTCP_DO_DISCARD;
	o->reason = XTCP_R_SHUT_READ;
}

/*
 * The peer's FIN uses up one number; the reader has seen everything. The ACK may
 * wait for our own FIN, where the program can still send one.
 */
void xtcp_take_fin(struct xtcp_record *r, struct xtcp_orders *o)
{
	r->rcv_nxt++;
	/* It needs no buffer, so it may stand on the very edge of the window. */
	r->rcv_adv = seq_max(r->rcv_adv, r->rcv_nxt);
	r->flags |= XTCP_F_FIN_RCVD;
	o->todo |= XTCP_DO_EOF;
	o->todo |= r->flags & XTCP_F_FIN_QUEUED ? XTCP_DO_ACK :
						   XTCP_DO_ACK_LATER;
}

/* ACK in every state that it does not change */
void xtcp_flow(struct xtcp_record *r, const struct xtcp_event *e,
	       struct xtcp_orders *o)
{
	xtcp_take_ack(r, e, o);
	xtcp_take_text(r, e, o);
}

/* Text that waited out of order; its ack and window were looked at before. */
void xtcp_stored(struct xtcp_record *r, const struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	xtcp_take_text(r, e, o);
}

/* A probe goes where the peer has no room (3.8.6.1). See xtcp_bare_seq(). */
static void note_beyond(struct xtcp_record *r)
{
	r->flags &= ~XTCP_F_BEYOND;
	if (seq_gt(r->snd_nxt, r->snd_una + r->snd_wnd))
		r->flags |= XTCP_F_BEYOND;
}

void xtcp_note_sent(struct xtcp_record *r, u32 len, bool fin, u32 rcv_adv)
{
	r->snd_nxt += len;
	if (fin) {
		r->snd_nxt++;
		r->flags |= XTCP_F_FIN_SENT;
	}
	if (len || fin)
		note_beyond(r);
	r->rcv_adv = seq_max(r->rcv_adv, rcv_adv);
	r->last_ack_sent = r->rcv_nxt;
}

/* The stream sent something for the first time, or told a new window. */
void xtcp_sent(struct xtcp_record *r, const struct xtcp_event *e,
	       struct xtcp_orders *o)
{
	if ((e->len || e->fin) &&
	    (!xtcp_may_send(r) || (r->flags & XTCP_F_FIN_SENT)))
		o->todo |= XTCP_DO_BUG;
	xtcp_note_sent(r, e->len, e->fin, e->rcv_adv);
}

/*
 * Outside the window or out of date: what the peer needs to hear is where we
 * are. Answers to segments without text are limited, or two ends that lost each
 * other would answer each other's ACKs for ever. A peer that took our probe does
 * not hear what stands before it: perhaps that is why.
 */
void xtcp_answer(struct xtcp_record *r, const struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	r->flags &= ~XTCP_F_BEYOND;
	if (!xtcp_seg_len(&e->seg)) {
		xtcp_send_challenge(o, o->reason);
		return;
	}
	o->todo |= XTCP_DO_ACK;
	xtcp_drop(o, o->reason);
}

/* Nobody wants it, nobody is told: only counted. */
void xtcp_silence(struct xtcp_record *r, const struct xtcp_event *e,
		  struct xtcp_orders *o)
{
	(void)r;
	(void)e;
	xtcp_drop(o, o->reason);
}
