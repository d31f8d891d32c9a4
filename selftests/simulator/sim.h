/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many connections at once over a bottleneck, in simulated time: each end is
 * the real machine and the real stream. What happens when stands in one heap of
 * events; everything random comes from the seed.
 */
#ifndef SELFTESTS_SIMULATOR_SIM_H
#define SELFTESTS_SIMULATOR_SIM_H

#include <stdio.h>

#include "machine/machine.h"
#include "stream/stream.h"
#include "scenario.h"

#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull
#define NS_PER_S	1000000000ull
/* The clock begins here: stream's times are never 0. */
#define SIM_BEGIN_NS	NS_PER_S
#define SIM_NEVER	(~0ull)

struct sim;
struct pair;

/* ---- random.c: the same numbers for the same seed, on every machine ---- */

struct sim_random {
	u64 x;
};

void random_seed(struct sim_random *r, u64 seed, u64 stream);
u32 random_u32(struct sim_random *r);
/* 0 to @n - 1 */
u64 random_below(struct sim_random *r, u64 n);
bool random_chance(struct sim_random *r, u32 ppm);
/* From @least to @most, half as many for each doubling */
u64 random_heavy(struct sim_random *r, u64 least, u64 most);

/* ---- heap.c: what happens next ---- */

enum sim_event_kind {
	SIM_ENTER,	/* a packet comes to a link */
	SIM_ARRIVE,	/* and to an end */
	SIM_LEAVE,	/* a packet has left the queue of a link */
	SIM_TIMER,	/* an end's */
	SIM_BEGIN,	/* a user opens its next connection */
	SIM_STOP,	/* an endless flow has written enough */
	SIM_WARM,	/* measuring begins */
	SIM_SAMPLE,
};

struct sim_event {
	u64 at_ns;
	u64 order;	/* among those at the same time; kind in the low bits */
	void *what;
};

struct sim_heap {
	struct sim_event *event;
	size_t count;
	size_t room;
	u64 order;
};

void heap_push(struct sim_heap *h, u64 at_ns, enum sim_event_kind kind,
	       void *what);
bool heap_pop(struct sim_heap *h, u64 *at_ns, enum sim_event_kind *kind,
	      void **what);
size_t heap_count(const struct sim_heap *h, enum sim_event_kind kind);

/* ---- histogram.c: of times, each bucket an eighth of a doubling ---- */

#define HISTOGRAM_BUCKETS	512

struct histogram {
	u64 count;
	u64 sum;
	u64 most;
	u64 bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, u64 value);
u64 histogram_percentile(const struct histogram *h, u32 percent);
u64 histogram_mean(const struct histogram *h);

/* ---- link.c: a queue, a wire, and what goes wrong on it ---- */

/**
 * struct packet - a segment under way
 * @seg:	the segment
 * @offset:	of its first byte in its sender's stream
 * @pair:	both ends
 * @flow:	the connection that sent it
 * @next:	behind it in the queue, or among the free ones
 * @put_ns:	when it came to the queue
 * @bytes:	on the wire
 * @to:		end that it goes to
 */
struct packet {
	struct xtcp_segment seg;
	u64 offset;
	struct pair *pair;
	struct flow *flow;
	struct packet *next;
	u64 put_ns;
	u16 bytes;
	u8 to;
};

/* RFC 8289's state. */
struct codel {
	u64 above_ns;	/* when waiting will have been too long for too long */
	u64 next_ns;	/* when to drop next */
	u32 count;	/* drops since dropping began */
	u32 last_count;	/* @count as it was when that began */
	bool dropping;
};

/* Every packet put into a link is counted once more when it is out of it. */
struct link_counts {
	u64 put;
	u64 repeated;	/* by the link: one more than was put */
	u64 arrived;
	u64 dropped;	/* the queue was full, or its manager dropped it */
	u64 marked;	/* by its manager, instead of that */
	u64 lost;	/* at random */
	u64 cut;	/* the link was down */
	u64 reordered;
	u64 bytes;	/* left the queue */
	u64 busy_ns;
};

struct link {
	struct sim *sim;
	const struct link_config *c;
	struct sim_random random;
	u64 queue_bytes_most;
	u64 queue_packets_most;
	struct packet *first;
	struct packet **last;
	u64 queue_bytes;
	u64 queue_packets;
	u64 under_way;
	u64 bad_until_ns;	/* a burst of losses */
	bool has_codel;
	struct codel codel;
	struct link_counts n;
	struct link_counts warm;	/* as they were when measuring began */
	struct link_counts end;		/* when the last byte arrived */
	struct histogram waiting;	/* ns in the queue, since then */
};

void link_init(struct link *l, struct sim *sim, const struct link_config *c,
	       u64 seed, u64 rtt_ns);
