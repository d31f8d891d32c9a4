// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a connection ends that its user, its host or time ends: what the user is
 * told, what the peer is told, what the record says (RFC 9293 3.10.4, 3.10.5,
 * 3.10.8, 3.6.1, 3.9.2.2).
 */
#include "rig.h"
#include "law.h"

struct ending {
	enum xtcp_state state;
	enum xtcp_event_kind event;
	enum xtcp_reason reason;
	enum xtcp_error error;
	enum xtcp_closing closing;
	bool rst;
};

/* What the host says of EVICT and GIVE_UP */
#define ITS_REASON	XTCP_R_ADMIN

#define ROW(state, event, reason, error, closing, rst) \
	{ XTCP_##state, XTCP_EV_##event, XTCP_R_##reason, XTCP_ERR_##error, \
	  XTCP_CLOSING_##closing, rst }

/* The peer counts on us: it is told by a RST. */
#define TOLD(state) \
	ROW(state, ABORT, ABORTED, ABORTED, RESET_SENT, true), \
	ROW(state, EVICT, ADMIN, ABORTED, RESET_SENT, true)
#define TOLD_OF_TEXT(state) \
	TOLD(state), \
	ROW(state, CLOSE_UNREAD, UNREAD_DATA, ABORTED, RESET_SENT, true), \
	ROW(state, GIVE_UP, ADMIN, TIMEDOUT, GAVE_UP, true)
/* It does not, for both have said all. */
#define NOT_TOLD(state) \
	ROW(state, ABORT, ABORTED, NONE, NOT, false), \
	ROW(state, EVICT, ADMIN, ABORTED, NOT, false)

static const struct ending endings[] = {
	ROW(LISTEN, CLOSE, CLOSED_BEFORE_OPEN, NONE, NOT, false),
	ROW(LISTEN, ABORT, CLOSED_BEFORE_OPEN, NONE, NOT, false),
	ROW(LISTEN, EVICT, ADMIN, ABORTED, NOT, false),
	ROW(SYN_SENT, CLOSE, CLOSED_BEFORE_OPEN, NONE, NOT, false),
	NOT_TOLD(SYN_SENT),
	ROW(SYN_SENT, GIVE_UP, ADMIN, TIMEDOUT, GAVE_UP, false),
	ROW(SYN_SENT, ICMP_HARD, UNREACHABLE, UNREACHABLE, GAVE_UP, false),
	TOLD(SYN_RCVD),
	ROW(SYN_RCVD, GIVE_UP, ADMIN, TIMEDOUT, GAVE_UP, true),
	TOLD_OF_TEXT(ESTABLISHED),
	TOLD_OF_TEXT(FIN_WAIT_1),
	TOLD_OF_TEXT(FIN_WAIT_2),
	TOLD_OF_TEXT(CLOSE_WAIT),
	NOT_TOLD(CLOSING),
	ROW(CLOSING, GIVE_UP, ADMIN, TIMEDOUT, GAVE_UP, true),
	NOT_TOLD(LAST_ACK),
	ROW(LAST_ACK, GIVE_UP, ADMIN, TIMEDOUT, GAVE_UP, true),
	ROW(TIME_WAIT, EVICT, ADMIN, ABORTED, NOT, false),
	ROW(TIME_WAIT, LIFE_OVER, TIME_WAIT_OVER, NONE, NOT, false),
};

static void ends(const struct ending *t)
{
	u32 user = XTCP_DO_FLUSH | XTCP_DO_FREE;

	if (t->error)
		user |= XTCP_DO_ERROR;
	given(t->state);
	rig.e.reason = ITS_REASON;
	happens(t->event);
	expect_ended(HERE, t->reason, t->error);
	USER(user);
	WIRE(t->rst ? XTCP_DO_RST : 0);
	if (t->rst)
		RST_IS(R | A, rig.before.snd_nxt, rig.before.rcv_nxt);
	EXPECT_EQ(rig.r.closing, t->closing);
	EXPECT_EQ(rig.r.since_ms, NOW_MS);
	EXPECT_EQ(rig.o.lasted_ms, NOW_MS - rig.before.since_ms);
	EXPECT_EQ(rig.o.todo & (XTCP_DO_TIMER | XTCP_DO_NO_TIMER),
		  XTCP_DO_NO_TIMER);
	EXPECT(!(rig.o.todo & XTCP_DO_DROPPED));
	TIMER(NONE, 0);
}

TEST(end__table)
{
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		ends(&endings[i]);
}

/* An orphan in FIN_WAIT_2: its peer may say no more, so nobody is told. */
TEST(end__fin_wait_2_orphan)
{
	given(XTCP_FIN_WAIT_2);
	happens(XTCP_EV_CLOSE);
	happens(XTCP_EV_LIFE_OVER);
	ENDED(FIN_WAIT_2_OVER, NONE);
	USER(XTCP_DO_FLUSH | XTCP_DO_FREE);
	TIMER(NONE, 0);
}

/* SHLD-3: the user is told too, should there still be one. */
TEST(end__text_unwanted)
{
	static const enum xtcp_state states[] = {
		XTCP_FIN_WAIT_1, XTCP_FIN_WAIT_2,
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		given(states[i]);
		happens(XTCP_EV_SHUT_READ);
		arrives(.flags = A, .seq = rig.r.rcv_nxt,
			.ack = rig.r.snd_una, .len = 1);
		ENDED(DATA_AFTER_CLOSE, RESET);
		RST_IS(R | A, rig.before.snd_nxt, rig.before.rcv_nxt);
		USER(XTCP_DO_FLUSH | XTCP_DO_FREE | XTCP_DO_ERROR);
		EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_SENT);
	}
}

