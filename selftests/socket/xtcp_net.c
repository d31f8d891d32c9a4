// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the socket selftests share: what /proc says, settings, namespaces,
 * links that lose what one wants, capture.
 */
#define _GNU_SOURCE
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "xtcp_test.h"

#define MAX_ROWS 4096

static bool read_row(const char *line, struct xt_row *r)
{
	return sscanf(line,
		      " %*d: %*[0-9A-F]:%X %*[0-9A-F]:%X %X %X:%X %X:%lX %X %u %*u %lu",
		      &r->lport, &r->rport, &r->state, &r->txq, &r->rxq,
		      &r->timer, &r->expires, &r->retrans, &r->uid,
		      &r->inode) == 10;
}

/* One side is XTCP's, the other the host's: tests run under xtcp-run. */
bool xt_mixed(void)
{
	return getenv("XTCP_TEST_MIXED");
}

static int read_table(const char *name, int version, struct xt_row *rows,
		      int max)
{
	char path[64], line[512];
	FILE *f;
	int n = 0;

	/* By a path that xtcp-run does not recognise. */
	snprintf(path, sizeof(path), "/proc/thread-self/./net/%s%s", name,
		 version == 6 ? "6" : "");
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (n < max && fgets(line, sizeof(line), f))
		if (read_row(line, &rows[n]))
			n++;
	fclose(f);
	return n;
}

/* The rows of this namespace's table, or of both; how many, or -errno. */
int xt_rows(int version, struct xt_row *rows, int max)
{
	int n = read_table(xt_host() ? "tcp" : "xtcp", version, rows, max);
	int more;

	if (!xt_mixed() || n < 0)
		return n;
	more = read_table("xtcp", version, rows + n, max - n);
	return more < 0 ? more : n + more;
}

/* The row of that connection (of a listener: rport 0); 0 or -ENOENT. */
int xt_row(int version, uint16_t lport, uint16_t rport, struct xt_row *row)
{
	static struct xt_row rows[MAX_ROWS];
	int i, n = xt_rows(version, rows, MAX_ROWS);

	for (i = 0; i < n; i++) {
		if (rows[i].lport != lport || rows[i].rport != rport)
			continue;
		*row = rows[i];
		return 0;
	}
	return n < 0 ? n : -ENOENT;
}

/* The state, XT_GONE without a row, or -errno. */
int xt_state(int version, uint16_t lport, uint16_t rport)
{
	struct xt_row row;
	int err = xt_row(version, lport, rport, &row);

	if (err == -ENOENT)
		return XT_GONE;
	return err ? err : (int)row.state;
}

/* Waits for the state; returns the one seen last. */
int xt_wait_state(int version, uint16_t lport, uint16_t rport, int state,
		  int timeout_ms)
{
	long long end = xt_now_ms() + timeout_ms;
	int seen;

	for (;;) {
		seen = xt_state(version, lport, rport);
		if (seen == state || xt_now_ms() >= end)
			return seen;
		poll(NULL, 0, 2);
	}
}

/* How many rows are in that state; all of them for a state below 0. */
int xt_count(int version, int state)
{
	static struct xt_row rows[MAX_ROWS];
	int i, count = 0, n = xt_rows(version, rows, MAX_ROWS);

	for (i = 0; i < n; i++)
		if (state < 0 || (int)rows[i].state == state)
			count++;
	return n < 0 ? n : count;
}

int xt_wait_count(int version, int state, int count, int timeout_ms)
{
	long long end = xt_now_ms() + timeout_ms;
	int seen;

	for (;;) {
		seen = xt_count(version, state);
		if (seen == count || xt_now_ms() >= end)
			return seen;
		poll(NULL, 0, 2);
	}
}

/*
 * A name without a slash means net.xtcp.NAME, or net.ipv4.tcp_NAME of the host;
 * with slashes it is a path below /proc/sys.
 */
static void sysctl_path(const char *name, char *path, size_t size)
{
	if (strchr(name, '/'))
		snprintf(path, size, "/proc/sys/%s", name);
	else if (xt_host())
		snprintf(path, size, "/proc/sys/net/ipv4/tcp_%s", name);
	else
		snprintf(path, size, "/proc/sys/net/xtcp/%s", name);
}

long xt_sysctl(const char *name)
{
	char path[128], text[128] = "";
	FILE *f;

	sysctl_path(name, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return atol(text);
}

int xt_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		n = -errno;
	close(fd);
	return n < 0 ? n : 0;
}

int xt_set_sysctl(const char *name, long value)
{
	char path[128], text[32];

	snprintf(text, sizeof(text), "%ld\n", value);
	if (xt_mixed()) {
		snprintf(path, sizeof(path), "/proc/sys/net/xtcp/%s", name);
		xt_write_file(path, text);
	}
	sysctl_path(name, path, sizeof(path));
	return xt_write_file(path, text);
}

/* Run a command line; 0 when it succeeded. */
int xt_run(const char *fmt, ...)
{
	char line[512];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	status = system(line);
	if (status)
		fprintf(stderr, "# failed (%d): %s\n", status, line);
	return status;
}

static int lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int err;

	if (fd < 0)
		return -errno;
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	err = ioctl(fd, SIOCSIFFLAGS, &ifr) ? -errno : 0;
	close(fd);
	return err;
}

/* Each test gets a table, settings and TIME_WAIT entries of its own. */
int xt_fresh_netns(void)
{
	if (getenv("XTCP_TEST_KEEP_NETNS"))
		return 0;
	if (unshare(CLONE_NEWNET))
		return -errno;
	return lo_up();
}

