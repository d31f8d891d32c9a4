// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host: carries out what the machine orders for a connection with a stream,
 * in the order in which the kernel's does, and serves its timers.
 */
#include <stdlib.h>

#include "sim.h"

#define OPTION_BYTES	12	/* timestamps, on every segment */
#define MSS_DEFAULT	536
#define INITIAL_WINDOW	65535
#define CHALLENGE_MS	500

#define ACKS	((1ull << XTCP_EV_ACK) | (1ull << XTCP_EV_ACK_OURS) | \
		 (1ull << XTCP_EV_FIN) | (1ull << XTCP_EV_FIN_OURS))

void turn_init(struct sim *sim, struct end *e, struct turn *t,
	       enum xtcp_event_kind kind)
{
	memset(t, 0, sizeof(*t));
	t->e.kind = kind;
	t->e.now_ms = sim_now_ms(sim);
	t->e.policy = &e->pair->user->policy;
}

void host_take_turn(struct sim *sim, struct end *e, struct turn *t)
{
	t->snd_una = e->r.snd_una;
	t->snd_wnd = e->r.snd_wnd;
	t->rcv_nxt = e->r.rcv_nxt;
	t->since_ms = e->r.since_ms;
	t->retries = e->r.retries;
	xtcp_step(&e->r, &t->e, &t->o);
	host_carry_out(sim, e, t);
}

void host_happen(struct sim *sim, struct end *e, enum xtcp_event_kind kind)
{
	struct turn t;

	turn_init(sim, e, &t, kind);
	host_take_turn(sim, e, &t);
}

/* The opening is complete: the stream begins to know its path. */
static void begin_stream(struct sim *sim, struct end *e, const struct turn *t)
{
	const struct flow_config *c = e->pair->c;
	u32 options = e->r.flags & XTCP_F_TS ? OPTION_BYTES : 0;
	u32 peer = e->r.mss ? e->r.mss : MSS_DEFAULT;
	struct xtcp_handshake h = {
		.mss = (c->mss < peer ? c->mss : peer) - options,
		.rcv_mss = c->mss - options,
		.retries = t->retries,
	};

	if (!t->retries && !e->side)
		h.rtt_us = sim_now_us(sim) - e->syn_us;
	else if (!t->retries)
		h.rtt_us = (t->e.now_ms - t->since_ms) * 1000;
	xtcp_stream_established(&e->s, &e->r, &h, sim_now_us(sim));
}

static void take_acks(struct sim *sim, struct end *e, const struct turn *t)
{
	struct xtcp_ack_facts f = {
		.seg = &t->e.seg,
		.snd_una = t->snd_una,
		.snd_wnd = t->snd_wnd,
		.now_ms = t->e.now_ms,
	};
	u32 meant;

	if (t->o.todo & XTCP_DO_ESTABLISHED) {
		begin_stream(sim, e, t);
		return;
	}
	if (!(1ull << t->o.event & ACKS) || t->o.from == XTCP_SYN_RCVD) {
		if (t->o.event < XTCP_EV_STORED)
			xtcp_stream_heard(&e->s, sim_now_us(sim));
		return;
	}
	meant = xtcp_stream_ack(&e->s, &e->r, &f, sim_now_us(sim));
	if (meant & XTCP_ACK_RTT) {
		e->flow->rtt_sum_us += e->s.rtt.srtt_us;
		e->flow->rtt_count++;
	}
}

/* Bytes in order: they must be those that come next in the sender's stream. */
static void take_in(struct sim *sim, struct end *e, u64 offset, u32 len)
{
	sim_promise(sim, offset == e->got, "text is not what comes next");
	e->got += len;
	e->flow->got[e->side] += len;
	sim->got += len;
}

static void take_stored(struct sim *sim, struct end *e, struct turn *t)
{
	struct xtcp_orders *all = &t->o;
	struct xtcp_orders o;
	struct stored next;

	while (!(e->r.flags & XTCP_F_FIN_RCVD) &&
	       store_next(&e->store, e->r.rcv_nxt, &next)) {
		struct xtcp_event ev = t->e;

		ev.kind = next.range.fin ? XTCP_EV_STORED_FIN : XTCP_EV_STORED;
		ev.seg.seq = next.range.seq;
		ev.seg.len = next.range.len;
		ev.seg.flags = XTCP_ACK;
		xtcp_step(&e->r, &ev, &o);
		if (o.text_len)
			take_in(sim, e, next.offset + o.text_off, o.text_len);
		/* A filled gap is acknowledged at once (RFC 5681 4.2). */
		all->todo |= XTCP_DO_ACK |
			     (o.todo & ~(XTCP_DO_ACK_LATER | XTCP_DO_DROPPED));
		all->to = o.to;
	}
}

