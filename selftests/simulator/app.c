// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs: a client that connects, sends, gets an answer and closes, perhaps
 * many times; and its server.
 */
#include <stdlib.h>

#include "sim.h"

#define ORPHAN_RETRIES	8
#define TRY_AGAIN_NS	(100 * NS_PER_MS)

/* ---- one connection ---- */

static bool endless(const struct end *e)
{
	return e->pair->c->until && !e->flow->stop_ns;
}

/* How much an end may write by now: the server answers what it has read. */
static u64 target(const struct end *e)
{
	const struct flow *f = e->flow;

	if (e->side && (endless(e) || e->got < f->want[0]))
		return 0;
	return f->want[e->side];
}

static void write_more(struct sim *sim, struct end *e)
{
	u64 room = e->una_offset + e->pair->c->send_buffer;
	u64 most = target(e);

	if (most > room)
		most = room;
	if (e->written >= most || e->shut || !xtcp_in(&e->r, XTCP_MAY_WRITE))
		return;
	e->written = most;
	send_push(sim, e);
}

/* It has written all it had to, and knows all it wants to. */
static bool is_through(const struct end *e)
{
	const struct flow *f = e->flow;

	return !endless(e) && e->written == f->want[e->side] &&
	       e->got == f->want[!e->side];
}

static void next_flow(struct sim *sim, struct user *u)
{
	const struct span *pause = &u->c->pause;
	u64 after = random_below(&sim->random,
				 pause->most - pause->least + 1);

	if (u->left)
		heap_push(&sim->heap, sim->now_ns + pause->least + after,
			  SIM_BEGIN, u);
}

/* The program holds it no more. */
static void let_go(struct sim *sim, struct end *e)
{
	if (!e->user)
		return;
	e->user = false;
	if (!e->side)
		next_flow(sim, e->pair->user);
}

static bool closes_first(const struct end *e)
{
	return e->side == !strcmp(e->pair->c->first.text, "server");
}

/*
 * Who still has something under way shuts down and waits for the other's end; who
 * has not, or has seen that end, closes.
 */
static void close_if_through(struct sim *sim, struct end *e)
{
	bool idle = e->una_offset == e->written;

	if (!e->user || !is_through(e) || !(e->eof || closes_first(e)))
		return;
	if (e->eof || (idle && e->flow->want[!e->side])) {
		e->shut = true;
		if (e->r.state != XTCP_CLOSED)
			host_happen(sim, e, XTCP_EV_CLOSE);
		let_go(sim, e);
	} else if (!e->shut) {
		e->shut = true;
		host_happen(sim, e, XTCP_EV_SHUT_WRITE);
	}
}

static void settle(struct sim *sim, struct flow *f)
{
	if (f->done || f->failed)
		return;
	f->done_ns = sim->now_ns;
	sim->end_ns = sim->now_ns;
	sim->link[0].end = sim->link[0].n;
	sim->link[1].end = sim->link[1].n;
	sim->active--;
}

static void note_done(struct sim *sim, struct end *e)
{
	struct flow *f = e->flow;

	if (endless(e) || f->got[1] != f->want[0] || f->got[0] != f->want[1])
		return;
	settle(sim, f);
	f->done = true;
}

void app_opened(struct sim *sim, struct end *e)
{
	if (!e->side)
		e->flow->open_ns = sim->now_ns;
}

void app_moved(struct sim *sim, struct end *e)
{
	note_done(sim, e);
	if (!e->user)
		return;
	write_more(sim, e);
	close_if_through(sim, e);
}

void app_over(struct sim *sim, struct end *e)
{
	if (++e->flow->ends_over == 2)
		e->flow->over_ns = sim->now_ns;
}

void app_gone(struct sim *sim, struct end *e, const struct xtcp_orders *o)
{
	struct flow *f = e->flow;

	if (o->todo & XTCP_DO_FREE)
		app_over(sim, e);
	if ((o->todo & XTCP_DO_FREE) && !f->done && (e->user || !e->side)) {
		settle(sim, f);
		f->failed = true;
		f->reason = o->reason;
	}
	let_go(sim, e);
}

/* ---- one after the other ---- */

static struct flow *new_flow(struct sim *sim, struct user *u)
{
	struct flow *f = calloc(1, sizeof(*f));

	if (sim->nflows == sim->flow_room) {
		sim->flow_room = sim->flow_room ? 2 * sim->flow_room : 256;
		sim->flows = realloc(sim->flows, sim->flow_room *
						 sizeof(*sim->flows));
	}
	if (!f || !sim->flows)
		abort();
	sim->flows[sim->nflows++] = f;
	f->user = u->number;
	f->group = u->group;
	f->begin_ns = sim->now_ns;
	f->want[0] = u->c->until ? SIM_NEVER :
		     random_heavy(&sim->random, u->c->up.least, u->c->up.most);
	f->want[1] = random_heavy(&sim->random, u->c->down.least,
				  u->c->down.most);
	return f;
}

/* A pair of ports whose last connection is over, as far as we can know. */
static struct pair *free_pair(struct sim *sim, struct user *u)
{
	struct pair *p;
	u64 i;

	for (i = 0; i < u->c->pairs; i++) {
		p = &u->pairs[u->next_pair++ % u->c->pairs];
		if (p->end[0].r.state == XTCP_CLOSED ||
		    host_reusable(sim, &p->end[0]))
			return p;
	}
	return NULL;
}

