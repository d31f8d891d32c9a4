// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench [OPTION]... TEST[=COUNT]...: runs each test for each family, round by
 * round, A B C A B C, and prints a line for each result:
 *
 * test, link, version of IP, family, round, metric, value
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bench.h"

#define FIRST_PORT	20000
#define LIMIT_S		3600	/* of the guest's clock, for one run */

static const struct test *const all_tests[] = {
	exchange_tests, bulk_tests, acceptor_tests, turnover_tests,
	memory_tests, idle_tests, flood_tests, path_tests,
};

struct plan {
	const char *link;
	const char *wanted;	/* families; NULL: all */
	int rounds;
	int settle_ms;
	struct run run;
};

static const struct test *test_named(const char *name, size_t len)
{
	const struct test *t;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_tests); i++)
		for (t = all_tests[i]; t->name; t++)
			if (strlen(t->name) == len && !memcmp(t->name, name, len))
				return t;
	fprintf(stderr, "bench: no test %.*s\n", (int)len, name);
	exit(2);
}

/* Whole words, with commas between them. */
static bool wants(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, name, len) && (!list[len] || list[len] == ','))
			return true;
	}
	return false;
}

static void semaphores(struct shared *s)
{
	sem_init(&s->served, 1, 0);
	sem_init(&s->more, 1, 0);
	barrier_for(&s->listening, 2);
	barrier_for(&s->finished, 2);
}

static void on_alarm(int number)
{
	(void)number;
	kill(0, SIGKILL);
}

/* A run is over when its client is; whoever fails takes all with him. */
static void both_ends(struct run *r)
{
	pid_t server = 0, client, ended;
	bool fine;

	setpgid(0, 0);
	signal(SIGALRM, on_alarm);
	alarm(LIMIT_S);
	if (r->test->server)
		server = beside(r->test->server, r, r->server_ns);
	client = beside(r->test->client, r, r->client_ns);
	do {
		ended = next_ended(&fine);
		if (!fine)
			kill(0, SIGKILL);
		if (ended == server)
			server = 0;
	} while (ended != client);
	if (server)
		kill(server, SIGKILL);
}

static void print_one(const struct plan *p, int round, const char *metric,
		      double value)
{
	const struct run *r = &p->run;

	printf("%s", r->test->name);
	if (r->argued)
		printf(":%ld", r->argument);
	printf("\t%s\t%d\t%s\t%d\t%s\t%.10g\n", p->link, r->version,
	       r->family->name, round, metric, value);
}

static void run_one(const struct plan *p, struct run *r, int round)
{
	struct shared *s = r->shared;
	int i;
	bool fine;

	memset(s, 0, sizeof(*s));
	semaphores(s);
	r->port++;
	if (p->settle_ms)
		nap_ms(p->settle_ms);
	beside(both_ends, r, NULL);
	next_ended(&fine);
	for (i = 0; i < s->results; i++)
		print_one(p, round, s->result[i].metric, s->result[i].value);
	if (!fine)
		print_one(p, round, "failed", 1);
	fflush(stdout);
}

static void run_test(struct plan *p, const char *text)
{
	size_t len = strcspn(text, "=:");
	struct run *r = &p->run;
	int round, i;

	r->test = test_named(text, len);
	r->count = text[len] == '=' ? atol(text + len + 1) : r->test->count;
	text = strchr(text, ':');
	r->argued = text;
	r->argument = text ? atol(text + 1) : r->test->argument;
	r->flows = r->test->flows;
	r->both = r->test->both;
	r->reuse_port = false;
	for (round = 1; round <= p->rounds; round++)
		for (i = 0; i < family_count; i++) {
			r->family = &families[i];
			if (p->wanted && !wants(p->wanted, r->family->name))
				continue;
			/* AF_UNIX knows neither IPv6 nor links. */
			if (!r->family->ip && (r->version == 6 || r->client_ns))
				continue;
			run_one(p, r, round);
		}
}

static const struct option options[] = {
	{ "ipv6", no_argument, NULL, '6' },
	{ "address", required_argument, NULL, 'a' },
	{ "client-ns", required_argument, NULL, 'c' },
	{ "families", required_argument, NULL, 'f' },
	{ "link", required_argument, NULL, 'l' },
	{ "marks", no_argument, NULL, 'm' },
	{ "rounds", required_argument, NULL, 'r' },
	{ "server-ns", required_argument, NULL, 's' },
	{ "settle-ms", required_argument, NULL, 'w' },
	{ }
};

static int help(void)
{
	const struct option *o;

	fputs("bench [OPTION]... TEST[=COUNT][:ARGUMENT]...\n", stderr);
	for (o = options; o->name; o++)
		fprintf(stderr, "  --%s%s\n", o->name, o->has_arg ? " VALUE" : "");
	return 2;
}

static bool understood(struct plan *p, int option)
{
	switch (option) {
	case '6':
		p->run.version = 6;
		return true;
	case 'a':
		p->run.address = optarg;
		return true;
	case 'c':
		p->run.client_ns = optarg;
		return true;
	case 'f':
		p->wanted = optarg;
		return true;
	case 'l':
		p->link = optarg;
		return true;
	case 'm':
		p->run.marks = true;
		return true;
	case 'r':
		p->rounds = atoi(optarg);
		return true;
	case 's':
		p->run.server_ns = optarg;
		return true;
	case 'w':
		p->settle_ms = atoi(optarg);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct plan p = { .link = "lo", .rounds = 3, .run = {
		.version = 4, .port = FIRST_PORT } };
	int o;

	while ((o = getopt_long(argc, argv, "6", options, NULL)) != -1)
		if (!understood(&p, o))
			return help();
	if (optind == argc)
		return help();
	if (!p.run.address)
		p.run.address = p.run.version == 6 ? "::1" : "127.0.0.1";
	p.run.shared = mmap(NULL, sizeof(*p.run.shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p.run.shared == MAP_FAILED)
		die("mmap");
	for (; optind < argc; optind++)
		run_test(&p, argv[optind]);
	return 0;
}
