// SPDX-License-Identifier: GPL-2.0-only
/*
 * xtcp-run [OPTION]... PROGRAM [ARGUMENT]...: see Documentation/xtcp-run.1.
 * Looks whether it can work, and then leaves the rest to libxtcp-run.so.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/xtcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"
#include "settings.h"

#define LIBRARY		"libxtcp-run.so"
/* As env(1) and timeout(1) have them. */
#define CANNOT		125
#define NOT_EXECUTABLE	126
#define NOT_FOUND	127

static const char usage[] =
"usage: xtcp-run [OPTION]... PROGRAM [ARGUMENT]...\n"
"Runs a program whose TCP sockets are XTCP's.\n"
"  --wire tcp|native  IP protocol 6 (default) or 253\n"
"  --listen-only      only for what it listens on; it connects by the host's TCP\n"
"  --connect-only     only for what it connects; it listens by the host's TCP\n"
"  --except PORTS     but not from or to these: 22,8000-8010\n"
"  --help             this\n"
"See xtcp-run(1).\n";

enum { WIRE = 256, LISTEN_ONLY, CONNECT_ONLY, EXCEPT, HELP };

static const struct option options[] = {
	{ "wire", required_argument, NULL, WIRE },
	{ "listen-only", no_argument, NULL, LISTEN_ONLY },
	{ "connect-only", no_argument, NULL, CONNECT_ONLY },
	{ "except", required_argument, NULL, EXCEPT },
	{ "help", no_argument, NULL, HELP },
	{}
};

static struct run_settings run = { .protocol = IPPROTO_TCP };
static const char *except;

static void set_wire(const char *name)
{
	if (!strcmp(name, "tcp"))
		run.protocol = IPPROTO_TCP;
	else if (!strcmp(name, "native"))
		run.protocol = IPPROTO_XTCP;
	else
		errx(CANNOT, "no such wire: %s (tcp or native)", name);
}

static void read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == WIRE)
			set_wire(optarg);
		else if (c == LISTEN_ONLY)
			run.listen_only = true;
		else if (c == CONNECT_ONLY)
			run.connect_only = true;
		else if (c == EXCEPT)
			except = optarg;
		else if (c == HELP)
			exit(fputs(usage, stdout) == EOF);
		else
			exit(CANNOT);
	}
	if (run.listen_only && run.connect_only)
		errx(CANNOT, "--listen-only and --connect-only together leave nothing");
	if (except && (strchr(except, ' ') || !run_parse_except(&run, except)))
		errx(CANNOT, "no list of ports: %s", except);
	if (optind == argc) {
		fputs(usage, stderr);
		exit(CANNOT);
	}
}

/* The number that the module was loaded with. */
static int family_number(void)
{
	FILE *f = fopen("/sys/module/xtcp/parameters/family", "r");
	int number;

	if (!f || fscanf(f, "%d", &number) != 1)
		number = AF_XTCP;
	if (f)
		fclose(f);
	return number;
}

/* A socket may load the module; its number is known then. */
static void try_socket(void)
{
	int fd = socket(family_number(), SOCK_STREAM, run.protocol);

	if (fd >= 0) {
		close(fd);
		return;
	}
	if (errno == EAFNOSUPPORT)
		errx(CANNOT, "the module xtcp is not loaded (modprobe xtcp, or insmod xtcp.ko)");
	if (errno == EPROTONOSUPPORT && run.protocol == IPPROTO_TCP)
		errx(CANNOT, "this module has no TCP wire: --wire native");
	if (errno == EPERM)
		errx(CANNOT, "only CAP_NET_ADMIN may make sockets (net.xtcp.unprivileged is 0)");
	err(CANNOT, "a socket of AF_XTCP");
}

static void check_program(const char *name)
{
	char path[PATH_MAX];
	const char *why;

	if (!program_find(name, path, sizeof(path)))
		errx(NOT_FOUND, "%s: not found", name);
	why = program_unfit(path, sizeof(path));
	if (why)
		errx(NOT_EXECUTABLE, "%s cannot run with XTCP: %s", path, why);
}

/* Beside this program, or where `make install` puts it. */
static void find_library(char *path, size_t size)
{
	static const char *const places[] = { "", "../lib/xtcp/" };
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	size_t i;

	if (len < 0)
		err(CANNOT, "/proc/self/exe");
	own[len] = '\0';
	*strrchr(own, '/') = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s%s", own, places[i], LIBRARY);
		if (!access(path, R_OK))
			return;
	}
	errx(CANNOT, "no %s beside %s", LIBRARY, own);
}

static void put(const char *name, const char *value, int replace)
{
	if (setenv(name, value, replace))
		err(CANNOT, "setenv");
}

static void preload(const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	char *all;

	if (asprintf(&all, "%s%s%s", path, others ? ":" : "",
		     others ? others : "") < 0)
		err(CANNOT, "memory");
	put("LD_PRELOAD", all, 1);
	if (asprintf(&all, "family=%d protocol=%d%s%s%s%s", family_number(),
		     run.protocol, run.listen_only ? " listen-only" : "",
		     run.connect_only ? " connect-only" : "",
		     except ? " except=" : "", except ? except : "") < 0)
		err(CANNOT, "memory");
	put(RUN_VARIABLE, all, 1);
	/* What ss reads instead of asking netlink for TCP's sockets. */
	put("PROC_NET_TCP", "/proc/net/xtcp", 0);
	put("PROC_NET_TCP6", "/proc/net/xtcp6", 0);
}

int main(int argc, char **argv)
{
	char library[2 * PATH_MAX];

	read_options(argc, argv);
	check_program(argv[optind]);
	find_library(library, sizeof(library));
	try_socket();
	preload(library);
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE, "%s", argv[optind]);
}
