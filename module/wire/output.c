// SPDX-License-Identifier: GPL-2.0-only
/*
 * What leaves, and what is known of the path: the part that does not depend on
 * the version of IP.
 */
#include <net/dst.h>
#include <net/inet_sock.h>
#include <net/ip.h>

#include "wire/family.h"

u8 xtcp_wire_family(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 && !ipv6_addr_v4mapped(&sk->sk_v6_daddr))
		return AF_INET6;
#endif
	return AF_INET;
}

static const struct xtcp_af_ops *af_of(const struct sock *sk)
{
	return xtcp_af(xtcp_wire_family(sk));
}

void xtcp_wire_get_tuple(const struct sock *sk, struct xtcp_tuple *t)
{
	memset(t, 0, sizeof(*t));
	t->family = xtcp_wire_family(sk);
	t->wire = xtcp_wire_of(sk);
	t->lport = inet_sk(sk)->inet_sport;
	t->fport = inet_sk(sk)->inet_dport;
	t->ifindex = sk->sk_bound_dev_if;
	af_of(sk)->get_tuple(sk, t);
}

void xtcp_wire_set_tuple(struct sock *sk, const struct xtcp_tuple *t)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_num = ntohs(t->lport);
	inet->inet_sport = t->lport;
	inet->inet_dport = t->fport;
	xtcp_af(t->family)->set_tuple(sk, t);
}

int xtcp_wire_route_connect(struct sock *sk, struct xtcp_tuple *t)
{
	int err;

	if (t->family == AF_INET6 && !xtcp_wire_ipv6())
		return -EAFNOSUPPORT;
	t->wire = xtcp_wire_of(sk);
	inet_sk(sk)->inet_dport = t->fport;
	err = xtcp_af(t->family)->connect(sk, t);
	if (err) {
		inet_sk(sk)->inet_dport = 0;
		return err;
	}

	t->lport = inet_sk(sk)->inet_sport;
	t->ifindex = sk->sk_bound_dev_if;
	return 0;
}

int xtcp_wire_route_ports(struct sock *sk)
{
	return PTR_ERR_OR_ZERO(af_of(sk)->route(sk, true));
}

int xtcp_wire_route_child(struct sock *sk)
{
	return PTR_ERR_OR_ZERO(af_of(sk)->route(sk, true));
}

void xtcp_wire_disconnect(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	sk_dst_reset(sk);
	xtcp_wire_forget_route(sk);
	sk->sk_route_caps = 0;
	inet->inet_dport = 0;
	inet->inet_daddr = 0;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		memset(&sk->sk_v6_daddr, 0, sizeof(sk->sk_v6_daddr));
#endif
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
}

u32 xtcp_wire_mtu(struct sock *sk)
{
	const struct xtcp_af_ops *af = af_of(sk);
	struct dst_entry *dst = af->route(sk, false);

	return IS_ERR(dst) ? af->mtu_min : max(dst_mtu(dst), af->mtu_min);
}

static bool has_options(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 &&
	    rcu_access_pointer(inet6_sk(sk)->opt))
		return true;
#endif
	return rcu_access_pointer(inet_sk(sk)->inet_opt);
}

u32 xtcp_wire_plain_mtu(struct sock *sk)
{
	const struct dst_entry *dst = __sk_dst_get(sk);

	return dst && !has_options(sk) ? dst_mtu(dst) : 0;
}

u32 xtcp_wire_mss(struct sock *sk)
{
	const struct xtcp_af_ops *af = af_of(sk);
	u32 taken = af->header_len + af->options_len(sk) + XTCP_HEADER_MIN;
	u32 mtu = xtcp_wire_mtu(sk);

	/* Beside a header full of options some text must always fit. */
	return mtu > taken + TCP_MIN_SND_MSS ? mtu - taken : TCP_MIN_SND_MSS;
}

/*
 * MUST-67: what we can receive. The path's MTU is another matter, as it was
 * learnt for the other direction; dst_metric_advmss() is not of one mind there
 * in all kernels.
 */
