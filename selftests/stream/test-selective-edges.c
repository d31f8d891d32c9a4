// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edges of recovery with selective acknowledgments: what counts as what, to
 * the byte. RFC 2883, 6675, 8985, 9937.
 */
#include "end.h"
#include "tap.h"

static void out(struct end *e, u32 n)
{
	end_init_selective(e, 1, n);
}

/* A segment for every two that arrive, until half of them are under way */
TEST(selective__prr_one_for_two)
{
	struct end e;
	u32 i, sent = 1;

	out(&e, 20);
	EXPECT(end_sack_one(&e, 1001, 4001) & XTCP_ACK_FAST);
	EXPECT_EQ(e.s.cc.ssthresh, 10 * MSS);
	EXPECT_EQ(e.s.cc.cwnd, 17500);
	EXPECT_EQ(end_transmit(&e), 1);
	for (i = 4; i < 16; i++) {
		u32 n;

		test_case("segment %u", i);
		end_sack_one(&e, 1001, 1001 + i * MSS);
		n = end_transmit(&e);
		sent += n;
		EXPECT_EQ(n, i % 2 ? 0 : 1);
		EXPECT_EQ(sent, i / 2);
	}
	e.now_us += RTT_US;
	end_ack(&e, e.r.snd_nxt, WND);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
}

/* What makes it hasty, each by itself: RFC 6675 2 */
TEST(selective__three_duplicates_by_count)
{
	struct end e;
	u32 i;

	out(&e, 10);
	for (i = 1; i < 3; i++)
		EXPECT_EQ(end_sack_one(&e, 1001, 1001 + i), XTCP_ACK_DUPLICATE);
	EXPECT_EQ(e.s.recovery.dupacks, 2);
	EXPECT_EQ(end_sack_one(&e, 1001, 1004), XTCP_ACK_DUPLICATE | XTCP_ACK_FAST);
}

TEST(selective__two_segments_and_a_byte)
{
	struct end e;

	out(&e, 10);
	EXPECT_EQ(end_sack_one(&e, 1001, 3001), XTCP_ACK_DUPLICATE);
	out(&e, 10);
	EXPECT_EQ(end_sack_one(&e, 1001, 3002), XTCP_ACK_DUPLICATE | XTCP_ACK_FAST);
}

TEST(selective__hasty_while_it_recovers)
{
	struct end e;

	out(&e, 10);
	e.s.tlp.spent = true;
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	EXPECT_EQ(end_transmit(&e), 1);
	e.now_us += 500;
	end_ack(&e, 1001, WND);
	EXPECT_EQ(end_transmit(&e), 2);
	e.now_us += 500;
	/* The old ones are lost already; no more than that is known. */
	EXPECT_EQ(xtcp_stream_board(&e.s)->lost, 9 * MSS);
}

/* An ACK that says nothing new about what arrived is no duplicate. */
TEST(selective__nothing_new_is_no_duplicate)
{
	struct end e;

	out(&e, 10);
	EXPECT_EQ(end_sack_one(&e, 1001, 2001), XTCP_ACK_DUPLICATE);
	EXPECT_EQ(end_sack_one(&e, 1001, 2001), 0);
	EXPECT_EQ(e.s.recovery.dupacks, 1);
	EXPECT_EQ(end_ack(&e, 1001, WND), XTCP_ACK_NEW | XTCP_ACK_RTT);
	EXPECT_EQ(e.s.recovery.dupacks, 0);
}

/* RFC 2883 4: the first block, behind the ack or within the second */
TEST(dsack__what_is_one)
{
	static const struct {
		u32 n, block[3][2];
		bool twice;
	} v[] = {
		{ 2, { { 4001, 5001 }, { 3001, 6001 } }, true },
		{ 2, { { 3001, 6001 }, { 3001, 6001 } }, true },
		{ 2, { { 3000, 6001 }, { 3001, 6001 } }, false },
		{ 2, { { 3001, 6002 }, { 3001, 6001 } }, false },
		{ 2, { { 4001, 4001 }, { 3001, 6001 } }, false },
		{ 1, { { 4001, 5001 }, { 3001, 6001 } }, false },
		{ 3, { { 4001, 5001 }, { 7001, 8001 }, { 3001, 6001 } }, false },
		{ 1, { { 101, 1001 } }, true },
		{ 1, { { 101, 1002 } }, false },
		{ 1, { { 1001 - XTCP_CWND_MAX, 1001 } }, true },
		{ 1, { { 1000 - XTCP_CWND_MAX, 1001 } }, false },
		{ 0, { { 101, 1001 } }, false },
	};
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		u32 what;

		test_case("row %u", i);
		out(&e, 10);
		end_ack(&e, 1001, WND);
		what = end_sack(&e, 1001, v[i].n, v[i].block);
		EXPECT_EQ(xtcp_stream_sel(&e.s)->dsacks, v[i].twice);
		EXPECT_EQ(!!(what & XTCP_ACK_DSACK), v[i].twice);
	}
	/* It is not put down as text that arrived beyond the hole. */
	out(&e, 10);
	EXPECT_EQ(end_sack(&e, 1, v[0].n, v[0].block),
		  XTCP_ACK_DSACK | XTCP_ACK_DUPLICATE | XTCP_ACK_FAST);
	EXPECT_EQ(xtcp_stream_board(&e.s)->sacked, 3000);
}

