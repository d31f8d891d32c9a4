// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several segments as one output: the same bytes leave at the same time, and the
 * stream believes the same of them, as if each had been asked for by itself.
 */
#include <string.h>

#include "end.h"
#include "tap.h"

#define RUNS	400
#define STEPS	60

static u32 draw(u32 *random, u32 n)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 8) % n;
}

TEST(burst__full_segments)
{
	struct end e;

	end_init(&e, 0xfffffff0);
	e.q.burst = 4 * MSS;
	end_write(&e, 6 * MSS + 1);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 4 * MSS);
	EXPECT_EQ(e.out.fresh, 4 * MSS);
	EXPECT(!e.out.psh && !e.out.again);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 2 * MSS + 1);
	/* Nagle holds what is small from now on. */
	end_write(&e, MSS + 1);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, MSS);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_NAGLE);
}

/* What a single one of its size could do behind the others, it can among them. */
TEST(burst__short_tail)
{
	struct end e;

	end_init(&e, 1);
	e.q.burst = 64 * MSS;
	e.s.nodelay = true;
	end_write(&e, 2 * MSS + 1);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 2 * MSS + 1);
	EXPECT(e.out.psh && !e.out.fin);
	end_ack(&e, e.r.snd_nxt, e.r.snd_wnd);
	e.q.more = true;
	end_write(&e, MSS + 1);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, MSS);
	end_fin(&e);
	EXPECT(end_send(&e));
	EXPECT(e.out.len == 1 && e.out.fin);
}

TEST(burst__short_tail_before_fin)
{
	struct end e;

	end_init(&e, 1);
	e.q.burst = 64 * MSS;
	end_write(&e, 2 * MSS + 1);
	end_fin(&e);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 2 * MSS + 1);
	EXPECT(e.out.psh && e.out.fin);
}

TEST(burst__window_and_cwnd)
{
	struct end e;

	end_init(&e, 1);
	e.q.burst = 64 * MSS;
	e.r.snd_wnd = 3 * MSS + 1;
	end_write(&e, 20 * MSS);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 3 * MSS);
	e.r.snd_wnd = WND;
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len + 3 * MSS, e.s.cc.cwnd);
	EXPECT(!end_send(&e));
	EXPECT_EQ(e.out.held, XTCP_HELD_CWND);
}

TEST(burst__fin_and_push_last)
{
	struct end e;

	end_init(&e, 1);
	e.q.burst = 64 * MSS;
	end_write(&e, 3 * MSS);
	end_fin(&e);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, 3 * MSS);
	EXPECT(e.out.psh && e.out.fin && e.out.fresh_fin);
}

TEST(burst__shorten)
{
	struct end e;

	end_init(&e, 1);
	e.q.burst = 64 * MSS;
	end_write(&e, 3 * MSS);
	end_fin(&e);
	EXPECT(xtcp_stream_next(&e.s, &e.r, &e.q, e.now_us, &e.out));
	xtcp_output_shorten(&e.out, MSS);
	EXPECT_EQ(e.out.len, MSS);
	EXPECT_EQ(e.out.fresh, MSS);
	EXPECT(!e.out.psh && !e.out.fin && !e.out.fresh_fin);
}

/* MUST-31: the pointer is counted from each segment's own number. */
TEST(burst__urgent_each_by_itself)
{
	struct end e;

	end_init(&e, 1);
	e.q.burst = 64 * MSS;
	end_write(&e, 3 * MSS);
	xtcp_urgent_send(&e.s.urgent, 1 + 3 * MSS);
	EXPECT(end_send(&e));
	EXPECT_EQ(e.out.len, MSS);
}

/* What one of them does, and the other. */
static void act(struct end *e, u32 what, u32 n, u32 m)
{
	u32 flight = e->r.snd_nxt - e->r.snd_una;
	u32 una = e->r.snd_una;
	u32 block[1][2];

	switch (what) {
	case 0: case 1: case 2:
		if (e->r.state == XTCP_ESTABLISHED)
			end_write(e, 1 + n % (9 * MSS));
		break;
	case 3: case 4: case 5:
		end_ack(e, una + n % (flight + 1), e->r.snd_wnd);
		break;
	case 6:
		end_ack(e, e->r.snd_nxt, m % WND);
		break;
	case 7:
		if (flight < 3 || !(e->r.flags & XTCP_F_SACK))
			break;
		block[0][0] = una + 1 + n % (flight - 2);
		block[0][1] = block[0][0] + 1 +
			      m % (e->r.snd_nxt - block[0][0]);
		end_sack(e, una, 1, (const u32 (*)[2])block);
		break;
	case 8:
		if (flight && e->r.snd_wnd)
			end_timeout(e);
		break;
	case 9:
		e->s.nodelay = n & 1;
		e->q.more = m & 1;
		break;
	case 10:
		if (!(n % 8) && e->r.state == XTCP_ESTABLISHED)
			end_fin(e);
		break;
	default:
		e->now_us += n % 50000;
	}
}