static u16 advertised_mss(const struct xtcp_af_ops *af,
			  const struct dst_entry *dst)
{
	u32 mtu, mss = dst_metric_raw(dst, RTAX_ADVMSS);

	if (!mss) {
		rcu_read_lock();
		mtu = max(af->link_mtu(dst), af->mtu_min);
		rcu_read_unlock();
		mss = mtu - af->header_len - XTCP_HEADER_MIN;
	}
	return min_t(u32, mss, U16_MAX);
}

u16 xtcp_wire_advertised_mss(struct sock *sk)
{
	const struct xtcp_af_ops *af = af_of(sk);
	struct dst_entry *dst = af->route(sk, false);

	if (IS_ERR(dst))
		return af->family == AF_INET ? XTCP_MSS_DEFAULT_V4 :
					       XTCP_MSS_DEFAULT_V6;
	return advertised_mss(af, dst);
}

u32 xtcp_wire_pmtu(struct sock *sk, u32 mtu)
{
	const struct xtcp_af_ops *af = af_of(sk);
	struct dst_entry *dst = af->route(sk, false);

	if (!IS_ERR(dst) && af->accept_pmtu(sk))
		dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
	return xtcp_wire_mtu(sk);
}

void xtcp_wire_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst = af_of(sk)->route(sk, false);

	if (!IS_ERR(dst))
		dst->ops->redirect(dst, sk, skb);
}

/* How it is to be cut must be known before sk_setup_caps() asks the device. */
void xtcp_output_keep_route(struct sock *sk, struct dst_entry *dst)
{
	sk->sk_gso_type = xtcp_wire_gso_type(sk);
	sk_setup_caps(sk, dst);
}

u32 xtcp_wire_burst(const struct sock *sk, u32 mss)
{
	u32 most, segs;

	if (!sk->sk_gso_type || !sk_can_gso(sk))
		return mss;
	/* What sk_setup_caps() grants leaves room for headers already. */
	most = min_t(u32, READ_ONCE(sk->sk_gso_max_size),
		     GSO_LEGACY_MAX_SIZE - XTCP_WIRE_HEADROOM);
	segs = min_t(u32, most / mss, READ_ONCE(sk->sk_gso_max_segs));
	return max(segs, 1u) * mss;
}

/*
 * Segmentation gives the skb's claim on the send buffer to the last segment
 * alone if the destructor is sock_wfree() itself, and what has an owner is kept
 * apart from what has none where packets are merged again: the last segment
 * would overtake the others.
 */
static void burst_free(struct sk_buff *skb)
{
	sock_wfree(skb);
}

void xtcp_wire_set_burst(const struct sock *sk, struct sk_buff *skb, u32 mss,
			 u32 segs)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	info->gso_size = mss;
	info->gso_segs = segs;
	info->gso_type = sk->sk_gso_type;
	skb->destructor = burst_free;
}

static void push_header(struct sk_buff *skb, const struct xtcp_segment *seg,
			const struct xtcp_ports *ports,
			const struct xtcp_af_ops *af,
			const struct dst_entry *dst)
{
	struct xtcp_segment with_mss;
	u8 *head;

	if ((seg->opts & XTCP_OPT_MSS) && !seg->mss) {
		with_mss = *seg;
		with_mss.mss = advertised_mss(af, dst);
		seg = &with_mss;
	}
	head = skb_push(skb, xtcp_header_len(seg));
	skb_reset_transport_header(skb);
	xtcp_header_build(head, seg, ports);
}

/*
 * The native wire: a device that sums only TCP and UDP would still be given
 * ours, because the kernel looks at the offset of the checksum and not at the
 * protocol: only one that sums anything may do it. sk_route_caps does not tell:
 * sk_setup_caps() claims that every device sums for whoever might use GSO. On
 * the TCP wire the kernel sums what the device does not, and what is cut into
 * segments is summed with that.
 */
static bool device_sums(const struct dst_entry *dst)
{
	bool sums;

	rcu_read_lock();
	sums = READ_ONCE(dst->dev)->features & NETIF_F_HW_CSUM;
	rcu_read_unlock();
	return sums;
}

