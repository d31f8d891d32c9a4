// SPDX-License-Identifier: GPL-2.0-only
/* Moving bytes: what segments they become and when the reader has them. */
#include "kselftest_harness.h"
#include "xtcp_test.h"

XT_FIXTURE_PAIR(bytes);

XT_FIXTURE_BARE(example);

/* The next segment that goes from that port. */
static int next_from(int cap, uint16_t port, struct xt_seg *seg)
{
	while (xt_captured(cap, seg, XT_SOON_MS))
		if (seg->sport == port)
			return 1;
	return 0;
}

/* The window closes on a reader that does not read, and opens again. */
TEST_F(bytes, window)
{
	long long end = xt_now_ms() + XT_SOON_MS;
	int cap = xt_capture("lo");
	struct xt_seg seg = { 0 };
	struct xt_row row;
	long sent;

	sent = xt_fill(self->p.client);
	ASSERT_LT(65536, sent);
	do {
		ASSERT_EQ(0, xt_row(variant->version, self->p.cport,
				    self->p.sport, &row));
		poll(NULL, 0, 10);
	} while (row.timer != 4 && xt_now_ms() < end);
	EXPECT_EQ(4, row.timer);
	EXPECT_LT(0, row.txq);
	ASSERT_EQ(0, xt_row(variant->version, self->p.sport, self->p.cport,
			    &row));
	EXPECT_LT(0, row.rxq);
	EXPECT_EQ(0, xt_events(self->p.client));

	/* Probes keep being answered for as long as it takes. */
	close(cap);
	cap = xt_capture("lo");
	do {
		ASSERT_EQ(1, next_from(cap, self->p.cport, &seg));
	} while (seg.len > 1);
	ASSERT_EQ(1, next_from(cap, self->p.sport, &seg));
	EXPECT_EQ(0, seg.wnd);
	xt_sleep_ms(5000);
	XT_ASSERT_CLIENT(TCP_ESTABLISHED);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	EXPECT_EQ(sent, xt_drain(self->p.server));
	close(cap);
}

/* Reading a byte at a time does not make the sender send single bytes. */
TEST_F(bytes, window__no_silly_window)
{
	int cap, i, wnd = 0, smallest = 1 << 30;
	struct xt_seg seg;
	char c;

	ASSERT_LT(65536, xt_fill(self->p.client));
	xt_sleep_ms(1000);
	cap = xt_capture("lo");
	for (i = 0; i < 200; i++)
		ASSERT_EQ(1, XT(recv(self->p.server, &c, 1, 0)));
	while (xt_captured(cap, &seg, 100)) {
		if (seg.sport == self->p.sport && seg.wnd)
			wnd = seg.wnd;
		if (seg.sport == self->p.cport && seg.len > 1 &&
		    (int)seg.len < smallest)
			smallest = seg.len;
	}
	EXPECT_EQ(0, wnd);
	EXPECT_LE(500, smallest);
}

