/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's caches hold, from /proc/slabinfo. */
#ifndef _BENCH_SLABS_H
#define _BENCH_SLABS_H

#define MOST_SLABS	400

/**
 * struct slab - a cache
 * @name:	its name
 * @used:	objects in use
 * @size:	bytes of an object, with what lies between two
 * @pages:	of a slab
 */
struct slab {
	char name[64];
	long used;
	long size;
	int pages;
};

/**
 * struct slabs - all of them
 * @count:	so many
 * @pages:	bytes that all of them took from the system
 * @large:	bytes of allocations that are larger than any cache's
 * @slab:	the caches
 */
struct slabs {
	int count;
	long long pages;
	long long large;
	struct slab slab[MOST_SLABS];
};

void slabs_read(struct slabs *s);
long long slabs_grown(const struct slabs *before, const struct slabs *after,
		      int i);
long long kernel_memory(const char *name);

#endif
