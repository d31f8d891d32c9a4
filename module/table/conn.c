// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections by 4-tuple: one hash table for each IP version.
 *
 * Who can choose ports and addresses must not be able to choose a bucket too,
 * so the hash is keyed, with a key as long as it takes; it never leaves the
 * kernel, for which SipHash-1-3 is good. The seed that rhashtable offers is not
 * mixed in: an entry keeps its hash for life, which gives a walk an order that no
 * resize disturbs.
 */
#include <linux/random.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>

#include "table/internal.h"

static hsiphash_key_t conn_secret __read_mostly;
/* What of a hash leaves the kernel must not tell of buckets. */
static hsiphash_key_t label_secret __read_mostly;

static u32 key4_hash(const struct xtcp_key4 *k, const hsiphash_key_t *secret)
{
	return hsiphash_3u32((__force u32)k->laddr, (__force u32)k->faddr,
			     (__force u32)k->lport << 16 |
			     (__force u32)k->fport, secret);
}

static u32 conn_hash4(const void *key, u32 len, u32 seed)
{
	return key4_hash(key, &conn_secret);
}

/* Whoever looks for an IPv6 key has it in an entry, with its hash. */
static u32 conn_hash6(const void *key, u32 len, u32 seed)
{
	return container_of(key, const struct xtcp_entry, key6)->hash;
}

static u32 conn_obj_hash4(const void *obj, u32 len, u32 seed)
{
	const struct xtcp_entry *e = obj;

	return conn_hash4(&e->key4, len, seed);
}

static u32 conn_obj_hash6(const void *obj, u32 len, u32 seed)
{
	const struct xtcp_entry *e = obj;

	return e->hash;
}

static bool same_key4(const struct xtcp_key4 *a, const struct xtcp_key4 *b)
{
	return a->laddr == b->laddr && a->faddr == b->faddr &&
	       a->lport == b->lport && a->fport == b->fport;
}

static bool same_key6(const struct xtcp_key6 *a, const struct xtcp_key6 *b)
{
	return a->lport == b->lport && a->fport == b->fport &&
	       ipv6_addr_equal(&a->faddr, &b->faddr) &&
	       ipv6_addr_equal(&a->laddr, &b->laddr) && a->scope == b->scope;
}

static int conn_cmp4(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct xtcp_entry *e = obj;

	return !same_key4(arg->key, &e->key4);
}

static int conn_cmp6(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct xtcp_entry *e = obj;

	return !same_key6(arg->key, &e->key6);
}

static const struct rhashtable_params conn_params4 = {
	.head_offset = offsetof(struct xtcp_entry, node),
	.key_offset = offsetof(struct xtcp_entry, key4),
	.key_len = sizeof(struct xtcp_key4),
	.hashfn = conn_hash4,
	.obj_hashfn = conn_obj_hash4,
	.obj_cmpfn = conn_cmp4,
	.automatic_shrinking = true,
};

static const struct rhashtable_params conn_params6 = {
	.head_offset = offsetof(struct xtcp_entry, node),
	.key_offset = offsetof(struct xtcp_entry, key6),
	.key_len = sizeof(struct xtcp_key6),
	.hashfn = conn_hash6,
	.obj_hashfn = conn_obj_hash6,
	.obj_cmpfn = conn_cmp6,
	.automatic_shrinking = true,
};

u32 xtcp_conn_hash(const struct xtcp_entry *e)
{
	if (e->family == AF_INET6)
		return e->hash;
	return key4_hash(&e->key4, &conn_secret);
}

u32 xtcp_entry_label(const struct xtcp_entry *e)
{
	if (e->family == AF_INET6)
		return hsiphash_1u32(e->hash, &label_secret) ?: 1;
	return key4_hash(&e->key4, &label_secret) ?: 1;
}

static void key4_init(struct xtcp_key4 *k, const struct xtcp_tuple *tuple)
{
	k->laddr = tuple->laddr.v4;
	k->faddr = tuple->faddr.v4;
	k->lport = tuple->lport;
	k->fport = tuple->fport;
}

/* With VRF the link is the device below, not the VRF itself. */
static void key6_init(struct xtcp_key6 *k, const struct xtcp_tuple *tuple)
{
	k->laddr = tuple->laddr.v6;
	k->faddr = tuple->faddr.v6;
	k->lport = tuple->lport;
	k->fport = tuple->fport;
	k->scope = 0;
	if (xtcp_link_local(&k->laddr) || xtcp_link_local(&k->faddr))
		k->scope = tuple->sdif ?: tuple->ifindex;
}

static u32 key6_hash(const struct xtcp_key6 *k)
{
	return hsiphash(k, sizeof(*k), &conn_secret);
}

/* A port to come brings the hash with it: xtcp_entry_set_port(). */
static void set_key6(struct xtcp_entry *e, const struct xtcp_tuple *tuple)
{
	key6_init(&e->key6, tuple);
	e->hash = tuple->lport ? key6_hash(&e->key6) : 0;
}

void xtcp_entry_init(struct xtcp_entry *e, const struct xtcp_tuple *tuple,
		     int bound)
{
	e->form = XTCP_FORM_NONE;
	e->family = tuple->family;
	e->saved = 0;
	e->wire = tuple->wire;
	e->tos = 0;
	e->ttl = 0;
	e->ifindex = bound;
	e->mark = 0;
	if (tuple->family != AF_INET6) {
		key4_init(&e->key4, tuple);
		return;
	}
	set_key6(e, tuple);
	if (!e->ifindex)
		e->ifindex = e->key6.scope;
}

