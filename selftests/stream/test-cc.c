// SPDX-License-Identifier: GPL-2.0-only
/* The congestion window: RFC 5681, 6928. */
#include "stream/cc.h"
#include "tap.h"

static struct xtcp_cc fresh(u32 mss, u8 segments)
{
	struct xtcp_cc cc;

	xtcp_cc_init(&cc, &xtcp_newreno, mss, segments);
	return cc;
}

TEST(cc_init__initial_window)
{
	static const struct {
		u32 mss, segments, cwnd;
	} v[] = {
		{ 1460, 10, 14600 }, { 1448, 10, 14480 }, { 536, 10, 5360 },
		{ 8948, 10, 17896 }, { 1460, 0, 1460 }, { 1460, 1, 1460 },
		{ 1460, 3, 4380 }, { 88, 10, 880 },
		/* min(10 MSS, max(2 MSS, 14600)) */
		{ 1461, 10, 14600 }, { 1500, 10, 14600 }, { 5000, 10, 14600 },
		{ 7299, 10, 14600 }, { 7300, 10, 14600 }, { 7301, 10, 14602 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("mss %u", v[i].mss);
		EXPECT_EQ(fresh(v[i].mss, v[i].segments).cwnd, v[i].cwnd);
	}
}

TEST(cc_acked__slow_start)
{
	struct xtcp_cc cc = fresh(1000, 10);

	xtcp_cc_acked(&cc, 1000, 0);
	EXPECT_EQ(cc.cwnd, 11000);
	/* One ACK of two, or of many (GRO), counts as theirs would. */
	xtcp_cc_acked(&cc, 2000, 0);
	EXPECT_EQ(cc.cwnd, 13000);
	/* ACKs that split one segment gain no more than the segment. */
	xtcp_cc_acked(&cc, 400, 0);
	xtcp_cc_acked(&cc, 600, 0);
	EXPECT_EQ(cc.cwnd, 14000);
}

/* It ends at the threshold; what is left counts for what comes then. */
TEST(cc_acked__slow_start_ends_within_an_ack)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.ssthresh = 12000;
	xtcp_cc_acked(&cc, 5000, 0);
	EXPECT_EQ(cc.cwnd, 12000);
	EXPECT_EQ(cc.credit, 3000);
}

/* RFC 2861 3.1: three quarters of what was in use are found again quickly. */
TEST(cc_restart__threshold)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.ssthresh = 20000;
	cc.cwnd = 100000;
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.cwnd, 10000);
	EXPECT_EQ(cc.ssthresh, 75000);
	cc.cwnd = 20000;
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.ssthresh, 75000);
	cc.ssthresh = XTCP_SSTHRESH_NONE;
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.ssthresh, XTCP_SSTHRESH_NONE);
}

TEST(cc_acked__congestion_avoidance)
{
	struct xtcp_cc cc = fresh(1000, 10);
	u32 i;

	cc.ssthresh = 10000;
	for (i = 0; i < 9; i++)
		xtcp_cc_acked(&cc, 1000, 0);
	EXPECT_EQ(cc.cwnd, 10000);
	xtcp_cc_acked(&cc, 1000, 0);
	EXPECT_EQ(cc.cwnd, 11000);
	for (i = 0; i < 11; i++)
		xtcp_cc_acked(&cc, 1000, 0);
	EXPECT_EQ(cc.cwnd, 12000);
}

TEST(cc_acked__never_overflows)
{
	struct xtcp_cc cc = fresh(65000, 10);
	u32 i;

	cc.cwnd = XTCP_CWND_MAX - 1;
	for (i = 0; i < 10; i++)
		xtcp_cc_acked(&cc, 0x7fffffff, 0);
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX);
	cc.ssthresh = 2;
	for (i = 0; i < 10; i++)
		xtcp_cc_acked(&cc, 0x7fffffff, 0);
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX);
}

TEST(cc_timeout__ssthresh_once)
{
	struct xtcp_cc cc = fresh(1000, 10);

	xtcp_cc_timeout(&cc, 20000, true, 0);
	EXPECT_EQ(cc.cwnd, 1000);
	EXPECT_EQ(cc.ssthresh, 10000);
	xtcp_cc_timeout(&cc, 1000, false, 0);
	EXPECT_EQ(cc.ssthresh, 10000);
	xtcp_cc_timeout(&cc, 1000, true, 0);
	EXPECT_EQ(cc.ssthresh, 2000);
}

TEST(cc_restart__at_most_the_initial_window)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.cwnd = 50000;
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.cwnd, 10000);
	cc.cwnd = 3000;
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.cwnd, 3000);
}

