// SPDX-License-Identifier: GPL-2.0-only
/* TCP_SAVE_SYN and TCP_SAVED_SYN: the SYN for who accepts the connection. */
#include <stdlib.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

#define ETHERNET	14	/* bytes of lo's link header */
#define ROOM		256
#define IP_HEADER(v)	((v) == 6 ? 40 : 20)

XT_FIXTURE_BARE(saved_syn);

/* Bytes, or -errno; @room: how many there may be, then how many there are. */
static long saved(int fd, void *to, socklen_t *room)
{
	return XT(getsockopt(fd, SOL_TCP, TCP_SAVED_SYN, to, room));
}

static long saved_len(int fd)
{
	unsigned char syn[ROOM];
	socklen_t len = sizeof(syn);
	long err = saved(fd, syn, &len);

	return err ? err : (long)len;
}

static int listen_saving(int version, int how)
{
	int fd = xt_listen(version, XT_PORT, 16);

	if (fd >= 0 && xt_setint(fd, SOL_TCP, TCP_SAVE_SYN, how))
		return -1;
	return fd;
}

/* Open self->p with a listener that saves SYNs in this way. */
#define OPEN_SAVING(how) do { \
	self->p.listener = listen_saving(variant->version, how); \
	ASSERT_LE(0, self->p.listener); \
	self->p.client = xt_dial(variant->version, XT_PORT); \
	ASSERT_LE(0, self->p.client); \
	self->p.server = accept(self->p.listener, NULL, NULL); \
	ASSERT_LE(0, self->p.server); \
} while (0)

TEST_F(saved_syn, read__once)
{
	int v = variant->version;
	const unsigned char *ip, *tcp;
	unsigned char syn[ROOM];
	socklen_t len = sizeof(syn);

	OPEN_SAVING(1);
	ASSERT_EQ(0, saved(self->p.server, syn, &len));
	ip = syn;
	tcp = ip + IP_HEADER(v);
	EXPECT_EQ(v, ip[0] >> 4);
	EXPECT_EQ(xt_ip_protocol(), ip[v == 6 ? 6 : 9]);
	EXPECT_EQ(len, IP_HEADER(v) + (tcp[12] >> 4) * 4);
	EXPECT_LT(20, (tcp[12] >> 4) * 4);
	EXPECT_EQ(xt_lport(self->p.client), tcp[0] << 8 | tcp[1]);
	EXPECT_EQ(XT_PORT, tcp[2] << 8 | tcp[3]);
	EXPECT_EQ(XT_SYN, tcp[13] & 0x3f);
	EXPECT_EQ(0, saved_len(self->p.server));
	EXPECT_EQ(0, saved_len(self->p.client));
	EXPECT_EQ(0, saved_len(self->p.listener));
}

TEST_F(saved_syn, read__link_header)
{
	unsigned char syn[ROOM];
	socklen_t len = sizeof(syn);
	const unsigned char *tcp = syn + ETHERNET + IP_HEADER(variant->version);

	OPEN_SAVING(2);
	ASSERT_EQ(0, saved(self->p.server, syn, &len));
	EXPECT_EQ(variant->version == 6 ? 0x86dd : 0x0800,
		  syn[12] << 8 | syn[13]);
	EXPECT_EQ(variant->version, syn[ETHERNET] >> 4);
	EXPECT_EQ(len, tcp - syn + (tcp[12] >> 4) * 4);
}

/* Who has too little room is told, and may try again. */
TEST_F(saved_syn, read__too_little_room)
{
	unsigned char syn[ROOM] = { 0 };
	socklen_t len = 10, all;

	OPEN_SAVING(1);
	EXPECT_EQ(-EINVAL, saved(self->p.server, syn, &len));
	EXPECT_EQ(0, syn[0]);
	all = len--;
	ASSERT_LE(IP_HEADER(variant->version) + 20, all);
	EXPECT_EQ(-EINVAL, saved(self->p.server, syn, &len));
	EXPECT_EQ(all, len);
	EXPECT_EQ(0, saved(self->p.server, syn, &len));
	EXPECT_EQ(all, len);
	EXPECT_EQ(variant->version, syn[0] >> 4);
}

/* Where it cannot be written to it is not lost. */
TEST_F(saved_syn, read__bad_address)
{
	socklen_t len = ROOM;

	OPEN_SAVING(1);
	EXPECT_EQ(-EFAULT, saved(self->p.server, NULL, &len));
	EXPECT_LT(0, saved_len(self->p.server));
}

TEST_F(saved_syn, save__values)
{
	OPEN_SAVING(0);
	EXPECT_EQ(0, saved_len(self->p.server));
	EXPECT_EQ(0, xt_getint(self->p.server, SOL_TCP, TCP_SAVE_SYN));
	EXPECT_EQ(-EINVAL, XT(xt_setint(self->p.listener, SOL_TCP,
					TCP_SAVE_SYN, -1)));
	EXPECT_EQ(-EINVAL, XT(xt_setint(self->p.listener, SOL_TCP,
					TCP_SAVE_SYN, 3)));
	EXPECT_EQ(-ENOPROTOOPT, XT(xt_setint(self->p.server, SOL_TCP,
					     TCP_SAVED_SYN, 1)));
	EXPECT_EQ(0, xt_getint(self->p.listener, SOL_TCP, TCP_SAVE_SYN));
}

/* What a listener was told, its connections say, too. */
TEST_F(saved_syn, save__inherited)
{
	OPEN_SAVING(2);
	EXPECT_EQ(2, xt_getint(self->p.listener, SOL_TCP, TCP_SAVE_SYN));
	EXPECT_EQ(2, xt_getint(self->p.server, SOL_TCP, TCP_SAVE_SYN));
}

