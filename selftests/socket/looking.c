// SPDX-License-Identifier: GPL-2.0-only
/* What can be seen: /proc, xtcp_info, counters, settings, tracepoints, ss. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_PAIR(looking);

XT_FIXTURE_BARE(settings);

/* XTCP's last columns, behind TCP's: opened closing ms_in_state reason. */
struct own {
	char opened[16], closing[16], reason[32];
	unsigned int ms;
};

/* Is that the row of the connection, and what is behind its columns? */
static bool own_columns(char *line, uint16_t lport, uint16_t rport,
			struct own *own)
{
	unsigned int l, r;
	char *word[40], *at;
	int n = 0;

	if (sscanf(line, " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%X", &l, &r) != 2 ||
	    l != lport || r != rport)
		return false;
	for (at = strtok(line, "\n "); at && n < 40; at = strtok(NULL, "\n "))
		word[n++] = at;
	snprintf(own->opened, sizeof(own->opened), "%s", word[n - 4]);
	snprintf(own->closing, sizeof(own->closing), "%s", word[n - 3]);
	own->ms = atoi(word[n - 2]);
	snprintf(own->reason, sizeof(own->reason), "%s", word[n - 1]);
	return true;
}

static int own_row(int version, uint16_t lport, uint16_t rport,
		   struct own *own)
{
	FILE *f = fopen(version == 6 ? "/proc/net/xtcp6" : "/proc/net/xtcp",
			"re");
	int err = -ENOENT;
	char line[512];

	while (f && err && fgets(line, sizeof(line), f))
		if (own_columns(line, lport, rport, own))
			err = 0;
	if (f)
		fclose(f);
	return err;
}

/* A counter of /proc/net/xtcp_stat, or -1. */
static long long counter(const char *name)
{
	FILE *f = fopen("/proc/net/xtcp_stat", "re");
	long long value, found = -1;
	char word[64], line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lld", word, &value) == 2 &&
		    !strcmp(word, name))
			found = value;
	if (f)
		fclose(f);
	return found;
}

/* Other readers look for the columns where TCP has them. */
TEST_F(looking, proc__header)
{
	char ours[512] = "", tcp[512] = "", *end;
	FILE *f;

	XT_ONLY_XTCP();
	f = fopen(variant->version == 6 ? "/proc/net/xtcp6" : "/proc/net/xtcp",
		  "re");
	ASSERT_NE(NULL, f);
	ASSERT_NE(NULL, fgets(ours, sizeof(ours), f));
	fclose(f);
	f = fopen(variant->version == 6 ? "/proc/net/tcp6" : "/proc/net/tcp",
		  "re");
	ASSERT_NE(NULL, f);
	ASSERT_NE(NULL, fgets(tcp, sizeof(tcp), f));
	fclose(f);
	end = strstr(tcp, "inode");
	ASSERT_NE(NULL, end);
	EXPECT_EQ(0, strncmp(ours, tcp, end + 5 - tcp));
}

/* A version sees its own rows only. */
TEST_F(looking, proc__version)
{
	EXPECT_EQ(3, xt_count(variant->version, -1));
	EXPECT_EQ(0, xt_count(10 - variant->version, -1));
}

