// SPDX-License-Identifier: GPL-2.0-only
/*
 * What recovery with selective acknowledgments concludes from an ACK, and from
 * none: windows, ages, marks. RFC 5681, 3522, 8985, 9937.
 */
#include "end.h"
#include "tap.h"

static void out(struct end *e, u32 n)
{
	end_init_selective(e, 1, n);
}

/* RFC 5681 3.1: half of what is under way, of which no more than the window */
TEST(selective__halves_the_lesser)
{
	static const struct {
		u32 cwnd, ssthresh;
	} v[] = {
		{ 30 * MSS, 5 * MSS }, { 10 * MSS, 5 * MSS }, { 6 * MSS, 3 * MSS },
	};
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("cwnd %u", v[i].cwnd);
		out(&e, 10);
		e.s.cc.cwnd = v[i].cwnd;
		EXPECT(end_sack_one(&e, 1001, 4001) & XTCP_ACK_FAST);
		EXPECT_EQ(e.s.cc.ssthresh, v[i].ssthresh);
	}
}

/* Karn: only what was sent once tells congestion control the time it took. */
TEST(selective__round_trip_for_cc)
{
	struct end e;

	out(&e, 10);
	e.now_us += 77;
	end_sack_one(&e, 2001, 3001);
	EXPECT_EQ(e.s.bulk->cc.rtt_us, RTT_US + 77);
	end_sack_one(&e, 2001, 3001);
	EXPECT_EQ(e.s.bulk->cc.rtt_us, 0);
	xtcp_board_lose(xtcp_stream_board(&e.s), 0);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
	e.now_us += RTT_US;
	end_ack(&e, 1001, WND);
	EXPECT_EQ(e.s.bulk->cc.rtt_us, 0);
}

/* RACK.fack: the highest that any block of the ACK names */
TEST(selective__highest_delivered)
{
	const u32 blocks[][2] = { { 6001, 7001 }, { 3001, 4001 } };
	struct end e;

	out(&e, 10);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.fack, 1);
	end_sack(&e, 1, 2, blocks);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.fack, 7001);
	end_ack(&e, 4001, WND);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.fack, 7001);
}

/* RFC 9937: one segment more when the ACK moves and nothing more is lost */
TEST(selective__prr_safe)
{
	struct end e;
	u32 pipe;

	out(&e, 20);
	end_sack_one(&e, 1001, 4001);
	end_transmit(&e);
	e.s.cc.ssthresh = 50 * MSS;
	e.s.bulk->sel.prr.out = 100 * MSS;
	/* It does not move. */
	end_sack_one(&e, 1001, 5001);
	pipe = xtcp_board_pipe(xtcp_stream_board(&e.s));
	EXPECT_EQ(e.s.cc.cwnd, pipe + MSS);
	/* No news at all */
	e.s.cc.cwnd = 12345;
	end_sack_one(&e, 1001, 5001);
	EXPECT_EQ(e.s.cc.cwnd, 12345);
	/* It moves, and nothing is missing. */
	end_ack(&e, 5001, WND);
	pipe = xtcp_board_pipe(xtcp_stream_board(&e.s));
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT_EQ(e.s.cc.cwnd, pipe + 2 * MSS);
	/* It moves, and more is missing. */
	{
		const u32 beyond[][2] = { { 8001, 9001 } };

		end_sack(&e, 6001, 1, beyond);
	}
	EXPECT_EQ(xtcp_stream_board(&e.s)->lost, 2 * MSS);
	EXPECT_EQ(e.s.cc.cwnd, xtcp_board_pipe(xtcp_stream_board(&e.s)) + 2 * MSS);
}

/* RFC 6675 5.1: during recovery the flight is what is believed under way. */
TEST(selective__timeout_counts_the_pipe)
{
	struct end e;

	out(&e, 20);
	end_sack_one(&e, 1001, 19001);
	EXPECT_EQ(e.s.cc.ssthresh, 10 * MSS);
	EXPECT_EQ(xtcp_board_pipe(xtcp_stream_board(&e.s)), MSS);
	e.r.retries = 1;
	xtcp_stream_timeout(&e.s, &e.r, e.now_us);
	EXPECT_EQ(e.s.cc.ssthresh, 2 * MSS);
}

/* A time-out's recovery ends where slow start has come to, not at ssthresh. */
TEST(selective__loss_ends_in_slow_start)
{
	struct end e;

	out(&e, 20);
	e.r.retries = 1;
	xtcp_stream_timeout(&e.s, &e.r, e.now_us);
	end_transmit(&e);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_SENT);
	e.s.bulk->sel.undo.set = false;
	/* What the blocks told of is no news when it is acknowledged. */
	end_sack_one(&e, 3001, 20001);
	end_ack(&e, e.r.snd_nxt, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT_EQ(e.s.cc.cwnd, 4 * MSS);
	EXPECT(e.s.cc.cwnd < e.s.cc.ssthresh);
}

/* Duplicates are counted as far as a byte goes. */
TEST(selective__many_duplicates)
{
	struct end e;

	out(&e, 10);
	e.s.recovery.dupacks = 254;
	end_sack_one(&e, 1001, 1002);
	EXPECT_EQ(e.s.recovery.dupacks, 255);
	end_sack_one(&e, 1001, 1003);
	EXPECT_EQ(e.s.recovery.dupacks, 255);
}

