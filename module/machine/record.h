/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_MACHINE_RECORD_H
#define XTCP_MACHINE_RECORD_H

#include "machine/platform.h"
#include "machine/seq.h"

enum xtcp_state {
#define XTCP_STATE(name, number) XTCP_##name = (number),
#include "machine/states.def"
#undef XTCP_STATE
	XTCP_STATES = 12,
};

/* A set of states, as one bit each. */
#define XTCP_S(name)	(1u << XTCP_##name)

enum xtcp_reason {
#define XTCP_REASON(name, counter, text) XTCP_R_##name,
#include "machine/reasons.def"
#undef XTCP_REASON
	XTCP_REASONS,
};

/* How the connection was opened. */
enum xtcp_opened {
	XTCP_OPENED_NOT,
	XTCP_OPENED_PASSIVE,
	XTCP_OPENED_ACTIVE,
	XTCP_OPENED_SIMULTANEOUS,
	XTCP_OPENED_SELF,
	XTCP_OPENED_COOKIE,
	XTCP_OPENED_KINDS,
};

/* How it is being closed: whose FIN was first, or that a reset ended it. */
enum xtcp_closing {
	XTCP_CLOSING_NOT,
	XTCP_CLOSING_WE_FIRST,
	XTCP_CLOSING_PEER_FIRST,
	XTCP_CLOSING_BOTH,
	XTCP_CLOSING_RESET_SENT,
	XTCP_CLOSING_RESET_RCVD,
	XTCP_CLOSING_GAVE_UP,
	XTCP_CLOSING_KINDS,
};

/* What a record's one life timer is for; the stream has timers of its own. */
enum xtcp_life_timer {
	XTCP_LIFE_NONE,
	XTCP_LIFE_HANDSHAKE,
	XTCP_LIFE_FIN_WAIT_2,
	XTCP_LIFE_TIME_WAIT,
};

/* xtcp_record.flags */
#define XTCP_F_FIN_QUEUED	0x0001	/* the user ended our direction */
#define XTCP_F_FIN_SENT		0x0002	/* snd_nxt counts our FIN */
#define XTCP_F_FIN_RCVD		0x0004	/* rcv_nxt counts the peer's FIN */
#define XTCP_F_SHUT_READ	0x0008	/* the user reads no more */
#define XTCP_F_ORPHAN		0x0010	/* close(): no user any more */
#define XTCP_F_WAS_ACTIVE	0x0020	/* SYN_RCVD was reached from SYN_SENT */
#define XTCP_F_TS		0x0040	/* timestamps on every segment */
#define XTCP_F_WSCALE		0x0080	/* windows are scaled */
#define XTCP_F_SACK		0x0100	/* both ends permit SACK */
#define XTCP_F_TS_RECENT	0x0200	/* ts_recent holds a value */
#define XTCP_F_BEYOND		0x0400	/* snd_nxt is beyond the peer's window */
#define XTCP_F_ECN		0x0800	/* both ends know ECN; SYN_SENT: we asked */
#define XTCP_F_ECT		0x1000	/* no SYN said otherwise: we may send ECT */
#define XTCP_F_FAST		0x2000	/* text went with a SYN (RFC 7413) */

/**
 * struct xtcp_record - the life-cycle record of a connection (RFC 9293 3.3.1)
 * @state:	enum xtcp_state
 * @opened:	enum xtcp_opened
 * @closing:	enum xtcp_closing
 * @reason:	enum xtcp_reason: why it ended, once it did
 * @flags:	XTCP_F_FIN_QUEUED and the like
 * @retries:	retransmissions since something new was acknowledged
 * @timer:	enum xtcp_life_timer: what @expires_ms is for
 * @snd_wscale:	shift of the windows that the peer announces
 * @rcv_wscale:	shift of the windows that we announce
 * @mss:	bytes: the largest segment that the peer takes, its MSS option
 * @iss:	initial send sequence number
 * @irs:	initial receive sequence number
 * @snd_una:	oldest sequence number that is not acknowledged
 * @snd_nxt:	next sequence number to send; it never goes back
 * @snd_wl1:	SEG.SEQ of the segment that last updated @snd_wnd
 * @snd_wl2:	SEG.ACK of that segment
 * @snd_wnd:	bytes that the peer takes from @snd_una on
 * @max_snd_wnd: the largest @snd_wnd that the peer ever announced
 * @rcv_nxt:	next sequence number expected
 * @rcv_adv:	right edge of the window that was announced; never goes back
 * @last_ack_sent: the ack of the last segment sent (RFC 7323)
 * @ts_recent:	timestamp to echo (RFC 7323 TS.Recent)
 * @ts_recent_ms: when @ts_recent was taken
 * @ts_offset:	what is added to the clock to make our timestamps
 * @expires_ms:	when the life timer fires
 * @since_ms:	when @state was entered
 *
 * Plain data without pointers, so that it can be compared, hashed, copied,
 * stepped on a copy and thrown away. Times are milliseconds of the host's clock
 * and wrap. A full socket, a half-open connection, a TIME_WAIT entry and an
 * orphan in FIN_WAIT_2 all hold this same record.
 */
