// SPDX-License-Identifier: GPL-2.0-only
/* Socket options: values, ranges, lengths and errors as TCP has them. */
#define _GNU_SOURCE
#include <limits.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

/* Nothing has this number. */
#define OPT_NO_SUCH	250

XT_FIXTURE(options);

FIXTURE_SETUP(options)
{
	signal(SIGPIPE, SIG_IGN);
	self->p.server = -1;
	self->p.listener = -1;
	ASSERT_EQ(0, xt_fresh_netns());
	self->p.client = xt_socket(variant->version, 0);
	ASSERT_LE(0, self->p.client);
}

FIXTURE_TEARDOWN(options)
{
	xt_pair_close(&self->p);
}

/**
 * struct rule - an option that takes a number
 * @first: the value a new socket has
 * @set: a value that is taken
 * @get: what then is read
 * @low: and @high: values that are refused with EINVAL (if not 0)
 */
struct rule {
	const char *what;
	int name, first, set, get, low, high;
};

static const struct rule tcp_rules[] = {
	{ "NODELAY", TCP_NODELAY, 0, 5, 1, 0, 0 },
	{ "NODELAY off", TCP_NODELAY, 1, 0, 0, 0, 0 },
	{ "CORK", TCP_CORK, 0, 1, 1, 0, 0 },
	{ "CORK off", TCP_CORK, 1, 0, 0, 0, 0 },
	{ "MAXSEG", TCP_MAXSEG, 536, 1000, 1000, 87, 32768 },
	{ "KEEPIDLE", TCP_KEEPIDLE, 7200, 60, 60, -1, 32768 },
	{ "KEEPIDLE most", TCP_KEEPIDLE, 60, 32767, 32767, -5, INT_MAX },
	{ "KEEPINTVL", TCP_KEEPINTVL, 75, 1, 1, -1, 32768 },
	{ "KEEPCNT", TCP_KEEPCNT, 9, 127, 127, -1, 128 },
	{ "SYNCNT", TCP_SYNCNT, -1, 127, 127, -1, 128 },
	{ "LINGER2", TCP_LINGER2, 60, 10, 10, 0, 0 },
	{ "LINGER2 most", TCP_LINGER2, 10, 121, 120, 0, 0 },
	{ "LINGER2 none", TCP_LINGER2, 120, -7, -1, 0, 0 },
	{ "DEFER_ACCEPT", TCP_DEFER_ACCEPT, 0, 1, 1, 0, 0 },
	{ "DEFER_ACCEPT longer", TCP_DEFER_ACCEPT, 1, 5, 7, 0, 0 },
	{ "DEFER_ACCEPT off", TCP_DEFER_ACCEPT, 7, 0, 0, 0, 0 },
	{ "QUICKACK off", TCP_QUICKACK, 1, 0, 0, 0, 0 },
	{ "QUICKACK", TCP_QUICKACK, 0, 1, 1, 0, 0 },
	{ "USER_TIMEOUT", TCP_USER_TIMEOUT, 0, 12345, 12345, -1, 0 },
};

TEST_F(options, tcp__values)
{
	int fd = self->p.client, first, err;
	const struct rule *r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tcp_rules); i++) {
		r = &tcp_rules[i];
		first = r->name == TCP_SYNCNT ? xt_sysctl("syn_retries") :
			r->first;
		EXPECT_EQ(first, xt_getint(fd, SOL_TCP, r->name))
			TH_LOG("%s before", r->what);
		EXPECT_EQ(0, XT(xt_setint(fd, SOL_TCP, r->name, r->set)))
			TH_LOG("%s set", r->what);
		EXPECT_EQ(r->get, xt_getint(fd, SOL_TCP, r->name))
			TH_LOG("%s after", r->what);
		err = r->low ? XT(xt_setint(fd, SOL_TCP, r->name, r->low)) :
		      -EINVAL;
		EXPECT_EQ(-EINVAL, err)
			TH_LOG("%s too low", r->what);
		err = r->high ? XT(xt_setint(fd, SOL_TCP, r->name, r->high)) :
		      -EINVAL;
		EXPECT_EQ(-EINVAL, err)
			TH_LOG("%s too high", r->what);
		EXPECT_EQ(r->get, xt_getint(fd, SOL_TCP, r->name))
			TH_LOG("%s after a refusal", r->what);
	}
}

