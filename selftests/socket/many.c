// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many connections: nothing stays behind, none is shown twice.
 * XTCP_TEST_CONNECTIONS=N: so many, one after another (10000)
 */
#include "kselftest_harness.h"
#include <dirent.h>
#include <sys/utsname.h>
#include "xtcp_test.h"

#define CONNECTIONS	10000
#define WARM_UP		500

XT_FIXTURE(many);

FIXTURE_SETUP(many)
{
	signal(SIGPIPE, SIG_IGN);
	self->p.client = -1;
	self->p.server = -1;
	ASSERT_EQ(0, xt_fresh_netns());
	/* A port whose TIME_WAIT is over is a port for the next one. */
	if (!xt_host())
		ASSERT_EQ(0, xt_set_sysctl("msl_ms", 20));
	self->p.listener = xt_listen(variant->version, XT_PORT, 16);
	ASSERT_LE(0, self->p.listener);
}

FIXTURE_TEARDOWN(many)
{
	xt_pair_close(&self->p);
}

/* A number from /proc/meminfo, kB. */
static long from_meminfo(const char *name)
{
	char line[128];
	long kb = -1;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			kb = atol(line + strlen(name) + 1);
	if (f)
		fclose(f);
	return kb;
}

/* What the names of the stack's slabs begin with, in upper or lower case. */
static const char *slabs(void)
{
	return xt_host() ? "TCP" : "xtcp";
}

/* Objects in use in them. */
static long slab_objects(void)
{
	const char *prefix = slabs();
	char line[256], name[64];
	long used, sum = 0;
	FILE *f = fopen("/proc/slabinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %ld", name, &used) == 2 &&
		    !strncasecmp(name, prefix, strlen(prefix)))
			sum += used;
	if (f)
		fclose(f);
	return sum;
}

