// SPDX-License-Identifier: GPL-2.0-only
/* splice() out of a socket, and sendfile(): bytes, order, ends, waits. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

#define MUCH	(600 * 1024)

XT_FIXTURE_PAIR(splicing);

/* Byte @i of what is sent; no stretch of it is like another. */
static unsigned char pattern(size_t i)
{
	return (i * 2654435761u) >> 24 ^ i >> 8;
}

static int make_file(size_t size)
{
	int fd = memfd_create("pattern", 0);
	unsigned char *at;
	size_t i;

	if (fd < 0 || ftruncate(fd, size))
		return -1;
	at = mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	for (i = 0; i < size; i++)
		at[i] = pattern(i);
	munmap(at, size);
	return fd;
}

struct job {
	int fd;
	size_t size;
	long sent;
};

static void *send_file(void *arg)
{
	struct job *job = arg;
	int file = make_file(job->size);
	off_t at = 0;
	ssize_t n;

	while ((size_t)at < job->size) {
		n = sendfile(job->fd, file, &at, job->size - at);
		if (n <= 0)
			break;
	}
	job->sent = at;
	shutdown(job->fd, SHUT_WR);
	close(file);
	return NULL;
}

static size_t first_wrong(const unsigned char *buf, size_t from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (buf[i] != pattern(from + i))
			return i;
	return n;
}

/* A file by sendfile() at one end, by splice() through a pipe at the other. */
TEST_F(splicing, much)
{
	static unsigned char buf[65536];
	struct job job = { .fd = self->p.client, .size = MUCH };
	size_t got = 0;
	pthread_t thread;
	ssize_t n;
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_file, &job));
	for (;;) {
		n = XT(splice(self->p.server, NULL, p[1], NULL, sizeof(buf),
			      SPLICE_F_MOVE));
		ASSERT_LE(0, n);
		if (!n)
			break;
		ASSERT_EQ(n, read(p[0], buf, n));
		ASSERT_EQ(n, first_wrong(buf, got, n));
		got += n;
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(MUCH, job.sent);
	EXPECT_EQ(MUCH, got);
}

/* No more than the pipe holds is taken; the rest waits in its order. */
TEST_F(splicing, full_pipe)
{
	static unsigned char in[40000], out[40000];
	size_t i, got = 0;
	ssize_t n;
	int p[2];

	for (i = 0; i < sizeof(in); i++)
		in[i] = pattern(i);
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(4096, fcntl(p[1], F_SETPIPE_SZ, 4096));
	ASSERT_EQ(0, xt_send_all(self->p.client, in, sizeof(in)));
	while (got < sizeof(in)) {
		n = XT(splice(self->p.server, NULL, p[1], NULL, sizeof(in),
			      SPLICE_F_NONBLOCK));
		if (n == -EAGAIN) {
			xt_wait(self->p.server, POLLIN, XT_SOON_MS);
			continue;
		}
		ASSERT_LT(0, n);
		ASSERT_GE(4096, n);
		ASSERT_EQ(n, read(p[0], out + got, n));
		got += n;
	}
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
}

/* The other way: from a pipe into the socket, and what the pipe held is free. */
TEST_F(splicing, into)
{
	static unsigned char in[40000], out[40000];
	size_t i, sent = 0;
	int p[2];

	for (i = 0; i < sizeof(in); i++)
		in[i] = pattern(i);
	ASSERT_EQ(0, pipe(p));
	while (sent < sizeof(in)) {
		size_t piece = sizeof(in) - sent < 4000 ? sizeof(in) - sent :
							  4000;

		ASSERT_EQ(piece, write(p[1], in + sent, piece));
		ASSERT_EQ(piece, XT(splice(p[0], NULL, self->p.client, NULL,
					   piece, 0)));
		sent += piece;
	}
	ASSERT_EQ(0, xt_recv_all(self->p.server, out, sizeof(out)));
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
	close(p[0]);
	close(p[1]);
}

/* recv() and splice() take turns. */
TEST_F(splicing, mixed)
{
	char buf[16];
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(9, XT(send(self->p.client, "abcdefghi", 9, 0)));
	ASSERT_EQ(3, XT(recv(self->p.server, buf, 3, MSG_WAITALL)));
	EXPECT_EQ(3, XT(splice(self->p.server, NULL, p[1], NULL, 3, 0)));
	EXPECT_EQ(3, XT(recv(self->p.server, buf + 3, 9, 0)));
	ASSERT_EQ(3, read(p[0], buf + 6, 3));
	EXPECT_EQ(0, memcmp(buf, "abcghidef", 9));
}

/* What is spliced makes room: the window opens again. */
TEST_F(splicing, opens_window)
{
	long sent = xt_fill(self->p.client), got = 0;
	static char buf[65536];
	ssize_t n;
	int p[2];

	ASSERT_LT(0, sent);
	ASSERT_EQ(0, pipe(p));
	while (got < sent) {
		n = XT(splice(self->p.server, NULL, p[1], NULL, sizeof(buf),
			      0));
		ASSERT_LT(0, n);
		ASSERT_EQ(n, read(p[0], buf, n));
		got += n;
	}
	EXPECT_EQ(POLLOUT, xt_wait(self->p.client, POLLOUT, XT_SOON_MS));
}

TEST_F(splicing, ends)
{
	int p[2], fd;

	ASSERT_EQ(0, pipe(p));
	fd = xt_socket(variant->version, 0);
	EXPECT_EQ(-ENOTCONN, XT(splice(fd, NULL, p[1], NULL, 9, 0)));
	close(fd);
	xt_nonblock(self->p.server, true);
	EXPECT_EQ(-EAGAIN, XT(splice(self->p.server, NULL, p[1], NULL, 9, 0)));
	xt_nonblock(self->p.server, false);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(0, XT(splice(self->p.server, NULL, p[1], NULL, 9, 0)));
	xt_linger(self->p.server, 1, 0);
	xt_shut(&self->p.server);
	EXPECT_EQ(-ECONNRESET, XT(splice(self->p.client, NULL, p[1], NULL, 9,
					 0)));
}

static void *send_later(void *arg)
{
	xt_sleep_ms(100);
	send(*(int *)arg, "late", 4, 0);
	return NULL;
}

TEST_F(splicing, waits)
{
	struct timeval soon = { .tv_usec = 50000 };
	pthread_t thread;
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_later,
				    &self->p.client));
	EXPECT_EQ(4, XT(splice(self->p.server, NULL, p[1], NULL, 99, 0)));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, setsockopt(self->p.server, SOL_SOCKET, SO_RCVTIMEO, &soon,
				sizeof(soon)));
	EXPECT_EQ(-EAGAIN, XT(splice(self->p.server, NULL, p[1], NULL, 99, 0)));
}

XT_MAIN
