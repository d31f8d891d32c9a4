// SPDX-License-Identifier: GPL-2.0-only
/* The values in scenario files: 10Mbit, 1.5s, 0.1%, 10kB..1MB. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "scenario.h"
#include "value.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	{ NULL, 0 },
};

static const struct unit rates[] = {
	{ "bit", 1 }, { "kbit", 1000 }, { "Mbit", 1000000 },
	{ "Gbit", 1000000000 }, { NULL, 0 },
};

static const struct unit sizes[] = {
	{ "B", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
	{ NULL, 0 },
};

static const struct unit shares[] = { { "%", 10000 }, { NULL, 0 } };
static const struct unit counts[] = { { "", 1 }, { NULL, 0 } };
static const struct unit packets[] = { { "p", 1 }, { NULL, 0 } };
static const struct unit bdps[] = { { "bdp", 1000 }, { NULL, 0 } };

/* A number with decimals and a unit, exactly; what follows it is *rest. */
static bool read_number(const struct unit *unit, const char *text,
			uint64_t *value, const char **rest)
{
	uint64_t whole = 0, part = 0, scale = 1;
	size_t length;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++)
		whole = 10 * whole + (uint64_t)(*text - '0');
	if (text[0] == '.' && isdigit((unsigned char)text[1])) {
		for (text++; isdigit((unsigned char)*text); text++) {
			if (scale > 100000000)
				return false;
			part = 10 * part + (uint64_t)(*text - '0');
			scale *= 10;
		}
	}
	length = strspn(text, "abcdefghijklmnopqrstuvwxyzBMGT%");
	for (; unit->name; unit++) {
		if (strlen(unit->name) != length ||
		    strncmp(unit->name, text, length))
			continue;
		*value = whole * unit->factor + part * unit->factor / scale;
		*rest = text + length;
		return true;
	}
	return false;
}

static bool read_one(const struct unit *unit, const char *text,
		     uint64_t *value)
{
	const char *rest;

	return read_number(unit, text, value, &rest) && !*rest;
}

static bool read_span(const struct unit *unit, const char *text,
		      struct span *span)
{
	const char *rest;

	if (!read_number(unit, text, &span->least, &rest))
		return false;
	span->most = span->least;
	if (!*rest)
		return true;
	return !strncmp(rest, "..", 2) &&
	       read_one(unit, rest + 2, &span->most) &&
	       span->most >= span->least;
}

static bool read_queue(const char *text, struct queue_limit *q)
{
	q->unit = QUEUE_PACKETS;
	if (read_one(packets, text, &q->value))
		return true;
	q->unit = QUEUE_BDP;
	if (read_one(bdps, text, &q->value))
		return true;
	q->unit = QUEUE_BYTES;
	return read_one(sizes, text, &q->value);
}

bool value_read(enum value_kind kind, void *to, const char *text)
{
	switch (kind) {
	case VALUE_TIME:
		return read_one(times, text, to);
	case VALUE_RATE:
		return read_one(rates, text, to);
	case VALUE_SIZE:
		return read_one(sizes, text, to);
	case VALUE_SHARE:
		return read_one(shares, text, to) &&
		       *(uint64_t *)to <= 1000000;
	case VALUE_COUNT:
		return read_one(counts, text, to);
	case VALUE_TIMES:
		return read_span(times, text, to);
	case VALUE_SIZES:
		return read_span(sizes, text, to);
	case VALUE_QUEUE:
		return read_queue(text, to);
	case VALUE_WORD:
		if (strlen(text) >= SCENARIO_WORD)
			return false;
		strcpy(((struct word *)to)->text, text);
		return true;
	}
	return false;
}

/* In the largest unit that needs no decimals. */
static int print_one(const struct unit *unit, uint64_t value, char *text)
{
	const struct unit *best = unit;

	for (; unit->name; unit++)
		if (value && value % unit->factor == 0)
			best = unit;
	return sprintf(text, "%llu%s",
		       (unsigned long long)(value / best->factor), best->name);
}

static void print_span(const struct unit *unit, const struct span *span,
		       char *text)
{
	text += print_one(unit, span->least, text);
	if (span->most == span->least)
		return;
	text += sprintf(text, "..");
	print_one(unit, span->most, text);
}

static void print_queue(const struct queue_limit *q, char *text)
{
	if (q->unit == QUEUE_BYTES)
		print_one(sizes, q->value, text);
	else if (q->unit == QUEUE_PACKETS)
		print_one(packets, q->value, text);
	else
		sprintf(text, "%llu.%03ubdp",
			(unsigned long long)(q->value / 1000),
			(unsigned int)(q->value % 1000));
}

void value_print(enum value_kind kind, const void *from, char *text)
{
	const uint64_t *value = from;

	switch (kind) {
	case VALUE_TIME:
		print_one(times, *value, text);
		break;
	case VALUE_RATE:
		print_one(rates, *value, text);
		break;
	case VALUE_SIZE:
		print_one(sizes, *value, text);
		break;
	case VALUE_SHARE:
		sprintf(text, "%llu.%04u%%",
			(unsigned long long)(*value / 10000),
			(unsigned int)(*value % 10000));
		break;
	case VALUE_COUNT:
		print_one(counts, *value, text);
		break;
	case VALUE_TIMES:
		print_span(times, from, text);
		break;
	case VALUE_SIZES:
		print_span(sizes, from, text);
		break;
	case VALUE_QUEUE:
		print_queue(from, text);
		break;
	case VALUE_WORD:
		strcpy(text, ((const struct word *)from)->text);
		break;
	}
}