void link_put(struct link *l, struct packet *p);
/* Drops the queue's first packet. */
void link_drop(struct link *l);
/* Marks it instead, if it may be marked and the link is to: RFC 3168 5 */
bool link_mark(struct link *l);
void link_leave(struct link *l);
void link_arrived(struct link *l);
/* aqm.c: drops what should not be sent any more from the queue's front. */
void codel_look(struct codel *d, struct link *l);
struct packet *packet_new(struct sim *sim);
void packet_free(struct sim *sim, struct packet *p);

/* ---- store.c: text out of order ---- */

struct stored {
	struct xtcp_range range;
	u64 offset;
};

struct store {
	struct stored *at;
	u32 first;
	u32 count;
	u32 room;
	u32 bytes;
};

/* False: it was there. Else @range is what of it was not. */
bool store_put(struct store *s, struct xtcp_range *range, u64 offset);
bool store_next(struct store *s, u32 rcv_nxt, struct stored *out);
void store_purge(struct store *s);

/* ---- host.c, input.c, output.c: what a kernel is to machine and stream ---- */

/**
 * struct end - one end of a pair
 * @r:		its record; CLOSED: no connection
 * @s:		its stream, while @full
 * @store:	text that came out of order
 * @pair:	where it belongs
 * @flow:	the connection that @r is of, or was of
 * @una_offset:	of SND.UNA in our stream
 * @written:	bytes that the program wrote
 * @got:	bytes that came in order
 * @timer_ns:	when its timer event comes; others are stale
 * @main_us:	when the stream's timers are due
 * @ack_us:	likewise
 * @syn_us:	when the first SYN was sent
 * @ready_ns:	when the host has sent all it had to
 * @challenge_ms: when the last challenge ACK was sent
 * @side:	0: opens, 1: listens
 * @full:	it has what a socket has; else it is half-open, in TIME_WAIT,
 *		or not there
 * @user:	a program holds it
 * @eof:	the program knows that nothing more will come
 * @shut:	the program writes no more
 */
struct end {
	struct xtcp_record r;
	struct xtcp_stream s;
	struct store store;
	struct pair *pair;
	struct flow *flow;
	u64 una_offset;
	u64 written;
	u64 got;
	u64 timer_ns;
	u64 main_us;
	u64 ack_us;
	u64 syn_us;
	u64 ready_ns;
	u32 challenge_ms;
	u8 side;
	bool full;
	bool user;
	bool eof;
	bool shut;
};

/* One event, and what it led to. */
struct turn {
	struct xtcp_event e;
	struct xtcp_orders o;
	const struct packet *p;
	u32 snd_una;
	u32 snd_wnd;
	u32 rcv_nxt;
	u32 since_ms;
	u8 retries;
};

void turn_init(struct sim *sim, struct end *e, struct turn *t,
	       enum xtcp_event_kind kind);
/* host.c: the step, and what it orders of a connection with a stream */
void host_take_turn(struct sim *sim, struct end *e, struct turn *t);
void host_carry_out(struct sim *sim, struct end *e, struct turn *t);
void host_happen(struct sim *sim, struct end *e, enum xtcp_event_kind kind);
void host_open(struct sim *sim, struct end *e, struct flow *f);
void host_opening(const struct sim *sim, const struct end *e,
		  struct xtcp_opening *open);
void host_timer(struct sim *sim, struct end *e);
void host_timer_arm(struct sim *sim, struct end *e);
bool host_reusable(const struct sim *sim, const struct end *e);
/* What the stream counted becomes the flow's. */
void host_harvest(struct end *e);

/* input.c: a segment for whoever is there */
void host_arrive(struct sim *sim, struct end *e, const struct packet *p);
/* A connection without a stream: its timer fired. */
void small_expired(struct sim *sim, struct end *e);

/* output.c */
void send_ack(struct sim *sim, struct end *e);
void send_syn(struct sim *sim, struct end *e);
void send_reset(struct sim *sim, struct end *e, const struct xtcp_orders *o);
void send_reply(struct sim *sim, struct end *e);
void send_keepalive(struct sim *sim, struct end *e);
void send_probe(struct sim *sim, struct end *e);
/* Whatever may go now. Returns whether anything went. */
/* Memory for what is lost or out of order */
struct xtcp_bulk *bulk_of(struct end *e);
bool send_push(struct sim *sim, struct end *e);
void send_timers(struct sim *sim, struct end *e);

/* ---- app.c: programs ---- */

/* What an end tells its program. */
void app_opened(struct sim *sim, struct end *e);
void app_moved(struct sim *sim, struct end *e);
void app_gone(struct sim *sim, struct end *e, const struct xtcp_orders *o);
/* The record is CLOSED, or another connection's. */
void app_over(struct sim *sim, struct end *e);

/**
 * struct flow - one connection: what it was to do and what became of it
 * @want:	bytes of each end's stream
 * @got:	bytes of it that arrived, by the end that got them
 * @warm_got:	as they were when measuring began
 * @stop_got:	as they were when an endless flow was told to end
 * @begin_ns:	its program called connect()
 * @open_ns:	connect() returned
 * @stop_ns:	when that was; 0: never
 * @done_ns:	the last byte arrived
 * @over_ns:	both records were CLOSED
 */
