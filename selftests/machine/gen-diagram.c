// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the state diagram that table.def describes, for Graphviz:
 * dot -Tsvg Documentation/states.dot
 *
 * An edge bears the events that take it. Ends that come from without, from any
 * state alike, would hide the life of a connection: they are grey and unnamed.
 */
#include <stdio.h>
#include "machine/machine.h"

/* Breaks, not closings: RST, abort, time-out, ICMP, the host's own reasons. */
static bool breaks(u8 event)
{
	switch (event) {
	case XTCP_EV_RST_EXACT:
	case XTCP_EV_UNWANTED:
	case XTCP_EV_CLOSE_UNREAD:
	case XTCP_EV_ABORT:
	case XTCP_EV_RETRANSMIT:
	case XTCP_EV_GIVE_UP:
	case XTCP_EV_ICMP_HARD:
	case XTCP_EV_EVICT:
		return true;
	default:
		return false;
	}
}

static bool leads_to(u8 from, u8 event, u8 to)
{
	const struct xtcp_cell *cell = xtcp_cell(from, event);

	return cell && !cell->impossible && (cell->to >> to & 1);
}

static void print_edge(u8 from, u8 to)
{
	bool orderly = false, broken = false;
	u8 event;

	for (event = 0; event < XTCP_EVENTS; event++) {
		if (!leads_to(from, event, to))
			continue;
		if (breaks(event) && to == XTCP_CLOSED) {
			broken = true;
			continue;
		}
		if (!orderly)
			printf("\t%s -> %s [label=\"", xtcp_state_name(from),
			       xtcp_state_name(to));
		printf("%s%s", orderly ? "\\n" : "", xtcp_event_name(event));
		orderly = true;
	}
	if (orderly)
		printf("\"];\n");
	else if (broken)
		printf("\t%s -> %s [color=grey style=dashed];\n",
		       xtcp_state_name(from), xtcp_state_name(to));
}

/* A listener stays one; what it opens begins in SYN_RCVD. */
static void print_children(void)
{
	static const char *const kinds[][2] = {
		{ "SYN_RCVD", "SYN" }, { "ESTABLISHED", "COOKIE_ACK" },
	};
	size_t i;

	for (i = 0; i < 2; i++)
		printf("\tLISTEN -> %s [label=\"%s: a child\" style=dotted];\n",
		       kinds[i][0], kinds[i][1]);
}

int main(void)
{
	u8 from, to;

	printf("// %s: GPL-2.0-only\n", "SPDX-License-Identifier");
	puts("// Made from module/machine/table.def by make docs.");
	puts("digraph states {");
	puts("\tnode [shape=box style=rounded];");
	puts("\tedge [fontsize=9];");
	for (from = 0; from < XTCP_STATES; from++)
		for (to = 0; to < XTCP_STATES; to++)
			if (from != to)
				print_edge(from, to);
	print_children();
	printf("}\n");
	return 0;
}
