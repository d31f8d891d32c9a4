// SPDX-License-Identifier: GPL-2.0-only
/* How connections open: RFC 9293 3.5, 3.10.1, 3.10.7.1 to 3.10.7.4. */
#include "rig.h"
#include "law.h"

#define ISS	rig.iss
#define IRS	rig.irs

/* ---- CLOSED: 3.10.7.1 ---- */

TEST(rcv_rst_outside_closed)
{
	given(XTCP_CLOSED);
	arrives(.flags = R | A, .seq = 7, .ack = 9);
	CELL(RST_OUTSIDE);
	SILENCE();
	USER(0);
	UNCHANGED();
	DROPPED(RST_TO_NOBODY);
}

/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>: SYN and FIN count as one each. */
TEST(rcv_syn_closed)
{
	given(XTCP_CLOSED);
	arrives(.flags = S, .seq = IRS);
	CELL(SYN);
	WIRE(XTCP_DO_RST);
	RST_IS(R | A, 0, IRS + 1);
	DROPPED(NO_CONNECTION);
	UNCHANGED();
	arrives(.flags = S | F, .seq = IRS, .len = 10);
	RST_IS(R | A, 0, IRS + 12);
}

TEST(rcv_no_ack_closed)
{
	given(XTCP_CLOSED);
	arrives(.flags = 0, .seq = IRS, .len = 5);
	CELL(NO_ACK);
	WIRE(XTCP_DO_RST);
	RST_IS(R | A, 0, IRS + 5);
	DROPPED(NO_CONNECTION);
	arrives(.flags = F, .seq = IRS);
	RST_IS(R | A, 0, IRS + 1);
}

/* <SEQ=SEG.ACK><CTL=RST> */
TEST(rcv_ack_bad_closed)
{
	static const u8 flags[] = { A, A | F, A | S, A | XTCP_PSH };
	size_t i;

	for (i = 0; i < sizeof(flags); i++) {
		given(XTCP_CLOSED);
		arrives(.flags = flags[i], .seq = IRS, .ack = ISS, .len = 3);
		CELL(ACK_BAD);
		WIRE(XTCP_DO_RST);
		RST_IS(R, ISS, 0);
		DROPPED(NO_CONNECTION);
		UNCHANGED();
	}
}

TEST(open_passive_closed)
{
	given(XTCP_CLOSED);
	happens(XTCP_EV_OPEN_PASSIVE);
	STATE(LISTEN);
	SILENCE();
	USER(0);
	TIMER(NONE, 0);
}

/* <SEQ=ISS><CTL=SYN>, SND.UNA = ISS, SND.NXT = ISS+1 */
TEST(open_active_closed)
{
	given(XTCP_CLOSED);
	rig.e.open.ts_offset = 77;
	rig.e.open.rcv_wscale = 7;
	happens(XTCP_EV_OPEN_ACTIVE);
	STATE(SYN_SENT);
	WIRE(XTCP_DO_SYN);
	EXPECT_EQ(rig.r.iss, ISS);
	EXPECT_EQ(rig.r.snd_una, ISS);
	EXPECT_EQ(rig.r.snd_nxt, ISS + 1);
	EXPECT_EQ(rig.r.opened, XTCP_OPENED_ACTIVE);
	EXPECT_EQ(rig.r.ts_offset, 77);
	EXPECT_EQ(rig.r.rcv_wscale, 7);
	EXPECT_EQ(rig.r.since_ms, NOW_MS);
	TIMER(HANDSHAKE, RTO_MS);
}

/* ---- LISTEN: 3.10.7.2 ---- */

TEST(rcv_rst_outside_listen)
{
	given(XTCP_LISTEN);
	arrives(.flags = R, .seq = IRS);
	CELL(RST_OUTSIDE);
	SILENCE();
	UNCHANGED();
	DROPPED(LISTEN_RST);
	/* RST is looked at before ACK and SYN */
	arrives(.flags = R | A | S, .seq = IRS, .ack = ISS);
	CELL(RST_OUTSIDE);
	SILENCE();
}

