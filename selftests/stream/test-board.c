// SPDX-License-Identifier: GPL-2.0-only
/* The scoreboard: RFC 6675 3 and 4. */
#include <string.h>

#include "stream/board.h"
#include "machine/seq.h"
#include "tap.h"

#define ROOM	40

static u64 memory[(sizeof(struct xtcp_board) + ROOM * sizeof(struct xtcp_sent)) /
		  sizeof(u64) + 1];
static struct xtcp_board *const board = (void *)memory;

static const u32 seams[] = { 0, 1, 0x7fffff00, 0x80000000, 0xfffffe00 };

static struct xtcp_delivery delivery(u32 now_us)
{
	return (struct xtcp_delivery){
		.now_us = now_us, .echo_us = ~0u, .once_us = ~0u,
		.fack = board->una, .before = board->end,
	};
}

/* Ten segments of 100 bytes, sent 1000 us apart from 1000 on */
static void ten(u32 first)
{
	u32 i;

	xtcp_board_init(board, sizeof(memory), first, first, 0);
	for (i = 0; i < 10; i++)
		xtcp_board_sent(board, first + i * 100, first + i * 100 + 100,
				1000 + i * 1000, 0);
	EXPECT_SOUND(xtcp_board_fault(board));
}

TEST(board_sent__one_entry_a_time)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		test_case("first %x", seams[i]);
		ten(seams[i]);
		EXPECT_EQ(board->n, 10);
		EXPECT_EQ(xtcp_board_pipe(board), 1000);
		xtcp_board_init(board, sizeof(memory), seams[i], seams[i], 0);
		xtcp_board_sent(board, seams[i], seams[i] + 100, 1024, 10);
		xtcp_board_sent(board, seams[i] + 100, seams[i] + 200, 2047,
				10);
		EXPECT_EQ(board->n, 1);
		EXPECT_EQ(xtcp_board_at(board, 0)->sent_us, 2047);
		xtcp_board_sent(board, seams[i] + 200, seams[i] + 300, 2048,
				10);
		EXPECT_EQ(board->n, 2);
	}
}

TEST(board_sack__pipe_and_delivery)
{
	struct xtcp_delivery d;
	u32 i, at;

	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		at = seams[i];
		test_case("first %x", at);
		ten(at);
		d = delivery(20000);
		xtcp_board_sack(board, at + 200, at + 500, &d);
		EXPECT_SOUND(xtcp_board_fault(board));
		EXPECT_EQ(d.bytes, 300);
		EXPECT_EQ(d.sacked, 300);
		EXPECT(d.any && d.fresh && !d.late);
		EXPECT_EQ(d.sent_us, 5000);
		EXPECT_EQ(d.end, at + 500);
		EXPECT_EQ(d.once_us, 15000);
		EXPECT_EQ(board->runs, 1);
		EXPECT_EQ(xtcp_board_pipe(board), 700);
		/* The same again is no news. */
		d = delivery(20000);
		xtcp_board_sack(board, at + 200, at + 500, &d);
		EXPECT_EQ(d.bytes, 0);
		/* A block inside of an entry cuts it. */
		xtcp_board_sack(board, at + 720, at + 730, &d);
		EXPECT_EQ(d.bytes, 10);
		EXPECT_EQ(board->runs, 2);
		/* And what fills the hole makes them one. */
		xtcp_board_sack(board, at + 500, at + 720, &d);
		EXPECT_EQ(board->runs, 1);
		EXPECT_SOUND(xtcp_board_fault(board));
		EXPECT_EQ(xtcp_board_pipe(board), 470);
	}
}

TEST(board_acked__counts_what_is_new)
{
	struct xtcp_delivery d;
	u32 i, at;

	for (i = 0; i < ARRAY_SIZE(seams); i++) {
		at = seams[i];
		test_case("first %x", at);
		ten(at);
		d = delivery(20000);
		xtcp_board_sack(board, at + 200, at + 500, &d);
		xtcp_board_lose(board, 0);
		EXPECT_EQ(board->lost, 100);
		d = delivery(20000);
		xtcp_board_acked(board, at + 550, &d);
		EXPECT_SOUND(xtcp_board_fault(board));
		EXPECT_EQ(d.bytes, 250);
		EXPECT_EQ(d.sacked, 0);
		EXPECT_EQ(board->una, at + 550);
		EXPECT_EQ(board->sacked, 0);
		EXPECT_EQ(board->lost, 0);
		EXPECT_EQ(xtcp_board_pipe(board), 450);
		xtcp_board_acked(board, at + 1000, &d);
		EXPECT_EQ(board->n, 0);
		EXPECT_SOUND(xtcp_board_fault(board));
		xtcp_board_sent(board, at + 1000, at + 1100, 30000, 0);
		EXPECT_SOUND(xtcp_board_fault(board));
		EXPECT_EQ(xtcp_board_pipe(board), 100);
	}
}

