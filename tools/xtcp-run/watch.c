// SPDX-License-Identifier: GPL-2.0-only
/*
 * An epoll instance watches a socket, not its number: with the socket the
 * registration is gone. The kernel tells what was registered in
 * /proc/self/fdinfo. Whether it is worth looking, a bit per descriptor says; it
 * is never wrong the other way but across execve().
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"
#include "watch.h"

#define NOTED	65536	/* descriptors; of those beyond, all may be watched */

static unsigned char watched[NOTED / 8];

void run_watched(int fd, bool yes)
{
	unsigned char bit = 1U << (fd & 7);

	if (fd < 0 || fd >= NOTED)
		return;
	if (yes)
		__atomic_fetch_or(&watched[fd / 8], bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&watched[fd / 8], ~bit, __ATOMIC_RELAXED);
}

static bool maybe_watched(int fd)
{
	if (fd >= NOTED)
		return true;
	return __atomic_load_n(&watched[fd / 8], __ATOMIC_RELAXED) &
	       1U << fd % 8;
}

static bool is_epoll(int dir, const char *name)
{
	static const char link[] = "anon_inode:[eventpoll]";
	char to[sizeof(link)];

	return readlinkat(dir, name, to, sizeof(to)) == sizeof(link) - 1 &&
	       !memcmp(to, link, sizeof(link) - 1);
}

/* A line "tfd: 5 events: 1b data: 5  pos:0 ino:.. sdev:.." */
static bool parse(const char *line, int fd, struct epoll_event *event)
{
	char *at;

	if (strncmp(line, "tfd:", 4) || strtol(line + 4, &at, 10) != fd)
		return false;
	at = strstr(at, "events:");
	if (!at)
		return false;
	event->events = strtoul(at + 7, &at, 16);
	at = strstr(at, "data:");
	if (!at)
		return false;
	event->data.u64 = strtoull(at + 5, NULL, 16);
	return true;
}

/* Reads the file by lines, without the heap. */
static bool registered(int epoll, int fd, struct epoll_event *event)
{
	char path[64], text[4096];
	bool found = false;
	size_t have = 0;
	ssize_t n;
	int file;
	char *end;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	while (!found &&
	       (n = read(file, text + have, sizeof(text) - 1 - have)) > 0) {
		have += n;
		text[have] = '\0';
		while (!found && (end = memchr(text, '\n', have))) {
			*end++ = '\0';
			found = parse(text, fd, event);
			have -= end - text;
			memmove(text, end, have + 1);
		}
	}
	close(file);
	return found;
}

struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

static void look_at(struct run_watches *w, int dir, const char *name, int fd)
{
	int epoll = atoi(name);

	if (w->count == RUN_WATCHES || !is_epoll(dir, name))
		return;
	if (!registered(epoll, fd, &w->w[w->count].event))
		return;
	w->w[w->count++].epoll = epoll;
}

void run_watches_find(struct run_watches *w, int fd)
{
	char buf[2048] __attribute__((aligned(8)));
	long n, at;
	int dir;

	w->count = 0;
	if (!maybe_watched(fd))
		return;
	dir = syscall(SYS_openat, AT_FDCWD, "/proc/self/fd",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	while ((n = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (at = 0; at < n; at += ((struct entry *)(buf + at))->size)
			look_at(w, dir, ((struct entry *)(buf + at))->name,
				fd);
	}
	close(dir);
}

void run_watches_restore(const struct run_watches *w, int fd)
{
	struct epoll_event event;
	int i;

	for (i = 0; i < w->count; i++) {
		event = w->w[i].event;
		syscall(SYS_epoll_ctl, w->w[i].epoll, EPOLL_CTL_ADD, fd,
			&event);
	}
}
