/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection that a program holds, or held: struct sock and its calls. The
 * machine says what to do; orders.c does it and is the only writer of sk_state.
 */
#ifndef XTCP_SOCKET_SOCK_H
#define XTCP_SOCKET_SOCK_H

#include <linux/ipv6.h>
#include <linux/list.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "machine/machine.h"
#include "socket/fast_open.h"
#include "socket/listening.h"
#include "socket/net.h"
#include "socket/output.h"
#include "socket/rules.h"
#include "socket/timers.h"
#include "socket/saved_syn.h"
#include "socket/source_route.h"
#include "socket/store.h"
#include "stream/stream.h"
#include "table/table.h"
#include "uapi/linux/xtcp.h"
#include "wire/wire.h"

/**
 * struct xtcp_sock - an XTCP socket
 * @wire:	which wire, addresses, ports, IP options; must be first
 * @before_room: what it uses itself; what follows is in @wire.room
 * @binding:	the local port
 * @rec:	life-cycle record; only xtcp_step() changes it
 * @challenge_ms: when it last sent a challenge ACK
 * @stream:	reliability arithmetic; @stream.p is that of its rules, and there is
 *		always some: xtcp_rules()
 * @listening:	who called listen(), else NULL: listening.h
 * @saved_syn:	the SYN that opened it, until it is read; or NULL
 * @accept_node: children: link of their listener's queue
 * @pacer:	with @paced: spaces text out; who sends some was accepted before
 * @fast:	listeners: Fast Open; children: their listener's, while pending
 * @now_us:	when what is being done began: see xtcp_tick()
 * @syn_us:	when our SYN first left; low bits; 0: none did
 * @bytes_sent:	bytes of text sent, each counted once
 * @bytes_acked: bytes of text acknowledged
 * @bytes_received: bytes of text received in order
 * @segs_in:	segments received
 * @segs_out:	segments sent
 * @stored_bytes: bytes in xtcp_early()
 * @write_seq:	sequence number behind the last byte that was written
 * @copied_seq:	sequence number of the next byte to be read
 * @mss_mtu:	the path's MTU that alone made @stream.cc.mss so; 0: not that alone
 * @tune_seq:	@copied_seq when the receive buffer was last looked at
 * @fast_least:	with @fast_deferred: the least initial number
 * @tune_us:	when that was; low bits
 * @oob_seq:	urgent data: sequence number of the last urgent byte
 * @notsent_lowat: TCP_NOTSENT_LOWAT, bytes; 0: the namespace's
 * @pmtu_late:	so small a path was told of meanwhile; 0: none, bytes
 * @blackhole_mss: what passes a path that swallows more in silence, options
 *		included; 0: it was not suspected of that
 * @blackhole_ms: when it was
 * @user_mss:	TCP_MAXSEG, 0: none
 * @oob:	that byte, once it arrived
 * @oob_state:	XTCP_OOB_NONE and the like
 * @save_syn:	TCP_SAVE_SYN
 * @fast_fail:	tcpi_fastopen_client_fail
 * @timer_late:	the timer fired while a program had the socket locked
 * @destroyed:	xtcp_destroy() was here
 * @broken_pipe: RST in CLOSE_WAIT: writes get EPIPE, one read ECONNRESET
 * @spawned:	a listener's child: that one's XTCP_ISN is not its own
 * @cork:	TCP_CORK
 * @fast_pending: it is the listener's
 * @fast_no_cookie: TCP_FASTOPEN_NO_COOKIE
 * @fast_connect: TCP_FASTOPEN_CONNECT
 * @fast_try:	the SYN is to bring a cookie, or to ask for one
 * @fast_deferred: connect() returned, and the SYN waits for text
 * @fast_taken:	text that came or went with the SYN was acknowledged
 * @paced:	there is a @pacer
 * @quickack:	TCP_QUICKACK was last set to 1
 * @slow_ack:	TCP_QUICKACK was last set to 0
 * @reader_waits: a program sleeps in recv()
 * @writer_waits: a program sleeps in send(), and not all of its text is queued
 * @in_backlog:	segments are taken that waited while a program had it locked
 * @ack_late:	an ACK is due when all of them were
 * @entry:	how the table knows the connection; must be last, as an IPv4
 *		socket has no room for an IPv6 key: see XTCP_SOCK4_SIZE
 */
