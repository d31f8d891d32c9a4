// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting a local port: bind(), listen(), and by inheritance.
 */
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "table/ephemeral.h"
#include "table/internal.h"

static u16 entry_port(const struct xtcp_entry *e)
{
	return ntohs(e->family == AF_INET6 ? e->key6.lport : e->key4.lport);
}

u16 xtcp_entry_claim(const struct xtcp_entry *e, struct xtcp_claim *claim)
{
	memset(claim->addr, 0, sizeof(claim->addr));
	claim->ifindex = e->ifindex;
	claim->v6only = false;
	claim->v6 = e->family == AF_INET6;
	if (claim->v6)
		memcpy(claim->addr, &e->key6.laddr, sizeof(claim->addr));
	else
		memcpy(claim->addr, &e->key4.laddr, sizeof(claim->addr[0]));
	return entry_port(e);
}

/* A mapped address is an IPv4 address, whatever the socket is. */
void xtcp_sock_claim(struct xtcp_claim *claim, const struct sock *sk,
		     enum xtcp_use use)
{
	const struct in6_addr *v6 = &sk->sk_v6_rcv_saddr;

	memset(claim, 0, sizeof(*claim));
	claim->uid = from_kuid_munged(&init_user_ns,
				      sock_i_uid((struct sock *)sk));
	claim->ifindex = sk->sk_bound_dev_if;
	claim->use = use;
	claim->reuse = sk->sk_reuse != SK_NO_REUSE;
	claim->reuseport = sk->sk_reuseport;
	if (sk->sk_family == AF_INET6 && !ipv6_addr_v4mapped(v6)) {
		claim->v6 = true;
		claim->v6only = ipv6_only_sock(sk);
		memcpy(claim->addr, v6, sizeof(claim->addr));
		return;
	}
	memcpy(claim->addr, &inet_sk(sk)->inet_rcv_saddr,
	       sizeof(claim->addr[0]));
}

/* May the claim stand beside all groups of the port but @own? */
static bool port_conflict(const struct hlist_head *list,
			  const struct xtcp_claim *claim,
			  struct xtcp_port_group *own, bool choosing)
{
	const struct xtcp_port_group *g;
	bool conflict = false;

	/* The asker is not in his own way. */
	if (own)
		own->holders.live--;
	hlist_for_each_entry(g, list, node) {
		conflict = xtcp_claim_conflict(claim, &g->holders, choosing);
		if (conflict)
			break;
	}
	if (own)
		own->holders.live++;
	return conflict;
}

static int bind_try(struct xtcp_table *t, struct xtcp_binding *b, u16 port,
		    struct xtcp_claim *claim, bool choosing,
		    struct xtcp_port_group **spare)
{
	struct hlist_head *list = xtcp_port_list(&t->ports, port, GFP_KERNEL);
	struct xtcp_reservation *reserved;
	int err;

	if (!list)
		return -ENOMEM;
	claim->port = port;
	err = xtcp_reserve(t, claim, port, !choosing, &reserved);
	if (err)
		return err;
	xtcp_port_lock(&t->ports, port);
	if (port_conflict(list, claim, NULL, choosing))
		err = -EADDRINUSE;
	else if (!xtcp_group_join(t, list, b, claim, reserved, spare))
		err = -ENOMEM;
	xtcp_port_unlock(&t->ports, port);
	xtcp_unreserve(reserved);
	return err;
}

/* RFC 6056 3.3.1: begin anywhere; a bound socket has no destination yet. */
static int bind_any(struct xtcp_table *t, const struct sock *sk,
		    struct xtcp_binding *b, struct xtcp_claim *claim,
		    struct xtcp_port_group **spare)
{
	struct xtcp_port_search search;
	int low, high, err;
	u16 port;

	inet_sk_get_local_port_range((struct sock *)sk, &low, &high);
	xtcp_port_search_begin(&search, low, high, get_random_u32(), 0);
	while ((port = xtcp_port_search_next(&search))) {
		if (inet_is_local_reserved_port(t->net, port))
			continue;
		err = bind_try(t, b, port, claim, true, spare);
		if (err != -EADDRINUSE)
			return err;
		cond_resched();
	}
	return -EADDRINUSE;
}

int xtcp_bind(struct xtcp_table *t, const struct sock *sk,
	      struct xtcp_binding *b, u16 port)
{
	struct xtcp_port_group *spare;
	struct xtcp_claim claim;
	int err;

