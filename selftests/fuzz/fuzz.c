// SPDX-License-Identifier: GPL-2.0-only
/* The input as a source of decisions, and how a finding is told. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static const u8 *at, *end;

void fuzz_begin(const u8 *data, size_t size)
{
	at = data;
	end = data + size;
}

bool fuzz_more(void)
{
	return at != end;
}

u8 fuzz_byte(void)
{
	return at == end ? 0 : *at++;
}

u16 fuzz_u16(void)
{
	u16 high = fuzz_byte();

	return (u16)(high << 8 | fuzz_byte());
}

u32 fuzz_u32(void)
{
	u32 high = fuzz_u16();

	return high << 16 | fuzz_u16();
}

u32 fuzz_below(u32 n)
{
	return (n <= 256 ? fuzz_byte() : fuzz_u32()) % n;
}

const u8 *fuzz_rest(size_t *size)
{
	const u8 *rest = at;

	*size = (size_t)(end - at);
	at = end;
	return rest;
}

u32 fuzz_near(const u32 *bases, u32 n)
{
	u8 choice = fuzz_byte();
	u32 base = bases[(choice & 0x3f) % n];

	switch (choice >> 6) {
	case 0:
		return base;
	case 1:
		return base + fuzz_byte() - 128;
	case 2:
		return base + fuzz_u16() - 32768;
	default:
		return base + fuzz_u32();
	}
}

bool fuzz_verbose(void)
{
	static int verbose = -1;

	if (verbose < 0)
		verbose = !!getenv("FUZZ_VERBOSE");
	return verbose;
}

void fuzz_note(const char *format, ...)
{
	va_list args;

	if (!fuzz_verbose())
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void fuzz_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "FINDING %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}
