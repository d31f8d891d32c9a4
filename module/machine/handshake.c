// SPDX-License-Identifier: GPL-2.0-only
/*
 * How connections open: passive, active, both at once, with oneself
 * (RFC 9293 3.5, 3.10.1, 3.10.7.2 to 3.10.7.4).
 */
#include "machine/steps.h"

/* RFC 3168 6.1.1: a SYN asks by ECE and CWR, a SYN+ACK agrees by ECE alone. */
static u16 negotiate_ecn(const struct xtcp_record *r,
			 const struct xtcp_event *e)
{
	const struct xtcp_segment *seg = &e->seg;
	u16 may = XTCP_F_ECN | XTCP_F_ECT;

	if (r->state == XTCP_SYN_SENT)
		may &= r->flags;
	else if (!e->policy->ecn)
		return 0;
	if (r->state != XTCP_SYN_SENT || !(seg->flags & XTCP_ACK))
		return xtcp_asks_ecn(seg) ? may : 0;
	return (seg->flags & (XTCP_ECE | XTCP_CWR)) == XTCP_ECE ? may : 0;
}

/* What both SYNs together allow (RFC 7323 2.2 and 3.2, RFC 2018 2). */
static void negotiate(struct xtcp_record *r, const struct xtcp_event *e)
{
	const struct xtcp_segment *seg = &e->seg;
	const struct xtcp_policy *p = e->policy;
	u16 both = negotiate_ecn(r, e);

	if (p->timestamps && (seg->opts & XTCP_OPT_TS))
		both |= XTCP_F_TS;
	if (p->window_scaling && (seg->opts & XTCP_OPT_WSCALE))
		both |= XTCP_F_WSCALE;
	if (p->sack && (seg->opts & XTCP_OPT_SACK_PERMITTED))
		both |= XTCP_F_SACK;
	r->flags = (r->flags & ~(XTCP_F_TS | XTCP_F_WSCALE | XTCP_F_SACK |
				 XTCP_F_ECN | XTCP_F_ECT)) | both;
	r->mss = seg->opts & XTCP_OPT_MSS ? seg->mss : 0;
	r->snd_wscale = 0;
	if (!(both & XTCP_F_WSCALE)) {
		r->rcv_wscale = 0;
		return;
	}
	r->snd_wscale = seg->wscale < XTCP_WSCALE_MAX ? seg->wscale :
							XTCP_WSCALE_MAX;
}

/* Takes the peer's SYN: from here on its numbers are known. */
static void take_syn(struct xtcp_record *r, const struct xtcp_event *e)
{
	const struct xtcp_segment *seg = &e->seg;
	u32 wnd = xtcp_rcv_wnd(r);

	r->irs = seg->seq;
	r->rcv_nxt = seg->seq + 1;
	r->rcv_adv = r->rcv_nxt + wnd;
	r->last_ack_sent = r->rcv_nxt;
	r->snd_wnd = seg->wnd;
	r->max_snd_wnd = seg->wnd;
	r->snd_wl1 = seg->seq;
	r->snd_wl2 = r->snd_una;
	negotiate(r, e);
	xtcp_remember_ts(r, e);
}

/* Our numbers. A SYN uses one up. */
static void begin(struct xtcp_record *r, const struct xtcp_event *e,
		  enum xtcp_opened opened)
{
	const struct xtcp_opening *open = &e->open;

	xtcp_record_init(r);
	r->opened = opened;
	r->iss = open->iss;
	r->snd_una = open->iss;
	r->snd_nxt = open->iss + 1;
	r->rcv_adv = open->rcv_wnd;
	r->rcv_wscale = open->rcv_wscale;
	r->ts_offset = open->ts_offset;
}

static void handshake_timer(struct xtcp_record *r, const struct xtcp_event *e,
			    struct xtcp_orders *o)
{
	const struct xtcp_policy *p = e->policy;
	u32 rto_ms = p->rto_init_ms;
	u8 i;

	for (i = 0; i < r->retries && rto_ms < p->rto_max_ms; i++)
		rto_ms *= 2;
	if (rto_ms > p->rto_max_ms)
		rto_ms = p->rto_max_ms;
	xtcp_life_timer(r, e, o, XTCP_LIFE_HANDSHAKE, rto_ms);
}

