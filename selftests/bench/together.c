// SPDX-License-Identifier: GPL-2.0-only
/* The processes of a run: where they are, how they wait for each other. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

#define PVPANIC	0x505	/* port of QEMU's device */

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void enter(const char *ns)
{
	int fd;

	if (!ns)
		return;
	fd = open(ns, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(ns);
	close(fd);
}

pid_t beside(void (*what)(struct run *r), struct run *r, const char *ns)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, 9);
	enter(ns);
	what(r);
	exit(0);
}

/* Waits for the next child to end; @fine: it did all it should. */
pid_t next_ended(bool *fine)
{
	int status = 0;
	pid_t pid;

	do
		pid = wait(&status);
	while (pid < 0 && errno == EINTR);
	*fine = pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
	return pid;
}

long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Stops the guest where scripts/profile waits for that: at a write to pvpanic. */
static void mark(const struct run *r)
{
	if (!r->marks)
		return;
	/* Given back, for it costs at each change of process. */
	if (ioperm(PVPANIC, 1, 1))
		die("ioperm");
	outb(1, PVPANIC);
	ioperm(PVPANIC, 1, 0);
}

/* What is measured lies between the two. */
long long begin(const struct run *r)
{
	mark(r);
	return now_ns();
}

long long since(const struct run *r, long long began)
{
	long long spent = now_ns() - began;

	mark(r);
	return spent;
}

void nap_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

void meet(pthread_barrier_t *at)
{
	pthread_barrier_wait(at);
}

void barrier_for(pthread_barrier_t *b, int count)
{
	pthread_barrierattr_t shared;

	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(b, &shared, count);
}

void tell(struct run *r, const char *metric, double value)
{
	struct shared *s = r->shared;
	struct result *to = &s->result[s->results];

	if (s->results == MOST_RESULTS)
		die("too many results");
	snprintf(to->metric, sizeof(to->metric), "%s", metric);
	to->value = value;
	s->results++;
}

void send_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	ssize_t sent;

	while (size) {
		sent = send(fd, at, size, MSG_NOSIGNAL);
		if (sent < 0)
			die("send");
		at += sent;
		size -= sent;
	}
}

/* false: the peer closed before the first byte; SCTP may have forgotten him. */
bool receive_all(int fd, void *bytes, size_t size)
{
	char *at = bytes;
	ssize_t got;

	while (size) {
		got = recv(fd, at, size, 0);
		if (got < 0 && errno == ENOTCONN)
			got = 0;
		if (got < 0)
			die("recv");
		if (!got && at == (char *)bytes)
			return false;
		if (!got)
			die("recv: an early end");
		at += got;
		size -= got;
	}
	return true;
}

void pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
}

int cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}
