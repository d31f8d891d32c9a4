// SPDX-License-Identifier: GPL-2.0-only
/* Two whole ends and a bad network between them: users, timers, the loop. */
#include <string.h>

#include "rig-end.h"
#include "rig-net.h"
#include "tap.h"

#define START_US	1000000ull
/* A fuzzed network may lose 300 segments in a row: each 120 s, RFC 6298 2.5. */
#define LIMIT_US	(24ull * 3600 * 1000000)
#define EVENTS_MAX	4000000u
#define SNDBUF		65536u

static void user_writes(struct rig *g, u32 who)
{
	struct rig_end *e = &g->end[who];
	u32 total = g->c->bytes[who], n = SNDBUF - e->queued;
	struct xtcp_event ev = { .kind = XTCP_EV_SHUT_WRITE };
	struct xtcp_orders o;

	if (e->shut)
		return;
	if (n > g->c->write_bytes)
		n = 1 + rig_random(g) % g->c->write_bytes;
	if (n > total - e->written)
		n = total - e->written;
	e->written += n;
	e->queued += n;
	if (e->written == total) {
		e->shut = true;
		rig_step(g, e, &ev, &o);
	}
	if (g->c->write_us)
		e->next_write_us = g->now_us + 1 +
				   rig_random(g) % g->c->write_us;
	if (n || e->shut)
		rig_transmit(g, e);
}

static void user_reads(struct rig *g, struct rig_end *e)
{
	u32 n = e->got - e->read;
	struct xtcp_room space;

	if (n > g->c->read_bytes)
		n = 1 + rig_random(g) % g->c->read_bytes;
	e->read += n;
	if (g->c->read_us)
		e->next_read_us = g->now_us + 1 +
				  rig_random(g) % g->c->read_us;
	space = rig_room(g, e);
	EXPECT(e->got - e->read + rig_stored(e) <=
	       g->c->rcvbuf + (1u << g->c->wscale));
	if (n && xtcp_in(&e->r, XTCP_MAY_RECEIVE) &&
	    xtcp_window_update_due(&e->r, &space))
		rig_send_ack(g, e, xtcp_bare_seq(&e->r));
}

static void main_timer(struct rig *g, struct rig_end *e)
{
	struct xtcp_event ev = { .kind = XTCP_EV_RETRANSMIT };
	struct xtcp_queue q = rig_queue(e);
	struct xtcp_output out;
	struct xtcp_orders o;
	u8 reason = 0;

	switch (xtcp_stream_expired(&e->s, &e->r, g->now_us, &reason)) {
	case XTCP_EXPIRED_RTO:
		rig_step(g, e, &ev, &o);
		if (!(o.todo & XTCP_DO_RETRANSMIT))
			break;
		rig_bulk(g, e);
		xtcp_stream_timeout(&e->s, &e->r, g->now_us);
		break;
	case XTCP_EXPIRED_PROBE:
		if (xtcp_stream_probe(&e->s, &e->r, &q, &out))
			rig_send_output(g, e, &out, true);
		break;
	case XTCP_EXPIRED_GIVE_UP:
		test_fail(__FILE__, __LINE__, "gave up: %s",
			  xtcp_reason_name(reason));
		e->dead = true;
		break;
	default:
		break;
	}
	rig_transmit(g, e);
}

static bool done(const struct rig *g)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct rig_end *e = &g->end[i];

		if (e->dead)
			return true;
		if (!e->eof || e->read != g->c->bytes[!i] ||
		    !xtcp_fin_acked(&e->r))
			return false;
	}
	return true;
}

/* When something happens at @e, and what. */
enum what { NOTHING, READ, WRITE, MAIN, ACK };

static enum what next_at(const struct rig *g, const struct rig_end *e,
			 u64 *at_us)
{
	enum what what = NOTHING;

	*at_us = ~0ull;
	if (e->timers.main_us && e->timers.main_us < *at_us) {
		*at_us = e->timers.main_us;
		what = MAIN;
	}
	if (e->timers.ack_us && e->timers.ack_us < *at_us) {
		*at_us = e->timers.ack_us;
		what = ACK;
	}
	if (!e->shut && e->queued < SNDBUF && e->next_write_us < *at_us) {
		*at_us = e->next_write_us;
		what = WRITE;
	}
	if (e->got != e->read && e->next_read_us < *at_us) {
		*at_us = e->next_read_us;
		what = READ;
	}
	if (*at_us < g->now_us)
		*at_us = g->now_us;
	return what;
}

