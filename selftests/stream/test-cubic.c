// SPDX-License-Identifier: GPL-2.0-only
/* CUBIC and HyStart++: RFC 9438, 9406. */
#include <string.h>

#include "end.h"
#include "stream/hystart.h"
#include "stream/pacing.h"
#include "tap.h"

#define ROUND_US	100000u

static struct xtcp_cc fresh(void)
{
	static struct xtcp_cc_own own;
	struct xtcp_cc cc;

	xtcp_cc_init(&cc, &xtcp_cubic, 1000, 10);
	xtcp_cc_give(&cc, &own);
	cc.own->srtt_us = ROUND_US;
	return cc;
}

/* One round trip with the whole window acknowledged, a segment at a time */
static void round_trip(struct xtcp_cc *cc, u64 *now_us)
{
	u32 n = cc->cwnd / 1000, i;

	for (i = 0; i < n; i++) {
		*now_us += ROUND_US / n;
		xtcp_cc_acked(cc, 1000, *now_us);
	}
}

TEST(cc_find__by_name)
{
	EXPECT(xtcp_cc_find("cubic") == &xtcp_cubic);
	EXPECT(xtcp_cc_find("newreno") == &xtcp_newreno);
	EXPECT(xtcp_cc_find("reno") == &xtcp_newreno);
	EXPECT(!xtcp_cc_find("cubi"));
	EXPECT(!xtcp_cc_find("cubics"));
	EXPECT(!xtcp_cc_find(""));
	EXPECT(xtcp_cc_nth(0) == &xtcp_cubic);
	EXPECT(!xtcp_cc_nth(2));
}

/* The window stays; what is left of the other algorithm does not. */
TEST(cc_change__keeps_the_window)
{
	struct xtcp_cc cc = fresh();

	cc.cwnd = 50000;
	xtcp_cc_lost(&cc, 50000, 1);
	cc.cwnd = cc.ssthresh;
	cc.credit = 7;
	xtcp_cc_change(&cc, &xtcp_newreno);
	EXPECT_EQ(cc.cwnd, 35000);
	EXPECT_EQ(cc.ssthresh, 35000);
	EXPECT_EQ(cc.credit, 0);
	xtcp_cc_lost(&cc, 30000, 1);
	EXPECT_EQ(cc.ssthresh, 15000);
	xtcp_cc_change(&cc, &xtcp_cubic);
	EXPECT_EQ(cc.own->state[0], 0);
	xtcp_cc_acked(&cc, 1000, 1000000);
	EXPECT(cc.cwnd >= 35000 && cc.cwnd <= 36000);
}

/* The window that a whole one's ACK leads to, so long after a loss */
static u32 grown(u32 srtt_us, u64 wait_us)
{
	struct xtcp_cc cc = fresh();

	cc.cwnd = 100000;
	xtcp_cc_lost(&cc, 100000, 1);
	cc.cwnd = cc.ssthresh;
	cc.own->srtt_us = srtt_us;
	xtcp_cc_acked(&cc, 0, 1000000);
	xtcp_cc_acked(&cc, cc.cwnd, 1000000 + wait_us);
	return cc.cwnd;
}

/* RFC 9438 4.2: where the curve will be a round trip later */
TEST(cubic_acked__looks_a_round_trip_ahead)
{
	EXPECT_EQ(grown(2002000, 3800000), grown(1901900, 3901000));
	EXPECT(grown(2003000, 3800000) > grown(2002000, 3800000));
}

/* RFC 9438 4.6: 0.7 of the flight, at least two segments */
TEST(cubic_lost__beta)
{
	struct xtcp_cc cc = fresh();

	cc.cwnd = 100000;
	xtcp_cc_lost(&cc, 100000, 1);
	EXPECT_EQ(cc.ssthresh, 70000);
	xtcp_cc_lost(&cc, 2000, 1);
	EXPECT_EQ(cc.ssthresh, 2000);
	cc.cwnd = XTCP_CWND_MAX;
	xtcp_cc_lost(&cc, XTCP_CWND_MAX, 1);
	EXPECT_EQ(cc.ssthresh, (u32)(XTCP_CWND_MAX * 7ull / 10));
}

