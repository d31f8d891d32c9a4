/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection on the bench: put into a state by hand, given one event, and
 * looked at. Every test runs several times, with initial numbers that make
 * its sequence numbers wrap in different places.
 */
#ifndef SELFTESTS_MACHINE_RIG_H
#define SELFTESTS_MACHINE_RIG_H

#include "machine/machine.h"
#include "tap.h"

/* How far the connection on the bench has come, counted from ISS and IRS. */
#define SENT_BYTES	150	/* sent, of which ... */
#define ACKED_BYTES	100	/* ... these are acknowledged */
#define RCVD_BYTES	200
#define RCV_WND		1000
#define SND_WND		2000
#define MAX_SND_WND	3000
#define NOW_MS		5000
#define MSL_MS		30000
#define FIN_TIMEOUT_MS	60000
#define RTO_MS		1000

#define A	XTCP_ACK
#define S	XTCP_SYN
#define F	XTCP_FIN
#define R	XTCP_RST

/**
 * struct rig - the bench
 * @r:		the record under test
 * @before:	it before the last event
 * @child:	where a listener's new connection goes
 * @policy:	what each event is given
 * @e:		the next event: tests set its facts before they fire it
 * @o:		the orders of the last event
 * @iss:	this run's initial send sequence number
 * @irs:	this run's initial receive sequence number
 */
struct rig {
	struct xtcp_record r;
	struct xtcp_record before;
	struct xtcp_record child;
	struct xtcp_policy policy;
	struct xtcp_event e;
	struct xtcp_orders o;
	u32 iss;
	u32 irs;
};

extern struct rig rig;

/* Puts the bench's record into @state, as a connection that we opened. */
void given(enum xtcp_state state);
/* In FIN_WAIT_1, CLOSING, LAST_ACK: our FIN is still behind unsent text. */
void given_fin_unsent(enum xtcp_state state);
/* SYN_RCVD that began with connect(): both SYNs crossed. */
void given_crossed(void);
/* The same connection with timestamps; the last one seen was @ts_recent. */
void with_timestamps(u32 ts_recent);

/* coverage.c: that cell of table.def was used, and led to @to */
void cover(u8 state, u8 event, u8 to);

/* Fires an event and asks law_broken(). */
void happens(enum xtcp_event_kind kind);
void segment_arrives(struct xtcp_segment seg);
#define arrives(...) segment_arrives((struct xtcp_segment){ __VA_ARGS__ })

/* ---- what is expected of the last event ---- */

void expect_cell(const char *file, int line, enum xtcp_event_kind kind);
void expect_state(const char *file, int line, enum xtcp_state state);
void expect_wire(const char *file, int line, u32 orders);
void expect_user(const char *file, int line, u32 orders);
void expect_rst(const char *file, int line, u8 flags, u32 seq, u32 ack);
void expect_dropped(const char *file, int line, enum xtcp_reason reason);
void expect_ended(const char *file, int line, enum xtcp_reason reason,
		  enum xtcp_error error);
void expect_unchanged(const char *file, int line);
void expect_timer(const char *file, int line, enum xtcp_life_timer kind,
		  u32 after_ms);
void expect_acked(const char *file, int line, u32 bytes);
void expect_text(const char *file, int line, u32 off, u32 len);

#define HERE	__FILE__, __LINE__
/* classify.c chose this column */
#define CELL(kind)	expect_cell(HERE, XTCP_EV_##kind)
#define STATE(name)	expect_state(HERE, XTCP_##name)
/* exactly these segments are to be sent; 0: silence */
#define WIRE(orders)	expect_wire(HERE, orders)
#define SILENCE()	expect_wire(HERE, 0)
/* exactly this is told or handed to the user and to the stream */
#define USER(orders)	expect_user(HERE, orders)
#define RST_IS(flags, seq, ack)	expect_rst(HERE, flags, seq, ack)
#define DROPPED(reason)	expect_dropped(HERE, XTCP_R_##reason)
#define ENDED(reason, error) \
	expect_ended(HERE, XTCP_R_##reason, XTCP_ERR_##error)
#define UNCHANGED()	expect_unchanged(HERE)
#define TIMER(kind, after_ms) \
	expect_timer(HERE, XTCP_LIFE_##kind, after_ms)
#define ACKED(bytes)	expect_acked(HERE, bytes)
#define TEXT(off, len)	expect_text(HERE, off, len)

/*
 * One test for each of several states: TEST_EACH(rcv_syn, SYNCHRONISED) makes
 * rcv_syn_established and so on, from a function that gets the state.
 */
#define TEST_IN(name, state_name, STATE_NAME) \
	TEST_ARG(name##_##state_name, each_##name, XTCP_##STATE_NAME)
#define SYNCHRONISED(name) \
	TEST_IN(name, established, ESTABLISHED) \
	SYNCHRONISED_BUT_ESTABLISHED(name)
#define SYNCHRONISED_BUT_ESTABLISHED(name) \
	TEST_IN(name, close_wait, CLOSE_WAIT) \
	AFTER_OUR_CLOSE(name) \
	TEST_IN(name, last_ack, LAST_ACK) \
	TEST_IN(name, time_wait, TIME_WAIT)
#define AFTER_OUR_CLOSE(name) \
	TEST_IN(name, fin_wait_1, FIN_WAIT_1) \
	TEST_IN(name, fin_wait_2, FIN_WAIT_2) \
	TEST_IN(name, closing, CLOSING)
#define LIVING(name) \
	TEST_IN(name, established, ESTABLISHED) \
	TEST_IN(name, close_wait, CLOSE_WAIT) \
	AFTER_OUR_CLOSE(name) \
	TEST_IN(name, last_ack, LAST_ACK)
#define TEST_EACH(name, states) \
	static void each_##name(unsigned int state); \
	states(name) \
	static void each_##name(unsigned int state)

#endif
