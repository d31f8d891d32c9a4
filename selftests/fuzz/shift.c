// SPDX-License-Identifier: GPL-2.0-only
/* The same connection elsewhere on the circle. See shift.h. */
#include "shift.h"

void shift_event(struct xtcp_event *e, const struct shift *d)
{
	u32 cookie = e->seg.ack - 1;

	e->now_ms += d->now_ms;
	e->seg.seq += d->theirs;
	if (e->seg.flags & XTCP_ACK)
		e->seg.ack += d->ours;
	e->seg.tsval += d->ts;
	e->rcv_adv += d->theirs;
	e->open.iss += d->ours;
	/* What the cookie says stays; the hash is of what was moved. */
	e->cookie.mac[0] ^= cookie ^ (e->seg.ack - 1);
	e->cookie.mac[1] ^= cookie ^ (e->seg.ack - 1);
}

static void shift_record(struct xtcp_record *r, const struct shift *d)
{
	r->since_ms += d->now_ms;
	if (r->timer != XTCP_LIFE_NONE)
		r->expires_ms += d->now_ms;
	if (xtcp_in(r, XTCP_S(LISTEN)))
		return;
	r->iss += d->ours;
	r->snd_una += d->ours;
	r->snd_nxt += d->ours;
	if (xtcp_in(r, XTCP_S(SYN_SENT)))
		return;
	r->irs += d->theirs;
	r->snd_wl1 += d->theirs;
	r->snd_wl2 += d->ours;
	r->rcv_nxt += d->theirs;
	r->rcv_adv += d->theirs;
	r->last_ack_sent += d->theirs;
	if (!(r->flags & XTCP_F_TS_RECENT))
		return;
	r->ts_recent += d->ts;
	r->ts_recent_ms += d->now_ms;
}

const char *shift_record_fault(const struct xtcp_record *here,
			       const struct xtcp_record *there,
			       const struct shift *d)
{
	struct xtcp_record want = *here;

	if (here->state != there->state || here->flags != there->flags ||
	    here->reason != there->reason || here->closing != there->closing)
		return "it matters where on the circle the numbers lie";
	/* How far the numbers of a connection that is over came: no matter */
	if (xtcp_in(here, XTCP_S(CLOSED)))
		return NULL;
	shift_record(&want, d);
	if (memcmp(&want, there, sizeof(want)))
		return "moved numbers bring another record";
	return NULL;
}

/* A RST has numbers of ours, or of the segment's; or none, which is 0. */
static bool moved(u32 here, u32 there, u32 by)
{
	return here + by == there || (!here && !there);
}

const char *shift_orders_fault(const struct xtcp_orders *here,
			       const struct xtcp_orders *there,
			       const struct shift *d)
{
	if (here->todo != there->todo || here->event != there->event ||
	    here->reason != there->reason || here->error != there->error)
		return "moved numbers bring other orders";
	if (here->acked != there->acked ||
	    here->text_off != there->text_off ||
	    here->text_len != there->text_len ||
	    here->store_fin != there->store_fin)
		return "moved numbers bring other bytes";
	if (here->rst_flags != there->rst_flags ||
	    !moved(here->rst_seq, there->rst_seq, d->ours) ||
	    !moved(here->rst_ack, there->rst_ack, d->theirs))
		return "moved numbers bring another RST";
	if ((here->todo & XTCP_DO_URGENT) &&
	    here->urgent + d->theirs != there->urgent)
		return "moved numbers bring other urgent data";
	return NULL;
}
