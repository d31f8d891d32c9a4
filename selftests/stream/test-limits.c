// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest and the largest of what the stream counts with, and what is one
 * beyond (RFC 6298, 7323 2, 9293 3.8.4 to 3.8.6).
 */
#include <string.h>

#include "end.h"
#include "stream/blackhole.h"
#include "tap.h"

/* ---- round trip and time-out: RFC 6298 ---- */

/* By hand, with the divisions rounded down: section 2 to the microsecond */
TEST(rtt_sample__to_the_microsecond)
{
	static const struct {
		u32 rtt, srtt, var;
	} v[] = {
		{ 100000, 100000, 50000 },
		{ 200000, 112500, 62500 },
		{ 12, 98439, 74997 },
		{ 98439, 98439, 56248 },
		{ 120000000, 15086135, 30017576 },
	};
	struct xtcp_rtt t;
	u32 i, rto;

	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("sample %u", i);
		xtcp_rtt_sample(&t, v[i].rtt);
		EXPECT_EQ(t.srtt_us, v[i].srtt);
		EXPECT_EQ(t.rttvar_us, v[i].var);
		rto = v[i].srtt + 4 * v[i].var;
		EXPECT_EQ(t.rto_us, rto < XTCP_RTO_MAX_US ? rto :
							    XTCP_RTO_MAX_US);
	}
}

TEST(rtt_sample__floor_and_ceiling)
{
	struct xtcp_rtt t;

	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 4000, XTCP_RTO_MAX_US);
	xtcp_rtt_sample(&t, 2000);
	EXPECT_EQ(t.rto_us, 6000);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 4001, XTCP_RTO_MAX_US);
	xtcp_rtt_sample(&t, 2000);
	EXPECT_EQ(t.rto_us, 6001);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, 30000);
	xtcp_rtt_sample(&t, 10000);
	EXPECT_EQ(t.rto_us, 30000);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, 29999);
	xtcp_rtt_sample(&t, 10000);
	EXPECT_EQ(t.rto_us, 29999);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_sample(&t, XTCP_RTT_MAX_US + 1);
	EXPECT_EQ(t.srtt_us, XTCP_RTT_MAX_US);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_sample(&t, 0);
	EXPECT_EQ(t.srtt_us, 1);
}

/* A sample ends the back-off (section 5) and what Karn forbade. */
TEST(rtt_sample__ends_the_back_off)
{
	struct xtcp_rtt t;

	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_back_off(&t);
	xtcp_rtt_forget(&t);
	EXPECT_EQ(t.backoff, 1);
	EXPECT(t.ambiguous);
	xtcp_rtt_sample(&t, 10000);
	EXPECT_EQ(t.backoff, 0);
	EXPECT(!t.ambiguous);
}

TEST(rtt_back_off__sixteen_times)
{
	struct xtcp_rtt t;
	u32 i;

	xtcp_rtt_init(&t, 1, 1, 0xffffffff);
	for (i = 0; i < 40; i++) {
		EXPECT_EQ(xtcp_rtt_rto_us(&t), 1u << (i < 16 ? i : 16));
		xtcp_rtt_back_off(&t);
	}
}

