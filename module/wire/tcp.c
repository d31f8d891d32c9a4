// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TCP wire: the same segments as TCP's own packets, IP protocol 6. What is
 * addressed to one of our sockets is taken behind the firewall's filters and
 * before the host's TCP; all else passes untouched.
 */
#include <linux/icmp.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/icmp.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "wire/family.h"

#ifdef CONFIG_NETFILTER

#include <net/netfilter/nf_conntrack.h>

/*
 * What is taken never comes to connection tracking's own last step, and every
 * later packet of the connection would be a new one to it.
 */
static unsigned int confirm(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);
	const struct nf_ct_hook *hook;

	if (!ct || nf_ct_is_confirmed(ct))
		return NF_ACCEPT;
	hook = rcu_dereference(nf_ct_hook);
	return hook ? hook->confirm(skb) : NF_ACCEPT;
#else
	return NF_ACCEPT;
#endif
}

bool xtcp_tcp_ours(struct net *net, struct sk_buff *skb, int offset,
		   struct xtcp_tuple *t, unsigned int *verdict)
{
	__be16 buf[2];
	const __be16 *p = skb_header_pointer(skb, offset, sizeof(buf), buf);

	*verdict = NF_ACCEPT;
	if (!p)
		return false;
	t->fport = p[0];
	t->lport = p[1];
	if (!xtcp_input_ours(net, skb, offset, t))
		return false;
	*verdict = confirm(skb);
	return *verdict == NF_ACCEPT;
}

static unsigned int tcp4_in(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct xtcp_tuple t = {
		.family = AF_INET,
		.wire = XTCP_WIRE_TCP,
		.ifindex = inet_iif(skb),
		.sdif = inet_sdif(skb),
	};
	unsigned int verdict;

	t.laddr.v4 = iph->daddr;
	t.faddr.v4 = iph->saddr;
	if (!xtcp_tcp_ours(net, skb, iph->ihl * 4, &t, &verdict))
		return verdict;
	__skb_pull(skb, skb_network_header_len(skb));
	xtcp_ipv4_in(skb, XTCP_WIRE_TCP, t.found);
	return NF_STOLEN;
}

/* RFC 1191: how much of "fragmentation needed" the administrator believes. */
static bool icmp4_info(struct net *net, const struct icmphdr *icmp, u32 *info)
{
	*info = 0;
	switch (icmp->type) {
	case ICMP_DEST_UNREACH:
		if (icmp->code != ICMP_FRAG_NEEDED)
			return true;
		*info = ntohs(icmp->un.frag.mtu);
		return !READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc);
	case ICMP_TIME_EXCEEDED:
	case ICMP_REDIRECT:
		return true;
	case ICMP_PARAMETERPROB:
		*info = ntohl(icmp->un.gateway) >> 24;
		return true;
	default:
		return false;
	}
}

/* The host's TCP alone is given what quotes a TCP packet: read it on its way. */
static void icmp4_in(struct net *net, struct sk_buff *skb)
{
	int offset = ip_hdrlen(skb) + sizeof(struct icmphdr);
	const struct iphdr *quoted;
	u32 info;

	if (!pskb_may_pull(skb, offset + sizeof(*quoted)))
		return;
	quoted = (const struct iphdr *)(skb->data + offset);
	if (quoted->protocol != IPPROTO_TCP || quoted->ihl < 5 ||
	    !pskb_may_pull(skb, offset + quoted->ihl * 4 + XTCP_QUOTED))
		return;
	if (!icmp4_info(net, icmp_hdr(skb), &info) ||
	    nf_ip_checksum(skb, NF_INET_LOCAL_IN, ip_hdrlen(skb),
			   IPPROTO_ICMP))
		return;
	__skb_pull(skb, offset);
	xtcp_ipv4_error_in(skb, XTCP_WIRE_TCP, info);
	__skb_push(skb, offset);
}

static unsigned int hook4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_TCP:
		return tcp4_in(state->net, skb);
	case IPPROTO_ICMP:
		icmp4_in(state->net, skb);
		return NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
}

/* Behind every filter, before connection tracking's own last step. */
static const struct nf_hook_ops hooks[] = {
	{
		.hook = hook4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_LAST - 1,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = xtcp_tcp6_hook,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST - 1,
	},
#endif
};

