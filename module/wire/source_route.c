// SPDX-License-Identifier: GPL-2.0-only
/*
 * Source routes that came with packets, and what of them a socket keeps (RFC 9293
 * 3.9.2.1), beside those that programs give (IP_OPTIONS).
 */
#include <net/inet_sock.h>
#include <net/ip.h>

#include "wire/family.h"

bool xtcp_wire_return_route(const struct sk_buff *skb,
			    struct xtcp_return_route *back)
{
	return xtcp_wire_has_ip_options(skb) &&
	       xtcp_return_route(skb_network_header(skb), back);
}

static struct ip_options_rcu *held(const struct sock *sk)
{
	return rcu_dereference_protected(inet_sk(sk)->inet_opt,
					 lockdep_sock_is_held(sk));
}

/* A mark that the kernel gives to packets that came, and no program can. */
static bool came(const struct ip_options_rcu *opt)
{
	return opt && opt->opt.srr_is_hit;
}

static void replace(struct sock *sk, struct ip_options_rcu *opt)
{
	struct ip_options_rcu *old = held(sk);

	rcu_assign_pointer(inet_sk(sk)->inet_opt, opt);
	if (old)
		kfree_rcu(old, rcu);
	/* Another hop comes first. */
	sk_dst_reset(sk);
}

int xtcp_wire_keep_route(struct sock *sk, const struct xtcp_return_route *back)
{
	struct ip_options_rcu *opt;

	opt = kzalloc(struct_size(opt, opt.__data, back->len),
		      GFP_ATOMIC | __GFP_NOWARN);
	if (!opt)
		return -ENOMEM;
	memcpy(&opt->opt.faddr, back->hop, sizeof(opt->opt.faddr));
	memcpy(opt->opt.__data, back->option, back->len);
	opt->opt.optlen = back->len;
	opt->opt.srr = sizeof(struct iphdr);
	opt->opt.is_strictroute = back->strict;
	opt->opt.srr_is_hit = 1;
	replace(sk, opt);
	return 0;
}

int xtcp_wire_set_ip(struct sock *sk, int name, sockptr_t val,
		     unsigned int len)
{
	int err = ip_setsockopt(sk, SOL_IP, name, val, len);

	/* The kernel would go on with the hop that came first before. */
	if (!err && name == IP_OPTIONS)
		sk_dst_reset(sk);
	return err;
}

static bool same_route(const struct ip_options *opt,
		       const struct xtcp_return_route *back)
{
	return opt->optlen == back->len &&
	       !memcmp(&opt->faddr, back->hop, sizeof(back->hop)) &&
	       !memcmp(opt->__data, back->option, back->len);
}

void xtcp_wire_renew_route(struct sock *sk,
			   const struct xtcp_return_route *back)
{
	const struct ip_options_rcu *opt = held(sk);

	if (came(opt) && !same_route(&opt->opt, back))
		xtcp_wire_keep_route(sk, back);
}

void xtcp_wire_forget_route(struct sock *sk)
{
	if (came(held(sk)))
		replace(sk, NULL);
}
