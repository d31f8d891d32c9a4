// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data as RFC 6093 tells stacks and programs to have it. */
#define _GNU_SOURCE
#include <linux/sockios.h>
#include <sys/select.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

static volatile sig_atomic_t urgent_signals;

static void count_signal(int sig)
{
	(void)sig;
	urgent_signals++;
}

static int at_mark(int fd)
{
	int mark = -1;

	return ioctl(fd, SIOCATMARK, &mark) ? -errno : mark;
}

XT_FIXTURE_PAIR(urgent);

TEST_F(urgent, urgent)
{
	int cap = xt_capture("lo");
	struct xt_seg seg;
	char buf[16];

	EXPECT_EQ(-EINVAL, XT(recv(self->p.server, buf, 1, MSG_OOB)));
	ASSERT_EQ(3, XT(send(self->p.client, "abc", 3, MSG_OOB)));
	ASSERT_EQ(POLLPRI, xt_wait(self->p.server, POLLPRI, XT_SOON_MS));
	do {
		ASSERT_EQ(1, xt_captured(cap, &seg, XT_SOON_MS));
	} while (!seg.len);
	EXPECT_EQ(XT_URG, seg.flags & XT_URG);
	EXPECT_EQ(3, seg.urp);
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLPRI | POLLOUT | POLLWRNORM,
		  xt_events(self->p.server));
	EXPECT_EQ(0, at_mark(self->p.server));
	EXPECT_EQ(1, XT(recv(self->p.server, buf, 1, MSG_OOB | MSG_PEEK)));
	EXPECT_EQ('c', buf[0]);
	EXPECT_EQ(1, XT(recv(self->p.server, buf, 1, MSG_OOB)));
	EXPECT_EQ('c', buf[0]);
	EXPECT_EQ(-EINVAL, XT(recv(self->p.server, buf, 1, MSG_OOB)));

	/* A read ends at the mark and the urgent byte is not in the stream. */
	ASSERT_EQ(2, XT(send(self->p.client, "de", 2, 0)));
	ASSERT_EQ(2, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	EXPECT_EQ(0, memcmp(buf, "ab", 2));
	EXPECT_EQ(1, at_mark(self->p.server));
	ASSERT_EQ(2, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	EXPECT_EQ(0, memcmp(buf, "de", 2));
	EXPECT_EQ(0, at_mark(self->p.server));
	close(cap);
}

TEST_F(urgent, urgent__inline)
{
	char buf[16];

	ASSERT_EQ(0, xt_setint(self->p.server, SOL_SOCKET, SO_OOBINLINE, 1));
	EXPECT_EQ(1, xt_getint(self->p.server, SOL_SOCKET, SO_OOBINLINE));
	ASSERT_EQ(3, XT(send(self->p.client, "abc", 3, MSG_OOB)));
	ASSERT_EQ(POLLPRI, xt_wait(self->p.server, POLLPRI, XT_SOON_MS));
	EXPECT_EQ(-EINVAL, XT(recv(self->p.server, buf, 1, MSG_OOB)));
	ASSERT_EQ(2, XT(send(self->p.client, "de", 2, 0)));
	ASSERT_EQ(2, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	EXPECT_EQ(1, at_mark(self->p.server));
	ASSERT_EQ(3, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	EXPECT_EQ(0, memcmp(buf, "cde", 3));
}

TEST_F(urgent, urgent__signal)
{
	signal(SIGURG, count_signal);
	ASSERT_EQ(0, fcntl(self->p.server, F_SETOWN, getpid()));
	ASSERT_EQ(1, XT(send(self->p.client, "!", 1, MSG_OOB)));
	xt_wait(self->p.server, POLLPRI, XT_SOON_MS);
	EXPECT_EQ(1, urgent_signals);
}

/* select() calls it an exception. */
TEST_F(urgent, urgent__select)
{
	struct timeval t = { 10, 0 };
	fd_set set;

	ASSERT_EQ(1, XT(send(self->p.client, "!", 1, MSG_OOB)));
	FD_ZERO(&set);
	FD_SET(self->p.server, &set);
	ASSERT_EQ(1, select(self->p.server + 1, NULL, NULL, &set, &t));
	EXPECT_TRUE(FD_ISSET(self->p.server, &set));
}

/* A second mark replaces the first; the first's byte is then ordinary. */
TEST_F(urgent, urgent__two_marks)
{
	char buf[16];

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(2, XT(send(self->p.client, "a1", 2, MSG_OOB)));
	ASSERT_EQ(POLLPRI, xt_wait(self->p.server, POLLPRI, XT_SOON_MS));
	ASSERT_EQ(2, XT(send(self->p.client, "b2", 2, MSG_OOB)));
	xt_sleep_ms(100);
	ASSERT_EQ(1, XT(recv(self->p.server, buf, 1, MSG_OOB)));
	EXPECT_EQ('2', buf[0]);
	ASSERT_EQ(3, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	EXPECT_EQ(0, memcmp(buf, "a1b", 3));
}

/* Bytes waiting are counted up to the mark, the urgent one left out. */
TEST_F(urgent, urgent__inq)
{
	int n = -1;
	char c;

	ASSERT_EQ(3, XT(send(self->p.client, "abc", 3, MSG_OOB)));
	ASSERT_EQ(2, XT(send(self->p.client, "de", 2, 0)));
	ASSERT_EQ(POLLPRI, xt_wait(self->p.server, POLLPRI, XT_SOON_MS));
	xt_sleep_ms(100);
	ASSERT_EQ(0, ioctl(self->p.server, SIOCINQ, &n));
	EXPECT_EQ(2, n);
	ASSERT_EQ(1, XT(recv(self->p.server, &c, 1, MSG_OOB)));
}

XT_MAIN
