// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take the steps that a kernel took again, with the same machine in user space,
 * and see whether the same orders and records come out.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "replay.h"

#define SHOWN	5	/* differences at most */

static const char usage[] =
"usage: replay [--cells] [--test NR] TRACE...\n"
"\n"
"A TRACE is a file that holds what the tracepoint xtcp_step printed, or a folder\n"
"with the whole trace, in the order of the files' names, of a module from its\n"
"loading on. Prints TAP.\n"
"\n"
"--test NR  print the step of that number as a unit test, and nothing else\n"
"--cells    name the cells of table.def that no step used\n";

/* What was found out, of all traces together. */
static struct {
	unsigned long steps, different, lost, strange;
	unsigned long losses;	/* lines that say that steps were lost */
	u32 led_to[XTCP_STATES][XTCP_EVENTS];
	const char *unusable;
	bool whole;
} found;

static struct {
	u32 test;
	bool cells;
} wanted;

/* The trace that is being read. */
static struct {
	struct xtcp_record *before;
	u32 *nr;
	size_t count, room;
	u32 first, last;
} trace;

static void again(const struct step *kernel, struct step *here)
{
	struct xtcp_event e = kernel->event;

	*here = *kernel;
	here->after = kernel->before;
	/* The machine must not rely on what is there. */
	memset(&here->child, 0xa5, sizeof(here->child));
	e.policy = &kernel->policy;
	e.child = &here->child;
	xtcp_step(&here->after, &e, &here->orders);
	here->has_child = here->orders.todo & XTCP_DO_SPAWN;
}

static bool same(const struct step *a, const struct step *b)
{
	return !memcmp(&a->orders, &b->orders, sizeof(a->orders)) &&
	       !memcmp(&a->after, &b->after, sizeof(a->after)) &&
	       a->has_child == b->has_child &&
	       (!a->has_child || !memcmp(&a->child, &b->child,
					 sizeof(a->child)));
}

static void remember(const struct step *s)
{
	if (trace.count == trace.room) {
		trace.room = trace.room ? 2 * trace.room : 1024;
		trace.before = realloc(trace.before, trace.room *
						     sizeof(*trace.before));
		trace.nr = realloc(trace.nr, trace.room * sizeof(*trace.nr));
		if (!trace.before || !trace.nr)
			abort();
	}
	trace.before[trace.count] = s->before;
	trace.nr[trace.count++] = s->nr;
	if (trace.count == 1 || s->nr < trace.first)
		trace.first = s->nr;
	if (trace.count == 1 || s->nr > trace.last)
		trace.last = s->nr;
	seen_add(&s->after);
	if (s->has_child)
		seen_add(&s->child);
}

static void take(const struct step *kernel)
{
	struct step here;

	if (wanted.test) {
		if (kernel->nr == wanted.test)
			show_test(kernel);
		return;
	}
	again(kernel, &here);
	found.steps++;
	found.led_to[kernel->before.state][here.orders.event] |=
		1u << here.after.state;
	remember(kernel);
	if (same(kernel, &here) || ++found.different > SHOWN)
		return;
	show_difference(kernel, &here);
	printf("# as a test for selftests/machine:\n");
	show_test(kernel);
}

static int read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	const char *why;
	struct step s;
	char *text = NULL;
	size_t size = 0;

	if (!file) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (!found.unusable && getline(&text, &size, file) >= 0)
		switch (parse_line(text, &s, &why)) {
		case LINE_STEP:
			take(&s);
			break;
		case LINE_LOST:
			found.losses++;
			printf("# %s: %s", path, text);
			break;
		case LINE_BAD:
			found.unusable = why;
			break;
		case LINE_OTHER:
			break;
		}
	free(text);
	fclose(file);
	return 0;
}

/* The numbers have no gap; and, of a whole trace, no record is a surprise. */
static void end_trace(bool whole)
{
	size_t i;

	if (trace.count)
		found.lost += trace.last - trace.first + 1 - trace.count;
	if (whole && trace.count)
		found.lost += trace.first - 1;
	for (i = 0; whole && i < trace.count; i++)
		if (!seen(&trace.before[i]) && ++found.strange <= SHOWN)
			printf("# step %u: no step left the record, in %s, as it is\n",
			       trace.nr[i],
			       xtcp_state_name(trace.before[i].state));
	found.whole |= whole;
	seen_forget();
	free(trace.before);
	free(trace.nr);
	memset(&trace, 0, sizeof(trace));
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int read_folder(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, is_visible, alphasort), i, err = 0;
	char name[4096];

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, names[i]->d_name);
		err |= read_file(name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	end_trace(true);
	return n < 0 ? -1 : err;
}

static int read_trace(const char *path)
{
	struct stat st;
	int err;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return read_folder(path);
	err = read_file(path);
	end_trace(false);
	return err;
}

/**
 * struct cover - how much of table.def was used
 * @cells:	used
 * @all_cells:	that can happen
 * @edges:	changes of state taken, each by its cell
 */
struct cover {
	unsigned int cells, all_cells, edges;
};

static struct cover covered(void)
{
	struct cover all = {};
	u8 state, event;

	for (state = 0; state < XTCP_STATES; state++)
		for (event = 0; event < XTCP_EVENTS; event++) {
			const struct xtcp_cell *c = xtcp_cell(state, event);
			u32 to = found.led_to[state][event];

			if (!c || c->impossible)
				continue;
			all.all_cells++;
			all.cells += !!to;
			all.edges += __builtin_popcount(to & ~(1u << state));
			if (wanted.cells && !to)
				printf("# unused: %s in %s\n",
				       xtcp_event_name(event),
				       xtcp_state_name(state));
		}
	return all;
}

static bool result(bool good, const char *name)
{
	static int nr;

	printf("%sok %d - %s\n", good ? "" : "not ", ++nr, name);
	return good;
}

static int report(void)
{
	struct cover c = covered();
	char text[200];
	bool good;

	if (found.unusable) {
		printf("# %s\n", found.unusable);
		result(false, "the trace can be used");
		printf("1..1\n");
		return 2;
	}
	snprintf(text, sizeof(text),
		 "%lu of %lu steps equal, %u of %u cells, %u edges",
		 found.steps - found.different, found.steps, c.cells,
		 c.all_cells, c.edges);
	good = result(found.steps && !found.different, text);
	snprintf(text, sizeof(text), "%lu steps lost",
		 found.lost ? found.lost : found.losses);
	good &= result(!found.lost && !found.losses, text);
	snprintf(text, sizeof(text),
		 "%lu records changed other than by a step",
		 found.strange);
	if (found.whole)
		good &= result(!found.strange, text);
	printf("1..%d\n", found.whole ? 3 : 2);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	int i, err = 0;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--cells"))
			wanted.cells = true;
		else if (!strcmp(argv[i], "--test") && argv[i + 1])
			wanted.test = strtoul(argv[++i], NULL, 10);
		else
			break;
	}
	if (i == argc || argv[i][0] == '-') {
		fputs(usage, stderr);
		return 2;
	}
	for (; i < argc; i++)
		err |= read_trace(argv[i]);
	if (err)
		return 2;
	return wanted.test ? 0 : report();
}
