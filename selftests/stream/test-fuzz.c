// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever user, peer and path do, in whatever order: nothing that is sent breaks
 * a rule (end.c checks it), the stream stays sound, and when the peer turns
 * friendly everything still gets across.
 */
#include "end.h"
#include "tap.h"

static u32 x;

static u32 draw(u32 n)
{
	x = x * 1664525 + 1013904223;
	return (x >> 8) % n;
}

static u32 any_window(void)
{
	static const u32 wnds[] = { 0, 0, 1, 300, MSS, 5 * MSS, WND, WND };

	return wnds[draw(ARRAY_SIZE(wnds))];
}

static void any_ack(struct end *e)
{
	u32 flight = e->r.snd_nxt - e->r.snd_una;
	u32 ack = e->r.snd_una;
	u32 wnd = draw(2) ? e->r.snd_wnd : any_window();

	switch (draw(4)) {
	case 0:
		ack += flight;
		break;
	case 1:
		ack += flight ? draw(flight) : 0;
		break;
	case 2:
		ack -= draw(3000);
		break;
	}
	if (draw(2))
		end_ack(e, ack, wnd);
	else
		end_ack_ts(e, ack, wnd, x);
}

static bool any_timer(struct end *e)
{
	enum xtcp_expired what;

	if (!e->timers.main_us)
		return true;
	what = end_timeout(e);
	if (what == XTCP_EXPIRED_PROBE &&
	    xtcp_stream_probe(&e->s, &e->r, &e->q, &e->out)) {
		xtcp_stream_sent(&e->s, &e->r, &e->out, e->now_us);
		e->r.snd_nxt += e->out.fresh + e->out.fresh_fin;
		if (e->out.fresh_fin)
			e->r.flags |= XTCP_F_FIN_SENT;
	}
	return what != XTCP_EXPIRED_GIVE_UP;
}

static bool anything(struct end *e)
{
	switch (draw(10)) {
	case 0:
		if (!(e->r.flags & XTCP_F_FIN_QUEUED) && e->q.bytes < 500000)
			end_write(e, draw(8 * MSS));
		break;
	case 1:
		if (!draw(60) && e->r.state == XTCP_ESTABLISHED)
			end_fin(e);
		break;
	case 2:
		e->q.more = draw(2);
		break;
	case 3:
		e->s.nodelay = draw(2);
		break;
	case 4:
		if (!draw(10))
			xtcp_stream_mss(&e->s, &e->r, 1 + draw(2 * MSS),
					draw(2));
		break;
	case 5:
		e->now_us += draw(500000);
		break;
	case 6:
		if (!any_timer(e))
			return false;
		break;
	default:
		any_ack(e);
		break;
	}
	/* Sometimes there is no memory to send with. */
	if (draw(8))
		end_transmit(e);
	else
		xtcp_stream_timers(&e->s, &e->r, &e->q, e->now_us, &e->timers);
	return true;
}

/* From here on all arrives and is acknowledged. */
static void friendly(struct end *e)
{
	u32 i;

	if (e->r.state == XTCP_ESTABLISHED)
		end_fin(e);
	e->q.more = false;
	for (i = 0; i < 5000 && !xtcp_fin_acked(&e->r); i++) {
		end_ack(e, e->r.snd_una, WND);
		end_transmit(e);
		if (e->s.recovery.back && e->timers.main_us)
			any_timer(e);
		end_transmit(e);
		/* What is outstanding was sent again or will be: it arrives. */
		end_ack(e, e->s.recovery.back ? e->s.recovery.rtx :
						e->r.snd_nxt, WND);
		e->now_us += 10000;
	}
	EXPECT(xtcp_fin_acked(&e->r));
	EXPECT_EQ(e->q.bytes, 0);
}

TEST(fuzz__anything)
{
	struct end e;
	u32 seed, i;

	for (seed = 1; seed <= 3000 && !test_failures(); seed++) {
		x = seed;
		test_case("seed %u", seed);
		end_init(&e, end_seams[seed % 5]);
		for (i = 0; i < 300; i++) {
			if (!anything(&e))
				break;
		}
		if (i == 300)
			friendly(&e);
	}
}
