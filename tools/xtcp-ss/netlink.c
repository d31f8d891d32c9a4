// SPDX-License-Identifier: GPL-2.0-only
/*
 * sock_diag(7): asks the kernel, reads what it answers.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "xtcp-ss.h"

static char answer[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));

int diag_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		die("netlink: %s", strerror(errno));
	return fd;
}

static void ask(int fd, int type, int flags, const struct xtcp_diag_req *req)
{
	struct {
		struct nlmsghdr h;
		struct xtcp_diag_req req;
	} msg = {
		.h = {
			.nlmsg_len = sizeof(msg),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.req = *req,
	};

	if (send(fd, &msg, sizeof(msg), 0) != sizeof(msg))
		die("netlink: %s", strerror(errno));
}

static size_t hear(int fd)
{
	struct iovec iov = { answer, sizeof(answer) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		die("netlink: %s", strerror(errno));
	if (msg.msg_flags & MSG_TRUNC)
		die("netlink: an answer of more than %zu bytes",
		    sizeof(answer));
	return n;
}

static int error_of(const struct nlmsghdr *h)
{
	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		return EPROTO;
	return -((const struct nlmsgerr *)NLMSG_DATA(h))->error;
}

static void read_row(const struct nlmsghdr *h, struct row *row)
{
	int left = (int)h->nlmsg_len - (int)NLMSG_SPACE(sizeof(*row->m));
	struct rtattr *a;

	memset(row, 0, sizeof(*row));
	if (left < 0)
		die("an answer that is too short: is the module an older one?");
	row->m = NLMSG_DATA(h);
	a = (struct rtattr *)((char *)h + NLMSG_SPACE(sizeof(*row->m)));
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == XTCP_DIAG_INFO &&
		    RTA_PAYLOAD(a) >= sizeof(*row->info))
			row->info = RTA_DATA(a);
		else if (a->rta_type == XTCP_DIAG_MEMINFO &&
			 RTA_PAYLOAD(a) >= (SK_MEMINFO_DROPS + 1) *
			 sizeof(uint32_t))
			row->meminfo = RTA_DATA(a);
		else if (a->rta_type == XTCP_DIAG_ENDED &&
			 RTA_PAYLOAD(a) >= sizeof(row->ended))
			memcpy(&row->ended, RTA_DATA(a), sizeof(row->ended));
	}
}

/* Calls @each for whatever fits. Return: 0, or what went wrong. */
int diag_dump(int fd, const struct xtcp_diag_req *req,
	      void (*each)(struct row *row, void *arg), void *arg)
{
	struct nlmsghdr *h;
	struct row row;
	int left;

	ask(fd, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, req);
	for (;;) {
		left = hear(fd);
		for (h = (struct nlmsghdr *)answer; NLMSG_OK(h, left);
		     h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_type == NLMSG_ERROR)
				return error_of(h);
			read_row(h, &row);
			each(&row, arg);
		}
	}
}

static void exactly(struct xtcp_diag_end *end, const __be32 *addr, __be16 port,
		    uint8_t version)
{
	memset(end, 0, sizeof(*end));
	memcpy(end->addr, addr, sizeof(end->addr));
	end->port_least = ntohs(port);
	end->port_most = ntohs(port);
	end->prefix = version == 4 ? 32 : 128;
}

/* End @m if it still fits @req. Return: 0, or what went wrong. */
int diag_destroy(int fd, const struct xtcp_diag_req *req,
		 const struct xtcp_diag_msg *m)
{
	static char ack[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *h = (struct nlmsghdr *)ack;
	struct xtcp_diag_req one = *req;
	ssize_t n;

	one.version = m->version;
	one.protocol = m->protocol;
	one.ifindex = m->ifindex;
	memcpy(one.cookie, m->cookie, sizeof(one.cookie));
	exactly(&one.local, m->local, m->local_port, m->version);
	exactly(&one.foreign, m->foreign, m->foreign_port, m->version);
	ask(fd, SOCK_DESTROY, NLM_F_ACK, &one);
	n = recv(fd, ack, sizeof(ack), 0);
	if (n < 0)
		return errno;
	return NLMSG_OK(h, (size_t)n) && h->nlmsg_type == NLMSG_ERROR ?
	       error_of(h) : EPROTO;
}
