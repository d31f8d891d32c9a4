// SPDX-License-Identifier: GPL-2.0-only
/* Is the peer still there? RFC 9293 3.8.4. */
#include "stream/keepalive.h"

#define PROBES_MOST	255

void xtcp_keepalive_heard(struct xtcp_keepalive *k, u64 now_us)
{
	k->heard_us = now_us;
	k->probes = 0;
}

u64 xtcp_keepalive_deadline_us(const struct xtcp_keepalive *k,
			       const struct xtcp_keep_params *p)
{
	if (!k->probes)
		return k->heard_us + p->idle_us;
	return k->probed_us + p->interval_us;
}

/* MUST-29: one unanswered probe condemns nobody whom the user did not. */
static bool gone(const struct xtcp_keepalive *k,
		 const struct xtcp_keep_params *p, u64 user_timeout_us,
		 u64 now_us)
{
	if (user_timeout_us)
		return k->probes && now_us - k->heard_us >= user_timeout_us;
	return k->probes >= p->count;
}

enum xtcp_keep xtcp_keepalive_expired(struct xtcp_keepalive *k,
				      const struct xtcp_keep_params *p,
				      u64 user_timeout_us, u64 now_us)
{
	if (now_us < xtcp_keepalive_deadline_us(k, p))
		return XTCP_KEEP_WAIT;
	if (gone(k, p, user_timeout_us, now_us))
		return XTCP_KEEP_GIVE_UP;
	k->probed_us = now_us;
	if (k->probes < PROBES_MOST)
		k->probes++;
	return XTCP_KEEP_PROBE;
}
