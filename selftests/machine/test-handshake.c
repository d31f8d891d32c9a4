// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an opening leaves in the record, number by number (RFC 9293 3.10.7.2 to
 * 3.10.7.4; RFC 7323 2.2, 3.2; RFC 2018 2), and how one that fails is told.
 */
#include "rig.h"
#include "law.h"

#define ISS	rig.iss
#define IRS	rig.irs

/* What a record held before says nothing of the next connection. */
TEST(open_passive__from_a_used_record)
{
	given(XTCP_CLOSED);
	rig.r.opened = XTCP_OPENED_ACTIVE;
	rig.r.retries = 3;
	rig.r.snd_nxt = 99;
	happens(XTCP_EV_OPEN_PASSIVE);
	STATE(LISTEN);
	EXPECT_EQ(rig.r.opened, XTCP_OPENED_NOT);
	EXPECT_EQ(rig.r.retries, 0);
	EXPECT_EQ(rig.r.snd_nxt, 0);
	EXPECT_EQ(rig.r.since_ms, NOW_MS);
}

TEST(open_active__from_a_used_record)
{
	given(XTCP_CLOSED);
	rig.r.opened = XTCP_OPENED_PASSIVE;
	rig.r.retries = 3;
	rig.r.flags = XTCP_F_FIN_QUEUED;
	rig.r.max_snd_wnd = 99;
	happens(XTCP_EV_OPEN_ACTIVE);
	EXPECT_EQ(rig.r.retries, 0);
	EXPECT_EQ(rig.r.flags, 0);
	EXPECT_EQ(rig.r.max_snd_wnd, 0);
	EXPECT_EQ(rig.r.rcv_adv, RCV_WND);
	TIMER(HANDSHAKE, RTO_MS);
}

/* ---- the peer's SYN ---- */

TEST(take_syn__listen)
{
	given(XTCP_LISTEN);
	arrives(.flags = S, .seq = IRS, .wnd = 500);
	EXPECT_EQ(rig.child.last_ack_sent, IRS + 1);
	EXPECT_EQ(rig.child.snd_wl1, IRS);
	EXPECT_EQ(rig.child.snd_wl2, ISS);
	EXPECT_EQ(rig.child.max_snd_wnd, 500);
	EXPECT_EQ(rig.child.rcv_adv, IRS + 1 + RCV_WND);
}

TEST(take_syn__crossed)
{
	given(XTCP_SYN_SENT);
	rig.e.now_ms += 100;
	arrives(.flags = S, .seq = IRS, .wnd = 500);
	STATE(SYN_RCVD);
	/* our SYN's time is over, the SYN+ACK's begins */
	TIMER(HANDSHAKE, RTO_MS);
	EXPECT(rig.o.todo & XTCP_DO_TIMER);
	EXPECT(rig.r.flags & XTCP_F_WAS_ACTIVE);
	EXPECT_EQ(rig.r.last_ack_sent, IRS + 1);
	EXPECT_EQ(rig.r.snd_wl1, IRS);
	EXPECT_EQ(rig.r.snd_wl2, ISS);
	EXPECT_EQ(rig.r.max_snd_wnd, 500);
	EXPECT_EQ(rig.r.rcv_adv, IRS + 1 + RCV_WND);
}

TEST(take_syn__answered)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1, .wnd = 500);
	STATE(ESTABLISHED);
	EXPECT_EQ(rig.r.last_ack_sent, IRS + 1);
	EXPECT_EQ(rig.r.snd_wl1, IRS);
	EXPECT_EQ(rig.r.snd_wl2, ISS + 1);
	EXPECT_EQ(rig.r.max_snd_wnd, 500);
	EXPECT_EQ(rig.r.since_ms, NOW_MS);
}

/* ---- options: what both say, and nothing else ---- */

#define ASKED	(XTCP_F_TS | XTCP_F_WSCALE | XTCP_F_SACK)

static u16 agreed(u8 opts)
{
	given(XTCP_SYN_SENT);
	/* as if somebody had agreed to all of it before */
	rig.r.flags = ASKED;
	rig.r.snd_wscale = 3;
	rig.r.rcv_wscale = 7;
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1, .opts = opts,
		.wscale = 5, .mss = 1400, .tsval = 9);
	EXPECT_EQ(rig.r.snd_wscale, opts & XTCP_OPT_WSCALE ? 5 : 0);
	EXPECT_EQ(rig.r.rcv_wscale, opts & XTCP_OPT_WSCALE ? 7 : 0);
	EXPECT_EQ(rig.r.mss, opts & XTCP_OPT_MSS ? 1400 : 0);
	return rig.r.flags & ASKED;
}

