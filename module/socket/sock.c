// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket itself: struct proto, struct proto_ops, making and unmaking.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include <linux/bpf-cgroup.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "compat.h"
#include "socket/sock.h"

unsigned int xtcp_net_id;

static atomic_long_t memory_allocated;
static DEFINE_PER_CPU(int, memory_per_cpu);
static unsigned long memory_pressure;
static struct percpu_counter sockets_allocated;
/* Pages for all sockets together, and bytes a socket that memory cannot stop. */
static long sysctl_mem[3];
static int sysctl_wmem[3] = { PAGE_SIZE, 16 * 1024, 4 * 1024 * 1024 };
static int sysctl_rmem[3] = { PAGE_SIZE, 128 * 1024, 6 * 1024 * 1024 };

static void enter_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(memory_pressure, 1);
}

static void leave_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(memory_pressure, 0);
}

void xtcp_settings_default(struct xtcp_settings *s)
{
#define XTCP_SETTING(name, def, min, max, unit, text) s->name = (def);
#include "socket/settings.def"
#undef XTCP_SETTING
	memcpy(s->rmem, sysctl_rmem, sizeof(s->rmem));
	memcpy(s->wmem, sysctl_wmem, sizeof(s->wmem));
	s->notsent_lowat = UINT_MAX;
	s->cc = xtcp_cc_nth(0);
}

/* All of a socket that is not struct sock's own; also for a child. Takes @rules. */
void xtcp_sock_init(struct sock *sk, const struct xtcp_rules *rules)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	memset(x->wire.room, 0, sizeof(x->wire.room));
	memset((char *)x + sizeof(x->wire), 0,
	       xtcp_sock_size(sk) - sizeof(x->wire));
	xtcp_record_init(&x->rec);
	INIT_LIST_HEAD(&x->accept_node);
	*xtcp_early(sk) = RB_ROOT;
	timer_setup(&sk->sk_timer, xtcp_timer_fired, 0);
	xtcp_stream_init(&x->stream, &rules->params);
	/* The queue of sent text is ours to free; no write_space from skbs. */
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sock_set_flag(sk, SOCK_RCU_FREE);
	sk->sk_write_space = xtcp_write_space;
	sk->sk_destruct = xtcp_sock_destruct;
}

static int prot_init(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_net(sock_net(sk));
	const struct xtcp_settings *s = &xn->settings;

	xtcp_sock_init(sk, xtcp_rules_of_net(xn));
	sk->sk_state = TCP_CLOSE;
	WRITE_ONCE(sk->sk_sndbuf, s->wmem[1]);
	WRITE_ONCE(sk->sk_rcvbuf, s->rmem[1]);
	sk_sockets_allocated_inc(sk);
	return 0;
}

void xtcp_sock_destruct(struct sock *sk)
{
	sk_sockets_allocated_dec(sk);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_prot == &xtcp6_prot) {
		inet6_cleanup_sock(sk);
		sk->sk_prot = &xtcp6_prot;
	}
#endif
	xtcp_fast_free(sk);
	xtcp_syn_forget(sk);
	xtcp_pace_free(sk);
	kfree(xtcp_sk(sk)->listening);
	xtcp_rules_put(xtcp_rules(xtcp_sk(sk)));
	inet_sock_destruct(sk);
}

/* get_port of struct proto: inet_bind() and inet6_bind() call it. */
int xtcp_get_port(struct sock *sk, unsigned short port)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	int err = xtcp_bind(xtcp_table_of(sk), sk, &x->binding, port);

	if (!err)
		inet_sk(sk)->inet_num = xtcp_bound_port(&x->binding);
	return err;
}

static void put_port(struct sock *sk)
{
	xtcp_unbind(xtcp_table_of(sk), &xtcp_sk(sk)->binding);
	inet_sk(sk)->inet_num = 0;
	inet_sk(sk)->inet_sport = 0;
}

/* TCP_NOTSENT_LOWAT: a writer is woken only when half of it has left. */
static bool unsent_is_low(const struct sock *sk, int wake)
{
	u32 low = READ_ONCE(xtcp_sk(sk)->notsent_lowat);
	u32 unsent = xtcp_unsent(sk);

	if (!unsent)
		return true;
	if (!low)
		low = READ_ONCE(xtcp_net(sock_net(sk))->settings.notsent_lowat);
	return (u64)unsent << wake < low;
}

