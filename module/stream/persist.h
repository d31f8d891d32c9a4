/* SPDX-License-Identifier: GPL-2.0-only */
/* Probing a window that is closed: RFC 9293 3.8.6.1. */
#ifndef XTCP_STREAM_PERSIST_H
#define XTCP_STREAM_PERSIST_H

#include "machine/platform.h"

/**
 * struct xtcp_persist - zero-window probing
 * @probes:	sent since the window closed or a probe was taken
 * @unanswered:	sent since the peer was last heard
 */
struct xtcp_persist {
	u8 probes;
	u8 unanswered;
};

/* SHLD-29, SHLD-30: the first after one RTO, then exponentially later. */
u32 xtcp_persist_interval_us(const struct xtcp_persist *p, u32 rto_us,
			     u32 max_us);
void xtcp_persist_probed(struct xtcp_persist *p);
void xtcp_persist_answered(struct xtcp_persist *p);
/* The window opened, or the probe was taken. */
void xtcp_persist_reset(struct xtcp_persist *p);
/*
 * MUST-37: whoever answers may keep its window closed for ever, as long as there
 * is a user to wait for it. With an orphan's memory nobody can be so patient
 * (RFC 6429).
 */
bool xtcp_persist_gives_up(const struct xtcp_persist *p, u8 retries,
			   bool orphan);

#endif
