// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC: the window grows with the time since the last loss, quickly to where
 * that happened, then slowly, then faster again (RFC 9438).
 */
#include "stream/hystart.h"

/* beta is 0.7; C is 0.4 segments a cubic second: 1 in 2.5e9 cubic ms. */
#define PER_SEGMENT_MS3	2500000000ull
/* What C(t-K)^3 is limited to, so that its arithmetic fits 64 bits. */
#define T_MAX_MS	1000000u

/**
 * struct epoch - one round of congestion avoidance, RFC 9438 4.1
 * @begun_us:	t_epoch; 0: not begun
 * @last_us:	when the window was last in use
 * @max:	W_max, bytes
 * @prior:	cwnd when it was last reduced: cwnd_prior
 * @origin:	cwnd at @k_ms: W_max, or cwnd where that is more
 * @k_ms:	K
 * @reno:	W_est, bytes
 * @rest:	of the last division, for cwnd
 */
struct epoch {
	u64 begun_us;
	u64 last_us;
	u32 max;
	u32 prior;
	u32 origin;
	u32 k_ms;
	u32 reno;
	u32 rest;
};

struct cubic {
	struct epoch e;
	u32 saved_max;
	u32 saved_prior;
	struct xtcp_hystart hystart;
};

static_assert(sizeof(struct cubic) <= sizeof(((struct xtcp_cc_own *)0)->state),
	      "CUBIC's state has no room");

/* NULL: there is no memory of what was */
static struct cubic *mine(const struct xtcp_cc *cc)
{
	return cc->own ? (struct cubic *)cc->own->state : NULL;
}

/* The largest number whose cube is not above @x */
static u32 cube_root(u64 x)
{
	u64 y = 0, b;
	int s;

	for (s = 63; s >= 0; s -= 3) {
		y *= 2;
		b = 3 * y * (y + 1) + 1;
		if (x >> s < b)
			continue;
		x -= b << s;
		y++;
	}
	return (u32)y;
}

/* RFC 9438 4.2: where the curve lies relative to cwnd as it is now */
static void begin_epoch(struct epoch *e, const struct xtcp_cc *cc, u64 now_us)
{
	u64 below;

	e->begun_us = now_us;
	e->last_us = now_us;
	e->reno = cc->cwnd;
	e->rest = 0;
	e->origin = cc->cwnd;
	e->k_ms = 0;
	if (cc->cwnd >= e->max)
		return;
	below = e->max - cc->cwnd;
	e->origin = e->max;
	e->k_ms = cube_root(below * PER_SEGMENT_MS3 / cc->mss);
}

/* W_cubic(t) in bytes: RFC 9438 4.2 */
static u32 curve(const struct epoch *e, u32 mss, u64 t_ms)
{
	u64 d_ms = t_ms > e->k_ms ? t_ms - e->k_ms : e->k_ms - t_ms;
	u64 bytes;

	if (d_ms > T_MAX_MS)
		d_ms = T_MAX_MS;
	/* In two steps: the first keeps it in 64 bits, the last its precision. */
	bytes = d_ms * d_ms * d_ms / (PER_SEGMENT_MS3 / 1000) * mss / 1000;
	if (t_ms < e->k_ms)
		return bytes < e->origin ? e->origin - (u32)bytes : 0;
	return bytes < XTCP_CWND_MAX - e->origin ? e->origin + (u32)bytes :
						   XTCP_CWND_MAX;
}

/* RFC 9438 4.3: what Reno with this beta would have; alpha is 9/17, then 1 */
static void reno_friendly(struct epoch *e, const struct xtcp_cc *cc, u32 bytes)
{
	u64 step = (u64)bytes * cc->mss;

	if (e->reno < e->prior)
		step = step * 9 / 17;
	e->reno += (u32)(step / cc->cwnd);
	if (e->reno > XTCP_CWND_MAX)
		e->reno = XTCP_CWND_MAX;
}

/* A window that was not in use does not age (RFC 9438 5.8). */
static void skip_pause(struct epoch *e, const struct xtcp_cc *cc, u64 now_us)
{
	u64 pause_us = now_us - e->last_us;

	e->last_us = now_us;
	if (pause_us > 2ull * cc->own->srtt_us + 200000)
		e->begun_us += pause_us;
}

