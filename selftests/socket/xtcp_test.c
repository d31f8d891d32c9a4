// SPDX-License-Identifier: GPL-2.0-only
/* What the socket selftests share: which protocol, sockets, waits. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "xtcp_test.h"

static int env_number(const char *name, int otherwise)
{
	const char *text = getenv(name);

	return text && *text ? atoi(text) : otherwise;
}

static bool on_tcp_wire(void)
{
	const char *wire = getenv("XTCP_TEST_WIRE");

	return wire && !strcmp(wire, "tcp");
}

/* Is the host's TCP under test? */
bool xt_host(void)
{
	return env_number("XTCP_TEST_HOST", 0);
}

/* The family of the addresses. */
int xt_domain(int version)
{
	return version == 6 ? AF_INET6 : AF_INET;
}

/* The first argument of socket(). */
int xt_family(int version)
{
	if (xt_host())
		return xt_domain(version);
	return env_number("XTCP_TEST_FAMILY", AF_XTCP);
}

/* The third argument of socket(). */
int xt_protocol(int version)
{
	int wire = on_tcp_wire() ? IPPROTO_TCP : 0;

	if (xt_host())
		return 0;
	return version == 6 ? wire | XTCP_IPV6 : wire;
}

/* The protocol number in the IP header. */
int xt_ip_protocol(void)
{
	return xt_host() || on_tcp_wire() ? IPPROTO_TCP : IPPROTO_XTCP;
}

int xt_socket(int version, int flags)
{
	return socket(xt_family(version), SOCK_STREAM | flags,
		      xt_protocol(version));
}

struct xt_addr xt_addr(int version, const char *text, uint16_t port)
{
	struct xt_addr a = { .len = sizeof(a.in) };

	if (version == 4) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
		inet_pton(AF_INET, text, &a.in.sin_addr);
		return a;
	}
	a.len = sizeof(a.in6);
	a.in6.sin6_family = AF_INET6;
	a.in6.sin6_port = htons(port);
	inet_pton(AF_INET6, text, &a.in6.sin6_addr);
	return a;
}

struct xt_addr xt_loop(int version, uint16_t port)
{
	return xt_addr(version, version == 6 ? "::1" : "127.0.0.1", port);
}

struct xt_addr xt_any(int version, uint16_t port)
{
	return xt_addr(version, version == 6 ? "::" : "0.0.0.0", port);
}

uint16_t xt_port_of(const struct xt_addr *a)
{
	if (a->sa.sa_family == AF_INET6)
		return ntohs(a->in6.sin6_port);
	return ntohs(a->in.sin_port);
}

/* The local port, or 0. */
uint16_t xt_lport(int fd)
{
	struct xt_addr a = { .len = sizeof(a.ss) };

	if (getsockname(fd, &a.sa, &a.len))
		return 0;
	return xt_port_of(&a);
}

int xt_bind(int fd, const struct xt_addr *a)
{
	return bind(fd, &a->sa, a->len);
}

int xt_connect(int fd, const struct xt_addr *a)
{
	return connect(fd, &a->sa, a->len);
}

/* A socket bound to the loopback address, with SO_REUSEADDR. */
int xt_bound(int version, uint16_t port, int flags)
{
	struct xt_addr a = xt_loop(version, port);
	int fd = xt_socket(version, flags);

	if (fd < 0)
		return -1;
	xt_setint(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!xt_bind(fd, &a))
		return fd;
	xt_shut(&fd);
	return -1;
}

int xt_listen(int version, uint16_t port, int backlog)
{
	int fd = xt_bound(version, port, 0);

	if (fd >= 0 && listen(fd, backlog))
		xt_shut(&fd);
	return fd;
}

/* A new socket connected, blocking, to that port of the loopback address. */
int xt_dial(int version, uint16_t port)
{
	struct xt_addr a = xt_loop(version, port);
	int fd = xt_socket(version, 0);

	if (fd >= 0 && xt_connect(fd, &a))
		xt_shut(&fd);
	return fd;
}

