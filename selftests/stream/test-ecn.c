// SPDX-License-Identifier: GPL-2.0-only
/* Explicit congestion notification: RFC 3168 6.1, RFC 8511. */
#include <string.h>

#include "end.h"
#include "tap.h"

#define AT	1000u
#define BOTH	(XTCP_F_ECN | XTCP_F_ECT)

/* ---- the receiver ---- */

static struct xtcp_segment text(u8 ecn, u8 flags)
{
	return (struct xtcp_segment){
		.len = 10, .ecn = ecn, .flags = XTCP_ACK | flags,
	};
}

/* Where there is no news nothing changes. */
static bool arrived(struct xtcp_ecn *n, u16 flags, struct xtcp_segment seg)
{
	const struct xtcp_record r = { .flags = flags };
	struct xtcp_ecn before = *n;
	bool news = xtcp_ecn_news(n, &r, &seg), now;

	now = xtcp_ecn_arrived(n, &r, &seg);
	EXPECT(news || (!now && !memcmp(&before, n, sizeof(before))));
	return now;
}

static u8 flags_put(const struct xtcp_ecn *n)
{
	struct xtcp_segment seg = {};

	xtcp_ecn_put(n, NULL, &seg);
	EXPECT_EQ(seg.ecn, XTCP_NOT_ECT);
	return seg.flags;
}

/* 6.1.3: told until the peer says that it heard */
TEST(ecn_arrived__echo_until_cwr)
{
	struct xtcp_ecn n = {};

	EXPECT(!arrived(&n, BOTH, text(XTCP_ECT_0, 0)));
	EXPECT_EQ(flags_put(&n), 0);
	EXPECT(arrived(&n, BOTH, text(XTCP_CE, 0)));
	EXPECT_EQ(flags_put(&n), XTCP_ECE);
	EXPECT(!arrived(&n, BOTH, text(XTCP_CE, 0)));
	EXPECT(!arrived(&n, BOTH, text(XTCP_ECT_0, 0)));
	EXPECT_EQ(flags_put(&n), XTCP_ECE);
	EXPECT(arrived(&n, BOTH, text(XTCP_ECT_0, XTCP_CWR)));
	EXPECT_EQ(flags_put(&n), 0);
	EXPECT_EQ(n.marked, 2);
}

/* The segment with CWR was marked itself: that is news. */
TEST(ecn_arrived__cwr_and_ce)
{
	struct xtcp_ecn n = {};

	arrived(&n, BOTH, text(XTCP_CE, 0));
	EXPECT(arrived(&n, BOTH, text(XTCP_CE, XTCP_CWR)));
	EXPECT_EQ(flags_put(&n), XTCP_ECE);
}

TEST(ecn_arrived__seen)
{
	u8 ecn;

	for (ecn = XTCP_NOT_ECT; ecn <= XTCP_CE; ecn++) {
		struct xtcp_ecn n = {};

		arrived(&n, BOTH, text(ecn, 0));
		EXPECT_EQ(n.seen, ecn != XTCP_NOT_ECT);
		arrived(&n, BOTH, text(XTCP_NOT_ECT, 0));
		EXPECT_EQ(n.seen, ecn != XTCP_NOT_ECT);
	}
}

/* Without ECN a mark means nothing; nor does one on a bare ACK. */
TEST(ecn_arrived__not_ours)
{
	struct xtcp_segment bare = { .flags = XTCP_ACK, .ecn = XTCP_CE };
	struct xtcp_ecn n = {};

	EXPECT(!arrived(&n, 0, text(XTCP_CE, XTCP_CWR)));
	EXPECT(!arrived(&n, BOTH, bare));
	EXPECT_EQ(flags_put(&n), 0);
	EXPECT_EQ(n.marked, 0);
	EXPECT(!n.seen);
	/* We mark nothing of ours, but hear of what came. */
	EXPECT(arrived(&n, XTCP_F_ECN, text(XTCP_CE, 0)));
	EXPECT_EQ(flags_put(&n), XTCP_ECE);
}

/* ---- the sender ---- */

static struct end e;

/* @n segments are under way, in congestion avoidance. */
static void given(const struct xtcp_cc_ops *cc, u16 flags, u32 n)
{
	struct xtcp_stream_params p;

	xtcp_stream_defaults(&p);
	p.cc = cc;
	end_init_with(&e, AT, &p, 0);
	e.r.flags |= flags;
	xtcp_rtt_sample(&e.s.rtt, RTT_US);
	xtcp_min_rtt_sample(&e.s.min_rtt, RTT_US, e.now_us);
	e.s.cc.cwnd = n * MSS;
	e.s.cc.ssthresh = n * MSS;
	end_write(&e, n * MSS);
	EXPECT_EQ(end_transmit(&e), n);
	EXPECT(e.out.held == XTCP_HELD_EMPTY);
	e.now_us += RTT_US;
}

