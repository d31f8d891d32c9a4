/* SPDX-License-Identifier: GPL-2.0-only */
/* What a socket has that listens, or ever did. */
#ifndef XTCP_SOCKET_LISTENING_H
#define XTCP_SOCKET_LISTENING_H

#include <linux/list.h>
#include <linux/spinlock.h>

#include "table/table.h"

/**
 * struct xtcp_listening - what listen() gives a socket, until it is freed
 * @found:	how the table knows it
 * @queue:	children that are open and wait for accept()
 * @lock:	of @queue; taken inside the socket lock
 * @open:	@queue is open for more; under @lock
 * @cookies_sent: @cookie_ms means something
 * @cookie_ms:	when a SYN cookie was last sent
 *
 * Freed with the socket, so that who found it under RCU may use it.
 */
struct xtcp_listening {
	struct xtcp_listener found;
	struct list_head queue;
	spinlock_t lock;	/* of queue */
	bool open;
	bool cookies_sent;
	u32 cookie_ms;
};

/* listen.c */
int xtcp_listening_make(struct sock *sk);

#endif