/*
 * RFC 9438 4.1: W(t) = 0.4 (t - K)^3 + Wmax, K = cbrt(0.3 Wmax / 0.4). From
 * Wmax = 1000 segments K is 9.09 s. The window follows, a round trip ahead.
 */
TEST(cubic_acked__follows_the_curve)
{
	struct xtcp_cc cc = fresh();
	u64 now_us = 1000000, begun_us;
	double t, want;

	cc.cwnd = 1000000;
	xtcp_cc_lost(&cc, 1000000, now_us);
	cc.cwnd = cc.ssthresh;
	begun_us = now_us;
	while (now_us - begun_us < 15000000) {
		round_trip(&cc, &now_us);
		t = (now_us - begun_us) / 1e6 - 9.0856;
		want = 1000 + 0.4 * t * t * t;
		if (want < 700)
			want = 700;
		test_case("%llu us", (unsigned long long)(now_us - begun_us));
		EXPECT(cc.cwnd / 1000.0 > want - 12);
		EXPECT(cc.cwnd / 1000.0 < want + 25);
	}
}

/* RFC 9438 4.3: where Reno with the same beta is faster, so is this. */
TEST(cubic_acked__reno_friendly)
{
	struct xtcp_cc cc = fresh();
	u64 now_us = 1000000;
	u32 i, before;

	cc.own->srtt_us = 10000;
	cc.cwnd = 20000;
	xtcp_cc_lost(&cc, 20000, now_us);
	cc.cwnd = cc.ssthresh;
	/* alpha is 9/17: 6 segments take some 11 round trips of 10 ms. */
	for (i = 0; i < 12 * 15; i++) {
		now_us += 10000 / 15;
		xtcp_cc_acked(&cc, 1000, now_us);
	}
	EXPECT(cc.cwnd >= 18500 && cc.cwnd <= 21000);
	/* Back at the old window it is 1. */
	for (i = 0; i < 4 * 20; i++)
		xtcp_cc_acked(&cc, 1000, now_us += 500);
	before = cc.cwnd;
	for (i = 0; i < before / 1000; i++)
		xtcp_cc_acked(&cc, 1000, now_us += 500);
	EXPECT(cc.cwnd >= before + 800 && cc.cwnd <= before + 1200);
}

/* RFC 9438 4.7: a loss below the last maximum lowers the next one. */
TEST(cubic_lost__fast_convergence)
{
	struct xtcp_cc cc = fresh();
	u64 now_us = 1000000;
	u32 i;

	cc.cwnd = 1000000;
	xtcp_cc_lost(&cc, 1000000, now_us);
	cc.cwnd = 800000;
	xtcp_cc_lost(&cc, 800000, now_us);
	cc.cwnd = cc.ssthresh;
	EXPECT_EQ(cc.cwnd, 560000);
	/* It flattens at 0.85 * 800 = 680, K = cbrt(120 / 0.4) = 6.7 s. */
	for (i = 0; i < 67; i++)
		round_trip(&cc, &now_us);
	EXPECT(cc.cwnd > 675000 && cc.cwnd < 690000);
}

/* Time in which the window was not used does not count: RFC 9438 5.8 */
TEST(cubic_acked__pauses_do_not_count)
{
	struct xtcp_cc cc = fresh();
	u64 now_us = 1000000;
	u32 before;

	cc.cwnd = 1000000;
	xtcp_cc_lost(&cc, 1000000, now_us);
	cc.cwnd = cc.ssthresh;
	round_trip(&cc, &now_us);
	before = cc.cwnd;
	now_us += 3600000000ull;
	xtcp_cc_acked(&cc, 1000, now_us);
	EXPECT(cc.cwnd - before < 1000);
}

