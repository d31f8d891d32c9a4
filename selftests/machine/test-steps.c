// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the handlers are made of, each part by itself: the orders of one step may
 * come from several parts, and the last word counts.
 */
#include "machine/steps.h"
#include "rig.h"
#include "law.h"

static void orders(u32 todo)
{
	memset(&rig.o, 0, sizeof(rig.o));
	rig.o.todo = todo;
}

TEST(life_timer__last_word)
{
	given(XTCP_SYN_SENT);
	orders(XTCP_DO_SYN);
	xtcp_life_timer(&rig.r, &rig.e, &rig.o, XTCP_LIFE_HANDSHAKE, 70);
	EXPECT_EQ(rig.o.todo, XTCP_DO_SYN | XTCP_DO_TIMER);
	TIMER(HANDSHAKE, 70);
	xtcp_life_timer(&rig.r, &rig.e, &rig.o, XTCP_LIFE_NONE, 0);
	EXPECT_EQ(rig.o.todo, XTCP_DO_SYN | XTCP_DO_NO_TIMER);
	TIMER(NONE, 0);
	xtcp_life_timer(&rig.r, &rig.e, &rig.o, XTCP_LIFE_TIME_WAIT, 80);
	EXPECT_EQ(rig.o.todo, XTCP_DO_SYN | XTCP_DO_TIMER);
	TIMER(TIME_WAIT, 80);
}

/* To be where one is already is no change. */
TEST(enter__since_when)
{
	given(XTCP_ESTABLISHED);
	rig.e.now_ms = NOW_MS + 9;
	xtcp_enter(&rig.r, &rig.e, XTCP_ESTABLISHED);
	EXPECT_EQ(rig.r.since_ms, NOW_MS - 700);
	xtcp_enter(&rig.r, &rig.e, XTCP_CLOSE_WAIT);
	STATE(CLOSE_WAIT);
	EXPECT_EQ(rig.r.since_ms, NOW_MS + 9);
}

/* What was ordered for a connection that goes on is taken back. */
TEST(end__takes_orders_back)
{
	const u32 back = XTCP_DO_SMALL | XTCP_DO_FIN | XTCP_DO_ACK_LATER |
			 XTCP_DO_DROPPED | XTCP_DO_TIMER;
	const u32 every = 0x01ffffff;

	given(XTCP_FIN_WAIT_2);
	orders(every & ~XTCP_DO_NO_TIMER);
	xtcp_end(&rig.r, &rig.e, &rig.o, XTCP_R_ADMIN);
	EXPECT_EQ(rig.o.todo, every & ~back);
	EXPECT_EQ(rig.o.reason, XTCP_R_ADMIN);
	EXPECT_EQ(rig.r.reason, XTCP_R_ADMIN);
	EXPECT_EQ(rig.o.error, XTCP_ERR_NONE);
	STATE(CLOSED);
	orders(0);
	given(XTCP_ESTABLISHED);
	xtcp_end(&rig.r, &rig.e, &rig.o, XTCP_R_ADMIN);
	EXPECT_EQ(rig.o.todo,
		  XTCP_DO_FREE | XTCP_DO_FLUSH | XTCP_DO_NO_TIMER);
	xtcp_end_with_error(&rig.r, &rig.e, &rig.o, XTCP_R_ADMIN,
			    XTCP_ERR_RESET);
	EXPECT_EQ(rig.o.todo, XTCP_DO_FREE | XTCP_DO_FLUSH |
			      XTCP_DO_NO_TIMER | XTCP_DO_ERROR);
	EXPECT_EQ(rig.o.error, XTCP_ERR_RESET);
}

TEST(drop__counted_under_its_reason)
{
	given(XTCP_ESTABLISHED);
	orders(XTCP_DO_ACK);
	xtcp_drop(&rig.o, XTCP_R_PAWS);
	EXPECT_EQ(rig.o.todo, XTCP_DO_ACK | XTCP_DO_DROPPED);
	EXPECT_EQ(rig.o.reason, XTCP_R_PAWS);
}

/* Zeroes, but for the one state whose number is not 0 */
TEST(record_init__whatever_was_there)
{
	struct xtcp_record r, clean;

	memset(&clean, 0, sizeof(clean));
	clean.state = XTCP_CLOSED;
	memset(&r, 0xff, sizeof(r));
	xtcp_record_init(&r);
	EXPECT(!memcmp(&r, &clean, sizeof(r)));
}

/*
 * A change of state that the table does not know is told: here a host lets the
 * listener's own record be its child's, and it leaves LISTEN.
 */
TEST(step__edge_that_the_table_does_not_know)
{
	given(XTCP_LISTEN);
	rig.e.child = &rig.r;
	rig.e.kind = XTCP_EV_SEGMENT;
	rig.e.seg.flags = S;
	xtcp_step(&rig.r, &rig.e, &rig.o);
	STATE(SYN_RCVD);
	EXPECT_EQ(rig.o.from, XTCP_LISTEN);
	EXPECT_EQ(rig.o.to, XTCP_SYN_RCVD);
	EXPECT_EQ(rig.o.todo, XTCP_DO_SPAWN | XTCP_DO_SYN_ACK |
			      XTCP_DO_TIMER | XTCP_DO_BUG);
}
