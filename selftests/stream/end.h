/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a connection in the hands of a test: it plays the user, the
 * machine and the peer, and sees what the stream wants to send.
 */
#ifndef SELFTESTS_STREAM_END_H
#define SELFTESTS_STREAM_END_H

#include "stream/stream.h"

#define MSS	1000u
#define WND	60000u
#define START_US	1000000ull
#define RTT_US		20000u

/**
 * struct end - the end
 * @r:		its record, in ESTABLISHED
 * @p:		its settings
 * @s:		its stream
 * @q:		its send queue
 * @now_us:	the time
 * @out:	what was sent last, or why nothing was
 * @sent:	segments sent by end_transmit()
 * @sent_bytes:	their text
 * @timers:	as after the last end_transmit()
 * @bulk:	memory for what is more than question and answer
 * @board:	memory for the scoreboard, which it gets with XTCP_F_SACK set
 * @poor:	but then not
 */
struct end {
	struct xtcp_record r;
	struct xtcp_stream_params p;
	struct xtcp_stream s;
	struct xtcp_queue q;
	u64 now_us;
	struct xtcp_output out;
	u32 sent;
	u32 sent_bytes;
	struct xtcp_stream_timers timers;
	struct xtcp_bulk bulk;
	u64 board[XTCP_BOARD_BYTES / sizeof(u64)];
	bool poor;
};

/* Sequence numbers begin here: at the circle's seams. */
extern const u32 end_seams[5];

/* No opening: established, first byte at @first, peer's window %WND. */
void end_init(struct end *e, u32 first);
/*
 * @n segments under way from @first on, of more that wait; SACK permitted, RTT_US
 * to the peer and back, and that has just passed. NewReno.
 */
void end_init_selective(struct end *e, u32 first, u32 n);
/* Change a setting before the connection opens. */
void end_init_with(struct end *e, u32 first,
		   const struct xtcp_stream_params *p, u8 syn_retries);
/* Give it its memory, be it early, as the host does when it asks. */
void end_bulk(struct end *e);
void end_write(struct end *e, u32 bytes);
void end_fin(struct end *e);
/* One segment. Returns false if the stream does not want to; see out.held. */
bool end_send(struct end *e);
/* Everything that may go now, then the timers. Returns the number of segments */
u32 end_transmit(struct end *e);
/* An ACK that looks like this; no transmit. */
u32 end_take(struct end *e, const struct xtcp_segment *seg);
/* An ACK for what the peer has up to @ack, with window @wnd; no transmit. */
u32 end_ack(struct end *e, u32 ack, u32 wnd);
/* The same with a timestamp echo. */
u32 end_ack_ts(struct end *e, u32 ack, u32 wnd, u32 tsecr);
/* The same with SACK blocks: pairs of left and right, from the first byte */
u32 end_sack(struct end *e, u32 ack, u32 n, const u32 blocks[][2]);
/* The peer has [left, right) and nothing new before it. */
u32 end_sack_one(struct end *e, u32 left, u32 right);
/* Time passes until the main timer fires. */
enum xtcp_expired end_expire(struct end *e);
/* Both it and what the machine does about a retransmission time-out. */
enum xtcp_expired end_timeout(struct end *e);

#endif
