/* SPDX-License-Identifier: GPL-2.0-only */
/* What a scenario file says: scenario.def lists the words. */
#ifndef SELFTESTS_SIMULATOR_SCENARIO_H
#define SELFTESTS_SIMULATOR_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCENARIO_GROUPS	16
#define SCENARIO_WORD	200

struct span {
	uint64_t least;
	uint64_t most;
};

enum queue_unit {
	QUEUE_BYTES,
	QUEUE_PACKETS,
	QUEUE_BDP,	/* thousandths of rate times round trip */
};

struct queue_limit {
	uint64_t value;
	enum queue_unit unit;
};

/* Times in ns, rates in bit/s, sizes in bytes, shares in millionths */
#define KIND_TIME	uint64_t
#define KIND_RATE	uint64_t
#define KIND_SIZE	uint64_t
#define KIND_SHARE	uint64_t
#define KIND_COUNT	uint64_t
#define KIND_TIMES	struct span
#define KIND_SIZES	struct span
#define KIND_QUEUE	struct queue_limit
#define KIND_WORD	struct word

struct word {
	char text[SCENARIO_WORD];
};

#define NO_KEY(name, kind, initial, meaning)
#define A_MEMBER(name, kind, initial, meaning) KIND_##kind name;

struct run_config {
#define RUN_KEY A_MEMBER
#define LINK_KEY NO_KEY
#define FLOW_KEY NO_KEY
#include "scenario.def"
#undef RUN_KEY
#undef LINK_KEY
};

struct link_config {
#define RUN_KEY NO_KEY
#define LINK_KEY A_MEMBER
#include "scenario.def"
#undef LINK_KEY
#undef FLOW_KEY
};

struct flow_config {
	char name[32];
#define LINK_KEY NO_KEY
#define FLOW_KEY A_MEMBER
#include "scenario.def"
#undef RUN_KEY
#undef LINK_KEY
#undef FLOW_KEY
};

/**
 * struct scenario - all of it
 * @run:	section [run]
 * @link:	[link], for both directions, and what [back] says otherwise for
 *		the way to the users
 * @group:	a section [flows NAME] each
 * @groups:	how many
 */
struct scenario {
	struct run_config run;
	struct link_config link[2];
	struct flow_config group[SCENARIO_GROUPS];
	uint32_t groups;
};

void scenario_init(struct scenario *c);
/* These return NULL, or what is wrong. */
const char *scenario_read(struct scenario *c, const char *path);
const char *scenario_text(struct scenario *c, const char *text);
/* SECTION.KEY=VALUE; "flows" means all groups */
const char *scenario_set(struct scenario *c, const char *setting);
/* Every word and its value, as comment lines. */
void scenario_print(const struct scenario *c, void *file);
/* Every word and what it means. */
void scenario_help(void *file);

#endif