/* Every packet on lo takes that long, so that states can be seen. 0 ends it. */
int xt_delay_lo(int ms)
{
	if (!ms)
		return xt_run("tc qdisc del dev lo root");
	return xt_run("tc qdisc replace dev lo root netem delay %dms limit 100000",
		      ms);
}

/* A device that swallows everything: xt_nowhere() is behind it. */
int xt_black_hole(void)
{
	return xt_run("ip link add hole type dummy && "
		      "ip addr add 192.0.2.1/24 dev hole && "
		      "ip addr add 2001:db8::1/64 dev hole nodad && "
		      "ip link set hole up");
}

struct xt_addr xt_nowhere(int version, uint16_t port)
{
	return xt_addr(version, version == 6 ? "2001:db8::2" : "192.0.2.2",
		       port);
}

static const char * const macs[2] = { "02:00:00:00:00:01", "02:00:00:00:00:02" };

static int net_side(int side)
{
	int peer = !side;

	return xt_run("ip link set v%d address %s && "
		      "ip addr add 10.9.0.%d/24 dev v%d && "
		      "ip addr add fd09::%d/64 dev v%d nodad && "
		      "ip link set v%d up", side, macs[side], side + 1, side,
		      side + 1, side, side) ||
	       xt_run("ip neigh replace 10.9.0.%d lladdr %s dev v%d nud permanent && "
		      "ip neigh replace fd09::%d lladdr %s dev v%d nud permanent",
		      peer + 1, macs[peer], side, peer + 1, macs[peer], side);
}

/*
 * Two namespaces; the caller goes on in the first, which is its own if someone
 * watches there. Neighbour entries are permanent: nothing but the test's own
 * packets is on the link.
 */
int xt_net_open(struct xt_net *net)
{
	bool stay = getenv("XTCP_TEST_KEEP_NETNS");
	int i;

	net->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	for (i = 1; i >= 0; i--) {
		if (i == 0 && stay)
			break;
		if (unshare(CLONE_NEWNET) || lo_up())
			return -1;
		net->ns[i] = open("/proc/thread-self/ns/net",
				  O_RDONLY | O_CLOEXEC);
	}
	if (stay)
		net->ns[0] = net->home;
	if (xt_net_enter(net, 0))
		return -1;
	if (xt_run("ip link add v0 type veth peer name v1 netns /proc/%d/fd/%d",
		   getpid(), net->ns[1]))
		return -1;
	if (xt_net_enter(net, 1) || net_side(1))
		return -1;
	return xt_net_enter(net, 0) || net_side(0) ? -1 : 0;
}

int xt_net_enter(const struct xt_net *net, int side)
{
	return setns(net->ns[side], CLONE_NEWNET);
}

struct xt_addr xt_net_addr(int version, int side, uint16_t port)
{
	char text[32];

	snprintf(text, sizeof(text), version == 6 ? "fd09::%d" : "10.9.0.%d",
		 side + 1);
	return xt_addr(version, text, port);
}

/* Lose, or no longer lose, what one side sends: it goes to nobody's address. */
int xt_net_cut(const struct xt_net *net, int from, bool cut)
{
	const char *mac = cut ? "02:00:00:00:00:99" : macs[!from];
	int err;

	if (xt_net_enter(net, from))
		return -1;
	err = xt_run("ip neigh replace 10.9.0.%d lladdr %s dev v%d nud permanent && "
		     "ip neigh replace fd09::%d lladdr %s dev v%d nud permanent",
		     !from + 1, mac, from, !from + 1, mac, from);
	return xt_net_enter(net, 0) || err ? -1 : 0;
}

/* What one side sends arrives so much later. */
int xt_net_delay(const struct xt_net *net, int from, int ms)
{
	int err;

	if (xt_net_enter(net, from))
		return -1;
	err = xt_run("tc qdisc replace dev v%d root netem delay %dms", from,
		     ms);
	return xt_net_enter(net, 0) || err ? -1 : 0;
}

/* A descriptor for xt_captured(): each packet of the device, once. */
int xt_capture(const char *device)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = if_nametoindex(device) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	xt_setint(fd, SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20);
	if (!bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	close(fd);
	return -1;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static bool read_segment(const uint8_t *p, size_t len, struct xt_seg *s)
{
	size_t head = (p[0] >> 4) == 6 ? 40 : (p[0] & 15) * 4;
	int proto = (p[0] >> 4) == 6 ? p[6] : p[9];

	if (len < head + 20 || proto != xt_ip_protocol())
		return false;
	p += head;
	s->sport = p[0] << 8 | p[1];
	s->dport = p[2] << 8 | p[3];
	s->seq = be32(p + 4);
	s->ack = be32(p + 8);
	s->flags = p[13] & 0x3f;
	s->wnd = p[14] << 8 | p[15];
	s->urp = p[18] << 8 | p[19];
	s->len = len - head - (p[12] >> 4) * 4;
	return true;
}

/* The next segment: 1, or 0 if none came in time. lo shows all once, going out. */
int xt_captured(int fd, struct xt_seg *seg, int timeout_ms)
{
	static uint8_t buf[70000];
	struct sockaddr_ll from;
	socklen_t fromlen;
	ssize_t n;

	while (xt_wait(fd, POLLIN, timeout_ms) > 0) {
		fromlen = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &fromlen);
		if (n < 20)
			continue;
		if (from.sll_hatype == 772 && from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (read_segment(buf, n, seg))
			return 1;
	}
	return 0;
}
