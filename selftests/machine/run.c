// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore [WORLDS] [NAME]: worlds at most per scenario and choice of first
 * numbers; only that test
 * explore --counterfactuals: prints Documentation/counterfactuals.rst
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "counterfactuals.h"
#include "explore.h"
#include "reach.h"
#include "store.h"

#define DEFAULT_WORLDS	250000u
/* What is spoilt shows early, however few worlds there may be. */
#define LAW_WORLDS	100000u
#define MEGABYTE	1000000

struct sum {
	u64 worlds;
	u64 transitions;
	size_t bytes;
	unsigned int tests;
	bool ok;
};

static const char *only;
static struct sum sum = { .ok = true };

static void result(bool ok, const char *name)
{
	printf("%sok %u %s\n", ok ? "" : "not ", ++sum.tests, name);
	fflush(stdout);
	sum.ok &= ok;
}

static void add(const struct scenario *s, const struct finding *f)
{
	printf("# %s/%u: %u worlds, %llu transitions, %s%u acts deep, %zu MB\n",
	       s->name, f->first, f->worlds,
	       (unsigned long long)f->transitions,
	       f->complete ? "all there are, " : "", f->depth,
	       f->bytes / MEGABYTE);
	sum.worlds += f->worlds;
	sum.transitions += f->transitions;
	if (f->bytes > sum.bytes)
		sum.bytes = f->bytes;
}

/*
 * Where numbers begin makes no difference. But a RST that answers a SYN bears
 * number 0, which hits RCV.NXT where the peer's ISS is 2^32 - 1: the third choice.
 * An attacker can move RCV.NXT to there from 0 as well, if he knows it.
 */
static bool same_worlds(const struct scenario *s, const struct finding *f)
{
	if (s->rules.attack == KNOWING)
		return true;
	if (!f[0].complete || !f[1].complete || f[0].worlds == f[1].worlds)
		return true;
	printf("# where the numbers begin makes a difference\n");
	return false;
}

static void run_scenario(const struct scenario *s)
{
	struct finding f[FIRST_NUMBERS];
	unsigned int i;
	bool ok = true;

	for (i = 0; ok && i < FIRST_NUMBERS; i++) {
		ok = explore(s, i, &f[i]);
		add(s, &f[i]);
		if (!ok)
			print_finding(s, &f[i]);
	}
	result(ok && same_worlds(s, f), s->name);
}

static bool found(const struct scenario *s)
{
	struct finding f;

	explore(s, 0, &f);
	if (f.broken && !strcmp(f.broken, s->breaks))
		return true;
	printf("# expected: %s\n", s->breaks);
	if (f.broken)
		print_finding(s, &f);
	return false;
}

/* What is spoilt must be found. */
static void run_laws(void)
{
	size_t i;

	for (i = 0; i < law_count; i++)
		if (!only || !strcmp(only, laws[i].name))
			result(found(&laws[i]), laws[i].name);
}

/* The rule that is missed must do its harm, and its presence none. */
static void run_counterfactuals(void)
{
	size_t i;

	for (i = 0; i < counterfactual_count; i++) {
		const struct counterfactual *c = &counterfactuals[i];
		struct scenario sound = counterfactual_with_rule(c);
		struct finding f;
		bool ok;

		if (only && strcmp(only, c->s.name))
			continue;
		ok = found(&c->s);
		if (!explore(&sound, 0, &f)) {
			print_finding(&sound, &f);
			ok = false;
		}
		add(&sound, &f);
		result(ok, c->s.name);
	}
}

static void run_reach(struct reached *cells, bool enough)
{
	static const struct excuse needless[] = {
		{ XTCP_CLOSED, XTCP_EV_OPEN_ACTIVE, XTCP_SYN_SENT, "?" },
		{ 0, 0, 0, NULL },
	};

	reach_report(cells);
	if (enough)
		result(reach_check(cells, excuses, true), "reach__every_edge");
	else
		printf("ok %u reach__every_edge # SKIP too few worlds\n",
		       ++sum.tests);
	result(!reach_check(cells, needless, false),
	       "reach__catches_needless_excuse");
	cells->to[XTCP_CLOSED][XTCP_EV_OPEN_ACTIVE] = 0;
	result(!reach_check(cells, excuses, false),
	       "reach__catches_missing_edge");
}

int main(int argc, char **argv)
{
	static struct reached reached;
	u32 worlds = DEFAULT_WORLDS;
	unsigned int i;

	if (argc > 1 && argv[1][0] >= '0' && argv[1][0] <= '9') {
		worlds = strtoul(argv[1], NULL, 0);
		argc--;
		argv++;
	}
	if (!store_begin(worlds > LAW_WORLDS ? worlds : LAW_WORLDS))
		return 1;
	if (argc > 1 && !strcmp(argv[1], "--counterfactuals")) {
		store_limit(LAW_WORLDS);
		return print_counterfactuals() ? 0 : 1;
	}
	if (argc > 1)
		only = argv[1];
	printf("TAP version 13\n");
	store_limit(worlds);
	for (i = 0; i < scenario_count; i++)
		if (!only || !strcmp(only, scenarios[i].name))
			run_scenario(&scenarios[i]);
	/* What spoilt machines do is no merit. */
	memcpy(reached.to, world_cells, sizeof(reached.to));
	store_limit(LAW_WORLDS);
	run_laws();
	run_counterfactuals();
	if (!only)
		run_reach(&reached, worlds >= DEFAULT_WORLDS);
	printf("# %llu worlds, %llu transitions, at most %zu MB, %.0f s of CPU\n",
	       (unsigned long long)sum.worlds,
	       (unsigned long long)sum.transitions, sum.bytes / MEGABYTE,
	       (double)clock() / CLOCKS_PER_SEC);
	printf("1..%u\n", sum.tests);
	store_end();
	return sum.ok && sum.tests ? 0 : 1;
}
