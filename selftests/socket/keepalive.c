// SPDX-License-Identifier: GPL-2.0-only
/* Peers that fall silent: keep-alive, time-outs, and states one can hold. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE(silence);

/* Client in the first namespace, server in the second; the caller in the first. */
static int pair_across(struct xt_net *net, struct xt_pair *p, int version)
{
	struct xt_addr at = xt_net_addr(version, 1, XT_PORT);

	if (xt_net_open(net) || xt_net_enter(net, 1))
		return -1;
	p->listener = xt_socket(version, 0);
	if (xt_bind(p->listener, &at) || listen(p->listener, 4))
		return -errno;
	if (xt_net_enter(net, 0))
		return -1;
	p->client = xt_socket(version, 0);
	if (xt_connect(p->client, &at))
		return -errno;
	p->server = accept(p->listener, NULL, NULL);
	p->cport = xt_lport(p->client);
	p->sport = XT_PORT;
	return p->server < 0 ? -errno : 0;
}

static struct xt_net net;

FIXTURE_SETUP(silence)
{
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, pair_across(&net, &self->p, variant->version));
}

static int keep_alive(int fd, int idle, int interval, int count)
{
	return xt_setint(fd, SOL_TCP, TCP_KEEPIDLE, idle) ||
	       xt_setint(fd, SOL_TCP, TCP_KEEPINTVL, interval) ||
	       xt_setint(fd, SOL_TCP, TCP_KEEPCNT, count) ||
	       xt_setint(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* Both directions, so that the peer is as if it had never been. */
static int cut_off(bool cut)
{
	return xt_net_cut(&net, 0, cut) || xt_net_cut(&net, 1, cut);
}

/* Orphans would otherwise try for minutes to reach each other. */
FIXTURE_TEARDOWN(silence)
{
	int side;

	cut_off(false);
	xt_pair_close(&self->p);
	for (side = 0; side < 2 && !xt_host(); side++) {
		xt_net_enter(&net, side);
		xt_set_sysctl("abort_orphans", 1);
	}
}

TEST_F_TIMEOUT(silence, keepalive, 60)
{
	long long start;
	struct xt_row row;
	char c;

	ASSERT_EQ(0, keep_alive(self->p.client, 2, 1, 3));
	ASSERT_EQ(0, xt_row(variant->version, self->p.cport, XT_PORT, &row));
	EXPECT_EQ(2, row.timer);
	ASSERT_EQ(0, cut_off(true));
	start = xt_now_ms();
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, 20000) & POLLERR);
	EXPECT_LE(2000, xt_now_ms() - start);
	EXPECT_GT(9000, xt_now_ms() - start);
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM |
		  POLLERR | POLLHUP, xt_events(self->p.client));
	EXPECT_EQ(-ETIMEDOUT, XT(recv(self->p.client, &c, 1, 0)));
	EXPECT_EQ(0, XT(recv(self->p.client, &c, 1, 0)));
	XT_ASSERT_CLIENT(XT_GONE);
}

/* A live peer costs one exchange per idle time, and nothing else happens. */
TEST_F_TIMEOUT(silence, keepalive__alive, 60)
{
	int cap = xt_capture("v0"), probes = 0, answers = 0;
	struct xt_seg seg;
	char c;

	ASSERT_EQ(0, keep_alive(self->p.client, 2, 1, 3));
	xt_sleep_ms(11000);
	while (xt_captured(cap, &seg, 0)) {
		probes += seg.sport == self->p.cport;
		answers += seg.sport == XT_PORT;
	}
	EXPECT_LE(4, probes);
	EXPECT_GE(6, probes);
	EXPECT_EQ(probes, answers);
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	ASSERT_EQ(1, XT(send(self->p.server, "x", 1, 0)));
	ASSERT_EQ(0, xt_recv_all(self->p.client, &c, 1));
}

/* A peer that has forgotten answers the probe with a reset. */
TEST_F_TIMEOUT(silence, keepalive__peer_reset, 60)
{
	char c;

	ASSERT_EQ(0, keep_alive(self->p.client, 3, 1, 3));
	ASSERT_EQ(0, xt_net_cut(&net, 1, true));
	ASSERT_EQ(0, xt_linger(self->p.server, 1, 0));
	xt_shut(&self->p.server);
	ASSERT_EQ(0, xt_net_cut(&net, 1, false));
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, 20000) & POLLERR);
	EXPECT_EQ(-ECONNRESET, XT(recv(self->p.client, &c, 1, 0)));
}

/* Bytes that nobody acknowledges: TCP_USER_TIMEOUT says for how long. */
TEST_F_TIMEOUT(silence, user_timeout, 60)
{
	long long start;
	char c;

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_USER_TIMEOUT,
			       4000));
	ASSERT_EQ(0, cut_off(true));
	start = xt_now_ms();
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, 30000) & POLLERR);
	EXPECT_LE(3500, xt_now_ms() - start);
	EXPECT_GT(9000, xt_now_ms() - start);
	EXPECT_EQ(-ETIMEDOUT, XT(recv(self->p.client, &c, 1, 0)));
	XT_ASSERT_CLIENT(XT_GONE);
}

