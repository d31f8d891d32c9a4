/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream: how bytes get across. This is the only header of stream/ that the
 * floors below include.
 *
 * The host owns the queues and the timers; the machine owns the record. The
 * stream decides what to send when. It never allocates, sleeps, locks, logs or
 * reads a clock; whoever calls it holds the connection's lock. It only reads the
 * record. @now_us is a monotonic clock in microseconds that is never 0.
 *
 * What the host does:
 *
 *   the socket is made		xtcp_stream_init
 *   XTCP_DO_ESTABLISHED	xtcp_stream_established, then transmit
 *   a segment's ACK was	xtcp_stream_ack, drop what is acknowledged from
 *     acceptable		the queue, then transmit
 *   acceptable text arrived	xtcp_ecn_arrived: send an ACK if it says so
 *   XTCP_DO_ACK_LATER		xtcp_stream_ack_later: send the ACK if it says so
 *   the user wrote, shut,	transmit
 *     uncorked
 *   the user read		xtcp_window_update_due: send an ACK if so
 *   the main timer fired	xtcp_stream_expired, do what it says, transmit
 *   the ACK timer fired	xtcp_stream_ack_expired: send an ACK if so
 *
 * and transmit is:
 *
 *   while (xtcp_stream_next(s, r, &q, now, &out)) {
 *           build it, with xtcp_window_select() and xtcp_ecn_put() in its
 *           header; send it;
 *           xtcp_stream_sent(s, r, &out, now);
 *           machine: SENT { out.fresh, out.fresh_fin, xtcp_window_edge() };
 *   }
 *   xtcp_stream_timers(s, r, &q, now, &timers); set the two kernel timers
 *
 * Where SACK was negotiated, what is under way is kept on a scoreboard, in memory
 * that the host gives and takes back:
 *
 *   before xtcp_stream_next	xtcp_stream_wants_bulk: allocate a struct
 *				xtcp_bulk and xtcp_stream_give_bulk
 *				xtcp_stream_wants_board: allocate
 *				%XTCP_BOARD_BYTES and xtcp_stream_give_board. It
 *				may fail: recovery then goes without (RFC 6582)
 *   before xtcp_stream_timeout and what writes to @bulk->sack: likewise the bulk
 *   after transmit, and when	xtcp_stream_take_board: free what it returns
 *     the stream is over
 *   when it may be idle, and	xtcp_stream_take_bulk: free what it returns
 *     when it is over
 *
 * Whoever sends a segment without text (ACK, keep-alive) calls xtcp_ecn_put() and
 * xtcp_stream_sent_ack() instead of xtcp_stream_sent(). If sending fails for
 * lack of memory the segment counts as not sent: break the loop; the timers try
 * again.
 */
#ifndef XTCP_STREAM_STREAM_H
#define XTCP_STREAM_STREAM_H

#include "machine/record.h"
#include "machine/segment.h"
#include "machine/seq.h"
#include "stream/rtt.h"
#include "stream/cc.h"
#include "stream/ecn.h"
#include "stream/recovery.h"
#include "stream/sack.h"
#include "stream/selective.h"
#include "stream/output.h"
#include "stream/persist.h"
#include "stream/delack.h"
#include "stream/window.h"
#include "stream/reassembly.h"
#include "stream/keepalive.h"
#include "stream/urgent.h"
#include "stream/pacing.h"

/**
 * struct xtcp_bulk - what a stream knows once it is more than question and answer
 * @cc:		the congestion control algorithm's own state
 * @board:	the scoreboard, while there is one: board.h; or NULL
 * @sel:	what was lost, and whether it was: selective.h
 * @sack:	what we tell the peer: sack.h
 *
 * Given by the host when there is more than one segment under way, something is
 * lost, or comes out of order; taken back when all of that is over and forgotten.
 * Where there is no memory for it, it works as one did before all of that.
 */
struct xtcp_bulk {
	struct xtcp_cc_own cc;
	struct xtcp_board *board;
	struct xtcp_selective sel;
	struct xtcp_sack sack;
};

#define XTCP_INITIAL_SEGMENTS	10	/* RFC 6928 */
#define XTCP_PROBE_RETRIES	15
#define XTCP_ORPHAN_PROBES	8

/**
 * struct xtcp_stream_params - settings, shared by all streams that agree in them
 * @cc:			congestion control; before the connection opens only
 * @rto_init_us:	first time-out (RFC 6298 2.1)
 * @rto_min_us:		floor of the time-out's variation term
 * @rto_max_us:		the longest time-out
 * @delack_us:		how long an ACK waits; at most %XTCP_DELACK_MAX_US
 * @user_timeout_us:	TCP_USER_TIMEOUT; 0: none
 * @keep:		SO_KEEPALIVE's times
 * @initial_segments:	initial window
 * @quickacks:		segments acknowledged at once when text begins to come
 * @probe_retries:	unanswered zero-window probes until the peer is given up
 * @orphan_probes:	probes until an orphan is given up, answered or not
 * @idle_restart:	slow start again after an idle RTO (RFC 5681 4.1)
 *
 * rto_init_us, delack_us, initial_segments and quickacks are read when the
 * connection opens and not after.
 */
