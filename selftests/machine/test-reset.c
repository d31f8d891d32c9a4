// SPDX-License-Identifier: GPL-2.0-only
/*
 * How connections break: RST and SYN in synchronised states (RFC 9293 3.10.7.4,
 * second and fourth step; RFC 5961; RFC 1337), aborts, ICMP, time-outs.
 */
#include "rig.h"
#include "law.h"

/* ---- RST received ---- */

TEST_EACH(rcv_rst_outside, SYNCHRONISED)
{
	given(state);
	arrives(.flags = R, .seq = rig.r.rcv_nxt - 1);
	CELL(RST_OUTSIDE);
	SILENCE();
	USER(0);
	UNCHANGED();
	DROPPED(RST_OUTSIDE);
	arrives(.flags = R | A, .seq = rig.r.rcv_adv, .ack = rig.r.snd_nxt);
	CELL(RST_OUTSIDE);
	SILENCE();
	UNCHANGED();
	arrives(.flags = R, .seq = rig.r.rcv_nxt + 0x80000000);
	CELL(RST_OUTSIDE);
	SILENCE();
}

TEST_EACH(rcv_rst_inexact, SYNCHRONISED)
{
	given(state);
	arrives(.flags = R, .seq = rig.r.rcv_nxt + 1);
	CELL(RST_INEXACT);
	WIRE(XTCP_DO_CHALLENGE);
	USER(0);
	UNCHANGED();
	DROPPED(RST_INEXACT);
	arrives(.flags = R, .seq = rig.r.rcv_adv - 1);
	CELL(RST_INEXACT);
	WIRE(XTCP_DO_CHALLENGE);
	UNCHANGED();
}

static bool told_of_reset(unsigned int state)
{
	return state != XTCP_CLOSING && state != XTCP_LAST_ACK;
}

TEST_EACH(rcv_rst_exact, LIVING)
{
	given(state);
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	CELL(RST_EXACT);
	SILENCE();
	if (told_of_reset(state))
		ENDED(RESET_BY_PEER, RESET);
	else
		ENDED(RESET_BY_PEER, NONE);
	EXPECT(rig.o.todo & XTCP_DO_FLUSH);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_RCVD);
}

/* SHLD-2: text in a RST is no obstacle; MUST-66: nor is a closed window;
 * RFC 7323 5.2: nor an old timestamp or none. The ack is not looked at.
 */
TEST_EACH(rcv_rst_exact_whatever_else, LIVING)
{
	given(state);
	with_timestamps(1000);
	rig.r.rcv_adv = rig.r.rcv_nxt;
	arrives(.flags = R | A, .seq = rig.r.rcv_nxt, .len = 32,
		.ack = rig.r.snd_nxt + 12345, .opts = XTCP_OPT_TS, .tsval = 1);
	CELL(RST_EXACT);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.ts_recent, 1000);
}

/* RFC 1337 F1, and with rfc1337=0 the reading of RFC 9293 */
TEST(rcv_rst_exact_time_wait)
{
	given(XTCP_TIME_WAIT);
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	CELL(RST_EXACT);
	SILENCE();
	UNCHANGED();
	DROPPED(RST_TIME_WAIT);
	rig.policy.rfc1337 = 0;
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	SILENCE();
	ENDED(RESET_BY_PEER, NONE);
}

/* ---- SYN received: a challenge ACK whatever its number ---- */

TEST_EACH(rcv_syn, SYNCHRONISED)
{
	static const u8 flags[] = { S, S | A, S | F, S | A | XTCP_PSH };
	const u32 seqs[] = { 0, 1, RCV_WND, 0u - 1, 0u - RCVD_BYTES - 1 };
	size_t i, j;

	for (i = 0; i < sizeof(flags); i++)
		for (j = 0; j < sizeof(seqs) / sizeof(seqs[0]); j++) {
			given(state);
			arrives(.flags = flags[i],
				.seq = rig.r.rcv_nxt + seqs[j],
				.ack = rig.r.snd_nxt);
			CELL(SYN);
			WIRE(XTCP_DO_CHALLENGE);
			USER(0);
			UNCHANGED();
			DROPPED(SYN_IN_SYNC);
		}
}

/* ---- ABORT: 3.10.5 ---- */

static bool peer_counts_on_us(unsigned int state)
{
	return state != XTCP_CLOSING && state != XTCP_LAST_ACK;
}

