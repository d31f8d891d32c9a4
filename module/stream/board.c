// SPDX-License-Identifier: GPL-2.0-only
/* The scoreboard: entries without gaps from SND.UNA to SND.NXT (RFC 6675). */
#include "machine/seq.h"
#include "stream/board.h"

#define LOST_OR_SACKED	(XTCP_SENT_LOST | XTCP_SENT_SACKED)

static struct xtcp_sent *at(struct xtcp_board *b, u32 n)
{
	return &b->at[b->first + n];
}

static u32 length(const struct xtcp_board *b, u32 n)
{
	return xtcp_board_end(b, n) - xtcp_board_at(b, n)->seq;
}

bool xtcp_sent_after(u32 a_us, u32 a_end, u32 b_us, u32 b_end)
{
	return seq_gt(a_us, b_us) || (a_us == b_us && seq_gt(a_end, b_end));
}

void xtcp_board_init(struct xtcp_board *b, u32 bytes, u32 una, u32 end,
		     u32 sent_us)
{
	memset(b, 0, sizeof(*b));
	b->room = (u16)((bytes - sizeof(*b)) / sizeof(b->at[0]));
	b->una = una;
	b->end = end;
	if (una == end)
		return;
	b->n = 1;
	b->at[0] = (struct xtcp_sent){ .seq = una, .sent_us = sent_us };
}

