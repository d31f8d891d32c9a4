// SPDX-License-Identifier: GPL-2.0-only
/* How a connection closes: who passes through which states. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

/* Both ways together less than any retransmission time-out. */
#define SLOW_MS	80

XT_FIXTURE_PAIR(closing);

TEST_F(closing, four_way)
{
	char c;

	ASSERT_EQ(0, xt_delay_lo(SLOW_MS));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT1);
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(variant->version, self->p.sport,
					    self->p.cport));
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));

	/* Some time later the other side is done too. */
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(TCP_LAST_ACK);
	EXPECT_EQ(TCP_FIN_WAIT2, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(XT_GONE);
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(variant->version, self->p.cport,
					  self->p.sport));
}

/* The roles are those of who closes first, not of client and server. */
TEST_F(closing, four_way__server_first)
{
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_CLOSE_WAIT);
	XT_ASSERT_SERVER(TCP_FIN_WAIT2);
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(XT_GONE);
	XT_ASSERT_SERVER(TCP_TIME_WAIT);
}

/* The kernel acknowledges the FIN whether or not the program runs. */
TEST_F(closing, kernel_acks)
{
	pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	xt_shut(&self->p.server);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	XT_ASSERT_SERVER(XT_GONE);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
}

/* An ACK still pending rides on the FIN: no FIN_WAIT_2 at the other end. */
TEST_F(closing, three_segment)
{
	int cap = xt_capture("lo"), n = 0;
	struct xt_seg s[4];

	ASSERT_LE(0, cap);
	ASSERT_EQ(0, xt_setint(self->p.server, SOL_TCP, TCP_QUICKACK, 0));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	xt_shut(&self->p.server);
	EXPECT_EQ(TCP_TIME_WAIT, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	EXPECT_EQ(XT_GONE, xt_state(variant->version, self->p.sport,
				    self->p.cport));
	while (n < 4 && xt_captured(cap, &s[n], 100))
		n++;
	ASSERT_EQ(3, n);
	EXPECT_EQ(XT_FIN | XT_ACK, s[0].flags);
	EXPECT_EQ(XT_FIN | XT_ACK, s[1].flags);
	EXPECT_EQ(s[0].seq + 1, s[1].ack);
	EXPECT_EQ(XT_ACK, s[2].flags);
	EXPECT_EQ(s[1].seq + 1, s[2].ack);
	EXPECT_EQ(s[1].ack, s[2].seq);
}

/* The answering FIN also carries the last bytes, if any are held back. */
TEST_F(closing, three_segment__last_data)
{
	int cap = xt_capture("lo"), n = 0;
	struct xt_seg s[4];

	ASSERT_LE(0, cap);
	ASSERT_EQ(0, xt_setint(self->p.server, SOL_TCP, TCP_QUICKACK, 0));
	ASSERT_EQ(0, xt_setint(self->p.server, SOL_TCP, TCP_CORK, 1));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	ASSERT_EQ(100, XT(send(self->p.server, s, 100, 0)));
	xt_shut(&self->p.server);
	EXPECT_EQ(100, xt_drain(self->p.client));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(XT_GONE);
	while (n < 4 && xt_captured(cap, &s[n], 100))
		n++;
	ASSERT_EQ(3, n);
	EXPECT_EQ(XT_FIN, s[1].flags & (XT_FIN | XT_RST));
	EXPECT_EQ(100, s[1].len);
	EXPECT_EQ(s[1].seq + 101, s[2].ack);
}

TEST_F(closing, simultaneous_close)
{
	ASSERT_EQ(0, xt_delay_lo(SLOW_MS));
	xt_shut(&self->p.client);
	xt_shut(&self->p.server);
	EXPECT_EQ(TCP_FIN_WAIT1, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	EXPECT_EQ(TCP_FIN_WAIT1, xt_state(variant->version, self->p.sport,
					  self->p.cport));
	XT_ASSERT_CLIENT(TCP_CLOSING);
	XT_ASSERT_SERVER(TCP_CLOSING);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(TCP_TIME_WAIT);
}

/* All bytes arrive before the end of file, however long the reader takes. */
TEST_F(closing, fin_with_data)
{
	long sent = xt_fill(self->p.client);
	struct xt_row row;

	ASSERT_LT(65536, sent);
	xt_shut(&self->p.client);
	EXPECT_EQ(TCP_FIN_WAIT1, xt_state(variant->version, self->p.cport,
					  self->p.sport));
	EXPECT_EQ(TCP_ESTABLISHED, xt_state(variant->version, self->p.sport,
					    self->p.cport));
	ASSERT_EQ(0, xt_row(variant->version, self->p.cport, self->p.sport,
			    &row));
	EXPECT_LT(0, row.txq);
	EXPECT_EQ(0, row.inode);
	EXPECT_EQ(sent, xt_drain(self->p.server));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	xt_shut(&self->p.server);
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	XT_ASSERT_SERVER(XT_GONE);
}

/* What shutdown(SHUT_WR) left in the buffer arrives as well. */
TEST_F(closing, fin_with_data__shutdown)
{
	long sent = xt_fill(self->p.client);

	ASSERT_LT(65536, sent);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(sent, xt_drain(self->p.server));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	EXPECT_EQ(1, XT(send(self->p.server, "y", 1, 0)));
	xt_shut(&self->p.server);
	EXPECT_EQ(1, xt_drain(self->p.client));
}

TEST_F(closing, exit_closes)
{
	pid_t child = fork();
	int status;
	char c;

	ASSERT_LE(0, child);
	if (!child) {
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, WUNTRACED);
	xt_shut(&self->p.server);
	xt_shut(&self->p.listener);
	XT_ASSERT_SERVER(TCP_ESTABLISHED);
	EXPECT_EQ(TCP_LISTEN, xt_state(variant->version, XT_PORT, 0));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	ASSERT_EQ(POLLIN, xt_wait(self->p.client, POLLIN, XT_SOON_MS));
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	XT_ASSERT_SERVER(TCP_FIN_WAIT2);
	XT_ASSERT_CLIENT(TCP_CLOSE_WAIT);
	EXPECT_EQ(XT_GONE, xt_state(variant->version, XT_PORT, 0));
}

/* Bytes that nobody read: the death of their reader resets. */
TEST_F(closing, exit_closes__unread)
{
	pid_t child = fork();
	int status;
	char c;

	ASSERT_LE(0, child);
	if (!child) {
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, WUNTRACED);
	xt_shut(&self->p.server);
	ASSERT_EQ(4, XT(send(self->p.client, "lost", 4, 0)));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, &c, 1, 0)));
	XT_ASSERT_SERVER(XT_GONE);
	XT_ASSERT_CLIENT(XT_GONE);
}

