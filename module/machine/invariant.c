// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold of every record between two steps. Tests ask after each step,
 * and so do debug builds.
 */
#include "machine/machine.h"

#define NO_NUMBERS	(XTCP_S(CLOSED) | XTCP_S(LISTEN))
#define OUR_FIN		(XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | \
			 XTCP_S(CLOSING) | XTCP_S(LAST_ACK) | \
			 XTCP_S(TIME_WAIT))
#define THEIR_FIN	(XTCP_S(CLOSE_WAIT) | XTCP_S(CLOSING) | \
			 XTCP_S(LAST_ACK) | XTCP_S(TIME_WAIT))
#define HANDSHAKE	(XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD))

static const char *flags_fault(const struct xtcp_record *r)
{
	u16 f = r->flags;

	if (xtcp_in(r, OUR_FIN) && !(f & XTCP_F_FIN_QUEUED))
		return "closed our direction without a FIN";
	if (xtcp_in(r, XTCP_MAY_WRITE) && (f & XTCP_F_FIN_QUEUED))
		return "a FIN is queued where text may be written";
	if ((f & XTCP_F_FIN_SENT) && !(f & XTCP_F_FIN_QUEUED))
		return "sent a FIN that nobody queued";
	if (!!(f & XTCP_F_FIN_RCVD) != xtcp_in(r, THEIR_FIN))
		return "state and the peer's FIN disagree";
	if ((f & XTCP_F_ECT) && !(f & XTCP_F_ECN))
		return "would mark its text without ECN";
	if ((f & XTCP_F_ORPHAN) && xtcp_in(r, XTCP_MAY_WRITE))
		return "an orphan that may write";
	return NULL;
}

static const char *numbers_fault(const struct xtcp_record *r)
{
	if (seq_gt(r->snd_una, r->snd_nxt))
		return "SND.UNA beyond SND.NXT";
	if (xtcp_in(r, HANDSHAKE) &&
	    (r->snd_una != r->iss ||
	     (r->snd_nxt != r->iss + 1 && !(r->flags & XTCP_F_FAST))))
		return "handshake with other numbers than ISS, ISS+1";
	if (xtcp_in(r, XTCP_S(SYN_SENT)))
		return NULL;
	if (seq_gt(r->rcv_nxt, r->rcv_adv))
		return "took more than the window allowed";
	if (xtcp_in(r, XTCP_S(SYN_RCVD)) && r->rcv_nxt != r->irs + 1 &&
	    !xtcp_fast(r))
		return "took text before the opening was complete";
	/* No story that is told here is long enough to come round to ISS. */
	if (xtcp_in(r, XTCP_SYNCHRONISED) && r->snd_una == r->iss)
		return "synchronised though our SYN is unacknowledged";
	if (xtcp_in(r, XTCP_S(FIN_WAIT_2) | XTCP_S(TIME_WAIT)) &&
	    !xtcp_fin_acked(r))
		return "our FIN is not acknowledged";
	if (xtcp_in(r, XTCP_S(FIN_WAIT_1) | XTCP_S(CLOSING) |
		    XTCP_S(LAST_ACK)) && xtcp_fin_acked(r))
		return "our FIN is acknowledged and nothing came of it";
	return NULL;
}

static const char *timer_fault(const struct xtcp_record *r)
{
	bool orphan = r->flags & XTCP_F_ORPHAN;

	if (xtcp_in(r, HANDSHAKE) != (r->timer == XTCP_LIFE_HANDSHAKE))
		return "handshake timer";
	if (xtcp_in(r, XTCP_S(TIME_WAIT)) != (r->timer == XTCP_LIFE_TIME_WAIT))
		return "2 MSL timer";
	if ((xtcp_in(r, XTCP_S(FIN_WAIT_2)) && orphan) !=
	    (r->timer == XTCP_LIFE_FIN_WAIT_2))
		return "FIN_WAIT_2 timer";
	return NULL;
}

const char *xtcp_invariant(const struct xtcp_record *r)
{
	const char *fault;

	if (!xtcp_cell(r->state, XTCP_EV_RST_OUTSIDE))
		return "no such state";
	fault = timer_fault(r);
	if (fault || xtcp_in(r, NO_NUMBERS))
		return fault;
	fault = flags_fault(r);
	return fault ? fault : numbers_fault(r);
}
