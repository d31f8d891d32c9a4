// SPDX-License-Identifier: GPL-2.0-only
/* Text before the opening is complete: RFC 7413 4.2. */
#include "end.h"
#include "tap.h"

#define ISS	5000u

static struct end e;

/* A server whose SYN+ACK is under way, and which may send already */
static void given_fast(u32 cwnd_segments)
{
	struct xtcp_handshake h = { .mss = MSS, .rcv_mss = MSS };

	end_init(&e, ISS + 1);
	e.r.state = XTCP_SYN_RCVD;
	e.r.flags |= XTCP_F_FAST;
	e.r.snd_una = ISS;
	xtcp_stream_established(&e.s, &e.r, &h, e.now_us);
	e.s.cc.cwnd = cwnd_segments * MSS;
}

/* The third segment of the handshake acknowledges up to @ack. */
static void opened(u32 ack, u8 retries)
{
	struct xtcp_handshake h = {
		.mss = MSS, .rcv_mss = MSS, .rtt_us = 30000,
		.retries = retries,
	};

	e.now_us += 30000;
	e.q.bytes -= ack - ISS - 1;
	e.r.state = XTCP_ESTABLISHED;
	e.r.snd_una = ack;
	xtcp_stream_confirmed(&e.s, &e.r, &h, e.now_us);
	EXPECT_SOUND(xtcp_stream_invariant(&e.s, &e.r));
}

/* Only a good cookie lets text go that early. */
TEST(fast_open__not_without_cookie)
{
	given_fast(10);
	e.r.flags &= ~XTCP_F_FAST;
	end_write(&e, 100);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_STATE);
}

/* The answer goes at once, small as it is: our SYN is no text of Nagle's. */
TEST(fast_open__answers_at_once)
{
	given_fast(10);
	end_write(&e, 100);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.sent_bytes, 100);
	EXPECT_EQ(e.r.snd_nxt, ISS + 101);
	/* The machine's timer repeats the SYN+ACK; ours rests. */
	EXPECT_EQ(e.timers.main_us, 0);
	end_write(&e, 100);
	EXPECT_EQ(end_transmit(&e), 0);
	EXPECT_EQ(e.out.held, XTCP_HELD_NAGLE);
	opened(ISS + 101, 0);
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT_EQ(e.s.retransmits, 0);
	EXPECT_EQ(e.s.rtt.srtt_us, 30000);
}

/* As much as the initial window allows */
TEST(fast_open__initial_window)
{
	given_fast(3);
	end_write(&e, 10 * MSS);
	EXPECT_EQ(end_transmit(&e), 2);
	EXPECT_EQ(e.out.held, XTCP_HELD_CWND);
}

/* Our FIN waits until the connection is open (9293 3.10.4). */
TEST(fast_open__fin_waits)
{
	given_fast(10);
	end_write(&e, 100);
	e.r.flags |= XTCP_F_FIN_QUEUED;
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(!e.out.fin);
	EXPECT_EQ(e.r.snd_nxt, ISS + 101);
	opened(ISS + 101, 0);
	e.r.state = XTCP_FIN_WAIT_1;
	EXPECT_EQ(end_transmit(&e), 1);
	EXPECT(e.r.flags & XTCP_F_FIN_SENT);
}

/* A SYN+ACK that was repeated: what left before it was dropped, most likely. */
TEST(fast_open__late_syn_ack)
{
	u32 sack;

	for (sack = 0; sack < 2; sack++) {
		given_fast(10);
		e.r.flags |= sack ? XTCP_F_SACK : 0;
		end_write(&e, 3 * MSS);
		EXPECT_EQ(end_transmit(&e), 3);
		opened(ISS + 1, 1);
		EXPECT_EQ(e.s.cc.cwnd, MSS);
		EXPECT(end_send(&e));
		EXPECT(e.out.again);
		EXPECT_EQ(e.out.seq, ISS + 1);
		EXPECT(!e.s.rtt.srtt_us);
	}
}

/* And if it was not, the text is under way. */
TEST(fast_open__text_is_under_way)
{
	given_fast(10);
	end_write(&e, 3 * MSS);
	EXPECT_EQ(end_transmit(&e), 3);
	opened(ISS + 1, 0);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_EMPTY);
	xtcp_stream_timers(&e.s, &e.r, &e.q, e.now_us, &e.timers);
	EXPECT_EQ(e.timers.kind, XTCP_TIMER_RTO);
	EXPECT_EQ(end_timeout(&e), XTCP_EXPIRED_RTO);
	EXPECT(end_send(&e));
	EXPECT(e.out.again);
}

/* The client: text that went with its SYN and was not taken goes again at once */
TEST(fast_open__syn_alone_was_taken)
{
	struct xtcp_handshake h = { .mss = MSS, .rcv_mss = MSS };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		end_init(&e, end_seams[i]);
		e.q.bytes = 700;
		e.r.snd_nxt += 500;
		e.r.flags |= XTCP_F_FAST | XTCP_F_ECN | XTCP_F_ECT;
		xtcp_stream_established(&e.s, &e.r, &h, e.now_us);
		EXPECT(end_send(&e));
		EXPECT(e.out.again);
		EXPECT(!e.out.ect);
		EXPECT_EQ(e.out.seq, end_seams[i]);
		EXPECT(e.out.len >= 500);
		EXPECT_EQ(e.s.cc.cwnd, 10 * MSS);
	}
}
