// SPDX-License-Identifier: GPL-2.0-only
/* How connections close: RFC 9293 3.6, 3.10.4, 3.10.7.4 5th and 8th step. */
#include "rig.h"
#include "law.h"

/* ---- our side ends its direction ---- */

static void closes(enum xtcp_state from, enum xtcp_event_kind how,
		   enum xtcp_state to, bool fin)
{
	given(from);
	happens(how);
	expect_state(HERE, to);
	WIRE(fin ? XTCP_DO_FIN : 0);
	EXPECT(rig.r.flags & XTCP_F_FIN_QUEUED);
	/* the stream says when it is sent: only then is it counted */
	EXPECT_EQ(rig.r.snd_nxt, rig.before.snd_nxt);
	EXPECT_EQ(!!(rig.r.flags & XTCP_F_ORPHAN), how == XTCP_EV_CLOSE);
	EXPECT(!(rig.o.todo & XTCP_DO_ERROR));
}

TEST(shut_write_established)
{
	closes(XTCP_ESTABLISHED, XTCP_EV_SHUT_WRITE, XTCP_FIN_WAIT_1, true);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_WE_FIRST);
}

TEST(close_established)
{
	closes(XTCP_ESTABLISHED, XTCP_EV_CLOSE, XTCP_FIN_WAIT_1, true);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_WE_FIRST);
}

TEST(shut_write_close_wait)
{
	closes(XTCP_CLOSE_WAIT, XTCP_EV_SHUT_WRITE, XTCP_LAST_ACK, true);
}

TEST(close_close_wait)
{
	closes(XTCP_CLOSE_WAIT, XTCP_EV_CLOSE, XTCP_LAST_ACK, true);
}

/* EV-08: no second FIN */
#define HALF_CLOSED(name) \
	AFTER_OUR_CLOSE(name) \
	TEST_IN(name, last_ack, LAST_ACK)

TEST_EACH(shut_write, HALF_CLOSED)
{
	closes(state, XTCP_EV_SHUT_WRITE, state, false);
	UNCHANGED();
}

TEST_EACH(close, HALF_CLOSED)
{
	closes(state, XTCP_EV_CLOSE, state, false);
	if (state == XTCP_FIN_WAIT_2)
		TIMER(FIN_WAIT_2, FIN_TIMEOUT_MS);
}

/* fin_timeout 0: an orphan does not stay at all */
TEST(close_fin_wait_2_no_time)
{
	given(XTCP_FIN_WAIT_2);
	rig.policy.fin_timeout_ms = 0;
	happens(XTCP_EV_CLOSE);
	SILENCE();
	ENDED(FIN_WAIT_2_OVER, NONE);
}

/* Both FINs are under way: nothing that was not said can be lost. */
#define BOTH_CLOSED(name) \
	TEST_IN(name, closing, CLOSING) \
	TEST_IN(name, last_ack, LAST_ACK)

TEST_EACH(close_unread, BOTH_CLOSED)
{
	given(state);
	happens(XTCP_EV_CLOSE_UNREAD);
	expect_state(HERE, state);
	SILENCE();
}

TEST_EACH(shut_read, LIVING)
{
	given(state);
	happens(XTCP_EV_SHUT_READ);
	expect_state(HERE, state);
	SILENCE();
	USER(XTCP_DO_EOF);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt);
}

/* `shutdown-read`: later text is acknowledged, and nobody gets it. */
TEST(shut_read_established_then_text)
{
	given(XTCP_ESTABLISHED);
	happens(XTCP_EV_SHUT_READ);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 12);
	STATE(ESTABLISHED);
	USER(XTCP_DO_DISCARD);
	TEXT(0, 12);
	WIRE(XTCP_DO_ACK_LATER);
	EXPECT_EQ(rig.o.reason, XTCP_R_SHUT_READ);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt + 12);
	rig.policy.shutdown_read_keeps = 1;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 12);
	USER(XTCP_DO_TEXT);
}

/* ---- the peer ends its direction ---- */

static void fin_arrives(enum xtcp_state from, u32 ack_of, enum xtcp_state to)
{
	given(from);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .len = 25,
		.ack = ack_of ? rig.r.snd_nxt : rig.r.snd_una);
	expect_state(HERE, to);
	EXPECT(rig.o.todo & XTCP_DO_EOF);
	EXPECT(rig.o.todo & XTCP_DO_TEXT);
	EXPECT(rig.o.todo & (XTCP_DO_ACK | XTCP_DO_ACK_LATER));
	EXPECT(!(rig.o.todo & (XTCP_DO_RST | XTCP_DO_FIN)));
	TEXT(0, 25);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt + 26);
	EXPECT(rig.r.flags & XTCP_F_FIN_RCVD);
}

