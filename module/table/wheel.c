// SPDX-License-Identifier: GPL-2.0-only
/*
 * A few timers for all connections without a socket. The bits of a wheel's map
 * say where there is something to do, so that nothing ticks while nothing ends.
 */
#include <linux/cpumask.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "machine/seq.h"
#include "table/clock.h"
#include "table/wheel.h"

/* Entries looked at in one go; the rest a millisecond later. */
#define WHEEL_BUDGET	512
/*
 * Wheels of a table: as many as there are CPUs; but each has 33 KiB, and where
 * there is one CPU, in most tests, there are to be several, too.
 */
#define WHEELS_LEAST	2u
#define WHEELS_MOST	8u

static struct xtcp_wheel *wheel_of(const struct xtcp_wheels *all,
				   const struct xtcp_small *s)
{
	return &all->wheels[hash_ptr(s, 16) & all->mask];
}

static s32 wheel_ms_until(u32 tick, u32 now_ms)
{
	return (s32)((tick << XTCP_TICK_BITS) - now_ms);
}

static void wheel_start(struct xtcp_wheel *w, u32 tick, s32 at_least_ms)
{
	s64 now_ms = ktime_to_ms(ktime_get());
	s32 ms = max(wheel_ms_until(tick, (u32)now_ms), at_least_ms);

	w->armed = true;
	w->armed_tick = tick;
	hrtimer_start(&w->timer, ms_to_ktime(now_ms + ms),
		      HRTIMER_MODE_ABS_SOFT);
}

/* Something was put into the slot of a tick: must the timer fire earlier? */
static void wheel_arm(struct xtcp_wheel *w, u32 slot)
{
	u32 first = xtcp_tick_slot(w->next_tick);
	u32 tick = w->next_tick + (slot - first) % XTCP_SLOTS;

	if (w->running || w->stopped)
		return;
	if (w->armed && xtcp_ticks(w->armed_tick, tick) < XTCP_TICKS / 2)
		return;
	wheel_start(w, tick, 0);
}

static void wheel_arm_next(struct xtcp_wheel *w)
{
	u32 next;

	if (w->stopped)
		return;
	if (!hlist_empty(&w->due)) {
		wheel_start(w, w->next_tick, 1);
		return;
	}
	next = xtcp_slot_next(&w->map, xtcp_tick_slot(w->next_tick));
	if (next < XTCP_SLOTS)
		wheel_start(w, w->next_tick + next, 0);
}

static void wheel_link(struct xtcp_wheel *w, struct xtcp_small *s, u32 slot)
{
	hlist_add_head(&s->wheel, &w->slots[slot]);
	xtcp_slot_mark(&w->map, slot);
}

static void wheel_unlink(struct xtcp_wheel *w, struct xtcp_small *s)
{
	struct hlist_node **pprev = s->wheel.pprev;
	bool last = !s->wheel.next;

	hlist_del_init(&s->wheel);
	/* First and last of a slot's list: what precedes it is the slot. */
	if (last && pprev >= &w->slots[0].first &&
	    pprev <= &w->slots[XTCP_SLOTS - 1].first)
		xtcp_slot_clear(&w->map, container_of(pprev, struct hlist_head,
						      first) - w->slots);
}

void xtcp_wheel_mod(struct xtcp_wheels *all, struct xtcp_small *s)
{
	struct xtcp_wheel *w = wheel_of(all, s);
	u32 now = xtcp_now_ms();
	u32 slot;

	spin_lock_bh(&w->lock);
	if (!hlist_unhashed(&s->wheel))
		wheel_unlink(w, s);
	else if (!w->count++ && !w->running)
		w->next_tick = xtcp_tick_at(now);
	slot = xtcp_slot_for(s->record.expires_ms, now, w->next_tick);
	wheel_link(w, s, slot);
	wheel_arm(w, slot);
	spin_unlock_bh(&w->lock);
}

void xtcp_wheel_del(struct xtcp_wheels *all, struct xtcp_small *s)
{
	struct xtcp_wheel *w = wheel_of(all, s);

	spin_lock_bh(&w->lock);
	if (!hlist_unhashed(&s->wheel)) {
		wheel_unlink(w, s);
		w->count--;
	}
	spin_unlock_bh(&w->lock);
}

/* Move the next slot whose tick has come to the due list, if there is one. */
static bool wheel_collect(struct xtcp_wheel *w, u32 now)
{
	u32 slot = xtcp_slot_take(&w->map, &w->next_tick, now);

	if (slot == XTCP_SLOTS)
		return false;
	hlist_move_list(&w->slots[slot], &w->due);
	return true;
}

/* The lock is open during the call, and @s may be moved or freed meanwhile. */
static void wheel_expire(struct xtcp_wheel *w, struct xtcp_small *s)
	__must_hold(&w->lock)
{
	w->count--;
	rcu_read_lock();
	spin_unlock(&w->lock);
	w->all->expired(w->all, s);
	rcu_read_unlock();
	spin_lock(&w->lock);
}

static void wheel_run(struct xtcp_wheel *w, u32 now)
	__must_hold(&w->lock)
{
	unsigned int budget = WHEEL_BUDGET;
	struct xtcp_small *s;

	while (budget) {
		if (hlist_empty(&w->due) && !wheel_collect(w, now))
			return;
		s = hlist_entry(w->due.first, struct xtcp_small, wheel);
		hlist_del_init(&s->wheel);
		budget--;
		/* In its slot, but its turn is a later one. */
		if (seq_gt(s->record.expires_ms, now))
			wheel_link(w, s, xtcp_slot_for(s->record.expires_ms,
						       now, w->next_tick));
		else
			wheel_expire(w, s);
	}
}

static enum hrtimer_restart wheel_fire(struct hrtimer *timer)
{
	struct xtcp_wheel *w = container_of(timer, struct xtcp_wheel, timer);

	spin_lock(&w->lock);
	w->armed = false;
	w->running = true;
	wheel_run(w, xtcp_now_ms());
	w->running = false;
	wheel_arm_next(w);
	spin_unlock(&w->lock);
	return HRTIMER_NORESTART;
}

static void wheel_init(struct xtcp_wheel *w, struct xtcp_wheels *all)
{
	spin_lock_init(&w->lock);
	hrtimer_init(&w->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	w->timer.function = wheel_fire;
	w->all = all;
}

int xtcp_wheels_alloc(struct xtcp_wheels *all)
{
	unsigned int i, n = roundup_pow_of_two(num_possible_cpus());

	if (all->wheels)
		return 0;
	n = clamp(n, WHEELS_LEAST, WHEELS_MOST);
	all->wheels = kvcalloc(n, sizeof(*all->wheels), GFP_KERNEL);
	if (!all->wheels)
		return -ENOMEM;
	all->mask = n - 1;
	for (i = 0; i < n; i++)
		wheel_init(&all->wheels[i], all);
	return 0;
}

static void wheel_stop(struct xtcp_wheel *w)
{
	spin_lock_bh(&w->lock);
	w->stopped = true;
	spin_unlock_bh(&w->lock);
	hrtimer_cancel(&w->timer);
}

void xtcp_wheels_stop(struct xtcp_wheels *all)
{
	unsigned int i;

	for (i = 0; all->wheels && i <= all->mask; i++)
		wheel_stop(&all->wheels[i]);
}

void xtcp_wheels_free(struct xtcp_wheels *all)
{
	kvfree(all->wheels);
	all->wheels = NULL;
}
