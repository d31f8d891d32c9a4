// SPDX-License-Identifier: GPL-2.0-only
/*
 * From net.xtcp.* and socket options to what machine and stream go by.
 */
#include "socket/sock.h"

u32 xtcp_generation;

#define HANDSHAKE_RTO_MS	1000
#define HANDSHAKE_RTO_MAX_MS	120000
#define ORPHAN_RETRIES		8

/* What the namespace says, without any socket. */
void xtcp_policy_init(struct xtcp_policy *p, const struct xtcp_settings *s)
{
	int orphan_retries = READ_ONCE(s->orphan_retries);

	memset(p, 0, sizeof(*p));
	p->msl_ms = READ_ONCE(s->msl_ms);
	p->fin_timeout_ms = READ_ONCE(s->fin_timeout) * MSEC_PER_SEC;
	p->rto_init_ms = HANDSHAKE_RTO_MS;
	p->rto_max_ms = HANDSHAKE_RTO_MAX_MS;
	p->syn_retries = READ_ONCE(s->syn_retries);
	p->synack_retries = READ_ONCE(s->synack_retries);
	p->retries2 = READ_ONCE(s->retries2);
	p->orphan_retries = orphan_retries ? orphan_retries : ORPHAN_RETRIES;
	p->rfc1337 = READ_ONCE(s->rfc1337);
	p->abort_on_overflow = READ_ONCE(s->abort_on_overflow);
	p->shutdown_read_keeps = READ_ONCE(s->shutdown_read_keeps);
	p->self_connect = READ_ONCE(s->self_connect) != 0;
	p->timestamps = READ_ONCE(s->timestamps);
	p->window_scaling = READ_ONCE(s->window_scaling);
	p->sack = READ_ONCE(s->sack);
	p->ecn = READ_ONCE(s->ecn);
}

static void params_init(struct xtcp_stream_params *p,
			const struct xtcp_settings *s)
{
	xtcp_stream_defaults(p);
	p->rto_min_us = READ_ONCE(s->rto_min_ms) * USEC_PER_MSEC;
	p->keep.idle_us = (u64)READ_ONCE(s->keepalive_time) * USEC_PER_SEC;
	p->keep.interval_us = (u64)READ_ONCE(s->keepalive_intvl) *
			      USEC_PER_SEC;
	p->keep.count = READ_ONCE(s->keepalive_probes);
	p->cc = READ_ONCE(s->cc);
	p->idle_restart = READ_ONCE(s->slow_start_after_idle);
}

static void apply_to_policy(struct xtcp_policy *p, const struct xtcp_options *o)
{
	if (o->msl_ms)
		p->msl_ms = o->msl_ms;
	if (o->syn_retries)
		p->syn_retries = o->syn_retries;
	if (o->linger2)
		p->fin_timeout_ms = o->linger2 < 0 ? 0 :
				    o->linger2 * MSEC_PER_SEC;
}

static void apply_to_params(struct xtcp_stream_params *p,
			    const struct xtcp_options *o)
{
	p->user_timeout_us = (u64)o->user_timeout_ms * USEC_PER_MSEC;
	if (o->keep_idle_s)
		p->keep.idle_us = (u64)o->keep_idle_s * USEC_PER_SEC;
	if (o->keep_interval_s)
		p->keep.interval_us = (u64)o->keep_interval_s * USEC_PER_SEC;
	if (o->keep_count)
		p->keep.count = o->keep_count;
	if (o->cc)
		p->cc = o->cc;
}

/* @o: NULL: none */
static struct xtcp_rules *make_rules(struct xtcp_net *xn,
				     const struct xtcp_options *o, gfp_t gfp)
{
	struct xtcp_rules *r = kzalloc(sizeof(*r), gfp);

	if (!r)
		return NULL;
	refcount_set(&r->refs, 1);
	r->xn = xn;
	/* First, so that what is written meanwhile makes them old. */
	r->generation = smp_load_acquire(&xtcp_generation);
	xtcp_policy_init(&r->policy, &xn->settings);
	params_init(&r->params, &xn->settings);
	r->params.probe_retries = r->policy.retries2;
	r->params.orphan_probes = r->policy.orphan_retries;
	if (!o)
		return r;
	r->own = true;
	r->options = *o;
	apply_to_policy(&r->policy, o);
	apply_to_params(&r->params, o);
	return r;
}

