// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatch, the names and the legal edges: all of it read from the .def files.
 */
#include "machine/steps.h"

#define COUNTED(array)	(sizeof(array) / sizeof((array)[0]))

/*
 * A cell's handler. A handler is named by several cells, hence the table of
 * pointers beside the table of facts, which user space prints.
 */
static xtcp_handler *const handlers[XTCP_STATES][XTCP_EVENTS] = {
#define XTCP_CELL(state, event, handler, to, section) \
	[XTCP_##state][XTCP_EV_##event] = xtcp_##handler,
#include "machine/table.def"
#undef XTCP_CELL
};

static const struct xtcp_cell cells[XTCP_STATES][XTCP_EVENTS] = {
#define XTCP_CELL(state, event, handler, to, section) \
	[XTCP_##state][XTCP_EV_##event] = { \
		#handler, section, (to) | XTCP_S(state), false },
#define XTCP_IMPOSSIBLE(state, event) \
	[XTCP_##state][XTCP_EV_##event] = { \
		"IMPOSSIBLE", "", XTCP_S(state), true },
#include "machine/table.def"
#undef XTCP_CELL
#undef XTCP_IMPOSSIBLE
};

static const char *const state_names[] = {
#define XTCP_STATE(name, number) [number] = #name,
#include "machine/states.def"
#undef XTCP_STATE
};

static const char *const event_names[] = {
	"SEGMENT",
#define XTCP_EVENT(name, text) #name,
#include "machine/events.def"
#undef XTCP_EVENT
};

static const char *const reason_names[] = {
#define XTCP_REASON(name, counter, text) #counter,
#include "machine/reasons.def"
#undef XTCP_REASON
};

static const char *const reason_texts[] = {
#define XTCP_REASON(name, counter, text) text,
#include "machine/reasons.def"
#undef XTCP_REASON
};

static const char *const opened_names[XTCP_OPENED_KINDS] = {
	"-", "passive", "active", "simultaneous", "self", "cookie",
};

static const char *const closing_names[XTCP_CLOSING_KINDS] = {
	"-", "we-first", "peer-first", "both", "reset-sent", "reset-received",
	"gave-up",
};

static const char *name_in(const char *const *names, size_t count, u8 number)
{
	return number < count && names[number] ? names[number] : "?";
}

const char *xtcp_state_name(u8 state)
{
	return name_in(state_names, COUNTED(state_names), state);
}

const char *xtcp_event_name(u8 event)
{
	return name_in(event_names, COUNTED(event_names), event);
}

const char *xtcp_reason_name(u8 reason)
{
	return name_in(reason_names, COUNTED(reason_names), reason);
}

const char *xtcp_reason_text(u8 reason)
{
	return name_in(reason_texts, COUNTED(reason_texts), reason);
}

const char *xtcp_opened_name(u8 opened)
{
	return name_in(opened_names, COUNTED(opened_names), opened);
}

const char *xtcp_closing_name(u8 closing)
{
	return name_in(closing_names, COUNTED(closing_names), closing);
}

const struct xtcp_cell *xtcp_cell(u8 state, u8 event)
{
	if (state >= XTCP_STATES || event >= XTCP_EVENTS)
		return NULL;
	return cells[state][event].handler ? &cells[state][event] : NULL;
}

void xtcp_record_init(struct xtcp_record *r)
{
	memset(r, 0, sizeof(*r));
	r->state = XTCP_CLOSED;
}

void xtcp_enter(struct xtcp_record *r, const struct xtcp_event *e,
		enum xtcp_state state)
{
	if (r->state == state)
		return;
	r->state = state;
	r->since_ms = e->now_ms;
}

void xtcp_life_timer(struct xtcp_record *r, const struct xtcp_event *e,
		     struct xtcp_orders *o, enum xtcp_life_timer kind,
		     u32 after_ms)
{
	o->todo &= ~(XTCP_DO_TIMER | XTCP_DO_NO_TIMER);
	o->todo |= kind == XTCP_LIFE_NONE ? XTCP_DO_NO_TIMER : XTCP_DO_TIMER;
	r->timer = kind;
	r->expires_ms = kind == XTCP_LIFE_NONE ? 0 : e->now_ms + after_ms;
}

/* The record is over. Nobody asks to hear why. Its end is the one reason. */
void xtcp_end(struct xtcp_record *r, const struct xtcp_event *e,
	      struct xtcp_orders *o, u8 reason)
{
	xtcp_life_timer(r, e, o, XTCP_LIFE_NONE, 0);
	o->lasted_ms = e->now_ms - r->since_ms;
	xtcp_enter(r, e, XTCP_CLOSED);
	r->reason = reason;
	o->reason = reason;
	o->todo &= ~(XTCP_DO_SMALL | XTCP_DO_FIN | XTCP_DO_ACK_LATER |
		     XTCP_DO_DROPPED);
	o->todo |= XTCP_DO_FREE | XTCP_DO_FLUSH;
}

/* The record is over, and its user is told why. */
void xtcp_end_with_error(struct xtcp_record *r, const struct xtcp_event *e,
			 struct xtcp_orders *o, u8 reason, u8 error)
{
	xtcp_end(r, e, o, reason);
	o->error = error;
	o->todo |= XTCP_DO_ERROR;
}

bool xtcp_ended_early(const struct xtcp_record *r, const struct xtcp_orders *o)
{
	u32 from = 1u << o->from;

	if (!(o->todo & XTCP_DO_FREE) || o->reason == XTCP_R_CLOSED_ORDERLY)
		return false;
	if (from & (XTCP_S(LISTEN) | XTCP_S(TIME_WAIT)))
		return false;
	if (!(from & XTCP_S(SYN_RCVD)) ||
	    r->flags & (XTCP_F_WAS_ACTIVE | XTCP_F_FAST))
		return true;
	return o->reason == XTCP_R_ABORT_ON_OVERFLOW;
}

void xtcp_drop(struct xtcp_orders *o, u8 reason)
{
	o->reason = reason;
	o->todo |= XTCP_DO_DROPPED;
}

void xtcp_step(struct xtcp_record *r, const struct xtcp_event *e,
	       struct xtcp_orders *o)
{
	const struct xtcp_cell *cell;
	xtcp_handler *handler;

	memset(o, 0, sizeof(*o));
	o->from = r->state;
	o->event = e->kind;
	if (e->kind == XTCP_EV_SEGMENT)
		o->event = xtcp_classify(r, e, &o->reason);
	handler = handlers[r->state][o->event];
	cell = &cells[r->state][o->event];
	if (!handler) {
		o->todo = XTCP_DO_BUG;
		o->to = r->state;
		return;
	}
	handler(r, e, o);
	o->to = r->state;
	if (!(cell->to & (1u << r->state)))
		o->todo |= XTCP_DO_BUG;
}
