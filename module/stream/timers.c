// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place that says which of the stream's timers runs, when it fires and
 * what then happens. Retransmission, window probes, held text and keep-alive
 * exclude each other, so one timer of the host serves them all.
 */
#include "stream/stream.h"

/* There was never a need to ask one who has nothing to say. */
#define KEEPALIVE_STATES	(XTCP_MAY_SEND | XTCP_S(FIN_WAIT_2))

static bool has_unsent(const struct xtcp_record *r, const struct xtcp_queue *q)
{
	if (r->flags & XTCP_F_FIN_SENT)
		return false;
	return (r->flags & XTCP_F_FIN_QUEUED) ||
	       r->snd_una + q->bytes != r->snd_nxt;
}

/* One of the three that end with something being sent again: RFC 8985 8 */
static enum xtcp_stream_timer wanted_for_loss(const struct xtcp_stream *s,
					      const struct xtcp_record *r)
{
	if (xtcp_stream_board(s) && xtcp_stream_sel(s)->rack.due_us)
		return XTCP_TIMER_REORDER;
	return xtcp_selective_may_probe(s, r) ? XTCP_TIMER_PROBE :
						XTCP_TIMER_RTO;
}

static enum xtcp_stream_timer wanted(const struct xtcp_stream *s,
				     const struct xtcp_record *r,
				     const struct xtcp_queue *q)
{
	bool outstanding = r->snd_una != r->snd_nxt;

	if (xtcp_in(r, XTCP_MAY_SEND) && (outstanding || has_unsent(r, q))) {
		/* MUST-35: what a shrunk window has cut off is probed, too. */
		if (!r->snd_wnd)
			return XTCP_TIMER_PERSIST;
		if (outstanding)
			return wanted_for_loss(s, r);
		/* What the pace holds back needs no timer of the stream's. */
		return q->paced ? XTCP_TIMER_NONE : XTCP_TIMER_HOLD;
	}
	/* MUST-26: only on a connection with nothing under way */
	if (s->keep_on && xtcp_in(r, KEEPALIVE_STATES))
		return XTCP_TIMER_KEEPALIVE;
	return XTCP_TIMER_NONE;
}

static bool for_loss(u8 timer)
{
	return timer == XTCP_TIMER_RTO || timer == XTCP_TIMER_PROBE ||
	       timer == XTCP_TIMER_REORDER;
}

/* Something waits for the peer to acknowledge it or to make room. */
static bool waits_for_peer(u8 timer)
{
	return for_loss(timer) || timer == XTCP_TIMER_PERSIST;
}

/* RFC 8985 7.2 */
static u64 probe_us(const struct xtcp_stream *s)
{
	return s->tlp.from_us +
	       xtcp_tlp_wait_us(s->rtt.srtt_us, s->tlp.flight, s->cc.mss);
}

/* RFC 6298 5, or what comes before it: then the time-out is no longer needed. */
static u64 loss_us(const struct xtcp_stream *s)
{
	u64 rto_us = s->started_us + xtcp_rtt_rto_us(&s->rtt);
	u64 at_us = rto_us;

	if (s->timer == XTCP_TIMER_PROBE)
		at_us = probe_us(s);
	else if (s->timer == XTCP_TIMER_REORDER)
		at_us = xtcp_stream_sel(s)->rack.due_us;
	return at_us < rto_us ? at_us : rto_us;
}

static u32 persist_us(const struct xtcp_stream *s)
{
	return xtcp_persist_interval_us(&s->persist, s->rtt.rto_us,
					s->rtt.max_us);
}

u64 xtcp_stream_due_us(const struct xtcp_stream *s)
{
	u64 user_us = s->progress_us + s->p->user_timeout_us;
	u64 at_us = s->started_us;

	switch (s->timer) {
	case XTCP_TIMER_RTO:
	case XTCP_TIMER_PROBE:
	case XTCP_TIMER_REORDER:
		at_us = loss_us(s);
		break;
	case XTCP_TIMER_PERSIST:
		at_us += persist_us(s);
		break;
	case XTCP_TIMER_HOLD:
		return at_us + XTCP_HOLD_US;
	case XTCP_TIMER_KEEPALIVE:
		return xtcp_keepalive_deadline_us(&s->keepalive, &s->p->keep);
	default:
		return 0;
	}
	return s->p->user_timeout_us && user_us < at_us ? user_us : at_us;
}

void xtcp_stream_timers(struct xtcp_stream *s, const struct xtcp_record *r,
			const struct xtcp_queue *q, u64 now_us,
			struct xtcp_stream_timers *t)
{
	enum xtcp_stream_timer timer = wanted(s, r, q);