static void happen(struct rig *g, struct rig_end *e, enum what what)
{
	switch (what) {
	case READ:
		user_reads(g, e);
		break;
	case WRITE:
		user_writes(g, e - g->end);
		break;
	case MAIN:
		main_timer(g, e);
		return;
	case ACK:
		if (xtcp_stream_ack_expired(&e->s, g->now_us))
			rig_send_ack(g, e, xtcp_bare_seq(&e->r));
		break;
	default:
		break;
	}
	rig_transmit(g, e);
}

static bool one_event(struct rig *g)
{
	struct rig_packet *p = rig_net_first(g);
	enum what what, best = NOTHING;
	struct rig_end *who = NULL;
	u64 at_us, best_us = ~0ull;
	u32 i;

	for (i = 0; i < 2; i++) {
		what = next_at(g, &g->end[i], &at_us);
		if (what == NOTHING || at_us >= best_us)
			continue;
		best = what;
		best_us = at_us;
		who = &g->end[i];
	}
	if (p && p->due_us <= best_us) {
		g->now_us = p->due_us;
		p->used = false;
		rig_receive(g, &g->end[p->to], &p->seg, p->offset);
		return true;
	}
	if (!who)
		return false;
	g->now_us = best_us;
	happen(g, who, best);
	return true;
}

static void open_end(struct rig *g, u32 who)
{
	struct rig_end *e = &g->end[who];
	const struct rig_config *c = g->c;
	struct xtcp_handshake h = { .mss = c->mss, .rcv_mss = c->mss };
	u32 wnd = c->rcvbuf < 65535 ? c->rcvbuf : 65535;

	xtcp_record_init(&e->r);
	e->r.state = XTCP_ESTABLISHED;
	e->r.opened = who ? XTCP_OPENED_PASSIVE : XTCP_OPENED_ACTIVE;
	e->r.flags = (c->timestamps ? XTCP_F_TS : 0) |
		     (c->wscale ? XTCP_F_WSCALE : 0) |
		     (c->sack ? XTCP_F_SACK : 0) |
		     (c->ecn ? XTCP_F_ECN | XTCP_F_ECT : 0);
	e->r.mss = c->mss;
	e->r.iss = c->first[who] - 1;
	e->r.irs = c->first[!who] - 1;
	e->r.snd_una = c->first[who];
	e->r.snd_nxt = c->first[who];
	e->r.snd_wl1 = e->r.irs;
	e->r.snd_wl2 = e->r.snd_una;
	e->r.snd_wnd = wnd;
	e->r.max_snd_wnd = wnd;
	e->r.snd_wscale = c->wscale;
	e->r.rcv_wscale = c->wscale;
	e->r.rcv_nxt = c->first[!who];
	e->r.rcv_adv = e->r.rcv_nxt + wnd;
	e->r.last_ack_sent = e->r.rcv_nxt;
	e->r.ts_offset = 0xffffff00u + who;
	EXPECT_SOUND(xtcp_invariant(&e->r));
	xtcp_stream_defaults(&e->p);
	e->p.cc = c->cc ? c->cc : &xtcp_newreno;
	xtcp_stream_init(&e->s, &e->p);
	e->s.nodelay = c->nodelay;
	xtcp_stream_established(&e->s, &e->r, &h, g->now_us);
}

void rig_run(struct rig *g, const struct rig_config *c)
{
	memset(g, 0, sizeof(*g));
	g->c = c;
	g->random = c->seed | 1;
	g->now_us = START_US;
	open_end(g, 0);
	open_end(g, 1);
	while (!done(g) && !test_failures() && g->events++ < EVENTS_MAX &&
	       g->now_us < LIMIT_US)
		if (!one_event(g))
			break;
	EXPECT(done(g));
	EXPECT(!g->end[0].dead && !g->end[1].dead);
	EXPECT_EQ(g->end[1].got, c->bytes[0]);
	EXPECT_EQ(g->end[0].got, c->bytes[1]);
}
