/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last connections that ended before both ends had closed them: which they
 * were, for whoever asks why connections are reset.
 */
#ifndef XTCP_SOCKET_ENDED_H
#define XTCP_SOCKET_ENDED_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>

#include "machine/machine.h"
#include "wire/wire.h"

struct sock;
struct xtcp_net;
struct xtcp_small;

/* Which RST its end made. */
enum xtcp_ended_rst {
	XTCP_ENDED_NO_RST,
	XTCP_ENDED_RST_SENT,
	XTCP_ENDED_RST_RCVD,
};

/**
 * struct xtcp_ended - a connection that is over
 * @t:		both ends
 * @when_us:	when it ended
 * @bytes_sent:	bytes of text sent, each counted once; sockets
 * @bytes_received: bytes of text received in order; sockets
 * @cgroup:	id of the socket's; 0: unknown
 * @iss:	its initial number, by which it is known again
 * @lasted_ms:	how long it had been in @state
 * @unread:	bytes that came and that nobody has read
 * @unacked:	bytes that were written and that the peer has not acknowledged
 * @uid:	the socket's owner
 * @inode:	the socket's, 0: no process had it
 * @form:	enum xtcp_form: what it was
 * @state:	enum xtcp_state: the last one before CLOSED
 * @opened:	enum xtcp_opened
 * @closing:	enum xtcp_closing
 * @reason:	enum xtcp_reason
 * @retries:	retransmissions since something was acknowledged
 * @rst:	enum xtcp_ended_rst
 */
struct xtcp_ended {
	struct xtcp_tuple t;
	u64 when_us;
	u64 bytes_sent;
	u64 bytes_received;
	u64 cgroup;
	u32 iss;
	u32 lasted_ms;
	u32 unread;
	u32 unacked;
	kuid_t uid;
	u32 inode;
	u8 form;
	u8 state;
	u8 opened;
	u8 closing;
	u8 reason;
	u8 retries;
	u8 rst;
};

/**
 * struct xtcp_ended_ring - the last ones of a namespace
 * @resize:	held by who gives it other memory
 * @lock:	with bottom halves off; nothing is taken inside it
 * @slot:	the one with number N is in slot N % @size; NULL: none are kept
 * @size:	how many slots there are
 * @first:	number of the oldest one
 * @next:	number that the next one gets
 */
struct xtcp_ended_ring {
	struct mutex resize;	/* of @slot and @size, outside @lock */
	spinlock_t lock;	/* of all members but @resize */
	struct xtcp_ended *slot;
	u32 size;
	u64 first;
	u64 next;
};

void xtcp_ended_init(struct xtcp_net *xn);
void xtcp_ended_exit(struct xtcp_net *xn);
/* A socket is made: from now on there may be something to keep. */
void xtcp_ended_begin(struct xtcp_net *xn);
/* Keep @kept, 0: none. Process context. Return: 0 or -ENOMEM: all as it was. */
int xtcp_ended_resize(struct xtcp_net *xn, u32 kept);
/* The number that the next one gets; those told before have smaller ones. */
u64 xtcp_ended_next(struct xtcp_net *xn);
/* The oldest one from @number on. Return: its number; ~0: there is none. */
u64 xtcp_ended_get(struct xtcp_net *xn, u64 number, struct xtcp_ended *e);

/* A step ended it: keep it, if it is worth that. Locked, any context. */
void xtcp_ended_sock(struct sock *sk, const struct xtcp_orders *o);
void xtcp_ended_small(struct xtcp_net *xn, const struct xtcp_small *s,
		      const struct xtcp_tuple *t, const struct xtcp_orders *o);
/* A listener had no room for the one that a SYN cookie brought back. */
void xtcp_ended_cookie(struct xtcp_net *xn, const struct xtcp_record *r,
		       const struct xtcp_tuple *t, const struct xtcp_orders *o);

#endif