static bool memory_free(const struct sock *sk, int wake)
{
	return READ_ONCE(sk->sk_wmem_queued) < READ_ONCE(sk->sk_sndbuf) &&
	       unsent_is_low(sk, wake);
}

#define XTCP_PROTO_COMMON						\
	.owner			= THIS_MODULE,				\
	.init			= prot_init,				\
	.close			= xtcp_close,				\
	.disconnect		= xtcp_disconnect,			\
	.keepalive		= xtcp_set_keepalive,			\
	.get_port		= xtcp_get_port,			\
	.put_port		= put_port,				\
	.backlog_rcv		= xtcp_backlog_rcv,			\
	.release_cb		= xtcp_release_cb,			\
	.stream_memory_free	= memory_free,				\
	.memory_allocated	= &memory_allocated,			\
	.per_cpu_fw_alloc	= &memory_per_cpu,			\
	.memory_pressure	= &memory_pressure,			\
	.enter_memory_pressure	= enter_memory_pressure,		\
	.leave_memory_pressure	= leave_memory_pressure,		\
	.sockets_allocated	= &sockets_allocated,			\
	.sysctl_mem		= sysctl_mem,				\
	.sysctl_wmem		= sysctl_wmem,				\
	.sysctl_rmem		= sysctl_rmem,				\
	.max_header		= XTCP_WIRE_HEADROOM,			\
	.no_autobind		= true

struct proto xtcp_prot = {
	.name		= "XTCP",
	.obj_size	= XTCP_SOCK4_SIZE,
	XTCP_PROTO_COMMON,
};

#if IS_ENABLED(CONFIG_IPV6)
struct proto xtcp6_prot = {
	.name		= "XTCPv6",
	.obj_size	= sizeof(struct xtcp6_sock),
	XTCP_PROTO_IPV6(struct xtcp6_sock, inet6)
	XTCP_PROTO_COMMON,
};
#endif

static int sendmsg_call(struct socket *sock, struct msghdr *msg, size_t len)
{
	return xtcp_sendmsg(sock->sk, msg, len);
}

static int recvmsg_call(struct socket *sock, struct msghdr *msg, size_t len,
			int flags)
{
	int addr_len = 0;
	int n = xtcp_recvmsg(sock->sk, msg, len, flags, &addr_len);

	if (n >= 0)
		msg->msg_namelen = addr_len;
	return n;
}

/* Programs may say AF_XTCP where they mean the IP version of the socket. */
static int bind_call(struct socket *sock, struct sockaddr *addr, int len)
{
	struct sockaddr_storage ss;
	u16 family = sock->sk->sk_family;

	if (len < (int)offsetofend(struct sockaddr, sa_family) ||
	    len > (int)sizeof(ss))
		return -EINVAL;
	memcpy(&ss, addr, len);
	if (ss.ss_family == sock->ops->family)
		ss.ss_family = family;
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		return inet6_bind(sock, (struct sockaddr *)&ss, len);
#endif
	return inet_bind(sock, (struct sockaddr *)&ss, len);
}

XTCP_DEFINE_ACCEPT(accept_call, xtcp_accept_call)

#define XTCP_OPS_COMMON							\
	.owner		= THIS_MODULE,					\
	.bind		= bind_call,					\
	.connect	= xtcp_connect_call,				\
	.socketpair	= sock_no_socketpair,				\
	.accept		= accept_call,					\
	.poll		= xtcp_poll,					\
	.ioctl		= xtcp_ioctl,					\
	.listen		= xtcp_listen_call,				\
	.shutdown	= xtcp_shutdown_call,				\
	.setsockopt	= xtcp_setsockopt,				\
	.getsockopt	= xtcp_getsockopt,				\
	.sendmsg	= sendmsg_call,					\
	.recvmsg	= recvmsg_call,					\
	.splice_read	= xtcp_splice_read,				\
	.gettstamp	= sock_gettstamp,				\
	.mmap		= sock_no_mmap

/* .family is written once, when the module knows its number. */
struct proto_ops xtcp_ops __ro_after_init = {
	.release	= inet_release,
	.getname	= inet_getname,
	XTCP_OPS_COMMON,
};

#if IS_ENABLED(CONFIG_IPV6)
struct proto_ops xtcp6_ops __ro_after_init = {
	.release	= inet6_release,
	.getname	= inet6_getname,
	XTCP_OPS_COMMON,
};
#endif

