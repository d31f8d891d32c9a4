// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an open connection does with numbers, acks, windows, urgent pointers and
 * text (RFC 9293 3.10.7.4, first and fifth to seventh step; RFC 5961 5.2), and
 * what the stream tells it.
 */
#include "rig.h"
#include "law.h"

/* ---- first: the sequence number ---- */

TEST_EACH(rcv_outside, SYNCHRONISED)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_adv, .ack = rig.r.snd_una,
		.len = 10);
	CELL(OUTSIDE);
	WIRE(XTCP_DO_ACK);
	USER(0);
	UNCHANGED();
	DROPPED(OUT_OF_WINDOW);
	/* an old duplicate, its ack notwithstanding */
	arrives(.flags = A, .seq = rig.r.rcv_nxt - 100, .ack = rig.r.snd_nxt,
		.len = 50);
	CELL(OUTSIDE);
	WIRE(XTCP_DO_ACK);
	UNCHANGED();
	/* a keep-alive probe: answered, but not without limit */
	arrives(.flags = A, .seq = rig.r.rcv_nxt - 1, .ack = rig.r.snd_una);
	CELL(OUTSIDE);
	WIRE(XTCP_DO_CHALLENGE);
	UNCHANGED();
}

/* RFC 7323 5.3: ACK, and nothing of it is used, window notwithstanding */
TEST_EACH(rcv_outside_paws, SYNCHRONISED)
{
	given(state);
	with_timestamps(1000);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt,
		.len = 10, .opts = XTCP_OPT_TS, .tsval = 999);
	CELL(OUTSIDE);
	WIRE(XTCP_DO_ACK);
	USER(0);
	UNCHANGED();
	DROPPED(PAWS);
}

/* ---- fifth: the ACK field ---- */

TEST_EACH(rcv_no_ack, SYNCHRONISED)
{
	given(state);
	arrives(.flags = 0, .seq = rig.r.rcv_nxt, .len = 10);
	CELL(NO_ACK);
	SILENCE();
	USER(0);
	UNCHANGED();
	DROPPED(NO_ACK);
	arrives(.flags = F | XTCP_URG, .seq = rig.r.rcv_nxt, .up = 1);
	CELL(NO_ACK);
	SILENCE();
	UNCHANGED();
}

/* RFC 7323 3.2: a negotiated timestamp that is missing */
TEST_EACH(rcv_no_ack_without_timestamp, SYNCHRONISED)
{
	given(state);
	with_timestamps(1000);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 10);
	SILENCE();
	UNCHANGED();
	DROPPED(NO_TIMESTAMP);
}

TEST_EACH(rcv_ack_bad, SYNCHRONISED)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt + 1,
		.len = 10);
	CELL(ACK_BAD);
	WIRE(XTCP_DO_CHALLENGE);
	USER(0);
	UNCHANGED();
	DROPPED(ACK_UNSENT);
}

/* SND.UNA - MAX.SND.WND =< SEG.ACK */
TEST_EACH(rcv_ack_old, SYNCHRONISED)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt,
		.ack = rig.r.snd_una - MAX_SND_WND - 1, .len = 10);
	CELL(ACK_OLD);
	WIRE(XTCP_DO_CHALLENGE);
	USER(0);
	UNCHANGED();
	DROPPED(ACK_TOO_OLD);
	arrives(.flags = A, .seq = rig.r.rcv_nxt,
		.ack = rig.r.snd_una - MAX_SND_WND);
	EXPECT(rig.o.event != XTCP_EV_ACK_OLD);
	SILENCE();
}

/* Text, after which the peer may still send. */
#define RECEIVING(name) \
	TEST_IN(name, established, ESTABLISHED) \
	TEST_IN(name, fin_wait_1, FIN_WAIT_1) \
	TEST_IN(name, fin_wait_2, FIN_WAIT_2)

