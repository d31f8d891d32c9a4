// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TCP wire in IPv6: input. Other than IPv4's, fragments come here as they
 * arrived, and extension headers stand before TCP's.
 */
#include <linux/icmpv6.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/ndisc.h>

#include "wire/family.h"

#if IS_ENABLED(CONFIG_IPV6) && defined(CONFIG_NETFILTER)

#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

/* What connection tracking puts fragments together with; NULL: not loaded */
static typeof(nf_ct_frag6_gather) *gather;

/*
 * A namespace begins with this wire. Not before, so that who loads us without
 * that module, or never wants this wire, needs it not.
 */
void xtcp_tcp6_begin(void)
{
	typeof(nf_ct_frag6_gather) *found;

	if (READ_ONCE(gather))
		return;
	found = symbol_get(nf_ct_frag6_gather);
	if (found && cmpxchg(&gather, NULL, found))
		symbol_put(nf_ct_frag6_gather);
}

/* No hook is there any more. */
void xtcp_tcp6_exit(void)
{
	if (gather)
		symbol_put(nf_ct_frag6_gather);
	gather = NULL;
}

/* The packet's text begins @offset bytes on: @skb->data goes there. */
static void enter_segment(struct sk_buff *skb, int offset)
{
	__skb_pull(skb, offset);
	skb_postpull_rcsum(skb, skb_network_header(skb), offset);
	skb_reset_transport_header(skb);
}

static unsigned int tcp6_in(struct net *net, struct sk_buff *skb, int offset)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	struct xtcp_tuple t = {
		.family = AF_INET6,
		.wire = XTCP_WIRE_TCP,
		.ifindex = inet6_iif(skb),
		.sdif = inet6_sdif(skb),
	};
	unsigned int verdict;

	t.laddr.v6 = hdr->daddr;
	t.faddr.v6 = hdr->saddr;
	if (!xtcp_tcp_ours(net, skb, offset, &t, &verdict))
		return verdict;
	if (!pskb_may_pull(skb, offset))
		return NF_DROP;
	enter_segment(skb, offset);
	xtcp_ipv6_in(skb, XTCP_WIRE_TCP, t.found);
	return NF_STOLEN;
}

/* Where the quoted TCP header begins, behind the quoted IPv6 header; or 0. */
static int quoted6(struct sk_buff *skb, int offset)
{
	const struct ipv6hdr *hdr;
	__be16 frag_off;
	int behind;
	u8 next;

	if (!pskb_may_pull(skb, offset + sizeof(*hdr)))
		return 0;
	hdr = (const struct ipv6hdr *)(skb->data + offset);
	next = hdr->nexthdr;
	behind = ipv6_skip_exthdr(skb, offset + sizeof(*hdr), &next, &frag_off);
	if (behind < 0 || next != IPPROTO_TCP || frag_off ||
	    !pskb_may_pull(skb, behind + XTCP_QUOTED))
		return 0;
	return behind - offset;
}

/*
 * Where a redirect quotes the packet that went the longer way; 0: nowhere, or it
 * does not come from a router on the link (RFC 4861 8.1). The rest of that
 * section is the route's to ask.
 */
static int redirected6(struct sk_buff *skb, int start)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	unsigned int at = start + sizeof(struct rd_msg);
	const u8 *option;

	if (hdr->hop_limit != 255 || skb_linearize(skb) ||
	    !xtcp_link_local(&hdr->saddr))
		return 0;
	while (at + 8 <= skb->len) {
		option = skb->data + at;
		if (option[0] == ND_OPT_REDIRECT_HDR)
			return at + 8;
		if (!option[1])
			return 0;
		at += option[1] * 8;
	}
	return 0;
}

/* Where an error quotes the packet it is about; 0: it is none. */
static int quoted_at(struct sk_buff *skb, int start)
{
	const struct icmp6hdr *icmp = (struct icmp6hdr *)(skb->data + start);

	if (icmp->icmp6_type == NDISC_REDIRECT)
		return icmp->icmp6_code ? 0 : redirected6(skb, start);
	if (icmp->icmp6_type & ICMPV6_INFOMSG_MASK)
		return 0;
	return start + sizeof(*icmp);
}

static void icmp6_in(struct sk_buff *skb, int start)
{
	int read_on = skb_transport_offset(skb);
	const struct icmp6hdr *icmp;
	int offset, behind;
	u32 info;

	if (!pskb_may_pull(skb, start + sizeof(*icmp)))
		return;
	offset = quoted_at(skb, start);
	behind = offset ? quoted6(skb, offset) : 0;
	if (!behind || nf_ip6_checksum(skb, NF_INET_LOCAL_IN, start,
				       IPPROTO_ICMPV6))
		return;
	icmp = (const struct icmp6hdr *)(skb->data + start);
	info = ntohl(icmp->icmp6_mtu);
	skb_set_transport_header(skb, start);
	__skb_pull(skb, offset);
	xtcp_ipv6_error_in(skb, XTCP_WIRE_TCP, icmp->icmp6_type,
			   icmp->icmp6_code, behind, info);
	__skb_push(skb, offset);
	skb_set_transport_header(skb, read_on);
}

/* What the packet holds behind its extension headers, and where it begins. */
static int find_payload(const struct sk_buff *skb, u8 *next, __be16 *frag_off)
{
	*next = ipv6_hdr(skb)->nexthdr;
	*frag_off = 0;
	return ipv6_skip_exthdr(skb, sizeof(struct ipv6hdr), next, frag_off);
}

static bool fragment_of_tcp(const struct sk_buff *skb)
{
	const struct frag_hdr *head;
	struct frag_hdr buf;
	unsigned int offset = 0;

	if (ipv6_find_hdr(skb, &offset, NEXTHDR_FRAGMENT, NULL, NULL) < 0)
		return false;
	head = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	return head && head->nexthdr == IPPROTO_TCP;
}

/*
 * A fragment. Unless it was the last one missing it waits for the others, or
 * goes on to the host, who must then get all of them. @skb may then be whole.
 */
static unsigned int assemble(struct net *net, struct sk_buff *skb)
{
	typeof(nf_ct_frag6_gather) *put_together = READ_ONCE(gather);
	int offset = skb_transport_offset(skb);
	int err;

	if (!put_together || !fragment_of_tcp(skb))
		return NF_ACCEPT;
	err = put_together(net, skb, IP6_DEFRAG_LOCAL_DELIVER);
	if (err == -EINPROGRESS)
		return NF_STOLEN;
	if (err)
		return NF_DROP;
	/* Where the host reads on: not TCP's if other headers come before. */
	skb_set_transport_header(skb, offset);
	return NF_ACCEPT;
}

unsigned int xtcp_tcp6_hook(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	unsigned int verdict;
	__be16 frag_off;
	int offset;
	u8 next;

	offset = find_payload(skb, &next, &frag_off);
	if (frag_off) {
		verdict = assemble(state->net, skb);
		if (verdict != NF_ACCEPT)
			return verdict;
		offset = find_payload(skb, &next, &frag_off);
	}
	if (offset < 0 || frag_off)
		return NF_ACCEPT;
	if (next == IPPROTO_TCP)
		return tcp6_in(state->net, skb, offset);
	if (next == IPPROTO_ICMPV6)
		icmp6_in(skb, offset);
	return NF_ACCEPT;
}

#endif