/* Slow start ended without a loss: the curve begins where the window is. */
TEST(cubic_acked__no_loss_yet)
{
	struct xtcp_cc cc = fresh();
	u64 now_us = 1000000;

	cc.cwnd = 100000;
	cc.ssthresh = 50000;
	while (now_us < 11000000)
		round_trip(&cc, &now_us);
	/* 100 + 0.4 * 10^3 segments; Reno would have 200. */
	EXPECT(cc.cwnd > 470000 && cc.cwnd < 530000);
}

/* RFC 9438 4.9.2 */
TEST(cubic_undo__as_before)
{
	struct xtcp_cc cc = fresh();
	struct xtcp_undo u;
	u64 now_us = 1000000;

	cc.cwnd = 1000000;
	xtcp_cc_lost(&cc, 1000000, now_us);
	cc.cwnd = 900000;
	cc.ssthresh = 700000;
	xtcp_undo_begin(&u, &cc, 1, 2);
	xtcp_cc_lost(&cc, 900000, now_us);
	cc.cwnd = cc.ssthresh;
	xtcp_undo(&u, &cc);
	EXPECT_EQ(cc.cwnd, 900000);
	EXPECT_EQ(cc.ssthresh, 700000);
	/* The old maximum is the mark again: K = cbrt(100 / 0.4) = 6.3 s. */
	for (now_us = 1000000; now_us < 4000000;)
		round_trip(&cc, &now_us);
	EXPECT(cc.cwnd > 975000 && cc.cwnd < 995000);
	while (now_us < 7300000)
		round_trip(&cc, &now_us);
	EXPECT(cc.cwnd > 995000 && cc.cwnd < 1010000);
}

TEST(cubic_acked__never_overflows)
{
	struct xtcp_cc cc = fresh();
	struct xtcp_cc_own *own = cc.own;
	u64 now_us = 1000000;
	u32 i;

	cc.cwnd = XTCP_CWND_MAX;
	xtcp_cc_lost(&cc, XTCP_CWND_MAX, now_us);
	cc.cwnd = cc.ssthresh;
	for (i = 0; i < 1000; i++) {
		now_us += 100000;
		xtcp_cc_acked(&cc, XTCP_CWND_MAX / 2, now_us);
		EXPECT(cc.cwnd <= XTCP_CWND_MAX && cc.cwnd >= cc.ssthresh);
	}
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX);
	/* The smallest segments there are */
	xtcp_cc_init(&cc, &xtcp_cubic, 1, 10);
	xtcp_cc_give(&cc, own);
	cc.cwnd = XTCP_CWND_MAX;
	xtcp_cc_lost(&cc, XTCP_CWND_MAX, now_us);
	cc.cwnd = cc.ssthresh;
	for (i = 0; i < 1000; i++)
		xtcp_cc_acked(&cc, 1, now_us += 100000);
	EXPECT(cc.cwnd <= XTCP_CWND_MAX && cc.cwnd >= cc.ssthresh);
}

/* ---- HyStart++ ---- */

/* A round of ten ACKs that all measure @rtt_us */
static void css_round(struct xtcp_cc *cc, u32 rtt_us)
{
	u32 i;

	cc->own->rtt_us = rtt_us;
	for (i = 0; i < 10; i++) {
		cc->own->una += 1000;
		cc->own->nxt = cc->own->una + 10000;
		xtcp_cc_acked(cc, 1000, 1);
	}
}

