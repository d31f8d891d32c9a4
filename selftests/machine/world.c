// SPDX-License-Identifier: GPL-2.0-only
/* The host: it carries out orders, and keeps book. */
#include "world.h"

/* Numbers are dense: a life uses up 4 of its 16 at most. */
#define LIFE_NUMBERS	16

/* Few retries, so that giving up is explored as well. */
static const struct xtcp_policy usual = {
	.msl_ms = 1000,
	.fin_timeout_ms = 1000,
	.rto_init_ms = 1000,
	.rto_max_ms = 4000,
	.syn_retries = 1,
	.synack_retries = 1,
	.retries2 = 1,
	.orphan_retries = 1,
	.rfc1337 = 1,
	.self_connect = 1,
};

/* Where the numbers of A's and of B's first life begin */
static const u32 first_iss[FIRST_NUMBERS][2] = {
	{ 0x00000000, 0x80000000 },
	{ 0x80000000, 0xffffffff },
	{ 0xffffffff, 0x00000000 },
};

struct xtcp_policy world_policy;
u8 world_fault;
u8 world_attack;
u8 world_window;
bool world_reads;
bool world_fast;
const char *world_sought;
static unsigned int numbers_from;
static s16 life_numbers;
static u8 first_life[2];

void world_begin(const struct scenario *s, unsigned int first)
{
	u8 differs = s->rules.policy;

	world_policy = usual;
	world_policy.abort_on_overflow = !!(differs & ON_OVERFLOW_ABORT);
	world_policy.rfc1337 = !(differs & NO_RFC1337);
	world_policy.self_connect = !(differs & NO_SELF_CONNECT);
	world_policy.shutdown_read_keeps = !!(differs & SHUT_READ_KEEPS);
	world_policy.timestamps = !!(differs & TIMESTAMPS);
	if (differs & NO_FIN_TIMEOUT)
		world_policy.fin_timeout_ms = 0;
	world_fault = s->fault;
	world_attack = s->rules.attack;
	world_reads = s->rules.window;
	world_fast = differs & FAST_OPEN;
	world_window = world_reads ? s->rules.window : WINDOW;
	world_sought = s->rules.only ? s->breaks : NULL;
	numbers_from = first;
	life_numbers = s->rules.numbers ? s->rules.numbers : LIFE_NUMBERS;
}

void world_init(struct world *w, bool self)
{
	memset(w, 0, sizeof(*w));
	w->self = self;
	xtcp_record_init(&w->end[0].r);
	xtcp_record_init(&w->end[1].r);
	first_life[0] = 1;
	first_life[1] = 1;
}

void world_had_lives(struct world *w, u8 end, u8 lives)
{
	w->end[end].life = lives;
	w->end[end].born = lives;
	first_life[end] = lives + 1;
}

u8 world_first_life(u8 end)
{
	return first_life[end];
}

u8 peer_of(const struct world *w, u8 end)
{
	return w->self ? end : !end;
}

u32 world_iss(const struct world *w, u8 end, u8 life)
{
	s32 lives = life - first_life[end];

	(void)w;
	return first_iss[numbers_from][end] + (u32)(lives * life_numbers);
}

u32 world_shift(void)
{
	return first_iss[numbers_from][1] - first_iss[numbers_from][0];
}

u8 life_of(const struct world *w, u8 end, u32 iss)
{
	u8 life;

	for (life = 1; life <= LIVES; life++)
		if (world_iss(w, end, life) == iss)
			return life;
	return 0;
}

struct life *life_at(struct world *w, u8 end, u8 life)
{
	static struct life nobody;

	if (life)
		return &w->end[end].lives[life - 1];
	memset(&nobody, 0, sizeof(nobody));
	return &nobody;
}

struct life *my_life(struct world *w, u8 end)
{
	return life_at(w, end, w->end[end].life);
}

u8 peer_life(const struct world *w, u8 end)
{
	return life_of(w, peer_of(w, end), w->end[end].r.irs);
}

void event(struct xtcp_event *e, enum xtcp_event_kind kind)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->policy = &world_policy;
}

/* The right edge never goes back, even if there is less room by now. */
u32 window_edge(const struct world *w, u8 end)
{
	const struct end *me = &w->end[end];
	u32 edge = me->r.rcv_nxt + world_window - me->unread;

	return seq_gt(me->r.rcv_adv, edge) ? me->r.rcv_adv : edge;
}

/* Something new left, or a window was told: the record counts it. */
static void sent(struct world *w, u8 end, u8 len, bool fin)
{
	struct xtcp_event e;

	event(&e, XTCP_EV_SENT);
	e.len = len;
	e.fin = fin;
	e.rcv_adv = window_edge(w, end);
	step(w, end, &e, NULL);
}

