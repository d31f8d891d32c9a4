/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world small enough to be explored whole: two ends (or one that talks to
 * itself), a network that loses, repeats, delays and reorders, an attacker, users
 * who may do anything at any moment, and timers that may fire whenever they are
 * armed.
 *
 * It is the simplest host there can be for the machine: it carries out orders
 * and keeps book of what really happened, so that promises can be checked.
 */
#ifndef SELFTESTS_MACHINE_WORLD_H
#define SELFTESTS_MACHINE_WORLD_H

#include "machine/machine.h"

#define LIVES		8	/* incarnations of an end, the first is 1 */
#define BORN_LIVES	4	/* those whose ISS the end chose in a row ... */
#define COOKIE_LIFE	5	/* ... and the first of those it got by cookie */
#define FORGED		0xff	/* packet.life: the attacker made it up */
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
 * @used:	there is a segment here
 * @ts:		1 + its timestamp; 0: none
 * @wnd:	SEG.WND
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
	u8 ts;
	u8 wnd;
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
 * @born:	how many it had whose numbers it chose
 * @stored:	bit n: byte n of the peer's text waits for what is before it
 * @alien:	those of @stored that another incarnation sent
 * @stored_fin:	1 + the place of a FIN that waits; 0: none
 * @unread:	bytes that its user has not read, where that fills the window
 * @opens:	how often its user may still connect
 * @user:	somebody holds the connection
 * @listens:	and somebody listens on the port
 * @owes_ack:	an ACK may wait for something to ride on
 * @challenged:	no challenge ACK again before time has passed (RFC 5961 7)
 * @full:	its listener's accept queue has no room
 * @crowded:	its listener answers by cookies
 * @cookie_at:	1 + the period in which it last sent a cookie; 0: never
 */
struct end {
	struct xtcp_record r;
	struct life lives[LIVES];
	u8 life;
	u8 born;
	u8 stored;
	u8 alien;
	u8 stored_fin;
	u8 unread;
	u8 opens;
	u8 user;
	u8 listens;
	u8 owes_ack;
	u8 challenged;
	u8 full;
	u8 crowded;
	u8 cookie_at;
	u8 pad[2];
};

/**
 * struct world - everything, compared and hashed as plain bytes
 * @end:	A and B; who connects to himself is A alone
 * @net:	what is under way, sorted
 * @losses:	how many segments the network may still lose
 * @repeats:	how many it may still deliver twice
 * @crashes:	how often an end may still forget everything
 * @forgeries:	how many segments the attacker may still make up
 * @ticks:	how often the clock of timestamps may still tick
 * @clock:	that clock
 * @period:	the clock that cookies are made with
 * @periods:	how often that may still tick
 * @self:	A is its own peer
 * @tainted:	somebody else spoke in an end's name: what is told is no promise
 */
struct world {
	struct end end[2];
	struct packet net[IN_FLIGHT];
	u8 losses;
	u8 repeats;
	u8 crashes;
	u8 forgeries;
	u8 ticks;
	u8 clock;
	u8 period;
	u8 periods;
	u8 self;
	u8 tainted;
	u8 pad[6];
};

enum act {
	ACT_NONE,
	ACT_DELIVER,	/* arg: which segment */
	ACT_REPEAT,	/* the same, and it stays under way */
	ACT_LOSE,
	ACT_FORGE,	/* arg: attack.c */
	ACT_OPEN,	/* from here on arg: whose */
	ACT_WRITE,
	ACT_SHUT_WRITE,
	ACT_SHUT_READ,
	ACT_CLOSE,
	ACT_CLOSE_UNREAD,
	ACT_ABORT,
	ACT_LISTEN,
	ACT_UNLISTEN,
	ACT_READ,
	ACT_SEND,	/* the stream sends a byte, or the FIN if none is left */
	ACT_SEND_ALL,	/* all bytes and the FIN in one segment */
	ACT_ACK,	/* the delayed ACK's timer */
	ACT_PROBE,	/* of a window that is closed */
	ACT_RETRANSMIT,
	ACT_LIFE_OVER,
	ACT_GIVE_UP,
	ACT_EVICT,
	ACT_ICMP_HARD,
	ACT_ICMP_SOFT,
	ACT_FULL,	/* the accept queue is full, or has room again */
	ACT_CROWDED,	/* cookies from now on, or no more */
	ACT_CRASH,	/* the end dies and comes back without memory */
	ACT_TICK,	/* of the clock that timestamps show */
	ACT_PERIOD,	/* of the clock that cookies are made with */
	ACTS,
};

