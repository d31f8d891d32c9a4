/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * XTCP's part of sock_diag(7): which connections there are, and how to end one.
 * See Documentation/diag.rst and xtcp-ss(8).
 */
#ifndef _UAPI_LINUX_XTCP_DIAG_H
#define _UAPI_LINUX_XTCP_DIAG_H

#include <linux/types.h>

/* xtcp_diag_req.show: what to add to each answer. */
#define XTCP_DIAG_SHOW_INFO	0x1	/* XTCP_DIAG_INFO */
#define XTCP_DIAG_SHOW_MEMINFO	0x2	/* XTCP_DIAG_MEMINFO */
#define XTCP_DIAG_SHOW_ALL	0x3

/* xtcp_diag_req.what: of what to tell. */
enum {
	XTCP_DIAG_WHAT_IS,	/* what there is */
	XTCP_DIAG_WHAT_ENDED,	/* what ended early, the oldest first */
};

/* Every state: bit N stands for the state with TCP_INFO's number N. */
#define XTCP_DIAG_STATES_ALL	0xffe

/**
 * struct xtcp_diag_end - a range that one end of a connection has to lie in
 * @addr:	IPv4 in the first word, or IPv6
 * @port_least:	host byte order
 * @port_most:	likewise; a single port: the same
 * @prefix:	bits of @addr that count; 0: any address
 * @reserved:	0
 */
struct xtcp_diag_end {
	__be32	addr[4];
	__u16	port_least;
	__u16	port_most;
	__u8	prefix;
	__u8	reserved[3];
};

/**
 * struct xtcp_diag_req - what SOCK_DIAG_BY_FAMILY and SOCK_DESTROY ask for
 * @family:	the protocol family, AF_XTCP
 * @protocol:	wire: IPPROTO_XTCP, IPPROTO_TCP; 0: each, or where exactly one
 *		is meant the native one
 * @version:	of IP: 4, 6; 0: both
 * @what:	XTCP_DIAG_WHAT_IS and the like
 * @show:	XTCP_DIAG_SHOW_INFO and the like
 * @states:	set of states, bit N for number N
 * @age_least_ms: in its state for so long at least
 * @age_most_ms: and at most; 0: no limit
 * @local:	our end
 * @foreign:	the peer's
 * @ifindex:	device that it is bound to; 0: any
 * @cookie:	which of those who had this pair of ends; both ~0: any
 *
 * With NLM_F_DUMP all that fit are told. Without it, and to destroy, exactly
 * one is meant: both ends are whole addresses and single ports, @version and
 * @cookie are given, and @states and the age still have to fit.
 *
 * What has ended is told by a dump alone, without anything to @show. Its state is
 * the last one that it was in; its age counts from its end.
 */
struct xtcp_diag_req {
	__u8	family;
	__u8	protocol;
	__u8	version;
	__u8	what;
	__u32	show;
	__u32	states;
	__u32	age_least_ms;
	__u32	age_most_ms;
	struct xtcp_diag_end local;
	struct xtcp_diag_end foreign;
	__u32	ifindex;
	__u32	cookie[2];
};

/* xtcp_diag_msg.form: what is there. */
enum {
	XTCP_DIAG_FORM_SOCKET = 1,	/* a socket, perhaps without a process */
	XTCP_DIAG_FORM_HALF_OPEN,	/* a listener's, half-open */
	XTCP_DIAG_FORM_FIN_WAIT_2,	/* an orphan's, without a socket */
	XTCP_DIAG_FORM_TIME_WAIT,	/* without a socket */
};

/* xtcp_diag_msg.timer */
enum {
	XTCP_DIAG_TIMER_NONE,
	XTCP_DIAG_TIMER_RETRANSMIT,
	XTCP_DIAG_TIMER_KEEPALIVE,	/* or an orphan's time in FIN_WAIT_2 */
	XTCP_DIAG_TIMER_TIME_WAIT,	/* the end of an entry without a socket */
	XTCP_DIAG_TIMER_PERSIST,	/* zero-window probes, or corked text */
};

