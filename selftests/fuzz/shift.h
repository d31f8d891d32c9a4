/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nothing depends on where on the circle a connection's numbers lie, nor on
 * what the clocks show: the same events, all moved by the same distances, must
 * bring the same record and the same orders, moved by them.
 */
#ifndef SELFTESTS_FUZZ_SHIFT_H
#define SELFTESTS_FUZZ_SHIFT_H

#include "machine/machine.h"

/**
 * struct shift - how far the second connection lies from the first
 * @ours:	our sequence numbers
 * @theirs:	the peer's
 * @ts:		the peer's timestamps
 * @now_ms:	the host's clock
 */
struct shift {
	u32 ours;
	u32 theirs;
	u32 ts;
	u32 now_ms;
};

/* The same event, over there. */
void shift_event(struct xtcp_event *e, const struct shift *d);
/* NULL, or what @there has other than @here moved by @d. */
const char *shift_record_fault(const struct xtcp_record *here,
			       const struct xtcp_record *there,
			       const struct shift *d);
const char *shift_orders_fault(const struct xtcp_orders *here,
			       const struct xtcp_orders *there,
			       const struct shift *d);

#endif
