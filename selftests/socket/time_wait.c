// SPDX-License-Identifier: GPL-2.0-only
/* TIME_WAIT: how long, how many, and what may use the port again. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

/* XTCP's segment lifetime here; the host's is half a minute, unchangeably. */
#define MSL_MS	1500
#define LONG_MSL_MS	30000	/* none is over meanwhile */
#define TWO_MSL_MS (xt_host() ? 60000 : 2 * MSL_MS)

XT_FIXTURE(time_wait);

FIXTURE_SETUP(time_wait)
{
	signal(SIGPIPE, SIG_IGN);
	self->p.client = -1;
	self->p.server = -1;
	self->p.listener = -1;
	ASSERT_EQ(0, xt_fresh_netns());
	if (!xt_host())
		ASSERT_EQ(0, xt_set_sysctl("msl_ms", MSL_MS));
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
}

FIXTURE_TEARDOWN(time_wait)
{
	xt_pair_close(&self->p);
}

TEST_F_TIMEOUT(time_wait, two_msl, 100)
{
	long long start;
	struct xt_row row;

	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	start = xt_now_ms();
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	ASSERT_EQ(0, xt_row(variant->version, self->p.cport, self->p.sport,
			    &row));
	EXPECT_EQ(3, row.timer);
	EXPECT_EQ(0, row.inode);
	xt_sleep_ms(TWO_MSL_MS * 9 / 10 - (xt_now_ms() - start));
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	EXPECT_EQ(XT_GONE, xt_wait_state(variant->version, self->p.cport,
					 self->p.sport, XT_GONE, TWO_MSL_MS));
	EXPECT_GT(TWO_MSL_MS * 5 / 4 + 1000, xt_now_ms() - start);
}

/* It outlives not only the descriptor but the process. */
TEST_F_TIMEOUT(time_wait, two_msl__outlives_process, 100)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, WUNTRACED);
	xt_shut(&self->p.client);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	xt_sleep_ms(TWO_MSL_MS / 2);
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(variant->version, self->p.cport,
					  self->p.sport));
}

/* A segment lifetime of the socket's own, which its TIME_WAIT inherits. */
TEST_F(time_wait, two_msl__per_socket)
{
	long long start;

	XT_ONLY_XTCP();
	EXPECT_EQ(MSL_MS, xt_getint(self->p.client, SOL_XTCP, XTCP_MSL));
	ASSERT_EQ(0, XT(xt_setint(self->p.client, SOL_XTCP, XTCP_MSL, 100)));
	EXPECT_EQ(100, xt_getint(self->p.client, SOL_XTCP, XTCP_MSL));
	start = xt_now_ms();
	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_CLIENT(XT_GONE);
	EXPECT_LE(180, xt_now_ms() - start);
	EXPECT_GT(1000, xt_now_ms() - start);
}

/* The descriptor that is still held says CLOSED: TIME_WAIT is not its own. */
TEST_F(time_wait, two_msl__descriptor_held)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	char c;

	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLOUT |
		  POLLWRNORM, xt_events(self->p.client));
	ASSERT_EQ(0, getsockopt(self->p.client, SOL_TCP, TCP_INFO, &info,
				&len));
	EXPECT_EQ(TCP_CLOSE, info.tcpi_state);
}

TEST_F(time_wait, bind_in_time_wait)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, fd;

	xt_shut(&self->p.server);
	xt_shut(&self->p.listener);
	xt_shut(&self->p.client);
	XT_ASSERT_SERVER(TCP_TIME_WAIT);
	fd = xt_socket(v, 0);
	EXPECT_EQ(-EADDRINUSE, XT(xt_bind(fd, &at)));
	ASSERT_EQ(0, xt_setint(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	ASSERT_EQ(0, XT(xt_bind(fd, &at)));
	ASSERT_EQ(0, XT(listen(fd, 4)));
	self->p.client = xt_dial(v, XT_PORT);
	EXPECT_LE(0, self->p.client);
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(v, self->p.sport, self->p.cport));
	close(fd);
}

/* After TIME_WAIT the port is free without further ado. */
TEST_F_TIMEOUT(time_wait, bind_in_time_wait__and_after, 100)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	xt_shut(&self->p.server);
	xt_shut(&self->p.listener);
	xt_shut(&self->p.client);
	XT_ASSERT_SERVER(TCP_TIME_WAIT);
	EXPECT_EQ(-EADDRINUSE, XT(xt_bind(fd, &at)));
	EXPECT_EQ(XT_GONE, xt_wait_state(variant->version, self->p.sport,
					 self->p.cport, XT_GONE, 90000));
	EXPECT_EQ(0, XT(xt_bind(fd, &at)));
	close(fd);
}

