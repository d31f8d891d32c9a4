// SPDX-License-Identifier: GPL-2.0-only
/* What may happen in a world, and what happens then. */
#include "world.h"

/* What each act allows a user who holds the connection. */
static bool holder_may(const struct world *w, const struct rules *rules,
		       enum act what, u8 end)
{
	const struct end *me = &w->end[end];
	const struct xtcp_record *r = &me->r;
	const u32 not_yet = XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD);

	switch (what) {
	case ACT_WRITE:
		return xtcp_in(r, XTCP_MAY_WRITE | not_yet) &&
		       !(r->flags & XTCP_F_FIN_QUEUED) &&
		       me->lives[me->life - 1].written < rules->writes[end];
	case ACT_SHUT_WRITE:
		return xtcp_in(r, XTCP_SYNCHRONISED & ~XTCP_S(TIME_WAIT)) ||
		       (r->state == XTCP_SYN_RCVD &&
			!(r->flags & XTCP_F_FIN_QUEUED));
	case ACT_SHUT_READ:
		return xtcp_in(r, XTCP_SYNCHRONISED | XTCP_S(SYN_RCVD)) &&
		       r->state != XTCP_TIME_WAIT &&
		       !(r->flags & XTCP_F_SHUT_READ);
	case ACT_READ:
		return me->unread;
	case ACT_CLOSE:
		return !me->unread;
	case ACT_CLOSE_UNREAD:
		return (xtcp_in(r, XTCP_SYNCHRONISED & ~XTCP_S(TIME_WAIT)) ||
			xtcp_fast(r)) &&
		       (world_reads ? me->unread :
				      me->lives[me->life - 1].taken);
	case ACT_ABORT:
		return r->state != XTCP_TIME_WAIT;
	default:
		return true;
	}
}

static bool user_may(const struct world *w, const struct rules *rules,
		     enum act what, u8 end)
{
	const struct end *me = &w->end[end];

	switch (what) {
	case ACT_OPEN:
		return me->r.state == XTCP_CLOSED && me->opens &&
		       me->born < BORN_LIVES;
	case ACT_LISTEN:
		return !me->listens;
	case ACT_UNLISTEN:
		return me->listens;
	default:
		return me->user && holder_may(w, rules, what, end);
	}
}

/* Limits, administrators, routers, other connections, bad luck */
static bool surroundings_may(const struct world *w, enum act what, u8 end)
{
	const struct end *me = &w->end[end];
	bool open = me->r.state != XTCP_CLOSED;

	switch (what) {
	case ACT_GIVE_UP:
		return open && me->r.state != XTCP_TIME_WAIT;
	case ACT_EVICT:
		return open;
	case ACT_ICMP_HARD:
	case ACT_ICMP_SOFT:
		return open || me->listens;
	case ACT_FULL:
	case ACT_CROWDED:
		return me->listens;
	case ACT_CRASH:
		return w->crashes && open;
	case ACT_TICK:
		return w->ticks && !end;
	default:
		return w->periods && !end;
	}
}

/* Numbers, of text or FIN, that the peer has room for */
static u32 room(const struct xtcp_record *r)
{
	u32 edge = r->snd_una + r->snd_wnd;

	return seq_gt(edge, r->snd_nxt) ? edge - r->snd_nxt : 0;
}

/* A FIN waits until the connection is open (RFC 9293 3.10.4). */
static bool fin_due(const struct world *w, u8 end)
{
	return fin_unsent(w, end) && !xtcp_fast(&w->end[end].r);
}

static bool stream_may(const struct world *w, enum act what, u8 end)
{
	const struct end *me = &w->end[end];
	u32 due;

	if (what == ACT_ACK)
		return me->owes_ack;
	if (!xtcp_may_send(&me->r))
		return false;
	due = unsent(w, end) + fin_due(w, end);
	switch (what) {
	case ACT_SEND:
		return due && room(&me->r);
	case ACT_SEND_ALL:
		return unsent(w, end) && due > 1 && room(&me->r) >= due;
	default:
		return !xtcp_fast(&me->r) && !me->r.snd_wnd &&
		       (due || me->r.snd_una != me->r.snd_nxt);
	}
}

static bool timer_may(const struct world *w, const struct rules *rules,
		      enum act what, u8 end)
{
	const struct xtcp_record *r = &w->end[end].r;

	if (what != ACT_LIFE_OVER && rules->patient && w->net[0].used)
		return false;
	if (what == ACT_PROBE)
		return stream_may(w, what, end);
	if (what == ACT_RETRANSMIT)
		return r->timer == XTCP_LIFE_HANDSHAKE ||
		       (xtcp_in(r, XTCP_MAY_SEND) && r->snd_wnd &&
			r->snd_una != r->snd_nxt);
	if (world_fault == DEAF_TO_LIFE_TIMER)
		return false;
	if (r->timer == XTCP_LIFE_FIN_WAIT_2)
		return true;
	return r->timer == XTCP_LIFE_TIME_WAIT && !net_has_old(w, end);
}

static bool network_may(const struct world *w, const struct rules *rules,
			enum act what, u16 arg)
{
	if (what == ACT_FORGE)
		return w->forgeries && (rules->acts >> what & 1) &&
		       arg % 2 <= !w->self;
	if (what == ACT_NONE || arg >= IN_FLIGHT || !w->net[arg].used)
		return false;
	if (what == ACT_DELIVER)
		return true;
	return what == ACT_REPEAT ? w->repeats : w->losses;
}

