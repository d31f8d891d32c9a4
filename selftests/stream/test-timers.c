// SPDX-License-Identifier: GPL-2.0-only
/* Window probes, keep-alive, user time-out: RFC 9293 3.8.3, 3.8.4, 3.8.6.1. */
#include "end.h"
#include "tap.h"

/* Text waits behind a closed window; nothing is under way. */
static void closed(struct end *e, u32 first)
{
	end_init(e, first);
	e->r.snd_wnd = 0;
	end_write(e, 5 * MSS);
	EXPECT_EQ(end_transmit(e), 0);
	EXPECT_EQ(e->out.held, XTCP_HELD_WINDOW);
	EXPECT_EQ(e->timers.kind, XTCP_TIMER_PERSIST);
}

/* As the host does it. */
static void probe(struct end *e)
{
	struct xtcp_output out;

	EXPECT(xtcp_stream_probe(&e->s, &e->r, &e->q, &e->out));
	EXPECT_EQ(e->out.len + e->out.fin, 1);
	xtcp_stream_sent(&e->s, &e->r, &e->out, e->now_us);
	e->r.snd_nxt += e->out.fresh + e->out.fresh_fin;
	if (e->out.fresh_fin)
		e->r.flags |= XTCP_F_FIN_SENT;
	out = e->out;
	end_transmit(e);
	e->out = out;
}

/* SHLD-29, SHLD-30, MUST-37: for as long as someone answers */
TEST(persist__for_ever)
{
	struct end e;
	u64 before, gap = 1000000;
	u32 i;

	closed(&e, 0xffffffff);
	for (i = 0; i < 300; i++) {
		before = e.now_us;
		EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
		EXPECT_EQ(e.now_us - before, gap);
		gap = gap * 2 < XTCP_RTO_MAX_US ? gap * 2 : XTCP_RTO_MAX_US;
		probe(&e);
		EXPECT_EQ(e.out.seq, 0xffffffff);
		/* The byte counts as new only once. */
		EXPECT_EQ(e.out.fresh, i == 0);
		EXPECT_EQ(end_ack(&e, 0xffffffff, 0), 0);
	}
	EXPECT_EQ(xtcp_stream_sel(&e.s)->fast_retransmits, 0);
	EXPECT_EQ(e.r.snd_nxt - e.r.snd_una, 1);
}

TEST(persist__gives_up_on_silence)
{
	struct end e;
	u8 reason = 0;
	u32 i;

	closed(&e, 1);
	for (i = 0; i < XTCP_PROBE_RETRIES; i++) {
		EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
		probe(&e);
	}
	e.now_us += 2 * (u64)XTCP_RTO_MAX_US;
	EXPECT_EQ(xtcp_stream_expired(&e.s, &e.r, e.now_us, &reason),
		  XTCP_EXPIRED_GIVE_UP);
	EXPECT_EQ(reason, XTCP_R_PROBE_TIMEOUT);
}

/* RFC 6429: an orphan's peer may not sit on its memory. */
TEST(persist__orphan)
{
	struct end e;
	u8 reason = 0;
	u32 i;

	closed(&e, 1);
	end_fin(&e);
	e.r.flags |= XTCP_F_ORPHAN;
	for (i = 0; i < XTCP_ORPHAN_PROBES; i++) {
		EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
		probe(&e);
		end_ack(&e, 1, 0);
		end_transmit(&e);
	}
	e.now_us += 2 * (u64)XTCP_RTO_MAX_US;
	EXPECT_EQ(xtcp_stream_expired(&e.s, &e.r, e.now_us, &reason),
		  XTCP_EXPIRED_GIVE_UP);
	EXPECT_EQ(reason, XTCP_R_PROBE_TIMEOUT);
}

/* It opens: at once, and the probe's byte rides in a full segment. */
TEST(persist__opens)
{
	struct end e;

	closed(&e, 0x80000000);
	end_expire(&e);
	probe(&e);
	EXPECT_EQ(end_ack(&e, 0x80000000, WND), XTCP_ACK_OPENED);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 0x80000000);
	EXPECT_EQ(e.out.len, MSS);
	EXPECT_EQ(e.out.fresh, MSS - 1);
	EXPECT_EQ(end_transmit(&e), 4);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
}

/* The peer had room for the byte and no more. */
TEST(persist__byte_by_byte)
{
	struct end e;
	u32 i;

	closed(&e, 0xfffffffd);
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
		probe(&e);
		EXPECT_EQ(e.out.fresh, 1);
		/* No sample: the probe may have waited in the peer's hands */
		EXPECT_EQ(end_ack(&e, 0xfffffffd + i + 1, 0), XTCP_ACK_NEW);
		EXPECT_EQ(e.s.persist.probes, 0);
	}
}

TEST(persist__fin)
{
	struct end e;

	end_init(&e, 1);
	e.r.snd_wnd = 0;
	end_fin(&e);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
	probe(&e);
	EXPECT(e.out.fin && e.out.fresh_fin);
	end_expire(&e);
	probe(&e);
	EXPECT(e.out.fin && !e.out.fresh_fin);
	end_ack(&e, 2, 0);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_NONE);
}