TEST(hystart__leaves_when_the_queue_grows)
{
	struct xtcp_cc cc = fresh();
	u32 before, i;

	css_round(&cc, 50000);
	css_round(&cc, 50000);
	css_round(&cc, 52000);
	before = cc.cwnd;
	css_round(&cc, 55000);
	EXPECT_EQ(cc.cwnd, before + 10000);
	/* By an eighth, at least 4 ms: a quarter of the growth from here on */
	css_round(&cc, 64000);
	css_round(&cc, 64000);
	before = cc.cwnd;
	css_round(&cc, 64000);
	EXPECT_EQ(cc.cwnd, before + 2500);
	EXPECT_EQ(cc.ssthresh, XTCP_SSTHRESH_NONE);
	for (i = 0; i < 4; i++)
		css_round(&cc, 64000);
	/* Five rounds of that, and slow start is over. */
	EXPECT(cc.ssthresh != XTCP_SSTHRESH_NONE);
	EXPECT(cc.ssthresh <= cc.cwnd);
}

/* The queue was a passing one: RFC 9406 4.3 */
TEST(hystart__comes_back)
{
	struct xtcp_cc cc = fresh();
	u32 before, i;

	css_round(&cc, 50000);
	css_round(&cc, 50000);
	css_round(&cc, 64000);
	css_round(&cc, 64000);
	css_round(&cc, 50000);
	before = cc.cwnd;
	css_round(&cc, 50000);
	EXPECT_EQ(cc.cwnd, before + 10000);
	for (i = 0; i < 10; i++)
		css_round(&cc, 50000);
	EXPECT_EQ(cc.ssthresh, XTCP_SSTHRESH_NONE);
}

/* Each time that it doubts it takes five rounds anew. */
TEST(hystart__counts_anew)
{
	struct xtcp_cc cc = fresh();
	u32 i;

	css_round(&cc, 50000);
	css_round(&cc, 50000);
	for (i = 0; i < 4; i++)
		css_round(&cc, 64000);
	EXPECT_EQ(cc.ssthresh, XTCP_SSTHRESH_NONE);
	css_round(&cc, 50000);
	css_round(&cc, 50000);
	for (i = 0; i < 4; i++)
		css_round(&cc, 64000);
	EXPECT_EQ(cc.ssthresh, XTCP_SSTHRESH_NONE);
	for (i = 0; i < 3; i++)
		css_round(&cc, 64000);
	EXPECT(cc.ssthresh != XTCP_SSTHRESH_NONE);
}

/* After idling nothing is known of the queue: RFC 9406 4.3 */
TEST(hystart__restart_begins_anew)
{
	struct xtcp_cc cc = fresh();
	u32 before, i;

	css_round(&cc, 50000);
	css_round(&cc, 50000);
	css_round(&cc, 64000);
	css_round(&cc, 64000);
	xtcp_cc_restart(&cc);
	for (i = 0; i < 8; i++) {
		test_case("round %u", i);
		before = cc.cwnd;
		css_round(&cc, 64000);
		EXPECT_EQ(cc.cwnd, before + 10000);
	}
	/* Nor is the time before the pause the mark for the first round. */
	cc = fresh();
	css_round(&cc, 50000);
	css_round(&cc, 50000);
	xtcp_cc_restart(&cc);
	for (i = 0; i < 8; i++) {
		before = cc.cwnd;
		css_round(&cc, 70000);
		EXPECT_EQ(cc.cwnd, before + 10000);
	}
}

/* By an eighth, but at least 4 ms and at most 16: RFC 9406 4.3 */
TEST(hystart__thresholds)
{
	static const struct {
		u32 base_us, calm_us, grown_us;
	} v[] = {
		{ 1000, 4999, 5000 },
		{ 32000, 35999, 36000 },
		{ 64000, 71999, 72000 },
		{ 128000, 143999, 144000 },
		{ 500000, 515999, 516000 },
	};
	u32 i, before;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct xtcp_cc cc = fresh();

		test_case("row %u", i);
		css_round(&cc, v[i].base_us);
		css_round(&cc, v[i].base_us);
		css_round(&cc, v[i].calm_us);
		before = cc.cwnd;
		css_round(&cc, v[i].calm_us);
		EXPECT_EQ(cc.cwnd, before + 10000);

		cc = fresh();
		css_round(&cc, v[i].base_us);
		css_round(&cc, v[i].base_us);
		css_round(&cc, v[i].grown_us);
		before = cc.cwnd;
		css_round(&cc, v[i].grown_us);
		EXPECT(cc.cwnd < before + 10000);
	}
}

