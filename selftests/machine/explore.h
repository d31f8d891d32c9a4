/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_MACHINE_EXPLORE_H
#define SELFTESTS_MACHINE_EXPLORE_H

#include "world.h"

/**
 * struct finding - what an exploration found
 * @broken:	the first promise that broke, or NULL
 * @calm:	it broke when nothing went wrong any more
 * @endless:	what follows is a circle of segments
 * @from:	the world before that
 * @act:	what broke it there
 * @arg:	to that act
 * @first:	which numbers the scenario began with
 * @worlds:	how many there are
 * @transitions: acts that were tried
 * @depth:	acts from the first world to the farthest
 * @bytes:	memory that was used
 * @complete:	there are no more worlds
 */
struct finding {
	const char *broken;
	bool calm;
	bool endless;
	u32 from;
	u8 act;
	u16 arg;
	unsigned int first;
	u32 worlds;
	u64 transitions;
	unsigned int depth;
	size_t bytes;
	bool complete;
};

/* True: every promise was kept in every world. */
bool explore(const struct scenario *s, unsigned int first, struct finding *f);
/* The shortest trace to what is broken, as a comment in TAP or as plain text */
void print_finding(const struct scenario *s, const struct finding *f);
void print_ladder(const struct scenario *s, const struct finding *f);

#endif
