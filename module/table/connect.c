// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting a 4-tuple for connect(): with the socket's own port, or with one
 * that is chosen here (RFC 6056 algorithm 4).
 */
#include <net/ip.h>
#include <net/ipv6.h>

#include "table/ephemeral.h"
#include "table/internal.h"

/*
 * What of the entry that has the tuple already? 0: it may be taken over;
 * -EAGAIN: it is going; -EADDRNOTAVAIL: neither.
 */
static int tuple_of_other(const struct xtcp_entry *old,
			  const struct xtcp_connect *how)
{
	switch (READ_ONCE(old->form)) {
	case XTCP_FORM_TIME_WAIT:
		return how->reuse_time_wait ? 0 : -EADDRNOTAVAIL;
	case XTCP_FORM_NONE:
	case XTCP_FORM_DEAD:
		return -EAGAIN;
	default:
		return -EADDRNOTAVAIL;
	}
}

/* Take the place of a TIME_WAIT entry; -EAGAIN when it is gone meanwhile. */
static int tuple_take_over(struct xtcp_table *t, struct xtcp_entry *e,
			   struct xtcp_small *s,
			   const struct xtcp_connect *how)
{
	int err = -EADDRNOTAVAIL;

	xtcp_small_lock(t, s);
	if (!xtcp_small_alive(s)) {
		err = -EAGAIN;
	} else if (s->entry.form == XTCP_FORM_TIME_WAIT &&
		   how->reuse_time_wait(t, s, how->arg)) {
		xtcp_small_to_full(t, s, e);
		err = 0;
	}
	xtcp_small_unlock(t, s);
	return err;
}

static int tuple_take(struct xtcp_table *t, struct xtcp_entry *e,
		      const struct xtcp_connect *how)
{
	struct xtcp_entry *old;
	int err;

	rcu_read_lock();
	do {
		err = xtcp_insert(t, e);
		if (err != -EEXIST)
			break;
		old = xtcp_conn_find(t, e);
		err = old ? tuple_of_other(old, how) : -EAGAIN;
		if (!err)
			err = tuple_take_over(t, e, xtcp_small(old), how);
	} while (err == -EAGAIN);
	rcu_read_unlock();
	/* -E2BIG says that the hash table is resized: no memory, in effect. */
	return err == -E2BIG ? -ENOMEM : err;
}

