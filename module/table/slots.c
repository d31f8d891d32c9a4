// SPDX-License-Identifier: GPL-2.0-only
#include "machine/seq.h"
#include "table/slots.h"

u32 xtcp_slot_next(const struct xtcp_slot_map *m, u32 slot)
{
	u32 first = slot / 64;
	u32 i;

	/* The first word comes twice: its upper part first, its lower last. */
	for (i = 0; i <= XTCP_SLOT_WORDS; i++) {
		u32 w = (first + i) % XTCP_SLOT_WORDS;
		u64 bits = m->word[w];

		if (i == 0)
			bits &= ~0ull << (slot % 64);
		if (!bits)
			continue;
		w = w * 64 + (u32)__builtin_ctzll(bits);
		return (w - slot) % XTCP_SLOTS;
	}
	return XTCP_SLOTS;
}

u32 xtcp_slot_for(u32 expires_ms, u32 now_ms, u32 next_tick)
{
	u32 tick = xtcp_tick_after(expires_ms);

	if (seq_leq(expires_ms, now_ms) ||
	    xtcp_ticks(next_tick, tick) > XTCP_TICKS / 2)
		tick = next_tick;
	return xtcp_tick_slot(tick);
}

u32 xtcp_slot_take(struct xtcp_slot_map *m, u32 *next_tick, u32 now_ms)
{
	u32 today = xtcp_tick_at(now_ms);
	u32 late = xtcp_ticks(*next_tick, today);
	u32 next, slot;

	/* Today is passed already. */
	if (late >= XTCP_TICKS / 2)
		return XTCP_SLOTS;
	if (late >= XTCP_SLOTS) {
		late = XTCP_SLOTS - 1;
		*next_tick = today - late;
	}
	next = xtcp_slot_next(m, xtcp_tick_slot(*next_tick));
	if (next > late) {
		*next_tick = today + 1;
		return XTCP_SLOTS;
	}
	slot = xtcp_tick_slot(*next_tick + next);
	xtcp_slot_clear(m, slot);
	*next_tick += next + 1;
	return slot;
}