struct flow {
	u64 want[2];
	u64 got[2];
	u64 warm_got[2];
	u64 stop_got[2];
	u64 stop_ns;
	u64 begin_ns;
	u64 open_ns;
	u64 done_ns;
	u64 over_ns;
	u64 rtt_sum_us;
	u32 rtt_count;
	u32 segments;
	u32 retransmits;
	u32 timeouts;
	u32 fast_retransmits;
	u32 syns;
	u64 base_rtt_ns;	/* without any queue */
	u32 user;
	u16 group;
	u8 reason;
	u8 ends_over;
	bool done;
	bool failed;
};

/* Both ends of a connection, and of those after it between the same ports. */
struct pair {
	struct end end[2];
	struct user *user;
	const struct flow_config *c;
	u64 delay_ns;
	u32 isn;
	u32 ts_offset;
};

/* A program that opens connections, one after the other. */
struct user {
	const struct flow_config *c;
	struct xtcp_policy policy;
	struct xtcp_stream_params params;
	struct pair *pairs;
	struct flow *flow;	/* the present one */
	struct pair *current;	/* and its pair */
	u32 number;		/* in its group */
	u32 next_pair;
	u32 left;		/* flows still to begin */
	u16 group;
};

void app_begin(struct sim *sim, struct user *u);
/* An endless flow has written enough. */
void app_stop(struct sim *sim, struct user *u);
/* NULL, or what is wrong */
const char *app_start_all(struct sim *sim);
void app_free_all(struct sim *sim);

/* ---- run.c ---- */

struct sim {
	const struct scenario *c;
	u64 now_ns;
	u64 end_ns;	/* the last flow's last byte arrived */
	struct sim_heap heap;
	struct sim_random random;
	struct link link[2];	/* by the end that sends into it */
	struct packet *free;
	struct packet **blocks;
	size_t nblocks;
	u64 packets;		/* not free */
	struct user *users;
	u32 nusers;
	struct flow **flows;	/* all there were, in the order of their begin */
	size_t nflows;
	size_t flow_room;
	u32 active;		/* flows whose text is not yet across */
	u32 to_come;		/* flows that did not begin yet */
	u64 segs_out;		/* counted by the ends, not by the links */
	u64 segs_in;
	u64 events;
	u64 reopened;		/* TIME_WAIT gave way to a new connection */
	u64 refused;		/* no pair was free */
	u64 late;		/* segments of earlier connections */
	const char *broken;	/* the first promise that was broken */
	FILE *series;
	FILE *trace;
	u64 got;		/* text that arrived, of all flows */
	u64 sampled_got;
	u64 sampled_busy_ns;
	bool warm;
};

static inline u64 sim_now_us(const struct sim *sim)
{
	return sim->now_ns / NS_PER_US;
}

static inline u32 sim_now_ms(const struct sim *sim)
{
	return (u32)(sim->now_ns / NS_PER_MS);
}

static inline struct end *peer_end(struct end *e)
{
	return &e->pair->end[!e->side];
}

void sim_promise(struct sim *sim, bool kept, const char *what);
/* NULL, or what is wrong */
const char *sim_init(struct sim *sim, const struct scenario *c);
/* Until everybody is done and every record is CLOSED, or time is up. */
void sim_run(struct sim *sim);
void sim_free(struct sim *sim);
/* NULL, or what does not add up: sent = arrived + lost + queued + under way */
const char *sim_conserves(const struct sim *sim);
/* How many records are not CLOSED. */
u32 sim_open_records(const struct sim *sim);

/* ---- summary.c ---- */

/* Of a group of flows, or of all. */
struct summary {
	u32 flows;
	u32 completed;
	u32 failed;
	u64 bytes;
	u64 segments;
	u64 retransmits;
	u64 timeouts;
	u64 fast_retransmits;
	double goodput_bps;	/* of all of them together */
	double least_bps;
	double most_bps;
	double jain;
	double rtt_ms;
	double rtt_inflation;
	double done_s[3];	/* completion: median, 95th of 100, longest */
};

#define ALL_GROUPS	0xffff

void summarize(const struct sim *sim, u32 group, struct summary *s);
double flow_goodput(const struct sim *sim, const struct flow *f);
double flow_rtt_ms(const struct flow *f);
/* Busy, of a hundred, since measuring began, on the busier link. */
double sim_utilisation(const struct sim *sim);
const struct link *sim_bottleneck(const struct sim *sim);

/* ---- report.c ---- */

void report_sample(struct sim *sim);
void report_series_head(struct sim *sim);
void report_flows(const struct sim *sim, FILE *to);
void report_summary_head(FILE *to);
void report_summary(const struct sim *sim, const char *value, FILE *to);
/* What the columns mean. */
void report_help(FILE *to);

#endif
