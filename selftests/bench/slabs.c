// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel's caches hold, from /proc/slabinfo. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"
#include "slabs.h"

/* Free objects that a CPU keeps for itself count as used: hand them back. */
static void hand_back(void)
{
	DIR *folder = opendir("/sys/kernel/slab");
	struct dirent *entry;
	char path[512];
	FILE *f;

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink",
			 entry->d_name);
		f = fopen(path, "we");
		if (!f)
			continue;
		fputs("1", f);
		fclose(f);
	}
	if (folder)
		closedir(folder);
}

long long kernel_memory(const char *name)
{
	size_t len = strlen(name);
	char line[128];
	long long kb = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			kb = atoll(line + len + 1);
	if (f)
		fclose(f);
	return kb << 10;
}

void slabs_read(struct slabs *s)
{
	long page = sysconf(_SC_PAGESIZE), total, slabs;
	char line[256];
	FILE *f;

	hand_back();
	memset(s, 0, sizeof(*s));
	f = fopen("/proc/slabinfo", "re");
	if (!f)
		die("/proc/slabinfo");
	while (s->count < MOST_SLABS && fgets(line, sizeof(line), f)) {
		struct slab *to = &s->slab[s->count];

		if (sscanf(line,
			   "%63s %ld %ld %ld %*d %d : tunables %*d %*d %*d : slabdata %*d %ld",
			   to->name, &to->used, &total, &to->size, &to->pages,
			   &slabs) != 6)
			continue;
		s->pages += slabs * to->pages * page;
		s->count++;
	}
	fclose(f);
	/* Larger than any cache's objects: pages of their own. */
	s->large = kernel_memory("Slab") - s->pages;
}

long long slabs_grown(const struct slabs *before, const struct slabs *after,
		      int i)
{
	const struct slab *now = &after->slab[i];
	int j;

	for (j = 0; j < before->count; j++)
		if (!strcmp(before->slab[j].name, now->name))
			return (now->used - before->slab[j].used) * now->size;
	return (long long)now->used * now->size;
}
