// SPDX-License-Identifier: GPL-2.0-only
/*
 * How connections break: RSTs sent and received, challenge ACKs, time-outs
 * (RFC 9293 3.5.1 to 3.5.3, 3.10.5, 3.10.8; RFC 5961).
 */
#include "machine/steps.h"

/* Our own end of a connection that has numbers (3.10.5). */
void xtcp_send_rst(const struct xtcp_record *r, struct xtcp_orders *o)
{
	o->todo |= XTCP_DO_RST;
	o->rst_flags = XTCP_RST | XTCP_ACK;
	o->rst_seq = xtcp_bare_seq(r);
	o->rst_ack = r->rcv_nxt;
}

/* RFC 5961: a peer that is alive answers our ACK, an attacker cannot see it. */
void xtcp_send_challenge(struct xtcp_orders *o, u8 reason)
{
	o->todo |= XTCP_DO_CHALLENGE;
	xtcp_drop(o, reason);
}

/* ---- nobody is there, or the ack is wrong: 3.5.2, groups 1 and 2 ---- */

/* The RST takes the numbers that its receiver will believe. */
void xtcp_refuse(struct xtcp_record *r, const struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	const struct xtcp_segment *seg = &e->seg;

	(void)r;
	o->todo |= XTCP_DO_RST;
	if (seg->flags & XTCP_ACK) {
		o->rst_flags = XTCP_RST;
		o->rst_seq = seg->ack;
	} else {
		o->rst_flags = XTCP_RST | XTCP_ACK;
		o->rst_ack = xtcp_seg_end(seg);
	}
	xtcp_drop(o, o->reason);
}

/* ---- RST received ---- */

/* SYN_SENT with an acceptable ack; SYN_RCVD that began with connect() */
static void refused(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_RESET_RCVD;
	xtcp_end_with_error(r, e, o, XTCP_R_REFUSED, XTCP_ERR_REFUSED);
}

void xtcp_rst_syn_sent(struct xtcp_record *r, const struct xtcp_event *e,
		       struct xtcp_orders *o)
{
	refused(r, e, o);
}

/* A passive opening just goes: its listener never left LISTEN (MUST-11). */
void xtcp_rst_syn_rcvd(struct xtcp_record *r, const struct xtcp_event *e,
		       struct xtcp_orders *o)
{
	if (r->flags & XTCP_F_WAS_ACTIVE) {
		refused(r, e, o);
		return;
	}
	/* With Fast Open a program may hold it already. */
	if (xtcp_fast(r)) {
		xtcp_rst_open(r, e, o);
		return;
	}
	r->closing = XTCP_CLOSING_RESET_RCVD;
	xtcp_end(r, e, o, XTCP_R_RESET_BY_PEER);
}

void xtcp_rst_open(struct xtcp_record *r, const struct xtcp_event *e,
		   struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_RESET_RCVD;
	xtcp_end_with_error(r, e, o, XTCP_R_RESET_BY_PEER, XTCP_ERR_RESET);
}

/* CLOSING, LAST_ACK: all was said, nobody is told. */
void xtcp_rst_closed(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_RESET_RCVD;
	xtcp_end(r, e, o, XTCP_R_RESET_BY_PEER);
}

void xtcp_challenge(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	(void)r;
	(void)e;
	xtcp_send_challenge(o, o->reason);
}

/* ---- the user breaks it ---- */

static u8 abort_reason(const struct xtcp_event *e)
{
	switch (e->kind) {
	case XTCP_EV_CLOSE_UNREAD:
		return XTCP_R_UNREAD_DATA;
	case XTCP_EV_EVICT:
		return e->reason;
	default:
		return XTCP_R_ABORTED;
	}
}

/* ABORT, EVICT or an unread rest where the peer still counts on us */
void xtcp_abort(struct xtcp_record *r, const struct xtcp_event *e,
		struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_RESET_SENT;
	xtcp_send_rst(r, o);
	xtcp_end_with_error(r, e, o, abort_reason(e), XTCP_ERR_ABORTED);
}

/* The same where it does not: unopened, or both FINs are under way */
void xtcp_vanish(struct xtcp_record *r, const struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	if (e->kind == XTCP_EV_EVICT)
		xtcp_end_with_error(r, e, o, e->reason, XTCP_ERR_ABORTED);
	else
		xtcp_end(r, e, o, XTCP_R_ABORTED);
}

/* ---- time-outs and ICMP ---- */

/* 3.10.8, 3.8.3: R2 is a number of retransmissions */
void xtcp_retransmit(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o)
{
	const struct xtcp_policy *p = e->policy;
	u8 limit = r->flags & XTCP_F_ORPHAN ? p->orphan_retries : p->retries2;

	if (r->retries >= limit) {
		r->closing = XTCP_CLOSING_GAVE_UP;
		xtcp_end_with_error(r, e, o, XTCP_R_RETRANSMIT_TIMEOUT,
				    XTCP_ERR_TIMEDOUT);
		return;
	}
	r->retries++;
	o->todo |= XTCP_DO_RETRANSMIT;
}

/* The peer is gone, but should it come back, it learns that so are we. */
void xtcp_give_up(struct xtcp_record *r, const struct xtcp_event *e,
		  struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_GAVE_UP;
	xtcp_send_rst(r, o);
	xtcp_end_with_error(r, e, o, e->reason, XTCP_ERR_TIMEDOUT);
}

/* Nothing was opened yet, so there is nobody to tell. */
void xtcp_give_up_opening(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_GAVE_UP;
	xtcp_end_with_error(r, e, o, e->reason, XTCP_ERR_TIMEDOUT);
}

/* 3.9.2.2: only an opening of ours is broken by a message anyone can forge. */
void xtcp_unreachable(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	if (r->state == XTCP_SYN_RCVD && !(r->flags & XTCP_F_WAS_ACTIVE))
		return;
	r->closing = XTCP_CLOSING_GAVE_UP;
	xtcp_end_with_error(r, e, o, XTCP_R_UNREACHABLE, XTCP_ERR_UNREACHABLE);
}

/* Soft errors are remembered by the host; the connection goes on. */
void xtcp_soft_error(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o)
{
	(void)r;
	(void)e;
	(void)o;
}
