/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state machine, as the host sees it: events in, orders out. This is the
 * only header of machine/ that the floors below include.
 *
 * The machine never allocates, sleeps, locks, logs, reads a clock or draws a
 * random number. It may be called in any context; whoever calls it holds the
 * record's lock.
 */
#ifndef XTCP_MACHINE_MACHINE_H
#define XTCP_MACHINE_MACHINE_H

#include "machine/record.h"
#include "machine/segment.h"
#include "machine/seq.h"

enum xtcp_event_kind {
	XTCP_EV_SEGMENT,	/* raw: classify.c turns it into one of the rest */
#define XTCP_EVENT(name, text) XTCP_EV_##name,
#include "machine/events.def"
#undef XTCP_EVENT
	XTCP_EVENTS,
};

/**
 * struct xtcp_policy - what may differ from socket to socket, constant in a step
 * @msl_ms:		maximum segment lifetime; TIME_WAIT lasts twice that
 * @fin_timeout_ms:	how long an orphan may stay in FIN_WAIT_2; 0: not at all
 * @rto_init_ms:	first retransmission time-out of a handshake
 * @rto_max_ms:		the longest that one can grow to
 * @syn_retries:	SYNs sent again before connect gives up
 * @synack_retries:	SYN+ACKs sent again before a half-open entry goes
 * @retries2:		retransmissions before a connection is given up
 * @orphan_retries:	the same for one that no user holds
 * @rfc1337:		ignore RST in TIME_WAIT
 * @abort_on_overflow:	RST, not silence, when the accept queue is full
 * @shutdown_read_keeps: text after SHUT_RD stays readable
 * @self_connect:	a SYN of our own may open a connection to ourselves
 * @timestamps:		offer and accept the timestamps option
 * @window_scaling:	offer and accept the window scale option
 * @sack:		offer and accept SACK
 * @ecn:		RFC 3168: 0 no, 1 ask for it, 2 only when asked
 */
struct xtcp_policy {
	u32 msl_ms;
	u32 fin_timeout_ms;
	u32 rto_init_ms;
	u32 rto_max_ms;
	u8 syn_retries;
	u8 synack_retries;
	u8 retries2;
	u8 orphan_retries;
	u8 rfc1337;
	u8 abort_on_overflow;
	u8 shutdown_read_keeps;
	u8 self_connect;
	u8 timestamps;
	u8 window_scaling;
	u8 sack;
	u8 ecn;
};

/**
 * struct xtcp_opening - what the host contributes to a new connection
 * @iss:	initial send sequence number
 * @ts_offset:	offset of our timestamps
 * @rcv_wnd:	bytes of receive window to announce first
 * @rcv_wscale:	shift count to offer
 */
struct xtcp_opening {
	u32 iss;
	u32 ts_offset;
	u32 rcv_wnd;
	u8 rcv_wscale;
};

/**
 * struct xtcp_cookie_facts - what the host knows of a returning SYN cookie
 * @count:	the clock that cookies are made with, one tick a period
 * @mac:	keyed hash of the 4-tuple and the peer's initial number, for
 *		@count and the period before
 * @expected:	a cookie may come back to this listener at all
 */
struct xtcp_cookie_facts {
	u32 count;
	u32 mac[2];
	bool expected;
};

/**
 * struct xtcp_event - something that happened, with all it depends on
 * @kind:	enum xtcp_event_kind
 * @accept_full: the listener's accept queue has no room
 * @listening:	for a SYN in TIME_WAIT: somebody listens on the port
 * @self:	the two ends of the connection are one and the same
 * @fin:	%XTCP_EV_SENT: our FIN was among what was sent
 * @fast:	for a SYN to a listener: its Fast Open cookie is good
 * @reason:	%XTCP_EV_GIVE_UP and %XTCP_EV_EVICT: why, enum xtcp_reason
 * @now_ms:	the host's clock
 * @len:	%XTCP_EV_SENT: bytes of text sent for the first time;
 *		%XTCP_EV_OPEN_ACTIVE: those that go with the SYN (RFC 7413)
 * @rcv_adv:	%XTCP_EV_SENT: right edge of the window that the segment told
 * @policy:	never NULL
 * @seg:	the segment; for STORED ones what was stored
 * @open:	for OPEN_ACTIVE, and for a SYN or COOKIE_ACK to a listener
 * @cookie:	for segments to a listener
 * @child:	for segments to a listener: where a new connection's record
 *		goes. The host has it ready before the step.
 */
