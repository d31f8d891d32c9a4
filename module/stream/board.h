/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scoreboard: what is known of each byte that is outstanding (RFC 6675 3,
 * RFC 8985 5.2). Bytes that share a fate and were sent at about the same time
 * share an entry, so there are about as many entries as there are holes, and no
 * more than fit: what finds no room is forgotten, which is always allowed.
 *
 * The host gives the memory when a connection has more than one segment under
 * way, and takes it back when nothing is.
 */
#ifndef XTCP_STREAM_BOARD_H
#define XTCP_STREAM_BOARD_H

#include "machine/platform.h"

/* What the host gives: about 340 entries. */
#define XTCP_BOARD_BYTES	4096u

/* xtcp_sent.flags. With neither SACKED nor LOST it is believed under way. */
#define XTCP_SENT_SACKED	0x01	/* arrived, says the peer */
#define XTCP_SENT_LOST		0x02	/* and is to be sent again */
#define XTCP_SENT_AGAIN		0x04	/* was sent more than once */
#define XTCP_SENT_KNOWN		0x08	/* was SACKED before a time-out */

/**
 * struct xtcp_sent - an entry: from @seq to the @seq of the next one
 * @seq:	first sequence number
 * @sent_us:	when the last of it was last sent; low bits of the clock
 * @flags:	XTCP_SENT_SACKED and the like
 */
struct xtcp_sent {
	u32 seq;
	u32 sent_us;
	u8 flags;
};

/**
 * struct xtcp_board - the scoreboard of a connection
 * @una:	SND.UNA
 * @end:	behind the last entry: SND.NXT
 * @sacked:	bytes of entries with %XTCP_SENT_SACKED
 * @lost:	bytes of entries with %XTCP_SENT_LOST
 * @runs:	how many entries have %XTCP_SENT_SACKED
 * @room:	how many entries @at has
 * @first:	which of them is the first
 * @n:		how many are used
 * @at:		the entries, contiguous and in order
 */
struct xtcp_board {
	u32 una;
	u32 end;
	u32 sacked;
	u32 lost;
	u16 runs;
	u16 room;
	u16 first;
	u16 n;
	struct xtcp_sent at[];
};

/**
 * struct xtcp_delivery - what one ACK says arrived, gathered by the board
 * @now_us:	the time, low bits
 * @min_rtt_us:	no answer comes sooner
 * @echo_us:	age of the timestamp that the ACK echoes; ~0: it has none
 * @before:	what is behind this is no proof for @fresh
 * @fack:	the highest that was delivered before (RFC 8985 5.3 RACK.fack)
 * @bytes:	newly acknowledged or SACKed
 * @sacked:	of these, SACKed
 * @fresh:	some of it was sent once and not SACKed before (RFC 5682 3)
 * @late:	some of it was sent once, before what had arrived (RFC 8985 6.2)
 * @any:	@sent_us and @end are of the last sent of what arrived
 * @sent_us:	when that was sent
 * @end:	behind it
 * @high:	the highest that arrived, as the ACK says
 * @once_us:	age of the youngest that was sent once; ~0: there is none
 */
struct xtcp_delivery {
	u32 now_us;
	u32 min_rtt_us;
	u32 echo_us;
	u32 before;
	u32 fack;
	u32 bytes;
	u32 sacked;
	bool fresh;
	bool late;
	bool any;
	u32 sent_us;
	u32 end;
	u32 high;
	u32 once_us;
};

/* @bytes of memory begin to be a board; [una, end) was sent at @sent_us. */
void xtcp_board_init(struct xtcp_board *b, u32 bytes, u32 una, u32 end,
		     u32 sent_us);

/*
 * [seq, end) was sent, again if it is before @b->end. Times that agree above
 * their lower @grain bits are the same.
 */
void xtcp_board_sent(struct xtcp_board *b, u32 seq, u32 end, u32 now_us,
		     u8 grain);

/* Everything before @una is acknowledged. */
void xtcp_board_acked(struct xtcp_board *b, u32 una, struct xtcp_delivery *d);

/* The peer says [left, right) arrived; it is outstanding, all of it. */
void xtcp_board_sack(struct xtcp_board *b, u32 left, u32 right,
		     struct xtcp_delivery *d);

/* The nth entry is lost. */
void xtcp_board_lose(struct xtcp_board *b, u32 n);

/* A time-out: nothing is believed any more, all is lost (RFC 2018 8). */
void xtcp_board_lose_all(struct xtcp_board *b);

/* It was not lost after all. */
void xtcp_board_find_all(struct xtcp_board *b);

/* The first that is lost. Returns whether there is any. */
bool xtcp_board_next_lost(const struct xtcp_board *b, u32 *seq, u32 *end);

static inline const struct xtcp_sent *xtcp_board_at(const struct xtcp_board *b,
						    u32 n)
{
	return &b->at[b->first + n];
}

/* Behind the nth entry */
static inline u32 xtcp_board_end(const struct xtcp_board *b, u32 n)
{
	return n + 1 < b->n ? b->at[b->first + n + 1].seq : b->end;
}

/* RFC 6675 4: bytes that are believed to be under way */
static inline u32 xtcp_board_pipe(const struct xtcp_board *b)
{
	return b->end - b->una - b->sacked - b->lost;
}

/* RFC 8985 6.2: one was sent after the other. */
bool xtcp_sent_after(u32 a_us, u32 a_end, u32 b_us, u32 b_end);

/* NULL, or what does not hold */
const char *xtcp_board_fault(const struct xtcp_board *b);

#endif
