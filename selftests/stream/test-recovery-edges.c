// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where one phase of recovery ends and the next begins: RFC 5681 3.2, 4.1, RFC
 * 6582 3.2, RFC 3042; and when the congestion window may grow (RFC 7661).
 */
#include "end.h"
#include "tap.h"

static u32 dupack(struct end *e)
{
	return end_ack(e, e->r.snd_una, e->r.snd_wnd);
}

/* Fast recovery, ten segments under way from @first on */
static void into_recovery(struct end *e, u32 first)
{
	u32 i;

	end_init(e, first);
	end_write(e, 60 * MSS);
	end_transmit(e);
	for (i = 0; i < 3; i++)
		dupack(e);
	end_transmit(e);
	EXPECT_EQ(e->s.recovery.phase, XTCP_RECOVERY_FAST);
}

/* The first partial ACK of each recovery restarts the timer, not of the first. */
TEST(partial_ack__first_of_each_recovery)
{
	struct end e;
	u64 at_us;
	u32 una, i;

	into_recovery(&e, 1);
	end_ack(&e, 1 + 2 * MSS, WND);
	end_transmit(&e);
	end_ack(&e, 1 + 10 * MSS, WND);
	end_transmit(&e);
	/* all that was sent until now, and more */
	end_ack(&e, e.r.snd_nxt, WND);
	end_transmit(&e);
	end_ack(&e, e.r.snd_nxt, WND);
	e.s.cc.cwnd = 10 * MSS;
	end_transmit(&e);
	una = e.r.snd_una;
	for (i = 0; i < 3; i++)
		dupack(&e);
	end_transmit(&e);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT(!e.s.recovery.partial);
	at_us = e.timers.main_us;
	e.now_us += 1000;
	end_ack(&e, una + 2 * MSS, WND);
	end_transmit(&e);
	EXPECT(e.s.recovery.partial);
	EXPECT_EQ(e.timers.main_us, at_us + 1000);
}

/* Deflation by what left, but never below one segment. */
TEST(partial_ack__deflates)
{
	static const struct {
		u32 cwnd, acked, then;
	} v[] = {
		{ 8000, 3000, 6000 }, { 8000, 1000, 8000 },
		{ 8000, 999, 7001 }, { 8000, 8000, 1000 },
		{ 8000, 20000, 1000 }, { 1500, 900, 1000 },
		{ 1500, 500, 1000 }, { 1500, 499, 1001 },
	};
	struct xtcp_recovery v6582;
	struct xtcp_cc cc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
		xtcp_recovery_init(&v6582, 1);
		v6582.phase = XTCP_RECOVERY_FAST;
		v6582.recover = 50001;
		cc.cwnd = v[i].cwnd;
		EXPECT(xtcp_recovery_acked(&v6582, &cc, 1 + v[i].acked, 60001,
					   v[i].acked, true, 0));
		EXPECT_EQ(cc.cwnd, v[i].then);
		EXPECT(v6582.head && v6582.partial);
		EXPECT_EQ(v6582.phase, XTCP_RECOVERY_FAST);
	}
}

/* RFC 6582 3.2 step 3: min(ssthresh, max(FlightSize, SMSS) + SMSS) */
TEST(full_ack__window)
{
	static const struct {
		u32 flight, ssthresh, cwnd;
	} v[] = {
		{ 0, 5000, 2000 }, { 999, 5000, 2000 }, { 1000, 5000, 2000 },
		{ 1001, 5000, 2001 }, { 3999, 5000, 4999 },
		{ 4000, 5000, 5000 }, { 4001, 5000, 5000 },
		{ 9000, 5000, 5000 },
	};
	struct xtcp_recovery v6582;
	struct xtcp_cc cc;
	u32 i, una = 50001;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
		xtcp_recovery_init(&v6582, 1);
		v6582.phase = XTCP_RECOVERY_FAST;
		v6582.head = true;
		v6582.recover = una;
		cc.ssthresh = v[i].ssthresh;
		EXPECT(xtcp_recovery_acked(&v6582, &cc, una, una + v[i].flight,
					   9000, true, 0));
		EXPECT_EQ(cc.cwnd, v[i].cwnd);
		EXPECT_EQ(v6582.phase, XTCP_RECOVERY_OPEN);
		EXPECT(!v6582.head);
	}
}

/* RFC 5681 3.1: half of what is under way, be the window larger than that */
TEST(dupack__small_flight)
{
	struct end e;
	u32 i;

	end_init(&e, 1);
	end_write(&e, 5 * MSS);
	EXPECT_EQ(end_transmit(&e), 5);
	for (i = 0; i < 3; i++)
		dupack(&e);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS / 2);
	EXPECT_EQ(e.s.cc.cwnd, 5 * MSS / 2 + 3 * MSS);
	EXPECT_EQ(e.s.recovery.recover, e.r.snd_nxt);
}

