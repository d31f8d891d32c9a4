/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one bridge between the two worlds in which the pure floors are built: the
 * kernel and user space. Everything else in machine/ and stream/ is plain C.
 */
#ifndef XTCP_MACHINE_PLATFORM_H
#define XTCP_MACHINE_PLATFORM_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#include <linux/build_bug.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#ifndef static_assert
#define static_assert _Static_assert
#endif
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif
#endif

#endif
