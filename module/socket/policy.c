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

static void refresh_stream(struct sock *sk, const struct xtcp_settings *s)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_stream_params *p = &x->stream.p;

	p->rto_min_us = READ_ONCE(s->rto_min_ms) * USEC_PER_MSEC;
	p->user_timeout_us = (u64)x->user_timeout_ms * USEC_PER_MSEC;
	p->keep = x->keep;
	p->keep.on = sock_flag(sk, SOCK_KEEPOPEN);
	p->nodelay = x->nodelay;
	p->cc = x->cc ? x->cc : READ_ONCE(s->cc);
	p->idle_restart = READ_ONCE(s->slow_start_after_idle);
	p->probe_retries = sock_flag(sk, SOCK_DEAD) ?
			   x->policy.orphan_retries : x->policy.retries2;
}

/* What holds for a socket, or for a listener's half-open; any context. */
void xtcp_policy_of(const struct sock *sk, struct xtcp_policy *p)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	int linger2 = READ_ONCE(x->linger2);

	xtcp_policy_init(p, &xtcp_net(sock_net(sk))->settings);
	if (x->msl_ms)
		p->msl_ms = x->msl_ms;
	if (x->syn_retries)
		p->syn_retries = x->syn_retries;
	if (linger2)
		p->fin_timeout_ms = linger2 < 0 ? 0 : linger2 * MSEC_PER_SEC;
}

/**
 * xtcp_policy_refresh() - settings and options into policy and parameters
 * @sk:		locked, or not visible yet; any context
 */
void xtcp_policy_refresh(struct sock *sk)
{
	const struct xtcp_settings *s = &xtcp_net(sock_net(sk))->settings;
	struct xtcp_sock *x = xtcp_sk(sk);

	x->generation = READ_ONCE(xtcp_generation);
	xtcp_policy_of(sk, &x->policy);
	refresh_stream(sk, s);
}

/* A stream without a past, by the parameters that the socket has. */
void xtcp_stream_renew(struct xtcp_sock *x)
{
	struct xtcp_stream_params p = x->stream.p;

	xtcp_stream_init(&x->stream, &p);
}
