/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A path that swallows what is too big for it and says nothing (RFC 2923 2.1):
 * what to try instead, RFC 4821 7.7.
 */
#ifndef XTCP_STREAM_BLACKHOLE_H
#define XTCP_STREAM_BLACKHOLE_H

#include "machine/platform.h"

/* Time-outs in a row that make one suspect the size: R1 of RFC 9293 MUST-20 */
#define XTCP_BLACKHOLE_RETRIES	3u
/* After that long the path may be another one: RFC 1191 6.3 */
#define XTCP_BLACKHOLE_MS	600000u

/**
 * xtcp_blackhole_mss() - what to try when nothing comes back
 * @mss:	bytes that a segment has had so far, options included
 * @under_way:	bytes that are not acknowledged
 * @retries:	how often they were sent again
 * @least:	bytes that every path of this IP version takes
 *
 * Return: bytes, or 0 when size cannot be what is wrong.
 */
static inline u32 xtcp_blackhole_mss(u32 mss, u32 under_way, u8 retries,
				     u32 least)
{
	u32 try = 1024;

	if (retries < XTCP_BLACKHOLE_RETRIES)
		return 0;
	if (retries >= 2 * XTCP_BLACKHOLE_RETRIES || try < least)
		try = least;
	return try < mss && try < under_way ? try : 0;
}

#endif
