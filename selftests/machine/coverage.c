// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every cell of table.def that is not IMPOSSIBLE has a test named after it,
 * which reaches it; every edge that a cell allows is taken by some test.
 */
#include <ctype.h>
#include <string.h>
#include "rig.h"

/* One bit for each state that a cell led to. */
static u32 led_to[XTCP_STATES][XTCP_EVENTS];
static u32 in_this_test[XTCP_STATES][XTCP_EVENTS];

void cover(u8 state, u8 event, u8 to)
{
	led_to[state][event] |= 1u << to;
	in_this_test[state][event] |= 1u << to;
}

/* rcv_fin_ours_fin_wait_1, close_listen */
static void name_of_cell(char *name, size_t size, u8 state, u8 event)
{
	bool segment = event <= XTCP_EV_UNWANTED;

	snprintf(name, size, "%s%s_%s", segment ? "rcv_" : "",
		 xtcp_event_name(event), xtcp_state_name(state));
	for (; *name; name++)
		*name = tolower((unsigned char)*name);
}

typedef void visitor(u8 state, u8 event, const char *name, const void *arg);

/* Calls @each for the cells that can happen. */
static void visit_cells(visitor *each, const void *arg)
{
	u8 state, event;
	char name[64];

	for (state = 0; state < XTCP_STATES; state++)
		for (event = 0; event < XTCP_EVENTS; event++) {
			const struct xtcp_cell *c = xtcp_cell(state, event);

			if (!c || c->impossible)
				continue;
			name_of_cell(name, sizeof(name), state, event);
			each(state, event, name, arg);
		}
}

void test_begins(const char *name)
{
	(void)name;
	memset(in_this_test, 0, sizeof(in_this_test));
}

static void own_cell_reached(u8 state, u8 event, const char *name,
			     const void *test)
{
	if (!strcmp(name, test) && !in_this_test[state][event])
		test_fail(__FILE__, __LINE__, "%s did not reach its cell",
			  name);
}

/* Who broke a rule wants to read it. */
static void own_cell_ruled(u8 state, u8 event, const char *name,
			   const void *test)
{
	const char *section = xtcp_cell(state, event)->section;

	if (!strncmp(name, test, strlen(name)))
		printf("# %s in %s is ruled by %s%s\n",
		       xtcp_event_name(event), xtcp_state_name(state),
		       strncmp(section, "3.", 2) ? "" : "RFC 9293 ", section);
}

void test_ends(const char *name)
{
	visit_cells(own_cell_reached, name);
}

void test_failed(const char *name)
{
	visit_cells(own_cell_ruled, name);
}

static void has_test(u8 state, u8 event, const char *name, const void *arg)
{
	(void)state;
	(void)event;
	(void)arg;
	if (!test_exists(name))
		test_fail(__FILE__, __LINE__, "no test %s", name);
}

TEST(coverage_every_cell_has_its_test)
{
	visit_cells(has_test, NULL);
}

static void edges_taken(u8 state, u8 event, const char *name, const void *arg)
{
	u32 missed = xtcp_cell(state, event)->to & ~led_to[state][event];
	u8 to;

	(void)arg;
	/* That it may also stay is said of every cell, but not every one does. */
	missed &= ~(1u << state);
	for (to = 0; to < XTCP_STATES; to++)
		if (missed >> to & 1)
			test_fail(__FILE__, __LINE__, "%s never went to %s",
				  name, xtcp_state_name(to));
}

TEST(coverage_every_edge_was_taken)
{
	visit_cells(edges_taken, NULL);
}
