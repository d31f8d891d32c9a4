// SPDX-License-Identifier: GPL-2.0-only
/* What is sent again: RFC 5681 3.2, 6582, 3042, and after a time-out. */
#include "end.h"
#include "tap.h"

/* Ten segments under way, more queued, cwnd used up. */
static void ten_out(struct end *e, u32 first)
{
	end_init(e, first);
	end_write(e, 30 * MSS);
	EXPECT_EQ(end_transmit(e), 10);
	EXPECT_EQ(e->out.held, XTCP_HELD_CWND);
}

static u32 dupack(struct end *e)
{
	return end_ack(e, e->r.snd_una, e->r.snd_wnd);
}

TEST(dupack__two_are_none)
{
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		test_case("first %x", end_seams[i]);
		ten_out(&e, end_seams[i]);
		EXPECT_EQ(dupack(&e), XTCP_ACK_DUPLICATE);
		/* RFC 3042: one new segment each, cwnd as before */
		EXPECT_EQ(end_transmit(&e), 1);
		EXPECT(!e.out.again);
		EXPECT_EQ(dupack(&e), XTCP_ACK_DUPLICATE);
		EXPECT_EQ(end_transmit(&e), 1);
		EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
		EXPECT_EQ(e.s.retransmits, 0);
	}
}

TEST(dupack__three_retransmit)
{
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		test_case("first %x", end_seams[i]);
		ten_out(&e, end_seams[i]);
		dupack(&e);
		dupack(&e);
		EXPECT_EQ(dupack(&e), XTCP_ACK_DUPLICATE | XTCP_ACK_FAST);
		EXPECT(end_send(&e));
		EXPECT(e.out.again);
		EXPECT_EQ(e.out.seq, end_seams[i]);
		EXPECT_EQ(e.out.len, MSS);
		EXPECT(!end_send(&e));
		EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
		EXPECT_EQ(e.s.cc.cwnd, 8 * MSS);
	}
}

/* Limited transmit's segments do not count as flight (RFC 5681 3.2 step 1). */
TEST(dupack__limited_transmit_is_no_flight)
{
	struct end e;

	ten_out(&e, 1);
	dupack(&e);
	end_transmit(&e);
	dupack(&e);
	end_transmit(&e);
	EXPECT_EQ(e.r.snd_nxt - e.r.snd_una, 12 * MSS);
	dupack(&e);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
}

/* Each further one lets a new segment go, once the window is inflated enough */
TEST(dupack__inflation)
{
	struct end e;
	u32 i;

	ten_out(&e, 1);
	for (i = 0; i < 3; i++)
		dupack(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	for (i = 0; i < 2; i++) {
		dupack(&e);
		EXPECT_EQ(end_transmit(&e), 0);
	}
	dupack(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(!e.out.again);
}

/* None of these is a duplicate ACK. */
TEST(dupack__what_is_none)
{
	struct xtcp_segment seg = { .flags = XTCP_ACK, .wnd = WND };
	struct xtcp_ack_facts f = { .seg = &seg };
	struct end e;

	ten_out(&e, 1);
	seg.ack = 1;
	f.snd_una = 1;
	f.snd_wnd = WND;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us),
		  XTCP_ACK_DUPLICATE);
	seg.len = 1;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us), 0);
	seg.len = 0;
	seg.flags = XTCP_ACK | XTCP_FIN;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us), 0);
	seg.flags = XTCP_ACK;
	seg.wnd = WND - 1;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us), 0);
	seg.wnd = WND;
	seg.ack = 0;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us), 0);
	seg.ack = 1;
	e.r.snd_una = e.r.snd_nxt;
	f.snd_una = e.r.snd_nxt;
	seg.ack = e.r.snd_nxt;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us), 0);
}

static void into_recovery(struct end *e, u32 first)
{
	u32 i;

	ten_out(e, first);
	for (i = 0; i < 3; i++)
		dupack(e);
	EXPECT_EQ(end_transmit(e), 1);
	EXPECT_EQ(e->s.recovery.phase, XTCP_RECOVERY_FAST);
}

TEST(partial_ack__next_hole_at_once)
{
	struct end e;

	into_recovery(&e, 0xfffff000);
	EXPECT(end_ack(&e, 0xfffff000 + 3 * MSS, WND) & XTCP_ACK_NEW);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(e.out.seq, 0xfffff000 + 3 * MSS);
	/* 8 segments less 3, plus 1 */
	EXPECT_EQ(e.s.cc.cwnd, 6 * MSS);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->fast_retransmits, 1);
}

