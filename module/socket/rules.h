/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sockets go by. Nearly all go by what the namespace says, and share it; one
 * whose program wants it otherwise has its own, and shares that with its children.
 */
#ifndef XTCP_SOCKET_RULES_H
#define XTCP_SOCKET_RULES_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>

#include "machine/machine.h"
#include "stream/stream.h"

struct sock;
struct xtcp_net;

/**
 * struct xtcp_options - what a program wants otherwise; zeroes: as the namespace
 * @cc:		TCP_CONGESTION
 * @user_timeout_ms: TCP_USER_TIMEOUT
 * @msl_ms:	XTCP_MSL
 * @linger2:	TCP_LINGER2 in seconds, -1: none
 * @defer_accept: TCP_DEFER_ACCEPT, seconds
 * @isn:	with @fixed_isn: XTCP_ISN, initial number of the next connections
 * @keep_idle_s: TCP_KEEPIDLE
 * @keep_interval_s: TCP_KEEPINTVL
 * @keep_count:	TCP_KEEPCNT
 * @syn_retries: TCP_SYNCNT
 * @fixed_isn:	XTCP_ISN was set
 */
struct xtcp_options {
	const struct xtcp_cc_ops *cc;
	u32 user_timeout_ms;
	u32 msl_ms;
	int linger2;
	u32 defer_accept;
	u32 isn;
	u16 keep_idle_s;
	u16 keep_interval_s;
	u8 keep_count;
	u8 syn_retries;
	bool fixed_isn;
};

/**
 * struct xtcp_rules - settings and options, as machine and stream take them
 * @rcu:	once nobody goes by them
 * @refs:	sockets that do, and the namespace
 * @generation:	xtcp_generation when they were made
 * @own:	a program asked for them: @options is not all zeroes
 * @xn:		their namespace
 * @options:	what they were made with
 * @policy:	the machine's
 * @params:	the stream's; sockets point to it
 *
 * Never changed, but exchanged for others: without the socket's lock they may be
 * looked at under RCU.
 */
struct xtcp_rules {
	struct rcu_head rcu;
	refcount_t refs;
	u32 generation;
	bool own;
	struct xtcp_net *xn;
	struct xtcp_options options;
	struct xtcp_policy policy;
	struct xtcp_stream_params params;
};

int xtcp_rules_init(struct xtcp_net *xn);
void xtcp_rules_exit(struct xtcp_net *xn);
const struct xtcp_rules *xtcp_rules_of_net(struct xtcp_net *xn);
const struct xtcp_rules *xtcp_rules_of_listener(const struct sock *sk);
void xtcp_rules_put(const struct xtcp_rules *rules);
int xtcp_set_options(struct sock *sk, const struct xtcp_options *o);

#endif
