// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect() to where a connection of ours is in TIME_WAIT.
 */
#include "socket/sock.h"

/* net.xtcp.tw_reuse: for a port that we chose ourselves */
static bool cautious_reuse(struct xtcp_net *xn, const struct xtcp_small *s)
{
	struct xtcp_tuple t;
	u32 now_ms;

	xtcp_entry_tuple(&s->entry, &t);
	switch (READ_ONCE(xn->settings.tw_reuse)) {
	case 0:
		return false;
	case 2:
		if (t.family == AF_INET ? !ipv4_is_loopback(t.faddr.v4) :
					  !ipv6_addr_loopback(&t.faddr.v6))
			return false;
		break;
	}
	/* As the host's TCP, whose clock of whole seconds must have gone on. */
	now_ms = xtcp_now_ms();
	return now_ms - s->record.ts_recent_ms > now_ms % MSEC_PER_SEC;
}

/*
 * connect() asks for this tuple: RFC 6191's rule seen from the other side. The
 * peer tells old from new by the timestamp. A program that bound the port itself
 * asks for this very tuple; for others tw_reuse speaks, and caution.
 */
bool xtcp_small_reusable(struct xtcp_table *table, struct xtcp_small *s,
			 void *arg)
{
	struct xtcp_net *xn = xtcp_net(table->net);
	const struct xtcp_record *r = &s->record;
	struct xtcp_reuse *reuse = arg;

	if (s->entry.form != XTCP_FORM_TIME_WAIT ||
	    !(r->flags & XTCP_F_TS_RECENT))
		return false;
	if (!reuse->bound && !cautious_reuse(xn, s))
		return false;
	reuse->iss_least = r->snd_nxt + 65537;
	xtcp_inc(xn, XTCP_R_TIME_WAIT_REUSED);
	return true;
}
