/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_TABLE_CLOCK_H
#define XTCP_TABLE_CLOCK_H

#include <linux/ktime.h>

/**
 * xtcp_now_ms() - the clock of all life-cycle records
 *
 * Monotonic, stands still during suspend as the timers do; wraps, so compare
 * by seq_lt() and the like. Any context. Return: milliseconds.
 */
static inline u32 xtcp_now_ms(void)
{
	return (u32)ktime_to_ms(ktime_get());
}

#endif