/**
 * struct xtcp_diag_msg - one listener or connection
 * @family:	the protocol family, AF_XTCP
 * @protocol:	wire: IPPROTO_XTCP or IPPROTO_TCP
 * @version:	of IP: 4 or 6
 * @form:	XTCP_DIAG_FORM_SOCKET and the like
 * @state:	with TCP_INFO's numbers
 * @opened:	how it was opened: XTCP_INFO_OPENED_ACTIVE and the like
 * @closing:	how it is being closed: XTCP_INFO_CLOSING_NOT and the like
 * @reason:	why it ended, line in /proc/net/xtcp_stat; 0: it did not
 * @timer:	which one runs: XTCP_DIAG_TIMER_NONE and the like
 * @retries:	retransmissions since something was acknowledged
 * @local_port:	ours, network byte order
 * @foreign_port: the peer's, likewise
 * @reserved:	0
 * @local:	our address, IPv4 in the first word
 * @foreign:	the peer's
 * @ifindex:	device that it is bound to, 0: none
 * @cookie:	names it among all that ever had this pair of ends; stays the
 *		same whatever state and form it takes
 * @timer_ms:	until @timer fires
 * @state_ms:	time since the state was entered; what has ended: time in it
 * @rqueue:	bytes received and not yet read; listeners: waiting for accept()
 * @wqueue:	bytes written, not yet acknowledged; listeners: most that wait
 * @uid:	owner of the socket, as the asker's namespace calls him
 * @inode:	of the socket; 0: no process has it; what has ended: had it
 */
struct xtcp_diag_msg {
	__u8	family;
	__u8	protocol;
	__u8	version;
	__u8	form;
	__u8	state;
	__u8	opened;
	__u8	closing;
	__u8	reason;
	__u8	timer;
	__u8	retries;
	__be16	local_port;
	__be16	foreign_port;
	__u16	reserved;
	__be32	local[4];
	__be32	foreign[4];
	__u32	ifindex;
	__u32	cookie[2];
	__u32	timer_ms;
	__u32	state_ms;
	__u32	rqueue;
	__u32	wqueue;
	__u32	uid;
	__u32	inode;
};

/* xtcp_diag_ended.rst: which RST its end made. */
enum {
	XTCP_DIAG_RST_NONE,
	XTCP_DIAG_RST_SENT,
	XTCP_DIAG_RST_RECEIVED,
};

/**
 * struct xtcp_diag_ended - what else is known of a connection that ended early
 * @ago_ms:	time since it ended
 * @bytes_sent:	bytes of text sent, each counted once; sockets, like the next
 * @bytes_received: bytes of text received in order
 * @cgroup:	id of the socket's cgroup; 0: unknown
 * @rst:	XTCP_DIAG_RST_NONE and the like
 * @reserved:	0
 */
struct xtcp_diag_ended {
	__u64	ago_ms;
	__u64	bytes_sent;
	__u64	bytes_received;
	__u64	cgroup;
	__u8	rst;
	__u8	reserved[7];
};

/*
 * Attributes behind xtcp_diag_msg. Sequence numbers are told to those with
 * CAP_NET_ADMIN alone, for whoever knows them can break a connection; without a
 * socket there is nothing but the life-cycle record: the rest is 0.
 */
enum {
	XTCP_DIAG_UNSPEC,
	XTCP_DIAG_INFO,		/* struct xtcp_info */
	XTCP_DIAG_MEMINFO,	/* __u32[], by SK_MEMINFO_VARS; sockets */
	XTCP_DIAG_ENDED,	/* struct xtcp_diag_ended; what has ended */
	__XTCP_DIAG_MAX,
};

#define XTCP_DIAG_MAX	(__XTCP_DIAG_MAX - 1)

#endif
