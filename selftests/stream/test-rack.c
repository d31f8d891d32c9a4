// SPDX-License-Identifier: GPL-2.0-only
/* RACK, PRR and the probe's arithmetic: RFC 8985 6 and 7, RFC 9937 6. */
#include "stream/prr.h"
#include "stream/rack.h"
#include "stream/tlp.h"
#include "tap.h"

static u64 memory[256];
static struct xtcp_board *const board = (void *)memory;
static struct xtcp_min_rtt min_rtt;

/* Ten segments of 100 bytes, sent 1000 us apart from 1000 on */
static void ten(struct xtcp_rack *k)
{
	u32 i;

	xtcp_rack_init(k, 0);
	xtcp_min_rtt_init(&min_rtt);
	xtcp_board_init(board, sizeof(memory), 0, 0, 0);
	for (i = 0; i < 10; i++)
		xtcp_board_sent(board, i * 100, i * 100 + 100,
				1000 + i * 1000, 0);
}

static void sack(struct xtcp_rack *k, u32 left, u32 right, u64 now_us)
{
	struct xtcp_delivery d = {
		.now_us = (u32)now_us, .echo_us = ~0u, .once_us = ~0u,
		.fack = k->fack,
		.min_rtt_us = xtcp_min_rtt_us(&min_rtt),
	};

	xtcp_board_sack(board, left, right, &d);
	xtcp_rack_delivered(k, &min_rtt, &d, right, now_us);
}

/* RFC 8985 6.2 step 5: sent before, and a round trip and the window ago */
TEST(rack_detect__by_time)
{
	struct xtcp_rack k;

	ten(&k);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 0, 100000), 0);
	/* The third arrives after 20 ms: two were sent before it. */
	sack(&k, 200, 300, 23000);
	EXPECT_EQ(k.rtt_us, 20000);
	EXPECT_EQ(xtcp_min_rtt_us(&min_rtt), 20000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 23000), 0);
	/* The second needs the longest. */
	EXPECT_EQ(k.due_us, 2000 + 20000 + 5000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 26000), 100);
	EXPECT_EQ(k.due_us, 27000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 27000), 100);
	EXPECT_EQ(k.due_us, 0);
	/* Those sent later are not, however long it takes. */
	EXPECT_EQ(xtcp_rack_detect(&k, board, 0, 900000), 0);
	EXPECT_EQ(board->lost, 200);
}

/* It waits for the one that needs longest, wherever that stands. */
TEST(rack_detect__longest_wait)
{
	struct xtcp_rack k;

	ten(&k);
	/* The first went again shortly before the fifth had left. */
	xtcp_board_sent(board, 0, 100, 4500, 0);
	sack(&k, 400, 500, 25000);
	EXPECT_EQ(k.rtt_us, 20000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 25000), 0);
	EXPECT_EQ(k.due_us, 4500 + 20000 + 5000);
	/* To the microsecond: not yet, and then */
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 28999), 200);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 29499), 100);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 5000, 29500), 100);
}

/* Sent at the same time: the one with the higher end is the later. */
TEST(rack_sent_after__ties)
{
	EXPECT(xtcp_sent_after(2, 100, 1, 200));
	EXPECT(!xtcp_sent_after(1, 200, 2, 100));
	EXPECT(xtcp_sent_after(1, 200, 1, 100));
	EXPECT(!xtcp_sent_after(1, 100, 1, 200));
	EXPECT(!xtcp_sent_after(1, 100, 1, 100));
	EXPECT(xtcp_sent_after(5, 100, 0xfffffff0, 200));
	EXPECT(xtcp_sent_after(5, 5, 5, 0xfffffff0));
}

/* A new board begins without the old one's last delivery, long ago. */
TEST(rack_begin__forgets)
{
	struct xtcp_rack k;

	ten(&k);
	sack(&k, 400, 500, 25000);
	xtcp_rack_detect(&k, board, 90000, 25000);
	EXPECT(k.due_us);
	xtcp_rack_begin(&k, 1000);
	EXPECT_EQ(k.due_us, 0);
	EXPECT_EQ(k.fack, 1000);
	xtcp_board_init(board, sizeof(memory), 1000, 1100, 0x80002000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 0, 0x90000000), 0);
	EXPECT_EQ(board->lost, 0);
	/* Its first delivery counts, though half a circle away. */
	xtcp_board_sent(board, 1100, 1200, 0x90000000, 0);
	sack(&k, 1100, 1200, 0x90005000);
	EXPECT_EQ(k.sent_us, 0x90000000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 0, 0x90005000), 100);
}