struct xtcp_event {
	u8 kind;
	bool accept_full;
	bool listening;
	bool self;
	bool fin;
	bool fast;
	u8 reason;
	u32 now_ms;
	u32 len;
	u32 rcv_adv;
	const struct xtcp_policy *policy;
	struct xtcp_segment seg;
	struct xtcp_opening open;
	struct xtcp_cookie_facts cookie;
	struct xtcp_record *child;
};

/* What the host has to do, in the order in which it has to do it. */
#define XTCP_DO_FLUSH		0x00000001 /* forget what is unsent and what is stored */
#define XTCP_DO_ACKED		0x00000002 /* @acked new bytes of ours arrived */
#define XTCP_DO_WINDOW		0x00000004 /* the peer's window changed */
#define XTCP_DO_URGENT		0x00000008 /* urgent data up to @urgent */
#define XTCP_DO_TEXT		0x00000010 /* keep @text_len bytes, from @text_off */
#define XTCP_DO_DISCARD		0x00000020 /* the same bytes, but nobody wants them */
#define XTCP_DO_STORE		0x00000040 /* text that is not next: keep it apart */
#define XTCP_DO_EOF		0x00000080 /* the reader has seen the last byte */
#define XTCP_DO_SPAWN		0x00000100 /* @child of the event is a new connection */
#define XTCP_DO_ESTABLISHED	0x00000200 /* the opening is complete */
#define XTCP_DO_ERROR		0x00000400 /* report @error to the user */
#define XTCP_DO_SYN		0x00000800 /* send SYN */
#define XTCP_DO_SYN_ACK		0x00001000 /* send SYN+ACK */
#define XTCP_DO_FIN		0x00002000 /* our FIN goes behind what is queued */
#define XTCP_DO_RETRANSMIT	0x00004000 /* send the oldest segment again */
#define XTCP_DO_ACK		0x00008000 /* send ACK at once */
#define XTCP_DO_ACK_LATER	0x00010000 /* an ACK is owed (RFC 9293 3.8.6.3) */
#define XTCP_DO_CHALLENGE	0x00020000 /* send ACK, rate limited (RFC 5961) */
#define XTCP_DO_RST		0x00040000 /* send the RST in @rst_seq ... */
#define XTCP_DO_TIMER		0x00080000 /* life timer at record.expires_ms */
#define XTCP_DO_NO_TIMER	0x00100000 /* stop the life timer */
#define XTCP_DO_SMALL		0x00200000 /* needs no socket: become small */
#define XTCP_DO_REOPEN		0x00400000 /* drop this; the SYN is for the listener */
#define XTCP_DO_FREE		0x00800000 /* the record is over */
#define XTCP_DO_DROPPED		0x01000000 /* count the segment under @reason */
#define XTCP_DO_BUG		0x80000000 /* an IMPOSSIBLE cell or edge: tell us */

/* Errors to report; the host maps them to errno, the machine has none. */
enum xtcp_error {
	XTCP_ERR_NONE,
	XTCP_ERR_REFUSED,	/* ECONNREFUSED */
	XTCP_ERR_RESET,		/* ECONNRESET */
	XTCP_ERR_TIMEDOUT,	/* ETIMEDOUT */
	XTCP_ERR_UNREACHABLE,	/* what the ICMP message said */
	XTCP_ERR_ABORTED,	/* ECONNABORTED */
};

/**
 * struct xtcp_orders - what one step asks of the host
 * @todo:	XTCP_DO_ACK and the like
 * @event:	the cell that was used: enum xtcp_event_kind
 * @from:	the state before
 * @to:		the state after
 * @reason:	enum xtcp_reason: why dropped, reset or ended
 * @error:	enum xtcp_error
 * @rst_flags:	flags of the RST to send
 * @rst_seq:	its sequence number
 * @rst_ack:	its ack, with %XTCP_ACK in @rst_flags
 * @acked:	bytes newly acknowledged, without SYN and FIN
 * @text_off:	where the new bytes begin in the segment's text
 * @text_len:	how many there are
 * @store_fin:	with %XTCP_DO_STORE: the segment's FIN belongs to it
 * @urgent:	sequence number behind the last urgent byte (RFC 6093)
 * @lasted_ms:	with %XTCP_DO_FREE: how long the record had been in @from
 */