TEST_F(looking, proc__queues)
{
	struct xt_row row;

	ASSERT_EQ(3, XT(send(self->p.client, "abc", 3, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	ASSERT_EQ(0, xt_row(variant->version, XT_PORT, self->p.cport, &row));
	EXPECT_EQ(3, row.rxq);
	EXPECT_NE(0, row.inode);
	ASSERT_EQ(0, xt_delay_lo(300));
	ASSERT_EQ(5, XT(send(self->p.client, "abcde", 5, 0)));
	ASSERT_EQ(0, xt_row(variant->version, self->p.cport, XT_PORT, &row));
	EXPECT_EQ(5, row.txq);
	EXPECT_EQ(1, row.timer);

	/* A listener's queues: who waits, and how many may. */
	ASSERT_EQ(0, xt_row(variant->version, XT_PORT, 0, &row));
	EXPECT_EQ(0, row.rxq);
}

TEST_F(looking, proc__listen_queue)
{
	struct xt_row row;
	int fd = xt_dial(variant->version, XT_PORT);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, xt_row(variant->version, XT_PORT, 0, &row));
	EXPECT_EQ(1, row.rxq);
	close(fd);
}

TEST_F(looking, proc__own_columns)
{
	int v = variant->version;
	struct own own;

	XT_ONLY_XTCP();
	ASSERT_EQ(0, own_row(v, self->p.cport, XT_PORT, &own));
	EXPECT_STREQ("active", own.opened);
	EXPECT_STREQ("-", own.closing);
	ASSERT_EQ(0, own_row(v, XT_PORT, self->p.cport, &own));
	EXPECT_STREQ("passive", own.opened);
	xt_sleep_ms(2000);
	ASSERT_EQ(0, own_row(v, XT_PORT, self->p.cport, &own));
	EXPECT_LE(1900, own.ms);
	EXPECT_GT(9000, own.ms);

	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	ASSERT_EQ(0, own_row(v, self->p.cport, XT_PORT, &own));
	EXPECT_STREQ("we-first", own.closing);
	EXPECT_GT(1500, own.ms);
	ASSERT_EQ(0, own_row(v, XT_PORT, self->p.cport, &own));
	EXPECT_STREQ("peer-first", own.closing);
	xt_shut(&self->p.server);
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	ASSERT_EQ(0, own_row(v, self->p.cport, XT_PORT, &own));
	EXPECT_STREQ("active", own.opened);
	EXPECT_STREQ("we-first", own.closing);
}

static struct xtcp_info info_of(int fd)
{
	struct xtcp_info info = { .xtcpi_state = 255 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_XTCP, XTCP_INFO, &info, &len) ||
	    len != sizeof(info))
		info.xtcpi_state = 255;
	return info;
}

TEST_F(looking, xtcp_info)
{
	struct xtcp_info c, s;

	XT_ONLY_XTCP();
	c = info_of(self->p.client);
	s = info_of(self->p.server);
	EXPECT_EQ(TCP_ESTABLISHED, c.xtcpi_state);
	EXPECT_EQ(XTCP_INFO_OPENED_ACTIVE, c.xtcpi_opened);
	EXPECT_EQ(XTCP_INFO_OPENED_PASSIVE, s.xtcpi_opened);
	EXPECT_EQ(XTCP_INFO_CLOSING_NOT, c.xtcpi_closing);
	EXPECT_EQ(c.xtcpi_iss, s.xtcpi_irs);
	EXPECT_EQ(s.xtcpi_iss, c.xtcpi_irs);
	EXPECT_EQ(c.xtcpi_iss + 1, s.xtcpi_rcv_nxt);
	EXPECT_EQ(c.xtcpi_snd_wnd, s.xtcpi_rcv_wnd);
	EXPECT_LT(0, c.xtcpi_rto_us);
	EXPECT_EQ(TCP_LISTEN, info_of(self->p.listener).xtcpi_state);

	ASSERT_EQ(7, XT(send(self->p.client, "1234567", 7, 0)));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	xt_sleep_ms(500);
	c = info_of(self->p.client);
	EXPECT_EQ(7, c.xtcpi_bytes_sent);
	EXPECT_EQ(7, c.xtcpi_bytes_acked);
	EXPECT_EQ(7, info_of(self->p.server).xtcpi_bytes_received);
	EXPECT_EQ(c.xtcpi_iss + 8, c.xtcpi_snd_una);
	EXPECT_EQ(c.xtcpi_iss + 8, c.xtcpi_snd_nxt);
	EXPECT_LE(450, c.xtcpi_state_ms);
}

/* How it ended, from either side, told after the end. */
/* The handshake gives each end its first sample (RFC 6298 2.2, 7323 4.1). */
TEST_F(looking, tcp_info__rto_of_handshake)
{
	int fds[] = { self->p.client, self->p.server }, i;
	struct tcp_info info = {};
	socklen_t len;

	for (i = 0; i < 2; i++) {
		len = sizeof(info);
		ASSERT_EQ(0, getsockopt(fds[i], IPPROTO_TCP, TCP_INFO, &info,
					&len));
		EXPECT_LT(0, info.tcpi_rtt);
		EXPECT_GT(500 * 1000, info.tcpi_rto)
			TH_LOG("end %d: %u us", i, info.tcpi_rto);
	}
}

TEST_F(looking, xtcp_info__reset)
{
	struct xtcp_info c;

	XT_ONLY_XTCP();
	xt_linger(self->p.server, 1, 0);
	xt_shut(&self->p.server);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS));
	c = info_of(self->p.client);
	EXPECT_EQ(TCP_CLOSE, c.xtcpi_state);
	EXPECT_EQ(XTCP_INFO_CLOSING_RESET_RCVD, c.xtcpi_closing);
	EXPECT_STREQ("ResetByPeer", c.xtcpi_reason_name);
	EXPECT_LT(0, counter("ResetByPeer"));
	EXPECT_LT(0, counter("InRsts"));
	EXPECT_LT(0, counter("OutRsts"));
}

TEST_F(looking, xtcp_info__closing)
{
	XT_ONLY_XTCP();
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	EXPECT_EQ(XTCP_INFO_CLOSING_WE_FIRST,
		  info_of(self->p.client).xtcpi_closing);
	EXPECT_EQ(XTCP_INFO_CLOSING_PEER_FIRST,
		  info_of(self->p.server).xtcpi_closing);
	EXPECT_EQ(TCP_CLOSE_WAIT, info_of(self->p.server).xtcpi_state);
}

