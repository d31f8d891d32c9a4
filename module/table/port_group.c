// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each local port has a list of groups, a group for each different claim.
 */
#include <linux/slab.h>

#include "table/ephemeral.h"
#include "table/internal.h"

#define PORTS_PER_PAGE	(65536 / XTCP_PORT_PAGES)

#define GROUP4_SIZE	offsetof(struct xtcp_port_group, holders.claim.addr[1])

#ifndef __CHECKER__	/* to sparse a bool of one bit is a byte */
static_assert(GROUP4_SIZE == 40, "the promise of Documentation/memory.rst");
#endif

static const struct {
	const char *name;
	size_t size;
} groups[XTCP_WIRES][2] = {
	[XTCP_WIRE_NATIVE] = {
		{ "xtcp_port4", GROUP4_SIZE },
		{ "xtcp_port6", sizeof(struct xtcp_port_group) },
	},
	[XTCP_WIRE_TCP] = {
		{ "xtcp_tcp_port4",
		  offsetof(struct xtcp_tcp_group, group) + GROUP4_SIZE },
		{ "xtcp_tcp_port6", sizeof(struct xtcp_tcp_group) },
	},
};

static struct kmem_cache *group_cache[XTCP_WIRES][2];

void xtcp_port_module_exit(void)
{
	int wire, v6;

	for (wire = 0; wire < XTCP_WIRES; wire++)
		for (v6 = 0; v6 < 2; v6++)
			kmem_cache_destroy(group_cache[wire][v6]);
}

int xtcp_port_module_init(void)
{
	struct kmem_cache **cache;
	int wire, v6;

	for (wire = 0; wire < XTCP_WIRES; wire++)
		for (v6 = 0; v6 < 2; v6++) {
			cache = &group_cache[wire][v6];
			*cache = kmem_cache_create(groups[wire][v6].name,
						   groups[wire][v6].size,
						   0, 0, NULL);
			if (!*cache)
				goto no_memory;
		}
	return 0;

no_memory:
	xtcp_port_module_exit();
	return -ENOMEM;
}

struct xtcp_port_group *xtcp_group_alloc(const struct xtcp_table *t,
					 const struct xtcp_claim *claim,
					 gfp_t gfp)
{
	void *memory = kmem_cache_alloc(group_cache[t->wire][claim->v6], gfp);
	struct xtcp_port_group *g = memory;
	struct xtcp_tcp_group *tcp = memory;

	if (!memory)
		return NULL;
	if (t->wire == XTCP_WIRE_TCP) {
		tcp->reserved = NULL;
		g = &tcp->group;
	}
	g->holders.live = 0;
	g->holders.lingering = 0;
	memcpy(&g->holders.claim, claim, xtcp_claim_size(claim));
	return g;
}

void xtcp_group_free(const struct xtcp_table *t, struct xtcp_port_group *g)
{
	struct kmem_cache *cache;

	if (!g)
		return;
	cache = group_cache[t->wire][g->holders.claim.v6];
	if (t->wire == XTCP_WIRE_TCP)
		kmem_cache_free(cache, xtcp_tcp_group(g));
	else
		kmem_cache_free(cache, g);
}

void xtcp_port_lock(struct xtcp_port_table *p, u16 port)
	__acquires(xtcp_port)
{
	spin_lock_bh(&p->locks[port & p->lock_mask]);
}

void xtcp_port_unlock(struct xtcp_port_table *p, u16 port)
	__releases(xtcp_port)
{
	spin_unlock_bh(&p->locks[port & p->lock_mask]);
}

struct hlist_head *xtcp_port_list(struct xtcp_port_table *p, u16 port, gfp_t gfp)
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

/* The group has somebody live, for whom the caller holds @reserved. */
static void group_reserve(struct xtcp_table *t, struct xtcp_port_group *g,
			  struct xtcp_reservation *reserved)
{
	if (t->wire != XTCP_WIRE_TCP || xtcp_tcp_group(g)->reserved)
		return;
	xtcp_tcp_group(g)->reserved = reserved;
	xtcp_reserve_more(reserved);
}

static void group_unreserve(struct xtcp_table *t, struct xtcp_port_group *g)
{
	if (t->wire != XTCP_WIRE_TCP)
		return;
	xtcp_unreserve(xtcp_tcp_group(g)->reserved);
	xtcp_tcp_group(g)->reserved = NULL;
}