	s->tlp.flight = r->snd_nxt - r->snd_una;
	if (for_loss(timer) && for_loss(s->timer)) {
		s->timer = timer;
	} else if (timer != s->timer) {
		if (!waits_for_peer(s->timer))
			s->progress_us = now_us;
		s->timer = timer;
		s->started_us = now_us;
	}
	t->kind = s->timer;
	t->main_us = xtcp_stream_due_us(s);
	t->ack_us = s->delack.pending ?
		    xtcp_delack_deadline_us(&s->delack, now_us) : 0;
}

static enum xtcp_expired persist_expired(struct xtcp_stream *s,
					 const struct xtcp_record *r,
					 u64 now_us, u8 *reason)
{
	bool orphan = r->flags & XTCP_F_ORPHAN;
	u8 retries = orphan ? s->p->orphan_probes : s->p->probe_retries;

	if (xtcp_persist_gives_up(&s->persist, retries, orphan)) {
		*reason = XTCP_R_PROBE_TIMEOUT;
		return XTCP_EXPIRED_GIVE_UP;
	}
	xtcp_persist_probed(&s->persist);
	s->started_us = now_us;
	return XTCP_EXPIRED_PROBE;
}

static enum xtcp_expired keepalive_expired(struct xtcp_stream *s, u64 now_us,
					   u8 *reason)
{
	switch (xtcp_keepalive_expired(&s->keepalive, &s->p->keep,
				       s->p->user_timeout_us, now_us)) {
	case XTCP_KEEP_PROBE:
		return XTCP_EXPIRED_KEEPALIVE;
	case XTCP_KEEP_GIVE_UP:
		*reason = XTCP_R_KEEPALIVE_TIMEOUT;
		return XTCP_EXPIRED_GIVE_UP;
	default:
		return XTCP_EXPIRED_NOTHING;
	}
}

enum xtcp_expired xtcp_stream_expired(struct xtcp_stream *s,
				      const struct xtcp_record *r, u64 now_us,
				      u8 *reason)
{
	if (s->timer == XTCP_TIMER_NONE || now_us < xtcp_stream_due_us(s))
		return XTCP_EXPIRED_NOTHING;
	if (waits_for_peer(s->timer) && s->p->user_timeout_us &&
	    now_us - s->progress_us >= s->p->user_timeout_us) {
		*reason = XTCP_R_USER_TIMEOUT;
		return XTCP_EXPIRED_GIVE_UP;
	}
	switch (s->timer) {
	case XTCP_TIMER_RTO:
		return XTCP_EXPIRED_RTO;
	case XTCP_TIMER_PROBE:
		s->tlp.due = true;
		s->tlp.spent = true;
		s->started_us = now_us;
		return XTCP_EXPIRED_TRANSMIT;
	case XTCP_TIMER_REORDER:
		if (now_us < xtcp_stream_sel(s)->rack.due_us)
			return XTCP_EXPIRED_RTO;
		xtcp_selective_due(s, r, now_us);
		return XTCP_EXPIRED_TRANSMIT;
	case XTCP_TIMER_PERSIST:
		return persist_expired(s, r, now_us, reason);
	case XTCP_TIMER_HOLD:
		s->override = true;
		s->started_us = now_us;
		return XTCP_EXPIRED_TRANSMIT;
	default:
		return keepalive_expired(s, now_us, reason);
	}
}

void xtcp_stream_timeout(struct xtcp_stream *s, const struct xtcp_record *r,
			 u64 now_us)
{
	if (s->bulk)
		s->bulk->sel.timeouts++;
	s->started_us = now_us;
	xtcp_rtt_back_off(&s->rtt);
	if (xtcp_stream_board(s)) {
		xtcp_selective_timeout(s, r, r->retries <= 1, now_us);
		return;
	}
	s->tlp.due = false;
	s->tlp.out = false;
	if (s->bulk && s->recovery.phase == XTCP_RECOVERY_OPEN)
		xtcp_undo_begin(&s->bulk->sel.undo, &s->cc, r->snd_una, r->snd_nxt);
	xtcp_recovery_timeout(&s->recovery, &s->cc, r->snd_una, r->snd_nxt,
			      r->retries <= 1, now_us);
}

const char *xtcp_stream_timer_name(u8 timer)
{
	static const char *const names[XTCP_TIMER_KINDS] = {
		"none", "retransmit", "probe", "reorder", "persist", "hold", "keepalive",
	};

	return timer < XTCP_TIMER_KINDS ? names[timer] : "?";
}