#define BUCKETS	10

TEST_F(time_wait, time_wait_flood)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, i, most = 0, n;

	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	ASSERT_EQ(0, xt_set_sysctl("max_tw_buckets", BUCKETS));
	if (!xt_host())
		ASSERT_EQ(0, xt_set_sysctl("msl_ms", LONG_MSL_MS));
	for (i = 0; i < 4 * BUCKETS; i++) {
		self->p.client = xt_socket(v, 0);
		ASSERT_EQ(0, XT(xt_connect(self->p.client, &at)));
		self->p.server = accept(self->p.listener, NULL, NULL);
		ASSERT_LE(0, self->p.server);
		xt_shut(&self->p.client);
		xt_shut(&self->p.server);
		n = xt_count(v, TCP_TIME_WAIT);
		if (n > most)
			most = n;
	}
	EXPECT_EQ(BUCKETS, most);
	EXPECT_EQ(BUCKETS + 1, xt_count(v, -1));
}

/* The very same client address and port again, with a newer SYN. */
TEST_F(time_wait, time_wait_reuse)
{
	struct xt_addr from = xt_loop(variant->version, self->p.cport);
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version;
	char buf[3];

	xt_shut(&self->p.server);
	xt_shut(&self->p.client);
	XT_ASSERT_SERVER(TCP_TIME_WAIT);
	XT_ASSERT_CLIENT(XT_GONE);
	xt_sleep_ms(100);
	self->p.client = xt_socket(v, 0);
	xt_setint(self->p.client, SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_EQ(0, XT(xt_bind(self->p.client, &from)));
	ASSERT_EQ(0, XT(xt_connect(self->p.client, &at)));
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	EXPECT_EQ(0, xt_count(v, TCP_TIME_WAIT));
	ASSERT_EQ(3, XT(send(self->p.client, "new", 3, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.server, buf, 3));
}

/* From the side that holds the entry, with the port bound on purpose. */
TEST_F(time_wait, time_wait_reuse__own)
{
	struct xt_addr from = xt_loop(variant->version, self->p.cport);
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version;

	xt_setint(self->p.client, SOL_SOCKET, SO_REUSEADDR, 1);
	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	self->p.client = xt_socket(v, 0);
	xt_setint(self->p.client, SOL_SOCKET, SO_REUSEADDR, 1);
	ASSERT_EQ(0, XT(xt_bind(self->p.client, &from)));
	EXPECT_EQ(0, XT(xt_connect(self->p.client, &at)));
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	EXPECT_EQ(0, xt_count(v, TCP_TIME_WAIT));
}

/* An automatic port does not take a TIME_WAIT's tuple, unless tw_reuse. */
TEST_F(time_wait, time_wait_reuse__automatic_port)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version;
	char range[32];

	ASSERT_EQ(0, xt_set_sysctl("tw_reuse", 0));
	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	snprintf(range, sizeof(range), "%d %d\n", self->p.cport,
		 self->p.cport);
	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   range));
	self->p.client = xt_socket(v, 0);
	EXPECT_EQ(-EADDRNOTAVAIL, XT(xt_connect(self->p.client, &at)));
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(v, self->p.cport, self->p.sport));

	/* Newer by the timestamps' clock, which a second makes sure of. */
	ASSERT_EQ(0, xt_set_sysctl("tw_reuse", 1));
	xt_sleep_ms(1200);
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(v, self->p.cport, self->p.sport));
	EXPECT_EQ(0, XT(xt_connect(self->p.client, &at)));
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
}

/* Then it may, once a second of the clock is over in which nothing came. */
TEST_F(time_wait, time_wait_reuse__next_second)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	long long began, tried;
	char range[32];

	ASSERT_EQ(0, xt_set_sysctl("tw_reuse", 1));
	snprintf(range, sizeof(range), "%d %d\n", self->p.cport,
		 self->p.cport);
	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   range));
	xt_sleep_ms(1500 - xt_now_ms() % 1000);
	began = xt_now_ms();
	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	self->p.client = xt_socket(variant->version, 0);
	EXPECT_EQ(-EADDRNOTAVAIL, XT(xt_connect(self->p.client, &at)));
	tried = xt_now_ms();
	EXPECT_EQ(began / 1000, tried / 1000);

	xt_sleep_ms(1002 - tried % 1000);
	EXPECT_EQ(0, XT(xt_connect(self->p.client, &at)));
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	EXPECT_GT(1000, xt_now_ms() - began);
}

XT_MAIN