/* RFC 9406 4.3 with an L that has no limit: a receiver with GRO sends few ACKs. */
TEST(hystart__stretch_acks)
{
	struct xtcp_cc cc = fresh();
	u32 before = cc.cwnd;

	xtcp_cc_acked(&cc, 8000, 1);
	EXPECT_EQ(cc.cwnd, before + 8000);
	xtcp_cc_acked(&cc, 44000, 1);
	EXPECT_EQ(cc.cwnd, before + 52000);
}

/* After a loss slow start knows where to end. */
TEST(hystart__only_at_first)
{
	struct xtcp_cc cc = fresh();
	u32 i;

	cc.ssthresh = 40000;
	for (i = 0; i < 10; i++) {
		css_round(&cc, 50000 + i * 20000);
		if (!i)
			EXPECT_EQ(cc.cwnd, 20000);
	}
	EXPECT_EQ(cc.ssthresh, 40000);
}

/* ---- pacing ---- */

TEST(pacing_rate__of_the_window)
{
	struct xtcp_cc cc = fresh();

	EXPECT_EQ(xtcp_pacing_rate(&cc, 0), XTCP_PACING_NONE);
	EXPECT_EQ(xtcp_pacing_rate(&cc, 20000), 1000000);
	cc.ssthresh = 10000;
	EXPECT_EQ(xtcp_pacing_rate(&cc, 20000), 600000);
	cc.ssthresh = 20000;
	EXPECT_EQ(xtcp_pacing_rate(&cc, 20000), 600000);
	cc.ssthresh = 20002;
	EXPECT_EQ(xtcp_pacing_rate(&cc, 20000), 1000000);
	cc.cwnd = XTCP_CWND_MAX;
	EXPECT_EQ(xtcp_pacing_rate(&cc, 1),
		  (u64)XTCP_CWND_MAX * 120 * 10000);
}

TEST(pacing_next__no_rate)
{
	EXPECT_EQ(xtcp_pacing_next_ns(XTCP_PACING_NONE, 1000, 0, 77), 77);
	EXPECT_EQ(xtcp_pacing_next_ns(0, 1000, 0, 77), 77);
	/* What was due later, too: it is due no more. */
	EXPECT_EQ(xtcp_pacing_next_ns(0, 1000, 99, 77), 77);
}

TEST(pacing_next__in_time)
{
	EXPECT_EQ(xtcp_pacing_next_ns(1000000, 1000, 77, 77), 1000077);
	EXPECT_EQ(xtcp_pacing_next_ns(3, 1, 5, 5), 333333338);
	EXPECT_EQ(xtcp_pacing_next_ns(1000, 0xffffffff, 77, 77),
		  4294967295000000ull + 77);
	/* Sent although it was too early: what follows waits for both. */
	EXPECT_EQ(xtcp_pacing_next_ns(1000000, 1000, 5000, 77), 1005000);
}

/* A late timer costs no rate, but a pause earns none. */
TEST(pacing_next__late)
{
	u64 now_ns = 5000000;

	EXPECT_EQ(xtcp_pacing_next_ns(1000000, 1000, now_ns - 1, now_ns),
		  now_ns + 999999);
	EXPECT_EQ(xtcp_pacing_next_ns(1000000, 1000, now_ns - 500000, now_ns),
		  now_ns + 500000);
	EXPECT_EQ(xtcp_pacing_next_ns(1000000, 1000, now_ns - 500001, now_ns),
		  now_ns + 500000);
	EXPECT_EQ(xtcp_pacing_next_ns(1000000, 1000, 0, now_ns),
		  now_ns + 500000);
}
