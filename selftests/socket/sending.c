// SPDX-License-Identifier: GPL-2.0-only
/* Every call that sends or receives, with every flag. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

static volatile sig_atomic_t pipe_signals;

static void count_signal(int sig)
{
	(void)sig;
	pipe_signals++;
}

XT_FIXTURE_PAIR(sending);

XT_FIXTURE_BARE(unconnected);

TEST_F(sending, recv__peek)
{
	char buf[8];

	ASSERT_EQ(4, XT(send(self->p.client, "peek", 4, 0)));
	EXPECT_EQ(2, XT(recv(self->p.server, buf, 2, MSG_PEEK)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 8, MSG_PEEK)));
	EXPECT_EQ(0, memcmp(buf, "peek", 4));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_EQ(0, memcmp(buf, "peek", 4));
	EXPECT_EQ(-EAGAIN, XT(recv(self->p.server, buf, 8,
				   MSG_PEEK | MSG_DONTWAIT)));
	xt_shut(&self->p.client);
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 8, MSG_PEEK)));
}

TEST_F(sending, recv__dontwait)
{
	char c;

	EXPECT_EQ(-EAGAIN, XT(recv(self->p.server, &c, 1, MSG_DONTWAIT)));
	xt_nonblock(self->p.server, true);
	EXPECT_EQ(-EAGAIN, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(-EAGAIN, XT(read(self->p.server, &c, 1)));
}

static void *three_parts(void *arg)
{
	int i;

	for (i = 0; i < 3; i++) {
		xt_sleep_ms(50);
		send(*(int *)arg, "part", 4, MSG_NOSIGNAL);
	}
	return NULL;
}

TEST_F(sending, recv__waitall)
{
	pthread_t thread;
	char buf[16];

	ASSERT_EQ(0, pthread_create(&thread, NULL, three_parts,
				    &self->p.client));
	EXPECT_EQ(12, XT(recv(self->p.server, buf, 12, MSG_WAITALL)));
	EXPECT_EQ(0, memcmp(buf, "partpartpart", 12));
	pthread_join(thread, NULL);

	/* The end of file, or not being allowed to wait, cuts it short. */
	ASSERT_EQ(4, XT(send(self->p.client, "part", 4, 0)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 12,
			     MSG_WAITALL | MSG_DONTWAIT)));
	ASSERT_EQ(4, XT(send(self->p.client, "part", 4, 0)));
	xt_shut(&self->p.client);
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 12, MSG_WAITALL)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 12, MSG_WAITALL)));
}

/* MSG_TRUNC throws the bytes away, but counts them. */
TEST_F(sending, recv__trunc)
{
	char buf[8] = "untouch";

	ASSERT_EQ(6, XT(send(self->p.client, "gone42", 6, 0)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 4, MSG_TRUNC)));
	EXPECT_STREQ("untouch", buf);
	EXPECT_EQ(2, XT(recv(self->p.server, NULL, 100, MSG_TRUNC)));
	EXPECT_EQ(-EAGAIN, XT(recv(self->p.server, buf, 8, MSG_DONTWAIT)));
}

TEST_F(sending, recv__error_queue)
{
	char c;

	EXPECT_EQ(-EAGAIN, XT(recv(self->p.server, &c, 1, MSG_ERRQUEUE)));
}

TEST_F(sending, recv__bad_pointer)
{
	char buf[8];

	ASSERT_EQ(4, XT(send(self->p.client, "data", 4, 0)));
	EXPECT_EQ(-EFAULT, XT(recv(self->p.server, (void *)8, 4, 0)));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_EQ(0, memcmp(buf, "data", 4));
}

TEST_F(sending, recv__zero_length)
{
	char c;

	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 0, 0)));
	EXPECT_EQ(1, XT(recv(self->p.server, &c, 1, 0)));
}

/* A stream has no addresses in its messages. */
TEST_F(sending, recvfrom__no_address)
{
	struct xt_addr a = { .len = sizeof(a.ss) };
	char c;

	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	ASSERT_EQ(1, XT(recvfrom(self->p.server, &c, 1, 0, &a.sa, &a.len)));
	EXPECT_EQ(0, a.len);
}

TEST_F(sending, recv__timeout)
{
	struct timeval t = { 0, 300000 }, got;
	long long start = xt_now_ms();
	socklen_t len = sizeof(got);
	char buf[8];

	ASSERT_EQ(0, setsockopt(self->p.server, SOL_SOCKET, SO_RCVTIMEO, &t,
				sizeof(t)));
	ASSERT_EQ(0, getsockopt(self->p.server, SOL_SOCKET, SO_RCVTIMEO, &got,
				&len));
	EXPECT_EQ(300000, got.tv_usec);
	EXPECT_EQ(-EAGAIN, XT(recv(self->p.server, buf, 8, 0)));
	EXPECT_LE(290, xt_now_ms() - start);
	ASSERT_EQ(2, XT(send(self->p.client, "ab", 2, 0)));
	EXPECT_EQ(2, XT(recv(self->p.server, buf, 8, MSG_WAITALL)));
	t.tv_usec = 1000000;
	EXPECT_EQ(-EDOM, XT(setsockopt(self->p.server, SOL_SOCKET, SO_RCVTIMEO,
				       &t, sizeof(t))));
}

