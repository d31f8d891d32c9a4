// SPDX-License-Identifier: GPL-2.0-only
/* Options of SOL_SOCKET that need the protocol's help, and what goes with them. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <time.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

#define NS_S		1000000000LL
#define QUEUE_SKB	65536	/* what one look at the limits lets pass */

XT_FIXTURE_PAIR(socket_level);

static long long real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NS_S + ts.tv_nsec;
}

/**
 * struct stamps - the control messages of one recvmsg()
 * @count: how many there were
 * @type: of the last
 * @ns: its time
 */
struct stamps {
	int count;
	int type;
	long long ns;
};

static long long time_in(const struct cmsghdr *c)
{
	const struct timespec *ts = (const void *)CMSG_DATA(c);
	const struct timeval *tv = (const void *)CMSG_DATA(c);

	if (c->cmsg_type == SO_TIMESTAMP)
		return tv->tv_sec * NS_S + tv->tv_usec * 1000LL;
	return ts->tv_sec * NS_S + ts->tv_nsec;
}

static ssize_t recv_stamped(int fd, size_t len, int flags, struct stamps *s)
{
	char buf[256], control[512];
	struct iovec iov = { buf, len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n = XT(recvmsg(fd, &msg, flags));
	struct cmsghdr *c;

	memset(s, 0, sizeof(*s));
	if (n < 0)
		return n;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		s->count++;
		s->type = c->cmsg_type;
		s->ns = time_in(c);
	}
	return n;
}

static const struct {
	int name, value, type;
} stamp_ways[] = {
	{ SO_TIMESTAMP, 1, SO_TIMESTAMP },
	{ SO_TIMESTAMPNS, 1, SO_TIMESTAMPNS },
	{ SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE |
			   SOF_TIMESTAMPING_SOFTWARE, SO_TIMESTAMPING },
};

/* One time for each read: when the last text in it arrived. */
TEST_F(socket_level, timestamps)
{
	int client = self->p.client, server = self->p.server;
	long long before, after;
	struct stamps s;
	size_t i;

	ASSERT_EQ(4, XT(send(client, "none", 4, 0)));
	EXPECT_EQ(4, recv_stamped(server, 9, 0, &s));
	EXPECT_EQ(0, s.count);
	for (i = 0; i < ARRAY_SIZE(stamp_ways); i++) {
		ASSERT_EQ(0, XT(xt_setint(server, SOL_SOCKET,
					  stamp_ways[i].name,
					  stamp_ways[i].value)));
		/* The kernel may begin to take times a little later. */
		xt_sleep_ms(50);
		before = real_ns();
		ASSERT_EQ(4, XT(send(client, "first", 4, 0)));
		ASSERT_EQ(POLLIN, xt_wait(server, POLLIN, XT_SOON_MS));
		ASSERT_EQ(4, XT(send(client, "last", 4, 0)));
		xt_wait(server, POLLIN, XT_SOON_MS);
		after = real_ns();
		EXPECT_EQ(2, recv_stamped(server, 2, MSG_PEEK, &s));
		EXPECT_EQ(1, s.count);
		EXPECT_EQ(stamp_ways[i].type, s.type);
		EXPECT_LE(before / 1000, s.ns / 1000);
		EXPECT_EQ(8, recv_stamped(server, 8, MSG_WAITALL, &s));
		EXPECT_EQ(1, s.count);
		EXPECT_LE(before / 1000, s.ns / 1000);
		EXPECT_GE(after, s.ns);
		ASSERT_EQ(0, XT(xt_setint(server, SOL_SOCKET,
					  stamp_ways[i].name, 0)));
	}
}

static int wait_queued(int fd, int bytes)
{
	long long end = xt_now_ms() + XT_SOON_MS;
	int queued = 0;

	while (queued < bytes && xt_now_ms() < end)
		if (ioctl(fd, SIOCINQ, &queued))
			return -errno;
	return queued;
}

/* Text that waits in two pieces: each read has the time of its own. */
TEST_F(socket_level, timestamps__last)
{
	int client = self->p.client, server = self->p.server;
	static char big[8000];
	static long long between;
	struct stamps s;
	int i;

	ASSERT_EQ(0, XT(xt_setint(server, SOL_SOCKET, SO_TIMESTAMPNS, 1)));
	xt_sleep_ms(50);
	ASSERT_EQ(0, xt_send_all(client, big, sizeof(big)));
	ASSERT_EQ(sizeof(big), wait_queued(server, sizeof(big)));
	xt_sleep_ms(20);
	between = real_ns();
	ASSERT_EQ(0, xt_send_all(client, big, sizeof(big)));
	ASSERT_EQ(2 * sizeof(big), wait_queued(server, 2 * sizeof(big)));
	for (i = 0; i < (int)(2 * sizeof(big)) / 200; i++) {
		ASSERT_EQ(200, recv_stamped(server, 200, MSG_WAITALL, &s));
		EXPECT_EQ(1, s.count);
	}
	EXPECT_LE(between, s.ns);
}

