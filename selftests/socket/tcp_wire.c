// SPDX-License-Identifier: GPL-2.0-only
/* The TCP wire beside the host's TCP: whose port it is, and who is the peer. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

/* Whose turn it is: every xt_* call asks the environment. */
enum who { XTCP, HOST };

static void be(enum who who)
{
	setenv("XTCP_TEST_HOST", who == HOST ? "1" : "0", 1);
	setenv("XTCP_TEST_WIRE", "tcp", 1);
}

static enum who other(enum who who)
{
	return who == HOST ? XTCP : HOST;
}

FIXTURE(tcp_wire) {
	struct xt_pair p;
};

FIXTURE_VARIANT(tcp_wire) {
	int version;
	enum who first;
};

FIXTURE_VARIANT_ADD(tcp_wire, ipv4) {
	.version = 4,
	.first = XTCP,
};

FIXTURE_VARIANT_ADD(tcp_wire, ipv6) {
	.version = 6,
	.first = XTCP,
};

FIXTURE_VARIANT_ADD(tcp_wire, ipv4_host_first) {
	.version = 4,
	.first = HOST,
};

FIXTURE_VARIANT_ADD(tcp_wire, ipv6_host_first) {
	.version = 6,
	.first = HOST,
};

FIXTURE_SETUP(tcp_wire)
{
	if (xt_host())
		SKIP(return, "a feature of XTCP");
	signal(SIGPIPE, SIG_IGN);
	self->p = (struct xt_pair){ .listener = -1, .client = -1, .server = -1 };
	be(XTCP);
	ASSERT_EQ(0, xt_fresh_netns());
}

FIXTURE_TEARDOWN(tcp_wire)
{
	xt_pair_close(&self->p);
}

/* A bound socket of @who, or -errno. */
static int claim(enum who who, const struct xt_addr *at, bool reuse)
{
	int version = at->sa.sa_family == AF_INET6 ? 6 : 4;
	int fd, err;

	be(who);
	fd = xt_socket(version, 0);
	if (fd < 0)
		return -errno;
	if (reuse)
		xt_setint(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	err = XT(xt_bind(fd, at));
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* What is given back in the background is there soon. */
static int claim_soon(enum who who, const struct xt_addr *at)
{
	long long end = xt_now_ms() + XT_SOON_MS;
	int fd;

	do {
		fd = claim(who, at, false);
		if (fd >= 0)
			return fd;
		xt_sleep_ms(10);
	} while (xt_now_ms() < end);
	return fd;
}

TEST_F(tcp_wire, port__of_the_other)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd, again;

	fd = claim(variant->first, &at, true);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &at, false));
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &at, true));
	close(fd);
	again = claim_soon(other(variant->first), &at);
	EXPECT_LE(0, again);
	close(again);
}

TEST_F(tcp_wire, port__wildcard_over_address)
{
	struct xt_addr all = xt_any(variant->version, XT_PORT);
	struct xt_addr one = xt_loop(variant->version, XT_PORT);
	int fd;

	fd = claim(variant->first, &all, true);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &one, true));
	close(fd);
	ASSERT_LE(0, fd = claim_soon(variant->first, &one));
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &all, true));
	close(fd);
}

/* A dual-stack socket has the port of both versions. */
TEST_F(tcp_wire, port__dual_stack)
{
	struct xt_addr all = xt_any(6, XT_PORT);
	struct xt_addr one = xt_loop(4, XT_PORT);
	int fd;

	if (variant->version == 4)
		SKIP(return, "IPv6 sockets only are dual-stack");
	fd = claim(variant->first, &all, false);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &one, false));
	close(fd);
	ASSERT_LE(0, fd = claim_soon(variant->first, &one));
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &all, false));
	close(fd);
}

TEST_F(tcp_wire, port__other_address)
{
	struct xt_addr one = xt_loop(variant->version, XT_PORT);
	struct xt_addr two = xt_addr(variant->version, variant->version == 6 ?
				     "fd07::7" : "127.0.0.7", XT_PORT);
	int a, b;

	ASSERT_EQ(0, xt_run("ip addr add %s dev lo", variant->version == 6 ?
			    "fd07::7/128 nodad" : "127.0.0.7/32"));
	a = claim(variant->first, &one, false);
	b = claim(other(variant->first), &two, false);
	EXPECT_LE(0, a);
	EXPECT_LE(0, b);
	close(a);
	close(b);
}

