// SPDX-License-Identifier: GPL-2.0-only
/* listen() and accept(): flags, order, what a child has from its listener. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_BARE(listening);

TEST_F(listening, listen__unbound)
{
	int fd = xt_socket(variant->version, 0);

	ASSERT_EQ(0, XT(listen(fd, 4)));
	ASSERT_NE(0, xt_lport(fd));
	EXPECT_EQ(TCP_LISTEN, xt_state(variant->version, xt_lport(fd), 0));
	self->p.client = xt_dial(variant->version, xt_lport(fd));
	EXPECT_LE(0, self->p.client);
	close(fd);
}

/* Any number will do, and it may be changed. */
TEST_F(listening, listen__backlog_values)
{
	int fd = xt_bound(variant->version, XT_PORT, 0);

	EXPECT_EQ(0, XT(listen(fd, -1)));
	EXPECT_EQ(0, XT(listen(fd, 0)));
	self->p.client = xt_dial(variant->version, XT_PORT);
	EXPECT_LE(0, self->p.client);
	EXPECT_EQ(0, XT(listen(fd, 1 << 30)));
	EXPECT_EQ(1, xt_count(variant->version, TCP_LISTEN));
	close(fd);
}

TEST_F(listening, listen__connected)
{
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	EXPECT_EQ(-EINVAL, XT(listen(self->p.client, 1)));
	EXPECT_EQ(-EINVAL, XT(listen(self->p.server, 1)));
	xt_shut(&self->p.server);
	EXPECT_EQ(-EINVAL, XT(listen(self->p.client, 1)));
}

TEST_F(listening, accept__not_listening)
{
	int fd = xt_socket(variant->version, 0);

	EXPECT_EQ(-EINVAL, XT(accept(fd, NULL, NULL)));
	close(fd);
	fd = xt_bound(variant->version, XT_PORT, 0);
	EXPECT_EQ(-EINVAL, XT(accept(fd, NULL, NULL)));
	close(fd);
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	EXPECT_EQ(-EINVAL, XT(accept(self->p.client, NULL, NULL)));
}

TEST_F(listening, accept__empty)
{
	struct timeval t = { 0, 200000 };
	long long start;

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	xt_nonblock(self->p.listener, true);
	EXPECT_EQ(-EAGAIN, XT(accept(self->p.listener, NULL, NULL)));
	xt_nonblock(self->p.listener, false);
	ASSERT_EQ(0, setsockopt(self->p.listener, SOL_SOCKET, SO_RCVTIMEO, &t,
				sizeof(t)));
	start = xt_now_ms();
	EXPECT_EQ(-EAGAIN, XT(accept(self->p.listener, NULL, NULL)));
	EXPECT_LE(190, xt_now_ms() - start);
}

TEST_F(listening, accept4__flags)
{
	int v = variant->version, fd;

	self->p.listener = xt_listen(v, XT_PORT, 4);
	xt_nonblock(self->p.listener, true);
	self->p.client = xt_dial(v, XT_PORT);
	ASSERT_LE(0, self->p.client);
	EXPECT_EQ(-EINVAL, XT(accept4(self->p.listener, NULL, NULL, 1)));
	fd = accept4(self->p.listener, NULL, NULL,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
	xt_shut(&self->p.client);

	/* O_NONBLOCK of the listener is not the child's. */
	self->p.client = xt_dial(v, XT_PORT);
	fd = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	close(fd);
}

TEST_F(listening, accept__address)
{
	struct xt_addr want = xt_loop(variant->version, 0), got;
	int v = variant->version, fd;

	self->p.listener = xt_listen(v, XT_PORT, 4);
	self->p.client = xt_dial(v, XT_PORT);
	memset(&got, 0xee, sizeof(got));
	got.len = sizeof(got.ss);
	fd = accept(self->p.listener, &got.sa, &got.len);
	ASSERT_LE(0, fd);
	EXPECT_EQ(want.len, got.len);
	EXPECT_EQ(xt_domain(v), got.sa.sa_family);
	EXPECT_EQ(xt_lport(self->p.client), xt_port_of(&got));
	if (v == 6) {
		EXPECT_EQ(0, memcmp(&want.in6.sin6_addr, &got.in6.sin6_addr,
				    16));
	} else {
		EXPECT_EQ(want.in.sin_addr.s_addr, got.in.sin_addr.s_addr);
	}
	close(fd);

	/* Cut to the room there is; the length says what it would be. */
	xt_shut(&self->p.client);
	self->p.client = xt_dial(v, XT_PORT);
	memset(&got, 0xee, sizeof(got));
	got.len = 4;
	fd = accept(self->p.listener, &got.sa, &got.len);
	ASSERT_LE(0, fd);
	EXPECT_EQ(want.len, got.len);
	EXPECT_EQ(xt_lport(self->p.client), xt_port_of(&got));
	EXPECT_EQ(0xee, ((uint8_t *)&got.sa)[4]);
	close(fd);
	xt_shut(&self->p.client);
	self->p.client = xt_dial(v, XT_PORT);
	got.len = -1;
	EXPECT_EQ(-EINVAL, XT(accept(self->p.listener, &got.sa, &got.len)));
}

#define MANY 6

/* First come, first served. */
TEST_F(listening, accept__order)
{
	int v = variant->version, client[MANY], i, fd;
	struct xt_addr name;

	self->p.listener = xt_listen(v, XT_PORT, MANY);
	for (i = 0; i < MANY; i++) {
		client[i] = xt_dial(v, XT_PORT);
		ASSERT_LE(0, client[i]);
	}
	for (i = 0; i < MANY; i++) {
		name.len = sizeof(name.ss);
		fd = accept(self->p.listener, &name.sa, &name.len);
		ASSERT_LE(0, fd);
		EXPECT_EQ(xt_lport(client[i]), xt_port_of(&name));
		close(fd);
	}
}

/* A connection that is over before it is accepted can still be read. */
TEST_F(listening, accept__closed_already)
{
	int v = variant->version;
	char buf[8];

	self->p.listener = xt_listen(v, XT_PORT, 4);
	self->p.client = xt_dial(v, XT_PORT);
	ASSERT_EQ(3, XT(send(self->p.client, "bye", 3, 0)));
	xt_shut(&self->p.client);
	ASSERT_NE(0, xt_wait(self->p.listener, POLLIN, XT_SOON_MS));
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	EXPECT_EQ(3, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, 0)));
}

