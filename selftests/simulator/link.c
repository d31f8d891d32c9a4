// SPDX-License-Identifier: GPL-2.0-only
/* One direction of the bottleneck: a queue, a wire, and what goes wrong on it. */
#include <stdlib.h>

#include "sim.h"

#define BLOCK	1024	/* packets that are allocated at once */

struct packet *packet_new(struct sim *sim)
{
	struct packet *p;
	size_t i;

	if (!sim->free) {
		p = calloc(BLOCK, sizeof(*p));
		sim->blocks = realloc(sim->blocks, (sim->nblocks + 1) *
						   sizeof(*sim->blocks));
		if (!p || !sim->blocks)
			abort();
		sim->blocks[sim->nblocks++] = p;
		for (i = 0; i < BLOCK; i++) {
			p[i].next = sim->free;
			sim->free = &p[i];
		}
	}
	p = sim->free;
	sim->free = p->next;
	sim->packets++;
	return p;
}

void packet_free(struct sim *sim, struct packet *p)
{
	p->next = sim->free;
	sim->free = p;
	sim->packets--;
}

static u64 limit_bytes(const struct link_config *c, u64 rtt_ns)
{
	u64 bytes = c->rate / 8 * (rtt_ns / NS_PER_US) / 1000000;

	if (c->queue.unit == QUEUE_BYTES)
		return c->queue.value;
	if (c->queue.unit == QUEUE_PACKETS)
		return SIM_NEVER;
	return bytes * c->queue.value / 1000;
}

void link_init(struct link *l, struct sim *sim, const struct link_config *c,
	       u64 seed, u64 rtt_ns)
{
	l->sim = sim;
	l->c = c;
	l->last = &l->first;
	l->has_codel = !strcmp(c->aqm.text, "codel");
	l->queue_bytes_most = limit_bytes(c, rtt_ns);
	l->queue_packets_most = c->queue.unit == QUEUE_PACKETS ?
				c->queue.value : SIM_NEVER;
	random_seed(&l->random, sim->c->run.seed, seed);
}

static u64 takes_ns(const struct link *l, const struct packet *p)
{
	return p->bytes * 8 * NS_PER_S / l->c->rate;
}

static bool is_down(const struct link *l)
{
	u64 since = l->sim->now_ns - SIM_BEGIN_NS - l->c->down_at;

	return since < l->c->down_for;
}

static bool is_full(const struct link *l, const struct packet *p)
{
	return l->first && (l->queue_packets >= l->queue_packets_most ||
			    l->queue_bytes + p->bytes > l->queue_bytes_most);
}

static void begin_to_send(struct link *l)
{
	heap_push(&l->sim->heap, l->sim->now_ns + takes_ns(l, l->first),
		  SIM_LEAVE, l);
}

void link_put(struct link *l, struct packet *p)
{
	bool idle = !l->first;

	l->n.put++;
	if (is_down(l)) {
		l->n.cut++;
		packet_free(l->sim, p);
		return;
	}
	if (is_full(l, p)) {
		l->n.dropped++;
		packet_free(l->sim, p);
		return;
	}
	p->put_ns = l->sim->now_ns;
	p->next = NULL;
	*l->last = p;
	l->last = &p->next;
	l->queue_packets++;
	l->queue_bytes += p->bytes;
	if (idle)
		begin_to_send(l);
}

static u64 some_of(struct link *l, const struct span *span)
{
	return span->least +
	       random_below(&l->random, span->most - span->least + 1);
}

/*
 * Losses come one by one, or in bursts: Gilbert and Elliott's two states. The
 * bad one ends by the clock, or who sends little would stay in it for long.
 */
static bool is_lost(struct link *l)
{
	const struct link_config *c = l->c;

	if (l->sim->now_ns >= l->bad_until_ns &&
	    random_chance(&l->random, c->burst))
		l->bad_until_ns = l->sim->now_ns + some_of(l, &c->burst_time);
	if (l->sim->now_ns < l->bad_until_ns &&
	    random_chance(&l->random, c->burst_loss))
		return true;
	return random_chance(&l->random, c->loss);
}

static u64 reorder_ns(struct link *l)
{
	if (!random_chance(&l->random, l->c->reorder))
		return 0;
	l->n.reordered++;
	return some_of(l, &l->c->reorder_delay);
}

static void travel(struct link *l, struct packet *p)
{
	u64 due_ns = l->sim->now_ns + l->c->delay + p->pair->delay_ns;

	l->under_way++;
	heap_push(&l->sim->heap, due_ns + reorder_ns(l), SIM_ARRIVE, p);
}

static void repeat(struct link *l, const struct packet *p)
{
	struct packet *copy = packet_new(l->sim);

	*copy = *p;
	l->n.repeated++;
	travel(l, copy);
}

static struct packet *take_first(struct link *l)
{
	struct packet *p = l->first;

	l->first = p->next;
	if (!l->first)
		l->last = &l->first;
	l->queue_packets--;
	l->queue_bytes -= p->bytes;
	return p;
}

void link_drop(struct link *l)
{
	packet_free(l->sim, take_first(l));
	l->n.dropped++;
}

bool link_mark(struct link *l)
{
	struct packet *p = l->first;

	if (!l->c->aqm_mark || !p || p->seg.ecn == XTCP_NOT_ECT)
		return false;
	p->seg.ecn = XTCP_CE;
	l->n.marked++;
	return true;
}

/* The queue's first packet is on the wire. */
void link_leave(struct link *l)
{
	struct packet *p = take_first(l);
	u64 takes = takes_ns(l, p);

	l->n.bytes += p->bytes;
	l->n.busy_ns += takes;
	if (l->sim->warm)
		histogram_add(&l->waiting, l->sim->now_ns - p->put_ns - takes);
	if (l->has_codel)
		codel_look(&l->codel, l);
	if (l->first)
		begin_to_send(l);
	if (is_down(l)) {
		l->n.cut++;
		packet_free(l->sim, p);
	} else if (is_lost(l)) {
		l->n.lost++;
		packet_free(l->sim, p);
	} else {
		if (random_chance(&l->random, l->c->repeat))
			repeat(l, p);
		travel(l, p);
	}
}

void link_arrived(struct link *l)
{
	l->under_way--;
	l->n.arrived++;
}
