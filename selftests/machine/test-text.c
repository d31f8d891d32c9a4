// SPDX-License-Identifier: GPL-2.0-only
/*
 * The edges of what an open connection does with acks, windows, timestamps and
 * text (RFC 9293 3.10.7.4, fifth to eighth step; RFC 7323 4.3).
 */
#include "rig.h"
#include "law.h"

/* The orders of a step that the law would not allow */
static u32 todo_of(enum xtcp_event_kind kind)
{
	rig.e.kind = kind;
	xtcp_step(&rig.r, &rig.e, &rig.o);
	return rig.o.todo;
}

/* ---- text ---- */

/* All of it fits, so nothing has to be said in a hurry. */
TEST(take_text__fills_the_window)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = RCV_WND);
	USER(XTCP_DO_TEXT);
	WIRE(XTCP_DO_ACK_LATER);
	TEXT(0, RCV_WND);
	/* one more than that, and the peer is told at once */
	given(XTCP_ESTABLISHED);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = RCV_WND + 1);
	WIRE(XTCP_DO_ACK_LATER | XTCP_DO_ACK);
	TEXT(0, RCV_WND);
}

/* From a peer that filled the window: there is nothing to keep or to answer. */
TEST(take_text__bare_ack_ahead_of_its_turn)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A, .seq = rig.r.rcv_adv, .ack = rig.r.snd_una + 1);
	CELL(ACK);
	SILENCE();
	USER(XTCP_DO_ACKED);
	/* a FIN alone is something to keep */
	given(XTCP_ESTABLISHED);
	arrives(.flags = A | F, .seq = rig.r.rcv_adv - 1,
		.ack = rig.r.snd_una);
	WIRE(XTCP_DO_ACK);
	USER(XTCP_DO_STORE);
	TEXT(0, 0);
	EXPECT(rig.o.store_fin);
}

TEST(take_text__bare_ack_after_fin)
{
	static const enum xtcp_state states[] = {
		XTCP_CLOSE_WAIT, XTCP_CLOSING, XTCP_LAST_ACK, XTCP_TIME_WAIT,
	};
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		given(states[i]);
		arrives(.flags = A, .seq = rig.r.rcv_nxt,
			.ack = rig.r.snd_una);
		SILENCE();
		EXPECT(!(rig.o.todo & XTCP_DO_DROPPED));
		EXPECT_EQ(rig.o.reason, XTCP_R_NONE);
	}
}

/* It was stored, and has arrived otherwise meanwhile: nothing of it is new. */
TEST(stored__stale)
{
	given(XTCP_ESTABLISHED);
	rig.e.seg.flags = A;
	rig.e.seg.seq = rig.r.rcv_nxt - 10;
	rig.e.seg.len = 4;
	happens(XTCP_EV_STORED);
	SILENCE();
	USER(0);
	TEXT(0, 0);
	UNCHANGED();
}

/* What begins behind the window is not kept, by whichever way it comes. */
TEST(stored__beyond_the_window)
{
	given(XTCP_ESTABLISHED);
	rig.e.seg.flags = A;
	rig.e.seg.seq = rig.r.rcv_adv;
	rig.e.seg.len = 4;
	happens(XTCP_EV_STORED);
	WIRE(XTCP_DO_ACK);
	USER(0);
	EXPECT(!(rig.o.todo & XTCP_DO_DROPPED));
	UNCHANGED();
}

/* ---- the peer's FIN: who may still send can let the ACK wait for that ---- */

TEST(take_fin__acknowledged)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una);
	WIRE(XTCP_DO_ACK_LATER);
	given(XTCP_FIN_WAIT_1);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una);
	WIRE(XTCP_DO_ACK);
	given(XTCP_FIN_WAIT_2);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una);
	WIRE(XTCP_DO_ACK);
}

/* ---- timestamps ---- */

TEST(remember_ts__and_when)
{
	given(XTCP_ESTABLISHED);
	with_timestamps(1000);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.opts = XTCP_OPT_TS, .tsval = 1001);
	EXPECT_EQ(rig.r.ts_recent, 1001);
	EXPECT_EQ(rig.r.ts_recent_ms, NOW_MS);
}

