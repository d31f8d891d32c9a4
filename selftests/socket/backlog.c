// SPDX-License-Identifier: GPL-2.0-only
/* More finished handshakes than the listener has room for. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

#define BACKLOG	3
#define ROOM	(BACKLOG + 1)	/* one more than it says, as with TCP */
#define CLIENTS	(ROOM + 1)
#define EARLY	2	/* clients that are through before the others begin */

FIXTURE(backlog) {
	struct xt_pair p;
	int client[CLIENTS + 1];
	uint16_t port[CLIENTS + 1];
};

FIXTURE_VARIANT(backlog) {
	int version;
};

FIXTURE_VARIANT_ADD(backlog, ipv4) {
	.version = 4,
};

FIXTURE_VARIANT_ADD(backlog, ipv6) {
	.version = 6,
};

static int dial(int version, uint16_t *port)
{
	struct xt_addr at = xt_loop(version, XT_PORT);
	int fd = xt_socket(version, SOCK_NONBLOCK);

	if (xt_connect(fd, &at) && errno != EINPROGRESS)
		xt_shut(&fd);
	*port = xt_lport(fd);
	return fd;
}

FIXTURE_SETUP(backlog)
{
	signal(SIGPIPE, SIG_IGN);
	self->p.client = -1;
	self->p.server = -1;
	ASSERT_EQ(0, xt_fresh_netns());
	ASSERT_EQ(0, xt_delay_lo(20));
	self->p.listener = xt_listen(variant->version, XT_PORT, BACKLOG);
	ASSERT_LE(0, self->p.listener);
	xt_nonblock(self->p.listener, true);
}

FIXTURE_TEARDOWN(backlog)
{
	xt_pair_close(&self->p);
}

static int dial_some(int version, int from, int to, int *fd, uint16_t *port)
{
	for (; from < to; from++) {
		fd[from] = dial(version, &port[from]);
		if (fd[from] < 0)
			return -errno;
	}
	return 0;
}

/*
 * The last three SYNs are answered while there is room for each of them; when
 * their handshakes end there is room for two. (Half-open entries stay within
 * the backlog, so that no SYN cookie takes part.)
 */
#define DIAL_ALL() do { \
	ASSERT_EQ(0, dial_some(variant->version, 0, EARLY, self->client, \
			       self->port)); \
	ASSERT_EQ(2 * EARLY, xt_wait_count(variant->version, TCP_ESTABLISHED, \
					   2 * EARLY, XT_SOON_MS)); \
	ASSERT_EQ(0, dial_some(variant->version, EARLY, CLIENTS, \
			       self->client, self->port)); \
} while (0)

TEST_F(backlog, backlog)
{
	int v = variant->version, i, late = -1, fd;

	DIAL_ALL();
	for (i = 0; i < CLIENTS; i++)
		XT_ASSERT_STATE(v, self->port[i], XT_PORT, TCP_ESTABLISHED);
	ASSERT_EQ(ROOM, xt_wait_count(v, TCP_ESTABLISHED, CLIENTS + ROOM,
				      XT_SOON_MS) - CLIENTS);
	for (i = 0; i < CLIENTS; i++)
		if (xt_state(v, XT_PORT, self->port[i]) == TCP_SYN_RECV)
			late = i;
	ASSERT_LE(0, late);

	/* Now that it is full, a SYN is not even answered. */
	self->client[CLIENTS] = dial(v, &self->port[CLIENTS]);
	xt_sleep_ms(500);
	EXPECT_EQ(TCP_SYN_SENT, xt_state(v, self->port[CLIENTS], XT_PORT));
	EXPECT_EQ(XT_GONE, xt_state(v, XT_PORT, self->port[CLIENTS]));

	/* Room again: the repeated SYN+ACK lets the late one in, then the SYN. */
	for (i = 0; i < ROOM; i++) {
		fd = accept(self->p.listener, NULL, NULL);
		ASSERT_LE(0, fd);
	}
	XT_ASSERT_STATE(v, XT_PORT, self->port[late], TCP_ESTABLISHED);
	XT_ASSERT_STATE(v, XT_PORT, self->port[CLIENTS], TCP_ESTABLISHED);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(POLLIN, xt_wait(self->p.listener, POLLIN,
					  XT_SOON_MS));
		ASSERT_LE(0, accept(self->p.listener, NULL, NULL));
	}
	EXPECT_EQ(-EAGAIN, XT(accept(self->p.listener, NULL, NULL)));
}

/* What the client sent meanwhile is not lost. */
TEST_F(backlog, backlog__early_data)
{
	int v = variant->version, i, fd;
	char buf[8];

	DIAL_ALL();
	for (i = 0; i < CLIENTS; i++) {
		XT_ASSERT_STATE(v, self->port[i], XT_PORT, TCP_ESTABLISHED);
		ASSERT_EQ(5, XT(send(self->client[i], "early", 5, 0)));
	}
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(POLLIN, xt_wait(self->p.listener, POLLIN,
					  XT_SOON_MS));
		fd = accept(self->p.listener, NULL, NULL);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, xt_recv_all(fd, buf, 5));
		EXPECT_EQ(0, memcmp(buf, "early", 5));
	}
}

TEST_F(backlog, backlog__abort_on_overflow)
{
	int v = variant->version, i, resets = 0;
	char c;

	ASSERT_EQ(0, xt_set_sysctl("abort_on_overflow", 1));
	DIAL_ALL();
	ASSERT_EQ(2 * ROOM, xt_wait_count(v, TCP_ESTABLISHED, 2 * ROOM,
					  XT_SOON_MS));
	for (i = 0; i < CLIENTS; i++) {
		if (!(xt_wait(self->client[i], POLLIN, 200) & POLLERR))
			continue;
		resets++;
		EXPECT_EQ(-ECONNRESET, XT(recv(self->client[i], &c, 1, 0)));
		EXPECT_EQ(XT_GONE, xt_state(v, XT_PORT, self->port[i]));
	}
	EXPECT_EQ(CLIENTS - ROOM, resets);
}

/* Whoever waits in the backlog is reset when the listener closes. */
TEST_F(backlog, backlog__listener_closes)
{
	int v = variant->version, i;
	char c;

	DIAL_ALL();
	ASSERT_EQ(CLIENTS + ROOM, xt_wait_count(v, TCP_ESTABLISHED,
						CLIENTS + ROOM, XT_SOON_MS));
	xt_shut(&self->p.listener);
	for (i = 0; i < CLIENTS; i++) {
		if (!(xt_wait(self->client[i], POLLIN, 500) & POLLERR))
			continue;
		EXPECT_EQ(-ECONNRESET, XT(recv(self->client[i], &c, 1, 0)));
	}
	EXPECT_EQ(0, xt_wait_count(v, TCP_SYN_RECV, 0, XT_SOON_MS));
	for (i = 0; i < CLIENTS; i++)
		EXPECT_EQ(XT_GONE, xt_state(v, XT_PORT, self->port[i]));
}

XT_MAIN
