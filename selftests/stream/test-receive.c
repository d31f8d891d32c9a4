// SPDX-License-Identifier: GPL-2.0-only
/* The receiver: what window it tells, what it keeps. */
#include <string.h>

#include "stream/stream.h"
#include "tap.h"

/* (rcvbuf, most, mss, scaling) -> what the host's TCP would offer, too */
TEST(window_initial__table)
{
	static const struct {
		u32 rcvbuf, most, mss;
		bool scaling;
		u32 wnd;
		u8 wscale;
	} v[] = {
		{ 131072, 6291456, 1460, true, 64240, 7 },
		{ 131072, 6291456, 1460, false, 64240, 0 },
		{ 131072, 131072, 65483, true, 65483, 2 },
		{ 4096, 4096, 1460, true, 1460, 0 },
		{ 2304, 2304, 1460, true, 1152, 0 },
		{ 16777216, 6291456, 1448, true, 65160, 9 },
		{ 0x7fffffff, 0x7fffffff, 1448, true, 65160, 14 },
	};
	u8 wscale;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		test_case("row %u", i);
		EXPECT_EQ(xtcp_window_initial(v[i].rcvbuf, v[i].most, v[i].mss,
					      v[i].scaling, &wscale),
			  v[i].wnd);
		EXPECT_EQ(wscale, v[i].wscale);
	}
}

static struct xtcp_record announced(u32 rcv_nxt, u32 wnd, u8 wscale)
{
	struct xtcp_record r = { .state = XTCP_ESTABLISHED };

	r.rcv_nxt = rcv_nxt;
	r.rcv_adv = rcv_nxt + wnd;
	r.rcv_wscale = wscale;
	return r;
}

/* (announced, free, buffer, mss, scale) -> field, and is an update due? */
TEST(window_select__table)
{
	static const struct {
		u32 wnd, free, buffer, mss;
		u8 wscale;
		u16 field;
		bool due;
	} v[] = {
		/* MUST-39: closed, and not worth a step yet */
		{ 0, 1459, 65536, 1460, 0, 0, false },
		{ 0, 1460, 65536, 1460, 0, 1460, true },
		/* half a small buffer is worth one */
		{ 0, 1499, 3000, 1460, 0, 1499, true },
		{ 0, 999, 2000, 1460, 0, 0, false },
		{ 0, 1000, 2000, 1460, 0, 1000, true },
		/* open wide: an ACK tells of it, but none is sent for it */
		{ 40000, 65536, 65536, 1460, 0, 65535, false },
		{ 40000, 41000, 65536, 1460, 0, 40000, false },
		{ 30000, 65536, 65536, 1460, 0, 65535, true },
		/* the buffer is full: what was promised stays */
		{ 5000, 0, 65536, 1460, 0, 5000, false },
		/* scaled: rounded up while there is room, else down */
		{ 1000, 2000, 65536, 1460, 7, 8, false },
		{ 1000, 1000, 65536, 1460, 7, 7, false },
		{ 1024, 0, 65536, 1460, 7, 8, false },
		{ 0, 65536, 65536, 1460, 7, 512, true },
		{ 0, 0xf0000000, 0xf0000000, 1460, 14, 65535, true },
		/* what was promised to the byte is rounded to nothing else */
		{ 1024, 2000, 65536, 1460, 7, 8, false },
		{ 1000, 1024, 65536, 1460, 7, 8, false },
		{ 1000, 1023, 65536, 1460, 7, 7, false },
		/* 16 bits cannot tell of the whole step, so it is none */
		{ 65000, 67000, 70000, 1460, 0, 65000, false },
		/* twice as much is worth an ACK, one byte less is not */
		{ 30000, 60000, 65536, 1460, 0, 60000, true },
		{ 30000, 59999, 65536, 1460, 0, 59999, false },
		/* a step is at least a byte */
		{ 0, 0, 65536, 0, 0, 0, false },
		{ 0, 1, 65536, 0, 0, 1, true },
		{ 0, 1, 1, 1460, 0, 1, true },
		{ 0, 0, 1, 1460, 0, 0, false },
	};
	u32 i, seam;
	static const u32 seams[] = { 0, 0x7fffffff, 0xffffffff };

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		for (seam = 0; seam < ARRAY_SIZE(seams); seam++) {
			struct xtcp_record r = announced(seams[seam], v[i].wnd,
							 v[i].wscale);
			struct xtcp_room room = {
				v[i].buffer, v[i].free, v[i].mss
			};

			test_case("row %u", i);
			EXPECT_EQ(xtcp_window_select(&r, &room), v[i].field);
			EXPECT_EQ(xtcp_window_update_due(&r, &room), v[i].due);
		}
	}
}