/* A retransmission is lost when something sent after it arrives. */
TEST(rack_detect__lost_retransmission)
{
	struct xtcp_rack k;

	ten(&k);
	sack(&k, 200, 300, 23000);
	xtcp_rack_detect(&k, board, 0, 23000);
	EXPECT_EQ(board->lost, 200);
	xtcp_board_sent(board, 0, 100, 23000, 0);
	xtcp_board_sent(board, 100, 200, 24000, 0);
	/* All that was sent before them says nothing. */
	sack(&k, 300, 1000, 31000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 0, 60000), 0);
	sack(&k, 100, 200, 44000);
	EXPECT_EQ(xtcp_rack_detect(&k, board, 0, 44000), 100);
}

/* With a smoothed round trip of 40 ms */
static u32 window_us(const struct xtcp_rack *k, bool hasty)
{
	return xtcp_rack_window_us(k, xtcp_min_rtt_us(&min_rtt), 40000, hasty);
}

/* RFC 8985 6.2 step 4: zero, a part of the round trip, at most SRTT */
TEST(rack_window__adapts)
{
	struct xtcp_rack k;
	u32 i;

	xtcp_rack_init(&k, 0);
	xtcp_min_rtt_init(&min_rtt);
	EXPECT_EQ(window_us(&k, false), 10000);
	xtcp_min_rtt_sample(&min_rtt, 20000, 1);
	EXPECT_EQ(window_us(&k, false), 5000);
	EXPECT_EQ(window_us(&k, true), 0);
	k.reordering = true;
	EXPECT_EQ(window_us(&k, true), 5000);
	/* Once in a round trip */
	xtcp_rack_dsack(&k, true, 100, 500);
	xtcp_rack_dsack(&k, true, 400, 900);
	EXPECT_EQ(window_us(&k, true), 10000);
	for (i = 1; i < 20; i++)
		xtcp_rack_dsack(&k, true, i * 500, i * 500 + 500);
	EXPECT_EQ(window_us(&k, true), 40000);
	/* For sixteen recoveries */
	for (i = 0; i < 15; i++)
		xtcp_rack_recovered(&k);
	EXPECT_EQ(window_us(&k, true), 40000);
	xtcp_rack_recovered(&k);
	EXPECT_EQ(window_us(&k, true), 5000);
}

TEST(rack_delivered__sees_reordering)
{
	struct xtcp_rack k;

	ten(&k);
	sack(&k, 300, 400, 23000);
	EXPECT(!k.reordering);
	EXPECT_EQ(k.fack, 400);
	sack(&k, 600, 700, 24000);
	EXPECT(!k.reordering);
	sack(&k, 100, 200, 25000);
	EXPECT(k.reordering);
	/* Of what arrived the one sent last counts. */
	EXPECT_EQ(k.sent_us, 7000);
	EXPECT_EQ(k.end, 700);
}

TEST(min_rtt__forgets)
{
	struct xtcp_min_rtt m;

	xtcp_min_rtt_init(&m);
	EXPECT_EQ(xtcp_min_rtt_us(&m), ~0u);
	xtcp_min_rtt_sample(&m, 0, 1000);
	EXPECT_EQ(xtcp_min_rtt_us(&m), 1);
	xtcp_min_rtt_init(&m);
	xtcp_min_rtt_sample(&m, 100, 1000);
	xtcp_min_rtt_sample(&m, 300, 2000);
	EXPECT_EQ(xtcp_min_rtt_us(&m), 100);
	xtcp_min_rtt_sample(&m, 300, 2000 + XTCP_MIN_RTT_US / 2);
	EXPECT_EQ(xtcp_min_rtt_us(&m), 100);
	xtcp_min_rtt_sample(&m, 400, 4000 + XTCP_MIN_RTT_US);
	xtcp_min_rtt_sample(&m, 400, 8000 + 2ull * XTCP_MIN_RTT_US);
	EXPECT_EQ(xtcp_min_rtt_us(&m), 400);
}

