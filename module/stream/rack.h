/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RACK: what was sent before something that arrived, and longer ago than
 * reordering explains, is lost (RFC 8985 5, 6).
 */
#ifndef XTCP_STREAM_RACK_H
#define XTCP_STREAM_RACK_H

#include "stream/board.h"

#define XTCP_RACK_PERSIST	16	/* recoveries, RFC 8985 6.2 step 4 */
/* For how long the least round trip counts: RFC 8985 6.2 step 1 lets us choose */
#define XTCP_MIN_RTT_US		300000000u

/**
 * struct xtcp_min_rtt - the least round-trip time of late
 * @us:		of this period and the one before; ~0: no sample
 * @since_ms:	when this period began; wraps
 */
struct xtcp_min_rtt {
	u32 us[2];
	u32 since_ms;
};

void xtcp_min_rtt_init(struct xtcp_min_rtt *m);
void xtcp_min_rtt_sample(struct xtcp_min_rtt *m, u32 rtt_us, u64 now_us);

/* ~0: not known */
static inline u32 xtcp_min_rtt_us(const struct xtcp_min_rtt *m)
{
	return m->us[0] < m->us[1] ? m->us[0] : m->us[1];
}

/**
 * struct xtcp_rack - RFC 8985 5.3
 * @sent_us:	when the last sent of what arrived was sent: RACK.xmit_ts
 * @end:	behind it: RACK.end_seq
 * @rtt_us:	how long that took: RACK.rtt; 0: nothing arrived yet
 * @fack:	the highest that arrived: RACK.fack
 * @round:	with @in_round: where that ends (RACK.dsack_round)
 * @factor:	of the reordering window (RACK.reo_wnd_mult)
 * @persist:	recoveries that @factor still lasts (RACK.reo_wnd_persist)
 * @reordering:	was ever seen
 * @in_round:	a DSACK counts once a round trip
 * @due_us:	when more may be known to be lost; 0: no need to look
 */
struct xtcp_rack {
	u32 sent_us;
	u32 end;
	u32 rtt_us;
	u32 fack;
	u32 round;
	u16 factor;
	u8 persist;
	bool reordering;
	bool in_round;
	u64 due_us;
};

void xtcp_rack_init(struct xtcp_rack *k, u32 una);

/* Nothing was under way: times before that compare with nothing. */
void xtcp_rack_begin(struct xtcp_rack *k, u32 una);

/* RFC 8985 6.2 steps 1 to 3: what @d says arrived, up to @high */
void xtcp_rack_delivered(struct xtcp_rack *k, struct xtcp_min_rtt *m,
			 const struct xtcp_delivery *d, u32 high, u64 now_us);

/* Step 4: an ACK with or without DSACK, SND.UNA and SND.NXT as they are now */
void xtcp_rack_dsack(struct xtcp_rack *k, bool dsack, u32 una, u32 nxt);
void xtcp_rack_recovered(struct xtcp_rack *k);

/*
 * @min_us: the least round trip, ~0: not known; @hasty: three duplicates, or
 * already in recovery
 */
u32 xtcp_rack_window_us(const struct xtcp_rack *k, u32 min_us, u32 srtt_us,
			bool hasty);

/*
 * Step 5: marks what is lost by now and sets @k->due_us for the rest. Returns
 * how many bytes are lost more than before.
 */
u32 xtcp_rack_detect(struct xtcp_rack *k, struct xtcp_board *b, u32 window_us,
		     u64 now_us);

#endif
