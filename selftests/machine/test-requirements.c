// SPDX-License-Identifier: GPL-2.0-only
/* What the ledger (Documentation/requirements) asks for and no other file shows. */
#include "rig.h"
#include "law.h"

#define SCALED	XTCP_OPT_WSCALE

/* RFC 7323 2.2: the window of a SYN is as it stands there, on every way in. */
TEST(rcv_syn_ack_syn_sent_window_unscaled)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S | A, .seq = rig.irs, .ack = rig.iss + 1,
		.wnd = 500, .opts = SCALED, .wscale = 3);
	STATE(ESTABLISHED);
	EXPECT_EQ(rig.r.snd_wscale, 3);
	EXPECT_EQ(rig.r.snd_wnd, 500);
	EXPECT_EQ(rig.r.max_snd_wnd, 500);
}

TEST(rcv_syn_ack_syn_rcvd_window_unscaled)
{
	given(XTCP_SYN_SENT);
	arrives(.flags = S, .seq = rig.irs, .wnd = 500, .opts = SCALED,
		.wscale = 3);
	STATE(SYN_RCVD);
	EXPECT_EQ(rig.r.snd_wnd, 500);
	arrives(.flags = S | A, .seq = rig.irs, .ack = rig.iss + 1,
		.wnd = 600, .opts = SCALED, .wscale = 3);
	STATE(ESTABLISHED);
	EXPECT_EQ(rig.r.snd_wnd, 600);
	/* the first that is no SYN is scaled */
	arrives(.flags = A, .seq = rig.r.rcv_nxt, .ack = rig.r.snd_una,
		.wnd = 700);
	EXPECT_EQ(rig.r.snd_wnd, 700 << 3);
}