TEST(rcv_syn_listen)
{
	given(XTCP_LISTEN);
	arrives(.flags = S, .seq = IRS, .wnd = 500);
	CELL(SYN);
	STATE(LISTEN);
	WIRE(XTCP_DO_SYN_ACK);
	USER(XTCP_DO_SPAWN);
	UNCHANGED();
	EXPECT_EQ(rig.child.state, XTCP_SYN_RCVD);
	EXPECT_EQ(rig.child.opened, XTCP_OPENED_PASSIVE);
	EXPECT_EQ(rig.child.iss, ISS);
	EXPECT_EQ(rig.child.irs, IRS);
	EXPECT_EQ(rig.child.snd_una, ISS);
	EXPECT_EQ(rig.child.snd_nxt, ISS + 1);
	EXPECT_EQ(rig.child.rcv_nxt, IRS + 1);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.child), RCV_WND);
	EXPECT_EQ(rig.child.snd_wnd, 500);
	EXPECT_EQ(rig.child.since_ms, NOW_MS);
	EXPECT_EQ(rig.child.timer, XTCP_LIFE_HANDSHAKE);
	EXPECT_EQ(rig.child.expires_ms, NOW_MS + RTO_MS);
}

/* The text of a SYN is not taken: its sender will send it again. */
TEST(rcv_syn_listen_with_text)
{
	given(XTCP_LISTEN);
	arrives(.flags = S | XTCP_PSH | XTCP_URG, .seq = IRS, .len = 30);
	CELL(SYN);
	WIRE(XTCP_DO_SYN_ACK);
	USER(XTCP_DO_SPAWN);
	EXPECT_EQ(rig.child.rcv_nxt, IRS + 1);
}

TEST(rcv_syn_listen_accept_queue_full)
{
	given(XTCP_LISTEN);
	rig.e.accept_full = true;
	arrives(.flags = S, .seq = IRS);
	SILENCE();
	USER(0);
	UNCHANGED();
	DROPPED(ACCEPT_QUEUE_FULL);
}

/* RFC 7323 2.2 and 3.2, RFC 2018 2: only what both ends say counts. */
TEST(rcv_syn_listen_negotiates)
{
	const u8 all = XTCP_OPT_MSS | XTCP_OPT_WSCALE | XTCP_OPT_TS |
		       XTCP_OPT_SACK_PERMITTED;
	const u16 flags = XTCP_F_TS | XTCP_F_WSCALE | XTCP_F_SACK |
			  XTCP_F_TS_RECENT;

	given(XTCP_LISTEN);
	rig.e.open.rcv_wscale = 5;
	arrives(.flags = S, .seq = IRS, .opts = all, .mss = 1400,
		.wscale = 15, .tsval = 4711);
	EXPECT_EQ(rig.child.flags, flags);
	EXPECT_EQ(rig.child.snd_wscale, 14);
	EXPECT_EQ(rig.child.rcv_wscale, 5);
	EXPECT_EQ(rig.child.mss, 1400);
	EXPECT_EQ(rig.child.ts_recent, 4711);
	/* the window of a SYN is never scaled */
	EXPECT_EQ(rig.child.snd_wnd, SND_WND);

	arrives(.flags = S, .seq = IRS);
	EXPECT_EQ(rig.child.flags, 0);
	EXPECT_EQ(rig.child.rcv_wscale, 0);
	EXPECT_EQ(rig.child.mss, 0);

	rig.policy.timestamps = 0;
	rig.policy.window_scaling = 0;
	rig.policy.sack = 0;
	arrives(.flags = S, .seq = IRS, .opts = all, .wscale = 7);
	EXPECT_EQ(rig.child.flags, 0);
	EXPECT_EQ(rig.child.snd_wscale, 0);
	EXPECT_EQ(rig.child.rcv_wscale, 0);
}

TEST(rcv_no_ack_listen)
{
	static const u8 flags[] = {
		0, F, F | XTCP_PSH | XTCP_URG, S | F,
	};
	size_t i;

	for (i = 0; i < sizeof(flags); i++) {
		given(XTCP_LISTEN);
		arrives(.flags = flags[i], .seq = IRS, .len = i);
		CELL(NO_ACK);
		SILENCE();
		USER(0);
		UNCHANGED();
		DROPPED(LISTEN_NEITHER);
	}
}

TEST(rcv_ack_bad_listen)
{
	static const u8 flags[] = { A, A | S, A | F };
	size_t i;

	for (i = 0; i < sizeof(flags); i++) {
		given(XTCP_LISTEN);
		arrives(.flags = flags[i], .seq = IRS, .ack = ISS, .len = 2);
		CELL(ACK_BAD);
		WIRE(XTCP_DO_RST);
		RST_IS(R, ISS, 0);
		DROPPED(LISTEN_ACK);
		UNCHANGED();
	}
}

TEST(close_listen)
{
	given(XTCP_LISTEN);
	happens(XTCP_EV_CLOSE);
	SILENCE();
	ENDED(CLOSED_BEFORE_OPEN, NONE);
}

