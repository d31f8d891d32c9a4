// SPDX-License-Identifier: GPL-2.0-only
/* SYN cookies: RFC 4987 3.6. */
#include "rig.h"
#include "law.h"

#define MAC_NOW		0x9e3779b9u
#define MAC_BEFORE	0x7f4a7c15u
#define COUNT		41u

static void cookies_out(void)
{
	given(XTCP_LISTEN);
	rig.e.cookie.count = COUNT;
	rig.e.cookie.mac[0] = MAC_NOW;
	rig.e.cookie.mac[1] = MAC_BEFORE;
	rig.e.cookie.expected = true;
}

TEST(cookie_is_good_for_two_periods)
{
	static const u16 mss[][2] = {
		{ 536, 536 }, { 1220, 1220 }, { 1459, 1440 },
		{ 1460, 1460 }, { 8900, 8900 }, { 65535, 8900 },
	};
	size_t i;
	u16 got;

	cookies_out();
	for (i = 0; i < sizeof(mss) / sizeof(mss[0]); i++) {
		u32 now = xtcp_cookie_make(MAC_NOW, COUNT, mss[i][0]);
		u32 before = xtcp_cookie_make(MAC_BEFORE, COUNT - 1,
					      mss[i][0]);
		u32 older = xtcp_cookie_make(MAC_NOW, COUNT - 2, mss[i][0]);

		EXPECT(xtcp_cookie_check(&rig.e.cookie, now, &got));
		EXPECT_EQ(got, mss[i][1]);
		EXPECT(xtcp_cookie_check(&rig.e.cookie, before, &got));
		EXPECT_EQ(got, mss[i][1]);
		EXPECT(!xtcp_cookie_check(&rig.e.cookie, older, &got));
	}
}

/* Rounded down to one of eight sizes, never up. */
TEST(cookie_make__sizes)
{
	static const u16 sizes[] = {
		216, 536, 1220, 1300, 1400, 1440, 1460, 8900,
	};
	u32 i, mss, cookie;
	u16 got;

	cookies_out();
	for (mss = 0; mss < 10000; mss++) {
		for (i = 7; i && sizes[i] > mss; i--)
			;
		cookie = xtcp_cookie_make(MAC_NOW, COUNT, mss);
		EXPECT(xtcp_cookie_check(&rig.e.cookie, cookie, &got));
		EXPECT_EQ(got, sizes[i]);
	}
}

/* Whatever bit is wrong, MSS bits excepted, which the MAC cannot protect. */
TEST(cookie_with_a_wrong_bit)
{
	u32 good = xtcp_cookie_make(MAC_NOW, COUNT, 1460);
	u32 bit;
	u16 mss;

	cookies_out();
	for (bit = 0; bit < 32; bit++) {
		if (bit >= 27 && bit < 30)
			continue;
		EXPECT(!xtcp_cookie_check(&rig.e.cookie, good ^ (1u << bit),
					  &mss));
	}
}

static void cookie_returns(u8 flags, u32 len, u8 opts, u32 tsecr)
{
	u32 cookie = xtcp_cookie_make(MAC_NOW, COUNT, 1460);

	arrives(.flags = flags, .seq = rig.irs + 1, .ack = cookie + 1,
		.len = len, .opts = opts, .tsval = 500, .tsecr = tsecr);
}

TEST(rcv_cookie_ack_listen)
{
	u32 cookie = xtcp_cookie_make(MAC_NOW, COUNT, 1460);

	cookies_out();
	cookie_returns(A, 0, 0, 0);
	CELL(COOKIE_ACK);
	STATE(LISTEN);
	SILENCE();
	USER(XTCP_DO_SPAWN | XTCP_DO_ESTABLISHED | XTCP_DO_ACKED);
	UNCHANGED();
	EXPECT_EQ(rig.o.reason, XTCP_R_NONE);
	EXPECT_EQ(rig.child.state, XTCP_ESTABLISHED);
	EXPECT_EQ(rig.child.opened, XTCP_OPENED_COOKIE);
	ACKED(0);
	EXPECT_EQ(rig.child.iss, cookie);
	EXPECT_EQ(rig.child.snd_una, cookie + 1);
	EXPECT_EQ(rig.child.snd_nxt, cookie + 1);
	EXPECT_EQ(rig.child.irs, rig.irs);
	EXPECT_EQ(rig.child.rcv_nxt, rig.irs + 1);
	EXPECT_EQ(rig.child.mss, 1460);
	EXPECT_EQ(rig.child.flags, 0);
	EXPECT_EQ(rig.child.timer, XTCP_LIFE_NONE);
}

TEST(rcv_cookie_ack_listen_with_text)
{
	cookies_out();
	cookie_returns(A, 20, 0, 0);
	USER(XTCP_DO_SPAWN | XTCP_DO_ESTABLISHED | XTCP_DO_ACKED |
	     XTCP_DO_TEXT);
	TEXT(0, 20);
	EXPECT_EQ(rig.child.rcv_nxt, rig.irs + 21);
}

