// SPDX-License-Identifier: GPL-2.0-only
/* The second half of an opening: RFC 9293 3.10.7.4, SYN_RCVD, and figure 7. */
#include "rig.h"
#include "law.h"

#define ISS	rig.iss
#define IRS	rig.irs
#define OPENED	(XTCP_DO_ACKED | XTCP_DO_ESTABLISHED)

TEST(rcv_rst_outside_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = R, .seq = IRS);
	CELL(RST_OUTSIDE);
	SILENCE();
	UNCHANGED();
	DROPPED(RST_OUTSIDE);
	arrives(.flags = R, .seq = IRS + 1 + RCV_WND);
	CELL(RST_OUTSIDE);
	SILENCE();
}

TEST(rcv_rst_inexact_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = R, .seq = IRS + 2);
	CELL(RST_INEXACT);
	WIRE(XTCP_DO_CHALLENGE);
	UNCHANGED();
	DROPPED(RST_INEXACT);
}

/* MUST-11: an opening by the peer vanishes, one of ours was refused. */
TEST(rcv_rst_exact_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	rig.r.opened = XTCP_OPENED_PASSIVE;
	arrives(.flags = R, .seq = IRS + 1);
	CELL(RST_EXACT);
	SILENCE();
	USER(XTCP_DO_FLUSH | XTCP_DO_FREE);
	ENDED(RESET_BY_PEER, NONE);

	given_crossed();
	arrives(.flags = R | A, .seq = IRS + 1, .ack = ISS + 1);
	SILENCE();
	ENDED(REFUSED, REFUSED);
}

TEST(rcv_syn_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = S, .seq = IRS + 1);
	CELL(SYN);
	WIRE(XTCP_DO_CHALLENGE);
	UNCHANGED();
	DROPPED(SYN_IN_SYNC);
	arrives(.flags = S, .seq = IRS - 1000);
	CELL(SYN);
	WIRE(XTCP_DO_CHALLENGE);
	/* a SYN+ACK belongs to openings that crossed only */
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1);
	CELL(SYN);
	WIRE(XTCP_DO_CHALLENGE);
	given_crossed();
	arrives(.flags = S | A, .seq = IRS, .ack = ISS);
	CELL(SYN);
	WIRE(XTCP_DO_CHALLENGE);
	UNCHANGED();
}

TEST(rcv_syn_again_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = S, .seq = IRS);
	CELL(SYN_AGAIN);
	WIRE(XTCP_DO_SYN_ACK);
	USER(0);
	UNCHANGED();
	EXPECT_EQ(rig.o.reason, XTCP_R_NONE);
	given_crossed();
	arrives(.flags = S, .seq = IRS);
	CELL(SYN_AGAIN);
	WIRE(XTCP_DO_SYN_ACK);
}

/* Both SYN+ACKs crossed: complete, and one ACK answers the repeated SYN. */
TEST(rcv_syn_ack_syn_rcvd)
{
	given_crossed();
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1, .wnd = 700);
	CELL(SYN_ACK);
	STATE(ESTABLISHED);
	WIRE(XTCP_DO_ACK);
	USER(OPENED);
	ACKED(0);
	TIMER(NONE, 0);
	EXPECT_EQ(rig.r.snd_una, ISS + 1);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1);
	EXPECT_EQ(rig.r.snd_wnd, 700);
	EXPECT_EQ(rig.o.reason, XTCP_R_NONE);
	EXPECT_EQ(rig.r.opened, XTCP_OPENED_SIMULTANEOUS);
}

TEST(rcv_syn_ack_syn_rcvd_closed_meanwhile)
{
	given_crossed();
	happens(XTCP_EV_CLOSE);
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1);
	STATE(FIN_WAIT_1);
	EXPECT(rig.o.todo & XTCP_DO_FIN);
}

TEST(rcv_outside_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = A, .seq = IRS + 1 + RCV_WND, .ack = ISS + 1,
		.len = 1);
	CELL(OUTSIDE);
	WIRE(XTCP_DO_ACK);
	UNCHANGED();
	DROPPED(OUT_OF_WINDOW);
}

TEST(rcv_no_ack_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = F, .seq = IRS + 1, .len = 9);
	CELL(NO_ACK);
	SILENCE();
	UNCHANGED();
	DROPPED(NO_ACK);
}

