// SPDX-License-Identifier: GPL-2.0-only
/* Text that came out of order: ranges by sequence number, merged where they meet */
#include <stdlib.h>

#include "sim.h"

static struct stored *stored_at(const struct store *s, u32 i)
{
	return i < s->count ? &s->at[s->first + i] : NULL;
}

/* The first range behind @seq. Most text comes behind all that is stored. */
static u32 place_of(const struct store *s, u32 seq)
{
	u32 low = 0, high = s->count, middle;

	if (!high || seq_leq(stored_at(s, high - 1)->range.seq, seq))
		return high;
	while (low < high) {
		middle = (low + high) / 2;
		if (seq_leq(stored_at(s, middle)->range.seq, seq))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void take_out(struct store *s, u32 i)
{
	s->bytes -= stored_at(s, i)->range.len;
	s->count--;
	if (!i) {
		s->first++;
		return;
	}
	memmove(&s->at[s->first + i], &s->at[s->first + i + 1],
		(s->count - i) * sizeof(*s->at));
}

static void make_room(struct store *s)
{
	if (s->first) {
		memmove(s->at, s->at + s->first, s->count * sizeof(*s->at));
		s->first = 0;
	}
	if (s->count < s->room)
		return;
	s->room = s->room ? 2 * s->room : 8;
	s->at = realloc(s->at, s->room * sizeof(*s->at));
	if (!s->at)
		abort();
}

static void put_in(struct store *s, u32 i, const struct stored *fresh)
{
	if (s->first + s->count == s->room)
		make_room(s);
	memmove(&s->at[s->first + i + 1], &s->at[s->first + i],
		(s->count - i) * sizeof(*s->at));
	s->at[s->first + i] = *fresh;
	s->count++;
	s->bytes += fresh->range.len;
}

/* The same text in order, told apart by nothing: one range is enough. */
static bool join(struct store *s, u32 i, const struct stored *fresh)
{
	struct stored *before = i ? stored_at(s, i - 1) : NULL;

	if (!before || !xtcp_range_touch(&before->range, &fresh->range) ||
	    before->offset + before->range.len != fresh->offset)
		return false;
	before->range.len += fresh->range.len;
	before->range.fin = fresh->range.fin;
	s->bytes += fresh->range.len;
	return true;
}

bool store_put(struct store *s, struct xtcp_range *range, u64 offset)
{
	struct stored fresh = { .range = *range };
	u32 i = place_of(s, range->seq);
	struct stored *prev = i ? stored_at(s, i - 1) : NULL;
	struct stored *next = stored_at(s, i);

	for (;;) {
		switch (xtcp_reassembly_place(&fresh.range,
					      prev ? &prev->range : NULL,
					      next ? &next->range : NULL)) {
		case XTCP_PLACE_DUPLICATE:
			return false;
		case XTCP_PLACE_DROP_NEXT:
			take_out(s, i);
			prev = i ? stored_at(s, i - 1) : NULL;
			next = stored_at(s, i);
			continue;
		case XTCP_PLACE_HERE:
			break;
		}
		break;
	}
	fresh.offset = offset + (fresh.range.seq - range->seq);
	if (!join(s, i, &fresh))
		put_in(s, i, &fresh);
	*range = fresh.range;
	return true;
}

bool store_next(struct store *s, u32 rcv_nxt, struct stored *out)
{
	while (s->count) {
		*out = *stored_at(s, 0);
		switch (xtcp_reassembly_ready(&out->range, rcv_nxt)) {
		case XTCP_READY_GAP:
			return false;
		case XTCP_READY_NOW:
			take_out(s, 0);
			return true;
		case XTCP_READY_STALE:
			take_out(s, 0);
			break;
		}
	}
	return false;
}

void store_purge(struct store *s)
{
	free(s->at);
	memset(s, 0, sizeof(*s));
}
