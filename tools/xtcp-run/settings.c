// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

/* A port, and where the text goes on; NULL: there is none. */
static const char *parse_port(const char *text, unsigned int *port)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)*text))
		return NULL;
	n = strtoul(text, &end, 10);
	if (n < 1 || n >= RUN_PORTS)
		return NULL;
	*port = n;
	return end;
}

bool run_parse_except(struct run_settings *s, const char *text)
{
	unsigned int first, last;

	do {
		text = parse_port(text, &first);
		if (!text)
			return false;
		last = first;
		if (*text == '-')
			text = parse_port(text + 1, &last);
		if (!text || last < first)
			return false;
		for (; first <= last; first++)
			s->except[first / 8] |= 1U << first % 8;
		s->excepting = true;
	} while (*text++ == ',');
	return text[-1] == '\0' || text[-1] == ' ';
}

static bool parse_word(struct run_settings *s, const char *word, size_t len)
{
	if (len == 11 && !strncmp(word, "listen-only", len))
		s->listen_only = true;
	else if (len == 12 && !strncmp(word, "connect-only", len))
		s->connect_only = true;
	else if (!strncmp(word, "family=", 7))
		s->family = atoi(word + 7);
	else if (!strncmp(word, "protocol=", 9))
		s->protocol = atoi(word + 9);
	else if (!strncmp(word, "except=", 7))
		return run_parse_except(s, word + 7);
	else
		return false;
	return true;
}

bool run_parse(struct run_settings *s, const char *text)
{
	size_t len;

	while (*text) {
		len = strcspn(text, " ");
		if (len && !parse_word(s, text, len))
			return false;
		text += len;
		text += strspn(text, " ");
	}
	return s->family > 0;
}
