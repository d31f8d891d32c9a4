// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the stack promises past one machine: everything arrives, links are used,
 * shared and not flooded, whatever goes wrong on them.
 */
#include <dirent.h>
#include <stdlib.h>

#include "test.h"

/* Of what a link carries, full segments with timestamps leave this for text. */
#define TEXT_SHARE	(1448.0 / 1500.0)

static struct scenario c;
static struct sim sim;

static int is_scenario(const struct dirent *entry)
{
	return !!strstr(entry->d_name, ".conf");
}

/* Each value of the sweep, or the scenario as it is. */
static void run_whole(const char *path)
{
	char words[SCENARIO_WORD], setting[2 * SCENARIO_WORD];
	char *key, *value, *rest;

	scenario_init(&c);
	EXPECT_SOUND(scenario_read(&c, path));
	if (!*c.run.sweep.text) {
		test_run_file(&sim, &c, path, NULL);
		sim_free(&sim);
		return;
	}
	strcpy(words, c.run.sweep.text);
	key = strtok_r(words, " ", &rest);
	while ((value = strtok_r(NULL, " ", &rest))) {
		snprintf(setting, sizeof(setting), "%s=%s", key, value);
		test_run_file(&sim, &c, path, setting);
		sim_free(&sim);
	}
}

/* Every byte of every flow arrives once, and every record ends CLOSED. */
TEST(scenarios__all_flows_complete)
{
	struct dirent **entry;
	int i, n = scandir(SCENARIOS, &entry, is_scenario, alphasort);
	char path[512];

	EXPECT(n >= 9);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), SCENARIOS "/%s",
			 entry[i]->d_name);
		run_whole(path);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

static void run_scenario(const char *name, const char *setting)
{
	char path[512];

	snprintf(path, sizeof(path), SCENARIOS "/%s.conf", name);
	test_run_file(&sim, &c, path, setting);
}

/* With a queue of one bandwidth-delay product halving the window leaves enough */
TEST(one_flow__fills_the_link)
{
	static const char *const rates[] = {
		"link.rate=2Mbit", "link.rate=10Mbit", "link.rate=50Mbit",
	};
	struct summary s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		run_scenario("one-long-flow", rates[i]);
		summarize(&sim, ALL_GROUPS, &s);
		EXPECT(s.goodput_bps >= 0.9 * TEXT_SHARE * c.link[0].rate);
		/* Text that waited for a hole when measuring began counts. */
		EXPECT(s.goodput_bps <= 1.002 * TEXT_SHARE * c.link[0].rate);
		/* It may wait in a full queue, and no longer. */
		EXPECT(s.rtt_inflation <= 2.1);
		sim_free(&sim);
	}
}

/* A managed queue of any length is used, and nobody waits in it for long. */
TEST(codel__keeps_the_wait_short)
{
	struct summary s;

	run_scenario("codel", "link.aqm=none");
	EXPECT(histogram_mean(&sim.link[0].waiting) > 100 * NS_PER_MS);
	sim_free(&sim);
	run_scenario("codel", "link.aqm=codel");
	summarize(&sim, 0, &s);
	EXPECT(histogram_mean(&sim.link[0].waiting) < 20 * NS_PER_MS);
	EXPECT(s.goodput_bps >= 0.8 * TEXT_SHARE * c.link[0].rate);
	EXPECT(s.jain >= 0.9);
	sim_free(&sim);
}

/* A queue that marks needs to drop nothing, and is as short (RFC 3168). */
TEST(marks__instead_of_drops)
{
	u64 dropped;
	struct summary s;

	run_scenario("marks", "link.aqm_mark=0");
	dropped = sim.link[0].n.dropped;
	EXPECT(dropped > 50);
	EXPECT_EQ(sim.link[0].n.marked, 0);
	sim_free(&sim);
	run_scenario("marks", "link.aqm_mark=1");
	summarize(&sim, 0, &s);
	EXPECT(sim.link[0].n.marked > 50);
	EXPECT_EQ(sim.link[0].n.dropped, 0);
	EXPECT_EQ(s.retransmits, 0);
	EXPECT(histogram_mean(&sim.link[0].waiting) < 20 * NS_PER_MS);
	EXPECT(s.goodput_bps >= 0.85 * TEXT_SHARE * c.link[0].rate);
	EXPECT(s.jain >= 0.9);
	sim_free(&sim);
}

