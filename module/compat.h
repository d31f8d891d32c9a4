/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that names kernel versions: what differs between the kernels
 * that this module is for, Debian's 6.1 and 6.12.
 */
#ifndef XTCP_COMPAT_H
#define XTCP_COMPAT_H

#include <linux/version.h>

#define XTCP_SINCE(a, b)						\
	(LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))

#include <linux/bpf-cgroup.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#if XTCP_SINCE(6, 5)
#include <net/gso.h>
#endif
#if XTCP_SINCE(6, 10)
#include <linux/skbuff_ref.h>
#include <net/proto_memory.h>
#endif

#if !XTCP_SINCE(6, 1)
#error XTCP needs Linux 6.1 or newer
#endif

/* Called from outside, which a compiler that sees all of the module must be told. */
int __visible init_module(void);
void __visible cleanup_module(void);

/*
 * Define @name for proto_ops.accept, which calls
 * int @func(struct socket *sock, struct socket *newsock, int flags, bool kern).
 */
#if XTCP_SINCE(6, 10)
#define XTCP_DEFINE_ACCEPT(name, func)					\
	static int name(struct socket *sock, struct socket *newsock,	\
			struct proto_accept_arg *arg)			\
	{								\
		return func(sock, newsock, arg->flags, arg->kern);	\
	}
#else
#define XTCP_DEFINE_ACCEPT(name, func)					\
	static int name(struct socket *sock, struct socket *newsock,	\
			int flags, bool kern)				\
	{								\
		return func(sock, newsock, flags, kern);		\
	}
#endif

/* In a struct proto of IPv6: where @type, the socket, has its ipv6_pinfo. */
#if XTCP_SINCE(6, 6)
#define XTCP_PROTO_IPV6(type, member)					\
	.ipv6_pinfo_offset = offsetof(type, member),
#else
#define XTCP_PROTO_IPV6(type, member)
#endif

/*
 * Flags of an inet_sock, which became atomic bits: @field as it was called
 * before, @bit without INET_FLAGS_ as it is called now.
 */
#if XTCP_SINCE(6, 6)
#define xtcp_inet_test(sk, field, bit)	inet_test_bit(bit, sk)
#define xtcp_inet_assign(sk, field, bit, on)	inet_assign_bit(bit, sk, on)
#else
#define xtcp_inet_test(sk, field, bit)	(inet_sk(sk)->field)
#define xtcp_inet_assign(sk, field, bit, on)	(inet_sk(sk)->field = (on))
#endif

/* The same for those of an ipv6_pinfo. */
#if XTCP_SINCE(6, 7)
#define xtcp_inet6_test(sk, field, bit)	inet6_test_bit(bit, sk)
#define xtcp_inet6_assign(sk, field, bit, on)	inet6_assign_bit(bit, sk, on)
#else
#define xtcp_inet6_test(sk, field, bit)	(inet6_sk(sk)->field)
#define xtcp_inet6_assign(sk, field, bit, on)	(inet6_sk(sk)->field = (on))
#endif

/* A clone shares its parent's list of flow labels: forget it. */
static inline void xtcp_forget_flowlabels(struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	RCU_INIT_POINTER(inet_sk(sk)->ipv6_fl_list, NULL);
#else
	RCU_INIT_POINTER(inet6_sk(sk)->ipv6_fl_list, NULL);
#endif
#endif
}

/* IP_RECVERR or IPV6_RECVERR, whichever the packets of the socket go by. */
static inline bool xtcp_recverr(const struct sock *sk, u8 family)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		return xtcp_inet6_test(sk, recverr, RECVERR6);
#endif
	return xtcp_inet_test(sk, recverr, RECVERR);
}

/* The flags that are set in a new socket of AF_INET or AF_INET6. */
static inline void xtcp_inet_default_flags(struct sock *sk)
{
	xtcp_inet_assign(sk, mc_loop, MC_LOOP, 1);
	xtcp_inet_assign(sk, mc_all, MC_ALL, 1);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		xtcp_inet6_assign(sk, mc_loop, MC6_LOOP, 1);
		xtcp_inet6_assign(sk, mc_all, MC6_ALL, 1);
	}
#endif
}

/* What the control group says to connect(); it may change the address. */
static inline int xtcp_cgroup_connect(struct sock *sk, struct sockaddr *addr,
				      int len)
{
#if XTCP_SINCE(6, 7)
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr, &len);
#endif
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, &len);
#else
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr);
#endif
	return BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr);
#endif
}

/* The argument of a proc_handler. */
#if XTCP_SINCE(6, 11)
#define XTCP_CTL_CONST	const
#else
#define XTCP_CTL_CONST
#endif

/*
 * A table of @n sysctls; it must have one more entry, empty, which kernels that
 * do not take the length look for and the others never see.
 */
static inline struct ctl_table_header *
xtcp_register_sysctl(struct net *net, const char *path,
		     struct ctl_table *table, size_t n)
{
#if XTCP_SINCE(6, 6)
	return register_net_sysctl_sz(net, path, table, n);
#else
	return register_net_sysctl(net, path, table);
#endif
}

/* Fields of struct tcp_info that were not always there. */
static inline void xtcp_tcpi_rcv_wnd(struct tcp_info *i, u32 bytes)
{
#if XTCP_SINCE(6, 2)
	i->tcpi_rcv_wnd = bytes;
#endif
}

/* In TP_fast_assign(), for a field made by __string(field, src). */
#if XTCP_SINCE(6, 10)
#define xtcp_assign_str(field, src)	__assign_str(field)
#else
#define xtcp_assign_str(field, src)	__assign_str(field, src)
#endif

#endif