/* Zero is no time and no count. */
TEST_F(options, tcp__zero)
{
	static const int names[] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT,
				     TCP_SYNCNT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(-EINVAL, XT(xt_setint(self->p.client, SOL_TCP,
						names[i], 0)))
			TH_LOG("option %d", names[i]);
	}
}

/* Lengths and pointers, the same for each of them. */
TEST_F(options, tcp__lengths)
{
	static const int names[] = { TCP_NODELAY, TCP_CORK, TCP_MAXSEG,
		TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_SYNCNT,
		TCP_LINGER2, TCP_DEFER_ACCEPT, TCP_QUICKACK, TCP_USER_TIMEOUT };
	int fd = self->p.client, one = 100;
	char room[8];
	socklen_t len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(-EINVAL, XT(setsockopt(fd, SOL_TCP, names[i], &one,
						 3)))
			TH_LOG("set %d", names[i]);
		EXPECT_EQ(-EINVAL, XT(setsockopt(fd, SOL_TCP, names[i], &one,
						 0)));
		EXPECT_EQ(-EINVAL, XT(setsockopt(fd, SOL_TCP, names[i], &one,
						 -1)));
		EXPECT_EQ(-EFAULT, XT(setsockopt(fd, SOL_TCP, names[i],
						 (void *)8, 4)));
		len = -1;
		EXPECT_EQ(-EINVAL, XT(getsockopt(fd, SOL_TCP, names[i], &one,
						 &len)))
			TH_LOG("get %d", names[i]);
		len = 4;
		EXPECT_EQ(-EFAULT, XT(getsockopt(fd, SOL_TCP, names[i],
						 (void *)8, &len)));
		EXPECT_EQ(-EFAULT, XT(getsockopt(fd, SOL_TCP, names[i], &one,
						 (void *)8)));
		memset(room, 0x55, sizeof(room));
		len = 1;
		EXPECT_EQ(0, XT(getsockopt(fd, SOL_TCP, names[i], room, &len)));
		EXPECT_EQ(1, len);
		EXPECT_EQ(0x55, room[1]);
		len = 8;
		EXPECT_EQ(0, XT(getsockopt(fd, SOL_TCP, names[i], room, &len)));
		EXPECT_EQ(4, len);
	}
	one = 1;
	EXPECT_EQ(0, XT(setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, 4000)));
}

TEST_F(options, options__unknown)
{
	int fd = self->p.client, err;

	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, SOL_TCP, OPT_NO_SUCH, 1)));
	EXPECT_EQ(-ENOPROTOOPT, xt_getint(fd, SOL_TCP, OPT_NO_SUCH));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, SOL_SOCKET, OPT_NO_SUCH, 1)));
	EXPECT_EQ(-ENOPROTOOPT, xt_getint(fd, SOL_SOCKET, OPT_NO_SUCH));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, SOL_IP, OPT_NO_SUCH, 1)));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, 777, 1, 1)));
	/* IPv4's answer to a level that nobody has is a different one. */
	err = xt_getint(fd, 777, 1);
	EXPECT_TRUE(err == -ENOPROTOOPT || err == -EOPNOTSUPP);
	if (xt_host())
		return;
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, SOL_XTCP, OPT_NO_SUCH, 1)));
	EXPECT_EQ(-ENOPROTOOPT, xt_getint(fd, SOL_XTCP, OPT_NO_SUCH));
}

