// SPDX-License-Identifier: GPL-2.0-only
/* What may happen in a world, and what happens then. */
#include "world.h"

static bool user_may(const struct world *w, const struct rules *rules,
		     enum act what, u8 end)
{
	const struct end *me = &w->end[end];
	const struct xtcp_record *r = &me->r;
	const u32 not_yet = XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD);

	if (!(rules->acts >> what & 1))
		return false;
	if (what == ACT_OPEN)
		return r->state == XTCP_CLOSED && me->opens &&
		       me->life < LIVES;
	if (!me->user)
		return false;
	switch (what) {
	case ACT_WRITE:
		return xtcp_in(r, XTCP_MAY_WRITE | not_yet) &&
		       !(r->flags & XTCP_F_FIN_QUEUED) &&
		       me->lives[me->life - 1].written < rules->writes[end];
	case ACT_SHUT_WRITE:
		return xtcp_in(r, XTCP_MAY_WRITE | XTCP_S(SYN_RCVD)) &&
		       !(r->flags & XTCP_F_FIN_QUEUED);
	case ACT_SHUT_READ:
		return xtcp_in(r, XTCP_MAY_RECEIVE) &&
		       !(r->flags & XTCP_F_SHUT_READ);
	case ACT_CLOSE_UNREAD:
		return xtcp_in(r, XTCP_SYNCHRONISED & ~XTCP_S(TIME_WAIT)) &&
		       me->lives[me->life - 1].taken;
	case ACT_ABORT:
		return r->state != XTCP_TIME_WAIT;
	default:
		return true;
	}
}

static bool timer_may(const struct world *w, const struct rules *rules,
		      enum act what, u8 end)
{
	const struct xtcp_record *r = &w->end[end].r;
	size_t i;

	if (what == ACT_RETRANSMIT && rules->patient && w->net[0].used)
		return false;
	if (what == ACT_RETRANSMIT)
		return r->timer == XTCP_LIFE_HANDSHAKE ||
		       (xtcp_in(r, XTCP_MAY_SEND) && r->snd_una != r->snd_nxt);
	if (r->timer == XTCP_LIFE_FIN_WAIT_2)
		return true;
	if (r->timer != XTCP_LIFE_TIME_WAIT)
		return false;
	for (i = 0; i < IN_FLIGHT; i++)
		if (w->net[i].old >> end & 1)
			return false;
	return true;
}

bool world_allows(const struct world *w, const struct rules *rules,
		  enum act what, u8 arg)
{
	const struct end *me = &w->end[arg];

	if (what <= ACT_LOSE) {
		if (what == ACT_NONE || arg >= IN_FLIGHT || !w->net[arg].used)
			return false;
		return what == ACT_DELIVER ||
		       (what == ACT_REPEAT ? w->repeats : w->losses);
	}
	if (arg > !w->self)
		return false;
	switch (what) {
	case ACT_SEND:
		return xtcp_in(&me->r, XTCP_MAY_SEND) &&
		       (unsent(w, arg) || fin_unsent(w, arg));
	case ACT_SEND_ALL:
		return xtcp_in(&me->r, XTCP_MAY_SEND) && unsent(w, arg) &&
		       unsent(w, arg) + fin_unsent(w, arg) > 1;
	case ACT_ACK:
		return me->owes_ack;
	case ACT_RETRANSMIT:
	case ACT_LIFE_OVER:
		return timer_may(w, rules, what, arg);
	default:
		return user_may(w, rules, what, arg);
	}
}

/* ---- letting it happen ---- */

static void network_acts(struct world *w, enum act what, u8 which)
{
	struct packet p = w->net[which];

	if (what == ACT_REPEAT)
		w->repeats--;
	else
		memset(&w->net[which], 0, sizeof(p));
	if (what == ACT_LOSE)
		w->losses--;
	else
		deliver(w, &p);
}

static void user_calls(struct world *w, enum act what, u8 end)
{
	static const u8 kinds[ACTS] = {
		[ACT_OPEN] = XTCP_EV_OPEN_ACTIVE,
		[ACT_SHUT_WRITE] = XTCP_EV_SHUT_WRITE,
		[ACT_SHUT_READ] = XTCP_EV_SHUT_READ,
		[ACT_CLOSE] = XTCP_EV_CLOSE,
		[ACT_CLOSE_UNREAD] = XTCP_EV_CLOSE_UNREAD,
		[ACT_ABORT] = XTCP_EV_ABORT,
		[ACT_RETRANSMIT] = XTCP_EV_RETRANSMIT,
		[ACT_LIFE_OVER] = XTCP_EV_LIFE_OVER,
	};
	struct end *me = &w->end[end];
	struct xtcp_event e;

	event(&e, kinds[what]);
	if (what == ACT_OPEN) {
		begin_life(w, end);
		me->opens--;
		me->user = 1;
		e.open.iss = world_iss(w, end, me->life);
		e.open.rcv_wnd = WINDOW;
	}
	if (what == ACT_SHUT_WRITE || what == ACT_CLOSE)
		my_life(w, end)->ended = 1;
	if (what == ACT_RETRANSMIT || what == ACT_LIFE_OVER) {
		w->end[0].challenged = 0;
		w->end[1].challenged = 0;
	}
	if (what >= ACT_CLOSE && what <= ACT_ABORT) {
		me->user = 0;
		if (me->r.state == XTCP_TIME_WAIT)
			return;
	}
	step(w, end, &e, NULL);
}

void world_act(struct world *w, enum act what, u8 arg)
{
	world_broken = NULL;
	switch (what) {
	case ACT_DELIVER:
	case ACT_REPEAT:
	case ACT_LOSE:
		network_acts(w, what, arg);
		break;
	case ACT_WRITE:
		my_life(w, arg)->written++;
		break;
	case ACT_SEND:
		send_new(w, arg, !!unsent(w, arg), !unsent(w, arg));
		break;
	case ACT_SEND_ALL:
		send_new(w, arg, unsent(w, arg), fin_unsent(w, arg));
		break;
	case ACT_ACK:
		emit_ack(w, arg);
		break;
	default:
		user_calls(w, what, arg);
		break;
	}
	sort_network(w);
}
