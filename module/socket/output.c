// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments out: cut from the send queue as the stream says, or without text.
 */
#include "socket/sock.h"
#include "stream/blackhole.h"
#include "socket/trace_events.h"

/* Bytes of options that a header has room for: RFC 9293 3.1 */
#define OPTIONS_MOST	40

/* Bytes of options that each segment carries. */
static u32 option_bytes(const struct xtcp_sock *x)
{
	return x->rec.flags & XTCP_F_TS ? 12 : 0;
}

/* RFC 9293 3.7.1: Eff.snd.MSS, less the options on every segment. */
u32 xtcp_effective_mss(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss = xtcp_wire_mss(sk);
	u32 peer = x->rec.mss;

	if (!peer)
		peer = xtcp_wire_family(sk) == AF_INET6 ? XTCP_MSS_DEFAULT_V6 :
							  XTCP_MSS_DEFAULT_V4;
	mss = min(mss, peer);
	if (x->user_mss)
		mss = min_t(u32, mss, x->user_mss);
	if (x->blackhole_mss &&
	    xtcp_tick_ms(x) - x->blackhole_ms < XTCP_BLACKHOLE_MS)
		mss = min(mss, x->blackhole_mss);
	return max_t(u32, mss, option_bytes(x) + 8) - option_bytes(x);
}

/* The path takes more or less than before. */
void xtcp_sync_mss(struct sock *sk, bool again)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mss = xtcp_effective_mss(sk);

	/* Nothing but this can change it from now on. */
	x->mss_mtu = x->user_mss || x->blackhole_mss ?
		     0 : xtcp_wire_plain_mtu(sk);
	xtcp_stream_mss(&x->stream, &x->rec, mss, again);
}

static bool mss_holds(struct sock *sk)
{
	u32 mtu = xtcp_sk(sk)->mss_mtu;

	return mtu && mtu == xtcp_wire_plain_mtu(sk);
}

static void announce(struct sock *sk, const struct xtcp_segment *seg, u32 segs)
{
	struct xtcp_tuple t;

	xtcp_sk(sk)->segs_out += segs;
	xtcp_add(xtcp_sk_net(sk), XTCP_C_OUT_SEGS, segs);
	if (!trace_xtcp_segment_out_enabled())
		return;
	xtcp_wire_get_tuple(sk, &t);
	trace_xtcp_segment_out(sock_net(sk), &t, seg);
}

/* The machine learns what left: numbers used up, and the window told. */
static void step_sent(struct sock *sk, u32 fresh, bool fin, u16 wnd)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_event e = {
		.kind = XTCP_EV_SENT,
		.now_ms = xtcp_tick_ms(x),
		.policy = &xtcp_rules(x)->policy,
		.len = fresh,
		.fin = fin,
		.rcv_adv = xtcp_window_edge(&x->rec, wnd),
	};
	struct xtcp_orders o;

	xtcp_take_step(&x->rec, &e, &o);
	if (o.todo & XTCP_DO_BUG)
		xtcp_count_step(xtcp_sk_net(sk), &o);
}

static void tell_sent(struct sock *sk, u32 fresh, bool fin, u16 wnd)
{
	struct xtcp_record *r = &xtcp_sk(sk)->rec;

	if (r->state == XTCP_ESTABLISHED && !fin && !xtcp_steps_watched())
		xtcp_note_sent(r, fresh, false, xtcp_window_edge(r, wnd));
	else
		step_sent(sk, fresh, fin, wnd);
}

static int ship(struct sock *sk, struct sk_buff *skb, struct xtcp_segment *seg)
{
	u32 mss = max(xtcp_sk(sk)->stream.cc.mss, 1u);
	u32 segs = 1;

	if (seg->len > mss && !(seg->flags & XTCP_SYN))
		segs = DIV_ROUND_UP(seg->len, mss);

	skb_set_owner_w(skb, sk);
	if (segs > 1)
		xtcp_wire_set_burst(sk, skb, mss, segs);
	announce(sk, seg, segs);
	return xtcp_wire_send(sk, skb, seg);
}

static int send_bare(struct sock *sk, struct xtcp_segment *seg)
{
	struct sk_buff *skb = xtcp_empty_skb(0);

	return skb ? ship(sk, skb, seg) : -ENOMEM;
}

