/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's steps as the kernel's tracepoint xtcp_step wrote them down, to
 * be taken again by the machine in user space.
 */
#ifndef SELFTESTS_REPLAY_REPLAY_H
#define SELFTESTS_REPLAY_REPLAY_H

#include <stdio.h>
#include "machine/machine.h"

/**
 * struct step - one step, as it was or as it is
 * @nr:		its number in the trace
 * @has_child:	a new connection was made
 * @before:	the record
 * @event:	without its pointers
 * @policy:	what the event's policy pointed to
 * @orders:	what was ordered
 * @after:	the record afterwards
 * @child:	the new connection's record
 */
struct step {
	u32 nr;
	bool has_child;
	struct xtcp_record before;
	struct xtcp_event event;
	struct xtcp_policy policy;
	struct xtcp_orders orders;
	struct xtcp_record after;
	struct xtcp_record child;
};

/* parse.c */
enum line {
	LINE_OTHER,	/* of no interest */
	LINE_STEP,
	LINE_LOST,	/* says that steps were lost */
	LINE_BAD,	/* @why says why it cannot be used */
};

enum line parse_line(const char *text, struct step *s, const char **why);

/* seen.c: records that steps have left */
void seen_forget(void);
void seen_add(const struct xtcp_record *r);
/* A step left it so, or it is one of those that stand for no connection. */
bool seen(const struct xtcp_record *r);

/* fields.c: what the structures are made of, from the machine's headers */
struct name {
	const char *name;
	u32 value;
};

/**
 * struct field - one number of a structure
 * @path:	as C writes it
 * @offset:	in the structure
 * @size:	bytes
 * @names:	of its values, up to one without a name; or NULL
 * @bits:	each of @names is a bit
 */
struct field {
	const char *path;
	size_t offset;
	size_t size;
	const struct name *names;
	bool bits;
};

extern const struct field fields_xtcp_record[];
extern const struct field fields_xtcp_event[];
extern const struct field fields_xtcp_policy[];
extern const struct field fields_xtcp_orders[];

u32 field_value(const struct field *f, const void *of);
void field_print(const struct field *f, u32 value);

/* record.c: in front of xtcp_step(), and what stands behind it then */
void __wrap_xtcp_step(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o);
void __real_xtcp_step(struct xtcp_record *r, const struct xtcp_event *e,
		      struct xtcp_orders *o);

/* show.c */
void show_difference(const struct step *kernel, const struct step *here);
void show_test(const struct step *s);

#endif