/* 3.10.8, 3.8.3: given up, without a word to one who does not listen */
TEST(end__retransmissions)
{
	static const enum xtcp_state states[] = {
		XTCP_ESTABLISHED, XTCP_FIN_WAIT_1, XTCP_CLOSE_WAIT,
		XTCP_CLOSING, XTCP_LAST_ACK,
	};
	size_t i;

	for (i = 0; i < 5; i++) {
		given(states[i]);
		rig.r.retries = rig.policy.retries2 - 1;
		happens(XTCP_EV_RETRANSMIT);
		expect_state(HERE, states[i]);
		EXPECT_EQ(rig.r.retries, rig.policy.retries2);
		happens(XTCP_EV_RETRANSMIT);
		ENDED(RETRANSMIT_TIMEOUT, TIMEDOUT);
		SILENCE();
		USER(XTCP_DO_FLUSH | XTCP_DO_FREE | XTCP_DO_ERROR);
		EXPECT_EQ(rig.r.closing, XTCP_CLOSING_GAVE_UP);
	}
}

/* An orphan's retries are its own number: neither more nor fewer. */
TEST(end__orphans_retransmissions)
{
	given(XTCP_FIN_WAIT_1);
	rig.r.flags |= XTCP_F_ORPHAN;
	rig.r.retries = rig.policy.orphan_retries - 1;
	happens(XTCP_EV_RETRANSMIT);
	STATE(FIN_WAIT_1);
	WIRE(XTCP_DO_RETRANSMIT);
	happens(XTCP_EV_RETRANSMIT);
	ENDED(RETRANSMIT_TIMEOUT, TIMEDOUT);
}

/* A RST in TIME_WAIT, where the policy lets it through, and a new SYN */
TEST(end__time_wait)
{
	given(XTCP_TIME_WAIT);
	rig.policy.rfc1337 = 0;
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	ENDED(RESET_BY_PEER, NONE);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_RESET_RCVD);
	USER(XTCP_DO_FLUSH | XTCP_DO_FREE);
	given(XTCP_TIME_WAIT);
	rig.e.listening = true;
	arrives(.flags = S, .seq = rig.r.rcv_nxt + 1);
	ENDED(TIME_WAIT_REUSED, NONE);
	USER(XTCP_DO_FLUSH | XTCP_DO_FREE | XTCP_DO_REOPEN);
	EXPECT_EQ(rig.r.closing, XTCP_CLOSING_NOT);
}

/* ---- which ends somebody may ask about ---- */

static bool early(void)
{
	return xtcp_ended_early(&rig.r, &rig.o);
}

static void evicted(void)
{
	rig.e.reason = ITS_REASON;
	happens(XTCP_EV_EVICT);
}

/* Whatever is ended by force, but for what both ends have closed already. */
TEST_EACH(early__evicted, LIVING)
{
	given(state);
	evicted();
	EXPECT(early());
}

TEST(early__what_goes_on)
{
	given(XTCP_ESTABLISHED);
	happens(XTCP_EV_CLOSE);
	STATE(FIN_WAIT_1);
	EXPECT(!early());
	given(XTCP_ESTABLISHED);
	arrives(.flags = R, .seq = rig.r.rcv_nxt + 1);
	STATE(ESTABLISHED);
	EXPECT(!early());
}

TEST(early__orderly)
{
	given(XTCP_LAST_ACK);
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	ENDED(CLOSED_ORDERLY, NONE);
	EXPECT(!early());
}

TEST(early__time_wait)
{
	given(XTCP_TIME_WAIT);
	evicted();
	EXPECT(!early());
	given(XTCP_TIME_WAIT);
	rig.policy.rfc1337 = 0;
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	ENDED(RESET_BY_PEER, NONE);
	EXPECT(!early());
}

TEST(early__listener)
{
	given(XTCP_LISTEN);
	evicted();
	STATE(CLOSED);
	EXPECT(!early());
}

TEST(early__fin_wait_2_orphan)
{
	given(XTCP_FIN_WAIT_2);
	happens(XTCP_EV_CLOSE);
	happens(XTCP_EV_LIFE_OVER);
	ENDED(FIN_WAIT_2_OVER, NONE);
	EXPECT(early());
}

/* A listener's half-open ones: SYNs cost their sender nothing. */
TEST(early__half_open)
{
	given(XTCP_SYN_RCVD);
	evicted();
	EXPECT(!early());
	given(XTCP_SYN_RCVD);
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	ENDED(RESET_BY_PEER, NONE);
	EXPECT(!early());
	given(XTCP_SYN_RCVD);
	rig.r.retries = rig.policy.synack_retries;
	happens(XTCP_EV_RETRANSMIT);
	ENDED(SYN_ACK_TIMEOUT, NONE);
	EXPECT(!early());
}

/* But this one's peer knows our initial number. */
TEST(early__abort_on_overflow)
{
	given(XTCP_SYN_RCVD);
	rig.e.accept_full = true;
	rig.policy.abort_on_overflow = 1;
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt);
	ENDED(ABORT_ON_OVERFLOW, NONE);
	EXPECT(early());
}

/* Openings of ours, and those that a Fast Open cookie vouches for */
TEST(early__syn_rcvd_of_a_socket)
{
	given_crossed();
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	ENDED(REFUSED, REFUSED);
	EXPECT(early());
	given(XTCP_SYN_RCVD);
	rig.r.flags |= XTCP_F_FAST;
	arrives(.flags = R, .seq = rig.r.rcv_nxt);
	ENDED(RESET_BY_PEER, RESET);
	EXPECT(early());
}
