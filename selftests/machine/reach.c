// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which cells and edges of table.def the exploration uses: all but those that
 * unreached.def excuses, and of those none.
 */
#include <stdio.h>
#include "reach.h"

#define WIDTH	79

const struct excuse excuses[] = {
#define XTCP_UNREACHED(state, event, to, why) \
	{ XTCP_##state, XTCP_EV_##event, XTCP_##to, why },
#include "unreached.def"
#undef XTCP_UNREACHED
	{ 0, 0, 0, NULL },
};

static bool excused(const struct excuse *list, u8 state, u8 event, u8 to)
{
	for (; list->why; list++)
		if (list->state == state && list->event == event &&
		    list->to == to)
			return true;
	return false;
}

/* A cell that may be left has an edge for each way; one that stays has itself. */
static u32 edges_of(u8 state, u8 event)
{
	const struct xtcp_cell *c = xtcp_cell(state, event);
	u32 away;

	if (!c || c->impossible)
		return 0;
	away = c->to & ~(1u << state);
	return away ? away : 1u << state;
}

static bool cell_ok(u8 state, u8 event, u32 used, const struct excuse *list,
		    bool verbose)
{
	u32 edges = edges_of(state, event);
	bool ok = true;
	u8 to;

	for (to = 0; to < XTCP_STATES; to++) {
		bool taken = used >> to & 1;

		if (!(edges >> to & 1) ||
		    taken != excused(list, state, event, to))
			continue;
		ok = false;
		if (verbose)
			printf("# %s in %s to %s: %s\n",
			       xtcp_event_name(event), xtcp_state_name(state),
			       xtcp_state_name(to), taken ?
			       "taken, though unreached.def excuses it" :
			       "never taken, and unreached.def has no excuse");
	}
	return ok;
}

bool reach_check(const struct reached *cells, const struct excuse *list,
		 bool verbose)
{
	u8 state, event;
	bool ok = true;

	for (state = 0; state < XTCP_STATES; state++)
		for (event = 0; event < XTCP_EVENTS; event++)
			ok &= cell_ok(state, event, cells->to[state][event],
				      list, verbose);
	return ok;
}

/* ---- figures ---- */

static unsigned int bits(u32 set)
{
	unsigned int count = 0;

	for (; set; set &= set - 1)
		count++;
	return count;
}

struct figures {
	unsigned int cells;
	unsigned int used_cells;
	unsigned int edges;
	unsigned int used_edges;
};

static void count_state(u8 state, const u32 *cells, struct figures *f)
{
	u8 event;

	for (event = 0; event < XTCP_EVENTS; event++) {
		u32 edges = edges_of(state, event);

		f->cells += !!edges;
		f->used_cells += edges && cells[event];
		f->edges += bits(edges);
		f->used_edges += bits(edges & cells[event]);
	}
}

static void print_figures(const char *name, const struct figures *f)
{
	printf("# %-11s %3u of %3u cells, %3u of %3u edges\n", name,
	       f->used_cells, f->cells, f->used_edges, f->edges);
}

/* The cells that were used, and where they led if they led away */
static void print_cells(u8 state, const u32 *cells)
{
	char text[128];
	int column = 0, n;
	u8 event, to;

	for (event = 0; event < XTCP_EVENTS; event++) {
		if (!cells[event])
			continue;
		n = snprintf(text, sizeof(text), " %s", xtcp_event_name(event));
		for (to = 0; to < XTCP_STATES; to++)
			if (to != state && (cells[event] >> to & 1))
				n += snprintf(text + n, sizeof(text) - n, ">%s",
					      xtcp_state_name(to));
		if (!column || column + n > WIDTH)
			column = printf("%s#  ", column ? "\n" : "");
		column += printf("%s", text);
	}
	printf("\n");
}

void reach_report(const struct reached *cells)
{
	struct figures sum = { 0 };
	u8 state;

	for (state = 0; state < XTCP_STATES; state++) {
		struct figures f = { 0 };

		if (!xtcp_cell(state, XTCP_EV_RST_OUTSIDE))
			continue;
		count_state(state, cells->to[state], &f);
		count_state(state, cells->to[state], &sum);
		print_figures(xtcp_state_name(state), &f);
		print_cells(state, cells->to[state]);
	}
	print_figures("in all", &sum);
}