/* What a policy differs in from the usual one. */
#define ON_OVERFLOW_ABORT	0x01
#define NO_RFC1337		0x02
#define NO_SELF_CONNECT		0x04
#define NO_FIN_TIMEOUT		0x08
#define SHUT_READ_KEEPS		0x10
#define TIMESTAMPS		0x20
#define FAST_OPEN		0x40	/* SYNs bring a byte and a good cookie */

/* An attacker who sees nothing, and one who sees the segments. */
enum attack {
	NO_ATTACK,
	BLIND,
	KNOWING,
};

/* A rule of the machine or of its host that is changed: faults.c */
enum fault {
	SOUND,
	TWO_SEGMENT_OPENING,
	TWO_SEGMENT_CLOSE,
	NO_TIME_WAIT,
	TAKES_OLD_TEXT,
	EOF_OUT_OF_ORDER,
	EOF_ON_RST,
	ACKS_AHEAD,
	TWO_PER_PAIR,
	DEAF_TO_TIME_OUTS,
	DEAF_TO_LIFE_TIMER,
	FORGETS_FIN,
	IMPOSSIBLE_EVENT,
	UNKNOWN_EDGE,
	ENDLESS_ANSWERS,
	BELIEVES_ANY_RST,
	REOPENS_ANYWHERE,
	LONG_ORDERS,
	MANY_ORDERS,
};

/**
 * struct rules - what a scenario allows
 * @writes:	bytes that each incarnation of either end may write
 * @patient:	retransmission timers wait until nothing is under way
 * @acts:	bit per enum act that users, hosts and the attacker may do
 * @policy:	NO_RFC1337 and the like
 * @attack:	enum attack
 * @mirror:	A and B may do the same: worlds that differ by names are one
 * @numbers:	from one incarnation's ISS to the next one's; 0: 16
 * @window:	bytes of receive buffer that users empty by reading; 0: users
 *		read at once and windows never change
 * @no_calm:	how it would end is not asked
 * @only:	no other promise counts than the one that is to break
 */
struct rules {
	u8 writes[2];
	bool patient;
	u32 acts;
	u8 policy;
	u8 attack;
	bool mirror;
	s16 numbers;
	u8 window;
	bool no_calm;
	bool only;
};

/**
 * struct scenario - where to begin, and what is allowed
 * @name:	of the test
 * @set_up:	makes the first world
 * @rules:	for its users
 * @fault:	enum fault
 * @breaks:	the promise that the fault is known to break
 */