TEST_F(socket_level, zerocopy)
{
	char buf[4];

	EXPECT_EQ(xt_host() ? 0 : -EOPNOTSUPP,
		  XT(xt_setint(self->p.client, SOL_SOCKET, SO_ZEROCOPY, 1)));
	if (xt_host())
		return;
	EXPECT_EQ(4, XT(send(self->p.client, "copy", 4, MSG_ZEROCOPY)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 4, 0)));
	EXPECT_EQ(0, memcmp(buf, "copy", 4));
}

TEST_F(socket_level, incoming_cpu)
{
	char c;
	int cpu;

	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	ASSERT_EQ(1, XT(recv(self->p.server, &c, 1, 0)));
	cpu = xt_getint(self->p.server, SOL_SOCKET, SO_INCOMING_CPU);
	EXPECT_LE(0, cpu);
	EXPECT_GT(sysconf(_SC_NPROCESSORS_CONF), cpu);
}

/* Routes are asked with the mark of the socket. */
TEST_F(socket_level, mark)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, xt_black_hole());
	if (xt_run("ip -%d rule add pref 0 fwmark 7 prohibit",
		   variant->version))
		SKIP(goto out, "no rules by mark here");
	ASSERT_EQ(0, XT(xt_setint(fd, SOL_SOCKET, SO_MARK, 7)));
	EXPECT_EQ(7, xt_getint(fd, SOL_SOCKET, SO_MARK));
	EXPECT_EQ(-EACCES, XT(xt_connect(fd, &at)));
	ASSERT_EQ(0, XT(xt_setint(fd, SOL_SOCKET, SO_MARK, 8)));
	EXPECT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
out:
	close(fd);
}

TEST_F(socket_level, numbers)
{
	int fd = self->p.client;

	EXPECT_EQ(0, XT(xt_setint(fd, SOL_SOCKET, SO_PRIORITY, 6)));
	EXPECT_EQ(6, xt_getint(fd, SOL_SOCKET, SO_PRIORITY));
	EXPECT_EQ(-1, xt_getint(fd, SOL_SOCKET, SO_MAX_PACING_RATE));
	EXPECT_EQ(0, XT(xt_setint(fd, SOL_SOCKET, SO_MAX_PACING_RATE,
				  1000000)));
	EXPECT_EQ(1000000, xt_getint(fd, SOL_SOCKET, SO_MAX_PACING_RATE));
	EXPECT_EQ(4, XT(send(fd, "pace", 4, 0)));
}

/* Drops all; then the peer's retransmission gets through. */
TEST_F(socket_level, filter)
{
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog prog = { ARRAY_SIZE(none), none };
	char buf[4];

	ASSERT_EQ(0, XT(setsockopt(self->p.server, SOL_SOCKET,
				   SO_ATTACH_FILTER, &prog, sizeof(prog))));
	ASSERT_EQ(4, XT(send(self->p.client, "drop", 4, 0)));
	EXPECT_EQ(0, xt_wait(self->p.server, POLLIN, 100));
	ASSERT_EQ(0, XT(xt_setint(self->p.server, SOL_SOCKET,
				  SO_DETACH_FILTER, 0)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 4, MSG_WAITALL)));
}

/* It sees the header first: only segments to this port pass. */
TEST_F(socket_level, filter__ports)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, self->p.sport, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x40000),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };
	char buf[4];

	ASSERT_EQ(0, XT(setsockopt(self->p.server, SOL_SOCKET,
				   SO_ATTACH_FILTER, &prog, sizeof(prog))));
	ASSERT_EQ(4, XT(send(self->p.client, "pass", 4, 0)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 4, MSG_WAITALL)));
	EXPECT_EQ(0, memcmp(buf, "pass", 4));
}

TEST_F(socket_level, meminfo)
{
	unsigned int mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	ASSERT_EQ(0, XT(getsockopt(self->p.client, SOL_SOCKET, SO_MEMINFO, mem,
				   &len)));
	EXPECT_EQ(sizeof(mem), len);
	EXPECT_EQ(xt_getint(self->p.client, SOL_SOCKET, SO_RCVBUF),
		  mem[SK_MEMINFO_RCVBUF]);
	EXPECT_EQ(xt_getint(self->p.client, SOL_SOCKET, SO_SNDBUF),
		  mem[SK_MEMINFO_SNDBUF]);
	EXPECT_EQ(0, mem[SK_MEMINFO_WMEM_QUEUED]);
}

static int unsent(int fd)
{
	int bytes = -1;

	ioctl(fd, SIOCOUTQNSD, &bytes);
	return bytes;
}

/* A peer that does not read: @sum bytes fit; then one that does. */
static void check_lowat(struct __test_metadata *_metadata,
			const struct xt_pair *p, int lowat)
{
	static char buf[65536];
	int end = 0;

	ASSERT_LT(0, xt_fill(p->client));
	EXPECT_GE(lowat + QUEUE_SKB, unsent(p->client));
	EXPECT_EQ(0, xt_wait(p->client, POLLOUT, 0));
	while (!xt_wait(p->client, POLLOUT, 0)) {
		if (!xt_wait(p->server, POLLIN, XT_SOON_MS))
			break;
		end += recv(p->server, buf, sizeof(buf), MSG_DONTWAIT) > 0;
	}
	EXPECT_LT(0, end);
	EXPECT_EQ(POLLOUT, xt_wait(p->client, POLLOUT, XT_SOON_MS));
	EXPECT_GT(lowat, 2 * unsent(p->client));
}

