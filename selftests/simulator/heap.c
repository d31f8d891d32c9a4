// SPDX-License-Identifier: GPL-2.0-only
/* Events by time; those of the same time in the order in which they came. */
#include <stdlib.h>

#include "sim.h"

#define KIND_BITS	3
#define KIND_MASK	((1u << KIND_BITS) - 1)

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns;
	return a->order < b->order;
}

void heap_push(struct sim_heap *h, u64 at_ns, enum sim_event_kind kind,
	       void *what)
{
	struct sim_event e = {
		.at_ns = at_ns,
		.order = h->order++ << KIND_BITS | kind,
		.what = what,
	};
	size_t i = h->count++;

	if (h->count > h->room) {
		h->room = h->room ? 2 * h->room : 1024;
		h->event = realloc(h->event, h->room * sizeof(e));
		if (!h->event)
			abort();
	}
	for (; i && before(&e, &h->event[(i - 1) / 2]); i = (i - 1) / 2)
		h->event[i] = h->event[(i - 1) / 2];
	h->event[i] = e;
}

bool heap_pop(struct sim_heap *h, u64 *at_ns, enum sim_event_kind *kind,
	      void **what)
{
	struct sim_event *last;
	size_t i = 0, child;

	if (!h->count)
		return false;
	*at_ns = h->event[0].at_ns;
	*kind = h->event[0].order & KIND_MASK;
	*what = h->event[0].what;
	last = &h->event[--h->count];
	for (;;) {
		child = 2 * i + 1;
		if (child >= h->count)
			break;
		if (child + 1 < h->count &&
		    before(&h->event[child + 1], &h->event[child]))
			child++;
		if (!before(&h->event[child], last))
			break;
		h->event[i] = h->event[child];
		i = child;
	}
	h->event[i] = *last;
	return true;
}

size_t heap_count(const struct sim_heap *h, enum sim_event_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < h->count; i++)
		n += (h->event[i].order & KIND_MASK) == kind;
	return n;
}
