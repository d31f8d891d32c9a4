// SPDX-License-Identifier: GPL-2.0-only
/* shutdown(): one direction, the other, both; and what the peer can tell. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_PAIR(shutdown);

/* The same without a connection. */
XT_FIXTURE_BARE(shutdown_bare);

TEST_F(shutdown, half_close)
{
	static char big[300000];
	char c;

	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, MSG_NOSIGNAL)));

	/* The other direction goes on, now and much later. */
	ASSERT_EQ(0, xt_send_all(self->p.server, big, sizeof(big) / 2));
	ASSERT_EQ(0, xt_recv_all(self->p.client, big, sizeof(big) / 2));
	xt_sleep_ms(5000);
	ASSERT_EQ(0, xt_send_all(self->p.server, big, sizeof(big) / 2));
	ASSERT_EQ(0, xt_recv_all(self->p.client, big, sizeof(big) / 2));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	xt_shut(&self->p.server);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(XT_GONE);
}

/* Until its first byte is sent to us, the peer sees no difference. */
TEST_F(shutdown, close_or_shutdown)
{
	struct xt_pair *p = &self->p;
	int with_shutdown, with_close;
	struct xt_seg a, b;
	int cap;

	cap = xt_capture("lo");
	ASSERT_LE(0, cap);
	ASSERT_EQ(0, shutdown(p->client, SHUT_WR));
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	with_shutdown = xt_events(p->server);
	ASSERT_EQ(1, xt_captured(cap, &a, XT_SOON_MS));
	xt_pair_close(p);
	close(cap);

	ASSERT_EQ(0, xt_pair_open(p, variant->version));
	cap = xt_capture("lo");
	xt_shut(&p->client);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	with_close = xt_events(p->server);
	ASSERT_EQ(1, xt_captured(cap, &b, XT_SOON_MS));
	EXPECT_EQ(with_shutdown, with_close);
	EXPECT_EQ(XT_FIN | XT_ACK, a.flags);
	EXPECT_EQ(a.flags, b.flags);
	EXPECT_EQ(a.len, b.len);
	EXPECT_EQ(a.wnd, b.wnd);
}

/* BSD's way: what waits and what comes later is dropped, and acknowledged. */
TEST_F(shutdown, shutdown_read)
{
	int cap = xt_capture("lo"), pending = -1;
	long long end = xt_now_ms() + 2 * XT_SOON_MS;
	static char big[500000];
	struct xt_seg seg;
	char buf[8];

	if (xt_host())
		SKIP(return, "the host's TCP keeps the bytes readable");
	ASSERT_EQ(4, XT(send(self->p.client, "wait", 4, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	close(cap);
	cap = xt_capture("lo");
	xt_sleep_ms(500);
	while (xt_captured(cap, &seg, 0))
		;
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_RD));
	EXPECT_EQ(0, xt_captured(cap, &seg, 500));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, 0)));
	ASSERT_EQ(5, XT(send(self->p.client, "later", 5, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, 0)));
	ASSERT_EQ(0, ioctl(self->p.server, FIONREAD, &pending));
	EXPECT_EQ(0, pending);
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);

	/* Acknowledged, however much it is; and writing goes on. */
	ASSERT_EQ(0, xt_send_all(self->p.client, big, sizeof(big)));
	while (!ioctl(self->p.client, TIOCOUTQ, &pending) && pending > 0) {
		ASSERT_GT(end, xt_now_ms());
		poll(NULL, 0, 10);
	}
	ASSERT_EQ(2, XT(send(self->p.server, "ok", 2, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.client, buf, 2));

	/* With nothing unread a close is a close, not a reset. */
	xt_shut(&self->p.server);
	EXPECT_EQ(0, XT(recv(self->p.client, buf, 8, 0)));
}

TEST_F(shutdown, shutdown_read__keeps)
{
	const char *knob = "/proc/sys/net/xtcp/shutdown_read_keeps";
	char buf[8];

	if (xt_mixed() || !xt_host())
		ASSERT_EQ(0, xt_write_file(knob, "1\n"));
	ASSERT_EQ(4, XT(send(self->p.client, "wait", 4, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_RD));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, 0)));
	ASSERT_EQ(5, XT(send(self->p.client, "later", 5, 0)));
	EXPECT_EQ(5, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, 0)));
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);
}

