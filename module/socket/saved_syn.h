/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYNs that are kept: for who accepts (TCP_SAVE_SYN), and for their source routes.
 */
#ifndef XTCP_SOCKET_SAVED_SYN_H
#define XTCP_SOCKET_SAVED_SYN_H

#include "table/saved.h"

struct sk_buff;
struct sock;

struct xtcp_saved *xtcp_syn_saved(const struct sock *sk,
				  const struct sk_buff *skb, bool routed);
void xtcp_syn_keep(struct sock *child, struct xtcp_saved *saved);
void xtcp_syn_forget(struct sock *sk);
int xtcp_syn_set_saving(struct sock *sk, int how);
int xtcp_syn_saving(struct sock *sk);
int xtcp_syn_get(struct sock *sk, char __user *val, int __user *len);

#endif