TEST_F(options, tcp_info)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0xee, sizeof(info));
	ASSERT_EQ(0, XT(getsockopt(self->p.client, SOL_TCP, TCP_INFO, &info,
				   &len)));
	EXPECT_EQ(TCP_CLOSE, info.tcpi_state);
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(self->p.client, SOL_TCP, TCP_INFO,
					     1)));
	xt_shut(&self->p.client);
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	len = 1;
	ASSERT_EQ(0, XT(getsockopt(self->p.server, SOL_TCP, TCP_INFO, &info,
				   &len)));
	EXPECT_EQ(1, len);
	EXPECT_EQ(TCP_ESTABLISHED, info.tcpi_state);
	len = sizeof(info);
	ASSERT_EQ(0, XT(getsockopt(self->p.listener, SOL_TCP, TCP_INFO, &info,
				   &len)));
	EXPECT_EQ(TCP_LISTEN, info.tcpi_state);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	len = sizeof(info);
	ASSERT_EQ(0, XT(getsockopt(self->p.client, SOL_TCP, TCP_INFO, &info,
				   &len)));
	EXPECT_EQ(TCP_FIN_WAIT2, info.tcpi_state);
	EXPECT_LT(0, info.tcpi_rto);
	EXPECT_LT(0, info.tcpi_snd_mss);
	EXPECT_LT(0, info.tcpi_snd_cwnd);
	len = sizeof(info);
	ASSERT_EQ(0, XT(getsockopt(self->p.server, SOL_TCP, TCP_INFO, &info,
				   &len)));
	EXPECT_EQ(TCP_CLOSE_WAIT, info.tcpi_state);
}

/* A smaller segment, asked for before connecting, holds for the connection. */
TEST_F(options, maxseg__connection)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_MAXSEG, 700));
	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	ASSERT_EQ(0, XT(xt_connect(self->p.client, &at)));
	self->p.server = accept(self->p.listener, NULL, NULL);
	EXPECT_GE(700, xt_getint(self->p.client, SOL_TCP, TCP_MAXSEG));
	EXPECT_LE(600, xt_getint(self->p.client, SOL_TCP, TCP_MAXSEG));
	EXPECT_GE(700, xt_getint(self->p.server, SOL_TCP, TCP_MAXSEG));
}

TEST_F(options, socket__what_it_is)
{
	int fd = self->p.client;

	EXPECT_EQ(SOCK_STREAM, xt_getint(fd, SOL_SOCKET, SO_TYPE));
	EXPECT_EQ(xt_domain(variant->version), xt_getint(fd, SOL_SOCKET,
							 SO_DOMAIN));
	EXPECT_EQ(xt_host() ? IPPROTO_TCP : IPPROTO_XTCP,
		  xt_getint(fd, SOL_SOCKET, SO_PROTOCOL));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ACCEPTCONN));
	EXPECT_EQ(0, xt_getint(fd, SOL_SOCKET, SO_ERROR));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, SOL_SOCKET, SO_TYPE, 1)));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(fd, SOL_SOCKET, SO_ERROR, 1)));
}

static const struct rule socket_rules[] = {
	{ "REUSEADDR", SO_REUSEADDR, 0, 1, 1, 0, 0 },
	{ "REUSEPORT", SO_REUSEPORT, 0, 1, 1, 0, 0 },
	{ "KEEPALIVE", SO_KEEPALIVE, 0, 1, 1, 0, 0 },
	{ "OOBINLINE", SO_OOBINLINE, 0, 1, 1, 0, 0 },
	{ "BROADCAST", SO_BROADCAST, 0, 1, 1, 0, 0 },
	{ "PRIORITY", SO_PRIORITY, 0, 5, 5, 0, 0 },
	{ "MARK", SO_MARK, 0, 99, 99, 0, 0 },
	{ "RCVLOWAT", SO_RCVLOWAT, 1, 100, 100, 0, 0 },
	{ "RCVLOWAT none", SO_RCVLOWAT, 100, 0, 1, 0, 0 },
	{ "TIMESTAMP", SO_TIMESTAMP, 0, 1, 1, 0, 0 },
};

TEST_F(options, socket__values)
{
	const struct rule *r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(socket_rules); i++) {
		r = &socket_rules[i];
		EXPECT_EQ(r->first, xt_getint(self->p.client, SOL_SOCKET,
					      r->name))
			TH_LOG("%s before", r->what);
		EXPECT_EQ(0, XT(xt_setint(self->p.client, SOL_SOCKET, r->name,
					  r->set)))
			TH_LOG("%s set", r->what);
		EXPECT_EQ(r->get, xt_getint(self->p.client, SOL_SOCKET,
					    r->name))
			TH_LOG("%s after", r->what);
	}
}