/* How old nonsense may be, and how young */
TEST(selective__edges_of_nonsense)
{
	static const struct {
		u32 left, right;
		bool bad;
		u32 sacked;
	} v[] = {
		{ 1002, 1003, false, 1 },
		{ 1001, 1003, false, 0 },
		{ 1000, 1003, false, 0 },
		{ 9001, 10001, false, 1000 },
		{ 9001, 10002, true, 0 },
		{ 2001, 2001, true, 0 },
		{ 1001 - XTCP_CWND_MAX, 2001, false, 0 },
		{ 1000 - XTCP_CWND_MAX, 2001, true, 0 },
	};
	struct end e;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(v) * ARRAY_SIZE(end_seams); i++) {
		u32 what, at = end_seams[i / ARRAY_SIZE(v)] - 1;

		k = i % ARRAY_SIZE(v);
		test_case("row %u from %x", k, at);
		end_init_selective(&e, at + 1, 10);
		end_ack(&e, at + 1001, WND);
		what = end_sack_one(&e, at + v[k].left, at + v[k].right);
		EXPECT_EQ(!!(what & XTCP_ACK_BAD_SACK), v[k].bad);
		EXPECT_EQ(xtcp_stream_board(&e.s)->sacked, v[k].sacked);
		EXPECT_EQ(xtcp_stream_sacked(&e.s), v[k].sacked);
	}
}

/* Reordering that was seen often lets it wait, a smoothed round trip at most. */
TEST(selective__waits_a_round_trip_at_most)
{
	struct end e;

	out(&e, 10);
	e.s.bulk->sel.rack.reordering = true;
	e.s.bulk->sel.rack.factor = 100;
	e.s.bulk->sel.rack.persist = 16;
	e.q.bytes = 10 * MSS;
	end_sack_one(&e, 1001, 9001);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_REORDER);
	EXPECT_EQ(e.timers.main_us, START_US + RTT_US + RTT_US);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	/* Then it begins without an ACK, with one segment. */
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->fast_retransmits, 1);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->prr.flight, 2 * MSS);
	EXPECT_EQ(e.s.cc.cwnd, 2 * MSS);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
	EXPECT(e.out.again);
	/* Once more, it is the same recovery. */
	xtcp_board_lose(xtcp_stream_board(&e.s), 0);
	xtcp_selective_due(&e.s, &e.r, e.now_us);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->fast_retransmits, 1);
	/* The recovery counts among the sixteen. */
	e.now_us += RTT_US;
	end_ack(&e, e.r.snd_nxt, WND);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.persist, 15);
}

/* A new maximum segment size in the middle of it: all goes again. */
TEST(selective__new_mss_during_recovery)
{
	struct end e;

	out(&e, 10);
	end_sack_one(&e, 1001, 4001);
	end_transmit(&e);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT(e.s.bulk->sel.undo.set);
	e.s.bulk->sel.frto = XTCP_FRTO_SENT;
	e.s.bulk->sel.rack.due_us = 77;
	xtcp_stream_mss(&e.s, &e.r, MSS / 2, true);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	EXPECT_EQ(e.s.recovery.recover, e.r.snd_nxt);
	/* As many segments, and no more than when it would have ended */
	EXPECT_EQ(e.s.cc.cwnd, 5 * MSS / 2);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS / 2);
	EXPECT_EQ(xtcp_stream_board(&e.s)->lost, e.r.snd_nxt - 1);
	EXPECT_EQ(xtcp_stream_board(&e.s)->sacked, 0);
	EXPECT(!e.s.bulk->sel.undo.set);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.due_us, 0);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
	EXPECT_EQ(e.out.len, MSS / 2);

	/* After a time-out the window is below the threshold, and stays so. */
	out(&e, 10);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_TRANSMIT);
	end_transmit(&e);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	xtcp_stream_mss(&e.s, &e.r, MSS / 2, true);
	EXPECT_EQ(e.s.cc.cwnd, MSS / 2);
	EXPECT(e.s.cc.ssthresh > MSS);

	/* With nothing under way there is nothing to go back to. */
	end_init(&e, 1);
	e.r.flags |= XTCP_F_SACK;
	end_write(&e, 2 * MSS);
	end_send(&e);
	end_send(&e);
	end_ack(&e, 1 + 2 * MSS, WND);
	xtcp_stream_mss(&e.s, &e.r, MSS / 2, true);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
}