/* However many there were: the counters stop where they are full. */
TEST(persist__very_many)
{
	struct xtcp_persist p = { 0 };
	u32 i;

	for (i = 0; i < 600; i++) {
		EXPECT_EQ(xtcp_persist_gives_up(&p, 255, false), i >= 255);
		EXPECT_EQ(xtcp_persist_gives_up(&p, 255, true), i >= 255);
		xtcp_persist_probed(&p);
	}
	xtcp_persist_answered(&p);
	EXPECT(!xtcp_persist_gives_up(&p, 1, false));
	EXPECT(xtcp_persist_gives_up(&p, 255, true));
	xtcp_persist_probed(&p);
	xtcp_persist_reset(&p);
	EXPECT(!xtcp_persist_gives_up(&p, 1, true));
	EXPECT(!xtcp_persist_gives_up(&p, 1, false));
}

TEST(user_timeout__retransmissions)
{
	struct end e;
	u8 reason = 0;

	end_init(&e, 1);
	e.p.user_timeout_us = 5000000;
	e.now_us += 60000000;
	end_write(&e, MSS);
	end_transmit(&e);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	end_transmit(&e);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	end_transmit(&e);
	/* 1 + 2 s are over; the next would be after 4 more, but it ends at 5. */
	EXPECT_EQ(e.timers.main_us, 61000000 + 5000000);
	e.now_us = e.timers.main_us;
	EXPECT_EQ(xtcp_stream_expired(&e.s, &e.r, e.now_us, &reason),
		  XTCP_EXPIRED_GIVE_UP);
	EXPECT_EQ(reason, XTCP_R_USER_TIMEOUT);
}

/* Progress is what counts. */
TEST(user_timeout__starts_anew)
{
	struct end e;

	end_init(&e, 1);
	e.p.user_timeout_us = 5000000;
	end_write(&e, 2 * MSS);
	end_transmit(&e);
	e.now_us += 900000;
	end_ack(&e, 1 + MSS, WND);
	end_transmit(&e);
	EXPECT_EQ(e.s.progress_us, e.now_us);
}

/* tcp(7): text that waits for a closed window counts, too. */
TEST(user_timeout__closed_window)
{
	struct end e;
	enum xtcp_expired what;
	u32 i;

	closed(&e, 1);
	e.p.user_timeout_us = 6000000;
	for (i = 0; i < 10; i++) {
		what = end_expire(&e);
		if (what != XTCP_EXPIRED_PROBE)
			break;
		probe(&e);
		end_ack(&e, 1, 0);
	}
	EXPECT_EQ(what, XTCP_EXPIRED_GIVE_UP);
	EXPECT_EQ(e.now_us, START_US + 6000000);
}

static void keep(struct end *e)
{
	end_init(e, 1);
	e->p.keep = (struct xtcp_keep_params){
		.count = 3, .idle_us = 10000000, .interval_us = 2000000,
	};
	e->s.keep_on = true;
	end_transmit(e);
}

TEST(keepalive__off_unless_asked_for)
{
	struct end e;

	end_init(&e, 1);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, 0);
	EXPECT(e.p.keep.idle_us >= 7200000000ull);
}

TEST(keepalive__dead_peer)
{
	struct end e;
	u8 reason = 0;
	u32 i;

	keep(&e);
	EXPECT_EQ(e.timers.main_us, START_US + 10000000);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_KEEPALIVE);
	EXPECT_EQ(e.now_us, START_US + 14000000);
	e.now_us += 2000000;
	EXPECT_EQ(xtcp_stream_expired(&e.s, &e.r, e.now_us, &reason),
		  XTCP_EXPIRED_GIVE_UP);
	EXPECT_EQ(reason, XTCP_R_KEEPALIVE_TIMEOUT);
}

/* MUST-29: an answer counts, however late. */
TEST(keepalive__answered)
{
	struct end e;

	keep(&e);
	end_expire(&e);
	end_expire(&e);
	end_ack(&e, 1, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, e.now_us + 10000000);
	EXPECT_EQ(e.s.keepalive.probes, 0);
}

/* MUST-26 */
TEST(keepalive__not_while_something_is_under_way)
{
	struct end e;

	keep(&e);
	end_write(&e, 1);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
	e.now_us += 100000;
	end_ack(&e, 2, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_KEEPALIVE);
	EXPECT_EQ(e.timers.main_us, e.now_us + 10000000);
}

/* The user's time-out takes the place of the count. */
TEST(keepalive__user_timeout)
{
	struct end e;
	u32 i;

	keep(&e);
	e.p.user_timeout_us = 18000000;
	for (i = 0; i < 4; i++)
		EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_KEEPALIVE);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_GIVE_UP);
	EXPECT_EQ(e.now_us, START_US + 18000000);
}

/* Silence alone proves nothing, however short the user's patience. */
TEST(keepalive__user_timeout_before_the_first_probe)
{
	struct end e;

	keep(&e);
	e.p.user_timeout_us = 5000000;
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_KEEPALIVE);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_GIVE_UP);
}

TEST(keepalive__in_fin_wait_2)
{
	struct end e;

	keep(&e);
	end_fin(&e);
	end_transmit(&e);
	end_ack(&e, 2, WND);
	e.r.state = XTCP_FIN_WAIT_2;
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_KEEPALIVE);
	e.r.state = XTCP_TIME_WAIT;
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_NONE);
}

TEST(expired__nothing_runs)
{
	struct end e;
	u8 reason = 0;

	end_init(&e, 1);
	EXPECT_EQ(xtcp_stream_expired(&e.s, &e.r, ~0ull, &reason),
		  XTCP_EXPIRED_NOTHING);
}
