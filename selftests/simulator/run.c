// SPDX-License-Identifier: GPL-2.0-only
/* Event after event, until nothing is left to happen. */
#include <stdlib.h>

#include "sim.h"

void sim_promise(struct sim *sim, bool kept, const char *what)
{
	if (!kept && !sim->broken)
		sim->broken = what;
}

/* For queues that are given as multiples of it: of the first flows' middle. */
static u64 typical_rtt_ns(const struct scenario *c)
{
	const struct span *delay = &c->group[0].delay;

	return c->link[0].delay + c->link[1].delay + delay->least +
	       delay->most;
}

const char *sim_init(struct sim *sim, const struct scenario *c)
{
	u64 rtt_ns = typical_rtt_ns(c);
	const char *wrong;
	u32 i;

	memset(sim, 0, sizeof(*sim));
	sim->c = c;
	sim->now_ns = SIM_BEGIN_NS;
	random_seed(&sim->random, c->run.seed, 0);
	for (i = 0; i < 2; i++) {
		if (!c->link[i].rate)
			return "a link of no rate";
		if (strcmp(c->link[i].aqm.text, "none") &&
		    strcmp(c->link[i].aqm.text, "codel"))
			return "aqm is neither none nor codel";
		link_init(&sim->link[i], sim, &c->link[i], 1 + i, rtt_ns);
	}
	wrong = app_start_all(sim);
	if (wrong)
		return wrong;
	heap_push(&sim->heap, SIM_BEGIN_NS + c->run.warm_up, SIM_WARM, NULL);
	if (c->run.sample)
		heap_push(&sim->heap, SIM_BEGIN_NS + c->run.sample, SIM_SAMPLE,
			  NULL);
	return NULL;
}

static void arrive(struct sim *sim, struct packet *p)
{
	link_arrived(&sim->link[!p->to]);
	host_arrive(sim, &p->pair->end[p->to], p);
	packet_free(sim, p);
}

static void begin_to_measure(struct sim *sim)
{
	size_t i;

	sim->warm = true;
	for (i = 0; i < 2; i++)
		sim->link[i].warm = sim->link[i].n;
	for (i = 0; i < sim->nflows; i++)
		memcpy(sim->flows[i]->warm_got, sim->flows[i]->got,
		       sizeof(sim->flows[i]->got));
}

static void sample(struct sim *sim)
{
	if (!sim->active && !sim->to_come)
		return;
	report_sample(sim);
	sim_promise(sim, !sim_conserves(sim), sim_conserves(sim));
	heap_push(&sim->heap, sim->now_ns + sim->c->run.sample, SIM_SAMPLE,
		  NULL);
}

static void happen(struct sim *sim, enum sim_event_kind kind, void *what)
{
	struct packet *p = what;
	struct end *e = what;

	switch (kind) {
	case SIM_ENTER:
		link_put(&sim->link[!p->to], p);
		break;
	case SIM_ARRIVE:
		arrive(sim, p);
		break;
	case SIM_LEAVE:
		link_leave(what);
		break;
	case SIM_TIMER:
		if (e->timer_ns == sim->now_ns)
			host_timer(sim, e);
		break;
	case SIM_BEGIN:
		app_begin(sim, what);
		break;
	case SIM_STOP:
		app_stop(sim, what);
		break;
	case SIM_WARM:
		begin_to_measure(sim);
		break;
	case SIM_SAMPLE:
		sample(sim);
		break;
	}
}

void sim_run(struct sim *sim)
{
	u64 limit_ns = SIM_BEGIN_NS + sim->c->run.limit;
	enum sim_event_kind kind;
	void *what;
	u32 i;
	u64 k;

	while (sim->heap.count && sim->heap.event[0].at_ns <= limit_ns) {
		heap_pop(&sim->heap, &sim->now_ns, &kind, &what);
		sim->events++;
		happen(sim, kind, what);
	}
	for (i = 0; i < sim->nusers; i++) {
		for (k = 0; k < sim->users[i].c->pairs; k++) {
			host_harvest(&sim->users[i].pairs[k].end[0]);
			host_harvest(&sim->users[i].pairs[k].end[1]);
		}
	}
}

void sim_free(struct sim *sim)
{
	size_t i;

	app_free_all(sim);
	for (i = 0; i < sim->nblocks; i++)
		free(sim->blocks[i]);
	free(sim->blocks);
	free(sim->heap.event);
}

u32 sim_open_records(const struct sim *sim)
{
	u32 i, n = 0;
	u64 k;

	for (i = 0; i < sim->nusers; i++) {
		for (k = 0; k < sim->users[i].c->pairs; k++) {
			const struct pair *p = &sim->users[i].pairs[k];

			n += p->end[0].r.state != XTCP_CLOSED;
			n += p->end[1].r.state != XTCP_CLOSED;
		}
	}
	return n;
}

static u64 gone(const struct link_counts *n)
{
	return n->dropped + n->lost + n->cut;
}

static u64 queued(const struct link *l)
{
	const struct packet *p;
	u64 n = 0;

	for (p = l->first; p; p = p->next)
		n++;
	return n;
}

/*
 * The ends count what they send and get, the links what they lose, and what is
 * queued or under way is found where it is.
 */
const char *sim_conserves(const struct sim *sim)
{
	const struct link *l = sim->link;
	u64 in_queues = queued(&l[0]) + queued(&l[1]);
	u64 travels = heap_count(&sim->heap, SIM_ARRIVE);
	u64 enters = heap_count(&sim->heap, SIM_ENTER);
	u64 more = l[0].n.repeated + l[1].n.repeated;

	if (in_queues != l[0].queue_packets + l[1].queue_packets)
		return "the queues hold what they do not know of";
	if (travels != l[0].under_way + l[1].under_way)
		return "what is under way is not what left";
	if (sim->packets != in_queues + travels + enters)
		return "packets are kept that are nowhere";
	if (sim->segs_out + more != sim->segs_in + gone(&l[0].n) +
				    gone(&l[1].n) + in_queues + travels + enters)
		return "sent is not arrived + lost + queued + under way";
	return NULL;
}
