// SPDX-License-Identifier: GPL-2.0-only
/*
 * One sending end against a peer that acknowledges what it likes when it likes,
 * with whatever window, while user, path and timers do what they like. What is
 * sent keeps to the rules of the stream's tests (end.c); once the peer turns
 * friendly everything gets across.
 */
#include "../stream/end.h"
#include "../stream/tap.h"
#include "fuzz.h"

#define EVENTS_MAX	400
#define SEGMENTS_MOST	100	/* that wait to be sent: a run stays short */
#define ROUNDS_MOST	5000	/* until a friendly peer must have it all */

static struct end e;
static bool given_up;

static void peer_acks(void)
{
	static const u16 wnds[] = { 0, 0, 1, 300, MSS, 5 * MSS, WND, WND };
	const u32 acks[] = {
		e.r.snd_una, e.r.snd_nxt, e.r.snd_una, e.r.snd_una + e.s.cc.mss,
	};
	u32 ack = fuzz_near(acks, 4);
	u8 bits = fuzz_byte();
	u32 wnd = bits & 8 ? wnds[bits & 7] : e.r.snd_wnd;

	/* The machine lets no ack of what was never sent through. */
	if (seq_gt(ack, e.r.snd_nxt))
		ack = e.r.snd_nxt;
	fuzz_note("ack snd_una%+d of %u wnd %u", (s32)(ack - e.r.snd_una),
		  e.r.snd_nxt - e.r.snd_una, wnd);
	if (bits & 16)
		end_ack_ts(&e, ack, wnd, fuzz_u32());
	else
		end_ack(&e, ack, wnd);
}

/* What it says arrived out of order, or twice, may be true or not. */
static void peer_sacks(void)
{
	const u32 near[] = {
		e.r.snd_una, e.r.snd_nxt, e.r.snd_una + e.s.cc.mss,
		e.r.snd_nxt - e.s.cc.mss,
	};
	u32 n = 1 + fuzz_byte() % XTCP_SACK_BLOCKS, i, blocks[4][2];
	u32 ack = fuzz_byte() & 1 ? e.r.snd_una : fuzz_near(near, 4);

	if (seq_gt(ack, e.r.snd_nxt))
		ack = e.r.snd_nxt;
	for (i = 0; i < n; i++) {
		blocks[i][0] = fuzz_near(near, 4);
		blocks[i][1] = blocks[i][0] + fuzz_u16() % (3 * e.s.cc.mss);
		fuzz_note("sack snd_una%+d to %+d",
			  (s32)(blocks[i][0] - e.r.snd_una),
			  (s32)(blocks[i][1] - e.r.snd_una));
	}
	fuzz_note("ack snd_una%+d of %u", (s32)(ack - e.r.snd_una),
		  e.r.snd_nxt - e.r.snd_una);
	end_sack(&e, ack, n, (const u32 (*)[2])blocks);
}

static void probe(void)
{
	struct xtcp_output *out = &e.out;

	if (!xtcp_stream_probe(&e.s, &e.r, &e.q, out))
		return;
	MUST(out->len + out->fin == 1);
	MUST(out->seq == e.r.snd_una);
	xtcp_stream_sent(&e.s, &e.r, out, e.now_us);
	e.r.snd_nxt += out->fresh + out->fresh_fin;
	if (out->fresh_fin)
		e.r.flags |= XTCP_F_FIN_SENT;
}

static void timer_fires(void)
{
	enum xtcp_expired what;

	if (!e.timers.main_us)
		return;
	what = end_timeout(&e);
	fuzz_note("%s timer", xtcp_stream_timer_name(e.timers.kind));
	if (what == XTCP_EXPIRED_PROBE)
		probe();
	given_up = what == XTCP_EXPIRED_GIVE_UP;
}

static void path_changes(u8 arg)
{
	/* RFC 1122's smallest IPv4 MTU has room for that. */
	u32 mss = 28 + fuzz_u16() % (2 * MSS);

	fuzz_note("path: mss %u%s", mss, arg & 1 ? ", again" : "");
	xtcp_stream_mss(&e.s, &e.r, mss, arg & 1);
}

static void user_writes(void)
{
	u32 n = fuzz_u16() % (8 * e.s.cc.mss);

	if ((e.r.flags & XTCP_F_FIN_QUEUED) ||
	    e.q.bytes > SEGMENTS_MOST * e.s.cc.mss)
		return;
	fuzz_note("write %u", n);
	end_write(&e, n);
}

static void user_ends(void)
{
	if (e.r.state != XTCP_ESTABLISHED)
		return;
	fuzz_note("fin");
	end_fin(&e);
}

static void options_change(u8 arg)
{
	fuzz_note("more %u nodelay %u", arg & 1, arg >> 1 & 1);
	e.q.more = arg & 1;
	e.s.nodelay = arg >> 1 & 1;
}

static void one_event(void)
{
	u8 what = fuzz_byte(), arg = what >> 4;

	switch (what & 7) {
	case 0:
		user_writes();
		break;
	case 1:
		/* Not too soon, or there would be little to see. */
		if (arg == 15)
			user_ends();
		else
			options_change(arg);
		break;
	case 2:
		if (arg > 11)
			path_changes(arg);
		else
			e.now_us += fuzz_u16() * 8u;
		break;
	case 3:
		timer_fires();
		break;
	case 4:
	case 5:
		if (e.r.flags & XTCP_F_SACK)
			peer_sacks();
		else
			peer_acks();
		break;
	default:
		peer_acks();
		break;
	}
	/* Sometimes there is no memory to send with. */
	if (what & 8)
		xtcp_stream_timers(&e.s, &e.r, &e.q, e.now_us, &e.timers);
	else
		fuzz_note("  sends %u", end_transmit(&e));
}

/* From here on all arrives and is acknowledged. */
static void get_across(void)
{
	u32 i;

	fuzz_note("the peer turns friendly");
	if (e.r.state == XTCP_ESTABLISHED)
		end_fin(&e);
	e.q.more = false;
	for (i = 0; i < ROUNDS_MOST && !xtcp_fin_acked(&e.r); i++) {
		end_ack(&e, e.r.snd_una, WND);
		end_transmit(&e);
		if (e.s.recovery.back)
			timer_fires();
		MUST(!given_up);
		end_transmit(&e);
		end_ack(&e, e.s.recovery.back ? e.s.recovery.rtx :
						e.r.snd_nxt, WND);
		e.now_us += 10000;
	}
	MUST(xtcp_fin_acked(&e.r));
	MUST(!e.q.bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct xtcp_stream_params p;
	u8 mode;
	u32 i;

	fuzz_begin(data, size);
	mode = fuzz_byte();
	i = fuzz_below(ARRAY_SIZE(end_seams));
	fuzz_note("text begins at %#x", end_seams[i]);
	xtcp_stream_defaults(&p);
	p.cc = xtcp_cc_nth(mode >> 2 & 1);
	end_init_with(&e, end_seams[i], &p, 0);
	e.r.flags |= mode & 1 ? XTCP_F_SACK : 0;
	e.poor = mode >> 1 & 1;
	fuzz_note("%s, sack %u, poor %u", e.p.cc->name, mode & 1, e.poor);
	given_up = false;
	for (i = 0; i < EVENTS_MAX && !given_up && fuzz_more(); i++)
		one_event();
	if (!given_up)
		get_across();
	return 0;
}