/* Which wire the third argument of socket() asks for. */
static int choose_wire(const struct xtcp_net *xn, int protocol)
{
	switch (protocol & ~XTCP_IPV6) {
	case 0:
	case IPPROTO_XTCP:
		return XTCP_WIRE_NATIVE;
	case IPPROTO_TCP:
		if (READ_ONCE(xn->settings.tcp_wire))
			return XTCP_WIRE_TCP;
		fallthrough;
	default:
		return -EPROTONOSUPPORT;
	}
}

/* Which IP version. */
static int choose_ip(struct socket *sock, int protocol, struct proto **prot)
{
	bool v6 = protocol & XTCP_IPV6;

	sock->ops = &xtcp_ops;
	*prot = &xtcp_prot;
	if (!v6)
		return 0;
#if IS_ENABLED(CONFIG_IPV6)
	if (!xtcp_wire_ipv6())
		return -EAFNOSUPPORT;
	sock->ops = &xtcp6_ops;
	*prot = &xtcp6_prot;
	return 0;
#else
	return -EAFNOSUPPORT;
#endif
}

static void init_inet(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	inet->mc_index = 0;
	inet->pmtudisc = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_no_pmtu_disc) ?
		IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	atomic_set(&inet->inet_id, 0);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		struct ipv6_pinfo *np = &((struct xtcp6_sock *)sk)->inet6;

		inet->pinet6 = np;
		np->hop_limit = -1;
		np->mcast_hops = IPV6_DEFAULT_MCASTHOPS;
		np->pmtudisc = IPV6_PMTUDISC_WANT;
		sk->sk_ipv6only = READ_ONCE(sock_net(sk)->ipv6.sysctl.bindv6only);
	}
#endif
	xtcp_inet_default_flags(sk);
}

int xtcp_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct xtcp_net *xn = xtcp_net(net);
	struct proto *prot;
	struct sock *sk;
	int err, wire;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (!kern && !READ_ONCE(xn->settings.unprivileged) &&
	    !ns_capable(net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	wire = choose_wire(xn, protocol);
	if (wire < 0)
		return wire;
	err = choose_ip(sock, protocol, &prot);
	if (err)
		return err;
	err = xtcp_table_use(&xn->table[wire]);
	if (err)
		return err;
	xtcp_ended_begin(xn);
	sk = sk_alloc(net, prot == &xtcp_prot ? PF_INET : PF_INET6, GFP_KERNEL,
		      prot, kern);
	if (!sk)
		return -ENOBUFS;
	sock->state = SS_UNCONNECTED;
	xtcp_sk(sk)->wire.wire = wire;
	sk->sk_protocol = IPPROTO_XTCP;
	sock_init_data(sock, sk);
	sk->sk_protocol = IPPROTO_XTCP;
	sk->sk_backlog_rcv = prot->backlog_rcv;
	init_inet(sk);
	err = prot->init(sk);
	if (!err && !kern)
		err = BPF_CGROUP_RUN_PROG_INET_SOCK(sk);
	if (err) {
		/* sk_common_release() would call an unhash that we lack. */
		sock_orphan(sk);
		sock->sk = NULL;
		sock_put(sk);
	}
	return err;
}

static void set_limits(void)
{
	unsigned long pages = nr_free_buffer_pages() / 16;

	pages = max(pages, 128UL);
	sysctl_mem[0] = pages / 4 * 3;
	sysctl_mem[1] = pages;
	sysctl_mem[2] = sysctl_mem[0] * 2;
}

int __init xtcp_sock_module_init(int family)
{
	int err;

	set_limits();
	xtcp_ops.family = family;
	err = xtcp_bulk_module_init();
	if (err)
		return err;
	err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);
	if (err)
		goto out_bulk;
	err = proto_register(&xtcp_prot, 1);
	if (err)
		goto out_counter;
#if IS_ENABLED(CONFIG_IPV6)
	xtcp6_ops.family = family;
	err = proto_register(&xtcp6_prot, 1);
	if (err)
		goto out_prot;
#endif
	return 0;
#if IS_ENABLED(CONFIG_IPV6)
out_prot:
	proto_unregister(&xtcp_prot);
#endif
out_counter:
	percpu_counter_destroy(&sockets_allocated);
out_bulk:
	xtcp_bulk_module_exit();
	return err;
}

void xtcp_sock_module_exit(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	proto_unregister(&xtcp6_prot);
#endif
	proto_unregister(&xtcp_prot);
	percpu_counter_destroy(&sockets_allocated);
	xtcp_pages_module_exit();
	xtcp_bulk_module_exit();
}
