// SPDX-License-Identifier: GPL-2.0-only
/* The simulator's own parts. */
#include <stdlib.h>

#include "test.h"
#include "value.h"

static struct scenario c;
static struct sim sim;

static const char everything[] =
	"[run]\nwarm_up = 1s\n"
	"[link]\nrate = 20Mbit\nloss = 0.5%\nburst = 0.1%\nreorder = 1%\n"
	"repeat = 0.2%\ndown_at = 2s\ndown_for = 1s\n"
	"[flows some]\ncount = 20\nup = 10kB..1MB\nstart = 0s..2s\n"
	"delay = 0s..30ms\njitter = 100us\n"
	"[flows many]\ncount = 10\ntimes = 10\npairs = 2\nup = 100B\n"
	"down = 1kB..100kB\npause = 0s..1s\nfirst = server\n";

/* All of its tables in one string */
static char *tables_of(const char *text, const char *setting)
{
	char *tables = NULL;
	size_t size;
	FILE *to = open_memstream(&tables, &size);

	scenario_init(&c);
	EXPECT_SOUND(scenario_text(&c, text));
	EXPECT_SOUND(scenario_set(&c, setting));
	EXPECT_SOUND(sim_init(&sim, &c));
	sim.series = to;
	sim.trace = to;
	sim_run(&sim);
	EXPECT_SOUND(sim.broken);
	test_check_over(&sim);
	report_flows(&sim, to);
	report_summary(&sim, "", to);
	fclose(to);
	sim_free(&sim);
	return tables;
}

TEST(seed__same_bytes)
{
	char *first = tables_of(everything, "run.seed=7");
	char *again = tables_of(everything, "run.seed=7");
	char *other = tables_of(everything, "run.seed=8");

	EXPECT(strlen(first) > 10000);
	EXPECT(!strcmp(first, again));
	EXPECT(strcmp(first, other));
	free(first);
	free(again);
	free(other);
}

/* What is only looked at does not change. */
TEST(seed__same_whatever_is_sampled)
{
	u64 events, end_ns;

	test_run(&sim, &c, everything);
	events = sim.segs_out;
	end_ns = sim.now_ns;
	sim_free(&sim);
	scenario_init(&c);
	EXPECT_SOUND(scenario_text(&c, everything));
	EXPECT_SOUND(scenario_set(&c, "run.sample=7ms"));
	EXPECT_SOUND(sim_init(&sim, &c));
	sim_run(&sim);
	EXPECT_EQ(sim.segs_out, events);
	EXPECT_EQ(sim.now_ns, end_ns);
	sim_free(&sim);
}

TEST(heap__in_order)
{
	struct sim_heap h = { .count = 0 };
	struct sim_random r;
	enum sim_event_kind kind;
	u64 at, last_at = 0;
	void *what, *last = NULL;
	u32 i;

	random_seed(&r, 1, 1);
	for (i = 1; i <= 10000; i++)
		heap_push(&h, random_below(&r, 500), SIM_TIMER,
			  (void *)(uintptr_t)i);
	EXPECT_EQ(heap_count(&h, SIM_TIMER), 10000);
	EXPECT_EQ(heap_count(&h, SIM_ARRIVE), 0);
	for (i = 0; heap_pop(&h, &at, &kind, &what); i++) {
		EXPECT(at >= last_at);
		/* First come, first served */
		EXPECT(at > last_at || what > last);
		EXPECT_EQ(kind, SIM_TIMER);
		last_at = at;
		last = what;
	}
	EXPECT_EQ(i, 10000);
	free(h.event);
}

#define STORE_TEXT	2000

/* Puts ranges of any place and length; marks what they cover. */
static void fill_store(struct store *st, struct sim_random *r, u32 base,
		       bool *covered)
{
	u32 i, k, from, len;

	for (i = 0; i < 60; i++) {
		struct xtcp_range range = { .fin = false };

		from = 1 + random_below(r, STORE_TEXT - 1);
		len = 1 + random_below(r, STORE_TEXT / 20);
		if (from + len > STORE_TEXT)
			len = STORE_TEXT - from;
		if (!len)
			continue;
		range.seq = base + from;
		range.len = len;
		store_put(st, &range, from);
		for (k = from; k < from + len; k++)
			covered[k] = true;
	}
}

