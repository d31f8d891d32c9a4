// SPDX-License-Identifier: GPL-2.0-only
/* IPv6 sockets and IPv4 peers: IPV6_V6ONLY both ways. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

FIXTURE(dual) {
	int six, four;
};

FIXTURE_SETUP(dual)
{
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, xt_fresh_netns());
	self->six = xt_socket(6, 0);
	self->four = xt_socket(4, 0);
	ASSERT_LE(0, self->six);
	ASSERT_LE(0, self->four);
}

FIXTURE_TEARDOWN(dual)
{
	xt_shut(&self->six);
	xt_shut(&self->four);
}

static int v6only(int fd, int on)
{
	return xt_setint(fd, SOL_IPV6, IPV6_V6ONLY, on);
}

/* One listener for both versions; an IPv4 peer has a mapped name there. */
TEST_F(dual, v6only__off)
{
	struct xt_addr any = xt_any(6, XT_PORT), any4 = xt_any(4, XT_PORT);
	struct xt_addr at = xt_loop(4, XT_PORT), name = { .len = 128 };
	char text[64], buf[4];
	int fd;

	ASSERT_EQ(0, XT(v6only(self->six, 0)));
	EXPECT_EQ(0, xt_getint(self->six, SOL_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, XT(xt_bind(self->six, &any)));
	ASSERT_EQ(0, XT(listen(self->six, 4)));
	EXPECT_EQ(-EADDRINUSE, XT(xt_bind(self->four, &any4)));
	ASSERT_EQ(0, XT(xt_connect(self->four, &at)));
	fd = accept(self->six, &name.sa, &name.len);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(name.in6), name.len);
	EXPECT_EQ(AF_INET6, name.sa.sa_family);
	inet_ntop(AF_INET6, &name.in6.sin6_addr, text, sizeof(text));
	EXPECT_STREQ("::ffff:127.0.0.1", text);
	EXPECT_EQ(xt_lport(self->four), xt_port_of(&name));
	name.len = sizeof(name.ss);
	ASSERT_EQ(0, getsockname(fd, &name.sa, &name.len));
	inet_ntop(AF_INET6, &name.in6.sin6_addr, text, sizeof(text));
	EXPECT_STREQ("::ffff:127.0.0.1", text);

	ASSERT_EQ(3, XT(send(self->four, "abc", 3, 0)));
	ASSERT_EQ(0, xt_recv_all(fd, buf, 3));
	ASSERT_EQ(3, XT(send(fd, "def", 3, 0)));
	ASSERT_EQ(0, xt_recv_all(self->four, buf, 3));
	close(fd);
	fd = xt_dial(6, XT_PORT);
	EXPECT_LE(0, fd);
	close(fd);
}

/* Two listeners, one for each version. */
TEST_F(dual, v6only__on)
{
	struct xt_addr any = xt_any(6, XT_PORT), any4 = xt_any(4, XT_PORT);
	struct xt_addr at = xt_loop(4, XT_PORT);
	int fd;

	ASSERT_EQ(0, XT(v6only(self->six, 1)));
	EXPECT_EQ(1, xt_getint(self->six, SOL_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, XT(xt_bind(self->six, &any)));
	ASSERT_EQ(0, XT(listen(self->six, 4)));
	fd = xt_socket(4, 0);
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	close(fd);
	ASSERT_EQ(0, XT(xt_bind(self->four, &any4)));
	ASSERT_EQ(0, XT(listen(self->four, 4)));
	fd = xt_dial(4, XT_PORT);
	ASSERT_LE(0, fd);
	EXPECT_NE(0, xt_wait(self->four, POLLIN, XT_SOON_MS));
	EXPECT_EQ(0, xt_wait(self->six, POLLIN, 0));
	close(fd);
	fd = xt_dial(6, XT_PORT);
	ASSERT_LE(0, fd);
	EXPECT_NE(0, xt_wait(self->six, POLLIN, XT_SOON_MS));
	close(fd);
}

/* It has to be said before bind. */
TEST_F(dual, v6only__too_late)
{
	struct xt_addr any = xt_any(6, XT_PORT);

	ASSERT_EQ(0, XT(xt_bind(self->six, &any)));
	EXPECT_EQ(-EINVAL, XT(v6only(self->six, 1)));
}

/* The namespace's default. */
TEST_F(dual, v6only__default)
{
	int fd;

	EXPECT_EQ(0, xt_getint(self->six, SOL_IPV6, IPV6_V6ONLY));
	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv6/bindv6only", "1\n"));
	fd = xt_socket(6, 0);
	EXPECT_EQ(1, xt_getint(fd, SOL_IPV6, IPV6_V6ONLY));
	close(fd);
}

/* An IPv6 socket connects to an IPv4 server by its mapped address. */
TEST_F(dual, mapped__connect)
{
	struct xt_addr at = xt_addr(6, "::ffff:127.0.0.1", XT_PORT);
	struct xt_addr name = { .len = sizeof(name.ss) };
	int listener = xt_listen(4, XT_PORT, 4), fd;
	char text[64], buf[4];

	ASSERT_LE(0, listener);
	ASSERT_EQ(0, XT(xt_connect(self->six, &at)));
	fd = accept(listener, &name.sa, &name.len);
	ASSERT_LE(0, fd);
	EXPECT_EQ(AF_INET, name.sa.sa_family);
	EXPECT_EQ(sizeof(name.in), name.len);
	name.len = sizeof(name.ss);
	ASSERT_EQ(0, getpeername(self->six, &name.sa, &name.len));
	EXPECT_EQ(AF_INET6, name.sa.sa_family);
	inet_ntop(AF_INET6, &name.in6.sin6_addr, text, sizeof(text));
	EXPECT_STREQ("::ffff:127.0.0.1", text);
	ASSERT_EQ(3, XT(send(self->six, "abc", 3, 0)));
	ASSERT_EQ(0, xt_recv_all(fd, buf, 3));
	ASSERT_EQ(3, XT(send(fd, "abc", 3, 0)));
	ASSERT_EQ(0, xt_recv_all(self->six, buf, 3));
	close(fd);
	close(listener);
}

TEST_F(dual, mapped__v6only)
{
	struct xt_addr at = xt_addr(6, "::ffff:127.0.0.1", XT_PORT);

	ASSERT_EQ(0, XT(v6only(self->six, 1)));
	EXPECT_EQ(-ENETUNREACH, XT(xt_connect(self->six, &at)));
	EXPECT_EQ(-EINVAL, XT(xt_bind(self->six, &at)));
}

TEST_F(dual, mapped__bind)
{
	struct xt_addr at = xt_addr(6, "::ffff:127.0.0.1", XT_PORT);
	struct xt_addr at4 = xt_loop(4, XT_PORT), at6 = xt_loop(6, XT_PORT);
	int fd;

	ASSERT_EQ(0, XT(xt_bind(self->six, &at)));
	EXPECT_EQ(-EADDRINUSE, XT(xt_bind(self->four, &at4)));
	ASSERT_EQ(0, XT(listen(self->six, 4)));
	fd = xt_dial(4, XT_PORT);
	EXPECT_LE(0, fd);
	close(fd);
	fd = xt_socket(6, 0);
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at6)));
	close(fd);
}

XT_MAIN
