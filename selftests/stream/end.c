// SPDX-License-Identifier: GPL-2.0-only
/* One end of a connection in the hands of a test. */
#include "end.h"
#include "tap.h"

const u32 end_seams[5] = { 0, 1, 0x7ffffc00, 0x80000000, 0xfffffff0 };

void end_init_with(struct end *e, u32 first,
		   const struct xtcp_stream_params *p, u8 syn_retries)
{
	struct xtcp_handshake h = {
		.mss = MSS, .rcv_mss = MSS, .retries = syn_retries,
	};

	memset(e, 0, sizeof(*e));
	e->now_us = START_US;
	e->r.state = XTCP_ESTABLISHED;
	e->r.iss = first - 1;
	e->r.snd_una = first;
	e->r.snd_nxt = first;
	e->r.snd_wnd = WND;
	e->r.max_snd_wnd = WND;
	e->r.irs = 4999;
	e->r.rcv_nxt = 5000;
	e->r.rcv_adv = 5000 + WND;
	e->p = *p;
	xtcp_stream_init(&e->s, &e->p);
	xtcp_stream_established(&e->s, &e->r, &h, e->now_us);
}

void end_init(struct end *e, u32 first)
{
	struct xtcp_stream_params p;

	xtcp_stream_defaults(&p);
	p.cc = &xtcp_newreno;
	end_init_with(e, first, &p, 0);
}

void end_write(struct end *e, u32 bytes)
{
	e->q.bytes += bytes;
}

void end_fin(struct end *e)
{
	e->r.flags |= XTCP_F_FIN_QUEUED;
	e->r.state = XTCP_FIN_WAIT_1;
}

/* What holds of every segment that may leave. */
static void check_output(const struct end *e)
{
	const struct xtcp_output *out = &e->out;
	u32 end = xtcp_output_end(out);
	u32 text_end = xtcp_text_una(&e->r) + e->q.bytes;

	EXPECT(out->len || out->fin);
	EXPECT(out->len <= e->s.cc.mss ||
	       (out->len <= e->q.burst &&
		(out->psh || !(out->len % e->s.cc.mss))));
	EXPECT(out->fresh <= out->len);
	EXPECT(seq_geq(out->seq, e->r.snd_una));
	EXPECT(seq_leq(out->seq, e->r.snd_nxt));
	EXPECT(out->again == seq_lt(out->seq, e->r.snd_nxt));
	EXPECT(seq_leq(out->seq + out->len, text_end));
	EXPECT(!out->fin || out->seq + out->len == text_end);
	EXPECT(seq_leq(end, e->r.snd_una + e->r.snd_wnd));
	if (!(e->r.flags & XTCP_F_FIN_SENT))
		EXPECT(seq_max(end, e->r.snd_nxt) ==
		       e->r.snd_nxt + out->fresh + out->fresh_fin);
}

/* The part of the machine's SENT event that matters here. */
static void machine_sent(struct end *e)
{
	e->r.snd_nxt += e->out.fresh + e->out.fresh_fin;
	if (e->out.fresh_fin)
		e->r.flags |= XTCP_F_FIN_SENT;
}

void end_bulk(struct end *e)
{
	if (!e->s.bulk)
		xtcp_stream_give_bulk(&e->s, &e->r, &e->bulk);
}

bool end_send(struct end *e)
{
	if (xtcp_stream_wants_bulk(&e->s, &e->r, &e->q))
		end_bulk(e);
	if (!e->poor && xtcp_stream_wants_board(&e->s, &e->r, &e->q))
		xtcp_stream_give_board(&e->s, &e->r, e->board,
				       sizeof(e->board));
	if (!xtcp_stream_next(&e->s, &e->r, &e->q, e->now_us, &e->out))
		return false;
	check_output(e);
	xtcp_stream_sent(&e->s, &e->r, &e->out, e->now_us);
	machine_sent(e);
	EXPECT_SOUND(xtcp_stream_invariant(&e->s, &e->r));
	e->sent++;
	e->sent_bytes += e->out.len;
	return true;
}

u32 end_transmit(struct end *e)
{
	u32 before = e->sent;

	while (end_send(e))
		;
	xtcp_stream_take_board(&e->s, &e->r, false);
	xtcp_stream_timers(&e->s, &e->r, &e->q, e->now_us, &e->timers);
	EXPECT_SOUND(xtcp_stream_invariant(&e->s, &e->r));
	return e->sent - before;
}