TEST_F(socket_level, notsent_lowat)
{
	ASSERT_EQ(0, XT(xt_setint(self->p.client, SOL_TCP, TCP_NOTSENT_LOWAT,
				  16384)));
	EXPECT_EQ(16384, xt_getint(self->p.client, SOL_TCP,
				   TCP_NOTSENT_LOWAT));
	check_lowat(_metadata, &self->p, 16384);
}

TEST_F(socket_level, notsent_lowat__setting)
{
	EXPECT_EQ(4294967295L, xt_sysctl("notsent_lowat"));
	ASSERT_EQ(0, xt_set_sysctl("notsent_lowat", 20000));
	check_lowat(_metadata, &self->p, 20000);
	EXPECT_EQ(0, xt_getint(self->p.client, SOL_TCP, TCP_NOTSENT_LOWAT));
}

/* Who waits for the mark to be passed is woken, though nothing is read. */
TEST_F(socket_level, notsent_lowat__wakes)
{
	ASSERT_EQ(0, XT(xt_setint(self->p.client, SOL_TCP, TCP_NOTSENT_LOWAT,
				  1)));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	EXPECT_EQ(POLLOUT, xt_wait(self->p.client, POLLOUT, XT_SOON_MS));
}

static int info_of(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return XT(getsockopt(fd, SOL_TCP, TCP_INFO, info, &len));
}

TEST_F(socket_level, tcp_info)
{
	struct tcp_info c, s;
	char buf[1000];

	ASSERT_EQ(1000, XT(send(self->p.client, memset(buf, 1, 1000), 1000,
				0)));
	ASSERT_EQ(1000, XT(recv(self->p.server, buf, 1000, MSG_WAITALL)));
	ASSERT_EQ(0, info_of(self->p.client, &c));
	ASSERT_EQ(0, info_of(self->p.server, &s));
	EXPECT_EQ(TCP_ESTABLISHED, c.tcpi_state);
	EXPECT_EQ(TCP_CA_Open, c.tcpi_ca_state);
	EXPECT_TRUE(c.tcpi_options & TCPI_OPT_TIMESTAMPS);
	EXPECT_TRUE(c.tcpi_options & TCPI_OPT_WSCALE);
	EXPECT_EQ(0, c.tcpi_retransmits);
	EXPECT_LE(65535, c.tcpi_pmtu);
	EXPECT_LT(0, c.tcpi_rtt);
	EXPECT_LE(200000, c.tcpi_rto);
	/* RFC 6928 2 gives two such large segments, the host ten. */
	EXPECT_LE(2, c.tcpi_snd_cwnd);
	EXPECT_LT(30000, c.tcpi_snd_mss);
	EXPECT_GT(1000, s.tcpi_last_data_recv);
	EXPECT_LT(0, c.tcpi_rcv_space);
}

/* Behind what libc's struct tcp_info ends with: offsets in the kernel's. */
enum {
	MAX_PACING_RATE	= 112,
	BYTES_ACKED	= 120,
	BYTES_RECEIVED	= 128,
	SEGS_OUT	= 136,
	SEGS_IN		= 140,
	NOTSENT_BYTES	= 144,
};

TEST_F(socket_level, tcp_info__later_fields)
{
	uint64_t c[40] = { 0 }, s[40] = { 0 };
	socklen_t len = sizeof(c);
	char buf[1000];

	ASSERT_EQ(1000, XT(send(self->p.client, memset(buf, 1, 1000), 1000,
				0)));
	ASSERT_EQ(1000, XT(recv(self->p.server, buf, 1000, MSG_WAITALL)));
	ASSERT_LT(0, xt_fill(self->p.client));
	ASSERT_EQ(0, XT(getsockopt(self->p.client, SOL_TCP, TCP_INFO, c,
				   &len)));
	ASSERT_LT(NOTSENT_BYTES, len);
	len = sizeof(s);
	ASSERT_EQ(0, XT(getsockopt(self->p.server, SOL_TCP, TCP_INFO, s,
				   &len)));
	EXPECT_EQ(~0ull, c[MAX_PACING_RATE / 8]);
	EXPECT_LE(1000, c[BYTES_ACKED / 8]);
	/* The host's counts the SYN. */
	EXPECT_EQ(c[BYTES_ACKED / 8], s[BYTES_RECEIVED / 8] + xt_host());
	EXPECT_LT(2, c[SEGS_OUT / 8] & 0xffffffff);
	EXPECT_LT(2, s[SEGS_IN / 8] >> 32);
	EXPECT_EQ(unsent(self->p.client), c[NOTSENT_BYTES / 8] & 0xffffffff);
}

XT_MAIN