static void acknowledges_some(enum xtcp_state state)
{
	u32 una;

	given(state);
	una = rig.r.snd_una;
	if (state == XTCP_FIN_WAIT_2) {
		/* nothing is left to acknowledge: this one is a duplicate */
		arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = una - 1);
		CELL(ACK);
		USER(0);
		EXPECT_EQ(rig.r.snd_una, una);
		return;
	}
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = una + 20);
	CELL(ACK);
	SILENCE();
	USER(XTCP_DO_ACKED);
	ACKED(20);
	EXPECT_EQ(rig.r.snd_una, una + 20);
	expect_state(HERE, state);
}

TEST_EACH(rcv_ack, LIVING)
{
	acknowledges_some(state);
	/* a duplicate is ignored */
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una - 10);
	CELL(ACK);
	SILENCE();
	USER(0);
	EXPECT_EQ(rig.r.snd_una, rig.before.snd_una);
	expect_state(HERE, state);
}

TEST_EACH(rcv_ack_with_text, RECEIVING)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una - 1,
		.len = 30);
	CELL(ACK);
	WIRE(XTCP_DO_ACK_LATER);
	USER(XTCP_DO_TEXT);
	TEXT(0, 30);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt + 30);
	EXPECT_EQ(rig.r.rcv_adv, rig.before.rcv_adv);
	expect_state(HERE, state);
}

/* EV-22: of a segment that straddles the edge, the new part */
TEST_EACH(rcv_ack_straddling, RECEIVING)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt - 7, .ack = rig.r.snd_una - 1,
		.len = 30);
	USER(XTCP_DO_TEXT);
	TEXT(7, 23);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt + 23);
}

TEST_EACH(rcv_ack_beyond_window, RECEIVING)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt - 7, .ack = rig.r.snd_una - 1,
		.len = RCV_WND + 9);
	USER(XTCP_DO_TEXT);
	TEXT(7, RCV_WND);
	EXPECT(rig.o.todo & XTCP_DO_ACK);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.r), 0);
}

/* SHLD-31, MAY-13 */
TEST_EACH(rcv_ack_out_of_order, RECEIVING)
{
	given(state);
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 10,
		.ack = rig.r.snd_una - 1, .len = 30);
	CELL(ACK);
	WIRE(XTCP_DO_ACK);
	USER(XTCP_DO_STORE);
	TEXT(0, 30);
	EXPECT(!rig.o.store_fin);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt);
	/* as much of it as the window allows, its FIN only with all of it */
	arrives(.flags = A | F, .seq = rig.r.rcv_adv - 5,
		.ack = rig.r.snd_una - 1, .len = 30);
	USER(XTCP_DO_STORE);
	TEXT(0, 5);
	EXPECT(!rig.o.store_fin);
	arrives(.flags = A | F, .seq = rig.r.rcv_adv - 5,
		.ack = rig.r.snd_una - 1, .len = 4);
	USER(XTCP_DO_STORE);
	TEXT(0, 4);
	EXPECT(rig.o.store_fin);
	expect_state(HERE, state);
}

/* EV-43: what comes behind the peer's own FIN is not text. */
#define FIN_TAKEN(name) \
	TEST_IN(name, close_wait, CLOSE_WAIT) \
	TEST_IN(name, closing, CLOSING) \
	TEST_IN(name, last_ack, LAST_ACK)

TEST_EACH(rcv_ack_text_after_fin, FIN_TAKEN)
{
	given(state);
	arrives(.flags = A | XTCP_URG, .seq = rig.r.rcv_nxt,
		.ack = rig.r.snd_una, .len = 30, .up = 9);
	CELL(ACK);
	SILENCE();
	USER(0);
	DROPPED(TEXT_AFTER_FIN);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt);
	expect_state(HERE, state);
}

