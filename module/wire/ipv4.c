// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in IPv4 packets: output and routes. Input is in ipv4_input.c.
 */
#include <linux/security.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/route.h>

#include "wire/family.h"

static __be32 first_hop(const struct inet_sock *inet, __be32 daddr)
{
	return xtcp_first_hop(rcu_dereference(inet->inet_opt), daddr);
}

static void set_laddr(struct sock *sk, __be32 addr)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_saddr = addr;
	inet->inet_rcv_saddr = addr;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		ipv6_addr_set_v4mapped(addr, &sk->sk_v6_rcv_saddr);
		inet->pinet6->saddr = sk->sk_v6_rcv_saddr;
	}
#endif
}

static void set_faddr(struct sock *sk, __be32 addr)
{
	inet_sk(sk)->inet_daddr = addr;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		ipv6_addr_set_v4mapped(addr, &sk->sk_v6_daddr);
#endif
}

static void ipv4_get_tuple(const struct sock *sk, struct xtcp_tuple *t)
{
	const struct inet_sock *inet = inet_sk(sk);

	t->laddr.v4 = inet->inet_saddr;
	t->faddr.v4 = inet->inet_daddr;
}

static void ipv4_set_tuple(struct sock *sk, const struct xtcp_tuple *t)
{
	set_laddr(sk, t->laddr.v4);
	set_faddr(sk, t->faddr.v4);
}

/* An IPv6 socket that is bound to an IPv6 address cannot speak IPv4. */
static bool ipv4_bound_elsewhere(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 &&
	       !ipv6_addr_any(&sk->sk_v6_rcv_saddr) &&
	       !ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr);
#else
	return false;
#endif
}

static int ipv4_connect(struct sock *sk, struct xtcp_tuple *t)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl4 __uninitialized;
	struct rtable *rt;
	__be32 hop;

	if (ipv4_bound_elsewhere(sk))
		return -EAFNOSUPPORT;
	rcu_read_lock();
	hop = first_hop(inet, t->faddr.v4);
	rcu_read_unlock();
	if (hop != t->faddr.v4 && !t->faddr.v4)
		return -EINVAL;

	rt = ip_route_connect(&fl4, hop, inet->inet_saddr, sk->sk_bound_dev_if,
			      xtcp_wire_protocol(xtcp_wire_of(sk)),
			      inet->inet_sport, t->fport, sk);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return -ENETUNREACH;
	}

	if (hop == t->faddr.v4)
		t->faddr.v4 = fl4.daddr;
	t->laddr.v4 = fl4.saddr;
	ipv4_set_tuple(sk, t);
	xtcp_output_keep_route(sk, &rt->dst);
	return 0;
}

static struct dst_entry *ipv4_route(struct sock *sk, bool fresh)
{
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst = NULL;
	struct flowi4 fl4 __uninitialized;
	struct rtable *rt;
	__be32 hop;

	if (!fresh)
		dst = __sk_dst_check(sk, 0);
	if (dst)
		return dst;

	rcu_read_lock();
	hop = first_hop(inet, inet->inet_daddr);
	rcu_read_unlock();
	rt = ip_route_connect(&fl4, hop, inet->inet_saddr,
			      sk->sk_bound_dev_if,
			      xtcp_wire_protocol(xtcp_wire_of(sk)),
			      inet->inet_sport, inet->inet_dport, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	/* What came with a packet may have named anybody as its hop. */
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	xtcp_output_keep_route(sk, &rt->dst);
	return &rt->dst;
}

static u32 ipv4_link_mtu(const struct dst_entry *dst)
{
	u32 mtu = min_t(u32, READ_ONCE(READ_ONCE(dst->dev)->mtu), IP_MAX_MTU);
	u32 metric = dst_metric_raw(dst, RTAX_MTU);

	return metric ? min(mtu, metric) : mtu;
}

static u32 ipv4_options_len(const struct sock *sk)
{
	const struct ip_options_rcu *opt;
	u32 len = 0;

	rcu_read_lock();
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	if (opt)
		len = opt->opt.optlen;
	rcu_read_unlock();
	return len;
}

static bool ipv4_hops_ok(const struct sock *sk, const struct sk_buff *skb)
{
	return ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl);
}

static bool ipv4_accept_pmtu(const struct sock *sk)
{
	return ip_sk_accept_pmtu(sk);
}

