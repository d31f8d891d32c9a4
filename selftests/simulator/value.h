/* SPDX-License-Identifier: GPL-2.0-only */
/* The values in scenario files, read and written without floating point. */
#ifndef SELFTESTS_SIMULATOR_VALUE_H
#define SELFTESTS_SIMULATOR_VALUE_H

#include <stdbool.h>

enum value_kind {
	VALUE_TIME,
	VALUE_RATE,
	VALUE_SIZE,
	VALUE_SHARE,
	VALUE_COUNT,
	VALUE_TIMES,
	VALUE_SIZES,
	VALUE_QUEUE,
	VALUE_WORD,
};

bool value_read(enum value_kind kind, void *to, const char *text);
/* @text has room for SCENARIO_WORD. */
void value_print(enum value_kind kind, const void *from, char *text);

#endif
