// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"
#include "fields.h"

u32 field_value(const struct field *f, const void *of)
{
	const u8 *at = (const u8 *)of + f->offset;
	u16 two;
	u32 four;

	if (f->size == sizeof(two)) {
		memcpy(&two, at, sizeof(two));
		return two;
	}
	if (f->size == sizeof(four)) {
		memcpy(&four, at, sizeof(four));
		return four;
	}
	return *at;
}

static void print_bits(const struct field *f, u32 value)
{
	const struct name *n;
	const char *between = "";

	for (n = f->names; n->name; n++)
		if (value & n->value) {
			printf("%s%s", between, n->name);
			between = " | ";
			value &= ~n->value;
		}
	if (value || !*between)
		printf("%s%#x", between, value);
}

void field_print(const struct field *f, u32 value)
{
	const struct name *n;

	if (f->bits) {
		print_bits(f, value);
		return;
	}
	for (n = f->names; n && n->name; n++)
		if (value == n->value) {
			printf("%s", n->name);
			return;
		}
	printf("%u", value);
}
