// SPDX-License-Identifier: GPL-2.0-only
/* What became of the flows, in numbers. */
#include <stdlib.h>

#include "sim.h"

static double seconds(u64 ns)
{
	return (double)ns / NS_PER_S;
}

static double rate_bps(u64 bytes, u64 from_ns, u64 to_ns)
{
	return to_ns > from_ns ? 8.0 * bytes / seconds(to_ns - from_ns) : 0;
}

static u64 warm_ns(const struct sim *sim)
{
	return SIM_BEGIN_NS + sim->c->run.warm_up;
}

static u64 later(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* An endless flow's: while it was measured; others': from begin to end. */
double flow_goodput(const struct sim *sim, const struct flow *f)
{
	if (f->failed)
		return 0;
	if (f->stop_ns)
		return rate_bps(f->stop_got[1] - f->warm_got[1],
				later(warm_ns(sim), f->begin_ns), f->stop_ns);
	return f->done ? rate_bps(f->got[0] + f->got[1], f->begin_ns,
				  f->done_ns) : 0;
}

double flow_rtt_ms(const struct flow *f)
{
	return f->rtt_count ? f->rtt_sum_us / 1e3 / f->rtt_count : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void add(struct summary *s, const struct sim *sim,
		const struct flow *f)
{
	s->flows++;
	s->completed += f->done;
	s->failed += f->failed;
	s->bytes += f->got[0] + f->got[1];
	s->segments += f->segments;
	s->retransmits += f->retransmits;
	s->timeouts += f->timeouts;
	s->fast_retransmits += f->fast_retransmits;
	if (!f->rtt_count)
		return;
	s->rtt_ms += flow_rtt_ms(f);
	s->rtt_inflation += flow_rtt_ms(f) * 1e6 / f->base_rtt_ns;
	(void)sim;
}

/* Jain: 1 if all have the same, 1/n if one has everything */
static void share_out(const double *rate, u32 n, struct summary *s)
{
	double sum = 0, squares = 0;
	u32 i;

	if (!n)
		return;
	s->least_bps = rate[0];
	for (i = 0; i < n; i++) {
		sum += rate[i];
		squares += rate[i] * rate[i];
		if (rate[i] < s->least_bps)
			s->least_bps = rate[i];
		if (rate[i] > s->most_bps)
			s->most_bps = rate[i];
	}
	s->jain = squares > 0 ? sum * sum / (n * squares) : 0;
}

static void take_times(double *took, u32 n, struct summary *s)
{
	if (!n)
		return;
	qsort(took, n, sizeof(*took), compare);
	s->done_s[0] = took[n / 2];
	s->done_s[1] = took[(u64)n * 95 / 100];
	s->done_s[2] = took[n - 1];
}

void summarize(const struct sim *sim, u32 group, struct summary *s)
{
	double *rate = calloc(sim->nflows + 1, sizeof(*rate));
	double *took = calloc(sim->nflows + 1, sizeof(*took));
	u64 from_ns = SIM_NEVER, to_ns = 0, finite = 0;
	u32 with_rtt = 0, done = 0;
	size_t i;

	if (!rate || !took)
		abort();
	memset(s, 0, sizeof(*s));
	for (i = 0; i < sim->nflows; i++) {
		const struct flow *f = sim->flows[i];

		if (group != ALL_GROUPS && f->group != group)
			continue;
		rate[s->flows] = flow_goodput(sim, f);
		if (f->stop_ns)
			s->goodput_bps += rate[s->flows];
		else
			finite += f->got[0] + f->got[1];
		if (!f->stop_ns && f->begin_ns < from_ns)
			from_ns = f->begin_ns;
		if (!f->stop_ns && f->done_ns > to_ns)
			to_ns = f->done_ns;
		if (f->done)
			took[done++] = seconds(f->done_ns - f->begin_ns);
		with_rtt += !!f->rtt_count;
		add(s, sim, f);
	}
	s->goodput_bps += finite ? rate_bps(finite, from_ns, to_ns) : 0;
	s->rtt_ms /= with_rtt ? with_rtt : 1;
	s->rtt_inflation /= with_rtt ? with_rtt : 1;
	share_out(rate, s->flows, s);
	take_times(took, done, s);
	free(rate);
	free(took);
}

static double busy(const struct sim *sim, const struct link *l)
{
	u64 from_ns = warm_ns(sim);

	if (sim->end_ns <= from_ns)
		return 0;
	return 100.0 * (l->end.busy_ns - l->warm.busy_ns) /
	       (sim->end_ns - from_ns);
}

const struct link *sim_bottleneck(const struct sim *sim)
{
	return busy(sim, &sim->link[1]) > busy(sim, &sim->link[0]) ?
	       &sim->link[1] : &sim->link[0];
}

double sim_utilisation(const struct sim *sim)
{
	return busy(sim, sim_bottleneck(sim));
}
