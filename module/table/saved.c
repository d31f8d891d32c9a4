// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SYNs of half-open entries: see saved.h.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "table/entry.h"
#include "table/saved.h"

static struct rhashtable saved_syns;

static const struct rhashtable_params saved_params = {
	.head_offset = offsetof(struct xtcp_saved, node),
	.key_offset = offsetof(struct xtcp_saved, of),
	.key_len = sizeof_field(struct xtcp_saved, of),
	.automatic_shrinking = true,
};

int xtcp_saved_module_init(void)
{
	return rhashtable_init(&saved_syns, &saved_params);
}

/* All entries are gone, and what they kept with them. */
void xtcp_saved_module_exit(void)
{
	rhashtable_destroy(&saved_syns);
}

bool xtcp_saved_attach(struct xtcp_small *s, struct xtcp_saved *saved)
{
	if (!saved)
		return false;
	saved->of = s;
	if (rhashtable_insert_fast(&saved_syns, &saved->node, saved_params)) {
		xtcp_saved_free(saved);
		return false;
	}
	s->entry.saved = 1;
	return true;
}

const struct xtcp_saved *xtcp_saved_look(const struct xtcp_small *s)
{
	return rhashtable_lookup(&saved_syns, &s, saved_params);
}

struct xtcp_saved *xtcp_saved_take(const struct xtcp_small *s)
{
	struct xtcp_saved *saved;

	if (!s->entry.saved)
		return NULL;
	/* Whoever takes it has the entry locked, or for itself. */
	rcu_read_lock();
	saved = rhashtable_lookup(&saved_syns, &s, saved_params);
	if (saved)
		rhashtable_remove_fast(&saved_syns, &saved->node,
				       saved_params);
	rcu_read_unlock();
	return saved;
}

void xtcp_saved_free(struct xtcp_saved *saved)
{
	if (saved)
		kfree_rcu(saved, rcu);
}