/* PSH ends each write; small segments are delivered with or without it. */
TEST_F(bytes, push)
{
	int cap = xt_capture("lo");
	struct xt_seg seg;
	char buf[16];

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(3, XT(send(self->p.client, "one", 3, 0)));
	ASSERT_EQ(3, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	ASSERT_EQ(1, next_from(cap, self->p.cport, &seg));
	EXPECT_EQ(3, seg.len);
	EXPECT_EQ(XT_PSH | XT_ACK, seg.flags);

	/* Held together by MSG_MORE they are one segment, pushed once. */
	ASSERT_EQ(3, XT(send(self->p.client, "two", 3, MSG_MORE)));
	EXPECT_EQ(0, xt_wait(self->p.server, POLLIN, 20));
	ASSERT_EQ(5, XT(send(self->p.client, "three", 5, 0)));
	ASSERT_EQ(8, XT(recv(self->p.server, buf, sizeof(buf), 0)));
	do {
		ASSERT_EQ(1, next_from(cap, self->p.cport, &seg));
	} while (!seg.len);
	EXPECT_EQ(8, seg.len);
	EXPECT_EQ(XT_PSH | XT_ACK, seg.flags);
	close(cap);
}

/* The ladder of the textbook: numbers, cumulative ACK, ACK riding on data. */
#define CLIENT_ISN	8000
#define SERVER_ISN	15000

static int one_segment_each(int fd, int isn)
{
	if (xt_setint(fd, SOL_TCP, TCP_NODELAY, 1))
		return -errno;
	if (xt_setint(fd, SOL_TCP, TCP_QUICKACK, 0))
		return -errno;
	if (!xt_host() && xt_setint(fd, SOL_XTCP, XTCP_ISN, isn))
		return -errno;
	return 0;
}

static int connect_example(struct xt_pair *p, int version)
{
	struct xt_addr at = xt_loop(version, XT_PORT);

	p->listener = xt_listen(version, XT_PORT, 4);
	p->client = xt_socket(version, 0);
	if (one_segment_each(p->listener, SERVER_ISN))
		return -errno;
	if (one_segment_each(p->client, CLIENT_ISN))
		return -errno;
	if (xt_setint(p->client, SOL_TCP, TCP_QUICKACK, 1))
		return -errno;
	if (xt_connect(p->client, &at))
		return -errno;
	p->server = accept(p->listener, NULL, NULL);
	return p->server < 0 ? -errno :
	       xt_setint(p->server, SOL_TCP, TCP_QUICKACK, 0);
}

TEST_F(example, worked_example)
{
	static char buf[2000];
	struct xt_seg s[10];
	uint32_t c, v;
	int cap, n = 0;

	ASSERT_EQ(0, xt_run("ip link set lo mtu 9000"));
	cap = xt_capture("lo");
	ASSERT_LE(0, cap);
	ASSERT_EQ(0, connect_example(&self->p, variant->version));
	ASSERT_EQ(1000, XT(send(self->p.client, buf, 1000, 0)));
	ASSERT_EQ(1000, XT(send(self->p.client, buf, 1000, 0)));
	/* The host's TCP would acknowledge at once when the bytes are read. */
	if (!xt_host())
		ASSERT_EQ(2000, XT(recv(self->p.server, buf, 2000,
					MSG_WAITALL)));
	ASSERT_EQ(2000, XT(send(self->p.server, buf, 2000, 0)));
	ASSERT_EQ(2000, XT(recv(self->p.client, buf, 2000, MSG_WAITALL)));
	while (n < 10 && xt_captured(cap, &s[n], 500))
		n++;
	ASSERT_EQ(7, n);
	c = s[0].seq;
	v = s[1].seq;
	if (!xt_host()) {
		EXPECT_EQ(CLIENT_ISN, c);
		EXPECT_EQ(SERVER_ISN, v);
	}
	EXPECT_EQ(XT_SYN, s[0].flags);
	EXPECT_EQ(XT_SYN | XT_ACK, s[1].flags);
	EXPECT_EQ(c + 1, s[1].ack);
	EXPECT_EQ(XT_ACK, s[2].flags);
	EXPECT_EQ(c + 1, s[2].seq);
	EXPECT_EQ(v + 1, s[2].ack);
	EXPECT_EQ(c + 1, s[3].seq);
	EXPECT_EQ(1000, s[3].len);
	EXPECT_EQ(XT_PSH | XT_ACK, s[3].flags);
	EXPECT_EQ(c + 1001, s[4].seq);
	EXPECT_EQ(XT_PSH | XT_ACK, s[4].flags);
	EXPECT_EQ(v + 1, s[5].seq);
	EXPECT_EQ(2000, s[5].len);
	EXPECT_EQ(c + 2001, s[5].ack);
	EXPECT_EQ(c + 2001, s[6].seq);
	EXPECT_EQ(v + 2001, s[6].ack);
	EXPECT_EQ(0, s[6].len);
	close(cap);
}

/* The chosen numbers are what the socket says they are. */
TEST_F(example, worked_example__numbers)
{
	struct xtcp_info info;
	socklen_t len = sizeof(info);

	XT_ONLY_XTCP();
	ASSERT_EQ(0, connect_example(&self->p, variant->version));
	ASSERT_EQ(0, getsockopt(self->p.client, SOL_XTCP, XTCP_INFO, &info,
				&len));
	EXPECT_EQ(CLIENT_ISN, info.xtcpi_iss);
	EXPECT_EQ(SERVER_ISN, info.xtcpi_irs);
	EXPECT_EQ(CLIENT_ISN + 1, info.xtcpi_snd_nxt);
	EXPECT_EQ(SERVER_ISN + 1, info.xtcpi_rcv_nxt);
}

/* With Nagle's rule a second small segment waits for the first one's ACK. */
TEST_F(bytes, nagle)
{
	struct xt_seg seg;
	char buf[16];
	int cap;

	ASSERT_EQ(0, xt_delay_lo(50));
	cap = xt_capture("lo");
	ASSERT_EQ(1, XT(send(self->p.client, "a", 1, 0)));
	ASSERT_EQ(1, XT(send(self->p.client, "b", 1, 0)));
	ASSERT_EQ(1, XT(send(self->p.client, "c", 1, 0)));
	ASSERT_EQ(1, next_from(cap, self->p.cport, &seg));
	EXPECT_EQ(1, seg.len);
	do {
		ASSERT_EQ(1, next_from(cap, self->p.cport, &seg));
	} while (!seg.len);
	EXPECT_EQ(2, seg.len);
	ASSERT_EQ(0, xt_recv_all(self->p.server, buf, 3));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));
	close(cap);
}

/* TCP_NODELAY: each write goes out as it is. */
TEST_F(bytes, nagle__nodelay)
{
	struct xt_seg seg;
	int cap, i;

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_NODELAY, 1));
	ASSERT_EQ(0, xt_delay_lo(50));
	cap = xt_capture("lo");
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, XT(send(self->p.client, "a", 1, 0)));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, next_from(cap, self->p.cport, &seg));
		EXPECT_EQ(1, seg.len);
	}
	close(cap);
}

/* TCP_CORK holds back what does not fill a segment; pulling it sends. */
TEST_F(bytes, cork)
{
	char buf[16];

	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_CORK, 1));
	ASSERT_EQ(2, XT(send(self->p.client, "ab", 2, 0)));
	ASSERT_EQ(2, XT(send(self->p.client, "cd", 2, 0)));
	EXPECT_EQ(0, xt_wait(self->p.server, POLLIN, 50));
	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_CORK, 0));
	EXPECT_EQ(4, XT(recv(self->p.server, buf, sizeof(buf), 0)));

	/* Forgotten, it gives way after a fifth of a second. */
	ASSERT_EQ(0, xt_setint(self->p.client, SOL_TCP, TCP_CORK, 1));
	ASSERT_EQ(2, XT(send(self->p.client, "ef", 2, 0)));
	EXPECT_EQ(POLLIN, xt_wait(self->p.server, POLLIN, XT_SOON_MS));
}

XT_MAIN
