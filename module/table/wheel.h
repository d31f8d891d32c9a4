/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_TABLE_WHEEL_H
#define XTCP_TABLE_WHEEL_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>

#include "table/entry.h"
#include "table/slots.h"

/**
 * struct xtcp_wheel - a timer for many small entries
 * @lock:	all of the following; taken inside an entry's lock
 * @timer:	runs only while something is on the wheel
 * @all:	which it belongs to
 * @due:	taken from the slots, not looked at yet
 * @count:	entries on the wheel, @due among them
 * @next_tick:	the first tick that was not looked at yet
 * @armed_tick:	when @timer fires, while @armed
 * @armed:	@timer will fire
 * @running:	its callback is at work and will arm it
 * @stopped:	the namespace ends: nothing is armed any more
 * @map:	slots that are not empty, so that an idle wheel skips the rest
 * @slots:	the lists
 */
struct xtcp_wheel {
	spinlock_t lock;	/* leaf */
	struct hrtimer timer;
	struct xtcp_wheels *all;
	struct hlist_head due;
	u32 count;
	u32 next_tick;
	u32 armed_tick;
	bool armed;
	bool running;
	bool stopped;
	struct xtcp_slot_map map;
	struct hlist_head slots[XTCP_SLOTS];
} ____cacheline_aligned_in_smp;

/**
 * struct xtcp_wheels - the timers of all small entries of a table
 * @wheels:	NULL: the table is not in use yet
 * @mask:	how many there are, less 1; a power of two
 * @expired:	what to call; see struct xtcp_table_ops
 *
 * Several, so that connections that have nothing to do with each other seldom
 * wait for one lock. An entry is always on the same one.
 */
struct xtcp_wheels {
	struct xtcp_wheel *wheels;
	unsigned int mask;
	void (*expired)(struct xtcp_wheels *all, struct xtcp_small *s);
};

/* Process context; before the first entry. Return: 0 or -ENOMEM. */
int xtcp_wheels_alloc(struct xtcp_wheels *all);
/* Nothing runs and nothing is armed once it returned. Process context. */
void xtcp_wheels_stop(struct xtcp_wheels *all);
/* After xtcp_wheels_stop(). */
void xtcp_wheels_free(struct xtcp_wheels *all);

/* Put onto its wheel, or move there, to go off at record.expires_ms. */
void xtcp_wheel_mod(struct xtcp_wheels *all, struct xtcp_small *s);
/* Take from its wheel, if it is there. */
void xtcp_wheel_del(struct xtcp_wheels *all, struct xtcp_small *s);

#endif
