/* SPDX-License-Identifier: GPL-2.0-only */
/* When an acknowledgment that is owed goes out: RFC 9293 3.8.6.3, 5681 4.2. */
#ifndef XTCP_STREAM_DELACK_H
#define XTCP_STREAM_DELACK_H

#include "machine/seq.h"

#define XTCP_DELACK_US		40000u
#define XTCP_DELACK_MAX_US	200000u	/* MUST-40: below half a second */
#define XTCP_QUICKACKS		16
/* What answers as soon as this is worth waiting for with more than a segment. */
#define XTCP_PROMPT_US		1000u

/* When an ACK is due. Zero: not yet, all else: now, if nobody knows better. */
enum xtcp_due {
	XTCP_DUE_LATER,		/* it may wait for company until the timer fires */
	XTCP_DUE_READER,	/* at once, or when the reader had his say */
	XTCP_DUE_TWO,		/* at once, unless the reader lags behind */
	XTCP_DUE_NOW,
};

/**
 * struct xtcp_delack - the acknowledgment that is owed
 * @heard_us:	when text last arrived
 * @quick:	segments that are still acknowledged at once
 * @deadline_us: when it must go, while @pending; the lower half of the clock, as
 *		no ACK waits for half an hour
 * @owed:	bytes received since the last segment that acknowledged
 * @full:	bytes that make a full-sized segment of this peer
 * @full_max:	bytes: the largest that can be, after what we announced
 * @delay_us:	how long it may wait for company; at most %XTCP_DELACK_MAX_US
 * @interactive: request and response: ACKs ride on the answers
 * @prompt:	the last write of the peer was answered within %XTCP_PROMPT_US
 * @pushed:	what arrived last ended a write, and has no answer yet
 * @pending:	an ACK is owed
 */
struct xtcp_delack {
	u64 heard_us : 56;
	u64 quick : 8;
	u32 deadline_us;
	u32 owed;
	u16 full;
	u16 full_max;
	u32 delay_us : 18;
	bool interactive : 1;
	bool prompt : 1;
	bool pushed : 1;
	bool pending : 1;
};

void xtcp_delack_init(struct xtcp_delack *d, u32 delay_us, u8 quick,
		      u32 rcv_mss);
/* TCP_QUICKACK: for now, not for ever. */
void xtcp_delack_quickack(struct xtcp_delack *d, bool on);
/*
 * @len bytes arrived in order, with PSH or not; @gap: text was missing before
 * or behind them. Until an ACK leaves the timer runs, whatever this returns.
 */
enum xtcp_due xtcp_delack_received(struct xtcp_delack *d, u32 len, bool psh,
				   bool gap, u64 now_us);
/*
 * More than a segment arrived, the end of a write: what is asked here has been
 * answered at once so far, and the answer would acknowledge it.
 */
static inline bool xtcp_delack_awaits(const struct xtcp_delack *d)
{
	return d->prompt && d->pushed && !d->quick && d->owed > d->full;
}

/*
 * A reader who was given all that arrived asks for more: acknowledge at once? A
 * writer with Nagle's algorithm waits for it, where nobody answers.
 */
static inline bool xtcp_delack_read_on(const struct xtcp_delack *d)
{
	if (!d->pending || !(d->quick || d->pushed))
		return false;
	return d->quick || !d->interactive || xtcp_delack_awaits(d);
}

/* While @pending */
static inline bool xtcp_delack_due(const struct xtcp_delack *d, u64 now_us)
{
	return seq_geq((u32)now_us, d->deadline_us);
}

/* By the whole clock, while @pending */
static inline u64 xtcp_delack_deadline_us(const struct xtcp_delack *d,
					  u64 now_us)
{
	return now_us + (u64)(s64)(s32)(d->deadline_us - (u32)now_us);
}

/* A reader took something: need he not be waited for any longer? */
static inline bool xtcp_delack_taken(const struct xtcp_delack *d, u64 now_us)
{
	if (!d->pending || d->owed <= d->full)
		return false;
	return !xtcp_delack_awaits(d) || xtcp_delack_due(d, now_us);
}

/* A FIN arrived: there is no hurry, quick mode or not. */
void xtcp_delack_owe(struct xtcp_delack *d, u64 now_us);
/* The ACK timer fired. Returns true: the ACK must go now. */
bool xtcp_delack_expired(struct xtcp_delack *d, u64 now_us);
/* A segment with the current ack left, with @text bytes. */
void xtcp_delack_sent(struct xtcp_delack *d, u32 text, u64 now_us);

#endif