/* Whatever overlaps, each byte is kept once, at its place, in order. */
TEST(store__keeps_each_byte_once)
{
	static const u32 bases[] = { 1, 0x7ffffc00, 0xfffffc00 };
	bool covered[STORE_TEXT];
	struct store st = { .count = 0 };
	struct sim_random r;
	struct stored next;
	u32 i, k, at, bytes;

	random_seed(&r, 4, 4);
	for (i = 0; i < 300; i++) {
		u32 base = bases[i % ARRAY_SIZE(bases)];

		memset(covered, 0, sizeof(covered));
		fill_store(&st, &r, base, covered);
		for (k = 0, bytes = 0; k < STORE_TEXT; k++)
			bytes += covered[k];
		EXPECT_EQ(st.bytes, bytes);
		EXPECT(!store_next(&st, base, &next));
		for (at = 0; at < STORE_TEXT; at++) {
			if (!covered[at])
				continue;
			EXPECT(store_next(&st, base + at, &next));
			EXPECT_EQ(next.range.seq, base + at);
			EXPECT_EQ(next.offset, at);
			for (k = 0; k < next.range.len; k++)
				EXPECT(covered[at + k]);
			at += next.range.len - 1;
		}
		EXPECT_EQ(st.count, 0);
		EXPECT_EQ(st.bytes, 0);
	}
	store_purge(&st);
}

TEST(histogram__percentiles)
{
	static struct histogram h;
	u64 i;

	memset(&h, 0, sizeof(h));
	for (i = 1; i <= 100000; i++)
		histogram_add(&h, i);
	EXPECT_EQ(h.most, 100000);
	EXPECT_EQ(histogram_mean(&h), 50000);
	EXPECT(histogram_percentile(&h, 50) <= 50000);
	EXPECT(histogram_percentile(&h, 50) >= 50000 * 7 / 8);
	EXPECT(histogram_percentile(&h, 95) <= 95000);
	EXPECT(histogram_percentile(&h, 95) >= 95000 * 7 / 8);
	histogram_add(&h, ~0ull);
	EXPECT_EQ(h.most, ~0ull);
}

TEST(random__chances)
{
	struct sim_random r;
	u32 i, hit = 0, small = 0;
	u64 x;

	random_seed(&r, 3, 3);
	for (i = 0; i < 1000000; i++) {
		hit += random_chance(&r, 10000);
		x = random_heavy(&r, 1000, 1000000);
		EXPECT(x >= 1000 && x <= 1000000);
		small += x < 2000;
	}
	EXPECT(hit > 9700 && hit < 10300);
	/* Half of them are below twice the least. */
	EXPECT(small > 495000 && small < 505000);
	EXPECT_EQ(random_heavy(&r, 5, 5), 5);
}

TEST(value__units)
{
	static const struct {
		enum value_kind kind;
		const char *text;
		uint64_t value;
	} good[] = {
		{ VALUE_TIME, "1.5s", 1500000000 }, { VALUE_TIME, "0s", 0 },
		{ VALUE_TIME, "20ms", 20000000 }, { VALUE_TIME, "3us", 3000 },
		{ VALUE_RATE, "2.5Gbit", 2500000000 },
		{ VALUE_SIZE, "4MB", 4000000 }, { VALUE_SIZE, "7B", 7 },
		{ VALUE_SHARE, "0.01%", 100 }, { VALUE_SHARE, "100%", 1000000 },
		{ VALUE_COUNT, "12", 12 },
	};
	static const struct {
		enum value_kind kind;
		const char *text;
	} bad[] = {
		{ VALUE_TIME, "5" }, { VALUE_TIME, "s" }, { VALUE_TIME, "" },
		{ VALUE_TIME, "-1s" }, { VALUE_TIME, "1sec" },
		{ VALUE_SHARE, "101%" }, { VALUE_COUNT, "1.5.2" },
		{ VALUE_RATE, "10MB" }, { VALUE_TIME, "1.s" },
	};
	struct span span;
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		test_case("%s", good[i].text);
		EXPECT(value_read(good[i].kind, &value, good[i].text));
		EXPECT_EQ(value, good[i].value);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case("%s", bad[i].text);
		EXPECT(!value_read(bad[i].kind, &value, bad[i].text));
	}
	EXPECT(value_read(VALUE_TIMES, &span, "1ms..2s"));
	EXPECT_EQ(span.least, 1000000);
	EXPECT_EQ(span.most, 2000000000);
	EXPECT(!value_read(VALUE_TIMES, &span, "2s..1s"));
	EXPECT(!value_read(VALUE_TIMES, &span, "2s.."));
}

