// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bulk: as much as the two ends can move, in pieces of 64 KiB, by a process for
 * each connection, end and direction. Tells nanoseconds per KiB of all flows.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

#define PIECE		(64 << 10)
#define WARM_UP		256	/* pieces of all flows: buffers grow for long */
#define MOST_FLOWS	64

static char piece[PIECE];

static void write_pieces(int fd, long count)
{
	while (count--)
		send_all(fd, piece, PIECE);
}

static void read_bytes(int fd, long long count)
{
	ssize_t got;

	while (count > 0) {
		got = recv(fd, piece, count < PIECE ? count : PIECE, 0);
		if (got <= 0)
			die("recv");
		count -= got;
	}
}

static void work(struct run *r, int fd, bool writes)
{
	long pieces = r->count / r->flows, warm_up = WARM_UP / r->flows;

	if (fork())
		return;
	if (writes)
		write_pieces(fd, warm_up);
	else
		read_bytes(fd, (long long)warm_up * PIECE);
	meet(&r->shared->workers);
	if (writes)
		write_pieces(fd, pieces);
	else
		read_bytes(fd, (long long)pieces * PIECE);
	meet(&r->shared->workers);
	exit(0);
}

/* The barrier is theirs until all of them have left it. */
static void end_workers(struct run *r)
{
	while (wait(NULL) > 0)
		;
	meet(&r->shared->finished);
}

static void start_workers(struct run *r, const int *fd, bool client)
{
	int i;

	for (i = 0; i < r->flows; i++) {
		if (client || r->both)
			work(r, fd[i], true);
		if (!client || r->both)
			work(r, fd[i], false);
	}
}

static void server_bulk(struct run *r)
{
	int listener = listen_at(r, BACKLOG), fd[MOST_FLOWS], i;

	meet(&r->shared->listening);
	for (i = 0; i < r->flows; i++)
		fd[i] = accept_one(listener);
	start_workers(r, fd, false);
	end_workers(r);
}

static void client_bulk(struct run *r)
{
	int directions = r->both ? 2 : 1, fd[MOST_FLOWS], i;
	long long began;

	barrier_for(&r->shared->workers, 2 * directions * r->flows + 1);
	meet(&r->shared->listening);
	for (i = 0; i < r->flows; i++) {
		fd[i] = dial(r);
		if (fd[i] < 0)
			die("connect");
	}
	start_workers(r, fd, true);
	meet(&r->shared->workers);
	began = begin(r);
	meet(&r->shared->workers);
	tell(r, "ns", (double)since(r, began) / (r->count / r->flows) /
	     r->flows / directions / (PIECE >> 10));
	end_workers(r);
}

const struct test bulk_tests[] = {
	{ "bulk-1", server_bulk, client_bulk, 128, 1, false, 0 },
	{ "bulk-8", server_bulk, client_bulk, 128, 8, false, 0 },
	{ "bulk-both-1", server_bulk, client_bulk, 128, 1, true, 0 },
	{ "bulk-both-8", server_bulk, client_bulk, 128, 8, true, 0 },
	{ },
};
