/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of the timer wheel. Pure C: tried in user space.
 *
 * Time is cut into ticks of 2^XTCP_TICK_BITS ms; the slots of the wheel are the
 * next XTCP_SLOTS ticks. What ends later than one turn of the wheel waits in
 * its slot and is passed over until its turn has come.
 */
#ifndef XTCP_TABLE_SLOTS_H
#define XTCP_TABLE_SLOTS_H

#include "machine/platform.h"

#define XTCP_TICK_BITS	4
#define XTCP_SLOTS	4096u
#define XTCP_SLOT_WORDS	(XTCP_SLOTS / 64)
/* Ticks until the clock of milliseconds wraps. */
#define XTCP_TICKS	(1u << (32 - XTCP_TICK_BITS))

/* That is a whole number of turns, so that the clock may wrap. */
static_assert(XTCP_TICKS % XTCP_SLOTS == 0,
	      "the wheel would jump when the clock wraps");

/* The first tick at whose beginning @ms has passed. */
static inline u32 xtcp_tick_after(u32 ms)
{
	u32 tick = ms >> XTCP_TICK_BITS;

	if (ms & ((1u << XTCP_TICK_BITS) - 1))
		tick++;
	return tick & (XTCP_TICKS - 1);
}

/* The tick that @ms lies in. */
static inline u32 xtcp_tick_at(u32 ms)
{
	return ms >> XTCP_TICK_BITS;
}

static inline u32 xtcp_tick_slot(u32 tick)
{
	return tick % XTCP_SLOTS;
}

/* Ticks from @from on to @to; ticks wrap with the clock. */
static inline u32 xtcp_ticks(u32 from, u32 to)
{
	return (to - from) & (XTCP_TICKS - 1);
}

/**
 * struct xtcp_slot_map - which slots of the wheel are not empty
 * @word:	a bit for each slot
 */
struct xtcp_slot_map {
	u64 word[XTCP_SLOT_WORDS];
};

static inline void xtcp_slot_mark(struct xtcp_slot_map *m, u32 slot)
{
	m->word[slot / 64] |= 1ull << (slot % 64);
}

static inline void xtcp_slot_clear(struct xtcp_slot_map *m, u32 slot)
{
	m->word[slot / 64] &= ~(1ull << (slot % 64));
}

static inline bool xtcp_slot_marked(const struct xtcp_slot_map *m, u32 slot)
{
	return m->word[slot / 64] >> (slot % 64) & 1;
}

/**
 * xtcp_slot_next() - how far is the next slot that is not empty?
 * @m:		the map
 * @slot:	where to begin, itself included
 *
 * Return: slots from @slot on, round the wheel; %XTCP_SLOTS when all are empty.
 */
u32 xtcp_slot_next(const struct xtcp_slot_map *m, u32 slot);

/**
 * xtcp_slot_for() - the slot for something that ends at a given time
 * @expires_ms:	when
 * @now_ms:	what the clock says
 * @next_tick:	the first tick that the wheel has not passed yet
 *
 * Return: its slot; what is over already goes into that of @next_tick.
 */
u32 xtcp_slot_for(u32 expires_ms, u32 now_ms, u32 next_tick);

/**
 * xtcp_slot_take() - the next slot whose tick has come
 * @m:		the map; the slot's bit is cleared
 * @next_tick:	the first tick that the wheel has not passed yet; moved on
 * @now_ms:	what the clock says
 *
 * Return: a slot that is not empty, or %XTCP_SLOTS when there is none up to
 * @now_ms. After a long sleep each slot comes once, not once for every turn.
 */
u32 xtcp_slot_take(struct xtcp_slot_map *m, u32 *next_tick, u32 now_ms);

#endif
