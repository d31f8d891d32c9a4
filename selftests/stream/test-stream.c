// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the stream makes of an opening, of an ACK and of what was sent, field by
 * field (RFC 5681 2, 3.1; RFC 6298 3, 5; RFC 6928; RFC 7323 4; RFC 9293 3.8).
 */
#include <string.h>

#include "end.h"
#include "tap.h"

/* The figures of the RFCs, or of the host's TCP where they leave it open */
TEST(stream_defaults__figures)
{
	struct xtcp_stream_params p;

	memset(&p, 0xff, sizeof(p));
	xtcp_stream_defaults(&p);
	EXPECT(p.cc == &xtcp_cubic);
	EXPECT_EQ(p.rto_init_us, 1000000);
	EXPECT_EQ(p.rto_min_us, 200000);
	EXPECT_EQ(p.rto_max_us, 120000000);
	EXPECT_EQ(p.delack_us, 40000);
	EXPECT_EQ(p.user_timeout_us, 0);
	EXPECT_EQ(p.keep.count, 9);
	EXPECT_EQ(p.keep.idle_us, 7200000000ull);
	EXPECT_EQ(p.keep.interval_us, 75000000);
	EXPECT_EQ(p.initial_segments, 10);
	EXPECT_EQ(p.quickacks, 16);
	EXPECT_EQ(p.probe_retries, 15);
	EXPECT_EQ(p.orphan_probes, 8);
	EXPECT(p.idle_restart);
}

static void opened(struct end *e, u32 rtt_us, u8 retries)
{
	const struct xtcp_handshake h = {
		.mss = MSS, .rcv_mss = 900, .rtt_us = rtt_us,
		.retries = retries,
	};

	end_init(e, 1);
	xtcp_stream_established(&e->s, &e->r, &h, 77);
}

/* RFC 6298 2, 5.7 and Karn; RFC 5681 3.1 */
TEST(stream_established__sample)
{
	struct end e;

	opened(&e, 300000, 0);
	EXPECT_EQ(e.s.rtt.srtt_us, 300000);
	EXPECT_EQ(xtcp_rtt_rto_us(&e.s.rtt), 900000);
	EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	opened(&e, 0, 0);
	EXPECT_EQ(e.s.rtt.srtt_us, 0);
	EXPECT_EQ(xtcp_rtt_rto_us(&e.s.rtt), 1000000);
	opened(&e, 300000, 1);
	EXPECT_EQ(e.s.rtt.srtt_us, 0);
	EXPECT_EQ(xtcp_rtt_rto_us(&e.s.rtt), 3000000);
	EXPECT_EQ(e.s.cc.cwnd, MSS);
	EXPECT_EQ(e.s.delack.full, 900);
	EXPECT_EQ(e.s.progress_us, 77);
	EXPECT_EQ(e.s.keepalive.heard_us, 77);
	EXPECT_EQ(e.s.recovery.recover, 0);
	EXPECT_EQ(e.s.peak, 0);
	EXPECT_EQ(e.s.peak_end, 1);
}

/* RFC 1191: again what was too big; the same size is no news. */
TEST(stream_mss__what_is_sent_again)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 3 * MSS);
	end_transmit(&e);
	xtcp_stream_mss(&e.s, &e.r, MSS, true);
	EXPECT(!e.s.recovery.back);
	xtcp_stream_mss(&e.s, &e.r, MSS / 2, false);
	EXPECT(!e.s.recovery.back);
	EXPECT_EQ(e.s.cc.mss, MSS / 2);
	EXPECT_EQ(e.s.cc.mss, MSS / 2);
	xtcp_stream_mss(&e.s, &e.r, MSS / 4, true);
	EXPECT(e.s.recovery.back);
	EXPECT_EQ(e.s.recovery.rtx, 1);
	EXPECT_EQ(e.s.recovery.rtx_end, 1 + 3 * MSS);
	/* before the opening there is none to change */
	e.s.cc.mss = 0;
	xtcp_stream_mss(&e.s, &e.r, MSS, true);
	EXPECT_EQ(e.s.cc.mss, 0);
}

/* ---- samples ---- */

/* The time-out's retransmission is acknowledged, with an echo or without. */
static u32 acked_with(u16 flags, u8 opts, u32 tsecr)
{
	struct xtcp_segment seg = {
		.ack = 1 + MSS, .flags = XTCP_ACK, .wnd = WND, .opts = opts,
		.tsecr = tsecr,
	};
	struct xtcp_ack_facts f = {
		.seg = &seg, .snd_una = 1, .snd_wnd = WND,
		.now_ms = tsecr + 30,
	};
	struct end e;

	end_init(&e, 1);
	end_write(&e, 3 * MSS);
	end_transmit(&e);
	end_timeout(&e);
	end_transmit(&e);
	e.r.flags |= flags;
	e.r.snd_una = 1 + MSS;
	return xtcp_stream_ack(&e.s, &e.r, &f, e.now_us);
}

