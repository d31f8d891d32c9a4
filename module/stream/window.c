// SPDX-License-Identifier: GPL-2.0-only
/* The receive window that we announce: RFC 9293 3.8.6.2.2, RFC 7323 2. */
#include "machine/segment.h"
#include "stream/window.h"

#define FIELD_MOST	65535u

u32 xtcp_window_initial(u32 rcvbuf, u32 rcvbuf_max, u32 mss, bool scaling,
			u8 *wscale)
{
	u32 wnd = xtcp_window_space(rcvbuf);
	u32 most = rcvbuf > rcvbuf_max ? rcvbuf : rcvbuf_max;

	*wscale = 0;
	while (scaling && *wscale < XTCP_WSCALE_MAX &&
	       most >> *wscale > FIELD_MOST)
		++*wscale;
	if (wnd > FIELD_MOST)
		wnd = FIELD_MOST;
	/* Whole segments, or the last one would be a silly one. */
	if (wnd > mss)
		wnd -= wnd % mss;
	return wnd;
}

/* MUST-39: the smallest step by which the window may grow. */
static u32 step(const struct xtcp_room *room)
{
	u32 half = room->buffer / 2;

	if (half < room->mss)
		return half ? half : 1;
	return room->mss ? room->mss : 1;
}

/* What was promised already, in the scale's units. */
static u32 keep(u32 promised, u32 free, u8 wscale)
{
	u32 unit = 1u << wscale;
	u32 down = promised >> wscale;

	if (promised == down << wscale)
		return down;
	/*
	 * Rounded up it promises up to a unit more, which must be there: byte
	 * by byte the edge would creep away otherwise.
	 */
	return (down << wscale) + unit <= free ? down + 1 : down;
}

u16 xtcp_window_select(const struct xtcp_record *r,
		       const struct xtcp_room *room)
{
	u32 promised = xtcp_rcv_wnd(r);
	u32 field = room->free >> r->rcv_wscale;

	if (field > FIELD_MOST)
		field = FIELD_MOST;
	if (field << r->rcv_wscale < promised + step(room))
		field = keep(promised, room->free, r->rcv_wscale);
	return field < FIELD_MOST ? (u16)field : FIELD_MOST;
}

/*
 * An ACK that comes anyway will tell of small changes. One of its own is due
 * when the peer may be waiting: it had less than half of what it could have now.
 */
bool xtcp_window_update_due(const struct xtcp_record *r,
			    const struct xtcp_room *room)
{
	u32 promised = xtcp_rcv_wnd(r);
	u32 wnd;

	/* Nearly always, and each read asks. */
	if (room->free / 2 < promised)
		return false;
	wnd = (u32)xtcp_window_select(r, room) << r->rcv_wscale;
	return wnd >= promised + step(room) && wnd >= 2 * promised;
}
