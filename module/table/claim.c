// SPDX-License-Identifier: GPL-2.0-only
#include "table/claim.h"

static bool claim_any(const struct xtcp_claim *c)
{
	if (!c->v6)
		return !c->addr[0];
	return !(c->addr[0] | c->addr[1] | c->addr[2] | c->addr[3]);
}

bool xtcp_claim_same_addr(const struct xtcp_claim *a,
			  const struct xtcp_claim *b)
{
	if (a->v6 != b->v6)
		return false;
	return !memcmp(a->addr, b->addr,
		       a->v6 ? sizeof(a->addr) : sizeof(a->addr[0]));
}

bool xtcp_claim_equal(const struct xtcp_claim *a, const struct xtcp_claim *b)
{
	return xtcp_claim_same_addr(a, b) && a->uid == b->uid &&
	       a->ifindex == b->ifindex && a->use == b->use &&
	       a->v6only == b->v6only && a->reuse == b->reuse &&
	       a->reuseport == b->reuseport;
}

/* An IPv6 socket takes IPv4 segments too: only with no address of its own. */
static bool claim_dual(const struct xtcp_claim *c)
{
	return c->v6 && !c->v6only && claim_any(c);
}

bool xtcp_claim_overlap(const struct xtcp_claim *a, const struct xtcp_claim *b)
{
	if (a->ifindex && b->ifindex && a->ifindex != b->ifindex)
		return false;
	if (a->v6 != b->v6)
		return claim_dual(a->v6 ? a : b);
	return claim_any(a) || claim_any(b) || xtcp_claim_same_addr(a, b);
}

bool xtcp_claim_covers(const struct xtcp_claim *a, const struct xtcp_claim *b)
{
	if (a->ifindex && a->ifindex != b->ifindex)
		return false;
	if (claim_dual(b) || a->v6 != b->v6)
		return claim_dual(a);
	return claim_any(a) || xtcp_claim_same_addr(a, b);
}

bool xtcp_claim_conflict(const struct xtcp_claim *new,
			 const struct xtcp_holders *old, bool choosing)
{
	const struct xtcp_claim *c = &old->claim;
	bool group = new->reuseport && c->reuseport;

	if (!old->live && !old->lingering)
		return false;
	if (!xtcp_claim_overlap(new, c))
		return false;
	if (choosing)
		return true;
	/* What waits for its end has no owner who could be robbed. */
	if (old->lingering && !new->reuse && !group)
		return true;
	if (!old->live)
		return false;
	if (group && new->uid == c->uid)
		return false;
	/* Two listeners would share connections out by accident. */
	return !new->reuse || !c->reuse || c->use == XTCP_USE_LISTEN;
}

bool xtcp_claim_shareable(const struct xtcp_holders *old)
{
	return !old->live || old->claim.use == XTCP_USE_AUTO;
}
