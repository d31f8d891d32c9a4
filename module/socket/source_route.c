// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers whose segments come by a source route are answered by the same way
 * (RFC 9293 3.9.2.1, RFC 1122 3.2.1.8(c)). Whether such packets are taken at all
 * is up to net.ipv4.conf.*.accept_source_route.
 */
#include "socket/sock.h"

/* A half-open entry has no room for a route: it stands in the SYN's headers. */
static bool route_of_syn(const struct xtcp_small *s,
			 struct xtcp_return_route *back)
{
	const struct xtcp_saved *saved;
	bool found;

	rcu_read_lock();
	saved = xtcp_saved_look(s);
	found = saved && xtcp_return_route(saved->data + saved->ip, back);
	rcu_read_unlock();
	return found;
}

/**
 * xtcp_route_back() - by which way a connection without a socket is answered
 * @s:		what is left of it; NULL: nothing
 * @skb:	the segment to be answered, as it came to receive(); NULL: none
 * @room:	where the route may be put
 *
 * The later definition counts (SHLD-24): the segment's, or else the SYN's.
 * Return: @room, or NULL: straight.
 */
const struct xtcp_return_route *
xtcp_route_back(const struct xtcp_small *s, const struct sk_buff *skb,
		struct xtcp_return_route *room)
{
	if (skb && xtcp_wire_return_route(skb, room))
		return room;
	if (s && s->entry.saved && route_of_syn(s, room))
		return room;
	return NULL;
}

/* Who can only guess the numbers leads nobody anywhere (RFC 5961 5.2). */
static bool believed(const struct xtcp_record *r,
		     const struct xtcp_segment *seg)
{
	return xtcp_in(r, XTCP_SYNCHRONISED | XTCP_S(SYN_RCVD)) &&
	       (seg->flags & (XTCP_SYN | XTCP_RST | XTCP_ACK)) == XTCP_ACK &&
	       seq_in(seg->seq, r->rcv_nxt, max(xtcp_rcv_wnd(r), 1u)) &&
	       seg->ack - r->snd_una <= r->snd_nxt - r->snd_una;
}

/**
 * xtcp_route_renew() - a segment with IP options came to a socket
 * @sk:		locked
 * @skb:	the segment
 * @seg:	its header
 */
void xtcp_route_renew(struct sock *sk, const struct sk_buff *skb,
		      const struct xtcp_segment *seg)
{
	struct xtcp_return_route back;

	if (believed(&xtcp_sk(sk)->rec, seg) &&
	    xtcp_wire_return_route(skb, &back))
		xtcp_wire_renew_route(sk, &back);
}