/* Among ours SO_REUSEADDR is what it always is, narrow or wide first. */
TEST_F(tcp_wire, port__ours_beside_ours)
{
	struct xt_addr all = xt_any(variant->version, XT_PORT);
	struct xt_addr one = xt_loop(variant->version, XT_PORT);
	int a, b;

	a = claim(XTCP, variant->first == XTCP ? &all : &one, true);
	b = claim(XTCP, variant->first == XTCP ? &one : &all, true);
	ASSERT_LE(0, a);
	EXPECT_LE(0, b);
	EXPECT_EQ(-EADDRINUSE, claim(HOST, &all, true));
	EXPECT_EQ(-EADDRINUSE, claim(HOST, &one, true));
	close(a);
	EXPECT_EQ(-EADDRINUSE, claim(HOST, &one, true));
	close(b);
}

/* A port that connect() chooses is none that the other has, and is then ours. */
TEST_F(tcp_wire, port__chosen_by_connect)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT), mine;
	int fd[4], i, client;

	be(other(variant->first));
	ASSERT_LE(0, self->p.listener = xt_listen(variant->version, XT_PORT, 4));
	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   "40000 40003\n"));
	mine = xt_loop(variant->version, 0);
	for (i = 0; i < 3; i++)
		ASSERT_LE(0, fd[i] = claim(other(variant->first), &mine, false));
	be(variant->first);
	client = xt_socket(variant->version, 0);
	ASSERT_EQ(0, XT(xt_connect(client, &at)));
	for (i = 0; i < 3; i++)
		EXPECT_NE(xt_lport(fd[i]), xt_lport(client));
	EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &mine, false));
	be(variant->first);
	self->p.client = xt_socket(variant->version, 0);
	EXPECT_EQ(-EADDRNOTAVAIL, XT(xt_connect(self->p.client, &at)));
	for (i = 0; i < 3; i++)
		close(fd[i]);
	close(client);
}

/* Nobody waits for a port of that kind: the next connect() may give it back. */
TEST_F(tcp_wire, port__chosen_by_connect_given_back)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT), was[2];
	int fd, i;

	be(variant->first);
	ASSERT_LE(0, self->p.listener = xt_listen(variant->version, XT_PORT, 4));
	for (i = 0; i < 2; i++) {
		fd = xt_socket(variant->version, 0);
		ASSERT_EQ(0, XT(xt_connect(fd, &at)));
		was[i] = xt_loop(variant->version, xt_lport(fd));
		EXPECT_EQ(-EADDRINUSE, claim(other(variant->first), &was[i],
					     false));
		be(variant->first);
		EXPECT_EQ(0, xt_linger(fd, 1, 0));
		close(fd);
	}
	for (i = 0; i < 2; i++) {
		fd = claim_soon(other(variant->first), &was[i]);
		EXPECT_LE(0, fd);
		close(fd);
	}
}

/* Children have the port as their listener had it; who only waits has not. */
TEST_F(tcp_wire, port__outlives_the_listener)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, fd;

	if (variant->first == HOST)
		SKIP(return, "the host's TCP has rules of its own");
	ASSERT_EQ(0, xt_pair_open(&self->p, v));
	xt_shut(&self->p.listener);
	EXPECT_EQ(-EADDRINUSE, claim(HOST, &at, true));
	be(XTCP);
	xt_shut(&self->p.server);
	xt_shut(&self->p.client);
	XT_ASSERT_STATE(v, XT_PORT, self->p.cport, TCP_TIME_WAIT);
	EXPECT_EQ(-EADDRINUSE, claim(XTCP, &at, false));
	fd = claim_soon(HOST, &at);
	EXPECT_LE(0, fd);
	close(fd);
	be(XTCP);
	XT_ASSERT_STATE(v, XT_PORT, self->p.cport, TCP_TIME_WAIT);
}