static void fill_data(struct sock *sk, struct xtcp_segment *seg, u8 flags)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_room room;

	xtcp_fill(&x->rec, seg, flags, xtcp_tick_ms(x));
	xtcp_room(sk, &room);
	seg->wnd = xtcp_window_select(&x->rec, &room);
	xtcp_ecn_put(&x->stream.ecn, NULL, seg);
}

/* Bytes that the segment's options may take: RFC 9293 3.1, 3.7.1 */
static u32 option_room(const struct xtcp_sock *x, u32 text)
{
	if (text)
		return x->stream.cc.mss > text ? x->stream.cc.mss - text : 0;
	return OPTIONS_MOST - option_bytes(x);
}

/* What arrived out of order or twice, where there is room to tell. */
static void tell_blocks(struct sock *sk, struct xtcp_segment *seg)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_bulk *bulk = x->stream.bulk;
	bool again;

	if (!bulk)
		return;
	again = bulk->sack.again;
	xtcp_sack_put(&bulk->sack, &x->rec, option_room(x, seg->len), seg);
	if (again && !bulk->sack.again)
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_DSACKS_SENT);
}

/* An ACK without text. If there is no memory, the timer tries again. */
void xtcp_send_ack(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_segment seg;

	fill_data(sk, &seg, XTCP_ACK);
	tell_blocks(sk, &seg);
	if (send_bare(sk, &seg) == -ENOMEM)
		return;
	xtcp_stream_sent_ack(&x->stream, x->now_us);
	tell_sent(sk, 0, false, seg.wnd);
}

void xtcp_send_syn(struct sock *sk, bool ack)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_segment seg;
	struct sk_buff *skb;

	xtcp_fill_syn(&x->rec, &seg, &xtcp_rules(x)->policy);
	if (x->user_mss)
		seg.mss = min(x->user_mss, xtcp_wire_advertised_mss(sk));
	if (!x->syn_us)
		x->syn_us = (u32)x->now_us ?: 1;
	if (x->rec.retries) {
		x->stream.retransmits++;
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_RETRANS_SYNS);
		if (!ack && (x->rec.flags & XTCP_F_ECN) && x->rec.retries == 1)
			xtcp_inc(xtcp_sk_net(sk), XTCP_C_ECN_GIVEN_UP);
	}
	/* RFC 7413 4.2.1: once; what is sent again is an ordinary SYN. */
	if (!ack && x->fast_try && !x->rec.retries)
		skb = xtcp_fast_syn(sk, &seg);
	else
		skb = xtcp_empty_skb(0);
	if (skb)
		ship(sk, skb, &seg);
}

void xtcp_send_reset(struct sock *sk, const struct xtcp_orders *o)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_segment seg;

	xtcp_fill(&x->rec, &seg, o->rst_flags, xtcp_tick_ms(x));
	seg.seq = o->rst_seq;
	seg.ack = o->rst_flags & XTCP_ACK ? o->rst_ack : 0;
	seg.wnd = 0;
	xtcp_inc(xtcp_sk_net(sk), XTCP_C_OUT_RSTS);
	send_bare(sk, &seg);
}

/*
 * RFC 9293 3.8.4, SHLD-12: a number that was acknowledged, and no text; or, where
 * the administrator knows of peers that want it, an octet in its place.
 */
void xtcp_send_keepalive(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);
	struct xtcp_segment seg;
	struct sk_buff *skb;
	u32 octets = READ_ONCE(xn->settings.keepalive_garbage_octet);

	fill_data(sk, &seg, XTCP_ACK);
	seg.seq = xtcp_sk(sk)->rec.snd_nxt - 1;
	seg.len = octets;
	xtcp_inc(xn, XTCP_C_KEEPALIVE_PROBES);
	skb = xtcp_empty_skb(octets);
	if (!skb)
		return;
	skb_put_zero(skb, octets);
	if (ship(sk, skb, &seg) != -ENOMEM)
		xtcp_stream_sent_ack(&xtcp_sk(sk)->stream,
				     xtcp_sk(sk)->now_us);
}

/* Segments that go out as one skb, to be cut on their way. */
struct burst {
	struct sk_buff *skb;		/* NULL: there are none */
	struct xtcp_segment seg;	/* the first one's, with all their text */
	u32 most;			/* bytes of text */
};

static u8 text_flags(const struct xtcp_output *out)
{
	return (out->fin ? XTCP_FIN : 0) | (out->psh ? XTCP_PSH : 0);
}

