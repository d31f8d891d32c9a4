// SPDX-License-Identifier: GPL-2.0-only
/* SYN cookies: opening without a half-open entry, or doing without them. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

#define BACKLOG	4
#define CLIENTS	(BACKLOG + 2)	/* one more than may be half-open at once */

XT_FIXTURE_BARE(cookies);

/*
 * All SYNs come before the first third segment, but these not at once: what finds
 * the accept queue full is dropped, and a cookie's is not asked for again.
 */
static int dial_all(int version, int *fd)
{
	struct xt_addr at = xt_loop(version, XT_PORT);
	int i;

	for (i = 0; i < CLIENTS; i++) {
		xt_sleep_ms(3);
		fd[i] = xt_socket(version, SOCK_NONBLOCK);
		if (xt_connect(fd[i], &at) && errno != EINPROGRESS)
			return -errno;
	}
	return 0;
}

/* How many of them were accepted within that time. */
static int accept_all(int listener, int most, int timeout_ms)
{
	long long end = xt_now_ms() + timeout_ms;
	int n = 0;

	while (n < most && xt_now_ms() < end)
		if (xt_wait(listener, POLLIN, 10) & POLLIN)
			n += accept(listener, NULL, NULL) >= 0;
	return n;
}

/* Always: nothing stands in the table before the third segment. */
TEST_F(cookies, syn_flood__always)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, half_open = 0;
	struct xtcp_info info = { 0 };
	socklen_t len = sizeof(info);
	static char big[100000];

	ASSERT_EQ(0, xt_set_sysctl("syncookies", 2));
	ASSERT_EQ(0, xt_delay_lo(30));
	self->p.listener = xt_listen(v, XT_PORT, 4);
	self->p.client = xt_socket(v, SOCK_NONBLOCK);
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(self->p.client, &at)));
	while (!xt_wait(self->p.listener, POLLIN, 1))
		half_open += xt_count(v, TCP_SYN_RECV);
	EXPECT_EQ(0, half_open);
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	ASSERT_EQ(0, xt_delay_lo(0));
	ASSERT_EQ(0, xt_send_all(self->p.client, big, 50000));
	ASSERT_EQ(0, xt_recv_all(self->p.server, big, 50000));
	ASSERT_EQ(0, xt_send_all(self->p.server, big, 50000));
	ASSERT_EQ(0, xt_recv_all(self->p.client, big, 50000));
	if (xt_host())
		return;
	ASSERT_EQ(0, getsockopt(self->p.server, SOL_XTCP, XTCP_INFO, &info,
				&len));
	EXPECT_EQ(XTCP_INFO_OPENED_COOKIE, info.xtcpi_opened);
	EXPECT_LE(1000, info.xtcpi_mss);
}

/* Once the queue is full: all of them come in, none has to ask again. */
TEST_F(cookies, syn_flood__queue_full)
{
	int fd[CLIENTS];

	ASSERT_EQ(1, xt_sysctl("syncookies"));
	ASSERT_EQ(0, xt_delay_lo(20));
	self->p.listener = xt_listen(variant->version, XT_PORT, BACKLOG);
	ASSERT_EQ(0, dial_all(variant->version, fd));
	EXPECT_EQ(CLIENTS, accept_all(self->p.listener, CLIENTS, 700));
}

/* Without cookies a SYN finds no room; it gets in when it is sent again. */
TEST_F(cookies, syn_flood_bare__queue_full)
{
	int fd[CLIENTS], first;

	ASSERT_EQ(0, xt_set_sysctl("syncookies", 0));
	ASSERT_EQ(0, xt_delay_lo(20));
	self->p.listener = xt_listen(variant->version, XT_PORT, BACKLOG);
	ASSERT_EQ(0, dial_all(variant->version, fd));
	first = accept_all(self->p.listener, CLIENTS, 500);
	EXPECT_LE(BACKLOG, first);
	EXPECT_GT(CLIENTS, first);
	EXPECT_EQ(CLIENTS - first, accept_all(self->p.listener, CLIENTS - first,
					      XT_SOON_MS));
}

/* A cookie that the listener never made opens nothing. */
TEST_F(cookies, syn_flood__listener_anew)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version;
	char c;

	ASSERT_EQ(0, xt_set_sysctl("syncookies", 2));
	ASSERT_EQ(0, xt_delay_lo(50));
	self->p.listener = xt_listen(v, XT_PORT, 4);
	self->p.client = xt_socket(v, SOCK_NONBLOCK);
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(self->p.client, &at)));
	/* The listener has answered; before the ACK comes it is gone. */
	xt_sleep_ms(75);
	xt_shut(&self->p.listener);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(0, xt_count(v, -1));
}

XT_MAIN