void xtcp_open_passive(struct xtcp_record *r, const struct xtcp_event *e,
		       struct xtcp_orders *o)
{
	(void)o;
	xtcp_record_init(r);
	xtcp_enter(r, e, XTCP_LISTEN);
}

void xtcp_open_active(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	begin(r, e, XTCP_OPENED_ACTIVE);
	if (e->policy->ecn == 1)
		r->flags |= XTCP_F_ECN | XTCP_F_ECT;
	r->snd_nxt += e->len;
	if (e->len)
		r->flags |= XTCP_F_FAST;
	xtcp_enter(r, e, XTCP_SYN_SENT);
	o->todo |= XTCP_DO_SYN;
	handshake_timer(r, e, o);
}

/* RFC 7413 4.2: the program reads it at once, our SYN+ACK acknowledges it. */
static void take_fast_text(struct xtcp_record *child,
			   const struct xtcp_event *e, struct xtcp_orders *o)
{
	child->flags |= XTCP_F_FAST;
	xtcp_take_text(child, e, o);
	child->last_ack_sent = child->rcv_nxt;
	o->todo &= ~(XTCP_DO_ACK | XTCP_DO_ACK_LATER);
}

/* A SYN to a listener, which stays one: its child is in SYN_RCVD. */
void xtcp_listen_syn(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o)
{
	struct xtcp_record *child = e->child;

	(void)r;
	if (e->accept_full) {
		xtcp_drop(o, XTCP_R_ACCEPT_QUEUE_FULL);
		return;
	}
	begin(child, e, XTCP_OPENED_PASSIVE);
	take_syn(child, e);
	xtcp_enter(child, e, XTCP_SYN_RCVD);
	handshake_timer(child, e, o);
	if (e->fast)
		take_fast_text(child, e, o);
	o->todo |= XTCP_DO_SPAWN | XTCP_DO_SYN_ACK;
}

/* 3.10.7.3: our SYN was answered; text and FIN on the answer count too. */
void xtcp_syn_acked(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	const struct xtcp_segment *seg = &e->seg;

	take_syn(r, e);
	xtcp_take_ack(r, e, o);
	xtcp_life_timer(r, e, o, XTCP_LIFE_NONE, 0);
	xtcp_enter(r, e, XTCP_ESTABLISHED);
	o->todo |= XTCP_DO_ESTABLISHED | XTCP_DO_ACK;
	xtcp_take_text(r, e, o);
	if (!(seg->flags & XTCP_FIN) ||
	    seg->seq + 1 + seg->len != r->rcv_nxt)
		return;
	xtcp_take_fin(r, o);
	r->closing = XTCP_CLOSING_PEER_FIRST;
	xtcp_enter(r, e, XTCP_CLOSE_WAIT);
}

/* 3.5, figure 7: the peer opens too, or we are our own peer. */
void xtcp_syn_crossed(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	if (e->self && !e->policy->self_connect) {
		xtcp_end_with_error(r, e, o, XTCP_R_SELF_REFUSED,
				    XTCP_ERR_REFUSED);
		return;
	}
	r->opened = e->self ? XTCP_OPENED_SELF : XTCP_OPENED_SIMULTANEOUS;
	r->flags |= XTCP_F_WAS_ACTIVE;
	take_syn(r, e);
	xtcp_enter(r, e, XTCP_SYN_RCVD);
	o->todo |= XTCP_DO_SYN_ACK;
	handshake_timer(r, e, o);
}

/*
 * The peer did not hear our SYN+ACK. If it has given up ECN meanwhile, it may
 * still mark what it sends, but we do not (RFC 3168 6.1.1).
 */
void xtcp_syn_again(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	if (!xtcp_asks_ecn(&e->seg))
		r->flags &= ~XTCP_F_ECT;
	o->todo |= XTCP_DO_SYN_ACK;
}

/*
 * The accept queue has no room: as if the last ACK had been lost, so that a
 * SYN+ACK goes out again later; or RST with abort_on_overflow.
 */
static bool no_room(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	if (!e->accept_full || (r->flags & XTCP_F_WAS_ACTIVE))
		return false;
	if (!e->policy->abort_on_overflow) {
		xtcp_drop(o, XTCP_R_ACCEPT_QUEUE_FULL);
		return true;
	}
	xtcp_send_rst(r, o);
	r->closing = XTCP_CLOSING_RESET_SENT;
	xtcp_end(r, e, o, XTCP_R_ABORT_ON_OVERFLOW);
	return true;
}

