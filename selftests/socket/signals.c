// SPDX-License-Identifier: GPL-2.0-only
/* Signals from sockets, and calls that a signal interrupts. */
#define _GNU_SOURCE
#include <linux/sockios.h>

#include "kselftest_harness.h"
#include "xtcp_test.h"

static volatile sig_atomic_t signals;
static volatile sig_atomic_t last_band;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	signals++;
	last_band = info->si_band;
}

static void catch(int sig, int flags)
{
	struct sigaction a = { .sa_sigaction = on_signal,
			       .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &a, NULL);
	signals = 0;
}

/* One SIGALRM after that time. */
static void alarm_ms(int ms)
{
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &t, NULL);
}

XT_FIXTURE_PAIR(signals);

XT_FIXTURE_BARE(alone);

TEST_F(signals, sigio)
{
	int fd = self->p.server;

	catch(SIGIO, 0);
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	xt_wait(fd, POLLIN, XT_SOON_MS);
	EXPECT_LE(1, signals);
	signals = 0;
	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_ASYNC));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	xt_sleep_ms(20);
	EXPECT_EQ(0, signals);
}

/* With a signal of its own it says what happened. */
TEST_F(signals, sigio__band)
{
	int fd = self->p.server;

	catch(SIGRTMIN, 0);
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGRTMIN));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	xt_wait(fd, POLLIN, XT_SOON_MS);
	EXPECT_EQ(1, signals);
	EXPECT_EQ(POLLIN | POLLRDNORM, last_band);
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	xt_wait(fd, POLLRDHUP, XT_SOON_MS);
	EXPECT_LE(2, signals);
}

/* A listener tells of a connection. */
TEST_F(signals, sigio__accept)
{
	int fd = self->p.listener, client;

	catch(SIGIO, 0);
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
	client = xt_dial(variant->version, XT_PORT);
	xt_wait(fd, POLLIN, XT_SOON_MS);
	EXPECT_LE(1, signals);
	close(client);
}

TEST_F(signals, inq_outq)
{
	char buf[16];
	int n = -1;

	ASSERT_EQ(0, XT(ioctl(self->p.server, SIOCINQ, &n)));
	EXPECT_EQ(0, n);
	ASSERT_EQ(7, XT(send(self->p.client, "1234567", 7, 0)));
	xt_wait(self->p.server, POLLIN, XT_SOON_MS);
	ASSERT_EQ(0, XT(ioctl(self->p.server, SIOCINQ, &n)));
	EXPECT_EQ(7, n);
	ASSERT_EQ(3, XT(recv(self->p.server, buf, 3, 0)));
	ASSERT_EQ(0, XT(ioctl(self->p.server, FIONREAD, &n)));
	EXPECT_EQ(4, n);

	/* What the peer has not acknowledged, and what was not even sent. */
	ASSERT_EQ(0, xt_delay_lo(200));
	ASSERT_EQ(5, XT(send(self->p.client, "12345", 5, 0)));
	ASSERT_EQ(0, XT(ioctl(self->p.client, SIOCOUTQ, &n)));
	EXPECT_EQ(5, n);
	ASSERT_EQ(0, XT(ioctl(self->p.client, SIOCOUTQNSD, &n)));
	EXPECT_EQ(0, n);
	ASSERT_EQ(3, XT(send(self->p.client, "678", 3, 0)));
	ASSERT_EQ(0, XT(ioctl(self->p.client, SIOCOUTQ, &n)));
	EXPECT_EQ(8, n);
	ASSERT_EQ(0, XT(ioctl(self->p.client, SIOCOUTQNSD, &n)));
	EXPECT_EQ(3, n);
	ASSERT_EQ(0, xt_recv_all(self->p.server, buf, 12));
	ASSERT_EQ(0, xt_delay_lo(0));
	EXPECT_EQ(-EFAULT, XT(ioctl(self->p.client, SIOCINQ, NULL)));
}

TEST_F(signals, inq_outq__half_closed)
{
	int n = -1;

	ASSERT_EQ(2, XT(send(self->p.client, "ab", 2, 0)));
	ASSERT_EQ(0, shutdown(self->p.client, SHUT_WR));
	XT_ASSERT_SERVER(TCP_CLOSE_WAIT);
	ASSERT_EQ(0, XT(ioctl(self->p.server, SIOCINQ, &n)));
	EXPECT_EQ(2, n);
	XT_ASSERT_CLIENT(TCP_FIN_WAIT2);
	ASSERT_EQ(0, XT(ioctl(self->p.client, SIOCOUTQ, &n)));
	EXPECT_EQ(0, n);
}

TEST_F(alone, ioctl__elsewhere)
{
	int fd = xt_socket(variant->version, 0), n = -1;

	EXPECT_EQ(0, XT(ioctl(fd, SIOCINQ, &n)));
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, XT(ioctl(fd, SIOCOUTQ, &n)));
	EXPECT_EQ(0, n);
	EXPECT_EQ(-ENOTTY, XT(ioctl(fd, 0x1234, &n)));
	ASSERT_EQ(0, XT(listen(fd, 1)));
	EXPECT_EQ(-EINVAL, XT(ioctl(fd, SIOCINQ, &n)));
	EXPECT_EQ(-EINVAL, XT(ioctl(fd, SIOCOUTQ, &n)));
	close(fd);
}

