// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which processes have which sockets open: by inode, from /proc/PID/fd.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xtcp-ss.h"

#define BUCKETS	4096

static struct process *known[BUCKETS];

static void remember(int pid, int fd, uint32_t inode, const char *name)
{
	struct process **bucket = &known[inode % BUCKETS];
	struct process *p = malloc(sizeof(*p));

	if (!p)
		die("no memory");
	p->inode = inode;
	p->pid = pid;
	p->fd = fd;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->next = *bucket;
	*bucket = p;
}

static void name_of(int pid, char *name, size_t size)
{
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	snprintf(name, size, "?");
	f = fopen(path, "r");
	if (!f)
		return;
	if (fgets(name, size, f))
		name[strcspn(name, "\n")] = 0;
	fclose(f);
}

static void read_one(int pid)
{
	char path[64], target[64], name[16];
	struct dirent *e;
	uint32_t inode;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return;
	name_of(pid, name, sizeof(name));
	while ((e = readdir(dir))) {
		n = readlinkat(dirfd(dir), e->d_name, target,
			       sizeof(target) - 1);
		if (n <= 0)
			continue;
		target[n] = 0;
		if (sscanf(target, "socket:[%u]", &inode) == 1)
			remember(pid, atoi(e->d_name), inode, name);
	}
	closedir(dir);
}

void processes_read(void)
{
	struct dirent *e;
	DIR *dir = opendir("/proc");

	if (!dir)
		die("/proc cannot be read");
	while ((e = readdir(dir)))
		if (isdigit(e->d_name[0]))
			read_one(atoi(e->d_name));
	closedir(dir);
}

/* The first; the others follow it among those with other inodes. */
const struct process *processes_of(uint32_t inode)
{
	const struct process *p = inode ? known[inode % BUCKETS] : NULL;

	while (p && p->inode != inode)
		p = p->next;
	return p;
}

/* Any of those who hold it has this name or number. */
bool process_named(const struct process *p, const char *wanted)
{
	uint32_t inode = p ? p->inode : 0;

	for (; p; p = p->next) {
		if (p->inode != inode)
			continue;
		if (!strncmp(p->name, wanted, sizeof(p->name) - 1) ||
		    (isdigit(*wanted) && p->pid == atoi(wanted)))
			return true;
	}
	return false;
}