/* RFC 6675 4 NextSeg: the lowest that is lost, and that once */
TEST(board_next_lost__in_order)
{
	struct xtcp_delivery d = delivery(20000);
	u32 seq, end;

	ten(0);
	xtcp_board_sack(board, 100, 200, &d);
	xtcp_board_sack(board, 400, 500, &d);
	EXPECT(!xtcp_board_next_lost(board, &seq, &end));
	xtcp_board_lose(board, 2);
	xtcp_board_lose(board, 3);
	xtcp_board_lose(board, 0);
	EXPECT_EQ(xtcp_board_pipe(board), 500);
	EXPECT(xtcp_board_next_lost(board, &seq, &end));
	EXPECT_EQ(seq, 0);
	EXPECT_EQ(end, 100);
	xtcp_board_sent(board, 0, 100, 21000, 0);
	EXPECT_EQ(xtcp_board_pipe(board), 600);
	EXPECT(xtcp_board_next_lost(board, &seq, &end));
	EXPECT_EQ(seq, 200);
	/* A part of an entry */
	xtcp_board_sent(board, 200, 230, 21000, 0);
	EXPECT(xtcp_board_next_lost(board, &seq, &end));
	EXPECT_EQ(seq, 230);
	EXPECT_EQ(end, 300);
	EXPECT_SOUND(xtcp_board_fault(board));
}

/* RFC 2018 8: a time-out believes nothing, and nothing is forgotten for good. */
TEST(board_lose_all__clears_sack)
{
	struct xtcp_delivery d = delivery(20000);
	u32 seq, end;

	ten(7);
	xtcp_board_sack(board, 107, 207, &d);
	xtcp_board_lose_all(board);
	EXPECT_SOUND(xtcp_board_fault(board));
	EXPECT_EQ(board->sacked, 0);
	EXPECT_EQ(board->lost, 1000);
	EXPECT_EQ(xtcp_board_pipe(board), 0);
	EXPECT(xtcp_board_next_lost(board, &seq, &end));
	EXPECT_EQ(seq, 7);
	/* What had been SACKed before is no proof of anything (RFC 5682). */
	d = delivery(30000);
	xtcp_board_sack(board, 107, 207, &d);
	EXPECT(!d.fresh);
	EXPECT_EQ(d.bytes, 100);
	xtcp_board_sack(board, 307, 407, &d);
	EXPECT(d.fresh);
	xtcp_board_find_all(board);
	EXPECT_EQ(xtcp_board_pipe(board), 800);
	EXPECT_SOUND(xtcp_board_fault(board));
}

/* RFC 8985 6.2 step 2: which copy was it that arrived? */
TEST(board_delivery__ambiguous)
{
	struct xtcp_delivery d;

	ten(0);
	xtcp_board_sent(board, 0, 100, 20000, 0);
	d = delivery(20500);
	d.min_rtt_us = 1000;
	xtcp_board_acked(board, 50, &d);
	EXPECT(!d.any && !d.fresh);
	EXPECT_EQ(d.once_us, ~0u);
	d = delivery(21500);
	d.min_rtt_us = 1000;
	d.echo_us = 2000;
	xtcp_board_acked(board, 60, &d);
	EXPECT(!d.any);
	d.echo_us = 1500;
	xtcp_board_acked(board, 70, &d);
	EXPECT(d.any);
	EXPECT_EQ(d.sent_us, 20000);
}

/* RFC 8985 6.2 step 3: below what had arrived, and never sent again */
TEST(board_delivery__late)
{
	struct xtcp_delivery d = delivery(20000);

	ten(0);
	d.fack = 500;
	xtcp_board_sack(board, 600, 700, &d);
	EXPECT(!d.late);
	xtcp_board_sent(board, 300, 400, 15000, 0);
	xtcp_board_sack(board, 300, 400, &d);
	EXPECT(!d.late);
	xtcp_board_sack(board, 200, 300, &d);
	EXPECT(d.late);
}

