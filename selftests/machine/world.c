// SPDX-License-Identifier: GPL-2.0-only
/* The network, and the host that carries out orders. */
#include <stdlib.h>
#include "world.h"

/* Numbers are dense and near the wrap: a life uses up 4 of its 16 at most. */
#define FIRST_ISS	0xffffffd8u
#define LIFE_NUMBERS	16

/* Few retries, so that giving up is explored as well. */
struct xtcp_policy world_policy = {
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

u8 peer_of(const struct world *w, u8 end)
{
	return w->self ? end : !end;
}

u32 world_iss(const struct world *w, u8 end, u8 life)
{
	(void)w;
	return FIRST_ISS + LIFE_NUMBERS * life + (end ? 0x80000000u : 0);
}

/* Which of an end's lives has this number? 0: none, for ever unused */
static u8 life_of(const struct world *w, u8 end, u32 iss)
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

/* The incarnation of the peer that this record speaks with. */
u8 peer_life(const struct world *w, u8 end)
{
	return life_of(w, peer_of(w, end), w->end[end].r.irs);
}

/* ---- the network ---- */

static void put(struct world *w, const struct packet *p)
{
	struct packet *place = NULL;
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++) {
		if (!memcmp(&w->net[i], p, sizeof(*p)))
			return;
		if (!w->net[i].used)
			place = &w->net[i];
	}
	if (place)
		*place = *p;
}

static int compare_packets(const void *a, const void *b)
{
	return memcmp(b, a, sizeof(struct packet));
}

/* Any of them may be next, so their order says nothing. */
void sort_network(struct world *w)
{
	qsort(w->net, IN_FLIGHT, sizeof(w->net[0]), compare_packets);
}

void event(struct xtcp_event *e, enum xtcp_event_kind kind)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->policy = &world_policy;
}

/* Something new left, or a window was told: the record counts it. */
static void sent(struct world *w, u8 end, u8 len, bool fin)
{
	struct xtcp_event e;

	event(&e, XTCP_EV_SENT);
	e.len = len;
	e.fin = fin;
	e.rcv_adv = w->end[end].r.rcv_nxt + WINDOW;
	step(w, end, &e, NULL);
}

static void emit(struct world *w, u8 end, u8 flags, u32 seq, u8 len)
{
	const struct end *me = &w->end[end];
	struct packet p = {
		.seq = seq, .to = peer_of(w, end), .flags = flags, .len = len,
		.life = me->life, .used = 1,
		.ack = flags & XTCP_ACK ? me->r.rcv_nxt : 0,
	};

	put(w, &p);
	if (flags & XTCP_ACK)
		w->end[end].owes_ack = 0;
}

void emit_ack(struct world *w, u8 end)
{
	emit(w, end, XTCP_ACK, w->end[end].r.snd_nxt, 0);
	sent(w, end, 0, false);
}

static void emit_rst(struct world *w, u8 end, const struct xtcp_orders *o)
{
	struct packet p = {
		.seq = o->rst_seq, .ack = o->rst_ack, .flags = o->rst_flags,
		.to = peer_of(w, end), .used = 1,
	};

	put(w, &p);
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

	return (flags & XTCP_F_FIN_QUEUED) && !(flags & XTCP_F_FIN_SENT);
}

/* Text for the first time, with the FIN if nothing is left behind it. */
void send_new(struct world *w, u8 end, u8 len, bool fin)
{
	u32 seq = w->end[end].r.snd_nxt;

	sent(w, end, len, fin);
	emit(w, end, XTCP_ACK | (fin ? XTCP_FIN : 0), seq, len);
}

/* All that is not acknowledged, in one segment. */
static void send_again(struct world *w, u8 end)
{
	const struct xtcp_record *r = &w->end[end].r;
	bool fin = r->flags & XTCP_F_FIN_SENT;

	emit(w, end, XTCP_ACK | (fin ? XTCP_FIN : 0), r->snd_una,
	     r->snd_nxt - r->snd_una - fin);
}

/* ---- carrying out orders ---- */

