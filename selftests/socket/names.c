// SPDX-License-Identifier: GPL-2.0-only
/* getsockname() and getpeername() before, while and after; descriptors. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_BARE(names);

XT_FIXTURE_PAIR(fds);

static bool same(const struct xt_addr *a, const struct xt_addr *b)
{
	return a->len == b->len && !memcmp(&a->sa, &b->sa, a->len);
}

static struct xt_addr name_of(int fd, bool peer)
{
	struct xt_addr a = { .len = sizeof(a.ss) };
	int err = peer ? getpeername(fd, &a.sa, &a.len) :
			 getsockname(fd, &a.sa, &a.len);

	if (err)
		a.len = 0;
	return a;
}

TEST_F(names, getsockname)
{
	struct xt_addr lo = xt_loop(variant->version, XT_PORT);
	struct xt_addr any = xt_any(variant->version, 0), a;
	int v = variant->version, fd = xt_socket(v, 0);

	a = name_of(fd, false);
	EXPECT_TRUE(same(&any, &a));
	ASSERT_EQ(0, XT(xt_bind(fd, &lo)));
	a = name_of(fd, false);
	EXPECT_TRUE(same(&lo, &a));
	close(fd);

	/* A connection from a wildcard socket has the address of its route. */
	self->p.listener = xt_listen(v, XT_PORT, 4);
	self->p.client = xt_dial(v, XT_PORT);
	self->p.server = accept(self->p.listener, NULL, NULL);
	a = name_of(self->p.client, false);
	lo = xt_loop(v, xt_port_of(&a));
	EXPECT_NE(0, xt_port_of(&a));
	EXPECT_TRUE(same(&lo, &a));
	a = name_of(self->p.server, true);
	EXPECT_TRUE(same(&lo, &a));
	lo = xt_loop(v, XT_PORT);
	a = name_of(self->p.server, false);
	EXPECT_TRUE(same(&lo, &a));
	a = name_of(self->p.client, true);
	EXPECT_TRUE(same(&lo, &a));
}

TEST_F(names, getpeername)
{
	struct xt_addr a = { .len = sizeof(a.ss) };
	int v = variant->version;
	struct xt_addr lo = xt_loop(v, XT_PORT);

	self->p.client = xt_socket(v, 0);
	EXPECT_EQ(-ENOTCONN, XT(getpeername(self->p.client, &a.sa, &a.len)));
	xt_shut(&self->p.client);
	ASSERT_EQ(0, xt_pair_open(&self->p, v));

	/* Half-closed it still has a peer; when all is over it has none. */
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	a = name_of(self->p.client, true);
	EXPECT_TRUE(same(&lo, &a));
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	a.len = sizeof(a.ss);
	EXPECT_EQ(-ENOTCONN, XT(getpeername(self->p.client, &a.sa, &a.len)));
	EXPECT_EQ(self->p.cport, xt_lport(self->p.client));
}

/* An attempt under way has a local name but no peer yet. */
TEST_F(names, getpeername__syn_sent)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	struct xt_addr a = { .len = sizeof(a.ss) };
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	EXPECT_EQ(-ENOTCONN, XT(getpeername(fd, &a.sa, &a.len)));
	EXPECT_NE(0, xt_lport(fd));
	close(fd);
}

TEST_F(names, getsockname__arguments)
{
	struct xt_addr lo = xt_loop(variant->version, XT_PORT), a;
	int fd = xt_bound(variant->version, XT_PORT, 0);

	memset(&a, 0xee, sizeof(a));
	a.len = 4;
	ASSERT_EQ(0, XT(getsockname(fd, &a.sa, &a.len)));
	EXPECT_EQ(lo.len, a.len);
	EXPECT_EQ(XT_PORT, xt_port_of(&a));
	EXPECT_EQ(0xee, ((uint8_t *)&a.sa)[4]);
	a.len = -1;
	EXPECT_EQ(-EINVAL, XT(getsockname(fd, &a.sa, &a.len)));
	a.len = sizeof(a.ss);
	EXPECT_EQ(-EFAULT, XT(getsockname(fd, (void *)8, &a.len)));
	EXPECT_EQ(-EFAULT, XT(getsockname(fd, &a.sa, (void *)8)));
	close(fd);
}

/* A copy is the same connection; it closes with the last of them. */
TEST_F(fds, dup)
{
	int copy = dup(self->p.client);
	char c;

	ASSERT_LE(0, copy);
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	ASSERT_EQ(1, XT(send(copy, "x", 1, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.server, &c, 1));
	close(copy);
	ASSERT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
}

/* After fork both have it; shutdown() is for both, close() only for one. */
TEST_F(fds, fork)
{
	int status;
	pid_t child = fork();
	char c;

	ASSERT_LE(0, child);
	if (!child) {
		close(self->p.listener);
		c = recv(self->p.server, &c, 1, 0) == 1 ? c : 0;
		send(self->p.server, &c, 1, 0);
		shutdown(self->p.server, SHUT_WR);
		_exit(0);
	}
	xt_shut(&self->p.server);
	ASSERT_EQ(1, XT(send(self->p.client, "y", 1, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.client, &c, 1));
	EXPECT_EQ('y', c);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	waitpid(child, &status, 0);
}

TEST_F(fds, fork__accepts)
{
	int status, fd;
	pid_t child = fork();
	char c;

	ASSERT_LE(0, child);
	if (!child) {
		fd = accept(self->p.listener, NULL, NULL);
		_exit(send(fd, "z", 1, 0) == 1 ? 0 : 1);
	}
	fd = xt_dial(variant->version, XT_PORT);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, xt_recv_all(fd, &c, 1));
	EXPECT_EQ('z', c);
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	close(fd);
}

static int pass_fd(int via, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(via, &msg, 0) == 1 ? 0 : -errno;
}

static int take_fd(int via)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(via, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

/* In a message the connection survives its sender's close. */
TEST_F(fds, scm_rights)
{
	int via[2], fd;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, via));
	ASSERT_EQ(0, pass_fd(via[0], self->p.server));
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);
	fd = take_fd(via[1]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, XT(send(fd, "p", 1, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.client, &c, 1));
	EXPECT_EQ('p', c);

	/* On the way when its messenger goes: closed. */
	ASSERT_EQ(0, pass_fd(via[0], fd));
	close(fd);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);
	close(via[0]);
	close(via[1]);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
}

/* No descriptor left: accept() fails and the connection waits on. */
TEST_F(fds, emfile)
{
	struct rlimit few = { 16, 16 };
	int fd, fill;

	fd = xt_dial(variant->version, XT_PORT);
	ASSERT_LE(0, fd);
	setrlimit(RLIMIT_NOFILE, &few);
	while ((fill = dup(0)) >= 0)
		;
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-EMFILE, XT(accept(self->p.listener, NULL, NULL)));
	EXPECT_EQ(-EMFILE, XT(xt_socket(variant->version, 0)));
	close(15);
	fill = accept(self->p.listener, NULL, NULL);
	EXPECT_EQ(15, fill);
}

XT_MAIN
