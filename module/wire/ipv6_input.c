// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in IPv6 packets: input and ICMPv6 errors.
 */
#include <linux/icmpv6.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/protocol.h>
#include <net/xfrm.h>

#include "wire/family.h"

#if IS_ENABLED(CONFIG_IPV6)

/* MUST-57 and MUST-63. */
static bool unicast6(const struct sk_buff *skb)
{
	const struct in6_addr *saddr = &ipv6_hdr(skb)->saddr;

	if (skb->pkt_type != PACKET_HOST || !ipv6_unicast_destination(skb))
		return false;
	return !ipv6_addr_any(saddr) && !ipv6_addr_is_multicast(saddr) &&
	       !ipv6_addr_v4mapped(saddr);
}

static u8 ipv6_check(struct sk_buff *skb, struct xtcp_tuple *t,
		     struct xtcp_segment *seg)
{
	u8 proto = xtcp_wire_protocol(t->wire);
	u8 reason;

	if (!unicast6(skb))
		return XTCP_R_BAD_ADDRESS;
	if (skb->len < XTCP_HEADER_MIN)
		return XTCP_R_TOO_SHORT;
	if (skb_checksum_validate(skb, proto, ip6_compute_pseudo))
		return XTCP_R_BAD_CHECKSUM;
	reason = xtcp_input_header(skb, t, seg);
	if (reason)
		return reason;
	if (!xfrm6_policy_check(NULL, XFRM_POLICY_IN, skb))
		return XTCP_R_POLICY;
	return XTCP_R_NONE;
}

int xtcp_ipv6_in(struct sk_buff *skb, u8 wire, void *found)
{
	struct net *net = dev_net(skb->dev);
	struct xtcp_segment seg;
	struct xtcp_tuple t;
	u8 reason;

	memset(&t, 0, sizeof(t));
	t.wire = wire;
	t.found = found;
	reason = ipv6_check(skb, &t, &seg);
	nf_reset_ct(skb);
	t.family = AF_INET6;
	t.laddr.v6 = ipv6_hdr(skb)->daddr;
	t.faddr.v6 = ipv6_hdr(skb)->saddr;
	t.ifindex = inet6_iif(skb);
	t.sdif = inet6_sdif(skb);
	return xtcp_input_done(net, skb, reason, &t, &seg);
}

static int ipv6_receive(struct sk_buff *skb)
{
	return xtcp_ipv6_in(skb, XTCP_WIRE_NATIVE, NULL);
}

/* RFC 9293 3.9.2.2. False: of no concern to a connection. */
static bool ipv6_meaning(struct xtcp_icmp *icmp)
{
	bool fatal = icmpv6_err_convert(icmp->type, icmp->code, &icmp->err);

	icmp->kind = XTCP_ICMP_SOFT;
	switch (icmp->type) {
	case ICMPV6_DEST_UNREACH:
		if (fatal)
			icmp->kind = XTCP_ICMP_HARD;
		return true;
	case ICMPV6_PKT_TOOBIG:
		icmp->kind = XTCP_ICMP_TOO_BIG;
		/* Every IPv6 path takes that much (RFC 8201 4). */
		icmp->mtu = max_t(u32, icmp->info, IPV6_MIN_MTU);
		return true;
	case ICMPV6_TIME_EXCEED:
	case ICMPV6_PARAMPROB:	/* soft, whatever its code: MUST-56 */
		return true;
	case NDISC_REDIRECT:
		icmp->kind = XTCP_ICMP_REDIRECT;
		return true;
	default:
		return false;
	}
}

/* The caller made sure that 8 bytes of the quoted segment are there. */
void xtcp_ipv6_error_in(struct sk_buff *skb, u8 wire, u8 type, u8 code,
			int offset, u32 info)
{
	const struct ipv6hdr *hdr = (const struct ipv6hdr *)skb->data;
	struct xtcp_icmp icmp = {
		.type = type,
		.code = code,
		.info = info,
	};
	struct xtcp_tuple t;

	memset(&t, 0, sizeof(t));
	t.family = AF_INET6;
	t.wire = wire;
	t.laddr.v6 = hdr->saddr;
	t.faddr.v6 = hdr->daddr;
	t.ifindex = inet6_iif(skb);
	t.sdif = inet6_sdif(skb);
	if (ipv6_meaning(&icmp))
		xtcp_input_error(dev_net(skb->dev), skb, &t, &icmp,
				 skb->data + offset);
}

static int ipv6_error(struct sk_buff *skb, struct inet6_skb_parm *opt,
		      u8 type, u8 code, int offset, __be32 info)
{
	xtcp_ipv6_error_in(skb, XTCP_WIRE_NATIVE, type, code, offset,
			   ntohl(info));
	return 0;
}

static const struct inet6_protocol ipv6_protocol = {
	.handler = ipv6_receive,
	.err_handler = ipv6_error,
	.flags = INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
};

int xtcp_ipv6_register(void)
{
	int err = xtcp_ipv6_offload_register();

	if (err)
		return err;
	if (!inet6_add_protocol(&ipv6_protocol, IPPROTO_XTCP))
		return 0;
	xtcp_ipv6_offload_unregister();
	return -EBUSY;
}

void xtcp_ipv6_unregister(void)
{
	inet6_del_protocol(&ipv6_protocol, IPPROTO_XTCP);
	xtcp_ipv6_offload_unregister();
}

#endif
