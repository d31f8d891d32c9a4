// SPDX-License-Identifier: GPL-2.0-only
/* Recovery with selective acknowledgments: RFC 6675, 8985, 9937, 5682, 4015. */
#include "end.h"
#include "tap.h"

/* The peer has [left, right), in segments from the @first byte on. */
static u32 sack(struct end *e, u32 first, u32 left, u32 right)
{
	return end_sack_one(e, first + left * MSS, first + right * MSS);
}

/* RFC 6675 5: one ACK that says enough starts it; only the hole goes again. */
TEST(selective__only_the_hole)
{
	struct end e;
	u32 i, first;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		first = end_seams[i];
		test_case("first %x", first);
		end_init_selective(&e, first, 10);
		EXPECT_EQ(sack(&e, first, 1, 4),
			  XTCP_ACK_DUPLICATE | XTCP_ACK_FAST);
		EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
		EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
		EXPECT(end_send(&e));
		EXPECT(e.out.again);
		EXPECT_EQ(e.out.seq, first);
		EXPECT_EQ(e.out.len, MSS);
		end_transmit(&e);
		EXPECT_EQ(e.s.retransmits, 1);
		/* All of it arrived: RFC 9937, cwnd is ssthresh. */
		e.now_us += RTT_US;
		end_ack(&e, first + 10 * MSS, WND);
		EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
		EXPECT_EQ(e.s.cc.cwnd, 5 * MSS);
		EXPECT_EQ(e.s.retransmits, 1);
	}
}

/* RFC 3042, 6675: two duplicates are none, but let new text go. */
TEST(selective__two_are_none)
{
	struct end e;

	end_init_selective(&e, 1, 10);
	EXPECT_EQ(sack(&e, 1, 1, 2), XTCP_ACK_DUPLICATE);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(!e.out.again);
	EXPECT_EQ(sack(&e, 1, 1, 3), XTCP_ACK_DUPLICATE);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	EXPECT_EQ(e.s.retransmits, 0);
	/* But after the window of reordering it is lost: RFC 8985 6.3. */
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_REORDER);
	EXPECT_EQ(e.timers.main_us, START_US + RTT_US + RTT_US / 4);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(e.out.seq, 1);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->timeouts, 0);
}

/* Three blocks are three duplicates, however small: RFC 6675 2 */
TEST(selective__three_small_blocks)
{
	const u32 blocks[][2] = {
		{ 2001, 2011 }, { 4001, 4011 }, { 6001, 6011 },
	};
	struct end e;

	end_init_selective(&e, 1, 10);
	EXPECT(end_sack(&e, 1, 3, blocks) & XTCP_ACK_FAST);
}

/* RFC 6675 4: the holes in their order, then new text, as PRR allows */
TEST(selective__holes_in_order)
{
	const u32 blocks[][2] = {
		{ 1 + 7 * MSS, 1 + 10 * MSS }, { 1 + 4 * MSS, 1 + 6 * MSS },
		{ 1 + MSS, 1 + 2 * MSS },
	};
	static const u32 holes[] = { 0, 2, 3, 6 };
	struct end e;
	u32 i;

	end_init_selective(&e, 1, 10);
	EXPECT(end_sack(&e, 1, 3, blocks) & XTCP_ACK_FAST);
	EXPECT_EQ(xtcp_stream_pipe(&e.s, 1, e.r.snd_nxt), 0);
	for (i = 0; i < 4; i++) {
		EXPECT(end_send(&e));
		EXPECT_EQ(e.out.seq, 1 + holes[i] * MSS);
		EXPECT_EQ(e.out.len, MSS);
	}
	EXPECT(end_send(&e));
	EXPECT(!e.out.again);
	EXPECT_EQ(e.out.seq, 1 + 10 * MSS);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_CWND);
}