/* Synchronised. What the user closed meanwhile is closed now (3.10.4). */
static void established(struct xtcp_record *r, const struct xtcp_event *e,
			struct xtcp_orders *o)
{
	xtcp_life_timer(r, e, o, XTCP_LIFE_NONE, 0);
	o->todo |= XTCP_DO_ESTABLISHED;
	if (!(r->flags & XTCP_F_FIN_QUEUED)) {
		xtcp_enter(r, e, XTCP_ESTABLISHED);
		return;
	}
	r->closing = XTCP_CLOSING_WE_FIRST;
	xtcp_enter(r, e, XTCP_FIN_WAIT_1);
	o->todo |= XTCP_DO_FIN;
}

/* The last ACK of the opening, which may bring the first text. */
void xtcp_opened(struct xtcp_record *r, const struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	if (no_room(r, e, o))
		return;
	xtcp_take_ack(r, e, o);
	established(r, e, o);
	xtcp_take_text(r, e, o);
}

/* The same with FIN: the peer had one thing to say, or nothing. */
void xtcp_opened_fin(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o)
{
	xtcp_opened(r, e, o);
	if (xtcp_in(r, XTCP_S(ESTABLISHED)))
		xtcp_established_fin(r, e, o);
	else if (xtcp_in(r, XTCP_S(FIN_WAIT_1)))
		xtcp_fin_crossed(r, e, o);
}

/*
 * The SYN+ACKs of two openings crossed: complete, and as its SYN is a repeat, one
 * ACK answers. Peers that drop such a SYN+ACK wait for that.
 */
void xtcp_opened_crossed(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o)
{
	xtcp_take_ack(r, e, o);
	established(r, e, o);
	o->todo |= XTCP_DO_ACK;
}

/* 3.10.8: SYN or SYN+ACK was not answered. */
void xtcp_handshake_again(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	bool active = r->state == XTCP_SYN_SENT ||
		      (r->flags & XTCP_F_WAS_ACTIVE);
	u8 limit = active ? e->policy->syn_retries : e->policy->synack_retries;

	if (r->retries >= limit) {
		r->closing = XTCP_CLOSING_GAVE_UP;
		if (active)
			xtcp_end_with_error(r, e, o, XTCP_R_SYN_TIMEOUT,
					    XTCP_ERR_TIMEDOUT);
		else if (xtcp_fast(r))
			xtcp_end_with_error(r, e, o, XTCP_R_SYN_ACK_TIMEOUT,
					    XTCP_ERR_TIMEDOUT);
		else
			xtcp_end(r, e, o, XTCP_R_SYN_ACK_TIMEOUT);
		return;
	}
	r->retries++;
	/* Perhaps it was the question for ECN that did not pass (6.1.1.1). */
	if (r->state == XTCP_SYN_SENT)
		r->flags &= ~XTCP_F_ECT;
	o->todo |= r->state == XTCP_SYN_SENT ? XTCP_DO_SYN : XTCP_DO_SYN_ACK;
	handshake_timer(r, e, o);
}

/* 3.10.7.3: an ack of something we did not send: tell its sender so. */
void xtcp_old_syn_ack(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	xtcp_refuse(r, e, o);
}

/* The third segment brings a cookie back: all that we knew is in it. */
void xtcp_listen_cookie(struct xtcp_record *r, const struct xtcp_event *e,
			struct xtcp_orders *o)
{
	const struct xtcp_segment *seg = &e->seg;
	struct xtcp_record *child = e->child;
	struct xtcp_event syn = *e;

	(void)r;
	syn.open.iss = seg->ack - 1;
	syn.seg.seq = seg->seq - 1;
	xtcp_cookie_options(&syn);
	begin(child, &syn, XTCP_OPENED_COOKIE);
	take_syn(child, &syn);
	xtcp_enter(child, e, XTCP_SYN_RCVD);
	xtcp_opened(child, e, o);
	if (o->todo & XTCP_DO_ESTABLISHED) {
		o->todo |= XTCP_DO_SPAWN;
	} else if (child->state == XTCP_CLOSED) {
		/* abort_on_overflow ended the child, not the listener. */
		o->todo = XTCP_DO_RST;
		xtcp_drop(o, XTCP_R_ABORT_ON_OVERFLOW);
	}
}
