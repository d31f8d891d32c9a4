// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small exchanges: ping-pong, connections that carry a request or nothing, and
 * accept() by itself. Each tells nanoseconds per exchange, without warm-up.
 */
#include <stdlib.h>
#include <unistd.h>
#include "bench.h"

#define WARM_UP		64	/* exchanges */
#define AHEAD		32	/* connections that no accept() has taken yet */
#define AT_ONCE		100	/* for accept() to take */
#define MOST_BYTES	4096

static char bytes[MOST_BYTES];

static void server_pong(struct run *r)
{
	int listener = listen_at(r, BACKLOG), fd;

	meet(&r->shared->listening);
	fd = accept_one(listener);
	while (receive_all(fd, bytes, r->argument))
		send_all(fd, bytes, r->argument);
	close(fd);
}

static void pings(struct run *r, int fd, long count)
{
	while (count--) {
		send_all(fd, bytes, r->argument);
		if (!receive_all(fd, bytes, r->argument))
			die("the server has gone");
	}
}

static void client_ping(struct run *r)
{
	long long began;
	int fd;

	meet(&r->shared->listening);
	fd = dial(r);
	if (fd < 0)
		die("connect");
	pings(r, fd, WARM_UP);
	began = begin(r);
	pings(r, fd, r->count);
	tell(r, "ns", (double)since(r, began) / r->count);
	close(fd);
}

static void server_crr(struct run *r)
{
	int listener = listen_at(r, BACKLOG), fd;
	long i;

	meet(&r->shared->listening);
	for (i = 0; i < r->count + WARM_UP; i++) {
		fd = accept_one(listener);
		if (receive_all(fd, bytes, 1))
			send_all(fd, bytes, 1);
		if (receive_all(fd, bytes, 1))
			die("more than one request");
		close(fd);
	}
}

static void requests(struct run *r, long count)
{
	int fd;

	while (count--) {
		fd = dial(r);
		if (fd < 0)
			die("connect");
		send_all(fd, bytes, 1);
		if (!receive_all(fd, bytes, 1))
			die("no response");
		close(fd);
	}
}

static void client_crr(struct run *r)
{
	long long began;

	meet(&r->shared->listening);
	requests(r, WARM_UP);
	began = begin(r);
	requests(r, r->count);
	tell(r, "ns", (double)since(r, began) / r->count);
}

static void serve_closers(struct run *r, int listener, long count)
{
	int fd;

	while (count--) {
		fd = accept_one(listener);
		if (receive_all(fd, bytes, 1))
			die("a byte that nobody sent");
		close(fd);
		sem_post(&r->shared->served);
	}
}

static void server_close(struct run *r)
{
	int listener = listen_at(r, BACKLOG);

	meet(&r->shared->listening);
	serve_closers(r, listener, r->count + WARM_UP);
}

/* So far ahead of accept() that it waits for nothing, and no further. */
static void open_and_close(struct run *r, long count)
{
	long i;
	int fd;

	for (i = 0; i < count; i++) {
		fd = dial(r);
		if (fd < 0)
			die("connect");
		close(fd);
		if (i >= AHEAD)
			sem_wait(&r->shared->served);
	}
	for (i = 0; i < AHEAD && i < count; i++)
		sem_wait(&r->shared->served);
}

static void client_close(struct run *r)
{
	long long began;

	meet(&r->shared->listening);
	open_and_close(r, WARM_UP);
	began = begin(r);
	open_and_close(r, r->count);
	tell(r, "ns", (double)since(r, began) / r->count);
}

/* AT_ONCE connections wait when accept() begins; only accept() is timed. */
static void server_accept(struct run *r)
{
	int listener = listen_at(r, BACKLOG), fd[AT_ONCE], i;
	long long began = 0, spent = 0;
	long batch;

	meet(&r->shared->listening);
	for (batch = 0; batch <= r->count; batch++) {
		sem_wait(&r->shared->more);
		if (batch)
			began = begin(r);
		for (i = 0; i < AT_ONCE; i++)
			fd[i] = accept_one(listener);
		if (batch)
			spent += since(r, began);
		for (i = 0; i < AT_ONCE; i++)
			close(fd[i]);
		if (batch == r->count)
			tell(r, "ns", (double)spent / r->count / AT_ONCE);
		sem_post(&r->shared->served);
	}
}

static void client_accept(struct run *r)
{
	int fd[AT_ONCE], i;
	long batch;

	meet(&r->shared->listening);
	for (batch = 0; batch <= r->count; batch++) {
		for (i = 0; i < AT_ONCE; i++) {
			fd[i] = dial(r);
			if (fd[i] < 0)
				die("connect");
		}
		/* The last ACK of each handshake has arrived by then. */
		nap_ms(10);
		sem_post(&r->shared->more);
		sem_wait(&r->shared->served);
		for (i = 0; i < AT_ONCE; i++)
			close(fd[i]);
	}
}

const struct test exchange_tests[] = {
	{ "ping-pong-1", server_pong, client_ping, 1000, 1, false, 1 },
	{ "ping-pong-4k", server_pong, client_ping, 500, 1, false, 4096 },
	{ "crr", server_crr, client_crr, 300, 1, false, 0 },
	{ "connect-close", server_close, client_close, 300, 1, false, 0 },
	{ "accept", server_accept, client_accept, 3, 1, false, 0 },
	{ },
};