TEST(rcv_fin_established)
{
	fin_arrives(XTCP_ESTABLISHED, 0, XTCP_CLOSE_WAIT);
	CELL(FIN);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_PEER_FIRST);
	TIMER(NONE, 0);
	fin_arrives(XTCP_ESTABLISHED, 1, XTCP_CLOSE_WAIT);
	ACKED(SENT_BYTES - ACKED_BYTES);
}

TEST(rcv_fin_fin_wait_1)
{
	fin_arrives(XTCP_FIN_WAIT_1, 0, XTCP_CLOSING);
	CELL(FIN);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_BOTH);
	TIMER(NONE, 0);
}

/* Everything so far is acknowledged, but our FIN was not sent yet. */
TEST(rcv_fin_fin_wait_1_ours_unsent)
{
	given_fin_unsent(XTCP_FIN_WAIT_1);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	CELL(FIN);
	STATE(CLOSING);
	ACKED(SENT_BYTES - ACKED_BYTES);
}

TEST(rcv_fin_ours_fin_wait_1)
{
	fin_arrives(XTCP_FIN_WAIT_1, 1, XTCP_TIME_WAIT);
	CELL(FIN_OURS);
	ACKED(SENT_BYTES - ACKED_BYTES);
	TIMER(TIME_WAIT, 2 * MSL_MS);
	EXPECT(rig.o.todo & XTCP_DO_SMALL);
	EXPECT_EQ(rig.r.since_ms, NOW_MS);
}

/* An old ack with the FIN does not unsay what was acknowledged. */
TEST(rcv_fin_fin_wait_2)
{
	given(XTCP_FIN_WAIT_2);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt,
		.ack = rig.r.snd_nxt - 1);
	CELL(FIN);
	STATE(TIME_WAIT);
	WIRE(XTCP_DO_ACK);
	USER(XTCP_DO_EOF | XTCP_DO_SMALL);
	TIMER(TIME_WAIT, 2 * MSL_MS);
}

TEST(rcv_fin_ours_fin_wait_2)
{
	fin_arrives(XTCP_FIN_WAIT_2, 1, XTCP_TIME_WAIT);
	CELL(FIN_OURS);
	TIMER(TIME_WAIT, 2 * MSL_MS);
	EXPECT(rig.o.todo & XTCP_DO_SMALL);
}

/* In FIN_WAIT_2 with its timer running, 2 MSL takes the place of that. */
TEST(rcv_fin_fin_wait_2_orphan)
{
	given(XTCP_FIN_WAIT_2);
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	STATE(TIME_WAIT);
	TIMER(TIME_WAIT, 2 * MSL_MS);
}

#define FIN_TAKEN_STATES(name) \
	TEST_IN(name, close_wait, CLOSE_WAIT) \
	TEST_IN(name, closing, CLOSING) \
	TEST_IN(name, last_ack, LAST_ACK)

/* EV-46: seen already: only the ACK is repeated. */
TEST_EACH(rcv_fin_again, FIN_TAKEN_STATES)
{
	given(state);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt - 1 - 10, .len = 10,
		.ack = rig.r.snd_una);
	CELL(FIN_AGAIN);
	WIRE(XTCP_DO_ACK);
	USER(0);
	UNCHANGED();
	DROPPED(FIN_AGAIN);
}

/* ---- a FIN that waited for what was missing before it: EV-47 ---- */

static void stored_fin(enum xtcp_state from, enum xtcp_state to)
{
	given(from);
	rig.e.seg = (struct xtcp_segment){
		.flags = A | F, .seq = rig.r.rcv_nxt - 1, .len = 10 };
	happens(XTCP_EV_STORED_FIN);
	expect_state(HERE, to);
	TEXT(1, 9);
	EXPECT(rig.o.todo & XTCP_DO_TEXT);
	EXPECT(rig.o.todo & XTCP_DO_EOF);
	EXPECT(rig.o.todo & XTCP_DO_ACK);
	EXPECT_EQ(rig.r.rcv_nxt, rig.before.rcv_nxt + 10);
	EXPECT_EQ(rig.r.snd_una, rig.before.snd_una);
}

TEST(stored_fin_established)
{
	stored_fin(XTCP_ESTABLISHED, XTCP_CLOSE_WAIT);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_PEER_FIRST);
}

TEST(stored_fin_fin_wait_1)
{
	stored_fin(XTCP_FIN_WAIT_1, XTCP_CLOSING);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_BOTH);
}

