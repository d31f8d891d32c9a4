// SPDX-License-Identifier: GPL-2.0-only
/*
 * A socket gets another one's place: behind the same number, with the same
 * address, options, flags and epoll registrations. Nothing is remembered from
 * call to call but who was watched: what the socket is, the kernel is asked,
 * so that fork(), execve(), dup() and SCM_RIGHTS need no care.
 *
 * Raw system calls: nobody else's library shall see what the program did not do.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/xtcp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "run.h"
#include "watch.h"

#define BIGGEST	64	/* bytes of an option's value */

static int get(int fd, int level, int name, void *val, socklen_t *len)
{
	return syscall(SYS_getsockopt, fd, level, name, val, len);
}

static int get_int(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int val = -1;

	return get(fd, level, name, &val, &len) ? -1 : val;
}

enum run_kind run_kind_of(int fd)
{
	if (get_int(fd, SOL_XTCP, XTCP_MSL) >= 0)
		return RUN_XTCP;
	if (get_int(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP &&
	    get_int(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM)
		return RUN_HOST;
	return RUN_OTHER;
}

static bool closed(int fd)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	return !get(fd, SOL_TCP, TCP_INFO, &info, &len) &&
	       info.tcpi_state == TCP_CLOSE;
}

static int make(enum run_kind kind, int domain)
{
	int protocol = IPPROTO_TCP;

	if (kind == RUN_XTCP) {
		protocol = run.protocol;
		if (domain == AF_INET6)
			protocol |= XTCP_IPV6;
		domain = run.family;
	}
	return syscall(SYS_socket, domain, SOCK_STREAM | SOCK_CLOEXEC,
		       protocol);
}

/* SO_ATTACH_FILTER and the multicast lists are left out. */
static const struct option {
	int level;
	int name;
} options[] = {
	{ SOL_SOCKET, SO_REUSEADDR }, { SOL_SOCKET, SO_REUSEPORT },
	{ SOL_SOCKET, SO_KEEPALIVE }, { SOL_SOCKET, SO_OOBINLINE },
	{ SOL_SOCKET, SO_DONTROUTE }, { SOL_SOCKET, SO_BROADCAST },
	{ SOL_SOCKET, SO_LINGER }, { SOL_SOCKET, SO_PRIORITY },
	{ SOL_SOCKET, SO_SNDBUF }, { SOL_SOCKET, SO_RCVBUF },
	{ SOL_SOCKET, SO_RCVLOWAT }, { SOL_SOCKET, SO_RCVTIMEO },
	{ SOL_SOCKET, SO_SNDTIMEO }, { SOL_SOCKET, SO_BINDTODEVICE },
	{ SOL_SOCKET, SO_MARK }, { SOL_SOCKET, SO_TIMESTAMP },
	{ SOL_SOCKET, SO_TIMESTAMPNS }, { SOL_SOCKET, SO_TIMESTAMPING },
	{ SOL_SOCKET, SO_BUSY_POLL }, { SOL_SOCKET, SO_MAX_PACING_RATE },
	{ SOL_SOCKET, SO_ZEROCOPY }, { SOL_SOCKET, SO_INCOMING_CPU },
	{ SOL_TCP, TCP_NODELAY }, { SOL_TCP, TCP_CORK },
	{ SOL_TCP, TCP_MAXSEG }, { SOL_TCP, TCP_KEEPIDLE },
	{ SOL_TCP, TCP_KEEPINTVL }, { SOL_TCP, TCP_KEEPCNT },
	{ SOL_TCP, TCP_SYNCNT }, { SOL_TCP, TCP_LINGER2 },
	{ SOL_TCP, TCP_DEFER_ACCEPT }, { SOL_TCP, TCP_WINDOW_CLAMP },
	{ SOL_TCP, TCP_QUICKACK }, { SOL_TCP, TCP_CONGESTION },
	{ SOL_TCP, TCP_USER_TIMEOUT }, { SOL_TCP, TCP_FASTOPEN },
	{ SOL_TCP, TCP_FASTOPEN_CONNECT }, { SOL_TCP, TCP_NOTSENT_LOWAT },
	{ SOL_TCP, TCP_SAVE_SYN },
	{ SOL_IP, IP_TOS }, { SOL_IP, IP_TTL }, { SOL_IP, IP_MINTTL },
	{ SOL_IP, IP_MTU_DISCOVER }, { SOL_IP, IP_RECVERR },
	{ SOL_IP, IP_TRANSPARENT }, { SOL_IP, IP_FREEBIND },
	{ SOL_IP, IP_BIND_ADDRESS_NO_PORT },
	{ SOL_IPV6, IPV6_V6ONLY }, { SOL_IPV6, IPV6_TCLASS },
	{ SOL_IPV6, IPV6_UNICAST_HOPS }, { SOL_IPV6, IPV6_MTU_DISCOVER },
	{ SOL_IPV6, IPV6_RECVERR }, { SOL_IPV6, IPV6_TRANSPARENT },
	{ SOL_IPV6, IPV6_FREEBIND },
};

/* The kernel gives twice what it was told. */
static void undouble(const struct option *o, void *val)
{
	int n;

	if (o->level != SOL_SOCKET ||
	    (o->name != SO_SNDBUF && o->name != SO_RCVBUF))
		return;
	memcpy(&n, val, sizeof(n));
	n /= 2;
	memcpy(val, &n, sizeof(n));
}

/* What differs from a new socket was set; what the other kind lacks is lost. */
static void copy_option(int from, int fresh, int to, const struct option *o)
{
	char val[BIGGEST] = {}, usual[BIGGEST] = {};
	socklen_t len = sizeof(val), usual_len = sizeof(usual);

	if (get(from, o->level, o->name, val, &len) ||
	    get(fresh, o->level, o->name, usual, &usual_len))
		return;
	if (len == usual_len && !memcmp(val, usual, len))
		return;
	undouble(o, val);
	syscall(SYS_setsockopt, to, o->level, o->name, val, len);
}

static void copy_options(int from, int fresh, int to)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		copy_option(from, fresh, to, &options[i]);
}