FIXTURE(self_close) {
	int fd;
};

FIXTURE_VARIANT(self_close) {
	int version;
};

FIXTURE_VARIANT_ADD(self_close, ipv4) {
	.version = 4,
};

FIXTURE_VARIANT_ADD(self_close, ipv6) {
	.version = 6,
};

FIXTURE_SETUP(self_close)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);

	ASSERT_EQ(0, xt_fresh_netns());
	self->fd = xt_bound(variant->version, XT_PORT, 0);
	ASSERT_EQ(0, XT(xt_connect(self->fd, &at)));
}

FIXTURE_TEARDOWN(self_close)
{
	xt_shut(&self->fd);
}

/* A socket connected to itself: one FIN, one ACK, both its own. */
TEST_F(self_close, two_segment)
{
	int v = variant->version, cap = xt_capture("lo"), n = 0;
	struct xt_seg s[3];

	ASSERT_LE(0, cap);
	ASSERT_EQ(0, xt_delay_lo(SLOW_MS));
	xt_shut(&self->fd);
	EXPECT_EQ(TCP_FIN_WAIT1, xt_state(v, XT_PORT, XT_PORT));
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT, TCP_CLOSING);
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT, TCP_TIME_WAIT);
	EXPECT_EQ(1, xt_count(v, -1));
	while (n < 3 && xt_captured(cap, &s[n], 500))
		n++;
	ASSERT_EQ(2, n);
	EXPECT_EQ(XT_FIN | XT_ACK, s[0].flags);
	EXPECT_EQ(XT_ACK, s[1].flags);
	EXPECT_EQ(s[0].seq + 1, s[1].ack);
}

TEST_F(self_close, two_segment__shutdown)
{
	int v = variant->version;
	char c;

	ASSERT_EQ(2, XT(send(self->fd, "me", 2, 0)));
	ASSERT_EQ(0, shutdown(self->fd, SHUT_WR));
	EXPECT_EQ(2, xt_drain(self->fd));
	XT_ASSERT_STATE(v, XT_PORT, XT_PORT, TCP_TIME_WAIT);
	EXPECT_EQ(0, XT(recv(self->fd, &c, 1, 0)));
	EXPECT_EQ(-EPIPE, XT(send(self->fd, &c, 1, MSG_NOSIGNAL)));
}

XT_MAIN
