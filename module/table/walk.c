// SPDX-License-Identifier: GPL-2.0-only
#include "table/internal.h"
#include "table/walk.h"

void xtcp_walk_open(struct xtcp_walk *w, struct xtcp_table *t, u8 family)
{
	memset(w, 0, sizeof(*w));
	w->t = t;
	w->family = family;
	rhashtable_walk_enter(xtcp_conns(t, family), &w->iter);
}

void xtcp_walk_close(struct xtcp_walk *w)
{
	rhashtable_walk_exit(&w->iter);
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

/* -EAGAIN tells of a resize, after which the walk begins anew. */
static bool walk_entry(struct xtcp_walk *w, bool again)
{
	struct xtcp_entry *e;

	e = again ? rhashtable_walk_peek(&w->iter) :
		    rhashtable_walk_next(&w->iter);
	while (IS_ERR(e))
		e = rhashtable_walk_next(&w->iter);
	w->entry = e;
	return e;
}

/* The present item once more, after the RCU lock was let go. */
static bool walk_again(struct xtcp_walk *w)
{
	if (w->listeners_done)
		return walk_entry(w, true);
	if (walk_listener(w))
		return true;
	w->listeners_done = true;
	return walk_entry(w, false);
}

static bool walk_on(struct xtcp_walk *w)
{
	w->pos++;
	if (w->listeners_done)
		return walk_entry(w, false);
	w->id++;
	return walk_again(w);
}

static void walk_rewind(struct xtcp_walk *w)
{
	rhashtable_walk_exit(&w->iter);
	rhashtable_walk_enter(xtcp_conns(w->t, w->family), &w->iter);
	w->listeners_done = false;
	w->id = 0;
	w->pos = 0;
}

struct xtcp_walk *xtcp_walk_start(struct xtcp_walk *w, loff_t pos)
	__acquires(RCU)
{
	bool found;

	if (!pos || pos < w->pos)
		walk_rewind(w);
	w->listener = NULL;
	w->entry = NULL;
	rhashtable_walk_start(&w->iter);
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
	rhashtable_walk_stop(&w->iter);
}