/* A retransmission that is lost is sent a third time, without a time-out. */
TEST(selective__lost_retransmission)
{
	struct end e;

	end_init_selective(&e, 1, 10);
	sack(&e, 1, 1, 4);
	EXPECT(end_send(&e));
	e.now_us += 1000;
	end_transmit(&e);
	e.now_us += RTT_US - 1000;
	sack(&e, 1, 1, 9);
	end_transmit(&e);
	EXPECT(e.r.snd_nxt > 1 + 10 * MSS);
	e.now_us += RTT_US;
	sack(&e, 1, 1, 12);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->timeouts, 0);
}

/* Nonsense is counted and changes nothing: RFC 2018, CVE-2019-11477's kind */
TEST(selective__nonsense)
{
	static const u32 bad[][2] = {
		{ 5001, 10002 }, { 12001, 13001 }, { 3001, 3001 },
		{ 3001, 2001 }, { 0x90000000, 0x90001000 },
	};
	static const u32 stale[][2] = { { 1, 1001 }, { 0xffff0000, 3001 } };
	struct end e;
	u32 i;

	end_init_selective(&e, 1, 10);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case("block %u", i);
		EXPECT_EQ(end_sack(&e, 1, 1, &bad[i]), XTCP_ACK_BAD_SACK);
		EXPECT_EQ(xtcp_stream_board(&e.s)->sacked, 0);
	}
	for (i = 0; i < ARRAY_SIZE(stale); i++) {
		test_case("stale %u", i);
		end_sack(&e, 1, 1, &stale[i]);
		EXPECT_EQ(xtcp_stream_board(&e.s)->sacked, 0);
	}
	EXPECT_EQ(end_transmit(&e), 0);
}

/* RFC 2018 8: a peer that takes back what it said gets it again. */
TEST(selective__renege)
{
	struct end e;
	u32 i;

	end_init_selective(&e, 1, 10);
	sack(&e, 1, 1, 4);
	end_transmit(&e);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	EXPECT_EQ(xtcp_stream_board(&e.s)->sacked, 0);
	EXPECT_EQ(e.s.cc.cwnd, MSS);
	EXPECT_EQ(end_transmit(&e), 1);
	for (i = 1; i < 4; i++) {
		e.now_us += RTT_US;
		end_ack(&e, 1 + i * MSS, WND);
		EXPECT(end_send(&e));
		EXPECT(e.out.again);
	}
}

/* RFC 6675 5.1: a time-out in recovery begins anew, with one segment. */
TEST(selective__timeout_in_recovery)
{
	struct end e;

	end_init_selective(&e, 1, 10);
	sack(&e, 1, 1, 4);
	end_transmit(&e);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	EXPECT_EQ(e.s.recovery.recover, e.r.snd_nxt);
	EXPECT_EQ(e.s.cc.cwnd, MSS);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS / 2);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
	EXPECT(!end_send(&e));
}

/* Without memory for a scoreboard RFC 6582's recovery does. */
TEST(selective__no_memory)
{
	struct end e;
	u32 i;

	end_init(&e, 1);
	e.poor = true;
	e.r.flags |= XTCP_F_SACK;
	end_write(&e, 30 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	EXPECT(!xtcp_stream_board(&e.s));
	for (i = 2; i < 4; i++)
		EXPECT_EQ(sack(&e, 1, 1, i), XTCP_ACK_DUPLICATE);
	/* It does not change horses in mid-stream. */
	e.poor = false;
	EXPECT_EQ(end_transmit(&e), 2);
	EXPECT(!xtcp_stream_board(&e.s));
	EXPECT_EQ(sack(&e, 1, 1, 4), XTCP_ACK_DUPLICATE | XTCP_ACK_FAST);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.seq, 1);
}

/* ---- tail loss probe: RFC 8985 7 ---- */

static void tail(struct end *e)
{
	end_init(e, 1);
	e->r.flags |= XTCP_F_SACK;
	xtcp_rtt_sample(&e->s.rtt, RTT_US);
	xtcp_min_rtt_sample(&e->s.min_rtt, RTT_US, e->now_us);
	end_write(e, 4 * MSS);
	EXPECT_EQ(end_transmit(e), 4);
}