/* What is printed into each table's head can be read back. */
TEST(scenario__reads_what_it_prints)
{
	char *printed = NULL, *again = NULL, *line, *rest;
	struct scenario other;
	size_t size;
	FILE *to = open_memstream(&printed, &size);

	scenario_init(&c);
	EXPECT_SOUND(scenario_text(&c, everything));
	scenario_print(&c, to);
	fclose(to);
	scenario_init(&other);
	EXPECT_SOUND(scenario_text(&other, "[flows some]\n[flows many]\n"));
	again = strdup(printed);
	for (line = strtok_r(again, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char setting[512], key[64], value[256] = "";

		EXPECT(sscanf(line, "# %63s = %255[^\n]", key, value) >= 1);
		snprintf(setting, sizeof(setting), "%s=%s", key, value);
		EXPECT_SOUND(scenario_set(&other, setting));
	}
	EXPECT(!memcmp(&c.link, &other.link, sizeof(c.link)));
	EXPECT(!memcmp(&c.group[1].down, &other.group[1].down,
		       sizeof(c.group[1].down)));
	free(printed);
	free(again);
}

TEST(scenario__tells_what_is_wrong)
{
	static const char *const bad[] = {
		"[link]\nspeed = 1Mbit\n", "[link]\nrate = fast\n",
		"[road]\n", "[flows a]\n[flows a]\n", "hello\n",
		"[link]\nrate\n", "[flows b]\nup = 3\n",
	};
	static const char *const impossible[] = {
		"[flows a]\ncc = vegas\n", "[flows a]\nfirst = nobody\n",
		"[flows a]\ncount = 0\n", "[flows a]\nwindow = 2GB\n",
		"[link]\nrate = 0bit\n[flows a]\n",
		"[link]\naqm = blue\n[flows a]\n",
		"[flows a]\nuntil = 5s\nstart = 6s\n",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		test_case("%s", bad[i]);
		scenario_init(&c);
		EXPECT(scenario_text(&c, bad[i]));
	}
	for (i = 0; i < ARRAY_SIZE(impossible); i++) {
		test_case("%s", impossible[i]);
		scenario_init(&c);
		EXPECT_SOUND(scenario_text(&c, impossible[i]));
		EXPECT(sim_init(&sim, &c));
		sim_free(&sim);
	}
}

/* One packet on the wire, so many wait, the rest is dropped. */
TEST(link__drops_the_tail)
{
	struct pair pair = { .delay_ns = 0 };
	u32 i;

	scenario_init(&c);
	EXPECT_SOUND(scenario_text(&c, "[run]\nsample = 0s\n[link]\n"
				       "rate = 12Mbit\ndelay = 10ms\n"
				       "queue = 10p\n[flows none]\nstart = 9s\n"));
	EXPECT_SOUND(sim_init(&sim, &c));
	for (i = 0; i < 25; i++) {
		struct packet *p = packet_new(&sim);

		p->bytes = 1500;
		p->pair = &pair;
		link_put(&sim.link[0], p);
		sim.segs_out++;
	}
	EXPECT_EQ(sim.link[0].n.put, 25);
	EXPECT_EQ(sim.link[0].n.dropped, 15);
	EXPECT_EQ(sim.link[0].queue_packets, 10);
	EXPECT_SOUND(sim_conserves(&sim));
	/* Ten times 1 ms on the wire, then 10 ms of way */
	for (i = 1; i <= 10; i++) {
		sim.now_ns = SIM_BEGIN_NS + i * NS_PER_MS;
		link_leave(&sim.link[0]);
		EXPECT_EQ(sim.link[0].under_way, i);
	}
	EXPECT_EQ(sim.link[0].n.busy_ns, 10 * NS_PER_MS);
	EXPECT_EQ(heap_count(&sim.heap, SIM_ARRIVE), 10);
	/* One that nobody counted is missed. */
	sim.segs_out++;
	EXPECT(sim_conserves(&sim));
	sim_free(&sim);
}

/* Jain's index of what was measured */
TEST(summary__jain)
{
	struct flow flow[4] = { 0 };
	struct flow *flows[4];
	struct summary s;
	u32 i;

	test_run(&sim, &c, "[flows none]\nup = 1B\n");
	for (i = 0; i < 4; i++) {
		flows[i] = &flow[i];
		flow[i].done = true;
		flow[i].begin_ns = SIM_BEGIN_NS;
		flow[i].done_ns = SIM_BEGIN_NS + NS_PER_S;
		flow[i].got[1] = 1000;
	}
	{
		struct sim fake = sim;

		fake.flows = flows;
		fake.nflows = 4;
		summarize(&fake, ALL_GROUPS, &s);
		EXPECT(s.jain > 0.9999 && s.jain < 1.0001);
		EXPECT(s.goodput_bps > 31999 && s.goodput_bps < 32001);
		for (i = 1; i < 4; i++)
			flow[i].got[1] = 0;
		summarize(&fake, ALL_GROUPS, &s);
		EXPECT(s.jain > 0.2499 && s.jain < 0.2501);
	}
	sim_free(&sim);
}