struct xtcp_sock {
	union {
		struct xtcp_wire_sock wire;
		struct {
			u8 before_room[offsetof(struct xtcp_wire_sock, room)];
			u8 oob;
			u8 oob_state;
			u8 save_syn;
			u8 fast_fail;
			bool timer_late;
			bool spawned;
			bool fast_no_cookie;
			struct xtcp_binding binding;
			struct xtcp_record rec;
			u32 challenge_ms;
			u64 now_us;
			u64 bytes_sent;
			u64 bytes_received;
			u32 segs_in;
			u32 segs_out;
			u32 write_seq;
			u32 copied_seq;
			u32 stored_bytes;
			u32 mss_mtu;
		};
	};
	struct xtcp_stream stream;
	struct xtcp_listening *listening;
	struct xtcp_saved *saved_syn;
	union {
		struct list_head accept_node;
		struct xtcp_pacer *pacer;
	};
	struct xtcp_fast *fast;
	u64 bytes_acked;
	union {
		u32 tune_seq;
		u32 fast_least;
	};
	u32 tune_us;
	u32 syn_us;
	u32 oob_seq;
	u32 notsent_lowat;
	u32 blackhole_ms;
	u16 blackhole_mss;
	u16 pmtu_late;
	u16 user_mss;
	bool destroyed : 1;
	bool broken_pipe : 1;
	bool cork : 1;
	bool fast_pending : 1;
	bool fast_connect : 1;
	bool fast_try : 1;
	bool fast_deferred : 1;
	bool fast_taken : 1;
	bool paced : 1;
	bool quickack : 1;
	bool slow_ack : 1;
	bool reader_waits : 1;
	bool writer_waits : 1;
	bool in_backlog : 1;
	bool ack_late : 1;
	struct xtcp_entry entry;
};

static_assert(offsetofend(struct xtcp_sock, mss_mtu) <=
	      offsetofend(struct xtcp_wire_sock, room));

#define XTCP_SOCK4_SIZE	offsetofend(struct xtcp_sock, entry.key4)

#if IS_ENABLED(CONFIG_IPV6)
struct xtcp6_sock {
	struct xtcp_sock xtcp;
	struct ipv6_pinfo inet6;
};
#endif

enum {
	XTCP_OOB_NONE,		/* no urgent byte, or it was read */
	XTCP_OOB_EXPECTED,	/* announced, not here yet */
	XTCP_OOB_HERE,		/* in @oob */
	XTCP_OOB_READ,		/* was read; its place is still marked */
};

static inline struct xtcp_sock *xtcp_sk(const struct sock *sk)
{
	return (struct xtcp_sock *)sk;
}

/* What it goes by. Without its lock: under RCU */
static inline const struct xtcp_rules *xtcp_rules(const struct xtcp_sock *x)
{
	return container_of(READ_ONCE(x->stream.p), struct xtcp_rules, params);
}

/* xtcp_net() in fewer steps; likewise. */
static inline struct xtcp_net *xtcp_sk_net(const struct sock *sk)
{
	return xtcp_rules(xtcp_sk(sk))->xn;
}

/* Somebody wrote to net.xtcp.* since they were made. */
static inline bool xtcp_rules_old(const struct xtcp_rules *r)
{
	return r->generation != READ_ONCE(xtcp_generation);
}

/* XTCP_ISN was set for the connections of this socket; likewise. */
static inline bool xtcp_fixed_isn(const struct xtcp_sock *x)
{
	return xtcp_rules(x)->options.fixed_isn && !READ_ONCE(x->spawned);
}

