// SPDX-License-Identifier: GPL-2.0-only
/* bind(): ports, addresses, who may, and who is in whose way. */
#define _GNU_SOURCE
#include <net/if.h>
#include <sys/syscall.h>
#include <linux/capability.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_BARE(bind);

static int bind_new(int version, const struct xt_addr *a)
{
	int fd = xt_socket(version, 0);

	if (fd >= 0 && xt_bind(fd, a))
		xt_shut(&fd);
	return fd < 0 ? -errno : fd;
}

TEST_F(bind, bind__port_zero)
{
	struct xt_addr at = xt_loop(variant->version, 0);
	int a, b;

	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   "40000 40999\n"));
	a = bind_new(variant->version, &at);
	b = bind_new(variant->version, &at);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_NE(xt_lport(a), xt_lport(b));
	EXPECT_LE(40000, xt_lport(a));
	EXPECT_GE(40999, xt_lport(a));
	close(a);
	close(b);
}

/* When every automatic port is taken there is none to give. */
TEST_F(bind, bind__port_zero_exhausted)
{
	struct xt_addr at = xt_loop(variant->version, 0);
	int i, n = 0, fd;

	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_local_port_range",
				   "40000 40003\n"));
	for (i = 0; i < 8; i++) {
		fd = bind_new(variant->version, &at);
		n += fd >= 0;
	}
	EXPECT_EQ(4, n);
	EXPECT_EQ(-EADDRINUSE, fd);
}

TEST_F(bind, bind__twice)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	struct xt_addr other = xt_loop(variant->version, XT_PORT2);
	int fd = bind_new(variant->version, &at);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, XT(xt_bind(fd, &other)));
	EXPECT_EQ(XT_PORT, xt_lport(fd));
	close(fd);
}

TEST_F(bind, bind__connected)
{
	struct xt_addr other = xt_loop(variant->version, XT_PORT2);

	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	EXPECT_EQ(-EINVAL, XT(xt_bind(self->p.client, &other)));
	EXPECT_EQ(-EINVAL, XT(xt_bind(self->p.server, &other)));
	EXPECT_EQ(-EINVAL, XT(xt_bind(self->p.listener, &other)));
}

static int drop_bind_capability(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];

	if (syscall(SYS_capget, &head, caps))
		return -errno;
	caps[0].effective &= ~(1U << CAP_NET_BIND_SERVICE);
	return syscall(SYS_capset, &head, caps) ? -errno : 0;
}

TEST_F(bind, bind__privileged)
{
	struct xt_addr low = xt_loop(variant->version, 80);
	struct xt_addr first = xt_loop(variant->version, 1024);
	int fd = bind_new(variant->version, &low);

	ASSERT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, drop_bind_capability());
	EXPECT_EQ(-EACCES, bind_new(variant->version, &low));
	fd = bind_new(variant->version, &first);
	EXPECT_LE(0, fd);
	close(fd);
	ASSERT_EQ(0, xt_write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start",
				   "80\n"));
	fd = bind_new(variant->version, &low);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(bind, bind__in_use)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	struct xt_addr any = xt_any(variant->version, XT_PORT);
	int a = bind_new(variant->version, &at);
	int b;

	ASSERT_LE(0, a);
	EXPECT_EQ(-EADDRINUSE, bind_new(variant->version, &at));
	EXPECT_EQ(-EADDRINUSE, bind_new(variant->version, &any));
	close(a);
	b = bind_new(variant->version, &any);
	ASSERT_LE(0, b);
	EXPECT_EQ(-EADDRINUSE, bind_new(variant->version, &at));
	close(b);
	a = bind_new(variant->version, &at);
	EXPECT_LE(0, a);
	close(a);
}

/* Two addresses of one host do not meet. */
TEST_F(bind, bind__other_address)
{
	struct xt_addr one = xt_loop(variant->version, XT_PORT);
	struct xt_addr two = variant->version == 6 ?
			     xt_addr(6, "fd00::2", XT_PORT) :
			     xt_addr(4, "127.0.0.2", XT_PORT);
	int a, b;

	if (variant->version == 6)
		ASSERT_EQ(0, xt_run("ip addr add fd00::2/128 dev lo nodad"));
	a = bind_new(variant->version, &one);
	b = bind_new(variant->version, &two);
	EXPECT_LE(0, a);
	EXPECT_LE(0, b);
	close(a);
	close(b);
}