/* It raises the time-out, and never lowers it (5.7). */
TEST(rtt_lost_syn__raises_only)
{
	struct xtcp_rtt t;

	xtcp_rtt_init(&t, 5000000, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_lost_syn(&t);
	EXPECT_EQ(t.rto_us, 5000000);
	xtcp_rtt_init(&t, 2999999, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_lost_syn(&t);
	EXPECT_EQ(t.rto_us, 3000000);
}

/* A clock that jumped by more than 32 bits of microseconds is no short path. */
TEST(rtt_acked__after_an_hour)
{
	struct xtcp_rtt t;

	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_sent(&t, 5, 1000);
	EXPECT(xtcp_rtt_acked(&t, 5, 1000 + (1ull << 32) + 7));
	EXPECT_EQ(t.srtt_us, XTCP_RTT_MAX_US);
	EXPECT(!t.timing);
}

TEST(rtt_echo__edges)
{
	struct xtcp_rtt t;

	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_forget(&t);
	EXPECT(xtcp_rtt_echo(&t, XTCP_RTT_MAX_US / 1000));
	EXPECT_EQ(t.srtt_us, XTCP_RTT_MAX_US);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_forget(&t);
	/* less than the clock's tick is a tick */
	EXPECT(xtcp_rtt_echo(&t, 0));
	EXPECT_EQ(t.srtt_us, 1000);
	xtcp_rtt_init(&t, XTCP_RTO_INIT_US, 1000, XTCP_RTO_MAX_US);
	xtcp_rtt_forget(&t);
	EXPECT(xtcp_rtt_echo(&t, 1));
	EXPECT_EQ(t.srtt_us, 1000);
}

/* ---- probes ---- */

TEST(persist_interval__sixteen_doublings)
{
	struct xtcp_persist p = { 0 };
	u32 i;

	for (i = 0; i < 300; i++) {
		EXPECT_EQ(xtcp_persist_interval_us(&p, 1, 0xffffffff),
			  1u << (i < 16 ? i : 16));
		xtcp_persist_probed(&p);
	}
	EXPECT_EQ(xtcp_persist_interval_us(&p, 0xffffffff, 0xfffffffe),
		  0xfffffffe);
	EXPECT_EQ(xtcp_persist_interval_us(&p, 2, 131072), 131072);
	EXPECT_EQ(xtcp_persist_interval_us(&p, 2, 131071), 131071);
}

/* With a user time-out the count means nothing, and must not run over. */
TEST(keepalive__very_many)
{
	const struct xtcp_keep_params p = {
		.count = 3, .idle_us = 1000, .interval_us = 10,
	};
	struct xtcp_keepalive k = { 0 };
	u64 now_us = 1000;
	u32 i;

	for (i = 0; i < 600; i++) {
		EXPECT_EQ(xtcp_keepalive_expired(&k, &p, 1000000, now_us - 1),
			  XTCP_KEEP_WAIT);
		EXPECT_EQ(xtcp_keepalive_expired(&k, &p, 1000000, now_us),
			  XTCP_KEEP_PROBE);
		EXPECT_EQ(k.probes, i < 255 ? i + 1 : 255);
		EXPECT_EQ(k.probed_us, now_us);
		now_us += 10;
	}
}

/* Gone is who was silent for the whole of the user's time, not a bit less. */
TEST(keepalive__user_timeout_to_the_microsecond)
{
	const struct xtcp_keep_params p = {
		.count = 3, .idle_us = 1000, .interval_us = 10,
	};
	struct xtcp_keepalive k = { .heard_us = 5000 };

	EXPECT_EQ(xtcp_keepalive_expired(&k, &p, 1020, 6000),
		  XTCP_KEEP_PROBE);
	EXPECT_EQ(xtcp_keepalive_expired(&k, &p, 1021, 6020),
		  XTCP_KEEP_PROBE);
	EXPECT_EQ(xtcp_keepalive_expired(&k, &p, 1020, 6020), XTCP_KEEP_WAIT);
	EXPECT_EQ(xtcp_keepalive_expired(&k, &p, 1030, 6030),
		  XTCP_KEEP_GIVE_UP);
	xtcp_keepalive_heard(&k, 7000);
	EXPECT_EQ(k.probes, 0);
	EXPECT_EQ(xtcp_keepalive_deadline_us(&k, &p), 8000);
}

/* ---- the window's field ---- */

TEST(window_initial__edges)
{
	static const struct {
		u32 rcvbuf, most, mss;
		u32 wnd;
		u8 wscale;
	} v[] = {
		/* half of the memory, in whole segments, in 16 bits */
		{ 131070, 0, 1, 65535, 1 },
		{ 131072, 0, 1, 65535, 2 },
		{ 2920, 0, 1460, 1460, 0 },
		{ 2918, 0, 1460, 1459, 0 },
		{ 2922, 0, 1460, 1460, 0 },
		{ 5839, 0, 1460, 1460, 0 },
		{ 5840, 0, 1460, 2920, 0 },
		/* what it may grow to decides the scale */
		{ 2920, 65535, 1460, 1460, 0 },
		{ 2920, 65536, 1460, 1460, 1 },
		{ 65535, 2920, 1, 32767, 0 },
		{ 2920, 65536u << 12, 1460, 1460, 13 },
		{ 2920, 65536u << 13, 1460, 1460, 14 },
		{ 2920, 65536u << 14, 1460, 1460, 14 },
	};
	u8 wscale;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		wscale = 99;
		EXPECT_EQ(xtcp_window_initial(v[i].rcvbuf, v[i].most, v[i].mss,
					      true, &wscale), v[i].wnd);
		EXPECT_EQ(wscale, v[i].wscale);
		EXPECT_EQ(xtcp_window_initial(v[i].rcvbuf, v[i].most, v[i].mss,
					      false, &wscale), v[i].wnd);
		EXPECT_EQ(wscale, 0);
	}
}

/* ---- urgent pointers ---- */

TEST(urgent_field__sixteen_bits)
{
	struct xtcp_urgent u = { 0 };

	xtcp_urgent_send(&u, 100);
	EXPECT_EQ(xtcp_urgent_field(&u, 100 - 65534), 65534);
	EXPECT_EQ(xtcp_urgent_field(&u, 100 - 65535), 65535);
	EXPECT_EQ(xtcp_urgent_field(&u, 100 - 65536), 65535);
	EXPECT_EQ(xtcp_urgent_field(&u, 100 - 65537), 65535);
}

TEST(urgent__nothing_urgent)
{
	struct xtcp_urgent u = { .rcv_up = 50 };

	EXPECT(!xtcp_urgent_at_mark(&u, 49));
	EXPECT_EQ(xtcp_urgent_limit(&u, 40, 100), 100);
	EXPECT_EQ(xtcp_urgent_unread(&u, 40), 0);
	xtcp_urgent_read(&u, 60);
	EXPECT(!u.receiving);
}

TEST(urgent_limit__to_the_mark)
{
	struct xtcp_urgent u = { .receiving = true, .rcv_up = 50 };

	EXPECT_EQ(xtcp_urgent_limit(&u, 40, 8), 8);
	EXPECT_EQ(xtcp_urgent_limit(&u, 40, 9), 9);
	EXPECT_EQ(xtcp_urgent_limit(&u, 40, 10), 9);
	EXPECT_EQ(xtcp_urgent_limit(&u, 48, 10), 1);
	EXPECT_EQ(xtcp_urgent_limit(&u, 49, 10), 10);
	EXPECT_EQ(xtcp_urgent_limit(&u, 50, 10), 10);
	EXPECT_EQ(xtcp_urgent_unread(&u, 49), 1);
	EXPECT_EQ(xtcp_urgent_unread(&u, 50), 0);
	EXPECT_EQ(xtcp_urgent_unread(&u, 51), 0);
	xtcp_urgent_read(&u, 49);
	EXPECT(u.receiving);
	xtcp_urgent_read(&u, 51);
	EXPECT(!u.receiving);
}

/* Read already: no news, and what is announced next is. */
TEST(urgent_received__after_reading)
{
	struct xtcp_urgent u = { 0 };

	EXPECT(xtcp_urgent_received(&u, 50, 49));
	xtcp_urgent_read(&u, 50);
	EXPECT(!xtcp_urgent_received(&u, 50, 50));
	EXPECT(!u.receiving);
	/* an older one than the last, though that is read, is one all the same */
	EXPECT(xtcp_urgent_received(&u, 51, 50));
	EXPECT(u.receiving);
	EXPECT_EQ(u.rcv_up, 51);
}

/* ---- delayed ACKs ---- */

TEST(delack_init__bounded)
{
	static const u32 delays[] = {
		0, 1, XTCP_DELACK_MAX_US - 1, XTCP_DELACK_MAX_US,
		XTCP_DELACK_MAX_US + 1, 0xffffffff,
	};
	struct xtcp_delack d;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		memset(&d, 0xff, sizeof(d));
		xtcp_delack_init(&d, delays[i], 3, 1448);
		EXPECT_EQ(d.delay_us, i < 4 ? delays[i] : XTCP_DELACK_MAX_US);
		EXPECT_EQ(d.quick, 3);
		EXPECT_EQ(d.full, 1448);
		EXPECT_EQ(d.full_max, 1448);
		EXPECT(!d.pending && !d.interactive && !d.owed);
	}
}

