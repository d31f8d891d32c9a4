// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive offload on the native wire: segments that follow each other arrive as one
 * packet (GRO). As they are TCP's but for the protocol's number, TCP's own rules
 * say what belongs together; what differs is the checksum's pseudo header.
 */
#include <linux/delay.h>
#include <linux/netdevice.h>
#include <net/gro.h>
#include <net/ip6_checksum.h>
#include <net/protocol.h>

#include "compat.h"
#include "wire/family.h"

/* Packets are kept a little longer than a device is told to; what rmmod waits. */
#define KEPT_MORE_MS	50
#define KEPT_MOST_MS	10000

static bool ending;

static struct sk_buff *alone(struct sk_buff *skb)
{
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* Lists of packets are made only for what TCP has no socket of. */
static bool never(const struct sk_buff *skb)
{
	return READ_ONCE(ending) || skb->dev->features & NETIF_F_GRO_FRAGLIST;
}

/* Its checksum was verified, unless it is to stay alone. */
static struct sk_buff *receive_as_tcp(const struct net_offload *tcp,
				      struct list_head *head,
				      struct sk_buff *skb)
{
	if (!tcp || !tcp->callbacks.gro_receive)
		return alone(skb);
	/* TCP would take it for wrong: it finds one that was verified before. */
	if (!NAPI_GRO_CB(skb)->flush)
		NAPI_GRO_CB(skb)->csum_cnt++;
	return tcp->callbacks.gro_receive(head, skb);
}

static int complete_as_tcp(const struct net_offload *tcp, struct sk_buff *skb,
			   int thoff)
{
	struct tcphdr *th;
	int err;

	if (!tcp || !tcp->callbacks.gro_complete)
		return -EPROTONOSUPPORT;
	err = tcp->callbacks.gro_complete(skb, thoff);
	th = tcp_hdr(skb);
	th->check = xtcp_pseudo_sum(th, IPPROTO_TCP, IPPROTO_XTCP);
	/* Should it be passed on, we cut it: xtcp_wire_gso_type() */
	skb_shinfo(skb)->gso_type |= SKB_GSO_SCTP;
	return err;
}

struct sk_buff *xtcp_ipv4_gro_receive(struct list_head *head,
				      struct sk_buff *skb)
{
	if (never(skb))
		return alone(skb);
	if (!NAPI_GRO_CB(skb)->flush &&
	    skb_gro_checksum_validate(skb, IPPROTO_XTCP,
				      inet_gro_compute_pseudo))
		return alone(skb);
	return receive_as_tcp(rcu_dereference(inet_offloads[IPPROTO_TCP]),
			      head, skb);
}

int xtcp_ipv4_gro_complete(struct sk_buff *skb, int thoff)
{
	return complete_as_tcp(rcu_dereference(inet_offloads[IPPROTO_TCP]),
			       skb, thoff);
}

#if IS_ENABLED(CONFIG_IPV6)
struct sk_buff *xtcp_ipv6_gro_receive(struct list_head *head,
				      struct sk_buff *skb)
{
	if (never(skb))
		return alone(skb);
	if (!NAPI_GRO_CB(skb)->flush &&
	    skb_gro_checksum_validate(skb, IPPROTO_XTCP,
				      ip6_gro_compute_pseudo))
		return alone(skb);
	return receive_as_tcp(rcu_dereference(inet6_offloads[IPPROTO_TCP]),
			      head, skb);
}

int xtcp_ipv6_gro_complete(struct sk_buff *skb, int thoff)
{
	return complete_as_tcp(rcu_dereference(inet6_offloads[IPPROTO_TCP]),
			       skb, thoff);
}
#endif

static unsigned int kept_ms(void)
{
	unsigned long longest_ns = 0;
	struct net_device *dev;
	struct net *net;

	rcu_read_lock();
	for_each_net_rcu(net)
		for_each_netdev_rcu(net, dev)
			longest_ns = max(longest_ns,
					 READ_ONCE(dev->gro_flush_timeout));
	rcu_read_unlock();
	return min_t(unsigned long, longest_ns / NSEC_PER_MSEC, KEPT_MOST_MS) +
	       KEPT_MORE_MS;
}

/*
 * Before the callbacks are taken away: what has been kept to be merged still needs
 * them to be completed.
 */
void xtcp_gro_end(void)
{
	WRITE_ONCE(ending, true);
	synchronize_net();
	msleep(kept_ms());
}
