// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps for people: what differs, and a unit test as those of
 * selftests/machine are written.
 */
#include <ctype.h>
#include "replay.h"

static void print_field(const char *what, const struct field *f,
			const void *of)
{
	printf("#   %s.%s = ", what, f->path);
	field_print(f, field_value(f, of));
	printf("\n");
}

/* All that is not zero. */
static void print_all(const char *what, const struct field *f, const void *of)
{
	for (; f->path; f++)
		if (field_value(f, of))
			print_field(what, f, of);
}

static void print_differences(const char *what, const struct field *f,
			      const void *kernel, const void *here,
			      size_t size)
{
	bool any = false;

	for (; f->path; f++) {
		u32 there = field_value(f, kernel);

		if (there == field_value(f, here))
			continue;
		any = true;
		printf("#   %s.%s: kernel ", what, f->path);
		field_print(f, there);
		printf(", here ");
		field_print(f, field_value(f, here));
		printf("\n");
	}
	if (!any && memcmp(kernel, here, size))
		printf("#   %s: the padding differs\n", what);
}

void show_difference(const struct step *kernel, const struct step *here)
{
	printf("# step %u, %s in %s, is another one here:\n", kernel->nr,
	       xtcp_event_name(kernel->orders.event),
	       xtcp_state_name(kernel->before.state));
	print_differences("orders", fields_xtcp_orders, &kernel->orders,
			  &here->orders, sizeof(here->orders));
	print_differences("after", fields_xtcp_record, &kernel->after,
			  &here->after, sizeof(here->after));
	if (kernel->has_child != here->has_child)
		printf("#   a child was made %s only\n",
		       kernel->has_child ? "in the kernel" : "here");
	else if (kernel->has_child)
		print_differences("child", fields_xtcp_record, &kernel->child,
				  &here->child, sizeof(here->child));
	printf("# of this record and event:\n");
	print_all("before", fields_xtcp_record, &kernel->before);
	print_all("event", fields_xtcp_event, &kernel->event);
}

static void print_initialiser(const char *head, const struct field *f,
			      const void *of, const char *tail)
{
	printf("\t%s{\n", head);
	for (; f->path; f++) {
		u32 value = field_value(f, of);

		if (!value)
			continue;
		printf("\t\t.%s = ", f->path);
		field_print(f, value);
		printf(",\n");
	}
	printf("%s\t};\n", tail);
}

/* What is not as @usual. */
static void print_expectations(const char *what, const struct field *f,
			       const void *of, const void *usual)
{
	for (; f->path; f++) {
		u32 value = field_value(f, of);

		if (value == field_value(f, usual))
			continue;
		printf("\tEXPECT_EQ(%s.%s, ", what, f->path);
		field_print(f, value);
		printf(");\n");
	}
}

static void print_lower(const char *name)
{
	for (; *name; name++)
		putchar(tolower((unsigned char)*name));
}

void show_test(const struct step *s)
{
	static const struct xtcp_record nothing;
	static const struct xtcp_orders silence;
	const char *state = xtcp_state_name(s->before.state);

	printf("/* Step %u of a trace: what the kernel did. */\n", s->nr);
	printf("TEST(replay_");
	print_lower(xtcp_event_name(s->orders.event));
	putchar('_');
	print_lower(state);
	printf("_step_%u)\n{\n\tgiven(XTCP_%s);\n", s->nr, state);
	print_initialiser("rig.r = (struct xtcp_record)", fields_xtcp_record,
			  &s->before, "");
	print_initialiser("rig.policy = (struct xtcp_policy)",
			  fields_xtcp_policy, &s->policy, "");
	print_initialiser("rig.e = (struct xtcp_event)", fields_xtcp_event,
			  &s->event, "\t\t.policy = &rig.policy,\n"
				     "\t\t.child = &rig.child,\n");
	printf("\thappens(rig.e.kind);\n");
	/* What is not ordered matters as well. */
	printf("\tEXPECT_EQ(rig.o.%s, ", fields_xtcp_orders[0].path);
	field_print(&fields_xtcp_orders[0], s->orders.todo);
	printf(");\n");
	print_expectations("rig.o", fields_xtcp_orders + 1, &s->orders,
			   &silence);
	print_expectations("rig.r", fields_xtcp_record, &s->after, &s->before);
	if (s->has_child)
		print_expectations("rig.child", fields_xtcp_record, &s->child,
				   &nothing);
	printf("}\n");
}
