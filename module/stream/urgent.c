// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data: RFC 9293 3.8.5, RFC 6093. */
#include "machine/seq.h"
#include "stream/urgent.h"

#define POINTER_MOST	65535u

void xtcp_urgent_send(struct xtcp_urgent *u, u32 end)
{
	u->sending = true;
	u->snd_up = end;
}

void xtcp_urgent_acked(struct xtcp_urgent *u, u32 snd_una)
{
	if (u->sending && seq_geq(snd_una, u->snd_up))
		u->sending = false;
}

u16 xtcp_urgent_field(const struct xtcp_urgent *u, u32 seq)
{
	u32 distance = u->snd_up - seq;

	if (!u->sending || seq_leq(u->snd_up, seq))
		return 0;
	return distance < POINTER_MOST ? (u16)distance : POINTER_MOST;
}

bool xtcp_urgent_received(struct xtcp_urgent *u, u32 up, u32 copied)
{
	if (seq_leq(up, copied))
		return false;
	if (u->receiving && seq_leq(up, u->rcv_up))
		return false;
	u->receiving = true;
	u->rcv_up = up;
	return true;
}

bool xtcp_urgent_at_mark(const struct xtcp_urgent *u, u32 copied)
{
	return u->receiving && copied == u->rcv_up - 1;
}

u32 xtcp_urgent_limit(const struct xtcp_urgent *u, u32 copied, u32 want)
{
	u32 mark = u->rcv_up - 1;

	if (!u->receiving || seq_geq(copied, mark))
		return want;
	return want < mark - copied ? want : mark - copied;
}

u32 xtcp_urgent_unread(const struct xtcp_urgent *u, u32 copied)
{
	if (!u->receiving || seq_leq(u->rcv_up, copied))
		return 0;
	return u->rcv_up - copied;
}

void xtcp_urgent_read(struct xtcp_urgent *u, u32 copied)
{
	if (u->receiving && seq_geq(copied, u->rcv_up))
		u->receiving = false;
}