bool world_allows(const struct world *w, const struct rules *rules,
		  enum act what, u16 arg)
{
	if (what < ACT_OPEN)
		return network_may(w, rules, what, arg);
	if (arg > !w->self)
		return false;
	switch (what) {
	case ACT_SEND:
	case ACT_SEND_ALL:
	case ACT_ACK:
		return stream_may(w, what, arg);
	case ACT_PROBE:
	case ACT_RETRANSMIT:
	case ACT_LIFE_OVER:
		return timer_may(w, rules, what, arg);
	default:
		break;
	}
	if (!(rules->acts >> what & 1))
		return false;
	return what < ACT_SEND ? user_may(w, rules, what, arg) :
				 surroundings_may(w, what, arg);
}

u16 world_args(const struct world *w, enum act what)
{
	if (what == ACT_FORGE)
		return w->forgeries ? 2 * forgeries() : 0;
	return what < ACT_OPEN ? IN_FLIGHT : 2;
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

static void begin_active(struct world *w, u8 end, struct xtcp_event *e)
{
	struct end *me = &w->end[end];

	check_alone(w, end);
	begin_life(w, end, me->born + 1);
	me->opens--;
	me->user = 1;
	e->open.iss = world_iss(w, end, me->life);
	e->open.rcv_wnd = world_window;
	if (!world_fast)
		return;
	my_life(w, end)->written = 1;
	e->len = 1;
}

static void time_passes(struct world *w)
{
	w->end[0].challenged = 0;
	w->end[1].challenged = 0;
}

/* What the machine hears of: calls, timers and the surroundings. */
static void machine_hears(struct world *w, enum act what, u8 end)
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
		[ACT_GIVE_UP] = XTCP_EV_GIVE_UP,
		[ACT_EVICT] = XTCP_EV_EVICT,
		[ACT_ICMP_HARD] = XTCP_EV_ICMP_HARD,
		[ACT_ICMP_SOFT] = XTCP_EV_ICMP_SOFT,
	};
	struct end *me = &w->end[end];
	struct xtcp_event e;

	if (me->r.state == XTCP_CLOSED && what != ACT_OPEN) {
		listener_hears(kinds[what]);
		return;
	}
	event(&e, kinds[what]);
	e.reason = what == ACT_GIVE_UP ? XTCP_R_USER_TIMEOUT : XTCP_R_ADMIN;
	if (what == ACT_OPEN)
		begin_active(w, end, &e);
	if (what == ACT_SHUT_WRITE || what == ACT_CLOSE)
		my_life(w, end)->ended = 1;
	if (what == ACT_RETRANSMIT || what == ACT_LIFE_OVER)
		time_passes(w);
	if (what >= ACT_SHUT_READ && what <= ACT_ABORT)
		me->unread = 0;
	if (what >= ACT_CLOSE && what <= ACT_ABORT) {
		me->user = 0;
		if (me->r.state == XTCP_TIME_WAIT)
			return;
	}
	step(w, end, &e, NULL);
}

/* The peer is told at once that a closed window opens. */
static void user_reads(struct world *w, u8 end)
{
	struct end *me = &w->end[end];
	bool closed = !xtcp_rcv_wnd(&me->r);

	me->unread--;
	if (closed && xtcp_in(&me->r, XTCP_MAY_RECEIVE))
		emit_ack(w, end);
}

static void surroundings_act(struct world *w, enum act what, u8 end)
{
	struct end *me = &w->end[end];

	switch (what) {
	case ACT_FULL:
		me->full = !me->full;
		break;
	case ACT_CROWDED:
		me->crowded = !me->crowded;
		break;
	case ACT_CRASH:
		w->crashes--;
		me->cookie_at = 0;
		forget(w, end);
		break;
	case ACT_TICK:
		w->ticks--;
		w->clock++;
		break;
	default:
		w->periods--;
		w->period++;
		break;
	}
}

void world_act(struct world *w, enum act what, u16 arg)
{
	world_broken = NULL;
	switch (what) {
	case ACT_DELIVER:
	case ACT_REPEAT:
	case ACT_LOSE:
		network_acts(w, what, arg);
		break;
	case ACT_FORGE:
		forge(w, arg);
		break;
	case ACT_WRITE:
		my_life(w, arg)->written++;
		break;
	case ACT_LISTEN:
		listener_opens(w, arg);
		break;
	case ACT_UNLISTEN:
		listener_closes(w, arg);
		break;
	case ACT_READ:
		user_reads(w, arg);
		break;
	case ACT_PROBE:
		time_passes(w);
		send_probe(w, arg);
		break;
	case ACT_SEND:
		send_new(w, arg, !!unsent(w, arg), !unsent(w, arg));
		break;
	case ACT_SEND_ALL:
		send_new(w, arg, unsent(w, arg), fin_due(w, arg));
		break;
	case ACT_ACK:
		emit_ack(w, arg);
		break;
	default:
		if (what >= ACT_FULL)
			surroundings_act(w, what, arg);
		else
			machine_hears(w, what, arg);
		break;
	}
	net_sort(w);
}