struct xtcp_orders {
	u32 todo;
	u8 event;
	u8 from;
	u8 to;
	u8 reason;
	u8 error;
	u8 rst_flags;
	bool store_fin;
	u32 rst_seq;
	u32 rst_ack;
	u32 acked;
	u32 text_off;
	u32 text_len;
	u32 urgent;
	u32 lasted_ms;
};

/**
 * xtcp_step() - let one event happen to a connection
 * @r:	its record; one of zeroes with state CLOSED stands for no connection
 * @e:	the event
 * @o:	what to do about it; filled anew
 *
 * Cannot fail. May be tried on a copy of the record, which is then either put
 * in the record's place or forgotten, as when memory for the child is missing.
 */
void xtcp_step(struct xtcp_record *r, const struct xtcp_event *e,
	       struct xtcp_orders *o);

/**
 * xtcp_expected() - nothing has to be found out about this segment
 * @r:		the record
 * @seg:	the segment
 *
 * Return: true: xtcp_step_expected() does with it what xtcp_step() would do.
 */
bool xtcp_expected(const struct xtcp_record *r, const struct xtcp_segment *seg);

/* The same record and orders as after xtcp_step(), sooner. */
void xtcp_step_expected(struct xtcp_record *r, const struct xtcp_segment *seg,
			u32 now_ms, struct xtcp_orders *o);

/* flow.c: what the SENT event does in a state that may send. */
void xtcp_note_sent(struct xtcp_record *r, u32 len, bool fin, u32 rcv_adv);

/* classify.c: the column of table.def for a segment. @reason says why not ACK */
enum xtcp_event_kind xtcp_classify(const struct xtcp_record *r,
				   const struct xtcp_event *e, u8 *reason);

/* The record before anything happened to it. */
void xtcp_record_init(struct xtcp_record *r);

/**
 * xtcp_ended_early() - a connection was over before both ends had closed it
 * @r:	its record after the step
 * @o:	the step's orders
 *
 * That is what somebody may ask about later. Listeners are no connections, and
 * in TIME_WAIT all is said. Of half-open ones only those count whose peer has
 * acknowledged our SYN: the others anyone can make, and let go, by the million.
 */
bool xtcp_ended_early(const struct xtcp_record *r, const struct xtcp_orders *o);

/* cookie.c: SYN cookies (RFC 4987 3.6). mss is what the peer announced. */
u32 xtcp_cookie_make(u32 mac, u32 count, u16 mss);
bool xtcp_cookie_check(const struct xtcp_cookie_facts *facts, u32 cookie,
		       u16 *mss);
/* The options that a cookie has no room for travel in the timestamp. */
#define XTCP_COOKIE_TS_BITS	6
u32 xtcp_cookie_ts_make(u32 tsval, const struct xtcp_segment *syn,
			const struct xtcp_policy *p);

/* invariant.c: NULL, or what does not hold of the record. */
const char *xtcp_invariant(const struct xtcp_record *r);

/* table.c: names, and what table.def says. */
const char *xtcp_state_name(u8 state);
const char *xtcp_event_name(u8 event);
const char *xtcp_reason_name(u8 reason);
const char *xtcp_reason_text(u8 reason);
const char *xtcp_opened_name(u8 opened);
const char *xtcp_closing_name(u8 closing);

/**
 * struct xtcp_cell - one cell of the table
 * @handler:	its name, for the documentation and the tests
 * @section:	where RFC 9293 or another RFC rules it
 * @to:		set of states that the handler may leave the record in
 * @impossible:	the event cannot happen in this state
 */
struct xtcp_cell {
	const char *handler;
	const char *section;
	u32 to;
	bool impossible;
};

const struct xtcp_cell *xtcp_cell(u8 state, u8 event);

#endif
