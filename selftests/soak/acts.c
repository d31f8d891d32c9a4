// SPDX-License-Identifier: GPL-2.0-only
/* The soak's processes: what makes, uses and ends connections. */
#include "lives.h"

/* A new descriptor takes a slot; what was there is closed. */
void keep(struct rng *r, int fd)
{
	int old;

	if (fd < 0)
		return;
	old = __atomic_exchange_n(&slots[pick(r, SLOTS)], fd,
				  __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
}

static int family_of(int fd)
{
	struct sockaddr_storage ss = {};
	socklen_t len = sizeof(ss);

	getsockname(fd, (struct sockaddr *)&ss, &len);
	return ss.ss_family;
}

/* One of the addresses, of that family if there is luck. */
static struct life_addr address(struct rng *r, int family, int port)
{
	struct life_addr a = addrs[pick(r, addr_count)];
	int i;

	for (i = 0; i < 8 && a.sa.sa_family != family; i++)
		a = addrs[pick(r, addr_count)];
	a.in.sin_port = htons(port);
	return a;
}

int act_open_one(struct rng *r)
{
	struct timeval soon = { .tv_usec = 1 + pick(r, 30000) };
	int flags = pick(r, 4) ? SOCK_NONBLOCK : 0;
	int new = socket(AF_XTCP, SOCK_STREAM | SOCK_CLOEXEC | flags,
			 pick(r, 2) ? XTCP_IPV6 : 0);
	int one = 1;

	if (new < 0)
		return -1;
	setsockopt(new, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	setsockopt(new, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	if (pick(r, 3))
		setsockopt(new, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!pick(r, 3))
		setsockopt(new, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (!pick(r, 8))
		fcntl(new, F_SETOWN, getpid());
	keep(r, new);
	return new;
}

void act_open(struct rng *r, int fd)
{
	act_open_one(r);
}

static void bind_to(struct rng *r, int fd, int port)
{
	int family = family_of(fd);
	struct life_addr a = address(r, family, port);

	if (pick(r, 3)) {
		memset((char *)&a.in.sin_addr, 0, family == AF_INET6 ?
		       sizeof(a.in6) - 4 : 4);
		a.sa.sa_family = family;
	}
	bind(fd, &a.sa, a.len);
}

void act_listen(struct rng *r, int fd)
{
	if (pick(r, 8))
		bind_to(r, fd, FIRST + pick(r, PORTS));
	listen(fd, pick(r, 4) ? pick(r, 20) : 0);
}

void act_connect(struct rng *r, int fd)
{
	struct life_addr a = address(r, family_of(fd), FIRST + pick(r,
		pick(r, 5) ? PORTS : CLIENTS));

	if (!pick(r, 3))
		bind_to(r, fd, FIRST + pick(r, CLIENTS));
	connect(fd, &a.sa, a.len);
}

void act_accept(struct rng *r, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	keep(r, accept4(fd, (struct sockaddr *)&ss, &len,
			pick(r, 4) ? SOCK_NONBLOCK : 0));
}

void act_send(struct rng *r, int fd)
{
	static char text[65536];
	int flags = MSG_NOSIGNAL;
	size_t len = pick(r, pick(r, 4) ? 3000 : sizeof(text));
	struct iovec iov[2] = {
		{ .iov_base = text, .iov_len = len / 3 },
		{ .iov_base = text + len / 3, .iov_len = len - len / 3 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (!pick(r, 8))
		flags |= MSG_OOB;
	if (!pick(r, 6))
		flags |= MSG_MORE;
	if (pick(r, 2))
		flags |= MSG_DONTWAIT;
	if (!pick(r, 50))
		iov[1].iov_base = NULL;		/* EFAULT, half-way */
	sendmsg(fd, &msg, flags);
}

void act_recv(struct rng *r, int fd)
{
	static __thread char text[65536];
	static const int flags[] = { 0, 0, 0, MSG_PEEK, MSG_OOB, MSG_WAITALL,
				     MSG_TRUNC, MSG_PEEK | MSG_OOB };
	size_t len = pick(r, pick(r, 3) ? 4000 : sizeof(text));

	recv(fd, pick(r, 50) ? text : NULL, len,
	     flags[pick(r, sizeof(flags) / sizeof(flags[0]))] |
	     (pick(r, 2) ? MSG_DONTWAIT : 0));
}

void act_splice(struct rng *r, int fd)
{
	int file, ends[2];

	if (pick(r, 2)) {
		file = memfd_create("text", 0);
		if (ftruncate(file, 20000) == 0)
			sendfile(fd, file, NULL, pick(r, 20000));
		close(file);
		return;
	}
	if (pipe2(ends, O_NONBLOCK))
		return;
	splice(fd, NULL, ends[1], NULL, 4096, SPLICE_F_NONBLOCK);
	splice(ends[0], NULL, fd, NULL, 4096, SPLICE_F_NONBLOCK);
	close(ends[0]);
	close(ends[1]);
}

void act_shutdown(struct rng *r, int fd)
{
	shutdown(fd, pick(r, 3));
}

void act_close(struct rng *r, int fd)
{
	struct linger l = { .l_onoff = 1, .l_linger = 1 };
	int i = pick(r, SLOTS);

	fd = __atomic_exchange_n(&slots[i], -1, __ATOMIC_RELAXED);
	if (fd < 0)
		return;
	if (!pick(r, 20))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

void act_abort(struct rng *r, int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	act_close(r, fd);
}

void act_disconnect(struct rng *r, int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	connect(fd, &none, sizeof(none));
}
