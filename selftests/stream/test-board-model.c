// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scoreboard against what it stands for: a note for every single byte. The
 * same story is told to both, at random; they must agree on every byte, on the
 * sums, and on what arrived. A board that is too small may forget, but never
 * believe that something arrived which did not.
 */
#include <string.h>

#include "machine/seq.h"
#include "stream/board.h"
#include "tap.h"

#define BYTES	3000u
#define RUNS	60
#define STEPS	250

static u64 memory[2048];
static struct xtcp_board *const board = (void *)memory;
static u32 seed;

struct note {
	u32 sent_us;
	u8 flags;
};

static struct model {
	struct note at[BYTES];
	u32 first;	/* sequence number of at[0] */
	u32 una, end;	/* from @first on */
} model;

static u32 any(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* ---- the story as the bytes see it ---- */

static void model_sent(u32 seq, u32 end, u32 now_us)
{
	u32 i;

	for (i = seq < model.una ? model.una : seq; i < end; i++) {
		struct note *n = &model.at[i];

		if (i >= model.end)
			n->flags = 0;
		else if (n->flags & XTCP_SENT_SACKED)
			continue;
		else
			n->flags = XTCP_SENT_AGAIN |
				   (n->flags & XTCP_SENT_KNOWN);
		n->sent_us = now_us;
	}
	if (end > model.end)
		model.end = end;
}

static bool model_ambiguous(const struct note *n, const struct xtcp_delivery *d)
{
	u32 age_us = d->now_us - n->sent_us;

	if (!(n->flags & XTCP_SENT_AGAIN))
		return false;
	if (d->echo_us != ~0u)
		return d->echo_us > age_us;
	return age_us < d->min_rtt_us;
}

static void model_deliver(u32 i, struct xtcp_delivery *d)
{
	const struct note *n = &model.at[i];
	bool once = !(n->flags & (XTCP_SENT_AGAIN | XTCP_SENT_KNOWN));
	u32 end = model.first + i + 1;

	d->bytes++;
	d->fresh |= once && seq_leq(end, d->before);
	d->late |= once && seq_lt(end, d->fack);
	if (n->flags & XTCP_SENT_LOST || model_ambiguous(n, d))
		return;
	if (!(n->flags & XTCP_SENT_AGAIN) && d->now_us - n->sent_us < d->once_us)
		d->once_us = d->now_us - n->sent_us;
	if (d->any && !xtcp_sent_after(n->sent_us, end, d->sent_us, d->end))
		return;
	d->any = true;
	d->sent_us = n->sent_us;
	d->end = end;
}

static void model_acked(u32 una, struct xtcp_delivery *d)
{
	for (; model.una < una; model.una++)
		if (!(model.at[model.una].flags & XTCP_SENT_SACKED))
			model_deliver(model.una, d);
}

static void model_sack(u32 left, u32 right, struct xtcp_delivery *d)
{
	u32 i;

	for (i = left; i < right; i++) {
		if (model.at[i].flags & XTCP_SENT_SACKED)
			continue;
		model_deliver(i, d);
		d->sacked++;
		model.at[i].flags = XTCP_SENT_SACKED;
	}
}

static void model_lose_all(void)
{
	u32 i;

	for (i = model.una; i < model.end; i++) {
		if (model.at[i].flags & XTCP_SENT_SACKED)
			model.at[i].flags |= XTCP_SENT_KNOWN;
		model.at[i].flags &= ~XTCP_SENT_SACKED;
		model.at[i].flags |= XTCP_SENT_LOST;
	}
}

/* The board joined what was lost; the latest of the times holds for all. */
static void model_find_all(void)
{
	u32 n, i;

	for (n = 0; n < board->n; n++) {
		const struct xtcp_sent *s = xtcp_board_at(board, n);

		for (i = s->seq; i != xtcp_board_end(board, n); i++) {
			struct note *b = &model.at[i - model.first];

			if (!(b->flags & XTCP_SENT_LOST))
				continue;
			EXPECT(seq_geq(s->sent_us, b->sent_us));
			b->sent_us = s->sent_us;
			b->flags &= ~XTCP_SENT_LOST;
		}
	}
}

/* ---- and do they agree? ---- */

static void same_bytes(void)
{
	u32 sacked = 0, lost = 0, runs = 0, i, n;
	u8 last = 0;

	EXPECT_SOUND(xtcp_board_fault(board));
	EXPECT_EQ(board->una, model.first + model.una);
	EXPECT_EQ(board->end, model.first + model.end);
	for (n = 0, i = model.una; n < board->n && !test_failures(); n++) {
		const struct xtcp_sent *s = xtcp_board_at(board, n);
		u32 end = xtcp_board_end(board, n) - model.first;

		EXPECT_EQ(s->seq, model.first + i);
		for (; i < end && i < model.end; i++) {
			const struct note *b = &model.at[i];

			EXPECT_EQ(s->flags, b->flags);
			if (!(b->flags & (XTCP_SENT_SACKED | XTCP_SENT_LOST)))
				EXPECT_EQ(s->sent_us, b->sent_us);
			sacked += !!(b->flags & XTCP_SENT_SACKED);
			lost += !!(b->flags & XTCP_SENT_LOST);
			runs += (b->flags & XTCP_SENT_SACKED) &&
				!(last & XTCP_SENT_SACKED);
			last = b->flags;
		}
	}
	EXPECT_EQ(i, model.end);
	EXPECT_EQ(board->sacked, sacked);
	EXPECT_EQ(board->lost, lost);
	EXPECT_EQ(board->runs, runs);
	EXPECT_EQ(xtcp_board_pipe(board), model.end - model.una - sacked - lost);
}

static void same_delivery(const struct xtcp_delivery *got,
			  const struct xtcp_delivery *want)
{
	EXPECT_EQ(got->bytes, want->bytes);
	EXPECT_EQ(got->sacked, want->sacked);
	EXPECT_EQ(got->fresh, want->fresh);
	EXPECT_EQ(got->late, want->late);
	EXPECT_EQ(got->any, want->any);
	EXPECT_EQ(got->once_us, want->once_us);
	if (!want->any)
		return;
	EXPECT_EQ(got->sent_us, want->sent_us);
	EXPECT_EQ(got->end, want->end);
}

static void same_next_lost(void)
{
	u32 seq, end, i = model.una;

	while (i < model.end && !(model.at[i].flags & XTCP_SENT_LOST))
		i++;
	EXPECT_EQ(xtcp_board_next_lost(board, &seq, &end), i < model.end);
	if (i == model.end)
		return;
	EXPECT_EQ(seq, model.first + i);
	EXPECT(seq_gt(end, seq));
	for (; i < end - model.first; i++)
		EXPECT(model.at[i].flags & XTCP_SENT_LOST);
}

/* ---- the story ---- */

/*
 * The edges of @before and @fack lie where no entry has its own: what they mean
 * within one is tested by hand.
 */
static struct xtcp_delivery delivery(u32 now_us)
{
	return (struct xtcp_delivery){
		.now_us = now_us, .once_us = ~0u,
		.echo_us = any(2) ? ~0u : any(3000),
		.min_rtt_us = any(2000),
		.before = model.first + (any(2) ? model.end : model.una),
		.fack = model.first + (any(2) ? model.end + 1 : model.una),
	};
}

static u32 segment(void)
{
	return 1 + any(100);
}

static void step_sent(u32 now_us)
{
	u32 seq = model.end, end;

	/* New text, old text, or both */
	if (any(3) && model.end)
		seq = any(model.end);
	end = seq + segment();
	if (end > BYTES)
		end = BYTES;
	if (end <= seq)
		return;
	xtcp_board_sent(board, model.first + seq, model.first + end, now_us, 0);
	model_sent(seq, end, now_us);
}

static void step_arrived(u32 now_us)
{
	struct xtcp_delivery got = delivery(now_us), want = got;
	u32 flight = model.end - model.una;
	u32 left = model.una + any(flight), right;

	if (!any(4)) {
		right = model.una + any(flight < 200 ? flight + 1 : 200);
		xtcp_board_acked(board, model.first + right, &got);
		model_acked(right, &want);
	} else {
		right = left + segment();
		if (right > model.end)
			right = model.end;
		xtcp_board_sack(board, model.first + left, model.first + right,
				&got);
		model_sack(left, right, &want);
	}
	same_delivery(&got, &want);
}

static void step_lost(void)
{
	u32 n = any(board->n), i;
	const struct xtcp_sent *s = xtcp_board_at(board, n);

	if (s->flags & XTCP_SENT_SACKED)
		return;
	for (i = s->seq; i != xtcp_board_end(board, n); i++)
		model.at[i - model.first].flags |= XTCP_SENT_LOST;
	xtcp_board_lose(board, n);
}

static void step(u32 now_us)
{
	u32 what = any(40);

	if (what < 18 || model.una == model.end) {
		step_sent(now_us);
	} else if (what < 34) {
		step_arrived(now_us);
	} else if (what < 38) {
		step_lost();
	} else if (what == 38) {
		xtcp_board_lose_all(board);
		model_lose_all();
	} else {
		xtcp_board_find_all(board);
		model_find_all();
	}
}

static void begin(u32 run, u32 room)
{
	static const u32 seams[] = {
		0, 1, 0x7ffffc00, 0x80000000, 0xfffffc00, 0xfffffff0,
	};

	seed = run;
	memset(&model, 0, sizeof(model));
	model.first = seams[run % ARRAY_SIZE(seams)];
	model.end = any(300);
	xtcp_board_init(board, sizeof(*board) + room * sizeof(board->at[0]),
			model.first, model.first + model.end, 1);
	model_sent(0, model.end, 1);
	memset(model.at, 0, sizeof(model.at));
	for (u32 i = 0; i < model.end; i++)
		model.at[i].sent_us = 1;
}

TEST(board__every_byte)
{
	u32 run, i, now_us;

	for (run = 0; run < RUNS && !test_failures(); run++) {
		begin(run, 1200);
		now_us = any(2) ? 1 : 0xfffff000;
		for (i = 0; i < STEPS && !test_failures(); i++) {
			test_case("run %u step %u", run, i);
			now_us += any(50);
			step(now_us);
			same_bytes();
			same_next_lost();
		}
	}
}

/* What finds no room: a byte that arrived may be forgotten, never invented. */
static void nothing_invented(void)
{
	u32 n, i;

	EXPECT_SOUND(xtcp_board_fault(board));
	EXPECT(board->n <= board->room);
	EXPECT_EQ(board->una, model.first + model.una);
	EXPECT_EQ(board->end, model.first + model.end);
	for (n = 0; n < board->n; n++) {
		const struct xtcp_sent *s = xtcp_board_at(board, n);

		if (!(s->flags & XTCP_SENT_SACKED))
			continue;
		for (i = s->seq; i != xtcp_board_end(board, n); i++)
			EXPECT(model.at[i - model.first].flags &
			       XTCP_SENT_SACKED);
	}
}

TEST(board__forgets_but_does_not_invent)
{
	struct xtcp_delivery d;
	u32 run, i, seq, end;

	for (run = 0; run < RUNS && !test_failures(); run++) {
		begin(run, 3 + run % 9);
		for (i = 0; i < STEPS && !test_failures(); i++) {
			test_case("run %u step %u", run, i);
			if (any(2) || model.una == model.end) {
				step_sent(i * 10);
				nothing_invented();
				continue;
			}
			d = delivery(i * 10);
			seq = model.una + any(model.end - model.una);
			end = seq + segment();
			if (end > model.end)
				end = model.end;
			if (any(5)) {
				xtcp_board_sack(board, model.first + seq,
						model.first + end, &d);
				model_sack(seq, end, &d);
			} else {
				xtcp_board_acked(board, model.first + seq, &d);
				model_acked(seq, &d);
			}
			nothing_invented();
		}
	}
}
