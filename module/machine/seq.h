/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequence numbers live on a circle of 2^32 (RFC 9293 3.4): a is before b when
 * the way from a forward to b is the shorter one. Nothing in XTCP compares
 * sequence numbers, or any other wrapping 32-bit clock, except through here.
 */
#ifndef XTCP_MACHINE_SEQ_H
#define XTCP_MACHINE_SEQ_H

#include "machine/platform.h"

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline bool seq_geq(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}

/* from <= x < from + len */
static inline bool seq_in(u32 x, u32 from, u32 len)
{
	return x - from < len;
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_gt(a, b) ? a : b;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

#endif