/* The id by which the table knows it while it listens, else 0. Under RCU. */
static inline u32 xtcp_listener_id(const struct sock *sk)
{
	const struct xtcp_listening *l = READ_ONCE(xtcp_sk(sk)->listening);

	return l ? l->found.id : 0;
}

/* So much of struct xtcp_sock there is. */
static inline size_t xtcp_sock_size(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? sizeof(struct xtcp_sock) :
					   XTCP_SOCK4_SIZE;
}

static inline struct sock *xtcp_entry_sock(struct xtcp_entry *e)
{
	return (struct sock *)container_of(e, struct xtcp_sock, entry);
}

static inline struct xtcp_table *xtcp_table_of(const struct sock *sk)
{
	return &xtcp_sk_net(sk)->table[xtcp_wire_of(sk)];
}

static inline u64 xtcp_now_us(void)
{
	return ktime_to_us(ktime_get());
}

/*
 * Whoever begins something with a locked socket looks at the clock once; all that
 * is done in consequence happens then.
 */
static inline u64 xtcp_tick(struct sock *sk)
{
	xtcp_sk(sk)->now_us = xtcp_now_us();
	return xtcp_sk(sk)->now_us;
}

/* The same time, as records count it. */
static inline u32 xtcp_tick_ms(const struct xtcp_sock *x)
{
	return (u32)div_u64(x->now_us, USEC_PER_MSEC);
}

/**
 * struct xtcp_turn - one event on its way through a socket
 * @e:		the event
 * @o:		what the machine ordered
 * @skb:	the segment's text; NULL without one, or once it was taken
 * @snd_una:	of the record before the step
 * @snd_wnd:	likewise
 * @rcv_nxt:	likewise
 * @since_ms:	likewise
 * @retries:	likewise
 * @errno_icmp:	with %XTCP_EV_ICMP_HARD: what to report, negative
 */
struct xtcp_turn {
	struct xtcp_event e;
	struct xtcp_orders o;
	struct sk_buff *skb;
	u32 snd_una;
	u32 snd_wnd;
	u32 rcv_nxt;
	u32 since_ms;
	u8 retries;
	int errno_icmp;
};

/* sock.c: making and unmaking */
extern struct proto xtcp_prot;
extern struct proto xtcp6_prot;
extern struct proto_ops xtcp_ops;
extern struct proto_ops xtcp6_ops;
int xtcp_sock_module_init(int family);
void xtcp_sock_module_exit(void);
int xtcp_create(struct net *net, struct socket *sock, int protocol, int kern);
void xtcp_sock_init(struct sock *sk, const struct xtcp_rules *rules);
void xtcp_sock_destruct(struct sock *sk);
int xtcp_get_port(struct sock *sk, unsigned short port);
void xtcp_settings_default(struct xtcp_settings *s);

/* orders.c: the only writer of sk_state. The socket is locked. */
void xtcp_turn_init(struct sock *sk, struct xtcp_turn *turn,
		    enum xtcp_event_kind kind);
void xtcp_take_turn(struct sock *sk, struct xtcp_turn *turn);
void xtcp_carry_out(struct sock *sk, struct xtcp_turn *turn);
void xtcp_happen(struct sock *sk, enum xtcp_event_kind kind);
void xtcp_end_because(struct sock *sk, enum xtcp_event_kind kind, u8 reason);
void xtcp_count_step(struct xtcp_net *xn, const struct xtcp_orders *o);
void xtcp_count_ack(struct xtcp_net *xn, u32 meant);

/* child.c: from half-open to a socket of its own */
struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_tuple *t,
			       const struct xtcp_record *r,
			       struct sk_buff *skb,
			       const struct xtcp_small *from);
void xtcp_child_discard(struct sock *child);
void xtcp_child_abandon(struct sock *child);
void xtcp_child_open(struct sock *listener, struct sock *child,
		     struct xtcp_turn *turn);
