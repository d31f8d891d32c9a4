// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that can happen, breadth first: from a scenario's first world,
 * every act that is allowed, every act after that, and so on, each world once.
 * The first promise that breaks is therefore broken by the shortest trace.
 */
#include <stdio.h>
#include "calm.h"
#include "explore.h"
#include "past.h"
#include "store.h"

/* Every so many worlds are tried for how they end. */
#define CALM_SAMPLE	4
#define TRACE_MAX	256

static const char war[] = "segments answer segments for ever";
static struct circle circle;

/* ---- a trace, replayed from the beginning ---- */

/* Worlds that are one but for names cannot be followed by segment's number. */
static void print_circle(const struct world *from, const char *margin,
			 unsigned int number)
{
	struct world w = *from, before;
	const struct rules none = { 0 };
	u32 i;

	for (i = 0; i < circle.count; i++) {
		if (!world_allows(&w, &none, ACT_DELIVER, circle.segment[i]))
			return;
		if (i == circle.begins)
			printf("%s     and this for ever:\n", margin);
		before = w;
		world_act(&w, ACT_DELIVER, circle.segment[i]);
		ladder_step(margin, number + i, &before, &w, ACT_DELIVER,
			    circle.segment[i]);
	}
}

static void print_trace(const struct scenario *s, const struct finding *f,
			const char *margin)
{
	struct seen way[TRACE_MAX];
	struct world w, before;
	u32 n = 0, i;

	if (f->act != ACT_NONE)
		way[n++] = (struct seen){ .act = f->act, .arg = f->arg };
	for (i = f->from; i && n < TRACE_MAX; i = seen[i].parent)
		way[n++] = seen[i];
	world_begin(s, f->first);
	ladder_names(margin);
	past_acts = 0;
	world_past_margin = margin;
	s->set_up(&w);
	world_past_margin = NULL;
	ladder_under_way(&w, margin);
	for (i = past_acts + 1; n; i++) {
		n--;
		before = w;
		world_act(&w, way[n].act, way[n].arg);
		ladder_step(margin, i, &before, &w, way[n].act, way[n].arg);
	}
	if (f->calm) {
		printf("%s     from here on nothing is lost, and everybody closes:\n",
		       margin);
		calm_end(&w, &s->rules, margin, i);
	}
	if (f->endless)
		print_circle(&w, margin, i);
}

void print_finding(const struct scenario *s, const struct finding *f)
{
	printf("# %s: %s; the shortest way there:\n", s->name, f->broken);
	print_trace(s, f, "# ");
}

void print_ladder(const struct scenario *s, const struct finding *f)
{
	print_trace(s, f, "    ");
}

/* ---- the exploration ---- */

/* One act in one world. False: a promise is broken. */
static bool try_act(const struct scenario *s, const struct world *from,
		    u32 number, enum act act, u16 arg, struct finding *f)
{
	struct seen way = { .parent = number, .act = act, .arg = arg };
	struct world w = *from;
	bool fresh;
	u32 to;

	world_act(&w, act, arg);
	f->transitions++;
	f->broken = world_broken;
	if (!f->broken) {
		to = store_remember(&w, s->rules.mirror, &way, &fresh);
		if (act == ACT_DELIVER)
			arrival_set(number, arg, to);
		if (fresh)
			queue_push(&w, to);
		f->calm = fresh && !s->rules.no_calm &&
			  !s->rules.only && !(to % CALM_SAMPLE);
		if (f->calm)
			f->broken = calm_end(&w, &s->rules, NULL, 0);
	}
	if (!f->broken)
		return true;
	f->from = number;
	f->act = act;
	f->arg = arg;
	return false;
}

static bool expand(const struct scenario *s, const struct world *from,
		   u32 number, struct finding *f)
{
	u16 arg, args;
	u8 act;

	for (act = ACT_DELIVER; act < ACTS; act++) {
		args = world_args(from, act);
		for (arg = 0; arg < args; arg++)
			if (world_allows(from, &s->rules, act, arg) &&
			    !try_act(s, from, number, act, arg, f))
				return false;
	}
	return true;
}

/* How many worlds have successors, level by level */
static bool explore_all(const struct scenario *s, struct finding *f)
{
	u32 number, level_end = seen_count;
	struct world w;

	f->depth = 0;
	while (!store_full() && queue_pop(&w, &number)) {
		if (number >= level_end) {
			f->depth++;
			level_end = seen_count;
		}
		if (!expand(s, &w, number, f))
			return false;
	}
	f->complete = !store_full();
	return true;
}

bool explore(const struct scenario *s, unsigned int first, struct finding *f)
{
	struct seen start = { .act = ACT_NONE };
	struct world w;
	bool fresh;

	*f = (struct finding){ .first = first };
	store_clear();
	world_begin(s, first);
	s->set_up(&w);
	queue_push(&w, store_remember(&w, s->rules.mirror, &start, &fresh));
	if (explore_all(s, f)) {
		f->endless = store_endless(&circle);
		f->from = circle.from;
		if (f->endless)
			f->broken = war;
	}
	f->worlds = seen_count;
	f->bytes = store_bytes();
	queue_clear();
	return !f->broken;
}