/* It lasts until all that was under way at the time-out is acknowledged. */
TEST(loss__lasts)
{
	struct end e;

	end_init(&e, 0xfffffff0);
	end_write(&e, 10 * MSS);
	end_transmit(&e);
	end_timeout(&e);
	end_transmit(&e);
	end_ack(&e, 0xfffffff0 + MSS, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	end_ack(&e, 0xfffffff0 + 10 * MSS - 1, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	end_ack(&e, 0xfffffff0 + 10 * MSS, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
}

/* RFC 6582 3.2 step 1: the mark lies right before what may be lost. */
TEST(recover__right_before)
{
	struct xtcp_recovery v;
	struct xtcp_cc cc;

	xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
	xtcp_recovery_init(&v, 7);
	EXPECT_EQ(v.recover, 6);
	EXPECT(xtcp_recovery_acked(&v, &cc, 107, 1000, 100, false, 0));
	EXPECT_EQ(v.recover, 106);
	EXPECT_EQ(v.phase, XTCP_RECOVERY_OPEN);
}

/* It takes the place of whatever was to be sent again before. */
TEST(go_back__in_fast_recovery)
{
	struct end e;

	into_recovery(&e, 0xfffffff0);
	end_ack(&e, 0xfffffff0 + MSS, WND);
	EXPECT(e.s.recovery.head);
	dupack(&e);
	EXPECT_EQ(e.s.recovery.dupacks, 1);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	EXPECT(!e.s.recovery.head);
	EXPECT(e.s.recovery.back);
	EXPECT_EQ(e.s.recovery.dupacks, 0);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	EXPECT_EQ(e.s.recovery.recover, e.r.snd_nxt);
}

/* Half of the flight; in fast recovery of no more than the threshold was. */
TEST(timeout__flight)
{
	static const struct {
		u8 phase;
		u32 flight, ssthresh, then;
	} v[] = {
		{ XTCP_RECOVERY_OPEN, 10000, 4000, 5000 },
		{ XTCP_RECOVERY_LOSS, 10000, 4000, 5000 },
		{ XTCP_RECOVERY_OPEN, 10000, 60000, 5000 },
		{ XTCP_RECOVERY_FAST, 10000, 60000, 5000 },
		{ XTCP_RECOVERY_FAST, 10000, 6000, 3000 },
		{ XTCP_RECOVERY_FAST, 5000, 6000, 2500 },
		{ XTCP_RECOVERY_FAST, 3000, 6000, 2000 },
	};
	struct xtcp_recovery lost;
	struct xtcp_cc cc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
		xtcp_recovery_init(&lost, 1);
		lost.phase = v[i].phase;
		cc.ssthresh = v[i].ssthresh;
		xtcp_recovery_timeout(&lost, &cc, 1, 1 + v[i].flight, true, 0);
		EXPECT_EQ(cc.ssthresh, v[i].then);
		EXPECT_EQ(cc.cwnd, 1000);
	}
}

/* Nothing is outstanding: there is nothing to go back over. */
TEST(go_back__over_nothing)
{
	struct xtcp_recovery v;

	xtcp_recovery_init(&v, 7);
	xtcp_recovery_go_back(&v, 7, 7);
	EXPECT(!v.back);
	xtcp_recovery_go_back(&v, 7, 8);
	EXPECT(v.back);
	EXPECT_EQ(v.rtx, 7);
	EXPECT_EQ(v.rtx_end, 8);
}

/* What was sent again elsewhere moves nothing; the last byte ends it. */
TEST(resent__moves_on)
{
	struct xtcp_recovery v;
	u32 i, una;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		una = end_seams[i];
		xtcp_recovery_init(&v, una);
		xtcp_recovery_go_back(&v, una, una + 100);
		xtcp_recovery_resent(&v, una + 1, una + 60);
		EXPECT_EQ(v.rtx, una);
		xtcp_recovery_resent(&v, una, una + 60);
		EXPECT_EQ(v.rtx, una + 60);
		xtcp_recovery_resent(&v, una, una + 50);
		EXPECT_EQ(v.rtx, una + 60);
		xtcp_recovery_resent(&v, una + 60, una + 99);
		EXPECT(v.back);
		EXPECT_EQ(xtcp_recovery_pipe(&v, una, una + 100), 99);
		xtcp_recovery_resent(&v, una + 99, una + 100);
		EXPECT(!v.back);
		EXPECT_EQ(xtcp_recovery_pipe(&v, una, una + 100), 100);
	}
}

/* RFC 3042: one and two segments beyond cwnd, and only then */
TEST(extra__limited_transmit)
{
	struct xtcp_recovery v;
	struct xtcp_cc cc;
	u32 i;

	xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
	xtcp_recovery_init(&v, 1);
	for (i = 0; i < 6; i++) {
		v.dupacks = i;
		EXPECT_EQ(xtcp_recovery_extra(&v, &cc),
			  i < 3 ? i * 1000 : 0);
	}
	v.dupacks = 1;
	v.phase = XTCP_RECOVERY_FAST;
	EXPECT_EQ(xtcp_recovery_extra(&v, &cc), 0);
	v.phase = XTCP_RECOVERY_LOSS;
	EXPECT_EQ(xtcp_recovery_extra(&v, &cc), 0);
}

/* They are counted, but not beyond what the counter holds. */
TEST(dupack__very_many)
{
	struct xtcp_recovery v;
	struct xtcp_cc cc;
	u32 i, starts = 0;

	xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
	xtcp_recovery_init(&v, 1);
	v.phase = XTCP_RECOVERY_LOSS;
	v.recover = 100000;
	for (i = 0; i < 600; i++)
		starts += xtcp_recovery_dupack(&v, &cc, 1, 100000, 0);
	EXPECT_EQ(v.dupacks, 255);
	EXPECT_EQ(starts, 0);
	EXPECT_EQ(cc.cwnd, 10000);
	/* In fast recovery the window stops growing somewhere. */
	v.phase = XTCP_RECOVERY_FAST;
	cc.cwnd = XTCP_CWND_MAX;
	xtcp_recovery_dupack(&v, &cc, 1, 100000, 0);
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX);
	cc.cwnd = XTCP_CWND_MAX - 1;
	xtcp_recovery_dupack(&v, &cc, 1, 100000, 0);
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX - 1 + 1000);
	xtcp_recovery_dupack(&v, &cc, 1, 100000, 0);
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX - 1 + 1000);
}