struct scenario {
	const char *name;
	void (*set_up)(struct world *w);
	struct rules rules;
	u8 fault;
	const char *breaks;
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;
extern const struct scenario laws[];
extern const size_t law_count;

#define FIRST_NUMBERS	3	/* choices of where sequence numbers begin */

extern struct xtcp_policy world_policy;
extern u8 world_fault;
extern u8 world_attack;
/* The first promise that the last act broke, or NULL. */
extern const char *world_broken;
/* Some end gave up since somebody cleared this. */
extern bool world_gave_up;
/* Cells that were used: bit per state led to. */
extern u32 world_cells[XTCP_STATES][XTCP_EVENTS];
/* If set, what happens to a world while its past is made is drawn. */
extern const char *world_past_margin;
/* Bytes of receive buffer; and users have to read. */
extern u8 world_window;
extern bool world_reads;
extern bool world_fast;
/* If set, the only promise that counts */
extern const char *world_sought;

/* From here on worlds are this scenario's; @first: 0 to FIRST_NUMBERS - 1 */
void world_begin(const struct scenario *s, unsigned int first);
void world_init(struct world *w, bool self);
/* That end had so many connections before. */
void world_had_lives(struct world *w, u8 end, u8 lives);
/* The first of an end's lives that is explored: it has the first numbers. */
u8 world_first_life(u8 end);
u32 world_iss(const struct world *w, u8 end, u8 life);
/* From one of A's numbers to the one of B's that has the same place. */
u32 world_shift(void);

/* May this happen now? */
bool world_allows(const struct world *w, const struct rules *rules,
		  enum act what, u16 arg);
/* How many different args there are to try */
u16 world_args(const struct world *w, enum act what);
/* Lets it happen. Sets world_broken if a promise does not hold. */
void world_act(struct world *w, enum act what, u16 arg);

/* ---- world.c, for acts.c, listener.c and attack.c ---- */

u8 peer_of(const struct world *w, u8 end);
struct life *life_at(struct world *w, u8 end, u8 life);
struct life *my_life(struct world *w, u8 end);
/* Which of an end's lives has this ISS? 0: none, for ever unused */
u8 life_of(const struct world *w, u8 end, u32 iss);
/* The incarnation of the peer that this end's record speaks with. */
u8 peer_life(const struct world *w, u8 end);
u8 unsent(const struct world *w, u8 end);
bool fin_unsent(const struct world *w, u8 end);
void event(struct xtcp_event *e, enum xtcp_event_kind kind);
void step(struct world *w, u8 end, struct xtcp_event *e,
	  const struct packet *p);
void take(struct world *w, u8 end, const struct xtcp_orders *o,
	  const struct packet *p);
void answer(struct world *w, u8 end, const struct xtcp_orders *o);
void forget(struct world *w, u8 end);
void begin_life(struct world *w, u8 end, u8 life);
void deliver(struct world *w, const struct packet *p);
void send_new(struct world *w, u8 end, u8 len, bool fin);
void emit_ack(struct world *w, u8 end);
void send_probe(struct world *w, u8 end);
u8 queued(const struct world *w, u8 end);
/* What the next segment tells of the receive buffer */
u32 window_edge(const struct world *w, u8 end);

/* ---- network.c ---- */

void net_put(struct world *w, const struct packet *p);
void net_sort(struct world *w);
void net_age(struct world *w, u8 end);
bool net_has_old(const struct world *w, u8 end);
void net_emit(struct world *w, u8 end, u8 flags, u32 seq, u8 len);
void net_emit_rst(struct world *w, u8 end, const struct xtcp_orders *o);
/* Puts a segment of an earlier incarnation into the network. */
void net_stale(struct world *w, u8 to, u8 flags, u8 life, u32 seq, u32 ack);

/* ---- listener.c ---- */

void to_listener(struct world *w, u8 end, struct xtcp_event *e,
		 const struct packet *p);
void listener_opens(struct world *w, u8 end);
void listener_closes(struct world *w, u8 end);
/* Something that concerns the port, while there is no connection. */
void listener_hears(u8 kind);

/* ---- attack.c ---- */

/* How many segments this attacker can make up for one end */
u16 forgeries(void);
void forged_packet(const struct world *w, u16 which, struct packet *p);
void forge(struct world *w, u16 which);

/* ---- faults.c ---- */

/* xtcp_step(), unless the fault is in there */
void faulty_step(struct xtcp_record *r, struct xtcp_event *e,
		 struct xtcp_orders *o);
/* ... or in what the host does behind a step */
void faulty_host(struct world *w, u8 end);

/* ---- promises.c ---- */

void promise(bool kept, const char *text);
void check_step(const struct xtcp_record *before, const struct xtcp_event *e,
		const struct xtcp_orders *o, const struct xtcp_record *after);
void check_orders(u64 guard, const struct xtcp_orders *o);
void check_stored(struct world *w, u8 end, const struct packet *p);
void check_stored_text(struct world *w, u8 end, u32 place);
void check_text(struct world *w, u8 end, const struct packet *p, u32 off);
void check_eof(struct world *w, u8 end);
void check_open(struct world *w, u8 end);
void check_alone(struct world *w, u8 end);
void check_acked(struct world *w, u8 end);
void check_orderly(struct world *w, u8 end, const struct xtcp_record *before,
		   const struct xtcp_orders *o);
void check_cut_short(struct world *w, u8 end);
void check_not_stuck(struct world *w, u8 end);
void check_blind(const struct world *w, u8 end,
		 const struct xtcp_record *before, const struct packet *p);

/* ---- ladder.c: prints what @what did to a world that was @before. ---- */

void ladder_names(const char *margin);
void ladder_under_way(const struct world *w, const char *margin);
void ladder_step(const char *margin, unsigned int number,
		 const struct world *before, const struct world *after,
		 enum act what, u16 arg);

#endif
