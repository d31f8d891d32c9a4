// SPDX-License-Identifier: GPL-2.0-only
/* What a stream knows only while it is more than question and answer. */
#include "end.h"
#include "tap.h"

/* A connection that has SACK and CUBIC, like most */
static void begin(struct end *e)
{
	struct xtcp_stream_params p;

	xtcp_stream_defaults(&p);
	end_init_with(e, 1, &p, 0);
	e->r.flags |= XTCP_F_SACK;
	xtcp_rtt_sample(&e->s.rtt, RTT_US);
}

/* One flight of @n segments, acknowledged as a whole */
static void flight(struct end *e, u32 n)
{
	end_write(e, n * MSS);
	EXPECT_EQ(end_transmit(e), n);
	e->now_us += RTT_US;
	end_ack(e, e->r.snd_nxt, WND);
	end_transmit(e);
}

static bool taken(struct end *e)
{
	return xtcp_stream_take_bulk(&e->s, &e->r, e->now_us, false);
}

TEST(bulk__none_for_question_and_answer)
{
	struct end e;
	u32 i;

	begin(&e);
	for (i = 0; i < 100; i++) {
		flight(&e, 1);
		EXPECT(!e.s.bulk);
	}
	end_fin(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(!e.s.bulk);
}

TEST(bulk__with_the_second_segment)
{
	struct end e;

	begin(&e);
	end_write(&e, 2 * MSS);
	EXPECT_EQ(end_transmit(&e), 2);
	EXPECT(e.s.bulk);
	EXPECT(xtcp_stream_board(&e.s));
	/* Not while something is under way. */
	EXPECT(!taken(&e));
	e.now_us += RTT_US;
	end_ack(&e, e.r.snd_nxt, WND);
	end_transmit(&e);
	EXPECT(taken(&e));
	EXPECT(!e.s.bulk);
	EXPECT(!e.s.cc.own);
}

/* HyStart++'s rounds count until a restart after idle time would end them. */
TEST(bulk__rounds_of_slow_start)
{
	struct end e;

	begin(&e);
	flight(&e, 10);
	EXPECT(!taken(&e));
	e.now_us += xtcp_rtt_rto_us(&e.s.rtt) + 1;
	EXPECT(taken(&e));
	e.p.idle_restart = false;
	flight(&e, 15);
	e.now_us += 10 * xtcp_rtt_rto_us(&e.s.rtt);
	EXPECT(!taken(&e));
}

/* What was lost once counts for as long as the connection lasts. */
TEST(bulk__remembers_losses)
{
	struct end e;

	begin(&e);
	end_write(&e, 10 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	e.now_us += RTT_US;
	end_sack_one(&e, 1 + 4 * MSS, 1 + 10 * MSS);
	EXPECT(end_transmit(&e) > 0);
	e.now_us += RTT_US;
	end_ack(&e, e.r.snd_nxt, WND);
	end_transmit(&e);
	EXPECT_EQ(e.r.snd_una, e.r.snd_nxt);
	e.now_us += 100 * RTT_US;
	EXPECT(!taken(&e));
	EXPECT(xtcp_stream_take_bulk(&e.s, &e.r, e.now_us, true) == &e.bulk);
}

/* What is to be told stays until it is told. */
TEST(bulk__blocks_to_report)
{
	struct xtcp_segment seg = {};
	struct end e;

	begin(&e);
	end_bulk(&e);
	xtcp_sack_stored(&e.bulk.sack, 6000, 7000);
	EXPECT(!taken(&e));
	xtcp_sack_purged(&e.bulk.sack);
	xtcp_sack_twice(&e.bulk.sack, 4000, 5000);
	EXPECT(!taken(&e));
	xtcp_sack_put(&e.bulk.sack, &e.r, 40, &seg);
	EXPECT_EQ(seg.nsacks, 1);
	EXPECT(taken(&e));
}

/* Without memory for CUBIC's curve its window still falls and grows. */
TEST(bulk__cubic_without)
{
	struct xtcp_cc cc;
	u32 i;

	xtcp_cc_init(&cc, &xtcp_cubic, 1000, 10);
	EXPECT(!cc.own);
	xtcp_cc_acked(&cc, 1000, 1);
	EXPECT_EQ(cc.cwnd, 11000);
	cc.cwnd = 100000;
	xtcp_cc_lost(&cc, 100000, 2);
	EXPECT_EQ(cc.ssthresh, 70000);
	cc.cwnd = cc.ssthresh;
	for (i = 0; i < 70; i++)
		xtcp_cc_acked(&cc, 1000, 3);
	EXPECT_EQ(cc.cwnd, 71000);
	xtcp_cc_restart(&cc);
	EXPECT_EQ(cc.cwnd, 10000);
	EXPECT(xtcp_cc_blank(&cc, false));
}

/* A time-out of a connection for which there is no memory: RFC 6298 alone */
TEST(bulk__time_out_without)
{
	struct end e;

	begin(&e);
	end_write(&e, MSS);
	EXPECT_EQ(end_transmit(&e), 1);
	e.r.retries = 1;
	e.now_us += 1000000;
	xtcp_stream_timeout(&e.s, &e.r, e.now_us);
	EXPECT(!e.s.bulk);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	EXPECT(xtcp_stream_next(&e.s, &e.r, &e.q, e.now_us, &e.out));
	EXPECT_EQ(e.out.seq, 1);
	EXPECT(e.out.again);
	xtcp_stream_sent(&e.s, &e.r, &e.out, e.now_us);
	end_ack(&e, 1 + MSS, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
}
