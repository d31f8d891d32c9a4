// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two records and a network, in the explorer's world: it goes through all short
 * stories, the fuzzer through long ones, where more is lost, repeated and
 * written. A byte is an act; what the world does not allow now is left out. In
 * the end nothing goes wrong any more, and then all must come to an end.
 */
#include <stdio.h>

#include "fuzz.h"

/* The explorer knows what a calm end is; its main() is not wanted. */
#define main explore_main
int explore_main(int argc, char **argv);
#include "../machine/explore.c"
#undef main

#define ACTS_MAX	400
#define WRITES_MAX	3	/* in an incarnation's 16 numbers */

static const char *const act_names[ACTS] = {
	"none", "deliver", "repeat", "lose", "open", "write", "shut_write",
	"shut_read", "close", "close_unread", "abort", "send", "send_all",
	"ack", "retransmit", "life_over",
};

static_assert(ACTS <= 16 && IN_FLIGHT <= 4, "an act and its argument: 6 bits");

static void note(const struct world *w, u8 act, u8 arg)
{
	fuzz_note("%s %u: A %s, B %s, %u under way", act_names[act], arg,
		  xtcp_state_name(w->end[0].r.state),
		  xtcp_state_name(w->end[1].r.state),
		  w->net[0].used + w->net[1].used + w->net[2].used +
		  w->net[3].used);
}

static void act(struct world *w, const struct rules *rules, u8 byte)
{
	u8 what = byte & 0xf, arg = byte >> 4 & 3;

	if (!world_allows(w, rules, what, arg))
		return;
	world_act(w, what, arg);
	note(w, what, arg);
	MUST_SOUND(world_broken);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct scenario *s;
	struct rules rules;
	struct world w;
	u8 bits;
	u32 i;

	fuzz_begin(data, size);
	s = &scenarios[fuzz_below(scenario_count)];
	bits = fuzz_byte();
	rules = s->rules;
	rules.patient = bits & 1;
	s->set_up(&w);
	for (i = 0; i < 2; i++)
		if ((bits >> (1 + 2 * i) & 3) > rules.writes[i])
			rules.writes[i] = bits >> (1 + 2 * i) & 3;
	w.losses += fuzz_byte() & 7;
	w.repeats += bits >> 5;
	fuzz_note("%s: %u and %u bytes, %u losses, %u repeats%s", s->name,
		  rules.writes[0], rules.writes[1], w.losses, w.repeats,
		  rules.patient ? ", patient" : "");
	for (i = 0; i < ACTS_MAX && fuzz_more(); i++)
		act(&w, &rules, fuzz_byte());
	fuzz_note("nothing goes wrong any more");
	MUST_SOUND(calm_end(&w, &rules));
	return 0;
}
