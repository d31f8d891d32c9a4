// SPDX-License-Identifier: GPL-2.0-only
/* The receiver: when it acknowledges. */
#include "stream/stream.h"
#include "tap.h"

static struct xtcp_delack calm(u32 full)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, 0, full);
	return d;
}

/* SHLD-19, MUST-40 */
TEST(delack__every_second_full_segment)
{
	struct xtcp_delack d = calm(1448);
	u32 i;

	for (i = 0; i < 10; i++) {
		EXPECT(!xtcp_delack_received(&d, 1448, false, false, 1000));
		EXPECT(d.pending);
		EXPECT_EQ(d.deadline_us, 1000 + XTCP_DELACK_US);
		EXPECT(!xtcp_delack_taken(&d, 2000));
		EXPECT_EQ(xtcp_delack_received(&d, 1448, false, false, 2000),
			  XTCP_DUE_TWO);
		EXPECT(xtcp_delack_taken(&d, 2000));
		xtcp_delack_sent(&d, 0, 2000);
		EXPECT(!xtcp_delack_taken(&d, 2000));
		EXPECT(!d.pending);
	}
}

/* The delay counts from the first that waits, and is bounded. */
TEST(delack__deadline)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, 900000, 0, 1448);
	EXPECT(!xtcp_delack_expired(&d, ~0ull));
	xtcp_delack_received(&d, 10, true, false, 1000);
	xtcp_delack_received(&d, 10, true, false, 50000);
	EXPECT_EQ(d.deadline_us, 1000 + XTCP_DELACK_MAX_US);
	EXPECT(!xtcp_delack_expired(&d, d.deadline_us - 1));
	EXPECT(xtcp_delack_expired(&d, d.deadline_us));
	/* Had it not been sent, it would be tried again. */
	EXPECT(d.pending && d.deadline_us == 1000 + 2 * XTCP_DELACK_MAX_US);
}

/* RFC 5681 4.2: a hole, or what fills one, is told at once. */
TEST(delack__gap)
{
	struct xtcp_delack d = calm(1448);

	EXPECT_EQ(xtcp_delack_received(&d, 1, false, true, 1000), XTCP_DUE_NOW);
	EXPECT_EQ(xtcp_delack_received(&d, 2896, false, true, 1000),
		  XTCP_DUE_NOW);
}

TEST(delack__quick_at_first)
{
	struct xtcp_delack d;
	u32 i;

	xtcp_delack_init(&d, XTCP_DELACK_US, 3, 1448);
	/* What acknowledges nothing uses nothing up. */
	xtcp_delack_sent(&d, 100, 500);
	for (i = 0; i < 3; i++) {
		EXPECT(xtcp_delack_received(&d, 1, true, false, 1000));
		xtcp_delack_sent(&d, 0, 1000);
	}
	EXPECT(!xtcp_delack_received(&d, 1, true, false, 1000));
}

/* The end of a write may have an answer; whatever is longer has none yet. */
TEST(delack__reader_first)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, XTCP_QUICKACKS, 1448);
	EXPECT_EQ(xtcp_delack_received(&d, 10, true, false, 1000),
		  XTCP_DUE_READER);
	EXPECT(xtcp_delack_read_on(&d));
	EXPECT_EQ(d.deadline_us, 1000 + XTCP_DELACK_US);
	EXPECT_EQ(xtcp_delack_received(&d, 1448, false, false, 1000),
		  XTCP_DUE_NOW);
	EXPECT_EQ(xtcp_delack_received(&d, 10, true, true, 1000),
		  XTCP_DUE_NOW);
	EXPECT_EQ(xtcp_delack_received(&d, 1448, true, false, 1000),
		  XTCP_DUE_TWO);
	xtcp_delack_sent(&d, 10, 1000);
	EXPECT(!xtcp_delack_read_on(&d));
	/* Request and response: who reads on need not be waited for. */
	EXPECT_EQ(xtcp_delack_received(&d, 10, true, false, 2000),
		  XTCP_DUE_LATER);
	EXPECT(!xtcp_delack_read_on(&d));
}

/* A FIN's ACK may ride on our own FIN. */
TEST(delack__owe)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, XTCP_QUICKACKS, 1448);
	xtcp_delack_owe(&d, 1000);
	EXPECT(d.pending && d.deadline_us == 1000 + XTCP_DELACK_US);
	xtcp_delack_owe(&d, 2000);
	EXPECT_EQ(d.deadline_us, 1000 + XTCP_DELACK_US);
	xtcp_delack_sent(&d, 0, 3000);
	EXPECT(!d.pending);
}