int xtcp_accept_call(struct socket *sock, struct socket *newsock, int flags,
		     bool kern);

/* expected.c: false: not that short; nothing was done */
bool xtcp_expected_in(struct sock *sk, struct sk_buff *skb,
		      const struct xtcp_segment *seg);

/*
 * Nothing can be read or written yet; any context. Both ends must know both
 * initial numbers, unless a Fast Open cookie stands for that.
 */
static inline bool xtcp_unopened(const struct sock *sk)
{
	u16 flags = READ_ONCE(xtcp_sk(sk)->rec.flags);
	u8 state = READ_ONCE(sk->sk_state);

	if (state != TCP_SYN_RECV)
		return state == TCP_SYN_SENT;
	return (flags & (XTCP_F_FAST | XTCP_F_WAS_ACTIVE)) != XTCP_F_FAST;
}

/* input.c */
extern const struct xtcp_input_ops xtcp_input_ops;
void xtcp_segment_in(struct sock *sk, struct sk_buff *skb,
		     const struct xtcp_segment *seg);
void xtcp_pmtu_in(struct sock *sk, u32 mtu);
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);

/* listen.c */
void xtcp_listener_in(struct xtcp_net *xn, struct sock *sk,
		      struct sk_buff *skb, const struct xtcp_tuple *t,
		      const struct xtcp_segment *seg, u32 iss_least);
int xtcp_listen_call(struct socket *sock, int backlog);
void xtcp_listen_stop(struct sock *sk);

/* small.c: connections without a socket */
bool xtcp_small_in(struct xtcp_net *xn, struct xtcp_small *s,
		   struct sk_buff *skb, const struct xtcp_tuple *t,
		   const struct xtcp_segment *seg);
bool xtcp_small_yield(struct xtcp_net *xn, struct xtcp_small *s,
		      const struct xtcp_tuple *t,
		      const struct xtcp_segment *seg);
extern const struct xtcp_table_ops xtcp_table_ops;
bool xtcp_become_small(struct sock *sk);
void xtcp_small_evict(struct xtcp_table *table, struct xtcp_small *s);
void xtcp_small_unheard(struct xtcp_table *table, struct xtcp_small *s);
void xtcp_small_netns_gone(struct xtcp_table *table, struct xtcp_small *s);
/* What connect() and a TIME_WAIT entry agree on: @bound: by the program. */
struct xtcp_reuse {
	bool bound;
	u32 iss_least;
};

bool xtcp_small_reusable(struct xtcp_table *table, struct xtcp_small *s,
			 void *arg);

/* reply.c: segments that belong to no socket */
void xtcp_reply(struct xtcp_net *xn, const struct xtcp_tuple *t,
		const struct xtcp_record *r, const struct xtcp_reply_opts *opts,
		const struct xtcp_orders *o);
void xtcp_reply_syn(struct xtcp_net *xn, const struct xtcp_tuple *t,
		    const struct xtcp_record *r, const struct xtcp_policy *p,
		    u16 mss, const struct xtcp_reply_opts *opts);
void xtcp_reply_segment(struct xtcp_net *xn, const struct xtcp_tuple *t,
			const struct xtcp_segment *seg,
			const struct xtcp_reply_opts *opts);
void xtcp_reply_opts_of(const struct sock *sk, const struct xtcp_tuple *t,
			const struct xtcp_entry *e, struct xtcp_reply_opts *opts);
void xtcp_fill(const struct xtcp_record *r, struct xtcp_segment *seg,
	       u8 flags, u32 now_ms);
void xtcp_fill_syn(const struct xtcp_record *r, struct xtcp_segment *seg,
		   const struct xtcp_policy *p);

/* receive.c */
int xtcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		 int *addr_len);
ssize_t xtcp_splice_read(struct socket *sock, loff_t *pos,
			 struct pipe_inode_info *pipe, size_t len,
			 unsigned int flags);

