// SPDX-License-Identifier: GPL-2.0-only
/* Runs the tests in the order of their names and prints TAP. */
#include <stdarg.h>
#include <string.h>

#include "tap.h"

#define REPORTS_MAX	8	/* of one test: the first ones tell the story */

static struct test *tests;
static unsigned int failures;
static char about[200];

void test_register(struct test *t)
{
	struct test **at = &tests;

	while (*at && strcmp((*at)->name, t->name) < 0)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

void test_case(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(about, sizeof(about), format, args);
	va_end(args);
}

void test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	if (failures++ >= REPORTS_MAX)
		return;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("%s%s\n", about[0] ? " -- " : "", about);
}

unsigned int test_failures(void)
{
	return failures;
}

static bool chosen(const struct test *t, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strncmp(t->name, argv[i], strlen(argv[i])))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int number = 0, failed = 0, count = 0;
	struct test *t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (t = tests; t; t = t->next)
		count += chosen(t, argc, argv);
	printf("TAP version 13\n1..%u\n", count);
	for (t = tests; t; t = t->next) {
		if (!chosen(t, argc, argv))
			continue;
		failures = 0;
		about[0] = '\0';
		t->run();
		printf("%sok %u %s\n", failures ? "not " : "", ++number,
		       t->name);
		failed += !!failures;
	}
	printf("# pass:%u fail:%u\n", count - failed, failed);
	return failed ? 1 : 0;
}
