// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory per connection: open and idle (both ends), half-open at a listener, in
 * TIME_WAIT. Tells what each cache holds, what the stack holds in all, and the
 * same with what any socket has: file, inode, name.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "bench.h"
#include "slabs.h"
#include "syn.h"

#define LEAST		8	/* bytes per connection: less is chance */
/* Connections to one address and port: with many more the host's TCP searches
 * for a free port most of the time, a million instructions each.
 */
#define PER_ADDRESS	10000
#define IDLE_PORT	10000	/* so far above the run's */
#define AT_ONCE		100	/* connections open, where they shall not be */
#define MOST_FILES	(2L << 20)

static const char *const any_socket[] = {
	"filp", "sock_inode_cache", "dentry", "lsm_inode_cache",
};

static struct slabs before, after;

static bool has_any_socket(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(any_socket); i++)
		if (!strcmp(any_socket[i], name))
			return true;
	return false;
}

static void tell_growth(struct run *r)
{
	double each, own = 0, all = 0;
	char metric[80];
	int i;

	/* What ends by RCU, and the pages of /proc, have gone by then. */
	nap_ms(500);
	slabs_read(&after);
	/* A table of pointers, perhaps; and what anybody else took meanwhile. */
	tell(r, "large_bytes", (double)(after.large - before.large) / r->count);
	for (i = 0; i < after.count; i++) {
		each = (double)slabs_grown(&before, &after, i) / r->count;
		all += each;
		if (!has_any_socket(after.slab[i].name))
			own += each;
		if (each < LEAST && each > -LEAST)
			continue;
		snprintf(metric, sizeof(metric), "%s_bytes", after.slab[i].name);
		tell(r, metric, each);
	}
	tell(r, "own_bytes", own);
	tell(r, "all_bytes", all);
}

static void allow(const char *path, long files)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return;
	fprintf(f, "%ld", files);
	fclose(f);
}

void many_files(void)
{
	struct rlimit most = { MOST_FILES, MOST_FILES };

	allow("/proc/sys/fs/file-max", 2 * MOST_FILES);
	allow("/proc/sys/fs/nr_open", MOST_FILES);
	if (setrlimit(RLIMIT_NOFILE, &most))
		die("RLIMIT_NOFILE");
}

int idle_listener(const struct run *r)
{
	struct run at = *r;

	at.port += IDLE_PORT;
	at.address = r->version == 6 ? "::" : "0.0.0.0";
	return listen_at(&at, BACKLOG);
}

/*
 * Both ends in this process; @first connections were opened before. A client has
 * few ports for one address, so the server's varies: 127.0.0.1, 127.0.0.2.
 */
void open_idle(const struct run *r, int listener, long first, long count,
	       int *fd)
{
	struct run to = *r;
	char address[64];
	long i;

	to.port += IDLE_PORT;
	to.address = r->version == 6 ? "::1" : address;
	for (i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "127.0.0.%ld",
			 1 + (first + i) / PER_ADDRESS);
		fd[2 * i] = dial(&to);
		if (fd[2 * i] < 0)
			die("connect");
		fd[2 * i + 1] = accept_one(listener);
	}
}

static void open_and_close(const struct run *r, int listener, long first,
			   long count)
{
	int fd[2 * AT_ONCE], i;

	open_idle(r, listener, first, count, fd);
	for (i = 0; i < 2 * count; i++)
		close(fd[i]);
}

static void client_idle(struct run *r)
{
	int *fd = calloc(2 * r->count, sizeof(*fd)), listener;

	many_files();
	listener = idle_listener(r);
	open_and_close(r, listener, 0, AT_ONCE);
	nap_ms(500);
	slabs_read(&before);
	open_idle(r, listener, 0, r->count, fd);
	tell_growth(r);
}

static void client_time_wait(struct run *r)
{
	int listener = idle_listener(r);
	long i;

	open_and_close(r, listener, 0, AT_ONCE);
	nap_ms(500);
	slabs_read(&before);
	for (i = 0; i < r->count; i += AT_ONCE)
		open_and_close(r, listener, i, r->count - i < AT_ONCE ?
			       r->count - i : AT_ONCE);
	tell_growth(r);
}

/* The listener is at the far end of the link, the SYNs are from nobody. */
static void server_half_open(struct run *r)
{
	listen_at(r, 1 << 20);
	slabs_read(&before);
	meet(&r->shared->listening);
	meet(&r->shared->finished);
	tell_growth(r);
	meet(&r->shared->finished);
}

static void client_half_open(struct run *r)
{
	struct syns syns;
	long i;

	syns_begin(&syns, r);
	meet(&r->shared->listening);
	for (i = 0; i < r->count; i++)
		syns_send(&syns);
	nap_ms(10);
	meet(&r->shared->finished);
	meet(&r->shared->finished);
}

const struct test memory_tests[] = {
	{ "idle", NULL, client_idle, 2000, 1, false, 0 },
	{ "time-wait", NULL, client_time_wait, 2000, 1, false, 0 },
	{ "half-open", server_half_open, client_half_open, 2000, 1, false, 0 },
	{ },
};
