/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_TABLE_WHEEL_H
#define XTCP_TABLE_WHEEL_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>

#include "table/entry.h"
#include "table/slots.h"

/**
 * struct xtcp_wheel - the one timer of all small entries of a namespace
 * @lock:	all of the following; taken inside an entry's lock
 * @timer:	runs only while something is on the wheel
 * @map:	slots that are not empty, so that an idle wheel skips the rest
 * @slots:	%XTCP_SLOTS lists
 * @due:	taken from the slots, not looked at yet
 * @count:	entries on the wheel, @due among them
 * @next_tick:	the first tick that was not looked at yet
 * @armed_tick:	when @timer fires, while @armed
 * @armed:	@timer will fire
 * @running:	its callback is at work and will arm it
 * @stopped:	the namespace ends: nothing is armed any more
 * @expired:	what to call; see struct xtcp_table_ops
 */
struct xtcp_wheel {
	spinlock_t lock;	/* leaf */
	struct hrtimer timer;
	struct xtcp_slot_map map;
	struct hlist_head *slots;
	struct hlist_head due;
	u32 count;
	u32 next_tick;
	u32 armed_tick;
	bool armed;
	bool running;
	bool stopped;
	void (*expired)(struct xtcp_wheel *w, struct xtcp_small *s);
};

void xtcp_wheel_init(struct xtcp_wheel *w,
		     void (*expired)(struct xtcp_wheel *w,
				     struct xtcp_small *s));
/* Process context. Return: 0 or -ENOMEM. */
int xtcp_wheel_alloc(struct xtcp_wheel *w);
/* Nothing runs and nothing is armed once it returned. Process context. */
void xtcp_wheel_stop(struct xtcp_wheel *w);
/* After xtcp_wheel_stop(). */
void xtcp_wheel_free(struct xtcp_wheel *w);

/* Put onto the wheel, or move there, to go off at record.expires_ms. */
void xtcp_wheel_mod(struct xtcp_wheel *w, struct xtcp_small *s);
/* Take from the wheel, if it is there. */
void xtcp_wheel_del(struct xtcp_wheel *w, struct xtcp_small *s);

#endif
