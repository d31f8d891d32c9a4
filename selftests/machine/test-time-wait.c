// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT and the bounded FIN_WAIT_2: RFC 9293 3.6.1, 3.10.7.4, 3.10.8;
 * RFC 1337; RFC 6191.
 */
#include "rig.h"
#include "law.h"

/* EV-41: the peer did not hear our last ACK: ACK, and 2 MSL anew */
TEST(rcv_fin_again_time_wait)
{
	given(XTCP_TIME_WAIT);
	rig.e.now_ms = NOW_MS + MSL_MS - 1;
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt - 1,
		.ack = rig.r.snd_nxt);
	CELL(FIN_AGAIN);
	STATE(TIME_WAIT);
	WIRE(XTCP_DO_ACK);
	TIMER(TIME_WAIT, 2 * MSL_MS);
	EXPECT(rig.o.todo & XTCP_DO_TIMER);
	EXPECT_EQ(rig.r.since_ms, rig.before.since_ms);
	DROPPED(FIN_AGAIN);
}

/* What is out of date prolongs nothing (RFC 7323 5.3); nor does a FIN that has
 * no ACK bit, for step five is not reached.
 */
TEST(rcv_fin_again_time_wait_but_old)
{
	given(XTCP_TIME_WAIT);
	with_timestamps(1000);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt - 1, .tsval = 999,
		.ack = rig.r.snd_nxt, .opts = XTCP_OPT_TS);
	CELL(OUTSIDE);
	DROPPED(PAWS);
	WIRE(XTCP_DO_ACK);
	UNCHANGED();

	given(XTCP_TIME_WAIT);
	arrives(.flags = F, .seq = rig.r.rcv_nxt - 1);
	WIRE(XTCP_DO_ACK);
	UNCHANGED();
}

/* ACK at most, whatever an old duplicate brings */
TEST(rcv_ack_time_wait)
{
	given(XTCP_TIME_WAIT);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt - 10,
		.len = 20);
	CELL(ACK);
	STATE(TIME_WAIT);
	USER(0);
	UNCHANGED();
	EXPECT(!(rig.o.todo & (XTCP_DO_RST | XTCP_DO_FIN)));
	DROPPED(TEXT_AFTER_FIN);
}

TEST(rcv_ack_ours_time_wait)
{
	given(XTCP_TIME_WAIT);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	CELL(ACK_OURS);
	SILENCE();
	USER(0);
	UNCHANGED();
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt,
		.len = 3);
	UNCHANGED();
	DROPPED(TEXT_AFTER_FIN);
}

TEST(life_over_time_wait)
{
	given(XTCP_TIME_WAIT);
	rig.e.now_ms = rig.r.expires_ms;
	happens(XTCP_EV_LIFE_OVER);
	SILENCE();
	ENDED(TIME_WAIT_OVER, NONE);
	TIMER(NONE, 0);
}

TEST(life_over_fin_wait_2)
{
	given(XTCP_FIN_WAIT_2);
	happens(XTCP_EV_CLOSE);
	rig.e.now_ms = rig.r.expires_ms;
	happens(XTCP_EV_LIFE_OVER);
	SILENCE();
	ENDED(FIN_WAIT_2_OVER, NONE);
}

/* ---- RFC 6191: may a SYN begin anew? ---- */

/* The old connection's last sequence number was RCV.NXT - 1, its FIN. */
static void syn_in_time_wait(u32 old_ts, u32 new_ts, s32 seq, bool newer)
{
	given(XTCP_TIME_WAIT);
	if (old_ts)
		with_timestamps(old_ts);
	rig.e.listening = true;
	arrives(.flags = S, .seq = rig.r.rcv_nxt + seq,
		.opts = new_ts ? XTCP_OPT_TS : 0, .tsval = new_ts);
	if (!newer) {
		CELL(SYN);
		WIRE(XTCP_DO_CHALLENGE);
		UNCHANGED();
		return;
	}
	CELL(SYN_NEWER);
	SILENCE();
	EXPECT(rig.o.todo & XTCP_DO_REOPEN);
	ENDED(TIME_WAIT_REUSED, NONE);
}

TEST(rcv_syn_newer_time_wait)
{
	/* both have timestamps: the newer one wins, the number decides a tie */
	syn_in_time_wait(1000, 1001, -5000, true);
	syn_in_time_wait(1000, 999, 5000, false);
	syn_in_time_wait(1000, 1000, 5000, true);
	syn_in_time_wait(1000, 1000, -1, false);
	syn_in_time_wait(0xfffffff0, 5, -5000, true);
	/* the old one had none: honoured */
	syn_in_time_wait(0, 1000, -5000, true);
	/* the new one has none: by its number */
	syn_in_time_wait(1000, 0, 5000, true);
	syn_in_time_wait(1000, 0, -5000, false);
	/* neither has (MAY-2) */
	syn_in_time_wait(0, 0, 1, true);
	syn_in_time_wait(0, 0, 0, false);
	syn_in_time_wait(0, 0, -1, false);
	syn_in_time_wait(0, 0, -0x7fffffff, false);
}

/* What no listener would take must not cost us TIME_WAIT. */
TEST(rcv_syn_newer_time_wait_for_nobody)
{
	static const u8 flags[] = { S, S | F, S | A };
	size_t i;

	for (i = 0; i < 3; i++) {
		given(XTCP_TIME_WAIT);
		rig.e.listening = i > 0;
		arrives(.flags = flags[i], .seq = rig.r.rcv_nxt + 5000,
			.ack = rig.r.snd_nxt);
		CELL(SYN);
		WIRE(XTCP_DO_CHALLENGE);
		UNCHANGED();
	}
}
