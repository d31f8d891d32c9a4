// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers without floating point: a seed gives the same run on every
 * machine. A counter is mixed, so each user of it has a stream of its own.
 */
#include "sim.h"

#define STEP	0x9e3779b97f4a7c15ull

static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

void random_seed(struct sim_random *r, u64 seed, u64 stream)
{
	r->x = mix(mix(seed + STEP) + stream);
}

static u64 random_u64(struct sim_random *r)
{
	r->x += STEP;
	return mix(r->x);
}

u32 random_u32(struct sim_random *r)
{
	return (u32)(random_u64(r) >> 32);
}

u64 random_below(struct sim_random *r, u64 n)
{
	return n ? random_u64(r) % n : 0;
}

bool random_chance(struct sim_random *r, u32 ppm)
{
	return ppm && random_below(r, 1000000) < ppm;
}

/* A bounded Pareto distribution of shape 1: its inverse needs one division. */
u64 random_heavy(struct sim_random *r, u64 least, u64 most)
{
	u64 u = random_below(r, 1u << 20);

	if (least >= most || !least)
		return least;
	/* least / (1 - u (1 - least / most)) */
	return least * most / (most - ((most - least) * u >> 20));
}
