/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Explicit congestion notification: queues mark instead of dropping, receivers
 * tell of it, senders slow down (RFC 3168 6.1, with RFC 8511's smaller step).
 */
#ifndef XTCP_STREAM_ECN_H
#define XTCP_STREAM_ECN_H

#include "machine/platform.h"

struct xtcp_cc;
struct xtcp_output;
struct xtcp_record;
struct xtcp_segment;

/**
 * struct xtcp_ecn - what marks have told
 * @echo:	a mark came: ECE on every segment until the peer says CWR
 * @seen:	the peer's text was ever marked, as ECT or as CE
 * @marked:	segments of text that came with CE
 */
struct xtcp_ecn {
	bool echo : 1;
	bool seen : 1;
	u32 marked : 30;
};

/*
 * Acceptable text arrived (6.1.3). Returns true when an ACK should go at once:
 * the peer may have so small a window that it waits for nothing else.
 */
bool xtcp_ecn_arrived(struct xtcp_ecn *n, const struct xtcp_record *r,
		      const struct xtcp_segment *seg);

/* xtcp_ecn_arrived() would change something. */
bool xtcp_ecn_news(const struct xtcp_ecn *n, const struct xtcp_record *r,
		   const struct xtcp_segment *seg);

/* @seg carries an ACK: the flags that it owes. @out: its text, or NULL */
void xtcp_ecn_put(const struct xtcp_ecn *n, const struct xtcp_output *out,
		  struct xtcp_segment *seg);

/*
 * The peer says that a mark came (6.1.2). Reduces the window, once in a round
 * trip; @nxt: SND.NXT. Returns false when nothing was to be done.
 */
bool xtcp_ecn_echoed(struct xtcp_cc *cc, u32 flight, u32 nxt, u64 now_us);

#endif
