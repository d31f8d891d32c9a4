// SPDX-License-Identifier: GPL-2.0-only
/*
 * What TCP_INFO and XTCP_INFO tell of a connection.
 */
#include <linux/tcp.h>

#include "compat.h"
#include "socket/sock.h"

/* What the host's TCP calls these phases. */
static u8 ca_state(const struct xtcp_stream *st)
{
	switch (st->recovery.phase) {
	case XTCP_RECOVERY_FAST:
		return TCP_CA_Recovery;
	case XTCP_RECOVERY_LOSS:
		return TCP_CA_Loss;
	default:
		return st->recovery.dupacks || xtcp_stream_sacked(st) ?
		       TCP_CA_Disorder : TCP_CA_Open;
	}
}

static u32 sacked(const struct sock *sk, u32 mss)
{
	if (sk->sk_state == TCP_LISTEN)
		return READ_ONCE(sk->sk_max_ack_backlog);
	return DIV_ROUND_UP(xtcp_stream_sacked(&xtcp_sk(sk)->stream), mss);
}

static u32 min_rtt_us(const struct xtcp_stream *st)
{
	u32 us = xtcp_min_rtt_us(&st->min_rtt);

	/* Before the first sample, and before there is a connection */
	return us == ~0u ? 0 : us;
}

static u8 info_options(const struct xtcp_sock *x)
{
	const struct xtcp_record *r = &x->rec;
	u8 options = 0;

	if (r->flags & XTCP_F_TS)
		options |= TCPI_OPT_TIMESTAMPS;
	if (r->flags & XTCP_F_SACK)
		options |= TCPI_OPT_SACK;
	if (r->flags & XTCP_F_WSCALE)
		options |= TCPI_OPT_WSCALE;
	if (r->flags & XTCP_F_ECN && r->state != XTCP_SYN_SENT)
		options |= TCPI_OPT_ECN;
	if (x->stream.ecn.seen)
		options |= TCPI_OPT_ECN_SEEN;
	if (x->fast_taken)
		options |= TCPI_OPT_SYN_DATA;
	return options;
}

static u32 unacked(const struct sock *sk, u32 mss)
{
	const struct xtcp_record *r = &xtcp_sk(sk)->rec;

	if (sk->sk_state == TCP_LISTEN)
		return READ_ONCE(sk->sk_ack_backlog);
	return DIV_ROUND_UP(r->snd_nxt - r->snd_una, mss);
}

static u32 age_ms(u64 now_us, u64 then_us)
{
	return then_us ? div_u64(now_us - then_us, USEC_PER_MSEC) : 0;
}

/* TCP_INFO */
void xtcp_fill_tcp_info(struct sock *sk, void *to)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_stream *st = &x->stream;
	const struct xtcp_record *r = &x->rec;
	u32 mss = max(x->stream.cc.mss, 1u);
	u64 now_us = xtcp_now_us();
	struct tcp_info *i = to;

#define XTCP_TCP_INFO(field, value, text) i->tcpi_##field = (value);
#define XTCP_TCP_INFO_NEWER(field, value, text) \
	xtcp_tcpi_##field(i, value);
#include "socket/tcp_info.def"
#undef XTCP_TCP_INFO
#undef XTCP_TCP_INFO_NEWER
}

/* What there is without a socket, too. */
void xtcp_record_info(const struct xtcp_record *r, struct xtcp_info *i)
{
	i->xtcpi_state = r->state;
	i->xtcpi_opened = r->opened;
	i->xtcpi_closing = r->closing;
	i->xtcpi_retries = r->retries;
	i->xtcpi_reason = r->reason;
	strscpy(i->xtcpi_reason_name, xtcp_reason_name(r->reason),
		sizeof(i->xtcpi_reason_name));
	i->xtcpi_state_ms = r->since_ms ? xtcp_now_ms() - r->since_ms : 0;
	i->xtcpi_iss = r->iss;
	i->xtcpi_irs = r->irs;
	i->xtcpi_snd_una = r->snd_una;
	i->xtcpi_snd_nxt = r->snd_nxt;
	i->xtcpi_snd_wnd = r->snd_wnd;
	i->xtcpi_rcv_nxt = r->rcv_nxt;
	i->xtcpi_rcv_wnd = xtcp_rcv_wnd(r);
}

void xtcp_stream_info(const struct xtcp_sock *x, struct xtcp_info *i)
{
	i->xtcpi_mss = x->stream.cc.mss;
	i->xtcpi_rto_us = xtcp_rtt_rto_us(&x->stream.rtt);
	i->xtcpi_srtt_us = x->stream.rtt.srtt_us;
	i->xtcpi_rttvar_us = x->stream.rtt.rttvar_us;
	i->xtcpi_cwnd = x->stream.cc.cwnd;
	i->xtcpi_ssthresh = x->stream.cc.ssthresh;
	i->xtcpi_retransmits = x->stream.retransmits;
	i->xtcpi_segs_out = x->segs_out;
	i->xtcpi_segs_in = x->segs_in;
	i->xtcpi_bytes_sent = x->bytes_sent;
	i->xtcpi_bytes_acked = x->bytes_acked;
	i->xtcpi_bytes_received = x->bytes_received;
}

/* XTCP_INFO */
void xtcp_fill_info(struct sock *sk, void *to)
{
	xtcp_record_info(&xtcp_sk(sk)->rec, to);
	xtcp_stream_info(xtcp_sk(sk), to);
}