/* A reader that waits is woken with the end of file. */
TEST_F(shutdown, shutdown_read__events)
{
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_RD));
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM,
		  xt_events(self->p.server));
	EXPECT_EQ(POLLOUT | POLLWRNORM, xt_events(self->p.client));
}

TEST_F(shutdown, shutdown_both)
{
	int v = variant->version;
	char c;

	/* Neither unread bytes nor SO_LINGER make it a reset. */
	ASSERT_EQ(6, XT(send(self->p.server, "unread", 6, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.client, POLLIN, XT_SOON_MS));
	ASSERT_EQ(0, xt_linger(self->p.client, 1, 0));
	ASSERT_EQ(0, xt_set_sysctl("fin_timeout", 1));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, MSG_NOSIGNAL)));

	/* As long as the descriptor is held, FIN_WAIT_2 is not timed. */
	xt_sleep_ms(5000);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);

	/* Nobody will read what comes now. */
	ASSERT_EQ(4, XT(send(self->p.server, "data", 4, 0)));
	ASSERT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(-EPIPE, XT(send(self->p.server, &c, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(XT_GONE, xt_wait_state(v, self->p.cport, self->p.sport,
					 XT_GONE, XT_SOON_MS));
	XT_ASSERT_SERVER(XT_GONE);
}

/* In two steps it is the same; both directions end in TIME_WAIT. */
TEST_F(shutdown, shutdown_both__in_steps)
{
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RD));
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_RDWR));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(XT_GONE);
}

/* Which errors the calls give before, while and after. */
TEST_F(shutdown, shutdown__errors)
{
	EXPECT_EQ(-EINVAL, XT(shutdown(self->p.client, 3)));
	EXPECT_EQ(-EINVAL, XT(shutdown(self->p.client, -1)));
	ASSERT_EQ(0, xt_linger(self->p.server, 1, 0));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(-ENOTCONN, XT(shutdown(self->p.client, SHUT_WR)));
	EXPECT_EQ(-ENOTCONN, XT(shutdown(self->p.client, SHUT_RDWR)));
}

TEST_F(shutdown_bare, shutdown__unconnected)
{
	int fd = xt_socket(variant->version, 0);

	EXPECT_EQ(-ENOTCONN, XT(shutdown(fd, SHUT_RD)));
	EXPECT_EQ(-ENOTCONN, XT(shutdown(fd, SHUT_WR)));
	EXPECT_EQ(-ENOTCONN, XT(shutdown(fd, SHUT_RDWR)));
	close(fd);
	fd = xt_bound(variant->version, XT_PORT, 0);
	EXPECT_EQ(-ENOTCONN, XT(shutdown(fd, SHUT_RDWR)));
	close(fd);
}

/* A listener: SHUT_WR does nothing, SHUT_RD ends the listening. */
TEST_F(shutdown_bare, shutdown__listener)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, fd;

	self->p.listener = xt_listen(v, XT_PORT, 4);
	ASSERT_EQ(0, XT(shutdown(self->p.listener, SHUT_WR)));
	EXPECT_EQ(TCP_LISTEN, xt_state(v, XT_PORT, 0));
	fd = xt_dial(v, XT_PORT);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, XT(shutdown(self->p.listener, SHUT_RD)));
	EXPECT_EQ(XT_GONE, xt_state(v, XT_PORT, 0));
	EXPECT_EQ(-EINVAL, XT(accept(self->p.listener, NULL, NULL)));
	self->p.client = xt_socket(v, 0);
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(self->p.client, &at)));
	ASSERT_NE(0, xt_wait(fd, POLLIN, XT_SOON_MS) & POLLERR);
	close(fd);

	/* The port is still its own: it can listen again. */
	ASSERT_EQ(0, XT(listen(self->p.listener, 4)));
	EXPECT_EQ(0, XT(xt_connect(self->p.client, &at)));
}

/* An opening that waits for its answer is given up. */
TEST_F(shutdown_bare, shutdown__syn_sent)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int v = variant->version, fd;
	uint16_t port;

	ASSERT_EQ(0, xt_black_hole());
	fd = xt_socket(v, SOCK_NONBLOCK);
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	port = xt_lport(fd);
	XT_ASSERT_STATE(v, port, XT_PORT, TCP_SYN_SENT);
	EXPECT_EQ(0, XT(shutdown(fd, SHUT_RDWR)));
	EXPECT_EQ(XT_GONE, xt_state(v, port, XT_PORT));
	EXPECT_EQ(ECONNRESET, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	close(fd);
}

XT_MAIN
