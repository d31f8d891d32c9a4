/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worlds that were reached: each once, by a hash of 64 bits, with the act that
 * led there first; and those whose successors are still to be looked at.
 */
#ifndef SELFTESTS_MACHINE_STORE_H
#define SELFTESTS_MACHINE_STORE_H

#include "world.h"

/**
 * struct seen - a world that was reached
 * @hash:	stands for it
 * @parent:	the world before it
 * @arg:	to @act
 * @act:	what led here from there
 */
struct seen {
	u64 hash;
	u32 parent;
	u16 arg;
	u8 act;
};

#define NO_WORLD	0xffffffffu
#define MAX_WORLDS	0x7f000000u

extern struct seen *seen;
extern u32 seen_count;

/* Room for so many worlds; and use so much of it. */
bool store_begin(u32 worlds);
void store_limit(u32 worlds);
void store_end(void);
void store_clear(void);
bool store_full(void);
/* Bytes that it holds, and the most that it ever held */
size_t store_bytes(void);

/**
 * store_remember() - adds a world
 * @w:		the world
 * @mirror:	it is one with the world in which A and B are exchanged
 * @way:	where it came from; hash is filled in
 * @fresh:	it was not known before
 *
 * Returns its number.
 */
u32 store_remember(const struct world *w, bool mirror, struct seen *way,
		   bool *fresh);

/* First in, first out: breadth first. */
void queue_push(const struct world *w, u32 number);
bool queue_pop(struct world *w, u32 *number);
void queue_clear(void);

/* A number for each segment of each world: which world its arrival leads to. */
void arrival_set(u32 from, u16 segment, u32 to);

#define CIRCLE_MAX	64

/**
 * struct circle - arrivals that lead back to where they began
 * @from:	the first world from which nothing but arrivals leads into it
 * @count:	how many arrivals there are
 * @begins:	how many of them come before the circle
 * @segment:	which arrives
 */
struct circle {
	u32 from;
	u32 count;
	u32 begins;
	u8 segment[CIRCLE_MAX];
};

/*
 * Do segments answer segments for ever? True: there is a circle of arrivals alone:
 * nobody calls, no timer fires, nothing is new.
 */
bool store_endless(struct circle *c);

#endif