static void ipv4_sum(__sum16 *check, const union xtcp_addr *saddr,
		     const union xtcp_addr *daddr, u32 len, u8 proto,
		     __wsum sum)
{
	*check = csum_tcpudp_magic(saddr->v4, daddr->v4, len, proto, sum);
}

static void ipv4_sum_of(const struct sock *sk, __sum16 *check, u32 len,
			u8 proto, __wsum sum)
{
	const struct inet_sock *inet = inet_sk(sk);

	*check = csum_tcpudp_magic(inet->inet_saddr, inet->inet_daddr, len,
				   proto, sum);
}

static int ipv4_send(struct sock *sk, struct sk_buff *skb,
		     struct dst_entry *dst, u8 ecn)
{
	const struct inet_sock *inet = inet_sk(sk);
	u8 tos = READ_ONCE(inet->tos) | ecn;
	struct flowi fl __uninitialized;

	if (xtcp_wire_of(sk) == XTCP_WIRE_TCP)
		return xtcp_tcp4_send(sk, skb, dst, ecn);
	/* Its addresses are read; for a new route it is filled from the socket. */
	fl.u.ip4.saddr = inet->inet_saddr;
	fl.u.ip4.daddr = inet->inet_daddr;
	if (unlikely(rcu_access_pointer(inet->inet_opt))) {
		rcu_read_lock();
		fl.u.ip4.daddr = first_hop(inet, inet->inet_daddr);
		rcu_read_unlock();
	}
	return __ip_queue_xmit(sk, skb, &fl, tos);
}

static struct dst_entry *ipv4_reply_route(struct net *net, struct flowi *fl,
					  const struct xtcp_tuple *t,
					  const struct xtcp_reply_opts *o)
{
	const struct xtcp_return_route *route = o->route;
	__be32 hop = t->faddr.v4;
	struct rtable *rt;
	int oif = o->oif;

	if (route)
		memcpy(&hop, route->hop, sizeof(hop));
	/* What came through a VRF goes back through it. */
	if (!oif && t->ifindex && netif_index_is_l3_master(net, t->ifindex))
		oif = t->ifindex;
	flowi4_init_output(&fl->u.ip4, oif, o->mark, RT_TOS(o->tos),
			   RT_SCOPE_UNIVERSE, xtcp_wire_protocol(t->wire), 0,
			   hop, t->laddr.v4, t->fport, t->lport,
			   sock_net_uid(net, NULL));
	rt = ip_route_output_flow(net, &fl->u.ip4, NULL);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	if (route && route->strict && rt->rt_uses_gateway) {
		ip_rt_put(rt);
		return ERR_PTR(-EHOSTUNREACH);
	}
	return &rt->dst;
}

static int ipv4_reply_send(struct net *net, struct sk_buff *skb,
			   const struct flowi *fl,
			   const struct xtcp_reply_opts *o)
{
	u32 len = sizeof(struct iphdr) + (o->route ? o->route->len : 0);
	struct iphdr *iph = skb_push(skb, len);

	skb_reset_network_header(skb);
	memset(iph, 0, sizeof(*iph));
	if (o->route)
		memcpy(iph + 1, o->route->option, o->route->len);
	iph->version = 4;
	iph->ihl = len / 4;
	iph->tos = o->tos;
	/* Never in pieces, so it needs no ID of its own (RFC 6864 4.1). */
	iph->frag_off = htons(IP_DF);
	iph->ttl = o->ttl ?: ip4_dst_hoplimit(skb_dst(skb));
	iph->protocol = fl->u.ip4.flowi4_proto;
	iph->saddr = fl->u.ip4.saddr;
	iph->daddr = fl->u.ip4.daddr;
	return ip_local_out(net, NULL, skb);
}

const struct xtcp_af_ops xtcp_ipv4 = {
	.family = AF_INET,
	.header_len = sizeof(struct iphdr),
	.mtu_min = IPV4_MIN_MTU,
	.get_tuple = ipv4_get_tuple,
	.set_tuple = ipv4_set_tuple,
	.connect = ipv4_connect,
	.route = ipv4_route,
	.link_mtu = ipv4_link_mtu,
	.options_len = ipv4_options_len,
	.hops_ok = ipv4_hops_ok,
	.accept_pmtu = ipv4_accept_pmtu,
	.sum = ipv4_sum,
	.sum_of = ipv4_sum_of,
	.send = ipv4_send,
	.reply_route = ipv4_reply_route,
	.reply_send = ipv4_reply_send,
};
