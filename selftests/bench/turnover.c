// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turnover: connections, one after another, to one address and port, until the
 * ports are used up by TIME_WAIT; then as many again, as ports come free. The
 * range of ports is the namespace's, the test's count, so that the last of them
 * finds none; who closes first has TIME_WAIT.
 */
#include <errno.h>
#include <unistd.h>
#include "bench.h"

#define AHEAD		32	/* connections that no accept() has taken yet */
/* Until the next look for a port: TIME_WAIT lasts a minute, or a second where
 * it may be taken over (the argument).
 */
#define WAIT_MS(taken)	((taken) ? 10 : 100)
#define LIMIT_S		300	/* of waiting for ports */

static char byte;

static void server_turns(struct run *r, bool server_first)
{
	int listener = listen_at(r, BACKLOG), fd;

	meet(&r->shared->listening);
	for (;;) {
		fd = accept_one(listener);
		/* A byte instead of the end: the client has no ports left. */
		if (!server_first && receive_all(fd, &byte, 1))
			break;
		close(fd);
		sem_post(&r->shared->served);
	}
}

static void server_client_first(struct run *r)
{
	server_turns(r, false);
}

static void server_server_first(struct run *r)
{
	server_turns(r, true);
}

struct turns {
	long done;
	long refused;
};

static void one_turn(struct run *r, struct turns *t, bool server_first)
{
	int fd = dial(r);

	if (fd < 0) {
		if (errno != EADDRNOTAVAIL)
			die("connect");
		t->refused++;
		return;
	}
	if (server_first && receive_all(fd, &byte, 1))
		die("a byte that nobody sent");
	close(fd);
	if (t->done++ >= AHEAD)
		sem_wait(&r->shared->served);
}

static void client_turns(struct run *r, bool server_first)
{
	struct turns before = { }, after = { };
	long long began, due, spent;

	meet(&r->shared->listening);
	began = begin(r);
	while (before.done < r->count && !before.refused)
		one_turn(r, &before, server_first);
	spent = since(r, began);
	tell(r, "before_connections", before.done);
	tell(r, "before_ns", (double)spent / before.done);
	after.done = AHEAD;
	began = now_ns();
	due = began + LIMIT_S * NS_PER_S;
	/* Not one more: it would wait for a third turn of the ports. */
	while (after.done < AHEAD + 2 * before.done && now_ns() < due) {
		long refused = after.refused;

		one_turn(r, &after, server_first);
		if (after.refused > refused)
			nap_ms(WAIT_MS(r->argument));
	}
	after.done -= AHEAD;
	tell(r, "after_connections", after.done);
	tell(r, "after_refused", after.refused);
	if (after.done)
		tell(r, "after_ns", (double)(now_ns() - began) / after.done);
}

static void client_client_first(struct run *r)
{
	client_turns(r, false);
}

static void client_server_first(struct run *r)
{
	client_turns(r, true);
}

const struct test turnover_tests[] = {
	{ "turnover-client", server_client_first, client_client_first, 4000, 1,
	  false, 0 },
	{ "turnover-server", server_server_first, client_server_first, 4000, 1,
	  false, 0 },
	{ },
};