u32 end_take(struct end *e, const struct xtcp_segment *seg)
{
	struct xtcp_ack_facts f = {
		.seg = seg, .snd_una = e->r.snd_una, .snd_wnd = e->r.snd_wnd,
		.now_ms = e->now_us / 1000,
	};
	u32 acked = seg->ack - e->r.snd_una;
	u32 what;

	if (seq_gt(seg->ack, e->r.snd_una)) {
		e->r.snd_una = seg->ack;
		e->r.retries = 0;
		/* The FIN is no byte of the queue. */
		e->q.bytes -= acked < e->q.bytes ? acked : e->q.bytes;
	}
	if (seq_geq(seg->ack, e->r.snd_una)) {
		e->r.snd_wnd = (u32)seg->wnd << e->r.snd_wscale;
		if (e->r.snd_wnd > e->r.max_snd_wnd)
			e->r.max_snd_wnd = e->r.snd_wnd;
	}
	what = xtcp_stream_ack(&e->s, &e->r, &f, e->now_us);
	EXPECT_SOUND(xtcp_stream_invariant(&e->s, &e->r));
	return what;
}

u32 end_ack(struct end *e, u32 ack, u32 wnd)
{
	struct xtcp_segment seg = {
		.seq = e->r.rcv_nxt, .ack = ack, .flags = XTCP_ACK,
		.wnd = wnd >> e->r.snd_wscale,
	};

	return end_take(e, &seg);
}

u32 end_ack_ts(struct end *e, u32 ack, u32 wnd, u32 tsecr)
{
	struct xtcp_segment seg = {
		.seq = e->r.rcv_nxt, .ack = ack, .flags = XTCP_ACK,
		.wnd = wnd >> e->r.snd_wscale, .opts = XTCP_OPT_TS,
		.tsecr = tsecr,
	};

	return end_take(e, &seg);
}

u32 end_sack(struct end *e, u32 ack, u32 n, const u32 blocks[][2])
{
	struct xtcp_segment seg = {
		.seq = e->r.rcv_nxt, .ack = ack, .flags = XTCP_ACK,
		.wnd = e->r.snd_wnd >> e->r.snd_wscale, .opts = XTCP_OPT_SACK,
		.nsacks = n,
	};
	u32 i;

	for (i = 0; i < n; i++)
		seg.sack[i] = (struct xtcp_sack_block){
			blocks[i][0], blocks[i][1],
		};
	return end_take(e, &seg);
}

void end_init_selective(struct end *e, u32 first, u32 n)
{
	end_init(e, first);
	e->r.flags |= XTCP_F_SACK;
	xtcp_rtt_sample(&e->s.rtt, RTT_US);
	xtcp_min_rtt_sample(&e->s.min_rtt, RTT_US, e->now_us);
	e->s.cc.cwnd = n * MSS;
	end_write(e, 60 * MSS);
	EXPECT_EQ(end_transmit(e), n);
	e->now_us += RTT_US;
}

u32 end_sack_one(struct end *e, u32 left, u32 right)
{
	const u32 block[][2] = { { left, right } };

	return end_sack(e, e->r.snd_una, 1, block);
}

enum xtcp_expired end_expire(struct end *e)
{
	u8 reason = XTCP_R_NONE;

	xtcp_stream_timers(&e->s, &e->r, &e->q, e->now_us, &e->timers);
	if (!e->timers.main_us) {
		test_fail(__FILE__, __LINE__, "no timer runs");
		return XTCP_EXPIRED_NOTHING;
	}
	if (e->timers.main_us > e->now_us) {
		e->now_us = e->timers.main_us - 1;
		EXPECT_EQ(xtcp_stream_expired(&e->s, &e->r, e->now_us,
					      &reason),
			  XTCP_EXPIRED_NOTHING);
		e->now_us++;
	}
	return xtcp_stream_expired(&e->s, &e->r, e->now_us, &reason);
}

enum xtcp_expired end_timeout(struct end *e)
{
	enum xtcp_expired what = end_expire(e);

	if (what != XTCP_EXPIRED_RTO)
		return what;
	e->r.retries++;
	end_bulk(e);
	xtcp_stream_timeout(&e->s, &e->r, e->now_us);
	EXPECT_SOUND(xtcp_stream_invariant(&e->s, &e->r));
	return what;
}