/* It counts as sent, whatever becomes of it. */
static void account(struct sock *sk, const struct xtcp_output *out, u16 wnd)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (out->again) {
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_RETRANS_SEGS);
		trace_xtcp_retransmit(sk, out->seq, out->len);
	}
	x->bytes_sent += out->fresh;
	xtcp_stream_sent(&x->stream, &x->rec, out, x->now_us);
	tell_sent(sk, out->fresh, out->fresh_fin, wnd);
}

static int burst_flush(struct sock *sk, struct burst *b)
{
	struct sk_buff *skb = b->skb;
	int err;

	if (!skb)
		return 0;
	b->skb = NULL;
	err = ship(sk, skb, &b->seg);
	/* Too big for the path by now: cut anew, at once. */
	if (err == -EMSGSIZE)
		xtcp_sync_mss(sk, true);
	return err == -EMSGSIZE || err == -ENOMEM ? 0 : err;
}

/* The text of @out, or, where that lies in too many pieces, of a segment. */
static struct sk_buff *cut(struct sock *sk, struct xtcp_output *out)
{
	u32 mss = xtcp_sk(sk)->stream.cc.mss;
	struct sk_buff *skb;

	if (out->len > mss) {
		skb = xtcp_text_cut(sk, out->seq, out->len, false);
		if (skb)
			return skb;
		xtcp_output_shorten(out, mss);
	}
	return xtcp_text_cut(sk, out->seq, out->len, true);
}

static int burst_begin(struct sock *sk, struct burst *b,
		       struct xtcp_output *out)
{
	struct xtcp_segment *seg = &b->seg;

	b->skb = cut(sk, out);
	if (!b->skb)
		return -ENOMEM;
	fill_data(sk, seg, XTCP_ACK);
	seg->seq = out->seq;
	seg->len = out->len;
	tell_blocks(sk, seg);
	seg->flags |= text_flags(out);
	xtcp_ecn_put(&xtcp_sk(sk)->stream.ecn, out, seg);
	seg->up = xtcp_urgent_field(&xtcp_sk(sk)->stream.urgent, out->seq);
	if (seg->up)
		seg->flags |= XTCP_URG;
	account(sk, out, seg->wnd);
	return 0;
}

/* Only the last may be short, and nothing but FIN and PSH may tell it apart. */
static bool burst_takes(struct sock *sk, struct burst *b,
			const struct xtcp_output *out)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_segment *seg = &b->seg;

	if (!b->skb || out->again || !out->len || seg->len % x->stream.cc.mss ||
	    out->seq != seg->seq + seg->len ||
	    seg->flags & (XTCP_URG | XTCP_FIN) || seg->opts & XTCP_OPT_SACK ||
	    xtcp_urgent_field(&x->stream.urgent, out->seq) ||
	    out->ect != !!seg->ecn || out->cwr)
		return false;
	/* What is the queue's own must stay as it is. */
	return seg->len + out->len <= b->most && !skb_cloned(b->skb) &&
	       xtcp_text_lend(sk, b->skb, out->seq, out->len);
}

/* Sent at once, or with those that follow. */
static int burst_add(struct sock *sk, struct burst *b, struct xtcp_output *out)
{
	int err;

	if (burst_takes(sk, b, out)) {
		b->seg.len += out->len;
		b->seg.flags |= text_flags(out);
		account(sk, out, b->seg.wnd);
		return 0;
	}
	err = burst_flush(sk, b);
	return err ? err : burst_begin(sk, b, out);
}

/*
 * Where a write did not fit into the buffer, what is queued of it ends anywhere.
 * A segment that is not full can wait for the rest, while ACKs are to come.
 */
static bool more_to_come(const struct xtcp_sock *x, u32 bytes)
{
	return x->writer_waits &&
	       (x->rec.snd_una != x->rec.snd_nxt || bytes >= x->stream.cc.mss);
}

void xtcp_queue(const struct sock *sk, struct xtcp_queue *q)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 una = x->rec.snd_una;

	/* In SYN_RCVD SND.UNA is our SYN, in TIME_WAIT it is behind our FIN. */
	q->bytes = seq_gt(x->write_seq, una) ? x->write_seq - una : 0;
	if (q->bytes && una == x->rec.iss &&
	    !xtcp_in(&x->rec, XTCP_SYNCHRONISED))
		q->bytes--;
	q->more = x->cork || more_to_come(x, q->bytes);
	q->paced = xtcp_pace_holds(sk);
	q->burst = 0;
}

