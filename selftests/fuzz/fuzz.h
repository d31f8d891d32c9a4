/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: the input as a source of decisions, and how a
 * finding is told. A target is a file with LLVMFuzzerTestOneInput(); libFuzzer
 * and AFL++ both drive it.
 */
#ifndef SELFTESTS_FUZZ_FUZZ_H
#define SELFTESTS_FUZZ_FUZZ_H

#include <stddef.h>

#include "machine/platform.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The input begins; decisions are taken from its bytes, one after the other. */
void fuzz_begin(const u8 *data, size_t size);
/* Are there bytes left? When there are not, every decision is 0. */
bool fuzz_more(void);
u8 fuzz_byte(void);
u16 fuzz_u16(void);
u32 fuzz_u32(void);
/* 0 to @n - 1: out of one byte up to 256, out of four beyond. */
u32 fuzz_below(u32 n);
/* The bytes that are left, all at once. */
const u8 *fuzz_rest(size_t *size);

/* One of the bases, exactly, or near it, or anywhere: out of 1 to 5 bytes. */
u32 fuzz_near(const u32 *bases, u32 n);

/* A line of the decoded input: printed with FUZZ_VERBOSE=1 only. */
void fuzz_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool fuzz_verbose(void);

/* A finding: says what it is and aborts. */
void fuzz_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define MUST(condition) \
	do { \
		if (!(condition)) \
			fuzz_fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)

/* A fault is a sentence, or NULL. */
#define MUST_SOUND(fault) \
	do { \
		const char *fault_ = (fault); \
		if (fault_) \
			fuzz_fail(__FILE__, __LINE__, "%s", fault_); \
	} while (0)

#endif
