// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes to events. A segment may be anything at any time; of the rest only what
 * a host can do: the table says which calls it excludes, and what else it must
 * not do stands here.
 */
#include "fuzz.h"
#include "machine-event.h"

#define SEGMENT_BIT	0x80	/* half of all events are segments */
#define TEXT_MOST	65495u	/* of an IPv4 packet */
#define DAY_MS		(24u * 3600 * 1000)

void bench_policy(struct bench *b)
{
	static const u32 msl_ms[] = { 0, 1, 1000, 120000 };
	static const u32 fin_timeout_ms[] = { 0, 1, 60000, 1000 };
	u8 bits = fuzz_byte(), times = fuzz_byte();

	b->policy = (struct xtcp_policy){
		.msl_ms = msl_ms[times & 3],
		.fin_timeout_ms = fin_timeout_ms[times >> 2 & 3],
		.rto_init_ms = 1000, .rto_max_ms = 120000,
		.syn_retries = times >> 4 & 3,
		.synack_retries = times >> 5 & 3,
		.retries2 = times >> 6, .orphan_retries = times >> 6,
		.rfc1337 = bits & 1, .abort_on_overflow = bits >> 1 & 1,
		.shutdown_read_keeps = bits >> 2 & 1,
		.self_connect = bits >> 3 & 1, .timestamps = bits >> 4 & 1,
		.window_scaling = bits >> 5 & 1, .sack = bits >> 6 & 1,
	};
	fuzz_note("policy %#x times %#x", bits, times);
}

static u32 text_len(const struct bench *b)
{
	const u32 lens[] = {
		0, 0, 1, 3, 100, 1460, xtcp_rcv_wnd(&b->r),
		xtcp_rcv_wnd(&b->r) + 1,
	};
	u32 len = fuzz_near(lens, 8);

	return len < TEXT_MOST ? len : TEXT_MOST;
}

static void take_options(const struct bench *b, struct xtcp_segment *seg)
{
	const u32 recent[] = { b->r.ts_recent, 1000 };

	seg->opts = fuzz_byte() & (seg->flags & XTCP_SYN ?
				   0xff & ~XTCP_OPT_SACK :
				   XTCP_OPT_TS | XTCP_OPT_SACK);
	if (seg->opts & XTCP_OPT_MSS)
		seg->mss = fuzz_u16() | 1;
	if (seg->opts & XTCP_OPT_WSCALE)
		seg->wscale = fuzz_byte();
	if (!(seg->opts & XTCP_OPT_TS))
		return;
	seg->tsval = fuzz_near(recent, 2);
	seg->tsecr = fuzz_byte();
}

static void take_segment(const struct bench *b, struct xtcp_segment *seg)
{
	const struct xtcp_record *r = &b->r;
	const u32 seqs[] = {
		r->rcv_nxt, r->rcv_nxt - 1, r->rcv_nxt, r->rcv_adv, r->irs,
		r->rcv_adv - 1, r->rcv_nxt + 1, r->last_ack_sent,
	};
	const u32 acks[] = {
		r->snd_nxt, r->snd_una, r->snd_nxt, r->snd_nxt + 1, r->iss,
		r->snd_una - r->max_snd_wnd, r->snd_una + 1, r->iss + 1,
	};

	seg->flags = fuzz_byte();
	seg->len = text_len(b);
	seg->seq = fuzz_near(seqs, 8);
	if (seg->flags & XTCP_ACK)
		seg->ack = fuzz_near(acks, 8);
	if (seg->flags & XTCP_URG)
		seg->up = fuzz_u16();
	seg->wnd = fuzz_byte() << (fuzz_byte() & 8);
	take_options(b, seg);
}

/* What a listener knows: an ISS, room or none, and cookies that may come. */
static void take_opening(struct xtcp_event *e)
{
	static const u32 isses[] = { 0, 8000, 0x7fffffff, 0xfffffffe };
	u8 bits = fuzz_byte();
	u32 rest = (u32)fuzz_byte() << 24;

	e->open.iss = fuzz_near(isses, 4);
	e->open.rcv_wnd = fuzz_u16();
	e->open.rcv_wscale = fuzz_byte() % (XTCP_WSCALE_MAX + 1);
	e->accept_full = bits & 1;
	e->cookie.expected = bits >> 1 & 1;
	e->cookie.count = bits >> 5;
	/* What is left of the cookie when the hash is taken off it. */
	e->cookie.mac[0] = (e->seg.ack - 1) ^ rest;
	e->cookie.mac[1] = (e->seg.ack - 1) ^ rest ^ (bits >> 2 & 7) << 24;
}

