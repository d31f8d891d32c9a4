// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "law.h"

/*
 * The edges of RFC 9293 figure 5, and those of its text: a SYN+ACK that carries
 * a FIN, a close before the opening is complete, and an end from anywhere.
 */
static const u32 edges[XTCP_STATES] = {
	[XTCP_CLOSED] = XTCP_S(LISTEN) | XTCP_S(SYN_SENT),
	[XTCP_LISTEN] = XTCP_S(CLOSED),
	[XTCP_SYN_SENT] = XTCP_S(SYN_RCVD) | XTCP_S(ESTABLISHED) |
			  XTCP_S(CLOSE_WAIT) | XTCP_S(CLOSED),
	[XTCP_SYN_RCVD] = XTCP_S(ESTABLISHED) | XTCP_S(FIN_WAIT_1) |
			  XTCP_S(CLOSE_WAIT) | XTCP_S(CLOSING) |
			  XTCP_S(CLOSED),
	[XTCP_ESTABLISHED] = XTCP_S(FIN_WAIT_1) | XTCP_S(CLOSE_WAIT) |
			     XTCP_S(CLOSED),
	[XTCP_FIN_WAIT_1] = XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSING) |
			    XTCP_S(TIME_WAIT) | XTCP_S(CLOSED),
	[XTCP_FIN_WAIT_2] = XTCP_S(TIME_WAIT) | XTCP_S(CLOSED),
	[XTCP_CLOSE_WAIT] = XTCP_S(LAST_ACK) | XTCP_S(CLOSED),
	[XTCP_CLOSING] = XTCP_S(TIME_WAIT) | XTCP_S(CLOSED),
	[XTCP_LAST_ACK] = XTCP_S(CLOSED),
	[XTCP_TIME_WAIT] = XTCP_S(CLOSED),
};

bool law_edge(u8 from, u8 to)
{
	return from == to || (edges[from] >> to & 1);
}

static const char *numbers_broken(const struct xtcp_record *before,
				  const struct xtcp_record *after)
{
	if (!xtcp_in(before, XTCP_SYNCHRONISED | XTCP_S(SYN_RCVD)))
		return NULL;
	if (after->iss != before->iss || after->irs != before->irs)
		return "an initial number changed";
	if (seq_lt(after->snd_una, before->snd_una))
		return "SND.UNA went back";
	if (seq_lt(after->snd_nxt, before->snd_nxt))
		return "SND.NXT went back";
	if (seq_lt(after->rcv_nxt, before->rcv_nxt))
		return "RCV.NXT went back";
	if (seq_lt(after->rcv_adv, before->rcv_adv))
		return "the window's right edge went back (SHLD-14)";
	return NULL;
}

/* 3.10.7: what a segment may bring forth at all */
static const char *answer_broken(const struct xtcp_record *before,
				 const struct xtcp_event *e,
				 const struct xtcp_orders *o)
{
	const u32 answers_to_rst = XTCP_DO_CHALLENGE;
	bool rst = e->seg.flags & XTCP_RST;

	if (e->kind != XTCP_EV_SEGMENT)
		return NULL;
	if (rst && (o->todo & ON_WIRE & ~answers_to_rst))
		return "a RST was answered";
	if ((o->todo & XTCP_DO_RST) && xtcp_in(before, XTCP_SYNCHRONISED) &&
	    !(o->todo & XTCP_DO_FREE))
		return "a synchronised connection sent RST and lived on";
	if ((o->todo & XTCP_DO_CHALLENGE) && !(o->todo & XTCP_DO_DROPPED))
		return "challenged what it did not drop";
	if ((o->todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD)) &&
	    o->text_off + o->text_len > e->seg.len)
		return "took more text than came";
	return NULL;
}