void emit_ack(struct world *w, u8 end)
{
	net_emit(w, end, XTCP_ACK, xtcp_bare_seq(&w->end[end].r), 0);
	sent(w, end, 0, false);
}

u8 unsent(const struct world *w, u8 end)
{
	const struct end *me = &w->end[end];
	u32 numbers = me->r.snd_nxt - me->r.iss - 1;

	if (me->r.flags & XTCP_F_FIN_SENT)
		return 0;
	return me->lives[me->life - 1].written - numbers;
}

bool fin_unsent(const struct world *w, u8 end)
{
	u16 flags = w->end[end].r.flags;

	return (flags & XTCP_F_FIN_QUEUED) && !(flags & XTCP_F_FIN_SENT) &&
	       world_fault != FORGETS_FIN;
}

/* Text for the first time, with the FIN if nothing is left behind it. */
void send_new(struct world *w, u8 end, u8 len, bool fin)
{
	u32 seq = w->end[end].r.snd_nxt;

	sent(w, end, len, fin);
	net_emit(w, end, XTCP_ACK | (fin ? XTCP_FIN : 0), seq, len);
}

/* All that is not acknowledged and that the peer takes, in one segment. */
static void send_again(struct world *w, u8 end)
{
	const struct xtcp_record *r = &w->end[end].r;
	u32 numbers = r->snd_nxt - r->snd_una;
	bool fin = r->flags & XTCP_F_FIN_SENT;

	if (numbers > r->snd_wnd) {
		numbers = r->snd_wnd;
		fin = false;
	}
	net_emit(w, end, XTCP_ACK | (fin ? XTCP_FIN : 0), r->snd_una,
		 numbers - fin);
}

/* Text that is not acknowledged, sent or not */
u8 queued(const struct world *w, u8 end)
{
	const struct end *me = &w->end[end];
	u32 acked = me->r.snd_una - me->r.iss - 1;
	u8 written = me->lives[me->life - 1].written;

	return written > acked ? written - acked : 0;
}

/* The first byte that the peer has no room for; if there is none, the FIN. */
void send_probe(struct world *w, u8 end)
{
	u32 una = w->end[end].r.snd_una;
	bool text = queued(w, end);

	if (una == w->end[end].r.snd_nxt)
		send_new(w, end, text, !text);
	else
		net_emit(w, end, XTCP_ACK | (text ? 0 : XTCP_FIN), una, text);
}

/* ---- carrying out orders ---- */

/* Text is marked as stored by its place behind IRS + 1. */
static void store(struct end *me, const struct xtcp_orders *o,
		  const struct packet *p, bool alien)
{
	u32 first = p->seq - me->r.irs - 1;
	u8 places = ((1u << o->text_len) - 1) << first;

	me->stored |= places;
	if (alien)
		me->alien |= places;
	if (o->store_fin)
		me->stored_fin = first + o->text_len + 1;
}

void take(struct world *w, u8 end, const struct xtcp_orders *o,
	  const struct packet *p)
{
	struct end *me = &w->end[end];

	if (o->todo & XTCP_DO_STORE) {
		check_stored(w, end, p);
		store(me, o, p, p->life != peer_life(w, end));
	}
	if (o->todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD)) {
		if (p)
			check_text(w, end, p, o->text_off);
		my_life(w, end)->taken += o->text_len;
	}
	if (world_reads && (o->todo & XTCP_DO_TEXT))
		me->unread += o->text_len;
	if ((o->todo & XTCP_DO_EOF) && o->event != XTCP_EV_SHUT_READ)
		check_eof(w, end);
	my_life(w, end)->fin_taken |= !!(me->r.flags & XTCP_F_FIN_RCVD);
}

/* What waited out of order may be next now. */
static void take_stored(struct world *w, u8 end)
{
	struct end *me = &w->end[end];
	u32 place = me->r.rcv_nxt - me->r.irs - 1;
	struct xtcp_event e;

	if (!xtcp_in(&me->r, XTCP_MAY_RECEIVE) ||
	    !(me->stored || me->stored_fin)) {
		me->stored = 0;
		me->alien = 0;
		me->stored_fin = 0;
		return;
	}
	if (me->stored >> place & 1) {
		check_stored_text(w, end, place);
		event(&e, XTCP_EV_STORED);
		e.seg.len = 1;
	} else if (me->stored_fin == place + 1) {
		event(&e, XTCP_EV_STORED_FIN);
		e.seg.flags = XTCP_FIN;
	} else {
		return;
	}
	e.seg.seq = me->r.rcv_nxt;
	step(w, end, &e, NULL);
}