static u32 echo(u32 ack)
{
	struct xtcp_segment seg = {
		.seq = e.r.rcv_nxt, .ack = ack, .flags = XTCP_ACK | XTCP_ECE,
		.wnd = WND,
	};

	return end_take(&e, &seg);
}

static const struct xtcp_cc_ops *const both[] = { &xtcp_newreno, &xtcp_cubic };
/* Of a hundred: RFC 8511 3.1; and what a loss would have left */
static const u32 beta[] = { 80, 85 };
static const u32 beta_lost[] = { 50, 70 };

TEST(ecn_echoed__reduces)
{
	u32 i, sack;

	for (sack = 0; sack < 2; sack++)
		for (i = 0; i < 2; i++) {
			given(both[i], BOTH | (sack ? XTCP_F_SACK : 0), 20);
			EXPECT(echo(AT + MSS) & XTCP_ACK_MARKED);
			EXPECT_EQ(e.s.cc.ssthresh, 20 * MSS * beta[i] / 100);
			EXPECT_EQ(e.s.cc.cwnd, e.s.cc.ssthresh);
			EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
		}
}

/* RFC 8511 is for congestion avoidance: slow start falls as after a loss. */
TEST(ecn_echoed__in_slow_start)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		given(both[i], BOTH, 20);
		e.s.cc.ssthresh = XTCP_SSTHRESH_NONE;
		EXPECT(echo(AT + MSS) & XTCP_ACK_MARKED);
		EXPECT_EQ(e.s.cc.cwnd, 20 * MSS * beta_lost[i] / 100);
	}
}

TEST(ecn_echoed__two_segments_stay)
{
	given(&xtcp_cubic, BOTH, 2);
	EXPECT(echo(AT + MSS) & XTCP_ACK_MARKED);
	EXPECT_EQ(e.s.cc.cwnd, 2 * MSS);
}

/* Who was not asked to mark cannot have been marked. */
TEST(ecn_echoed__without_ect)
{
	given(&xtcp_cubic, 0, 20);
	EXPECT(!(echo(AT + MSS) & XTCP_ACK_MARKED));
	EXPECT(e.s.cc.cwnd >= 20 * MSS);
	given(&xtcp_cubic, XTCP_F_ECN, 20);
	EXPECT(!(echo(AT + MSS) & XTCP_ACK_MARKED));
	EXPECT(e.s.cc.cwnd >= 20 * MSS);
	EXPECT(!e.out.ect);
}

/* 6.1.2: once in a window of text, and such an ACK makes nothing grow */
TEST(ecn_echoed__once_in_a_window)
{
	u32 i, cwnd;

	given(&xtcp_newreno, BOTH, 20);
	for (i = 1; i < 20; i++) {
		EXPECT_EQ(!!(echo(AT + i * MSS) & XTCP_ACK_MARKED), i == 1);
		EXPECT_EQ(e.s.cc.cwnd, 16 * MSS);
	}
	end_write(&e, 40 * MSS);
	end_transmit(&e);
	/* The first text behind it says CWR: the peer does not know that yet. */
	EXPECT(!(echo(AT + 20 * MSS) & XTCP_ACK_MARKED));
	EXPECT_EQ(e.s.cc.cwnd, 16 * MSS);
	EXPECT(echo(AT + 21 * MSS) & XTCP_ACK_MARKED);
	cwnd = e.s.cc.cwnd;
	EXPECT(cwnd < 16 * MSS);
	EXPECT(!(echo(AT + 22 * MSS) & XTCP_ACK_MARKED));
	EXPECT_EQ(e.s.cc.cwnd, cwnd);
}

/* What is lost of the same window does not count again, nor the reverse. */
TEST(ecn_echoed__and_a_loss)
{
	static const u32 block[][2] = { { AT + 2 * MSS, AT + 9 * MSS } };

	given(&xtcp_newreno, BOTH | XTCP_F_SACK, 20);
	EXPECT(echo(AT + MSS) & XTCP_ACK_MARKED);
	end_sack(&e, AT + MSS, 1, block);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT_EQ(e.s.cc.ssthresh, 16 * MSS);
	given(&xtcp_newreno, BOTH | XTCP_F_SACK, 20);
	end_sack(&e, AT + MSS, 1, block);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT(!(echo(AT + 10 * MSS) & XTCP_ACK_MARKED));
	EXPECT_EQ(e.s.cc.ssthresh, 9500);
	EXPECT(!(echo(AT + 20 * MSS) & XTCP_ACK_MARKED));
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_OPEN);
	EXPECT_EQ(e.s.cc.cwnd, 9500);
}

