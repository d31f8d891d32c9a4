/* SPDX-License-Identifier: GPL-2.0-only */
/* What the simulator's tests share. */
#ifndef SELFTESTS_SIMULATOR_TEST_H
#define SELFTESTS_SIMULATOR_TEST_H

#include "sim.h"
#include "tap.h"

/*
 * Runs a scenario given as text, with each promise checked on the way, and
 * expects that all of its flows complete and nothing is left of them. The
 * caller frees @sim.
 */
void test_run(struct sim *sim, struct scenario *c, const char *text);
/* The same of a file, with one more setting, or NULL. */
void test_run_file(struct sim *sim, struct scenario *c, const char *path,
		   const char *setting);
/* A scenario runs with whatever comes of it. */
void test_try(struct sim *sim, struct scenario *c, const char *text);
/* All of that must hold whenever a run is over. */
void test_check_over(struct sim *sim);

#endif