TEST_F(sending, send__timeout)
{
	static char big[1 << 16];
	struct timeval t = { 0, 300000 };
	long long start;
	long n;

	xt_fill(self->p.client);
	ASSERT_EQ(0, setsockopt(self->p.client, SOL_SOCKET, SO_SNDTIMEO, &t,
				sizeof(t)));
	do {
		start = xt_now_ms();
		n = XT(send(self->p.client, big, sizeof(big), 0));
	} while (n > 0);
	EXPECT_EQ(-EAGAIN, n);
	EXPECT_LE(290, xt_now_ms() - start);
}

/* A write larger than the buffer is taken in part, unless it may wait. */
TEST_F(sending, send__nonblocking_in_part)
{
	static char big[16 << 20];
	long n = XT(send(self->p.client, big, sizeof(big), MSG_DONTWAIT));

	EXPECT_LT(0, n);
	EXPECT_GT((long)sizeof(big), n);
	while (XT(send(self->p.client, big, sizeof(big), MSG_DONTWAIT)) > 0)
		;
	EXPECT_EQ(EAGAIN, errno);
}

static void *drain_all(void *arg)
{
	return (void *)xt_drain(*(int *)arg);
}

TEST_F(sending, send__blocking_whole)
{
	static char big[4 << 20];
	pthread_t thread;
	void *got;

	ASSERT_EQ(0, pthread_create(&thread, NULL, drain_all,
				    &self->p.server));
	EXPECT_EQ((long)sizeof(big), XT(send(self->p.client, big, sizeof(big),
					     0)));
	xt_shut(&self->p.client);
	pthread_join(thread, &got);
	EXPECT_EQ((long)sizeof(big), (long)got);
}

TEST_F(sending, send__more)
{
	char buf[16];

	ASSERT_EQ(3, XT(send(self->p.client, "abc", 3, MSG_MORE)));
	ASSERT_EQ(3, XT(send(self->p.client, "def", 3, MSG_MORE)));
	EXPECT_EQ(0, xt_wait(self->p.server, POLLIN, 50));
	ASSERT_EQ(1, XT(send(self->p.client, "g", 1, 0)));
	EXPECT_EQ(7, XT(recv(self->p.server, buf, 16, 0)));

	/* A close sends what was held back. */
	ASSERT_EQ(3, XT(send(self->p.client, "end", 3, MSG_MORE)));
	xt_shut(&self->p.client);
	EXPECT_EQ(3, XT(recv(self->p.server, buf, 16, 0)));
	EXPECT_EQ(0, XT(recv(self->p.server, buf, 16, 0)));
}

TEST_F(sending, send__bad_arguments)
{
	EXPECT_EQ(-EFAULT, XT(send(self->p.client, (void *)8, 4, 0)));
	EXPECT_EQ(0, XT(send(self->p.client, NULL, 0, 0)));
	EXPECT_EQ(-EFAULT, XT(sendmsg(self->p.client, (void *)8, 0)));
	EXPECT_EQ(0, xt_wait(self->p.server, POLLIN, 20));
}

/* An address in the call is of no interest to a connection. */
TEST_F(sending, sendto__address)
{
	struct xt_addr at = xt_loop(variant->version, 9);
	char c;

	EXPECT_EQ(1, XT(sendto(self->p.client, "x", 1, 0, &at.sa, at.len)));
	EXPECT_EQ(0, xt_recv_all(self->p.server, &c, 1));
}

TEST_F(sending, send__after_shutdown)
{
	char c = 0;

	signal(SIGPIPE, count_signal);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(0, pipe_signals);
	EXPECT_EQ(-EPIPE, XT(send(self->p.client, &c, 1, 0)));
	EXPECT_EQ(1, pipe_signals);
	EXPECT_EQ(-EPIPE, XT(write(self->p.client, &c, 1)));
	EXPECT_EQ(2, pipe_signals);
}

TEST_F(unconnected, send__unconnected)
{
	int fd = xt_socket(variant->version, 0);
	char c = 0;

	signal(SIGPIPE, count_signal);
	EXPECT_EQ(-EPIPE, XT(send(fd, &c, 1, 0)));
	EXPECT_EQ(1, pipe_signals);
	EXPECT_EQ(-EPIPE, XT(send(fd, &c, 1, MSG_NOSIGNAL)));
	EXPECT_EQ(1, pipe_signals);
	EXPECT_EQ(-ENOTCONN, XT(recv(fd, &c, 1, 0)));
	close(fd);
}