TEST(negotiate__each_option_for_itself)
{
	EXPECT_EQ(agreed(0), 0);
	EXPECT_EQ(agreed(XTCP_OPT_MSS), 0);
	EXPECT_EQ(agreed(XTCP_OPT_TS), XTCP_F_TS);
	EXPECT_EQ(agreed(XTCP_OPT_WSCALE), XTCP_F_WSCALE);
	EXPECT_EQ(agreed(XTCP_OPT_SACK_PERMITTED), XTCP_F_SACK);
	EXPECT_EQ(agreed(XTCP_OPT_SACK), 0);
	EXPECT_EQ(agreed(0xff), ASKED);
}

/* RFC 7323 2.3: 14, whatever came */
TEST(negotiate__largest_scale)
{
	static const u8 scales[] = { 13, 14, 15, 255 };
	size_t i;

	for (i = 0; i < sizeof(scales); i++) {
		given(XTCP_LISTEN);
		arrives(.flags = S, .seq = IRS, .opts = XTCP_OPT_WSCALE,
			.wscale = scales[i]);
		EXPECT_EQ(rig.child.snd_wscale, i ? 14 : 13);
	}
}

/* What the user did meanwhile outlives the answer. */
TEST(negotiate__keeps_what_is_no_option)
{
	given(XTCP_SYN_SENT);
	rig.r.flags = XTCP_F_SHUT_READ;
	arrives(.flags = S | A, .seq = IRS, .ack = ISS + 1);
	EXPECT_EQ(rig.r.flags, XTCP_F_SHUT_READ);
}

/* ---- how it failed ---- */

TEST(handshake__closing_says_how)
{
	given(XTCP_SYN_SENT);
	rig.r.retries = rig.policy.syn_retries;
	happens(XTCP_EV_RETRANSMIT);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
	given(XTCP_SYN_RCVD);
	rig.r.retries = rig.policy.synack_retries;
	happens(XTCP_EV_RETRANSMIT);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
	given(XTCP_SYN_RCVD);
	arrives(.flags = R, .seq = IRS + 1);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_RCVD);
	given_crossed();
	arrives(.flags = R, .seq = IRS + 1);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_RCVD);
	given(XTCP_SYN_RCVD);
	rig.e.accept_full = true;
	rig.policy.abort_on_overflow = 1;
	arrives(.flags = A, .seq = IRS + 1, .ack = ISS + 1);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_SENT);
	RST_IS(R | A, ISS + 1, IRS + 1);
}

TEST(handshake__gave_up_for_another_reason)
{
	static const enum xtcp_state states[] = { XTCP_SYN_SENT, XTCP_SYN_RCVD };
	size_t i;

	for (i = 0; i < 2; i++) {
		given(states[i]);
		rig.r.flags |= i ? XTCP_F_WAS_ACTIVE : 0;
		rig.e.reason = XTCP_R_USER_TIMEOUT;
		happens(XTCP_EV_GIVE_UP);
		EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
		given(states[i]);
		rig.r.flags |= i ? XTCP_F_WAS_ACTIVE : 0;
		happens(XTCP_EV_ICMP_HARD);
		EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
	}
}

/* ---- RSTs of ours: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK> ---- */

static void sends_rst(enum xtcp_state state, enum xtcp_event_kind kind)
{
	given(state);
	rig.e.reason = XTCP_R_ADMIN;
	happens(kind);
	RST_IS(R | A, rig.before.snd_nxt, rig.before.rcv_nxt);
}

TEST(send_rst__numbers)
{
	sends_rst(XTCP_SYN_RCVD, XTCP_EV_ABORT);
	sends_rst(XTCP_ESTABLISHED, XTCP_EV_ABORT);
	sends_rst(XTCP_CLOSE_WAIT, XTCP_EV_CLOSE_UNREAD);
	sends_rst(XTCP_FIN_WAIT_2, XTCP_EV_EVICT);
	sends_rst(XTCP_FIN_WAIT_1, XTCP_EV_GIVE_UP);
}

/* A FIN that is acknowledged by unwanted text stays so (SHLD-3). */
TEST(text_unwanted__ack_counts)
{
	given(XTCP_FIN_WAIT_1);
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt,
		.len = 1);
	CELL(UNWANTED);
	EXPECT_EQ(rig.r.snd_una, rig.before.snd_nxt);
	given(XTCP_FIN_WAIT_1);
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una - 5,
		.len = 1);
	CELL(UNWANTED);
	EXPECT_EQ(rig.r.snd_una, rig.before.snd_una);
}