/* The calls that wait: each can be interrupted, each can go on. */
TEST_F(signals, eintr__recv)
{
	char c;

	catch(SIGALRM, 0);
	alarm_ms(100);
	EXPECT_EQ(-EINTR, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(1, signals);
	ASSERT_EQ(1, XT(send(self->p.client, "x", 1, 0)));
	alarm_ms(100);
	EXPECT_EQ(1, XT(recv(self->p.server, &c, 2, MSG_WAITALL)));
}

static int send_later(int fd, int ms)
{
	pid_t child = fork();

	if (child)
		return child;
	xt_sleep_ms(ms);
	send(fd, "x", 1, 0);
	_exit(0);
}

TEST_F(signals, restart__recv)
{
	struct timeval t = { 5, 0 };
	char c;

	catch(SIGALRM, SA_RESTART);
	alarm_ms(100);
	ASSERT_LT(0, send_later(self->p.client, 300));
	EXPECT_EQ(1, XT(recv(self->p.server, &c, 1, 0)));
	EXPECT_EQ(1, signals);

	/* With a time limit it is not gone on with. */
	ASSERT_EQ(0, setsockopt(self->p.server, SOL_SOCKET, SO_RCVTIMEO, &t,
				sizeof(t)));
	alarm_ms(100);
	EXPECT_EQ(-EINTR, XT(recv(self->p.server, &c, 1, 0)));
	wait(NULL);
}

TEST_F(signals, eintr__send)
{
	static char big[1 << 16];
	long n;

	catch(SIGALRM, 0);
	do {
		alarm_ms(200);
		n = XT(send(self->p.client, big, sizeof(big), 0));
	} while (n > 0);
	EXPECT_EQ(-EINTR, n);
}

TEST_F(signals, eintr__accept)
{
	catch(SIGALRM, 0);
	alarm_ms(100);
	EXPECT_EQ(-EINTR, XT(accept(self->p.listener, NULL, NULL)));
	EXPECT_EQ(1, signals);
}

static int dial_later(int version, int ms)
{
	pid_t child = fork();

	if (child)
		return child;
	xt_sleep_ms(ms);
	_exit(xt_dial(version, XT_PORT) < 0);
}

TEST_F(signals, restart__accept)
{
	int fd;

	catch(SIGALRM, SA_RESTART);
	alarm_ms(100);
	ASSERT_LT(0, dial_later(variant->version, 300));
	fd = accept(self->p.listener, NULL, NULL);
	EXPECT_LE(0, fd);
	EXPECT_EQ(1, signals);
	wait(NULL);
	close(fd);
}

/* Interrupted, the attempt goes on; asking again says so. */
TEST_F(alone, eintr__connect)
{
	struct xt_addr at = xt_nowhere(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	ASSERT_EQ(0, xt_black_hole());
	catch(SIGALRM, 0);
	alarm_ms(100);
	EXPECT_EQ(-EINTR, XT(xt_connect(fd, &at)));
	EXPECT_EQ(TCP_SYN_SENT, xt_state(variant->version, xt_lport(fd),
					 XT_PORT));
	xt_nonblock(fd, true);
	EXPECT_EQ(-EALREADY, XT(xt_connect(fd, &at)));
	close(fd);
}

TEST_F(alone, restart__connect)
{
	struct xt_addr at = xt_loop(variant->version, XT_PORT);
	int fd = xt_socket(variant->version, 0);

	ASSERT_EQ(0, xt_delay_lo(200));
	self->p.listener = xt_listen(variant->version, XT_PORT, 1);
	catch(SIGALRM, SA_RESTART);
	alarm_ms(100);
	EXPECT_EQ(0, XT(xt_connect(fd, &at)));
	EXPECT_EQ(1, signals);
	close(fd);
}

/* close() with SO_LINGER waits, but not against a signal's wish. */
TEST_F(signals, eintr__linger)
{
	long long start;

	xt_fill(self->p.client);
	ASSERT_EQ(0, xt_linger(self->p.client, 1, 20));
	catch(SIGALRM, 0);
	start = xt_now_ms();
	alarm_ms(200);
	xt_shut(&self->p.client);
	EXPECT_GT(5000, xt_now_ms() - start);
	EXPECT_EQ(TCP_FIN_WAIT1, xt_state(variant->version, self->p.cport,
					  self->p.sport));
}

/* The default of SIGPIPE is death, which a test may ask for. */
TEST_F(signals, sigpipe__kills)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		signal(SIGPIPE, SIG_DFL);
		shutdown(self->p.client, SHUT_WR);
		(void)!write(self->p.client, "x", 1);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGPIPE, WTERMSIG(status));
}

XT_MAIN