TEST(take_rtt__echo)
{
	const u32 sampled = XTCP_ACK_NEW | XTCP_ACK_RTT;

	EXPECT_EQ(acked_with(XTCP_F_TS, XTCP_OPT_TS, 500), sampled);
	EXPECT_EQ(acked_with(0, XTCP_OPT_TS, 500), XTCP_ACK_NEW);
	EXPECT_EQ(acked_with(XTCP_F_TS, 0, 500), XTCP_ACK_NEW);
	EXPECT_EQ(acked_with(XTCP_F_TS, XTCP_OPT_TS, 0), XTCP_ACK_NEW);
	EXPECT_EQ(acked_with(XTCP_F_SACK, XTCP_OPT_SACK, 500), XTCP_ACK_NEW);
}

/* ---- what an ACK sets back ---- */

TEST(stream_ack__progress)
{
	struct end e;

	end_init(&e, 1);
	end_write(&e, 3 * MSS);
	end_transmit(&e);
	e.s.persist.probes = 3;
	e.s.persist.unanswered = 3;
	e.s.keepalive.probes = 2;
	xtcp_urgent_send(&e.s.urgent, 1 + MSS);
	e.now_us += 1000;
	/* nothing new: heard, and no more than that */
	e.r.snd_nxt = 1 + 3 * MSS;
	end_ack(&e, 1, WND - 1000);
	EXPECT_EQ(e.s.persist.probes, 3);
	EXPECT_EQ(e.s.persist.unanswered, 0);
	EXPECT_EQ(e.s.keepalive.probes, 0);
	EXPECT_EQ(e.s.keepalive.heard_us, e.now_us);
	EXPECT_EQ(e.s.progress_us, START_US);
	EXPECT(e.s.urgent.sending);
	EXPECT_EQ(end_ack(&e, 1 + MSS, WND), XTCP_ACK_NEW | XTCP_ACK_RTT);
	EXPECT_EQ(e.s.persist.probes, 0);
	EXPECT_EQ(e.s.progress_us, e.now_us);
	EXPECT_EQ(e.s.started_us, e.now_us);
	EXPECT(!e.s.urgent.sending);
}

/* An ACK that was overtaken tells that the peer lives, and nothing else. */
TEST(stream_ack__overtaken)
{
	struct end e;
	u32 i;

	end_init(&e, 5000);
	end_write(&e, 3 * MSS);
	end_transmit(&e);
	e.now_us += 1000;
	for (i = 0; i < 4; i++)
		EXPECT_EQ(end_ack(&e, 4999, WND), 0);
	EXPECT_EQ(e.s.keepalive.heard_us, e.now_us);
	EXPECT_EQ(e.s.recovery.dupacks, 0);
}

/* A SYN that comes late is no duplicate ACK (RFC 5681 2). */
TEST(duplicate__syn)
{
	struct xtcp_segment seg = {
		.ack = 1, .flags = XTCP_ACK | XTCP_SYN, .wnd = WND,
	};
	struct xtcp_ack_facts f = { .seg = &seg, .snd_una = 1, .snd_wnd = WND };
	struct end e;

	end_init(&e, 1);
	end_write(&e, 3 * MSS);
	end_transmit(&e);
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us), 0);
	/* in the window's scale */
	seg.flags = XTCP_ACK;
	e.r.snd_wscale = 3;
	f.snd_wnd = WND << 3;
	e.r.snd_wnd = WND << 3;
	EXPECT_EQ(xtcp_stream_ack(&e.s, &e.r, &f, e.now_us),
		  XTCP_ACK_DUPLICATE);
	EXPECT_EQ(e.s.recovery.dupacks, 1);
}

/* ---- what was sent ---- */

TEST(stream_sent__counted)
{
	struct end e;

	end_init(&e, 1);
	e.s.override = true;
	e.s.delack.pending = true;
	end_write(&e, 1);
	EXPECT(end_send(&e));
	EXPECT(!e.s.override);
	EXPECT(!e.s.delack.pending);
	EXPECT_EQ(e.s.sent_us, e.now_us);
	EXPECT(e.s.rtt.timing);
	EXPECT_EQ(e.s.rtt.timed_end, 2);
	EXPECT_EQ(e.s.retransmits, 0);
	EXPECT_EQ(e.s.peak, 1);
	end_timeout(&e);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.s.retransmits, 1);
	EXPECT(!e.s.rtt.timing);
	EXPECT(e.s.rtt.ambiguous);
	EXPECT_EQ(xtcp_stream_sel(&e.s)->timeouts, 1);
}