void xtcp_entry_set_port(struct xtcp_entry *e, u16 port)
{
	if (e->family != AF_INET6) {
		e->key4.lport = htons(port);
		return;
	}
	e->key6.lport = htons(port);
	e->hash = key6_hash(&e->key6);
}

void xtcp_entry_tuple(const struct xtcp_entry *e, struct xtcp_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->family = e->family;
	tuple->wire = e->wire;
	tuple->ifindex = e->ifindex;
	if (e->family == AF_INET6) {
		tuple->laddr.v6 = e->key6.laddr;
		tuple->faddr.v6 = e->key6.faddr;
		tuple->lport = e->key6.lport;
		tuple->fport = e->key6.fport;
		return;
	}
	tuple->laddr.v4 = e->key4.laddr;
	tuple->faddr.v4 = e->key4.faddr;
	tuple->lport = e->key4.lport;
	tuple->fport = e->key4.fport;
}

struct xtcp_entry *xtcp_conn_find(struct xtcp_table *t,
				  const struct xtcp_entry *e)
{
	if (e->family == AF_INET6)
		return rhashtable_lookup(&t->conns[1], &e->key6, conn_params6);
	return rhashtable_lookup(&t->conns[0], &e->key4, conn_params4);
}

static struct xtcp_entry *lookup(struct xtcp_table *t,
				 const struct xtcp_tuple *tuple)
{
	struct xtcp_entry entry;
	struct xtcp_key4 key;

	if (tuple->family != AF_INET6) {
		key4_init(&key, tuple);
		return rhashtable_lookup(&t->conns[0], &key, conn_params4);
	}
	set_key6(&entry, tuple);
	return rhashtable_lookup(&t->conns[1], &entry.key6, conn_params6);
}

struct xtcp_entry *xtcp_lookup(struct xtcp_table *t,
			       const struct xtcp_tuple *tuple)
{
	struct xtcp_entry *e = lookup(t, tuple);

	if (!e || !inet_sk_bound_dev_eq(t->net, e->ifindex, tuple->ifindex,
					tuple->sdif))
		return NULL;
	return e;
}

bool xtcp_entry_matches(const struct xtcp_entry *e,
			const struct xtcp_tuple *tuple)
{
	union {
		struct xtcp_key4 v4;
		struct xtcp_key6 v6;
	} key;

	if (e->form == XTCP_FORM_NONE || e->form == XTCP_FORM_DEAD ||
	    e->family != tuple->family)
		return false;
	if (e->family != AF_INET6) {
		key4_init(&key.v4, tuple);
		return same_key4(&e->key4, &key.v4);
	}
	key6_init(&key.v6, tuple);
	return same_key6(&e->key6, &key.v6);
}

int xtcp_conn_insert(struct xtcp_table *t, struct xtcp_entry *e)
{
	if (e->family == AF_INET6)
		return rhashtable_lookup_insert_key(&t->conns[1], &e->key6,
						    &e->node, conn_params6);
	return rhashtable_lookup_insert_key(&t->conns[0], &e->key4, &e->node,
					    conn_params4);
}

void xtcp_conn_delete(struct xtcp_table *t, struct xtcp_entry *e)
{
	int err;

	if (e->family == AF_INET6)
		err = rhashtable_remove_fast(&t->conns[1], &e->node,
					     conn_params6);
	else
		err = rhashtable_remove_fast(&t->conns[0], &e->node,
					     conn_params4);
	WARN_ON_ONCE(err);
}

bool xtcp_conn_replace(struct xtcp_table *t, struct xtcp_entry *old,
		       struct xtcp_entry *new)
{
	int err;

	if (WARN_ON_ONCE(old->family != new->family))
		return false;
	if (old->family == AF_INET6)
		err = rhashtable_replace_fast(&t->conns[1], &old->node,
					      &new->node, conn_params6);
	else
		err = rhashtable_replace_fast(&t->conns[0], &old->node,
					      &new->node, conn_params4);
	return !WARN_ON_ONCE(err);
}

int xtcp_insert(struct xtcp_table *t, struct xtcp_entry *e)
{
	int err;

	WRITE_ONCE(e->form, XTCP_FORM_FULL);
	err = xtcp_conn_insert(t, e);
	if (err) {
		WRITE_ONCE(e->form, XTCP_FORM_NONE);
		return err;
	}
	atomic_inc(&t->count[XTCP_FORM_FULL]);
	return 0;
}

void xtcp_remove(struct xtcp_table *t, struct xtcp_entry *e)
{
	if (e->form != XTCP_FORM_FULL)
		return;
	xtcp_conn_delete(t, e);
	WRITE_ONCE(e->form, XTCP_FORM_NONE);
	atomic_dec(&t->count[XTCP_FORM_FULL]);
}

int xtcp_conn_init(struct xtcp_table *t)
{
	int err = rhashtable_init(&t->conns[0], &conn_params4);

	if (err)
		return err;
	err = rhashtable_init(&t->conns[1], &conn_params6);
	if (err)
		rhashtable_destroy(&t->conns[0]);
	return err;
}

static void conn_free(void *obj, void *arg)
{
	struct xtcp_entry *e = obj;

	/* A socket would be freed later, and reach for a table that is gone. */
	if (!WARN_ON_ONCE(xtcp_entry_full(e)))
		xtcp_small_bury(xtcp_small(e));
}

void xtcp_conn_exit(struct xtcp_table *t)
{
	rhashtable_free_and_destroy(&t->conns[0], conn_free, NULL);
	rhashtable_free_and_destroy(&t->conns[1], conn_free, NULL);
}

void xtcp_conn_module_init(void)
{
	get_random_bytes(&conn_secret, sizeof(conn_secret));
	get_random_bytes(&label_secret, sizeof(label_secret));
}
