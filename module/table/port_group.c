// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each local port has a list of groups, a group for each different claim.
 */
#include <linux/slab.h>

#include "table/ephemeral.h"
#include "table/internal.h"

#define PORTS_PER_PAGE	(65536 / XTCP_PORT_PAGES)

void xtcp_port_lock(struct xtcp_ports *p, u16 port)
	__acquires(xtcp_port)
{
	spin_lock_bh(&p->locks[port & p->lock_mask]);
}

void xtcp_port_unlock(struct xtcp_ports *p, u16 port)
	__releases(xtcp_port)
{
	spin_unlock_bh(&p->locks[port & p->lock_mask]);
}

struct hlist_head *xtcp_port_list(struct xtcp_ports *p, u16 port, gfp_t gfp)
{
	struct hlist_head **slot = &p->page[port / PORTS_PER_PAGE];
	struct hlist_head *page = READ_ONCE(*slot);
	struct hlist_head *other;

	if (!page) {
		page = kcalloc(PORTS_PER_PAGE, sizeof(*page), gfp);
		if (!page)
			return NULL;
		/* Once there, it stays until the namespace ends. */
		other = cmpxchg(slot, NULL, page);
		if (other) {
			kfree(page);
			page = other;
		}
	}
	return &page[port % PORTS_PER_PAGE];
}

/**
 * xtcp_group_join() - hold a port
 * @list:	the port's groups
 * @b:		not bound, but says which port
 * @claim:	what to say
 * @reserved:	held by the caller; a new group takes a hold of its own
 * @spare:	memory for a group, which is taken if needed; or NULL
 *
 * Return: false when a group was needed and memory is short.
 */
bool xtcp_group_join(struct hlist_head *list, struct xtcp_binding *b,
		     const struct xtcp_claim *claim,
		     struct xtcp_reservation *reserved,
		     struct xtcp_port_group **spare)
{
	struct xtcp_port_group *g;

	hlist_for_each_entry(g, list, node)
		if (xtcp_claim_equal(&g->holders.claim, claim))
			goto found;
	if (spare && *spare) {
		g = *spare;
		*spare = NULL;
	} else {
		g = kmalloc(sizeof(*g), GFP_ATOMIC);
		if (!g)
			return false;
	}
	memset(g, 0, sizeof(*g));
	g->holders.claim = *claim;
	g->reserved = reserved;
	xtcp_reserve_more(reserved);
	hlist_add_head(&g->node, list);
found:
	g->holders.live++;
	b->group = g;
	b->claim = *claim;
	return true;
}

static void group_check_empty(struct xtcp_port_group *g)
{
	if (g->holders.live || g->holders.lingering)
		return;
	hlist_del(&g->node);
	xtcp_unreserve(g->reserved);
	kfree(g);
}

void xtcp_group_leave(struct xtcp_binding *b)
{
	struct xtcp_port_group *g = b->group;

	b->group = NULL;
	g->holders.live--;
	group_check_empty(g);
}

void xtcp_unbind(struct xtcp_table *t, struct xtcp_binding *b)
{
	if (!b->group)
		return;
	xtcp_port_lock(&t->ports, b->port);
	xtcp_group_leave(b);
	xtcp_port_unlock(&t->ports, b->port);
	b->port = 0;
}

void xtcp_port_linger(struct xtcp_table *t, struct xtcp_binding *b)
{
	if (WARN_ON_ONCE(!b->group))
		return;
	xtcp_port_lock(&t->ports, b->port);
	b->group->holders.lingering++;
	xtcp_group_leave(b);
	xtcp_port_unlock(&t->ports, b->port);
	b->port = 0;
}

/* Could the entry have come from a socket with this claim? */
static bool group_of_entry(const struct xtcp_port_group *g,
			   const struct xtcp_claim *where)
{
	const struct xtcp_claim *c = &g->holders.claim;

	return g->holders.lingering && c->v6 == where->v6 &&
	       c->ifindex == where->ifindex &&
	       !memcmp(c->addr, where->addr, sizeof(c->addr));
}

/*
 * A small entry has no room to say which group it came from. Any with its
 * address and device will do, as lingering holders are all treated alike.
 */
void xtcp_port_unlinger(struct xtcp_table *t, const struct xtcp_entry *e)
{
	struct xtcp_claim where = {};
	struct xtcp_port_group *g;
	struct hlist_head *list;
	u16 port;

	port = xtcp_entry_claim(e, &where);
	list = xtcp_port_list(&t->ports, port, GFP_ATOMIC);
	if (WARN_ON_ONCE(!list))
		return;
	xtcp_port_lock(&t->ports, port);
	hlist_for_each_entry(g, list, node)
		if (group_of_entry(g, &where))
			break;
	if (!WARN_ON_ONCE(!g)) {
		g->holders.lingering--;
		group_check_empty(g);
	}
	xtcp_port_unlock(&t->ports, port);
}

int xtcp_ports_init(struct xtcp_ports *p)
{
	get_random_bytes(p->secret, sizeof(p->secret));
	return alloc_bucket_spinlocks(&p->locks, &p->lock_mask, 1024, 64,
				      GFP_KERNEL);
}

int xtcp_ports_use(struct xtcp_ports *p)
{
	size_t size = XTCP_PORT_COUNTERS * sizeof(*p->counters);

	if (p->counters)
		return 0;
	p->counters = kvmalloc(size, GFP_KERNEL);
	if (!p->counters)
		return -ENOMEM;
	get_random_bytes(p->counters, size);
	return 0;
}

void xtcp_ports_exit(struct xtcp_ports *p)
{
	struct xtcp_port_group *g;
	struct hlist_node *next;
	unsigned int i, j;

	for (i = 0; i < XTCP_PORT_PAGES; i++) {
		if (!p->page[i])
			continue;
		/* What lingered goes with its namespace. */
		for (j = 0; j < PORTS_PER_PAGE; j++)
			hlist_for_each_entry_safe(g, next, &p->page[i][j],
						  node) {
				WARN_ON_ONCE(g->holders.live);
				xtcp_unreserve(g->reserved);
				kfree(g);
			}
		kfree(p->page[i]);
	}
	kvfree(p->counters);
	free_bucket_spinlocks(p->locks);
}
