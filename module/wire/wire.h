/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments <-> packets: what the floors below see of the network. All that
 * differs between IPv4 and IPv6 packets stays in here.
 *
 * A socket is an xtcp_wire_sock of sk_family AF_INET or AF_INET6 (then with
 * pinet6). An IPv6 socket whose peer is an IPv4-mapped
 * address sends and receives IPv4 packets; tuples always name the family of the
 * packets, so that such a connection has an AF_INET tuple.
 */
#ifndef XTCP_WIRE_WIRE_H
#define XTCP_WIRE_WIRE_H

#include <linux/in6.h>
#include <linux/skbuff.h>
#include <linux/sockptr.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "machine/segment.h"
#include "uapi/linux/xtcp.h"
#include "wire/return_route.h"

/* Headroom, in bytes, of an skb that is to be sent. */
#define XTCP_WIRE_HEADROOM	MAX_TCP_HEADER

/* RFC 9293 MUST-15: what to assume when the peer's SYN has no MSS option. */
#define XTCP_MSS_DEFAULT_V4	536
#define XTCP_MSS_DEFAULT_V6	1220

/* What carries the segments. */
enum xtcp_wire {
	XTCP_WIRE_NATIVE,	/* IP protocol 253 */
	XTCP_WIRE_TCP,		/* TCP's own */
	XTCP_WIRES,
};

/* Bytes of a socket that struct inet_sock has and does not need */
#define XTCP_WIRE_ROOM	(sizeof_field(struct inet_sock, cork) - 1)

/**
 * struct xtcp_wire_sock - what a socket of ours begins with
 * @inet:	addresses, ports, IP options; must be first. Its sk_protocol is
 *		IPPROTO_XTCP on both wires: with IPPROTO_TCP the kernel would
 *		read it as a tcp_sock.
 * @before_cork: what the kernel uses of @inet for such sockets as ours. The cork
 *		is for those that make one packet of several writes: UDP, ICMP, raw
 * @wire:	enum xtcp_wire, for life
 * @room:	the rest of the cork, for the floors below
 */
struct xtcp_wire_sock {
	union {
		struct inet_sock inet;
		struct {
			u8 before_cork[offsetof(struct inet_sock, cork)];
			u8 wire;
			u8 room[XTCP_WIRE_ROOM];
		};
	};
};

static inline u8 xtcp_wire_of(const struct sock *sk)
{
	return ((const struct xtcp_wire_sock *)sk)->wire;
}

/* The number that its packets have in the IP header. */
static inline u8 xtcp_wire_protocol(u8 wire)
{
	return wire == XTCP_WIRE_TCP ? IPPROTO_TCP : IPPROTO_XTCP;
}

union xtcp_addr {
	__be32 v4;
	struct in6_addr v6;
};

/* RFC 4291 2.5.6; for each segment, where ipv6_addr_type() is slow. */
static inline bool xtcp_link_local(const struct in6_addr *addr)
{
	return (addr->s6_addr32[0] & htonl(0xffc00000)) == htonl(0xfe800000);
}

/**
 * struct xtcp_tuple - both ends of a connection, as we see them
 * @laddr:	our address; bytes that the family does not use are 0
 * @faddr:	the peer's address
 * @lport:	our port
 * @fport:	the peer's port
 * @family:	AF_INET or AF_INET6: the family of the packets
 * @wire:	enum xtcp_wire
 * @ifindex:	the device that a segment came in by (with VRF: the VRF device),
 *		or that the socket is bound to, or the scope of a link-local
 *		address; 0: any
 * @sdif:	with VRF the device below it, else 0
 * @found:	input: what ours() found out, for receive(); may be NULL
 */
struct xtcp_tuple {
	union xtcp_addr laddr;
	union xtcp_addr faddr;
	__be16 lport;
	__be16 fport;
	u8 family;
	u8 wire;
	int ifindex;
	int sdif;
	void *found;
};

/* What an ICMP error means for TCP (RFC 9293 3.9.2.2). */
enum xtcp_icmp_kind {
	XTCP_ICMP_SOFT,		/* MUST-56: goes on, reported if all fails */
	XTCP_ICMP_HARD,		/* SHLD-26: ends an opening */
	XTCP_ICMP_TOO_BIG,	/* the path takes no more than @mtu */
	XTCP_ICMP_REDIRECT,	/* a better first hop: xtcp_wire_redirect() */
};

