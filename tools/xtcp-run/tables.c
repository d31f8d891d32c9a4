// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who reads /proc/net/tcp is given /proc/net/xtcp, which begins with the same
 * columns. ss asks netlink first; xtcp-run tells it not to, by PROC_NET_TCP.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "preload.h"

#define LONGEST	64

/* /proc/net/tcp, /proc/self/net/tcp6, /proc/123/net/tcp ... */
static const char *redirect(const char *path, char other[LONGEST])
{
	const char *net, *tcp, *slash;

	if (!path || strncmp(path, "/proc/", 6) || strlen(path) > LONGEST - 2)
		return path;
	net = path + 6;
	slash = strchr(net, '/');
	if (strncmp(net, "net/", 4) && slash)
		net = slash + 1;
	tcp = net + 4;
	if (strncmp(net, "net/", 4) ||
	    (strcmp(tcp, "tcp") && strcmp(tcp, "tcp6")))
		return path;
	memcpy(other, path, tcp - path);
	other[tcp - path] = 'x';
	strcpy(other + (tcp - path) + 1, tcp);
	return other;
}

static mode_t mode_of(int flags, va_list args)
{
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		return va_arg(args, mode_t);
	return 0;
}

int open(const char *path, int flags, ...)
{
	char other[LONGEST];
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return NEXT(open)(redirect(path, other), flags, mode);
}

int open64(const char *path, int flags, ...)
{
	char other[LONGEST];
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return NEXT(open64)(redirect(path, other), flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	char other[LONGEST];
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return NEXT(openat)(dir, redirect(path, other), flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	char other[LONGEST];
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return NEXT(openat64)(dir, redirect(path, other), flags, mode);
}

int __open_2(const char *path, int flags)
{
	char other[LONGEST];

	return NEXT(__open_2)(redirect(path, other), flags);
}

int __open64_2(const char *path, int flags)
{
	char other[LONGEST];

	return NEXT(__open64_2)(redirect(path, other), flags);
}

int __openat_2(int dir, const char *path, int flags)
{
	char other[LONGEST];

	return NEXT(__openat_2)(dir, redirect(path, other), flags);
}

int __openat64_2(int dir, const char *path, int flags)
{
	char other[LONGEST];

	return NEXT(__openat64_2)(dir, redirect(path, other), flags);
}

FILE *fopen(const char *path, const char *mode)
{
	char other[LONGEST];

	return NEXT(fopen)(redirect(path, other), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	char other[LONGEST];

	return NEXT(fopen64)(redirect(path, other), mode);
}
