// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segmentation offload on the native wire: an skb with the text of many segments
 * travels as one packet as far as whoever passes it on takes such packets, and is
 * cut here in front of who does not.
 */
#include <net/protocol.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat.h"
#include "wire/family.h"

/*
 * TCP's type makes the kernel measure the header rightly wherever it asks for the
 * length of a segment. No hardware that cuts TCP knows protocol 253, and none
 * claims SCTP's type beside it: lo, veth and the like take both, as they cut
 * nothing.
 */
u32 xtcp_wire_gso_type(const struct sock *sk)
{
	u32 type = xtcp_wire_family(sk) == AF_INET ? SKB_GSO_TCPV4 :
						     SKB_GSO_TCPV6;

	return xtcp_wire_of(sk) == XTCP_WIRE_TCP ? type : type | SKB_GSO_SCTP;
}

/* The header's checksum holds the pseudo header's sum; one of its numbers changes. */
__sum16 xtcp_pseudo_sum(const struct tcphdr *th, u32 was, u32 is)
{
	__wsum sum = csum_unfold(th->check);

	sum = csum_sub(sum, (__force __wsum)htonl(was));
	sum = csum_add(sum, (__force __wsum)htonl(is));
	return ~csum_fold(sum);
}

/* @was: bytes of header and text before the cut. */
static void finish(struct sk_buff *skb, u32 was, u32 seq, bool first)
{
	struct tcphdr *th = tcp_hdr(skb);
	u32 is = skb_tail_pointer(skb) - skb_transport_header(skb) +
		 skb->data_len;

	th->seq = htonl(seq);
	if (!first)
		th->cwr = 0;
	if (skb->next) {
		th->fin = 0;
		th->psh = 0;
	}
	th->check = xtcp_pseudo_sum(th, was, is);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		th->check = gso_make_checksum(skb, ~csum_unfold(th->check));
}

static struct sk_buff *cut_segment(struct sk_buff *skb,
				   netdev_features_t features)
{
	u32 header = tcp_hdrlen(skb);
	u32 mss = skb_shinfo(skb)->gso_size;
	u32 seq = ntohl(tcp_hdr(skb)->seq);
	u32 was = skb->len;
	struct sk_buff *segs, *seg;

	__skb_pull(skb, header);
	/* A device that sums only TCP's packets would be given ours, too. */
	if (!(features & NETIF_F_HW_CSUM))
		features &= ~NETIF_F_CSUM_MASK;
	features &= ~NETIF_F_GSO_PARTIAL;
	segs = skb_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	for (seg = segs; seg; seg = seg->next) {
		finish(seg, was, seq, seg == segs);
		seq += mss;
	}
	return segs;
}

static struct sk_buff *native_segment(struct sk_buff *skb,
				      netdev_features_t features)
{
	u32 header;

	if (!(skb_shinfo(skb)->gso_type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) ||
	    skb->ip_summed != CHECKSUM_PARTIAL ||
	    !pskb_may_pull(skb, XTCP_HEADER_MIN))
		return ERR_PTR(-EINVAL);
	header = tcp_hdrlen(skb);
	if (header < XTCP_HEADER_MIN || !pskb_may_pull(skb, header) ||
	    skb->len - header <= skb_shinfo(skb)->gso_size)
		return ERR_PTR(-EINVAL);
	return cut_segment(skb, features);
}

static const struct net_offload ipv4_offload = {
	.callbacks = {
		.gso_segment = native_segment,
		.gro_receive = xtcp_ipv4_gro_receive,
		.gro_complete = xtcp_ipv4_gro_complete,
	},
};

int xtcp_ipv4_offload_register(void)
{
	return inet_add_offload(&ipv4_offload, IPPROTO_XTCP) ? -EBUSY : 0;
}

void xtcp_ipv4_offload_unregister(void)
{
	inet_del_offload(&ipv4_offload, IPPROTO_XTCP);
}

#if IS_ENABLED(CONFIG_IPV6)
static const struct net_offload ipv6_offload = {
	.callbacks = {
		.gso_segment = native_segment,
		.gro_receive = xtcp_ipv6_gro_receive,
		.gro_complete = xtcp_ipv6_gro_complete,
	},
};

int xtcp_ipv6_offload_register(void)
{
	return inet6_add_offload(&ipv6_offload, IPPROTO_XTCP) ? -EBUSY : 0;
}

void xtcp_ipv6_offload_unregister(void)
{
	inet6_del_offload(&ipv6_offload, IPPROTO_XTCP);
}
#endif