TEST(delack__two_full_segments_to_the_byte)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, 0, 1000);
	EXPECT(!xtcp_delack_received(&d, 1000, true, false, 1000));
	EXPECT(!xtcp_delack_received(&d, 999, true, false, 1000));
	EXPECT(xtcp_delack_received(&d, 1, true, false, 1000));
	EXPECT_EQ(d.owed, 2000);
	xtcp_delack_sent(&d, 0, 1000);
	EXPECT_EQ(d.owed, 0);
}

TEST(delack__full_size_edges)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, 0, 1000);
	xtcp_delack_received(&d, 537, false, false, 1000);
	EXPECT_EQ(d.full, 537);
	/* pushed: it says how much there was, unless it is larger */
	xtcp_delack_received(&d, 536, true, false, 1000);
	EXPECT_EQ(d.full, 537);
	xtcp_delack_received(&d, 538, true, false, 1000);
	EXPECT_EQ(d.full, 538);
	xtcp_delack_received(&d, 536, false, false, 1000);
	EXPECT_EQ(d.full, 536);
	xtcp_delack_received(&d, 535, false, false, 1000);
	EXPECT_EQ(d.full, 536);
	xtcp_delack_received(&d, 1001, false, false, 1000);
	EXPECT_EQ(d.full, 1000);
	/* not even a small peer's full segments are smaller than its maximum */
	xtcp_delack_init(&d, XTCP_DELACK_US, 0, 100);
	xtcp_delack_received(&d, 50, false, false, 1000);
	EXPECT_EQ(d.full, 100);
}

