/* SPDX-License-Identifier: GPL-2.0-only */
/* How a call goes on to whoever comes next: another library, or glibc. */
#ifndef XTCP_RUN_PRELOAD_H
#define XTCP_RUN_PRELOAD_H

void *run_next(void **at, const char *name);

#define NEXT(name) ({							\
	static void *at;						\
	__typeof__(name) *next = run_next(&at, #name);			\
	next;								\
})

/* What _FORTIFY_SOURCE makes of open() and openat(). */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

#endif