/* The entry that holds @seq, which is outstanding */
static u32 find(const struct xtcp_board *b, u32 seq)
{
	u32 low = 0, high = b->n, middle;

	while (high - low > 1) {
		middle = (low + high) / 2;
		if (seq_leq(xtcp_board_at(b, middle)->seq, seq))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Counts of the nth entry, before and after its flags change. */
static void count_group(struct xtcp_board *b, u32 n, bool in)
{
	u8 flags = at(b, n)->flags;
	u32 len = length(b, n);

	if (flags & XTCP_SENT_SACKED) {
		b->sacked += in ? len : 0 - len;
		b->runs += in ? 1 : -1;
	}
	if (flags & XTCP_SENT_LOST)
		b->lost += in ? len : 0 - len;
}

static void set_flags(struct xtcp_board *b, u32 n, u8 flags)
{
	count_group(b, n, false);
	at(b, n)->flags = flags;
	count_group(b, n, true);
}

/* Room for one more before the nth, whichever way is open. */
static void make_gap(struct xtcp_board *b, u32 n)
{
	if (b->first) {
		b->first--;
		memmove(&b->at[b->first], &b->at[b->first + 1],
			n * sizeof(b->at[0]));
	} else {
		memmove(&b->at[n + 1], &b->at[n],
			(b->n - n) * sizeof(b->at[0]));
	}
	b->n++;
}

/*
 * Makes an entry begin at @seq. Returns which one; false in *@ok without room,
 * of which the last entry is kept for what is sent next.
 */
static u32 split(struct xtcp_board *b, u32 seq, bool *ok)
{
	u32 n;

	if (seq == b->end)
		return b->n;
	n = find(b, seq);
	if (at(b, n)->seq == seq)
		return n;
	if (b->n + 1 >= b->room) {
		*ok = false;
		return n;
	}
	make_gap(b, n + 1);
	*at(b, n + 1) = *at(b, n);
	at(b, n + 1)->seq = seq;
	b->runs += !!(at(b, n)->flags & XTCP_SENT_SACKED);
	return n + 1;
}

/* The nth joins the one before it. */
static void join(struct xtcp_board *b, u32 n)
{
	b->runs -= !!(at(b, n)->flags & XTCP_SENT_SACKED);
	memmove(at(b, n), at(b, n + 1), (b->n - n - 1) * sizeof(b->at[0]));
	b->n--;
}

/* Entries that no longer differ, from the nth to the mth, become one. */
static void tidy(struct xtcp_board *b, u32 n, u32 m, u8 grain)
{
	struct xtcp_sent *prev, *here;

	for (; m > n && m; m--) {
		if (m >= b->n)
			continue;
		here = at(b, m);
		prev = at(b, m - 1);
		if (here->flags != prev->flags)
			continue;
		if (!(here->flags & LOST_OR_SACKED) &&
		    here->sent_us >> grain != prev->sent_us >> grain)
			continue;
		/* The later time: rather believed too long than not enough. */
		if (seq_gt(here->sent_us, prev->sent_us))
			prev->sent_us = here->sent_us;
		join(b, m);
	}
}

static u32 index_before(u32 n)
{
	return n ? n - 1 : 0;
}

static void append(struct xtcp_board *b, u32 seq, u32 end, u32 now_us,
		   u8 grain)
{
	struct xtcp_sent *tail = b->n ? at(b, b->n - 1) : NULL;
	struct xtcp_sent fresh = { .seq = seq, .sent_us = now_us };

	b->end = end;
	if (tail && !tail->flags && (b->n == b->room ||
				     tail->sent_us >> grain == now_us >> grain)) {
		tail->sent_us = now_us;
		return;
	}
	if (b->first + b->n == b->room) {
		memmove(b->at, at(b, 0), b->n * sizeof(b->at[0]));
		b->first = 0;
	}
	if (b->n == b->room) {
		/* What the tail was is forgotten. */
		b->end = seq;
		set_flags(b, b->n - 1, 0);
		at(b, b->n - 1)->sent_us = now_us;
		b->end = end;
		return;
	}
	b->at[b->first + b->n++] = fresh;
}

static void again(struct xtcp_board *b, u32 seq, u32 end, u32 now_us, u8 grain)
{
	bool ok = true, end_ok = true;
	u32 n = split(b, seq, &ok);
	u32 m = split(b, end, &end_ok);
	u32 i;

	/* Without room the whole entry counts as sent. */
	m += !end_ok;
	for (i = n; i < m; i++) {
		if (at(b, i)->flags & XTCP_SENT_SACKED)
			continue;
		set_flags(b, i, XTCP_SENT_AGAIN |
			  (at(b, i)->flags & XTCP_SENT_KNOWN));
		at(b, i)->sent_us = now_us;
	}
	tidy(b, index_before(n), m, grain);
}

void xtcp_board_sent(struct xtcp_board *b, u32 seq, u32 end, u32 now_us,
		     u8 grain)
{
	if (seq_leq(end, b->una))
		return;
	seq = seq_max(seq, b->una);
	if (seq_lt(seq, b->end))
		again(b, seq, seq_min(end, b->end), now_us, grain);
	if (seq_gt(end, b->end))
		append(b, seq_max(seq, b->end), end, now_us, grain);
}

/* RFC 8985 6.2 step 2: the copy that arrived may be an earlier one. */
static bool ambiguous(const struct xtcp_sent *s, const struct xtcp_delivery *d)
{
	u32 age_us = d->now_us - s->sent_us;

	if (!(s->flags & XTCP_SENT_AGAIN))
		return false;
	return d->echo_us != ~0u ? d->echo_us > age_us :
				   age_us < d->min_rtt_us;
}

/* [seq, end) of the nth entry arrived. */
static void deliver_group(const struct xtcp_sent *s, u32 seq, u32 end,
			  struct xtcp_delivery *d)
{
	d->bytes += end - seq;
	if (!(s->flags & (XTCP_SENT_AGAIN | XTCP_SENT_KNOWN))) {
		d->fresh |= seq_leq(end, d->before);
		d->late |= seq_lt(end, d->fack);
	}
	/* Lost entries were joined whenever they were sent. */
	if ((s->flags & XTCP_SENT_LOST) || ambiguous(s, d))
		return;
	if (!(s->flags & XTCP_SENT_AGAIN) && d->now_us - s->sent_us < d->once_us)
		d->once_us = d->now_us - s->sent_us;
	if (d->any && !xtcp_sent_after(s->sent_us, end, d->sent_us, d->end))
		return;
	d->any = true;
	d->sent_us = s->sent_us;
	d->end = end;
}

void xtcp_board_acked(struct xtcp_board *b, u32 una, struct xtcp_delivery *d)
{
	while (b->n && seq_gt(una, at(b, 0)->seq)) {
		struct xtcp_sent *s = at(b, 0);
		u32 end = seq_min(una, xtcp_board_end(b, 0));

		if (!(s->flags & XTCP_SENT_SACKED))
			deliver_group(s, s->seq, end, d);
		count_group(b, 0, false);
		if (end == xtcp_board_end(b, 0)) {
			b->first++;
			b->n--;
		} else {
			s->seq = end;
			count_group(b, 0, true);
		}
	}
	b->una = una;
	if (b->n)
		return;
	b->first = 0;
	b->end = una;
}

void xtcp_board_sack(struct xtcp_board *b, u32 left, u32 right,
		     struct xtcp_delivery *d)
{
	bool ok = true;
	u32 n, m, i;

	if (left - b->una >= b->end - b->una ||
	    right - b->una > b->end - b->una)
		return;
	n = find(b, left);
	/* Most blocks are there already, all of them. */
	if ((at(b, n)->flags & XTCP_SENT_SACKED) &&
	    seq_geq(xtcp_board_end(b, n), right))
		return;
	n = split(b, left, &ok);
	if (!ok)
		return;
	m = split(b, right, &ok);
	for (i = n; ok && i < m; i++) {
		if (at(b, i)->flags & XTCP_SENT_SACKED)
			continue;
		deliver_group(at(b, i), at(b, i)->seq, xtcp_board_end(b, i), d);
		d->sacked += length(b, i);
		set_flags(b, i, XTCP_SENT_SACKED);
	}
	tidy(b, index_before(n), m, 0);
}

void xtcp_board_lose(struct xtcp_board *b, u32 n)
{
	set_flags(b, n, at(b, n)->flags | XTCP_SENT_LOST);
}

static void change_all(struct xtcp_board *b, u8 (*change)(u8 flags))
{
	u32 i;

	for (i = 0; i < b->n; i++)
		set_flags(b, i, change(at(b, i)->flags));
	tidy(b, 0, b->n, 0);
}

static u8 lose(u8 flags)
{
	if (flags & XTCP_SENT_SACKED)
		flags |= XTCP_SENT_KNOWN;
	return (flags & ~XTCP_SENT_SACKED) | XTCP_SENT_LOST;
}

void xtcp_board_lose_all(struct xtcp_board *b)
{
	change_all(b, lose);
}

static u8 find_again(u8 flags)
{
	return flags & ~XTCP_SENT_LOST;
}

void xtcp_board_find_all(struct xtcp_board *b)
{
	change_all(b, find_again);
}

bool xtcp_board_next_lost(const struct xtcp_board *b, u32 *seq, u32 *end)
{
	u32 i;

	if (!b->lost)
		return false;
	for (i = 0; i < b->n; i++) {
		if (!(xtcp_board_at(b, i)->flags & XTCP_SENT_LOST))
			continue;
		*seq = xtcp_board_at(b, i)->seq;
		*end = xtcp_board_end(b, i);
		return true;
	}
	return false;
}

const char *xtcp_board_fault(const struct xtcp_board *b)
{
	u32 i, sacked = 0, lost = 0, runs = 0;

	if (b->first + b->n > b->room)
		return "the scoreboard overflows";
	if (b->n ? xtcp_board_at(b, 0)->seq != b->una : b->end != b->una)
		return "the scoreboard begins elsewhere";
	for (i = 0; i < b->n; i++) {
		u8 flags = xtcp_board_at(b, i)->flags;

		if (!seq_gt(xtcp_board_end(b, i), xtcp_board_at(b, i)->seq))
			return "an entry of the scoreboard is empty";
		if ((flags & LOST_OR_SACKED) == LOST_OR_SACKED)
			return "what arrived is lost";
		sacked += flags & XTCP_SENT_SACKED ? length(b, i) : 0;
		lost += flags & XTCP_SENT_LOST ? length(b, i) : 0;
		runs += !!(flags & XTCP_SENT_SACKED);
	}
	if (sacked != b->sacked || lost != b->lost || runs != b->runs)
		return "the scoreboard's sums are wrong";
	return NULL;
}
