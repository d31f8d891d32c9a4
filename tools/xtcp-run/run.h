/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of libxtcp-run.so share. */
#ifndef XTCP_RUN_H
#define XTCP_RUN_H

#include <sys/socket.h>

#include "settings.h"

extern struct run_settings run;

/* Whose a stream socket is. */
enum run_kind {
	RUN_OTHER,	/* none that concerns us */
	RUN_HOST,
	RUN_XTCP,
};

enum run_kind run_kind_of(int fd);

/* Let another socket take the place of fd's, before it is opened; 0 or -1. */
int run_become(int fd, enum run_kind kind);

/* fd was added to an epoll instance, or is new. */
void run_watched(int fd, bool yes);

/* The port of an IPv4 or IPv6 address in host order; -1: it has none. */
int run_port(const struct sockaddr *addr, socklen_t len);

#endif
