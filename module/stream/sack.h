/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a receiver tells of text that it has out of order, or that came twice:
 * RFC 2018, 2883.
 */
#ifndef XTCP_STREAM_SACK_H
#define XTCP_STREAM_SACK_H

#include "machine/record.h"
#include "machine/segment.h"

/**
 * struct xtcp_sack - blocks to report
 * @recent:	blocks of stored text, the one that changed last first
 * @twice:	what came twice (RFC 2883), with @again
 * @n:		how many of @recent are filled
 * @again:	@twice is to be reported, once
 */
struct xtcp_sack {
	struct xtcp_sack_block recent[XTCP_SACK_BLOCKS];
	struct xtcp_sack_block twice;
	u8 n;
	bool again;
};

/* [left, right) was stored out of order. */
void xtcp_sack_stored(struct xtcp_sack *k, u32 left, u32 right);

/* [left, right) was there already. */
void xtcp_sack_twice(struct xtcp_sack *k, u32 left, u32 right);

/* A segment came; RCV.NXT was @rcv_nxt: something of it was there already. */
bool xtcp_sack_repeats(const struct xtcp_segment *seg, u32 rcv_nxt);

/* What of it? */
void xtcp_sack_arrived(struct xtcp_sack *k, const struct xtcp_segment *seg,
		       u32 rcv_nxt);

/* What was stored is gone, be it for lack of memory (RFC 2018 8). */
void xtcp_sack_purged(struct xtcp_sack *k);

/* Fill the option of @seg, which has room for so many bytes of it. */
void xtcp_sack_put(struct xtcp_sack *k, const struct xtcp_record *r, u32 room,
		   struct xtcp_segment *seg);

#endif