/* Of the deadline only the lower half of the clock is kept. */
TEST(delack__half_a_clock)
{
	const u64 turns[] = { (1ull << 32) - 1, (1ull << 32) - XTCP_DELACK_US,
			      (7ull << 32) - 500, (1ull << 31) - 1 };
	struct xtcp_delack d;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		u64 due_us = turns[i] + XTCP_DELACK_US;

		xtcp_delack_init(&d, XTCP_DELACK_US, 0, 1448);
		EXPECT_EQ(xtcp_delack_received(&d, 1, true, false, turns[i]),
			  XTCP_DUE_LATER);
		EXPECT_EQ(xtcp_delack_deadline_us(&d, turns[i]), due_us);
		EXPECT_EQ(xtcp_delack_deadline_us(&d, due_us + 9), due_us);
		EXPECT(!xtcp_delack_expired(&d, turns[i]));
		EXPECT(!xtcp_delack_expired(&d, due_us - 1));
		EXPECT(xtcp_delack_expired(&d, due_us));
		EXPECT_EQ(d.heard_us, turns[i]);
	}
}

/* Requests and responses: the ACK rides on the answer from then on. */
TEST(delack__interactive)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, XTCP_QUICKACKS, 1448);
	EXPECT(xtcp_delack_received(&d, 1, true, false, 1000));
	xtcp_delack_sent(&d, 500, 2000);
	EXPECT(d.interactive);
	EXPECT(!xtcp_delack_received(&d, 1, true, false, 3000));
}

/* Two segments' worth that end a write, once an answer took @us. */
static enum xtcp_due asked_again(struct xtcp_delack *d, u32 us)
{
	*d = calm(1448);
	xtcp_delack_received(d, 4096, true, false, 1000);
	xtcp_delack_sent(d, 4096, 1000 + us);
	return xtcp_delack_received(d, 4096, true, false, 9000);
}

/* Text goes one way: who was given the end of a write does not answer. */
TEST(delack__one_way)
{
	struct xtcp_delack d = calm(1448);

	EXPECT(!xtcp_delack_received(&d, 1448, false, false, 1000));
	EXPECT(!xtcp_delack_read_on(&d));
	xtcp_delack_received(&d, 10, true, false, 1000);
	EXPECT(xtcp_delack_read_on(&d));
	xtcp_delack_sent(&d, 10, 2000);
	EXPECT(!xtcp_delack_read_on(&d));
	xtcp_delack_received(&d, 10, true, false, 3000);
	EXPECT(d.interactive && !xtcp_delack_read_on(&d));
	EXPECT(!xtcp_delack_expired(&d, 3000 + XTCP_DELACK_US - 1));
	EXPECT(d.interactive);
	EXPECT(xtcp_delack_expired(&d, 3000 + XTCP_DELACK_US));
	EXPECT(!d.interactive && xtcp_delack_read_on(&d));
}

/* That an answer is a millisecond late makes no one-way street. */
TEST(delack__late_but_interactive)
{
	struct xtcp_delack d;

	asked_again(&d, 10);
	EXPECT(xtcp_delack_expired(&d, 9000 + XTCP_PROMPT_US));
	EXPECT(d.interactive);
}

/* Whoever answers at once is not told of first, for a millisecond. */
TEST(delack__prompt_answer)
{
	struct xtcp_delack d;

	EXPECT_EQ(asked_again(&d, XTCP_PROMPT_US - 1), XTCP_DUE_LATER);
	EXPECT_EQ(d.deadline_us, 9000 + XTCP_PROMPT_US);
	EXPECT(!xtcp_delack_taken(&d, 9000 + XTCP_PROMPT_US - 1));
	EXPECT(xtcp_delack_taken(&d, 9000 + XTCP_PROMPT_US));
	EXPECT(xtcp_delack_expired(&d, 9000 + XTCP_PROMPT_US));
	/* He asks for more instead. */
	EXPECT(xtcp_delack_read_on(&d));
	EXPECT_EQ(asked_again(&d, XTCP_PROMPT_US), XTCP_DUE_TWO);
	EXPECT(xtcp_delack_taken(&d, 9000));
	EXPECT(!xtcp_delack_read_on(&d));
}

/* It need not have carried the ACK; what follows an answer is none. */
TEST(delack__prompt_after_the_ack)
{
	struct xtcp_delack d = calm(1448);

	xtcp_delack_received(&d, 4096, true, false, 1000);
	xtcp_delack_sent(&d, 0, 1010);
	EXPECT(!d.prompt);
	xtcp_delack_sent(&d, 10, 1020);
	xtcp_delack_sent(&d, 10, 8000);
	EXPECT(d.prompt);
	EXPECT_EQ(xtcp_delack_received(&d, 4096, true, false, 9000),
		  XTCP_DUE_LATER);
}