TEST(abort_listen)
{
	given(XTCP_LISTEN);
	happens(XTCP_EV_ABORT);
	SILENCE();
	STATE(CLOSED);
}

TEST(evict_listen)
{
	given(XTCP_LISTEN);
	rig.e.reason = XTCP_R_NETNS_GONE;
	happens(XTCP_EV_EVICT);
	SILENCE();
	ENDED(NETNS_GONE, ABORTED);
}

/* ---- SYN_SENT: 3.10.7.3 ---- */

TEST(rcv_rst_outside_syn_sent)
{
	/* no ACK: it answers nothing that we sent */
	given(XTCP_SYN_SENT);
	arrives(.flags = R, .seq = IRS);
	CELL(RST_OUTSIDE);
	SILENCE();
	UNCHANGED();
	DROPPED(SYN_SENT_RST);
	arrives(.flags = R | A, .seq = IRS, .ack = ISS);
	CELL(RST_OUTSIDE);
	SILENCE();
	UNCHANGED();
	arrives(.flags = R | A, .seq = IRS, .ack = ISS + 2);
	CELL(RST_OUTSIDE);
	SILENCE();
	UNCHANGED();
}

TEST(rcv_rst_exact_syn_sent)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = R | A, .seq = 0, .ack = ISS + 1);
	CELL(RST_EXACT);
	SILENCE();
	USER(XTCP_DO_FLUSH | XTCP_DO_ERROR | XTCP_DO_FREE);
	ENDED(REFUSED, REFUSED);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_RCVD);
}

/* Both ends open: <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>, figure 7 */
TEST(rcv_syn_syn_sent)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S, .seq = IRS, .wnd = 500);
	CELL(SYN);
	STATE(SYN_RCVD);
	WIRE(XTCP_DO_SYN_ACK);
	USER(0);
	EXPECT_EQ(rig.r.irs, IRS);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1);
	EXPECT_EQ(rig.r.snd_nxt, ISS + 1);
	EXPECT_EQ(rig.r.snd_una, ISS);
	EXPECT_EQ(rig.r.snd_wnd, 500);
	EXPECT_EQ(rig.r.snd_wl1, IRS);
	EXPECT_EQ(xtcp_rcv_wnd(&rig.r), RCV_WND);
	EXPECT_EQ(rig.r.opened, XTCP_OPENED_SIMULTANEOUS);
	TIMER(HANDSHAKE, RTO_MS);
}

TEST(rcv_syn_syn_sent_self)
{
	given(XTCP_SYN_SENT);
	rig.e.self = true;
	arrives(.flags = S, .seq = ISS);
	STATE(SYN_RCVD);
	WIRE(XTCP_DO_SYN_ACK);
	EXPECT_EQ(rig.r.opened, XTCP_OPENED_SELF);

	given(XTCP_SYN_SENT);
	rig.e.self = true;
	rig.policy.self_connect = 0;
	arrives(.flags = S, .seq = ISS);
	SILENCE();
	ENDED(SELF_REFUSED, REFUSED);
}

TEST(rcv_syn_ack_syn_sent)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1, .wnd = 500);
	CELL(SYN_ACK);
	STATE(ESTABLISHED);
	WIRE(XTCP_DO_ACK);
	USER(XTCP_DO_ACKED | XTCP_DO_ESTABLISHED);
	ACKED(0);
	TIMER(NONE, 0);
	EXPECT_EQ(rig.r.irs, IRS);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1);
	EXPECT_EQ(rig.r.snd_una, ISS + 1);
	EXPECT_EQ(rig.r.snd_wnd, 500);
	EXPECT_EQ(rig.r.opened, XTCP_OPENED_ACTIVE);
	EXPECT_EQ(rig.o.reason, XTCP_R_NONE);
}

/* EV-17: text and FIN on the SYN+ACK count, one ACK answers all. */
TEST(rcv_syn_ack_syn_sent_with_text_and_fin)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S | A | F, .seq = IRS, .ack = ISS + 1, .len = 40);
	STATE(CLOSE_WAIT);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1 + 40 + 1);
	USER(XTCP_DO_ACKED | XTCP_DO_ESTABLISHED | XTCP_DO_TEXT | XTCP_DO_EOF);
	TEXT(0, 40);
	EXPECT(rig.o.todo & XTCP_DO_ACK);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_PEER_FIRST);
}

/* More text than the window has room for: the FIN behind it is not taken. */
TEST(rcv_syn_ack_syn_sent_text_beyond_window)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S | A | F, .seq = IRS, .ack = ISS + 1,
		.len = RCV_WND + 1);
	STATE(ESTABLISHED);
	TEXT(0, RCV_WND);
	EXPECT_EQ(rig.r.rcv_nxt, IRS + 1 + RCV_WND);
}

