// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables. A column is described once, where its value is: its name for the
 * head of the table, decimals, value, and meaning for whoever asks.
 */
#include "sim.h"

enum purpose { NAMES, VALUES, MEANINGS };

struct row {
	FILE *to;
	enum purpose purpose;
	bool begun;
};

#define COLUMN(name, decimals, value, meaning) \
	cell(row, #name, decimals, \
	     row->purpose == VALUES ? (double)(value) : 0, meaning)

static void text(struct row *row, const char *name, const char *value,
		 const char *meaning)
{
	const char *tab = row->begun ? "\t" : "";

	row->begun = true;
	if (row->purpose == MEANINGS)
		fprintf(row->to, "  %-17s %s\n", name, meaning);
	else
		fprintf(row->to, "%s%s", tab,
			row->purpose == NAMES ? name : value);
}

static void cell(struct row *row, const char *name, int decimals,
		 double value, const char *meaning)
{
	char digits[64];

	snprintf(digits, sizeof(digits), "%.*f", decimals, value);
	text(row, name, digits, meaning);
}

static void end_row(struct row *row)
{
	if (row->purpose != MEANINGS)
		fputc('\n', row->to);
	row->begun = false;
}

/* Times are told from the beginning of the run; -1: that never happened. */
static double clock_s(u64 ns)
{
	return ns ? (double)(ns - SIM_BEGIN_NS) / NS_PER_S : -1;
}

/* ---- while it runs ---- */

static double threshold(const struct end *e)
{
	u32 ssthresh = e->s.cc.ssthresh;

	return ssthresh == XTCP_SSTHRESH_NONE ? -1 : (double)ssthresh;
}

static void trace_row(struct row *row, const struct sim *sim,
		      const struct user *u, const struct end *e)
{
	char name[64] = "";

	if (u)
		snprintf(name, sizeof(name), "%s-%u", u->c->name, u->number);
	text(row, "flow", name, "its group and its user's number");
	COLUMN(t_s, 3, clock_s(sim->now_ns), "time");
	COLUMN(cwnd, 0, e->s.cc.cwnd, "congestion window, bytes");
	COLUMN(ssthresh, 0, threshold(e),
	       "slow start threshold, bytes; -1: none yet");
	COLUMN(flight, 0, e->r.snd_nxt - e->r.snd_una,
	       "sent and not acknowledged, bytes");
	COLUMN(srtt_ms, 3, e->s.rtt.srtt_us / 1e3, "smoothed round-trip time");
	COLUMN(rto_ms, 3, xtcp_rtt_rto_us(&e->s.rtt) / 1e3,
	       "time-out, back-off included");
	COLUMN(retransmits, 0, e->s.retransmits, "segments sent again, so far");
	COLUMN(got, 0, u->flow->got[!e->side],
	       "bytes that came in order, so far");
	end_row(row);
}

static void trace_flow(struct sim *sim, const struct user *u)
{
	struct row row = { .to = sim->trace, .purpose = VALUES };
	const struct end *e;

	if (!u->flow || u->flow->done || u->flow->failed)
		return;
	e = &u->current->end[u->flow->want[1] > u->flow->want[0]];
	if (e->full && xtcp_in(&e->r, XTCP_SYNCHRONISED))
		trace_row(&row, sim, u, e);
}

static void series_row(struct row *row, const struct sim *sim, u64 busy_ns)
{
	const struct link *l = sim ? sim->link : NULL;
	double interval_s = sim ? (double)sim->c->run.sample / NS_PER_S : 1;

	COLUMN(t_s, 3, clock_s(sim->now_ns), "time");
	COLUMN(queue_bytes, 0, l[0].queue_bytes,
	       "in the queue towards the server");
	COLUMN(back_queue_bytes, 0, l[1].queue_bytes,
	       "in the queue towards the users");
	COLUMN(utilisation_pct, 2, 100.0 * busy_ns / NS_PER_S / interval_s,
	       "how busy the busier link was since the last line");
	COLUMN(goodput_bps, 0,
	       8 * (sim->got - sim->sampled_got) / interval_s,
	       "text that came in order since the last line, of all flows");
	COLUMN(active, 0, sim->active, "flows whose text is not yet across");
	COLUMN(dropped, 0, l[0].n.dropped + l[1].n.dropped,
	       "packets that found a queue full, so far");
	COLUMN(lost, 0, l[0].n.lost + l[1].n.lost + l[0].n.cut + l[1].n.cut,
	       "packets lost at random or on a link that was down, so far");
	end_row(row);
}

