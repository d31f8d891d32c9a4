/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside wire/: what IPv4 and IPv6 do differently, and what they share.
 */
#ifndef XTCP_WIRE_FAMILY_H
#define XTCP_WIRE_FAMILY_H

#include <net/flow.h>

#include "uapi/linux/xtcp.h"
#include "wire/header.h"
#include "wire/wire.h"

/**
 * struct xtcp_af_ops - one version of IP
 * @family:	AF_INET or AF_INET6
 * @header_len:	bytes of an IP header without options
 * @mtu_min:	bytes that every path takes
 * @get_tuple:	addresses of a connected socket; the rest of the tuple is done
 * @set_tuple:	addresses of a socket; the ports are done
 * @connect:	route with source address choice: see xtcp_wire_route_connect();
 *		the peer's port is done
 * @route:	the cached route, or a new one; an ERR_PTR when there is none.
 *		@fresh asks for a new one. The reference is the socket's.
 * @link_mtu:	bytes that device and route are made for, whatever a path beyond
 *		takes; called under RCU
 * @options_len: bytes of IP options or extension headers on each packet
 * @hops_ok:	the packet's TTL is no less than the socket asks for
 * @accept_pmtu: the socket's path MTU may be changed by ICMP
 * @sum:	checksum of the pseudo-header and of a segment that sums to @sum;
 *		@proto: the IP protocol
 * @sum_of:	the same, between the ends of a connected socket
 * @send:	header and checksum of the segment are done; @ecn goes into the
 *		IP header; takes the skb
 * @reply_route: a route without a socket; the reference is the caller's
 * @reply_send:	the same, for a segment that has its route; takes the skb
 */
struct xtcp_af_ops {
	u8 family;
	u8 header_len;
	u32 mtu_min;
	void (*get_tuple)(const struct sock *sk, struct xtcp_tuple *t);
	void (*set_tuple)(struct sock *sk, const struct xtcp_tuple *t);
	int (*connect)(struct sock *sk, struct xtcp_tuple *t);
	struct dst_entry *(*route)(struct sock *sk, bool fresh);
	u32 (*link_mtu)(const struct dst_entry *dst);
	u32 (*options_len)(const struct sock *sk);
	bool (*hops_ok)(const struct sock *sk, const struct sk_buff *skb);
	bool (*accept_pmtu)(const struct sock *sk);
	void (*sum)(__sum16 *check, const union xtcp_addr *saddr,
		    const union xtcp_addr *daddr, u32 len, u8 proto,
		    __wsum sum);
	void (*sum_of)(const struct sock *sk, __sum16 *check, u32 len, u8 proto,
		       __wsum sum);
	int (*send)(struct sock *sk, struct sk_buff *skb,
		    struct dst_entry *dst, u8 ecn);
	struct dst_entry *(*reply_route)(struct net *net, struct flowi *fl,
					 const struct xtcp_tuple *t,
					 const struct xtcp_reply_opts *o);
	int (*reply_send)(struct net *net, struct sk_buff *skb,
			  const struct flowi *fl,
			  const struct xtcp_reply_opts *o);
};

extern const struct xtcp_af_ops xtcp_ipv4;

/*
 * A segment whose IP header is behind us: @skb->data at its first byte, both
 * headers set; @found: see struct xtcp_tuple. Always 0: the skb is taken.
 */
int xtcp_ipv4_in(struct sk_buff *skb, u8 wire, void *found);

/* An ICMP error: @skb->data at the quoted IP header, ICMP's header set. */
void xtcp_ipv4_error_in(struct sk_buff *skb, u8 wire, u32 info);

/* Bytes of a quoted segment that name the connection (RFC 792, RFC 5927). */
#define XTCP_QUOTED	8

/*
 * tcp.c: a segment whose header begins @offset bytes on, with addresses and
 * device in @t. Return: true when it is ours to take; else *@verdict says what
 * of it.
 */
bool xtcp_tcp_ours(struct net *net, struct sk_buff *skb, int offset,
		   struct xtcp_tuple *t, unsigned int *verdict);