static void put_checksum(const struct sock *sk, struct sk_buff *skb,
			 const struct dst_entry *dst,
			 const struct xtcp_af_ops *af)
{
	u8 proto = xtcp_wire_protocol(xtcp_wire_of(sk));
	struct tcphdr *th = tcp_hdr(skb);

	if (xtcp_wire_of(sk) == XTCP_WIRE_TCP || skb_is_gso(skb) ||
	    device_sums(dst)) {
		/* The device sums up from here, pseudo-header included. */
		af->sum_of(sk, &th->check, skb->len, proto, 0);
		th->check = ~th->check;
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = XTCP_HEADER_CHECK;
		skb->ip_summed = CHECKSUM_PARTIAL;
		return;
	}
	af->sum_of(sk, &th->check, skb->len, proto,
		   skb_checksum(skb, 0, skb->len, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

static int sent(int err)
{
	return err > 0 ? net_xmit_errno(err) : err;
}

/* __ip_queue_xmit() looks by itself whether the route still holds. */
static struct dst_entry *route_for(struct sock *sk,
				   const struct xtcp_af_ops *af,
				   const struct xtcp_segment *seg)
{
	struct dst_entry *dst = NULL;

	if (af->family == AF_INET && xtcp_wire_of(sk) == XTCP_WIRE_NATIVE &&
	    !(seg->flags & XTCP_SYN))
		dst = __sk_dst_get(sk);
	return dst ? dst : af->route(sk, false);
}

int xtcp_wire_send(struct sock *sk, struct sk_buff *skb,
		   const struct xtcp_segment *seg)
{
	const struct xtcp_af_ops *af = af_of(sk);
	const struct xtcp_ports ports = {
		.source = ntohs(inet_sk(sk)->inet_sport),
		.dest = ntohs(inet_sk(sk)->inet_dport),
	};
	struct dst_entry *dst;
	int err;

	dst = route_for(sk, af, seg);
	err = PTR_ERR_OR_ZERO(dst);
	if (!err)
		err = skb_cow_head(skb, XTCP_WIRE_HEADROOM);
	if (err) {
		kfree_skb(skb);
		return err;
	}

	push_header(skb, seg, &ports, af, dst);
	put_checksum(sk, skb, dst, af);
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->tstamp = 0;
	skb_set_hash_from_sk(skb, sk);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	/* Of several segments only the first carries CWR. */
	if (skb_is_gso(skb) && (seg->flags & XTCP_CWR))
		skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_ECN;
	return sent(af->send(sk, skb, dst, seg->ecn));
}

static struct sk_buff *reply_skb(const struct xtcp_af_ops *af,
				 const struct xtcp_tuple *t,
				 const struct xtcp_segment *seg,
				 struct dst_entry *dst)
{
	const struct xtcp_ports ports = {
		.source = ntohs(t->lport),
		.dest = ntohs(t->fport),
	};
	struct sk_buff *skb;

	skb = alloc_skb(XTCP_WIRE_HEADROOM, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, XTCP_WIRE_HEADROOM);
	push_header(skb, seg, &ports, af, dst);
	af->sum(&tcp_hdr(skb)->check, &t->laddr, &t->faddr, skb->len,
		xtcp_wire_protocol(t->wire),
		csum_partial(skb->data, skb->len, 0));
	return skb;
}

int xtcp_wire_reply(struct net *net, const struct xtcp_tuple *t,
		    const struct xtcp_segment *seg,
		    const struct xtcp_reply_opts *o)
{
	const struct xtcp_af_ops *af = xtcp_af(t->family);
	struct dst_entry *dst;
	struct sk_buff *skb;
	struct flowi fl;
	int err;

	memset(&fl, 0, sizeof(fl));
	dst = af->reply_route(net, &fl, t, o);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	skb = reply_skb(af, t, seg, dst);
	if (!skb) {
		dst_release(dst);
		return -ENOMEM;
	}

	skb_dst_set(skb, dst);
	skb->mark = o->mark;
	skb->priority = o->priority;
	if (o->hash)
		__skb_set_sw_hash(skb, o->hash, true);
	rcu_read_lock();
	err = af->reply_send(net, skb, &fl, o);
	rcu_read_unlock();
	return sent(err);
}