/* An undo leaves nothing of the recovery behind. */
TEST(undo__clears_the_recovery)
{
	const u32 twice[][2] = { { 1, 1001 } };
	struct end e;

	out(&e, 10);
	end_sack_one(&e, 1001, 4001);
	end_send(&e);
	e.s.recovery.head = true;
	e.s.recovery.back = true;
	e.s.bulk->sel.frto = XTCP_FRTO_SENT;
	EXPECT(e.s.recovery.dupacks);
	xtcp_board_lose(xtcp_stream_board(&e.s), 2);
	end_sack(&e, 1001, 1, twice);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undone, 1);
	EXPECT_EQ(e.s.recovery.dupacks, 0);
	EXPECT(!e.s.recovery.head && !e.s.recovery.back);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT_EQ(xtcp_stream_board(&e.s)->lost, 0);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
}

/*
 * RFC 3522: is the echo older than the first repeat? It counts in milliseconds,
 * so it must be older by more than one; and it means nothing beyond the longest
 * round trip there is.
 */
TEST(undo_eifel__age_of_the_echo)
{
	static const struct {
		u32 since_us, age_ms;
		bool undo;
	} v[] = {
		{ 5000, 6, false }, { 5000, 7, true },
		{ 5000000, 5001, false }, { 5000000, 5002, true },
		{ 0, 0, false }, { 0, 1, false }, { 0, 2, true },
		{ 1000, XTCP_RTT_MAX_US / 1000, true },
		{ 1000, XTCP_RTT_MAX_US / 1000 + 1, false },
		{ 1000, ~0u, false },
	};
	struct end e;
	u32 i, now_ms;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		out(&e, 10);
		e.now_us += 1000000000;
		e.r.flags |= XTCP_F_TS;
		e.r.ts_offset = 0x12345678;
		e.r.retries = 1;
		xtcp_stream_timeout(&e.s, &e.r, e.now_us);
		e.s.bulk->sel.undo.first_us = e.now_us - v[i].since_us;
		now_ms = e.now_us / 1000;
		EXPECT_EQ(!!(end_ack_ts(&e, 1001, WND, now_ms + 0x12345678 -
					v[i].age_ms) & XTCP_ACK_UNDO),
			  v[i].undo);
	}
}

/* New text is no repeat, and a repeat is no new text. */
TEST(selective_sent__fresh_and_again)
{
	struct end e;
	u64 from_us;

	out(&e, 10);
	xtcp_undo_begin(&e.s.bulk->sel.undo, &e.s.cc, 1, e.r.snd_nxt);
	e.s.cc.cwnd = 11 * MSS;
	EXPECT(end_send(&e));
	EXPECT(!e.out.again);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.first_us, 0);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.again, 0);
	EXPECT_EQ(e.s.tlp.from_us, e.now_us);
	from_us = e.now_us;
	e.now_us += 500;
	xtcp_board_lose(xtcp_stream_board(&e.s), 0);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.first_us, e.now_us);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.again, e.out.len);
	EXPECT_EQ(e.s.tlp.from_us, from_us);
}

/* RFC 8985 6.2 step 4: one DSACK in a round trip lengthens the wait. */
TEST(selective__dsack_once_a_round)
{
	const u32 twice[][2] = { { 1, 1001 } };
	struct end e;

	out(&e, 10);
	end_ack(&e, 1001, WND);
	end_sack(&e, 1001, 1, twice);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.factor, 2);
	end_sack(&e, 5001, 1, twice);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.factor, 2);
	end_sack(&e, 10001, 1, twice);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.factor, 3);
}

/* The wait for reordering is over, and there is nothing to say. */
TEST(selective_due__nothing_lost)
{
	struct end e;

	out(&e, 10);
	e.s.bulk->sel.rack.due_us = 77;
	xtcp_selective_due(&e.s, &e.r, e.now_us);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.due_us, 0);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	xtcp_stream_take_board(&e.s, &e.r, true);
	e.s.bulk->sel.rack.due_us = 77;
	xtcp_selective_due(&e.s, &e.r, e.now_us);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.due_us, 0);
}

/* The end that an answer to the probe is measured by */
TEST(tail_probe__end)
{
	struct end e;

	out(&e, 4);
	end_expire(&e);
	EXPECT_EQ(e.s.tlp.due, true);
	e.s.cc.cwnd = 3 * MSS;
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.s.tlp.end, e.r.snd_nxt);
	EXPECT_EQ(e.s.tlp.again, e.out.again);
	EXPECT_EQ(e.r.snd_nxt, 5001);
}

/* How much of the window was used is measured anew in each round trip. */
TEST(stream_ack__peak_of_the_round)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 60 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	EXPECT_EQ(e.s.peak, 10 * MSS);
	end_ack(&e, 1 + 4 * MSS, WND);
	EXPECT_EQ(e.s.peak, 6 * MSS);
	EXPECT_EQ(e.s.peak_end, e.r.snd_nxt);
}
