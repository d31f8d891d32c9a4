// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners by port and address.
 *
 * The list of a bucket is in the order in which TCP prefers, so that the first
 * that fits is the one; two look-ups, for the address and for the wildcard,
 * then find the best however many there are.
 */
#include <linux/jhash.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock_reuseport.h>

#include "table/internal.h"

static struct hlist_head *listener_bucket(struct xtcp_table *t, u16 port,
					  bool v6, const union xtcp_addr *addr)
{
	u32 hash;

	if (v6 && addr)
		hash = ipv6_addr_hash(&addr->v6);
	else
		hash = addr ? (__force u32)addr->v4 : 0;
	hash = jhash_2words(hash, port, t->listen_seed);
	return &t->listeners[hash % XTCP_LISTEN_BUCKETS];
}

static bool listener_any(const struct xtcp_listener *l)
{
	return l->v6 ? ipv6_addr_any(&l->addr.v6) : !l->addr.v4;
}

static bool listener_same_addr(const struct xtcp_listener *l, bool v6,
			       const union xtcp_addr *addr)
{
	if (l->v6 != v6)
		return false;
	return v6 ? ipv6_addr_equal(&l->addr.v6, &addr->v6) :
		    l->addr.v4 == addr->v4;
}

/* One that listens on the wildcard address: also for this IP version? */
static bool listener_takes(const struct xtcp_listener *l, bool v6)
{
	return listener_any(l) && (l->v6 == v6 || (l->v6 && !l->v6only));
}

static bool listener_here(struct xtcp_table *t, const struct xtcp_listener *l,
			  const struct xtcp_tuple *tuple)
{
	return l->port == ntohs(tuple->lport) &&
	       inet_sk_bound_dev_eq(t->net, l->ifindex, tuple->ifindex,
				    tuple->sdif);
}

static struct xtcp_listener *listener_find(struct xtcp_table *t,
					   const struct xtcp_tuple *tuple)
{
	bool v6 = tuple->family == AF_INET6;
	u16 port = ntohs(tuple->lport);
	struct xtcp_listener *l;

	hlist_for_each_entry_rcu(l, listener_bucket(t, port, v6, &tuple->laddr),
				 node)
		if (listener_here(t, l, tuple) &&
		    listener_same_addr(l, v6, &tuple->laddr))
			return l;
	hlist_for_each_entry_rcu(l, listener_bucket(t, port, v6, NULL), node)
		if (listener_here(t, l, tuple) && listener_takes(l, v6))
			return l;
	return NULL;
}

struct sock *xtcp_listener_lookup(struct xtcp_table *t,
				  const struct xtcp_tuple *tuple,
				  struct sk_buff *skb, int hdr_len)
{
	struct xtcp_listener *l = listener_find(t, tuple);
	struct xtcp_entry key;
	struct sock *sk;

	if (!l)
		return NULL;
	if (!rcu_access_pointer(l->sk->sk_reuseport_cb))
		return l->sk;
	xtcp_entry_init(&key, tuple, 0);
	sk = reuseport_select_sock(l->sk, xtcp_conn_hash(&key), skb, hdr_len);
	return IS_ERR_OR_NULL(sk) ? l->sk : sk;
}

struct xtcp_listener *xtcp_listener_get(struct xtcp_table *t, u32 id)
{
	return xa_load(&t->listener_ids, id);
}

/* Two of one owner that agreed to share what comes for one address. */
static bool listener_same_group(const struct xtcp_listener *a,
				const struct xtcp_listener *b)
{
	return b->sk->sk_reuseport && a->port == b->port &&
	       a->ifindex == b->ifindex && a->uid == b->uid &&
	       a->v6only == b->v6only &&
	       listener_same_addr(a, b->v6, &b->addr);
}

static int listener_join_group(struct xtcp_listener *l,
			       struct hlist_head *bucket)
{
	bool any = listener_any(l);
	struct xtcp_listener *other;

	if (!l->sk->sk_reuseport)
		return 0;
	hlist_for_each_entry(other, bucket, node)
		if (listener_same_group(l, other))
			return reuseport_add_sock(l->sk, other->sk, any);
	return reuseport_alloc(l->sk, any);
}