/* What a cookie has no room for travels in the timestamp. */
TEST(rcv_cookie_ack_listen_with_options)
{
	const struct xtcp_segment syn = {
		.opts = XTCP_OPT_WSCALE | XTCP_OPT_SACK_PERMITTED |
			XTCP_OPT_TS,
		.wscale = 9,
	};
	u32 ts;

	cookies_out();
	rig.e.open.rcv_wscale = 7;
	ts = xtcp_cookie_ts_make(123456, &syn, &rig.policy);
	EXPECT(seq_leq(ts, 123456));
	EXPECT(123456 - ts < 2u << XTCP_COOKIE_TS_BITS);
	cookie_returns(A, 0, XTCP_OPT_TS, ts);
	EXPECT_EQ(rig.child.flags, XTCP_F_TS | XTCP_F_WSCALE | XTCP_F_SACK |
				   XTCP_F_TS_RECENT);
	EXPECT_EQ(rig.child.snd_wscale, 9);
	EXPECT_EQ(rig.child.rcv_wscale, 7);
	EXPECT_EQ(rig.child.snd_wnd, SND_WND << 9);
	EXPECT_EQ(rig.child.ts_recent, 500);
}

TEST(rcv_cookie_ack_listen_with_few_options)
{
	const struct xtcp_segment syn = { .opts = XTCP_OPT_TS };
	u32 ts;

	cookies_out();
	ts = xtcp_cookie_ts_make(123456, &syn, &rig.policy);
	cookie_returns(A, 0, XTCP_OPT_TS, ts);
	EXPECT_EQ(rig.child.flags, XTCP_F_TS | XTCP_F_TS_RECENT);
	EXPECT_EQ(rig.child.snd_wscale, 0);
}

/* SACK alone: the missing scale is none, not one of 15. */
TEST(rcv_cookie_ack_listen_with_sack_alone)
{
	const struct xtcp_segment syn = {
		.opts = XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TS,
	};

	cookies_out();
	cookie_returns(A, 0, XTCP_OPT_TS,
		       xtcp_cookie_ts_make(123456, &syn, &rig.policy));
	EXPECT_EQ(rig.child.flags,
		  XTCP_F_TS | XTCP_F_SACK | XTCP_F_TS_RECENT);
	EXPECT_EQ(rig.child.snd_wscale, 0);
}

/* Six bits of the timestamp, which never runs ahead of the clock. */
TEST(cookie_ts_make__bits)
{
	const struct xtcp_segment syn = {
		.opts = XTCP_OPT_WSCALE, .wscale = 9,
	};
	u32 i, tsval, ts;

	given(XTCP_LISTEN);
	for (i = 0; i < 4 * 64; i++) {
		tsval = 0u - 2 * 64 + i;
		ts = xtcp_cookie_ts_make(tsval, &syn, &rig.policy);
		EXPECT_EQ(ts & 63, 9);
		EXPECT(tsval - ts < 64);
	}
}

/* The largest scale that RFC 7323 2.3 knows, whatever came */
TEST(cookie_ts_make__scales)
{
	struct xtcp_segment syn = { .opts = XTCP_OPT_WSCALE };
	u32 i;

	given(XTCP_LISTEN);
	for (i = 0; i < 256; i++) {
		syn.wscale = i;
		EXPECT_EQ(xtcp_cookie_ts_make(0, &syn, &rig.policy) & 63,
			  i < 14 ? i : 14);
	}
	rig.policy.window_scaling = 0;
	EXPECT_EQ(xtcp_cookie_ts_make(0, &syn, &rig.policy) & 63, 15);
}

/* The listener itself stays, whatever becomes of the child. */
TEST(rcv_cookie_ack_listen_accept_queue_full)
{
	cookies_out();
	rig.e.accept_full = true;
	cookie_returns(A, 0, 0, 0);
	CELL(COOKIE_ACK);
	SILENCE();
	USER(0);
	UNCHANGED();
	DROPPED(ACCEPT_QUEUE_FULL);

	rig.policy.abort_on_overflow = 1;
	cookie_returns(A, 0, 0, 0);
	WIRE(XTCP_DO_RST);
	USER(0);
	UNCHANGED();
	DROPPED(ABORT_ON_OVERFLOW);
}

TEST(rcv_ack_bad_listen_wrong_cookie)
{
	u32 cookie = xtcp_cookie_make(MAC_NOW, COUNT, 1460);

	cookies_out();
	arrives(.flags = A, .seq = rig.irs + 1, .ack = cookie + 2);
	CELL(ACK_BAD);
	WIRE(XTCP_DO_RST);
	RST_IS(R, cookie + 2, 0);
	DROPPED(BAD_COOKIE);
	/* a SYN+ACK returns no cookie */
	cookie_returns(A | S, 0, 0, 0);
	CELL(ACK_BAD);
	/* and none is believed that cannot have been sent */
	rig.e.cookie.expected = false;
	cookie_returns(A, 0, 0, 0);
	CELL(ACK_BAD);
	DROPPED(LISTEN_ACK);
}
