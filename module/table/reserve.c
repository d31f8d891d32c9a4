// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TCP wire's ports are those of the host's TCP. A port that one of ours has
 * is reserved there by a socket of the kernel that is bound to it and does
 * nothing else; so either side gets EADDRINUSE for what the other has.
 *
 * Such a socket can be made in process context only, so a child shares the
 * reservation of its listener. It is given back by who next needs one, or by a
 * worker: at once where a program named the port, and may name it to the host's
 * TCP next. Who only waits for the last of a connection has none: such a socket is
 * dear, and there may be one wait for each port that there is. A few are kept for
 * the next port, as making one costs as much as a quarter of a short connection.
 */
#include <linux/cgroup.h>
#include <linux/in6.h>
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "table/internal.h"

#define RESERVE_BUCKETS	1024u
#define SPARES_MOST	16u
/* To wake the worker for each port takes longer than to give the port back. */
#define LAZY_JIFFIES	1

/**
 * struct xtcp_reservation - a port, as the host's TCP knows it
 * @node:	link of its bucket
 * @idle:	link of those that nobody holds, or of spare ones
 * @of:		whose it is
 * @sock:	what keeps the port
 * @where:	for which address and device
 * @port:	host byte order
 * @named:	a program asked for this very port
 * @holders:	groups and callers
 */
struct xtcp_reservation {
	struct hlist_node node;
	struct list_head idle;
	struct xtcp_reserve *of;
	struct socket *sock;
	struct xtcp_claim where;
	u16 port;
	bool named;
	u32 holders;
};

static struct hlist_head *reserve_bucket(struct xtcp_reserve *v, u16 port)
{
	return &v->bucket[port % RESERVE_BUCKETS];
}

/* One that covers the claim, held once more; or NULL. */
static struct xtcp_reservation *reserve_find(struct xtcp_reserve *v,
					     const struct xtcp_claim *claim,
					     u16 port, bool named)
{
	struct xtcp_reservation *r;

	spin_lock_bh(&v->lock);
	hlist_for_each_entry(r, reserve_bucket(v, port), node) {
		if (r->port != port || !xtcp_claim_covers(&r->where, claim))
			continue;
		if (!r->holders++)
			list_del_init(&r->idle);
		r->named |= named;
		spin_unlock_bh(&v->lock);
		return r;
	}
	spin_unlock_bh(&v->lock);
	return NULL;
}

static int reserve_bind(struct socket *sock, const struct xtcp_claim *claim,
			u16 port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = (__force __be32)claim->addr[0],
	};

	if (!claim->v6)
		return kernel_bind(sock, (struct sockaddr *)&in, sizeof(in));
	memcpy(&in6.sin6_addr, claim->addr, sizeof(in6.sin6_addr));
	if (xtcp_link_local(&in6.sin6_addr))
		in6.sin6_scope_id = claim->ifindex;
	sock->sk->sk_ipv6only = claim->v6only ||
				!ipv6_addr_any(&in6.sin6_addr);
	return kernel_bind(sock, (struct sockaddr *)&in6, sizeof(in6));
}

/*
 * Of the same port we may have narrower reservations already: for the moment of
 * the bind they let the new one stand beside them, as SO_REUSEADDR does. The
 * first of a port never has it, or the host's TCP would remember and let in
 * whoever has it, too.
 */
static void reserve_let(struct xtcp_reserve *v, u16 port, struct sock *sk,
			unsigned char reuse)
{
	struct xtcp_reservation *r;

	hlist_for_each_entry(r, reserve_bucket(v, port), node) {
		if (r->port != port)
			continue;
		r->sock->sk->sk_reuse = reuse;
		sk->sk_reuse = reuse;
	}
}

/* Programs that judge a bind() are those of the cgroup that a socket is of. */
static bool of_our_cgroup(struct sock *sk)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	bool same;

	rcu_read_lock();
	same = sock_cgroup_ptr(&sk->sk_cgrp_data) == task_dfl_cgroup(current);
	rcu_read_unlock();
	return same;
#else
	return true;
#endif
}

