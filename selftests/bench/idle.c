// SPDX-License-Identifier: GPL-2.0-only
/* The small exchanges again, beside many connections that nobody uses. */
#include <stdlib.h>
#include "bench.h"

static const struct test *exchange(int i, struct run *r)
{
	r->argument = exchange_tests[i].argument;
	return &exchange_tests[i];
}

static void server_ping_beside(struct run *r)
{
	exchange(PING_PONG, r)->server(r);
}

static void server_crr_beside(struct run *r)
{
	exchange(CRR, r)->server(r);
}

static void client_beside(struct run *r, int which)
{
	long idle = r->argument;

	many_files();
	if (idle)
		open_idle(r, idle_listener(r), 0, idle,
			  calloc(2 * idle, sizeof(int)));
	nap_ms(1000);
	exchange(which, r)->client(r);
}

static void client_ping_beside(struct run *r)
{
	client_beside(r, PING_PONG);
}

static void client_crr_beside(struct run *r)
{
	client_beside(r, CRR);
}

const struct test idle_tests[] = {
	{ "ping-pong-beside", server_ping_beside, client_ping_beside, 1000, 1,
	  false, 0 },
	{ "crr-beside", server_crr_beside, client_crr_beside, 300, 1, false, 0 },
	{ },
};
