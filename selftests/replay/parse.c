// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line of the trace: "... xtcp_step: nr=N layout=N before=HEX event=HEX ...".
 */
#include <ctype.h>
#include <stdlib.h>
#include "replay.h"

/* What follows " name=", or NULL. */
static const char *value_of(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *at = text;

	while ((at = strstr(at, name))) {
		if (at != text && at[-1] == ' ' && at[length] == '=')
			return at + length + 1;
		at += length;
	}
	return NULL;
}

static bool number_of(const char *text, const char *name, u32 *number)
{
	const char *value = value_of(text, name);

	if (!value || !isdigit((unsigned char)*value))
		return false;
	*number = strtoul(value, NULL, 10);
	return true;
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? at - digits : -1;
}

/* How many bytes are written there; those that fit are put into @to. */
static size_t bytes_of(const char *text, const char *name, void *to,
		       size_t size)
{
	const char *value = value_of(text, name);
	u8 *bytes = to;
	size_t n = 0;

	while (value && digit(value[0]) >= 0 && digit(value[1]) >= 0) {
		if (n < size)
			bytes[n] = digit(value[0]) << 4 | digit(value[1]);
		value += 2;
		n++;
	}
	return n;
}

static bool bytes_fit(const char *text, struct step *s)
{
	size_t child = bytes_of(text, "child", &s->child, sizeof(s->child));

	s->has_child = child;
	return (!child || child == sizeof(s->child)) &&
	       bytes_of(text, "before", &s->before, sizeof(s->before)) ==
			sizeof(s->before) &&
	       bytes_of(text, "event", &s->event, sizeof(s->event)) ==
			sizeof(s->event) &&
	       bytes_of(text, "policy", &s->policy, sizeof(s->policy)) ==
			sizeof(s->policy) &&
	       bytes_of(text, "orders", &s->orders, sizeof(s->orders)) ==
			sizeof(s->orders) &&
	       bytes_of(text, "after", &s->after, sizeof(s->after)) ==
			sizeof(s->after);
}

/* "# entries-in-buffer/entries-written: 630/700   #P:1", above a trace */
static bool written_over(const char *text)
{
	unsigned long in_buffer, written;

	return sscanf(text, "# entries-in-buffer/entries-written: %lu/%lu",
		      &in_buffer, &written) == 2 && in_buffer != written;
}

/* A line of per_cpu/cpu.../stats that counts losses */
static bool counts_loss(const char *text)
{
	unsigned long lost;

	return (sscanf(text, "overrun: %lu", &lost) == 1 ||
		sscanf(text, "commit overrun: %lu", &lost) == 1 ||
		sscanf(text, "dropped events: %lu", &lost) == 1) && lost;
}

enum line parse_line(const char *text, struct step *s, const char **why)
{
	const char *step = strstr(text, "xtcp_step: ");
	u32 layout;

	if (!step)
		return strstr(text, " EVENTS]") || written_over(text) ||
		       counts_loss(text) ? LINE_LOST : LINE_OTHER;
	memset(s, 0, sizeof(*s));
	*why = "it has no number or no layout";
	if (!number_of(step, "nr", &s->nr) ||
	    !number_of(step, "layout", &layout))
		return LINE_BAD;
	*why = "the module was built from other headers than this program: build both anew";
	if (layout != XTCP_LAYOUT)
		return LINE_BAD;
	*why = "a structure is not as long as here";
	if (!bytes_fit(step, s))
		return LINE_BAD;
	*why = "no such state or event";
	if (!xtcp_cell(s->before.state, XTCP_EVENTS - 1) ||
	    s->event.kind >= XTCP_EVENTS)
		return LINE_BAD;
	return LINE_STEP;
}