/* The socket has a port already: is its tuple free? */
static int connect_bound(struct xtcp_table *t, const struct sock *sk,
			 struct xtcp_binding *b, struct xtcp_entry *e,
			 const struct xtcp_connect *how)
{
	struct xtcp_port_group *spare;
	struct xtcp_claim claim;
	int err;

	/* It will have one address, and no claim to any other. */
	xtcp_claim_copy(&claim, &b->group->holders.claim);
	xtcp_entry_claim(e, &claim);
	spare = xtcp_group_alloc(t, &claim, GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	err = tuple_take(t, e, how);
	if (!err)
		xtcp_port_claim(t, b, &claim, &spare);
	xtcp_group_free(t, spare);
	return err;
}

/* Most candidates that fail do so here, without a lock. */
static bool tuple_in_use(struct xtcp_table *t, const struct xtcp_entry *e,
			 const struct xtcp_connect *how)
{
	struct xtcp_entry *old;
	bool in_use;

	rcu_read_lock();
	old = xtcp_conn_find(t, e);
	in_use = old && tuple_of_other(old, how) == -EADDRNOTAVAIL;
	rcu_read_unlock();
	return in_use;
}

static bool port_shareable(const struct hlist_head *list)
{
	const struct xtcp_port_group *g;

	hlist_for_each_entry(g, list, node)
		if (!xtcp_claim_shareable(&g->holders))
			return false;
	return true;
}

/* -EADDRNOTAVAIL: not this port, try another. */
static int connect_try(struct xtcp_table *t, struct xtcp_binding *b,
		       struct xtcp_entry *e, struct xtcp_claim *claim,
		       const struct xtcp_connect *how, u16 port)
{
	struct hlist_head *list = xtcp_port_list(&t->ports, port, GFP_KERNEL);
	struct xtcp_reservation *reserved;
	int err;

	if (!list)
		return -ENOMEM;
	claim->port = port;
	err = xtcp_reserve(t, claim, port, false, &reserved);
	if (err)
		return err == -EADDRINUSE ? -EADDRNOTAVAIL : err;
	xtcp_port_lock(&t->ports, port);
	if (!port_shareable(list))
		err = -EADDRNOTAVAIL;
	else if (!xtcp_group_join(t, list, b, claim, reserved, NULL))
		err = -ENOMEM;
	xtcp_port_unlock(&t->ports, port);
	xtcp_unreserve(reserved);
	if (err)
		return err;
	err = tuple_take(t, e, how);
	if (err)
		xtcp_unbind(t, b);
	return err;
}

/* What a search over IPv6 is keyed by; without holes. */
struct destination {
	struct in6_addr laddr;
	struct in6_addr faddr;
	__be32 fport;
	u32 scope;
};

/* RFC 6056 3.3.4: its F() and G() are the two halves of one keyed hash. */
static u64 destination_hash(const struct xtcp_port_table *p,
			    const struct xtcp_entry *e)
{
	struct destination d = {};

	if (e->family != AF_INET6)
		return siphash_3u32((__force u32)e->key4.laddr,
				    (__force u32)e->key4.faddr,
				    (__force u16)e->key4.fport, &p->secret);
	d.laddr = e->key6.laddr;
	d.faddr = e->key6.faddr;
	d.fport = (__force __be32)(__force u16)e->key6.fport;
	d.scope = e->key6.scope;
	return siphash(&d, sizeof(d), &p->secret);
}

/* Return: both ends are the same now. */
static bool try_port(struct xtcp_entry *e, u16 port)
{
	xtcp_entry_set_port(e, port);
	if (e->family == AF_INET6)
		return e->key6.lport == e->key6.fport &&
		       ipv6_addr_equal(&e->key6.laddr, &e->key6.faddr);
	return e->key4.lport == e->key4.fport && e->key4.laddr == e->key4.faddr;
}

/*
 * So that the counter does not tell how many connections there were: one time
 * in 16 it goes on by one more.
 */
static u32 counter_step(const struct xtcp_port_search *s)
{
	return s->tried + !(get_random_u32() & 15);
}

static int connect_any(struct xtcp_table *t, const struct sock *sk,
		       struct xtcp_binding *b, struct xtcp_entry *e,
		       struct xtcp_claim *claim,
		       const struct xtcp_connect *how)
{
	struct xtcp_port_table *p = &t->ports;
	struct xtcp_port_search search;
	u64 hash = destination_hash(p, e);
	int low, high, err;
	u32 *counter;
	u16 port;

	counter = &p->counters[(u32)hash % XTCP_PORT_COUNTERS];
	inet_sk_get_local_port_range((struct sock *)sk, &low, &high);
	xtcp_port_search_begin(&search, low, high, hash >> 32,
			       READ_ONCE(*counter));
	while ((port = xtcp_port_search_next(&search))) {
		if (inet_is_local_reserved_port(t->net, port))
			continue;
		if (try_port(e, port) && !how->self)
			continue;
		/* The first is nearly always free; of the rest, look before. */
		err = -EADDRNOTAVAIL;
		if (search.tried == 1 || !tuple_in_use(t, e, how))
			err = connect_try(t, b, e, claim, how, port);
		if (!err)
			WRITE_ONCE(*counter,
				   READ_ONCE(*counter) + counter_step(&search));
		if (err != -EADDRNOTAVAIL)
			return err;
		cond_resched();
	}
	return -EADDRNOTAVAIL;
}

int xtcp_connect(struct xtcp_table *t, const struct sock *sk,
		 struct xtcp_binding *b, struct xtcp_entry *e,
		 struct xtcp_tuple *tuple, const struct xtcp_connect *how)
{
	struct xtcp_claim claim;
	int err;

	xtcp_entry_init(e, tuple, sk->sk_bound_dev_if);
	if (b->group)
		return connect_bound(t, sk, b, e, how);
	xtcp_sock_claim(&claim, sk, XTCP_USE_AUTO);
	xtcp_entry_claim(e, &claim);
	err = connect_any(t, sk, b, e, &claim, how);
	if (!err)
		tuple->lport = htons(xtcp_bound_port(b));
	return err;
}