TEST(tail_probe__last_segment)
{
	struct end e;

	tail(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_PROBE);
	EXPECT_EQ(e.timers.main_us, START_US + 2 * RTT_US);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(e.out.seq, 1 + 3 * MSS);
	EXPECT_EQ(e.out.len, MSS);
	EXPECT_EQ(end_transmit(&e), 0);
	/* One, and then the time-out, counted from the probe */
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
	EXPECT_EQ(e.timers.main_us, e.now_us + xtcp_rtt_rto_us(&e.s.rtt));
	EXPECT_EQ(xtcp_stream_sel(&e.s)->probes, 1);
}

TEST(tail_probe__new_text_first)
{
	struct end e;

	tail(&e);
	e.s.cc.cwnd = 4 * MSS;
	end_write(&e, 2 * MSS);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(!e.out.again);
	EXPECT_EQ(e.s.retransmits, 0);
	EXPECT_EQ(e.r.snd_nxt, 1 + 5 * MSS);
}

/* A single segment: the peer may delay its ACK. No RTT yet: a second */
TEST(tail_probe__when)
{
	struct end e;

	end_init(&e, 1);
	e.r.flags |= XTCP_F_SACK;
	end_write(&e, MSS);
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us, START_US + 1000000);
	xtcp_rtt_sample(&e.s.rtt, RTT_US);
	end_transmit(&e);
	/* Not after the time-out would have fired. */
	EXPECT_EQ(e.timers.main_us, START_US + xtcp_rtt_rto_us(&e.s.rtt));
	e.s.rtt.rto_us = 900000;
	end_transmit(&e);
	EXPECT_EQ(e.timers.main_us,
		  START_US + 2 * RTT_US + XTCP_TLP_DELACK_US);
	/* Without SACK there is none. */
	e.r.flags &= ~XTCP_F_SACK;
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
}

/* The answer came before the probe could leave. */
TEST(tail_probe__nothing_left)
{
	struct end e;

	end_init(&e, 0xfffffff0);
	e.r.flags |= XTCP_F_SACK;
	end_fin(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(end_expire(&e), XTCP_EXPIRED_TRANSMIT);
	end_ack(&e, e.r.snd_nxt, WND);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->probes, 0);
}

/* The tail was lost, and the probe's SACK tells so: RFC 8985 7.4 */
TEST(tail_probe__starts_recovery)
{
	struct end e;

	tail(&e);
	end_expire(&e);
	EXPECT_EQ(end_transmit(&e), 1);
	e.now_us += RTT_US;
	EXPECT(sack(&e, 1, 3, 4) & XTCP_ACK_DUPLICATE);
	end_transmit(&e);
	while (e.timers.kind == XTCP_TIMER_REORDER) {
		end_expire(&e);
		end_transmit(&e);
	}
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT(e.s.retransmits >= 2);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->timeouts, 0);
}

/* It mended the only loss: still a loss. Or came twice: then there was none. */
TEST(tail_probe__mended)
{
	const u32 twice[][2] = { { 1 + 3 * MSS, 1 + 4 * MSS } };
	struct end e;

	tail(&e);
	end_expire(&e);
	end_transmit(&e);
	e.now_us += RTT_US;
	end_ack(&e, 1 + 4 * MSS, WND);
	EXPECT_EQ(e.s.cc.ssthresh, XTCP_SSTHRESH_NONE);
	end_write(&e, MSS);
	end_transmit(&e);
	end_ack(&e, 1 + 5 * MSS, WND);
	EXPECT(e.s.cc.ssthresh < 10 * MSS);
	EXPECT(e.s.cc.cwnd <= e.s.cc.ssthresh);

	tail(&e);
	end_expire(&e);
	end_transmit(&e);
	e.now_us += RTT_US;
	end_sack(&e, 1 + 4 * MSS, 1, twice);
	end_write(&e, MSS);
	end_transmit(&e);
	end_ack(&e, 1 + 5 * MSS, WND);
	EXPECT_EQ(e.s.cc.ssthresh, XTCP_SSTHRESH_NONE);
}

/* ---- nothing was lost ---- */

