// SPDX-License-Identifier: GPL-2.0-only
/* From here on nothing goes wrong any more: does it all end? */
#include "calm.h"

/* Out of a calm network everything must be over after that many acts. */
#define CALM_ACTS	300
#define CALM_RETRIES	8

/* An act that is due: @what is ACT_NONE if there is none. */
struct due {
	u8 what;
	u8 arg;
};

static bool is_due(const struct world *w, const struct rules *rules, u8 what,
		   u8 arg, struct due *due)
{
	if (!world_allows(w, rules, what, arg))
		return false;
	*due = (struct due){ what, arg };
	return true;
}

/*
 * What is under way arrives first, then everybody says what there is to say, then
 * time passes. Time-outs take turns, or one end's would hide the other's for ever.
 */
static struct due next_due(const struct world *w, const struct rules *rules,
			   u8 *turn)
{
	static const u8 order[] = {
		ACT_DELIVER, ACT_READ, ACT_SEND, ACT_ACK, ACT_CLOSE,
	};
	struct due due = { ACT_NONE, 0 };
	size_t i;
	u8 arg;

	for (i = 0; i < sizeof(order); i++)
		for (arg = 0; arg < IN_FLIGHT; arg++)
			if (is_due(w, rules, order[i], arg, &due))
				return due;
	for (i = 0; i < 2; i++) {
		*turn = !*turn;
		if (is_due(w, rules, ACT_RETRANSMIT, *turn, &due) ||
		    is_due(w, rules, ACT_PROBE, *turn, &due))
			return due;
	}
	for (arg = 0; arg < 2; arg++)
		if (is_due(w, rules, ACT_LIFE_OVER, arg, &due))
			return due;
	return due;
}

/* An open connection outlives a half-open one, as its retries are more. */
static void set_retries(u8 retries)
{
	world_policy.retries2 = retries;
	world_policy.orphan_retries = retries;
}

/* The end that it comes to; false: none. */
static bool run_down(struct world *w, const struct rules *rules,
		     const char *margin, unsigned int number)
{
	struct world before;
	unsigned int i;
	u8 turn = 0;

	for (i = 0; i < CALM_ACTS; i++) {
		struct due due = next_due(w, rules, &turn);

		if (due.what == ACT_NONE || world_broken)
			return true;
		before = *w;
		world_act(w, due.what, due.arg);
		if (margin)
			ladder_step(margin, number + i, &before, w, due.what,
				    due.arg);
	}
	return false;
}

const char *calm_end(const struct world *from, const struct rules *rules,
		     const char *margin, unsigned int number)
{
	struct rules calm = *rules;
	struct world w = *from;
	bool ended;
	u8 i;

	calm.acts = 1u << ACT_CLOSE | 1u << ACT_READ;
	for (i = 0; i < 2; i++) {
		w.end[i].r.retries = 0;
		w.end[i].full = 0;
	}
	world_gave_up = false;
	world_broken = NULL;
	set_retries(CALM_RETRIES);
	ended = run_down(&w, &calm, margin, number);
	set_retries(1);
	if (world_broken)
		return world_broken;
	if (!ended)
		return "it never comes to an end, though nothing goes wrong";
	if (world_gave_up && !w.tainted)
		return "an end gave up, though nothing is lost any more";
	if (w.end[0].r.state != XTCP_CLOSED || w.end[1].r.state != XTCP_CLOSED)
		return "a record stays for ever, though everybody closed";
	return NULL;
}