TEST(rcv_no_ack_syn_rcvd_no_timestamp)
{
	given(XTCP_SYN_RCVD);
	with_timestamps(100);
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1);
	CELL(NO_ACK);
	SILENCE();
	UNCHANGED();
	DROPPED(NO_TIMESTAMP);
}

/* EV-34: <SEQ=SEG.ACK><CTL=RST>, and the half-open connection stays */
TEST(rcv_ack_bad_syn_rcvd)
{
	const u32 acks[] = { ISS, ISS + 2, ISS - 70000, ISS + 0x70000000 };
	size_t i;

	for (i = 0; i < 4; i++) {
		given(XTCP_SYN_RCVD);
		arrives(.flags = A, .seq = IRS + 1, .ack = acks[i], .len = i);
		CELL(ACK_BAD);
		WIRE(XTCP_DO_RST);
		RST_IS(R, acks[i], 0);
		UNCHANGED();
		DROPPED(BAD_HANDSHAKE_ACK);
	}
}

TEST(rcv_ack_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1, .wnd = 600);
	CELL(ACK);
	STATE(ESTABLISHED);
	SILENCE();
	USER(OPENED);
	ACKED(0);
	TIMER(NONE, 0);
	EXPECT_EQ(rig.r.snd_una, ISS + 1);
	EXPECT_EQ(rig.r.snd_wnd, 600);
	EXPECT_EQ(rig.r.snd_wl1, IRS + 1);
	EXPECT_EQ(rig.r.snd_wl2, ISS + 1);
}

/* `data-on-third-ack`, with the window scaled from here on */
TEST(rcv_ack_syn_rcvd_with_text)
{
	given(XTCP_SYN_RCVD);
	rig.r.flags |= XTCP_F_WSCALE;
	rig.r.snd_wscale = 4;
	arrives(.flags = A | XTCP_PSH, .seq = IRS + 1, .ack = ISS + 1,
		.len = 10, .wnd = 600);
	STATE(ESTABLISHED);
	USER(OPENED | XTCP_DO_TEXT);
	TEXT(0, 10);
	WIRE(XTCP_DO_ACK_LATER);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 11);
	EXPECT_EQ(rig.r.snd_wnd, 600 << 4);
	EXPECT_EQ(rig.r.max_snd_wnd, 600 << 4);
}

/* The third ACK was lost: text that comes out of order opens as well. */
TEST(rcv_ack_syn_rcvd_out_of_order)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = A, .seq = IRS + 1 + 20, .ack = ISS + 1, .len = 10);
	STATE(ESTABLISHED);
	USER(OPENED | XTCP_DO_STORE);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1);
}

TEST(rcv_ack_syn_rcvd_accept_queue_full)
{
	given(XTCP_SYN_RCVD);
	rig.r.opened = XTCP_OPENED_PASSIVE;
	rig.e.accept_full = true;
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1, .len = 5);
	SILENCE();
	USER(0);
	UNCHANGED();
	DROPPED(ACCEPT_QUEUE_FULL);

	rig.policy.abort_on_overflow = 1;
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1);
	WIRE(XTCP_DO_RST);
	EXPECT_EQ(rig.o.rst_seq, ISS + 1);
	ENDED(ABORT_ON_OVERFLOW, NONE);

	/* what we opened ourselves waits in no queue */
	given_crossed();
	rig.e.accept_full = true;
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1);
	STATE(ESTABLISHED);
}

/* EV-06: closed before it was open: the FIN follows the opening. */
TEST(rcv_ack_syn_rcvd_closed_meanwhile)
{
	given_crossed();
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1);
	STATE(FIN_WAIT_1);
	WIRE(XTCP_DO_FIN);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_WE_FIRST);
}

TEST(rcv_fin_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	arrives(.flags = A | F, .seq = IRS + 1, .ack = ISS + 1, .len = 10);
	CELL(FIN);
	STATE(CLOSE_WAIT);
	USER(OPENED | XTCP_DO_TEXT | XTCP_DO_EOF);
	TEXT(0, 10);
	EXPECT(rig.o.todo & (XTCP_DO_ACK | XTCP_DO_ACK_LATER));
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1 + 10 + 1);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_PEER_FIRST);
	TIMER(NONE, 0);
}

TEST(rcv_fin_syn_rcvd_closed_meanwhile)
{
	given_crossed();
	happens(XTCP_EV_SHUT_WRITE);
	arrives(.flags = A | F, .seq = IRS + 1, .ack = ISS + 1);
	STATE(CLOSING);
	EXPECT(rig.o.todo & XTCP_DO_FIN);
	EXPECT(rig.o.todo & XTCP_DO_ACK);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_BOTH);
}