TEST(eight_equal__share_alike)
{
	struct summary s;

	run_scenario("eight-equal", NULL);
	summarize(&sim, ALL_GROUPS, &s);
	EXPECT_EQ(s.flows, 8);
	EXPECT(s.jain >= 0.9);
	EXPECT(s.goodput_bps >= 0.9 * TEXT_SHARE * c.link[0].rate);
	EXPECT(s.least_bps >= 0.5 * s.goodput_bps / s.flows);
	sim_free(&sim);
}

/* The farther one gets less, but gets on; the link is used. */
TEST(two_rtts__far_is_not_starved)
{
	struct summary near, far;

	run_scenario("two-rtts", NULL);
	summarize(&sim, 0, &near);
	summarize(&sim, 1, &far);
	EXPECT(near.goodput_bps > far.goodput_bps);
	/* The square of the ratio of round trips is the worst there should be */
	EXPECT(near.goodput_bps < 16 * far.goodput_bps);
	EXPECT(near.goodput_bps + far.goodput_bps >=
	       0.85 * TEXT_SHARE * c.link[0].rate);
	sim_free(&sim);
}

/* More flows than the path holds segments for: windows of a segment or two. */
TEST(crowd__nobody_starves)
{
	struct summary s;

	test_run(&sim, &c,
		 "[run]\nwarm_up = 20s\n"
		 "[link]\nrate = 10Mbit\ndelay = 20ms\nqueue = 1bdp\n"
		 "[flows crowd]\ncount = 60\nstart = 0s..2s\nuntil = 220s\n"
		 "jitter = 1ms\n");
	summarize(&sim, ALL_GROUPS, &s);
	EXPECT(s.goodput_bps >= 0.85 * TEXT_SHARE * c.link[0].rate);
	EXPECT(s.least_bps >= 0.1 * s.goodput_bps / s.flows);
	EXPECT(s.jain >= 0.8);
	sim_free(&sim);
}

/* A root without the mathematical library: Newton's steps */
static double root(double x)
{
	double y = 1;
	int i;

	for (i = 0; i < 60; i++)
		y = (y + x / y) / 2;
	return y;
}

/* Mathis et al. 1997: goodput is MSS / RTT * sqrt(3 / 2p) */
static double mathis_bps(double p, double rtt_s)
{
	return 8 * 1448 / rtt_s * root(3 / (2 * p));
}

TEST(loss__as_mathis_says)
{
	static const u32 ppm[] = { 1000, 2000, 5000, 10000, 20000 };
	char setting[64];
	struct summary s;
	double wanted;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		snprintf(setting, sizeof(setting), "link.loss=%u.%04u%%",
			 ppm[i] / 10000, ppm[i] % 10000);
		run_scenario("loss-sweep", setting);
		summarize(&sim, ALL_GROUPS, &s);
		wanted = mathis_bps(ppm[i] / 1e6, 0.040);
		EXPECT(s.goodput_bps >= wanted / 2);
		EXPECT(s.goodput_bps <= wanted * 2);
		sim_free(&sim);
	}
}

static double goodput(const char *name, const char *first, const char *second)
{
	char path[512];
	struct summary s;

	snprintf(path, sizeof(path), SCENARIOS "/%s.conf", name);
	scenario_init(&c);
	EXPECT_SOUND(scenario_read(&c, path));
	EXPECT_SOUND(scenario_set(&c, first));
	EXPECT_SOUND(scenario_set(&c, second));
	EXPECT_SOUND(sim_init(&sim, &c));
	sim_run(&sim);
	EXPECT_SOUND(sim.broken);
	summarize(&sim, ALL_GROUPS, &s);
	sim_free(&sim);
	return s.goodput_bps;
}

/* Losses in bursts: one round trip mends them all, where NewReno needs many. */
TEST(selective__mends_bursts)
{
	double with = goodput("burst-loss", "link.burst=1%", "flows.sack=1");
	double without = goodput("burst-loss", "link.burst=1%",
				 "flows.sack=0");

	EXPECT(with >= 1.1 * without);
}

