// SPDX-License-Identifier: GPL-2.0-only
/* HyStart++: RFC 9406 4. */
#include "machine/seq.h"
#include "stream/hystart.h"

#define THRESH_MIN_US	4000u
#define THRESH_MAX_US	16000u
#define RTT_DIVISOR	8
#define SAMPLES		8	/* N_RTT_SAMPLE */
#define GROWTH_DIVISOR	4	/* CSS_GROWTH_DIVISOR */
#define ROUNDS		5	/* CSS_ROUNDS */
#define NO_RTT		(~0u)

static void begin_round(struct xtcp_hystart *h, const struct xtcp_cc *cc)
{
	h->last_us = h->begun ? h->now_us : NO_RTT;
	h->now_us = NO_RTT;
	h->samples = 0;
	h->round_end = cc->own->nxt;
	h->begun = true;
}

static u32 threshold_us(u32 rtt_us)
{
	u32 part = rtt_us / RTT_DIVISOR;

	if (part < THRESH_MIN_US)
		return THRESH_MIN_US;
	return part < THRESH_MAX_US ? part : THRESH_MAX_US;
}

static void sample(struct xtcp_hystart *h, u32 rtt_us)
{
	if (rtt_us < h->now_us)
		h->now_us = rtt_us;
	if (h->samples < SAMPLES)
		h->samples++;
	if (h->samples < SAMPLES)
		return;
	if (h->careful) {
		/* The queue was a passing one. */
		h->careful = h->now_us >= h->base_us;
		return;
	}
	if (h->last_us == NO_RTT ||
	    h->now_us < h->last_us + threshold_us(h->last_us))
		return;
	h->careful = true;
	h->base_us = h->now_us;
	h->rounds = 0;
}

void xtcp_hystart_acked(struct xtcp_hystart *h, struct xtcp_cc *cc, u32 bytes)
{
	bool was_careful = h->careful;

	if (cc->own->rtt_us && h->begun)
		sample(h, cc->own->rtt_us);
	cc->cwnd += h->careful ? bytes / GROWTH_DIVISOR : bytes;
	if (h->begun && seq_lt(cc->own->una, h->round_end))
		return;
	begin_round(h, cc);
	if (was_careful && h->careful && ++h->rounds >= ROUNDS)
		cc->ssthresh = cc->cwnd;
}