/* The same without SACK, where three duplicates tell of the loss. */
TEST(ecn_echoed__and_three_duplicates)
{
	u32 i;

	given(&xtcp_newreno, BOTH, 20);
	EXPECT(echo(AT + MSS) & XTCP_ACK_MARKED);
	for (i = 0; i < 3; i++)
		end_ack(&e, AT + MSS, WND);
	EXPECT_EQ(e.s.recovery.phase, XTCP_RECOVERY_FAST);
	EXPECT_EQ(e.s.cc.ssthresh, 16 * MSS);
}

/* What is reduced already says nothing new by a mark. */
TEST(ecn_echoed__during_recovery)
{
	given(&xtcp_newreno, BOTH, 10);
	e.r.retries = 1;
	xtcp_stream_timeout(&e.s, &e.r, e.now_us);
	EXPECT_EQ(echo(AT) & (XTCP_ACK_NEW | XTCP_ACK_MARKED), 0);
	EXPECT(!e.s.cc.marked);
}

/* Nothing was lost after all, but there was congestion. */
TEST(ecn_echoed__nothing_is_taken_back)
{
	static const u32 block[][2] = { { AT + 2 * MSS, AT + 9 * MSS } };
	static const u32 twice[][2] = { { AT + MSS, AT + 2 * MSS } };

	given(&xtcp_newreno, BOTH | XTCP_F_SACK, 20);
	end_sack(&e, AT + MSS, 1, block);
	end_transmit(&e);
	echo(AT + 9 * MSS);
	EXPECT(!(end_sack(&e, AT + 9 * MSS, 1, twice) & XTCP_ACK_UNDO));
	EXPECT(e.s.cc.cwnd < 20 * MSS);
}

/* ---- what leaves ---- */

/* New text alone: 6.1.4 to 6.1.6 */
TEST(ecn_put__ect_on_new_text)
{
	u32 i;

	given(&xtcp_newreno, BOTH | XTCP_F_SACK, 5);
	end_write(&e, MSS);
	e.s.cc.cwnd += MSS;
	EXPECT(end_send(&e));
	EXPECT(e.out.ect);
	for (i = 0; i < 3 && end_timeout(&e) != XTCP_EXPIRED_RTO; i++)
		;
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT(!e.out.ect);
}

TEST(ecn_put__no_ect_on_probes_and_fins)
{
	given(&xtcp_newreno, BOTH, 1);
	end_ack(&e, AT + MSS, 0);
	end_write(&e, 5);
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT_EQ(e.out.fresh, 1);
	EXPECT(!e.out.ect);
	given(&xtcp_newreno, BOTH, 1);
	end_fin(&e);
	EXPECT(end_send(&e));
	EXPECT(e.out.fin);
	EXPECT(!e.out.ect);
}

TEST(ecn_put__says_what_the_output_says)
{
	struct xtcp_output out = { .ect = true, .cwr = true };
	struct xtcp_ecn n = { .echo = true };
	struct xtcp_segment seg = { .flags = XTCP_ACK };

	xtcp_ecn_put(&n, &out, &seg);
	EXPECT_EQ(seg.flags, XTCP_ACK | XTCP_ECE | XTCP_CWR);
	EXPECT_EQ(seg.ecn, XTCP_ECT_0);
}

/* 6.1.2: CWR goes once, with the first new text after a reduction */
TEST(ecn_put__cwr_once)
{
	given(&xtcp_newreno, BOTH, 20);
	EXPECT(echo(AT + 10 * MSS) & XTCP_ACK_MARKED);
	end_write(&e, 3 * MSS);
	EXPECT(end_send(&e));
	EXPECT(e.out.cwr && e.out.ect);
	EXPECT(end_send(&e));
	EXPECT(!e.out.cwr && e.out.ect);
}

/* Whatever the reason was: a loss, too, though not on what was lost */
TEST(ecn_put__cwr_after_a_loss)
{
	static const u32 block[][2] = { { AT + 2 * MSS, AT + 15 * MSS } };

	given(&xtcp_newreno, BOTH | XTCP_F_SACK, 20);
	end_sack(&e, AT + MSS, 1, block);
	end_write(&e, 30 * MSS);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
	EXPECT(!e.out.cwr);
	end_ack(&e, AT + 20 * MSS, WND);
	EXPECT(end_send(&e));
	EXPECT(e.out.cwr);
}

/* A reduction that is taken back is none to tell of. */
TEST(ecn_put__no_cwr_after_undo)
{
	static const u32 block[][2] = { { AT + 2 * MSS, AT + 9 * MSS } };
	static const u32 twice[][2] = { { AT + MSS, AT + 2 * MSS } };

	given(&xtcp_newreno, BOTH | XTCP_F_SACK, 20);
	end_sack(&e, AT + MSS, 1, block);
	end_send(&e);
	EXPECT(e.out.again);
	EXPECT(end_sack(&e, AT + 9 * MSS, 1, twice) & XTCP_ACK_UNDO);
	end_write(&e, MSS);
	EXPECT(end_send(&e));
	EXPECT(!e.out.cwr);
}