/* A new window is told by SENT, never by a step that takes text or a FIN. */
static const char *window_broken(const struct xtcp_record *before,
				 const struct xtcp_event *e,
				 const struct xtcp_orders *o,
				 const struct xtcp_record *after)
{
	u32 text = o->todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD) ?
			   o->text_len : 0;

	if (e->kind == XTCP_EV_SENT || e->kind == XTCP_EV_OPEN_ACTIVE ||
	    xtcp_in(before, XTCP_S(SYN_SENT) | XTCP_S(LISTEN)))
		return NULL;
	if (text > xtcp_rcv_wnd(before))
		return "took text beyond the window";
	if (after->rcv_nxt - before->rcv_nxt !=
	    text + ((after->flags & ~before->flags & XTCP_F_FIN_RCVD) != 0))
		return "RCV.NXT moved by other than text and FIN";
	return NULL;
}

static const char *end_broken(const struct xtcp_record *before,
			      const struct xtcp_orders *o,
			      const struct xtcp_record *after)
{
	bool ended = before->state != XTCP_CLOSED &&
		     after->state == XTCP_CLOSED;

	if (ended != !!(o->todo & XTCP_DO_FREE))
		return "FREE and the end in CLOSED disagree";
	if (ended && after->reason == XTCP_R_NONE)
		return "ended without a reason";
	if (!ended && after->reason != before->reason)
		return "a reason for an end that is none";
	if ((o->todo & XTCP_DO_DROPPED) && o->reason == XTCP_R_NONE)
		return "dropped without a reason";
	if (!(o->todo & XTCP_DO_ERROR) != !o->error)
		return "ERROR and its number disagree";
	if (before->state == after->state &&
	    before->since_ms != after->since_ms)
		return "the time in a state began anew without a change";
	return NULL;
}

/* The orders are self-consistent and the life timer is what they say. */
static const char *timer_broken(const struct xtcp_record *before,
				const struct xtcp_orders *o,
				const struct xtcp_record *after)
{
	bool set = o->todo & XTCP_DO_TIMER;
	bool stop = o->todo & XTCP_DO_NO_TIMER;

	/* A listener's orders speak of its child's timer. */
	if (before->state == XTCP_LISTEN && after->state == XTCP_LISTEN)
		return NULL;
	if (set && stop)
		return "the timer is both set and stopped";
	if (set && after->timer == XTCP_LIFE_NONE)
		return "set a timer for nothing";
	if (stop && after->timer != XTCP_LIFE_NONE)
		return "stopped a timer that is needed";
	if (!set && !stop && (after->timer != before->timer ||
			      after->expires_ms != before->expires_ms))
		return "the timer changed behind the host's back";
	return NULL;
}

/* expected.c: the short way ends where the long one does. */
static const char *expected_broken(const struct xtcp_record *before,
				   const struct xtcp_event *e,
				   const struct xtcp_orders *o,
				   const struct xtcp_record *after)
{
	struct xtcp_record r = *before;
	struct xtcp_orders short_way;

	if (e->kind != XTCP_EV_SEGMENT || !xtcp_expected(before, &e->seg))
		return NULL;
	xtcp_step_expected(&r, &e->seg, e->now_ms, &short_way);
	if (memcmp(&r, after, sizeof(r)))
		return "the short way leaves another record";
	if (memcmp(&short_way, o, sizeof(*o)))
		return "the short way gives other orders";
	return NULL;
}

const char *law_broken(const struct xtcp_record *before,
		       const struct xtcp_event *e,
		       const struct xtcp_orders *o,
		       const struct xtcp_record *after)
{
	const char *broken = xtcp_invariant(after);

	if (o->todo & XTCP_DO_BUG)
		return "an IMPOSSIBLE cell, or an edge the table does not know";
	if (!law_edge(before->state, after->state))
		return "an edge that RFC 9293 does not know";
	if (o->from != before->state || o->to != after->state)
		return "the orders name other states than the record";
	if (!broken)
		broken = numbers_broken(before, after);
	if (!broken)
		broken = answer_broken(before, e, o);
	if (!broken)
		broken = window_broken(before, e, o, after);
	if (!broken)
		broken = end_broken(before, o, after);
	if (!broken)
		broken = timer_broken(before, o, after);
	return broken ? broken : expected_broken(before, e, o, after);
}
