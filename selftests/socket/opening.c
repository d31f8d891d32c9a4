// SPDX-License-Identifier: GPL-2.0-only
/* How a connection opens, as its sockets and the table show it. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

/* Long enough to look at each end, shorter than the first time-out. */
#define SLOW_MS		300		/* each way */
#define ANSWER_MS	600

XT_FIXTURE_BARE(opening);

/* The answers take their time, so that SYN_SENT and SYN_RCVD can be seen. */
TEST_F(opening, three_way)
{
	struct xt_addr at = xt_net_addr(variant->version, 1, XT_PORT);
	int v = variant->version, client, server, listener;
	struct xt_net net;
	uint16_t port;
	char byte;

	ASSERT_EQ(0, xt_net_open(&net));
	ASSERT_EQ(0, xt_net_delay(&net, 1, ANSWER_MS));
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	listener = xt_socket(v, 0);
	ASSERT_EQ(0, XT(xt_bind(listener, &at)));
	ASSERT_EQ(0, XT(listen(listener, 4)));
	EXPECT_EQ(TCP_LISTEN, xt_state(v, XT_PORT, 0));

	ASSERT_EQ(0, xt_net_enter(&net, 0));
	client = xt_socket(v, SOCK_NONBLOCK);
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(client, &at)));
	port = xt_lport(client);
	ASSERT_NE(0, port);
	XT_ASSERT_STATE(v, port, XT_PORT, TCP_SYN_SENT);
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	XT_ASSERT_STATE(v, XT_PORT, port, TCP_SYN_RECV);
	EXPECT_EQ(TCP_LISTEN, xt_state(v, XT_PORT, 0));
	EXPECT_EQ(0, xt_wait(listener, POLLIN, 0));

	ASSERT_EQ(0, xt_net_enter(&net, 0));
	ASSERT_EQ(POLLOUT, xt_wait(client, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(0, xt_getint(client, SOL_SOCKET, SO_ERROR));
	XT_ASSERT_STATE(v, port, XT_PORT, TCP_ESTABLISHED);
	ASSERT_EQ(0, xt_net_delay(&net, 1, 0));
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	XT_ASSERT_STATE(v, XT_PORT, port, TCP_ESTABLISHED);
	EXPECT_EQ(TCP_LISTEN, xt_state(v, XT_PORT, 0));
	ASSERT_EQ(POLLIN, xt_wait(listener, POLLIN, XT_SOON_MS));
	server = accept(listener, NULL, NULL);
	ASSERT_LE(0, server);
	ASSERT_EQ(0, xt_send_all(client, "x", 1));
	ASSERT_EQ(0, xt_recv_all(server, &byte, 1));
	EXPECT_EQ('x', byte);
}

/*
 * Connects, looks at the server's end, and sends. Returns the length of the text on
 * the third segment: 0 if 40 ms were over before, and it went by itself.
 */
static int third_segment(int v, int listener, int *client, struct xt_seg *seg,
			 int *seen)
{
	struct xt_addr at = xt_loop(v, XT_PORT);
	int cap = xt_capture("lo"), n = 0;

	*client = xt_socket(v, SOCK_NONBLOCK);
	if (cap < 0 || xt_setint(*client, SOL_TCP, TCP_QUICKACK, 0) ||
	    !xt_connect(*client, &at) || errno != EINPROGRESS)
		return -1;
	*seen = xt_state(v, XT_PORT, xt_lport(*client));
	if (xt_wait(listener, POLLIN, 0))
		*seen = -1;
	if (send(*client, "first", 5, 0) != 5)
		return -1;
	while (n < 3 && xt_captured(cap, seg, XT_SOON_MS))
		n++;
	close(cap);
	return n == 3 ? seg->len : -1;
}

#define TRIES	100

/* Without quick ACKs the client's bare third segment waits for its first bytes. */
TEST_F(opening, data_on_third_ack)
{
	int v = variant->version, n, tries = 0;
	static int seen;
	struct xt_seg seg;
	uint16_t port;
	char buf[8];

	self->p.listener = xt_listen(v, XT_PORT, 4);
	ASSERT_LE(0, self->p.listener);
	while (1) {
		n = third_segment(v, self->p.listener, &self->p.client, &seg,
				  &seen);
		ASSERT_LE(0, n);
		if (n || ++tries == TRIES)
			break;
		/* Its RST takes the server's end along. */
		ASSERT_EQ(0, xt_linger(self->p.client, 1, 0));
		xt_shut(&self->p.client);
	}
	EXPECT_EQ(5, n);
	EXPECT_EQ(XT_ACK | XT_PSH, seg.flags);
	EXPECT_EQ(TCP_SYN_RECV, seen);
	port = xt_lport(self->p.client);
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(v, port, XT_PORT));
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(v, XT_PORT, port));
	self->p.server = accept4(self->p.listener, NULL, NULL, SOCK_NONBLOCK);
	ASSERT_LE(0, self->p.server);
	ASSERT_EQ(5, XT(recv(self->p.server, buf, sizeof(buf), 0)));
}

