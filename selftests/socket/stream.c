// SPDX-License-Identifier: GPL-2.0-only
/* The stream: both directions at once, any sizes, any speeds, every byte once. */
#define _GNU_SOURCE
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

#define CHUNK	65536

/* Every run replays: numbers come from this alone. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/**
 * struct flow - one direction
 * @left: bytes still to be written
 * @sent: and @got: bytes written and read so far
 * @bad: first position that was not as it was written, or -1
 */
struct flow {
	int from, to;
	long left, sent, got, bad;
	uint32_t write_seed, read_seed;
	bool shut, ended;
};

/* What stands at a position depends on nothing but the position. */
static uint8_t byte_at(long pos, int salt)
{
	return (pos * 2654435761U >> 13) ^ (pos >> 8) ^ salt;
}

static int random_size(uint32_t *seed)
{
	uint32_t r = next_random(seed);

	/* Small ones and large ones, both often. */
	return 1 + (r >> 8) % (r & 1 ? 100 : r & 2 ? 3000 : CHUNK - 1);
}

static int write_some(struct flow *f, int salt)
{
	static uint8_t buf[CHUNK];
	int i, n = random_size(&f->write_seed);
	struct iovec iov[2];

	if (n > f->left)
		n = f->left;
	for (i = 0; i < n; i++)
		buf[i] = byte_at(f->sent + i, salt);
	iov[0] = (struct iovec){ buf, n / 3 };
	iov[1] = (struct iovec){ buf + n / 3, n - n / 3 };
	n = writev(f->from, iov, 2);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	f->sent += n;
	f->left -= n;
	return 0;
}

static int read_some(struct flow *f, int salt)
{
	static uint8_t buf[CHUNK];
	int i, n = random_size(&f->read_seed);

	n = recv(f->to, buf, n, 0);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (!n)
		f->ended = true;
	for (i = 0; i < n && f->bad < 0; i++)
		if (buf[i] != byte_at(f->got + i, salt))
			f->bad = f->got + i;
	f->got += n;
	return 0;
}

static int step(struct flow *f, int salt, int events_from, int events_to)
{
	int err = 0;

	if (f->left && (events_from & POLLOUT))
		err = write_some(f, salt);
	if (!f->left && !f->shut) {
		f->shut = true;
		shutdown(f->from, SHUT_WR);
	}
	if (!err && !f->ended && (events_to & POLLIN))
		err = read_some(f, salt);
	return err;
}

/* Until both directions have ended; 0 or -errno. */
static int run(struct flow *a, struct flow *b)
{
	struct pollfd p[2] = { { .fd = a->from }, { .fd = b->from } };
	int err = 0;

	xt_nonblock(a->from, true);
	xt_nonblock(b->from, true);
	while (!err && !(a->ended && b->ended)) {
		p[0].events = (a->left ? POLLOUT : 0) |
			      (b->ended ? 0 : POLLIN);
		p[1].events = (b->left ? POLLOUT : 0) |
			      (a->ended ? 0 : POLLIN);
		if (poll(p, 2, XT_SOON_MS) <= 0)
			return -ETIMEDOUT;
		err = step(a, 1, p[0].revents, p[1].revents);
		if (!err)
			err = step(b, 2, p[1].revents, p[0].revents);
	}
	return err;
}

XT_FIXTURE_PAIR(stream);

#define RUN(there, back) do { \
	struct flow a_ = { .from = self->p.client, .to = self->p.server, \
			   .left = there, .bad = -1, .write_seed = 1, \
			   .read_seed = 2 }; \
	struct flow b_ = { .from = self->p.server, .to = self->p.client, \
			   .left = back, .bad = -1, .write_seed = 3, \
			   .read_seed = 4 }; \
	ASSERT_EQ(0, run(&a_, &b_)) \
		TH_LOG("%ld and %ld sent, %ld and %ld read", a_.sent, b_.sent, \
		       a_.got, b_.got); \
	EXPECT_EQ(there, a_.got); \
	EXPECT_EQ(back, b_.got); \
	EXPECT_EQ(-1, a_.bad); \
	EXPECT_EQ(-1, b_.bad); \
} while (0)

TEST_F(stream, stream)
{
	RUN(2000000, 1500000);
}

TEST_F(stream, stream__one_way)
{
	RUN(3000000, 0);
}

/* Nagle's rule, small segments and small buffers all at work. */
TEST_F(stream, stream__small_buffers)
{
	ASSERT_EQ(0, xt_setint(self->p.client, SOL_SOCKET, SO_SNDBUF, 4000));
	ASSERT_EQ(0, xt_setint(self->p.server, SOL_SOCKET, SO_RCVBUF, 4000));
	ASSERT_EQ(0, xt_setint(self->p.server, SOL_TCP, TCP_NODELAY, 1));
	RUN(200000, 200000);
}

/* Over a path with delay the windows are what carries it. */
TEST_F_TIMEOUT(stream, stream__delay, 120)
{
	ASSERT_EQ(0, xt_delay_lo(20));
	RUN(1500000, 700000);
}

/* What the network loses, repeats and puts out of order is mended. */
TEST_F_TIMEOUT(stream, stream__lossy, 300)
{
	ASSERT_EQ(0, xt_run("ip link set lo mtu 1500"));
	xt_pair_close(&self->p);
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_EQ(0, xt_run("tc qdisc replace dev lo root netem %s",
			    "delay 4ms loss 2% duplicate 2% reorder 80% 25% limit 10000"));
	RUN(400000, 400000);
}

/* Damage is noticed and dropped. */
TEST_F_TIMEOUT(stream, checksum, 300)
{
	ASSERT_EQ(0, xt_run("ip link set lo mtu 1500"));
	xt_pair_close(&self->p);
	ASSERT_EQ(0, xt_pair_open(&self->p, variant->version));
	ASSERT_EQ(0, xt_run("tc qdisc replace dev lo root netem delay 1ms corrupt 2%%"));
	RUN(300000, 100000);
}

XT_MAIN