TEST_F(bind, bind__not_local)
{
	struct xt_addr at = xt_addr(variant->version, variant->version == 6 ?
				    "2001:db8::7" : "192.0.2.7", XT_PORT);
	int v = variant->version, fd;

	EXPECT_EQ(-EADDRNOTAVAIL, bind_new(v, &at));
	fd = xt_socket(v, 0);
	ASSERT_EQ(0, XT(v == 6 ? xt_setint(fd, SOL_IPV6, IPV6_FREEBIND, 1) :
				 xt_setint(fd, SOL_IP, IP_FREEBIND, 1)));
	EXPECT_EQ(0, XT(xt_bind(fd, &at)));
	close(fd);
}

TEST_F(bind, bind__multicast)
{
	struct xt_addr at = xt_addr(variant->version, variant->version == 6 ?
				    "ff02::1" : "224.0.0.1", XT_PORT);
	int err = bind_new(variant->version, &at);

	/* IPv4's bind takes it, as TCP's does; nothing can connect to it. */
	EXPECT_EQ(variant->version == 6 ? -EINVAL : 0, err < 0 ? err : 0);
}

/* An address of the other version, or of none. */
TEST_F(bind, bind__wrong_family)
{
	struct xt_addr at = xt_loop(10 - variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	at.len = sizeof(at.in6);
	EXPECT_EQ(-EAFNOSUPPORT, XT(xt_bind(fd, &at)));
	at = xt_loop(variant->version, XT_PORT);
	at.sa.sa_family = AF_UNIX;
	EXPECT_EQ(-EAFNOSUPPORT, XT(xt_bind(fd, &at)));
	at.sa.sa_family = AF_UNSPEC;
	EXPECT_EQ(-EAFNOSUPPORT, XT(xt_bind(fd, &at)));
	EXPECT_EQ(0, xt_lport(fd));
	close(fd);
}

/* XTCP's own family number is good for either version. */
TEST_F(bind, bind__own_family)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	XT_ONLY_XTCP();
	at.sa.sa_family = xt_family(variant->version);
	EXPECT_EQ(0, XT(xt_bind(fd, &at)));
	at.len = sizeof(at.ss);
	ASSERT_EQ(0, XT(getsockname(fd, &at.sa, &at.len)));
	EXPECT_EQ(xt_domain(variant->version), at.sa.sa_family);
	EXPECT_EQ(XT_PORT, xt_port_of(&at));
	close(fd);
}

TEST_F(bind, bind__length)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);
	socklen_t least = variant->version == 6 ? 24 : sizeof(at.in);

	EXPECT_EQ(-EINVAL, XT(bind(fd, &at.sa, 0)));
	EXPECT_EQ(-EINVAL, XT(bind(fd, &at.sa, 2)));
	EXPECT_EQ(-EINVAL, XT(bind(fd, &at.sa, least - 1)));
	EXPECT_EQ(-EINVAL, XT(bind(fd, &at.sa, sizeof(at.ss) + 1)));
	EXPECT_EQ(-EINVAL, XT(bind(fd, &at.sa, -1)));
	EXPECT_EQ(-EFAULT, XT(bind(fd, (struct sockaddr *)8, at.len)));
	EXPECT_EQ(0, XT(bind(fd, &at.sa, sizeof(at.ss))));
	close(fd);
}

/* SO_REUSEADDR on both lets both bind; only one of them can listen. */
TEST_F(bind, bind__reuseaddr)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int a = xt_bound(variant->version, XT_PORT, 0);
	int b = xt_bound(variant->version, XT_PORT, 0);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(-EADDRINUSE, bind_new(variant->version, &at));
	ASSERT_EQ(0, XT(listen(a, 1)));
	EXPECT_EQ(-EADDRINUSE, XT(listen(b, 1)));
	EXPECT_GT(0, xt_bound(variant->version, XT_PORT, 0));
	close(a);
	EXPECT_EQ(0, XT(listen(b, 1)));
	close(b);
}