/* A bound, non-blocking socket on its way to the other port. */
static int cross(int version, uint16_t from, uint16_t to)
{
	struct xt_addr at = xt_loop(version, to);
	int fd = xt_bound(version, from, SOCK_NONBLOCK);

	if (fd >= 0 && xt_connect(fd, &at) && errno != EINPROGRESS)
		xt_shut(&fd);
	return fd;
}

TEST_F(opening, simultaneous_open)
{
	int v = variant->version, a, b;
	char buf[4];

	ASSERT_EQ(0, xt_delay_lo(SLOW_MS));
	a = cross(v, XT_PORT, XT_PORT2);
	ASSERT_LE(0, a);
	b = cross(v, XT_PORT2, XT_PORT);
	ASSERT_LE(0, b);
	EXPECT_EQ(TCP_SYN_SENT, xt_state(v, XT_PORT, XT_PORT2));
	EXPECT_EQ(TCP_SYN_SENT, xt_state(v, XT_PORT2, XT_PORT));
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT2, TCP_SYN_RECV);
	XT_ASSERT_STATE(v, XT_PORT2, XT_PORT, TCP_SYN_RECV);
	EXPECT_EQ(0, xt_wait(a, POLLOUT, 0));
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT2, TCP_ESTABLISHED);
	XT_ASSERT_STATE(v, XT_PORT2, XT_PORT, TCP_ESTABLISHED);
	ASSERT_EQ(POLLOUT, xt_wait(a, POLLOUT, XT_SOON_MS));
	ASSERT_EQ(POLLOUT, xt_wait(b, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(0, xt_getint(a, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, xt_getint(b, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(2, xt_count(v, -1));

	ASSERT_EQ(0, xt_send_all(a, "from", 4));
	ASSERT_EQ(0, xt_recv_all(b, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "from", 4));
	ASSERT_EQ(0, xt_send_all(b, "back", 4));
	ASSERT_EQ(0, xt_recv_all(a, buf, 4));
	EXPECT_EQ(0, memcmp(buf, "back", 4));
}

/*
 * Two programs that each try until they have a connection, as one would write
 * it: a SYN that meets no SYN_SENT socket is refused, then tried again.
 */
TEST_F(opening, simultaneous_open_by_retry)
{
	const uint16_t port[2] = { XT_PORT, XT_PORT2 };
	int fd[2] = { -1, -1 }, v = variant->version, i, tries = 0;
	long long end = xt_now_ms() + XT_SOON_MS;

	ASSERT_EQ(0, xt_delay_lo(20));
	fd[0] = cross(v, port[0], port[1]);
	ASSERT_EQ(POLLOUT | POLLERR | POLLHUP,
		  xt_wait(fd[0], POLLOUT, XT_SOON_MS));
	while (xt_state(v, port[0], port[1]) != TCP_ESTABLISHED ||
	       xt_state(v, port[1], port[0]) != TCP_ESTABLISHED) {
		ASSERT_GT(end, xt_now_ms());
		for (i = 0; i < 2; i++) {
			if (fd[i] >= 0 && !(xt_events(fd[i]) & POLLERR))
				continue;
			xt_shut(&fd[i]);
			fd[i] = cross(v, port[i], port[!i]);
			tries++;
		}
		poll(NULL, 0, 5);
	}
	EXPECT_LE(2, tries);
	EXPECT_EQ(2, xt_count(v, -1));
	ASSERT_EQ(0, xt_send_all(fd[0], "x", 1));
	ASSERT_EQ(POLLIN, xt_wait(fd[1], POLLIN, XT_SOON_MS));
}

TEST_F(opening, self_connect)
{
	int v = variant->version, fd;
	char buf[5];

	ASSERT_EQ(0, xt_delay_lo(SLOW_MS));
	fd = cross(v, XT_PORT, XT_PORT);
	ASSERT_LE(0, fd);
	EXPECT_EQ(TCP_SYN_SENT, xt_state(v, XT_PORT, XT_PORT));
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT, TCP_SYN_RECV);
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT, TCP_ESTABLISHED);
	ASSERT_EQ(POLLOUT, xt_wait(fd, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(1, xt_count(v, -1));
	ASSERT_EQ(0, xt_send_all(fd, "hello", 5));
	ASSERT_EQ(0, xt_recv_all(fd, buf, 5));
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
}

TEST_F(opening, self_connect__blocking)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_bound(variant->version, XT_PORT, 0);
	char buf[2];

	ASSERT_EQ(0, XT(xt_connect(fd, &at)));
	ASSERT_EQ(2, XT(send(fd, "me", 2, 0)));
	ASSERT_EQ(2, XT(recv(fd, buf, 2, 0)));
	EXPECT_EQ(XT_PORT, xt_lport(fd));
}

TEST_F(opening, self_connect__never)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd;

	XT_ONLY_XTCP();
	ASSERT_EQ(0, xt_set_sysctl("self_connect", 0));
	fd = xt_bound(variant->version, XT_PORT, 0);
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	xt_shut(&fd);
	EXPECT_EQ(0, xt_count(variant->version, -1));
}

/* Retry toward a port of the automatic range; 1 if it met itself. */
static int retry_to_self(int version, int tries)
{
	struct xt_addr at = xt_loop(version, 40000);
	int fd, err;

	while (tries--) {
		fd = xt_socket(version, 0);
		err = xt_connect(fd, &at) ? -errno : 0;
		xt_shut(&fd);
		if (!err)
			return 1;
		if (err != -ECONNREFUSED && err != -EADDRNOTAVAIL)
			return err;
	}
	return 0;
}

TEST_F(opening, self_connect_accident)
{
	int v = variant->version;

	XT_NOT_MIXED();
	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   "40000 40003\n"));
	if (!xt_host()) {
		EXPECT_EQ(0, retry_to_self(v, 64));
		EXPECT_EQ(0, xt_count(v, -1));
		ASSERT_EQ(0, xt_set_sysctl("self_connect", 2));
	}
	EXPECT_EQ(1, retry_to_self(v, 256));
}

TEST_F(opening, refused)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, fd = xt_socket(v, 0);

	ASSERT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	EXPECT_EQ(0, xt_count(v, -1));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ERROR));

	/* The socket is as good as new. */
	self->p.listener = xt_listen(v, XT_PORT, 1);
	ASSERT_LE(0, self->p.listener);
	EXPECT_EQ(0, XT(xt_connect(fd, &at)));
}

TEST_F(opening, refused__nonblocking)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	ASSERT_EQ(POLLOUT | POLLERR | POLLHUP,
		  xt_wait(fd, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(ECONNREFUSED, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, xt_count(variant->version, -1));
}

XT_MAIN
