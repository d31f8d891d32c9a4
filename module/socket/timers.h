/* SPDX-License-Identifier: GPL-2.0-only */
/* A socket's timers. It is locked, or spin-locked and no program holds it. */
#ifndef XTCP_SOCKET_TIMERS_H
#define XTCP_SOCKET_TIMERS_H

#include <linux/timer.h>

struct sock;

/* timers.c */
void xtcp_timer_fired(struct timer_list *t);
void xtcp_timer_arm(struct sock *sk);
void xtcp_timer_due(struct sock *sk);
void xtcp_release_cb(struct sock *sk);

/* pace.c */
bool xtcp_pace_holds(const struct sock *sk);
void xtcp_pace_sent(struct sock *sk, u32 bytes);
void xtcp_pace_wait(struct sock *sk);
void xtcp_pace_forget(struct sock *sk);
bool xtcp_pace_fired(struct sock *sk);
void xtcp_pace_stop(struct sock *sk);
void xtcp_pace_free(struct sock *sk);

#endif
