// SPDX-License-Identifier: GPL-2.0-only
/* Explicit congestion notification, as both ends agree on it: RFC 3168 6.1.1. */
#include "rig.h"
#include "law.h"

#define E	XTCP_ECE
#define C	XTCP_CWR
#define ECN	XTCP_F_ECN
#define BOTH	(XTCP_F_ECN | XTCP_F_ECT)

static const u8 said[] = { 0, E, C, E | C };

static u16 ecn_of(const struct xtcp_record *r)
{
	return r->flags & BOTH;
}

static void given_asked(void)
{
	given(XTCP_CLOSED);
	rig.policy.ecn = 1;
	happens(XTCP_EV_OPEN_ACTIVE);
}

TEST(open_active_closed__asks_for_ecn)
{
	u8 mode;

	for (mode = 0; mode < 3; mode++) {
		given(XTCP_CLOSED);
		rig.policy.ecn = mode;
		happens(XTCP_EV_OPEN_ACTIVE);
		EXPECT_EQ(ecn_of(&rig.r), mode == 1 ? BOTH : 0);
	}
}

/* 6.1.1.1: asked once. A late answer to that counts, but we mark nothing. */
TEST(handshake_again__without_ecn)
{
	given_asked();
	happens(XTCP_EV_RETRANSMIT);
	WIRE(XTCP_DO_SYN);
	EXPECT_EQ(ecn_of(&rig.r), ECN);
	arrives(.flags = S | A | E, .seq = rig.irs, .ack = rig.iss + 1);
	STATE(ESTABLISHED);
	EXPECT_EQ(ecn_of(&rig.r), ECN);
	given_asked();
	happens(XTCP_EV_RETRANSMIT);
	arrives(.flags = S | A, .seq = rig.irs, .ack = rig.iss + 1);
	EXPECT_EQ(ecn_of(&rig.r), 0);
}

/* ECE agrees. Both are what a peer sends that only reflects our bits. */
TEST(rcv_syn_ack_syn_sent__ecn)
{
	size_t i;

	for (i = 0; i < sizeof(said); i++) {
		given_asked();
		arrives(.flags = S | A | said[i], .seq = rig.irs,
			.ack = rig.iss + 1);
		STATE(ESTABLISHED);
		EXPECT_EQ(ecn_of(&rig.r), said[i] == E ? BOTH : 0);
	}
	given(XTCP_SYN_SENT);
	rig.policy.ecn = 2;
	arrives(.flags = S | A | E, .seq = rig.irs, .ack = rig.iss + 1);
	EXPECT_EQ(ecn_of(&rig.r), 0);
}

TEST(rcv_syn_listen__ecn)
{
	u8 mode, ecn;
	size_t i;
	bool yes;

	for (mode = 0; mode < 3; mode++)
		for (i = 0; i < sizeof(said); i++)
			for (ecn = XTCP_NOT_ECT; ecn <= XTCP_CE; ecn++) {
				given(XTCP_LISTEN);
				rig.policy.ecn = mode;
				arrives(.flags = S | said[i], .seq = rig.irs,
					.ecn = ecn);
				yes = mode && said[i] == (E | C) && !ecn;
				EXPECT_EQ(ecn_of(&rig.child), yes ? BOTH : 0);
			}
}

/* It repeats its SYN without the question: it may mark, we do not. */
TEST(rcv_syn_again_syn_rcvd__ecn)
{
	given(XTCP_SYN_RCVD);
	rig.r.flags |= BOTH;
	arrives(.flags = S | E | C, .seq = rig.irs);
	CELL(SYN_AGAIN);
	EXPECT_EQ(ecn_of(&rig.r), BOTH);
	arrives(.flags = S, .seq = rig.irs);
	CELL(SYN_AGAIN);
	EXPECT_EQ(ecn_of(&rig.r), ECN);
}

/* Two SYNs that cross agree if both ask; who only agrees has not asked. */
TEST(rcv_syn_syn_sent__ecn)
{
	size_t i;

	for (i = 0; i < sizeof(said); i++) {
		given_asked();
		arrives(.flags = S | said[i], .seq = rig.irs);
		STATE(SYN_RCVD);
		EXPECT_EQ(ecn_of(&rig.r), said[i] == (E | C) ? BOTH : 0);
	}
	given(XTCP_SYN_SENT);
	rig.policy.ecn = 2;
	arrives(.flags = S | E | C, .seq = rig.irs);
	EXPECT_EQ(ecn_of(&rig.r), 0);
}

/* The listener forgot: one bit of the timestamp knows. */
TEST(rcv_cookie_ack_listen__ecn)
{
	struct xtcp_segment syn = { .opts = XTCP_OPT_TS };
	u32 cookie = xtcp_cookie_make(7, 1, 1460);
	size_t i;
	u8 mode;

	for (mode = 0; mode < 3; mode++)
		for (i = 0; i < sizeof(said); i++) {
			given(XTCP_LISTEN);
			rig.policy.ecn = mode;
			rig.e.cookie.expected = true;
			rig.e.cookie.count = 1;
			rig.e.cookie.mac[0] = 7;
			syn.flags = S | said[i];
			/* The third segment's own flags say nothing of it. */
			arrives(.flags = A | (said[i] ? 0 : E | C), .len = 5,
				.seq = rig.irs + 1, .ack = cookie + 1,
				.ecn = XTCP_CE, .opts = XTCP_OPT_TS,
				.tsecr = xtcp_cookie_ts_make(9999, &syn,
							     &rig.policy));
			CELL(COOKIE_ACK);
			EXPECT_EQ(ecn_of(&rig.child),
				  mode && said[i] == (E | C) ? BOTH : 0);
		}
}
