// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two whole ends and a bad network between them: what an end sends and receives.
 * It does with the stream and the machine what stream.h asks of a host.
 */
#include <string.h>

#include "rig-end.h"
#include "rig-net.h"
#include "tap.h"

static const struct xtcp_policy policy = {
	.msl_ms = 100, .fin_timeout_ms = 60000, .rto_init_ms = 1000,
	.rto_max_ms = 120000, .syn_retries = 7, .synack_retries = 5,
	.retries2 = 40, .orphan_retries = 40, .rfc1337 = 1,
	.timestamps = 1, .window_scaling = 1, .sack = 1,
};

static u32 now_ms(const struct rig *g)
{
	return (u32)(g->now_us / 1000);
}

void rig_step(struct rig *g, struct rig_end *e, struct xtcp_event *ev,
	      struct xtcp_orders *o)
{
	ev->now_ms = now_ms(g);
	ev->policy = &policy;
	xtcp_step(&e->r, ev, o);
	EXPECT(!(o->todo & XTCP_DO_BUG));
	EXPECT_SOUND(xtcp_invariant(&e->r));
	if (o->error)
		e->dead = true;
}

u32 rig_stored(const struct rig_end *e)
{
	u32 i, sum = 0;

	for (i = 0; i < e->nranges; i++)
		sum += e->ranges[i].range.len;
	return sum;
}

struct xtcp_room rig_room(const struct rig *g, const struct rig_end *e)
{
	u32 used = e->got - e->read + rig_stored(e);
	struct xtcp_room room = {
		.buffer = g->c->rcvbuf,
		.free = used < g->c->rcvbuf ? g->c->rcvbuf - used : 0,
		.mss = e->s.delack.full,
	};

	return room;
}

/* Bytes of SACK option that @seg has room for. */
static u32 sack_room(const struct rig *g, const struct rig_end *e,
		     const struct xtcp_segment *seg)
{
	if (seg->len)
		return g->c->mss > seg->len ? g->c->mss - seg->len : 0;
	return e->r.flags & XTCP_F_TS ? 28 : 36;
}

/* @out: the text, NULL: there is none */
static void put(struct rig *g, struct rig_end *e, struct xtcp_segment *seg,
		u32 offset, const struct xtcp_output *out)
{
	struct xtcp_room space = rig_room(g, e);
	struct xtcp_event ev = { .kind = XTCP_EV_SENT };
	struct xtcp_orders o;

	seg->ack = e->r.rcv_nxt;
	seg->flags |= XTCP_ACK;
	seg->wnd = xtcp_window_select(&e->r, &space);
	if (e->r.flags & XTCP_F_TS) {
		seg->opts |= XTCP_OPT_TS;
		seg->tsval = now_ms(g) + e->r.ts_offset;
		seg->tsecr = e->r.ts_recent;
	}
	if (e->s.bulk)
		xtcp_sack_put(&e->s.bulk->sack, &e->r, sack_room(g, e, seg),
			      seg);
	xtcp_ecn_put(&e->s.ecn, out, seg);
	ev.len = out ? out->fresh : 0;
	ev.fin = out && out->fresh_fin;
	ev.rcv_adv = xtcp_window_edge(&e->r, seg->wnd);
	rig_net_put(g, e - g->end, seg, offset);
	rig_step(g, e, &ev, &o);
}

void rig_send_ack(struct rig *g, struct rig_end *e, u32 seq)
{
	struct xtcp_segment seg = { .seq = seq };

	e->acks++;
	xtcp_stream_sent_ack(&e->s, g->now_us);
	put(g, e, &seg, 0, NULL);
}

/* What a sender must never do, seen from outside of it. */
static void check_sent(const struct rig_end *e, const struct xtcp_output *out,
		       bool probe)
{
	const struct xtcp_record *r = &e->r;
	u32 end = xtcp_output_end(out);
	/* RFC 3042, or F-RTO's two. */
	u32 extra = 2 * e->s.cc.mss;

	EXPECT(out->len <= e->s.cc.mss);
	EXPECT(seq_geq(out->seq, r->snd_una));
	EXPECT(seq_leq(out->seq, r->snd_nxt));
	/* RFC 3168 6.1.4 to 6.1.6: new text alone may be marked. */
	EXPECT(!out->ect || (out->len && !out->again && !probe));
	EXPECT(!out->cwr || out->ect);
	if (probe) {
		EXPECT_EQ(out->len + out->fin, 1);
		EXPECT_EQ(r->snd_wnd, 0);
		return;
	}
	EXPECT(seq_leq(end, r->snd_una + r->snd_wnd));
	/* RFC 8985 7.3: a tail loss probe, one segment, asks no window. */
	if (out->fresh && !e->s.tlp.due)
		EXPECT(xtcp_stream_pipe(&e->s, r->snd_una, r->snd_nxt) +
		       out->fresh <= e->s.cc.cwnd + extra);
}