/* A client of @who, of this port, to the listener; or -errno. */
static int dial(enum who who, int version, int port)
{
	struct xt_addr from = xt_loop(version, port);
	struct xt_addr to = xt_loop(version, XT_PORT);
	int fd = claim_soon(who, &from), err;

	if (fd < 0)
		return fd;
	err = XT(xt_connect(fd, &to));
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* TIME_WAIT gives way to the host's connection with the very same ends. */
TEST_F(tcp_wire, port__time_wait_gives_way)
{
	struct xt_pair *p = &self->p;
	int v = variant->version, mine = XT_PORT + 1;
	char buf[8] = "";

	if (variant->first == HOST)
		SKIP(return, "the host's TCP has rules of its own");
	be(HOST);
	ASSERT_LE(0, p->listener = xt_listen(v, XT_PORT, 4));
	ASSERT_LE(0, p->client = dial(XTCP, v, mine));
	ASSERT_LE(0, p->server = accept(p->listener, NULL, NULL));
	xt_shut(&p->client);
	EXPECT_EQ(0, recv(p->server, buf, sizeof(buf), 0));
	xt_shut(&p->server);
	be(XTCP);
	XT_ASSERT_STATE(v, mine, XT_PORT, TCP_TIME_WAIT);

	ASSERT_LE(0, p->client = dial(HOST, v, mine));
	ASSERT_LE(0, p->server = accept(p->listener, NULL, NULL));
	ASSERT_EQ(0, xt_send_all(p->server, "there", 5));
	ASSERT_EQ(0, xt_recv_all(p->client, buf, 5));
	EXPECT_STREQ("there", buf);
	be(XTCP);
	XT_ASSERT_STATE(v, mine, XT_PORT, TCP_TIME_WAIT);
}

/* The native wire has ports of its own. */
TEST_F(tcp_wire, port__native_beside)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int native, tcp;

	tcp = claim(variant->first, &at, false);
	ASSERT_LE(0, tcp);
	be(XTCP);
	setenv("XTCP_TEST_WIRE", "native", 1);
	native = xt_socket(variant->version, 0);
	EXPECT_EQ(0, XT(xt_bind(native, &at)));
	close(native);
	close(tcp);
}

/* @first listens, the other connects: the peer has never heard of XTCP. */
TEST_F(tcp_wire, peer__whole_life)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	enum who server = variant->first, client = other(server);
	struct xt_pair *p = &self->p;
	int v = variant->version;
	char buf[16] = "";

	be(server);
	ASSERT_LE(0, p->listener = xt_listen(v, XT_PORT, 4));
	be(client);
	p->client = xt_socket(v, 0);
	ASSERT_EQ(0, XT(xt_connect(p->client, &at)));
	p->cport = xt_lport(p->client);
	XT_ASSERT_STATE(v, p->cport, XT_PORT, TCP_ESTABLISHED);
	be(server);
	ASSERT_LE(0, p->server = accept(p->listener, NULL, NULL));
	XT_ASSERT_STATE(v, XT_PORT, p->cport, TCP_ESTABLISHED);

	ASSERT_EQ(0, xt_send_all(p->client, "there", 5));
	ASSERT_EQ(0, xt_recv_all(p->server, buf, 5));
	EXPECT_STREQ("there", buf);
	ASSERT_EQ(0, shutdown(p->client, SHUT_WR));
	XT_ASSERT_STATE(v, XT_PORT, p->cport, TCP_CLOSE_WAIT);
	be(client);
	XT_ASSERT_STATE(v, p->cport, XT_PORT, TCP_FIN_WAIT2);
	EXPECT_EQ(0, recv(p->server, buf, sizeof(buf), 0));
	ASSERT_EQ(0, xt_send_all(p->server, "again", 5));
	ASSERT_EQ(0, xt_recv_all(p->client, buf, 5));
	EXPECT_STREQ("again", buf);
	xt_shut(&p->server);
	EXPECT_EQ(0, recv(p->client, buf, sizeof(buf), 0));
	xt_shut(&p->client);
	XT_ASSERT_STATE(v, p->cport, XT_PORT, TCP_TIME_WAIT);
	be(server);
	XT_ASSERT_STATE(v, XT_PORT, p->cport, XT_GONE);
}

TEST_F(tcp_wire, peer__reset)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	enum who server = variant->first, client = other(server);
	struct xt_pair *p = &self->p;
	char c;

	be(server);
	ASSERT_LE(0, p->listener = xt_listen(variant->version, XT_PORT, 4));
	be(client);
	p->client = xt_socket(variant->version, 0);
	ASSERT_EQ(0, XT(xt_connect(p->client, &at)));
	ASSERT_LE(0, p->server = accept(p->listener, NULL, NULL));
	ASSERT_EQ(0, xt_linger(p->client, 1, 0));
	xt_shut(&p->client);
	EXPECT_EQ(-ECONNRESET, XT(recv(p->server, &c, 1, 0)));
}

/* Of TCP_INFO: the options that both ends agreed on, and what came of them. */
static int options_of(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len))
		return -errno;
	return info.tcpi_options;
}

