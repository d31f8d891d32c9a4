// SPDX-License-Identifier: GPL-2.0-only
/* The edges of the window, and the order of the checks: RFC 9293 table 6. */
#include "rig.h"
#include "law.h"

/*
 * Table 6 as it stands there, on numbers counted from RCV.NXT, which never
 * wrap. Two allowances, both for the sake of the ack (MUST-66): what begins
 * exactly at RCV.NXT passes a closed window, and a bare ACK may stand on the
 * right edge, where a peer that filled the window sends from.
 */
static bool table_6(long seq, long len, long wnd)
{
	if (!wnd)
		return seq == 0 || (seq < 0 && seq + len > 0);
	if (0 <= seq && seq < wnd)
		return true;
	if (!len)
		return seq == wnd;
	if (0 <= seq + len - 1 && seq + len - 1 < wnd)
		return true;
	/* more than the window at both ends: its middle is new */
	return seq < 0 && seq + len > 0;
}

static void acceptability(long seq, long len, long wnd)
{
	bool ok = table_6(seq, len, wnd);

	given(XTCP_ESTABLISHED);
	rig.r.rcv_adv = rig.r.rcv_nxt + wnd;
	arrives(.flags = A, .seq = rig.r.rcv_nxt + seq, .len = len,
		.ack = rig.r.snd_una);
	if (rig.o.event != (ok ? XTCP_EV_ACK : XTCP_EV_OUTSIDE))
		test_fail(HERE, "seq %+ld len %ld wnd %ld taken for %s", seq,
			  len, wnd, xtcp_event_name(rig.o.event));
}

TEST(classify_window_edges)
{
	static const long wnds[] = { 0, 1, 2, 10, 65535, 1 << 30 };
	static const long lens[] = { 0, 1, 2, 9, 10, 11, 65000 };
	size_t w, l, s;

	for (w = 0; w < sizeof(wnds) / sizeof(wnds[0]); w++)
		for (l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
			long wnd = wnds[w], len = lens[l];
			long seqs[] = {
				0, 1, -1, wnd - 1, wnd, wnd + 1, -len,
				1 - len, -len - 1, wnd - len,
				wnd - len + 1, 0x7fff0000, -0x7fff0000,
			};

			for (s = 0; s < sizeof(seqs) / sizeof(seqs[0]); s++)
				acceptability(seqs[s], len, wnd);
		}
}

/* The window's last number may be the FIN's, or the one right behind it. */
static enum xtcp_state fin_at(long seq, long len, long wnd)
{
	given(XTCP_ESTABLISHED);
	rig.r.rcv_adv = rig.r.rcv_nxt + wnd;
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt + seq, .len = len,
		.ack = rig.r.snd_una);
	return rig.r.state;
}

TEST(classify_fin_at_window_edge)
{
	/* inside, on the last number */
	EXPECT_EQ(fin_at(0, 9, 10), XTCP_CLOSE_WAIT);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.r), 0);
	/* all text fits; the FIN needs no room */
	EXPECT_EQ(fin_at(0, 10, 10), XTCP_CLOSE_WAIT);
	TEXT(0, 10);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.r), 0);
	/* text is missing before it */
	EXPECT_EQ(fin_at(0, 11, 10), XTCP_ESTABLISHED);
	TEXT(0, 10);
	/* alone, into a closed window */
	EXPECT_EQ(fin_at(0, 0, 0), XTCP_CLOSE_WAIT);
	EXPECT_EQ(fin_at(0, 1, 0), XTCP_ESTABLISHED);
	/* nothing new but the FIN */
	EXPECT_EQ(fin_at(-5, 5, 10), XTCP_CLOSE_WAIT);
	/* ahead of its turn */
	EXPECT_EQ(fin_at(3, 5, 10), XTCP_ESTABLISHED);
	EXPECT(rig.o.store_fin);
	EXPECT_EQ(fin_at(9, 0, 10), XTCP_ESTABLISHED);
	EXPECT(rig.o.store_fin);
	EXPECT_EQ(fin_at(10, 0, 10), XTCP_ESTABLISHED);
	EXPECT_EQ(rig.o.event, XTCP_EV_OUTSIDE);
}

