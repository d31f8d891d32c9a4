/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Source routes that come with segments (RFC 9293 3.9.2.1).
 */
#ifndef XTCP_SOCKET_SOURCE_ROUTE_H
#define XTCP_SOCKET_SOURCE_ROUTE_H

struct sk_buff;
struct sock;
struct xtcp_return_route;
struct xtcp_segment;
struct xtcp_small;

const struct xtcp_return_route *
xtcp_route_back(const struct xtcp_small *s, const struct sk_buff *skb,
		struct xtcp_return_route *room);
void xtcp_route_renew(struct sock *sk, const struct sk_buff *skb,
		      const struct xtcp_segment *seg);

#endif
