/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoint of the machine's steps: all that went in and all that came
 * out, so that user space can take each step again (selftests/replay). It is
 * apart from those for people: /sys/kernel/tracing/events/xtcp_machine.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xtcp_machine

#if !defined(XTCP_SOCKET_TRACE_STEP_H) || defined(TRACE_HEADER_MULTI_READ)
#define XTCP_SOCKET_TRACE_STEP_H

#include <linux/tracepoint.h>

#include "machine/machine.h"

/*
 * nr counts steps, so that a lost one is missed. layout says what the bytes
 * mean. The event's pointers are left out: the policy stands for itself, and
 * the child, if there is one, is what a new connection's record became.
 */
TRACE_EVENT(xtcp_step,
	TP_PROTO(u32 nr, const struct xtcp_record *before,
		 const struct xtcp_event *e, const struct xtcp_orders *o,
		 const struct xtcp_record *after),
	TP_ARGS(nr, before, e, o, after),
	TP_STRUCT__entry(
		__field(u32, nr)
		__field(u32, layout)
		__dynamic_array(u8, before, sizeof(*before))
		__dynamic_array(u8, event, sizeof(*e))
		__dynamic_array(u8, policy, sizeof(*e->policy))
		__dynamic_array(u8, orders, sizeof(*o))
		__dynamic_array(u8, after, sizeof(*after))
		__dynamic_array(u8, child, o->todo & XTCP_DO_SPAWN ?
					   sizeof(*e->child) : 0)
	),
	TP_fast_assign(
		u8 *event = __get_dynamic_array(event);

		__entry->nr = nr;
		__entry->layout = XTCP_LAYOUT;
		memcpy(__get_dynamic_array(before), before, sizeof(*before));
		memcpy(event, e, sizeof(*e));
		memset(event + offsetof(struct xtcp_event, policy), 0,
		       sizeof(e->policy));
		memset(event + offsetof(struct xtcp_event, child), 0,
		       sizeof(e->child));
		memcpy(__get_dynamic_array(policy), e->policy,
		       sizeof(*e->policy));
		memcpy(__get_dynamic_array(orders), o, sizeof(*o));
		memcpy(__get_dynamic_array(after), after, sizeof(*after));
		if (o->todo & XTCP_DO_SPAWN)
			memcpy(__get_dynamic_array(child), e->child,
			       sizeof(*e->child));
	),
	TP_printk("nr=%u layout=%u before=%s event=%s policy=%s orders=%s after=%s child=%s",
		  __entry->nr, __entry->layout,
		  __print_hex_str(__get_dynamic_array(before),
				  __get_dynamic_array_len(before)),
		  __print_hex_str(__get_dynamic_array(event),
				  __get_dynamic_array_len(event)),
		  __print_hex_str(__get_dynamic_array(policy),
				  __get_dynamic_array_len(policy)),
		  __print_hex_str(__get_dynamic_array(orders),
				  __get_dynamic_array_len(orders)),
		  __print_hex_str(__get_dynamic_array(after),
				  __get_dynamic_array_len(after)),
		  __print_hex_str(__get_dynamic_array(child),
				  __get_dynamic_array_len(child)))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH socket
#define TRACE_INCLUDE_FILE trace_step
#include <trace/define_trace.h>
