/* SPDX-License-Identifier: GPL-2.0-only */
/* The receive window that we announce: RFC 9293 3.8.6.2.2, RFC 7323 2. */
#ifndef XTCP_STREAM_WINDOW_H
#define XTCP_STREAM_WINDOW_H

#include "machine/record.h"

/**
 * struct xtcp_room - the receive buffer
 * @buffer:	bytes of text that it holds when empty (RCV.BUFF)
 * @free:	bytes of text that it can still take; stored text out of order
 *		counts as taken
 * @mss:	bytes of text in the peer's full segments
 */
struct xtcp_room {
	u32 buffer;
	u32 free;
	u32 mss;
};

/* Half of the memory is for what the kernel keeps around each segment. */
static inline u32 xtcp_window_space(u32 memory)
{
	return memory / 2;
}

/**
 * xtcp_window_initial() - the first window and the scale to offer
 * @rcvbuf:	bytes of memory of the receive buffer
 * @rcvbuf_max:	what it may grow to
 * @mss:	bytes: the MSS that we announce
 * @scaling:	whether to offer window scaling at all
 * @wscale:	filled with the shift count, 0 without @scaling
 *
 * Returns bytes of window; a SYN's window field is never scaled (RFC 7323 2.2),
 * so it fits in 16 bits.
 */
u32 xtcp_window_initial(u32 rcvbuf, u32 rcvbuf_max, u32 mss, bool scaling,
			u8 *wscale);

/**
 * xtcp_window_select() - the window for the segment that leaves now
 * @r:		record of a synchronised connection
 * @room:	the receive buffer
 *
 * Returns what stands in the header's window field. The right edge that the
 * peer hears of is rcv_nxt + (field << rcv_wscale), which goes to the machine
 * with the SENT event. It moves right only in worthwhile steps (MUST-39) and
 * never left, but for the rounding of the scale when the buffer is full (RFC
 * 7323 2.4); whatever was once promised is still taken, for rcv_adv stays.
 */
u16 xtcp_window_select(const struct xtcp_record *r,
		       const struct xtcp_room *room);

/* The right edge for the machine's SENT event. */
static inline u32 xtcp_window_edge(const struct xtcp_record *r, u16 field)
{
	return r->rcv_nxt + ((u32)field << r->rcv_wscale);
}

/* The user read: is there so much more room now that the peer should hear? */
bool xtcp_window_update_due(const struct xtcp_record *r,
			    const struct xtcp_room *room);

#endif