/* What was fresh or late, to the byte: RFC 5682 3, RFC 8985 6.2 */
TEST(board_delivery__edges)
{
	struct xtcp_delivery d;

	ten(0);
	d = delivery(20000);
	d.before = 299;
	d.fack = 301;
	xtcp_board_sack(board, 200, 300, &d);
	EXPECT(!d.fresh && d.late);
	ten(0);
	d = delivery(20000);
	d.before = 300;
	d.fack = 300;
	xtcp_board_sack(board, 200, 300, &d);
	EXPECT(d.fresh && !d.late);
	/* The age of what was sent again is no younger than the fastest answer. */
	ten(0);
	xtcp_board_sent(board, 0, 100, 20000, 0);
	d = delivery(21000);
	d.min_rtt_us = 1000;
	xtcp_board_acked(board, 100, &d);
	EXPECT(d.any);
	/* And no older than the echo says */
	ten(0);
	xtcp_board_sent(board, 0, 100, 20000, 0);
	d = delivery(21000);
	d.echo_us = 1000;
	xtcp_board_acked(board, 100, &d);
	EXPECT(d.any);
}

static void broken(void (*how)(void))
{
	struct xtcp_delivery d = delivery(20000);

	ten(0);
	xtcp_board_sack(board, 200, 300, &d);
	xtcp_board_lose(board, 0);
	EXPECT_SOUND(xtcp_board_fault(board));
	how();
	EXPECT(xtcp_board_fault(board));
}

static void overflow(void)
{
	board->room = board->first + board->n - 1;
}

static void elsewhere(void)
{
	board->una--;
}

static void empty(void)
{
	board->at[board->first + 4].seq = board->at[board->first + 5].seq;
}

static void both(void)
{
	board->at[board->first + 2].flags |= XTCP_SENT_LOST;
	board->lost += 100;
}

static void sacked(void)
{
	board->sacked++;
}

static void lost(void)
{
	board->lost--;
}

static void runs(void)
{
	board->runs++;
}

static void nothing_but_an_end(void)
{
	board->n = 0;
	board->sacked = 0;
	board->lost = 0;
	board->runs = 0;
}

/* The oracle of all other tests sees what is wrong. */
TEST(board_fault__sees)
{
	broken(overflow);
	broken(elsewhere);
	broken(empty);
	broken(both);
	broken(sacked);
	broken(lost);
	broken(runs);
	broken(nothing_but_an_end);
	/* To the last entry it is no overflow. */
	ten(0);
	board->room = 10;
	EXPECT_SOUND(xtcp_board_fault(board));
	/* Moved on within the memory, it is one, too. */
	ten(0);
	memmove(&board->at[3], board->at, 10 * sizeof(board->at[0]));
	board->first = 3;
	EXPECT_SOUND(xtcp_board_fault(board));
	board->room = 12;
	EXPECT(xtcp_board_fault(board));
}

/* However much happens, the entries suffice: something is forgotten then. */
TEST(board__full)
{
	struct xtcp_delivery d = delivery(1000000);
	u32 i, at;

	for (at = 0; at < ARRAY_SIZE(seams); at++) {
		u32 una = seams[at], nxt = una;

		xtcp_board_init(board, sizeof(memory), una, una, 0);
		for (i = 0; i < 400; i++) {
			xtcp_board_sent(board, nxt, nxt + 10, i * 100, 0);
			nxt += 10;
			if (i % 2)
				xtcp_board_sack(board, nxt - 7, nxt - 2, &d);
			if (i % 7 == 3)
				xtcp_board_sent(board, nxt - 60, nxt - 57,
						i * 100 + 50, 0);
			EXPECT_SOUND(xtcp_board_fault(board));
			EXPECT(board->n <= board->room);
			EXPECT_EQ(board->end, nxt);
		}
		xtcp_board_lose_all(board);
		EXPECT_SOUND(xtcp_board_fault(board));
		xtcp_board_acked(board, nxt, &d);
		EXPECT_SOUND(xtcp_board_fault(board));
	}
}

/* The full last entry was SACKed: that is forgotten, not what was sent. */
TEST(board__full_of_sacks)
{
	struct xtcp_delivery d = delivery(1000000);
	u32 i, end = 20 * (u32)sizeof(memory);

	xtcp_board_init(board, sizeof(memory), 0, 0, 0);
	xtcp_board_sent(board, 0, end, 1, 0);
	for (i = 0; i < ROOM; i++)
		xtcp_board_sack(board, i * 20 + 10, i * 20 + 20, &d);
	xtcp_board_sack(board, end - 5, end, &d);
	EXPECT_SOUND(xtcp_board_fault(board));
	xtcp_board_sent(board, end, end + 10, 2, 0);
	EXPECT_SOUND(xtcp_board_fault(board));
	xtcp_board_sack(board, end, end + 10, &d);
	xtcp_board_sent(board, end + 10, end + 20, 3, 0);
	EXPECT_SOUND(xtcp_board_fault(board));
	EXPECT_EQ(board->end, end + 20);
}
