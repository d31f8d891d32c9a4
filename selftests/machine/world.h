/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world small enough to be explored whole: two ends (or one that talks to
 * itself), a network that loses, repeats, delays and reorders, users who may do
 * anything at any moment, and timers that may fire whenever they are armed.
 *
 * It is the simplest host there can be for the machine: it carries out orders
 * and keeps book of what really happened, so that promises can be checked.
 */
#ifndef SELFTESTS_MACHINE_WORLD_H
#define SELFTESTS_MACHINE_WORLD_H

#include "machine/machine.h"

#define LIVES		4	/* incarnations of an end, the first is 1 */
#define IN_FLIGHT	4	/* segments under way; what comes on top is lost */
#define WINDOW		4

/**
 * struct packet - a segment under way
 * @seq:	SEG.SEQ
 * @ack:	SEG.ACK
 * @to:		end that it goes to
 * @flags:	XTCP_SYN and the like
 * @len:	bytes of text
 * @life:	incarnation that sent it; 0: an end without connection
 * @old:	bit n: older than end n's present 2 MSL
 */
struct packet {
	u32 seq;
	u32 ack;
	u8 to;
	u8 flags;
	u8 len;
	u8 life;
	u8 old;
	u8 used;
	u8 pad[2];
};

/**
 * struct life - what one incarnation of an end truly did
 * @written:	bytes that its user wrote
 * @taken:	bytes that it took from its peer
 * @peer:	incarnation of the peer that it was established with
 * @ended:	its user ended its direction
 * @fin_taken:	it took its peer's FIN
 */
struct life {
	u8 written;
	u8 taken;
	u8 peer;
	u8 ended : 1;
	u8 fin_taken : 1;
};

/**
 * struct end - one end
 * @r:		the one record that it has for the pair
 * @lives:	its incarnations, by number - 1
 * @life:	the present one; 0: none yet
 * @stored:	bit n: byte n of the peer's text waits for what is before it
 * @stored_fin:	1 + the place of a FIN that waits; 0: none
 * @opens:	how often its user may still connect
 * @user:	somebody holds the connection
 * @listens:	and somebody listens on the port
 * @owes_ack:	an ACK may wait for something to ride on
 * @challenged:	no challenge ACK again before time has passed (RFC 5961 7)
 */
struct end {
	struct xtcp_record r;
	struct life lives[LIVES];
	u8 life;
	u8 stored;
	u8 stored_fin;
	u8 opens;
	u8 user;
	u8 listens;
	u8 owes_ack;
	u8 challenged;
};

/**
 * struct world - everything, compared and hashed as plain bytes
 * @end:	A and B; who connects to himself is A alone
 * @net:	what is under way, sorted
 * @losses:	how many segments the network may still lose
 * @repeats:	how many it may still deliver twice
 */
struct world {
	struct end end[2];
	struct packet net[IN_FLIGHT];
	u8 losses;
	u8 repeats;
	u8 self;
	u8 pad;
};

enum act {
	ACT_NONE,
	ACT_DELIVER,	/* end: which segment */
	ACT_REPEAT,	/* the same, and it stays under way */
	ACT_LOSE,
	ACT_OPEN,	/* end: whose user */
	ACT_WRITE,
	ACT_SHUT_WRITE,
	ACT_SHUT_READ,
	ACT_CLOSE,
	ACT_CLOSE_UNREAD,
	ACT_ABORT,
	ACT_SEND,	/* the stream sends a byte, or the FIN if none is left */
	ACT_SEND_ALL,	/* all bytes and the FIN in one segment */
	ACT_ACK,	/* the delayed ACK's timer */
	ACT_RETRANSMIT,
	ACT_LIFE_OVER,
	ACTS,
};

/**
 * struct rules - what a scenario allows
 * @writes:	bytes that each incarnation of either end may write
 * @acts:	bit per enum act that users may do
 * @patient:	retransmission timers wait until nothing is under way
 */
struct rules {
	u8 writes[2];
	bool patient;
	u32 acts;
};

/**
 * struct scenario - where to begin, and what is allowed
 * @name:	of the test
 * @set_up:	makes the first world
 * @rules:	for its users
 */
struct scenario {
	const char *name;
	void (*set_up)(struct world *w);
	struct rules rules;
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

extern struct xtcp_policy world_policy;
/* The first promise that the last act broke, or NULL. */
extern const char *world_broken;
/* Some end gave up since somebody cleared this. */
extern bool world_gave_up;
/* Cells that were used: bit per state led to. */
extern u32 world_cells[XTCP_STATES][XTCP_EVENTS];

void world_init(struct world *w, bool self);
/* Puts a segment of an earlier incarnation into the network. */
void world_stale(struct world *w, u8 to, u8 flags, u8 life, u32 seq, u32 ack);
u32 world_iss(const struct world *w, u8 end, u8 life);

/* May this happen now? */
bool world_allows(const struct world *w, const struct rules *rules,
		  enum act what, u8 arg);
/* Lets it happen. Sets world_broken if a promise does not hold. */
void world_act(struct world *w, enum act what, u8 arg);

/* ---- between world.c, acts.c and promises.c ---- */

u8 peer_of(const struct world *w, u8 end);
struct life *life_at(struct world *w, u8 end, u8 life);
struct life *my_life(struct world *w, u8 end);
/* The incarnation of the peer that this end's record speaks with. */
u8 peer_life(const struct world *w, u8 end);
u8 unsent(const struct world *w, u8 end);
bool fin_unsent(const struct world *w, u8 end);
void sort_network(struct world *w);
void event(struct xtcp_event *e, enum xtcp_event_kind kind);
void step(struct world *w, u8 end, struct xtcp_event *e,
	  const struct packet *p);
void begin_life(struct world *w, u8 end);
void deliver(struct world *w, const struct packet *p);
void send_new(struct world *w, u8 end, u8 len, bool fin);
void emit_ack(struct world *w, u8 end);

void promise(bool kept, const char *text);
void check_step(const struct xtcp_record *before, const struct xtcp_event *e,
		const struct xtcp_orders *o, const struct xtcp_record *after);
void check_text(struct world *w, u8 end, const struct packet *p, u32 off);
void check_eof(struct world *w, u8 end);
void check_open(struct world *w, u8 end);
void check_acked(struct world *w, u8 end);
void check_not_stuck(struct world *w, u8 end);

/* ladder.c: prints what @what did to a world that was @before. */
void ladder_head(const struct world *w);
void ladder_step(unsigned int number, const struct world *before,
		 const struct world *after, enum act what, u8 arg);

#endif
