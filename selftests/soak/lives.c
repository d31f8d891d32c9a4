// SPDX-License-Identifier: GPL-2.0-only
/*
 * lives SEED UNIX ADDRESS...
 *
 * One process of the soak. For ever, and in some threads that share their
 * sockets without a lock, it does at random what programs can do to sockets:
 * open, use, shut down, close, abort, poll, fork, and pass on by way of the
 * inherited UNIX socket. Errors are part of life. Somebody kills it some time.
 */
#include "lives.h"

int slots[SLOTS];
int unix_fd;
struct life_addr addrs[ADDRS];
int addr_count;

static const struct {
	int weight;
	void (*act)(struct rng *r, int fd);
} acts[] = {
	{ 4, act_open },
	{ 12, act_listen },
	{ 40, act_connect },
	{ 40, act_accept },
	{ 40, act_send },
	{ 40, act_recv },
	{ 4, act_splice },
	{ 12, act_shutdown },
	{ 12, act_close },
	{ 6, act_abort },
	{ 4, act_disconnect },
	{ 20, act_setopt },
	{ 10, act_getopt },
	{ 4, act_ioctl },
	{ 10, act_poll },
	{ 4, act_epoll },
	{ 3, act_dup },
	{ 4, act_pass },
	{ 1, act_fork },
	{ 2, act_look },
};

u32 pick(struct rng *r, u32 n)
{
	r->state = r->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (r->state >> 33) % n;
}

/* An empty slot: somebody to listen, or somebody to connect */
static void begin(struct rng *r)
{
	int fd = act_open_one(r);

	if (fd < 0)
		return;
	if (!pick(r, 4))
		act_listen(r, fd);
	else if (pick(r, 4))
		act_connect(r, fd);
}

static void act(struct rng *r)
{
	int all = 0, at = 0, fd, n;
	size_t i;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		all += acts[i].weight;
	n = pick(r, all);
	for (i = 0; at + acts[i].weight <= n; i++)
		at += acts[i].weight;
	fd = __atomic_load_n(&slots[pick(r, SLOTS)], __ATOMIC_RELAXED);
	if (fd < 0)
		begin(r);
	else
		acts[i].act(r, fd);
}

void live(struct rng *r, int times)
{
	while (times--)
		act(r);
}

static void *thread(void *arg)
{
	struct rng *r = arg;

	for (;;)
		live(r, 1000);
	return NULL;
}

static void nothing(int sig)
{
}

/* Calls that wait are interrupted now and then. */
static void set_alarm(struct rng *r)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval often = {
		.it_interval.tv_usec = 30000 + pick(r, 50000),
		.it_value.tv_usec = 30000,
	};

	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGURG, &sa, NULL);
	sigaction(SIGIO, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void add_address(const char *text)
{
	struct life_addr *a = &addrs[addr_count++];

	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->len = sizeof(a->in);
		return;
	}
	inet_pton(AF_INET6, text, &a->in6.sin6_addr);
	a->in6.sin6_family = AF_INET6;
	a->len = sizeof(a->in6);
}

int main(int argc, char **argv)
{
	struct rng r[THREADS];
	pthread_t t;
	int i;

	if (argc < 4 || argc > 3 + ADDRS)
		return 2;
	for (i = 0; i < THREADS; i++)
		r[i].state = strtoul(argv[1], NULL, 0) * 1000 + i;
	unix_fd = atoi(argv[2]);
	for (i = 3; i < argc; i++)
		add_address(argv[i]);
	for (i = 0; i < SLOTS; i++)
		slots[i] = -1;
	set_alarm(&r[0]);
	for (i = 1; i < THREADS; i++)
		if (pthread_create(&t, NULL, thread, &r[i]))
			return 1;
	thread(&r[0]);
	return 0;
}