/* Under @v->mutex. Return: a socket that has no port; NULL: none fits. */
static struct socket *take_spare(struct xtcp_reserve *v, bool v6)
{
	struct xtcp_reservation *r;
	struct socket *sock;

	list_for_each_entry(r, &v->spare, idle) {
		if (r->where.v6 != v6 || !of_our_cgroup(r->sock->sk))
			continue;
		sock = r->sock;
		list_del(&r->idle);
		kfree(r);
		v->spares--;
		return sock;
	}
	return NULL;
}

static void free_reservation(struct xtcp_reservation *r)
{
	sock_release(r->sock);
	kfree(r);
}

static void free_oldest_spare(struct xtcp_reserve *v)
{
	struct xtcp_reservation *r = list_last_entry(&v->spare,
						     struct xtcp_reservation,
						     idle);

	list_del(&r->idle);
	v->spares--;
	free_reservation(r);
}

/*
 * Under @v->mutex. The port is free again; the socket may be of use. The oldest may
 * be of the IP version or the cgroup that nobody asks for any more.
 */
static void retire(struct xtcp_reserve *v, struct xtcp_reservation *r)
{
	struct sock *sk = r->sock->sk;

	if (v->stopped || r->where.ifindex) {
		free_reservation(r);
		return;
	}
	lock_sock(sk);
	sk->sk_userlocks &= ~(SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK);
	inet_put_port(sk);
	inet_reset_saddr(sk);
	release_sock(sk);
	list_add(&r->idle, &v->spare);
	if (++v->spares > SPARES_MOST)
		free_oldest_spare(v);
}

/* Take one that nobody holds out of everybody's sight. */
static struct xtcp_reservation *reserve_idle(struct xtcp_reserve *v)
{
	struct xtcp_reservation *r;

	spin_lock_bh(&v->lock);
	r = list_first_entry_or_null(&v->idle, struct xtcp_reservation, idle);
	if (r) {
		list_del(&r->idle);
		hlist_del(&r->node);
	}
	spin_unlock_bh(&v->lock);
	return r;
}

/* Under @v->mutex. Return: false: there is none that nobody holds. */
static bool retire_one(struct xtcp_reserve *v)
{
	struct xtcp_reservation *r = reserve_idle(v);

	if (!r)
		return false;
	retire(v, r);
	v->count--;
	return true;
}

static int reserve_make_socket(struct xtcp_reserve *v, struct net *net,
			       struct xtcp_reservation *r)
{
	struct sock *sk;
	int err = 0;

	r->sock = take_spare(v, r->where.v6);
	if (!r->sock)
		err = sock_create_kern(net, r->where.v6 ? AF_INET6 : AF_INET,
				       SOCK_STREAM, IPPROTO_TCP, &r->sock);
	if (err)
		return err;
	sk = r->sock->sk;
	ip_sock_set_freebind(sk);
	if (r->where.ifindex)
		err = sock_bindtoindex(sk, r->where.ifindex, true);
	if (!err) {
		reserve_let(v, r->port, sk, SK_CAN_REUSE);
		err = reserve_bind(r->sock, &r->where, r->port);
		reserve_let(v, r->port, sk, SK_NO_REUSE);
	}
	if (err)
		sock_release(r->sock);
	return err;
}

/* Under @v->mutex. The first of all lets the wire receive. */
static struct xtcp_reservation *reserve_make(struct xtcp_reserve *v,
					     struct net *net,
					     const struct xtcp_claim *claim,
					     u16 port, bool named)
{
	struct xtcp_reservation *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int err;

	if (!r)
		return ERR_PTR(-ENOMEM);
	retire_one(v);
	INIT_LIST_HEAD(&r->idle);
	r->named = named;
	r->of = v;
	r->where = *claim;
	r->port = port;
	r->holders = 1;
	err = reserve_make_socket(v, net, r);
	if (err)
		goto out_free;
	if (!v->receiving) {
		err = xtcp_wire_tcp_begin(net);
		if (err)
			goto out_release;
		v->receiving = true;
	}
	v->count++;
	spin_lock_bh(&v->lock);
	hlist_add_head(&r->node, reserve_bucket(v, port));
	spin_unlock_bh(&v->lock);
	return r;
out_release:
	sock_release(r->sock);
out_free:
	kfree(r);
	return ERR_PTR(err);
}

