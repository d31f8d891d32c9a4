// SPDX-License-Identifier: GPL-2.0-only
/* The network: a handful of segments, any of which may arrive next. */
#include <stdlib.h>
#include "world.h"

void net_put(struct world *w, const struct packet *p)
{
	struct packet *place = NULL;
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++) {
		if (!memcmp(&w->net[i], p, sizeof(*p)))
			return;
		if (!w->net[i].used)
			place = &w->net[i];
	}
	if (place)
		*place = *p;
}

static int compare_packets(const void *a, const void *b)
{
	return memcmp(b, a, sizeof(struct packet));
}

/* Any of them may be next, so their order says nothing. */
void net_sort(struct world *w)
{
	qsort(w->net, IN_FLIGHT, sizeof(w->net[0]), compare_packets);
}

/* 2 MSL began: what is under way now will be gone when they are over. */
void net_age(struct world *w, u8 end)
{
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++)
		if (w->net[i].used)
			w->net[i].old |= 1u << end;
}

bool net_has_old(const struct world *w, u8 end)
{
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++)
		if (w->net[i].old >> end & 1)
			return true;
	return false;
}

static u8 timestamp(const struct world *w, u8 end, u8 flags)
{
	bool wanted = w->end[end].r.flags & XTCP_F_TS;

	if (flags == XTCP_SYN)
		wanted = world_policy.timestamps;
	return wanted ? w->clock + 1 : 0;
}

void net_emit(struct world *w, u8 end, u8 flags, u32 seq, u8 len)
{
	const struct end *me = &w->end[end];
	struct packet p = {
		.seq = seq, .to = peer_of(w, end), .flags = flags, .len = len,
		.life = me->life, .used = 1,
		.ack = flags & XTCP_ACK ? me->r.rcv_nxt : 0,
		.ts = timestamp(w, end, flags),
		.wnd = window_edge(w, end) - me->r.rcv_nxt,
	};

	if (world_fault == ACKS_AHEAD && flags == XTCP_ACK && me->owes_ack)
		p.ack++;
	net_put(w, &p);
	if (flags & XTCP_ACK)
		w->end[end].owes_ack = 0;
}

/*
 * A RST of nobody's that answers a SYN bears number 0. For B that is the number in
 * the place of A's 0, so that A and B are alike but for their names.
 */
void net_emit_rst(struct world *w, u8 end, const struct xtcp_orders *o)
{
	bool record = !((1u << o->from) & (XTCP_S(CLOSED) | XTCP_S(LISTEN)));
	struct packet p = {
		.seq = o->rst_seq, .ack = o->rst_ack, .flags = o->rst_flags,
		.to = peer_of(w, end), .used = 1,
	};

	if (!record && end && (p.flags & XTCP_ACK))
		p.seq = world_shift();
	net_put(w, &p);
}

void net_stale(struct world *w, u8 to, u8 flags, u8 life, u32 seq, u32 ack)
{
	struct packet p = {
		.seq = seq, .ack = ack, .to = to, .flags = flags,
		.life = life, .used = 1, .wnd = world_window,
	};

	net_put(w, &p);
	net_sort(w);
}
