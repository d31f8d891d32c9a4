// SPDX-License-Identifier: GPL-2.0-only
/* Text that goes with the SYN: RFC 7413 4.2. */
#include "rig.h"
#include "law.h"

#define ISS	rig.iss
#define IRS	rig.irs
#define TEXT_LEN	30

/* ---- the client ---- */

static void given_sent(void)
{
	given(XTCP_CLOSED);
	rig.e.len = TEXT_LEN;
	happens(XTCP_EV_OPEN_ACTIVE);
	rig.e.len = 0;
}

TEST(open_active_closed__with_text)
{
	given_sent();
	STATE(SYN_SENT);
	WIRE(XTCP_DO_SYN);
	EXPECT_EQ(rig.r.snd_una, ISS);
	EXPECT_EQ(rig.r.snd_nxt, ISS + 1 + TEXT_LEN);
	EXPECT(rig.r.flags & XTCP_F_FAST);
	TIMER(HANDSHAKE, RTO_MS);
}

/* The SYN+ACK acknowledges all of the text, some or none of it. */
TEST(rcv_syn_ack_syn_sent__fast)
{
	u32 taken;

	for (taken = 0; taken <= TEXT_LEN; taken += TEXT_LEN / 2) {
		given_sent();
		arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1 + taken);
		CELL(SYN_ACK);
		STATE(ESTABLISHED);
		WIRE(XTCP_DO_ACK);
		ACKED(taken);
		EXPECT_EQ(rig.r.snd_una, ISS + 1 + taken);
		EXPECT_EQ(rig.r.snd_nxt, ISS + 1 + TEXT_LEN);
	}
}

TEST(rcv_ack_bad_syn_sent__fast)
{
	given_sent();
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 2 + TEXT_LEN);
	CELL(ACK_BAD);
	WIRE(XTCP_DO_RST);
	arrives(.flags = S | A, .seq = IRS, .ack = ISS);
	CELL(ACK_BAD);
}

/* The peer opens, too: it knows nothing of our text. */
TEST(rcv_syn_syn_sent__fast)
{
	given_sent();
	arrives(.flags = S, .seq = IRS, .wnd = 500);
	STATE(SYN_RCVD);
	EXPECT(!xtcp_fast(&rig.r));
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1);
	CELL(SYN_ACK);
	STATE(ESTABLISHED);
	ACKED(0);
	EXPECT_EQ(rig.r.snd_nxt, ISS + 1 + TEXT_LEN);
}

/* ---- the server ---- */

static void given_taken(void)
{
	given(XTCP_LISTEN);
	rig.e.fast = true;
	arrives(.flags = S, .seq = IRS, .len = TEXT_LEN, .wnd = 500);
}

/* The same as a record on the bench, its child having become a socket */
static void given_fast(void)
{
	given_taken();
	rig.r = rig.child;
	rig.e.fast = false;
}

TEST(rcv_syn_listen__fast)
{
	given_taken();
	CELL(SYN);
	STATE(LISTEN);
	UNCHANGED();
	WIRE(XTCP_DO_SYN_ACK);
	USER(XTCP_DO_SPAWN | XTCP_DO_TEXT);
	TEXT(0, TEXT_LEN);
	EXPECT_EQ(rig.child.state, XTCP_SYN_RCVD);
	EXPECT(xtcp_fast(&rig.child));
	EXPECT_EQ(rig.child.rcv_nxt, IRS + 1 + TEXT_LEN);
	EXPECT_EQ(rig.child.last_ack_sent, IRS + 1 + TEXT_LEN);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.child), RCV_WND - TEXT_LEN);
	EXPECT(!xtcp_invariant(&rig.child));
}

/* Without a good cookie the text counts for nothing. */
TEST(rcv_syn_listen__text_alone)
{
	given(XTCP_LISTEN);
	arrives(.flags = S, .seq = IRS, .len = TEXT_LEN);
	USER(XTCP_DO_SPAWN);
	EXPECT_EQ(rig.child.rcv_nxt, IRS + 1);
	EXPECT(!xtcp_fast(&rig.child));
}

