// SPDX-License-Identifier: GPL-2.0-only
/* connect(): blocking and not, again, nowhere, and away with AF_UNSPEC. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_BARE(connecting);

TEST_F(connecting, connect__blocking)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	EXPECT_EQ(0, XT(xt_connect(fd, &at)));
	EXPECT_EQ(-EISCONN, XT(xt_connect(fd, &at)));
	close(fd);
}

TEST_F(connecting, connect__nonblocking)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	ASSERT_EQ(POLLOUT, xt_wait(fd, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(0, XT(xt_connect(fd, &at)));
	EXPECT_EQ(-EISCONN, XT(xt_connect(fd, &at)));
	close(fd);
}

TEST_F(connecting, connect__already)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);
	char c = 0;

	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	EXPECT_EQ(-EALREADY, XT(xt_connect(fd, &at)));
	EXPECT_EQ(0, xt_events(fd));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(-EAGAIN, XT(send(fd, &c, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(-EAGAIN, XT(recv(fd, &c, 1, 0)));
	EXPECT_EQ(-EINVAL, XT(listen(fd, 1)));
	close(fd);
	EXPECT_EQ(0, xt_count(variant->version, -1));
}

/* The refusal is told once, by whichever call asks first. */
TEST_F(connecting, connect__refused_then_again)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	ASSERT_NE(0, xt_wait(fd, POLLOUT, XT_SOON_MS));
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	EXPECT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	EXPECT_EQ(POLLOUT, xt_wait(fd, POLLOUT, XT_SOON_MS));
	close(fd);
}

TEST_F(connecting, connect__arguments)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	EXPECT_EQ(-EINVAL, XT(connect(fd, &at.sa, 0)));
	EXPECT_EQ(-EINVAL, XT(connect(fd, &at.sa, 1)));
	EXPECT_EQ(-EINVAL, XT(connect(fd, &at.sa, 8)));
	EXPECT_EQ(-EINVAL, XT(connect(fd, &at.sa, -1)));
	EXPECT_EQ(-EFAULT, XT(connect(fd, (struct sockaddr *)8, at.len)));
	at.sa.sa_family = AF_UNIX;
	EXPECT_EQ(-EAFNOSUPPORT, XT(xt_connect(fd, &at)));
	at = xt_loop(10 - variant->version, XT_PORT);
	if (variant->version == 4)
		EXPECT_EQ(-EAFNOSUPPORT, XT(xt_connect(fd, &at)));
	EXPECT_EQ(0, xt_lport(fd));
	close(fd);
}

TEST_F(connecting, connect__no_route)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);
	const char *six = variant->version == 6 ? "-6" : "-4";
	const char *net = variant->version == 6 ? "2001:db8::/64" :
			  "192.0.2.0/24";

	EXPECT_EQ(-ENETUNREACH, XT(xt_connect(fd, &at)));
	ASSERT_EQ(0, xt_run("ip %s route add unreachable %s", six, net));
	EXPECT_EQ(-EHOSTUNREACH, XT(xt_connect(fd, &at)));
	ASSERT_EQ(0, xt_run("ip %s route replace prohibit %s", six, net));
	EXPECT_EQ(-EACCES, XT(xt_connect(fd, &at)));
	EXPECT_EQ(0, xt_count(variant->version, -1));
	close(fd);
}

/* Neither a group nor everybody can be connected to. */
TEST_F(connecting, connect__multicast)
{
	struct xt_addr at = xt_addr(variant->version, variant->version == 6 ?
				    "ff02::1" : "224.0.0.1", XT_PORT);
	int fd = xt_socket(variant->version, 0);

	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(0, xt_run("ip route add default dev hole"));
	EXPECT_EQ(-ENETUNREACH, XT(xt_connect(fd, &at)));
	if (variant->version == 4) {
		at = xt_addr(4, "255.255.255.255", XT_PORT);
		EXPECT_EQ(-ENETUNREACH, XT(xt_connect(fd, &at)));
		at = xt_addr(4, "192.0.2.255", XT_PORT);
		EXPECT_EQ(-ENETUNREACH, XT(xt_connect(fd, &at)));
	}
	close(fd);
}

/* The unspecified address means this host. */
TEST_F(connecting, connect__any)
{
	struct xt_addr at = xt_any(variant->version, XT_PORT);
	struct xt_addr lo = xt_loop(variant->version, XT_PORT);
	struct xt_addr name = { .len = sizeof(name.ss) };
	int fd = xt_socket(variant->version, 0);

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	ASSERT_EQ(0, XT(xt_connect(fd, &at)));
	ASSERT_EQ(0, XT(getpeername(fd, &name.sa, &name.len)));
	EXPECT_EQ(lo.len, name.len);
	EXPECT_EQ(0, memcmp(&lo.sa, &name.sa, lo.len));
	close(fd);
}

TEST_F(connecting, connect__port_zero)
{
	struct xt_addr at = xt_loop(variant->version, 0);
	int fd = xt_socket(variant->version, 0);

	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	close(fd);
}

/* From a bound port, and toward two places from the same one. */
TEST_F(connecting, connect__from_bound_port)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	struct xt_addr at2 = xt_loop(variant->version, XT_PORT2);
	int v = variant->version, other, a, b;

	self->p.listener = xt_listen(v, XT_PORT, 4);
	other = xt_listen(v, XT_PORT2, 4);
	a = xt_bound(v, 5000, 0);
	b = xt_bound(v, 5000, 0);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, XT(xt_connect(a, &at)));
	EXPECT_EQ(-EADDRNOTAVAIL, XT(xt_connect(b, &at)));
	EXPECT_EQ(0, XT(xt_connect(b, &at2)));
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(v, 5000, XT_PORT));
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(v, 5000, XT_PORT2));
	close(a);
	close(b);
	close(other);
}

