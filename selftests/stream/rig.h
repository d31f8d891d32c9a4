/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two whole ends, each the real machine and the real stream, and a network
 * between them that loses, repeats, delays and reorders. Time is simulated. What
 * must hold is checked after every event.
 */
#ifndef SELFTESTS_STREAM_RIG_H
#define SELFTESTS_STREAM_RIG_H

#include "machine/machine.h"
#include "stream/stream.h"

#define RIG_PACKETS	8192
#define RIG_RANGES	512

/**
 * struct rig_config - what a run is like
 * @seed:	of everything random
 * @first:	first sequence number of each end's text
 * @bytes:	how much each end writes
 * @mss:	bytes of text in a full segment
 * @rcvbuf:	bytes of text that a receive buffer holds
 * @wscale:	shift of both ends' windows
 * @delay_us:	one way
 * @jitter_us:	added to it at random: reorders
 * @us_per_kb:	of the link in each direction: 0: infinitely fast
 * @queue:	segments that wait for the link before more are dropped
 * @loss:	of a thousand segments
 * @repeat:	of a thousand segments
 * @mark:	of a thousand segments that may be marked
 * @fail:	of a thousand segments with text, for lack of memory
 * @read_us:	the reader reads once in this time, 0: whatever arrives
 * @read_bytes:	at most so much at once
 * @write_us:	the writer writes once in this time, 0: whenever there is room
 * @write_bytes: at most so much at once
 * @timestamps:	negotiated
 * @sack:	negotiated
 * @ecn:	negotiated
 * @cc:		congestion control; NULL: NewReno
 * @nodelay:	TCP_NODELAY at both ends
 * @lose:	further drops: the nth text segment (from 1) of end 0, 0 ends it
 */
struct rig_config {
	u32 seed;
	u32 first[2];
	u32 bytes[2];
	u32 mss;
	u32 rcvbuf;
	u8 wscale;
	u32 delay_us;
	u32 jitter_us;
	u32 us_per_kb;
	u32 queue;
	u32 loss;
	u32 repeat;
	u32 mark;
	u32 fail;
	u32 read_us;
	u32 read_bytes;
	u32 write_us;
	u32 write_bytes;
	bool timestamps;
	bool sack;
	bool ecn;
	bool nodelay;
	const struct xtcp_cc_ops *cc;
	const u32 *lose;
};

struct rig_packet {
	struct xtcp_segment seg;
	u32 offset;	/* of its first byte in the stream */
	u64 due_us;
	u32 order;	/* among those that are due at the same time */
	u8 to;
	bool used;
};

struct rig_range {
	struct xtcp_range range;
	u32 offset;
};

struct rig_end {
	struct xtcp_record r;
	struct xtcp_stream_params p;
	struct xtcp_stream s;
	struct xtcp_stream_timers timers;
	u32 queued;		/* bytes in the send queue */
	u32 una_offset;		/* of the queue's first byte in the stream */
	u32 written;
	bool shut;
	u32 got;		/* bytes received in order */
	u32 read;
	bool eof;
	u64 next_read_us;
	u64 next_write_us;
	u64 line_free_us;	/* when the outgoing link has sent everything */
	struct rig_range ranges[RIG_RANGES];
	u32 nranges;
	u32 text_segments;
	u32 small_segments;
	u32 acks;
	u32 max_stored;
	struct xtcp_bulk bulk;
	u64 board[XTCP_BOARD_BYTES / sizeof(u64)];
	bool dead;
};

struct rig {
	const struct rig_config *c;
	u32 random;
	u64 now_us;
	struct rig_end end[2];
	struct rig_packet packet[RIG_PACKETS];
	u32 lost;
	u32 put;
	u32 slots;	/* of @packet, that were ever used */
	u32 events;
};

/* Runs until both ends have everything and are closed, or gives up. */
void rig_run(struct rig *g, const struct rig_config *c);

#endif
