// SPDX-License-Identifier: GPL-2.0-only
/* What is sent next, or why nothing: RFC 9293 3.7.4, 3.8.6. */
#include <string.h>

#include "end.h"
#include "tap.h"

static void check_held(struct end *e, u8 held)
{
	EXPECT(!end_send(e));
	if (e->out.held != held)
		test_fail(__FILE__, __LINE__, "held by %s, expected %s",
			  xtcp_held_name(e->out.held), xtcp_held_name(held));
}

TEST(next__empty)
{
	struct end e;

	end_init(&e, 1);
	check_held(&e, XTCP_HELD_EMPTY);
	e.r.state = XTCP_FIN_WAIT_2;
	check_held(&e, XTCP_HELD_STATE);
}

/* MUST-61, SHLD-28: full segments, PSH on what ends the queue */
TEST(next__push)
{
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		end_init(&e, end_seams[i]);
		end_write(&e, 3 * MSS);
		EXPECT(end_send(&e));
		EXPECT(!e.out.psh && e.out.len == MSS);
		EXPECT(end_send(&e));
		EXPECT(!e.out.psh && e.out.len == MSS);
		EXPECT(end_send(&e));
		EXPECT(e.out.psh && e.out.len == MSS);
		check_held(&e, XTCP_HELD_EMPTY);
	}
}

TEST(next__fin_with_text)
{
	struct end e;

	end_init(&e, 0xffffff00);
	end_write(&e, MSS + 1);
	end_fin(&e);
	EXPECT(end_send(&e));
	EXPECT(!e.out.fin);
	/* Nothing will follow: Nagle has nothing to wait for. */
	EXPECT(end_send(&e));
	EXPECT(e.out.fin && e.out.fresh_fin && e.out.psh);
	EXPECT_EQ(e.out.len, 1);
	check_held(&e, XTCP_HELD_EMPTY);
}

TEST(next__fin_alone)
{
	struct end e;

	end_init(&e, 1);
	end_fin(&e);
	EXPECT(end_send(&e));
	EXPECT(e.out.fin && !e.out.psh && !e.out.len);
	check_held(&e, XTCP_HELD_EMPTY);
	end_ack(&e, 2, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_NONE);
}

TEST(nagle__holds_small)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 1);
	EXPECT(end_send(&e));
	end_write(&e, 1);
	check_held(&e, XTCP_HELD_NAGLE);
	end_write(&e, MSS - 1);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, MSS);
	end_write(&e, 5);
	check_held(&e, XTCP_HELD_NAGLE);
	end_ack(&e, e.r.snd_nxt, WND);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 5);
}

/* RFC 9293 A.3: the end of a long write need not wait for its beginning. */
TEST(nagle__full_ones_do_not_count)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 2 * MSS + 5);
	EXPECT_EQ(end_transmit(&e), 3);
	EXPECT_EQ(e.out.held, XTCP_HELD_EMPTY);
	end_write(&e, 5);
	check_held(&e, XTCP_HELD_NAGLE);
	end_ack(&e, 1 + 2 * MSS, WND);
	check_held(&e, XTCP_HELD_NAGLE);
	end_ack(&e, e.r.snd_nxt, WND);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 5);
}

/* What was small long ago is no reason, wherever numbers have come since. */
TEST(nagle__long_ago)
{
	struct end e;

	end_init(&e, 1);
	e.s.small_end = e.r.snd_nxt + MSS + 1;
	end_write(&e, MSS + 5);
	EXPECT_EQ(end_transmit(&e), 2);
}

TEST(nagle__nodelay)
{
	struct end e;

	end_init(&e, 1);
	e.s.nodelay = true;
	end_write(&e, 1);
	EXPECT(end_send(&e));
	end_write(&e, 1);
	EXPECT(end_send(&e));
	EXPECT(e.out.psh);
}

TEST(nagle__urgent_goes)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 1);
	EXPECT(end_send(&e));
	end_write(&e, 1);
	xtcp_urgent_send(&e.s.urgent, 3);
	EXPECT(end_send(&e));
}

