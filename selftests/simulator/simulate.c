// SPDX-License-Identifier: GPL-2.0-only
/*
 * simulate [--seed N] [--commit TEXT] [--set SECTION.KEY=VALUE]... --out FOLDER
 *          SCENARIO: runs it, once for each value of its sweep; tables into
 *          FOLDER, the summary also to standard output
 * simulate --keys: what a scenario may say, --columns: what the tables say
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sim.h"

#define SETTINGS	64

struct job {
	const char *path;
	const char *out;
	const char *commit;
	const char *setting[SETTINGS];
	int settings;
	FILE *summary;
};

static void die(const char *about, const char *what)
{
	fprintf(stderr, "simulate: %s: %s\n", about, what);
	exit(1);
}

static void read_scenario(const struct job *j, struct scenario *c)
{
	const char *wrong;
	int i;

	scenario_init(c);
	wrong = scenario_read(c, j->path);
	if (!wrong && !c->groups)
		wrong = "no flows";
	for (i = 0; i < j->settings && !wrong; i++)
		wrong = scenario_set(c, j->setting[i]);
	if (wrong)
		die(j->path, wrong);
}

static FILE *open_table(const struct job *j, const struct scenario *c,
			const char *name)
{
	const char *base = strrchr(j->path, '/');
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", j->out, name);
	to = fopen(path, "w");
	if (!to)
		die(path, "cannot be written");
	fprintf(to, "# scenario: %s\n# commit: %s\n# seed: %llu\n",
		base ? base + 1 : j->path, j->commit,
		(unsigned long long)c->run.seed);
	scenario_print(c, to);
	return to;
}

static void run(const struct job *j, const struct scenario *c,
		const char *value)
{
	struct sim sim;
	const char *wrong = sim_init(&sim, c);
	FILE *flows;

	if (wrong)
		die(j->path, wrong);
	sim.series = open_table(j, c, "series.tsv");
	sim.trace = open_table(j, c, "trace.tsv");
	report_series_head(&sim);
	sim_run(&sim);
	wrong = sim.broken ? sim.broken : sim_conserves(&sim);
	if (wrong)
		die(j->path, wrong);
	fclose(sim.series);
	fclose(sim.trace);
	flows = open_table(j, c, "flows.tsv");
	report_flows(&sim, flows);
	fclose(flows);
	report_summary(&sim, value, j->summary);
	report_summary(&sim, value, stdout);
	fprintf(stderr, "# %s %s: %zu flows, %llu events, %.0f s simulated\n",
		j->path, value, sim.nflows, (unsigned long long)sim.events,
		(double)(sim.now_ns - SIM_BEGIN_NS) / NS_PER_S);
	sim_free(&sim);
}

/* The first word is the key, the others its values. */
static void run_sweep(struct job *j, struct scenario *c)
{
	char words[SCENARIO_WORD], setting[2 * SCENARIO_WORD];
	char *key, *value, *rest;

	snprintf(words, sizeof(words), "%s", c->run.sweep.text);
	key = strtok_r(words, " ", &rest);
	while ((value = strtok_r(NULL, " ", &rest))) {
		snprintf(setting, sizeof(setting), "%s=%s", key, value);
		j->setting[j->settings++] = setting;
		read_scenario(j, c);
		j->settings--;
		run(j, c, value);
	}
}

static const char *argument(char **argv, int *i)
{
	if (!argv[*i + 1])
		die(argv[*i], "needs a value");
	return argv[++*i];
}

static void read_options(struct job *j, char **argv)
{
	static char seed[64];
	int i;

	for (i = 1; argv[i]; i++) {
		if (!strcmp(argv[i], "--keys")) {
			scenario_help(stdout);
			exit(0);
		} else if (!strcmp(argv[i], "--columns")) {
			report_help(stdout);
			exit(0);
		} else if (!strcmp(argv[i], "--out")) {
			j->out = argument(argv, &i);
		} else if (!strcmp(argv[i], "--commit")) {
			j->commit = argument(argv, &i);
		} else if (!strcmp(argv[i], "--seed")) {
			snprintf(seed, sizeof(seed), "run.seed=%s",
				 argument(argv, &i));
			j->setting[j->settings++] = seed;
		} else if (!strcmp(argv[i], "--set")) {
			j->setting[j->settings++] = argument(argv, &i);
		} else if (argv[i][0] == '-' || j->path) {
			die(argv[i], "no such option");
		} else {
			j->path = argv[i];
		}
		if (j->settings >= SETTINGS - 2)
			die(argv[i], "too many settings");
	}
}

int main(int argc, char **argv)
{
	struct job j = { .commit = "unknown" };
	static struct scenario c;

	(void)argc;
	read_options(&j, argv);
	if (!j.path || !j.out)
		die("usage", "simulate [OPTIONS] --out FOLDER SCENARIO");
	if (mkdir(j.out, 0777) && errno != EEXIST)
		die(j.out, "cannot be made");
	read_scenario(&j, &c);
	j.summary = open_table(&j, &c, "summary.tsv");
	report_summary_head(j.summary);
	report_summary_head(stdout);
	if (*c.run.sweep.text)
		run_sweep(&j, &c);
	else
		run(&j, &c, "");
	fclose(j.summary);
	return 0;
}