TEST_EACH(abort, LIVING)
{
	given(state);
	happens(XTCP_EV_ABORT);
	WIRE(peer_counts_on_us(state) ? XTCP_DO_RST : 0);
	EXPECT(rig.o.todo & XTCP_DO_FLUSH);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_ABORTED);
	if (!peer_counts_on_us(state))
		return;
	EXPECT_EQ(rig.o.rst_seq, rig.before.snd_nxt);
	EXPECT(rig.o.rst_flags & XTCP_RST);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_SENT);
}

TEST_EACH(evict, SYNCHRONISED)
{
	given(state);
	rig.e.reason = XTCP_R_ORPHAN_LIMIT;
	happens(XTCP_EV_EVICT);
	WIRE(peer_counts_on_us(state) && state != XTCP_TIME_WAIT ?
	     XTCP_DO_RST : 0);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_ORPHAN_LIMIT);
}

/* SHLD-3: RST, not FIN, says that bytes were lost. */
#define MAY_LOSE_BYTES(name) \
	TEST_IN(name, established, ESTABLISHED) \
	TEST_IN(name, fin_wait_1, FIN_WAIT_1) \
	TEST_IN(name, fin_wait_2, FIN_WAIT_2) \
	TEST_IN(name, close_wait, CLOSE_WAIT)

TEST_EACH(close_unread, MAY_LOSE_BYTES)
{
	given(state);
	happens(XTCP_EV_CLOSE_UNREAD);
	WIRE(XTCP_DO_RST);
	EXPECT_EQ(rig.o.rst_seq, rig.before.snd_nxt);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_UNREAD_DATA);
}

/* ---- time-outs: 3.10.8, 3.8.3 ---- */

#define WITH_UNACKED(name) \
	TEST_IN(name, established, ESTABLISHED) \
	TEST_IN(name, fin_wait_1, FIN_WAIT_1) \
	TEST_IN(name, close_wait, CLOSE_WAIT) \
	TEST_IN(name, closing, CLOSING) \
	TEST_IN(name, last_ack, LAST_ACK)

TEST_EACH(retransmit, WITH_UNACKED)
{
	u32 tries;

	given(state);
	for (tries = 0; tries < rig.policy.retries2; tries++) {
		happens(XTCP_EV_RETRANSMIT);
		expect_state(HERE, state);
		WIRE(XTCP_DO_RETRANSMIT);
		USER(0);
	}
	happens(XTCP_EV_RETRANSMIT);
	ENDED(RETRANSMIT_TIMEOUT, TIMEDOUT);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
}

/* Something new was acknowledged in between: counted from the beginning. */
TEST(retransmit_established_counts_anew)
{
	given(XTCP_ESTABLISHED);
	happens(XTCP_EV_RETRANSMIT);
	happens(XTCP_EV_RETRANSMIT);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una);
	EXPECT_EQ(rig.r.retries, 2);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una + 1);
	EXPECT_EQ(rig.r.retries, 0);
}

TEST(retransmit_fin_wait_1_orphan)
{
	given(XTCP_FIN_WAIT_1);
	rig.r.flags |= XTCP_F_ORPHAN;
	rig.r.retries = rig.policy.orphan_retries;
	happens(XTCP_EV_RETRANSMIT);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_RETRANSMIT_TIMEOUT);
}

TEST_EACH(give_up, LIVING)
{
	given(state);
	rig.e.reason = XTCP_R_KEEPALIVE_TIMEOUT;
	happens(XTCP_EV_GIVE_UP);
	ENDED(KEEPALIVE_TIMEOUT, TIMEDOUT);
	EXPECT(rig.o.todo & XTCP_DO_FLUSH);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
}

/* ---- ICMP: MUST-56, RFC 5927: nothing forged breaks a connection ---- */

#define ICMP_STATES(name) \
	TEST_IN(name, listen, LISTEN) \
	SYNCHRONISED(name)

TEST_EACH(icmp_hard, ICMP_STATES)
{
	given(state);
	happens(XTCP_EV_ICMP_HARD);
	SILENCE();
	USER(0);
	UNCHANGED();
}

#define ICMP_SOFT_STATES(name) \
	ICMP_STATES(name) \
	TEST_IN(name, syn_sent, SYN_SENT) \
	TEST_IN(name, syn_rcvd, SYN_RCVD)

TEST_EACH(icmp_soft, ICMP_SOFT_STATES)
{
	given(state);
	happens(XTCP_EV_ICMP_SOFT);
	SILENCE();
	USER(0);
	UNCHANGED();
}
