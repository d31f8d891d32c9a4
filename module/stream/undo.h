/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a loss cost, and whether there was one: the peer says so when everything
 * that was sent again came twice (RFC 2883, 3708), or when its timestamp is older
 * than the first retransmission (Eifel, RFC 3522). F-RTO (RFC 5682) is in
 * selective.c. The answer to all of them is RFC 4015's: as it was before.
 */
#ifndef XTCP_STREAM_UNDO_H
#define XTCP_STREAM_UNDO_H

#include "stream/cc.h"

/**
 * struct xtcp_undo - the window as it was before it was reduced
 * @first_us:	when the first was sent again since; 0: none yet
 * @una:	SND.UNA then
 * @nxt:	SND.NXT then
 * @cwnd:	congestion window then
 * @ssthresh:	slow start threshold then
 * @again:	bytes sent again since, and not said to have come twice
 * @set:	there is something to undo
 * @acked:	the first retransmission is acknowledged: Eifel has spoken
 */
struct xtcp_undo {
	u64 first_us;
	u32 una;
	u32 nxt;
	u32 cwnd;
	u32 ssthresh;
	u32 again;
	bool set;
	bool acked;
};

/* The window is about to be reduced. */
void xtcp_undo_begin(struct xtcp_undo *u, const struct xtcp_cc *cc, u32 una,
		     u32 nxt);

/* @bytes were sent again. */
void xtcp_undo_resent(struct xtcp_undo *u, u32 bytes, u64 now_us);

/* [left, right) came twice. Returns true: so did all that was sent again. */
bool xtcp_undo_twice(struct xtcp_undo *u, u32 left, u32 right);

/* SND.UNA moved; @echo_us: age of the echo, ~0: none. True: it was not lost. */
bool xtcp_undo_eifel(struct xtcp_undo *u, u32 echo_us, u64 now_us);

/* Back to how it was, and further if it has grown since. */
void xtcp_undo(struct xtcp_undo *u, struct xtcp_cc *cc);

#endif
