// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine with one rule changed, or its host: to see what the rule is for,
 * and that a law which never failed can fail.
 */
#include "world.h"

#define GUARD	0x5afe5afe5afe5afeull

/* The second segment opens: nobody waits to hear that it was meant. */
static void open_at_once(const struct xtcp_event *e, struct xtcp_orders *o)
{
	struct xtcp_record *child = e->child;

	if (!(o->todo & XTCP_DO_SPAWN) || child->state != XTCP_SYN_RCVD)
		return;
	child->state = XTCP_ESTABLISHED;
	child->snd_una = child->snd_nxt;
	child->timer = XTCP_LIFE_NONE;
	child->expires_ms = 0;
	o->todo |= XTCP_DO_ESTABLISHED;
}

/* Text outside the window is taken as if it were next. */
static void take_old_text(struct xtcp_record *r, const struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	if (o->event != XTCP_EV_OUTSIDE || !xtcp_in(r, XTCP_MAY_RECEIVE) ||
	    !e->seg.len || e->seg.len > xtcp_rcv_wnd(r))
		return;
	r->rcv_nxt += e->seg.len;
	o->text_len = e->seg.len;
	o->todo |= XTCP_DO_TEXT;
}

static void spoil_event(const struct xtcp_record *r, struct xtcp_event *e)
{
	if (world_fault == BELIEVES_ANY_RST && (e->seg.flags & XTCP_RST) &&
	    xtcp_in(r, XTCP_SYNCHRONISED) &&
	    seq_in(e->seg.seq, r->rcv_nxt, xtcp_rcv_wnd(r)))
		e->seg.seq = r->rcv_nxt;
	if (world_fault == REOPENS_ANYWHERE)
		e->listening = true;
	if (world_fault == IMPOSSIBLE_EVENT && e->kind == XTCP_EV_CLOSE)
		e->kind = XTCP_EV_OPEN_ACTIVE;
}

static void spoil_orders(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o)
{
	switch (world_fault) {
	case TWO_SEGMENT_OPENING:
		open_at_once(e, o);
		break;
	case TAKES_OLD_TEXT:
		take_old_text(r, e, o);
		break;
	case EOF_OUT_OF_ORDER:
		if (o->store_fin)
			o->todo |= XTCP_DO_EOF;
		break;
	case EOF_ON_RST:
		if (o->event == XTCP_EV_RST_EXACT)
			o->todo |= XTCP_DO_EOF;
		break;
	case UNKNOWN_EDGE:
		if (o->from == XTCP_SYN_SENT && o->to == XTCP_CLOSED)
			o->to = XTCP_LISTEN;
		r->state = o->to;
		break;
	case MANY_ORDERS:
		if (o->todo & XTCP_DO_CHALLENGE)
			o->todo |= XTCP_DO_RST;
		break;
	default:
		break;
	}
}

void faulty_step(struct xtcp_record *r, struct xtcp_event *e,
		 struct xtcp_orders *o)
{
	struct {
		u64 below;
		struct xtcp_orders o;
		u64 above;
	} guarded = { .below = GUARD, .above = GUARD };

	spoil_event(r, e);
	xtcp_step(r, e, &guarded.o);
	if (world_fault == LONG_ORDERS)
		guarded.above <<= 1;
	spoil_orders(r, e, &guarded.o);
	check_orders((guarded.below ^ GUARD) | (guarded.above ^ GUARD),
		     &guarded.o);
	*o = guarded.o;
}

/* One FIN ends both directions, once it is acknowledged. */
static void close_at_once(struct world *w, u8 end)
{
	struct end *me = &w->end[end];

	if (!xtcp_in(&me->r, XTCP_S(CLOSE_WAIT) | XTCP_S(FIN_WAIT_2)))
		return;
	if (me->r.state == XTCP_CLOSE_WAIT)
		net_emit(w, end, XTCP_ACK, me->r.snd_nxt, 0);
	check_cut_short(w, end);
	forget(w, end);
}

void faulty_host(struct world *w, u8 end)
{
	if (world_fault == TWO_SEGMENT_CLOSE)
		close_at_once(w, end);
	if (world_fault == NO_TIME_WAIT &&
	    w->end[end].r.state == XTCP_TIME_WAIT)
		forget(w, end);
}