/* One port can serve many servers, but one server only as often as there are ports. */
TEST_F(connecting, connect__ports_exhausted)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, fd[4], i, spare;

	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   "40000 40003\n"));
	self->p.listener = xt_listen(v, XT_PORT, 8);
	for (i = 0; i < 4; i++) {
		fd[i] = xt_dial(v, XT_PORT);
		ASSERT_LE(0, fd[i]);
	}
	spare = xt_socket(v, 0);
	EXPECT_EQ(-EADDRNOTAVAIL, XT(xt_connect(spare, &at)));
	self->p.client = xt_listen(v, XT_PORT2, 8);
	at = xt_loop(v, XT_PORT2);
	EXPECT_EQ(0, XT(xt_connect(spare, &at)));

	/* A reset leaves no TIME_WAIT: that port is free. */
	xt_linger(fd[2], 1, 0);
	close(fd[2]);
	fd[2] = xt_dial(v, XT_PORT);
	EXPECT_LE(0, fd[2]);
	for (i = 0; i < 4; i++)
		close(fd[i]);
	close(spare);
}

/* SO_SNDTIMEO ends the wait, not the attempt. */
TEST_F(connecting, connect__send_timeout)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);
	struct timeval t = { 0, 300000 };
	long long start = xt_now_ms();

	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)));
	EXPECT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	EXPECT_LE(290, xt_now_ms() - start);
	EXPECT_EQ(-EALREADY, XT(xt_connect(fd, &at)));
	EXPECT_EQ(TCP_SYN_SENT, xt_state(variant->version, xt_lport(fd),
					 XT_PORT));
	close(fd);
}

/* AF_UNSPEC takes the connection away, by a reset, and leaves the socket. */
TEST_F(connecting, connect__unspec)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char c;

	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_EQ(0, XT(connect(self->p.client, &none, sizeof(none))));
	EXPECT_EQ(-ENOTCONN, XT(getpeername(self->p.client, &at.sa, &at.len)));
	XT_ASSERT_CLIENT(XT_GONE);
	ASSERT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.server, &c, 1, 0)));
	xt_shut(&self->p.server);

	at = xt_loop(variant->version, XT_PORT);
	ASSERT_EQ(0, XT(xt_connect(self->p.client, &at)));
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	EXPECT_EQ(0, xt_recv_all(self->p.server, &c, 1));
	EXPECT_EQ(0, xt_getint(self->p.client, SOL_SOCKET, SO_ERROR));
}

/* Twice, on a new socket, on a bound one, and on one that listens. */
TEST_F(connecting, connect__unspec_elsewhere)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int v = variant->version, fd = xt_socket(v, 0);

	EXPECT_EQ(0, XT(connect(fd, &none, sizeof(none))));
	EXPECT_EQ(0, XT(connect(fd, &none, sizeof(none))));
	close(fd);
	fd = xt_bound(v, XT_PORT, 0);
	EXPECT_EQ(0, XT(connect(fd, &none, sizeof(none))));
	EXPECT_EQ(XT_PORT, xt_lport(fd));
	ASSERT_EQ(0, XT(listen(fd, 1)));
	EXPECT_EQ(0, XT(connect(fd, &none, sizeof(none))));
	EXPECT_EQ(XT_GONE, xt_state(v, XT_PORT, 0));
	EXPECT_EQ(XT_PORT, xt_lport(fd));
	close(fd);
}

/* An unanswered SYN can be called back. */
TEST_F(connecting, connect__unspec_syn_sent)
{
	struct xt_addr nowhere = xt_nowhere(variant->version, XT_PORT);
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int v = variant->version, fd = xt_socket(v, SOCK_NONBLOCK);

	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &nowhere)));
	ASSERT_EQ(0, XT(connect(fd, &none, sizeof(none))));
	EXPECT_EQ(0, xt_count(v, -1));
	self->p.listener = xt_listen(v, XT_PORT, 1);
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	EXPECT_EQ(POLLOUT, xt_wait(fd, POLLOUT, XT_SOON_MS));
	close(fd);
}

/* What one cannot make a socket of. */
TEST_F(connecting, socket__arguments)
{
	int v = variant->version;

	EXPECT_GT(0, socket(xt_family(v), SOCK_STREAM, 12));
	EXPECT_EQ(EPROTONOSUPPORT, errno);
	EXPECT_EQ(-EINVAL, XT(socket(xt_family(v), 99, 0)));
	EXPECT_EQ(-EINVAL, XT(socket(xt_family(v), SOCK_STREAM | 0x10000, 0)));
	if (xt_host())
		return;
	EXPECT_EQ(-ESOCKTNOSUPPORT, XT(socket(xt_family(v), SOCK_DGRAM, 0)));
	EXPECT_EQ(-ESOCKTNOSUPPORT, XT(socket(xt_family(v), SOCK_SEQPACKET,
					      0)));
	EXPECT_EQ(-EPROTONOSUPPORT, XT(socket(xt_family(v), SOCK_STREAM,
					      0x200)));
}

TEST_F(connecting, socketpair__refused)
{
	int fds[2];

	EXPECT_EQ(-EOPNOTSUPP, XT(socketpair(xt_family(variant->version),
					     SOCK_STREAM,
					     xt_protocol(variant->version),
					     fds)));
}

XT_MAIN
