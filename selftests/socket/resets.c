// SPDX-License-Identifier: GPL-2.0-only
/* Closes that reset, SO_LINGER, and what the other end gets to know. */
#define _GNU_SOURCE
#include <pthread.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

static volatile sig_atomic_t pipe_signals;

static void count_signal(int sig)
{
	(void)sig;
	pipe_signals++;
}

XT_FIXTURE_PAIR(resets);

TEST_F(resets, reset_unread)
{
	char c;

	ASSERT_EQ(4, XT(send(self->p.client, "read", 4, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(XT_GONE);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	signal(SIGPIPE, count_signal);
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, 0)));
	EXPECT_EQ(1, pipe_signals);
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(1, pipe_signals);
}

/* Whichever call comes first is told, once. */
TEST_F(resets, reset_unread__write_first)
{
	char c;

	ASSERT_EQ(4, XT(send(self->p.client, "read", 4, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	signal(SIGPIPE, count_signal);
	EXPECT_EQ(-ECONNRESET, XT(send(self->p.client, &c, 1, 0)));
	EXPECT_EQ(0, pipe_signals);
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, 0)));
	EXPECT_EQ(1, pipe_signals);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
}

TEST_F(resets, reset_unread__so_error)
{
	char c;

	ASSERT_EQ(4, XT(send(self->p.client, "read", 4, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(ECONNRESET, xt_getint(self->p.client, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, xt_getint(self->p.client, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
}

/* Bytes that came before the reset are not lost. */
TEST_F(resets, reset_unread__earlier_bytes)
{
	char buf[8];

	ASSERT_EQ(5, XT(send(self->p.server, "bytes", 5, 0)));
	ASSERT_EQ(4, XT(send(self->p.client, "read", 4, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(5, XT(recv(self->p.client, buf, 8, 0)));
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, buf, 8, 0)));
	EXPECT_EQ(0, XT(recv(self->p.client, buf, 8, 0)));
}

/* A blocked reader is woken by the reset. */
static void *blocked_reader(void *arg)
{
	char c;

	return (void *)XT(recv(*(int *)arg, &c, 1, 0));
}

TEST_F(resets, reset__wakes_reader)
{
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, blocked_reader,
				    &self->p.client));
	xt_sleep_ms(50);
	ASSERT_EQ(0, xt_linger(self->p.server, 1, 0));
	xt_shut(&self->p.server);
	pthread_join(thread, &result);
	EXPECT_EQ(-ECONNRESET, (long)result);
}

TEST_F(resets, data_after_close)
{
	char c;

	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_CLOSE_WAIT);
	XT_ASSERT_SERVER(TCP_FIN_WAIT2);
	EXPECT_EQ(5, XT(send(self->p.client, "first", 5, 0)));
	ASSERT_NE(0, xt_wait(self->p.client, POLLPRI, XT_SOON_MS) & POLLERR);
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(XT_GONE);
	signal(SIGPIPE, count_signal);
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, "again", 5, 0)));
	EXPECT_EQ(1, pipe_signals);
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, "again", 5, 0)));
	EXPECT_EQ(2, pipe_signals);
	(void)!recv(self->p.client, &c, 1, 0);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
}

/* In CLOSE_WAIT a reset is told to the reader once (the host's TCP: never). */
TEST_F(resets, data_after_close__read)
{
	char c;

	XT_NOT_MIXED();
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_CLOSE_WAIT);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(5, XT(send(self->p.client, "first", 5, 0)));
	ASSERT_NE(0, xt_wait(self->p.client, POLLPRI, XT_SOON_MS) & POLLERR);
	if (!xt_host())
		EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, MSG_NOSIGNAL)));
}

/* Bytes waiting in CLOSE_WAIT survive the reset. */
TEST_F(resets, data_after_close__earlier_bytes)
{
	char buf[8];

	XT_NOT_MIXED();
	ASSERT_EQ(5, XT(send(self->p.server, "bytes", 5, 0)));
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_CLOSE_WAIT);
	EXPECT_EQ(5, XT(send(self->p.client, "first", 5, 0)));
	ASSERT_NE(0, xt_wait(self->p.client, POLLPRI, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(5, XT(recv(self->p.client, buf, 8, 0)));
	if (!xt_host())
		EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, buf, 8, 0)));
	EXPECT_EQ(0, XT(recv(self->p.client, buf, 8, 0)));
}