/* What lies free with a CPU or in a slab half full counts as used before that. */
static void shrink_slabs(void)
{
	const char *prefix = slabs();
	DIR *all = opendir("/sys/kernel/slab");
	const struct dirent *slab;
	char path[512];

	while (all && (slab = readdir(all))) {
		if (strncasecmp(slab->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 slab->d_name);
		xt_write_file(path, "1\n");
	}
	if (all)
		closedir(all);
}

static int connections(void)
{
	const char *text = getenv("XTCP_TEST_CONNECTIONS");

	return text ? atoi(text) : CONNECTIONS;
}

/* KASAN keeps what was freed, up to a share of the memory. */
static bool freed_at_once(void)
{
	struct utsname u;

	return !uname(&u) && !strstr(u.release, "kasan");
}

static int one_life(int listener, int version, int i)
{
	int client = xt_dial(version, XT_PORT), server;
	char c = i;

	if (client < 0)
		return -errno;
	server = accept(listener, NULL, NULL);
	if (server < 0)
		return -errno;
	if (send(client, &c, 1, 0) != 1 || recv(server, &c, 1, 0) != 1)
		return -errno;
	/* Each end is the first to close in its turn. */
	xt_shut(i & 1 ? &client : &server);
	xt_shut(i & 1 ? &server : &client);
	return 0;
}

/* Bounded, for TIME_WAIT entries go by their clock. */
static long settle(int version)
{
	xt_wait_count(version, -1, 1, 2000);
	xt_sleep_ms(1000);
	xt_write_file("/proc/sys/vm/drop_caches", "2\n");
	shrink_slabs();
	return from_meminfo("Slab:");
}

TEST_F_TIMEOUT(many, many__in_a_row, 600)
{
	int v = variant->version, i, err = 0, count = connections();
	long before, after, objects;

	if (xt_host())
		ASSERT_EQ(0, xt_set_sysctl("max_tw_buckets", 100));
	for (i = 0; i < WARM_UP && i < count; i++)
		ASSERT_EQ(0, one_life(self->p.listener, v, i));
	before = settle(v);
	objects = slab_objects();
	for (i = 0; !err && i < count; i++)
		err = one_life(self->p.listener, v, i);
	ASSERT_EQ(0, err)
		TH_LOG("connection %d", i);
	after = settle(v);
	if (!xt_host())
		EXPECT_EQ(1, xt_count(v, -1));
	TH_LOG("slab %ld kB before, %ld kB after, %ld and %ld objects", before,
	       after, objects, slab_objects());
	if (!freed_at_once())
		return;		/* and kmemleak looks */
	/* A leak of even 200 bytes a connection would be 2 MB. */
	EXPECT_GT(before + 1500, after);
	EXPECT_LE(slab_objects(), objects + 110);
}

#define AT_ONCE	400

/* Many at the same time, and an end for all of them together. */
TEST_F_TIMEOUT(many, many__at_once, 120)
{
	int v = variant->version, fd[AT_ONCE][2], i;

	for (i = 0; i < AT_ONCE; i++) {
		fd[i][0] = xt_dial(v, XT_PORT);
		fd[i][1] = accept(self->p.listener, NULL, NULL);
		ASSERT_LE(0, fd[i][0]);
		ASSERT_LE(0, fd[i][1]);
	}
	EXPECT_EQ(2 * AT_ONCE, xt_count(v, TCP_ESTABLISHED));
	for (i = 0; i < AT_ONCE; i++) {
		char c = i, got;

		ASSERT_EQ(1, XT(send(fd[i][i & 1], &c, 1, 0)));
		ASSERT_EQ(1, XT(recv(fd[i][!(i & 1)], &got, 1, 0)));
		EXPECT_EQ(c, got);
	}
	for (i = 0; i < AT_ONCE; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
	EXPECT_EQ(0, xt_wait_count(v, TCP_ESTABLISHED, 0, XT_SOON_MS));
	if (!xt_host())
		EXPECT_EQ(1, xt_wait_count(v, -1, 1, XT_SOON_MS));
}

#define FIRST	100
#define THEN	380

/* Lines with this port at this side: 0 the local one, 1 the remote one. */
static void count_lines(char *text, const int *port, int (*lines)[2])
{
	unsigned int side[2];
	char *line;
	int i;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%*s %*[0-9A-F]:%x %*[0-9A-F]:%x", &side[0],
			   &side[1]) != 2)
			continue;
		for (i = 0; i < FIRST; i++) {
			lines[i][0] += port[i] == (int)side[0];
			lines[i][1] += port[i] == (int)side[1];
		}
	}
}

/*
 * The hash table grows while somebody reads /proc; what was there before stands
 * in it once all the same.
 */
TEST_F_TIMEOUT(many, proc__each_once, 120)
{
	static char text[400 * 2 * (FIRST + THEN)];
	int v = variant->version, fd[FIRST + THEN][2], i;
	int port[FIRST], lines[FIRST][2] = {}, table;
	ssize_t got, len = 0;

	if (xt_host())
		SKIP(return, "the host's table does not grow");
	table = open(v == 4 ? "/proc/net/xtcp" : "/proc/net/xtcp6",
		     O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, table);
	for (i = 0; i < FIRST + THEN; i++) {
		/* The heading and a line or two; the rest is read later. */
		if (i == FIRST)
			len = read(table, text, 500);
		fd[i][0] = xt_dial(v, XT_PORT);
		fd[i][1] = accept(self->p.listener, NULL, NULL);
		ASSERT_LE(0, fd[i][0]);
		ASSERT_LE(0, fd[i][1]);
		if (i < FIRST)
			port[i] = xt_lport(fd[i][0]);
	}
	ASSERT_LT(0, len);
	while ((got = read(table, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	ASSERT_EQ(0, got);
	close(table);
	count_lines(text, port, lines);
	for (i = 0; i < FIRST; i++) {
		EXPECT_EQ(1, lines[i][0]);
		EXPECT_EQ(1, lines[i][1]);
	}
	for (i = 0; i < FIRST + THEN; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
}

XT_MAIN
