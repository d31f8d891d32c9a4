/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the socket selftests share. Include kselftest_harness.h first.
 *
 * The environment chooses what is tested:
 *   XTCP_TEST_HOST=1	the host's TCP, as the reference the tests are held to
 *   XTCP_TEST_FAMILY=N	the family number, if the module was loaded with one
 *   XTCP_TEST_WIRE=tcp	XTCP's TCP wire instead of the native one
 *   XTCP_TEST_MIXED=1	with XTCP_TEST_HOST=1, under xtcp-run: one side is XTCP's
 *   XTCP_TEST_KEEP_NETNS=1	stay in the caller's network namespace, so that
 *			the caller can capture and watch
 *   XTCP_TEST_VARIANT=V	only the fixture variants of that name (ipv4, ipv6)
 * Arguments are names of tests (shell patterns); without any all are run.
 */
#ifndef XTCP_TEST_H
#define XTCP_TEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/xtcp.h>

/* Ports the tests use: fixed, for every test has a namespace of its own. */
#define XT_PORT		33333
#define XT_PORT2	33334

/* How long a wait for something that ought to happen at once may take. */
#define XT_SOON_MS	10000

/* A state that is none: no row in /proc. The others are TCP_ESTABLISHED ... */
#define XT_GONE		0

/* The value of a system call, or -errno: failures then print both numbers. */
#define XT(call) ({ long xt_r_ = (long)(call); xt_r_ < 0 ? -(long)errno : xt_r_; })

/* In a test body: this one needs a feature that the host's TCP lacks. */
#define XT_ONLY_XTCP() do { \
	if (xt_host()) \
		SKIP(return, "a feature of XTCP"); \
} while (0)

/* And this one is about what XTCP and the host's TCP do each in its own way. */
#define XT_NOT_MIXED() do { \
	if (xt_mixed()) \
		SKIP(return, "the two ends differ here on purpose"); \
} while (0)

struct xt_addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage ss;
	};
};

/**
 * struct xt_row - one line of /proc/net/xtcp or /proc/net/tcp
 * @timer: 0 none, 1 retransmission, 2 keep-alive, 3 TIME_WAIT, 4 window probe
 * @expires: of the timer, in ticks of 1/100 s
 */
struct xt_row {
	unsigned int lport, rport, state;
	unsigned int txq, rxq, timer, retrans, uid;
	unsigned long expires, inode;
};

/* Two connected sockets and the listener between them. */
struct xt_pair {
	int listener, client, server;
	uint16_t cport, sport;
};

/* Two namespaces joined by a veth pair; addresses from xt_net_addr(). */
struct xt_net {
	int home;
	int ns[2];
};

/* A captured segment, numbers in host order. */
struct xt_seg {
	uint16_t sport, dport, flags;
	uint32_t seq, ack, len;
	uint16_t wnd, urp;
};

#define XT_FIN	0x01
#define XT_SYN	0x02
#define XT_RST	0x04
#define XT_PSH	0x08
#define XT_ACK	0x10
#define XT_URG	0x20

/* xtcp_test.c: which protocol, sockets, waits */
bool xt_host(void);
int xt_family(int version);
int xt_protocol(int version);
int xt_ip_protocol(void);
int xt_domain(int version);
int xt_socket(int version, int flags);
struct xt_addr xt_addr(int version, const char *text, uint16_t port);
struct xt_addr xt_loop(int version, uint16_t port);
struct xt_addr xt_any(int version, uint16_t port);
uint16_t xt_port_of(const struct xt_addr *a);
uint16_t xt_lport(int fd);
int xt_bind(int fd, const struct xt_addr *a);
int xt_connect(int fd, const struct xt_addr *a);
int xt_bound(int version, uint16_t port, int flags);
int xt_listen(int version, uint16_t port, int backlog);
int xt_dial(int version, uint16_t port);
int xt_pair_open(struct xt_pair *p, int version);
int xt_pair_at(struct xt_pair *p, int version, const struct xt_addr *at);
void xt_pair_close(struct xt_pair *p);
int xt_shut(int *fd);
int xt_setint(int fd, int level, int name, int value);
int xt_getint(int fd, int level, int name);
int xt_nonblock(int fd, bool on);
int xt_events(int fd);
int xt_wait(int fd, int events, int timeout_ms);
int xt_send_all(int fd, const void *buf, size_t len);
int xt_recv_all(int fd, void *buf, size_t len);
long xt_drain(int fd);
long xt_fill(int fd);
int xt_linger(int fd, int on, int seconds);
long long xt_now_ms(void);
void xt_sleep_ms(int ms);

