// SPDX-License-Identifier: GPL-2.0-only
/*
 * All connections in an order of their own.
 *
 * A hash table that grows or shrinks moves everything, so a place in it means
 * nothing a moment later. But a bucket is named by the low bits of a hash that
 * never changes: with the bits of the hash reversed, each bucket of a table of
 * any size is one stretch of numbers. The walk goes by these numbers, key after
 * key where two are equal, and finds its place in any table (the idea is that
 * of Redis's SCAN).
 */
#include <linux/bitrev.h>
#include <linux/log2.h>

#include "table/internal.h"
#include "table/walk.h"

void xtcp_walk_open(struct xtcp_walk *w, struct xtcp_table *first,
		    struct xtcp_table *last, u8 family)
{
	memset(w, 0, sizeof(*w));
	w->t = first;
	w->first = first;
	w->last = last;
	w->family = family;
}

/* The listener with this id or the next one, of our family. */
static bool walk_listener(struct xtcp_walk *w)
{
	struct xtcp_listener *l;

	l = xa_find(&w->t->listener_ids, &w->id, ULONG_MAX, XA_PRESENT);
	while (l && l->v6 != (w->family == AF_INET6))
		l = xa_find_after(&w->t->listener_ids, &w->id, ULONG_MAX,
				  XA_PRESENT);
	w->listener = l;
	return l;
}

static u32 place_order(const struct xtcp_entry *e)
{
	return bitrev32(xtcp_conn_hash(e));
}

static void place_set(struct xtcp_walk_place *place, const struct xtcp_entry *e)
{
	place->order = place_order(e);
	if (e->family == AF_INET6)
		place->key6 = e->key6;
	else
		place->key4 = e->key4;
}

/* Less than, equal to or greater than 0: @e is before, at or after it. */
static int place_cmp(const struct xtcp_entry *e, const struct xtcp_walk_place *place)
{
	u32 order = place_order(e);

	if (order != place->order)
		return order < place->order ? -1 : 1;
	if (e->family == AF_INET6)
		return memcmp(&e->key6, &place->key6, sizeof(e->key6));
	return memcmp(&e->key4, &place->key4, sizeof(e->key4));
}

/*
 * The first entry of a bucket that comes after the walk's place, or stands at
 * it if @at; or @best, if that comes before it.
 */
static struct xtcp_entry *walk_bucket(const struct xtcp_walk *w,
				      struct bucket_table *tbl, bool at,
				      struct xtcp_entry *best)
{
	u32 bucket = rht_bucket_index(tbl, bitrev32(w->place.order));
	struct xtcp_walk_place best_place;
	struct rhash_head *pos;
	struct xtcp_entry *e;

	if (best)
		place_set(&best_place, best);
	rht_for_each_entry_rcu(e, pos, tbl, bucket, node) {
		int cmp = place_cmp(e, &w->place);

		if (cmp < 0 || (!cmp && !at))
			continue;
		if (best && place_cmp(e, &best_place) >= 0)
			continue;
		best = e;
		place_set(&best_place, best);
	}
	return best;
}

/*
 * While a table is resized, entries go from it to the next one, into which they
 * are linked before they leave: who reads in that order misses none.
 *
 * Return: the last number of the stretch that was looked through.
 */
static u32 walk_stretch(struct xtcp_walk *w, bool at)
{
	struct rhashtable *ht = xtcp_conns(w->t, w->family);
	struct bucket_table *tbl = rht_dereference_rcu(ht->tbl, ht);
	u32 last = U32_MAX;

	w->entry = NULL;
	while (tbl) {
		w->entry = walk_bucket(w, tbl, at, w->entry);
		last = min_t(u32, last, w->place.order |
			     (U32_MAX >> ilog2(tbl->size)));
		/* Pairs with the barrier before a resize goes on. */
		smp_rmb();
		tbl = rht_dereference_rcu(tbl->future_tbl, ht);
	}
	if (w->entry && place_order(w->entry) > last)
		w->entry = NULL;
	return last;
}

/* The next connection; or, @at, the one where the walk stands if it is there. */
static bool walk_entry(struct xtcp_walk *w, bool at)
{
	u32 last = walk_stretch(w, at);

	while (!w->entry && last != U32_MAX) {
		memset(&w->place, 0, sizeof(w->place));
		w->place.order = last + 1;
		last = walk_stretch(w, true);
	}
	if (w->entry)
		place_set(&w->place, w->entry);
	return w->entry;
}

static void walk_next_table(struct xtcp_walk *w)
{
	if (w->t == w->last) {
		w->done = true;
		return;
	}
	w->t++;
	w->id = 0;
	w->listeners_done = false;
	memset(&w->place, 0, sizeof(w->place));
}

/* The present item once more, after the RCU lock was let go. */
static bool walk_again(struct xtcp_walk *w)
{
	while (!w->done) {
		if (!w->listeners_done && walk_listener(w))
			return true;
		w->listeners_done = true;
		if (walk_entry(w, true))
			return true;
		walk_next_table(w);
	}
	return false;
}

static bool walk_on(struct xtcp_walk *w)
{
	w->pos++;
	if (!w->listeners_done) {
		w->id++;
		return walk_again(w);
	}
	if (walk_entry(w, false))
		return true;
	walk_next_table(w);
	return walk_again(w);
}

struct xtcp_walk *xtcp_walk_start(struct xtcp_walk *w, loff_t pos)
	__acquires(RCU)
{
	bool found;

	if (!pos || pos < w->pos)
		xtcp_walk_open(w, w->first, w->last, w->family);
	w->listener = NULL;
	w->entry = NULL;
	rcu_read_lock();
	found = walk_again(w);
	while (found && w->pos < pos)
		found = walk_on(w);
	return found ? w : NULL;
}

struct xtcp_walk *xtcp_walk_next(struct xtcp_walk *w, loff_t *pos)
{
	w->listener = NULL;
	w->entry = NULL;
	++*pos;
	return walk_on(w) ? w : NULL;
}

void xtcp_walk_stop(struct xtcp_walk *w)
	__releases(RCU)
{
	rcu_read_unlock();
}
