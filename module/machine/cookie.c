// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYN cookies (RFC 4987 3.6): the listener's memory travels in its initial
 * sequence number, so that a flood of SYNs costs none. The number is
 *
 *	31    30 29            27 26             24 23                    0
 *	+-------+----------------+-----------------+----------------------+
 *	|   0   |   MSS index    | count, low bits |         MAC          |
 *	+-------+----------------+-----------------+----------------------+
 *
 * with the upper byte masked by 8 further bits of the hash, so that a cookie looks
 * like any other initial number. The host hashes the 4-tuple, the peer's initial
 * number and the count; what stands here is the arithmetic.
 */
#include "machine/steps.h"

#define MAC_BITS	24
#define MAC_MASK	((1u << MAC_BITS) - 1)
#define COUNT_MASK	0x7u
#define MSS_MASK	0x7u
#define MSS_SHIFT	27
#define COUNT_SHIFT	24

/* What peers announce, rounded down: the common link types of our time. */
static const u16 cookie_mss[MSS_MASK + 1] = {
	216, 536, 1220, 1300, 1400, 1440, 1460, 8900,
};

u32 xtcp_cookie_make(u32 mac, u32 count, u16 mss)
{
	u32 index = MSS_MASK;

	while (index && cookie_mss[index] > mss)
		index--;
	return (index << MSS_SHIFT | (count & COUNT_MASK) << COUNT_SHIFT) ^ mac;
}

/*
 * A cookie is good for the period it was made in and the next one. @cookie is
 * SEG.ACK - 1 of the third segment.
 */
bool xtcp_cookie_check(const struct xtcp_cookie_facts *facts, u32 cookie,
		       u16 *mss)
{
	u32 age;

	for (age = 0; age < 2; age++) {
		u32 rest = cookie ^ facts->mac[age];
		u32 count = (rest >> COUNT_SHIFT) & COUNT_MASK;

		if ((rest & MAC_MASK) || rest >> 30 ||
		    count != ((facts->count - age) & COUNT_MASK))
			continue;
		*mss = cookie_mss[(rest >> MSS_SHIFT) & MSS_MASK];
		return true;
	}
	return false;
}

/* Low bits of our timestamp: window scale (15: none), SACK and ECN. */
#define TS_NO_WSCALE	0xfu
#define TS_SACK		0x10u
#define TS_ECN		0x20u
#define TS_MASK		((1u << XTCP_COOKIE_TS_BITS) - 1)

/* The timestamp must not run ahead of the clock, so it steps back a round. */
u32 xtcp_cookie_ts_make(u32 tsval, const struct xtcp_segment *syn,
			const struct xtcp_policy *p)
{
	u32 bits = TS_NO_WSCALE;
	u32 ts;

	if (p->window_scaling && (syn->opts & XTCP_OPT_WSCALE))
		bits = syn->wscale < XTCP_WSCALE_MAX ? syn->wscale :
						       XTCP_WSCALE_MAX;
	if (p->sack && (syn->opts & XTCP_OPT_SACK_PERMITTED))
		bits |= TS_SACK;
	if (p->ecn && xtcp_asks_ecn(syn))
		bits |= TS_ECN;
	ts = (tsval & ~TS_MASK) | bits;
	return seq_gt(ts, tsval) ? ts - (TS_MASK + 1) : ts;
}

/* Rebuilds in @syn the options of the SYN that nobody remembered. */
void xtcp_cookie_options(struct xtcp_event *syn)
{
	struct xtcp_segment *seg = &syn->seg;
	u32 bits = seg->tsecr & TS_MASK;
	u16 mss = 0;

	seg->flags &= ~(XTCP_ECE | XTCP_CWR);
	seg->ecn = XTCP_NOT_ECT;
	xtcp_cookie_check(&syn->cookie, syn->open.iss, &mss);
	seg->mss = mss;
	seg->opts = (seg->opts & XTCP_OPT_TS) | XTCP_OPT_MSS;
	if (!(seg->opts & XTCP_OPT_TS))
		return;
	if ((bits & TS_NO_WSCALE) != TS_NO_WSCALE) {
		seg->opts |= XTCP_OPT_WSCALE;
		seg->wscale = bits & TS_NO_WSCALE;
	}
	if (bits & TS_SACK)
		seg->opts |= XTCP_OPT_SACK_PERMITTED;
	if (bits & TS_ECN)
		seg->flags |= XTCP_ECE | XTCP_CWR;
}
