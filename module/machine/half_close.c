// SPDX-License-Identifier: GPL-2.0-only
/*
 * One direction is shut, the other goes on: shutdown() and what still flows
 * (RFC 9293 3.6; shutdown's two halves are the socket interface's own).
 */
#include "machine/steps.h"

/*
 * SHUT_RD is our own affair: no segment tells the peer. What arrives later is
 * acknowledged and dropped, see xtcp_take_text().
 */
void xtcp_shut_read(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o)
{
	(void)e;
	r->flags |= XTCP_F_SHUT_READ;
	o->todo |= XTCP_DO_EOF;
}

/* SHUT_WR after our direction was ended: nothing to add */
void xtcp_shut_already(struct xtcp_record *r, const struct xtcp_event *e,
		       struct xtcp_orders *o)
{
	(void)r;
	(void)e;
	(void)o;
}

/*
 * Text for a connection that the user closed, or shut both ways: the bytes would
 * be lost without a word, so the peer is told by a RST (RFC 9293 SHLD-3).
 */
void xtcp_text_unwanted(struct xtcp_record *r, const struct xtcp_event *e,
			struct xtcp_orders *o)
{
	r->closing = XTCP_CLOSING_RESET_SENT;
	/* The ack counts: our FIN may be what it acknowledges. */
	r->snd_una = seq_max(r->snd_una, e->seg.ack);
	xtcp_send_rst(r, o);
	xtcp_end_with_error(r, e, o, XTCP_R_DATA_AFTER_CLOSE, XTCP_ERR_RESET);
}
