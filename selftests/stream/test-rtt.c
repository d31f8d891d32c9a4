// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6298, by vectors. */
#include "stream/rtt.h"
#include "tap.h"

static struct xtcp_rtt fresh(u32 min_us)
{
	struct xtcp_rtt t;

	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, min_us, XTCP_RTO_MAX_US);
	return t;
}

TEST(rtt_init__one_second)
{
	struct xtcp_rtt t = fresh(XTCP_RTO_MIN_US);

	EXPECT_EQ(xtcp_rtt_rto_us(&t), 1000000);
	EXPECT_EQ(t.srtt_us, 0);
}

/* Samples, and what section 2 makes of them, worked out by hand; no floor. */
TEST(rtt_sample__vectors)
{
	static const struct {
		u32 rtt, srtt, var, rto;
	} v[] = {
		{ 100000, 100000, 50000, 300000 },
		{ 100000, 100000, 37500, 250000 },
		{ 200000, 112500, 53125, 325000 },
		{ 100000, 110938, 42969, 282814 },
		{ 10000, 98321, 57462, 328169 },
	};
	struct xtcp_rtt t = fresh(1000);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("sample %u", i);
		xtcp_rtt_sample(&t, v[i].rtt);
		EXPECT(t.srtt_us + 3 >= v[i].srtt && t.srtt_us <= v[i].srtt + 3);
		EXPECT(t.rttvar_us + 3 >= v[i].var &&
		       t.rttvar_us <= v[i].var + 3);
		EXPECT(t.rto_us + 12 >= v[i].rto && t.rto_us <= v[i].rto + 12);
	}
}

/* A peer may delay an ACK by 200 ms on the shortest of paths. */
TEST(rtt_sample__floor)
{
	struct xtcp_rtt t = fresh(XTCP_RTO_MIN_US);
	u32 i;

	for (i = 0; i < 100; i++)
		xtcp_rtt_sample(&t, 50);
	EXPECT(t.srtt_us <= 60);
	EXPECT(xtcp_rtt_rto_us(&t) >= XTCP_RTO_MIN_US);
	EXPECT(xtcp_rtt_rto_us(&t) <= XTCP_RTO_MIN_US + 60);
	xtcp_rtt_sample(&t, 0);
	EXPECT(t.srtt_us > 0);
}

TEST(rtt_sample__ceiling)
{
	struct xtcp_rtt t = fresh(XTCP_RTO_MIN_US);

	xtcp_rtt_sample(&t, 0xffffffff);
	EXPECT_EQ(xtcp_rtt_rto_us(&t), XTCP_RTO_MAX_US);
}

TEST(rtt_back_off__doubles_to_the_maximum)
{
	struct xtcp_rtt t = fresh(XTCP_RTO_MIN_US);
	u32 wanted = 1000000, i;

	for (i = 0; i < 40; i++) {
		EXPECT_EQ(xtcp_rtt_rto_us(&t), wanted);
		xtcp_rtt_back_off(&t);
		wanted = wanted * 2 < XTCP_RTO_MAX_US ? wanted * 2 :
							XTCP_RTO_MAX_US;
	}
	xtcp_rtt_sample(&t, 100000);
	EXPECT_EQ(xtcp_rtt_rto_us(&t), 300000);
}

TEST(rtt_lost_syn__three_seconds)
{
	struct xtcp_rtt t = fresh(XTCP_RTO_MIN_US);

	xtcp_rtt_lost_syn(&t);
	EXPECT_EQ(xtcp_rtt_rto_us(&t), 3000000);
	xtcp_rtt_sample(&t, 100000);
	EXPECT_EQ(xtcp_rtt_rto_us(&t), 300000);
}

/* One segment is timed, to the ACK that covers it, across the circle's seam. */
TEST(rtt_acked__times_one_segment)
{
	struct xtcp_rtt t = fresh(1000);

	EXPECT(!xtcp_rtt_acked(&t, 5, 1000));
	xtcp_rtt_sent(&t, 5, 1000);
	xtcp_rtt_sent(&t, 50, 2000);
	EXPECT(!xtcp_rtt_acked(&t, 0xfffffffe, 3000));
	EXPECT(!xtcp_rtt_acked(&t, 4, 3000));
	EXPECT(xtcp_rtt_acked(&t, 7, 31000));
	EXPECT_EQ(t.srtt_us, 30000);
	EXPECT(!xtcp_rtt_acked(&t, 50, 50000));
}

TEST(rtt_forget__karn)
{
	struct xtcp_rtt t = fresh(1000);

	xtcp_rtt_back_off(&t);
	xtcp_rtt_sent(&t, 5, 1000);
	xtcp_rtt_forget(&t);
	EXPECT(!xtcp_rtt_acked(&t, 5, 2000));
	EXPECT_EQ(t.srtt_us, 0);
	/* The back-off outlives an ambiguous ACK. */
	EXPECT_EQ(xtcp_rtt_rto_us(&t), 2000000);
}

TEST(rtt_echo__only_where_karn_forbids)
{
	struct xtcp_rtt t = fresh(1000);

	EXPECT(!xtcp_rtt_echo(&t, 30));
	xtcp_rtt_forget(&t);
	EXPECT(!xtcp_rtt_echo(&t, 0x80000000));
	EXPECT(!xtcp_rtt_echo(&t, 120001));
	EXPECT(xtcp_rtt_echo(&t, 30));
	EXPECT_EQ(t.srtt_us, 30000);
	EXPECT(!xtcp_rtt_echo(&t, 30));
}
