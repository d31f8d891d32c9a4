// SPDX-License-Identifier: GPL-2.0-only
/* A connection's life by io_uring: by raw system calls, no library needed. */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

#define ENTRIES	8

/* The rings, as the kernel maps them. */
struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static int ring_open(struct ring *r)
{
	struct io_uring_params p = { 0 };
	char *sq, *cq;

	r->fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		return -errno;
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(int),
		  PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes),
		  PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		  IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes),
		       PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		return -errno;
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	return 0;
}

/* Hand in one request, which does not wait. */
static int ring_ask(struct ring *r, const struct io_uring_sqe *ask)
{
	unsigned int at = *r->sq_tail & *r->sq_mask;

	r->sqes[at] = *ask;
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, *r->sq_tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0);
}

/* The next result; its user_data goes to *who. */
static int ring_result(struct ring *r, unsigned long *who)
{
	struct io_uring_cqe *c;
	int res;

	while (*r->cq_head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		if (syscall(SYS_io_uring_enter, r->fd, 0, 1,
			    IORING_ENTER_GETEVENTS, NULL, 0) < 0)
			return -errno;
	c = &r->cqes[*r->cq_head & *r->cq_mask];
	*who = c->user_data;
	res = c->res;
	__atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
	return res;
}

static int ring_ready(struct ring *r)
{
	return *r->cq_head != __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
}

static struct io_uring_sqe request(int op, int fd, const void *buf, int len,
				   unsigned long who)
{
	return (struct io_uring_sqe){ .opcode = op, .fd = fd,
				      .addr = (uintptr_t)buf, .len = len,
				      .user_data = who };
}

enum { ACCEPT = 1, CONNECT, RECV, SEND, POLL, CLOSE, SHUTDOWN };

FIXTURE(uring) {
	struct xt_pair p;
	struct ring r;
};

FIXTURE_VARIANT(uring) {
	int version;
};

FIXTURE_VARIANT_ADD(uring, ipv4) {
	.version = 4,
};

FIXTURE_VARIANT_ADD(uring, ipv6) {
	.version = 6,
};

FIXTURE_SETUP(uring)
{
	int err = ring_open(&self->r);

	if (err == -ENOSYS || err == -EPERM)
		SKIP(_exit(255), "io_uring is not to be had here");
	ASSERT_EQ(0, err);
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, xt_fresh_netns());
	self->p.client = -1;
	self->p.server = -1;
	self->p.listener = xt_listen(variant->version, XT_PORT, 4);
	ASSERT_LE(0, self->p.listener);
}

FIXTURE_TEARDOWN(uring)
{
	xt_pair_close(&self->p);
}

#define ASK(...) do { \
	struct io_uring_sqe ask_ = request(__VA_ARGS__); \
	ASSERT_EQ(1, XT(ring_ask(&self->r, &ask_))); \
} while (0)

TEST_F(uring, io_uring__life)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	struct io_uring_sqe ask;
	unsigned long who = 0;
	char buf[16] = "";
	int i, res;

	self->p.client = xt_socket(variant->version, 0);
	ASK(IORING_OP_ACCEPT, self->p.listener, NULL, 0, ACCEPT);
	EXPECT_EQ(0, ring_ready(&self->r));
	ask = request(IORING_OP_CONNECT, self->p.client, &at.sa, 0, CONNECT);
	ask.off = at.len;
	ASSERT_EQ(1, XT(ring_ask(&self->r, &ask)));
	for (i = 0; i < 2; i++) {
		res = ring_result(&self->r, &who);
		if (who == ACCEPT)
			self->p.server = res;
		ASSERT_LE(0, res);
	}
	ASSERT_LT(0, self->p.server);

	ASK(IORING_OP_RECV, self->p.server, buf, 16, RECV);
	EXPECT_EQ(0, ring_ready(&self->r));
	ASK(IORING_OP_SEND, self->p.client, "uring", 5, SEND);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(5, ring_result(&self->r, &who));
	EXPECT_STREQ("uring", buf);

	/* The end of file, by shutdown and by close. */
	ASK(IORING_OP_RECV, self->p.server, buf, 16, RECV);
	ask = request(IORING_OP_SHUTDOWN, self->p.client, NULL, SHUT_WR,
		      SHUTDOWN);
	ASSERT_EQ(1, XT(ring_ask(&self->r, &ask)));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, ring_result(&self->r, &who));
	ASK(IORING_OP_RECV, self->p.client, buf, 16, RECV);
	ASK(IORING_OP_CLOSE, self->p.server, NULL, 0, CLOSE);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, ring_result(&self->r, &who));
	self->p.server = -1;
}

TEST_F(uring, io_uring__refused)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT2);
	struct io_uring_sqe ask;
	unsigned long who = 0;

	self->p.client = xt_socket(variant->version, 0);
	ask = request(IORING_OP_CONNECT, self->p.client, &at.sa, 0, CONNECT);
	ask.off = at.len;
	ASSERT_EQ(1, XT(ring_ask(&self->r, &ask)));
	EXPECT_EQ(-ECONNREFUSED, ring_result(&self->r, &who));
}

TEST_F(uring, io_uring__poll)
{
	struct io_uring_sqe ask;
	unsigned long who = 0;

	self->p.client = xt_dial(variant->version, XT_PORT);
	self->p.server = accept(self->p.listener, NULL, NULL);
	ask = request(IORING_OP_POLL_ADD, self->p.server, NULL, 0, POLL);
	ask.poll32_events = POLLIN;
	ASSERT_EQ(1, XT(ring_ask(&self->r, &ask)));
	EXPECT_EQ(0, ring_ready(&self->r));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	EXPECT_EQ(POLLIN, ring_result(&self->r, &who) & POLLIN);
	EXPECT_EQ(POLL, who);
}

/* A reset while a request waits. */
TEST_F(uring, io_uring__reset)
{
	unsigned long who = 0;
	char c;

	self->p.client = xt_dial(variant->version, XT_PORT);
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASK(IORING_OP_RECV, self->p.client, &c, 1, RECV);
	EXPECT_EQ(0, ring_ready(&self->r));
	xt_linger(self->p.server, 1, 0);
	xt_shut(&self->p.server);
	EXPECT_EQ(-ECONNRESET, ring_result(&self->r, &who));
}

/* Requests that are still waiting when the program ends do no harm. */
TEST_F(uring, io_uring__left_waiting)
{
	static char c;
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct io_uring_sqe ask = request(IORING_OP_ACCEPT,
						  self->p.listener, NULL, 0,
						  ACCEPT);
		struct ring own;

		if (ring_open(&own) || ring_ask(&own, &ask) != 1)
			_exit(1);
		self->p.client = xt_dial(variant->version, XT_PORT);
		ask = request(IORING_OP_RECV, self->p.client, &c, 1, RECV);
		_exit(ring_ask(&own, &ask) != 1);
	}
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	xt_shut(&self->p.listener);
	EXPECT_EQ(0, xt_wait_count(variant->version, TCP_ESTABLISHED, 0,
				   XT_SOON_MS));
	EXPECT_EQ(0, xt_wait_count(variant->version, TCP_LISTEN, 0,
				   XT_SOON_MS));
}

XT_MAIN
