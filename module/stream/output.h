/* SPDX-License-Identifier: GPL-2.0-only */
/* What to send next, or why nothing: RFC 9293 3.7.4, 3.8.6.2.1. */
#ifndef XTCP_STREAM_OUTPUT_H
#define XTCP_STREAM_OUTPUT_H

#include "machine/platform.h"

/* RFC 9293 3.8.6.2.1 wants 0.1 to 1 s; corked text waits as long. */
#define XTCP_HOLD_US	200000u

/**
 * struct xtcp_queue - the host's send queue
 * @bytes:	text from SND.UNA on, sent or not; 0 if there is only a FIN
 * @more:	the user has announced more (TCP_CORK, MSG_MORE)
 * @burst:	full segments of new text may come as one output of so many bytes,
 *		a multiple of the MSS, which the host cuts up later; 0: each by
 *		itself
 * @paced:	it is too early for the next text: the host knows when it is not
 *
 * Whether a FIN follows stands in the record (%XTCP_F_FIN_QUEUED).
 */
struct xtcp_queue {
	u32 bytes;
	bool more;
	bool paced;
	u32 burst;
};

/* Why nothing is sent. */
enum xtcp_held {
	XTCP_HELD_NOT,		/* there is a segment to send */
	XTCP_HELD_EMPTY,	/* everything was sent */
	XTCP_HELD_STATE,	/* the state forbids text */
	XTCP_HELD_WINDOW,	/* the peer's window has no room */
	XTCP_HELD_SWS,		/* it has so little that waiting is wiser */
	XTCP_HELD_CWND,		/* the congestion window has no room */
	XTCP_HELD_NAGLE,	/* small, as one is that is not yet acknowledged */
	XTCP_HELD_CORK,		/* small, and the user has announced more */
	XTCP_HELD_PACE,		/* too early for the rate that it is sent with */
	XTCP_HELD_REASONS,
};

/**
 * struct xtcp_output - a segment to send, or several full ones: &xtcp_queue.burst
 * @seq:	its sequence number
 * @len:	bytes of text
 * @fresh:	how many of them, the last ones, are sent for the first time
 * @fin:	it carries our FIN
 * @fresh_fin:	for the first time
 * @psh:	it ends what is queued (MUST-61)
 * @ect:	new text of an ECN connection: queues may mark it
 * @cwr:	CWR goes along: the window was reduced (RFC 3168 6.1.2)
 * @again:	it begins before SND.NXT: a retransmission, as a whole or in part
 * @held:	enum xtcp_held: with anything but NOT the rest means nothing
 *
 * The machine's SENT event takes @fresh as its len and @fresh_fin as its fin.
 */
struct xtcp_output {
	u32 seq;
	u32 len;
	u32 fresh;
	bool fin;
	bool fresh_fin;
	bool psh;
	bool ect;
	bool cwr;
	bool again;
	u8 held;
};

/* The sequence number behind the segment. */
static inline u32 xtcp_output_end(const struct xtcp_output *out)
{
	return out->seq + out->len + out->fin;
}

/* The host finds that only the first @len bytes of new text can go in one. */
void xtcp_output_shorten(struct xtcp_output *out, u32 len);

const char *xtcp_held_name(u8 held);

#endif
