// SPDX-License-Identifier: GPL-2.0-only
/* Reads scenario files: sections, and a key = value on each line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "value.h"

struct key {
	const char *name;
	enum value_kind kind;
	size_t offset;
	const char *initial;
	const char *meaning;
};

#define A_KEY(name, kind, initial, meaning) \
	{ #name, VALUE_##kind, offsetof(struct CONFIG, name), initial, meaning },

#define RUN_KEY A_KEY
#define LINK_KEY NO_KEY
#define FLOW_KEY NO_KEY
#define CONFIG run_config
static const struct key run_keys[] = {
#include "scenario.def"
	{ .name = NULL },
};

#undef CONFIG
#undef RUN_KEY
#undef LINK_KEY

#define RUN_KEY NO_KEY
#define LINK_KEY A_KEY
#define CONFIG link_config
static const struct key link_keys[] = {
#include "scenario.def"
	{ .name = NULL },
};

#undef CONFIG
#undef LINK_KEY
#undef FLOW_KEY

#define LINK_KEY NO_KEY
#define FLOW_KEY A_KEY
#define CONFIG flow_config
static const struct key flow_keys[] = {
#include "scenario.def"
	{ .name = NULL },
};

#undef CONFIG
#undef RUN_KEY
#undef LINK_KEY
#undef FLOW_KEY

#define SECTION	32	/* characters of its name */

static char fault[3 * SCENARIO_WORD];

static const char *complain(const char *what, const char *about)
{
	snprintf(fault, sizeof(fault), "%s: %.*s", what, SCENARIO_WORD, about);
	return fault;
}

static const char *set(const struct key *keys, void *config, const char *name,
		       const char *value)
{
	for (; keys->name; keys++) {
		if (strcmp(keys->name, name))
			continue;
		if (!value_read(keys->kind, (char *)config + keys->offset,
				value))
			return complain("no such value", value);
		return NULL;
	}
	return complain("no such key", name);
}

static void set_defaults(const struct key *keys, void *config)
{
	for (; keys->name; keys++)
		value_read(keys->kind, (char *)config + keys->offset,
			   keys->initial);
}

void scenario_init(struct scenario *c)
{
	memset(c, 0, sizeof(*c));
	set_defaults(run_keys, &c->run);
	set_defaults(link_keys, &c->link[0]);
	set_defaults(link_keys, &c->link[1]);
}

static struct flow_config *find_group(struct scenario *c, const char *name)
{
	uint32_t i;

	for (i = 0; i < c->groups; i++)
		if (!strcmp(c->group[i].name, name))
			return &c->group[i];
	return NULL;
}

static const char *set_in(struct scenario *c, const char *section,
			  const char *name, const char *value)
{
	struct flow_config *group;
	const char *wrong;
	uint32_t i;

	if (!strcmp(section, "run"))
		return set(run_keys, &c->run, name, value);
	if (!strcmp(section, "back"))
		return set(link_keys, &c->link[1], name, value);
	if (!strcmp(section, "link")) {
		wrong = set(link_keys, &c->link[0], name, value);
		return wrong ? wrong : set(link_keys, &c->link[1], name, value);
	}
	if (!strcmp(section, "flows")) {
		for (i = 0, wrong = NULL; i < c->groups && !wrong; i++)
			wrong = set(flow_keys, &c->group[i], name, value);
		return wrong;
	}
	group = find_group(c, section);
	if (!group)
		return complain("no such section", section);
	return set(flow_keys, group, name, value);
}

const char *scenario_set(struct scenario *c, const char *setting)
{
	char text[2 * SCENARIO_WORD];
	char *dot, *equals;

	snprintf(text, sizeof(text), "%s", setting);
	dot = strchr(text, '.');
	equals = strchr(text, '=');
	if (!dot || !equals || dot > equals)
		return complain("not SECTION.KEY=VALUE", setting);
	*dot = '\0';
	*equals = '\0';
	return set_in(c, text, dot + 1, equals + 1);
}

/* [run], [link], [back] or [flows NAME]; @section is filled */
static const char *begin_section(struct scenario *c, const char *line,
				 char *section)
{
	struct flow_config *group;

	if (!strcmp(line, "[run]") || !strcmp(line, "[link]") ||
	    !strcmp(line, "[back]")) {
		snprintf(section, SECTION, "%.*s", (int)strlen(line) - 2,
			 line + 1);
		return NULL;
	}
	if (sscanf(line, "[flows %31[a-z0-9_-]]", section) != 1)
		return complain("no such section", line);
	if (find_group(c, section))
		return complain("the same flows again", section);
	if (c->groups == SCENARIO_GROUPS)
		return complain("too many sections", section);
	group = &c->group[c->groups++];
	set_defaults(flow_keys, group);
	snprintf(group->name, sizeof(group->name), "%s", section);
	return NULL;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static const char *take_line(struct scenario *c, char *line, char *section)
{
	char *equals;

	line[strcspn(line, "#\n")] = '\0';
	line = trim(line);
	if (!*line)
		return NULL;
	if (*line == '[')
		return begin_section(c, line, section);
	equals = strchr(line, '=');
	if (!equals)
		return complain("neither section nor key = value", line);
	*equals = '\0';
	return set_in(c, section, trim(line), trim(equals + 1));
}

const char *scenario_text(struct scenario *c, const char *text)
{
	char section[SECTION] = "run";
	char line[2 * SCENARIO_WORD];
	const char *wrong = NULL;
	size_t length;

	while (*text && !wrong) {
		length = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		wrong = take_line(c, line, section);
		text += length + (text[length] == '\n');
	}
	return wrong;
}

const char *scenario_read(struct scenario *c, const char *path)
{
	FILE *from = fopen(path, "r");
	static char text[65536];
	size_t length;

	if (!from)
		return complain("cannot be read", path);
	length = fread(text, 1, sizeof(text) - 1, from);
	fclose(from);
	text[length] = '\0';
	return scenario_text(c, text);
}

static void print(const struct key *keys, const char *section,
		  const void *config, FILE *file)
{
	char text[SCENARIO_WORD];

	for (; keys->name; keys++) {
		value_print(keys->kind, (const char *)config + keys->offset,
			    text);
		fprintf(file, "# %s.%s = %s\n", section, keys->name, text);
	}
}

void scenario_print(const struct scenario *c, void *file)
{
	uint32_t i;

	print(run_keys, "run", &c->run, file);
	print(link_keys, "link", &c->link[0], file);
	print(link_keys, "back", &c->link[1], file);
	for (i = 0; i < c->groups; i++)
		print(flow_keys, c->group[i].name, &c->group[i], file);
}

static void help(const struct key *keys, const char *section, FILE *file)
{
	fprintf(file, "\n[%s]\n", section);
	for (; keys->name; keys++)
		fprintf(file, "  %-14s %-10s %s\n", keys->name,
			*keys->initial ? keys->initial : "-", keys->meaning);
}

void scenario_help(void *file)
{
	help(run_keys, "run", file);
	help(link_keys, "link], [back", file);
	help(flow_keys, "flows NAME", file);
}
