// SPDX-License-Identifier: GPL-2.0-only
/*
 * One listener or connection as it is at this moment, whatever its form: what
 * /proc and sock_diag tell of it.
 */
#include "observe/internal.h"

static u64 life_us(const struct xtcp_record *r)
{
	s32 left = (s32)(r->expires_ms - xtcp_now_ms());

	return xtcp_now_us() + (left > 0 ? (u64)left * USEC_PER_MSEC : 0);
}

/* Spin-locked. While a process has it, too, the stream may be changing. */
static u64 stream_due_us(const struct sock *sk)
{
	const struct timer_list *t = &sk->sk_timer;
	long left;

	if (!sock_owned_by_user(sk))
		return xtcp_stream_due_us(&xtcp_sk(sk)->stream);
	/* data_race: that process may set it anew now. */
	left = data_race(t->expires) - jiffies;
	return timer_pending(t) ?
	       xtcp_now_us() + jiffies_to_usecs(max(left, 0L)) : 0;
}

static void see_timer(const struct sock *sk, struct xtcp_sight *s)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (s->rec.timer) {
		s->timer = s->rec.timer == XTCP_LIFE_HANDSHAKE ?
			   XTCP_DIAG_TIMER_RETRANSMIT :
			   XTCP_DIAG_TIMER_KEEPALIVE;
		s->when_us = life_us(&s->rec);
		return;
	}
	if (!xtcp_in(&s->rec, XTCP_SYNCHRONISED) ||
	    x->stream.timer == XTCP_TIMER_NONE)
		return;
	s->when_us = stream_due_us(sk);
	if (!s->when_us)
		return;
	switch (x->stream.timer) {
	case XTCP_TIMER_PERSIST:
	case XTCP_TIMER_HOLD:
		s->timer = XTCP_DIAG_TIMER_PERSIST;
		break;
	case XTCP_TIMER_KEEPALIVE:
		s->timer = XTCP_DIAG_TIMER_KEEPALIVE;
		break;
	default:
		s->timer = XTCP_DIAG_TIMER_RETRANSMIT;
	}
}

static void see_queues(const struct sock *sk, struct xtcp_sight *s)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 una = s->rec.snd_una;

	if (s->state == XTCP_SYN_SENT || s->state == XTCP_SYN_RCVD)
		return;
	s->tx = seq_gt(x->write_seq, una) ? x->write_seq - una : 0;
	s->rx = xtcp_unread(sk);
}

/*
 * Who holds its lock as a process, and for how long, does not matter here: then
 * the numbers may be of different moments, but nobody waits for a stuck program.
 */
static void see_sock(struct sock *sk, struct xtcp_sight *s)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	local_bh_disable();
	bh_lock_sock(sk);
	/* data_race: a process that holds the lock may change it now. */
	s->rec = data_race(x->rec);
	s->state = READ_ONCE(sk->sk_state);
	s->probes = x->stream.persist.unanswered + x->stream.keepalive.probes;
	if (s->state == XTCP_LISTEN) {
		s->rx = READ_ONCE(sk->sk_ack_backlog);
		s->listener_id = xtcp_listener_id(sk);
	} else {
		see_queues(sk, s);
		see_timer(sk, s);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	s->sk = sk;
	s->form = XTCP_FORM_FULL;
	s->uid = sock_i_uid(sk);
	s->inode = sock_i_ino(sk);
	s->refs = refcount_read(&sk->sk_refcnt);
	s->pointer = sk;
}

/* Return: false when it is dead by now. */
static bool see_small(struct xtcp_table *t, struct xtcp_small *small,
		      struct xtcp_sight *s)
{
	xtcp_small_lock(t, small);
	s->form = small->entry.form;
	s->rec = small->record;
	xtcp_small_unlock(t, small);
	s->state = s->rec.state;
	s->refs = 1;
	s->pointer = small;
	if (s->rec.timer) {
		s->timer = s->form == XTCP_FORM_HALF_OPEN ?
			   XTCP_DIAG_TIMER_RETRANSMIT :
			   XTCP_DIAG_TIMER_TIME_WAIT;
		s->when_us = life_us(&s->rec);
	}
	return s->form != XTCP_FORM_DEAD;
}

void xtcp_look_listener(const struct xtcp_listener *l, struct xtcp_sight *s)
{
	memset(s, 0, sizeof(*s));
	s->t.family = l->v6 ? AF_INET6 : AF_INET;
	s->t.wire = xtcp_wire_of(l->sk);
	s->t.lport = htons(l->port);
	s->t.laddr = l->addr;
	s->t.ifindex = l->ifindex;
	see_sock(l->sk, s);
}

/**
 * xtcp_look() - what is this connection now?
 * @t:		its table
 * @e:		found under RCU, which is still held
 * @s:		filled anew
 *
 * It may have taken another form meanwhile: then that is looked at.
 * Return: false when nothing with this pair of ends is there any more.
 */
bool xtcp_look(struct xtcp_table *t, struct xtcp_entry *e,
	       struct xtcp_sight *s)
{
	int tries;

	for (tries = 0; e && tries < 3; tries++) {
		memset(s, 0, sizeof(*s));
		xtcp_entry_tuple(e, &s->t);
		if (!xtcp_entry_full(e)) {
			if (see_small(t, xtcp_small(e), s))
				return true;
		} else {
			see_sock(xtcp_entry_sock(e), s);
			if (s->state != XTCP_CLOSED)
				return true;
		}
		e = xtcp_lookup(t, &s->t);
	}
	return false;
}
