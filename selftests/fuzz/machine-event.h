/* SPDX-License-Identifier: GPL-2.0-only */
/* What can happen to the one record of the machine's fuzz target. */
#ifndef SELFTESTS_FUZZ_MACHINE_EVENT_H
#define SELFTESTS_FUZZ_MACHINE_EVENT_H

#include "machine/machine.h"

/**
 * struct bench - a record and its surroundings
 * @r:		the record
 * @before:	it before the last step
 * @child:	what the last step made of a listener's segment
 * @e:		the last event
 * @o:		its orders
 * @policy:	for all events of a run
 * @now_ms:	the clock
 */
struct bench {
	struct xtcp_record r;
	struct xtcp_record before;
	struct xtcp_record child;
	struct xtcp_event e;
	struct xtcp_orders o;
	struct xtcp_policy policy;
	u32 now_ms;
};

/* Takes a policy out of the input. */
void bench_policy(struct bench *b);
/* The next event out of the input; false: it cannot happen, or time passed. */
bool bench_event(struct bench *b, struct xtcp_event *e);

#endif