void app_begin(struct sim *sim, struct user *u)
{
	struct pair *p = free_pair(sim, u);

	if (!p) {
		sim->refused++;
		heap_push(&sim->heap, sim->now_ns + TRY_AGAIN_NS, SIM_BEGIN,
			  u);
		return;
	}
	u->left--;
	sim->to_come--;
	sim->active++;
	u->flow = new_flow(sim, u);
	u->flow->base_rtt_ns = sim->link[0].c->delay + sim->link[1].c->delay +
			       2 * p->delay_ns;
	u->current = p;
	host_open(sim, &p->end[0], u->flow);
}

void app_stop(struct sim *sim, struct user *u)
{
	struct flow *f = u->flow;
	struct end *e;

	if (!f || f->failed)
		return;
	e = &u->current->end[0];
	f->stop_ns = sim->now_ns;
	f->stop_got[0] = f->got[0];
	f->stop_got[1] = f->got[1];
	f->want[0] = e->written;
	app_moved(sim, e);
	app_moved(sim, peer_end(e));
	host_timer_arm(sim, e);
}

/* ---- all of them ---- */

static void init_pair(struct sim *sim, struct user *u, struct pair *p)
{
	const struct span *delay = &u->c->delay;
	u64 others = u->c->count > 1 ? u->c->count - 1 : 1;
	u32 i;

	p->user = u;
	p->c = u->c;
	p->delay_ns = delay->least +
		      (delay->most - delay->least) / others * u->number;
	p->isn = random_u32(&sim->random);
	p->ts_offset = random_u32(&sim->random);
	for (i = 0; i < 2; i++) {
		xtcp_record_init(&p->end[i].r);
		p->end[i].pair = p;
		p->end[i].side = i;
		p->end[i].timer_ns = SIM_NEVER;
	}
}

static void set_up(const struct flow_config *c, struct user *u)
{
	u->policy = (struct xtcp_policy){
		.msl_ms = c->msl / NS_PER_MS,
		.fin_timeout_ms = 60000,
		.rto_init_ms = 1000,
		.rto_max_ms = 120000,
		.syn_retries = 7,
		.synack_retries = 5,
		.retries2 = c->retries,
		.orphan_retries = ORPHAN_RETRIES,
		.rfc1337 = 1,
		.timestamps = !!c->timestamps,
		.window_scaling = 1,
		.sack = !!c->sack,
		.ecn = !!c->ecn,
	};
	xtcp_stream_defaults(&u->params);
	u->params.cc = xtcp_cc_find(c->cc.text);
	u->params.rto_min_us = c->rto_min / NS_PER_US;
	u->params.delack_us = c->delack / NS_PER_US;
	u->params.initial_segments = c->initial;
	u->params.probe_retries = c->retries;
}

static void start_user(struct sim *sim, struct user *u, u16 group, u32 number)
{
	const struct flow_config *c = &sim->c->group[group];
	u64 start = c->start.least +
		    random_below(&sim->random,
				 c->start.most - c->start.least + 1);
	u64 i;

	u->c = c;
	u->group = group;
	u->number = number;
	u->left = c->times;
	u->pairs = calloc(c->pairs, sizeof(*u->pairs));
	if (!u->pairs)
		abort();
	set_up(c, u);
	for (i = 0; i < c->pairs; i++)
		init_pair(sim, u, &u->pairs[i]);
	sim->to_come += u->left;
	heap_push(&sim->heap, SIM_BEGIN_NS + start, SIM_BEGIN, u);
	if (c->until)
		heap_push(&sim->heap, SIM_BEGIN_NS + c->until, SIM_STOP, u);
}

static const char *check_group(const struct flow_config *c)
{
	if (!xtcp_cc_find(c->cc.text))
		return "no such congestion control";
	if (strcmp(c->first.text, "client") && strcmp(c->first.text, "server"))
		return "first is neither client nor server";
	if (!c->count || !c->pairs || !c->times)
		return "count, pairs and times are at least 1";
	if (c->until && (c->times > 1 || c->until <= c->start.most))
		return "until ends one flow, after its start";
	if (c->mss < 88 || c->mss > 65495 - 60)
		return "no such mss";
	if (c->window < c->mss || c->window > 1u << 30 ||
	    c->send_buffer < c->mss || c->send_buffer > 1u << 30)
		return "window or send_buffer too small or too large";
	if (!c->initial || c->initial > 255 || c->retries > 255 || !c->retries)
		return "initial and retries are from 1 to 255";
	return NULL;
}

const char *app_start_all(struct sim *sim)
{
	const char *wrong;
	u32 group, i, n = 0;

	for (group = 0; group < sim->c->groups; group++) {
		wrong = check_group(&sim->c->group[group]);
		if (wrong)
			return wrong;
		sim->nusers += sim->c->group[group].count;
	}
	sim->users = calloc(sim->nusers ? sim->nusers : 1,
			    sizeof(*sim->users));
	if (!sim->users)
		abort();
	for (group = 0; group < sim->c->groups; group++)
		for (i = 0; i < sim->c->group[group].count; i++)
			start_user(sim, &sim->users[n++], group, i);
	return NULL;
}

void app_free_all(struct sim *sim)
{
	size_t i;
	u64 k;

	for (i = 0; i < sim->nusers; i++) {
		for (k = 0; k < sim->users[i].c->pairs; k++) {
			store_purge(&sim->users[i].pairs[k].end[0].store);
			store_purge(&sim->users[i].pairs[k].end[1].store);
		}
		free(sim->users[i].pairs);
	}
	for (i = 0; i < sim->nflows; i++)
		free(sim->flows[i]);
	free(sim->flows);
	free(sim->users);
}
