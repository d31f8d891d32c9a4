/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What programs include to use XTCP: see xtcp(7).
 */
#ifndef _UAPI_LINUX_XTCP_H
#define _UAPI_LINUX_XTCP_H

#include <linux/types.h>

/*
 * The protocol family. Kernels refuse numbers from AF_MAX on, so the module
 * takes one that no current kernel uses (it was AF_ECONET's). Loading the
 * module with family=N changes it; programs then have to use N too.
 */
#ifndef AF_XTCP
#define AF_XTCP		19
#endif
#ifndef PF_XTCP
#define PF_XTCP		AF_XTCP
#endif

/*
 * The third argument of socket(): the wire, 0 or IPPROTO_XTCP for the native
 * one (IP protocol 253, RFC 3692), IPPROTO_TCP for TCP's own packets.
 * XTCP_IPV6 added makes an IPv6 socket.
 */
#define IPPROTO_XTCP	253
#define XTCP_IPV6	0x100

/* Level and names of XTCP's own socket options. */
#define SOL_XTCP	300

#define XTCP_ISN	1	/* __u32: the next connection's initial number */
#define XTCP_MSL	2	/* int, ms: maximum segment lifetime */
#define XTCP_INFO	3	/* struct xtcp_info, read only */

/* xtcp_info.xtcpi_opened: how the connection was opened. */
enum {
	XTCP_INFO_OPENED_NOT,
	XTCP_INFO_OPENED_PASSIVE,
	XTCP_INFO_OPENED_ACTIVE,
	XTCP_INFO_OPENED_SIMULTANEOUS,
	XTCP_INFO_OPENED_SELF,
	XTCP_INFO_OPENED_COOKIE,
};

/* xtcp_info.xtcpi_closing: how it is being closed. */
enum {
	XTCP_INFO_CLOSING_NOT,
	XTCP_INFO_CLOSING_WE_FIRST,
	XTCP_INFO_CLOSING_PEER_FIRST,
	XTCP_INFO_CLOSING_BOTH,
	XTCP_INFO_CLOSING_RESET_SENT,
	XTCP_INFO_CLOSING_RESET_RCVD,
	XTCP_INFO_CLOSING_GAVE_UP,
};

/**
 * struct xtcp_info - what XTCP_INFO returns
 * @xtcpi_state:	state, with the numbers of TCP_INFO
 * @xtcpi_opened:	how it was opened
 * @xtcpi_closing:	how it is being closed
 * @xtcpi_retries:	retransmissions since something was acknowledged
 * @xtcpi_reason:	why it ended; its line in /proc/net/xtcp_stat, 0: it did not
 * @xtcpi_reason_name:	the same as a word
 * @xtcpi_state_ms:	time since the state was entered, milliseconds
 * @xtcpi_iss:		initial send sequence number
 * @xtcpi_irs:		initial receive sequence number
 * @xtcpi_snd_una:	oldest unacknowledged sequence number
 * @xtcpi_snd_nxt:	next sequence number to send
 * @xtcpi_snd_wnd:	bytes that the peer takes
 * @xtcpi_rcv_nxt:	next sequence number expected
 * @xtcpi_rcv_wnd:	bytes that we announced to take
 * @xtcpi_mss:		bytes of text in a full segment
 * @xtcpi_rto_us:	retransmission time-out, microseconds
 * @xtcpi_srtt_us:	smoothed round-trip time, microseconds
 * @xtcpi_rttvar_us:	its variation, microseconds
 * @xtcpi_cwnd:		congestion window, bytes
 * @xtcpi_ssthresh:	slow start threshold, bytes
 * @xtcpi_retransmits:	segments sent again, in all
 * @xtcpi_segs_out:	segments sent
 * @xtcpi_segs_in:	segments received
 * @xtcpi_bytes_sent:	bytes of text sent, each counted once
 * @xtcpi_bytes_acked:	bytes of text that the peer acknowledged
 * @xtcpi_bytes_received: bytes of text received in order
 */
struct xtcp_info {
	__u8	xtcpi_state;
	__u8	xtcpi_opened;
	__u8	xtcpi_closing;
	__u8	xtcpi_retries;
	__u32	xtcpi_reason;
	char	xtcpi_reason_name[24];
	__u32	xtcpi_state_ms;
	__u32	xtcpi_iss;
	__u32	xtcpi_irs;
	__u32	xtcpi_snd_una;
	__u32	xtcpi_snd_nxt;
	__u32	xtcpi_snd_wnd;
	__u32	xtcpi_rcv_nxt;
	__u32	xtcpi_rcv_wnd;
	__u32	xtcpi_mss;
	__u32	xtcpi_rto_us;
	__u32	xtcpi_srtt_us;
	__u32	xtcpi_rttvar_us;
	__u32	xtcpi_cwnd;
	__u32	xtcpi_ssthresh;
	__u32	xtcpi_retransmits;
	__u32	xtcpi_segs_out;
	__u32	xtcpi_segs_in;
	__u64	xtcpi_bytes_sent;
	__u64	xtcpi_bytes_acked;
	__u64	xtcpi_bytes_received;
};

#endif
