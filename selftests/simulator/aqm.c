// SPDX-License-Identifier: GPL-2.0-only
/* A queue that is managed: CoDel, RFC 8289; marks as a drop would be due. */
#include "sim.h"

#define ENOUGH_BYTES	1514	/* who has no more than this is not too slow */
#define RECENTLY	16	/* intervals */

/* The largest whole number whose square is not above @x */
static u64 root(u64 x)
{
	u64 y = 0, bit;

	for (bit = 1ull << 31; bit; bit >>= 1)
		if ((y + bit) * (y + bit) <= x)
			y += bit;
	return y;
}

/* The more drops there were, the sooner the next: by the root of their count. */
static u64 next_drop(const struct codel *d, const struct link *l, u64 from_ns)
{
	const u64 unit = 1u << 10;

	return from_ns + l->c->aqm_interval * unit /
			 root(d->count * unit * unit);
}

/* Has waiting been above the target for a whole interval? */
static bool is_too_slow(struct codel *d, const struct link *l)
{
	u64 now_ns = l->sim->now_ns;

	if (!l->first || now_ns - l->first->put_ns < l->c->aqm_target ||
	    l->queue_bytes <= ENOUGH_BYTES) {
		d->above_ns = 0;
		return false;
	}
	if (!d->above_ns) {
		d->above_ns = now_ns + l->c->aqm_interval;
		return false;
	}
	return now_ns >= d->above_ns;
}

static void begin_to_drop(struct codel *d, struct link *l)
{
	u32 before = d->count - d->last_count;
	bool recent = l->sim->now_ns <
		      d->next_ns + RECENTLY * l->c->aqm_interval;

	if (!link_mark(l)) {
		link_drop(l);
		is_too_slow(d, l);
	}
	d->dropping = true;
	/* What was enough a moment ago is where to go on. */
	d->count = recent && before > 1 ? before : 1;
	d->last_count = d->count;
	d->next_ns = next_drop(d, l, l->sim->now_ns);
}

static void go_on_dropping(struct codel *d, struct link *l)
{
	while (d->dropping && l->sim->now_ns >= d->next_ns) {
		d->count++;
		if (link_mark(l)) {
			d->next_ns = next_drop(d, l, d->next_ns);
			return;
		}
		link_drop(l);
		if (is_too_slow(d, l))
			d->next_ns = next_drop(d, l, d->next_ns);
		else
			d->dropping = false;
	}
}

void codel_look(struct codel *d, struct link *l)
{
	bool too_slow = is_too_slow(d, l);

	if (d->dropping && !too_slow)
		d->dropping = false;
	else if (d->dropping)
		go_on_dropping(d, l);
	else if (too_slow)
		begin_to_drop(d, l);
}