/* EV-36: an overtaken segment does not shrink the window. */
TEST(rcv_ack_established_window)
{
	given(XTCP_ESTABLISHED);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = 900);
	EXPECT_EQ(rig.r.snd_wnd, 900);
	EXPECT(rig.o.todo & XTCP_DO_WINDOW);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una + 10,
		.wnd = 5000);
	EXPECT_EQ(rig.r.snd_wnd, 5000);
	EXPECT_EQ(rig.r.max_snd_wnd, 5000);
	/* same number, older ack */
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una - 10,
		.wnd = 10);
	EXPECT_EQ(rig.r.snd_wnd, 5000);
	/* older number; but who acknowledges something new is not old */
	rig.r.snd_wl1 = rig.r.rcv_nxt + 5;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = 10);
	EXPECT_EQ(rig.r.snd_wnd, 5000);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una + 1,
		.wnd = 10);
	EXPECT_EQ(rig.r.snd_wnd, 10);
	rig.r.snd_wl1 = rig.r.rcv_nxt;
	/* MUST-1: the field is unsigned; MUST-34: it may shrink */
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 6, .ack = rig.r.snd_una,
		.wnd = 0xffff);
	EXPECT_EQ(rig.r.snd_wnd, 0xffff);
	arrives(.flags = A, .seq = rig.r.rcv_nxt + 7, .ack = rig.r.snd_una,
		.wnd = 1);
	EXPECT_EQ(rig.r.snd_wnd, 1);
	EXPECT_EQ(rig.r.max_snd_wnd, 0xffff);
}

/* RFC 7323 2.3 */
TEST(rcv_ack_established_window_scaled)
{
	given(XTCP_ESTABLISHED);
	rig.r.flags |= XTCP_F_WSCALE;
	rig.r.snd_wscale = 14;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = 0xffff);
	EXPECT_EQ(rig.r.snd_wnd, 0xffffu << 14);
}

/* MUST-66: a closed window stops text only. */
TEST(rcv_ack_established_closed_window)
{
	given(XTCP_ESTABLISHED);
	rig.r.rcv_adv = rig.r.rcv_nxt;
	arrives(.flags = A | XTCP_URG, .seq = rig.r.rcv_nxt, .up = 1,
		.ack = rig.r.snd_nxt, .len = 1);
	CELL(ACK);
	USER(XTCP_DO_ACKED | XTCP_DO_URGENT);
	WIRE(XTCP_DO_ACK);
	TEXT(0, 0);
	EXPECT_EQ(rig.r.snd_una, rig.before.snd_nxt);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt);
	/* without text, the urgent pointer counts all the same */
	arrives(.flags = A | XTCP_URG, .seq = rig.r.rcv_nxt, .up = 5,
		.ack = rig.r.snd_nxt);
	USER(XTCP_DO_URGENT);
	EXPECT_EQ(rig.o.urgent, rig.r.rcv_nxt + 5);
}

/* ---- sixth: urgent ---- */

TEST_EACH(rcv_ack_urgent, RECEIVING)
{
	given(state);
	arrives(.flags = A | XTCP_URG, .seq = rig.r.rcv_nxt - 3, .up = 20,
		.ack = rig.r.snd_una - 1, .len = 30);
	USER(XTCP_DO_TEXT | XTCP_DO_URGENT);
	EXPECT_EQ(rig.o.urgent, rig.before.rcv_nxt + 17);
	/* it lies in what was taken already */
	given(state);
	arrives(.flags = A | XTCP_URG, .seq = rig.r.rcv_nxt - 3, .up = 3,
		.ack = rig.r.snd_una - 1, .len = 30);
	USER(XTCP_DO_TEXT);
}

/* ---- what is stored comes into order ---- */

TEST_EACH(stored, RECEIVING)
{
	given(state);
	rig.e.seg = (struct xtcp_segment){
		.flags = A, .seq = rig.r.rcv_nxt - 4, .len = 30 };
	happens(XTCP_EV_STORED);
	expect_state(HERE, state);
	USER(XTCP_DO_TEXT);
	TEXT(4, 26);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt + 26);
	EXPECT_EQ(rig.r.snd_una, rig.before.snd_una);
}

/* ---- the stream sent something ---- */