u64 xtcp_pace(const struct sock *sk)
{
	const struct xtcp_stream *s = &xtcp_sk(sk)->stream;
	u64 rate = xtcp_pacing_rate(&s->cc, s->rtt.srtt_us);

	return min_t(u64, rate, READ_ONCE(sk->sk_max_pacing_rate));
}

/* The fq qdisc spaces out what is ours by this; without it, we do. */
static void set_pace(struct sock *sk)
{
	if (READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE)
		WRITE_ONCE(sk->sk_pacing_rate, (unsigned long)xtcp_pace(sk));
}

static bool next_segment(struct sock *sk, const struct xtcp_queue *q,
			 struct xtcp_output *out)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (xtcp_stream_idle(&x->stream, &x->rec, q))
		return false;
	xtcp_provide_board(sk, q);
	return xtcp_stream_next(&x->stream, &x->rec, q, x->now_us, out);
}

/* Below this, what a window holds leaves within a millisecond anyway. */
#define SHORT_RTT_US	1024

/* Bytes that leave in a millisecond, on average or as was asked for. */
static u64 bytes_a_ms(const struct sock *sk, u32 most)
{
	u32 srtt_us = xtcp_sk(sk)->stream.rtt.srtt_us;
	u32 halvings = srtt_us >> 9;
	u64 bytes;

	if (READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE)
		return READ_ONCE(sk->sk_pacing_rate) >> 10;
	if (srtt_us < SHORT_RTT_US)
		return most;
	bytes = xtcp_pace(sk) >> 10;
	/* The nearer the peer, the less it matters to the path. */
	return halvings < 16 ? bytes + (most >> halvings) : bytes;
}

/*
 * Bytes of text in one skb, a multiple of the MSS: no more than leaves in a
 * millisecond. A whole window in one would be acknowledged by one ACK, after its
 * last byte, and nothing could be spaced out.
 */
static u32 burst_most(const struct sock *sk, u32 mss)
{
	u32 most = xtcp_wire_burst(sk, mss);
	u64 bytes = bytes_a_ms(sk, most);

	if (bytes >= most)
		return most;
	return min(most, max((u32)bytes / mss, 2u) * mss);
}

/* What there is to send, a part of it or nothing. */
static void push_queue(struct sock *sk, struct xtcp_queue *q)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct burst b = {};
	struct xtcp_output out = {};

	if (q->bytes && !mss_holds(sk))
		xtcp_sync_mss(sk, false);
	b.most = burst_most(sk, max(x->stream.cc.mss, 1u));
	q->burst = b.most;
	while (next_segment(sk, q, &out)) {
		if (x->stream.tlp.due)
			xtcp_inc(xtcp_sk_net(sk), XTCP_C_TAIL_PROBES);
		if (burst_add(sk, &b, &out))
			break;
		xtcp_pace_sent(sk, out.len);
		q->paced = xtcp_pace_holds(sk);
	}
	burst_flush(sk, &b);
	if (out.held == XTCP_HELD_PACE)
		xtcp_pace_wait(sk);
	set_pace(sk);
}

/**
 * xtcp_transmit() - send what may be sent, as part of what is being done
 * @sk:		locked, and ticked: xtcp_tick()
 * @more:	the program announced more (MSG_MORE)
 */
void xtcp_transmit(struct sock *sk, bool more)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_queue q;

	if (!xtcp_may_send(&x->rec))
		return;
	xtcp_queue(sk, &q);
	q.more |= more;
	if (!xtcp_stream_idle(&x->stream, &x->rec, &q))
		push_queue(sk, &q);
	xtcp_free_board(sk, false);
	/* TCP_NOTSENT_LOWAT: what has left makes room, not only what arrived. */
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

/* The same, begun now. */
void xtcp_push(struct sock *sk, bool more)
{
	xtcp_tick(sk);
	xtcp_transmit(sk, more);
}

/* One byte, or the FIN, against a closed window (RFC 9293 3.8.6.1) */
void xtcp_send_probe(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct burst b = {};
	struct xtcp_output out;
	struct xtcp_queue q;

	xtcp_queue(sk, &q);
	if (!xtcp_stream_probe(&x->stream, &x->rec, &q, &out))
		return;
	xtcp_inc(xtcp_sk_net(sk), XTCP_C_WINDOW_PROBES);
	if (!burst_begin(sk, &b, &out))
		burst_flush(sk, &b);
}
