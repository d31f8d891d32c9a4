// SPDX-License-Identifier: GPL-2.0-only
/*
 * A SYN flood: so many times the backlog (the argument), spread evenly over ten
 * seconds, and meanwhile clients as any other. Tells which share of them came
 * through, how long they took, and what the kernel's memory grew by.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "bench.h"
#include "slabs.h"
#include "syn.h"

#define LASTS_S		10
#define BEAT_MS		2
#define PATIENCE_MS	3000

static char byte;

static void server_flooded(struct run *r)
{
	int listener = listen_at(r, BACKLOG), fd;
	char c;

	meet(&r->shared->listening);
	for (;;) {
		fd = accept_one(listener);
		/* Who gave up waiting has closed, or reset it. */
		if (recv(fd, &c, 1, 0) == 1)
			send(fd, &c, 1, MSG_NOSIGNAL);
		close(fd);
	}
}

static void flood(struct run *r)
{
	long beats = LASTS_S * 1000 / BEAT_MS, beat, sent = 0;
	long all = r->argument * BACKLOG;
	long long began = now_ns(), due, left;
	struct syns syns;

	syns_begin(&syns, r);
	for (beat = 1; beat <= beats; beat++) {
		for (; sent < all * beat / beats; sent++)
			syns_send(&syns);
		due = began + beat * BEAT_MS * 1000000LL;
		left = (due - now_ns()) / 1000000;
		if (left > 0)
			nap_ms(left);
	}
}

static bool ready(int fd, short events, long long due)
{
	struct pollfd p = { .fd = fd, .events = events };
	long long left = (due - now_ns()) / 1000000;

	return poll(&p, 1, left > 0 ? left : 0) == 1;
}

static bool exchanged(struct run *r, long long due)
{
	struct sockaddr_storage to;
	socklen_t len = end_of(r, r->address, r->port, &to), size;
	int fd = new_socket(r), err = 0;
	bool fine = false;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (void *)&to, len) && errno != EINPROGRESS)
		goto out;
	size = sizeof(err);
	if (!ready(fd, POLLOUT, due) ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) || err)
		goto out;
	if (send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && ready(fd, POLLIN, due))
		fine = recv(fd, &byte, 1, 0) == 1;
out:
	close(fd);
	return fine;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void client_flooded(struct run *r)
{
	double *took = calloc(r->count, sizeof(*took));
	long long began, due, slab, most = 0;
	long i, fine = 0;
	pid_t flooder;

	meet(&r->shared->listening);
	slab = kernel_memory("Slab");
	flooder = r->argument ? beside(flood, r, NULL) : 0;
	/* Half of the flood has come before the first of them. */
	nap_ms(LASTS_S * 500);
	for (i = 0; i < r->count; i++) {
		began = now_ns();
		due = began + PATIENCE_MS * 1000000LL;
		if (exchanged(r, due))
			took[fine++] = now_ns() - began;
		if (kernel_memory("Slab") - slab > most)
			most = kernel_memory("Slab") - slab;
		nap_ms(LASTS_S * 500 / r->count);
	}
	if (flooder)
		kill(flooder, SIGKILL);
	qsort(took, fine, sizeof(*took), by_size);
	tell(r, "share", (double)fine / r->count);
	if (fine) {
		tell(r, "median_ns", took[fine / 2]);
		tell(r, "worst_ns", took[fine - 1]);
	}
	tell(r, "grown_bytes", most);
}

const struct test flood_tests[] = {
	{ "syn-flood", server_flooded, client_flooded, 100, 1, false, 0 },
	{ },
};