void report_sample(struct sim *sim)
{
	const struct link *l = sim->link;
	struct row row = { .to = sim->series, .purpose = VALUES };
	u64 busy_ns = l[0].n.busy_ns > l[1].n.busy_ns ? l[0].n.busy_ns :
							l[1].n.busy_ns;
	u32 i;

	if (sim->series)
		series_row(&row, sim, busy_ns - sim->sampled_busy_ns);
	sim->sampled_got = sim->got;
	sim->sampled_busy_ns = busy_ns;
	for (i = 0; sim->trace && i < sim->nusers; i++)
		if (sim->users[i].number < sim->c->run.trace)
			trace_flow(sim, &sim->users[i]);
}

/* ---- afterwards ---- */

static void flow_row(struct row *row, const struct sim *sim, u32 number)
{
	const struct flow *f = sim ? sim->flows[number] : NULL;
	const char *outcome = "";

	if (f)
		outcome = f->done ? "done" : f->failed ?
			  xtcp_reason_name(f->reason) : "unfinished";
	text(row, "group", f ? sim->c->group[f->group].name : "",
	     "section of the scenario");
	COLUMN(user, 0, f->user, "number of the user within its group");
	COLUMN(begin_s, 6, clock_s(f->begin_ns), "connect() was called");
	COLUMN(open_ms, 3,
	       f->open_ns ? clock_s(f->open_ns) * 1e3 - clock_s(f->begin_ns) * 1e3 : -1,
	       "how long it took; -1: it failed");
	COLUMN(done_s, 6, clock_s(f->done_ns), "the last byte arrived");
	COLUMN(over_s, 6, clock_s(f->over_ns), "both records were CLOSED");
	COLUMN(up, 0, f->got[1], "bytes that the server got");
	COLUMN(down, 0, f->got[0], "bytes that the user got");
	COLUMN(goodput_bps, 0, flow_goodput(sim, f),
	       "from begin_s to done_s; with until: while it was measured");
	COLUMN(segments, 0, f->segments, "segments with text that were sent");
	COLUMN(retransmits, 0, f->retransmits,
	       "how many of them again, or a FIN");
	COLUMN(timeouts, 0, f->timeouts, "retransmission time-outs");
	COLUMN(fast_retransmits, 0, f->fast_retransmits,
	       "losses that three duplicate ACKs told of");
	COLUMN(syns, 0, f->syns,
	       "SYN and SYN+ACK that were sent: 2 if all went well");
	COLUMN(rtt_ms, 3, flow_rtt_ms(f),
	       "mean of the smoothed round-trip time over its samples");
	COLUMN(base_rtt_ms, 3, f->base_rtt_ns / 1e6,
	       "round trip without any queue");
	text(row, "outcome", outcome, "done, or the reason of its end");
	end_row(row);
}

void report_flows(const struct sim *sim, FILE *to)
{
	struct row row = { .to = to, .purpose = NAMES };
	u32 i;

	flow_row(&row, NULL, 0);
	row.purpose = VALUES;
	for (i = 0; i < sim->nflows; i++)
		flow_row(&row, sim, i);
}