void rig_send_output(struct rig *g, struct rig_end *e,
		     const struct xtcp_output *out, bool probe)
{
	struct xtcp_segment seg = {
		.seq = out->seq, .len = out->len,
		.flags = (out->fin ? XTCP_FIN : 0) | (out->psh ? XTCP_PSH : 0),
	};
	u32 offset = e->una_offset + (out->seq - e->r.snd_una);

	check_sent(e, out, probe);
	e->text_segments++;
	e->small_segments += out->len < e->s.cc.mss && !out->psh && !probe;
	xtcp_stream_sent(&e->s, &e->r, out, g->now_us);
	put(g, e, &seg, offset, out);
}

struct xtcp_queue rig_queue(const struct rig_end *e)
{
	return (struct xtcp_queue){ .bytes = e->queued };
}

static bool fails(struct rig *g)
{
	return g->c->fail && rig_random(g) % 1000 < g->c->fail;
}

struct xtcp_bulk *rig_bulk(struct rig *g, struct rig_end *e)
{
	if (!e->s.bulk && !fails(g))
		xtcp_stream_give_bulk(&e->s, &e->r, &e->bulk);
	return e->s.bulk;
}

static bool next(struct rig *g, struct rig_end *e, struct xtcp_output *out)
{
	struct xtcp_queue q = rig_queue(e);

	if (xtcp_stream_wants_bulk(&e->s, &e->r, &q))
		rig_bulk(g, e);
	if (xtcp_stream_wants_board(&e->s, &e->r, &q) && !fails(g))
		xtcp_stream_give_board(&e->s, &e->r, e->board,
				       sizeof(e->board));
	return xtcp_stream_next(&e->s, &e->r, &q, g->now_us, out);
}

u32 rig_transmit(struct rig *g, struct rig_end *e)
{
	struct xtcp_queue q = rig_queue(e);
	struct xtcp_output out;
	u32 sent = 0;

	while (!e->dead && next(g, e, &out)) {
		/* No memory: the timers try again. */
		if (fails(g))
			break;
		rig_send_output(g, e, &out, false);
		sent++;
	}
	xtcp_stream_take_board(&e->s, &e->r, false);
	xtcp_stream_take_bulk(&e->s, &e->r, g->now_us, false);
	xtcp_stream_timers(&e->s, &e->r, &q, g->now_us, &e->timers);
	EXPECT_SOUND(xtcp_stream_invariant(&e->s, &e->r));
	return sent;
}

/* Keep what is not next, in order and without overlap. */
static void store(struct rig *g, struct rig_end *e, const struct xtcp_segment *seg,
		  u32 offset, const struct xtcp_orders *o)
{
	struct rig_range fresh = {
		.range = { seg->seq, o->text_len, o->store_fin },
		.offset = offset,
	};
	u32 at = 0;

	while (at < e->nranges &&
	       seq_leq(e->ranges[at].range.seq, fresh.range.seq))
		at++;
	for (;;) {
		struct rig_range *here = &e->ranges[at];

		switch (xtcp_reassembly_place(&fresh.range,
					      at ? &here[-1].range : NULL,
					      at < e->nranges ? &here->range :
								NULL)) {
		case XTCP_PLACE_DUPLICATE:
			if (rig_bulk(g, e))
				xtcp_sack_twice(&e->s.bulk->sack, seg->seq,
						seg->seq + o->text_len +
						o->store_fin);
			return;
		case XTCP_PLACE_DROP_NEXT:
			memmove(&e->ranges[at], &e->ranges[at + 1],
				(--e->nranges - at) * sizeof(fresh));
			continue;
		default:
			break;
		}
		break;
	}
	EXPECT(e->nranges < RIG_RANGES);
	if (e->nranges >= RIG_RANGES)
		return;
	fresh.offset += fresh.range.seq - seg->seq;
	memmove(&e->ranges[at + 1], &e->ranges[at],
		(e->nranges++ - at) * sizeof(fresh));
	e->ranges[at] = fresh;
	if (rig_bulk(g, e))
		xtcp_sack_stored(&e->s.bulk->sack, fresh.range.seq,
				 xtcp_range_end(&fresh.range));
}

