// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that is to leave at a rate (SO_MAX_PACING_RATE): a timer of our own as long
 * as no qdisc spaces it out. What fq passes it says so of (tc-fq(8)).
 */
#include <linux/hrtimer.h>

#include "socket/sock.h"

/**
 * struct xtcp_pacer - made with the first text that has a rate
 * @timer:	runs while text waits, and then holds the socket
 * @sk:		whose it is
 * @due_ns:	the next text may leave; of the clock that xtcp_tick() reads
 * @fired:	the timer did, and a program had the socket locked
 */
struct xtcp_pacer {
	struct hrtimer timer;
	struct sock *sk;
	u64 due_ns;
	bool fired;
};

static bool paced_by_us(const struct sock *sk)
{
	return READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED;
}

/* NULL: a pace was not asked for, or nothing was sent since. */
static struct xtcp_pacer *pacer_of(const struct sock *sk)
{
	return xtcp_sk(sk)->paced ? xtcp_sk(sk)->pacer : NULL;
}

static enum hrtimer_restart fired(struct hrtimer *timer)
{
	struct xtcp_pacer *p = container_of(timer, struct xtcp_pacer, timer);
	struct sock *sk = p->sk;

	bh_lock_sock(sk);
	p->fired = true;
	xtcp_timer_due(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
	return HRTIMER_NORESTART;
}

static struct xtcp_pacer *make_pacer(struct sock *sk)
{
	struct xtcp_pacer *p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_NOWARN);

	if (!p)
		return NULL;
	p->sk = sk;
	hrtimer_init(&p->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_SOFT);
	p->timer.function = fired;
	xtcp_sk(sk)->pacer = p;
	xtcp_sk(sk)->paced = true;
	return p;
}

/* The socket is ticked. It is too early for the next text. */
bool xtcp_pace_holds(const struct sock *sk)
{
	const struct xtcp_pacer *p = pacer_of(sk);

	return unlikely(p) && paced_by_us(sk) &&
	       p->due_ns >= (xtcp_sk(sk)->now_us + 1) * NSEC_PER_USEC;
}

/* Without memory for a timer it is as if no rate had been asked for. */
void xtcp_pace_sent(struct sock *sk, u32 bytes)
{
	struct xtcp_pacer *p;

	if (likely(!paced_by_us(sk)) || !bytes)
		return;
	p = pacer_of(sk);
	if (!p)
		p = make_pacer(sk);
	if (p)
		p->due_ns = xtcp_pacing_next_ns(READ_ONCE(sk->sk_pacing_rate),
						bytes, p->due_ns,
						xtcp_sk(sk)->now_us *
						NSEC_PER_USEC);
}

/* There is text, and xtcp_pace_holds(): be there when it no longer does. */
void xtcp_pace_wait(struct sock *sk)
{
	struct xtcp_pacer *p = pacer_of(sk);
	ktime_t due = ns_to_ktime(p->due_ns);

	if (hrtimer_is_queued(&p->timer) &&
	    hrtimer_get_expires(&p->timer) <= due)
		return;
	/* One that waits for longer has its hold on the socket already. */
	if (hrtimer_try_to_cancel(&p->timer) != 1)
		sock_hold(sk);
	hrtimer_start(&p->timer, due, HRTIMER_MODE_ABS_PINNED_SOFT);
}

/* What was thought lost must not wait. */
void xtcp_pace_forget(struct sock *sk)
{
	struct xtcp_pacer *p = pacer_of(sk);

	if (unlikely(p))
		p->due_ns = 0;
}

/* Return: true, once, when the timer has fired. */
bool xtcp_pace_fired(struct sock *sk)
{
	struct xtcp_pacer *p = pacer_of(sk);

	if (likely(!p) || !p->fired)
		return false;
	p->fired = false;
	return true;
}

/* The connection is over. */
void xtcp_pace_stop(struct sock *sk)
{
	struct xtcp_pacer *p = pacer_of(sk);

	if (likely(!p))
		return;
	p->due_ns = 0;
	if (hrtimer_try_to_cancel(&p->timer) == 1)
		__sock_put(sk);
}

void xtcp_pace_free(struct sock *sk)
{
	kfree(pacer_of(sk));
}