static void compare(const struct end *a, const struct end *b)
{
	u32 i;

	EXPECT(!memcmp(&a->r, &b->r, sizeof(a->r)));
	EXPECT_EQ(b->sent_bytes, a->sent_bytes);
	EXPECT_EQ(b->out.held, a->out.held);
	EXPECT_EQ(b->s.cc.cwnd, a->s.cc.cwnd);
	EXPECT_EQ(b->s.cc.ssthresh, a->s.cc.ssthresh);
	EXPECT_EQ(b->s.peak, a->s.peak);
	EXPECT_EQ(b->s.retransmits, a->s.retransmits);
	EXPECT(!memcmp(&a->s.rtt, &b->s.rtt, sizeof(a->s.rtt)));
	EXPECT(!memcmp(&a->s.recovery, &b->s.recovery,
		       sizeof(a->s.recovery)));
	EXPECT_EQ(b->timers.kind, a->timers.kind);
	EXPECT_EQ(b->timers.main_us, a->timers.main_us);
	EXPECT_EQ(!!xtcp_stream_board(&b->s), !!xtcp_stream_board(&a->s));
	if (!xtcp_stream_board(&a->s) || !xtcp_stream_board(&b->s))
		return;
	EXPECT_EQ(xtcp_stream_board(&b->s)->n, xtcp_stream_board(&a->s)->n);
	for (i = 0; i < xtcp_stream_board(&a->s)->n && i < xtcp_stream_board(&b->s)->n; i++) {
		const struct xtcp_sent *x = xtcp_board_at(xtcp_stream_board(&a->s), i);
		const struct xtcp_sent *y = xtcp_board_at(xtcp_stream_board(&b->s), i);

		EXPECT(x->seq == y->seq && x->sent_us == y->sent_us &&
		       x->flags == y->flags);
	}
}

/* What is idle has nothing to say, and only that. */
static void check_idle(const struct end *e)
{
	static struct end copy;
	bool idle = xtcp_stream_idle(&e->s, &e->r, &e->q);
	bool sends;

	copy = *e;
	if (copy.s.bulk) {
		copy.s.bulk = &copy.bulk;
		copy.s.cc.own = &copy.bulk.cc;
	}
	if (xtcp_stream_board(&e->s)) {
		memcpy(copy.board, xtcp_stream_board(&e->s), sizeof(copy.board));
		copy.bulk.board = (struct xtcp_board *)copy.board;
	}
	sends = xtcp_stream_next(&copy.s, &copy.r, &copy.q, copy.now_us,
				 &copy.out);
	EXPECT(!idle || !sends);
	EXPECT(!idle || copy.out.held == XTCP_HELD_EMPTY);
	EXPECT(idle || sends || copy.out.held != XTCP_HELD_EMPTY ||
	       xtcp_stream_sel(&e->s)->frto || e->s.tlp.due);
}

/* Two ends that see and do the same; one sends in bursts. */
TEST(burst__as_singles)
{
	static struct end a, b;
	u32 run, step;

	for (run = 0; run < RUNS; run++) {
		u32 random = run;

		end_init(&a, end_seams[run % ARRAY_SIZE(end_seams)]);
		if (run & 1)
			a.r.flags |= XTCP_F_SACK;
		b = a;
		b.q.burst = (2 + draw(&random, 60)) * MSS;
		for (step = 0; step < STEPS; step++) {
			u32 what = draw(&random, 12);
			u32 n = draw(&random, 1 << 20);
			u32 m = draw(&random, 1 << 20);
			unsigned int before = test_failures();

			test_case("run %u step %u act %u", run, step, what);
			act(&a, what, n, m);
			act(&b, what, n, m);
			check_idle(&a);
			check_idle(&b);
			end_transmit(&a);
			end_transmit(&b);
			compare(&a, &b);
			if (test_failures() != before)
				return;
		}
	}
}