/* RFC 7413: first for a cookie, then text with the SYN. */
TEST_F(tcp_wire, peer__fast_open)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	enum who server = variant->first, client = other(server);
	struct xt_pair *p = &self->p;
	int round, yes = 5;
	char buf[16];

	be(client);
	ASSERT_EQ(0, xt_set_sysctl("fastopen", 3));
	be(server);
	ASSERT_EQ(0, xt_set_sysctl("fastopen", 3));
	ASSERT_LE(0, p->listener = xt_listen(variant->version, XT_PORT, 4));
	ASSERT_EQ(0, setsockopt(p->listener, SOL_TCP, TCP_FASTOPEN, &yes,
				sizeof(yes)));
	for (round = 0; round < 3; round++) {
		memset(buf, 0, sizeof(buf));
		be(client);
		p->client = xt_socket(variant->version, 0);
		ASSERT_EQ(5, XT(sendto(p->client, "there", 5, MSG_FASTOPEN,
				       &at.sa, at.len)));
		ASSERT_LE(0, p->server = accept(p->listener, NULL, NULL));
		ASSERT_EQ(0, xt_recv_all(p->server, buf, 5));
		EXPECT_STREQ("there", buf);
		EXPECT_EQ(round ? TCPI_OPT_SYN_DATA : 0,
			  options_of(p->client) & TCPI_OPT_SYN_DATA);
		EXPECT_EQ(round ? TCPI_OPT_SYN_DATA : 0,
			  options_of(p->server) & TCPI_OPT_SYN_DATA);
		ASSERT_EQ(0, xt_send_all(p->server, "again", 5));
		ASSERT_EQ(0, xt_recv_all(p->client, buf, 5));
		EXPECT_STREQ("again", buf);
		xt_shut(&p->server);
		EXPECT_EQ(0, XT(recv(p->client, buf, sizeof(buf), 0)));
		xt_shut(&p->client);
	}
}

/* RFC 3168: who connects asks, who listens agrees unasked. */
TEST_F(tcp_wire, peer__ecn)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	enum who server = variant->first, client = other(server);
	const int seen = TCPI_OPT_ECN | TCPI_OPT_ECN_SEEN;
	struct xt_pair *p = &self->p;
	char buf[16] = "";

	be(server);
	ASSERT_LE(0, p->listener = xt_listen(variant->version, XT_PORT, 4));
	be(client);
	ASSERT_EQ(0, xt_set_sysctl("ecn", 1));
	p->client = xt_socket(variant->version, 0);
	ASSERT_EQ(0, XT(xt_connect(p->client, &at)));
	ASSERT_LE(0, p->server = accept(p->listener, NULL, NULL));
	EXPECT_EQ(TCPI_OPT_ECN, options_of(p->client) & seen);
	ASSERT_EQ(0, xt_send_all(p->client, "there", 5));
	ASSERT_EQ(0, xt_recv_all(p->server, buf, 5));
	ASSERT_EQ(0, xt_send_all(p->server, "again", 5));
	ASSERT_EQ(0, xt_recv_all(p->client, buf, 5));
	EXPECT_STREQ("again", buf);
	EXPECT_EQ(seen, options_of(p->client) & seen);
	EXPECT_EQ(seen, options_of(p->server) & seen);
}

/* Nobody listens: the one whose port it is not refuses, and quickly. */
TEST_F(tcp_wire, peer__refused)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT2);
	int fd;

	be(other(variant->first));
	ASSERT_LE(0, self->p.listener = xt_listen(variant->version, XT_PORT, 4));
	be(variant->first);
	fd = xt_socket(variant->version, 0);
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	close(fd);
}

/* The segments are TCP's own: 6 in the header of IP, and a checksum over it. */
TEST_F(tcp_wire, wire__tcp_packets)
{
	struct xt_seg seg;
	int cap;

	cap = xt_capture("lo");
	ASSERT_LE(0, cap);
	be(XTCP);
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_EQ(1, xt_captured(cap, &seg, XT_SOON_MS));
	EXPECT_EQ(XT_SYN, seg.flags);
	EXPECT_EQ(self->p.sport, seg.dport);
	close(cap);
}

TEST_F(tcp_wire, tcp_wire__turned_off)
{
	char byte;

	if (variant->first == HOST)
		SKIP(return, "nobody is first");
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_EQ(0, xt_set_sysctl("tcp_wire", 0));
	EXPECT_EQ(-EPROTONOSUPPORT, XT(xt_socket(variant->version, 0)));
	ASSERT_EQ(0, xt_send_all(self->p.client, "x", 1));
	EXPECT_EQ(0, xt_recv_all(self->p.server, &byte, 1));
	ASSERT_EQ(0, xt_set_sysctl("tcp_wire", 1));
}

XT_MAIN