/**
 * struct xtcp_icmp - an ICMP error that quotes a segment of ours
 * @kind:	enum xtcp_icmp_kind
 * @type:	ICMP type, for IP_RECVERR
 * @code:	ICMP code
 * @err:	errno to report, positive
 * @seq:	sequence number of the quoted segment, which the receiver must
 *		check against what is in flight (RFC 5927)
 * @mtu:	bytes, for %XTCP_ICMP_TOO_BIG
 * @info:	the "info" word that ip_icmp_error() and ipv6_icmp_error() take
 */
struct xtcp_icmp {
	u8 kind;
	u8 type;
	u8 code;
	int err;
	u32 seq;
	u32 mtu;
	u32 info;
};

/**
 * struct xtcp_input_ops - where arriving segments go
 * @ours:	TCP wire: is the segment for one of ours, or the host's TCP's? Its
 *		header begins @offset bytes on. May leave a note in @t->found.
 * @receive:	A segment with good checksum and addresses. @skb->data is at
 *		the text, @seg->len bytes long; network and transport header
 *		are set, the route is dropped, @skb->cb is the callee's,
 *		@skb->dev must be forgotten before the skb is queued. Takes
 *		the skb.
 * @error:	An ICMP error. @skb is the ICMP packet and stays the caller's,
 *		its data at the quoted IP header.
 * @count:	A segment was dropped here; enum xtcp_reason says why.
 *
 * All run in softirq under rcu_read_lock(), never from inside xtcp_wire_send()
 * or xtcp_wire_reply(), not even on loopback. A user may hold the socket.
 */
struct xtcp_input_ops {
	bool (*ours)(struct net *net, struct sk_buff *skb, int offset,
		     struct xtcp_tuple *t);
	void (*receive)(struct net *net, struct sk_buff *skb,
			const struct xtcp_tuple *t,
			const struct xtcp_segment *seg);
	void (*error)(struct net *net, struct sk_buff *skb,
		      const struct xtcp_tuple *t, const struct xtcp_icmp *icmp);
	void (*count)(struct net *net, u8 reason);
};

/**
 * struct xtcp_reply_opts - how a segment without a socket travels
 * @tos:	TOS or traffic class
 * @ttl:	TTL or hop limit; 0: the route's
 * @mark:	skb mark
 * @oif:	device to send by; 0: as the tuple and the routes say
 * @priority:	skb priority
 * @hash:	IPv6: skb hash, which the flow label comes from; 0: the packet's
 * @route:	IPv4: by which source route; NULL: none
 */
struct xtcp_reply_opts {
	u8 tos;
	u8 ttl;
	u32 mark;
	int oif;
	u32 priority;
	u32 hash;
	const struct xtcp_return_route *route;
};

/**
 * xtcp_wire_init() - take the IP protocol number, begin to receive
 * @ops:	must stay until xtcp_wire_exit()
 *
 * Return: 0, or a negative errno after saying in the log what is taken.
 */
int xtcp_wire_init(const struct xtcp_input_ops *ops);

/* No input call is under way and none comes any more once it returned. */
void xtcp_wire_exit(void);

/**
 * xtcp_wire_tcp_begin() - let the TCP wire of a namespace receive
 * @net:	the namespace; not receiving
 *
 * Process context. Return: 0, -ENOMEM, or -EPROTONOSUPPORT where the kernel has
 * no netfilter.
 */
int xtcp_wire_tcp_begin(struct net *net);

/* The reverse. An input call may be under way until an RCU grace period ends. */
void xtcp_wire_tcp_end(struct net *net);

/* The host's TCP has a connection with these very ends. Under RCU. */
bool xtcp_wire_tcp_host_has(struct net *net, const struct xtcp_tuple *t);

/**
 * xtcp_wire_tcp_host_syn() - a SYN for a server of the host's TCP
 * @net:	the namespace
 * @skb:	as it came to ours()
 * @offset:	where its header begins
 * @t:		its tuple
 * @seg:	filled
 *
 * Under RCU. Return: it is one, and whole.
 */
bool xtcp_wire_tcp_host_syn(struct net *net, struct sk_buff *skb, int offset,
			    const struct xtcp_tuple *t,
			    struct xtcp_segment *seg);

/* IPv6 is there: built into the kernel and not disabled at boot. */
bool xtcp_wire_ipv6(void);

/*
 * Sockets and their tuples. The socket is locked, or not yet visible.
 */