static void copy_flags(int from, int to)
{
	struct f_owner_ex owner;

	if (!fcntl(from, F_GETOWN_EX, &owner))
		fcntl(to, F_SETOWN_EX, &owner);
	fcntl(to, F_SETSIG, fcntl(from, F_GETSIG));
	fcntl(to, F_SETFL, fcntl(from, F_GETFL));
}

int run_port(const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;
	const struct sockaddr_in *in = (const void *)addr;

	if (!addr || len < sizeof(*in))
		return -1;
	if (addr->sa_family == AF_INET)
		return ntohs(in->sin_port);
	/* The IPv6 address may lack its scope. */
	return addr->sa_family == AF_INET6 ? ntohs(in6->sin6_port) : -1;
}

/* A new socket that looks as the old one; -1: the address is not to be had. */
static int make_alike(int fd, enum run_kind from, enum run_kind kind)
{
	int domain = get_int(fd, SOL_SOCKET, SO_DOMAIN);
	int new = make(kind, domain), fresh;

	if (new < 0)
		return -1;
	fresh = make(from, domain);
	if (fresh >= 0) {
		copy_options(fd, fresh, new);
		close(fresh);
	}
	copy_flags(fd, new);
	return new;
}

static int put_in_place(int fd, int new)
{
	int cloexec = fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0;
	struct run_watches w;
	int err;

	run_watches_find(&w, fd);
	err = syscall(SYS_dup3, new, fd, cloexec) < 0 ? -1 : 0;
	close(new);
	if (!err)
		run_watches_restore(&w, fd);
	return err;
}

/*
 * XTCP holds a port of its TCP wire in the host's TCP, and gives it back a
 * moment after the last socket's end.
 */
static int bind_soon(int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	const struct timespec moment = { .tv_nsec = 5000000 };
	int i;

	for (i = 0; i < 200; i++) {
		if (!syscall(SYS_bind, fd, ss, len))
			return 0;
		if (errno != EADDRINUSE)
			break;
		nanosleep(&moment, NULL);
	}
	return -1;
}

int run_become(int fd, enum run_kind kind)
{
	enum run_kind now = run_kind_of(fd);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int before = errno, new;

	if (now == RUN_OTHER || now == kind || !closed(fd))
		goto as_it_was;
	new = make_alike(fd, now, kind);
	if (new < 0)
		return -1;
	if (syscall(SYS_getsockname, fd, &ss, &len))
		len = 0;
	if (put_in_place(fd, new))
		return -1;
	/* Only now: both kinds may want the port of the host. */
	if (run_port((void *)&ss, len) > 0 && bind_soon(fd, &ss, len))
		return -1;
as_it_was:
	errno = before;
	return 0;
}