TEST(rcv_syn_ack_syn_sent_negotiates)
{
	given(XTCP_SYN_SENT);
	rig.r.rcv_wscale = 7;
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1,
		.opts = XTCP_OPT_WSCALE | XTCP_OPT_TS, .wscale = 3,
		.tsval = 11, .tsecr = 12);
	EXPECT_EQ(rig.r.flags, XTCP_F_WSCALE | XTCP_F_TS | XTCP_F_TS_RECENT);
	EXPECT_EQ(rig.r.snd_wscale, 3);
	EXPECT_EQ(rig.r.rcv_wscale, 7);
	EXPECT_EQ(rig.r.ts_recent, 11);

	given(XTCP_SYN_SENT);
	rig.r.rcv_wscale = 7;
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1);
	EXPECT_EQ(rig.r.flags, 0);
	EXPECT_EQ(rig.r.rcv_wscale, 0);
}

TEST(rcv_no_ack_syn_sent)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = F, .seq = IRS, .len = 4);
	CELL(NO_ACK);
	SILENCE();
	UNCHANGED();
	DROPPED(SYN_SENT_NEITHER);
	/* an acceptable ack alone means nothing either */
	arrives(.flags = A | F, .seq = IRS, .ack = ISS + 1, .len = 4);
	CELL(NO_ACK);
	SILENCE();
	UNCHANGED();
}

/* <SEQ=SEG.ACK><CTL=RST>, and the connection goes on trying */
TEST(rcv_ack_bad_syn_sent)
{
	const u32 acks[] = { ISS, ISS + 2, ISS - 1, ISS + 0x7fffffff };
	size_t i;

	for (i = 0; i < 4; i++) {
		given(XTCP_SYN_SENT);
		arrives(.flags = i & 1 ? S | A : A, .seq = IRS,
			.ack = acks[i]);
		CELL(ACK_BAD);
		WIRE(XTCP_DO_RST);
		RST_IS(R, acks[i], 0);
		DROPPED(OLD_SYN_ACK);
		UNCHANGED();
	}
}

TEST(close_syn_sent)
{
	given(XTCP_SYN_SENT);
	happens(XTCP_EV_CLOSE);
	SILENCE();
	ENDED(CLOSED_BEFORE_OPEN, NONE);
}

TEST(abort_syn_sent)
{
	given(XTCP_SYN_SENT);
	happens(XTCP_EV_ABORT);
	SILENCE();
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_ABORTED);
}

/* RFC 6298 5.5: each time-out doubles the next */
TEST(retransmit_syn_sent)
{
	u32 rto_ms = RTO_MS;
	u32 tries;

	given(XTCP_SYN_SENT);
	for (tries = 0; tries < rig.policy.syn_retries; tries++) {
		rto_ms *= 2;
		happens(XTCP_EV_RETRANSMIT);
		STATE(SYN_SENT);
		WIRE(XTCP_DO_SYN);
		TIMER(HANDSHAKE, rto_ms < 120000 ? rto_ms : 120000);
	}
	happens(XTCP_EV_RETRANSMIT);
	SILENCE();
	ENDED(SYN_TIMEOUT, TIMEDOUT);
}

/* MUST-23: not before three minutes, with the default number of retries */
TEST(retransmit_syn_sent_for_three_minutes)
{
	u32 started = NOW_MS;

	given(XTCP_SYN_SENT);
	while (rig.r.state == XTCP_SYN_SENT) {
		rig.e.now_ms = rig.r.expires_ms;
		happens(XTCP_EV_RETRANSMIT);
	}
	EXPECT(rig.e.now_ms - started >= 180000);
}

TEST(give_up_syn_sent)
{
	given(XTCP_SYN_SENT);
	rig.e.reason = XTCP_R_USER_TIMEOUT;
	happens(XTCP_EV_GIVE_UP);
	SILENCE();
	ENDED(USER_TIMEOUT, TIMEDOUT);
}

TEST(icmp_hard_syn_sent)
{
	given(XTCP_SYN_SENT);
	happens(XTCP_EV_ICMP_HARD);
	SILENCE();
	ENDED(UNREACHABLE, UNREACHABLE);
}

TEST(evict_syn_sent)
{
	given(XTCP_SYN_SENT);
	rig.e.reason = XTCP_R_ADMIN;
	happens(XTCP_EV_EVICT);
	SILENCE();
	ENDED(ADMIN, ABORTED);
}