/* Only the first restarts the timer, or many holes would never time out. */
TEST(partial_ack__timer)
{
	struct end e;
	u64 at_us;

	into_recovery(&e, 1);
	at_us = e.timers.main_us;
	e.now_us += 1000;
	end_ack(&e, 1 + 2 * MSS, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, at_us + 1000);
	e.now_us += 1000;
	end_ack(&e, 1 + 3 * MSS, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, at_us + 1000);
}

TEST(full_ack__leaves_recovery)
{
	struct end e;

	into_recovery(&e, 1);
	end_ack(&e, 1 + 10 * MSS, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	/* Nothing is under way: two segments, no burst */
	EXPECT_EQ(e.s.cc.cwnd, 2 * MSS);
	EXPECT_EQ(end_transmit(&e), 2);
}

/* RFC 6582 3.2 step 2: what went before the loss was noticed is one event. */
TEST(full_ack__same_window_no_second_reduction)
{
	struct end e;
	u32 i;

	into_recovery(&e, 1);
	end_ack(&e, 1 + 10 * MSS, WND);
	end_transmit(&e);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(dupack(&e), XTCP_ACK_DUPLICATE);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
}

TEST(timeout__goes_back)
{
	struct end e;
	u32 i, first;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		first = end_seams[i];
		test_case("first %x", first);
		ten_out(&e, first);
		EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
		EXPECT_EQ(e.s.cc.cwnd, MSS);
		EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
		EXPECT_EQ(end_transmit(&e), 1);
		EXPECT_EQ(e.out.held, XTCP_HELD_CWND);
		/* The second and third, slow start */
		end_ack(&e, first + MSS, WND);
		EXPECT_EQ(end_transmit(&e), 2);
		EXPECT_EQ(e.s.recovery.rtx, first + 3 * MSS);
		/* The rest had arrived. */
		end_ack(&e, first + 10 * MSS, WND);
		EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
		EXPECT(end_send(&e));
		EXPECT(!e.out.again);
		EXPECT_EQ(e.out.seq, first + 10 * MSS);
	}
}

/*
 * In fast recovery each duplicate ACK lets new text out, though nothing can be
 * acknowledged: that is no larger flight (RFC 5681 3.1), and the loss of the
 * retransmission lowers the threshold again, from what it was (4.3).
 */
TEST(timeout__in_fast_recovery)
{
	struct end e;
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		test_case("first %x", end_seams[i]);
		ten_out(&e, end_seams[i]);
		for (n = 0; n < 20; n++) {
			dupack(&e);
			end_transmit(&e);
		}
		EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
		EXPECT(e.r.snd_nxt - e.r.snd_una > 20 * MSS);
		EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
		EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS / 2);
		EXPECT_EQ(e.s.cc.cwnd, MSS);
	}
}

/* 1, 2, 4 ... seconds, ssthresh halved once, always the first segment */
TEST(timeout__again_and_again)
{
	struct end e;
	u64 before, gap = 1000000;
	u32 i;

	ten_out(&e, 1);
	for (i = 0; i < 12; i++) {
		before = e.now_us;
		EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
		EXPECT_EQ(e.now_us - before, gap);
		gap = gap * 2 < XTCP_RTO_MAX_US ? gap * 2 : XTCP_RTO_MAX_US;
		EXPECT_EQ(end_transmit(&e), 1);
		EXPECT_EQ(e.s.recovery.rtx, 1 + MSS);
		EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
	}
	EXPECT_EQ(xtcp_stream_sel(&e.s)->timeouts, 12);
}

/* RFC 6582 4: copies of what had arrived draw duplicate ACKs. */
TEST(timeout__no_false_fast_retransmit)
{
	struct end e;
	u32 i;

	ten_out(&e, 1);
	end_timeout(&e);
	end_transmit(&e);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(dupack(&e), XTCP_ACK_DUPLICATE);
	end_ack(&e, 1 + 10 * MSS, WND);
	end_transmit(&e);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(dupack(&e), XTCP_ACK_DUPLICATE);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->fast_retransmits, 0);
	/* One step further they mean a loss again. */
	end_ack(&e, 1 + 11 * MSS, WND);
	end_transmit(&e);
	for (i = 0; i < 3; i++)
		dupack(&e);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->fast_retransmits, 1);
}

/* RFC 6298 5.1-5.3: runs while something is under way, anew with each ACK */
TEST(timeout__timer)
{
	struct end e;

	end_init(&e, 1);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.timers.main_us, 0);
	end_write(&e, 2 * MSS);
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
	EXPECT_EQ(e.timers.main_us, e.now_us + 1000000);
	e.now_us += 500000;
	end_ack(&e, 1 + MSS, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, e.now_us + xtcp_rtt_rto_us(&e.s.rtt));
	end_ack(&e, 1 + 2 * MSS, WND);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, 0);
}