/* ---- the congestion window grows for those who use it ---- */

static u32 cwnd_after(u32 segments, u32 ssthresh)
{
	struct end e;

	end_init(&e, 1);
	e.s.cc.ssthresh = ssthresh;
	end_write(&e, segments * MSS);
	EXPECT_EQ(end_transmit(&e), segments);
	end_ack(&e, 1 + MSS, WND);
	return e.s.cc.cwnd + e.s.cc.credit;
}

TEST(window_in_use__slow_start)
{
	EXPECT_EQ(cwnd_after(1, 50 * MSS), 10 * MSS);
	EXPECT_EQ(cwnd_after(5, 50 * MSS), 10 * MSS);
	EXPECT_EQ(cwnd_after(6, 50 * MSS), 11 * MSS);
	EXPECT_EQ(cwnd_after(10, 50 * MSS), 11 * MSS);
}

TEST(window_in_use__congestion_avoidance)
{
	EXPECT_EQ(cwnd_after(6, 10 * MSS), 10 * MSS);
	EXPECT_EQ(cwnd_after(9, 10 * MSS), 10 * MSS);
	EXPECT_EQ(cwnd_after(10, 10 * MSS), 10 * MSS + MSS);
}

/* The peak is that of one window: what was used long ago says nothing. */
TEST(window_in_use__begins_anew)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 10 * MSS);
	end_transmit(&e);
	EXPECT_EQ(e.s.peak, 10 * MSS);
	end_ack(&e, 1 + 10 * MSS, WND);
	EXPECT_EQ(e.s.cc.cwnd, 20 * MSS);
	EXPECT_EQ(e.s.peak, 0);
	end_write(&e, MSS);
	end_transmit(&e);
	EXPECT_EQ(e.s.peak, MSS);
	end_ack(&e, 1 + 11 * MSS, WND);
	EXPECT_EQ(e.s.cc.cwnd, 20 * MSS);
}

/* ---- RFC 5681 4.1: idle is who has nothing under way ---- */

static u32 cwnd_after_pause(bool outstanding, u64 pause_us, bool restart)
{
	struct end e;

	end_init(&e, 1);
	e.p.idle_restart = restart;
	e.s.cc.cwnd = 30 * MSS;
	end_write(&e, 2 * MSS);
	end_transmit(&e);
	end_ack(&e, 1 + (outstanding ? 1 : 2) * MSS, WND);
	e.s.cc.cwnd = 30 * MSS;
	e.now_us += pause_us;
	end_write(&e, MSS);
	end_send(&e);
	return e.s.cc.cwnd;
}

TEST(restart_after_idle__who_is_idle)
{
	struct end e;
	u64 rto_us;

	EXPECT_EQ(cwnd_after_pause(true, 60000000, true), 30 * MSS);
	EXPECT_EQ(cwnd_after_pause(false, 60000000, true), 10 * MSS);
	EXPECT_EQ(cwnd_after_pause(false, 60000000, false), 30 * MSS);
	end_init(&e, 1);
	end_write(&e, 2 * MSS);
	end_transmit(&e);
	end_ack(&e, 1 + 2 * MSS, WND);
	rto_us = xtcp_rtt_rto_us(&e.s.rtt);
	EXPECT_EQ(cwnd_after_pause(false, rto_us, true), 30 * MSS);
	EXPECT_EQ(cwnd_after_pause(false, rto_us + 1, true), 10 * MSS);
	/* Who never sent anything has not been idle. */
	end_init(&e, 1);
	e.s.cc.cwnd = 30 * MSS;
	e.now_us += 60000000;
	end_write(&e, MSS);
	end_send(&e);
	EXPECT_EQ(e.s.cc.cwnd, 30 * MSS);
}
