/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_SOAK_LIVES_H
#define XTCP_SOAK_LIVES_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <linux/sockios.h>
#include <linux/xtcp.h>

#define SLOTS	48
#define ADDRS	8
#define THREADS	3
#define PORTS	8	/* to listen at; few, so that there is somebody */
#define FIRST	5000
#define CLIENTS	64	/* ports that clients bind: so few that they clash */

typedef uint32_t u32;

struct rng {
	uint64_t state;
};

struct life_addr {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

extern int slots[SLOTS];	/* descriptors; -1: none */
extern int unix_fd;
extern struct life_addr addrs[ADDRS];
extern int addr_count;

u32 pick(struct rng *r, u32 n);		/* 0 to n - 1 */
void live(struct rng *r, int times);

/* acts.c: the life of a connection */
int act_open_one(struct rng *r);
void act_open(struct rng *r, int fd);
void act_listen(struct rng *r, int fd);
void act_connect(struct rng *r, int fd);
void act_accept(struct rng *r, int fd);
void act_send(struct rng *r, int fd);
void act_recv(struct rng *r, int fd);
void act_splice(struct rng *r, int fd);
void act_shutdown(struct rng *r, int fd);
void act_close(struct rng *r, int fd);
void act_abort(struct rng *r, int fd);
void act_disconnect(struct rng *r, int fd);
void keep(struct rng *r, int fd);

/* looks.c: what else may be done with a socket */
void act_setopt(struct rng *r, int fd);
void act_getopt(struct rng *r, int fd);
void act_ioctl(struct rng *r, int fd);
void act_poll(struct rng *r, int fd);
void act_epoll(struct rng *r, int fd);
void act_dup(struct rng *r, int fd);
void act_pass(struct rng *r, int fd);
void act_fork(struct rng *r, int fd);
void act_look(struct rng *r, int fd);

#endif
