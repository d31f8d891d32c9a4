/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test is a function that names itself; main.c runs them all, or those whose
 * names begin with an argument, and prints TAP.
 */
#ifndef SELFTESTS_STREAM_TAP_H
#define SELFTESTS_STREAM_TAP_H

#include <stdbool.h>
#include <stdio.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *t);

/* Reports a failed expectation of the running test, which goes on. */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* How often the running test failed so far. */
unsigned int test_failures(void);
/* Printed with the next failure only: which of many cases it was. */
void test_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define TEST(test_name) \
	static void test_name(void); \
	static struct test test_##test_name = { #test_name, test_name, NULL }; \
	static void __attribute__((constructor)) register_##test_name(void) \
	{ \
		test_register(&test_##test_name); \
	} \
	static void test_name(void)

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
				  "%s is %llu (0x%llx), expected %s = %llu", \
				  #got, got_, got_, #wanted, wanted_); \
	} while (0)

/* A fault is a sentence, or NULL. */
#define EXPECT_SOUND(fault) \
	do { \
		const char *fault_ = (fault); \
		if (fault_) \
			test_fail(__FILE__, __LINE__, "%s", fault_); \
	} while (0)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
