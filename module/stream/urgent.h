/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Urgent data: RFC 9293 3.8.5, RFC 6093. An urgent pointer is kept as the
 * sequence number *behind* the last urgent byte (MUST-62).
 */
#ifndef XTCP_STREAM_URGENT_H
#define XTCP_STREAM_URGENT_H

#include "machine/platform.h"

/**
 * struct xtcp_urgent - both directions' urgent pointers
 * @sending:	@snd_up holds one that is not yet acknowledged
 * @receiving:	@rcv_up holds one that the user has not read past
 * @snd_up:	behind the last urgent byte of ours
 * @rcv_up:	behind the last urgent byte of the peer's
 */
struct xtcp_urgent {
	bool sending;
	bool receiving;
	u32 snd_up;
	u32 rcv_up;
};

/* The user sent urgent bytes; @end: sequence number behind the last. */
void xtcp_urgent_send(struct xtcp_urgent *u, u32 end);
void xtcp_urgent_acked(struct xtcp_urgent *u, u32 snd_una);
/*
 * The urgent pointer field of a segment that begins at @seq, 0: no URG. What is
 * further away than the field can say is approached in steps of 65535.
 */
u16 xtcp_urgent_field(const struct xtcp_urgent *u, u32 seq);

/*
 * A segment told of urgent bytes up to @up; the user has read up to @copied.
 * Returns true when that is news, for which there is one signal (MUST-32).
 */
bool xtcp_urgent_received(struct xtcp_urgent *u, u32 up, u32 copied);
/* SIOCATMARK: the next byte to read, at @copied, is the last urgent one. */
bool xtcp_urgent_at_mark(const struct xtcp_urgent *u, u32 copied);
/* How many of @want bytes a read may take before it has to stop at the mark. */
u32 xtcp_urgent_limit(const struct xtcp_urgent *u, u32 copied, u32 want);
/* MUST-33: how many urgent bytes are still unread. */
u32 xtcp_urgent_unread(const struct xtcp_urgent *u, u32 copied);
/* The user has read up to @copied. */
void xtcp_urgent_read(struct xtcp_urgent *u, u32 copied);

#endif