TEST(stored_fin_fin_wait_2)
{
	stored_fin(XTCP_FIN_WAIT_2, XTCP_TIME_WAIT);
	TIMER(TIME_WAIT, 2 * MSL_MS);
	EXPECT(rig.o.todo & XTCP_DO_SMALL);
}

/* ---- our FIN is acknowledged ---- */

static void fin_acked(enum xtcp_state from, enum xtcp_state to)
{
	given(from);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	CELL(ACK_OURS);
	expect_state(HERE, to);
	SILENCE();
	/* text only: the FIN is no byte of the stream */
	ACKED(SENT_BYTES - ACKED_BYTES);
	EXPECT_EQ(rig.r.snd_una, rig.r.snd_nxt);
}

TEST(rcv_ack_ours_fin_wait_1)
{
	fin_acked(XTCP_FIN_WAIT_1, XTCP_FIN_WAIT_2);
	/* a user holds it: for as long as he likes */
	TIMER(NONE, 0);
	EXPECT(!(rig.o.todo & XTCP_DO_SMALL));
}

TEST(rcv_ack_ours_fin_wait_1_orphan)
{
	given(XTCP_FIN_WAIT_1);
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	STATE(FIN_WAIT_2);
	TIMER(FIN_WAIT_2, FIN_TIMEOUT_MS);
	EXPECT(rig.o.todo & XTCP_DO_SMALL);

	given(XTCP_FIN_WAIT_1);
	rig.policy.fin_timeout_ms = 0;
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	SILENCE();
	ENDED(FIN_WAIT_2_OVER, NONE);
}

TEST(rcv_ack_ours_closing)
{
	fin_acked(XTCP_CLOSING, XTCP_TIME_WAIT);
	TIMER(TIME_WAIT, 2 * MSL_MS);
	EXPECT(rig.o.todo & XTCP_DO_SMALL);
}

TEST(rcv_ack_ours_last_ack)
{
	fin_acked(XTCP_LAST_ACK, XTCP_CLOSED);
	ENDED(CLOSED_ORDERLY, NONE);
	EXPECT(rig.o.todo & XTCP_DO_FREE);
}

/* An end is counted as what it is, not as the rubbish that came with it. */
TEST(rcv_ack_ours_last_ack_with_text)
{
	given(XTCP_LAST_ACK);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt,
		.len = 4);
	ENDED(CLOSED_ORDERLY, NONE);
	EXPECT(!(rig.o.todo & XTCP_DO_DROPPED));
}

/* FIN_WAIT_2 goes on receiving: the peer has all the time it wants. */
TEST(rcv_ack_ours_fin_wait_2)
{
	given(XTCP_FIN_WAIT_2);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt,
		.len = 50);
	CELL(ACK_OURS);
	STATE(FIN_WAIT_2);
	USER(XTCP_DO_TEXT);
	TEXT(0, 50);
	WIRE(XTCP_DO_ACK_LATER);
}

/* ---- text for nobody: SHLD-3 ---- */

#define STILL_RECEIVING(name) \
	TEST_IN(name, fin_wait_1, FIN_WAIT_1) \
	TEST_IN(name, fin_wait_2, FIN_WAIT_2)

TEST_EACH(rcv_unwanted, STILL_RECEIVING)
{
	given(state);
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 1);
	CELL(UNWANTED);
	WIRE(XTCP_DO_RST);
	EXPECT_EQ(rig.o.rst_seq, rig.before.snd_nxt);
	STATE(CLOSED);
	EXPECT_EQ(rig.r.reason, XTCP_R_DATA_AFTER_CLOSE);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_SENT);
	EXPECT(!(rig.o.todo & XTCP_DO_TEXT));
}

/* `shutdown-both` draws it too; SHUT_WR alone does not. */
TEST_EACH(rcv_unwanted_shut_both, STILL_RECEIVING)
{
	given(state);
	happens(XTCP_EV_SHUT_READ);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 1);
	CELL(UNWANTED);
	WIRE(XTCP_DO_RST);
	STATE(CLOSED);

	given(state);
	happens(XTCP_EV_SHUT_READ);
	rig.policy.shutdown_read_keeps = 1;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.len = 1);
	expect_state(HERE, state);
	USER(XTCP_DO_TEXT);

	/* old text once more is no new text; nor is a FIN text */
	given(state);
	happens(XTCP_EV_CLOSE);
	arrives(.flags = A, .seq = rig.r.rcv_nxt - 9, .ack = rig.r.snd_una,
		.len = 9);
	CELL(OUTSIDE);
	expect_state(HERE, state);
	arrives(.flags = A | F, .seq = rig.r.rcv_nxt - 9,
		.ack = rig.r.snd_una, .len = 9);
	EXPECT(rig.r.flags & XTCP_F_FIN_RCVD);
}