int xtcp_reserve(struct xtcp_table *t, const struct xtcp_claim *claim,
		 u16 port, bool named, struct xtcp_reservation **res)
{
	struct xtcp_reserve *v = &t->reserve;
	int err;

	*res = NULL;
	if (t->wire != XTCP_WIRE_TCP)
		return 0;
	*res = reserve_find(v, claim, port, named);
	if (*res)
		return 0;
	mutex_lock(&v->mutex);
	/* Somebody may have been quicker. */
	*res = reserve_find(v, claim, port, named);
	if (!*res)
		*res = reserve_make(v, t->net, claim, port, named);
	mutex_unlock(&v->mutex);
	if (!IS_ERR(*res))
		return 0;
	err = PTR_ERR(*res);
	*res = NULL;
	return err;
}

void xtcp_reserve_group(struct xtcp_table *t, bool more)
{
	struct xtcp_reserve *v = &t->reserve;

	if (t->wire != XTCP_WIRE_TCP)
		return;
	if (more)
		atomic_inc(&v->groups);
	else if (atomic_dec_and_test(&v->groups))
		schedule_delayed_work(&v->work, LAZY_JIFFIES);
}

void xtcp_reserve_more(struct xtcp_reservation *r)
{
	if (!r)
		return;
	spin_lock_bh(&r->of->lock);
	r->holders++;
	spin_unlock_bh(&r->of->lock);
}

void xtcp_unreserve(struct xtcp_reservation *r)
{
	struct xtcp_reserve *v;

	if (!r)
		return;
	v = r->of;
	spin_lock_bh(&v->lock);
	if (!--r->holders) {
		list_add_tail(&r->idle, &v->idle);
		if (r->named)
			mod_delayed_work(system_wq, &v->work, 0);
		else
			schedule_delayed_work(&v->work, LAZY_JIFFIES);
	}
	spin_unlock_bh(&v->lock);
}

static void reserve_work(struct work_struct *work)
{
	struct xtcp_reserve *v = container_of(to_delayed_work(work),
					      struct xtcp_reserve, work);
	struct xtcp_table *t = container_of(v, struct xtcp_table, reserve);

	mutex_lock(&v->mutex);
	while (retire_one(v))
		;
	if (!v->count && !atomic_read(&v->groups) && v->receiving) {
		xtcp_wire_tcp_end(t->net);
		v->receiving = false;
	}
	mutex_unlock(&v->mutex);
}

void xtcp_reserve_init(struct xtcp_reserve *v)
{
	spin_lock_init(&v->lock);
	mutex_init(&v->mutex);
	INIT_LIST_HEAD(&v->idle);
	INIT_LIST_HEAD(&v->spare);
	INIT_DELAYED_WORK(&v->work, reserve_work);
}

int xtcp_reserve_use(struct xtcp_table *t)
{
	struct xtcp_reserve *v = &t->reserve;

	if (t->wire != XTCP_WIRE_TCP || v->bucket)
		return 0;
	v->bucket = kvcalloc(RESERVE_BUCKETS, sizeof(*v->bucket), GFP_KERNEL);
	return v->bucket ? 0 : -ENOMEM;
}

void xtcp_reserve_stop(struct xtcp_table *t)
{
	struct xtcp_reserve *v = &t->reserve;

	mutex_lock(&v->mutex);
	if (v->receiving)
		xtcp_wire_tcp_end(t->net);
	v->receiving = false;
	v->stopped = true;
	while (v->spares)
		free_oldest_spare(v);
	mutex_unlock(&v->mutex);
}

void xtcp_reserve_exit(struct xtcp_table *t)
{
	struct xtcp_reserve *v = &t->reserve;

	flush_delayed_work(&v->work);
	WARN_ON_ONCE(v->count);
	kvfree(v->bucket);
}