TEST(cc_mss__as_many_segments)
{
	struct xtcp_cc cc = fresh(1000, 10);

	xtcp_cc_mss(&cc, 500);
	EXPECT_EQ(cc.cwnd, 5000);
	EXPECT_EQ(cc.ssthresh, XTCP_SSTHRESH_NONE);
	cc.cwnd = 100;
	cc.ssthresh = 3000;
	xtcp_cc_mss(&cc, 8000);
	EXPECT_EQ(cc.cwnd, 8000);
	EXPECT_EQ(cc.ssthresh, 48000);
	cc.cwnd = XTCP_CWND_MAX;
	xtcp_cc_mss(&cc, 65000);
	EXPECT(cc.cwnd <= XTCP_CWND_MAX);
}

/* As many segments as fit below the most that a window can be. */
TEST(cc_mss__at_most_the_largest_window)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.cwnd = XTCP_CWND_MAX;
	cc.ssthresh = XTCP_CWND_MAX;
	xtcp_cc_mss(&cc, 65000);
	EXPECT_EQ(cc.cwnd, XTCP_CWND_MAX / 65000 * 65000);
	EXPECT_EQ(cc.ssthresh, cc.cwnd);
	EXPECT_EQ(cc.initial, 650000);
	EXPECT_EQ(cc.mss, 65000);
}

/* RFC 3465 counts for congestion avoidance; slow start leaves nothing over. */
TEST(cc_acked__slow_start_has_no_credit)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.ssthresh = 12000;
	xtcp_cc_acked(&cc, 1000, 0);
	xtcp_cc_acked(&cc, 1000, 0);
	EXPECT_EQ(cc.cwnd, 12000);
	EXPECT_EQ(cc.credit, 0);
	xtcp_cc_acked(&cc, 11000, 0);
	EXPECT_EQ(cc.cwnd, 12000);
	EXPECT_EQ(cc.credit, 11000);
	xtcp_cc_acked(&cc, 1500, 0);
	EXPECT_EQ(cc.cwnd, 13000);
	EXPECT_EQ(cc.credit, 500);
}

/* However much one ACK tells of, a segment a time, and one more at the most */
TEST(cc_acked__one_segment_for_a_huge_ack)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.ssthresh = 10000;
	xtcp_cc_acked(&cc, 500000, 0);
	EXPECT_EQ(cc.cwnd, 11000);
	EXPECT_EQ(cc.credit, 11000);
	xtcp_cc_acked(&cc, 1, 0);
	EXPECT_EQ(cc.cwnd, 12000);
	EXPECT_EQ(cc.credit, 1);
	/* the window is the measure of it, far beyond the threshold */
	cc.cwnd = 20000;
	cc.credit = 0;
	xtcp_cc_acked(&cc, 35000, 0);
	EXPECT_EQ(cc.cwnd, 21000);
	EXPECT_EQ(cc.credit, 15000);
}

/* What was counted towards the next step belongs to the window that is gone. */
TEST(cc__credit_begins_anew)
{
	struct xtcp_cc cc = fresh(1000, 10);

	cc.credit = 700;
	xtcp_cc_lost(&cc, 20000, 0);
	EXPECT_EQ(cc.credit, 0);
	EXPECT_EQ(cc.ssthresh, 10000);
	EXPECT_EQ(cc.cwnd, 10000);
	cc.credit = 700;
	xtcp_cc_timeout(&cc, 20000, false, 0);
	EXPECT_EQ(cc.credit, 0);
	cc.credit = 700;
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.credit, 0);
	cc.credit = 700;
	xtcp_cc_mss(&cc, 500);
	EXPECT_EQ(cc.credit, 0);
}

/* An algorithm of one's own: it is asked at each of its four moments. */
static u32 asked;

static void own_init(struct xtcp_cc *cc)
{
	cc->ssthresh = 5 * cc->mss;
}

static void own_acked(struct xtcp_cc *cc, u32 bytes, u64 now_us)
{
	cc->cwnd += bytes;
	asked += now_us;
}

static u32 own_lost(struct xtcp_cc *cc, u32 flight, u64 now_us)
{
	asked += now_us;
	return flight - cc->mss;
}

static void own_restart(struct xtcp_cc *cc)
{
	cc->cwnd = 2 * cc->mss;
}

TEST(cc__an_algorithm_of_ones_own)
{
	static const struct xtcp_cc_ops own = {
		.name = "own", .init = own_init, .acked = own_acked,
		.lost = own_lost, .restart = own_restart,
	};
	struct xtcp_cc cc;

	asked = 0;
	xtcp_cc_init(&cc, &own, 1000, 10);
	EXPECT_EQ(cc.ssthresh, 5000);
	xtcp_cc_acked(&cc, 77, 3);
	EXPECT_EQ(cc.cwnd, 10077);
	xtcp_cc_lost(&cc, 9000, 4);
	EXPECT_EQ(cc.ssthresh, 8000);
	EXPECT_EQ(asked, 7);
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.cwnd, 2000);
}
