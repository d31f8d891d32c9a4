// SPDX-License-Identifier: GPL-2.0-only
/* The soak's processes: options, polls, and other processes' hands. */
#include "lives.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	int level, name, most;
} options[] = {
	{ SOL_SOCKET, SO_KEEPALIVE, 1 }, { SOL_SOCKET, SO_OOBINLINE, 1 },
	{ SOL_SOCKET, SO_SNDBUF, 100000 }, { SOL_SOCKET, SO_RCVBUF, 100000 },
	{ SOL_SOCKET, SO_REUSEADDR, 1 }, { SOL_SOCKET, SO_REUSEPORT, 1 },
	{ SOL_SOCKET, SO_RCVLOWAT, 5000 }, { SOL_SOCKET, SO_MARK, 7 },
	{ SOL_SOCKET, SO_PRIORITY, 6 }, { SOL_SOCKET, SO_TIMESTAMP, 1 },
	{ SOL_SOCKET, SO_BUSY_POLL, 20 }, { SOL_SOCKET, SO_ERROR, 0 },
	{ SOL_SOCKET, SO_BINDTOIFINDEX, 2 }, { SOL_SOCKET, SO_ACCEPTCONN, 0 },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, 1000000 },
	{ SOL_TCP, TCP_NODELAY, 1 }, { SOL_TCP, TCP_CORK, 1 },
	{ SOL_TCP, TCP_QUICKACK, 1 }, { SOL_TCP, TCP_MAXSEG, 1460 },
	{ SOL_TCP, TCP_KEEPIDLE, 2 }, { SOL_TCP, TCP_KEEPINTVL, 2 },
	{ SOL_TCP, TCP_KEEPCNT, 3 }, { SOL_TCP, TCP_SYNCNT, 3 },
	{ SOL_TCP, TCP_LINGER2, 2 }, { SOL_TCP, TCP_DEFER_ACCEPT, 2 },
	{ SOL_TCP, TCP_USER_TIMEOUT, 3000 }, { SOL_TCP, TCP_WINDOW_CLAMP, 9000 },
	{ SOL_TCP, TCP_INFO, 0 }, { SOL_TCP, TCP_CONGESTION, 0 },
	{ SOL_TCP, TCP_SAVE_SYN, 2 }, { SOL_TCP, TCP_SAVED_SYN, 0 },
	{ SOL_TCP, TCP_FASTOPEN, 10 }, { SOL_TCP, TCP_FASTOPEN_CONNECT, 1 },
	{ SOL_IP, IP_TOS, 255 }, { SOL_IP, IP_TTL, 255 },
	{ SOL_IP, IP_RECVERR, 1 }, { SOL_IP, IP_MTU_DISCOVER, 3 },
	{ SOL_IP, IP_MTU, 0 }, { SOL_IP, IP_OPTIONS, 0 },
	{ SOL_IPV6, IPV6_V6ONLY, 1 }, { SOL_IPV6, IPV6_TCLASS, 255 },
	{ SOL_IPV6, IPV6_RECVERR, 1 }, { SOL_IPV6, IPV6_UNICAST_HOPS, 255 },
	{ SOL_IPV6, IPV6_RECVPKTINFO, 1 }, { SOL_IPV6, IPV6_MTU, 0 },
	{ SOL_IPV6, IPV6_AUTOFLOWLABEL, 1 },
	{ SOL_XTCP, XTCP_MSL, 300 }, { SOL_XTCP, XTCP_ISN, 100000 },
	{ SOL_XTCP, XTCP_INFO, 0 },
};

static void set_filter(struct rng *r, int fd)
{
	struct { uint16_t code; uint8_t jt, jf; u32 k; } all = {
		.code = 0x06, .k = pick(r, 2) ? 0xffff : 60,
	};
	struct { unsigned short len; void *filter; } prog = { 1, &all };
	int none = 0;

	if (pick(r, 2))
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			   sizeof(prog));
	else
		setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none,
			   sizeof(none));
}

void act_setopt(struct rng *r, int fd)
{
	int i = pick(r, COUNT(options));
	int value = pick(r, options[i].most + 1);

	if (!pick(r, 30))
		set_filter(r, fd);
	setsockopt(fd, options[i].level, options[i].name, &value,
		   pick(r, 20) ? sizeof(value) : pick(r, 4));
}

void act_getopt(struct rng *r, int fd)
{
	int i = pick(r, COUNT(options));
	struct sockaddr_storage ss;
	char value[512];
	socklen_t len = pick(r, sizeof(value));

	getsockopt(fd, options[i].level, options[i].name, value, &len);
	len = sizeof(ss);
	getpeername(fd, (struct sockaddr *)&ss, &len);
}

void act_ioctl(struct rng *r, int fd)
{
	static const unsigned int names[] = { SIOCINQ, SIOCOUTQ, SIOCATMARK,
					      SIOCOUTQNSD };
	int value;

	ioctl(fd, names[pick(r, COUNT(names))], &value);
}

void act_poll(struct rng *r, int fd)
{
	struct pollfd p[8];
	size_t i;

	for (i = 0; i < COUNT(p); i++)
		p[i] = (struct pollfd){
			.fd = slots[pick(r, SLOTS)],
			.events = pick(r, 64),
		};
	poll(p, COUNT(p), pick(r, 10));
}

/* Sockets are closed while somebody watches them. */
void act_epoll(struct rng *r, int fd)
{
	struct epoll_event e[8];
	int ep = epoll_create1(EPOLL_CLOEXEC);
	size_t i;

	for (i = 0; i < COUNT(e); i++) {
		e[0].events = pick(r, 64) | (pick(r, 2) ? EPOLLET : 0);
		epoll_ctl(ep, EPOLL_CTL_ADD, slots[pick(r, SLOTS)], &e[0]);
	}
	epoll_wait(ep, e, COUNT(e), pick(r, 10));
	close(ep);
}

void act_dup(struct rng *r, int fd)
{
	keep(r, fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

/* Give a socket to whoever of the others takes it; take what they gave. */
void act_pass(struct rng *r, int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = room, .msg_controllen = sizeof(room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	if (pick(r, 2) && fd >= 0) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		sendmsg(unix_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	if (recvmsg(unix_fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	keep(r, fd);
}

/* The child goes on with the same sockets, until it dies in the middle. */
void act_fork(struct rng *r, int fd)
{
	struct rng own = { .state = r->state ^ 0x5bd1e995 };
	struct itimerval soon = { .it_value.tv_usec = 1000 + pick(r, 90000) };
	pid_t pid = fork();

	if (pid)
		return;
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &soon, NULL);
	live(&own, 10000);
	_exit(0);
}

void act_look(struct rng *r, int fd)
{
	static const char *const files[] = {
		"/proc/net/xtcp", "/proc/net/xtcp6", "/proc/net/xtcp_stat",
	};
	static __thread char text[4096];
	int file = open(files[pick(r, COUNT(files))], O_RDONLY | O_CLOEXEC);
	int pages = pick(r, 10);

	while (pages-- && read(file, text, 1 + pick(r, sizeof(text))) > 0)
		;
	close(file);
}
