// SPDX-License-Identifier: GPL-2.0-only
/* Where explorations begin, and what is allowed in them. */
#include <stdlib.h>
#include "world.h"

#define BOTH_CLOSE	(1u << ACT_OPEN | 1u << ACT_WRITE | \
			 1u << ACT_SHUT_WRITE | 1u << ACT_CLOSE)
#define ANYTHING	(BOTH_CLOSE | 1u << ACT_SHUT_READ | \
			 1u << ACT_CLOSE_UNREAD | 1u << ACT_ABORT)

static void client_server(struct world *w)
{
	world_init(w, false);
	w->end[0].opens = 1;
	w->end[1].listens = 1;
	w->losses = 1;
	w->repeats = 1;
}

static void simultaneous_open(struct world *w)
{
	world_init(w, false);
	w->end[0].opens = 1;
	w->end[1].opens = 1;
	w->losses = 1;
	w->repeats = 1;
}

static void self_connect(struct world *w)
{
	world_init(w, true);
	w->end[0].opens = 2;
	w->losses = 1;
	w->repeats = 1;
}

/* A SYN of a connection that ended long ago arrives, and A may connect too. */
static void stale_syn(struct world *w)
{
	client_server(w);
	w->end[0].life = 1;
	world_stale(w, 1, XTCP_SYN, 1, world_iss(w, 0, 1), 0);
	w->losses = 0;
}

/* TIME_WAIT and what of the old connection is still under way. */
static void next_incarnation(struct world *w)
{
	client_server(w);
	w->end[0].opens = 2;
	w->end[1].opens = 1;
	w->end[0].listens = 1;
	w->losses = 0;
}

/* ---- worlds that have a past ---- */

static void must(struct world *w, enum act what, u8 arg)
{
	const struct rules all = { { 9, 9 }, false, ~0u };

	if (!world_allows(w, &all, what, arg))
		abort();
	world_act(w, what, arg);
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

static void established(struct world *w)
{
	client_server(w);
	must(w, ACT_OPEN, 0);
	passes(w, 1, XTCP_SYN, 0, false);
	passes(w, 0, XTCP_SYN | XTCP_ACK, 0, false);
	passes(w, 1, XTCP_ACK, 0, false);
	w->repeats = 0;
}

/*
 * A closed first and is in TIME_WAIT, B has forgotten all. Copies of a byte from
 * each are still under way when B connects to A.
 */
static void time_wait(struct world *w)
{
	established(w);
	says(w, 0, true);
	says(w, 1, true);
	must(w, ACT_CLOSE, 0);
	must(w, ACT_SEND, 0);
	passes(w, 1, XTCP_FIN | XTCP_ACK, 0, false);
	must(w, ACT_CLOSE, 1);
	must(w, ACT_SEND, 1);
	passes(w, 0, XTCP_FIN | XTCP_ACK, 0, false);
	passes(w, 1, XTCP_ACK, 0, false);
	w->end[0].listens = 1;
	w->end[1].opens = 1;
	w->losses = 0;
}

/* Where timers are patient the network's faults alone decide what is late. */
const struct scenario scenarios[] = {
	{ "explore_open_and_close", client_server,
	  { { 0, 0 }, true, ANYTHING } },
	{ "explore_client_writes", client_server,
	  { { 1, 0 }, true, BOTH_CLOSE } },
	{ "explore_server_writes", client_server,
	  { { 0, 1 }, true, BOTH_CLOSE } },
	{ "explore_both_write", client_server,
	  { { 1, 1 }, true, ANYTHING } },
	{ "explore_out_of_order", established,
	  { { 2, 0 }, true, BOTH_CLOSE } },
	{ "explore_hasty_timers", client_server,
	  { { 1, 1 }, false, ANYTHING } },
	{ "explore_simultaneous_open", simultaneous_open,
	  { { 0, 0 }, true, BOTH_CLOSE } },
	{ "explore_simultaneous_open_hasty", simultaneous_open,
	  { { 1, 0 }, false, ANYTHING } },
	{ "explore_self_connect", self_connect,
	  { { 1, 0 }, true, BOTH_CLOSE } },
	{ "explore_stale_syn", stale_syn,
	  { { 0, 0 }, false, BOTH_CLOSE } },
	{ "explore_established", established,
	  { { 1, 1 }, true, BOTH_CLOSE } },
	{ "explore_time_wait", time_wait,
	  { { 0, 1 }, true, BOTH_CLOSE } },
	{ "explore_next_incarnation", next_incarnation,
	  { { 1, 0 }, true, BOTH_CLOSE } },
};

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
