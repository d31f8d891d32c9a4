// SPDX-License-Identifier: GPL-2.0-only
/* Bytes across a bad network: all of them, in order, once, and then the end. */
#include "rig.h"
#include "tap.h"

static struct rig rig;

static const u32 seams[] = { 0, 1, 0x7fffff00, 0x80000000, 0xffffffff };

static struct rig_config plain(u32 bytes)
{
	return (struct rig_config){
		.seed = 1, .first = { 1, 1 }, .bytes = { bytes, 0 },
		.mss = 1448, .rcvbuf = 65535, .delay_us = 10000,
		.read_bytes = 65536, .write_bytes = 65536,
	};
}

/* Names the case for whoever has to repeat it. */
static void run(const struct rig_config *c)
{
	test_case("seed %u at %x,%x n %u,%u mss %u buf %u ws %u loss %u dup %u late %u sack %u",
		  c->seed, c->first[0], c->first[1], c->bytes[0], c->bytes[1],
		  c->mss, c->rcvbuf, c->wscale, c->loss, c->repeat,
		  c->jitter_us, c->sack);
	rig_run(&rig, c);
}

TEST(transfer__clean)
{
	struct rig_config c = plain(1000000);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		c.first[0] = seams[i];
		c.first[1] = seams[i] - 40000;
		run(&c);
		EXPECT_EQ(rig.end[0].s.retransmits, 0);
		/* Full ones, but where the writer lets the queue run dry */
		EXPECT(rig.end[0].text_segments <= 1000000 / 1448 + 10);
		EXPECT_EQ(rig.end[0].small_segments, 0);
		/* SHLD-19: every second segment, after the quick ones */
		EXPECT(rig.end[1].acks >= 1000000 / 1448 / 2);
		EXPECT(rig.end[1].acks <= 1000000 / 1448 / 2 + 64);
	}
}

TEST(transfer__nothing_but_fins)
{
	struct rig_config c = plain(0);

	run(&c);
	EXPECT_EQ(rig.end[0].text_segments, 1);
}

TEST(transfer__both_ways)
{
	struct rig_config c = plain(700000);

	c.bytes[1] = 300000;
	run(&c);
	EXPECT_EQ(rig.end[0].s.retransmits + rig.end[1].s.retransmits, 0);
}

/* One segment lost in the middle: fast retransmit mends it, without a time-out */
TEST(transfer__one_lost)
{
	static const u32 lose[] = { 60, 0 };
	struct rig_config c = plain(300000);

	c.lose = lose;
	run(&c);
	EXPECT_EQ(xtcp_stream_sel(&rig.end[0].s)->timeouts, 0);
	EXPECT_EQ(xtcp_stream_sel(&rig.end[0].s)->fast_retransmits, 1);
	EXPECT_EQ(rig.end[0].s.retransmits, 1);
}

/* RFC 6582: partial ACKs mend the rest of the window, with one reduction. */
TEST(transfer__three_lost_in_one_window)
{
	static const u32 lose[] = { 60, 62, 65, 0 };
	struct rig_config c = plain(300000);

	c.lose = lose;
	run(&c);
	EXPECT_EQ(xtcp_stream_sel(&rig.end[0].s)->timeouts, 0);
	EXPECT_EQ(xtcp_stream_sel(&rig.end[0].s)->fast_retransmits, 1);
	EXPECT_EQ(rig.end[0].s.retransmits, 3);
}

/* RFC 3042: too few behind it for three duplicate ACKs, but more to send. */
TEST(transfer__last_text_lost)
{
	static const u32 lose[] = { 7, 8, 0 };	/* the last text and the FIN */
	struct rig_config c = plain(1448 * 7);

	c.lose = lose;
	run(&c);
	EXPECT(xtcp_stream_sel(&rig.end[0].s)->timeouts >= 1);
}

TEST(transfer__fin_lost_three_times)
{
	static const u32 lose[] = { 1, 2, 3, 0 };
	struct rig_config c = plain(0);

	c.lose = lose;
	run(&c);
	EXPECT_EQ(xtcp_stream_sel(&rig.end[0].s)->timeouts, 3);
}

/* Slow start must overflow the queue and yet go on at about the link's speed. */
TEST(transfer__bottleneck)
{
	struct rig_config c = plain(4000000);
	u64 ideal_us = 4000000ull * 800 / 1024;

	c.us_per_kb = 800;
	c.queue = 10;
	c.rcvbuf = 400000;
	c.wscale = 3;
	run(&c);
	EXPECT(rig.lost > 0);
	EXPECT(rig.now_us < 2 * ideal_us);
	EXPECT(xtcp_stream_sel(&rig.end[0].s)->timeouts <= 3);
}

/* A reader that takes a byte at a time: no silly windows, no silly segments. */
TEST(transfer__reader_byte_by_byte)
{
	struct rig_config c = plain(60000);

	c.rcvbuf = 8000;
	c.read_us = 200;
	c.read_bytes = 1;
	run(&c);
	EXPECT(rig.end[0].text_segments < 60000 / 1448 * 2);
}

