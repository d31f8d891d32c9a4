// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left when a connection is over: 2 MSL in TIME_WAIT for the end that
 * closed first, and a bounded FIN_WAIT_2 for one that nobody holds
 * (RFC 9293 3.6.1, 3.10.7.4; RFC 1337; RFC 6191).
 */
#include "machine/steps.h"

void xtcp_enter_time_wait(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	xtcp_enter(r, e, XTCP_TIME_WAIT);
	xtcp_life_timer(r, e, o, XTCP_LIFE_TIME_WAIT, 2 * e->policy->msl_ms);
	o->todo |= XTCP_DO_SMALL;
}

/*
 * Our FIN is acknowledged, the peer's is not here. While a user holds the
 * socket the peer may take as long as it likes (half-close).
 */
void xtcp_enter_fin_wait_2(struct xtcp_record *r, const struct xtcp_event *e,
			   struct xtcp_orders *o)
{
	u32 timeout_ms = e->policy->fin_timeout_ms;

	if (!(r->flags & XTCP_F_ORPHAN))
		return;
	if (!timeout_ms) {
		xtcp_end(r, e, o, XTCP_R_FIN_WAIT_2_OVER);
		return;
	}
	xtcp_life_timer(r, e, o, XTCP_LIFE_FIN_WAIT_2, timeout_ms);
	o->todo |= XTCP_DO_SMALL;
}

/* The timer of either state */
void xtcp_life_over(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	bool time_wait = r->state == XTCP_TIME_WAIT;

	xtcp_end(r, e, o, time_wait ? XTCP_R_TIME_WAIT_OVER :
				      XTCP_R_FIN_WAIT_2_OVER);
}

/* The peer did not hear our last ACK: say it again, and wait anew. */
void xtcp_last_ack_again(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o)
{
	o->todo |= XTCP_DO_ACK;
	xtcp_life_timer(r, e, o, XTCP_LIFE_TIME_WAIT, 2 * e->policy->msl_ms);
	xtcp_drop(o, XTCP_R_FIN_AGAIN);
}

/* The FIN once more, where no 2 MSL runs: only the ACK is repeated. */
void xtcp_fin_repeated(struct xtcp_record *r, const struct xtcp_event *e,
		       struct xtcp_orders *o)
{
	(void)r;
	(void)e;
	o->todo |= XTCP_DO_ACK;
	xtcp_drop(o, XTCP_R_FIN_AGAIN);
}

/* RFC 1337: an old RST would let old duplicates into a new incarnation. */
void xtcp_assassin(struct xtcp_record *r, const struct xtcp_event *e,
		   struct xtcp_orders *o)
{
	if (e->policy->rfc1337) {
		xtcp_drop(o, XTCP_R_RST_TIME_WAIT);
		return;
	}
	r->closing = XTCP_CLOSING_RESET_RCVD;
	xtcp_end(r, e, o, XTCP_R_RESET_BY_PEER);
}

/* RFC 6191: the pair may begin anew; the listener takes it from here. */
void xtcp_reopen(struct xtcp_record *r, const struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	xtcp_end(r, e, o, XTCP_R_TIME_WAIT_REUSED);
	o->todo |= XTCP_DO_REOPEN;
}

/* An acceptable segment has nothing left to change; text has no reader. */
void xtcp_too_late(struct xtcp_record *r, const struct xtcp_event *e,
		   struct xtcp_orders *o)
{
	(void)r;
	if (e->seg.len)
		xtcp_drop(o, XTCP_R_TEXT_AFTER_FIN);
}
