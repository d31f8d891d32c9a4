/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text that arrived out of order: what to keep of it. The host stores ranges
 * that never overlap, ordered by sequence number, all behind RCV.NXT.
 */
#ifndef XTCP_STREAM_REASSEMBLY_H
#define XTCP_STREAM_REASSEMBLY_H

#include "machine/platform.h"

/**
 * struct xtcp_range - text, and perhaps a FIN behind it
 * @seq:	of the first byte
 * @len:	bytes of text
 * @fin:	a FIN follows the text
 */
struct xtcp_range {
	u32 seq;
	u32 len;
	bool fin;
};

static inline u32 xtcp_range_end(const struct xtcp_range *a)
{
	return a->seq + a->len + a->fin;
}

/* Cut @a down to [left, right). Returns false when nothing remains. */
bool xtcp_range_trim(struct xtcp_range *a, u32 left, u32 right);

enum xtcp_place {
	XTCP_PLACE_HERE,	/* insert what remains of it before @next */
	XTCP_PLACE_DUPLICATE,	/* nothing of it is new */
	XTCP_PLACE_DROP_NEXT,	/* remove @next, which it covers, and ask again */
};

/**
 * xtcp_reassembly_place() - where a new range goes
 * @fresh:	the range; trimmed to what is new. The bytes to skip at its front
 *		are the distance that its seq moved
 * @prev:	stored range with the greatest seq that is not behind that of
 *		@fresh, or NULL
 * @next:	the stored range after @prev (the first, without @prev), or NULL
 *
 * Stored bytes win over new ones, unless the new range covers a stored one
 * wholly, which saves cutting it in two.
 */
enum xtcp_place xtcp_reassembly_place(struct xtcp_range *fresh,
				      const struct xtcp_range *prev,
				      const struct xtcp_range *next);

enum xtcp_ready {
	XTCP_READY_GAP,		/* text before it is missing */
	XTCP_READY_STALE,	/* arrived otherwise: remove it */
	XTCP_READY_NOW,		/* is next, from its byte at RCV.NXT on */
};

/* What becomes of the first stored range, now that RCV.NXT is @rcv_nxt. */
enum xtcp_ready xtcp_reassembly_ready(const struct xtcp_range *first,
				      u32 rcv_nxt);

/* @b begins where @a ends: the host may merge them. */
static inline bool xtcp_range_touch(const struct xtcp_range *a,
				    const struct xtcp_range *b)
{
	return !a->fin && a->seq + a->len == b->seq;
}

#endif
