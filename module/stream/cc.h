/* SPDX-License-Identifier: GPL-2.0-only */
/* Congestion control: the interface, and what all algorithms share. */
#ifndef XTCP_STREAM_CC_H
#define XTCP_STREAM_CC_H

#include "machine/platform.h"

#define XTCP_SSTHRESH_NONE	0x7fffffffu	/* "arbitrarily high" */
#define XTCP_CWND_MAX		0x3fffffffu

/* Of an algorithm's own state, in words */
#define XTCP_CC_OWN		9
#define XTCP_CC_NAME_MAX	16	/* its end included */

struct xtcp_cc;

/**
 * struct xtcp_cc_own - what an algorithm knows beyond the window
 * @una:	SND.UNA, as of the ACK that is being looked at
 * @nxt:	SND.NXT, likewise
 * @srtt_us:	smoothed round-trip time, likewise; 0: not known
 * @rtt_us:	the sample that this ACK gave; 0: none
 * @state:	the algorithm's; zeroes at first
 */
struct xtcp_cc_own {
	u32 una;
	u32 nxt;
	u32 srtt_us;
	u32 rtt_us;
	u64 state[XTCP_CC_OWN];
};

/**
 * struct xtcp_cc_ops - a congestion control algorithm
 * @name:	as in TCP_CONGESTION
 * @init:	a connection begins; cwnd and ssthresh are set already
 * @acked:	@bytes were newly acknowledged and the window was in use: grow
 * @lost:	a loss was noticed with @flight bytes under way: the new ssthresh
 * @marked:	a queue marked (RFC 8511) with @flight bytes under way, in
 *		congestion avoidance: likewise; NULL: as @lost
 * @restart:	the connection was idle for longer than an RTO
 * @undo:	nothing was lost: cwnd and ssthresh are as before @lost again
 * @blank:	its own state says nothing that zeroes would not say, or nothing
 *		that counts after such an idle time (@idle); NULL: it has none
 *
 * Its own state is there only while the connection has a struct xtcp_bulk: without
 * it, &xtcp_cc.own is NULL, and RFC 5681 has to do.
 *
 * What is common to all of them is done by the caller: cwnd of one segment
 * after a time-out, inflation and deflation during fast recovery.
 */
struct xtcp_cc_ops {
	const char *name;
	void (*init)(struct xtcp_cc *cc);
	void (*acked)(struct xtcp_cc *cc, u32 bytes, u64 now_us);
	u32 (*lost)(struct xtcp_cc *cc, u32 flight, u64 now_us);
	u32 (*marked)(struct xtcp_cc *cc, u32 flight, u64 now_us);
	void (*restart)(struct xtcp_cc *cc);
	void (*undo)(struct xtcp_cc *cc);
	bool (*blank)(const struct xtcp_cc *cc, bool idle);
};

/**
 * struct xtcp_cc - congestion window of a connection
 * @ops:	the algorithm
 * @mss:	bytes of text in a full segment of ours, options deducted (SMSS)
 * @cwnd:	congestion window, bytes
 * @ssthresh:	slow start threshold, bytes
 * @credit:	bytes acknowledged since cwnd last grew (RFC 3465)
 * @marked_end:	with @marked: until more than this is acknowledged, ...
 * @initial:	initial window, bytes (RFC 6928); at most %XTCP_CWND_MAX
 * @marked:	... the window, which was reduced because of marks, is not again
 * @cwr:	it was reduced, and the peer is to hear of it (RFC 3168 6.1.2)
 * @own:	the algorithm's own; NULL: it has to do without
 */
struct xtcp_cc {
	const struct xtcp_cc_ops *ops;
	struct xtcp_cc_own *own;
	u32 mss;
	u32 cwnd;
	u32 ssthresh;
	u32 credit;
	u32 marked_end;
	u32 initial : 30;
	bool marked : 1;
	bool cwr : 1;
};

extern const struct xtcp_cc_ops xtcp_cubic;
extern const struct xtcp_cc_ops xtcp_newreno;

/* What there is; NULL behind the last. The first is the default. */
const struct xtcp_cc_ops *xtcp_cc_nth(u32 n);

/* By its name, or by the one that the host's TCP has for it; NULL: none */
const struct xtcp_cc_ops *xtcp_cc_find(const char *name);

/* @segments: initial window; 0: one segment, for the SYN was lost (5681 3.1) */
void xtcp_cc_init(struct xtcp_cc *cc, const struct xtcp_cc_ops *ops, u32 mss,
		  u8 segments);

/* Another algorithm goes on from the window as it is. */
void xtcp_cc_change(struct xtcp_cc *cc, const struct xtcp_cc_ops *ops);

/* The path takes @mss now: the window stays as many segments as it was. */
void xtcp_cc_mss(struct xtcp_cc *cc, u32 mss);

/* Memory for what the algorithm will know; NULL: none any more */
void xtcp_cc_give(struct xtcp_cc *cc, struct xtcp_cc_own *own);
bool xtcp_cc_blank(const struct xtcp_cc *cc, bool idle);

void xtcp_cc_acked(struct xtcp_cc *cc, u32 bytes, u64 now_us);
/*
 * For algorithms: slow start up to ssthresh, by @bytes. RFC 5681's segment for each
 * ACK would count ACKs, of which a receiver that merges segments (GRO) sends few.
 * Returns the bytes that are left for congestion avoidance.
 */
u32 xtcp_cc_slow(struct xtcp_cc *cc, u32 bytes);
/*
 * @nxt: SND.NXT. Returns false: that was done for this window of text already.
 */
bool xtcp_cc_marked(struct xtcp_cc *cc, u32 flight, u32 nxt, u64 now_us);
void xtcp_cc_lost(struct xtcp_cc *cc, u32 flight, u64 now_us);
void xtcp_cc_timeout(struct xtcp_cc *cc, u32 flight, bool first, u64 now_us);
void xtcp_cc_restart(struct xtcp_cc *cc);

static inline bool xtcp_cc_slow_start(const struct xtcp_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

#endif