/* Buffers: what is asked for is doubled, within limits. */
TEST_F(options, socket__buffers)
{
	int fd = self->p.client, least;

	EXPECT_LT(4096, xt_getint(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_LT(4096, xt_getint(fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_EQ(0, xt_setint(fd, SOL_SOCKET, SO_SNDBUF, 20000));
	EXPECT_EQ(40000, xt_getint(fd, SOL_SOCKET, SO_SNDBUF));
	ASSERT_EQ(0, xt_setint(fd, SOL_SOCKET, SO_RCVBUF, 20000));
	EXPECT_EQ(40000, xt_getint(fd, SOL_SOCKET, SO_RCVBUF));
	ASSERT_EQ(0, xt_setint(fd, SOL_SOCKET, SO_RCVBUF, 1));
	least = xt_getint(fd, SOL_SOCKET, SO_RCVBUF);
	EXPECT_LT(1000, least);
	EXPECT_GT(10000, least);
	ASSERT_EQ(0, xt_setint(fd, SOL_SOCKET, SO_SNDBUF, 1));
	least = xt_getint(fd, SOL_SOCKET, SO_SNDBUF);
	EXPECT_LT(1000, least);
	EXPECT_GT(10000, least);
	ASSERT_EQ(0, xt_setint(fd, SOL_SOCKET, SO_SNDBUF, INT_MAX));
	EXPECT_LT(100000, xt_getint(fd, SOL_SOCKET, SO_SNDBUF));
	EXPECT_GT(INT_MAX / 4, xt_getint(fd, SOL_SOCKET, SO_SNDBUF));
}

/* The smallest buffers still move bytes. */
TEST_F(options, socket__smallest_buffers)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	static char buf[50000];
	long long end = xt_now_ms() + XT_SOON_MS;
	size_t sent = 0, got = 0;
	long n;

	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	ASSERT_EQ(0, xt_setint(self->p.listener, SOL_SOCKET, SO_RCVBUF, 1));
	ASSERT_EQ(0, xt_setint(self->p.client, SOL_SOCKET, SO_SNDBUF, 1));
	ASSERT_EQ(0, XT(xt_connect(self->p.client, &at)));
	self->p.server = accept(self->p.listener, NULL, NULL);
	xt_nonblock(self->p.client, true);
	while (got < sizeof(buf)) {
		n = XT(send(self->p.client, buf, sizeof(buf) - sent, 0));
		if (n > 0)
			sent += n;
		n = XT(recv(self->p.server, buf, sizeof(buf), MSG_DONTWAIT));
		if (n > 0)
			got += n;
		ASSERT_GT(end, xt_now_ms())
			TH_LOG("%zu sent, %zu read", sent, got);
		poll(NULL, 0, 1);
	}
	EXPECT_EQ(sizeof(buf), sent);
}

/* IP's own options are there too. */
TEST_F(options, ip__values)
{
	int fd = self->p.client;

	if (variant->version == 6) {
		EXPECT_EQ(0, XT(xt_setint(fd, SOL_IPV6, IPV6_UNICAST_HOPS, 9)));
		EXPECT_EQ(9, xt_getint(fd, SOL_IPV6, IPV6_UNICAST_HOPS));
		EXPECT_EQ(0, XT(xt_setint(fd, SOL_IPV6, IPV6_TCLASS, 0x10)));
		EXPECT_EQ(0x10, xt_getint(fd, SOL_IPV6, IPV6_TCLASS));
		return;
	}
	EXPECT_EQ(64, xt_getint(fd, SOL_IP, IP_TTL));
	EXPECT_EQ(0, XT(xt_setint(fd, SOL_IP, IP_TTL, 9)));
	EXPECT_EQ(9, xt_getint(fd, SOL_IP, IP_TTL));
	EXPECT_EQ(0, XT(xt_setint(fd, SOL_IP, IP_TOS, 0x10)));
	EXPECT_EQ(0x10, xt_getint(fd, SOL_IP, IP_TOS));
	EXPECT_EQ(-EINVAL, XT(xt_setint(fd, SOL_IP, IP_TTL, 256)));
}

XT_MAIN
