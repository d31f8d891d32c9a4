// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of a filter; all of them have to hold.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "xtcp-ss.h"

#define SET(state)	(1u << XTCP_##state)
#define CONNECTED	(XTCP_DIAG_STATES_ALL & ~(SET(LISTEN) | SET(CLOSED)))

static const struct {
	const char *name;
	uint32_t states;
} state_names[] = {
	{ "all", XTCP_DIAG_STATES_ALL },
	{ "connected", CONNECTED },
	{ "synchronized", CONNECTED & ~SET(SYN_SENT) },
	{ "bucket", SET(SYN_RCVD) | SET(TIME_WAIT) },
	{ "big", XTCP_DIAG_STATES_ALL & ~(SET(SYN_RCVD) | SET(TIME_WAIT)) },
	{ "established", SET(ESTABLISHED) },
	{ "estab", SET(ESTABLISHED) },
	{ "syn-sent", SET(SYN_SENT) },
	{ "syn-recv", SET(SYN_RCVD) },
	{ "syn-rcvd", SET(SYN_RCVD) },
	{ "fin-wait-1", SET(FIN_WAIT_1) },
	{ "fin-wait-2", SET(FIN_WAIT_2) },
	{ "time-wait", SET(TIME_WAIT) },
	{ "close-wait", SET(CLOSE_WAIT) },
	{ "last-ack", SET(LAST_ACK) },
	{ "listening", SET(LISTEN) },
	{ "listen", SET(LISTEN) },
	{ "closing", SET(CLOSING) },
};

static uint32_t states_of(const char *word)
{
	char name[24];
	size_t i;

	for (i = 0; word[i] && i < sizeof(name) - 1; i++)
		name[i] = word[i] == '_' ? '-' : tolower(word[i]);
	name[i] = 0;
	for (i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (!strcmp(name, state_names[i].name))
			return state_names[i].states;
	die("no state is called %s", word);
}

static unsigned long number(const char *text, char **end, unsigned long most,
			    const char *what)
{
	unsigned long n = strtoul(text, end, 10);

	if (*end == text || !isdigit(*text) || n > most)
		die("%s is no %s", text, what);
	return n;
}

/* 1500ms, 90s, 5m, 2h, 1d; a number alone is seconds */
static uint32_t time_of(const char *text)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	};
	char *end;
	uint64_t n = number(text, &end, UINT32_MAX, "time");
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit) && n * units[i].ms < INT32_MAX)
			return n * units[i].ms;
	die("%s is no time, or more than 24 days", text);
}

/* 80, 80-90, 80-, -90 */
static void set_ports(struct xtcp_diag_end *end, const char *text)
{
	char *rest = (char *)text;

	end->port_least = 0;
	end->port_most = UINT16_MAX;
	if (*text != '-')
		end->port_least = number(text, &rest, UINT16_MAX, "port");
	if (!*rest && rest != text) {
		end->port_most = end->port_least;
		return;
	}
	if (*rest++ != '-')
		die("%s is no port", text);
	if (*rest)
		end->port_most = number(rest, &rest, UINT16_MAX, "port");
	if (*rest || end->port_most < end->port_least)
		die("%s is no range of ports", text);
}

static void set_version(struct asked *a, uint8_t version, const char *text)
{
	if (a->req.version && a->req.version != version)
		die("%s is no IPv%d address", text, a->req.version);
	a->req.version = version;
}

/* ADDRESS[/BITS][:PORTS]; IPv6's in brackets where ports follow; * for any */
static void set_end(struct asked *a, struct xtcp_diag_end *end,
		    const char *text)
{
	char addr[INET6_ADDRSTRLEN + 6], *ports = NULL, *bits, *rest;
	const char *from = text, *close = strchr(text, ']');
	uint8_t most;

	if (*text == '[' && close)
		from = text + 1;
	else
		close = NULL;
	if (strlen(from) >= sizeof(addr))
		die("%s is no address", text);
	strcpy(addr, from);
	if (close) {
		rest = addr + (close - from);
		*rest++ = 0;
		if (*rest == ':')
			ports = rest + 1;
		else if (*rest)
			die("%s is no address", text);
	} else if (strchr(addr, ':') && strchr(addr, ':') == strrchr(addr, ':')) {
		ports = strchr(addr, ':');
		*ports++ = 0;
	}
	if (ports)
		set_ports(end, ports);
	if (!*addr || !strcmp(addr, "*"))
		return;
	bits = strchr(addr, '/');
	if (bits)
		*bits++ = 0;
	if (inet_pton(AF_INET, addr, end->addr) == 1)
		set_version(a, 4, text);
	else if (inet_pton(AF_INET6, addr, end->addr) == 1)
		set_version(a, 6, text);
	else
		die("%s is no address", text);
	most = a->req.version == 4 ? 32 : 128;
	end->prefix = bits ? number(bits, &rest, most, "length of a prefix") :
			     most;
}

static void set_states(struct asked *a, const char *word, bool with)
{
	uint32_t states = states_of(word);

	if (!a->states_given && with)
		a->req.states = 0;
	a->states_given = true;
	if (with)
		a->req.states |= states;
	else
		a->req.states &= ~states;
	if (!a->req.states)
		die("no state is left");
}

static void set_reason(struct asked *a, const char *name)
{
	a->reason[reason_of(name)] = true;
	a->reason_given = true;
}

static uint8_t wire_of(const char *word)
{
	if (!strcmp(word, "native"))
		return IPPROTO_XTCP;
	if (!strcmp(word, "tcp"))
		return IPPROTO_TCP;
	die("no wire is called %s", word);
}

/* One word and what follows it. */
static void take(struct asked *a, const char *word, const char *value)
{
	if (!strcmp(word, "state"))
		set_states(a, value, true);
	else if (!strcmp(word, "exclude"))
		set_states(a, value, false);
	else if (!strcmp(word, "src") || !strcmp(word, "local"))
		set_end(a, &a->req.local, value);
	else if (!strcmp(word, "dst") || !strcmp(word, "peer"))
		set_end(a, &a->req.foreign, value);
	else if (!strcmp(word, "sport"))
		set_ports(&a->req.local, value);
	else if (!strcmp(word, "dport"))
		set_ports(&a->req.foreign, value);
	else if (!strcmp(word, "older"))
		a->req.age_least_ms = time_of(value);
	else if (!strcmp(word, "younger"))
		a->req.age_most_ms = time_of(value);
	else if (!strcmp(word, "wire"))
		a->req.protocol = wire_of(value);
	else if (!strcmp(word, "process"))
		a->process = value;
	else if (!strcmp(word, "reason"))
		set_reason(a, value);
	else
		die("what is %s? See xtcp-ss(8)", word);
}

void filter_parse(struct asked *a, char **word)
{
	for (; *word; word += 2) {
		if (!word[1])
			die("%s needs something behind it", *word);
		take(a, word[0], word[1]);
		a->filtered = true;
	}
}