void answer(struct world *w, u8 end, const struct xtcp_orders *o)
{
	struct end *me = &w->end[end];
	u8 text = 0;
	bool silenced = me->challenged && world_fault != ENDLESS_ANSWERS;
	u32 todo = o->todo;

	if (todo & XTCP_DO_RST)
		net_emit_rst(w, end, o);
	/* RFC 7413 4.2.1: repeated without text */
	if (todo & XTCP_DO_SYN && !me->r.retries)
		text = me->r.snd_nxt - me->r.iss - 1;
	if (todo & XTCP_DO_SYN)
		net_emit(w, end, XTCP_SYN, me->r.iss, text);
	if (todo & XTCP_DO_SYN_ACK)
		net_emit(w, end, XTCP_SYN | XTCP_ACK, me->r.iss, 0);
	if (todo & XTCP_DO_FREE)
		return;
	if ((todo & XTCP_DO_RETRANSMIT) && world_fault != DEAF_TO_TIME_OUTS)
		send_again(w, end);
	if (todo & XTCP_DO_ACK_LATER)
		me->owes_ack = 1;
	if ((todo & XTCP_DO_ACK) || ((todo & XTCP_DO_CHALLENGE) && !silenced))
		emit_ack(w, end);
	me->challenged |= !!(todo & XTCP_DO_CHALLENGE);
}

void forget(struct world *w, u8 end)
{
	struct end *me = &w->end[end];

	xtcp_record_init(&me->r);
	me->user = 0;
	me->stored = 0;
	me->alien = 0;
	me->stored_fin = 0;
	me->unread = 0;
	me->owes_ack = 0;
	me->challenged = 0;
}

/*
 * What else follows from a step: SENT is one too, and may come from within.
 * The books are balanced when the record is as the step left it.
 */
void step(struct world *w, u8 end, struct xtcp_event *e,
	  const struct packet *p)
{
	const u32 brought = XTCP_DO_TEXT | XTCP_DO_DISCARD | XTCP_DO_STORE |
			    XTCP_DO_EOF;
	struct end *me = &w->end[end];
	struct xtcp_record before = me->r;
	struct xtcp_orders o;

	faulty_step(&me->r, e, &o);
	check_step(&before, e, &o, &me->r);
	if (o.todo & XTCP_DO_ESTABLISHED)
		check_open(w, end);
	take(w, end, &o, p);
	check_orderly(w, end, &before, &o);
	answer(w, end, &o);
	if ((o.todo & XTCP_DO_TIMER) && me->r.timer == XTCP_LIFE_TIME_WAIT)
		net_age(w, end);
	check_acked(w, end);
	if (o.todo & XTCP_DO_FREE)
		forget(w, end);
	else if (o.todo & brought)
		take_stored(w, end);
	faulty_host(w, end);
	check_not_stuck(w, end);
	if (o.todo & XTCP_DO_REOPEN)
		promise(me->listens, "reopened though nobody listens");
}

void begin_life(struct world *w, u8 end, u8 life)
{
	struct end *me = &w->end[end];

	me->life = life;
	if (life <= BORN_LIVES)
		me->born = life;
	memset(my_life(w, end), 0, sizeof(struct life));
}

static void to_nobody(struct world *w, u8 end, struct xtcp_event *e)
{
	struct xtcp_record none = { .state = XTCP_CLOSED }, before = none;
	struct xtcp_orders o;

	faulty_step(&none, e, &o);
	check_step(&before, e, &o, &none);
	answer(w, end, &o);
}

static void arrival(const struct world *w, const struct packet *p,
		    struct xtcp_event *e)
{
	event(e, XTCP_EV_SEGMENT);
	e->listening = w->end[p->to].listens;
	e->accept_full = w->end[p->to].full;
	e->self = w->self;
	e->seg.seq = p->seq;
	e->seg.ack = p->ack;
	e->seg.flags = p->flags;
	e->seg.len = p->len;
	e->seg.wnd = p->wnd;
	if (p->flags & XTCP_URG)
		e->seg.up = 1;
	if (!p->ts)
		return;
	e->seg.opts = XTCP_OPT_TS;
	e->seg.tsval = p->ts;
}

void deliver(struct world *w, const struct packet *p)
{
	struct end *me = &w->end[p->to];
	bool second = world_fault == TWO_PER_PAIR && p->flags == XTCP_SYN &&
		      me->listens;
	struct xtcp_event e;

	arrival(w, p, &e);
	if (me->r.state != XTCP_CLOSED && !second) {
		bool time_wait = me->r.state == XTCP_TIME_WAIT;

		step(w, p->to, &e, p);
		/* A newer SYN ended TIME_WAIT: it is for the listener. */
		if (!time_wait || me->r.state != XTCP_CLOSED ||
		    !(p->flags & XTCP_SYN))
			return;
	}
	if (me->listens)
		to_listener(w, p->to, &e, p);
	else
		to_nobody(w, p->to, &e);
}
