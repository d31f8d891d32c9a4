// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last connections that ended before both ends had closed them. A ring per
 * namespace, written only then.
 */
#include <linux/cgroup.h>
#include <linux/math64.h>
#include <linux/mm.h>

#include "socket/sock.h"

static struct xtcp_ended *slot_of(const struct xtcp_ended_ring *ring, u64 number)
{
	u32 at;

	div_u64_rem(number, ring->size, &at);
	return &ring->slot[at];
}

static void add(struct xtcp_net *xn, const struct xtcp_ended *e)
{
	struct xtcp_ended_ring *ring = &xn->ended;

	spin_lock_bh(&ring->lock);
	if (ring->size) {
		*slot_of(ring, ring->next++) = *e;
		if (ring->next - ring->first > ring->size)
			ring->first++;
	}
	spin_unlock_bh(&ring->lock);
}

static bool is_kept(struct xtcp_net *xn, const struct xtcp_record *r,
		    const struct xtcp_orders *o)
{
	return READ_ONCE(xn->ended.size) && xtcp_ended_early(r, o);
}

/* What its record says, whatever form it had. */
static void fill(struct xtcp_ended *e, const struct xtcp_record *r,
		 const struct xtcp_orders *o)
{
	memset(e, 0, sizeof(*e));
	e->when_us = xtcp_now_us();
	e->iss = r->iss;
	e->lasted_ms = o->lasted_ms;
	e->state = o->from;
	e->opened = r->opened;
	e->closing = r->closing;
	e->reason = r->reason;
	e->retries = r->retries;
	if (o->event == XTCP_EV_RST_EXACT)
		e->rst = XTCP_ENDED_RST_RCVD;
	else if (o->todo & XTCP_DO_RST)
		e->rst = XTCP_ENDED_RST_SENT;
}

static u64 cgroup_of(struct sock *sk)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	return cgroup_id(sock_cgroup_ptr(&sk->sk_cgrp_data));
#else
	return 0;
#endif
}

/* Queues may be empty by now: sequence numbers still know what was in them. */
static void fill_text(struct xtcp_ended *e, const struct xtcp_sock *x)
{
	const struct xtcp_record *r = &x->rec;
	u32 end = r->rcv_nxt - !!(r->flags & XTCP_F_FIN_RCVD);

	if (!((1u << e->state) & XTCP_SYNCHRONISED))
		return;
	e->bytes_sent = x->bytes_sent;
	e->bytes_received = x->bytes_received;
	if (seq_gt(end, x->copied_seq))
		e->unread = end - x->copied_seq;
	if (seq_gt(x->write_seq, r->snd_una))
		e->unacked = x->write_seq - r->snd_una;
}

void xtcp_ended_sock(struct sock *sk, const struct xtcp_orders *o)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);
	const struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_ended e;

	if (!is_kept(xn, &x->rec, o))
		return;
	fill(&e, &x->rec, o);
	fill_text(&e, x);
	xtcp_wire_get_tuple(sk, &e.t);
	e.t.ifindex = x->entry.ifindex;
	e.form = XTCP_FORM_FULL;
	e.uid = sk->sk_uid;
	e.inode = sock_i_ino(sk);
	e.cgroup = cgroup_of(sk);
	add(xn, &e);
}

void xtcp_ended_small(struct xtcp_net *xn, const struct xtcp_small *s,
		      const struct xtcp_tuple *t, const struct xtcp_orders *o)
{
	struct xtcp_ended e;

	if (!is_kept(xn, &s->record, o))
		return;
	fill(&e, &s->record, o);
	e.t = *t;
	e.t.ifindex = s->entry.ifindex;
	e.form = s->entry.form;
	add(xn, &e);
}

void xtcp_ended_cookie(struct xtcp_net *xn, const struct xtcp_record *r,
		       const struct xtcp_tuple *t, const struct xtcp_orders *o)
{
	struct xtcp_ended e;

	if (o->reason != XTCP_R_ABORT_ON_OVERFLOW || !READ_ONCE(xn->ended.size))
		return;
	fill(&e, r, o);
	e.state = XTCP_SYN_RCVD;
	e.t = *t;
	e.form = XTCP_FORM_HALF_OPEN;
	add(xn, &e);
}

u64 xtcp_ended_next(struct xtcp_net *xn)
{
	struct xtcp_ended_ring *ring = &xn->ended;
	u64 next;

	spin_lock_bh(&ring->lock);
	next = ring->next;
	spin_unlock_bh(&ring->lock);
	return next;
}

u64 xtcp_ended_get(struct xtcp_net *xn, u64 number, struct xtcp_ended *e)
{
	struct xtcp_ended_ring *ring = &xn->ended;

	spin_lock_bh(&ring->lock);
	number = max(number, ring->first);
	if (number < ring->next)
		*e = *slot_of(ring, number);
	else
		number = ~0ull;
	spin_unlock_bh(&ring->lock);
	return number;
}

/* The newest ones move; @fresh->resize is held. Return: the old memory. */
static struct xtcp_ended *replace_ring(struct xtcp_ended_ring *ring,
				       struct xtcp_ended_ring *fresh)
{
	struct xtcp_ended *old;
	u64 number;

	spin_lock_bh(&ring->lock);
	old = ring->slot;
	fresh->next = ring->next;
	fresh->first = max(ring->first,
			   ring->next - min_t(u64, ring->next, fresh->size));
	for (number = fresh->first; number < fresh->next; number++)
		*slot_of(fresh, number) = *slot_of(ring, number);
	ring->slot = fresh->slot;
	ring->first = fresh->first;
	WRITE_ONCE(ring->size, fresh->size);
	spin_unlock_bh(&ring->lock);
	return old;
}

static int resize(struct xtcp_net *xn, u32 kept)
{
	struct xtcp_ended_ring *ring = &xn->ended;
	struct xtcp_ended_ring fresh = { .size = kept };

	if (kept == ring->size)
		return 0;
	if (kept) {
		fresh.slot = kvcalloc(kept, sizeof(*fresh.slot),
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!fresh.slot)
			return -ENOMEM;
	}
	kvfree(replace_ring(ring, &fresh));
	return 0;
}

int xtcp_ended_resize(struct xtcp_net *xn, u32 kept)
{
	int err;

	mutex_lock(&xn->ended.resize);
	err = resize(xn, kept);
	if (!err)
		WRITE_ONCE(xn->settings.ended_kept, kept);
	mutex_unlock(&xn->ended.resize);
	return err;
}

/* Without memory none are kept until the next socket is made. */
void xtcp_ended_begin(struct xtcp_net *xn)
{
	struct xtcp_ended_ring *ring = &xn->ended;

	if (likely(READ_ONCE(ring->size) ||
		   !READ_ONCE(xn->settings.ended_kept)))
		return;
	mutex_lock(&ring->resize);
	if (!ring->size)
		resize(xn, xn->settings.ended_kept);
	mutex_unlock(&ring->resize);
}

void xtcp_ended_init(struct xtcp_net *xn)
{
	mutex_init(&xn->ended.resize);
	spin_lock_init(&xn->ended.lock);
}

void xtcp_ended_exit(struct xtcp_net *xn)
{
	kvfree(xn->ended.slot);
}
