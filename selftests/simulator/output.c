// SPDX-License-Identifier: GPL-2.0-only
/* Segments out: what a record says, and what the stream wants to send. */
#include <stdlib.h>

#include "sim.h"

#define IP_AND_TCP	40
#define OPTIONS_MOST	40
#define TIMESTAMPS	12
#define SYN_OPTIONS	20	/* MSS, SACK permitted, timestamps, scale */

static u16 wire_bytes(const struct xtcp_segment *seg)
{
	u32 bytes = IP_AND_TCP + seg->len;

	if (seg->flags & XTCP_SYN)
		return bytes + SYN_OPTIONS;
	if (seg->opts & XTCP_OPT_TS)
		bytes += TIMESTAMPS;
	if (seg->opts & XTCP_OPT_SACK)
		bytes += 4 + 8 * seg->nsacks;
	return bytes;
}

static void ship(struct sim *sim, struct end *e,
		 const struct xtcp_segment *seg, u64 offset)
{
	struct packet *p = packet_new(sim);
	u64 jitter_ns = e->pair->c->jitter;

	sim->segs_out++;
	p->seg = *seg;
	p->offset = offset;
	p->pair = e->pair;
	p->flow = e->flow;
	p->bytes = wire_bytes(seg);
	p->to = !e->side;
	if (!jitter_ns) {
		link_put(&sim->link[e->side], p);
		return;
	}
	/* A host that is busy now and then, but overtakes nothing of its own. */
	jitter_ns = sim->now_ns + random_below(&sim->random, jitter_ns);
	if (jitter_ns < e->ready_ns)
		jitter_ns = e->ready_ns;
	e->ready_ns = jitter_ns;
	heap_push(&sim->heap, jitter_ns, SIM_ENTER, p);
}

static void fill(const struct sim *sim, const struct xtcp_record *r,
		 struct xtcp_segment *seg, u8 flags)
{
	u32 wnd = xtcp_rcv_wnd(r) >> r->rcv_wscale;

	memset(seg, 0, sizeof(*seg));
	seg->flags = flags;
	seg->seq = r->snd_nxt;
	seg->ack = flags & XTCP_ACK ? r->rcv_nxt : 0;
	seg->wnd = wnd < 65535 ? wnd : 65535;
	if (!(r->flags & XTCP_F_TS))
		return;
	seg->opts = XTCP_OPT_TS;
	seg->tsval = sim_now_ms(sim) + r->ts_offset;
	seg->tsecr = r->ts_recent;
}

/* The same with the window that the receive buffer has now. */
static void fill_data(const struct sim *sim, const struct end *e,
		      struct xtcp_segment *seg)
{
	u32 window = e->pair->c->window;
	struct xtcp_room room = {
		.buffer = window,
		.free = e->store.bytes < window ? window - e->store.bytes : 0,
		.mss = e->s.cc.mss,
	};

	fill(sim, &e->r, seg, XTCP_ACK);
	seg->wnd = xtcp_window_select(&e->r, &room);
	xtcp_ecn_put(&e->s.ecn, NULL, seg);
}

/* Blocks go where a segment has room for them. */
static void tell_blocks(struct end *e, struct xtcp_segment *seg)
{
	u32 room = seg->len ? e->s.cc.mss - seg->len :
		   OPTIONS_MOST - (seg->opts & XTCP_OPT_TS ? TIMESTAMPS : 0);

	if (e->s.bulk)
		xtcp_sack_put(&e->s.bulk->sack, &e->r, room, seg);
}

static void tell_sent(struct sim *sim, struct end *e, u32 fresh, bool fin,
		      u16 wnd)
{
	struct xtcp_event ev = {
		.kind = XTCP_EV_SENT,
		.now_ms = sim_now_ms(sim),
		.policy = &e->pair->user->policy,
		.len = fresh,
		.fin = fin,
		.rcv_adv = xtcp_window_edge(&e->r, wnd),
	};
	struct xtcp_orders o;

	xtcp_step(&e->r, &ev, &o);
	sim_promise(sim, !(o.todo & XTCP_DO_BUG), "SENT is impossible");
}

void send_ack(struct sim *sim, struct end *e)
{
	struct xtcp_segment seg;

	fill_data(sim, e, &seg);
	tell_blocks(e, &seg);
	ship(sim, e, &seg, 0);
	xtcp_stream_sent_ack(&e->s, sim_now_us(sim));
	tell_sent(sim, e, 0, false, seg.wnd);
}

/* RFC 9293 3.8.4: a number that was acknowledged, and no text */
void send_keepalive(struct sim *sim, struct end *e)
{
	struct xtcp_segment seg;

	fill_data(sim, e, &seg);
	seg.seq = e->r.snd_nxt - 1;
	ship(sim, e, &seg, 0);
	xtcp_stream_sent_ack(&e->s, sim_now_us(sim));
}

/* An end without stream, or without connection, says where it is. */
void send_reply(struct sim *sim, struct end *e)
{
	struct xtcp_segment seg;

	fill(sim, &e->r, &seg, XTCP_ACK);
	ship(sim, e, &seg, 0);
}

void send_reset(struct sim *sim, struct end *e, const struct xtcp_orders *o)
{
	struct xtcp_segment seg = {
		.flags = o->rst_flags,
		.seq = o->rst_seq,
		.ack = o->rst_flags & XTCP_ACK ? o->rst_ack : 0,
	};

	ship(sim, e, &seg, 0);
}

