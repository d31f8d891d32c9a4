/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_MACHINE_REACH_H
#define SELFTESTS_MACHINE_REACH_H

#include "machine/machine.h"

/**
 * struct excuse - an edge that no exploration takes
 * @state:	where it begins
 * @event:	what would take it
 * @to:		where it leads
 * @why:	NULL: the end of the list
 */
struct excuse {
	u8 state;
	u8 event;
	u8 to;
	const char *why;
};

/**
 * struct reached - which cells were used
 * @to:		by state and event: a bit for each state that it led to
 */
struct reached {
	u32 to[XTCP_STATES][XTCP_EVENTS];
};

extern const struct excuse excuses[];

/* Are the edges that were not taken exactly those on the list? */
bool reach_check(const struct reached *cells, const struct excuse *list,
		 bool verbose);
void reach_report(const struct reached *cells);

#endif