	if (WARN_ON_ONCE(b->group))
		return -EINVAL;
	xtcp_sock_claim(&claim, sk, XTCP_USE_BOUND);
	spare = xtcp_group_alloc(t, &claim, GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	if (port)
		err = bind_try(t, b, port, &claim, false, &spare);
	else
		err = bind_any(t, sk, b, &claim, &spare);
	xtcp_group_free(t, spare);
	return err;
}

/* Exchange the claim; the port has its list, as somebody holds it. */
static bool port_move(struct xtcp_table *t, struct hlist_head *list,
		      struct xtcp_binding *b, const struct xtcp_claim *claim,
		      struct xtcp_port_group **spare)
{
	struct xtcp_binding old = *b;

	if (!xtcp_group_join(t, list, b, claim,
			     xtcp_group_reserved(t, old.group), spare))
		return false;
	xtcp_group_leave(t, &old);
	return true;
}

void xtcp_port_claim(struct xtcp_table *t, struct xtcp_binding *b,
		     const struct xtcp_claim *claim,
		     struct xtcp_port_group **spare)
{
	struct hlist_head *list;

	if (WARN_ON_ONCE(!b->group))
		return;
	list = xtcp_port_list(&t->ports, claim->port, GFP_ATOMIC);
	xtcp_port_lock(&t->ports, claim->port);
	WARN_ON_ONCE(!list || !port_move(t, list, b, claim, spare));
	xtcp_port_unlock(&t->ports, claim->port);
}

int xtcp_rebind(struct xtcp_table *t, const struct sock *sk,
		struct xtcp_binding *b)
{
	struct xtcp_port_group *spare;
	struct xtcp_claim claim;

	xtcp_sock_claim(&claim, sk, b->group->holders.claim.use);
	claim.port = xtcp_bound_port(b);
	spare = xtcp_group_alloc(t, &claim, GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	xtcp_port_claim(t, b, &claim, &spare);
	xtcp_group_free(t, spare);
	return 0;
}

/* Who comes by a listener says what that one said, but of its own address. */
static bool join_child(struct xtcp_table *t, struct hlist_head *list,
		       struct xtcp_port_group *parents, struct xtcp_binding *b,
		       const struct xtcp_entry *e)
{
	struct xtcp_claim claim;

	xtcp_claim_copy(&claim, &parents->holders.claim);
	claim.use = XTCP_USE_BOUND;
	xtcp_entry_claim(e, &claim);
	return xtcp_group_join(t, list, b, &claim,
			       xtcp_group_reserved(t, parents), NULL);
}

static bool in_list(const struct hlist_head *list,
		    const struct xtcp_port_group *group)
{
	const struct xtcp_port_group *g;

	hlist_for_each_entry(g, list, node)
		if (g == group)
			return true;
	return false;
}

int xtcp_bind_child(struct xtcp_table *t, const struct xtcp_binding *parent,
		    struct xtcp_binding *b, const struct xtcp_entry *e)
{
	struct xtcp_port_group *parents;
	struct hlist_head *list;
	u16 port = entry_port(e);
	bool joined;

	list = xtcp_port_list(&t->ports, port, GFP_ATOMIC);
	if (!list)
		return -ENOMEM;
	xtcp_port_lock(&t->ports, port);
	/* The listener may be gone from this port by now, and its group, too. */
	parents = READ_ONCE(parent->group);
	joined = in_list(list, parents) && join_child(t, list, parents, b, e);
	xtcp_port_unlock(&t->ports, port);
	return joined ? 0 : -ENOMEM;
}

int xtcp_port_listen(struct xtcp_table *t, const struct sock *sk,
		     struct xtcp_binding *b)
{
	struct xtcp_port_group *spare;
	struct hlist_head *list;
	struct xtcp_claim claim;
	int err = 0;
	u16 port = xtcp_bound_port(b);

	xtcp_sock_claim(&claim, sk, XTCP_USE_LISTEN);
	claim.port = port;
	spare = xtcp_group_alloc(t, &claim, GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	list = xtcp_port_list(&t->ports, port, GFP_KERNEL);
	xtcp_port_lock(&t->ports, port);
	/* Two may have bound beside each other that cannot both listen. */
	if (!list || port_conflict(list, &claim, b->group, false))
		err = -EADDRINUSE;
	else
		port_move(t, list, b, &claim, &spare);
	xtcp_port_unlock(&t->ports, port);
	xtcp_group_free(t, spare);
	return err;
}

void xtcp_port_unlisten(struct xtcp_table *t, struct xtcp_binding *b)
{
	struct hlist_head *list;
	struct xtcp_claim claim;

	xtcp_claim_copy(&claim, &b->group->holders.claim);
	claim.use = XTCP_USE_BOUND;
	list = xtcp_port_list(&t->ports, claim.port, GFP_ATOMIC);
	xtcp_port_lock(&t->ports, claim.port);
	/* Without memory it stays the claim of a listener: stricter, no more. */
	if (list)
		port_move(t, list, b, &claim, NULL);
	xtcp_port_unlock(&t->ports, claim.port);
}
