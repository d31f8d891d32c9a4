// SPDX-License-Identifier: GPL-2.0-only
/* One socket, several threads: who is woken by what. */
#define _GNU_SOURCE
#include <pthread.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_PAIR(threads);

XT_FIXTURE_BARE(lone);

/* A call in another thread, and what it returned. */
struct call {
	pthread_t thread;
	int fd;
	struct xt_addr at;
	int version;
	long result;
};

static void *do_recv(void *arg)
{
	struct call *c = arg;
	char byte;

	c->result = XT(recv(c->fd, &byte, 1, 0));
	return NULL;
}

static void *do_accept(void *arg)
{
	struct call *c = arg;

	c->result = XT(accept(c->fd, NULL, NULL));
	return NULL;
}

static void *do_connect(void *arg)
{
	struct call *c = arg;

	c->result = XT(xt_connect(c->fd, &c->at));
	return NULL;
}

static void *do_send(void *arg)
{
	static char big[1 << 22];
	struct call *c = arg;

	do {
		c->result = XT(send(c->fd, big, sizeof(big), MSG_NOSIGNAL));
	} while (c->result > 0);
	return NULL;
}

/* Start it and let it reach its wait. */
static int start(struct call *c, void *(*fn)(void *), int fd)
{
	int err;

	c->fd = fd;
	c->result = -1000;
	err = pthread_create(&c->thread, NULL, fn, c);
	xt_sleep_ms(50);
	return err;
}

static long result(struct call *c)
{
	pthread_join(c->thread, NULL);
	return c->result;
}

TEST_F(threads, shutdown__wakes_recv)
{
	struct call c;

	ASSERT_EQ(0, start(&c, do_recv, self->p.server));
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_RD));
	EXPECT_EQ(0, result(&c));
	ASSERT_EQ(0, start(&c, do_recv, self->p.client));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	EXPECT_EQ(0, result(&c));
}

TEST_F(threads, shutdown__wakes_accept)
{
	struct call c;

	ASSERT_EQ(0, start(&c, do_accept, self->p.listener));
	ASSERT_EQ(0, shutdown(self->p.listener, SHUT_RD));
	EXPECT_EQ(-EINVAL, result(&c));
}

TEST_F(threads, shutdown__wakes_send)
{
	struct call c;

	ASSERT_EQ(0, start(&c, do_send, self->p.client));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	EXPECT_EQ(-EPIPE, result(&c));
}

TEST_F(lone, shutdown__wakes_connect)
{
	struct call c = { .at = xt_nowhere(variant->version, XT_PORT) };

	ASSERT_EQ(0, xt_black_hole());
	self->p.client = xt_socket(variant->version, 0);
	ASSERT_EQ(0, start(&c, do_connect, self->p.client));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	EXPECT_EQ(-ECONNRESET, result(&c));
}

TEST_F(threads, reset__wakes_send)
{
	struct call c;

	ASSERT_EQ(0, start(&c, do_send, self->p.client));
	xt_shut(&self->p.server);
	EXPECT_EQ(-ECONNRESET, result(&c));
}

/* A descriptor closed under a waiting call: the call keeps the connection. */
TEST_F(threads, close__while_recv)
{
	struct call c;
	char byte;

	ASSERT_EQ(0, start(&c, do_recv, self->p.server));
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	EXPECT_EQ(1, result(&c));
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS));
	EXPECT_EQ(0, XT(recv(self->p.client, &byte, 1, 0)));
}

TEST_F(threads, close__while_accept)
{
	struct call c;
	int fd;

	ASSERT_EQ(0, start(&c, do_accept, self->p.listener));
	xt_shut(&self->p.listener);
	EXPECT_EQ(TCP_LISTEN, xt_state(variant->version, XT_PORT, 0));
	fd = xt_dial(variant->version, XT_PORT);
	EXPECT_LE(0, fd);
	EXPECT_LE(0, result(&c));
	EXPECT_EQ(XT_GONE, xt_wait_state(variant->version, XT_PORT, 0, XT_GONE,
					 XT_SOON_MS));
	close(fd);
}

/* Several readers: every byte to one of them. */
#define READERS	4

TEST_F(threads, recv__several)
{
	struct call c[READERS];
	int i;

	for (i = 0; i < READERS; i++)
		ASSERT_EQ(0, start(&c[i], do_recv, self->p.server));
	for (i = 0; i < READERS - 1; i++)
		ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	for (i = 0; i < READERS; i++) {
		long r = result(&c[i]);

		EXPECT_TRUE(r == 0 || r == 1);
	}
}

TEST_F(threads, accept__several)
{
	struct call c[READERS];
	int i;

	for (i = 0; i < READERS; i++)
		ASSERT_EQ(0, start(&c[i], do_accept, self->p.listener));
	for (i = 0; i < READERS; i++)
		ASSERT_LE(0, xt_dial(variant->version, XT_PORT));
	for (i = 0; i < READERS; i++)
		EXPECT_LE(0, result(&c[i]));
}

/* Both directions of one socket at the same time. */
static void *echo(void *arg)
{
	static char buf[4096];
	struct call *c = arg;
	ssize_t n;

	while ((n = recv(c->fd, buf, sizeof(buf), 0)) > 0)
		if (xt_send_all(c->fd, buf, n))
			break;
	shutdown(c->fd, SHUT_WR);
	c->result = n;
	return NULL;
}

static void *feed(void *arg)
{
	static char big[1 << 20];
	struct call *c = arg;

	c->result = xt_send_all(c->fd, big, sizeof(big));
	shutdown(c->fd, SHUT_WR);
	return NULL;
}

TEST_F(threads, both_directions)
{
	struct call a, b;

	ASSERT_EQ(0, start(&a, echo, self->p.server));
	ASSERT_EQ(0, start(&b, feed, self->p.client));
	EXPECT_EQ(1 << 20, xt_drain(self->p.client));
	EXPECT_EQ(0, result(&a));
	EXPECT_EQ(0, result(&b));
}

/* Opening, closing and looking at the table all at once. */
static volatile bool stop;

static void *watch_table(void *arg)
{
	struct call *c = arg;

	while (!stop) {
		xt_count(c->version, -1);
		poll(NULL, 0, 1);
	}
	return NULL;
}

TEST_F(threads, table__while_changing)
{
	struct call c = { .version = variant->version };
	int i, fd, got;

	ASSERT_EQ(0, start(&c, watch_table, -1));
	for (i = 0; i < 200; i++) {
		fd = xt_dial(variant->version, XT_PORT);
		ASSERT_LE(0, fd);
		got = accept(self->p.listener, NULL, NULL);
		ASSERT_LE(0, got);
		close(i & 1 ? fd : got);
		close(i & 1 ? got : fd);
	}
	stop = true;
	pthread_join(c.thread, NULL);
}

XT_MAIN