struct xtcp_stream_params {
	const struct xtcp_cc_ops *cc;
	u32 rto_init_us;
	u32 rto_min_us;
	u32 rto_max_us;
	u32 delack_us;
	u64 user_timeout_us;
	struct xtcp_keep_params keep;
	u8 initial_segments;
	u8 quickacks;
	u8 probe_retries;
	u8 orphan_probes;
	bool idle_restart;
};

/* What the stream's main timer is for. */
enum xtcp_stream_timer {
	XTCP_TIMER_NONE,
	XTCP_TIMER_RTO,		/* something is not acknowledged */
	XTCP_TIMER_PROBE,	/* likewise, and asking may spare a time-out */
	XTCP_TIMER_REORDER,	/* what is overdue has until then to arrive */
	XTCP_TIMER_PERSIST,	/* the window is closed (RFC 9293 3.8.6.1) */
	XTCP_TIMER_HOLD,	/* small or corked text has waited long enough */
	XTCP_TIMER_KEEPALIVE,	/* nothing to send: is the peer still there? */
	XTCP_TIMER_KINDS,
};

/**
 * struct xtcp_stream - the stream's state of a full connection
 * @p:		settings; the host may exchange them at any time
 * @bulk:	what only some know, while they do; or NULL
 * @started_us:	when @timer was started
 * @progress_us: when something was last acknowledged, or became due
 * @sent_us:	when text was last sent
 * @peak:	the most bytes that were under way since @peak_end was set
 * @peak_end:	sequence number whose acknowledgment begins a new @peak
 * @retransmits: segments sent again
 * @small_end:	behind the text that last left in a segment that was not full
 * @rtt:	round trip and time-out: rtt.h
 * @cc:		congestion window: cc.h
 * @tlp:	tail loss probe: tlp.h
 * @keepalive:	probes of a silent peer: keepalive.h
 * @delack:	the ACK that is owed: delack.h
 * @recovery:	what is sent again: recovery.h
 * @min_rtt:	the least round trip: rack.h
 * @urgent:	urgent pointers: urgent.h
 * @ecn:	congestion marks on the peer's text: ecn.h
 * @persist:	probes of a closed window: persist.h
 * @timer:	enum xtcp_stream_timer
 * @override:	the hold timer fired: the next segment may be small
 * @nodelay:	TCP_NODELAY: no Nagle; the host's to set
 * @keep_on:	SO_KEEPALIVE (MUST-25: off unless asked for); likewise
 */
struct xtcp_stream {
	const struct xtcp_stream_params *p;
	struct xtcp_bulk *bulk;
	u64 started_us;
	u64 progress_us;
	u64 sent_us;
	u32 peak;
	u32 peak_end;
	u32 retransmits;
	u32 small_end;
	struct xtcp_rtt rtt;
	struct xtcp_cc cc;
	struct xtcp_tlp tlp;
	struct xtcp_keepalive keepalive;
	struct xtcp_delack delack;
	struct xtcp_recovery recovery;
	struct xtcp_min_rtt min_rtt;
	struct xtcp_urgent urgent;
	struct xtcp_ecn ecn;
	struct xtcp_persist persist;
	u8 timer;
	bool override : 1;
	bool nodelay : 1;
	bool keep_on : 1;
};

extern const struct xtcp_selective xtcp_selective_none;

/* What recovery knows, be it nothing */
static inline const struct xtcp_selective *
xtcp_stream_sel(const struct xtcp_stream *s)
{
	return s->bulk ? &s->bulk->sel : &xtcp_selective_none;
}

/* The scoreboard; or NULL */
static inline struct xtcp_board *xtcp_stream_board(const struct xtcp_stream *s)
{
	return s->bulk ? s->bulk->board : NULL;
}

/* Bytes that are SACKed */
static inline u32 xtcp_stream_sacked(const struct xtcp_stream *s)
{
	const struct xtcp_board *board = xtcp_stream_board(s);

	return board ? board->sacked : 0;
}

/* Bytes that are lost and not yet sent again */
static inline u32 xtcp_stream_lost(const struct xtcp_stream *s)
{
	const struct xtcp_board *board = xtcp_stream_board(s);

	return board ? board->lost : 0;
}

/* Fill @p with the defaults. */
void xtcp_stream_defaults(struct xtcp_stream_params *p);

