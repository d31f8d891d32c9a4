// SPDX-License-Identifier: GPL-2.0-only
/* The families that are compared, and their sockets and addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/xtcp.h>
#include "bench.h"

const struct family families[] = {
	{ "xtcp", AF_XTCP, 0, true, { "xtcp", "XTCP" } },
	{ "tcp", 0, IPPROTO_TCP, true,
	  { "TCP", "tw_sock_TCP", "request_sock_TCP", "tcp_" } },
	{ "xtcp-tcp", AF_XTCP, IPPROTO_TCP, true, { "xtcp", "XTCP" } },
	{ "sctp", 0, IPPROTO_SCTP, true, { "SCTP", "sctp" } },
	{ "unix", AF_UNIX, 0, false, { "UNIX" } },
};

const int family_count = ARRAY_SIZE(families);

const struct family *family_named(const char *name)
{
	int i;

	for (i = 0; i < family_count; i++)
		if (!strcmp(families[i].name, name))
			return &families[i];
	return NULL;
}

socklen_t end_of(const struct run *r, const char *address, int port,
		 struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;
	struct sockaddr_un *un = (void *)to;

	memset(to, 0, sizeof(*to));
	if (!r->family->ip) {
		un->sun_family = AF_UNIX;
		return offsetof(struct sockaddr_un, sun_path) + 1 +
		       sprintf(un->sun_path + 1, "bench-%d", port);
	}
	if (r->version == 6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, address, &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	inet_pton(AF_INET, address, &v4->sin_addr);
	return sizeof(*v4);
}

int new_socket(const struct run *r)
{
	const struct family *f = r->family;
	int domain = f->domain, protocol = f->protocol;

	if (!domain)
		domain = r->version == 6 ? AF_INET6 : AF_INET;
	if (domain == AF_XTCP && r->version == 6)
		protocol |= XTCP_IPV6;
	return socket(domain, SOCK_STREAM | SOCK_CLOEXEC, protocol);
}

/* A stream's small writes leave at once; SCTP has a name of its own for it. */
static void no_delay(const struct run *r, int fd)
{
	int on = 1;

	if (!r->family->ip)
		return;
	if (r->family->protocol == IPPROTO_SCTP)
		setsockopt(fd, IPPROTO_SCTP, 3 /* SCTP_NODELAY */, &on,
			   sizeof(on));
	else
		setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
}

int listen_at(const struct run *r, int backlog)
{
	struct sockaddr_storage at;
	socklen_t len = end_of(r, r->address, r->port, &at);
	int fd = new_socket(r), on = 1;

	if (fd < 0)
		die("socket");
	/* A run before this one may have left TIME_WAIT at that port. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (r->reuse_port &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		die("SO_REUSEPORT");
	no_delay(r, fd);
	if (bind(fd, (void *)&at, len))
		die("bind");
	if (listen(fd, backlog))
		die("listen");
	return fd;
}

/* -1 and errno, should it fail. */
int dial(const struct run *r)
{
	struct sockaddr_storage to;
	socklen_t len = end_of(r, r->address, r->port, &to);
	int fd = new_socket(r), err;

	if (fd < 0)
		die("socket");
	no_delay(r, fd);
	if (!connect(fd, (void *)&to, len))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

int accept_one(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		die("accept");
	return fd;
}
