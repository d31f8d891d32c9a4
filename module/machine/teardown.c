// SPDX-License-Identifier: GPL-2.0-only
/*
 * How connections close: CLOSE calls, FINs, and the ACKs of FINs (RFC 9293 3.6,
 * 3.10.4, and the last step of 3.10.7.4).
 */
#include "machine/steps.h"

/* ---- our side ends its direction ---- */

static void queue_fin(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o, enum xtcp_state next)
{
	r->flags |= XTCP_F_FIN_QUEUED;
	if (e->kind == XTCP_EV_CLOSE)
		r->flags |= XTCP_F_ORPHAN;
	xtcp_enter(r, e, next);
	o->todo |= XTCP_DO_FIN;
}

/* CLOSE or SHUT_WRITE in ESTABLISHED: we are the first to close */
void xtcp_close_first(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_WE_FIRST;
	queue_fin(r, e, o, XTCP_FIN_WAIT_1);
}

/* CLOSE or SHUT_WRITE in CLOSE_WAIT: the peer was first */
void xtcp_close_second(struct xtcp_record *r, const struct xtcp_event *e,
		       struct xtcp_orders *o)
{
	queue_fin(r, e, o, XTCP_LAST_ACK);
}

/* SYN_RCVD: the FIN waits until the connection is open (3.10.4). */
void xtcp_close_early(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	(void)o;
	r->flags |= XTCP_F_FIN_QUEUED;
	if (e->kind == XTCP_EV_CLOSE)
		r->flags |= XTCP_F_ORPHAN;
}

/* LISTEN, SYN_SENT: the peer knows of nothing, so it is told nothing. */
void xtcp_close_unopened(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o)
{
	xtcp_end(r, e, o, XTCP_R_CLOSED_BEFORE_OPEN);
}

/* CLOSE after our direction was ended by shutdown: no second FIN (EV-08) */
void xtcp_close_again(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	(void)e;
	(void)o;
	r->flags |= XTCP_F_ORPHAN;
}

/* The same in FIN_WAIT_2, which ends after a time once nobody holds it. */
void xtcp_close_fin_wait_2(struct xtcp_record *r, const struct xtcp_event *e,
			   struct xtcp_orders *o)
{
	r->flags |= XTCP_F_ORPHAN;
	xtcp_enter_fin_wait_2(r, e, o);
}

/* ---- the peer ends its direction ---- */

/* FIN in ESTABLISHED */
void xtcp_established_fin(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_take_fin(r, o);
	r->closing = XTCP_CLOSING_PEER_FIRST;
	xtcp_enter(r, e, XTCP_CLOSE_WAIT);
}

/* FIN in FIN_WAIT_1 that does not acknowledge ours: the two crossed. */
void xtcp_fin_crossed(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_take_fin(r, o);
	r->closing = XTCP_CLOSING_BOTH;
	xtcp_enter(r, e, XTCP_CLOSING);
}

/* FIN in FIN_WAIT_1 that acknowledges ours: three segments were enough. */
void xtcp_fin_and_ack(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_take_fin(r, o);
	xtcp_enter_time_wait(r, e, o);
}

/* FIN in FIN_WAIT_2: the usual fourth act */
void xtcp_fin_after_ours(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_take_fin(r, o);
	xtcp_enter_time_wait(r, e, o);
}

/* A FIN that waited out of order, in ESTABLISHED */
void xtcp_stored_fin_established(struct xtcp_record *r,
				 const struct xtcp_event *e,
				 struct xtcp_orders *o)
{
	xtcp_take_text(r, e, o);
	xtcp_take_fin(r, o);
	o->todo |= XTCP_DO_ACK;
	r->closing = XTCP_CLOSING_PEER_FIRST;
	xtcp_enter(r, e, XTCP_CLOSE_WAIT);
}

/* ... in FIN_WAIT_1, where ours is not acknowledged */
void xtcp_stored_fin_crossed(struct xtcp_record *r, const struct xtcp_event *e,
			     struct xtcp_orders *o)
{
	xtcp_take_text(r, e, o);
	xtcp_take_fin(r, o);
	r->closing = XTCP_CLOSING_BOTH;
	xtcp_enter(r, e, XTCP_CLOSING);
}

/* ... in FIN_WAIT_2 */
void xtcp_stored_fin_after_ours(struct xtcp_record *r,
				const struct xtcp_event *e,
				struct xtcp_orders *o)
{
	xtcp_take_text(r, e, o);
	xtcp_take_fin(r, o);
	xtcp_enter_time_wait(r, e, o);
}

/* ---- our FIN is acknowledged ---- */

/* FIN_WAIT_1 */
void xtcp_fin_acked_first(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_enter(r, e, XTCP_FIN_WAIT_2);
	xtcp_enter_fin_wait_2(r, e, o);
}

/* CLOSING */
void xtcp_fin_acked_crossed(struct xtcp_record *r, const struct xtcp_event *e,
			    struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_enter_time_wait(r, e, o);
}

/* LAST_ACK: the peer waits in TIME_WAIT, we need not. */
void xtcp_fin_acked_last(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o)
{
	xtcp_flow(r, e, o);
	xtcp_end(r, e, o, XTCP_R_CLOSED_ORDERLY);
}