/* RFC 8985 7.2: when a probe would tell something */
TEST(may_probe__when)
{
	struct end e;

	out(&e, 10);
	EXPECT(xtcp_selective_may_probe(&e.s, &e.r));
	e.r.retries = 1;
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	e.r.retries = 0;
	e.s.tlp.spent = true;
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	e.s.tlp.spent = false;
	e.s.tlp.out = true;
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	e.s.tlp.out = false;
	e.r.flags &= ~XTCP_F_SACK;
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	e.r.flags |= XTCP_F_SACK;
	e.s.recovery.back = true;
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	e.s.recovery.back = false;
	e.s.recovery.phase = XTCP_RECOVERY_LOSS;
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	e.s.recovery.phase = XTCP_RECOVERY_OPEN;
	EXPECT(xtcp_selective_may_probe(&e.s, &e.r));
	xtcp_board_lose(xtcp_stream_board(&e.s), 0);
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
	xtcp_board_find_all(xtcp_stream_board(&e.s));
	EXPECT(xtcp_selective_may_probe(&e.s, &e.r));
	end_sack_one(&e, 1001, 1002);
	EXPECT(!xtcp_selective_may_probe(&e.s, &e.r));
}

/* A peer that echoes what was not agreed on is not believed. */
TEST(undo__timestamps_not_negotiated)
{
	struct end e;
	u32 sent_ms;

	out(&e, 10);
	e.s.tlp.spent = true;
	sent_ms = START_US / 1000;
	end_timeout(&e);
	end_transmit(&e);
	e.now_us += 3000;
	EXPECT(!(end_ack_ts(&e, 1001, WND, sent_ms) & XTCP_ACK_UNDO));
}

/* What was to be undone is forgotten before the numbers come round again. */
TEST(undo__forgotten_in_time)
{
	struct xtcp_segment seg = { .flags = XTCP_ACK };
	struct xtcp_ack_facts f = { .seg = &seg };
	struct end e;

	out(&e, 10);
	e.s.bulk->sel.undo.set = true;
	e.s.bulk->sel.undo.nxt = 0xf0000000;
	f.snd_una = 0xf0000000 + 0x10000000 - MSS;
	e.r.snd_una = 0xf0000000 + 0x10000000;
	e.r.snd_nxt = e.r.snd_una + 5000;
	seg.ack = e.r.snd_una;
	xtcp_selective_hear(&e.s, &e.r, &f, e.now_us);
	EXPECT(e.s.bulk->sel.undo.set);
	e.r.snd_una++;
	seg.ack++;
	xtcp_selective_hear(&e.s, &e.r, &f, e.now_us);
	EXPECT(!e.s.bulk->sel.undo.set);
}

/* Progress, and nothing else, arms the probe again. */
TEST(tail_probe__armed_by_progress)
{
	struct end e;
	u64 from_us;

	out(&e, 10);
	from_us = e.s.tlp.from_us;
	e.s.tlp.spent = true;
	e.s.tlp.due = true;
	end_ack(&e, 1, WND);
	EXPECT_EQ(e.s.tlp.from_us, from_us);
	EXPECT(e.s.tlp.spent && e.s.tlp.due);
	end_ack(&e, 1001, WND);
	EXPECT_EQ(e.s.tlp.from_us, e.now_us);
	EXPECT(!e.s.tlp.spent && !e.s.tlp.due);
}

/* The probe mended a loss: as much is taken back as was under way. */
TEST(tail_probe__mended_counts_the_flight)
{
	static const struct {
		u32 cwnd;
		u8 phase;
		u32 want_cwnd, want_ssthresh;
	} v[] = {
		{ 40000, XTCP_RECOVERY_OPEN, 5000, 5000 },
		{ 8000, XTCP_RECOVERY_OPEN, 4000, 4000 },
		{ 3000, XTCP_RECOVERY_OPEN, 2000, 2000 },
		{ 1000, XTCP_RECOVERY_OPEN, 1000, 2000 },
		{ 40000, XTCP_RECOVERY_LOSS, 40000, XTCP_SSTHRESH_NONE },
	};
	struct xtcp_segment seg = { .flags = XTCP_ACK, .ack = 2001 };
	struct xtcp_ack_facts f = { .seg = &seg, .snd_una = 1 };
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		out(&e, 10);
		e.s.cc.cwnd = v[i].cwnd;
		e.s.recovery.phase = v[i].phase;
		xtcp_tlp_sent(&e.s.tlp, 1001, true);
		e.r.snd_una = 2001;
		xtcp_selective_hear(&e.s, &e.r, &f, e.now_us);
		EXPECT_EQ(e.s.cc.cwnd, v[i].want_cwnd);
		EXPECT_EQ(e.s.cc.ssthresh, v[i].want_ssthresh);
	}
}