/* Karn: the ACK of a retransmission is no sample, unless it carries an echo. */
TEST(timeout__samples)
{
	struct end e;

	ten_out(&e, 1);
	end_timeout(&e);
	end_transmit(&e);
	e.now_us += 30000;
	EXPECT_EQ(end_ack(&e, 1 + MSS, WND), XTCP_ACK_NEW);
	EXPECT_EQ(e.s.rtt.srtt_us, 0);
	EXPECT_EQ(e.s.rtt.backoff, 1);
	e.r.flags |= XTCP_F_TS;
	e.r.ts_offset = 0xfffffff0;
	EXPECT_EQ(end_ack_ts(&e, 1 + 2 * MSS, WND,
			     e.now_us / 1000 - 30 + e.r.ts_offset),
		  XTCP_ACK_NEW | XTCP_ACK_RTT);
	EXPECT_EQ(e.s.rtt.srtt_us, 30000);
	EXPECT_EQ(e.s.rtt.backoff, 0);
}

/* What goes back may take new text along, if that spares a segment. */
TEST(go_back__takes_new_text_along)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 100);
	EXPECT_EQ(end_transmit(&e), 1);
	end_write(&e, 200);
	EXPECT_EQ(end_transmit(&e), 0);
	end_timeout(&e);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 300);
	EXPECT_EQ(e.out.fresh, 200);
	EXPECT(e.out.psh);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_EMPTY);
}

TEST(go_back__corked_text_stays)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 100);
	EXPECT_EQ(end_transmit(&e), 1);
	end_write(&e, 200);
	e.q.more = true;
	end_timeout(&e);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 100);
	EXPECT(!e.out.fresh && !e.out.psh);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_CORK);
	/* Nothing more will come: the cork means nothing. */
	end_fin(&e);
	end_timeout(&e);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 300);
	EXPECT(e.out.fresh_fin);
}

/* Fast retransmit sends what is lost, not what was never sent. */
TEST(dupack__retransmits_nothing_new)
{
	struct end e;
	u32 i;

	end_init(&e, 1);
	e.s.nodelay = true;
	for (i = 0; i < 4; i++) {
		end_write(&e, 10);
		EXPECT_EQ(end_transmit(&e), 1);
	}
	e.q.more = true;
	end_write(&e, 500);
	EXPECT_EQ(end_transmit(&e), 0);
	for (i = 0; i < 3; i++)
		dupack(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.sent_bytes, 40 + 40);
	EXPECT_EQ(e.r.snd_nxt, 41);
}

/* The mark of the last loss must not come round to be ahead again. */
TEST(recovered__half_the_circle_ago)
{
	struct xtcp_recovery v;
	struct xtcp_cc cc;
	u32 una = 1, i;

	xtcp_cc_init(&cc, &xtcp_newreno, MSS, 10);
	xtcp_recovery_init(&v, una);
	for (i = 0; i < 5; i++) {
		una += 0x20000000;
		xtcp_recovery_acked(&v, &cc, una, una + 9 * MSS, 0x20000000,
				    false, 0);
		xtcp_recovery_dupack(&v, &cc, una, una + 9 * MSS, 0);
		xtcp_recovery_dupack(&v, &cc, una, una + 9 * MSS, 0);
		EXPECT_EQ(v.phase, XTCP_RECOVERY_OPEN);
	}
	EXPECT(xtcp_recovery_dupack(&v, &cc, una, una + 9 * MSS, 0));
}

TEST(go_back__fin)
{
	struct end e;

	end_init(&e, 0xffffffff);
	end_write(&e, 100);
	end_fin(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	end_timeout(&e);
	EXPECT(end_send(&e));
	EXPECT(e.out.fin && !e.out.fresh_fin);
	EXPECT_EQ(e.out.len, 100);
	/* The text arrived, the FIN did not. */
	end_ack(&e, 99, WND);
	end_timeout(&e);
	EXPECT(end_send(&e));
	EXPECT(e.out.fin);
	EXPECT_EQ(e.out.len, 0);
	EXPECT_EQ(e.out.seq, 99);
}

TEST(mss__smaller_path)
{
	struct end e;

	ten_out(&e, 1);
	xtcp_stream_mss(&e.s, &e.r, 400, true);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(e.out.seq, 1);
	EXPECT_EQ(e.out.len, 400);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT_EQ(e.s.cc.cwnd, 10 * 400);
}