static struct xtcp_port_group *group_new(struct xtcp_table *t,
					 struct hlist_head *list,
					 const struct xtcp_claim *claim,
					 struct xtcp_port_group **spare)
{
	struct xtcp_port_group *g;

	if (spare && *spare) {
		g = *spare;
		*spare = NULL;
		/* It may have been made before the port was chosen. */
		g->holders.claim.port = claim->port;
	} else {
		g = xtcp_group_alloc(t, claim, GFP_ATOMIC);
		if (!g)
			return NULL;
	}
	hlist_add_head(&g->node, list);
	xtcp_reserve_group(t, true);
	return g;
}

/**
 * xtcp_group_join() - hold a port
 * @t:		the table
 * @list:	the port's groups
 * @b:		not bound
 * @claim:	what to say
 * @reserved:	held by the caller; a new group takes a hold of its own
 * @spare:	a group of this claim, which is taken if needed; or NULL
 *
 * Return: false when a group was needed and memory is short.
 */
bool xtcp_group_join(struct xtcp_table *t, struct hlist_head *list,
		     struct xtcp_binding *b, const struct xtcp_claim *claim,
		     struct xtcp_reservation *reserved,
		     struct xtcp_port_group **spare)
{
	struct xtcp_port_group *g;

	hlist_for_each_entry(g, list, node)
		if (xtcp_claim_equal(&g->holders.claim, claim))
			break;
	if (!g)
		g = group_new(t, list, claim, spare);
	if (!g)
		return false;
	group_reserve(t, g, reserved);
	g->holders.live++;
	b->group = g;
	return true;
}

static void group_free(struct xtcp_table *t, struct xtcp_port_group *g)
{
	group_unreserve(t, g);
	hlist_del(&g->node);
	xtcp_group_free(t, g);
	xtcp_reserve_group(t, false);
}

/*
 * The host's TCP may have a port where ours only wait for the last of a
 * connection: it has never heard of them, and they cost no more than they must.
 */
static void group_check_empty(struct xtcp_table *t, struct xtcp_port_group *g)
{
	if (g->holders.live)
		return;
	if (g->holders.lingering)
		group_unreserve(t, g);
	else
		group_free(t, g);
}

void xtcp_group_leave(struct xtcp_table *t, struct xtcp_binding *b)
{
	struct xtcp_port_group *g = b->group;

	b->group = NULL;
	g->holders.live--;
	group_check_empty(t, g);
}

u16 xtcp_bound_port(const struct xtcp_binding *b)
{
	return b->group->holders.claim.port;
}

void xtcp_unbind(struct xtcp_table *t, struct xtcp_binding *b)
{
	u16 port;

	if (!b->group)
		return;
	port = xtcp_bound_port(b);
	xtcp_port_lock(&t->ports, port);
	xtcp_group_leave(t, b);
	xtcp_port_unlock(&t->ports, port);
}

void xtcp_port_linger(struct xtcp_table *t, struct xtcp_binding *b)
{
	u16 port;

	if (WARN_ON_ONCE(!b->group))
		return;
	port = xtcp_bound_port(b);
	xtcp_port_lock(&t->ports, port);
	b->group->holders.lingering++;
	xtcp_group_leave(t, b);
	xtcp_port_unlock(&t->ports, port);
}

/* Could the entry have come from a socket with this claim? */
static bool group_of_entry(const struct xtcp_port_group *g,
			   const struct xtcp_claim *where)
{
	const struct xtcp_claim *c = &g->holders.claim;

	return g->holders.lingering && c->ifindex == where->ifindex &&
	       xtcp_claim_same_addr(c, where);
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
		group_check_empty(t, g);
	}
	xtcp_port_unlock(&t->ports, port);
}

int xtcp_ports_init(struct xtcp_port_table *p)
{
	get_random_bytes(&p->secret, sizeof(p->secret));
	return alloc_bucket_spinlocks(&p->locks, &p->lock_mask, 1024, 64,
				      GFP_KERNEL);
}

int xtcp_ports_use(struct xtcp_port_table *p)
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

void xtcp_ports_exit(struct xtcp_table *t)
{
	struct xtcp_port_table *p = &t->ports;
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
				group_free(t, g);
			}
		kfree(p->page[i]);
	}
	kvfree(p->counters);
	free_bucket_spinlocks(p->locks);
}
