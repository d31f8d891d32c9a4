// SPDX-License-Identifier: GPL-2.0-only
/* How long things took: exact mean and maximum, percentiles within an eighth. */
#include "sim.h"

static u32 bucket_of(u64 value)
{
	u32 octave;

	if (value < 8)
		return (u32)value;
	octave = 63 - (u32)__builtin_clzll(value);
	return (octave - 2) * 8 + (u32)(value >> (octave - 3) & 7);
}

static u64 least_of(u32 bucket)
{
	u32 octave = bucket / 8 + 2;

	if (bucket < 8)
		return bucket;
	return (8ull + bucket % 8) << (octave - 3);
}

void histogram_add(struct histogram *h, u64 value)
{
	h->count++;
	h->sum += value;
	h->bucket[bucket_of(value)]++;
	if (value > h->most)
		h->most = value;
}

u64 histogram_percentile(const struct histogram *h, u32 percent)
{
	u64 seen = 0, wanted = h->count * percent / 100;
	u32 i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > wanted)
			return least_of(i);
	}
	return h->most;
}

u64 histogram_mean(const struct histogram *h)
{
	return h->count ? h->sum / h->count : 0;
}