/**
 * xtcp_wire_family() - the family of the packets of a connected socket
 * @sk:		a socket whose peer is set
 *
 * Return: AF_INET or AF_INET6.
 */
u8 xtcp_wire_family(const struct sock *sk);

/* Read the tuple of a connected socket; @t->ifindex is sk_bound_dev_if. */
void xtcp_wire_get_tuple(const struct sock *sk, struct xtcp_tuple *t);

/**
 * xtcp_wire_set_tuple() - write both ends into a socket
 * @sk:		all of its address and port fields, of both families where it is
 *		an IPv6 socket, are set, inet_num included; not sk_bound_dev_if
 * @t:		the ends
 */
void xtcp_wire_set_tuple(struct sock *sk, const struct xtcp_tuple *t);

/**
 * xtcp_wire_route_connect() - first step of connect(): where to, and as whom
 * @sk:		locked; bound or not
 * @t:		in: family, faddr, fport, and in ifindex sin6_scope_id or 0.
 *		out: laddr and lport as well (lport 0 when the socket has no
 *		port yet), ifindex as the socket is bound then
 *
 * Chooses the source address unless the socket is bound to one (MUST-44), puts
 * the addresses and the peer's port into the socket and caches the route there.
 * The unspecified address as @t->faddr means this host.
 *
 * Return: 0 or a negative errno: ENETUNREACH for multicast and broadcast and
 * where no route leads, EINVAL for a link-local address without a device.
 */
int xtcp_wire_route_connect(struct sock *sk, struct xtcp_tuple *t);

/**
 * xtcp_wire_route_ports() - second step of connect(): the port is known now
 * @sk:		locked; inet_sport is set
 *
 * Return: 0 or a negative errno: routing and IPsec may depend on ports.
 */
int xtcp_wire_route_ports(struct sock *sk);

/* Undo the two, or a connection: no peer, no route, no source unless bound. */
void xtcp_wire_disconnect(struct sock *sk);

/**
 * xtcp_wire_route_child() - the way back for an accepted connection
 * @sk:		the child: xtcp_wire_set_tuple() and sk_bound_dev_if are done
 *
 * Any context. Return: 0 or a negative errno.
 */
int xtcp_wire_route_child(struct sock *sk);

/*
 * Source routes that came with packets (RFC 9293 3.9.2.1): IPv4's alone.
 */

/* The packet has an IPv4 header with options, as hardly any has. */
static inline bool xtcp_wire_has_ip_options(const struct sk_buff *skb)
{
	return (u8)(*skb_network_header(skb) - 0x46) < 10;
}

/**
 * xtcp_wire_return_route() - the way back by which a packet wants its answer
 * @skb:	as it came to receive(), though it may have waited in a backlog
 * @back:	filled
 *
 * Return: false: it is answered straight.
 */
bool xtcp_wire_return_route(const struct sk_buff *skb,
			    struct xtcp_return_route *back);

/**
 * xtcp_wire_keep_route() - all that the socket sends goes this way
 * @sk:		locked
 * @back:	in place of what it had
 *
 * Any context. Return: 0 or -ENOMEM.
 */
int xtcp_wire_keep_route(struct sock *sk, const struct xtcp_return_route *back);

/*
 * SHLD-24: another one came. It takes the place of one that came before, not of
 * a program's (MUST-52). Without memory nothing changes. @sk is locked.
 */
void xtcp_wire_renew_route(struct sock *sk,
			   const struct xtcp_return_route *back);

/* setsockopt() of level SOL_IP. A program's route counts from then on. */
int xtcp_wire_set_ip(struct sock *sk, int name, sockptr_t val,
		     unsigned int len);

/* What came is of no use to another connection. @sk is locked. */
void xtcp_wire_forget_route(struct sock *sk);

/**
 * xtcp_wire_mtu() - what the path takes, IP header included
 * @sk:		locked
 *
 * Looks for a new route when the cached one has expired. Return: bytes; when
 * no route leads to the peer any more, the least that every host takes.
 */
u32 xtcp_wire_mtu(struct sock *sk);

/**
 * xtcp_wire_plain_mtu() - what the cached route says of the path, if that is all
 * @sk:		locked
 *
 * For who asks whether anything changed: it is cheap, but the route may have
 * expired. Return: bytes; 0 without a route, and with IP options.
 */
u32 xtcp_wire_plain_mtu(struct sock *sk);

