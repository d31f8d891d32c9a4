// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments in IPv4 packets: input and ICMP errors.
 */
#include <linux/icmp.h>
#include <linux/netfilter.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "wire/family.h"

/* MUST-57 and MUST-63, as far as the route already tells. */
static bool unicast4(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (skb->pkt_type != PACKET_HOST)
		return false;
	if (skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return false;
	return !ipv4_is_multicast(iph->saddr) && !ipv4_is_lbcast(iph->saddr) &&
	       !ipv4_is_zeronet(iph->saddr);
}

/*
 * Only the routes know a subnet's broadcast address. Asking them costs, and
 * answers to anything but a SYN go to no broadcast address anyhow.
 */
static bool source_is_broadcast(struct net *net, const struct sk_buff *skb)
{
	return !(READ_ONCE(skb->dev->flags) & IFF_LOOPBACK) &&
	       inet_addr_type_dev_table(net, skb->dev, ip_hdr(skb)->saddr) ==
	       RTN_BROADCAST;
}

static u8 ipv4_check(struct net *net, struct sk_buff *skb,
		     struct xtcp_tuple *t, struct xtcp_segment *seg)
{
	u8 proto = xtcp_wire_protocol(t->wire);
	u8 reason;

	if (!unicast4(skb))
		return XTCP_R_BAD_ADDRESS;
	if (skb->len < XTCP_HEADER_MIN)
		return XTCP_R_TOO_SHORT;
	if (skb_checksum_validate(skb, proto, inet_compute_pseudo))
		return XTCP_R_BAD_CHECKSUM;
	reason = xtcp_input_header(skb, t, seg);
	if (reason)
		return reason;
	if ((seg->flags & XTCP_SYN) && source_is_broadcast(net, skb))
		return XTCP_R_BAD_ADDRESS;
	if (!xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb))
		return XTCP_R_POLICY;
	return XTCP_R_NONE;
}

int xtcp_ipv4_in(struct sk_buff *skb, u8 wire, void *found)
{
	struct net *net = dev_net(skb->dev);
	struct xtcp_segment seg;
	struct xtcp_tuple t;
	u8 reason;

	memset(&t, 0, sizeof(t));
	t.wire = wire;
	t.found = found;
	reason = ipv4_check(net, skb, &t, &seg);
	nf_reset_ct(skb);
	t.family = AF_INET;
	t.laddr.v4 = ip_hdr(skb)->daddr;
	t.faddr.v4 = ip_hdr(skb)->saddr;
	t.ifindex = inet_iif(skb);
	t.sdif = inet_sdif(skb);
	return xtcp_input_done(net, skb, reason, &t, &seg);
}

static int ipv4_receive(struct sk_buff *skb)
{
	return xtcp_ipv4_in(skb, XTCP_WIRE_NATIVE, NULL);
}

/* RFC 9293 3.9.2.2. False: of no concern to a connection. */
static bool ipv4_meaning(struct xtcp_icmp *icmp)
{
	icmp->kind = XTCP_ICMP_SOFT;
	switch (icmp->type) {
	case ICMP_DEST_UNREACH:
		if (icmp->code > NR_ICMP_UNREACH)
			return false;
		icmp->err = icmp_err_convert[icmp->code].errno;
		if (icmp_err_convert[icmp->code].fatal)
			icmp->kind = XTCP_ICMP_HARD;
		if (icmp->code == ICMP_FRAG_NEEDED) {
			icmp->kind = XTCP_ICMP_TOO_BIG;
			icmp->mtu = icmp->info;
		}
		return true;
	case ICMP_PARAMETERPROB:
		icmp->err = EPROTO;
		return true;
	case ICMP_TIME_EXCEEDED:
		icmp->err = EHOSTUNREACH;
		return true;
	case ICMP_REDIRECT:
		icmp->kind = XTCP_ICMP_REDIRECT;
		return true;
	default:	/* source quench among them: MUST-55 */
		return false;
	}
}

/* The caller made sure that 8 bytes of the quoted segment are there. */
void xtcp_ipv4_error_in(struct sk_buff *skb, u8 wire, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct xtcp_icmp icmp = {
		.type = icmp_hdr(skb)->type,
		.code = icmp_hdr(skb)->code,
		.info = info,
	};
	struct xtcp_tuple t;

	/* A later fragment has text where the ports would be. */
	if (iph->frag_off & htons(IP_OFFSET))
		return;
	memset(&t, 0, sizeof(t));
	t.family = AF_INET;
	t.wire = wire;
	t.laddr.v4 = iph->saddr;
	t.faddr.v4 = iph->daddr;
	t.ifindex = inet_iif(skb);
	t.sdif = inet_sdif(skb);
	if (ipv4_meaning(&icmp))
		xtcp_input_error(dev_net(skb->dev), skb, &t, &icmp,
				 skb->data + iph->ihl * 4);
}

static int ipv4_error(struct sk_buff *skb, u32 info)
{
	xtcp_ipv4_error_in(skb, XTCP_WIRE_NATIVE, info);
	return 0;
}

static const struct net_protocol ipv4_protocol = {
	.handler = ipv4_receive,
	.err_handler = ipv4_error,
	.no_policy = 1,
	.icmp_strict_tag_validation = 1,
};

int xtcp_ipv4_register(void)
{
	int err = xtcp_ipv4_offload_register();

	if (err)
		return err;
	if (!inet_add_protocol(&ipv4_protocol, IPPROTO_XTCP))
		return 0;
	xtcp_ipv4_offload_unregister();
	return -EBUSY;
}

void xtcp_ipv4_unregister(void)
{
	inet_del_protocol(&ipv4_protocol, IPPROTO_XTCP);
	xtcp_ipv4_offload_unregister();
}