/* A socket is made, or a connection spawned; @p stays while @s has it. */
void xtcp_stream_init(struct xtcp_stream *s,
		      const struct xtcp_stream_params *p);

/**
 * struct xtcp_handshake - how the opening went
 * @mss:	bytes of text in a full segment that we may send: the least of
 *		record.mss, the path and the interface, less the options that go
 *		on every segment (12 bytes with timestamps)
 * @rcv_mss:	the same for segments that we may get: the MSS that we announced
 *		less those options
 * @rtt_us:	from the sending of our SYN to its ACK; 0: not known, or sent
 *		more than once (Karn)
 * @retries:	how often our SYN or SYN+ACK was sent again
 */
struct xtcp_handshake {
	u32 mss;
	u32 rcv_mss;
	u32 rtt_us;
	u8 retries;
};

/*
 * XTCP_DO_ESTABLISHED, or that and text in one segment; or %XTCP_DO_SPAWN with
 * Fast Open: text may leave at once. @r: after the step.
 */
void xtcp_stream_established(struct xtcp_stream *s,
			     const struct xtcp_record *r,
			     const struct xtcp_handshake *h, u64 now_us);

/*
 * The same for who was told before, when a SYN brought a Fast Open cookie, and
 * whose SYN+ACK is acknowledged now: %XTCP_DO_ESTABLISHED once more.
 */
void xtcp_stream_confirmed(struct xtcp_stream *s, const struct xtcp_record *r,
			   const struct xtcp_handshake *h, u64 now_us);

/*
 * The path's MTU changed. @again: what is outstanding was too big for it, so
 * send it again now (RFC 1191); that is no sign of congestion.
 */
void xtcp_stream_mss(struct xtcp_stream *s, const struct xtcp_record *r,
		     u32 mss, bool again);

/* What an ACK meant. */
#define XTCP_ACK_NEW		0x01	/* acknowledges something new */
#define XTCP_ACK_DUPLICATE	0x02	/* RFC 5681 section 2 */
#define XTCP_ACK_FAST		0x04	/* starts fast retransmit */
#define XTCP_ACK_RTT		0x08	/* gave a round-trip sample */
#define XTCP_ACK_OPENED		0x10	/* reopened a closed window */
#define XTCP_ACK_BAD_SACK	0x20	/* a SACK block was nonsense */
#define XTCP_ACK_DSACK		0x40	/* something came twice */
#define XTCP_ACK_UNDO		0x80	/* what seemed lost was not */
#define XTCP_ACK_MARKED		0x100	/* told of marks: the window was reduced */

/**
 * struct xtcp_ack_facts - an acceptable ACK and what stood in the record before
 * @seg:	the segment
 * @snd_una:	before the machine's step
 * @snd_wnd:	before the machine's step
 * @now_ms:	the clock that our timestamps are made of, ts_offset not added
 */
struct xtcp_ack_facts {
	const struct xtcp_segment *seg;
	u32 snd_una;
	u32 snd_wnd;
	u32 now_ms;
};

/**
 * xtcp_stream_ack() - an ACK arrived
 * @s:		the stream
 * @r:		the record after the machine's step
 * @f:		the segment and what stood in the record before
 * @now_us:	the time
 *
 * For every segment whose ACK field the machine took: its events ACK, ACK_OURS,
 * FIN and FIN_OURS, in a synchronised state. Not for the segment that completes
 * the handshake, unless xtcp_stream_established() was called before, with
 * snd_una then being ISS + 1. Returns a set of XTCP_ACK_NEW and the like, for
 * counters; the decisions are xtcp_stream_next()'s.
 */
u32 xtcp_stream_ack(struct xtcp_stream *s, const struct xtcp_record *r,
		    const struct xtcp_ack_facts *f, u64 now_us);

/* More than one segment is under way, or about to be, or something is lost. */
bool xtcp_stream_wants_bulk(const struct xtcp_stream *s,
			    const struct xtcp_record *r,
			    const struct xtcp_queue *q);

/* Memory; there is none yet */
void xtcp_stream_give_bulk(struct xtcp_stream *s, const struct xtcp_record *r,
			   struct xtcp_bulk *bulk);

/* The memory, once it says nothing any more, or @anyway; NULL: not, or none */
struct xtcp_bulk *xtcp_stream_take_bulk(struct xtcp_stream *s,
					const struct xtcp_record *r,
					u64 now_us, bool anyway);

/* More than one segment is under way, or about to be, and no board there yet. */
bool xtcp_stream_wants_board(const struct xtcp_stream *s,
			     const struct xtcp_record *r,
			     const struct xtcp_queue *q);

/* %XTCP_BOARD_BYTES or more of memory, aligned as allocators do */
void xtcp_stream_give_board(struct xtcp_stream *s, const struct xtcp_record *r,
			    void *memory, u32 bytes);

