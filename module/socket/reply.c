// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a record says, as a segment; and segments that no socket sends.
 */
#include "socket/sock.h"
#include "socket/trace_events.h"

/* A segment without text: where we are (RFC 9293 3.10.7.4). */
void xtcp_fill(const struct xtcp_record *r, struct xtcp_segment *seg, u8 flags,
	       u32 now_ms)
{
	memset(seg, 0, sizeof(*seg));
	seg->flags = flags;
	seg->seq = xtcp_bare_seq(r);
	seg->ack = flags & XTCP_ACK ? r->rcv_nxt : 0;
	seg->wnd = min_t(u32, xtcp_rcv_wnd(r) >> r->rcv_wscale, U16_MAX);
	if (!(r->flags & XTCP_F_TS))
		return;
	seg->opts |= XTCP_OPT_TS;
	/* RFC 7323 5.4: milliseconds and a secret offset */
	seg->tsval = now_ms + r->ts_offset;
	seg->tsecr = r->ts_recent;
}

/* Our SYN, or SYN+ACK: what we offer, or what both of us can (RFC 7323 2.2). */
void xtcp_fill_syn(const struct xtcp_record *r, struct xtcp_segment *seg,
		   const struct xtcp_policy *p)
{
	bool ack = r->state != XTCP_SYN_SENT;
	bool ts = ack ? r->flags & XTCP_F_TS : p->timestamps;
	bool wscale = ack ? r->flags & XTCP_F_WSCALE : p->window_scaling;
	bool sack = ack ? r->flags & XTCP_F_SACK : p->sack;

	memset(seg, 0, sizeof(*seg));
	seg->flags = XTCP_SYN | (ack ? XTCP_ACK : 0);
	/* RFC 3168 6.1.1: asked for once; then agreed to, or not. */
	if (ack && r->flags & XTCP_F_ECN)
		seg->flags |= XTCP_ECE;
	else if (!ack && r->flags & XTCP_F_ECT)
		seg->flags |= XTCP_ECE | XTCP_CWR;
	seg->seq = r->iss;
	seg->ack = ack ? r->rcv_nxt : 0;
	seg->wnd = min_t(u32, xtcp_rcv_wnd(r), U16_MAX);
	seg->opts = XTCP_OPT_MSS;
	if (sack)
		seg->opts |= XTCP_OPT_SACK_PERMITTED;
	if (wscale) {
		seg->opts |= XTCP_OPT_WSCALE;
		seg->wscale = r->rcv_wscale;
	}
	if (!ts)
		return;
	seg->opts |= XTCP_OPT_TS;
	seg->tsval = xtcp_now_ms() + r->ts_offset;
	seg->tsecr = ack ? r->ts_recent : 0;
}

/**
 * xtcp_reply_opts_of() - how a listener's segments travel
 * @sk:		the listener
 * @t:		both ends: they say which IP version
 * @e:		the connection's entry; NULL: it has none
 * @opts:	filled
 */
void xtcp_reply_opts_of(const struct sock *sk, const struct xtcp_tuple *t,
			const struct xtcp_entry *e,
			struct xtcp_reply_opts *opts)
{
	int ttl = inet_sk(sk)->uc_ttl;
	struct xtcp_entry made;

	memset(opts, 0, sizeof(*opts));
	opts->tos = READ_ONCE(inet_sk(sk)->tos);
	opts->mark = READ_ONCE(sk->sk_mark);
	if (t->family == AF_INET6) {
		ttl = inet6_sk(sk)->hop_limit;
		opts->tos = inet6_sk(sk)->tclass;
	}
	opts->ttl = ttl > 0 ? ttl : 0;
	opts->oif = READ_ONCE(sk->sk_bound_dev_if);
	if (t->family != AF_INET6)
		return;
	if (!e) {
		xtcp_entry_init(&made, t, opts->oif);
		e = &made;
	}
	/* A link-local address needs its device, bound to it or not. */
	opts->oif = e->ifindex;
	opts->hash = xtcp_entry_label(e);
}

/* Every segment that no socket sends goes this way; softirq. */
void xtcp_reply_segment(struct xtcp_net *xn, const struct xtcp_tuple *t,
			const struct xtcp_segment *seg,
			const struct xtcp_reply_opts *opts)
{
	xtcp_inc(xn, XTCP_C_OUT_SEGS);
	trace_xtcp_segment_out(xn->net, t, seg);
	xtcp_wire_reply(xn->net, t, seg, opts);
}

/**
 * xtcp_reply_syn() - SYN+ACK of a connection that has no socket yet
 * @xn:		the namespace
 * @t:		both ends
 * @r:		the record
 * @p:		what its listener wants
 * @mss:	to announce; 0: the route's
 * @opts:	how it travels
 */
void xtcp_reply_syn(struct xtcp_net *xn, const struct xtcp_tuple *t,
		    const struct xtcp_record *r, const struct xtcp_policy *p,
		    u16 mss, const struct xtcp_reply_opts *opts)
{
	struct xtcp_segment seg;

	xtcp_fill_syn(r, &seg, p);
	seg.mss = mss;
	xtcp_reply_segment(xn, t, &seg, opts);
}

static void fill_rst(const struct xtcp_orders *o, struct xtcp_segment *seg)
{
	memset(seg, 0, sizeof(*seg));
	seg->flags = o->rst_flags;
	seg->seq = o->rst_seq;
	seg->ack = o->rst_ack;
}

/**
 * xtcp_reply() - send what a step without a socket ordered
 * @xn:		the namespace
 * @t:		both ends
 * @r:		the record after the step
 * @opts:	how it travels
 * @o:		the orders
 *
 * Softirq. A reply that cannot be sent counts as lost.
 */
void xtcp_reply(struct xtcp_net *xn, const struct xtcp_tuple *t,
		const struct xtcp_record *r, const struct xtcp_reply_opts *opts,
		const struct xtcp_orders *o)
{
	struct xtcp_segment seg;

	if (o->todo & XTCP_DO_RST) {
		fill_rst(o, &seg);
		xtcp_inc(xn, XTCP_C_OUT_RSTS);
	} else if (o->todo & (XTCP_DO_ACK | XTCP_DO_CHALLENGE)) {
		xtcp_fill(r, &seg, XTCP_ACK, xtcp_now_ms());
	} else {
		return;
	}
	xtcp_reply_segment(xn, t, &seg, opts);
}