/* xtcp_net.c: what /proc says, settings, namespaces, links, capture */
bool xt_mixed(void);
int xt_rows(int version, struct xt_row *rows, int max);
int xt_row(int version, uint16_t lport, uint16_t rport, struct xt_row *row);
int xt_state(int version, uint16_t lport, uint16_t rport);
int xt_wait_state(int version, uint16_t lport, uint16_t rport, int state,
		  int timeout_ms);
int xt_count(int version, int state);
int xt_wait_count(int version, int state, int count, int timeout_ms);
long xt_sysctl(const char *name);
int xt_set_sysctl(const char *name, long value);
int xt_write_file(const char *path, const char *text);
int xt_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int xt_fresh_netns(void);
int xt_delay_lo(int ms);
int xt_black_hole(void);
struct xt_addr xt_nowhere(int version, uint16_t port);
int xt_net_open(struct xt_net *net);
int xt_net_enter(const struct xt_net *net, int side);
struct xt_addr xt_net_addr(int version, int side, uint16_t port);
int xt_net_cut(const struct xt_net *net, int from, bool cut);
int xt_net_delay(const struct xt_net *net, int from, int ms);
int xt_capture(const char *device);
int xt_captured(int fd, struct xt_seg *seg, int timeout_ms);

/* The two variants nearly every fixture has. */
#define XT_FIXTURE(name) \
	FIXTURE(name) { \
		struct xt_pair p; \
	}; \
	FIXTURE_VARIANT(name) { \
		int version; \
	}; \
	FIXTURE_VARIANT_ADD(name, ipv4) { \
		.version = 4, \
	}; \
	FIXTURE_VARIANT_ADD(name, ipv6) { \
		.version = 6, \
	}

/* A fixture whose tests begin in a fresh namespace, with no socket. */
#define XT_FIXTURE_BARE(name) \
	XT_FIXTURE(name); \
	FIXTURE_SETUP(name) \
	{ \
		signal(SIGPIPE, SIG_IGN); \
		self->p.client = -1; \
		self->p.server = -1; \
		self->p.listener = -1; \
		ASSERT_EQ(0, xt_fresh_netns()); \
	} \
	FIXTURE_TEARDOWN(name) \
	{ \
		xt_pair_close(&self->p); \
	} \
	struct xt_unused_##name

/* The same with a connection open. */
#define XT_FIXTURE_PAIR(name) \
	XT_FIXTURE(name); \
	FIXTURE_SETUP(name) \
	{ \
		signal(SIGPIPE, SIG_IGN); \
		ASSERT_EQ(0, xt_fresh_netns()); \
		ASSERT_EQ(0, xt_pair_open(&self->p, variant->version)); \
	} \
	FIXTURE_TEARDOWN(name) \
	{ \
		xt_pair_close(&self->p); \
	} \
	struct xt_unused_##name

/* What a state is called is what the reader of a failure wants to see. */
#define XT_ASSERT_STATE(version, lport, rport, state) \
	ASSERT_EQ(state, xt_wait_state(version, lport, rport, state, \
				       XT_SOON_MS))
#define XT_ASSERT_CLIENT(state) \
	XT_ASSERT_STATE(variant->version, self->p.cport, self->p.sport, state)
#define XT_ASSERT_SERVER(state) \
	XT_ASSERT_STATE(variant->version, self->p.sport, self->p.cport, state)

#ifdef __KSELFTEST_HARNESS_H
static inline bool xt_wanted(const char *name, int argc, char **argv)
{
	int i;

	if (argc < 2 || argv[1][0] == '-')
		return true;
	for (i = 1; i < argc; i++)
		if (!fnmatch(argv[i], name, 0))
			return true;
	return false;
}

/* Leave in the harness's lists only what was asked for. */
static inline void xt_select(int argc, char **argv)
{
	const char *variant = getenv("XTCP_TEST_VARIANT");
	struct __fixture_variant_metadata **v;
	struct __fixture_metadata *f;
	struct __test_metadata **t;

	for (f = __fixture_list; f; f = f->next) {
		for (t = &f->tests; *t;)
			if (xt_wanted((*t)->name, argc, argv))
				t = &(*t)->next;
			else
				*t = (*t)->next;
		for (v = &f->variant; variant && *v;)
			if (!strcmp((*v)->name, variant))
				v = &(*v)->next;
			else
				*v = (*v)->next;
	}
}

#define XT_MAIN \
	static void __attribute__((constructor)) \
	__constructor_order_last(void) \
	{ \
		if (!__constructor_order) \
			__constructor_order = _CONSTRUCTOR_ORDER_BACKWARD; \
	} \
	int main(int argc, char **argv) \
	{ \
		xt_select(argc, argv); \
		return test_harness_run(argc, argv); \
	}
#endif

#endif