static void check_stored(const struct rig_end *e)
{
	u32 i;

	for (i = 0; i < e->nranges; i++) {
		EXPECT(seq_gt(e->ranges[i].range.seq, e->r.rcv_nxt));
		if (i)
			EXPECT(seq_leq(xtcp_range_end(&e->ranges[i - 1].range),
				       e->ranges[i].range.seq));
	}
}

/* Bytes in order: they must be those that come next in the stream. */
static void take_text(struct rig_end *e, u32 offset,
		      const struct xtcp_orders *o)
{
	if (o->todo & XTCP_DO_TEXT) {
		EXPECT_EQ(offset + o->text_off, e->got);
		e->got += o->text_len;
	}
	if (o->todo & XTCP_DO_EOF)
		e->eof = true;
}

/* What was stored may be next now. Returns whether an ACK must go at once. */
static bool take_stored(struct rig *g, struct rig_end *e)
{
	bool ack = false;

	while (e->nranges) {
		struct rig_range first = e->ranges[0];
		struct xtcp_event ev = {
			.kind = first.range.fin ? XTCP_EV_STORED_FIN :
						  XTCP_EV_STORED,
			.seg = {
				.seq = first.range.seq, .len = first.range.len,
				.ack = e->r.snd_una,
				.flags = XTCP_ACK |
					 (first.range.fin ? XTCP_FIN : 0),
			},
		};
		struct xtcp_orders o;
		enum xtcp_ready ready;

		ready = xtcp_reassembly_ready(&first.range, e->r.rcv_nxt);
		if (ready == XTCP_READY_GAP)
			return ack;
		e->nranges--;
		memmove(e->ranges, e->ranges + 1, e->nranges * sizeof(first));
		if (ready == XTCP_READY_STALE)
			continue;
		rig_step(g, e, &ev, &o);
		take_text(e, first.offset, &o);
		ack = true;
	}
	return ack;
}

/* Returns whether an ACK must go at once. */
static bool take_acked(struct rig *g, struct rig_end *e,
		       const struct xtcp_segment *seg,
		       const struct xtcp_record *before)
{
	struct xtcp_ack_facts f = {
		.seg = seg, .snd_una = before->snd_una,
		.snd_wnd = before->snd_wnd, .now_ms = now_ms(g),
	};

	xtcp_stream_ack(&e->s, &e->r, &f, g->now_us);
	return xtcp_ecn_arrived(&e->s.ecn, &e->r, seg);
}

void rig_receive(struct rig *g, struct rig_end *e,
		 const struct xtcp_segment *seg, u32 offset)
{
	struct xtcp_record before = e->r;
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .seg = *seg };
	struct xtcp_orders o;
	bool gap = e->nranges, ack;

	rig_step(g, e, &ev, &o);
	if (xtcp_sack_repeats(seg, before.rcv_nxt) && rig_bulk(g, e))
		xtcp_sack_arrived(&e->s.bulk->sack, seg, before.rcv_nxt);
	ack = o.todo & (XTCP_DO_ACK | XTCP_DO_CHALLENGE);
	if (o.event == XTCP_EV_ACK || o.event == XTCP_EV_ACK_OURS ||
	    o.event == XTCP_EV_FIN || o.event == XTCP_EV_FIN_OURS)
		ack |= take_acked(g, e, seg, &before);
	if (o.todo & XTCP_DO_ACKED) {
		e->queued -= o.acked;
		e->una_offset += o.acked;
	}
	if (o.todo & XTCP_DO_STORE)
		store(g, e, seg, offset, &o);
	take_text(e, offset, &o);
	if (o.todo & XTCP_DO_ACK_LATER)
		ack |= xtcp_stream_ack_later(&e->s, seg, gap, g->now_us);
	ack |= take_stored(g, e);
	check_stored(e);
	if (rig_stored(e) > e->max_stored)
		e->max_stored = rig_stored(e);
	if (!rig_transmit(g, e) && ack && !e->dead) {
		rig_send_ack(g, e, xtcp_bare_seq(&e->r));
		rig_transmit(g, e);
	}
}
