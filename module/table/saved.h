/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SYNs whose listener wants them kept (TCP_SAVE_SYN), and those that came by a
 * source route. A half-open entry has no room for them: they stand beside the
 * table, by the entry they belong to.
 */
#ifndef XTCP_TABLE_SAVED_H
#define XTCP_TABLE_SAVED_H

#include <linux/rcupdate.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct xtcp_small;

/**
 * struct xtcp_saved - the headers of a SYN
 * @node:	link of the table of them
 * @of:		the half-open entry; means nothing once it was taken
 * @rcu:	who looks for another one may still come across it
 * @len:	bytes of @data
 * @ip:		where in @data IP's header begins
 * @wanted:	TCP_SAVE_SYN: it is for who accepts, too
 * @data:	from the first header that was asked for to the end of TCP's
 */
struct xtcp_saved {
	struct rhash_head node;
	const struct xtcp_small *of;
	struct rcu_head rcu;
	u16 len;
	u8 ip;
	bool wanted;
	u8 data[];
};

int xtcp_saved_module_init(void);
void xtcp_saved_module_exit(void);

/**
 * xtcp_saved_attach() - keep a SYN as long as the entry is half-open
 * @s:		not in the table yet
 * @saved:	given up; without memory to find it again it is freed; or NULL
 *
 * Return: it is kept.
 */
bool xtcp_saved_attach(struct xtcp_small *s, struct xtcp_saved *saved);

/* What is attached, or NULL; under RCU, as it may be taken at any time. */
const struct xtcp_saved *xtcp_saved_look(const struct xtcp_small *s);

/* What was attached is the caller's now, or was taken before: NULL. */
struct xtcp_saved *xtcp_saved_take(const struct xtcp_small *s);

/* NULL is nothing. */
void xtcp_saved_free(struct xtcp_saved *saved);

#endif