/* Text that waited: it begins at RCV.NXT or before, and ends in the window. */
static bool take_stored(const struct bench *b, struct xtcp_event *e)
{
	const struct xtcp_record *r = &b->r;
	u32 wnd = xtcp_rcv_wnd(r), old = fuzz_byte() & 3, most;
	bool fin = e->kind == XTCP_EV_STORED_FIN;

	if (!xtcp_in(r, XTCP_MAY_RECEIVE))
		return false;
	most = wnd < TEXT_MOST ? wnd : TEXT_MOST;
	e->seg.flags = XTCP_ACK | (fin ? XTCP_FIN : 0);
	e->seg.seq = r->rcv_nxt - old;
	e->seg.len = old + fuzz_below(most + 1);
	e->seg.ack = r->snd_una;
	return fin || e->seg.len > old;
}

static bool take_sent(const struct bench *b, struct xtcp_event *e)
{
	const struct xtcp_record *r = &b->r;
	u8 bits = fuzz_byte();

	e->rcv_adv = r->rcv_nxt + ((u32)fuzz_u16() << r->rcv_wscale);
	if (!xtcp_in(r, XTCP_MAY_SEND) || (r->flags & XTCP_F_FIN_SENT))
		return true;
	e->fin = (bits & 1) && (r->flags & XTCP_F_FIN_QUEUED);
	e->len = bits >> 1 ? fuzz_u16() : 0;
	return true;
}

/* Who closed the socket cannot call any more. */
static bool user_is_gone(const struct bench *b, u8 kind)
{
	return (b->r.flags & XTCP_F_ORPHAN) && kind >= XTCP_EV_SHUT_READ &&
	       kind <= XTCP_EV_ABORT;
}

/* A timer fires only where it runs. */
static bool timer_rests(const struct bench *b, u8 kind)
{
	const struct xtcp_record *r = &b->r;

	if (kind == XTCP_EV_RETRANSMIT)
		return r->timer != XTCP_LIFE_HANDSHAKE &&
		       r->snd_una == r->snd_nxt;
	return kind == XTCP_EV_LIFE_OVER &&
	       r->timer != XTCP_LIFE_FIN_WAIT_2 &&
	       r->timer != XTCP_LIFE_TIME_WAIT;
}

static bool take_call(const struct bench *b, struct xtcp_event *e)
{
	const struct xtcp_cell *cell = xtcp_cell(b->r.state, e->kind);

	if (!cell || cell->impossible || user_is_gone(b, e->kind) ||
	    timer_rests(b, e->kind))
		return false;
	switch (e->kind) {
	case XTCP_EV_STORED:
	case XTCP_EV_STORED_FIN:
		return take_stored(b, e);
	case XTCP_EV_SENT:
		return take_sent(b, e);
	case XTCP_EV_OPEN_ACTIVE:
		take_opening(e);
		return true;
	case XTCP_EV_GIVE_UP:
		e->reason = fuzz_byte() & 1 ? XTCP_R_USER_TIMEOUT :
					      XTCP_R_KEEPALIVE_TIMEOUT;
		return true;
	case XTCP_EV_EVICT:
		e->reason = XTCP_R_ADMIN;
		return true;
	default:
		return true;
	}
}

/* The clock goes on: a little, or for longer than a timestamp means anything */
static void pass_time(struct bench *b)
{
	static const u32 ms[] = { 1, 999, 60000, 25 * DAY_MS };

	b->now_ms += ms[fuzz_byte() & 3];
	fuzz_note("%u ms: time passes", b->now_ms);
}

static void note_segment(const struct bench *b, const struct xtcp_segment *seg)
{
	fuzz_note("%u ms: segment flags %#x seq rcv_nxt%+d ack snd_una%+d",
		  b->now_ms, seg->flags, (s32)(seg->seq - b->r.rcv_nxt),
		  (s32)(seg->ack - b->r.snd_una));
	fuzz_note("   len %u wnd %u up %u options %#x", seg->len, seg->wnd,
		  seg->up, seg->opts);
}

bool bench_event(struct bench *b, struct xtcp_event *e)
{
	const u8 calls = XTCP_EVENTS - XTCP_EV_STORED;
	u8 what = fuzz_byte(), call;

	*e = (struct xtcp_event){ .policy = &b->policy, .now_ms = b->now_ms };
	if (what & SEGMENT_BIT) {
		e->kind = XTCP_EV_SEGMENT;
		e->listening = what & 1;
		e->self = what >> 1 & 1;
		take_segment(b, &e->seg);
		if (b->r.state == XTCP_LISTEN)
			take_opening(e);
		else
			e->accept_full = what >> 2 & 1;
		note_segment(b, &e->seg);
		return true;
	}
	call = what % (calls + 1);
	if (call == calls) {
		pass_time(b);
		return false;
	}
	e->kind = XTCP_EV_STORED + call;
	if (!take_call(b, e))
		return false;
	fuzz_note("%u ms: %s len %u fin %u", b->now_ms,
		  xtcp_event_name(e->kind), e->len | e->seg.len, e->fin);
	return true;
}
