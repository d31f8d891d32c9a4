// SPDX-License-Identifier: GPL-2.0-only
/*
 * What TCP_INFO and XTCP_INFO tell of a connection.
 */
#include <linux/tcp.h>

#include "socket/sock.h"

/* TCP_INFO */
void xtcp_fill_tcp_info(struct sock *sk, void *to)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_stream *st = &x->stream;
	struct tcp_info *i = to;
	u32 mss = max(x->mss, 1u);
	u64 now_us = xtcp_now_us();

	i->tcpi_state = sk->sk_state;
	i->tcpi_retransmits = x->rec.retries;
	i->tcpi_probes = st->persist.unanswered + st->keepalive.probes;
	i->tcpi_backoff = st->rtt.backoff;
	if (x->rec.flags & XTCP_F_TS)
		i->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (x->rec.flags & XTCP_F_WSCALE)
		i->tcpi_options |= TCPI_OPT_WSCALE;
	i->tcpi_snd_wscale = x->rec.snd_wscale;
	i->tcpi_rcv_wscale = x->rec.rcv_wscale;
	i->tcpi_rto = xtcp_rtt_rto_us(&st->rtt);
	i->tcpi_ato = st->delack.delay_us;
	i->tcpi_snd_mss = x->mss;
	i->tcpi_rcv_mss = st->delack.full;
	if (sk->sk_state == TCP_LISTEN) {
		i->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		i->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	i->tcpi_unacked = DIV_ROUND_UP(x->rec.snd_nxt - x->rec.snd_una, mss);
	i->tcpi_last_data_sent = div_u64(now_us - st->sent_us, USEC_PER_MSEC);
	i->tcpi_last_data_recv = div_u64(now_us - st->delack.heard_us,
					 USEC_PER_MSEC);
	i->tcpi_last_ack_recv = div_u64(now_us - st->keepalive.heard_us,
					USEC_PER_MSEC);
	i->tcpi_rtt = st->rtt.srtt_us;
	i->tcpi_rttvar = st->rtt.rttvar_us;
	i->tcpi_snd_ssthresh = st->cc.ssthresh / mss;
	i->tcpi_snd_cwnd = st->cc.cwnd / mss;
	i->tcpi_advmss = x->rec.mss;
	i->tcpi_rcv_space = xtcp_window_space(READ_ONCE(sk->sk_rcvbuf));
	i->tcpi_total_retrans = x->retransmits;
	i->tcpi_bytes_acked = x->bytes_acked;
	i->tcpi_bytes_received = x->bytes_received;
	i->tcpi_segs_out = x->segs_out;
	i->tcpi_segs_in = x->segs_in;
	i->tcpi_bytes_sent = x->bytes_sent;
	i->tcpi_snd_wnd = x->rec.snd_wnd;
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
	i->xtcpi_mss = x->mss;
	i->xtcpi_rto_us = xtcp_rtt_rto_us(&x->stream.rtt);
	i->xtcpi_srtt_us = x->stream.rtt.srtt_us;
	i->xtcpi_rttvar_us = x->stream.rtt.rttvar_us;
	i->xtcpi_cwnd = x->stream.cc.cwnd;
	i->xtcpi_ssthresh = x->stream.cc.ssthresh;
	i->xtcpi_retransmits = x->retransmits;
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