static void summary_row(struct row *row, const struct sim *sim,
			const char *value, u32 group)
{
	const struct link *l = sim ? sim_bottleneck(sim) : NULL;
	struct summary s = { .flows = 0 };
	const char *name = "all";

	if (sim)
		summarize(sim, group, &s);
	if (sim && group != ALL_GROUPS)
		name = sim->c->group[group].name;
	text(row, "value", *value ? value : "-", "of the sweep");
	text(row, "flows_of", name, "section of the scenario");
	COLUMN(flows, 0, s.flows, "that began");
	COLUMN(completed, 0, s.completed, "whose every byte arrived");
	COLUMN(failed, 0, s.failed, "that were given up or reset");
	COLUMN(goodput_bps, 0, s.goodput_bps,
	       "of all together: endless ones while measured, others from first to last");
	COLUMN(least_bps, 0, s.least_bps, "of the slowest");
	COLUMN(most_bps, 0, s.most_bps, "of the fastest");
	COLUMN(jain, 4, s.jain,
	       "fairness of their goodputs: 1 all alike, 1/flows one has everything");
	COLUMN(utilisation_pct, 2, sim_utilisation(sim),
	       "how busy the busier link was, from warm_up to the last byte");
	COLUMN(segments, 0, s.segments, "segments with text that were sent");
	COLUMN(retransmits, 0, s.retransmits,
	       "how many of them again, or a FIN");
	COLUMN(retransmits_pct, 3,
	       s.segments ? 100.0 * s.retransmits / s.segments : 0,
	       "their share");
	COLUMN(timeouts, 0, s.timeouts, "retransmission time-outs");
	COLUMN(fast_retransmits, 0, s.fast_retransmits,
	       "losses that three duplicate ACKs told of");
	COLUMN(dropped, 0, l->n.dropped,
	       "packets that found the busier link's queue full");
	COLUMN(marked, 0, l->n.marked,
	       "packets that its manager marked instead");
	COLUMN(lost, 0, l->n.lost + l->n.cut,
	       "packets lost on that link, at random or while it was down");
	COLUMN(rtt_ms, 3, s.rtt_ms, "mean of the flows' round-trip times");
	COLUMN(rtt_inflation, 3, s.rtt_inflation,
	       "mean of round trip / round trip without any queue");
	COLUMN(wait_mean_ms, 3, histogram_mean(&l->waiting) / 1e6,
	       "in that link's queue");
	COLUMN(wait_p95_ms, 3, histogram_percentile(&l->waiting, 95) / 1e6,
	       "95 of 100 waited no longer, within an eighth");
	COLUMN(wait_most_ms, 3, l->waiting.most / 1e6, "the longest");
	COLUMN(done_p50_s, 4, s.done_s[0], "completion time, median");
	COLUMN(done_p95_s, 4, s.done_s[1], "95 of 100 took no longer");
	COLUMN(done_most_s, 4, s.done_s[2], "the longest");
	COLUMN(reopened, 0, sim->reopened,
	       "connections that took a pair of ports over from TIME_WAIT");
	COLUMN(refused, 0, sim->refused,
	       "times that no pair of ports was free");
	end_row(row);
}

void report_summary_head(FILE *to)
{
	struct row row = { .to = to, .purpose = NAMES };

	summary_row(&row, NULL, "", ALL_GROUPS);
}

void report_summary(const struct sim *sim, const char *value, FILE *to)
{
	struct row row = { .to = to, .purpose = VALUES };
	u32 i;

	summary_row(&row, sim, value, ALL_GROUPS);
	for (i = 0; sim->c->groups > 1 && i < sim->c->groups; i++)
		summary_row(&row, sim, value, i);
}

void report_series_head(struct sim *sim)
{
	struct row row = { .to = sim->series, .purpose = NAMES };

	series_row(&row, NULL, 0);
	row.to = sim->trace;
	trace_row(&row, NULL, NULL, NULL);
}

void report_help(FILE *to)
{
	struct row row = { .to = to, .purpose = MEANINGS };

	fputs("\nsummary.tsv: a line for each run, and for each section\n", to);
	summary_row(&row, NULL, "", ALL_GROUPS);
	fputs("\nflows.tsv: a line for each connection\n", to);
	flow_row(&row, NULL, 0);
	fputs("\nseries.tsv: a line for each sample\n", to);
	series_row(&row, NULL, 0);
	fputs("\ntrace.tsv: a line for each sample of each traced user\n", to);
	trace_row(&row, NULL, NULL, NULL);
}