/* RST: RCV.NXT, the window, the rest (RFC 5961 3.2), also with window 0 */
TEST(classify_rst_edges)
{
	static const long wnds[] = { 0, 1, 10, 1 << 30 };
	size_t w, s;

	for (w = 0; w < 4; w++) {
		long wnd = wnds[w];
		long seqs[] = { 0, 1, -1, wnd - 1, wnd, 0x7fffffff };

		for (s = 0; s < sizeof(seqs) / sizeof(seqs[0]); s++) {
			long seq = seqs[s];

			given(XTCP_ESTABLISHED);
			rig.r.rcv_adv = rig.r.rcv_nxt + wnd;
			arrives(.flags = R, .seq = rig.r.rcv_nxt + seq);
			EXPECT_EQ(rig.o.event,
				  seq == 0 ? XTCP_EV_RST_EXACT :
				  seq > 0 && seq < wnd ? XTCP_EV_RST_INEXACT :
				  XTCP_EV_RST_OUTSIDE);
		}
	}
}

/* SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT, also with a huge window */
TEST(classify_ack_edges)
{
	static const u32 wnds[] = { 0, 1, 3000, 0xffffu << 14 };
	size_t i;

	for (i = 0; i < 4; i++) {
		given(XTCP_ESTABLISHED);
		rig.r.max_snd_wnd = wnds[i];
		arrives(.flags = A, .seq = rig.r.rcv_nxt,
			.ack = rig.r.snd_una - wnds[i] - 1);
		CELL(ACK_OLD);
		rig.r.max_snd_wnd = wnds[i];
		arrives(.flags = A, .seq = rig.r.rcv_nxt,
			.ack = rig.r.snd_una - wnds[i]);
		CELL(ACK);
		arrives(.flags = A, .seq = rig.r.rcv_nxt,
			.ack = rig.r.snd_nxt);
		CELL(ACK);
		arrives(.flags = A, .seq = rig.r.rcv_nxt,
			.ack = rig.r.snd_nxt + 1);
		CELL(ACK_BAD);
	}
}

/* The sequence number is looked at before RST's effect, ACK bit and ack. */
TEST(classify_order_of_checks)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = 0, .seq = rig.r.rcv_adv, .len = 1);
	CELL(OUTSIDE);
	arrives(.flags = A, .seq = rig.r.rcv_adv, .ack = rig.r.snd_nxt + 9,
		.len = 1);
	CELL(OUTSIDE);
	arrives(.flags = R | S | A | F, .seq = rig.r.rcv_adv);
	CELL(RST_OUTSIDE);
	/* RFC 5961 4.2: of a SYN no number is looked at, only RST goes first */
	arrives(.flags = S, .seq = rig.r.rcv_adv);
	CELL(SYN);
}

/* ---- timestamps ---- */

static u8 stamped(u32 recent, u32 tsval, u32 idle_ms)
{
	given(XTCP_ESTABLISHED);
	with_timestamps(recent);
	rig.r.ts_recent_ms = NOW_MS - idle_ms;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.opts = XTCP_OPT_TS, .tsval = tsval);
	return rig.o.event;
}

TEST(classify_paws)
{
	const u32 day_ms = 24 * 3600 * 1000;

	EXPECT_EQ(stamped(1000, 1000, 5), XTCP_EV_ACK);
	EXPECT_EQ(stamped(1000, 1001, 5), XTCP_EV_ACK);
	EXPECT_EQ(rig.r.ts_recent, 1001);
	EXPECT_EQ(stamped(1000, 999, 5), XTCP_EV_OUTSIDE);
	EXPECT_EQ(rig.r.ts_recent, 1000);
	EXPECT_EQ(stamped(0xffffffff, 0, 5), XTCP_EV_ACK);
	EXPECT_EQ(stamped(0, 0xffffffff, 5), XTCP_EV_OUTSIDE);
	EXPECT_EQ(stamped(0, 0x7fffffff, 5), XTCP_EV_ACK);
	/* 5.5: after 24 days the old one says nothing any more */
	EXPECT_EQ(stamped(1000, 999, 23 * day_ms), XTCP_EV_OUTSIDE);
	EXPECT_EQ(stamped(1000, 999, 25 * day_ms), XTCP_EV_ACK);
}