/* Neither new text nor old, nor a FIN, and nobody probes or forces anything. */
TEST(pace__holds_all)
{
	struct end e;

	end_init(&e, 1);
	e.q.paced = true;
	end_write(&e, 3 * MSS + 1);
	check_held(&e, XTCP_HELD_PACE);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_NONE);
	EXPECT_EQ(e.timers.main_us, 0);
	end_fin(&e);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_NONE);

	e.q.paced = false;
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
	e.q.paced = true;
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	check_held(&e, XTCP_HELD_PACE);
	e.q.paced = false;
	EXPECT(end_send(&e));
	EXPECT(e.out.seq == 1 && e.out.again);
}

/* A closed window is probed whatever the pace is. */
TEST(pace__persist)
{
	struct end e;

	end_init(&e, 1);
	e.q.paced = true;
	e.r.snd_wnd = 0;
	end_write(&e, MSS);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_PERSIST);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
}

TEST(cork__holds_small_for_a_while)
{
	struct end e;

	end_init(&e, 1);
	e.q.more = true;
	end_write(&e, MSS + 1);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.out.held, XTCP_HELD_CORK);
	end_ack(&e, 1 + MSS, WND);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_HOLD);
	EXPECT_EQ(e.timers.main_us, e.now_us + XTCP_HOLD_US);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	EXPECT_EQ(end_transmit(&e), 1);
	/* Once. */
	end_write(&e, 1);
	EXPECT_EQ(end_transmit(&e), 0);
}

TEST(cork__uncork)
{
	struct end e;

	end_init(&e, 1);
	e.q.more = true;
	end_write(&e, 1);
	EXPECT_EQ(end_transmit(&e), 0);
	e.q.more = false;
	EXPECT_EQ(end_transmit(&e), 1);
}

TEST(cork__fin_goes)
{
	struct end e;

	end_init(&e, 1);
	e.q.more = true;
	end_write(&e, 1);
	end_fin(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(e.r.flags & XTCP_F_FIN_SENT);
}

/* RFC 9293 3.8.6.2.1: (queued, window, largest window, idle) -> length or not */
TEST(sws__table)
{
	static const struct {
		u32 queued, wnd, max;
		u32 len;
		u8 held;
	} v[] = {
		{ 5000, 60000, 60000, MSS, XTCP_HELD_NOT },
		{ 500, 60000, 60000, 500, XTCP_HELD_NOT },
		{ 5000, 999, 60000, 0, XTCP_HELD_SWS },
		{ 5000, 1000, 60000, 1000, XTCP_HELD_NOT },
		{ 5000, 1, 60000, 0, XTCP_HELD_SWS },
		{ 5000, 0, 60000, 0, XTCP_HELD_WINDOW },
		{ 5000, 400, 800, 400, XTCP_HELD_NOT },
		{ 5000, 399, 800, 0, XTCP_HELD_SWS },
		{ 5000, 60, 60, 60, XTCP_HELD_NOT },
		{ 60, 60, 60000, 60, XTCP_HELD_NOT },
		{ 61, 60, 60000, 0, XTCP_HELD_SWS },
	};
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		end_init(&e, end_seams[i % 5]);
		e.r.snd_wnd = v[i].wnd;
		e.r.max_snd_wnd = v[i].max;
		end_write(&e, v[i].queued);
		if (v[i].held != XTCP_HELD_NOT) {
			check_held(&e, v[i].held);
			continue;
		}
		EXPECT(end_send(&e));
		EXPECT_EQ(e.out.len, v[i].len);
	}
}

/* MUST-38: a window that opens byte by byte */
TEST(sws__override)
{
	struct end e;

	end_init(&e, 1);
	e.r.snd_wnd = 10;
	end_write(&e, 500);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_HOLD);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.sent_bytes, 10);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
}

TEST(window__never_beyond)
{
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		end_init(&e, end_seams[i]);
		e.r.snd_wnd = 3 * MSS;
		end_write(&e, 20 * MSS);
		EXPECT_EQ(end_transmit(&e), 3);
		EXPECT_EQ(e.out.held, XTCP_HELD_WINDOW);
	}
}