TEST_F(listening, accept__reset_already)
{
	int v = variant->version;
	char buf[8];

	self->p.listener = xt_listen(v, XT_PORT, 4);
	self->p.client = xt_dial(v, XT_PORT);
	ASSERT_EQ(0, xt_linger(self->p.client, 1, 0));
	xt_shut(&self->p.client);
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, 0)));
}

/* What was set on the listener is set on its children. */
TEST_F(listening, accept__inherits)
{
	static const struct {
		int level, name, value;
	} opt[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ SOL_SOCKET, SO_OOBINLINE, 1 },
		{ SOL_SOCKET, SO_MARK, 77 },
		{ SOL_SOCKET, SO_RCVLOWAT, 5 },
		{ SOL_TCP, TCP_NODELAY, 1 },
		{ SOL_TCP, TCP_KEEPIDLE, 77 },
		{ SOL_TCP, TCP_KEEPINTVL, 33 },
		{ SOL_TCP, TCP_KEEPCNT, 5 },
		{ SOL_TCP, TCP_USER_TIMEOUT, 5000 },
		{ SOL_TCP, TCP_LINGER2, 9 },
	};
	int v = variant->version, buf;
	struct linger l = { 1, 3 };
	socklen_t len = sizeof(l);
	size_t i;

	self->p.listener = xt_listen(v, XT_PORT, 4);
	for (i = 0; i < ARRAY_SIZE(opt); i++)
		ASSERT_EQ(0, XT(xt_setint(self->p.listener, opt[i].level,
					  opt[i].name, opt[i].value)));
	ASSERT_EQ(0, xt_linger(self->p.listener, 1, 3));
	ASSERT_EQ(0, xt_setint(self->p.listener, SOL_SOCKET, SO_RCVBUF, 65536));
	buf = xt_getint(self->p.listener, SOL_SOCKET, SO_RCVBUF);
	self->p.client = xt_dial(v, XT_PORT);
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	for (i = 0; i < ARRAY_SIZE(opt); i++) {
		EXPECT_EQ(opt[i].value, xt_getint(self->p.server, opt[i].level,
						  opt[i].name))
			TH_LOG("level %d option %d", opt[i].level, opt[i].name);
	}
	EXPECT_EQ(buf, xt_getint(self->p.server, SOL_SOCKET, SO_RCVBUF));
	ASSERT_EQ(0, getsockopt(self->p.server, SOL_SOCKET, SO_LINGER, &l,
				&len));
	EXPECT_EQ(1, l.l_onoff);
	EXPECT_EQ(3, l.l_linger);
	EXPECT_EQ(0, xt_getint(self->p.server, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(1, xt_getint(self->p.listener, SOL_SOCKET, SO_ACCEPTCONN));
}

/* The children live on when their listener closes. */
TEST_F(listening, accept__outlives_listener)
{
	char c;

	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	xt_shut(&self->p.listener);
	EXPECT_EQ(XT_GONE, xt_state(variant->version, XT_PORT, 0));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.server, &c, 1));
}

/* TCP_DEFER_ACCEPT: a connection counts when it has something to say. */
TEST_F(listening, accept__deferred)
{
	int v = variant->version;
	char buf[4];

	self->p.listener = xt_listen(v, XT_PORT, 4);
	ASSERT_EQ(0, xt_setint(self->p.listener, SOL_TCP, TCP_DEFER_ACCEPT,
			       5));
	self->p.client = xt_dial(v, XT_PORT);
	ASSERT_LE(0, self->p.client);
	EXPECT_EQ(0, xt_wait(self->p.listener, POLLIN, 500));
	EXPECT_EQ(TCP_SYN_RECV, xt_state(v, XT_PORT,
					 xt_lport(self->p.client)));
	ASSERT_EQ(2, XT(send(self->p.client, "hi", 2, 0)));
	ASSERT_NE(0, xt_wait(self->p.listener, POLLIN, XT_SOON_MS));
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	EXPECT_EQ(2, XT(recv(self->p.server, buf, 4, MSG_DONTWAIT)));
}

/* Reading, writing and connecting are not for listeners. */
TEST_F(listening, listener__other_calls)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT2);
	char c = 0;
	int n;

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	EXPECT_EQ(-ENOTCONN, XT(recv(self->p.listener, &c, 1, 0)));
	EXPECT_EQ(-EPIPE, XT(send(self->p.listener, &c, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(-EISCONN, XT(xt_connect(self->p.listener, &at)));
	EXPECT_EQ(-EINVAL, XT(ioctl(self->p.listener, FIONREAD, &n)));
	EXPECT_EQ(-ENOTCONN, XT(getpeername(self->p.listener, &at.sa,
					    &at.len)));
	EXPECT_EQ(TCP_LISTEN, xt_state(variant->version, XT_PORT, 0));
}

XT_MAIN
