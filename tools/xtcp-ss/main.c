// SPDX-License-Identifier: GPL-2.0-only
/*
 * xtcp-ss: who leaks, who lingers, what is stuck - and an end to it. xtcp-ss(8)
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "xtcp-ss.h"

#define LISTENING	(1u << XTCP_LISTEN)
#define FAMILY_FILE	"/sys/module/xtcp/parameters/family"

static struct {
	int kill_fd;
	unsigned long killed;
	unsigned long failed;
} toll;

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "xtcp-ss: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

static const char usage[] =
"usage: xtcp-ss [OPTION]... [FILTER]...\n"
"  -4, -6       of that version of IP only\n"
"  -a           listeners, too\n"
"  -l           listeners only\n"
"  -p           the processes that hold them\n"
"  -i           how they fare: times, windows, bytes\n"
"  -m           their memory\n"
"  -b, --by WHAT  count them by state, process, service, local, peer, host,\n"
"               opened or closing; with -E also by reason or cgroup\n"
"  -s           the same as --by state -a\n"
"  -r           why segments were dropped and connections ended, in numbers\n"
"  -E           the last connections that were reset, or ended before both ends\n"
"               had closed them: when, why, by whom\n"
"  -K           end what the filter picks out, and show it\n"
"  -H           no heading\n"
"filters, which all have to hold:\n"
"  state|exclude NAME             as ss has them: established, close-wait ...\n"
"  src|dst [ADDRESS[/BITS]][:PORT[-PORT]]\n"
"  sport|dport PORT[-PORT]\n"
"  older|younger TIME             in that state: 500ms, 30s, 5m, 2h, 1d; -E: ago\n"
"  reason NAME                    with -E: as -r has them\n"
"  wire native|tcp\n"
"  process NAME|PID\n";

static uint8_t module_family(void)
{
	FILE *f = fopen(FAMILY_FILE, "r");
	unsigned int family = AF_XTCP;

	if (!f)
		return family;
	if (fscanf(f, "%u", &family) != 1)
		family = AF_XTCP;
	fclose(f);
	return family;
}

static void asked_init(struct asked *a)
{
	memset(a, 0, sizeof(*a));
	a->req.family = module_family();
	a->req.states = XTCP_DIAG_STATES_ALL & ~LISTENING;
	a->req.local.port_most = UINT16_MAX;
	a->req.foreign.port_most = UINT16_MAX;
	memset(a->req.cookie, 0xff, sizeof(a->req.cookie));
}

static void take_option(struct asked *a, int opt)
{
	switch (opt) {
	case '4':
	case '6':
		a->req.version = opt - '0';
		break;
	case 'a':
		a->req.states = XTCP_DIAG_STATES_ALL;
		break;
	case 'l':
		a->req.states = LISTENING;
		break;
	case 'p':
		a->processes = true;
		break;
	case 'i':
		a->req.show |= XTCP_DIAG_SHOW_INFO;
		break;
	case 'm':
		a->req.show |= XTCP_DIAG_SHOW_MEMINFO;
		break;
	case 's':
		a->req.states = XTCP_DIAG_STATES_ALL;
		a->by = "state";
		break;
	case 'b':
		a->by = optarg;
		break;
	case 'r':
		a->reasons = true;
		break;
	case 'E':
		a->req.what = XTCP_DIAG_WHAT_ENDED;
		break;
	case 'K':
		a->kill = true;
		break;
	case 'H':
		a->no_header = true;
		break;
	case 'n':
		break;		/* names are never looked up */
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

static void read_arguments(struct asked *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "listening", no_argument, NULL, 'l' },
		{ "processes", no_argument, NULL, 'p' },
		{ "info", no_argument, NULL, 'i' },
		{ "memory", no_argument, NULL, 'm' },
		{ "numeric", no_argument, NULL, 'n' },
		{ "by", required_argument, NULL, 'b' },
		{ "summary", no_argument, NULL, 's' },
		{ "reasons", no_argument, NULL, 'r' },
		{ "ended", no_argument, NULL, 'E' },
		{ "kill", no_argument, NULL, 'K' },
		{ "no-header", no_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	bool ended;
	int opt;

	while ((opt = getopt_long(argc, argv, "46alpimnb:srEKHh", longs,
				  NULL)) != -1)
		take_option(a, opt);
	filter_parse(a, argv + optind);
	ended = a->req.what == XTCP_DIAG_WHAT_ENDED;
	if (a->by && !group_known(a->by, ended))
		die("nothing is counted by %s", a->by);
	if (ended && (a->kill || a->req.show))
		die("-K, -i and -m are for what has not ended");
	if (a->reason_given && !ended)
		die("only what has ended has a reason: -E");
	if (a->kill && !a->filtered)
		die("-K ends what a filter picks out: `state all' for all");
}

static bool is_gone(int err)
{
	return err == ENOENT;
}

/* Return: it was ended by us. */
static bool end_it(const struct asked *a, const struct row *row)
{
	int err = diag_destroy(toll.kill_fd, &a->req, row->m);

	if (!err) {
		toll.killed++;
		return true;
	}
	if (!is_gone(err)) {
		toll.failed++;
		fprintf(stderr, "xtcp-ss: %s to %s: %s\n",
			end_text(row->m, true), end_text(row->m, false),
			strerror(err));
	}
	return false;
}

static void each_row(struct row *row, void *arg)
{
	const struct asked *a = arg;

	row->who = processes_of(row->m->inode);
	if (a->process && !process_named(row->who, a->process))
		return;
	if (a->reason_given && !a->reason[row->m->reason])
		return;
	if (a->kill && !end_it(a, row))
		return;
	if (a->by)
		group_add(a->by, row);
	else if (a->req.what == XTCP_DIAG_WHAT_ENDED)
		show_ended(a, row);
	else
		show_row(a, row);
}

static void explain(int err, uint8_t family)
{
	switch (err) {
	case 0:
		return;
	case ENOENT:
		die("no module answers for protocol family %d: is xtcp loaded?",
		    family);
	case EINVAL:
		die("the module does not understand: is it of another version?");
	default:
		die("%s", strerror(err));
	}
}

int main(int argc, char **argv)
{
	struct asked a;

	asked_init(&a);
	read_arguments(&a, argc, argv);
	if (a.reasons) {
		show_reasons();
		return 0;
	}
	if (a.kill)
		toll.kill_fd = diag_open();
	if (a.processes || a.process || (a.by && !strcmp(a.by, "process")))
		processes_read();
	if (!a.by && !a.no_header)
		show_header(&a);
	explain(diag_dump(diag_open(), &a.req, each_row, &a), a.req.family);
	if (a.by)
		group_show(&a);
	return toll.failed ? 1 : 0;
}