static void avoid(struct epoch *e, struct xtcp_cc *cc, u32 bytes, u64 now_us)
{
	u64 t_ms, step;
	u32 target;

	if (!e->begun_us)
		begin_epoch(e, cc, now_us);
	skip_pause(e, cc, now_us);
	t_ms = (now_us - e->begun_us) / 1000;
	reno_friendly(e, cc, bytes);
	if (curve(e, cc->mss, t_ms) < e->reno) {
		if (e->reno > cc->cwnd)
			cc->cwnd = e->reno;
		return;
	}
	target = curve(e, cc->mss, t_ms + cc->own->srtt_us / 1000);
	if (target <= cc->cwnd)
		return;
	if (target > cc->cwnd + cc->cwnd / 2)
		target = cc->cwnd + cc->cwnd / 2;
	step = (u64)(target - cc->cwnd) * bytes + e->rest;
	e->rest = (u32)(step % cc->cwnd);
	cc->cwnd += (u32)(step / cc->cwnd);
}

static void cubic_acked(struct xtcp_cc *cc, u32 bytes, u64 now_us)
{
	struct cubic *c = mine(cc);

	if (!c) {
		xtcp_newreno.acked(cc, bytes, now_us);
		return;
	}
	/* RFC 9406 4.3: later slow starts end where ssthresh says. */
	if (cc->ssthresh == XTCP_SSTHRESH_NONE) {
		xtcp_hystart_acked(&c->hystart, cc, bytes);
		return;
	}
	if (xtcp_cc_slow_start(cc)) {
		bytes = xtcp_cc_slow(cc, bytes);
		if (!bytes)
			return;
	}
	avoid(&c->e, cc, bytes, now_us);
}

/* RFC 9438 4.7: where the curve is to lead, and what to go back to */
static void remember(struct cubic *c, const struct xtcp_cc *cc)
{
	c->saved_max = c->e.max;
	c->saved_prior = c->e.prior;
	/* Earlier than last time: somebody else has come, make room. */
	c->e.max = cc->cwnd < c->e.max ? (u32)((u64)cc->cwnd * 17 / 20) :
					 cc->cwnd;
	c->e.prior = cc->cwnd;
	c->e.begun_us = 0;
}

/* RFC 9438 4.6; @beta: of a hundred */
static u32 cubic_reduce(struct xtcp_cc *cc, u32 flight, u32 beta)
{
	struct cubic *c = mine(cc);
	u32 ssthresh = (u32)((u64)flight * beta / 100);

	if (c)
		remember(c, cc);
	return ssthresh > 2 * cc->mss ? ssthresh : 2 * cc->mss;
}

static u32 cubic_lost(struct xtcp_cc *cc, u32 flight, u64 now_us)
{
	(void)now_us;
	return cubic_reduce(cc, flight, 70);
}

/* RFC 8511 3.1 */
static u32 cubic_marked(struct xtcp_cc *cc, u32 flight, u64 now_us)
{
	(void)now_us;
	return cubic_reduce(cc, flight, 85);
}

/* RFC 9438 4.9.2; the curve begins anew from the window as it was. */
static void cubic_undo(struct xtcp_cc *cc)
{
	struct cubic *c = mine(cc);

	if (!c)
		return;
	c->e.max = c->saved_max;
	c->e.prior = c->saved_prior;
	c->e.begun_us = 0;
}

static void cubic_restart(struct xtcp_cc *cc)
{
	struct cubic *c = mine(cc);

	if (!c)
		return;
	c->e.begun_us = 0;
	c->hystart.begun = false;
	c->hystart.careful = false;
}

/* What HyStart++ has seen a restart would forget. */
static bool cubic_blank(const struct xtcp_cc *cc, bool idle)
{
	const struct cubic *c = mine(cc);

	return !c->e.max && !c->e.begun_us && (idle || !c->hystart.begun);
}

const struct xtcp_cc_ops xtcp_cubic = {
	.name = "cubic",
	.acked = cubic_acked,
	.lost = cubic_lost,
	.marked = cubic_marked,
	.restart = cubic_restart,
	.undo = cubic_undo,
	.blank = cubic_blank,
};