static void take(struct world *w, u8 end, const struct xtcp_orders *o,
		 const struct packet *p)
{
	struct end *me = &w->end[end];
	u32 first;

	if (o->todo & XTCP_DO_STORE) {
		first = p->seq - me->r.irs - 1;
		promise(p->life == peer_life(w, end),
			"text of another connection was stored");
		me->stored |= ((1u << o->text_len) - 1) << first;
		if (o->store_fin)
			me->stored_fin = first + o->text_len + 1;
	}
	if (o->todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD)) {
		if (p)
			check_text(w, end, p, o->text_off);
		my_life(w, end)->taken += o->text_len;
	}
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
		me->stored_fin = 0;
		return;
	}
	if (me->stored >> place & 1) {
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

static void answer(struct world *w, u8 end, const struct xtcp_orders *o)
{
	struct end *me = &w->end[end];
	u32 todo = o->todo;

	if (todo & XTCP_DO_RST)
		emit_rst(w, end, o);
	if (todo & XTCP_DO_SYN)
		emit(w, end, XTCP_SYN, me->r.iss, 0);
	if (todo & XTCP_DO_SYN_ACK)
		emit(w, end, XTCP_SYN | XTCP_ACK, me->r.iss, 0);
	if (todo & XTCP_DO_FREE)
		return;
	if (todo & XTCP_DO_RETRANSMIT)
		send_again(w, end);
	if (todo & XTCP_DO_ACK_LATER)
		me->owes_ack = 1;
	if ((todo & XTCP_DO_ACK) ||
	    ((todo & XTCP_DO_CHALLENGE) && !me->challenged))
		emit_ack(w, end);
	me->challenged |= !!(todo & XTCP_DO_CHALLENGE);
}

static void forget(struct world *w, u8 end)
{
	struct end *me = &w->end[end];

	xtcp_record_init(&me->r);
	me->user = 0;
	me->stored = 0;
	me->stored_fin = 0;
	me->owes_ack = 0;
	me->challenged = 0;
}

/* 2 MSL began: what is under way now will be gone when they are over. */
static void age(struct world *w, u8 end)
{
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++)
		if (w->net[i].used)
			w->net[i].old |= 1u << end;
}

void step(struct world *w, u8 end, struct xtcp_event *e,
	  const struct packet *p)
{
	struct end *me = &w->end[end];
	struct xtcp_record before = me->r;
	struct xtcp_orders o;

	xtcp_step(&me->r, e, &o);
	check_step(&before, e, &o, &me->r);
	if (o.todo & XTCP_DO_ESTABLISHED)
		check_open(w, end);
	take(w, end, &o, p);
	answer(w, end, &o);
	if ((o.todo & XTCP_DO_TIMER) && me->r.timer == XTCP_LIFE_TIME_WAIT)
		age(w, end);
	check_acked(w, end);
	if (o.todo & XTCP_DO_FREE)
		forget(w, end);
	else if (o.todo & (XTCP_DO_TEXT | XTCP_DO_DISCARD | XTCP_DO_STORE |
			   XTCP_DO_EOF))
		take_stored(w, end);
	check_not_stuck(w, end);
	if (o.todo & XTCP_DO_REOPEN)
		promise(me->listens, "reopened though nobody listens");
}

void begin_life(struct world *w, u8 end)
{
	struct end *me = &w->end[end];

	me->life++;
	memset(my_life(w, end), 0, sizeof(struct life));
}

static void to_listener(struct world *w, u8 end, struct xtcp_event *e)
{
	struct end *me = &w->end[end];
	struct xtcp_record listener = { .state = XTCP_LISTEN }, before;
	struct xtcp_record child = { .state = XTCP_CLOSED };
	struct xtcp_orders o;

	before = listener;
	e->child = &child;
	e->open.iss = world_iss(w, end, me->life + 1);
	e->open.rcv_wnd = WINDOW;
	e->accept_full = me->life == LIVES;
	xtcp_step(&listener, e, &o);
	check_step(&before, e, &o, &listener);
	if (o.todo & XTCP_DO_SPAWN) {
		begin_life(w, end);
		me->r = child;
	}
	answer(w, end, &o);
}

static void to_nobody(struct world *w, u8 end, struct xtcp_event *e)
{
	struct xtcp_record none = { .state = XTCP_CLOSED }, before = none;
	struct xtcp_orders o;

	xtcp_step(&none, e, &o);
	check_step(&before, e, &o, &none);
	answer(w, end, &o);
}

void deliver(struct world *w, const struct packet *p)
{
	struct end *me = &w->end[p->to];
	struct xtcp_event e;

	event(&e, XTCP_EV_SEGMENT);
	e.listening = me->listens;
	e.self = w->self;
	e.seg.seq = p->seq;
	e.seg.ack = p->ack;
	e.seg.flags = p->flags;
	e.seg.len = p->len;
	e.seg.wnd = WINDOW;
	if (me->r.state != XTCP_CLOSED) {
		bool time_wait = me->r.state == XTCP_TIME_WAIT;

		step(w, p->to, &e, p);
		/* A newer SYN ended TIME_WAIT: it is for the listener. */
		if (!time_wait || me->r.state != XTCP_CLOSED ||
		    !(p->flags & XTCP_SYN))
			return;
	}
	if (me->listens)
		to_listener(w, p->to, &e);
	else
		to_nobody(w, p->to, &e);
}

void world_init(struct world *w, bool self)
{
	memset(w, 0, sizeof(*w));
	w->self = self;
	xtcp_record_init(&w->end[0].r);
	xtcp_record_init(&w->end[1].r);
}

void world_stale(struct world *w, u8 to, u8 flags, u8 life, u32 seq, u32 ack)
{
	struct packet p = {
		.seq = seq, .ack = ack, .to = to, .flags = flags,
		.life = life, .used = 1,
	};

	put(w, &p);
	sort_network(w);
}
