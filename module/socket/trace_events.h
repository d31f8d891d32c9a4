/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: /sys/kernel/tracing/events/xtcp. trace.c defines them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xtcp

#if !defined(XTCP_SOCKET_TRACE_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define XTCP_SOCKET_TRACE_EVENTS_H

#include <linux/tracepoint.h>

#include "compat.h"
#include "socket/sock.h"

/* An address of a tuple as %pISpc wants it. */
#ifndef XTCP_TRACE_SOCKADDR
#define XTCP_TRACE_SOCKADDR
static inline void xtcp_trace_addr(u8 *to, u8 family,
				   const union xtcp_addr *addr, __be16 port)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;

	memset(to, 0, sizeof(*in6));
	if (family == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		in->sin_addr.s_addr = addr->v4;
		return;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = port;
	in6->sin6_addr = addr->v6;
}
#endif

DECLARE_EVENT_CLASS(xtcp_state_class,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *t,
		 const struct xtcp_orders *o),
	TP_ARGS(net, t, o),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__array(u8, local, sizeof(struct sockaddr_in6))
		__array(u8, foreign, sizeof(struct sockaddr_in6))
		__string(from, xtcp_state_name(o->from))
		__string(to, xtcp_state_name(o->to))
		__string(event, xtcp_event_name(o->event))
		__string(reason, xtcp_reason_name(o->reason))
	),
	TP_fast_assign(
		__entry->netns = net->ns.inum;
		xtcp_trace_addr(__entry->local, t->family, &t->laddr, t->lport);
		xtcp_trace_addr(__entry->foreign, t->family, &t->faddr,
				t->fport);
		xtcp_assign_str(from, xtcp_state_name(o->from));
		xtcp_assign_str(to, xtcp_state_name(o->to));
		xtcp_assign_str(event, xtcp_event_name(o->event));
		xtcp_assign_str(reason, xtcp_reason_name(o->reason));
	),
	TP_printk("netns=%u local=%pISpc foreign=%pISpc %s->%s event=%s reason=%s",
		  __entry->netns, __entry->local, __entry->foreign,
		  __get_str(from), __get_str(to), __get_str(event),
		  __get_str(reason))
);

/* A connection with a socket changed its state. */
DEFINE_EVENT(xtcp_state_class, xtcp_state,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *t,
		 const struct xtcp_orders *o),
	TP_ARGS(net, t, o)
);

/* One without: half-open, TIME_WAIT, an orphan in FIN_WAIT_2 */
DEFINE_EVENT(xtcp_state_class, xtcp_small_state,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *t,
		 const struct xtcp_orders *o),
	TP_ARGS(net, t, o)
);

DECLARE_EVENT_CLASS(xtcp_segment_class,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *t,
		 const struct xtcp_segment *seg),
	TP_ARGS(net, t, seg),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__array(u8, local, sizeof(struct sockaddr_in6))
		__array(u8, foreign, sizeof(struct sockaddr_in6))
		__field(u8, flags)
		__field(u32, seq)
		__field(u32, ack)
		__field(u32, len)
		__field(u16, wnd)
	),
	TP_fast_assign(
		__entry->netns = net->ns.inum;
		xtcp_trace_addr(__entry->local, t->family, &t->laddr, t->lport);
		xtcp_trace_addr(__entry->foreign, t->family, &t->faddr,
				t->fport);
		__entry->flags = seg->flags;
		__entry->seq = seg->seq;
		__entry->ack = seg->ack;
		__entry->len = seg->len;
		__entry->wnd = seg->wnd;
	),
	TP_printk("netns=%u local=%pISpc foreign=%pISpc flags=%s seq=%u ack=%u len=%u wnd=%u",
		  __entry->netns, __entry->local, __entry->foreign,
		  __print_flags(__entry->flags, "|",
				{ XTCP_FIN, "FIN" }, { XTCP_SYN, "SYN" },
				{ XTCP_RST, "RST" }, { XTCP_PSH, "PSH" },
				{ XTCP_ACK, "ACK" }, { XTCP_URG, "URG" },
				{ XTCP_ECE, "ECE" }, { XTCP_CWR, "CWR" }),
		  __entry->seq, __entry->ack, __entry->len, __entry->wnd)
);

DEFINE_EVENT(xtcp_segment_class, xtcp_segment_in,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *t,
		 const struct xtcp_segment *seg),
	TP_ARGS(net, t, seg)
);

DEFINE_EVENT(xtcp_segment_class, xtcp_segment_out,
	TP_PROTO(const struct net *net, const struct xtcp_tuple *t,
		 const struct xtcp_segment *seg),
	TP_ARGS(net, t, seg)
);

TRACE_EVENT(xtcp_retransmit,
	TP_PROTO(const struct sock *sk, u32 seq, u32 len),
	TP_ARGS(sk, seq, len),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u16, lport)
		__field(u16, fport)
		__field(u32, seq)
		__field(u32, len)
	),
	TP_fast_assign(
		__entry->netns = sock_net(sk)->ns.inum;
		__entry->lport = inet_sk(sk)->inet_num;
		__entry->fport = ntohs(inet_sk(sk)->inet_dport);
		__entry->seq = seq;
		__entry->len = len;
	),
	TP_printk("netns=%u lport=%u fport=%u seq=%u len=%u", __entry->netns,
		  __entry->lport, __entry->fport, __entry->seq, __entry->len)
);

/* A segment was dropped, a reset sent or received, a connection ended. */
TRACE_EVENT(xtcp_drop,
	TP_PROTO(const struct net *net, u8 reason),
	TP_ARGS(net, reason),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__string(reason, xtcp_reason_name(reason))
	),
	TP_fast_assign(
		__entry->netns = net->ns.inum;
		xtcp_assign_str(reason, xtcp_reason_name(reason));
	),
	TP_printk("netns=%u reason=%s", __entry->netns, __get_str(reason))
);

TRACE_EVENT(xtcp_reset,
	TP_PROTO(const struct net *net, bool sent, u8 reason),
	TP_ARGS(net, sent, reason),
	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(bool, sent)
		__string(reason, xtcp_reason_name(reason))
	),
	TP_fast_assign(
		__entry->netns = net->ns.inum;
		__entry->sent = sent;
		xtcp_assign_str(reason, xtcp_reason_name(reason));
	),
	TP_printk("netns=%u %s reason=%s", __entry->netns,
		  __entry->sent ? "sent" : "received", __get_str(reason))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH socket
#define TRACE_INCLUDE_FILE trace_events
#include <trace/define_trace.h>
