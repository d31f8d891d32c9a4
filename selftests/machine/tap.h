/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test is a function that names itself. They run in one process, so that what
 * they reached together can be counted, and print TAP.
 */
#ifndef SELFTESTS_MACHINE_TAP_H
#define SELFTESTS_MACHINE_TAP_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct test - one test
 * @name:	as printed
 * @run:	does it; gets @arg
 * @arg:	what sets this test apart from others with the same @run
 * @next:	list of all tests, in no order that matters
 */
struct test {
	const char *name;
	void (*run)(unsigned int arg);
	unsigned int arg;
	struct test *next;
};

void test_register(struct test *t);
bool test_exists(const char *name);

/* Reports a failed expectation of the running test; it goes on. */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Called around each run of a test, by whoever counts what was reached. */
void test_begins(const char *name);
void test_ends(const char *name);
void test_failed(const char *name);

#define TEST_ARG(test_name, function, argument) \
	static struct test test_##test_name = { \
		#test_name, function, argument, NULL }; \
	static void __attribute__((constructor)) register_##test_name(void) \
	{ \
		test_register(&test_##test_name); \
	}

#define TEST(test_name) \
	static void run_##test_name(unsigned int arg); \
	TEST_ARG(test_name, run_##test_name, 0) \
	static void run_##test_name(__attribute__((unused)) unsigned int arg)

#define EXPECT(condition) \
	do { \
		if (!(condition)) \
			test_fail(__FILE__, __LINE__, "%s", #condition); \
	} while (0)

#define EXPECT_EQ(got, wanted) \
	do { \
		unsigned long long got_ = (got), wanted_ = (wanted); \
		if (got_ != wanted_) \
			test_fail(__FILE__, __LINE__, \
				  "%s is %llu (0x%llx), expected %s = %llu (0x%llx)", \
				  #got, got_, got_, #wanted, wanted_, wanted_); \
	} while (0)

#endif
