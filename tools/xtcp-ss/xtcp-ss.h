/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of xtcp-ss say to each other.
 */
#ifndef XTCP_SS_H
#define XTCP_SS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <linux/sock_diag.h>

#include "machine/machine.h"
#include "uapi/linux/xtcp.h"
#include "uapi/linux/xtcp_diag.h"

struct process;

/**
 * struct row - a listener or connection
 * @m:		what the kernel says
 * @info:	NULL unless asked for
 * @meminfo:	likewise; SK_MEMINFO_VARS words
 * @ended:	of what has ended
 * @who:	the processes that hold it, if they were looked for
 */
struct row {
	const struct xtcp_diag_msg *m;
	const struct xtcp_info *info;
	const uint32_t *meminfo;
	struct xtcp_diag_ended ended;
	const struct process *who;
};

/**
 * struct process - one that has a socket open
 * @next:	another that has the same
 * @inode:	of the socket
 * @pid:	its number
 * @fd:		its descriptor
 * @name:	its name
 */
struct process {
	struct process *next;
	uint32_t inode;
	int pid;
	int fd;
	char name[16];
};

/**
 * struct asked - the command line
 * @req:	what the kernel picks out
 * @process:	name or number of the process that must hold it, or NULL
 * @by:		what to count by, or NULL
 * @reason:	those that are asked for, by number; -E
 * @reason_given: there are some
 * @processes:	-p
 * @no_header:	-H
 * @kill:	-K
 * @reasons:	-r
 * @filtered:	there is a filter
 * @states_given: with states
 */
struct asked {
	struct xtcp_diag_req req;
	const char *process;
	const char *by;
	bool reason[256];
	bool reason_given;
	bool processes;
	bool no_header;
	bool kill;
	bool reasons;
	bool filtered;
	bool states_given;
};

/* main.c */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* netlink.c */
int diag_open(void);
int diag_dump(int fd, const struct xtcp_diag_req *req,
	      void (*each)(struct row *row, void *arg), void *arg);
int diag_destroy(int fd, const struct xtcp_diag_req *req,
		 const struct xtcp_diag_msg *m);

/* filter.c */
void filter_parse(struct asked *a, char **word);

/* process.c */
void processes_read(void);
const struct process *processes_of(uint32_t inode);
bool process_named(const struct process *p, const char *wanted);

/* show.c */
const char *state_word(uint8_t state);
const char *end_text(const struct xtcp_diag_msg *m, bool local);
const char *time_text(uint64_t ms);
void show_header(const struct asked *a);
void show_row(const struct asked *a, const struct row *row);
void show_processes(const struct process *p);
void show_reasons(void);

/* ended.c */
uint8_t reason_of(const char *name);
const char *ender_text(uint8_t reason);
const char *cgroup_text(uint64_t id);
void show_ended_header(void);
void show_ended(const struct asked *a, const struct row *row);

/* group.c */
bool group_known(const char *by, bool ended);
void group_add(const char *by, const struct row *row);
void group_show(const struct asked *a);

#endif
