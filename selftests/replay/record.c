// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into selftests/machine's unit tests in front of xtcp_step(): prints
 * each step as the kernel's tracepoint does, to the file $XTCP_STEPS.
 */
#include <stdio.h>
#include <stdlib.h>
#include "replay.h"

static void hex(FILE *file, const char *name, const void *what, size_t size)
{
	const u8 *bytes = what;

	fprintf(file, " %s=", name);
	while (size--)
		fprintf(file, "%02x", *bytes++);
}

void __wrap_xtcp_step(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o)
{
	static FILE *file;
	static u32 nr;
	struct xtcp_event event = *e;

	/* One test lets a child be its listener: no host, and no trace, does. */
	if (e->child == r) {
		__real_xtcp_step(r, e, o);
		return;
	}
	if (!file)
		file = fopen(getenv("XTCP_STEPS"), "w");
	if (!file)
		abort();
	event.policy = NULL;
	event.child = NULL;
	fprintf(file, "      test-1       [000] .....     0.000000: xtcp_step: nr=%u layout=%u",
		++nr, XTCP_LAYOUT);
	hex(file, "before", r, sizeof(*r));
	hex(file, "event", &event, sizeof(event));
	hex(file, "policy", e->policy, sizeof(*e->policy));
	__real_xtcp_step(r, e, o);
	hex(file, "orders", o, sizeof(*o));
	hex(file, "after", r, sizeof(*r));
	hex(file, "child", e->child,
	    o->todo & XTCP_DO_SPAWN ? sizeof(*e->child) : 0);
	fputc('\n', file);
}
