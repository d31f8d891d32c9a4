// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast two acceptors, on two CPUs, take the connections of two clients: from
 * one listener (argument 1), or from one each that shares the port (2). Tells
 * nanoseconds per connection, of both together.
 */
#include <unistd.h>
#include "bench.h"

#define EACH		2
#define AHEAD		32	/* connections that no accept() has taken yet */
#define WARM_UP		32

static int shared_listener = -1;
static int my_cpu;
static char byte;

static void acceptor(struct run *r)
{
	int listener = shared_listener, fd;

	pin(my_cpu % cpus());
	if (listener < 0)
		listener = listen_at(r, BACKLOG);
	sem_post(&r->shared->more);
	for (;;) {
		fd = accept_one(listener);
		if (receive_all(fd, &byte, 1))
			die("a byte that nobody sent");
		close(fd);
		sem_post(&r->shared->served);
	}
}

static void server_acceptors(struct run *r)
{
	r->reuse_port = r->argument == EACH;
	if (!r->reuse_port)
		shared_listener = listen_at(r, BACKLOG);
	for (my_cpu = 0; my_cpu < EACH; my_cpu++)
		beside(acceptor, r, NULL);
	for (my_cpu = 0; my_cpu < EACH; my_cpu++)
		sem_wait(&r->shared->more);
	meet(&r->shared->listening);
	pause();
}

static void connect_and_close(struct run *r)
{
	long i, count = r->count / EACH;
	int fd;

	pin(my_cpu % cpus());
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

static void both_clients(struct run *r)
{
	bool fine;

	for (my_cpu = 0; my_cpu < EACH; my_cpu++)
		beside(connect_and_close, r, NULL);
	for (my_cpu = 0; my_cpu < EACH; my_cpu++) {
		next_ended(&fine);
		if (!fine)
			die("a client");
	}
}

static void client_acceptors(struct run *r)
{
	long count = r->count;
	long long began;

	meet(&r->shared->listening);
	r->count = WARM_UP;
	both_clients(r);
	r->count = count;
	began = begin(r);
	both_clients(r);
	tell(r, "ns", (double)since(r, began) / count);
}

const struct test acceptor_tests[] = {
	{ "acceptors", server_acceptors, client_acceptors, 400, 1, false, 1 },
	{ },
};