/* RFC 3708: all that was sent again came twice. */
TEST(undo__dsack)
{
	const u32 twice[][2] = { { 1, 1 + MSS } };
	struct end e;

	end_init_selective(&e, 1, 10);
	sack(&e, 1, 1, 4);
	end_transmit(&e);
	EXPECT_EQ(e.s.cc.ssthresh, 5 * MSS);
	e.now_us += RTT_US;
	end_ack(&e, 1 + 10 * MSS, WND);
	EXPECT_EQ(e.s.cc.cwnd, 5 * MSS);
	EXPECT(end_sack(&e, 1 + 10 * MSS, 1, twice) & XTCP_ACK_UNDO);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	EXPECT_EQ(e.s.cc.ssthresh, XTCP_SSTHRESH_NONE);
	/* And RACK waits longer from now on (RFC 8985 6.2 step 4). */
	EXPECT_EQ(xtcp_stream_sel(&e.s)->rack.factor, 2);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->dsacks, 1);
}

/* RFC 3522: the answer is older than the retransmission. */
TEST(undo__eifel)
{
	struct end e;
	u32 sent_ms, again_ms;

	end_init(&e, 1);
	e.s.tlp.spent = true;
	e.r.flags |= XTCP_F_SACK | XTCP_F_TS;
	end_write(&e, 20 * MSS);
	EXPECT_EQ(end_transmit(&e), 10);
	sent_ms = e.now_us / 1000;
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	again_ms = e.now_us / 1000;
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.s.cc.cwnd, MSS);
	e.now_us += 5000;
	EXPECT(end_ack_ts(&e, 1 + MSS, WND, sent_ms) & XTCP_ACK_UNDO);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT(e.s.cc.cwnd >= 10 * MSS);
	EXPECT_EQ(e.s.cc.ssthresh, XTCP_SSTHRESH_NONE);
	EXPECT_EQ(xtcp_stream_board(&e.s)->lost, 0);

	end_init(&e, 1);
	e.s.tlp.spent = true;
	e.r.flags |= XTCP_F_SACK | XTCP_F_TS;
	end_write(&e, 20 * MSS);
	end_transmit(&e);
	end_timeout(&e);
	end_transmit(&e);
	e.now_us += 5000;
	EXPECT(!(end_ack_ts(&e, 1 + MSS, WND, again_ms) & XTCP_ACK_UNDO));
}

static void until_frto(struct end *e)
{
	end_init_selective(e, 1, 10);
	e->s.tlp.spent = true;
	EXPECT_EQ(end_timeout(e), XTCP_EXPIRED_RTO);
	EXPECT_EQ(end_transmit(e), 1);
	EXPECT_EQ(e->out.held, XTCP_HELD_CWND);
	e->now_us += 1000;
	/* The first ACK moves on: two new segments, no old ones. */
	end_ack(e, 1 + MSS, WND);
	EXPECT_EQ(end_transmit(e), 2);
	EXPECT_EQ(e->r.snd_nxt, 1 + 12 * MSS);
	EXPECT_EQ(e->s.retransmits, 1);
	e->now_us += 1000;
}

/* RFC 5682 3.1 step 3: what was sent once arrives, so the time-out was wrong */
TEST(frto__spurious)
{
	struct end e;

	until_frto(&e);
	EXPECT(end_ack(&e, 1 + 2 * MSS, WND) & XTCP_ACK_UNDO);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT(e.s.cc.cwnd >= 10 * MSS);
	end_transmit(&e);
	EXPECT_EQ(e.s.retransmits, 1);
}

TEST(frto__real)
{
	struct end e;
	const u32 fresh[][2] = { { 1 + 10 * MSS, 1 + 11 * MSS } };

	until_frto(&e);
	/* Only the new text arrives: what is before it was lost. */
	end_sack(&e, 1 + MSS, 1, fresh);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT_EQ(e.out.seq, 1 + MSS);
}

TEST(frto__duplicate)
{
	struct end e;

	end_init_selective(&e, 1, 10);
	e.s.tlp.spent = true;
	end_timeout(&e);
	end_transmit(&e);
	e.now_us += 1000;
	sack(&e, 1, 3, 4);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->frto, XTCP_FRTO_NOT);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_LOSS);
}
