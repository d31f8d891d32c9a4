// SPDX-License-Identifier: GPL-2.0-only
/* Runs scenarios for the other tests, and checks what always holds. */
#include "test.h"

static void run(struct sim *sim, const struct scenario *c)
{
	EXPECT_SOUND(sim_init(sim, c));
	sim_run(sim);
	EXPECT_SOUND(sim->broken);
	EXPECT_SOUND(sim_conserves(sim));
}

void test_try(struct sim *sim, struct scenario *c, const char *text)
{
	scenario_init(c);
	EXPECT_SOUND(scenario_text(c, text));
	run(sim, c);
}

static void check_flow(const struct flow *f, size_t number)
{
	if (f->done && !f->failed && f->got[1] == f->want[0] &&
	    f->got[0] == f->want[1] && f->ends_over == 2)
		return;
	test_fail(__FILE__, __LINE__,
		  "flow %zu: up %llu of %llu, down %llu of %llu, %s, %u ends over",
		  number, (unsigned long long)f->got[1],
		  (unsigned long long)f->want[0],
		  (unsigned long long)f->got[0],
		  (unsigned long long)f->want[1],
		  f->failed ? xtcp_reason_name(f->reason) :
		  f->done ? "done" : "unfinished", f->ends_over);
}

void test_check_over(struct sim *sim)
{
	size_t i, all = 0;

	for (i = 0; i < sim->nflows; i++)
		check_flow(sim->flows[i], i);
	for (i = 0; i < sim->c->groups; i++)
		all += sim->c->group[i].count * sim->c->group[i].times;
	EXPECT_EQ(sim->nflows, all);
	EXPECT_EQ(sim_open_records(sim), 0);
	/* Nothing is left anywhere. */
	EXPECT_EQ(sim->packets, 0);
	EXPECT_EQ(sim->link[0].n.put + sim->link[1].n.put, sim->segs_out);
}

void test_run(struct sim *sim, struct scenario *c, const char *text)
{
	test_try(sim, c, text);
	test_check_over(sim);
}

void test_run_file(struct sim *sim, struct scenario *c, const char *path,
		   const char *setting)
{
	scenario_init(c);
	EXPECT_SOUND(scenario_read(c, path));
	if (setting)
		EXPECT_SOUND(scenario_set(c, setting));
	test_case("%s %s", path, setting ? setting : "");
	run(sim, c);
	test_check_over(sim);
}