struct xtcp_record {
	u8 state;
	u8 opened;
	u8 closing;
	u8 reason;
	u16 flags;
	u8 retries;
	u8 timer;
	u8 snd_wscale;
	u8 rcv_wscale;
	u16 mss;
	u32 iss;
	u32 irs;
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_wl1;
	u32 snd_wl2;
	u32 snd_wnd;
	u32 max_snd_wnd;
	u32 rcv_nxt;
	u32 rcv_adv;
	u32 last_ack_sent;
	u32 ts_recent;
	u32 ts_recent_ms;
	u32 ts_offset;
	u32 expires_ms;
	u32 since_ms;
};

static_assert(sizeof(struct xtcp_record) <= 80,
	      "a half-open connection must fit in 128 bytes");

/* RCV.WND: what we announced and did not get yet. */
static inline u32 xtcp_rcv_wnd(const struct xtcp_record *r)
{
	return r->rcv_adv - r->rcv_nxt;
}

static inline bool xtcp_in(const struct xtcp_record *r, u32 states)
{
	return (1u << r->state) & states;
}

/* Our FIN was sent and everything up to it is acknowledged. */
static inline bool xtcp_fin_acked(const struct xtcp_record *r)
{
	return (r->flags & XTCP_F_FIN_SENT) && r->snd_una == r->snd_nxt;
}

/* Text may be sent, sooner or later: our direction is not closed. */
#define XTCP_MAY_WRITE	(XTCP_S(ESTABLISHED) | XTCP_S(CLOSE_WAIT))
/* Text that was accepted for sending may still go out. */
#define XTCP_MAY_SEND	(XTCP_MAY_WRITE | XTCP_S(FIN_WAIT_1) | \
			 XTCP_S(CLOSING) | XTCP_S(LAST_ACK))
/* Text from the peer is taken. */
#define XTCP_MAY_RECEIVE	(XTCP_S(ESTABLISHED) | XTCP_S(FIN_WAIT_1) | \
				 XTCP_S(FIN_WAIT_2))
/* Both ends know both initial sequence numbers. */
#define XTCP_SYNCHRONISED	(XTCP_MAY_SEND | XTCP_S(FIN_WAIT_2) | \
				 XTCP_S(TIME_WAIT))

/*
 * A passive opening whose SYN brought a good Fast Open cookie: text flows before
 * its SYN+ACK is acknowledged (RFC 7413 4.2).
 */
static inline bool xtcp_fast(const struct xtcp_record *r)
{
	return r->state == XTCP_SYN_RCVD && (r->flags & XTCP_F_FAST) &&
	       !(r->flags & XTCP_F_WAS_ACTIVE);
}

static inline bool xtcp_may_send(const struct xtcp_record *r)
{
	return xtcp_in(r, XTCP_MAY_SEND) || xtcp_fast(r);
}

/* Behind our SYN, once it is acknowledged SND.UNA itself: text begins there. */
static inline u32 xtcp_text_una(const struct xtcp_record *r)
{
	return r->snd_una + xtcp_in(r, XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD));
}

/*
 * Where a segment without text stands: at SND.NXT. But the last number of a probe
 * is beyond the peer's window, and from behind it the peer hears no ACK and no
 * RST (RFC 9293 3.10.7.4), unless it had room by then.
 */
static inline u32 xtcp_bare_seq(const struct xtcp_record *r)
{
	bool beyond = (r->flags & XTCP_F_BEYOND) &&
		      seq_gt(r->snd_nxt, r->snd_una + r->snd_wnd);

	return beyond ? r->snd_nxt - 1 : r->snd_nxt;
}

#endif
