/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_MACHINE_SEGMENT_H
#define XTCP_MACHINE_SEGMENT_H

#include "machine/platform.h"

/* The flag bits as they stand in byte 13 of the header (RFC 9293 3.1). */
#define XTCP_FIN	0x01
#define XTCP_SYN	0x02
#define XTCP_RST	0x04
#define XTCP_PSH	0x08
#define XTCP_ACK	0x10
#define XTCP_URG	0x20
#define XTCP_ECE	0x40
#define XTCP_CWR	0x80

/* The IP header's ECN field (RFC 3168 5). */
#define XTCP_NOT_ECT	0
#define XTCP_ECT_1	1
#define XTCP_ECT_0	2
#define XTCP_CE		3

/* Which options a segment carries. */
#define XTCP_OPT_MSS	0x01
#define XTCP_OPT_WSCALE	0x02
#define XTCP_OPT_SACK_PERMITTED	0x04
#define XTCP_OPT_TS	0x08
#define XTCP_OPT_SACK	0x10
#define XTCP_OPT_FAST_OPEN	0x20

#define XTCP_FAST_COOKIE_MAX	16
#define XTCP_SACK_BLOCKS	4
#define XTCP_WSCALE_MAX	14

/**
 * struct xtcp_sack_block - bytes that arrived out of order, RFC 2018
 * @left:	first sequence number of the block
 * @right:	the sequence number behind its last
 */
struct xtcp_sack_block {
	u32 left;
	u32 right;
};

/**
 * struct xtcp_segment - a segment, parsed: host byte order, no pointers
 * @seq:	SEG.SEQ
 * @ack:	SEG.ACK, meaningful with %XTCP_ACK only
 * @len:	bytes of text, neither SYN nor FIN counted
 * @wnd:	the window field as it stands in the header, not scaled
 * @up:		urgent pointer, an offset from @seq, with %XTCP_URG only
 * @flags:	XTCP_FIN and the like
 * @opts:	XTCP_OPT_MSS and the like: which of the following are there
 * @wscale:	shift count of the window scale option, as it came
 * @mss:	bytes, from the MSS option
 * @ecn:	the ECN field of its IP header
 * @cookie_len:	bytes of @cookie, 0: it asks for one (RFC 7413 4.1.1)
 * @tsval:	RFC 7323 TSval
 * @tsecr:	RFC 7323 TSecr
 * @nsacks:	how many of @sack are filled
 * @sack:	SACK blocks in the order in which they came, but on a SYN
 * @cookie:	Fast Open cookie, on a SYN
 */
struct xtcp_segment {
	u32 seq;
	u32 ack;
	u32 len;
	u16 wnd;
	u16 up;
	u8 flags;
	u8 opts;
	u8 wscale;
	u8 nsacks;
	u16 mss;
	u8 ecn;
	u8 cookie_len;
	u32 tsval;
	u32 tsecr;
	union {
		struct xtcp_sack_block sack[XTCP_SACK_BLOCKS];
		u8 cookie[XTCP_FAST_COOKIE_MAX];
	};
};

/*
 * A SYN that asks for ECN (RFC 3168 6.1.1). One that is marked itself comes by a
 * path that cannot be trusted with it.
 */
static inline bool xtcp_asks_ecn(const struct xtcp_segment *seg)
{
	const u8 both = XTCP_ECE | XTCP_CWR;

	return (seg->flags & both) == both && seg->ecn == XTCP_NOT_ECT;
}

/* SEG.LEN of RFC 9293: the text, and one each for SYN and FIN. */
static inline u32 xtcp_seg_len(const struct xtcp_segment *seg)
{
	return seg->len + !!(seg->flags & XTCP_SYN) +
	       !!(seg->flags & XTCP_FIN);
}

/* The sequence number behind the segment's last. */
static inline u32 xtcp_seg_end(const struct xtcp_segment *seg)
{
	return seg->seq + xtcp_seg_len(seg);
}

#endif