/* Text, and what it frees from the store. */
static void take_text(struct sim *sim, struct end *e, struct turn *t)
{
	const struct xtcp_segment *seg = &t->e.seg;
	struct xtcp_orders *o = &t->o;
	bool gap = e->store.count;

	if (1u << o->from & XTCP_SYNCHRONISED &&
	    xtcp_sack_repeats(seg, t->rcv_nxt))
		xtcp_sack_arrived(&bulk_of(e)->sack, seg, t->rcv_nxt);
	if ((1ull << o->event & ACKS) && xtcp_ecn_arrived(&e->s.ecn, &e->r, seg))
		o->todo |= XTCP_DO_ACK;
	if (o->todo & XTCP_DO_STORE) {
		struct xtcp_range range = {
			.seq = seg->seq, .len = o->text_len,
			.fin = o->store_fin,
		};

		if (store_put(&e->store, &range, t->p->offset))
			xtcp_sack_stored(&bulk_of(e)->sack, range.seq,
					 xtcp_range_end(&range));
		else
			xtcp_sack_twice(&bulk_of(e)->sack, range.seq,
					xtcp_range_end(&range));
	}
	if (o->todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD)) {
		sim_promise(sim, t->p->flow == e->flow,
			    "text of another connection was taken");
		take_in(sim, e, t->p->offset + o->text_off, o->text_len);
		take_stored(sim, e, t);
	}
	if (!(o->todo & XTCP_DO_ACK_LATER))
		return;
	if (o->todo & XTCP_DO_EOF && !gap)
		xtcp_delack_owe(&e->s.delack, sim_now_us(sim));
	else if (xtcp_stream_ack_later(&e->s, seg, gap, sim_now_us(sim)))
		o->todo |= XTCP_DO_ACK;
}

/* RFC 5961 7: a limit for each connection */
static bool may_challenge(struct sim *sim, struct end *e)
{
	u32 now = sim_now_ms(sim);

	if (e->challenge_ms && now - e->challenge_ms < CHALLENGE_MS)
		return false;
	e->challenge_ms = now;
	return true;
}

static void answer(struct sim *sim, struct end *e, const struct xtcp_orders *o)
{
	bool told = false;

	if (o->todo & XTCP_DO_RST)
		send_reset(sim, e, o);
	if (o->todo & (XTCP_DO_SYN | XTCP_DO_SYN_ACK))
		send_syn(sim, e);
	if (o->todo & XTCP_DO_FREE)
		return;
	if (o->todo & XTCP_DO_RETRANSMIT) {
		bulk_of(e);
		xtcp_stream_timeout(&e->s, &e->r, sim_now_us(sim));
	}
	told = send_push(sim, e);
	if ((o->todo & XTCP_DO_CHALLENGE) && may_challenge(sim, e)) {
		send_ack(sim, e);
		told = true;
	}
	/* Text that left meanwhile told it already, but a gap needs its own. */
	if ((o->todo & XTCP_DO_ACK) &&
	    (!told || e->store.count || (o->todo & XTCP_DO_DROPPED)))
		send_ack(sim, e);
}

void host_harvest(struct end *e)
{
	if (!e->full)
		return;
	e->flow->retransmits += e->s.retransmits;
	e->flow->timeouts += xtcp_stream_sel(&e->s)->timeouts;
	e->flow->fast_retransmits += xtcp_stream_sel(&e->s)->fast_retransmits;
	free(xtcp_stream_take_board(&e->s, &e->r, true));
	free(xtcp_stream_take_bulk(&e->s, &e->r, 0, true));
	e->full = false;
}

/* The stream's part is over; TIME_WAIT and the like need none. */
static void leave(struct sim *sim, struct end *e, const struct xtcp_orders *o)
{
	if (!(o->todo & (XTCP_DO_FREE | XTCP_DO_SMALL)))
		return;
	host_harvest(e);
	store_purge(&e->store);
	e->main_us = 0;
	e->ack_us = 0;
	app_gone(sim, e, o);
}

static void check(struct sim *sim, const struct end *e,
		  const struct xtcp_orders *o)
{
	const char *fault = xtcp_invariant(&e->r);

	if (!fault && e->full)
		fault = xtcp_stream_invariant(&e->s, &e->r);
	sim_promise(sim, !fault, fault);
	sim_promise(sim, !(o->todo & XTCP_DO_BUG), "an impossible cell");
}

void host_carry_out(struct sim *sim, struct end *e, struct turn *t)
{
	struct xtcp_orders *o = &t->o;

	if (o->todo & XTCP_DO_FLUSH) {
		e->written = e->una_offset;
		store_purge(&e->store);
	}
	take_acks(sim, e, t);
	if (o->todo & XTCP_DO_ACKED)
		e->una_offset += o->acked;
	take_text(sim, e, t);
	if (o->todo & XTCP_DO_EOF)
		e->eof = true;
	answer(sim, e, o);
	check(sim, e, o);
	leave(sim, e, o);
	if (o->todo & XTCP_DO_ESTABLISHED)
		app_opened(sim, e);
	if (o->todo & (XTCP_DO_ESTABLISHED | XTCP_DO_ACKED | XTCP_DO_TEXT |
		       XTCP_DO_DISCARD | XTCP_DO_EOF))
		app_moved(sim, e);
	host_timer_arm(sim, e);
}

/* RFC 6528: numbers grow with the clock, each pair from its own. */
void host_opening(const struct sim *sim, const struct end *e,
		  struct xtcp_opening *open)
{
	const struct flow_config *c = e->pair->c;