TEST_F(sending, readv_writev)
{
	struct iovec out[4] = { { "ab", 2 }, { NULL, 0 }, { "c", 1 },
				{ "defg", 4 } };
	char a[3] = "", b[8] = "";
	struct iovec in[2] = { { a, 2 }, { b, 7 } };
	struct iovec *many = calloc(2000, sizeof(*many));

	EXPECT_EQ(7, XT(writev(self->p.client, out, 4)));
	EXPECT_EQ(7, XT(readv(self->p.server, in, 2)));
	EXPECT_STREQ("ab", a);
	EXPECT_STREQ("cdefg", b);
	EXPECT_EQ(-EINVAL, XT(writev(self->p.client, many, 2000)));
	free(many);
}

TEST_F(sending, sendmsg_recvmsg)
{
	struct iovec out[2] = { { "one", 3 }, { "two", 3 } };
	struct msghdr msg = { .msg_iov = out, .msg_iovlen = 2 };
	char buf[8] = "", control[64];
	struct iovec in = { buf, 7 };
	struct xt_addr a;

	EXPECT_EQ(6, XT(sendmsg(self->p.client, &msg, 0)));
	msg = (struct msghdr){ .msg_iov = &in, .msg_iovlen = 1,
			       .msg_name = &a.sa, .msg_namelen = sizeof(a.ss),
			       .msg_control = control,
			       .msg_controllen = sizeof(control) };
	EXPECT_EQ(6, XT(recvmsg(self->p.server, &msg, 0)));
	EXPECT_STREQ("onetwo", buf);
	EXPECT_EQ(0, msg.msg_flags & ~MSG_CMSG_CLOEXEC);
	EXPECT_EQ(0, msg.msg_controllen);
	EXPECT_EQ(0, msg.msg_namelen);
}

TEST_F(sending, sendmmsg_recvmmsg)
{
	struct iovec out[3] = { { "one", 3 }, { "two", 3 }, { "three", 5 } };
	struct mmsghdr msgs[3] = { 0 };
	char buf[3][4] = { "", "", "" };
	struct iovec in[3];
	int i;

	for (i = 0; i < 3; i++)
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &out[i],
						   .msg_iovlen = 1 };
	ASSERT_EQ(3, XT(sendmmsg(self->p.client, msgs, 3, 0)));
	EXPECT_EQ(5, msgs[2].msg_len);
	for (i = 0; i < 3; i++) {
		in[i] = (struct iovec){ buf[i], 3 };
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i],
						   .msg_iovlen = 1 };
	}
	ASSERT_EQ(3, XT(recvmmsg(self->p.server, msgs, 3, 0, NULL)));
	EXPECT_STREQ("one", buf[0]);
	EXPECT_STREQ("two", buf[1]);
	EXPECT_STREQ("thr", buf[2]);
}

/* From a file, without the bytes passing through the program. */
TEST_F(sending, sendfile)
{
	static char out[200000], in[200000];
	int file = memfd_create("file", 0);
	size_t i, sent = 0;
	off_t at = 0;
	ssize_t n;

	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 251;
	ASSERT_EQ((long)sizeof(out), write(file, out, sizeof(out)));
	while (sent < sizeof(out)) {
		n = XT(sendfile(self->p.client, file, &at, 50000));
		ASSERT_LT(0, n);
		ASSERT_EQ(0, xt_recv_all(self->p.server, in + sent, n));
		sent += n;
	}
	EXPECT_EQ(0, memcmp(in, out, sizeof(out)));
	close(file);
}

TEST_F(sending, splice)
{
	char buf[8] = "";
	int p[2];

	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(6, write(p[1], "splice", 6));
	EXPECT_EQ(6, XT(splice(p[0], NULL, self->p.client, NULL, 6, 0)));
	ASSERT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	EXPECT_EQ(6, XT(splice(self->p.server, NULL, p[1], NULL, 100,
			       SPLICE_F_NONBLOCK)));
	EXPECT_EQ(6, read(p[0], buf, 7));
	EXPECT_STREQ("splice", buf);
	xt_nonblock(self->p.server, true);
	EXPECT_EQ(-EAGAIN, XT(splice(self->p.server, NULL, p[1], NULL, 100,
				     0)));
	xt_shut(&self->p.client);
	EXPECT_EQ(0, XT(splice(self->p.server, NULL, p[1], NULL, 100, 0)));
}

/* A buffer over the edge of what is mapped takes what fits before it. */
TEST_F(sending, recv__page_edge)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long n;

	ASSERT_EQ(0, munmap(map + page, page));
	ASSERT_EQ(8, XT(send(self->p.client, "12345678", 8, 0)));
	n = XT(recv(self->p.server, map + page - 4, 8, 0));
	EXPECT_TRUE(n == -EFAULT || n == 4);
}

XT_MAIN