TEST_F(resets, linger)
{
	char c;

	ASSERT_EQ(0, xt_linger(self->p.server, 1, 0));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, &c, 1, 0)));
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(XT_GONE);
	EXPECT_EQ(0, xt_count(variant->version, TCP_TIME_WAIT));
}

/* Linger 0 throws away what the buffer still holds. */
TEST_F(resets, linger__zero_drops)
{
	long sent = xt_fill(self->p.client), got = 0, n;
	static char buf[65536];

	ASSERT_EQ(0, xt_linger(self->p.client, 1, 0));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(XT_GONE);
	while ((n = XT(recv(self->p.server, buf, sizeof(buf), 0))) > 0)
		got += n;
	EXPECT_EQ(-ECONNRESET, n);
	EXPECT_GT(sent, got);
}

/* A time: close() returns when everything is acknowledged, well before it. */
TEST_F(resets, linger__acknowledged)
{
	long long start = xt_now_ms();

	ASSERT_EQ(0, xt_linger(self->p.client, 1, 20));
	ASSERT_EQ(4, XT(send(self->p.client, "data", 4, 0)));
	EXPECT_EQ(0, XT(xt_shut(&self->p.client)));
	EXPECT_GT(5000, xt_now_ms() - start);
	EXPECT_EQ(TCP_FIN_WAIT2, xt_state(variant->version, self->p.cport,
					  self->p.sport));
}

/* Nobody reads: close() returns after the time and the orphan goes on. */
TEST_F(resets, linger__time_is_over)
{
	long sent = xt_fill(self->p.client);
	long long start;

	ASSERT_EQ(0, xt_linger(self->p.client, 1, 2));
	start = xt_now_ms();
	xt_shut(&self->p.client);
	EXPECT_LE(1900, xt_now_ms() - start);
	EXPECT_GT(6000, xt_now_ms() - start);
	EXPECT_EQ(TCP_FIN_WAIT1, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	EXPECT_EQ(sent, xt_drain(self->p.server));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
}

static void *late_reader(void *arg)
{
	xt_sleep_ms(1000);
	return (void *)xt_drain(*(int *)arg);
}

/* Somebody reads a little later: close() waits for just that. */
TEST_F(resets, linger__waits_for_reader)
{
	long sent = xt_fill(self->p.client);
	long long start = xt_now_ms();
	pthread_t thread;
	void *got;

	ASSERT_EQ(0, xt_linger(self->p.client, 1, 60));
	ASSERT_EQ(0, pthread_create(&thread, NULL, late_reader,
				    &self->p.server));
	xt_shut(&self->p.client);
	EXPECT_LE(900, xt_now_ms() - start);
	EXPECT_GT(10000, xt_now_ms() - start);
	EXPECT_NE(TCP_FIN_WAIT1, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	pthread_join(thread, &got);
	EXPECT_EQ(sent, (long)got);
}

TEST_F(resets, linger__option)
{
	socklen_t len = sizeof(struct linger);
	struct linger l;

	ASSERT_EQ(0, getsockopt(self->p.client, SOL_SOCKET, SO_LINGER, &l,
				&len));
	EXPECT_EQ(0, l.l_onoff);
	ASSERT_EQ(0, xt_linger(self->p.client, 1, 7));
	ASSERT_EQ(0, getsockopt(self->p.client, SOL_SOCKET, SO_LINGER, &l,
				&len));
	EXPECT_EQ(1, l.l_onoff);
	EXPECT_EQ(7, l.l_linger);
	EXPECT_EQ(-EINVAL, XT(setsockopt(self->p.client, SOL_SOCKET, SO_LINGER,
					 &l, 4)));
	ASSERT_EQ(0, xt_linger(self->p.client, 0, 0));
}

XT_MAIN