int xtcp_wire_tcp_begin(struct net *net)
{
	xtcp_tcp6_begin();
	return nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

void xtcp_wire_tcp_end(struct net *net)
{
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
}

#else

int xtcp_wire_tcp_begin(struct net *net)
{
	return -EPROTONOSUPPORT;
}

void xtcp_wire_tcp_end(struct net *net)
{
}

#endif

bool xtcp_wire_tcp_host_has(struct net *net, const struct xtcp_tuple *t)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct sock *sk;

	if (t->family == AF_INET)
		sk = __inet_lookup_established(net, hashinfo, t->faddr.v4,
					       t->fport, t->laddr.v4,
					       ntohs(t->lport), t->ifindex,
					       t->sdif);
#if IS_ENABLED(CONFIG_IPV6)
	else
		sk = __inet6_lookup_established(net, hashinfo, &t->faddr.v6,
						t->fport, &t->laddr.v6,
						ntohs(t->lport), t->ifindex,
						t->sdif);
#else
	else
		sk = NULL;
#endif
	if (sk)
		sock_gen_put(sk);
	return sk;
}

static bool host_listens(struct net *net, const struct xtcp_tuple *t)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;

#if IS_ENABLED(CONFIG_IPV6)
	if (t->family == AF_INET6)
		return inet6_lookup_listener(net, hashinfo, NULL, 0,
					     &t->faddr.v6, t->fport,
					     &t->laddr.v6, ntohs(t->lport),
					     t->ifindex, t->sdif);
#endif
	return inet_lookup_listener(net, hashinfo, NULL, 0, t->faddr.v4,
				    t->fport, t->laddr.v4, t->lport,
				    t->ifindex, t->sdif);
}

bool xtcp_wire_tcp_host_syn(struct net *net, struct sk_buff *skb, int offset,
			    const struct xtcp_tuple *t,
			    struct xtcp_segment *seg)
{
	struct xtcp_ports ports;
	u32 len;

	if (!pskb_may_pull(skb, offset + XTCP_HEADER_MIN))
		return false;
	len = xtcp_header_offset(skb->data + offset);
	if (!pskb_may_pull(skb, offset + len) ||
	    xtcp_header_parse(skb->data + offset, skb->len - offset, seg,
			      &ports))
		return false;
	return (seg->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) == XTCP_SYN &&
	       host_listens(net, t) &&
	       !nf_checksum(skb, NF_INET_LOCAL_IN, offset, IPPROTO_TCP,
			    t->family);
}

/* RFC 791 3.1: what a socket's IP options say of this packet. */
static void put_ip_options(struct iphdr *iph, const struct ip_options *opt,
			   __be32 daddr)
{
	u8 *bytes = (u8 *)(iph + 1);
	u8 *last;

	memcpy(bytes, opt->__data, opt->optlen);
	if (!opt->srr)
		return;
	/* The route's last stop is where the packet shall end. */
	last = bytes + opt->srr - sizeof(*iph);
	memcpy(last + last[1] - sizeof(daddr), &daddr, sizeof(daddr));
}

static u8 choose_ttl(const struct inet_sock *inet, struct dst_entry *dst)
{
	int ttl = READ_ONCE(inet->uc_ttl);

	return ttl >= 0 ? ttl : ip4_dst_hoplimit(dst);
}

/* RFC 791 3.1: a strict route names each router. */
static bool leaves_route(const struct ip_options_rcu *opt,
			 const struct dst_entry *dst)
{
	return opt && opt->opt.is_strictroute &&
	       container_of(dst, struct rtable, dst)->rt_uses_gateway;
}

int xtcp_tcp4_send(struct sock *sk, struct sk_buff *skb, struct dst_entry *dst,
		   u8 ecn)
{
	struct net *net = sock_net(sk);
	const struct inet_sock *inet = inet_sk(sk);
	const struct ip_options_rcu *opt;
	struct iphdr *iph;
	u32 len;
	int err;

	rcu_read_lock();
	opt = rcu_dereference(inet->inet_opt);
	if (leaves_route(opt, dst)) {
		rcu_read_unlock();
		kfree_skb(skb);
		return -EHOSTUNREACH;
	}
	len = sizeof(*iph) + (opt ? opt->opt.optlen : 0);
	skb_dst_set_noref(skb, dst);
	iph = skb_push(skb, len);
	skb_reset_network_header(skb);
	memset(iph, 0, sizeof(*iph));
	iph->version = 4;
	iph->ihl = len / 4;
	iph->tos = READ_ONCE(inet->tos) | ecn;
	iph->frag_off = ip_dont_fragment(sk, dst) ? htons(IP_DF) : 0;
	iph->ttl = choose_ttl(inet, dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = inet->inet_saddr;
	iph->daddr = xtcp_first_hop(opt, inet->inet_daddr);
	if (opt && opt->opt.optlen)
		put_ip_options(iph, &opt->opt, inet->inet_daddr);
	ip_select_ident_segs(net, skb, sk, skb_shinfo(skb)->gso_segs ?: 1);
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	err = ip_local_out(net, sk, skb);
	rcu_read_unlock();
	return err;
}