static void sends_text(unsigned int state)
{
	given(state);
	rig.e.len = 44;
	rig.e.rcv_adv = rig.r.rcv_adv + 11;
	rig.r.last_ack_sent -= 5;
	happens(XTCP_EV_SENT);
	expect_state(HERE, state);
	SILENCE();
	EXPECT_EQ(rig.r.snd_nxt, rig.before.snd_nxt + 44);
	EXPECT_EQ(rig.r.rcv_adv, rig.before.rcv_adv + 11);
	EXPECT_EQ(rig.r.last_ack_sent, rig.r.rcv_nxt);
	/* SHLD-14: the edge stays where it was told to be */
	rig.e.len = 0;
	rig.e.rcv_adv = rig.r.rcv_adv - 1;
	happens(XTCP_EV_SENT);
	EXPECT_EQ(rig.r.rcv_adv, rig.before.rcv_adv);
}

TEST_ARG(sent_established, sends_text, XTCP_ESTABLISHED)
TEST_ARG(sent_close_wait, sends_text, XTCP_CLOSE_WAIT)

/* The rest of the text, and the FIN behind it, which uses up one number. */
static void sends_fin(unsigned int state)
{
	given_fin_unsent(state);
	rig.e.len = 44;
	rig.e.fin = true;
	rig.e.rcv_adv = rig.r.rcv_adv;
	happens(XTCP_EV_SENT);
	expect_state(HERE, state);
	EXPECT_EQ(rig.r.snd_nxt, rig.before.snd_nxt + 45);
	EXPECT(rig.r.flags & XTCP_F_FIN_SENT);
}

TEST_ARG(sent_fin_wait_1, sends_fin, XTCP_FIN_WAIT_1)
TEST_ARG(sent_closing, sends_fin, XTCP_CLOSING)
TEST_ARG(sent_last_ack, sends_fin, XTCP_LAST_ACK)

static void sends_ack_only(unsigned int state)
{
	given(state);
	rig.e.rcv_adv = rig.r.rcv_adv + 3;
	happens(XTCP_EV_SENT);
	expect_state(HERE, state);
	EXPECT_EQ(rig.r.rcv_adv, rig.before.rcv_adv + 3);
	EXPECT_EQ(rig.r.snd_nxt, rig.before.snd_nxt);
}

TEST_ARG(sent_fin_wait_2, sends_ack_only, XTCP_FIN_WAIT_2)
TEST_ARG(sent_time_wait, sends_ack_only, XTCP_TIME_WAIT)

/* ---- a probe beyond the window: where what stands behind it is not heard ---- */

static void given_probed(void)
{
	given(XTCP_ESTABLISHED);
	rig.r.snd_una = rig.r.snd_nxt;
	rig.r.snd_wnd = 0;
	EXPECT_EQ(xtcp_bare_seq(&rig.r), rig.r.snd_nxt);
	rig.e.len = 1;
	happens(XTCP_EV_SENT);
	rig.e.len = 0;
}

TEST(bare_seq__before_the_probe)
{
	given_probed();
	EXPECT_EQ(xtcp_bare_seq(&rig.r), rig.r.snd_nxt - 1);
	happens(XTCP_EV_ABORT);
	RST_IS(R | A, rig.before.snd_nxt - 1, rig.before.rcv_nxt);
}

TEST(bare_seq__probe_is_acknowledged)
{
	given_probed();
	arrives(.seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt, .flags = A);
	EXPECT_EQ(xtcp_bare_seq(&rig.r), rig.r.snd_nxt);
}

TEST(bare_seq__window_opens)
{
	given_probed();
	arrives(.seq = rig.r.rcv_nxt, .ack = rig.r.snd_una, .flags = A,
		.wnd = 1);
	EXPECT_EQ(xtcp_bare_seq(&rig.r), rig.r.snd_nxt);
}

/* It took the byte after all, so it hears only what stands behind that. */
TEST(bare_seq__peer_is_elsewhere)
{
	given_probed();
	arrives(.seq = rig.r.rcv_nxt - 1, .ack = rig.r.snd_una, .flags = A);
	CELL(OUTSIDE);
	EXPECT_EQ(xtcp_bare_seq(&rig.r), rig.r.snd_nxt);
}