int xtcp_rules_init(struct xtcp_net *xn)
{
	spin_lock_init(&xn->rules_lock);
	xn->rules = make_rules(xn, NULL, GFP_KERNEL);
	return xn->rules ? 0 : -ENOMEM;
}

void xtcp_rules_exit(struct xtcp_net *xn)
{
	xtcp_rules_put(xn->rules);
}

void xtcp_rules_put(const struct xtcp_rules *rules)
{
	struct xtcp_rules *r = (struct xtcp_rules *)rules;

	if (refcount_dec_and_test(&r->refs))
		kfree_rcu(r, rcu);
}

/* Who finds the namespace's rules old makes new ones; without memory they stay. */
static void renew(struct xtcp_net *xn)
{
	struct xtcp_rules *r = make_rules(xn, NULL, GFP_ATOMIC | __GFP_NOWARN);
	const struct xtcp_rules *old;

	if (!r)
		return;
	spin_lock_bh(&xn->rules_lock);
	old = xn->rules;
	/* Who follows it under RCU must find them whole. */
	smp_store_release(&xn->rules, r);
	spin_unlock_bh(&xn->rules_lock);
	xtcp_rules_put(old);
}

/* NULL: the last who went by them has just let them go. */
static const struct xtcp_rules *hold(const struct xtcp_rules *r)
{
	return refcount_inc_not_zero(&((struct xtcp_rules *)r)->refs) ? r :
									NULL;
}

/* The namespace's, as they are now; any context. They are the caller's to put. */
const struct xtcp_rules *xtcp_rules_of_net(struct xtcp_net *xn)
{
	const struct xtcp_rules *r;

	rcu_read_lock();
	if (unlikely(xtcp_rules_old(READ_ONCE(xn->rules))))
		renew(xn);
	do
		r = hold(READ_ONCE(xn->rules));
	while (!r);
	rcu_read_unlock();
	return r;
}

/* A listener's, which is not locked; any context. Likewise. */
const struct xtcp_rules *xtcp_rules_of_listener(const struct sock *sk)
{
	const struct xtcp_rules *r;

	rcu_read_lock();
	do
		r = hold(xtcp_rules(xtcp_sk(sk)));
	while (!r);
	rcu_read_unlock();
	return r;
}

static void exchange(struct xtcp_sock *x, const struct xtcp_rules *r)
{
	const struct xtcp_rules *old = xtcp_rules(x);

	/* Likewise */
	smp_store_release(&x->stream.p, &r->params);
	xtcp_rules_put(old);
}

/**
 * xtcp_set_options() - a program wants it otherwise
 * @sk:		locked
 * @o:		all that it wants
 *
 * Return: 0 or -ENOBUFS, and then it stays as it was.
 */
int xtcp_set_options(struct sock *sk, const struct xtcp_options *o)
{
	struct xtcp_rules *r = make_rules(xtcp_net(sock_net(sk)), o, GFP_KERNEL);

	if (!r)
		return -ENOBUFS;
	exchange(xtcp_sk(sk), r);
	return 0;
}

/* What holds for a socket, or for a listener's half-open; any context. */
void xtcp_policy_of(const struct sock *sk, struct xtcp_policy *p)
{
	const struct xtcp_rules *r;

	rcu_read_lock();
	r = xtcp_rules(xtcp_sk(sk));
	if (likely(!xtcp_rules_old(r))) {
		*p = r->policy;
	} else {
		xtcp_policy_init(p, &xtcp_net(sock_net(sk))->settings);
		apply_to_policy(p, &r->options);
	}
	rcu_read_unlock();
}

/**
 * xtcp_policy_refresh() - go by the settings as they are now
 * @sk:		locked, or not visible yet; any context
 *
 * Without memory it goes by what they were, and tries again.
 */
void xtcp_policy_refresh(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_net(sock_net(sk));
	struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_rules *r = xtcp_rules(x);

	if (!xtcp_rules_old(r))
		return;
	r = r->own ? make_rules(xn, &r->options, GFP_ATOMIC | __GFP_NOWARN) :
		     xtcp_rules_of_net(xn);
	if (r)
		exchange(x, r);
}

/* A stream without a past, by the parameters that the socket has. */
void xtcp_stream_renew(struct xtcp_sock *x)
{
	bool keep_on = x->stream.keep_on;
	bool nodelay = x->stream.nodelay;

	xtcp_stream_init(&x->stream, x->stream.p);
	x->stream.keep_on = keep_on;
	x->stream.nodelay = nodelay;
}