static int reuseport(int version, uint16_t port)
{
	struct xt_addr at = xt_loop(version, port);
	int fd = xt_socket(version, SOCK_NONBLOCK);

	if (xt_setint(fd, SOL_SOCKET, SO_REUSEPORT, 1) || xt_bind(fd, &at) ||
	    listen(fd, 64))
		xt_shut(&fd);
	return fd;
}

#define SHARED 40

TEST_F(bind, bind__reuseport)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, l[2], fd, i, got[2] = { 0, 0 };

	l[0] = reuseport(v, XT_PORT);
	l[1] = reuseport(v, XT_PORT);
	ASSERT_LE(0, l[0]);
	ASSERT_LE(0, l[1]);
	EXPECT_EQ(-EADDRINUSE, bind_new(v, &at));
	for (i = 0; i < SHARED; i++)
		ASSERT_LE(0, xt_dial(v, XT_PORT));
	for (i = 0; i < 2; i++)
		while ((fd = accept(l[i], NULL, NULL)) >= 0)
			got[i]++;
	EXPECT_EQ(SHARED, got[0] + got[1]);
	EXPECT_LT(0, got[0]);
	EXPECT_LT(0, got[1]);

	/* When one of them goes, the other has all. */
	close(l[0]);
	for (i = 0; i < 8; i++)
		ASSERT_LE(0, xt_dial(v, XT_PORT));
	for (i = 0; accept(l[1], NULL, NULL) >= 0;)
		i++;
	EXPECT_EQ(8, i);
	close(l[1]);
}

/* Another user's sockets are not one's own to share. */
TEST_F(bind, bind__reuseport_other_user)
{
	int v = variant->version, a = reuseport(v, XT_PORT);

	ASSERT_LE(0, a);
	ASSERT_EQ(0, setresuid(65534, 65534, 65534));
	EXPECT_EQ(-1, reuseport(v, XT_PORT));
	EXPECT_EQ(EADDRINUSE, errno);
	close(a);
}

TEST_F(bind, bind__device)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int v = variant->version, other, lo;

	ASSERT_EQ(0, xt_black_hole());
	other = xt_socket(v, 0);
	EXPECT_EQ(-ENODEV, XT(setsockopt(other, SOL_SOCKET, SO_BINDTODEVICE,
					 "nodev", 6)));
	ASSERT_EQ(0, XT(setsockopt(other, SOL_SOCKET, SO_BINDTODEVICE, "hole",
				   5)));
	at = xt_any(v, XT_PORT);
	ASSERT_EQ(0, XT(xt_bind(other, &at)));
	ASSERT_EQ(0, XT(listen(other, 4)));
	self->p.client = xt_dial(v, XT_PORT);
	EXPECT_GT(0, self->p.client);
	EXPECT_EQ(ECONNREFUSED, errno);

	/* The same port on another device is another port. */
	lo = xt_socket(v, 0);
	ASSERT_EQ(0, XT(setsockopt(lo, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3)));
	ASSERT_EQ(0, XT(xt_bind(lo, &at)));
	ASSERT_EQ(0, XT(listen(lo, 4)));
	self->p.client = xt_dial(v, XT_PORT);
	EXPECT_LE(0, self->p.client);
	EXPECT_NE(0, xt_wait(lo, POLLIN, XT_SOON_MS));
	EXPECT_EQ(0, xt_wait(other, POLLIN, 0));
	close(lo);
	close(other);
}

/* An address without a device is not enough on a link. */
TEST_F(bind, bind__scope)
{
	struct xt_addr at = xt_addr(6, "fe80::1", XT_PORT);
	int fd;

	if (variant->version == 4)
		SKIP(return, "IPv6 only");
	ASSERT_EQ(0, xt_black_hole());
	ASSERT_EQ(0, xt_run("ip addr add fe80::1/64 dev hole nodad"));
	fd = xt_socket(6, 0);
	EXPECT_EQ(-EINVAL, XT(xt_bind(fd, &at)));
	at.in6.sin6_scope_id = if_nametoindex("hole");
	EXPECT_EQ(0, XT(xt_bind(fd, &at)));
	close(fd);
}

XT_MAIN