/* A SYN+ACK that crossed ours is looked at before timestamps are missed. */
TEST(remember_ts__none_there)
{
	given_crossed();
	with_timestamps(1000);
	arrives(.flags = S | A, .seq = rig.irs, .ack = rig.iss + 1,
		.tsval = 2000);
	STATE(ESTABLISHED);
	EXPECT_EQ(rig.r.ts_recent, 1000);
	given_crossed();
	arrives(.flags = S | A, .seq = rig.irs, .ack = rig.iss + 1,
		.opts = XTCP_OPT_TS, .tsval = 2000);
	EXPECT_EQ(rig.r.ts_recent, 0);
	EXPECT(!(rig.r.flags & XTCP_F_TS_RECENT));
}

/* ---- acks ---- */

/* After 4 GiB the numbers come by our ISS again: no SYN is acknowledged now. */
TEST(take_ack__full_circle)
{
	given(XTCP_ESTABLISHED);
	rig.r.snd_una = rig.r.iss;
	rig.r.snd_nxt = rig.r.iss + 50;
	rig.r.snd_wl2 = rig.r.iss;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.iss + 50);
	ACKED(50);
}

/* ---- windows: RFC 9293 3.10.7.4, SND.WL1 and SND.WL2 ---- */

TEST(take_window__told_when_it_changes)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = SND_WND);
	EXPECT(!(rig.o.todo & XTCP_DO_WINDOW));
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = MAX_SND_WND);
	EXPECT(rig.o.todo & XTCP_DO_WINDOW);
	EXPECT_EQ(rig.r.max_snd_wnd, MAX_SND_WND);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = MAX_SND_WND - 1);
	EXPECT(rig.o.todo & XTCP_DO_WINDOW);
	EXPECT_EQ(rig.r.max_snd_wnd, MAX_SND_WND);
}

/* It came after one that was sent later: what it tells is out of date. */
TEST(take_window__overtaken)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 5, .ack = rig.r.snd_una,
		.len = 1, .wnd = 700);
	EXPECT_EQ(rig.r.snd_wnd, 700);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = 10);
	EXPECT_EQ(rig.r.snd_wnd, 700);
	EXPECT(!(rig.o.todo & XTCP_DO_WINDOW));
	/* the last one's successor, and the last one itself once more */
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 6, .ack = rig.r.snd_una,
		.wnd = 600);
	EXPECT_EQ(rig.r.snd_wnd, 600);
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 6, .ack = rig.r.snd_una,
		.wnd = 500);
	EXPECT_EQ(rig.r.snd_wnd, 500);
}

/* ---- SENT: the host may not send what the state forbids ---- */

static bool sending_is_a_bug(enum xtcp_state state, u32 len, bool fin)
{
	given(state);
	rig.e.len = len;
	rig.e.fin = fin;
	return todo_of(XTCP_EV_SENT) & XTCP_DO_BUG;
}

TEST(sent__what_may_not_be_sent)
{
	static const enum xtcp_state after_our_fin[] = {
		XTCP_FIN_WAIT_1, XTCP_FIN_WAIT_2, XTCP_CLOSING, XTCP_LAST_ACK,
		XTCP_TIME_WAIT,
	};
	size_t i;

	for (i = 0; i < 5; i++) {
		EXPECT(sending_is_a_bug(after_our_fin[i], 1, false));
		EXPECT(sending_is_a_bug(after_our_fin[i], 0, true));
		EXPECT(!sending_is_a_bug(after_our_fin[i], 0, false));
	}
	EXPECT(sending_is_a_bug(XTCP_SYN_RCVD, 1, false));
	EXPECT(sending_is_a_bug(XTCP_SYN_RCVD, 0, true));
	EXPECT(!sending_is_a_bug(XTCP_SYN_RCVD, 0, false));
	EXPECT(!sending_is_a_bug(XTCP_ESTABLISHED, 1, false));
	EXPECT(!sending_is_a_bug(XTCP_CLOSE_WAIT, 1, false));
}
