// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two records and a network, in the explorer's worlds: it goes through all short
 * stories, the fuzzer through long ones, where more is lost, repeated and
 * written. A byte is an act; what the world does not allow now is left out. In
 * the end nothing goes wrong any more, and then all must come to an end.
 */
#include <stdio.h>

#include "../machine/calm.h"
#include "fuzz.h"

#define ACTS_MAX	300
#define WRITES_MAX	3	/* of an incarnation, which has 16 numbers */

static_assert(ACTS <= 32 && IN_FLIGHT <= 8, "an act and its argument: 8 bits");

static void act(struct world *w, const struct rules *rules, u8 byte,
		unsigned int number)
{
	u8 what = byte & 0x1f;
	u16 arg = what == ACT_FORGE ? fuzz_byte() : byte >> 5;
	struct world before = *w;

	if (what >= ACTS || arg >= world_args(w, what) ||
	    !world_allows(w, rules, what, arg))
		return;
	world_act(w, what, arg);
	if (fuzz_verbose())
		ladder_step("", number, &before, w, what, arg);
	MUST_SOUND(world_broken);
}

static void take_rules(const struct scenario *s, struct rules *rules)
{
	u8 bits = fuzz_byte();
	u32 i;

	*rules = s->rules;
	/* Where windows are small or numbers come back each byte is meant. */
	for (i = 0; i < 2 && !rules->window && !rules->numbers; i++)
		if ((bits >> 2 * i & WRITES_MAX) > rules->writes[i])
			rules->writes[i] = bits >> 2 * i & WRITES_MAX;
	if (bits & 0x10)
		rules->patient = true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct scenario *s;
	struct rules rules;
	struct world w;
	const char *end;
	u8 faults;
	u32 i;

	fuzz_begin(data, size);
	setvbuf(stdout, NULL, _IOLBF, 0);
	s = &scenarios[fuzz_below(scenario_count)];
	world_begin(s, fuzz_below(FIRST_NUMBERS));
	s->set_up(&w);
	take_rules(s, &rules);
	faults = fuzz_byte();
	w.losses += faults & 7;
	w.repeats += faults >> 3 & 7;
	fuzz_note("%s: %u and %u bytes, %u losses, %u repeats%s", s->name,
		  rules.writes[0], rules.writes[1], w.losses, w.repeats,
		  rules.patient ? ", patient" : "");
	for (i = 0; i < ACTS_MAX && fuzz_more(); i++)
		act(&w, &rules, fuzz_byte(), i + 1);
	if (rules.no_calm)
		return 0;
	fuzz_note("nothing goes wrong any more");
	end = calm_end(&w, &rules, fuzz_verbose() ? "" : NULL, i + 1);
	if (end)
		fuzz_fail(__FILE__, __LINE__, "%s", end);
	return 0;
}