/* RFC 8985: what comes late is not lost, once reordering has been seen. */
TEST(selective__reordering_costs_little)
{
	EXPECT(goodput("reordering", "link.reorder=5%", "flows.sack=1") >=
	       0.9 * TEXT_SHARE * c.link[0].rate);
}

/* RFC 9438 4.3: where round trips are short CUBIC leaves Reno its share. */
TEST(cubic__leaves_reno_its_share)
{
	static const char *const delays[] = {
		"link.delay=5ms", "link.delay=20ms", "link.delay=50ms",
	};
	struct summary cubic, newreno;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		run_scenario("friendliness", delays[i]);
		summarize(&sim, 0, &cubic);
		summarize(&sim, 1, &newreno);
		EXPECT(cubic.goodput_bps >= newreno.goodput_bps);
		EXPECT(cubic.goodput_bps <= 2 * newreno.goodput_bps);
		EXPECT(cubic.goodput_bps + newreno.goodput_bps >=
		       0.9 * TEXT_SHARE * c.link[0].rate);
		sim_free(&sim);
	}
}

/* Far away CUBIC fills what Reno leaves empty after each loss. */
TEST(cubic__fills_a_long_path)
{
	double cubic = goodput("one-long-flow", "flows.cc=cubic",
			       "link.queue=0.1bdp");
	double newreno = goodput("one-long-flow", "flows.cc=newreno",
				 "link.queue=0.1bdp");

	EXPECT(cubic >= newreno);
}

/* Lost ACKs cost little: the next one says the same and more. */
TEST(loss__of_acks_hardly_matters)
{
	struct summary s;

	test_run(&sim, &c,
		 "[run]\nwarm_up = 10s\n[link]\nrate = 10Mbit\ndelay = 20ms\n"
		 "[back]\nloss = 10%\n[flows long]\nuntil = 70s\n");
	summarize(&sim, ALL_GROUPS, &s);
	EXPECT(s.goodput_bps >= 0.8 * TEXT_SHARE * c.link[0].rate);
	sim_free(&sim);
}

/* 30 s without a link: afterwards everybody goes on, within one time-out. */
TEST(cut__everybody_goes_on)
{
	u64 back_ns = SIM_BEGIN_NS + 40 * NS_PER_S;
	size_t i;

	run_scenario("cut", NULL);
	EXPECT(sim.link[0].n.cut + sim.link[1].n.cut > 0);
	for (i = 0; i < sim.nflows; i++)
		EXPECT(sim.flows[i]->done_ns < back_ns + 60 * NS_PER_S);
	sim_free(&sim);
}

/* RFC 6298 5.7, Karn: a lost SYN tells nothing about the round trip. */
TEST(lost_syn__is_no_sample)
{
	struct summary s;

	test_run(&sim, &c,
		 "[link]\ndelay = 20ms\ndown_for = 10s\n"
		 "[flows late]\ncount = 20\nstart = 0s..5s\nup = 20kB\n");
	summarize(&sim, ALL_GROUPS, &s);
	EXPECT(s.rtt_inflation < 3);
	sim_free(&sim);
}

/*
 * Connections follow each other between the same ports while the last one is
 * in TIME_WAIT, here or there; none gets another one's text.
 */
TEST(churn__time_wait_gives_way)
{
	static const char *const first[] = { "client", "server" };
	char setting[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(first); i++) {
		snprintf(setting, sizeof(setting), "flows.first=%s", first[i]);
		run_scenario("churn", setting);
		EXPECT_EQ(sim.nflows, 20000);
		/* Each pair once anew, and then again and again */
		EXPECT_EQ(sim.reopened, 20000 - 400 * 4);
		/* Whose own TIME_WAIT is younger than a second waits. */
		EXPECT((sim.refused > 0) == !i);
		sim_free(&sim);
	}
	/* And with losses: FINs are repeated, late ones meet their successors. */
	run_scenario("churn", "link.loss=2%");
	EXPECT(sim.late > 0);
	sim_free(&sim);
}

/* Without leave to take TIME_WAIT over, a pair rests for 2 MSL. */
TEST(churn__without_reuse_waits)
{
	test_run(&sim, &c,
		 "[flows asks]\ntimes = 6\npairs = 2\nup = 100B\ndown = 1kB\n"
		 "reuse = 0\n");
	EXPECT_EQ(sim.reopened, 0);
	EXPECT(sim.refused > 0);
	EXPECT(sim.flows[5]->begin_ns - sim.flows[0]->begin_ns >=
	       2 * 60 * NS_PER_S);
	sim_free(&sim);
}

