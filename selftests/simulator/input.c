// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in: to a connection, to one without a stream (half-open, TIME_WAIT,
 * an orphan in FIN_WAIT_2), to a listener, to nobody.
 */
#include "sim.h"

static void small_carry_out(struct sim *sim, struct end *e,
			    const struct xtcp_orders *o)
{
	if (o->todo & XTCP_DO_RST)
		send_reset(sim, e, o);
	else if (o->todo & (XTCP_DO_ACK | XTCP_DO_CHALLENGE))
		send_reply(sim, e);
	if (o->todo & XTCP_DO_SYN_ACK)
		send_syn(sim, e);
	if (o->todo & XTCP_DO_FREE)
		app_gone(sim, e, o);
	sim_promise(sim, !(o->todo & XTCP_DO_BUG), "an impossible cell");
	host_timer_arm(sim, e);
}

void small_expired(struct sim *sim, struct end *e)
{
	struct turn t;

	turn_init(sim, e, &t, e->r.timer == XTCP_LIFE_HANDSHAKE ?
			      XTCP_EV_RETRANSMIT : XTCP_EV_LIFE_OVER);
	xtcp_step(&e->r, &t.e, &t.o);
	small_carry_out(sim, e, &t.o);
}

/* A SYN, to the server's port */
static void listener_in(struct sim *sim, struct end *e,
			const struct packet *p, u32 iss_least)
{
	struct xtcp_record listener = { .state = XTCP_LISTEN };
	struct xtcp_record child;
	struct turn t;

	turn_init(sim, e, &t, XTCP_EV_SEGMENT);
	t.e.seg = p->seg;
	t.e.child = &child;
	host_opening(sim, e, &t.e.open);
	if (iss_least && seq_lt(t.e.open.iss, iss_least))
		t.e.open.iss = iss_least;
	xtcp_record_init(&child);
	xtcp_step(&listener, &t.e, &t.o);
	if (t.o.todo & XTCP_DO_RST)
		send_reset(sim, e, &t.o);
	if (!(t.o.todo & XTCP_DO_SPAWN))
		return;
	e->r = child;
	e->flow = p->flow;
	e->syn_us = 0;
	send_syn(sim, e);
	host_timer_arm(sim, e);
}

/* The connection has a stream from now on, and a program. */
static void become_full(struct sim *sim, struct end *e, struct turn *t)
{
	xtcp_stream_init(&e->s, &e->pair->user->params);
	e->s.nodelay = !!e->pair->c->nodelay;
	e->una_offset = 0;
	e->written = 0;
	e->got = 0;
	e->full = true;
	e->user = true;
	e->eof = false;
	e->shut = false;
	host_carry_out(sim, e, t);
}

static void small_in(struct sim *sim, struct end *e, const struct packet *p)
{
	struct xtcp_record old = e->r;
	struct turn t;

	turn_init(sim, e, &t, XTCP_EV_SEGMENT);
	t.e.seg = p->seg;
	t.e.listening = e->side && (p->seg.flags & XTCP_SYN);
	t.p = p;
	t.snd_una = old.snd_una;
	t.snd_wnd = old.snd_wnd;
	t.since_ms = old.since_ms;
	t.retries = old.retries;
	xtcp_step(&e->r, &t.e, &t.o);
	if (t.o.todo & XTCP_DO_ESTABLISHED) {
		become_full(sim, e, &t);
		return;
	}
	small_carry_out(sim, e, &t.o);
	if (!(t.o.todo & XTCP_DO_REOPEN))
		return;
	sim->reopened++;
	listener_in(sim, e, p, old.snd_nxt + 65537);
}

static void nobody_in(struct sim *sim, struct end *e, const struct packet *p)
{
	struct xtcp_record none;
	struct turn t;

	turn_init(sim, e, &t, XTCP_EV_SEGMENT);
	t.e.seg = p->seg;
	xtcp_record_init(&none);
	xtcp_step(&none, &t.e, &t.o);
	if (t.o.todo & XTCP_DO_RST)
		send_reset(sim, e, &t.o);
}

static void full_in(struct sim *sim, struct end *e, const struct packet *p)
{
	struct turn t;

	turn_init(sim, e, &t, XTCP_EV_SEGMENT);
	t.e.seg = p->seg;
	t.p = p;
	host_take_turn(sim, e, &t);
}

void host_arrive(struct sim *sim, struct end *e, const struct packet *p)
{
	sim->segs_in++;
	sim->late += e->flow && p->flow != e->flow;
	if (e->full)
		full_in(sim, e, p);
	else if (e->r.state != XTCP_CLOSED)
		small_in(sim, e, p);
	else if (e->side)
		listener_in(sim, e, p, 0);
	else
		nobody_in(sim, e, p);
}
