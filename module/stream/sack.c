// SPDX-License-Identifier: GPL-2.0-only
/* The receiver's side of selective acknowledgments: RFC 2018 4, 2883 4. */
#include "machine/seq.h"
#include "stream/sack.h"

/* On the wire: kind, length and two NOPs; then the blocks. */
#define OPTION_BYTES	4
#define BLOCK_BYTES	8

static void take_out(struct xtcp_sack *k, u32 i)
{
	for (k->n--; i < k->n; i++)
		k->recent[i] = k->recent[i + 1];
}

/* Touching is enough: together they are contiguous. */
static bool joins(const struct xtcp_sack_block *a,
		  const struct xtcp_sack_block *b)
{
	return seq_leq(a->left, b->right) && seq_leq(b->left, a->right);
}

/*
 * RFC 2018 4: the block with the segment that came last is first, then those
 * reported last. What falls out at the end was reported often enough.
 */
void xtcp_sack_stored(struct xtcp_sack *k, u32 left, u32 right)
{
	struct xtcp_sack_block fresh = { left, right };
	u32 i = 0;

	while (i < k->n) {
		if (!joins(&k->recent[i], &fresh)) {
			i++;
			continue;
		}
		fresh.left = seq_min(fresh.left, k->recent[i].left);
		fresh.right = seq_max(fresh.right, k->recent[i].right);
		take_out(k, i);
		i = 0;
	}
	if (k->n == XTCP_SACK_BLOCKS)
		k->n--;
	for (i = k->n++; i; i--)
		k->recent[i] = k->recent[i - 1];
	k->recent[0] = fresh;
}

void xtcp_sack_twice(struct xtcp_sack *k, u32 left, u32 right)
{
	k->twice = (struct xtcp_sack_block){ left, right };
	k->again = true;
}

bool xtcp_sack_repeats(const struct xtcp_segment *seg, u32 rcv_nxt)
{
	/* A SYN again is no text, and an ACK uses up no numbers. */
	return !(seg->flags & XTCP_SYN) && xtcp_seg_end(seg) != seg->seq &&
	       seq_lt(seg->seq, rcv_nxt);
}

void xtcp_sack_arrived(struct xtcp_sack *k, const struct xtcp_segment *seg,
		       u32 rcv_nxt)
{
	if (xtcp_sack_repeats(seg, rcv_nxt))
		xtcp_sack_twice(k, seg->seq,
				seq_min(xtcp_seg_end(seg), rcv_nxt));
}

void xtcp_sack_purged(struct xtcp_sack *k)
{
	k->n = 0;
}

/* What is before RCV.NXT by now is acknowledged, in order. */
static void drop_acked(struct xtcp_sack *k, u32 rcv_nxt)
{
	u32 i = 0;

	while (i < k->n) {
		if (seq_leq(k->recent[i].left, rcv_nxt))
			take_out(k, i);
		else
			i++;
	}
}

void xtcp_sack_put(struct xtcp_sack *k, const struct xtcp_record *r, u32 room,
		   struct xtcp_segment *seg)
{
	u32 most = room < OPTION_BYTES ? 0 :
		   (room - OPTION_BYTES) / BLOCK_BYTES;
	u32 i;

	if (!(r->flags & XTCP_F_SACK))
		return;
	drop_acked(k, r->rcv_nxt);
	seg->nsacks = 0;
	/* RFC 2883 4: first, and once. */
	if (k->again && most) {
		seg->sack[seg->nsacks++] = k->twice;
		k->again = false;
	}
	for (i = 0; i < k->n && seg->nsacks < most &&
	     seg->nsacks < XTCP_SACK_BLOCKS; i++)
		seg->sack[seg->nsacks++] = k->recent[i];
	if (seg->nsacks)
		seg->opts |= XTCP_OPT_SACK;
}
