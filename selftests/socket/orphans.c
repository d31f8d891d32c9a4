// SPDX-License-Identifier: GPL-2.0-only
/* Half-closed connections: who holds them, for how long, what ends them. */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_PAIR(orphans);

XT_FIXTURE_BARE(exhaustion);

TEST_F(orphans, fin_wait_2_orphan)
{
	int v = variant->version, state = TCP_FIN_WAIT2;
	long long start, took;
	char c;

	ASSERT_EQ(0, xt_set_sysctl("fin_timeout", 3));
	start = xt_now_ms();
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	while (state == TCP_FIN_WAIT2 && xt_now_ms() < start + 20000) {
		poll(NULL, 0, 10);
		state = xt_state(v, self->p.cport, self->p.sport);
	}
	took = xt_now_ms() - start;
	EXPECT_EQ(XT_GONE, state);
	EXPECT_LE(2500, took);
	EXPECT_GT(8000, took);

	/* Nobody told the other end; it finds out when it writes. */
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(1, XT(send(self->p.server, &c, 1, 0)));
	ASSERT_NE(0, xt_wait(self->p.server, POLLPRI, XT_SOON_MS) & POLLERR);
	XT_ASSERT_SERVER(XT_GONE);
}

/* TCP_LINGER2 sets the time for one socket. */
TEST_F(orphans, fin_wait_2_orphan__linger2)
{
	long long start = xt_now_ms();

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_LINGER2, 2));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	XT_ASSERT_CLIENT(XT_GONE);
	EXPECT_LE(1500, xt_now_ms() - start);
	EXPECT_GT(8000, xt_now_ms() - start);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
}

/* A negative one does without FIN_WAIT_2 of an orphan: reset at once. */
TEST_F(orphans, fin_wait_2_orphan__no_linger2)
{
	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_LINGER2, -1));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(XT_GONE);
	EXPECT_EQ(0, xt_count(variant->version, TCP_TIME_WAIT));
}

/* The FIN of a peer that does close: the orphan goes on to TIME_WAIT. */
TEST_F(orphans, fin_wait_2_orphan__peer_closes)
{
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	xt_sleep_ms(2000);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(XT_GONE);
}

TEST_F(orphans, fin_wait_2_owned)
{
	ASSERT_EQ(0, xt_set_sysctl("fin_timeout", 1));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	xt_sleep_ms(10000);
	EXPECT_EQ(TCP_FIN_WAIT2, xt_state(variant->version, self->p.cport,
					  self->p.sport));

	/* Its owner lets go: now it is an orphan, and timed. */
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
}

TEST_F(orphans, fin_wait_2_owned__both)
{
	ASSERT_EQ(0, xt_set_sysctl("fin_timeout", 1));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	xt_sleep_ms(10000);
	EXPECT_EQ(TCP_FIN_WAIT2, xt_state(variant->version, self->p.cport,
					  self->p.sport));
}

/* A program that never closes: easy to find, for the row has its owner. */
TEST_F_TIMEOUT(orphans, close_wait_leak, 1000)
{
	struct xt_row row;
	char c;

	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
	xt_sleep_ms(20000);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	ASSERT_EQ(0, xt_row(variant->version, self->p.sport, self->p.cport,
			    &row));
	EXPECT_NE(0, row.inode);
	EXPECT_EQ(getuid(), row.uid);
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(XT_GONE);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
}

/* A server that leaks every connection; it says how accept() failed. */
static void leak_until_full(int listener, int report)
{
	struct rlimit few = { 32, 32 };
	int err;

	setrlimit(RLIMIT_NOFILE, &few);
	while (accept(listener, NULL, NULL) >= 0)
		;
	err = errno;
	if (write(report, &err, sizeof(err)) != sizeof(err))
		_exit(1);
	pause();
	_exit(0);
}

#define CLIENTS 40

TEST_F(exhaustion, close_wait_exhaustion)
{
	int v = variant->version, fds[CLIENTS], report[2], i, err = 0, status;
	int leaked;
	pid_t child;

	self->p.listener = xt_listen(v, XT_PORT, 64);
	ASSERT_LE(0, self->p.listener);
	ASSERT_EQ(0, pipe(report));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		leak_until_full(self->p.listener, report[1]);
	xt_shut(&self->p.listener);
	for (i = 0; i < CLIENTS; i++) {
		fds[i] = xt_dial(v, XT_PORT);
		ASSERT_LE(0, fds[i]);
		xt_shut(&fds[i]);
	}
	ASSERT_EQ((long)sizeof(err), read(report[0], &err, sizeof(err)));
	EXPECT_EQ(EMFILE, err);
	leaked = xt_count(v, TCP_CLOSE_WAIT);
	EXPECT_EQ(CLIENTS, leaked);
	EXPECT_EQ(CLIENTS, xt_wait_count(v, TCP_FIN_WAIT2, CLIENTS,
					 XT_SOON_MS));

	/* The backlog is fuller than the table of descriptors: still reachable. */
	fds[0] = xt_dial(v, XT_PORT);
	EXPECT_LE(0, fds[0]);
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(v, XT_PORT, xt_lport(fds[0])));

	/* The end of the server ends them all. */
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	EXPECT_EQ(0, xt_wait_count(v, TCP_CLOSE_WAIT, 0, XT_SOON_MS));
	EXPECT_EQ(XT_GONE, xt_state(v, XT_PORT, 0));
	EXPECT_NE(0, xt_wait(fds[0], POLLIN, XT_SOON_MS) & POLLERR);
}

XT_MAIN
