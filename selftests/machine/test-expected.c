// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which segments are expected. That what is then done is what would have been done
 * anyhow is a law, asked after every step of every test: law.c.
 */
#include "law.h"
#include "rig.h"

/* Next in order, a bare ACK of all. */
static struct xtcp_segment bare(void)
{
	return (struct xtcp_segment){
		.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt,
		.wnd = SND_WND,
	};
}

/* The same with one thing changed, and perhaps some text. */
#define EXPECTED(field, value, bytes) \
	({ struct xtcp_segment s_ = bare(); \
	   s_.field = (value); \
	   s_.len += (bytes); \
	   xtcp_expected(&rig.r, &s_); })

static bool stamped(u8 opts, u32 tsval)
{
	struct xtcp_segment s = bare();

	s.opts = opts;
	s.tsval = tsval;
	return xtcp_expected(&rig.r, &s);
}

TEST(expected__text_and_acks)
{
	given(XTCP_ESTABLISHED);
	EXPECT(EXPECTED(len, 0, 0));
	EXPECT(EXPECTED(ack, rig.r.snd_una, 0));
	EXPECT(EXPECTED(flags, A | XTCP_PSH, 10));
	EXPECT(EXPECTED(len, xtcp_rcv_wnd(&rig.r), 0));
	EXPECT(EXPECTED(wnd, 0, 0));
}

TEST(expected__not_out_of_place)
{
	given(XTCP_ESTABLISHED);
	EXPECT(!EXPECTED(seq, rig.r.rcv_nxt + 1, 10));
	EXPECT(!EXPECTED(seq, rig.r.rcv_nxt - 1, 10));
	EXPECT(!EXPECTED(len, xtcp_rcv_wnd(&rig.r) + 1, 0));
	EXPECT(!EXPECTED(ack, rig.r.snd_una - 1, 0));
	EXPECT(!EXPECTED(ack, rig.r.snd_nxt + 1, 0));
}

TEST(expected__not_with_flags)
{
	static const u8 flags[] = {
		0, A | F, A | S, A | R, A | XTCP_URG, A | XTCP_ECE,
		A | XTCP_CWR, XTCP_PSH,
	};
	u32 i;

	given(XTCP_ESTABLISHED);
	for (i = 0; i < sizeof(flags); i++)
		EXPECT(!EXPECTED(flags, flags[i], 10));
}

TEST(expected__options)
{
	given(XTCP_ESTABLISHED);
	EXPECT(!stamped(XTCP_OPT_SACK, 0));
	EXPECT(!stamped(XTCP_OPT_TS, 0));
	with_timestamps(1000);
	EXPECT(!stamped(0, 0));
	EXPECT(stamped(XTCP_OPT_TS, 1000));
	EXPECT(!stamped(XTCP_OPT_TS, 999));
	EXPECT(!stamped(XTCP_OPT_TS | XTCP_OPT_SACK, 1000));
	rig.r.flags &= ~XTCP_F_TS_RECENT;
	EXPECT(!stamped(XTCP_OPT_TS, 1000));
}

TEST_EACH(expected__only_established, SYNCHRONISED)
{
	given(state);
	EXPECT_EQ(EXPECTED(len, 0, 0), state == XTCP_ESTABLISHED);
	rig.r.flags |= XTCP_F_SHUT_READ;
	EXPECT(!EXPECTED(len, 0, 0));
}
