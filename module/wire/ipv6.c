// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in IPv6 packets: output and routes. Input is in ipv6_input.c.
 */
#include <linux/ipv6.h>
#include <linux/security.h>
#include <net/inet_sock.h>
#include <net/ip6_checksum.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "wire/family.h"

#if IS_ENABLED(CONFIG_IPV6)

static void ipv6_get_tuple(const struct sock *sk, struct xtcp_tuple *t)
{
	t->laddr.v6 = inet6_sk(sk)->saddr;
	t->faddr.v6 = sk->sk_v6_daddr;
}

static void ipv6_set_tuple(struct sock *sk, const struct xtcp_tuple *t)
{
	struct inet_sock *inet = inet_sk(sk);

	sk->sk_v6_daddr = t->faddr.v6;
	sk->sk_v6_rcv_saddr = t->laddr.v6;
	inet6_sk(sk)->saddr = t->laddr.v6;
	/* What reads the IPv4 fields of an IPv6 socket expects this there. */
	inet->inet_saddr = LOOPBACK4_IPV6;
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;
	inet->inet_daddr = LOOPBACK4_IPV6;
}

/* The route is the socket's from here on. */
static void keep_route(struct sock *sk, struct dst_entry *dst)
{
	const struct rt6_info *rt = container_of(dst, struct rt6_info, dst);

	inet6_sk(sk)->dst_cookie = rt6_get_cookie(rt);
	xtcp_output_keep_route(sk, dst);
}

/*
 * The flow of a socket towards @fl6->daddr, which is filled in, as is saddr.
 * Where there is a routing header the first hop takes the place of daddr, and
 * @final then holds what it was.
 */
static struct in6_addr *complete_flow(struct sock *sk, struct flowi6 *fl6,
				      struct in6_addr *final)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	const struct inet_sock *inet = inet_sk(sk);
	struct in6_addr *final_p;

	fl6->flowi6_proto = xtcp_wire_protocol(xtcp_wire_of(sk));
	fl6->flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label);
	fl6->flowi6_oif = sk->sk_bound_dev_if;
	fl6->flowi6_mark = READ_ONCE(sk->sk_mark);
	fl6->flowi6_uid = sk->sk_uid;
	fl6->fl6_sport = inet->inet_sport;
	fl6->fl6_dport = inet->inet_dport;
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));

	rcu_read_lock();
	final_p = fl6_update_dst(fl6, rcu_dereference(np->opt), final);
	rcu_read_unlock();
	return final_p;
}

static void flow_of(struct sock *sk, struct flowi6 *fl6)
{
	memset(fl6, 0, sizeof(*fl6));
	fl6->daddr = sk->sk_v6_daddr;
	fl6->saddr = inet6_sk(sk)->saddr;
}

static struct dst_entry *ipv6_route(struct sock *sk, bool fresh)
{
	struct in6_addr *final_p, final;
	struct dst_entry *dst = NULL;
	struct flowi6 fl6;

	if (!fresh)
		dst = __sk_dst_check(sk, inet6_sk(sk)->dst_cookie);
	if (dst)
		return dst;

	flow_of(sk, &fl6);
	final_p = complete_flow(sk, &fl6, &final);
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, final_p);
	if (!IS_ERR(dst))
		keep_route(sk, dst);
	return dst;
}