/* What we offer, or what both of us can (RFC 7323 2.2) */
void send_syn(struct sim *sim, struct end *e)
{
	const struct xtcp_policy *p = &e->pair->user->policy;
	const struct xtcp_record *r = &e->r;
	bool ack = r->state != XTCP_SYN_SENT;
	u32 wnd = xtcp_rcv_wnd(r);
	struct xtcp_segment seg = {
		.flags = XTCP_SYN | (ack ? XTCP_ACK : 0),
		.seq = r->iss,
		.ack = ack ? r->rcv_nxt : 0,
		.wnd = wnd < 65535 ? wnd : 65535,
		.opts = XTCP_OPT_MSS,
		.mss = e->pair->c->mss,
		.wscale = r->rcv_wscale,
	};

	if (ack ? r->flags & XTCP_F_SACK : p->sack)
		seg.opts |= XTCP_OPT_SACK_PERMITTED;
	if (ack ? r->flags & XTCP_F_WSCALE : p->window_scaling)
		seg.opts |= XTCP_OPT_WSCALE;
	if (ack ? r->flags & XTCP_F_TS : p->timestamps) {
		seg.opts |= XTCP_OPT_TS;
		seg.tsval = sim_now_ms(sim) + r->ts_offset;
		seg.tsecr = ack ? r->ts_recent : 0;
	}
	if (ack && r->flags & XTCP_F_ECN)
		seg.flags |= XTCP_ECE;
	else if (!ack && r->flags & XTCP_F_ECT)
		seg.flags |= XTCP_ECE | XTCP_CWR;
	if (!e->syn_us)
		e->syn_us = sim_now_us(sim);
	e->flow->syns++;
	ship(sim, e, &seg, 0);
}

/* What a sender must never do, seen from outside of it. */
static void check_sent(struct sim *sim, const struct end *e,
		       const struct xtcp_output *out, u64 offset)
{
	u32 flight = xtcp_output_end(out) - e->r.snd_una;
	/* RFC 3042, or F-RTO's two; and a tail loss probe asks nobody. */
	u32 most = e->s.cc.cwnd + (2 + e->s.tlp.due) * e->s.cc.mss;
	u32 pipe;
	bool probe = !e->r.snd_wnd && out->len + out->fin == 1;

	sim_promise(sim, offset + out->len <= e->written,
		    "text left that nobody wrote");
	sim_promise(sim, out->len <= e->s.cc.mss, "a segment is too large");
	sim_promise(sim, probe || flight <= e->r.snd_wnd,
		    "more was sent than the peer takes");
	pipe = xtcp_stream_pipe(&e->s, e->r.snd_una, e->r.snd_nxt);
	sim_promise(sim, !out->fresh || pipe + out->fresh <= most,
		    "more was sent than the congestion window allows");
}

static void send_text(struct sim *sim, struct end *e,
		      const struct xtcp_output *out)
{
	u64 offset = e->una_offset + (out->seq - e->r.snd_una);
	struct xtcp_segment seg;

	check_sent(sim, e, out, offset);
	fill_data(sim, e, &seg);
	seg.seq = out->seq;
	seg.len = out->len;
	seg.flags |= (out->fin ? XTCP_FIN : 0) | (out->psh ? XTCP_PSH : 0);
	tell_blocks(e, &seg);
	xtcp_ecn_put(&e->s.ecn, out, &seg);
	if (out->len)
		e->flow->segments++;
	ship(sim, e, &seg, offset);
	xtcp_stream_sent(&e->s, &e->r, out, sim_now_us(sim));
	tell_sent(sim, e, out->fresh, out->fresh_fin, seg.wnd);
}

static struct xtcp_queue queue_of(const struct end *e)
{
	return (struct xtcp_queue){ .bytes = e->written - e->una_offset };
}

void send_probe(struct sim *sim, struct end *e)
{
	struct xtcp_queue q = queue_of(e);
	struct xtcp_output out;

	if (xtcp_stream_probe(&e->s, &e->r, &q, &out))
		send_text(sim, e, &out);
}

struct xtcp_bulk *bulk_of(struct end *e)
{
	struct xtcp_bulk *bulk = e->s.bulk;

	if (bulk)
		return bulk;
	bulk = malloc(sizeof(*bulk));
	if (!bulk)
		abort();
	xtcp_stream_give_bulk(&e->s, &e->r, bulk);
	return bulk;
}

static bool next(struct sim *sim, struct end *e, const struct xtcp_queue *q,
		 struct xtcp_output *out)
{
	void *memory;

	if (xtcp_stream_wants_bulk(&e->s, &e->r, q))
		bulk_of(e);
	if (xtcp_stream_wants_board(&e->s, &e->r, q)) {
		memory = malloc(XTCP_BOARD_BYTES);
		if (!memory)
			abort();
		xtcp_stream_give_board(&e->s, &e->r, memory, XTCP_BOARD_BYTES);
	}
	return xtcp_stream_next(&e->s, &e->r, q, sim_now_us(sim), out);
}

bool send_push(struct sim *sim, struct end *e)
{
	struct xtcp_queue q = queue_of(e);
	struct xtcp_output out;
	bool any = false;

	while (xtcp_in(&e->r, XTCP_MAY_SEND) && next(sim, e, &q, &out)) {
		send_text(sim, e, &out);
		any = true;
	}
	free(xtcp_stream_take_board(&e->s, &e->r, false));
	free(xtcp_stream_take_bulk(&e->s, &e->r, sim_now_us(sim), false));
	return any;
}

void send_timers(struct sim *sim, struct end *e)
{
	struct xtcp_queue q = queue_of(e);
	struct xtcp_stream_timers t;

	xtcp_stream_timers(&e->s, &e->r, &q, sim_now_us(sim), &t);
	e->main_us = t.main_us;
	e->ack_us = t.ack_us;
}
