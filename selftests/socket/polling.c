// SPDX-License-Identifier: GPL-2.0-only
/* poll(), epoll and select(): the exact events of every situation. */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/select.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

#define READABLE	(POLLIN | POLLRDNORM)
#define WRITABLE	(POLLOUT | POLLWRNORM)
#define ENDED		(READABLE | POLLRDHUP)

XT_FIXTURE_PAIR(polling);

XT_FIXTURE_BARE(bare);

TEST_F(bare, poll__new)
{
	int fd = xt_socket(variant->version, 0);

	EXPECT_EQ(WRITABLE | POLLHUP, xt_events(fd));
	close(fd);
	fd = xt_bound(variant->version, XT_PORT, 0);
	EXPECT_EQ(WRITABLE | POLLHUP, xt_events(fd));
	close(fd);
}

TEST_F(bare, poll__listen)
{
	int fd;

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	EXPECT_EQ(0, xt_events(self->p.listener));
	fd = xt_dial(variant->version, XT_PORT);
	EXPECT_EQ(READABLE, xt_events(self->p.listener));
	close(accept(self->p.listener, NULL, NULL));
	EXPECT_EQ(0, xt_events(self->p.listener));
	close(fd);
}

TEST_F(bare, poll__syn_sent)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	EXPECT_EQ(0, xt_events(fd));
	close(fd);
}

TEST_F(bare, poll__refused)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	ASSERT_NE(0, xt_wait(fd, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(ENDED | WRITABLE | POLLERR | POLLHUP, xt_events(fd));
	EXPECT_EQ(ECONNREFUSED, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(fd));
	close(fd);
}

TEST_F(polling, poll__established)
{
	char buf[4];

	EXPECT_EQ(WRITABLE, xt_events(self->p.client));
	EXPECT_EQ(WRITABLE, xt_events(self->p.server));
	ASSERT_EQ(2, XT(send(self->p.client, "ab", 2, 0)));
	EXPECT_EQ(READABLE | WRITABLE, xt_events(self->p.server));
	ASSERT_EQ(1, XT(recv(self->p.server, buf, 1, 0)));
	EXPECT_EQ(READABLE | WRITABLE, xt_events(self->p.server));
	ASSERT_EQ(1, XT(recv(self->p.server, buf, 1, 0)));
	EXPECT_EQ(WRITABLE, xt_events(self->p.server));
}

TEST_F(polling, poll__fin_wait_2_and_close_wait)
{
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	EXPECT_EQ(WRITABLE, xt_events(self->p.client));
	EXPECT_EQ(ENDED | WRITABLE, xt_events(self->p.server));
	ASSERT_EQ(2, XT(send(self->p.server, "ab", 2, 0)));
	EXPECT_EQ(READABLE | WRITABLE, xt_events(self->p.client));

	/* Both directions are over. */
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_WR));
	XT_ASSERT_SERVER(XT_GONE);
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(self->p.server));
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(self->p.client));
}

TEST_F(polling, poll__shut_down_both)
{
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_RDWR));
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(self->p.client));
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	EXPECT_EQ(ENDED | WRITABLE, xt_events(self->p.server));
}

TEST_F(polling, poll__last_ack_and_closing)
{
	ASSERT_EQ(0, xt_delay_lo(100));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT1);
	EXPECT_EQ(WRITABLE, xt_events(self->p.client));
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_WR));
	XT_ASSERT_SERVER(TCP_LAST_ACK);
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(self->p.server));
}

TEST_F(polling, poll__closing)
{
	ASSERT_EQ(0, xt_delay_lo(100));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	ASSERT_EQ(0, shutdown(self->p.server, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_CLOSING);
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(self->p.client));
	XT_ASSERT_SERVER(TCP_CLOSING);
	EXPECT_EQ(ENDED | WRITABLE | POLLHUP, xt_events(self->p.server));
}

TEST_F(polling, poll__reset)
{
	ASSERT_EQ(0, xt_linger(self->p.server, 1, 0));
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS));
	EXPECT_EQ(ENDED | WRITABLE | POLLERR | POLLHUP,
		  xt_events(self->p.client));
}

TEST_F(polling, poll__full)
{
	xt_fill(self->p.client);
	EXPECT_EQ(0, xt_events(self->p.client));
	EXPECT_EQ(READABLE | WRITABLE, xt_events(self->p.server));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(WRITABLE, xt_events(self->p.client));
}

TEST_F(polling, poll__low_water)
{
	char buf[16];

	ASSERT_EQ(0, xt_setint(self->p.server, SOL_SOCKET, SO_RCVLOWAT, 10));
	ASSERT_EQ(9, XT(send(self->p.client, "123456789", 9, 0)));
	EXPECT_EQ(0, xt_wait(self->p.server, POLLIN, 100));
	EXPECT_EQ(WRITABLE, xt_events(self->p.server));
	ASSERT_EQ(1, XT(send(self->p.client, "0", 1, 0)));
	EXPECT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	ASSERT_EQ(10, XT(recv(self->p.server, buf, 16, 0)));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
}

