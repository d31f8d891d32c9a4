// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only steps change a record: what goes into one has come out of another. The
 * records that came out are kept as an array, sorted when it is first asked.
 */
#include <stdlib.h>
#include "replay.h"

static struct xtcp_record *records;
static size_t count, room;
static bool sorted;

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct xtcp_record));
}

void seen_forget(void)
{
	free(records);
	records = NULL;
	count = 0;
	room = 0;
}

static void keep(const struct xtcp_record *r)
{
	if (count == room) {
		room = room ? 2 * room : 1024;
		records = realloc(records, room * sizeof(*records));
		if (!records)
			abort();
	}
	records[count++] = *r;
	sorted = false;
}

/* A connection that became small leaves this in its socket. */
static struct xtcp_record left_behind(struct xtcp_record r)
{
	r.state = XTCP_CLOSED;
	r.timer = XTCP_LIFE_NONE;
	return r;
}

void seen_add(const struct xtcp_record *r)
{
	struct xtcp_record rest = left_behind(*r);

	keep(r);
	if (r->state == XTCP_TIME_WAIT || r->state == XTCP_FIN_WAIT_2)
		keep(&rest);
}

bool seen(const struct xtcp_record *r)
{
	struct xtcp_record nobody, listener = { .state = XTCP_LISTEN };

	xtcp_record_init(&nobody);
	if (!compare(r, &nobody) || !compare(r, &listener))
		return true;
	if (!sorted && count)
		qsort(records, count, sizeof(*records), compare);
	sorted = true;
	return count && bsearch(r, records, count, sizeof(*records), compare);
}