/* A byte into a closed window may wait there: it is no measure of the path. */
TEST(stream_sent__probe_is_not_timed)
{
	struct end e;

	end_init(&e, 1);
	e.r.snd_wnd = 0;
	end_write(&e, 5);
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT_EQ(e.out.len, 1);
	EXPECT(!e.out.psh);
	xtcp_stream_sent(&e.s, &e.r, &e.out, e.now_us);
	EXPECT(!e.s.rtt.timing);
	/* in the last place of the window it is timed like any text */
	e.r.snd_wnd = 1;
	xtcp_stream_sent(&e.s, &e.r, &e.out, e.now_us);
	EXPECT(e.s.rtt.timing);
}

TEST(stream_probe__what_it_carries)
{
	struct end e;

	end_init(&e, 1);
	EXPECT(!xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	end_write(&e, 1);
	memset(&e.out, 0xff, sizeof(e.out));
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT(e.out.psh && e.out.fresh == 1 && !e.out.again);
	EXPECT_EQ(e.out.held, XTCP_HELD_NOT);
	end_fin(&e);
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT(!e.out.fin && !e.out.fresh_fin);
	e.q.bytes = 0;
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT(e.out.fin && e.out.fresh_fin && !e.out.len && !e.out.psh);
	e.r.flags |= XTCP_F_FIN_SENT;
	e.r.snd_nxt++;
	EXPECT(xtcp_stream_probe(&e.s, &e.r, &e.q, &e.out));
	EXPECT(e.out.fin && !e.out.fresh_fin && e.out.again);
}

/* Sent again, it still ends what is queued (MUST-61); cut short, it does not. */
TEST(send_head__push)
{
	struct end e;
	u32 i, more;

	for (more = 0; more < 2; more++) {
		end_init(&e, 1);
		e.s.nodelay = true;
		for (i = 0; i < 4; i++) {
			end_write(&e, 10);
			EXPECT_EQ(end_transmit(&e), 1);
		}
		e.q.more = true;
		end_write(&e, more * 500);
		for (i = 0; i < 3; i++)
			end_ack(&e, 1, WND);
		EXPECT(end_send(&e));
		EXPECT_EQ(e.out.len, 40);
		EXPECT_EQ(e.out.psh, !more);
	}
}

/* ---- timers ---- */

/* Time in which nothing was owed to us is no time without progress. */
TEST(stream_timers__patience_begins_with_the_wait)
{
	struct end e;

	end_init(&e, 1);
	e.now_us += 5000;
	end_write(&e, MSS);
	end_transmit(&e);
	EXPECT_EQ(e.s.progress_us, e.now_us);
	EXPECT_EQ(e.s.started_us, e.now_us);
	/* the window closes: it goes on waiting */
	e.now_us += 5000;
	e.r.snd_wnd = 0;
	end_transmit(&e);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_PERSIST);
	EXPECT_EQ(e.s.progress_us, e.now_us - 5000);
	EXPECT_EQ(e.s.started_us, e.now_us);
}

TEST(stream_timers__delayed_ack)
{
	struct end e;

	end_init(&e, 1);
	end_transmit(&e);
	EXPECT_EQ(e.timers.ack_us, 0);
	e.s.delack.quick = 0;
	xtcp_delack_received(&e.s.delack, 1, true, false, e.now_us);
	end_transmit(&e);
	EXPECT_EQ(e.timers.ack_us, e.now_us + XTCP_DELACK_US);
	EXPECT(!xtcp_stream_ack_expired(&e.s, e.timers.ack_us - 1));
	EXPECT(xtcp_stream_ack_expired(&e.s, e.timers.ack_us));
}

/* RFC 5681 3.1: the threshold falls with the first time-out of a segment only. */
TEST(stream_timeout__first_or_not)
{
	struct end e;
	u8 retries;

	for (retries = 0; retries < 4; retries++) {
		end_init(&e, 1);
		end_write(&e, 8 * MSS);
		end_transmit(&e);
		e.r.retries = retries;
		xtcp_stream_timeout(&e.s, &e.r, e.now_us + 9);
		EXPECT_EQ(e.s.cc.ssthresh,
			  retries <= 1 ? 4 * MSS : XTCP_SSTHRESH_NONE);
		EXPECT_EQ(e.s.started_us, e.now_us + 9);
		EXPECT_EQ(e.s.rtt.backoff, 1);
	}
}
