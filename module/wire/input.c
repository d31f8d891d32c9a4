// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arrives: the part of input that does not depend on the version of IP.
 */
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/xfrm.h>

#include "wire/family.h"

static const struct xtcp_input_ops *input_ops;

void xtcp_input_begin(const struct xtcp_input_ops *ops)
{
	input_ops = ops;
}

bool xtcp_input_ours(struct net *net, struct sk_buff *skb, int offset,
		     struct xtcp_tuple *t)
{
	return input_ops->ours(net, skb, offset, t);
}

/* The ECN field of the IP header, whichever version. */
static u8 ecn_of(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	return (iph->version == 4 ? iph->tos : ipv6_get_dsfield(ipv6_hdr(skb))) &
	       INET_ECN_MASK;
}

u8 xtcp_input_header(struct sk_buff *skb, struct xtcp_tuple *t,
		     struct xtcp_segment *seg)
{
	struct xtcp_ports ports;
	u32 offset;
	u8 reason;

	if (skb->len < XTCP_HEADER_MIN)
		return XTCP_R_TOO_SHORT;
	if (!pskb_may_pull(skb, XTCP_HEADER_MIN))
		return XTCP_R_NO_MEMORY;
	offset = xtcp_header_offset(skb->data);
	if (offset <= skb->len && !pskb_may_pull(skb, offset))
		return XTCP_R_NO_MEMORY;

	reason = xtcp_header_parse(skb->data, skb->len, seg, &ports);
	if (reason)
		return reason;
	t->lport = htons(ports.dest);
	t->fport = htons(ports.source);
	seg->ecn = ecn_of(skb);
	return XTCP_R_NONE;
}

int xtcp_input_done(struct net *net, struct sk_buff *skb, u8 reason,
		    const struct xtcp_tuple *t, const struct xtcp_segment *seg)
{
	if (reason) {
		input_ops->count(net, reason);
		kfree_skb(skb);
		return 0;
	}

	/* What is queued must hold no route, for devices come and go. */
	skb_dst_drop(skb);
	skb_orphan(skb);
	__skb_pull(skb, skb->len - seg->len);
	input_ops->receive(net, skb, t, seg);
	return 0;
}

void xtcp_input_error(struct net *net, struct sk_buff *skb,
		      struct xtcp_tuple *t, struct xtcp_icmp *icmp,
		      const u8 *head)
{
	const struct tcphdr *th = (const struct tcphdr *)head;

	/* The quote is of a segment that we sent: its source is us. */
	t->lport = th->source;
	t->fport = th->dest;
	icmp->seq = ntohl(th->seq);
	input_ops->error(net, skb, t, icmp);
}

bool xtcp_wire_again(const struct sk_buff *skb, struct xtcp_segment *seg)
{
	const u8 *head = skb_transport_header(skb);
	struct xtcp_ports ports;
	u32 len = skb->data - head + skb->len;

	if (xtcp_header_parse(head, len, seg, &ports))
		return false;
	seg->ecn = ecn_of(skb);
	return true;
}

#ifdef CONFIG_XFRM
/* The policy of all sockets was asked in the handler. */
static bool own_policy_ok(struct sock *sk, struct sk_buff *skb, u8 family)
{
	return !rcu_access_pointer(sk->sk_policy[XFRM_POLICY_IN]) ||
	       xfrm_policy_check(sk, XFRM_POLICY_IN, skb, family);
}
#else
static bool own_policy_ok(struct sock *sk, struct sk_buff *skb, u8 family)
{
	return true;
}
#endif

/* Filters are written for packets that begin with the header, as TCP's do. */
static bool filter_ok(struct sock *sk, struct sk_buff *skb,
		      struct xtcp_segment *seg)
{
	u32 header = skb->data - skb_transport_header(skb);
	bool ok;

	__skb_push(skb, header);
	ok = !sk_filter_trim_cap(sk, skb, header);
	__skb_pull(skb, header);
	seg->len = skb->len;
	return ok;
}

u8 xtcp_wire_admit(struct sock *sk, struct sk_buff *skb,
		   const struct xtcp_tuple *t, struct xtcp_segment *seg)
{
	if (!xtcp_af(t->family)->hops_ok(sk, skb))
		return XTCP_R_MIN_TTL;
	if (!own_policy_ok(sk, skb, t->family))
		return XTCP_R_POLICY;
	if (!filter_ok(sk, skb, seg))
		return XTCP_R_POLICY;
	return XTCP_R_NONE;
}