/* 7323 4.3: only a segment that covers the last ack sent updates the echo. */
TEST(classify_ts_recent)
{
	given(XTCP_ESTABLISHED);
	with_timestamps(1000);
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 5, .ack = rig.r.snd_una,
		.len = 5, .opts = XTCP_OPT_TS, .tsval = 2000);
	EXPECT_EQ(rig.r.ts_recent, 1000);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 5, .opts = XTCP_OPT_TS, .tsval = 2000);
	EXPECT_EQ(rig.r.ts_recent, 2000);
	/* in order, but the ACK of the one before is not sent yet */
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 5, .opts = XTCP_OPT_TS, .tsval = 3000);
	EXPECT_EQ(rig.r.ts_recent, 2000);
}

/* To the millisecond; what is not remembered is not compared. */
TEST(classify__paws_edges)
{
	const u32 life_ms = 24u * 24 * 3600 * 1000;

	EXPECT_EQ(stamped(1000, 999, life_ms - 1), XTCP_EV_OUTSIDE);
	EXPECT_EQ(stamped(1000, 999, life_ms), XTCP_EV_ACK);
	given(XTCP_ESTABLISHED);
	with_timestamps(1000);
	rig.r.flags &= ~XTCP_F_TS_RECENT;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.opts = XTCP_OPT_TS, .tsval = 999);
	CELL(ACK);
	EXPECT_EQ(rig.r.ts_recent, 999);
}

/* RFC 6191: timestamps were in use, but none was ever taken: by the number */
TEST(classify__newer_without_a_timestamp_to_compare)
{
	static const s32 steps[] = { -1, 0, 1 };
	size_t i;

	for (i = 0; i < 3; i++) {
		given(XTCP_TIME_WAIT);
		rig.r.flags |= XTCP_F_TS;
		rig.e.listening = true;
		arrives(.flags = S, .seq = rig.r.rcv_nxt + steps[i],
			.opts = XTCP_OPT_TS, .tsval = 5);
		EXPECT_EQ(rig.o.event,
			  steps[i] > 0 ? XTCP_EV_SYN_NEWER : XTCP_EV_SYN);
	}
}

/* A FIN on a number that was text is none that was taken before. */
TEST(classify__fin_where_text_was)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt - 1,
		.ack = rig.r.snd_una);
	CELL(OUTSIDE);
	UNCHANGED();
}

/* What it is called by, and why, whatever stood there before */
static u8 reason_for(enum xtcp_event_kind kind)
{
	u8 reason = XTCP_R_ADMIN;

	rig.e.kind = XTCP_EV_SEGMENT;
	EXPECT_EQ(xtcp_classify(&rig.r, &rig.e, &reason), kind);
	return reason;
}

TEST(classify__reasons)
{
	given(XTCP_ESTABLISHED);
	rig.e.seg.flags = R;
	rig.e.seg.seq = rig.r.rcv_nxt;
	EXPECT_EQ(reason_for(XTCP_EV_RST_EXACT), XTCP_R_NONE);
	rig.e.seg.flags = A;
	rig.e.seg.ack = rig.r.snd_una;
	EXPECT_EQ(reason_for(XTCP_EV_ACK), XTCP_R_NONE);
	given(XTCP_SYN_RCVD);
	rig.e.seg.flags = A;
	rig.e.seg.seq = rig.r.rcv_nxt;
	rig.e.seg.ack = rig.r.snd_nxt;
	EXPECT_EQ(reason_for(XTCP_EV_ACK), XTCP_R_NONE);
	rig.e.seg.flags = A | F;
	EXPECT_EQ(reason_for(XTCP_EV_FIN), XTCP_R_NONE);
	given(XTCP_CLOSE_WAIT);
	rig.e.seg.flags = A | F;
	rig.e.seg.seq = rig.r.rcv_nxt - 1;
	rig.e.seg.ack = rig.r.snd_una;
	EXPECT_EQ(reason_for(XTCP_EV_FIN_AGAIN), XTCP_R_FIN_AGAIN);
	given(XTCP_SYN_SENT);
	rig.e.seg.flags = S;
	EXPECT_EQ(reason_for(XTCP_EV_SYN), XTCP_R_NONE);
	rig.e.seg.flags = S | A;
	rig.e.seg.ack = rig.r.snd_nxt;
	EXPECT_EQ(reason_for(XTCP_EV_SYN_ACK), XTCP_R_NONE);
	given(XTCP_LISTEN);
	rig.e.seg.flags = S;
	EXPECT_EQ(reason_for(XTCP_EV_SYN), XTCP_R_NONE);
}