TEST(rcv_fin_syn_rcvd_accept_queue_full)
{
	given(XTCP_SYN_RCVD);
	rig.e.accept_full = true;
	arrives(.flags = A | F, .seq = IRS + 1, .ack = ISS + 1);
	SILENCE();
	UNCHANGED();
	rig.policy.abort_on_overflow = 1;
	arrives(.flags = A | F, .seq = IRS + 1, .ack = ISS + 1);
	WIRE(XTCP_DO_RST);
	ENDED(ABORT_ON_OVERFLOW, NONE);
}

/* Closed by its user before it was open, and the peer has text: SHLD-3 */
TEST(rcv_unwanted_syn_rcvd)
{
	given_crossed();
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1, .len = 1);
	CELL(UNWANTED);
	WIRE(XTCP_DO_RST);
	EXPECT_EQ(rig.o.rst_seq, ISS + 1);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_DATA_AFTER_CLOSE);
}

/* A window told anew is no text: SND.NXT stays at ISS+1 until we are open. */
TEST(sent_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	rig.e.rcv_adv = rig.r.rcv_adv + 5;
	happens(XTCP_EV_SENT);
	STATE(SYN_RCVD);
	EXPECT_EQ(rig.r.snd_nxt, ISS + 1);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.r), RCV_WND + 5);
}

TEST(shut_read_syn_rcvd)
{
	given_crossed();
	happens(XTCP_EV_SHUT_READ);
	STATE(SYN_RCVD);
	SILENCE();
	USER(XTCP_DO_EOF);
}

TEST(shut_write_syn_rcvd)
{
	given_crossed();
	happens(XTCP_EV_SHUT_WRITE);
	STATE(SYN_RCVD);
	SILENCE();
	EXPECT(!(rig.r.flags & XTCP_F_ORPHAN));
}

TEST(close_syn_rcvd)
{
	given_crossed();
	happens(XTCP_EV_CLOSE);
	STATE(SYN_RCVD);
	SILENCE();
	EXPECT(rig.r.flags & XTCP_F_ORPHAN);
}

TEST(abort_syn_rcvd)
{
	given_crossed();
	happens(XTCP_EV_ABORT);
	WIRE(XTCP_DO_RST);
	EXPECT_EQ(rig.o.rst_seq, ISS + 1);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_ABORTED);
}

TEST(retransmit_syn_rcvd)
{
	u32 tries;

	given(XTCP_SYN_RCVD);
	rig.r.opened = XTCP_OPENED_PASSIVE;
	for (tries = 0; tries < rig.policy.synack_retries; tries++) {
		happens(XTCP_EV_RETRANSMIT);
		STATE(SYN_RCVD);
		WIRE(XTCP_DO_SYN_ACK);
		TIMER(HANDSHAKE, RTO_MS << (tries + 1));
	}
	happens(XTCP_EV_RETRANSMIT);
	SILENCE();
	ENDED(SYN_ACK_TIMEOUT, NONE);
}

/* Ours gives up by the number of SYN retries, and its user is told. */
TEST(retransmit_syn_rcvd_crossed)
{
	given_crossed();
	rig.r.retries = rig.policy.syn_retries;
	happens(XTCP_EV_RETRANSMIT);
	SILENCE();
	ENDED(SYN_TIMEOUT, TIMEDOUT);
}

TEST(give_up_syn_rcvd)
{
	given_crossed();
	rig.e.reason = XTCP_R_USER_TIMEOUT;
	happens(XTCP_EV_GIVE_UP);
	ENDED(USER_TIMEOUT, TIMEDOUT);
}

/* Nobody can break what a peer opened with a forged message. */
TEST(icmp_hard_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	happens(XTCP_EV_ICMP_HARD);
	SILENCE();
	UNCHANGED();
	given_crossed();
	happens(XTCP_EV_ICMP_HARD);
	ENDED(UNREACHABLE, UNREACHABLE);
}

TEST(evict_syn_rcvd)
{
	given(XTCP_SYN_RCVD);
	rig.e.reason = XTCP_R_LISTENER_GONE;
	happens(XTCP_EV_EVICT);
	WIRE(XTCP_DO_RST);
	EXPECT_EQ(rig.o.rst_seq, ISS + 1);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_LISTENER_GONE);
}
