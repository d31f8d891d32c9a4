// SPDX-License-Identifier: GPL-2.0-only
/*
 * Goodput on a path that is the bottleneck: alone, and beside a flow of the
 * host's TCP. For so many seconds (the argument), from the first byte on; told
 * by who receives, in bits per second. And how long it takes to fetch so many
 * bytes (the argument) by a new connection, connect() included.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include "bench.h"

#define PIECE		(16 << 10)
#define LOOK_US		50000

static char piece[PIECE];

/* The same run, of the host's TCP, at another port. */
static struct run of_host(const struct run *r)
{
	struct run host = *r;

	host.family = family_named("tcp");
	host.port += 10000;
	return host;
}

static double receive_for(int fd, long seconds)
{
	struct timeval look = { .tv_usec = LOOK_US };
	long long began = 0, now = 0, bytes = 0;
	ssize_t got;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look));
	while (!began || now < began + seconds * NS_PER_S) {
		got = recv(fd, piece, PIECE, 0);
		if (!got || (got < 0 && errno != EAGAIN))
			die("recv");
		now = now_ns();
		if (got > 0)
			bytes += got;
		if (!began && got > 0)
			began = now;
	}
	return 8e9 * bytes / (now - began);
}

static void server_alone(struct run *r)
{
	int listener = listen_at(r, BACKLOG);

	meet(&r->shared->listening);
	tell(r, "bps", receive_for(accept_one(listener), r->argument));
	meet(&r->shared->finished);
}

static void send_on(struct run *r)
{
	int fd = dial(r);

	if (fd < 0)
		die("connect");
	for (;;)
		send_all(fd, piece, PIECE);
}

static void client_alone(struct run *r)
{
	pid_t sender;

	meet(&r->shared->listening);
	sender = beside(send_on, r, NULL);
	meet(&r->shared->finished);
	kill(sender, SIGKILL);
}

static void server_shared(struct run *r)
{
	struct run host = of_host(r);
	int listener = listen_at(r, BACKLOG);
	int host_listener = listen_at(&host, BACKLOG);
	double ours, theirs;
	int fd, host_fd, told[2];
	pid_t pid;

	if (pipe(told))
		die("pipe");
	meet(&r->shared->listening);
	fd = accept_one(listener);
	host_fd = accept_one(host_listener);
	pid = fork();
	if (!pid) {
		theirs = receive_for(host_fd, r->argument);
		_exit(write(told[1], &theirs, sizeof(theirs)) != sizeof(theirs));
	}
	ours = receive_for(fd, r->argument);
	if (read(told[0], &theirs, sizeof(theirs)) != sizeof(theirs))
		die("the host's flow");
	tell(r, "beside_bps", ours);
	tell(r, "share", ours / (ours + theirs));
	meet(&r->shared->finished);
}

static void client_shared(struct run *r)
{
	struct run host = of_host(r);
	pid_t sender, other;

	meet(&r->shared->listening);
	sender = beside(send_on, r, NULL);
	other = beside(send_on, &host, NULL);
	meet(&r->shared->finished);
	kill(sender, SIGKILL);
	kill(other, SIGKILL);
}

static void serve(int listener, long bytes)
{
	int fd = accept_one(listener);
	long left;

	if (!receive_all(fd, piece, 1))
		die("no request");
	for (left = bytes; left > 0; left -= PIECE)
		send_all(fd, piece, left < PIECE ? left : PIECE);
	close(fd);
}

static void server_fetch(struct run *r)
{
	int listener = listen_at(r, BACKLOG);
	long i;

	meet(&r->shared->listening);
	for (i = 0; i < r->count + 1; i++)
		serve(listener, r->argument);
	meet(&r->shared->finished);
}

static void fetch(struct run *r)
{
	int fd = dial(r);
	long left;

	if (fd < 0)
		die("connect");
	send_all(fd, piece, 1);
	for (left = r->argument; left > 0; left -= PIECE)
		if (!receive_all(fd, piece, left < PIECE ? left : PIECE))
			die("not all of it");
	close(fd);
}

/* The first asks for the hosts' addresses besides. */
static void client_fetch(struct run *r)
{
	long long began;
	long i;

	meet(&r->shared->listening);
	fetch(r);
	began = now_ns();
	for (i = 0; i < r->count; i++)
		fetch(r);
	tell(r, "ns", (double)(now_ns() - began) / r->count);
	meet(&r->shared->finished);
}

const struct test path_tests[] = {
	{ "fetch", server_fetch, client_fetch, 10, 1, false, 100000 },
	{ "goodput", server_alone, client_alone, 0, 1, false, 10 },
	{ "sharing", server_shared, client_shared, 0, 1, false, 10 },
	{ },
};