TEST(delack_quickack__and_back)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, 3, 1000);
	xtcp_delack_quickack(&d, true);
	EXPECT_EQ(d.quick, XTCP_QUICKACKS);
	xtcp_delack_quickack(&d, false);
	EXPECT_EQ(d.quick, 0);
}

/* Nothing is owed, so nothing rode on it. */
TEST(delack_sent__nothing_owed)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, 3, 1000);
	d.heard_us = 1000;
	xtcp_delack_sent(&d, 500, 1001);
	EXPECT(!d.interactive);
	EXPECT_EQ(d.quick, 3);
}

/* ---- a path that swallows what is too big: RFC 2923, 4821 ---- */

TEST(blackhole_mss__after_r1)
{
	EXPECT_EQ(xtcp_blackhole_mss(1448, 9000, 0, 536), 0);
	EXPECT_EQ(xtcp_blackhole_mss(1448, 9000, 2, 536), 0);
	EXPECT_EQ(xtcp_blackhole_mss(1448, 9000, 3, 536), 1024);
	EXPECT_EQ(xtcp_blackhole_mss(1448, 9000, 5, 536), 1024);
	EXPECT_EQ(xtcp_blackhole_mss(1024, 9000, 5, 536), 0);
	EXPECT_EQ(xtcp_blackhole_mss(1024, 9000, 6, 536), 536);
	EXPECT_EQ(xtcp_blackhole_mss(536, 9000, 9, 536), 0);
	EXPECT_EQ(xtcp_blackhole_mss(1440, 9000, 3, 1220), 1220);
}

/* What is under way is small anyhow: its size is not the reason. */
TEST(blackhole_mss__little_under_way)
{
	EXPECT_EQ(xtcp_blackhole_mss(1448, 1024, 3, 536), 0);
	EXPECT_EQ(xtcp_blackhole_mss(1448, 1025, 3, 536), 1024);
	EXPECT_EQ(xtcp_blackhole_mss(1448, 1, 12, 536), 0);
}
