// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs all tests, each with several pairs of initial numbers, so that whatever
 * a test says about sequence numbers is also said where they wrap.
 */
#include <stdarg.h>
#include <string.h>
#include "rig.h"

static const u32 starts[][2] = {
	{ 8000, 15000 },
	{ 0, 0 },
	{ 0xffffffff, 0xfffffffe },
	{ 0xffffff80, 0x7fffff80 },
	{ 0x7fffff80, 0xffffff38 },
	{ 0x7fffffff, 0x80000000 },
};

#define STARTS	(sizeof(starts) / sizeof(starts[0]))

static struct test *tests;
static struct test **last_test = &tests;
static bool failed;

void test_register(struct test *t)
{
	*last_test = t;
	last_test = &t->next;
}

bool test_exists(const char *name)
{
	struct test *t;

	for (t = tests; t; t = t->next)
		if (!strcmp(t->name, name))
			return true;
	return false;
}

void test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	failed = true;
	printf("# %s:%d: [ISS %#x IRS %#x] ", file, line, rig.iss, rig.irs);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static bool run(const struct test *t)
{
	size_t i;

	failed = false;
	test_begins(t->name);
	for (i = 0; i < STARTS && !failed; i++) {
		rig.iss = starts[i][0];
		rig.irs = starts[i][1];
		t->run(t->arg);
	}
	test_ends(t->name);
	if (failed)
		test_failed(t->name);
	return !failed;
}

/* Tests whose name begins so look at what the others reached: they run last. */
static bool is_summary(const struct test *t)
{
	return !strncmp(t->name, "coverage_", 9);
}

int main(void)
{
	unsigned int count = 0, wrong = 0, last;
	struct test *t;

	for (t = tests; t; t = t->next)
		count++;
	printf("TAP version 13\n1..%u\n", count);
	count = 0;
	for (last = 0; last < 2; last++)
		for (t = tests; t; t = t->next) {
			bool ok;

			if (is_summary(t) != last)
				continue;
			ok = run(t);
			wrong += !ok;
			printf("%sok %u %s\n", ok ? "" : "not ", ++count,
			       t->name);
		}
	printf("# Totals: pass:%u fail:%u\n", count - wrong, wrong);
	return wrong ? 1 : 0;
}
