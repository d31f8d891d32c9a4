// SPDX-License-Identifier: GPL-2.0-only
/*
 * libxtcp-run.so: the calls that programs make to glibc, and what XTCP makes of
 * them. All others pass: a socket of AF_XTCP does there what one of TCP does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/xtcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "preload.h"
#include "run.h"

struct run_settings run;
static bool on;

/* Before every other constructor that opens sockets, or else not for them. */
__attribute__((constructor(101))) static void begin(void)
{
	const char *text = getenv(RUN_VARIABLE);

	on = text && run_parse(&run, text);
}

/* One socket is like another; nothing is ever replaced. */
static bool all_the_same(void)
{
	return !on || !(run.listen_only || run.connect_only || run.excepting);
}

/* Two threads may both look: they find the same. */
void *run_next(void **at, const char *name)
{
	void *p = __atomic_load_n(at, __ATOMIC_RELAXED);

	if (!p) {
		p = dlsym(RTLD_NEXT, name);
		__atomic_store_n(at, p, __ATOMIC_RELAXED);
	}
	return p;
}

static bool is_tcp(int domain, int type, int protocol)
{
	return (domain == AF_INET || domain == AF_INET6) &&
	       (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

/* What a listener will be; connect() may think otherwise. */
int socket(int domain, int type, int protocol)
{
	int fd;

	if (on && !run.connect_only && is_tcp(domain, type, protocol)) {
		protocol = run.protocol |
			   (domain == AF_INET6 ? XTCP_IPV6 : 0);
		domain = run.family;
	}
	fd = NEXT(socket)(domain, type, protocol);
	run_watched(fd, false);
	return fd;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int port = all_the_same() ? -1 : run_port(addr, len);
	bool host = run.connect_only || (port > 0 && run_excepted(&run, port));

	if (port >= 0 && run_become(fd, host ? RUN_HOST : RUN_XTCP))
		return -1;
	return NEXT(bind)(fd, addr, len);
}

/* Of a socket that was bound to a port of the host's, or is about to be. */
static bool own_port_excepted(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int port;

	if (!run.excepting || getsockname(fd, (void *)&ss, &len))
		return false;
	port = run_port((void *)&ss, len);
	return port > 0 && run_excepted(&run, port);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int port = all_the_same() ? -1 : run_port(addr, len);
	bool host;

	if (port >= 0) {
		host = run.listen_only || run_excepted(&run, port) ||
		       own_port_excepted(fd);
		if (run_become(fd, host ? RUN_HOST : RUN_XTCP))
			return -1;
	}
	return NEXT(connect)(fd, addr, len);
}

int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && !all_the_same())
		run_watched(fd, true);
	return NEXT(epoll_ctl)(epoll, op, fd, event);
}

/* The native wire's protocol is not TCP; everything else in it is. */
int getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	int err = NEXT(getsockopt)(fd, level, name, val, len);
	int before = errno;

	if (on && !err && level == SOL_SOCKET && name == SO_PROTOCOL &&
	    *len == sizeof(int) && *(int *)val == IPPROTO_XTCP &&
	    run_kind_of(fd) == RUN_XTCP)
		*(int *)val = IPPROTO_TCP;
	errno = before;
	return err;
}