/* A link-local address says nothing without a device (RFC 4007 11.2). */
static int bind_to_scope(struct sock *sk, const struct xtcp_tuple *t)
{
	if (!xtcp_link_local(&t->faddr.v6))
		return 0;
	if (t->ifindex) {
		if (!sk_dev_equal_l3scope(sk, t->ifindex))
			return -EINVAL;
		sk->sk_bound_dev_if = t->ifindex;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

static int ipv6_connect(struct sock *sk, struct xtcp_tuple *t)
{
	struct in6_addr *final_p, final;
	struct dst_entry *dst;
	struct flowi6 fl6;
	int err;

	if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		return -EAFNOSUPPORT;
	if (ipv6_addr_any(&t->faddr.v6))
		t->faddr.v6 = in6addr_loopback;
	if (ipv6_addr_is_multicast(&t->faddr.v6))
		return -ENETUNREACH;
	err = bind_to_scope(sk, t);
	if (err)
		return err;

	memset(&fl6, 0, sizeof(fl6));
	fl6.daddr = t->faddr.v6;
	fl6.saddr = sk->sk_v6_rcv_saddr;
	final_p = complete_flow(sk, &fl6, &final);
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, final_p);
	if (IS_ERR(dst))
		return PTR_ERR(dst);

	t->laddr.v6 = fl6.saddr;
	ipv6_set_tuple(sk, t);
	keep_route(sk, dst);
	return 0;
}

/* What a route has learnt of the path it keeps beside what it was made with. */
static u32 ipv6_link_mtu(const struct dst_entry *dst)
{
	const struct rt6_info *rt = container_of(dst, struct rt6_info, dst);
	const struct fib6_info *made_of = rcu_dereference(rt->from);
	const struct inet6_dev *idev = READ_ONCE(rt->rt6i_idev);
	u32 mtu = idev ? READ_ONCE(idev->cnf.mtu6) : IPV6_MIN_MTU;

	mtu = min_t(u32, mtu, IPV6_MAXPLEN + sizeof(struct ipv6hdr));
	if (made_of && made_of->fib6_pmtu)
		mtu = min_t(u32, mtu, made_of->fib6_pmtu);
	return mtu;
}

static u32 ipv6_options_len(const struct sock *sk)
{
	const struct ipv6_txoptions *opt;
	u32 len = 0;

	rcu_read_lock();
	opt = rcu_dereference(inet6_sk(sk)->opt);
	if (opt)
		len = opt->opt_flen + opt->opt_nflen;
	rcu_read_unlock();
	return len;
}

static bool ipv6_hops_ok(const struct sock *sk, const struct sk_buff *skb)
{
	return ipv6_hdr(skb)->hop_limit >=
	       READ_ONCE(inet6_sk(sk)->min_hopcount);
}

static bool ipv6_accept_pmtu(const struct sock *sk)
{
	return ip6_sk_accept_pmtu(sk);
}

static void ipv6_sum(__sum16 *check, const union xtcp_addr *saddr,
		     const union xtcp_addr *daddr, u32 len, u8 proto,
		     __wsum sum)
{
	*check = csum_ipv6_magic(&saddr->v6, &daddr->v6, len, proto, sum);
}

static void ipv6_sum_of(const struct sock *sk, __sum16 *check, u32 len,
			u8 proto, __wsum sum)
{
	*check = csum_ipv6_magic(&inet6_sk(sk)->saddr, &sk->sk_v6_daddr, len,
				 proto, sum);
}

static int ipv6_send(struct sock *sk, struct sk_buff *skb,
		     struct dst_entry *dst, u8 ecn)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	struct in6_addr final;
	struct flowi6 fl6;
	int err;

	flow_of(sk, &fl6);
	complete_flow(sk, &fl6, &final);
	/* The routing header, if any, is built from where it shall end. */
	fl6.daddr = sk->sk_v6_daddr;

	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	err = ip6_xmit(sk, skb, &fl6, READ_ONCE(sk->sk_mark),
		       rcu_dereference(np->opt), np->tclass | ecn,
		       READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
	return err;
}

static int reply_oif(struct net *net, const struct xtcp_tuple *t,
		     const struct xtcp_reply_opts *o)
{
	if (o->oif)
		return o->oif;
	if (xtcp_link_local(&t->faddr.v6) || xtcp_link_local(&t->laddr.v6))
		return t->sdif ?: t->ifindex;
	/* What came through a VRF goes back through it. */
	if (t->ifindex && netif_index_is_l3_master(net, t->ifindex))
		return t->ifindex;
	return 0;
}

static struct dst_entry *ipv6_reply_route(struct net *net, struct flowi *fl,
					  const struct xtcp_tuple *t,
					  const struct xtcp_reply_opts *o)
{
	struct flowi6 *fl6 = &fl->u.ip6;

	if (ipv6_addr_is_multicast(&t->faddr.v6))
		return ERR_PTR(-ENETUNREACH);
	fl6->flowi6_proto = xtcp_wire_protocol(t->wire);
	fl6->daddr = t->faddr.v6;
	fl6->saddr = t->laddr.v6;
	fl6->fl6_dport = t->fport;
	fl6->fl6_sport = t->lport;
	fl6->flowlabel = ip6_make_flowinfo(o->tos, 0);
	fl6->flowi6_oif = reply_oif(net, t, o);
	fl6->flowi6_mark = o->mark;
	fl6->flowi6_uid = sock_net_uid(net, NULL);
	return ip6_dst_lookup_flow(net, NULL, fl6, NULL);
}

static int ipv6_reply_send(struct net *net, struct sk_buff *skb,
			   const struct flowi *fl,
			   const struct xtcp_reply_opts *o)
{
	struct flowi6 fl6 = fl->u.ip6;
	struct ipv6hdr *hdr;
	__be32 label;

	label = ip6_make_flowlabel(net, skb, 0, ip6_default_np_autolabel(net),
				   &fl6);
	hdr = skb_push(skb, sizeof(*hdr));
	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, o->tos, label);
	hdr->nexthdr = fl6.flowi6_proto;
	hdr->hop_limit = o->ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	hdr->saddr = fl6.saddr;
	hdr->daddr = fl6.daddr;
	skb->protocol = htons(ETH_P_IPV6);
	return ip6_local_out(net, NULL, skb);
}

const struct xtcp_af_ops xtcp_ipv6 = {
	.family = AF_INET6,
	.header_len = sizeof(struct ipv6hdr),
	.mtu_min = IPV6_MIN_MTU,
	.get_tuple = ipv6_get_tuple,
	.set_tuple = ipv6_set_tuple,
	.connect = ipv6_connect,
	.route = ipv6_route,
	.link_mtu = ipv6_link_mtu,
	.options_len = ipv6_options_len,
	.hops_ok = ipv6_hops_ok,
	.accept_pmtu = ipv6_accept_pmtu,
	.sum = ipv6_sum,
	.sum_of = ipv6_sum_of,
	.send = ipv6_send,
	.reply_route = ipv6_reply_route,
	.reply_send = ipv6_reply_send,
};

#endif
