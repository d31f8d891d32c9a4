// SPDX-License-Identifier: GPL-2.0-only
/*
 * One kernel timer a socket. It is never moved to a later time, only looked at
 * again when it fires: that makes what each segment costs small.
 */
#include "socket/sock.h"
#include "stream/blackhole.h"
#include "socket/trace_events.h"

#define R1_RETRIES	3

/* Milliseconds until a record's life timer, 0 when it is due. */
static u64 life_due_us(const struct xtcp_sock *x)
{
	s32 left = (s32)(x->rec.expires_ms - xtcp_tick_ms(x));

	return x->now_us + (left > 0 ? (u64)left * USEC_PER_MSEC : 0);
}

static u64 earlier(u64 a, u64 b)
{
	return a && (!b || a < b) ? a : b;
}

/*
 * Like sk_reset_timer(), which counts the timer's reference after starting it:
 * a timer that is due at the next tick may fire in between, when a program has
 * the socket locked, and give up the reference that is the program's.
 */
static void start_timer(struct sock *sk, unsigned long when)
{
	sock_hold(sk);
	if (mod_timer(&sk->sk_timer, when))
		__sock_put(sk);
}

/*
 * Ask stream and record when each timer is due, and be there for the first. The
 * socket was ticked.
 */
void xtcp_timer_arm(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_stream_timers st = {};
	u64 now_us = x->now_us;
	struct xtcp_queue q;
	unsigned long when;
	u64 due = 0;

	if (xtcp_in(&x->rec, XTCP_SYNCHRONISED)) {
		xtcp_queue(sk, &q);
		xtcp_stream_timers(&x->stream, &x->rec, &q, now_us, &st);
	}
	if (x->rec.timer)
		due = life_due_us(x);
	due = earlier(due, earlier(st.main_us, st.ack_us));
	if (!due) {
		sk_stop_timer(sk, &sk->sk_timer);
		return;
	}
	when = jiffies + usecs_to_jiffies(due > now_us ? due - now_us : 0) + 1;
	if (timer_pending(&sk->sk_timer) &&
	    time_before_eq(sk->sk_timer.expires, when))
		return;
	start_timer(sk, when);
}

/* Perhaps it is the size that does not pass, and nobody says so. */
static void suspect_size(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_net *xn = xtcp_sk_net(sk);
	u32 least = xtcp_wire_family(sk) == AF_INET6 ? XTCP_MSS_DEFAULT_V6 :
						       XTCP_MSS_DEFAULT_V4;
	u32 mss = xtcp_blackhole_mss(x->stream.cc.mss,
				     x->rec.snd_nxt - x->rec.snd_una,
				     x->rec.retries, least);

	if (!mss || !READ_ONCE(xn->settings.mtu_probing))
		return;
	x->blackhole_mss = mss;
	x->blackhole_ms = xtcp_tick_ms(x);
	xtcp_inc(xn, XTCP_C_BLACKHOLES);
	xtcp_sync_mss(sk, true);
}

/* RFC 9293 3.8.3: send it again; at R1, perhaps another way leads there. */
static void retransmit(struct sock *sk)
{
	xtcp_happen(sk, XTCP_EV_RETRANSMIT);
	if (xtcp_sk(sk)->rec.retries == R1_RETRIES)
		dst_negative_advice(sk);
}

/* Recoveries begin with an ACK, or when what is missing is overdue. */
static enum xtcp_expired ask_stream(struct sock *sk, u64 now_us, u8 *reason)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 begun = xtcp_stream_sel(&x->stream)->fast_retransmits;
	enum xtcp_expired what;

	what = xtcp_stream_expired(&x->stream, &x->rec, now_us, reason);
	if (xtcp_stream_sel(&x->stream)->fast_retransmits != begun)
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_FAST_RETRANSMITS);
	return what;
}

static void main_expired(struct sock *sk, u64 now_us)
{
	u8 reason = 0;

	switch (ask_stream(sk, now_us, &reason)) {
	case XTCP_EXPIRED_NOTHING:
		break;
	case XTCP_EXPIRED_RTO:
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_RTO_TIMEOUTS);
		suspect_size(sk);
		retransmit(sk);
		break;
	case XTCP_EXPIRED_PROBE:
		xtcp_send_probe(sk);
		break;
	case XTCP_EXPIRED_TRANSMIT:
		xtcp_push(sk, false);
		break;
	case XTCP_EXPIRED_KEEPALIVE:
		xtcp_send_keepalive(sk);
		break;
	case XTCP_EXPIRED_GIVE_UP:
		xtcp_end_because(sk, XTCP_EV_GIVE_UP, reason);
		break;
	}
}

static void life_expired(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 timeout_ms = xtcp_rules(x)->options.user_timeout_ms;

	if (x->rec.timer != XTCP_LIFE_HANDSHAKE) {
		xtcp_happen(sk, XTCP_EV_LIFE_OVER);
		return;
	}
	if (timeout_ms && xtcp_tick_ms(x) - x->rec.since_ms >= timeout_ms)
		xtcp_end_because(sk, XTCP_EV_GIVE_UP, XTCP_R_USER_TIMEOUT);
	else
		retransmit(sk);
}

/* Whatever is due. The socket is locked and stays there until we are through. */
static void run_due(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u64 now_us = xtcp_tick(sk);

	/* In TIME_WAIT the record stays as it was, but a small form has it. */
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (x->rec.timer && seq_leq(x->rec.expires_ms, xtcp_tick_ms(x)))
		life_expired(sk);
	if (xtcp_in(&x->rec, XTCP_SYNCHRONISED))
		main_expired(sk, now_us);
	if (xtcp_in(&x->rec, XTCP_SYNCHRONISED) &&
	    xtcp_stream_ack_expired(&x->stream, now_us)) {
		xtcp_inc(xtcp_sk_net(sk), XTCP_C_DELAYED_ACKS);
		xtcp_send_ack(sk);
	}
	if (xtcp_pace_fired(sk))
		xtcp_transmit(sk, false);
	if (unlikely(x->stream.bulk))
		xtcp_free_bulk(sk, false);
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		xtcp_timer_arm(sk);
}

/* A timer of the socket, which is spin-locked, has fired. */
void xtcp_timer_due(struct sock *sk)
{
	if (sock_owned_by_user(sk))
		xtcp_sk(sk)->timer_late = true;
	else
		run_due(sk);
}

void xtcp_timer_fired(struct timer_list *t)
{
	struct sock *sk = from_timer(sk, t, sk_timer);

	bh_lock_sock(sk);
	xtcp_timer_due(sk);
	bh_unlock_sock(sk);
	sock_put(sk);
}

/* A program lets the socket go: what had to wait for that is done now. */
void xtcp_release_cb(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	u32 mtu = x->pmtu_late;

	if (!x->timer_late && !mtu && !x->ack_late)
		return;
	sock_hold(sk);
	x->pmtu_late = 0;
	if (x->ack_late)
		xtcp_ack_late(sk);
	if (mtu)
		xtcp_pmtu_in(sk, mtu);
	if (x->timer_late) {
		x->timer_late = false;
		run_due(sk);
	}
	sock_put(sk);
}