/* SHLD-14: however segments come and are read, the edge never moves left. */
TEST(window_select__edge_never_goes_left)
{
	struct xtcp_record r = announced(0xfffff000, 65535, 0);
	struct xtcp_room room = { 70000, 70000, 1460 };
	u32 x = 1, unread = 0, n, edge, i;

	for (i = 0; i < 200000; i++) {
		x = x * 1664525 + 1013904223;
		n = (x >> 8) % 3000;
		if (x >> 31) {
			n = n < xtcp_rcv_wnd(&r) ? n : xtcp_rcv_wnd(&r);
			r.rcv_nxt += n;
			unread += n;
		} else {
			unread -= n < unread ? n : unread;
		}
		EXPECT(unread <= room.buffer);
		room.free = room.buffer - unread;
		edge = xtcp_window_edge(&r, xtcp_window_select(&r, &room));
		EXPECT(seq_geq(edge, r.rcv_adv));
		r.rcv_adv = seq_max(r.rcv_adv, edge);
	}
}

/* Scaled, byte by byte: neither creeps the edge away nor is more than a unit lost */
TEST(window_select__scaled_does_not_creep)
{
	struct xtcp_record r = announced(77, 8192, 7);
	struct xtcp_room room = { 8192, 8192, 1460 };
	u32 edge, unread = 0;

	while (xtcp_rcv_wnd(&r)) {
		r.rcv_nxt++;
		room.free = room.buffer - ++unread;
		edge = xtcp_window_edge(&r, xtcp_window_select(&r, &room));
		EXPECT(seq_geq(edge + 127, r.rcv_adv));
		r.rcv_adv = seq_max(r.rcv_adv, edge);
		EXPECT(unread <= room.buffer);
		if (unread > room.buffer)
			return;
	}
	EXPECT_EQ(unread, 8192);
}

TEST(urgent__field)
{
	struct xtcp_urgent u = { 0 };

	EXPECT_EQ(xtcp_urgent_field(&u, 5), 0);
	xtcp_urgent_send(&u, 10);
	EXPECT_EQ(xtcp_urgent_field(&u, 0xfffffffe), 12);
	EXPECT_EQ(xtcp_urgent_field(&u, 9), 1);
	EXPECT_EQ(xtcp_urgent_field(&u, 10), 0);
	EXPECT_EQ(xtcp_urgent_field(&u, 11), 0);
	xtcp_urgent_acked(&u, 9);
	EXPECT(u.sending);
	xtcp_urgent_acked(&u, 10);
	EXPECT(!u.sending);
	EXPECT_EQ(xtcp_urgent_field(&u, 5), 0);
}

/* MUST-31: further away than 16 bits can say */
TEST(urgent__clamp)
{
	struct xtcp_urgent u = { 0 };

	xtcp_urgent_send(&u, 0xffff0000 + 200000);
	EXPECT_EQ(xtcp_urgent_field(&u, 0xffff0000), 65535);
	EXPECT_EQ(xtcp_urgent_field(&u, 0xffff0000 + 134465), 65535);
	EXPECT_EQ(xtcp_urgent_field(&u, 0xffff0000 + 134466), 65534);
}

/* MUST-32, MUST-33 */
TEST(urgent__receive)
{
	struct xtcp_urgent u = { 0 };

	EXPECT(!xtcp_urgent_received(&u, 0xfffffff0, 0xfffffff0));
	EXPECT(xtcp_urgent_received(&u, 2, 0xfffffff0));
	EXPECT(!xtcp_urgent_received(&u, 2, 0xfffffff0));
	EXPECT(!xtcp_urgent_received(&u, 1, 0xfffffff0));
	EXPECT(xtcp_urgent_received(&u, 5, 0xfffffff0));
	EXPECT_EQ(xtcp_urgent_unread(&u, 0xfffffff0), 21);
	EXPECT_EQ(xtcp_urgent_limit(&u, 0xfffffff0, 100), 20);
	EXPECT_EQ(xtcp_urgent_limit(&u, 0xfffffff0, 7), 7);
	EXPECT(!xtcp_urgent_at_mark(&u, 3));
	EXPECT(xtcp_urgent_at_mark(&u, 4));
	EXPECT_EQ(xtcp_urgent_limit(&u, 4, 100), 100);
	xtcp_urgent_read(&u, 4);
	EXPECT(u.receiving);
	xtcp_urgent_read(&u, 5);
	EXPECT(!u.receiving);
	EXPECT_EQ(xtcp_urgent_unread(&u, 5), 0);
	EXPECT_EQ(xtcp_urgent_limit(&u, 5, 100), 100);
}

TEST(established__fills_everything)
{
	struct xtcp_record r = announced(1, 1000, 0);
	struct xtcp_handshake h = { .mss = 1448, .rcv_mss = 1448,
				    .rtt_us = 25000 };
	struct xtcp_stream_params p;
	struct xtcp_stream s;

	r.snd_una = 1;
	r.snd_nxt = 1;
	xtcp_stream_defaults(&p);
	memset(&s, 0xff, sizeof(s));
	xtcp_stream_init(&s, &p);
	xtcp_stream_established(&s, &r, &h, 5);
	EXPECT(!s.nodelay);
	EXPECT(!s.keep_on);
	EXPECT_SOUND(xtcp_stream_invariant(&s, &r));
	EXPECT_EQ(s.rtt.srtt_us, 25000);
	EXPECT_EQ(s.cc.cwnd, 14480);
	EXPECT_EQ(s.keepalive.heard_us, 5);
}
