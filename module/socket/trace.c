// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints' bodies, see trace_events.h and trace_step.h; and the one
 * place where this floor lets the machine take a step.
 */
#include <linux/atomic.h>
#include <linux/net.h>

#include "socket/sock.h"

#define CREATE_TRACE_POINTS
#include "socket/trace_events.h"
#include "socket/trace_step.h"

static atomic_t steps_traced;

static noinline void trace_step(struct xtcp_record *r,
				const struct xtcp_event *e,
				struct xtcp_orders *o)
{
	struct xtcp_record before = *r;

	xtcp_step(r, e, o);
	trace_xtcp_step(atomic_inc_return(&steps_traced), &before, e, o, r);
}

/* Somebody wants to see each: none may be taken in another way. */
bool xtcp_steps_watched(void)
{
	return trace_xtcp_step_enabled();
}

/**
 * xtcp_take_step() - xtcp_step(), which a tracepoint can watch
 * @r:	the record
 * @e:	the event
 * @o:	the orders
 */
void xtcp_take_step(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	if (trace_xtcp_step_enabled())
		trace_step(r, e, o);
	else
		xtcp_step(r, e, o);
}