static void listener_link(struct xtcp_listener *l, struct hlist_head *bucket)
{
	struct xtcp_listener *other, *before = NULL;

	hlist_for_each_entry(other, bucket, node) {
		if (other->rank < l->rank) {
			hlist_add_before_rcu(&l->node, &other->node);
			return;
		}
		before = other;
	}
	if (before)
		hlist_add_behind_rcu(&l->node, &before->node);
	else
		hlist_add_head_rcu(&l->node, bucket);
}

static void listener_set(struct xtcp_listener *l, struct sock *sk,
			 const struct xtcp_binding *b)
{
	struct xtcp_claim c;

	xtcp_claim_copy(&c, &b->group->holders.claim);
	/* It listened before: some may have it in hand still. */
	if (l->sk)
		synchronize_rcu();
	l->sk = sk;
	atomic_set(&l->half_open, 0);
	memcpy(&l->addr, c.addr, sizeof(l->addr));
	l->port = xtcp_bound_port(b);
	l->ifindex = c.ifindex;
	l->uid = c.uid;
	l->v6 = c.v6;
	l->v6only = c.v6only;
	l->rank = (l->ifindex ? 2 : 0) + !l->v6;
}

static int listener_hash(struct xtcp_table *t, struct xtcp_listener *l)
{
	struct hlist_head *bucket;
	int err;

	bucket = listener_bucket(t, l->port, l->v6,
				 listener_any(l) ? NULL : &l->addr);
	spin_lock_bh(&t->listen_lock);
	err = listener_join_group(l, bucket);
	if (!err)
		listener_link(l, bucket);
	spin_unlock_bh(&t->listen_lock);
	return err;
}

/*
 * Not xa_alloc_cyclic(): when memory is short it gives a low id out again, and
 * what is half open at a listener that closes would find itself at this one.
 */
static int listener_number(struct xtcp_table *t, struct xtcp_listener *l)
{
	int err = -EBUSY;

	while (err == -EBUSY) {
		l->id = atomic_inc_return(&t->last_id);
		if (l->id)
			err = xa_insert_bh(&t->listener_ids, l->id, l,
					   GFP_KERNEL);
	}
	if (err)
		l->id = 0;
	return err;
}

int xtcp_listen(struct xtcp_table *t, struct sock *sk, struct xtcp_listener *l,
		struct xtcp_binding *b)
{
	bool bound = b->group;
	int err;

	err = bound ? 0 : xtcp_bind(t, sk, b, 0);
	if (err)
		return err;
	err = xtcp_port_listen(t, sk, b);
	if (err)
		goto unbind;
	listener_set(l, sk, b);
	err = listener_number(t, l);
	if (err)
		goto unlisten;
	err = listener_hash(t, l);
	if (!err)
		return 0;
	xa_erase_bh(&t->listener_ids, l->id);
	l->id = 0;
unlisten:
	xtcp_port_unlisten(t, b);
unbind:
	if (!bound)
		xtcp_unbind(t, b);
	return err;
}

void xtcp_unlisten(struct xtcp_table *t, struct xtcp_listener *l,
		   struct xtcp_binding *b)
{
	if (!l->id)
		return;
	xa_erase_bh(&t->listener_ids, l->id);
	spin_lock_bh(&t->listen_lock);
	hlist_del_rcu(&l->node);
	spin_unlock_bh(&t->listen_lock);
	/* Under RCU some may be about to choose it: they see its state. */
	if (rcu_access_pointer(l->sk->sk_reuseport_cb))
		reuseport_detach_sock(l->sk);
	l->id = 0;
	if (b->group)
		xtcp_port_unlisten(t, b);
}

void xtcp_listeners_init(struct xtcp_table *t)
{
	unsigned int i;

	spin_lock_init(&t->listen_lock);
	for (i = 0; i < XTCP_LISTEN_BUCKETS; i++)
		INIT_HLIST_HEAD(&t->listeners[i]);
	xa_init_flags(&t->listener_ids, XA_FLAGS_LOCK_BH);
	t->listen_seed = get_random_u32();
}

void xtcp_listeners_exit(struct xtcp_table *t)
{
	unsigned long id = 0;

	/* Not xa_empty(): where memory was short, a node stays behind. */
	WARN_ON_ONCE(xa_find(&t->listener_ids, &id, ULONG_MAX, XA_PRESENT));
	xa_destroy(&t->listener_ids);
}