TEST_F(looking, xtcp_info__arguments)
{
	struct xtcp_info info;
	socklen_t len = 1;

	XT_ONLY_XTCP();
	ASSERT_EQ(0, XT(getsockopt(self->p.client, SOL_XTCP, XTCP_INFO, &info,
				   &len)));
	EXPECT_EQ(1, len);
	EXPECT_EQ(TCP_ESTABLISHED, info.xtcpi_state);
	len = sizeof(info);
	EXPECT_EQ(-EFAULT, XT(getsockopt(self->p.client, SOL_XTCP, XTCP_INFO,
					 (void *)8, &len)));
	len = -1;
	EXPECT_EQ(-EINVAL, XT(getsockopt(self->p.client, SOL_XTCP, XTCP_INFO,
					 &info, &len)));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(self->p.client, SOL_XTCP,
					     XTCP_INFO, 1)));
	EXPECT_EQ(-EINVAL, XT(xt_setint(self->p.client, SOL_XTCP, XTCP_MSL,
					0)));
	EXPECT_EQ(-EINVAL, XT(xt_setint(self->p.client, SOL_XTCP, XTCP_MSL,
					3600001)));
}

/* Counters tell what was done, by its reason; each namespace has its own. */
TEST_F(looking, counters)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT2);
	long long refused, opens;
	int fd;

	XT_ONLY_XTCP();
	opens = counter("ActiveOpens");
	refused = counter("NoConnection");
	ASSERT_LE(1, opens);
	ASSERT_LE(0, refused);
	EXPECT_EQ(1, counter("PassiveOpens"));
	EXPECT_EQ(2, counter("Established"));
	fd = xt_socket(variant->version, 0);
	EXPECT_EQ(-ECONNREFUSED, XT(xt_connect(fd, &at)));
	close(fd);
	EXPECT_EQ(opens + 1, counter("ActiveOpens"));
	/* On the TCP wire the host's TCP answers for nobody. */
	if (xt_ip_protocol() != IPPROTO_TCP)
		refused++;
	EXPECT_EQ(refused, counter("NoConnection"));
	EXPECT_EQ(1, counter("Refused"));
	EXPECT_EQ(0, counter("Impossible"));
	xt_pair_close(&self->p);
	ASSERT_EQ(0, xt_fresh_netns());
	if (!getenv("XTCP_TEST_KEEP_NETNS"))
		EXPECT_EQ(0, counter("ActiveOpens"));
}

/* ss reads the table as if it were TCP's. */
TEST_F(looking, ss)
{
	char line[512], want[32];
	bool listen = false, established = false;
	FILE *f;

	XT_ONLY_XTCP();
	if (access("/usr/bin/ss", X_OK) && access("/bin/ss", X_OK))
		SKIP(return, "no ss here");
	setenv("PROC_NET_TCP", variant->version == 6 ? "/proc/net/xtcp6" :
	       "/proc/net/xtcp", 1);
	f = popen("ss -tan4", "re");
	ASSERT_NE(NULL, f);
	snprintf(want, sizeof(want), ":%u ", self->p.cport);
	while (fgets(line, sizeof(line), f)) {
		listen |= !strncmp(line, "LISTEN", 6);
		established |= !strncmp(line, "ESTAB", 5) &&
			       strstr(line, want);
	}
	pclose(f);
	EXPECT_TRUE(listen);
	EXPECT_TRUE(established);
}

/* A change of state fires its tracepoint. */
TEST_F(settings, tracepoints)
{
	static char text[65536];
	const char *dir = "/sys/kernel/tracing";
	int n = 0, got = 1, fd, tmp;

	XT_ONLY_XTCP();
	if (access("/sys/kernel/tracing/trace", R_OK))
		xt_run("mount -t tracefs none /sys/kernel/tracing");
	if (access("/sys/kernel/tracing/events/xtcp", R_OK))
		SKIP(return, "no %s/events/xtcp", dir);
	ASSERT_EQ(0, xt_write_file("/sys/kernel/tracing/trace", "\n"));
	ASSERT_EQ(0, xt_write_file("/sys/kernel/tracing/events/xtcp/enable",
				   "1\n"));
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	tmp = xt_write_file("/sys/kernel/tracing/events/xtcp/enable", "0\n");
	ASSERT_EQ(0, tmp);
	fd = open("/sys/kernel/tracing/trace", O_RDONLY);
	/* A read gives a page of it at most. */
	while (got > 0) {
		got = read(fd, text + n, sizeof(text) - 1 - n);
		n += got > 0 ? got : 0;
	}
	ASSERT_LT(0, n);
	close(fd);
	EXPECT_NE(NULL, strstr(text, "xtcp_segment_out: "));
	EXPECT_NE(NULL, strstr(text, "xtcp_segment_in: "));
	EXPECT_NE(NULL, strstr(text, "CLOSED->SYN_SENT"));
	EXPECT_NE(NULL, strstr(text, "SYN_SENT->ESTABLISHED"));
	EXPECT_NE(NULL, strstr(text, "SYN_RCVD->ESTABLISHED"));
	EXPECT_NE(NULL, strstr(text, "ESTABLISHED->FIN_WAIT_1"));
	EXPECT_NE(NULL, strstr(text, "->TIME_WAIT"));
	EXPECT_NE(NULL, strstr(text, "CLOSE_WAIT->LAST_ACK"));
}

XT_MAIN