/* A FIN needs a number, and so the window must have room for it. */
TEST(window__fin_waits_for_room)
{
	struct end e;

	end_init(&e, 1);
	e.r.snd_wnd = MSS;
	end_write(&e, MSS);
	end_fin(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(!(e.r.flags & XTCP_F_FIN_SENT));
	EXPECT_EQ(e.out.held, XTCP_HELD_WINDOW);
	end_ack(&e, 1 + MSS, 1);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(e.r.flags & XTCP_F_FIN_SENT);
}

/* SHLD-15, SHLD-16: nothing new beyond the edge, old text inside it again */
TEST(window__shrinks)
{
	struct end e;

	end_init(&e, 0xfffff800);
	end_write(&e, 20 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	end_ack(&e, 0xfffff800 + MSS, 2 * MSS + 300);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.out.held, XTCP_HELD_WINDOW);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	EXPECT_EQ(end_transmit(&e), 1);
	e.s.cc.cwnd = 9 * MSS;
	EXPECT_EQ(end_transmit(&e), 2);
	EXPECT_EQ(e.out.held, XTCP_HELD_WINDOW);
	EXPECT_EQ(e.s.recovery.rtx, 0xfffff800 + 3 * MSS + 300);
}

/* MUST-35, SHLD-17: shrunk to nothing, it is probed like any closed window */
TEST(window__shrinks_to_nothing)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 20 * MSS);
	end_transmit(&e);
	end_ack(&e, 1 + MSS, 0);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_PERSIST);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_PROBE);
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT_EQ(e.out.seq, 1 + MSS);
	EXPECT_EQ(e.out.len, 1);
	EXPECT(e.out.again && !e.out.fresh);
	/* It opens: what was cut off goes again without waiting. */
	EXPECT(end_ack(&e, 1 + MSS, WND) & XTCP_ACK_OPENED);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(e.out.seq, 1 + MSS);
}

TEST(cwnd__idle_restart)
{
	struct end e;

	end_init(&e, 1);
	e.s.cc.cwnd = 40 * MSS;
	end_write(&e, MSS);
	end_transmit(&e);
	end_ack(&e, 1 + MSS, WND);
	e.now_us += 150000;
	end_transmit(&e);
	EXPECT_EQ(e.s.cc.cwnd, 40 * MSS);
	e.now_us += 10000000;
	e.p.idle_restart = false;
	end_transmit(&e);
	EXPECT_EQ(e.s.cc.cwnd, 40 * MSS);
	e.p.idle_restart = true;
	end_transmit(&e);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
}

/* A program that sends little earns no large window. */
TEST(cwnd__unused_does_not_grow)
{
	struct end e;
	u32 i;

	end_init(&e, 1);
	for (i = 0; i < 50; i++) {
		end_write(&e, 2 * MSS);
		EXPECT_EQ(end_transmit(&e), 2);
		end_ack(&e, e.r.snd_nxt, WND);
	}
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	end_write(&e, 50 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	end_ack(&e, e.r.snd_una + 2 * MSS, WND);
	EXPECT_EQ(e.s.cc.cwnd, 12 * MSS);
}

/* What was used a round trip ago does not count for ever. */
TEST(cwnd__no_longer_used_does_not_grow)
{
	struct end e;
	u32 i, cwnd = 0;

	end_init(&e, 1);
	end_write(&e, 10 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	end_ack(&e, e.r.snd_nxt, WND);
	for (i = 0; i < 20; i++) {
		if (i == 2)
			cwnd = e.s.cc.cwnd;
		end_write(&e, MSS);
		end_transmit(&e);
		end_ack(&e, e.r.snd_nxt, WND);
	}
	EXPECT_EQ(e.s.cc.cwnd, cwnd);
}

/* RFC 5681 3.1, RFC 6298 5.7 */
TEST(established__after_a_lost_syn)
{
	struct xtcp_stream_params p;
	struct end e;

	xtcp_stream_defaults(&p);
	end_init_with(&e, 1, &p, 1);
	end_write(&e, 5 * MSS);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.timers.main_us, e.now_us + 3000000);
}

TEST(names__all)
{
	u8 i;

	for (i = 0; i < XTCP_HELD_REASONS; i++)
		EXPECT(strcmp(xtcp_held_name(i), "?"));
	EXPECT(!strcmp(xtcp_held_name(XTCP_HELD_REASONS), "?"));
	for (i = 0; i < XTCP_TIMER_KINDS; i++)
		EXPECT(strcmp(xtcp_stream_timer_name(i), "?"));
	EXPECT(!strcmp(xtcp_stream_timer_name(XTCP_TIMER_KINDS), "?"));
}