/* Times are one as long as they differ by less than 1/64 of a round trip. */
TEST(selective_sent__grain)
{
	static const struct {
		u32 srtt_us;
		u8 bits;
	} v[] = {
		{ 127, 0 }, { 128, 1 }, { 16383, 7 }, { 16384, 8 },
		{ 20000, 8 }, { 64u << 16, 16 }, { 64u << 17, 16 },
	};
	struct end e;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("srtt %u", v[i].srtt_us);
		end_init(&e, 1);
		e.now_us = 100ull << 16;
		e.r.flags |= XTCP_F_SACK;
		e.s.rtt.srtt_us = v[i].srtt_us;
		end_write(&e, 60 * MSS);
		EXPECT(end_send(&e));
		EXPECT(end_send(&e));
		EXPECT_EQ(xtcp_stream_board(&e.s)->n, 1);
		e.now_us += (1u << v[i].bits) - 1;
		EXPECT(end_send(&e));
		EXPECT_EQ(xtcp_stream_board(&e.s)->n, 1);
		e.now_us++;
		EXPECT(end_send(&e));
		EXPECT_EQ(xtcp_stream_board(&e.s)->n, 2);
	}
}

/* A time-out: the window from what was under way; what was due is not any more */
TEST(selective__timeout_resets)
{
	struct end e;

	out(&e, 10);
	e.s.cc.cwnd = 30 * MSS;
	end_sack_one(&e, 1001, 2001);
	e.s.tlp.out = true;
	e.s.tlp.due = true;
	e.s.bulk->sel.rack.due_us = 77;
	e.r.retries = 1;
	xtcp_stream_timeout(&e.s, &e.r, e.now_us);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
	EXPECT_EQ(e.s.cc.cwnd, MSS);
	EXPECT_EQ(e.s.recovery.dupacks, 0);
	EXPECT_EQ(e.s.recovery.recover, e.r.snd_nxt);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.due_us, 0);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_SENT);
	EXPECT(!e.s.tlp.out && !e.s.tlp.due);
	EXPECT(e.s.bulk->sel.undo.set);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.cwnd, 30 * MSS);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.una, 1);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->undo.nxt, e.r.snd_nxt);
	EXPECT_EQ(xtcp_stream_board(&e.s)->lost, 10 * MSS);
	/* The next one finds nothing to look back to: RFC 5682 2 */
	e.s.bulk->sel.undo.set = false;
	e.r.retries = 2;
	xtcp_stream_timeout(&e.s, &e.r, e.now_us);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT(!e.s.bulk->sel.undo.set);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
}

/* Taken away before its time, it leaves no numbers behind. */
TEST(take_board__leaves_nothing)
{
	struct end e;

	out(&e, 10);
	end_sack_one(&e, 1001, 3002);
	EXPECT_EQ(xtcp_stream_sacked(&e.s), 2001);
	EXPECT_EQ(xtcp_stream_lost(&e.s), 1000);
	e.s.bulk->sel.rack.due_us = 5;
	EXPECT(!xtcp_stream_take_board(&e.s, &e.r, false));
	EXPECT(xtcp_stream_take_board(&e.s, &e.r, true) == e.board);
	EXPECT_EQ(xtcp_stream_sacked(&e.s), 0);
	EXPECT_EQ(xtcp_stream_lost(&e.s), 0);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.due_us, 0);
	EXPECT(!xtcp_stream_take_board(&e.s, &e.r, true));
}

/* The mark of the last recovery follows, so that numbers cannot lap it. */
TEST(selective__recover_follows)
{
	struct end e;
	u32 at;

	out(&e, 10);
	end_sack_one(&e, 1001, 4001);
	at = e.s.recovery.recover;
	EXPECT_EQ(at, e.r.snd_nxt);
	end_transmit(&e);
	end_ack(&e, at, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT_EQ(e.s.recovery.recover, at);
	end_transmit(&e);
	/* Not before it is passed */
	e.s.recovery.recover = at + 2 * MSS;
	end_ack(&e, at + MSS, WND);
	EXPECT_EQ(e.s.recovery.recover, at + 2 * MSS);
	end_ack(&e, at + 3 * MSS, WND);
	EXPECT_EQ(e.s.recovery.recover, at + 3 * MSS - 1);
}