/* One time without an answer is enough; within a write there can be none. */
TEST(delack__no_longer_prompt)
{
	struct xtcp_delack d;

	asked_again(&d, 10);
	xtcp_delack_sent(&d, 0, 9000);
	EXPECT_EQ(xtcp_delack_received(&d, 4096, true, false, 9000),
		  XTCP_DUE_TWO);
	asked_again(&d, 10);
	xtcp_delack_sent(&d, 10, 9000);
	EXPECT_EQ(xtcp_delack_received(&d, 4096, false, false, 9000),
		  XTCP_DUE_TWO);
	xtcp_delack_sent(&d, 0, 9000);
	EXPECT_EQ(xtcp_delack_received(&d, 4096, true, true, 9000),
		  XTCP_DUE_NOW);
	EXPECT_EQ(xtcp_delack_received(&d, 1448, true, false, 9000),
		  XTCP_DUE_LATER);
	xtcp_delack_quickack(&d, true);
	EXPECT_EQ(xtcp_delack_received(&d, 4096, true, false, 9000),
		  XTCP_DUE_TWO);
	/* Neither does an answer end what the program asked for. */
	xtcp_delack_sent(&d, 0, 9000);
	xtcp_delack_sent(&d, 10, 9010);
	EXPECT_EQ(xtcp_delack_received(&d, 4096, true, false, 9020),
		  XTCP_DUE_TWO);
}

/* A single segment waits as long as ever. */
TEST(delack__prompt_single_segment)
{
	struct xtcp_delack d;

	asked_again(&d, 10);
	xtcp_delack_sent(&d, 10, 9000);
	EXPECT_EQ(xtcp_delack_received(&d, 1448, true, false, 9000),
		  XTCP_DUE_LATER);
	EXPECT_EQ(d.deadline_us, 9000 + XTCP_DELACK_US);
	EXPECT(!xtcp_delack_read_on(&d));
}

/* An answer that came late says nothing of the next one. */
TEST(delack__late_answer)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, XTCP_QUICKACKS, 1448);
	xtcp_delack_received(&d, 1, true, false, 1000);
	xtcp_delack_received(&d, 1, true, false, 9000);
	xtcp_delack_sent(&d, 500, 9000 + XTCP_DELACK_US);
	EXPECT(!d.interactive);
	EXPECT_EQ(d.quick, XTCP_QUICKACKS - 1);
	xtcp_delack_received(&d, 1, true, false, 100000);
	xtcp_delack_received(&d, 1, true, false, 109000);
	xtcp_delack_sent(&d, 500, 109000 + XTCP_DELACK_US - 1);
	EXPECT(d.interactive);
	EXPECT_EQ(d.quick, 0);
}

/* A bare ACK is no answer. */
TEST(stream_sent_ack__is_no_answer)
{
	struct xtcp_stream s = { 0 };

	xtcp_delack_init(&s.delack, XTCP_DELACK_US, XTCP_QUICKACKS, 1448);
	xtcp_delack_received(&s.delack, 1, true, false, 1000);
	xtcp_stream_sent_ack(&s, 2000);
	EXPECT(!s.delack.interactive);
	EXPECT_EQ(s.delack.quick, XTCP_QUICKACKS - 1);
	EXPECT(!s.delack.pending);
}

TEST(delack__quickack_option)
{
	struct xtcp_delack d;

	xtcp_delack_init(&d, XTCP_DELACK_US, XTCP_QUICKACKS, 1448);
	xtcp_delack_quickack(&d, false);
	EXPECT(d.interactive);
	EXPECT(!xtcp_delack_received(&d, 1, true, false, 1000));
	xtcp_delack_quickack(&d, true);
	EXPECT(!d.interactive);
	EXPECT(xtcp_delack_received(&d, 1, true, false, 1000));
}

/* LIFECYCLE worked-example: two pushed writes are no two full segments. */
TEST(delack__pushed_writes_are_not_full)
{
	struct xtcp_delack d = calm(8948);

	EXPECT(!xtcp_delack_received(&d, 1000, true, false, 1000));
	EXPECT(!xtcp_delack_received(&d, 1000, true, false, 1000));
	EXPECT_EQ(d.full, 8948);
}

/* A narrower path: its full segments are smaller than what we announced. */
TEST(delack__learns_the_full_size)
{
	struct xtcp_delack d = calm(8948);

	EXPECT(!xtcp_delack_received(&d, 1448, false, false, 1000));
	EXPECT(xtcp_delack_received(&d, 1448, false, false, 1000));
	xtcp_delack_sent(&d, 0, 1000);
	EXPECT_EQ(d.full, 1448);
	xtcp_delack_received(&d, 8948, true, false, 1000);
	EXPECT_EQ(d.full, 8948);
	xtcp_delack_received(&d, 65000, true, false, 1000);
	EXPECT_EQ(d.full, 8948);
	xtcp_delack_received(&d, 1, false, false, 1000);
	EXPECT_EQ(d.full, 536);
}
