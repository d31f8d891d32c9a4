// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that can happen, breadth first: from a scenario's first world,
 * every act that is allowed, every act after that, and so on, each world once.
 * The first promise that breaks is therefore broken by the shortest trace.
 *
 * explore [STATES] [SCENARIO]: worlds at most per scenario; only that scenario
 */
#include <stdio.h>
#include <stdlib.h>
#include "world.h"

#define DEFAULT_STATES	750000u
#define TABLE_BITS	23
#define TABLE_SIZE	(1u << TABLE_BITS)
/* Out of a calm network everything must be over after that many acts. */
#define CALM_ACTS	300
#define CALM_RETRIES	8
/* Every so many worlds are tried for that. */
#define CALM_SAMPLE	16
#define TRACE_MAX	256

/**
 * struct seen - a world that was reached
 * @hash:	stands for it
 * @parent:	the world before it
 * @act:	what led here from there
 * @arg:	to that act
 */
struct seen {
	u64 hash;
	u32 parent;
	u8 act;
	u8 arg;
};

/* A world whose successors are to be looked at. */
struct waiting {
	struct world w;
	u32 index;
};

struct frontier {
	struct waiting *list;
	size_t count;
	size_t room;
};

static struct seen *seen;
static u32 *table;
static u32 seen_count, seen_max;

/* ---- the set of worlds ---- */

