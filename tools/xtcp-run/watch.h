/* SPDX-License-Identifier: GPL-2.0-only */
/* The epoll instances that watch a descriptor, while its socket is replaced. */
#ifndef XTCP_RUN_WATCH_H
#define XTCP_RUN_WATCH_H

#include <sys/epoll.h>

#define RUN_WATCHES	16

struct run_watches {
	int count;
	struct {
		int epoll;
		struct epoll_event event;
	} w[RUN_WATCHES];
};

void run_watches_find(struct run_watches *w, int fd);
void run_watches_restore(const struct run_watches *w, int fd);

#endif