/* urgent.c */
void xtcp_urgent_in(struct sock *sk, struct sk_buff *skb,
		    const struct xtcp_turn *turn);
int xtcp_recv_urgent(struct sock *sk, struct msghdr *msg, int flags);

/* Bytes written and not sent yet; any context. */
static inline u32 xtcp_unsent(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 written = READ_ONCE(x->write_seq);
	u32 sent = READ_ONCE(x->rec.snd_nxt);

	/* Nothing can be written before both numbers mean something. */
	if (xtcp_unopened(sk))
		return 0;
	return seq_gt(written, sent) ? written - sent : 0;
}

/* send.c */
int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
u32 xtcp_queue_some(struct sock *sk, struct msghdr *msg, u32 most);
void xtcp_free_acked(struct sock *sk);
void xtcp_purge_unsent(struct sock *sk);
void xtcp_write_space(struct sock *sk);

/* secret.c: initial numbers, timestamp offsets, cookies, challenge limits */
void xtcp_secret_init(struct xtcp_net *xn);
u32 xtcp_initial_number(struct xtcp_net *xn, const struct xtcp_tuple *t);
u32 xtcp_ts_offset(struct xtcp_net *xn, const struct xtcp_tuple *t);
u32 xtcp_cookie_count(void);
u32 xtcp_cookie_mac(struct xtcp_net *xn, const struct xtcp_tuple *t, u32 irs,
		    u32 count);
bool xtcp_challenge_allowed(struct xtcp_net *xn, u32 *last_ms);

/* trace.c */
void xtcp_take_step(struct xtcp_record *r, const struct xtcp_event *e,
		    struct xtcp_orders *o);
bool xtcp_steps_watched(void);

/* open.c */
int xtcp_connect_call(struct socket *sock, struct sockaddr *addr, int len,
		      int flags);
int xtcp_connect_with_text(struct sock *sk, struct msghdr *msg, int *copied);
int xtcp_disconnect(struct sock *sk, int flags);
void xtcp_opening(struct sock *sk, const struct xtcp_tuple *t,
		  struct xtcp_opening *open);

/* close.c */
void xtcp_close(struct sock *sk, long timeout);
int xtcp_shutdown_call(struct socket *sock, int how);
void xtcp_done(struct sock *sk);
void xtcp_destroy(struct sock *sk);
void xtcp_abort_orphans(struct xtcp_net *xn);

/* abort.c, small.c: the administrator ends a connection that fits */
struct xtcp_ending {
	bool (*fits)(const struct xtcp_ending *end,
		     const struct xtcp_record *r, u32 listener_id);
};

int xtcp_sock_end(struct sock *sk, const struct xtcp_ending *end);
int xtcp_small_end(struct xtcp_table *table, struct xtcp_small *s,
		   const struct xtcp_ending *end);

/* info.c */
void xtcp_fill_tcp_info(struct sock *sk, void *to);
void xtcp_fill_info(struct sock *sk, void *to);
void xtcp_record_info(const struct xtcp_record *r, struct xtcp_info *i);
void xtcp_stream_info(const struct xtcp_sock *x, struct xtcp_info *i);

/* options.c, policy.c, ioctl.c, poll.c */
__poll_t xtcp_poll(struct file *file, struct socket *sock,
		   struct poll_table_struct *wait);
int xtcp_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
int xtcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
		    unsigned int len);
int xtcp_getsockopt(struct socket *sock, int level, int name,
		    char __user *val, int __user *len);
void xtcp_set_keepalive(struct sock *sk, int on);
void xtcp_policy_refresh(struct sock *sk);
void xtcp_policy_of(const struct sock *sk, struct xtcp_policy *p);
void xtcp_stream_renew(struct xtcp_sock *x);
void xtcp_policy_init(struct xtcp_policy *p, const struct xtcp_settings *s);

#endif
