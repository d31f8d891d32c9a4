/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a small program of tests in user space that prints TAP: what table/ and
 * wire/ have of arithmetic.
 */
#ifndef SELFTESTS_LIB_CHECK_H
#define SELFTESTS_LIB_CHECK_H

#include <stdio.h>

#include "machine/platform.h"

static int tests, failures, failed_now;

/* Say where it went wrong once, not a hundred thousand times. */
#define CHECK(cond, ...) do {						\
	if (!(cond) && !failed_now++) {					\
		printf("# %s:%d: %s\n# ", __func__, __LINE__, #cond);	\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	}								\
} while (0)

static u32 random_state;	/* the program begins with its seed */

static u32 rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void run(const char *name, void (*test)(void))
{
	failed_now = 0;
	test();
	failures += !!failed_now;
	printf("%sok %d %s\n", failed_now ? "not " : "", ++tests, name);
	fflush(stdout);
}

#endif