/**
 * xtcp_wire_mss() - bytes of header options and text that fit into one packet
 * @sk:		locked
 *
 * That is: the path MTU without IP header, IP options and the 20 bytes of every
 * header. RFC 9293 3.7.1's Eff.snd.MSS is the smaller of this and the peer's
 * MSS, both less the length of the options on each segment.
 */
u32 xtcp_wire_mss(struct sock *sk);

/**
 * xtcp_wire_burst() - how much text one skb may hold that is cut on its way
 * @sk:		locked, connected
 * @mss:	bytes of text in each segment
 *
 * Segmentation offload: the last moment at which an skb becomes segments is in
 * the device, or just before it. Return: bytes, a multiple of @mss; @mss where
 * the route, the device or the wire wants each segment by itself.
 */
u32 xtcp_wire_burst(const struct sock *sk, u32 mss);

/* @skb holds @segs segments, of @mss bytes of text each, or the last of less. */
void xtcp_wire_set_burst(const struct sock *sk, struct sk_buff *skb, u32 mss,
			 u32 segs);

/* The MSS to announce: from device MTU or route metric (MUST-67), in bytes. */
u16 xtcp_wire_advertised_mss(struct sock *sk);

/**
 * xtcp_wire_pmtu() - believe an %XTCP_ICMP_TOO_BIG
 * @sk:		locked; the quoted sequence number was checked
 * @mtu:	what the message said
 *
 * Return: the path MTU as it is now (xtcp_wire_mtu()); it need not be @mtu.
 */
u32 xtcp_wire_pmtu(struct sock *sk, u32 mtu);

/* Believe an %XTCP_ICMP_REDIRECT: @sk locked, @skb as in the error call. */
void xtcp_wire_redirect(struct sock *sk, struct sk_buff *skb);

/**
 * xtcp_wire_admit() - what a single socket has to say about a segment
 * @sk:		the socket; need not be locked
 * @skb:	as it came to receive(): before cb is written, dev forgotten or
 *		the skb put into a backlog
 * @t:		its tuple
 * @seg:	the segment; a filter may cut its text: @seg->len
 *
 * Least TTL, the socket's own IPsec policy, socket filter and the control
 * groups' ingress programs. Return: %XTCP_R_NONE, _MIN_TTL or _POLICY.
 */
u8 xtcp_wire_admit(struct sock *sk, struct sk_buff *skb,
		   const struct xtcp_tuple *t, struct xtcp_segment *seg);

/**
 * xtcp_wire_again() - read a segment's header once more
 * @skb:	as it came to receive(), though it may have waited in a backlog
 * @seg:	filled anew; its text is what xtcp_wire_admit() left of it
 *
 * So that what waits needs to keep nothing but the skb. Return: true, unless
 * the header was changed meanwhile and cannot be read.
 */
bool xtcp_wire_again(const struct sk_buff *skb, struct xtcp_segment *seg);

/**
 * xtcp_wire_send() - send one segment of a socket
 * @sk:		locked; connected
 * @skb:	the text. With %XTCP_WIRE_HEADROOM of headroom the headers find
 *		room without a copy. Of an skb that is kept to be sent again,
 *		after __skb_header_release(), a clone will do; what has to be
 *		copied because an earlier clone is still under way is copied
 *		here. More than one segment: see xtcp_wire_set_burst(). The owner
 *		(skb->sk, destructor) is the caller's; cb and
 *		tstamp are overwritten. Taken in any case.
 * @seg:	what the header says, and @seg->ecn for IP's. @seg->len is not
 *		looked at; with the MSS
 *		option, an mss of 0 stands for xtcp_wire_advertised_mss().
 *
 * Return: 0, also when a queue is congested; or a negative errno, after which
 * the segment counts as lost. EMSGSIZE: it no longer fits the path, so what is
 * sent in its place must be cut by xtcp_wire_mss().
 */
int xtcp_wire_send(struct sock *sk, struct sk_buff *skb,
		   const struct xtcp_segment *seg);

/**
 * xtcp_wire_reply() - send one segment without text that belongs to no socket
 * @net:	the namespace
 * @t:		both ends; the source is @t->laddr and nothing else
 * @seg:	what the header says; an mss of 0 as with xtcp_wire_send()
 * @o:		how it travels
 *
 * Any context but hard interrupts. Return: 0 or a negative errno.
 */
int xtcp_wire_reply(struct net *net, const struct xtcp_tuple *t,
		    const struct xtcp_segment *seg,
		    const struct xtcp_reply_opts *o);

#endif
