// SPDX-License-Identifier: GPL-2.0-only
/* Loss detection by time: RFC 8985 6. */
#include "machine/seq.h"
#include "stream/rack.h"

#define FACTOR_MAX	1000	/* SRTT is the limit long before */

void xtcp_min_rtt_init(struct xtcp_min_rtt *m)
{
	m->us[0] = ~0u;
	m->us[1] = ~0u;
	m->since_ms = 0;
}

void xtcp_min_rtt_sample(struct xtcp_min_rtt *m, u32 rtt_us, u64 now_us)
{
	u32 now_ms = (u32)(now_us / 1000);

	if (now_ms - m->since_ms > XTCP_MIN_RTT_US / 2000) {
		m->us[1] = m->us[0];
		m->us[0] = ~0u;
		m->since_ms = now_ms;
	}
	if (rtt_us < m->us[0])
		m->us[0] = rtt_us ? rtt_us : 1;
}

void xtcp_rack_init(struct xtcp_rack *k, u32 una)
{
	memset(k, 0, sizeof(*k));
	k->fack = una;
	k->factor = 1;
}

void xtcp_rack_begin(struct xtcp_rack *k, u32 una)
{
	k->rtt_us = 0;
	k->due_us = 0;
	k->fack = una;
}

void xtcp_rack_delivered(struct xtcp_rack *k, struct xtcp_min_rtt *m,
			 const struct xtcp_delivery *d, u32 high, u64 now_us)
{
	u32 rtt_us = (u32)now_us - d->sent_us;
	bool first;

	if (d->once_us != ~0u)
		xtcp_min_rtt_sample(m, d->once_us, now_us);
	if (d->late)
		k->reordering = true;
	k->fack = seq_max(k->fack, high);
	if (!d->any)
		return;
	first = !k->rtt_us;
	k->rtt_us = rtt_us ? rtt_us : 1;
	if (first ||
	    xtcp_sent_after(d->sent_us, d->end, k->sent_us, k->end)) {
		k->sent_us = d->sent_us;
		k->end = d->end;
	}
}

void xtcp_rack_dsack(struct xtcp_rack *k, bool dsack, u32 una, u32 nxt)
{
	if (k->in_round && seq_geq(una, k->round))
		k->in_round = false;
	if (!dsack || k->in_round)
		return;
	k->in_round = true;
	k->round = nxt;
	if (k->factor < FACTOR_MAX)
		k->factor++;
	k->persist = XTCP_RACK_PERSIST;
}

void xtcp_rack_recovered(struct xtcp_rack *k)
{
	if (k->persist)
		k->persist--;
	if (!k->persist)
		k->factor = 1;
}

u32 xtcp_rack_window_us(const struct xtcp_rack *k, u32 min_us, u32 srtt_us,
			bool hasty)
{
	u64 window_us;

	if (!k->reordering && hasty)
		return 0;
	if (min_us == ~0u)
		min_us = srtt_us;
	window_us = (u64)k->factor * (min_us / 4);
	return window_us < srtt_us ? (u32)window_us : srtt_us;
}

u32 xtcp_rack_detect(struct xtcp_rack *k, struct xtcp_board *b, u32 window_us,
		     u64 now_us)
{
	u32 lost = b->lost, wait_us = 0, i;

	k->due_us = 0;
	for (i = 0; i < b->n && k->rtt_us; i++) {
		const struct xtcp_sent *s = xtcp_board_at(b, i);
		s32 left_us;

		if (s->flags & (XTCP_SENT_SACKED | XTCP_SENT_LOST))
			continue;
		if (!xtcp_sent_after(k->sent_us, k->end, s->sent_us,
				     xtcp_board_end(b, i))) {
			/* What follows was sent later, or again even later. */
			if (!(s->flags & XTCP_SENT_AGAIN))
				break;
			continue;
		}
		left_us = (s32)(s->sent_us + k->rtt_us + window_us -
				(u32)now_us);
		if (left_us <= 0)
			xtcp_board_lose(b, i);
		else if ((u32)left_us > wait_us)
			wait_us = left_us;
	}
	if (wait_us)
		k->due_us = now_us + wait_us;
	return b->lost - lost;
}