/* More than the window is not taken: the peer sends it again. */
TEST(rcv_syn_listen__fast_and_too_much)
{
	given(XTCP_LISTEN);
	rig.e.fast = true;
	arrives(.flags = S, .seq = IRS, .len = RCV_WND + 100);
	TEXT(0, RCV_WND);
	EXPECT_EQ(rig.child.rcv_nxt, IRS + 1 + RCV_WND);
	WIRE(XTCP_DO_SYN_ACK);
}

TEST(rcv_syn_listen__fast_but_full)
{
	given(XTCP_LISTEN);
	rig.e.fast = true;
	rig.e.accept_full = true;
	arrives(.flags = S, .seq = IRS, .len = TEXT_LEN);
	USER(0);
	DROPPED(ACCEPT_QUEUE_FULL);
}

/* 4.2: text may leave before our SYN+ACK is acknowledged. */
TEST(sent_syn_rcvd__fast)
{
	given_fast();
	rig.e.len = 20;
	rig.e.rcv_adv = rig.r.rcv_adv;
	happens(XTCP_EV_SENT);
	rig.e.len = 0;
	EXPECT_EQ(rig.r.snd_nxt, ISS + 21);
	EXPECT(!xtcp_invariant(&rig.r));
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = ISS + 11, .wnd = 500);
	CELL(ACK);
	STATE(ESTABLISHED);
	ACKED(10);
	USER(XTCP_DO_ESTABLISHED | XTCP_DO_ACKED);
	EXPECT_EQ(rig.r.snd_una, ISS + 11);
}

/* Its first text may bring more and its FIN. */
TEST(rcv_fin_syn_rcvd__fast)
{
	given_fast();
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .len = 5,
		.ack = ISS + 1);
	CELL(FIN);
	STATE(CLOSE_WAIT);
	TEXT(0, 5);
}

/* What it repeats of the SYN's text is cut off. */
TEST(rcv_ack_syn_rcvd__fast_again)
{
	given_fast();
	arrives(.flags = A, .seq = IRS + 1, .len = TEXT_LEN + 7,
		.ack = ISS + 1);
	CELL(ACK);
	STATE(ESTABLISHED);
	TEXT(TEXT_LEN, 7);
}

TEST(rcv_syn_again_syn_rcvd__fast)
{
	given_fast();
	arrives(.flags = S, .seq = IRS, .len = TEXT_LEN);
	CELL(SYN_AGAIN);
	WIRE(XTCP_DO_SYN_ACK);
	USER(0);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1 + TEXT_LEN);
}

/* A program may hold it: it hears of the end. */
TEST(rcv_rst_exact_syn_rcvd__fast)
{
	given_fast();
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	CELL(RST_EXACT);
	ENDED(RESET_BY_PEER, RESET);
}

TEST(retransmit_syn_rcvd__fast)
{
	u8 i;

	given_fast();
	for (i = 0; i < rig.policy.synack_retries; i++) {
		happens(XTCP_EV_RETRANSMIT);
		WIRE(XTCP_DO_SYN_ACK);
	}
	happens(XTCP_EV_RETRANSMIT);
	ENDED(SYN_ACK_TIMEOUT, TIMEDOUT);
}

TEST(close_syn_rcvd__fast)
{
	given_fast();
	happens(XTCP_EV_CLOSE);
	STATE(SYN_RCVD);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = ISS + 1);
	STATE(FIN_WAIT_1);
}

/* 9293 SHLD-3: the text that nobody read is not taken back in silence. */
TEST(close_unread_syn_rcvd)
{
	given_fast();
	happens(XTCP_EV_CLOSE_UNREAD);
	WIRE(XTCP_DO_RST);
	RST_IS(R | A, ISS + 1, IRS + 1 + TEXT_LEN);
	ENDED(UNREAD_DATA, ABORTED);
}
