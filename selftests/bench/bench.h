/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark: the same code for every family. A test has a server and a
 * client, each a process in its own namespace; what the client found out goes
 * through shared memory to the process that prints it.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NS_PER_S	1000000000LL
#define MOST_RESULTS	256
#define BACKLOG		1024

/**
 * struct family - one of those that are compared
 * @name:	in the tables
 * @domain:	first argument of socket(); 0: that of the IP version
 * @protocol:	third argument
 * @ip:		runs over IP, so IPv6 and links can differ
 * @slabs:	its caches in /proc/slabinfo begin with one of these
 */
struct family {
	const char *name;
	int domain;
	int protocol;
	bool ip;
	const char *slabs[4];
};

extern const struct family families[];
extern const int family_count;

struct result {
	char metric[64];
	double value;
};

/* What all processes of a run share. */
struct shared {
	pthread_barrier_t listening;	/* server, client */
	pthread_barrier_t finished;
	pthread_barrier_t workers;	/* as many as bulk has */
	sem_t served;
	sem_t more;
	int results;
	struct result result[MOST_RESULTS];
};

struct test;

/**
 * struct run - one test of one family
 * @test:	which
 * @family:	whose
 * @version:	of IP: 4 or 6
 * @address:	the server's
 * @server_ns:	namespace file of the server; NULL: where it was started
 * @client_ns:	likewise
 * @port:	the server's, a new one for each run
 * @count:	how much to measure: the test's unit
 * @argument:	what varies within the test
 * @argued:	it was given
 * @flows:	connections at once (bulk)
 * @both:	both directions at once (bulk)
 * @reuse_port:	listeners share the port
 * @marks:	let QEMU know where the measured part begins and ends
 * @shared:	shared memory
 */
struct run {
	const struct test *test;
	const struct family *family;
	int version;
	const char *address;
	const char *server_ns;
	const char *client_ns;
	int port;
	long count;
	long argument;
	bool argued;
	int flows;
	bool both;
	bool reuse_port;
	bool marks;
	struct shared *shared;
};

/**
 * struct test - one thing that is measured
 * @name:	in the tables
 * @server:	process at one end; may be NULL
 * @client:	process at the other; gives the results
 * @count:	how many, unless told
 * @flows:	connections at once
 * @both:	bulk in both directions
 * @argument:	what varies, unless told
 */
struct test {
	const char *name;
	void (*server)(struct run *r);
	void (*client)(struct run *r);
	long count;
	int flows;
	bool both;
	long argument;
};

extern const struct test bulk_tests[];
extern const struct test exchange_tests[];
extern const struct test acceptor_tests[];
extern const struct test turnover_tests[];
extern const struct test memory_tests[];
extern const struct test idle_tests[];
extern const struct test flood_tests[];
extern const struct test path_tests[];

/* Of exchange_tests. */
enum { PING_PONG, PING_PONG_4K, CRR };

/* family.c */
const struct family *family_named(const char *name);
socklen_t end_of(const struct run *r, const char *address, int port,
		 struct sockaddr_storage *to);
int new_socket(const struct run *r);
int listen_at(const struct run *r, int backlog);
int dial(const struct run *r);
int accept_one(int listener);

/* memory.c */
void many_files(void);
int idle_listener(const struct run *r);
void open_idle(const struct run *r, int listener, long first, long count,
	       int *fd);

/* together.c */
void die(const char *what) __attribute__((noreturn));
void enter(const char *ns);
pid_t beside(void (*what)(struct run *r), struct run *r, const char *ns);
pid_t next_ended(bool *fine);
long long now_ns(void);
long long begin(const struct run *r);
long long since(const struct run *r, long long began);
void nap_ms(int ms);
void meet(pthread_barrier_t *at);
void barrier_for(pthread_barrier_t *b, int count);
void tell(struct run *r, const char *metric, double value);
void send_all(int fd, const void *bytes, size_t size);
bool receive_all(int fd, void *bytes, size_t size);
void pin(int cpu);
int cpus(void);

#endif