/* One direction's text takes the other's ACKs along. */
TEST(both_ways__everything_arrives)
{
	test_run(&sim, &c,
		 "[link]\nloss = 1%\nrepeat = 1%\nreorder = 1%\n"
		 "[flows both]\ncount = 20\nup = 10kB..1MB\ndown = 10kB..1MB\n"
		 "start = 0s..1s\ndelay = 0s..50ms\n");
	EXPECT(sim.link[0].n.repeated > 0);
	EXPECT(sim.link[0].n.reordered > 0);
	sim_free(&sim);
}

static const char everything_goes_wrong[] =
	"[run]\nsample = 50ms\n"
	"[link]\nrate = 5Mbit\ndelay = 15ms\nqueue = 20p\nloss = 1%\n"
	"burst = 0.2%\nreorder = 2%\nreorder_delay = 1ms..80ms\n"
	"repeat = 1%\ndown_at = 3s\ndown_for = 4s\n"
	"[flows large]\ncount = 10\nup = 1B..2MB\ndown = 1B..2MB\n"
	"start = 0s..5s\ndelay = 0s..60ms\njitter = 3ms\n"
	"[flows small]\ncount = 10\ntimes = 20\npairs = 2\nup = 1B..20kB\n"
	"down = 1B..50kB\npause = 0s..200ms\nstart = 0s..5s\n"
	"first = server\n"
	"[flows endless]\ncount = 5\nuntil = 20s\nstart = 0s..5s\n"
	"down = 10kB\n";

/* Whatever the network does, and however small the buffers are. */
TEST(anything__arrives)
{
	static const char *const settings[] = {
		"flows.window=3kB", "flows.window=70kB", "flows.mss=536",
		"flows.send_buffer=2kB", "flows.timestamps=0",
		"flows.nodelay=1", "flows.reuse=0", "flows.delack=200ms",
	};
	size_t i;
	u32 seed;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		for (seed = 1; seed <= 4; seed++) {
			scenario_init(&c);
			EXPECT_SOUND(scenario_text(&c, everything_goes_wrong));
			EXPECT_SOUND(scenario_set(&c, settings[i]));
			c.run.seed = seed;
			test_case("%s seed %u", settings[i], seed);
			EXPECT_SOUND(sim_init(&sim, &c));
			sim_run(&sim);
			EXPECT_SOUND(sim.broken);
			EXPECT_SOUND(sim_conserves(&sim));
			test_check_over(&sim);
			sim_free(&sim);
		}
	}
}

/* A thousand at once: slow start of all of them into one queue */
TEST(thousand__at_once)
{
	struct summary s;

	test_run(&sim, &c,
		 "[run]\nsample = 1s\n"
		 "[link]\nrate = 1Gbit\ndelay = 10ms\nqueue = 1bdp\n"
		 "[flows thousand]\ncount = 1000\nup = 500kB\ndelay = 0s..20ms\n"
		 "start = 0s..100ms\njitter = 20us\n");
	summarize(&sim, ALL_GROUPS, &s);
	EXPECT_EQ(s.completed, 1000);
	EXPECT(s.goodput_bps >= 0.6 * TEXT_SHARE * c.link[0].rate);
	/* The last one took no longer than five times its share. */
	EXPECT(s.done_s[2] < 5 * 4.0);
	sim_free(&sim);
}

/* It ends: a peer that is cut off for ever is given up, and that is told. */
TEST(cut_off__is_given_up)
{
	test_try(&sim, &c,
		 "[link]\ndown_at = 1s\ndown_for = 10000s\n"
		 "[run]\nlimit = 4000s\n"
		 "[flows lost]\nup = 10MB\n[flows unheard]\nstart = 2s\nup = 1B\n");
	EXPECT(sim.flows[0]->failed);
	EXPECT(!strcmp(xtcp_reason_name(sim.flows[0]->reason),
		       "RetransmitTimeout"));
	EXPECT(sim.flows[1]->failed);
	EXPECT(!strcmp(xtcp_reason_name(sim.flows[1]->reason), "SynTimeout"));
	sim_free(&sim);
}