/* No entry, no SYN: the last ACK is all that the listener has of it. */
TEST_F(saved_syn, read__cookie)
{
	ASSERT_EQ(0, xt_set_sysctl("syncookies", 2));
	OPEN_SAVING(1);
	EXPECT_EQ(0, saved_len(self->p.server));
}

/* A connection that Fast Open made never was half-open. */
TEST_F(saved_syn, read__fast_open)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);

	/* Either side without cookies. */
	ASSERT_EQ(0, xt_set_sysctl("fastopen", 0x207));
	self->p.listener = listen_saving(variant->version, 1);
	ASSERT_LE(0, self->p.listener);
	ASSERT_EQ(0, XT(xt_setint(self->p.listener, SOL_TCP, TCP_FASTOPEN, 4)));
	self->p.client = xt_socket(variant->version, 0);
	ASSERT_EQ(2, XT(sendto(self->p.client, "hi", 2, MSG_FASTOPEN, &at.sa,
			       at.len)));
	self->p.server = accept(self->p.listener, NULL, NULL);
	ASSERT_LE(0, self->p.server);
	EXPECT_LT(IP_HEADER(variant->version) + 20,
		  saved_len(self->p.server));
	EXPECT_EQ(0, saved_len(self->p.server));
}

/* A new life begins with nothing of the old one. */
TEST_F(saved_syn, read__disconnected)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	OPEN_SAVING(1);
	ASSERT_EQ(0, XT(connect(self->p.server, &nobody, sizeof(nobody))));
	EXPECT_EQ(0, saved_len(self->p.server));
}

/* It waits for its reader, whatever becomes of the connection. */
TEST_F(saved_syn, read__reset)
{
	OPEN_SAVING(1);
	ASSERT_EQ(0, xt_linger(self->p.client, 1, 0));
	xt_shut(&self->p.client);
	ASSERT_NE(0, xt_wait(self->p.server, POLLIN, XT_SOON_MS) & POLLERR);
	EXPECT_LT(0, saved_len(self->p.server));
}

/* Nobody accepts, nobody reads: what is kept goes with its connection. */
TEST_F(saved_syn, save__never_read)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd[8], i;

	ASSERT_EQ(0, xt_delay_lo(30));
	self->p.listener = listen_saving(variant->version, 2);
	ASSERT_LE(0, self->p.listener);
	for (i = 0; i < 8; i++) {
		fd[i] = xt_socket(variant->version, SOCK_NONBLOCK);
		ASSERT_EQ(-EINPROGRESS, XT(xt_connect(fd[i], &at)));
	}
	/* Half-open, one after the other accepted or not, then no more. */
	xt_sleep_ms(45);
	xt_shut(&fd[0]);
	xt_shut(&fd[1]);
	ASSERT_NE(0, xt_wait(self->p.listener, POLLIN, XT_SOON_MS));
	xt_shut(&self->p.listener);
	for (i = 2; i < 8; i++) {
		EXPECT_NE(0, xt_wait(fd[i], POLLIN, XT_SOON_MS) & POLLERR);
		xt_shut(&fd[i]);
	}
}

/* Cleared: what differs from one SYN to the next of the same program. */
static void forget_chance(unsigned char *syn, int version)
{
	unsigned char *ip = syn + ETHERNET, *tcp = ip + IP_HEADER(version);
	int at, options = 20;

	if (version == 6) {
		memset(ip + 1, 0, 3);	/* flow label */
	} else {
		memset(ip + 4, 0, 2);	/* identification */
		memset(ip + 10, 0, 2);	/* checksum */
	}
	memset(tcp, 0, 8);		/* ports, sequence number */
	memset(tcp + 16, 0, 2);		/* checksum */
	for (at = options; at < (tcp[12] >> 4) * 4;) {
		if (tcp[at] == 8)
			memset(tcp + at + 2, 0, 8);
		at += tcp[at] < 2 ? 1 : tcp[at + 1];
	}
}

/* The host's TCP sends one SYN to itself and one to XTCP: both save the same. */
TEST_F(saved_syn, read__as_the_host)
{
	struct xt_addr at[2] = { xt_loop(variant->version, XT_PORT),
				 xt_loop(variant->version, XT_PORT2) };
	unsigned char syn[2][ROOM] = { 0 };
	socklen_t len[2] = { ROOM, ROOM };
	int i, on[3];

	XT_ONLY_XTCP();
	setenv("XTCP_TEST_WIRE", "tcp", 1);
	for (i = 0; i < 2; i++) {
		setenv("XTCP_TEST_HOST", i ? "1" : "0", 1);
		on[0] = xt_listen(variant->version, xt_port_of(&at[i]), 4);
		ASSERT_LE(0, on[0]);
		ASSERT_EQ(0, xt_setint(on[0], SOL_TCP, TCP_SAVE_SYN, 2));
		setenv("XTCP_TEST_HOST", "1", 1);
		on[1] = xt_socket(variant->version, 0);
		ASSERT_EQ(0, XT(xt_connect(on[1], &at[i])));
		ASSERT_LE(0, on[2] = accept(on[0], NULL, NULL));
		ASSERT_EQ(0, saved(on[2], syn[i], &len[i]));
		forget_chance(syn[i], variant->version);
		close(on[0]);
		close(on[1]);
		close(on[2]);
	}
	EXPECT_EQ(len[1], len[0]);
	EXPECT_EQ(0, memcmp(syn[0], syn[1], len[1]));
}

XT_MAIN