	open->iss = e->pair->isn + (u32)(sim_now_us(sim) >> 2) +
		    (e->side ? 0x12345678 : 0);
	open->ts_offset = e->pair->ts_offset;
	open->rcv_wnd = c->window < INITIAL_WINDOW ? c->window :
						     INITIAL_WINDOW;
	open->rcv_wnd -= open->rcv_wnd % c->mss;
	open->rcv_wscale = 0;
	while (open->rcv_wscale < XTCP_WSCALE_MAX &&
	       c->window >> open->rcv_wscale > INITIAL_WINDOW)
		open->rcv_wscale++;
}

/* RFC 6191 from the other side: the peer tells old from new by the timestamp. */
bool host_reusable(const struct sim *sim, const struct end *e)
{
	return e->r.state == XTCP_TIME_WAIT && e->pair->c->reuse &&
	       (e->r.flags & XTCP_F_TS_RECENT) &&
	       sim_now_ms(sim) - e->r.ts_recent_ms > 1000;
}

void host_open(struct sim *sim, struct end *e, struct flow *f)
{
	u32 iss_least = e->r.snd_nxt + 65537;
	bool reuse = e->r.state == XTCP_TIME_WAIT;
	struct turn t;

	if (reuse) {
		sim->reopened++;
		app_over(sim, e);
	}
	xtcp_record_init(&e->r);
	xtcp_stream_init(&e->s, &e->pair->user->params);
	e->s.nodelay = !!e->pair->c->nodelay;
	e->flow = f;
	e->una_offset = 0;
	e->written = 0;
	e->got = 0;
	e->syn_us = 0;
	e->full = true;
	e->user = true;
	e->eof = false;
	e->shut = false;
	turn_init(sim, e, &t, XTCP_EV_OPEN_ACTIVE);
	host_opening(sim, e, &t.e.open);
	if (reuse && seq_lt(t.e.open.iss, iss_least))
		t.e.open.iss = iss_least;
	host_take_turn(sim, e, &t);
}

static u64 life_due_ns(const struct sim *sim, const struct xtcp_record *r)
{
	s32 left = (s32)(r->expires_ms - sim_now_ms(sim));
	u64 now_ms = sim->now_ns / NS_PER_MS;

	return left > 0 ? (now_ms + left) * NS_PER_MS : sim->now_ns;
}

static u64 earlier(u64 a_ns, u64 us)
{
	return us && us * NS_PER_US < a_ns ? us * NS_PER_US : a_ns;
}

/* An event is never moved to a later time, only looked at when it comes. */
void host_timer_arm(struct sim *sim, struct end *e)
{
	u64 due_ns = SIM_NEVER;

	if (e->full && xtcp_in(&e->r, XTCP_SYNCHRONISED))
		send_timers(sim, e);
	if (e->r.timer)
		due_ns = life_due_ns(sim, &e->r);
	due_ns = earlier(earlier(due_ns, e->main_us), e->ack_us);
	if (due_ns < sim->now_ns)
		due_ns = sim->now_ns;
	if (due_ns >= e->timer_ns)
		return;
	e->timer_ns = due_ns;
	heap_push(&sim->heap, due_ns, SIM_TIMER, e);
}

static void main_expired(struct sim *sim, struct end *e)
{
	struct turn t;
	u8 reason = 0;

	switch (xtcp_stream_expired(&e->s, &e->r, sim_now_us(sim), &reason)) {
	case XTCP_EXPIRED_NOTHING:
		break;
	case XTCP_EXPIRED_RTO:
		host_happen(sim, e, XTCP_EV_RETRANSMIT);
		break;
	case XTCP_EXPIRED_PROBE:
		send_probe(sim, e);
		break;
	case XTCP_EXPIRED_TRANSMIT:
		send_push(sim, e);
		break;
	case XTCP_EXPIRED_KEEPALIVE:
		send_keepalive(sim, e);
		break;
	case XTCP_EXPIRED_GIVE_UP:
		turn_init(sim, e, &t, XTCP_EV_GIVE_UP);
		t.e.reason = reason;
		host_take_turn(sim, e, &t);
		break;
	}
}

static bool due(const struct sim *sim, const struct end *e, u64 us)
{
	return e->full && us && us <= sim_now_us(sim) &&
	       xtcp_in(&e->r, XTCP_SYNCHRONISED);
}

void host_timer(struct sim *sim, struct end *e)
{
	bool life = e->r.timer && seq_leq(e->r.expires_ms, sim_now_ms(sim));

	e->timer_ns = SIM_NEVER;
	if (life && !e->full)
		small_expired(sim, e);
	else if (life)
		host_happen(sim, e, e->r.timer == XTCP_LIFE_HANDSHAKE ?
				    XTCP_EV_RETRANSMIT : XTCP_EV_LIFE_OVER);
	if (due(sim, e, e->main_us))
		main_expired(sim, e);
	if (due(sim, e, e->ack_us) &&
	    xtcp_stream_ack_expired(&e->s, sim_now_us(sim)))
		send_ack(sim, e);
	host_timer_arm(sim, e);
}