/* tcp.c: as ip_queue_xmit(), but with TCP's number in the header. */
/* With a source route (MUST-51) it is not the peer. */
static inline __be32 xtcp_first_hop(const struct ip_options_rcu *opt,
				    __be32 daddr)
{
	return opt && opt->opt.srr ? opt->opt.faddr : daddr;
}

int xtcp_tcp4_send(struct sock *sk, struct sk_buff *skb,
		   struct dst_entry *dst, u8 ecn);

/* The protocol number of this version of IP; -EBUSY when it is taken. */
int xtcp_ipv4_register(void);
void xtcp_ipv4_unregister(void);

#if IS_ENABLED(CONFIG_IPV6)
extern const struct xtcp_af_ops xtcp_ipv6;
int xtcp_ipv6_in(struct sk_buff *skb, u8 wire, void *found);
void xtcp_ipv6_error_in(struct sk_buff *skb, u8 wire, u8 type, u8 code,
			int offset, u32 info);
int xtcp_ipv6_register(void);
void xtcp_ipv6_unregister(void);
#else
static inline int xtcp_ipv6_register(void)
{
	return 0;
}

static inline void xtcp_ipv6_unregister(void)
{
}
#endif

/* tcp6.c: the TCP wire's input */
#if IS_ENABLED(CONFIG_IPV6) && defined(CONFIG_NETFILTER)
struct nf_hook_state;

void xtcp_tcp6_begin(void);
void xtcp_tcp6_exit(void);
unsigned int xtcp_tcp6_hook(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
#else
static inline void xtcp_tcp6_begin(void)
{
}

static inline void xtcp_tcp6_exit(void)
{
}
#endif

/* The packets of an address family. */
static inline const struct xtcp_af_ops *xtcp_af(u8 family)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		return &xtcp_ipv6;
#endif
	return &xtcp_ipv4;
}

/* offload.c: the same numbers, for what is cut into segments on its way */
int xtcp_ipv4_offload_register(void);
void xtcp_ipv4_offload_unregister(void);
int xtcp_ipv6_offload_register(void);
void xtcp_ipv6_offload_unregister(void);

__sum16 xtcp_pseudo_sum(const struct tcphdr *th, u32 was, u32 is);

/* merge.c: and for what arrives, to be merged */
struct sk_buff *xtcp_ipv4_gro_receive(struct list_head *head,
				      struct sk_buff *skb);
int xtcp_ipv4_gro_complete(struct sk_buff *skb, int thoff);
struct sk_buff *xtcp_ipv6_gro_receive(struct list_head *head,
				      struct sk_buff *skb);
int xtcp_ipv6_gro_complete(struct sk_buff *skb, int thoff);
void xtcp_gro_end(void);

/* SKB_GSO_...: how the kernel is to cut what a socket sends. */
u32 xtcp_wire_gso_type(const struct sock *sk);

/* output.c: the route is the socket's from here on. */
void xtcp_output_keep_route(struct sock *sk, struct dst_entry *dst);

/* input.c: what both handlers share. */

/* Before the handlers are registered. */
void xtcp_input_begin(const struct xtcp_input_ops *ops);

/* TCP wire: the segment, whose header is @offset bytes on, is for us. */
bool xtcp_input_ours(struct net *net, struct sk_buff *skb, int offset,
		     struct xtcp_tuple *t);

/* Pull and read the header; @skb->data stays at its first byte. */
u8 xtcp_input_header(struct sk_buff *skb, struct xtcp_tuple *t,
		     struct xtcp_segment *seg);

/* Hand the segment to the floors below, or drop it under @reason. */
int xtcp_input_done(struct net *net, struct sk_buff *skb, u8 reason,
		    const struct xtcp_tuple *t, const struct xtcp_segment *seg);

/* An ICMP error whose quoted TCP header begins at @head (8 bytes). */
void xtcp_input_error(struct net *net, struct sk_buff *skb,
		      struct xtcp_tuple *t, struct xtcp_icmp *icmp,
		      const u8 *head);

#endif
