// SPDX-License-Identifier: GPL-2.0-only
/* The first worlds of scenarios, some of which have a past. */
#include <stdlib.h>
#include "past.h"

const char *world_past_margin;
unsigned int past_acts;

static void must(struct world *w, enum act what, u16 arg)
{
	const struct rules all = { .writes = { 9, 9 }, .acts = ~0u };
	struct world before = *w;

	if (!world_allows(w, &all, what, arg))
		abort();
	world_act(w, what, arg);
	if (world_past_margin)
		ladder_step(world_past_margin, ++past_acts, &before, w, what,
			    arg);
}

/* Delivers what just was sent; a copy may stay under way. */
static void passes(struct world *w, u8 to, u8 flags, u8 len, bool stays)
{
	u8 i;

	for (i = 0; i < IN_FLIGHT; i++) {
		const struct packet *p = &w->net[i];

		if (!p->used || p->to != to || p->flags != flags ||
		    p->len != len)
			continue;
		w->repeats += stays;
		must(w, stays ? ACT_REPEAT : ACT_DELIVER, i);
		return;
	}
	abort();
}

/* One byte from that end, and its ACK */
static void says(struct world *w, u8 end, bool stays)
{
	must(w, ACT_WRITE, end);
	must(w, ACT_SEND, end);
	passes(w, !end, XTCP_ACK, 1, stays);
	must(w, ACT_ACK, !end);
	passes(w, end, XTCP_ACK, 0, false);
}

static void ends(struct world *w, u8 end)
{
	must(w, ACT_CLOSE, end);
	must(w, ACT_SEND, end);
	passes(w, !end, XTCP_FIN | XTCP_ACK, 0, false);
}

/* ---- nothing happened yet ---- */

void quiet(struct world *w)
{
	world_init(w, false);
	w->end[0].opens = 1;
	w->end[1].listens = 1;
}

void client_server(struct world *w)
{
	quiet(w);
	w->losses = 1;
	w->repeats = 1;
}

void simultaneous_open(struct world *w)
{
	world_init(w, false);
	w->end[0].opens = 1;
	w->end[1].opens = 1;
	w->losses = 1;
	w->repeats = 1;
}

void self_connect(struct world *w)
{
	world_init(w, true);
	w->end[0].opens = 2;
	w->losses = 1;
	w->repeats = 1;
}

/* ---- with a past ---- */

/* A SYN of a connection that ended long ago arrives, and A may connect too. */
void stale_syn(struct world *w)
{
	quiet(w);
	world_had_lives(w, 0, 1);
	net_stale(w, 1, XTCP_SYN, 1, world_iss(w, 0, 1), 0);
	w->repeats = 1;
}

/* The same to a listener that answers by cookies */
void stale_syn_to_cookies(struct world *w)
{
	stale_syn(w);
	w->end[1].crowded = 1;
	w->periods = 2;
}

void cookies(struct world *w)
{
	quiet(w);
	w->end[1].crowded = 1;
	w->periods = 2;
	w->repeats = 1;
}

/* TIME_WAIT and what of the old connection is still under way */
void next_incarnation(struct world *w)
{
	quiet(w);
	w->end[0].opens = 2;
	w->end[1].opens = 1;
	w->end[0].listens = 1;
	w->repeats = 1;
}

void clocks(struct world *w)
{
	quiet(w);
	w->end[0].opens = 2;
	w->repeats = 1;
	w->ticks = 2;
}

void established(struct world *w)
{
	quiet(w);
	must(w, ACT_OPEN, 0);
	passes(w, 1, XTCP_SYN, 0, false);
	passes(w, 0, XTCP_SYN | XTCP_ACK, 0, false);
	passes(w, 1, XTCP_ACK, 0, false);
	w->losses = 1;
}

/*
 * A closed first and is in TIME_WAIT, B has forgotten all. Copies of a byte from
 * each are still under way when B connects to A.
 */
void time_wait(struct world *w)
{
	established(w);
	says(w, 0, true);
	says(w, 1, true);
	ends(w, 0);
	ends(w, 1);
	passes(w, 1, XTCP_ACK, 0, false);
	w->end[0].listens = 1;
	w->end[1].opens = 1;
	w->losses = 0;
}

/* B died while it had a connection, and is back. */
void mortal(struct world *w)
{
	quiet(w);
	w->end[0].opens = 2;
	w->crashes = 1;
}

void mortal_established(struct world *w)
{
	established(w);
	w->end[0].opens = 1;
	w->end[1].opens = 1;
	w->end[0].listens = 1;
	w->crashes = 1;
	w->losses = 0;
}

/* Neither network nor users do harm: the attacker is enough. */
void attacked(struct world *w)
{
	quiet(w);
	w->forgeries = 1;
}

void attacked_opening_both(struct world *w)
{
	simultaneous_open(w);
	w->losses = 0;
	w->repeats = 0;
	w->forgeries = 1;
}

void attacked_cookies(struct world *w)
{
	cookies(w);
	w->repeats = 0;
	w->forgeries = 1;
}

void attacked_twice(struct world *w)
{
	established(w);
	w->losses = 0;
	w->forgeries = 2;
}

void attacked_time_wait(struct world *w)
{
	time_wait(w);
	w->forgeries = 1;
}