static u32 prr(struct xtcp_prr *p, u32 delivered, u32 pipe, bool safe)
{
	struct xtcp_prr_ack a = {
		.delivered = delivered, .pipe = pipe, .ssthresh = 5000,
		.mss = 1000, .safe = safe,
	};

	return xtcp_prr_acked(p, &a);
}

/* As many leave, of what is delivered, as ssthresh is of the flight. */
TEST(prr__proportion)
{
	struct xtcp_prr p;
	u32 i, pipe = 20000, sent = 0;

	xtcp_prr_begin(&p, 20000);
	for (i = 0; i < 15; i++) {
		pipe -= 1000;
		while (pipe + 1000 <= prr(&p, 0, pipe, false)) {
			pipe += 1000;
			sent += 1000;
			xtcp_prr_sent(&p, 1000);
		}
		prr(&p, 1000, pipe, false);
	}
	EXPECT(sent >= 3000 && sent <= 5000);
	EXPECT(pipe >= 7000 && pipe <= 10000);
}

/* The first retransmission leaves whatever the proportion says. */
TEST(prr__first_goes_at_once)
{
	struct xtcp_prr p;

	xtcp_prr_begin(&p, 20000);
	EXPECT_EQ(prr(&p, 1000, 19000, false), 20000);
	xtcp_prr_sent(&p, 1000);
	EXPECT_EQ(prr(&p, 1000, 19000, false), 19000);
}

/* Below ssthresh: what is delivered; one more if that is safe; no burst */
TEST(prr__bounds)
{
	struct xtcp_prr p;

	xtcp_prr_begin(&p, 20000);
	xtcp_prr_sent(&p, 1000);
	EXPECT_EQ(prr(&p, 1000, 1000, false), 2000);
	xtcp_prr_sent(&p, 1000);
	EXPECT_EQ(prr(&p, 1000, 1000, true), 3000);
	xtcp_prr_sent(&p, 2000);
	EXPECT_EQ(prr(&p, 9000, 1000, true), 5000);
	/* At ssthresh nothing more */
	EXPECT_EQ(prr(&p, 1000, 5000, true), 5000);
}

TEST(tlp_wait__twice_the_round_trip)
{
	EXPECT_EQ(xtcp_tlp_wait_us(0, 1000, 1000), 1000000);
	EXPECT_EQ(xtcp_tlp_wait_us(30000, 2000, 1000), 60000);
	EXPECT_EQ(xtcp_tlp_wait_us(30000, 1000, 1000), 260000);
}

/* RFC 8985 7.4.2: what an answer says of the probe */
TEST(tlp_acked__what_became_of_it)
{
	static const struct xtcp_sack_block twice = { 900, 1000 };
	static const struct xtcp_sack_block other = { 800, 900 };
	static const struct {
		bool again, dup;
		u32 ack;
		u8 nsacks;
		const struct xtcp_sack_block *twice;
		bool lost, out;
	} v[] = {
		{ true, false, 999, 0, NULL, false, true },
		{ false, false, 1000, 0, NULL, false, false },
		{ true, false, 1000, 1, &twice, false, false },
		{ true, true, 1000, 1, &twice, false, false },
		{ true, false, 1000, 0, NULL, false, true },
		{ true, true, 1000, 0, NULL, false, false },
		{ true, true, 1000, 1, &other, false, true },
		{ true, false, 1001, 0, NULL, true, false },
		{ true, false, 1001, 1, &other, true, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct xtcp_segment seg = {
			.ack = v[i].ack, .nsacks = v[i].nsacks,
		};
		struct xtcp_tlp p = {};

		test_case("row %u", i);
		xtcp_tlp_sent(&p, 1000, v[i].again);
		EXPECT_EQ(xtcp_tlp_acked(&p, &seg, v[i].twice, v[i].dup),
			  v[i].lost);
		EXPECT_EQ(p.out, v[i].out);
	}
}
