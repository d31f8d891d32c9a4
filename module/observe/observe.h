/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be looked at and set from outside: /proc/net/xtcp*, net.xtcp.*,
 * sock_diag.
 */
#ifndef XTCP_OBSERVE_OBSERVE_H
#define XTCP_OBSERVE_OBSERVE_H

struct xtcp_net;

/* A namespace begins. Return: 0 or a negative errno, after undoing it all. */
int xtcp_observe_init(struct xtcp_net *xn);
/* A namespace ends. */
void xtcp_observe_exit(struct xtcp_net *xn);

/* sock_diag for the protocol family. Return: 0 or a negative errno. */
int xtcp_diag_init(int family);
void xtcp_diag_exit(void);

#endif