/* A reader that sleeps: the window closes, probes go out, nothing is lost. */
TEST(transfer__reader_sleeps)
{
	struct rig_config c = plain(200000);
	u32 i;

	c.rcvbuf = 10000;
	c.read_us = 20000000;
	c.read_bytes = 10000;
	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		c.first[0] = seams[i];
		c.seed = i + 7;
		run(&c);
	}
}

/*
 * Both do, and both probe: the byte of a probe that the peer had no room for is
 * beyond its window, and an ACK must not stand behind it, or nobody hears it.
 */
TEST(transfer__readers_sleep_at_both_ends)
{
	struct rig_config c = plain(40000);

	c.bytes[1] = 40000;
	c.rcvbuf = 8000;
	c.read_us = 20000000;
	c.read_bytes = 8000;
	for (c.seed = 1; c.seed < 10 && !test_failures(); c.seed++)
		run(&c);
	/* An ACK per segment, and none for an ACK */
	EXPECT(rig.end[0].acks < 400);
	EXPECT(rig.end[1].acks < 400);
}

/* The same, and the window updates get lost, too. */
TEST(transfer__reader_sleeps_and_loss)
{
	struct rig_config c = plain(60000);

	c.rcvbuf = 6000;
	c.read_us = 3000000;
	c.read_bytes = 6000;
	c.loss = 200;
	for (c.seed = 1; c.seed < 30 && !test_failures(); c.seed++)
		run(&c);
}

TEST(transfer__timestamps)
{
	struct rig_config c = plain(400000);

	c.timestamps = true;
	c.loss = 20;
	for (c.seed = 1; c.seed < 10 && !test_failures(); c.seed++)
		run(&c);
	/* 20 ms there and back, and never measured otherwise by much */
	EXPECT(rig.end[0].s.rtt.srtt_us >= 15000);
	EXPECT(rig.end[0].s.rtt.srtt_us <= 80000);
}

static u32 draw(u32 *random, u32 n)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 8) % n;
}

static struct rig_config anything(u32 seed)
{
	static const u32 msses[] = { 1, 88, 536, 1448, 8948 };
	u32 x = seed * 2654435761u;
	struct rig_config c = {
		.seed = seed,
		.mss = msses[draw(&x, 16) ? 1 + draw(&x, 4) : 0],
		.wscale = draw(&x, 3) ? draw(&x, 9) : 0,
		.delay_us = 1 + draw(&x, 50000),
		.jitter_us = draw(&x, 2) ? draw(&x, 40000) : 0,
		.us_per_kb = draw(&x, 3) ? 0 : draw(&x, 5000),
		.queue = 5 + draw(&x, 60),
		.loss = draw(&x, 2) ? draw(&x, 120) : 0,
		.repeat = draw(&x, 2) ? draw(&x, 100) : 0,
		.fail = draw(&x, 4) ? 0 : draw(&x, 200),
		.read_us = draw(&x, 3) ? 0 : draw(&x, 200000),
		.write_us = draw(&x, 3) ? 0 : draw(&x, 200000),
		.timestamps = draw(&x, 2),
		.nodelay = draw(&x, 2),
	};
	u32 most = c.mss == 1 ? 300 : 60 * c.mss;

	c.first[0] = seams[draw(&x, ARRAY_SIZE(seams))];
	c.first[1] = seams[draw(&x, ARRAY_SIZE(seams))] - draw(&x, 30000);
	c.bytes[0] = draw(&x, most);
	c.bytes[1] = draw(&x, 3) ? 0 : draw(&x, most);
	c.rcvbuf = 2 * c.mss + draw(&x, 40 * c.mss) + (2u << c.wscale);
	c.read_bytes = 1 + c.mss / 8 + draw(&x, 4 * c.mss);
	c.write_bytes = 1 + c.mss / 8 + draw(&x, 8 * c.mss);
	c.sack = draw(&x, 3);
	c.ecn = draw(&x, 3);
	c.mark = draw(&x, 2) ? draw(&x, 300) : 0;
	return c;
}

/* A queue that marks slows the sender down, and nothing is sent twice. */
TEST(transfer__marked)
{
	struct rig_config c = plain(1000000);
	u64 unmarked_us;
	u32 sack;

	c.ecn = true;
	c.wscale = 7;
	c.rcvbuf = 400000;
	for (sack = 0; sack < 2; sack++) {
		c.sack = sack;
		c.mark = 0;
		run(&c);
		unmarked_us = rig.now_us;
		EXPECT_EQ(rig.end[1].s.ecn.marked, 0);
		EXPECT(rig.end[1].s.ecn.seen);
		c.mark = 30;
		run(&c);
		EXPECT_EQ(rig.end[0].s.retransmits, 0);
		EXPECT(rig.end[1].s.ecn.marked > 10);
		EXPECT(rig.now_us > unmarked_us + 5 * 20000);
		/* Once in a round trip, however many there are */
		c.mark = 1000;
		run(&c);
		EXPECT_EQ(rig.end[0].s.retransmits, 0);
		EXPECT_EQ(rig.end[0].s.cc.ssthresh, 2 * 1448);
	}
}

TEST(transfer__anything)
{
	struct rig_config c;
	u32 seed;

	for (seed = 1; seed <= 1500 && !test_failures(); seed++) {
		c = anything(seed);
		run(&c);
	}
}