static u64 hash_world(const struct world *w)
{
	const u8 *p = (const u8 *)w;
	u64 h = 0x9e3779b97f4a7c15u, word;
	size_t i;

	for (i = 0; i < sizeof(*w); i += sizeof(word)) {
		size_t n = sizeof(*w) - i;

		word = 0;
		memcpy(&word, p + i, n < sizeof(word) ? n : sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h ? h : 1;
}

/* Adds a world; false if it is known. */
static bool remember(const struct world *w, u32 parent, u8 act, u8 arg)
{
	u64 hash = hash_world(w);
	u32 slot = hash >> (64 - TABLE_BITS);

	while (table[slot]) {
		if (seen[table[slot] - 1].hash == hash)
			return false;
		slot = (slot + 1) % TABLE_SIZE;
	}
	seen[seen_count] = (struct seen){ hash, parent, act, arg };
	table[slot] = ++seen_count;
	return true;
}

static void push(struct frontier *f, const struct world *w, u32 index)
{
	if (f->count == f->room) {
		f->room = f->room ? 2 * f->room : 1024;
		f->list = realloc(f->list, f->room * sizeof(f->list[0]));
		if (!f->list)
			abort();
	}
	f->list[f->count].w = *w;
	f->list[f->count++].index = index;
}

/* ---- a trace, replayed from the beginning ---- */

static void print_trace(const struct scenario *s, u32 index, u8 act, u8 arg,
			const char *broken)
{
	u8 acts[TRACE_MAX], args[TRACE_MAX];
	struct world w, before;
	u32 n = 0, i;

	acts[n] = act;
	args[n++] = arg;
	for (i = index; i && n < TRACE_MAX; i = seen[i].parent) {
		acts[n] = seen[i].act;
		args[n++] = seen[i].arg;
	}
	printf("# %s: %s; the shortest way there:\n", s->name, broken);
	s->set_up(&w);
	ladder_head(&w);
	for (i = 1; n; i++) {
		n--;
		if (acts[n] == ACT_NONE)
			continue;
		before = w;
		world_act(&w, acts[n], args[n]);
		ladder_step(i, &before, &w, acts[n], args[n]);
	}
}

/* ---- from here on nothing goes wrong any more: does it all end? ---- */

/* Time-outs take turns, or one end's would hide the other's for ever. */
static bool calm_timeout(struct world *w, const struct rules *rules)
{
	static u8 turn;
	u8 i;

	for (i = 0; i < 2; i++) {
		turn = !turn;
		if (!world_allows(w, rules, ACT_RETRANSMIT, turn))
			continue;
		world_act(w, ACT_RETRANSMIT, turn);
		return true;
	}
	return false;
}

static bool calm_act(struct world *w, const struct rules *rules)
{
	static const u8 order[] = {
		ACT_DELIVER, ACT_SEND, ACT_ACK, ACT_CLOSE,
	};
	size_t i;
	u8 arg;

	for (i = 0; i < sizeof(order); i++)
		for (arg = 0; arg < IN_FLIGHT; arg++)
			if (world_allows(w, rules, order[i], arg)) {
				world_act(w, order[i], arg);
				return true;
			}
	if (calm_timeout(w, rules))
		return true;
	for (arg = 0; arg < 2; arg++)
		if (world_allows(w, rules, ACT_LIFE_OVER, arg)) {
			world_act(w, ACT_LIFE_OVER, arg);
			return true;
		}
	return false;
}

/* An open connection outlives a half-open one, as its retries are more. */
static void set_retries(u8 retries)
{
	world_policy.retries2 = retries;
	world_policy.orphan_retries = retries;
}

static const char *calm_end(const struct world *from, const struct rules *rules)
{
	struct rules calm = *rules;
	struct world w = *from;
	unsigned int i;

	calm.acts = 1u << ACT_CLOSE;
	w.end[0].r.retries = 0;
	w.end[1].r.retries = 0;
	world_gave_up = false;
	set_retries(CALM_RETRIES);
	for (i = 0; i < CALM_ACTS; i++)
		if (!calm_act(&w, &calm) || world_broken)
			break;
	set_retries(1);
	if (world_broken)
		return world_broken;
	if (i == CALM_ACTS)
		return "it never comes to an end, though nothing goes wrong";
	if (world_gave_up)
		return "an end gave up, though nothing is lost any more";
	if (w.end[0].r.state != XTCP_CLOSED || w.end[1].r.state != XTCP_CLOSED)
		return "a record stays for ever, though everybody closed";
	return NULL;
}

/* ---- the exploration ---- */

/* All that may follow one world. False: a promise is broken. */
static bool expand(const struct scenario *s, const struct waiting *from,
		   struct frontier *next)
{
	u8 act, arg;

	for (act = ACT_DELIVER; act < ACTS; act++)
		for (arg = 0; arg < IN_FLIGHT; arg++) {
			struct world w = from->w;
			const char *broken;

			if (!world_allows(&w, &s->rules, act, arg))
				continue;
			world_act(&w, act, arg);
			broken = world_broken;
			if (!broken && seen_count < seen_max &&
			    remember(&w, from->index, act, arg)) {
				push(next, &w, seen_count - 1);
				if (!(seen_count % CALM_SAMPLE))
					broken = calm_end(&w, &s->rules);
			}
			if (!broken)
				continue;
			print_trace(s, from->index, act, arg, broken);
			return false;
		}
	return true;
}

static bool explore(const struct scenario *s)
{
	struct frontier now = { 0 }, next = { 0 }, swap;
	unsigned int depth = 0;
	bool ok = true;
	struct world w;
	size_t i;

	memset(table, 0, TABLE_SIZE * sizeof(table[0]));
	seen_count = 0;
	s->set_up(&w);
	remember(&w, 0, ACT_NONE, 0);
	push(&now, &w, 0);
	while (ok && now.count && seen_count < seen_max) {
		for (i = 0; ok && i < now.count; i++)
			ok = expand(s, &now.list[i], &next);
		swap = now;
		now = next;
		next = swap;
		next.count = 0;
		depth++;
	}
	printf("# %s: %u worlds, %s %u acts deep\n", s->name, seen_count,
	       now.count ? "stopped" : "all there are,", depth);
	free(now.list);
	free(next.list);
	return ok;
}

static void report_coverage(void)
{
	unsigned int cells = 0, used = 0;
	u8 state, event;

	for (state = 0; state < XTCP_STATES; state++)
		for (event = 0; event < XTCP_EVENTS; event++) {
			const struct xtcp_cell *c = xtcp_cell(state, event);

			if (!c || c->impossible)
				continue;
			cells++;
			used += !!world_cells[state][event];
		}
	printf("# %u of %u cells were used\n", used, cells);
}

int main(int argc, char **argv)
{
	unsigned int i, number = 0;
	bool all_ok = true;

	seen_max = argc > 1 ? strtoul(argv[1], NULL, 0) : DEFAULT_STATES;
	if (seen_max > TABLE_SIZE / 2)
		seen_max = TABLE_SIZE / 2;
	seen = malloc(seen_max * sizeof(seen[0]));
	table = malloc(TABLE_SIZE * sizeof(table[0]));
	if (!seen || !table)
		return 1;
	printf("TAP version 13\n1..%zu\n", argc > 2 ? 1 : scenario_count);
	for (i = 0; i < scenario_count; i++) {
		bool ok;

		if (argc > 2 && strcmp(argv[2], scenarios[i].name))
			continue;
		ok = explore(&scenarios[i]);
		all_ok &= ok;
		printf("%sok %u %s\n", ok ? "" : "not ", ++number,
		       scenarios[i].name);
		fflush(stdout);
	}
	report_coverage();
	free(seen);
	free(table);
	return all_ok ? 0 : 1;
}
