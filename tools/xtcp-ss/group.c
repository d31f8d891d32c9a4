// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many there are of each kind, and the oldest of them.
 */
#include <stdlib.h>
#include <string.h>

#include "xtcp-ss.h"

#define BUCKETS	4096

struct group {
	struct group *next;
	unsigned long count;
	uint64_t ms;
	char key[128];
};

static struct group *groups[BUCKETS];
static unsigned long kinds;

static void by_state(const struct row *row, char *key, size_t size)
{
	snprintf(key, size, "%s", state_word(row->m->state));
}

static void by_process(const struct row *row, char *key, size_t size)
{
	const struct process *p = row->who;

	if (p)
		snprintf(key, size, "%s pid=%d", p->name, p->pid);
	else if (row->m->inode)
		snprintf(key, size, "(a process that you may not see)");
	else if (row->m->reason)
		snprintf(key, size, "(no process any more)");
	else if (row->m->form == XTCP_DIAG_FORM_SOCKET)
		snprintf(key, size, "(orphans)");
	else
		snprintf(key, size, "(no socket: %s)",
			 state_word(row->m->state));
}

static void by_local(const struct row *row, char *key, size_t size)
{
	snprintf(key, size, "%s", end_text(row->m, true));
}

static void by_peer(const struct row *row, char *key, size_t size)
{
	snprintf(key, size, "%s", end_text(row->m, false));
}

static void by_host(const struct row *row, char *key, size_t size)
{
	inet_ntop(row->m->version == 4 ? AF_INET : AF_INET6, row->m->foreign,
		  key, size);
}

/* What the connection is for: who was called. */
static void by_service(const struct row *row, char *key, size_t size)
{
	const struct xtcp_diag_msg *m = row->m;
	bool ours = m->state == XTCP_LISTEN || m->state == XTCP_SYN_RCVD ||
		    m->opened == XTCP_INFO_OPENED_PASSIVE ||
		    m->opened == XTCP_INFO_OPENED_COOKIE;

	if (ours)
		snprintf(key, size, "our port %u", ntohs(m->local_port));
	else
		snprintf(key, size, "to %s", end_text(m, false));
}

static void by_opened(const struct row *row, char *key, size_t size)
{
	snprintf(key, size, "%s", xtcp_opened_name(row->m->opened));
}

static void by_closing(const struct row *row, char *key, size_t size)
{
	snprintf(key, size, "%s", xtcp_closing_name(row->m->closing));
}

static void by_reason(const struct row *row, char *key, size_t size)
{
	const char *name = xtcp_reason_name(row->m->reason);

	snprintf(key, size, "%-17s %s", name,
		 xtcp_reason_text(row->m->reason));
}

static void by_cgroup(const struct row *row, char *key, size_t size)
{
	uint64_t id = row->ended.cgroup;

	snprintf(key, size, "%s", id ? cgroup_text(id) : "-");
}

static const struct {
	const char *name;
	bool ended;
	void (*key)(const struct row *row, char *key, size_t size);
} ways[] = {
	{ "state", false, by_state }, { "process", false, by_process },
	{ "local", false, by_local }, { "peer", false, by_peer },
	{ "host", false, by_host }, { "service", false, by_service },
	{ "opened", false, by_opened }, { "closing", false, by_closing },
	{ "reason", true, by_reason }, { "cgroup", true, by_cgroup },
};

static int way_of(const char *by)
{
	int i;

	for (i = 0; i < (int)(sizeof(ways) / sizeof(ways[0])); i++)
		if (!strcmp(by, ways[i].name))
			return i;
	return -1;
}

/* Some are known only of what has @ended. */
bool group_known(const char *by, bool ended)
{
	int way = way_of(by);

	return way >= 0 && (ended || !ways[way].ended);
}

static struct group *group_of(const char *key)
{
	unsigned int hash = 5381;
	struct group *g;
	const char *c;

	for (c = key; *c; c++)
		hash = hash * 33 + *c;
	for (g = groups[hash % BUCKETS]; g; g = g->next)
		if (!strcmp(g->key, key))
			return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		die("no memory");
	strcpy(g->key, key);
	g->next = groups[hash % BUCKETS];
	groups[hash % BUCKETS] = g;
	kinds++;
	return g;
}

/* The longest time in its state; of what has ended, the last end. */
void group_add(const char *by, const struct row *row)
{
	char key[sizeof(groups[0]->key)];
	struct group *g;

	ways[way_of(by)].key(row, key, sizeof(key));
	g = group_of(key);
	if (row->m->reason && (!g->count || row->ended.ago_ms < g->ms))
		g->ms = row->ended.ago_ms;
	else if (!row->m->reason && row->m->state_ms > g->ms)
		g->ms = row->m->state_ms;
	g->count++;
}

static int larger_first(const void *a, const void *b)
{
	const struct group *x = *(struct group *const *)a;
	const struct group *y = *(struct group *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->key, y->key);
}

void group_show(const struct asked *a)
{
	struct group **all = calloc(kinds + 1, sizeof(*all)), *g;
	unsigned long i, n = 0;

	if (!all)
		die("no memory");
	for (i = 0; i < BUCKETS; i++)
		for (g = groups[i]; g; g = g->next)
			all[n++] = g;
	qsort(all, n, sizeof(*all), larger_first);
	if (!a->no_header)
		printf("%8s %8s %s\n", "Count",
		       a->req.what == XTCP_DIAG_WHAT_ENDED ? "Latest" :
		       "Oldest", a->by);
	for (i = 0; i < n; i++)
		printf("%8lu %8s %s\n", all[i]->count,
		       time_text(all[i]->ms), all[i]->key);
	free(all);
}
