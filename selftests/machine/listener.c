// SPDX-License-Identifier: GPL-2.0-only
/*
 * An end that listens: what a half-open connection costs it (a record, or with
 * cookies nothing), its accept queue, and how listening begins and ends.
 */
#include "world.h"

/* A listener's record holds nothing but its state. */
static struct xtcp_record listening(void)
{
	return (struct xtcp_record){ .state = XTCP_LISTEN };
}

static void listener_step(struct xtcp_record *listener, struct xtcp_event *e,
			  struct xtcp_orders *o)
{
	struct xtcp_record before = *listener;

	faulty_step(listener, e, o);
	check_step(&before, e, o, listener);
}

/* ---- SYN cookies ---- */

#define COOKIE_MSS	1460
#define PEER_LIVES	2	/* of the peer's, those that get a cookie */

/*
 * The host hashes; here the hash is made to fit, so that a cookie is the ISS of a
 * life that belongs to this peer's life and this period (those behind the second
 * count as the second: nothing lives long enough to tell).
 */
static u8 cookie_life(u8 peer_life, u32 period)
{
	return COOKIE_LIFE + 2 * (peer_life - 1) + (period ? 1 : 0);
}

static u32 cookie_mac(const struct world *w, u8 end, u8 peer_life, u32 period)
{
	u32 blank = xtcp_cookie_make(0, period, COOKIE_MSS);

	return blank ^ world_iss(w, end, cookie_life(peer_life, period));
}

/* Nobody gets a cookie for numbers that no end ever began with. */
static u8 cookie_customer(const struct world *w, u8 end, u32 irs)
{
	u8 life = life_of(w, peer_of(w, end), irs);

	return life <= PEER_LIVES ? life : 0;
}

static void cookie_facts(const struct world *w, u8 end, struct xtcp_event *e)
{
	const struct end *me = &w->end[end];
	u8 customer = cookie_customer(w, end, e->seg.seq - 1);

	if (!customer || !me->cookie_at)
		return;
	e->cookie.expected = w->period + 1u - me->cookie_at < 2;
	e->cookie.count = w->period;
	e->cookie.mac[0] = cookie_mac(w, end, customer, w->period);
	e->cookie.mac[1] = cookie_mac(w, end, customer, w->period - 1u);
}

/* The SYN is answered and forgotten. */
static void send_cookie(struct world *w, u8 end, const struct xtcp_event *e)
{
	u8 customer = cookie_customer(w, end, e->seg.seq);
	struct packet p = {
		.to = peer_of(w, end), .flags = XTCP_SYN | XTCP_ACK,
		.ack = e->seg.seq + 1, .used = 1, .wnd = world_window,
	};

	if (!customer)
		return;
	p.life = cookie_life(customer, w->period);
	p.seq = xtcp_cookie_make(cookie_mac(w, end, customer, w->period),
				 w->period, COOKIE_MSS);
	w->end[end].cookie_at = w->period + 1;
	net_put(w, &p);
}

/* ---- segments ---- */

static void spawn(struct world *w, u8 end, const struct xtcp_record *child,
		  const struct xtcp_orders *o, const struct packet *p)
{
	struct end *me = &w->end[end];
	u8 life = me->born + 1;

	if (child->opened == XTCP_OPENED_COOKIE) {
		life = life_of(w, end, child->iss);
		/*
		 * Whoever keeps no memory takes a cookie twice, if a segment that
		 * bears it comes twice and the first child is gone. Of the
		 * second nothing can be promised.
		 */
		w->tainted |= !!life_at(w, end, life)->peer;
	}
	check_alone(w, end);
	begin_life(w, end, life);
	me->r = *child;
	if (o->todo & XTCP_DO_ESTABLISHED)
		check_open(w, end);
	if (child->flags & XTCP_F_FAST)
		me->user = 1;
	take(w, end, o, p);
}

void to_listener(struct world *w, u8 end, struct xtcp_event *e,
		 const struct packet *p)
{
	struct end *me = &w->end[end];
	struct xtcp_record listener = listening();
	struct xtcp_record child = { .state = XTCP_CLOSED };
	struct xtcp_orders o;

	e->child = &child;
	e->open.iss = world_iss(w, end, me->born + 1);
	e->open.rcv_wnd = world_window;
	e->accept_full = me->full || me->born == BORN_LIVES;
	e->fast = world_fast && e->seg.len && !me->crowded;
	cookie_facts(w, end, e);
	listener_step(&listener, e, &o);
	if (me->crowded && (o.todo & XTCP_DO_SYN_ACK)) {
		send_cookie(w, end, e);
		return;
	}
	if (o.todo & XTCP_DO_SPAWN)
		spawn(w, end, &child, &o, p);
	answer(w, end, &o);
}

/* ---- the port ---- */

void listener_opens(struct world *w, u8 end)
{
	struct xtcp_record none = { .state = XTCP_CLOSED }, before = none;
	struct xtcp_orders o;
	struct xtcp_event e;

	event(&e, XTCP_EV_OPEN_PASSIVE);
	faulty_step(&none, &e, &o);
	check_step(&before, &e, &o, &none);
	w->end[end].listens = 1;
}

void listener_hears(u8 kind)
{
	struct xtcp_record listener = listening();
	struct xtcp_orders o;
	struct xtcp_event e;

	event(&e, kind);
	e.reason = XTCP_R_ADMIN;
	listener_step(&listener, &e, &o);
}

/* Closed, aborted or evicted: the same. Its half-open children go with it. */
void listener_closes(struct world *w, u8 end)
{
	struct end *me = &w->end[end];
	struct xtcp_event e;

	listener_hears(XTCP_EV_ABORT);
	listener_hears(XTCP_EV_EVICT);
	listener_hears(XTCP_EV_CLOSE);
	me->listens = 0;
	me->cookie_at = 0;
	if (me->r.state != XTCP_SYN_RCVD || me->user)
		return;
	event(&e, XTCP_EV_EVICT);
	e.reason = XTCP_R_LISTENER_GONE;
	step(w, end, &e, NULL);
}
