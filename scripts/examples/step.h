/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells what comes next; with STEP in the environment waits for Enter first, so
 * that one can look at /proc/net/xtcp in between.
 */
#include <stdio.h>
#include <stdlib.h>

static inline void step(const char *next)
{
	puts(next);
	fflush(stdout);
	if (getenv("STEP"))
		while (getchar() != '\n' && !feof(stdin))
			;
}