int xt_pair_at(struct xt_pair *p, int version, const struct xt_addr *at)
{
	p->client = -1;
	p->server = -1;
	p->listener = xt_socket(version, 0);
	xt_setint(p->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (xt_bind(p->listener, at) || listen(p->listener, 8))
		return -errno;
	p->client = xt_socket(version, 0);
	if (p->client < 0 || xt_connect(p->client, at))
		return -errno;
	if (!xt_wait(p->listener, POLLIN, XT_SOON_MS))
		return -ETIMEDOUT;
	p->server = accept(p->listener, NULL, NULL);
	if (p->server < 0)
		return -errno;
	p->cport = xt_lport(p->client);
	p->sport = xt_port_of(at);
	return 0;
}

/* A connection on the loopback address; 0 or -errno. */
int xt_pair_open(struct xt_pair *p, int version)
{
	struct xt_addr at = xt_loop(version, XT_PORT);

	return xt_pair_at(p, version, &at);
}

/* Close a descriptor and forget it; errno stays. */
int xt_shut(int *fd)
{
	int saved = errno, err = 0;

	if (*fd >= 0)
		err = close(*fd);
	*fd = -1;
	if (!err)
		errno = saved;
	return err;
}

void xt_pair_close(struct xt_pair *p)
{
	xt_shut(&p->client);
	xt_shut(&p->server);
	xt_shut(&p->listener);
}

int xt_setint(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

/* The option's value; -errno if it cannot be read. */
int xt_getint(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, level, name, &value, &len))
		return -errno;
	return value;
}

int xt_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK :
		     flags & ~O_NONBLOCK);
}

/* All that poll() says of the socket now. */
int xt_events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI | POLLOUT |
			    POLLRDHUP | POLLRDNORM | POLLWRNORM };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

/* The events that came, 0 if none of them did in time. */
int xt_wait(int fd, int events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do {
		r = poll(&p, 1, timeout_ms);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : p.revents;
}

int xt_send_all(int fd, const void *buf, size_t len)
{
	const char *at = buf;
	ssize_t n;

	while (len) {
		if (!(xt_wait(fd, POLLOUT, XT_SOON_MS) & POLLOUT))
			return -ETIMEDOUT;
		n = send(fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n < 0)
			continue;
		at += n;
		len -= n;
	}
	return 0;
}

/* 0, -errno, -EPIPE for an early end of file, -ETIMEDOUT. */
int xt_recv_all(int fd, void *buf, size_t len)
{
	char *at = buf;
	ssize_t n;

	while (len) {
		if (!xt_wait(fd, POLLIN, XT_SOON_MS))
			return -ETIMEDOUT;
		n = recv(fd, at, len, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (!n)
			return -EPIPE;
		if (n < 0)
			continue;
		at += n;
		len -= n;
	}
	return 0;
}

/* Read to the end of file: the number of bytes, or -errno. */
long xt_drain(int fd)
{
	static char buf[65536];
	long sum = 0;
	ssize_t n;

	for (;;) {
		if (!xt_wait(fd, POLLIN, XT_SOON_MS))
			return -ETIMEDOUT;
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (!n)
			return sum;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n > 0)
			sum += n;
	}
}

/* Write until nothing more is taken: the number of bytes, or -errno. */
long xt_fill(int fd)
{
	static char buf[16384];
	long sum = 0;
	ssize_t n;

	for (;;) {
		n = send(fd, buf, sizeof(buf), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			sum += n;
		else if (errno != EAGAIN)
			return -errno;
		else if (!xt_wait(fd, POLLOUT, 100))
			return sum;
	}
}

int xt_linger(int fd, int on, int seconds)
{
	struct linger l = { .l_onoff = on, .l_linger = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

long long xt_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* For the passing of time itself (a timer that must not fire). */
void xt_sleep_ms(int ms)
{
	long long end = xt_now_ms() + ms;
	long long left;

	while ((left = end - xt_now_ms()) > 0)
		poll(NULL, 0, left);
}