/* The memory, once nothing is under way, or @anyway; NULL: not now, or none */
void *xtcp_stream_take_board(struct xtcp_stream *s,
			     const struct xtcp_record *r, bool anyway);

/* Bytes that are believed to be under way: what the window is compared with */
static inline u32 xtcp_stream_pipe(const struct xtcp_stream *s, u32 una,
				   u32 nxt)
{
	const struct xtcp_board *board = xtcp_stream_board(s);

	if (board)
		return xtcp_board_pipe(board);
	return xtcp_recovery_pipe(&s->recovery, una, nxt);
}

/* Any other valid segment of the peer's: it is alive. */
void xtcp_stream_heard(struct xtcp_stream *s, u64 now_us);

/*
 * There is nothing to send, whatever the windows say: xtcp_stream_next() would
 * return false and change nothing.
 */
bool xtcp_stream_idle(const struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_queue *q);

/**
 * xtcp_stream_next() - the next segment to send
 * @s:		the stream
 * @r:		the record
 * @q:		the send queue
 * @now_us:	the time
 * @out:	the segment, or why there is none
 *
 * Retransmissions come first. Returns false when nothing is to be sent.
 */
bool xtcp_stream_next(struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_queue *q, u64 now_us,
		      struct xtcp_output *out);

/* @out left; @r: before the machine's SENT step. It carried an ACK, too. */
void xtcp_stream_sent(struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_output *out, u64 now_us);

/* A segment without text left, which carried an ACK. */
void xtcp_stream_sent_ack(struct xtcp_stream *s, u64 now_us);

/**
 * struct xtcp_stream_timers - when the host's two timers are to fire
 * @main_us:	absolute; 0: not at all
 * @ack_us:	absolute; 0: not at all
 * @kind:	what @main_us is for: enum xtcp_stream_timer
 */
struct xtcp_stream_timers {
	u64 main_us;
	u64 ack_us;
	u8 kind;
};

/* To be called after each transmit loop: the one place that starts timers. */
void xtcp_stream_timers(struct xtcp_stream *s, const struct xtcp_record *r,
			const struct xtcp_queue *q, u64 now_us,
			struct xtcp_stream_timers *t);

/* When the main timer that xtcp_stream_timers() started is to fire; 0: none */
u64 xtcp_stream_due_us(const struct xtcp_stream *s);

/* What the host has to do when the main timer fired. */
enum xtcp_expired {
	XTCP_EXPIRED_NOTHING,	/* too early: set it again, xtcp_stream_timers */
	XTCP_EXPIRED_RTO,	/* machine: RETRANSMIT; if it says so, _timeout */
	XTCP_EXPIRED_PROBE,	/* send what xtcp_stream_probe says */
	XTCP_EXPIRED_TRANSMIT,	/* only transmit */
	XTCP_EXPIRED_KEEPALIVE,	/* send an ACK with sequence number SND.NXT-1 */
	XTCP_EXPIRED_GIVE_UP,	/* machine: GIVE_UP, because of *reason */
};

/**
 * xtcp_stream_expired() - the main timer fired
 * @s:		the stream
 * @r:		the record
 * @now_us:	the time
 * @reason:	with GIVE_UP: enum xtcp_reason
 */
enum xtcp_expired xtcp_stream_expired(struct xtcp_stream *s,
				      const struct xtcp_record *r, u64 now_us,
				      u8 *reason);

/* The machine agreed to a retransmission: XTCP_DO_RETRANSMIT. Then transmit. */
void xtcp_stream_timeout(struct xtcp_stream *s, const struct xtcp_record *r,
			 u64 now_us);

/**
 * xtcp_stream_probe() - one byte, or the FIN, against a closed window
 * @s:		the stream
 * @r:		the record
 * @q:		the send queue
 * @out:	the probe; the host then calls xtcp_stream_sent() and the
 *		machine's SENT event as for any segment
 *
 * Returns false when there is nothing to probe with.
 */
bool xtcp_stream_probe(const struct xtcp_stream *s,
		       const struct xtcp_record *r,
		       const struct xtcp_queue *q, struct xtcp_output *out);

/* XTCP_DO_ACK_LATER for @seg; @gap: text out of order is or was stored. */
enum xtcp_due xtcp_stream_ack_later(struct xtcp_stream *s,
				    const struct xtcp_segment *seg, bool gap,
				    u64 now_us);

/* The ACK timer fired. Returns true: send an ACK. */
bool xtcp_stream_ack_expired(struct xtcp_stream *s, u64 now_us);

/* NULL, or what does not hold: for tests and debug builds. */
const char *xtcp_stream_invariant(const struct xtcp_stream *s,
				  const struct xtcp_record *r);

const char *xtcp_stream_timer_name(u8 timer);

#endif
