// SPDX-License-Identifier: GPL-2.0-only
/* When an acknowledgment that is owed goes out: RFC 9293 3.8.6.3, 5681 4.2. */
#include "stream/delack.h"

/* Smaller than what any path can carry is no full-sized segment. */
#define FULL_MIN	536
#define U16_MOST	65535

static_assert(XTCP_DELACK_MAX_US < 1u << 18, "delay_us has 18 bits");

void xtcp_delack_init(struct xtcp_delack *d, u32 delay_us, u8 quick,
		      u32 rcv_mss)
{
	memset(d, 0, sizeof(*d));
	d->delay_us = delay_us < XTCP_DELACK_MAX_US ? delay_us :
						      XTCP_DELACK_MAX_US;
	d->quick = quick;
	d->full_max = rcv_mss < U16_MOST ? (u16)rcv_mss : U16_MOST;
	d->full = d->full_max;
}

void xtcp_delack_quickack(struct xtcp_delack *d, bool on)
{
	d->interactive = !on;
	d->prompt = false;
	d->quick = on ? XTCP_QUICKACKS : 0;
}

/*
 * A peer whose path is narrower than ours sends less than we announced. A
 * segment that nothing pushed was as long as it could be.
 */
static void learn_full(struct xtcp_delack *d, u32 len, bool psh)
{
	if (psh && len <= d->full)
		return;
	if (len < FULL_MIN)
		len = FULL_MIN;
	d->full = len < d->full_max ? (u16)len : d->full_max;
}

static u32 earlier_us(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

enum xtcp_due xtcp_delack_received(struct xtcp_delack *d, u32 len, bool psh,
				   bool gap, u64 now_us)
{
	learn_full(d, len, psh);
	d->owed += len;
	d->heard_us = now_us;
	d->pushed = psh;
	xtcp_delack_owe(d, now_us);
	if (gap)
		return XTCP_DUE_NOW;
	if (xtcp_delack_awaits(d)) {
		d->deadline_us = earlier_us(d->deadline_us,
					    (u32)now_us + XTCP_PROMPT_US);
		return XTCP_DUE_LATER;
	}
	if (d->owed >= 2u * d->full)
		return XTCP_DUE_TWO;
	if (!d->quick)
		return XTCP_DUE_LATER;
	/* The end of what the peer wrote: an answer may follow. */
	return psh ? XTCP_DUE_READER : XTCP_DUE_NOW;
}

void xtcp_delack_owe(struct xtcp_delack *d, u64 now_us)
{
	if (d->pending)
		return;
	d->pending = true;
	d->deadline_us = (u32)now_us + d->delay_us;
}

bool xtcp_delack_expired(struct xtcp_delack *d, u64 now_us)
{
	if (!d->pending || !xtcp_delack_due(d, now_us))
		return false;
	/* No answer came in time: text goes one way. */
	if (!xtcp_delack_awaits(d))
		d->interactive = false;
	/* Should sending it fail, try again. */
	d->deadline_us = (u32)now_us + d->delay_us;
	return true;
}

/* An answer this soon: the next ACK will find company, too. */
static void learn_habit(struct xtcp_delack *d, u32 text, u64 waited_us)
{
	if (d->pending && d->quick)
		d->quick--;
	if (d->pending && text && waited_us < d->delay_us) {
		d->interactive = true;
		d->quick = 0;
	}
	/* Also where the ACK did not wait for it: it would not have waited long. */
	if (text && d->pushed)
		d->prompt = waited_us < XTCP_PROMPT_US;
	else if (!text && xtcp_delack_awaits(d))
		d->prompt = false;
}

void xtcp_delack_sent(struct xtcp_delack *d, u32 text, u64 now_us)
{
	learn_habit(d, text, now_us - d->heard_us);
	if (text)
		d->pushed = false;
	d->pending = false;
	d->owed = 0;
}