/* Without one, retries2 ends it; the bytes come through if the link returns. */
TEST_F_TIMEOUT(silence, retransmit, 200)
{
	struct xt_row row;
	char c = 0;

	ASSERT_EQ(0, cut_off(true));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	xt_sleep_ms(3000);
	ASSERT_EQ(0, xt_row(variant->version, self->p.cport, XT_PORT, &row));
	EXPECT_EQ(1, row.timer);
	EXPECT_LE(2, row.retrans);
	EXPECT_EQ(1, row.txq);
	ASSERT_EQ(0, cut_off(false));
	ASSERT_EQ(0, xt_recv_all(self->p.server, &c, 1));
	EXPECT_EQ('x', c);

	ASSERT_EQ(0, xt_set_sysctl("retries2", 3));
	ASSERT_EQ(0, cut_off(true));
	ASSERT_EQ(1, XT(send(self->p.client, "y", 1, 0)));
	ASSERT_NE(0, xt_wait(self->p.client, POLLIN, 60000) & POLLERR);
	EXPECT_EQ(-ETIMEDOUT, XT(recv(self->p.client, &c, 1, 0)));
}

/* A lost FIN is sent again; an orphan gives up after its retries. */
TEST_F_TIMEOUT(silence, fin_lost, 200)
{
	char c;

	ASSERT_EQ(0, cut_off(true));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT1);
	xt_sleep_ms(2000);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT1);
	ASSERT_EQ(0, cut_off(false));
	ASSERT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
	EXPECT_EQ(0, XT(recv(self->p.server, &c, 1, 0)));
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);

	ASSERT_EQ(0, xt_net_enter(&net, 1));
	ASSERT_EQ(0, xt_set_sysctl("orphan_retries", 3));
	ASSERT_EQ(0, cut_off(true));
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(TCP_LAST_ACK);
	EXPECT_EQ(XT_GONE, xt_wait_state(variant->version, XT_PORT,
					 self->p.cport, XT_GONE, 60000));
}

/* CLOSING is held as long as our FIN's ACK is lost. */
TEST_F_TIMEOUT(silence, every_state__closing, 60)
{
	ASSERT_EQ(0, xt_net_cut(&net, 0, true));
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT1);
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(TCP_FIN_WAIT1);
	ASSERT_EQ(0, xt_net_enter(&net, 0));
	XT_ASSERT_CLIENT(TCP_CLOSING);
	xt_sleep_ms(2000);
	XT_ASSERT_CLIENT(TCP_CLOSING);
	ASSERT_EQ(0, xt_net_cut(&net, 0, false));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	XT_ASSERT_SERVER(TCP_TIME_WAIT);
}

/* LAST_ACK too; and the FIN that comes again meets TIME_WAIT. */
TEST_F_TIMEOUT(silence, last_ack_lost, 60)
{
	xt_shut(&self->p.client);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	ASSERT_EQ(0, xt_net_cut(&net, 0, true));
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	xt_shut(&self->p.server);
	XT_ASSERT_SERVER(TCP_LAST_ACK);
	xt_sleep_ms(2000);
	XT_ASSERT_SERVER(TCP_LAST_ACK);
	ASSERT_EQ(0, xt_net_enter(&net, 0));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
	ASSERT_EQ(0, xt_net_cut(&net, 0, false));
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	XT_ASSERT_SERVER(XT_GONE);
	ASSERT_EQ(0, xt_net_enter(&net, 0));
	XT_ASSERT_CLIENT(TCP_TIME_WAIT);
}

/* connect() to silence: SYN_SENT until the retries are used up. */
TEST_F_TIMEOUT(silence, syn_retransmit, 400)
{
	struct xt_addr at = xt_net_addr(variant->version, 1, XT_PORT2);
	int fd = xt_socket(variant->version, 0);
	long long start;

	ASSERT_EQ(0, cut_off(true));
	ASSERT_EQ(0, xt_setint(fd, SOL_TCP, TCP_SYNCNT, 2));
	start = xt_now_ms();
	EXPECT_EQ(-ETIMEDOUT, XT(xt_connect(fd, &at)));
	EXPECT_LE(6500, xt_now_ms() - start);
	EXPECT_GT(9000, xt_now_ms() - start);
	close(fd);

	/* By default it lasts: at least three minutes, RFC 9293 MUST-23. */
	fd = xt_socket(variant->version, 0);
	start = xt_now_ms();
	EXPECT_EQ(-ETIMEDOUT, XT(xt_connect(fd, &at)));
	EXPECT_LE(xt_host() ? 100000 : 180000, xt_now_ms() - start);
	EXPECT_GT(300000, xt_now_ms() - start);
	close(fd);
}

/* A half-open entry whose third segment never comes goes after its retries. */
TEST_F_TIMEOUT(silence, syn_retransmit__half_open, 100)
{
	struct xt_addr at = xt_net_addr(variant->version, 1, XT_PORT);
	int fd = xt_socket(variant->version, SOCK_NONBLOCK);
	uint16_t port;

	ASSERT_EQ(0, xt_net_enter(&net, 1));
	ASSERT_EQ(0, xt_set_sysctl("synack_retries", 2));
	ASSERT_EQ(0, xt_net_cut(&net, 1, true));
	ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd, &at)));
	port = xt_lport(fd);
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	XT_ASSERT_STATE(variant->version, XT_PORT, port, TCP_SYN_RECV);
	/* Its maker goes away without a word. */
	ASSERT_EQ(0, xt_net_cut(&net, 0, true));
	close(fd);
	ASSERT_EQ(0, xt_net_enter(&net, 1));
	EXPECT_EQ(XT_GONE, xt_wait_state(variant->version, XT_PORT, port,
					 XT_GONE, 30000));
	EXPECT_EQ(0, xt_wait(self->p.listener, POLLIN, 0));
}

XT_MAIN