static int watch(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int ep = epoll_create1(0);

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) ? -1 : ep;
}

/* What epoll reports within that time, 0 for nothing. */
static uint32_t reported(int ep, int timeout_ms)
{
	struct epoll_event e = { 0 };

	return epoll_wait(ep, &e, 1, timeout_ms) == 1 ? e.events : 0;
}

TEST_F(polling, epoll__level)
{
	int ep = watch(self->p.server, EPOLLIN | EPOLLRDHUP);
	char c;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, reported(ep, 0));
	ASSERT_EQ(1, XT(send(self->p.client, "a", 1, 0)));
	EXPECT_EQ(EPOLLIN, reported(ep, XT_SOON_MS));
	EXPECT_EQ(EPOLLIN, reported(ep, 0));
	ASSERT_EQ(1, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(0, reported(ep, 0));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, reported(ep, XT_SOON_MS));
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, reported(ep, 0));
	close(ep);
}

TEST_F(polling, epoll__edge)
{
	int ep = watch(self->p.server, EPOLLIN | EPOLLRDHUP | EPOLLET);
	char c;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, reported(ep, 0));
	ASSERT_EQ(2, XT(send(self->p.client, "ab", 2, 0)));
	EXPECT_EQ(EPOLLIN, reported(ep, XT_SOON_MS));
	EXPECT_EQ(0, reported(ep, 50));
	ASSERT_EQ(1, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(0, reported(ep, 50));

	/* News, though nothing was read to the end. */
	ASSERT_EQ(1, XT(send(self->p.client, "c", 1, 0)));
	EXPECT_EQ(EPOLLIN, reported(ep, XT_SOON_MS));
	EXPECT_EQ(0, reported(ep, 50));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, reported(ep, XT_SOON_MS));
	EXPECT_EQ(0, reported(ep, 50));
	close(ep);
}

/* The writer's edge: full, then room again. */
TEST_F(polling, epoll__edge_writer)
{
	static char buf[1 << 20];
	int ep = watch(self->p.client, EPOLLOUT | EPOLLET);

	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, reported(ep, 0));
	EXPECT_EQ(0, reported(ep, 0));
	xt_fill(self->p.client);
	reported(ep, 0);
	EXPECT_EQ(0, reported(ep, 50));
	while (recv(self->p.server, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		poll(NULL, 0, 1);
	EXPECT_EQ(EPOLLOUT, reported(ep, XT_SOON_MS));
	close(ep);
}

TEST_F(polling, epoll__oneshot)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
	int ep = watch(self->p.server, EPOLLIN | EPOLLONESHOT);

	ASSERT_LE(0, ep);
	ASSERT_EQ(1, XT(send(self->p.client, "a", 1, 0)));
	EXPECT_EQ(EPOLLIN, reported(ep, XT_SOON_MS));
	ASSERT_EQ(1, XT(send(self->p.client, "b", 1, 0)));
	EXPECT_EQ(0, reported(ep, 50));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->p.server, &e));
	EXPECT_EQ(EPOLLIN, reported(ep, 0));
	close(ep);
}

/* A connection that comes up, a listener that gets one, a reset. */
TEST_F(bare, epoll__life)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, ep, lep, fd;

	ASSERT_EQ(0, xt_delay_lo(20));
	self->p.listener = xt_listen(v, XT_PORT, 4);
	lep = watch(self->p.listener, EPOLLIN | EPOLLET);
	fd = xt_socket(v, SOCK_NONBLOCK);
	self->p.client = fd;
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	ep = watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	EXPECT_EQ(0, reported(ep, 0));
	EXPECT_EQ(EPOLLOUT, reported(ep, XT_SOON_MS));
	EXPECT_EQ(EPOLLIN, reported(lep, XT_SOON_MS));
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	xt_linger(self->p.server, 1, 0);
	xt_shut(&self->p.server);
	EXPECT_EQ(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLERR | EPOLLHUP,
		  reported(ep, XT_SOON_MS));
	close(ep);
	close(lep);
}

TEST_F(polling, select)
{
	struct timeval soon = { 10, 0 }, now = { 0, 0 };
	int fd = self->p.server;
	fd_set r, w;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(fd, &r);
	FD_SET(fd, &w);
	EXPECT_EQ(1, select(fd + 1, &r, &w, NULL, &now));
	EXPECT_FALSE(FD_ISSET(fd, &r));
	EXPECT_TRUE(FD_ISSET(fd, &w));
	ASSERT_EQ(1, XT(send(self->p.client, "a", 1, 0)));
	FD_SET(fd, &r);
	EXPECT_EQ(1, select(fd + 1, &r, NULL, NULL, &soon));
}

XT_MAIN
