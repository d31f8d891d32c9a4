// SPDX-License-Identifier: GPL-2.0-only
/* What a receiver reports: RFC 2018 4, 2883 4. */
#include "stream/sack.h"
#include "tap.h"

static struct xtcp_record record(u32 rcv_nxt)
{
	return (struct xtcp_record){
		.flags = XTCP_F_SACK, .rcv_nxt = rcv_nxt,
	};
}

static struct xtcp_segment put(struct xtcp_sack *k, u32 rcv_nxt, u32 room)
{
	struct xtcp_record r = record(rcv_nxt);
	struct xtcp_segment seg = {};

	xtcp_sack_put(k, &r, room, &seg);
	return seg;
}

static void expect_block(const struct xtcp_segment *seg, u32 i, u32 left,
			 u32 right)
{
	EXPECT(i < seg->nsacks);
	EXPECT_EQ(seg->sack[i].left, left);
	EXPECT_EQ(seg->sack[i].right, right);
}

TEST(sack_stored__newest_first)
{
	struct xtcp_sack k = {};
	struct xtcp_segment seg;

	xtcp_sack_stored(&k, 200, 300);
	xtcp_sack_stored(&k, 600, 700);
	xtcp_sack_stored(&k, 400, 500);
	seg = put(&k, 100, 40);
	EXPECT_EQ(seg.opts, XTCP_OPT_SACK);
	EXPECT_EQ(seg.nsacks, 3);
	expect_block(&seg, 0, 400, 500);
	expect_block(&seg, 1, 600, 700);
	expect_block(&seg, 2, 200, 300);
	/* One of them grows and is the first then. */
	xtcp_sack_stored(&k, 300, 350);
	seg = put(&k, 100, 40);
	EXPECT_EQ(seg.nsacks, 3);
	expect_block(&seg, 0, 200, 350);
	expect_block(&seg, 1, 400, 500);
}

TEST(sack_stored__fills_a_hole)
{
	struct xtcp_sack k = {};
	struct xtcp_segment seg;
	u32 base;

	for (base = 0xffffff00; base < 0xffffff00 + 3; base++) {
		k.n = 0;
		xtcp_sack_stored(&k, base + 400, base + 500);
		xtcp_sack_stored(&k, base + 200, base + 300);
		xtcp_sack_stored(&k, base + 300, base + 400);
		seg = put(&k, base, 40);
		EXPECT_EQ(seg.nsacks, 1);
		expect_block(&seg, 0, base + 200, base + 500);
	}
}

TEST(sack_stored__five_holes)
{
	struct xtcp_sack k = {};
	struct xtcp_segment seg;
	u32 i;

	for (i = 1; i <= 5; i++)
		xtcp_sack_stored(&k, i * 100, i * 100 + 50);
	seg = put(&k, 10, 36);
	EXPECT_EQ(seg.nsacks, 4);
	for (i = 0; i < 4; i++)
		expect_block(&seg, i, 500 - i * 100, 550 - i * 100);
	/* Beside timestamps three have room; beside much text none. */
	EXPECT_EQ(put(&k, 10, 28).nsacks, 3);
	EXPECT_EQ(put(&k, 10, 12).nsacks, 1);
	EXPECT_EQ(put(&k, 10, 11).nsacks, 0);
	EXPECT_EQ(put(&k, 10, 11).opts, 0);
	EXPECT_EQ(put(&k, 10, 0).nsacks, 0);
}

TEST(sack_put__not_permitted)
{
	struct xtcp_record r = { .rcv_nxt = 10 };
	struct xtcp_segment seg = {};
	struct xtcp_sack k = {};

	xtcp_sack_stored(&k, 200, 300);
	xtcp_sack_put(&k, &r, 40, &seg);
	EXPECT_EQ(seg.nsacks, 0);
	EXPECT_EQ(seg.opts, 0);
}

TEST(sack_put__what_is_acknowledged_is_not_reported)
{
	struct xtcp_sack k = {};
	struct xtcp_segment seg;

	xtcp_sack_stored(&k, 200, 300);
	xtcp_sack_stored(&k, 400, 500);
	seg = put(&k, 300, 40);
	EXPECT_EQ(seg.nsacks, 1);
	expect_block(&seg, 0, 400, 500);
	xtcp_sack_purged(&k);
	EXPECT_EQ(put(&k, 300, 40).nsacks, 0);
}

TEST(sack_twice__first_and_once)
{
	struct xtcp_sack k = {};
	struct xtcp_segment seg;

	xtcp_sack_stored(&k, 400, 500);
	xtcp_sack_twice(&k, 100, 200);
	/* It waits for a segment with room. */
	EXPECT_EQ(put(&k, 300, 0).nsacks, 0);
	seg = put(&k, 300, 36);
	EXPECT_EQ(seg.nsacks, 2);
	expect_block(&seg, 0, 100, 200);
	expect_block(&seg, 1, 400, 500);
	EXPECT_EQ(put(&k, 300, 36).nsacks, 1);
}

TEST(sack_arrived__what_was_there)
{
	static const struct {
		u32 seq, len;
		u8 flags;
		u32 left, right;
	} v[] = {
		{ 100, 100, XTCP_ACK, 100, 200 },
		{ 250, 100, XTCP_ACK, 250, 300 },
		{ 200, 100, XTCP_ACK | XTCP_FIN, 200, 300 },
		{ 299, 0, XTCP_ACK | XTCP_FIN, 299, 300 },
		{ 300, 100, XTCP_ACK, 0, 0 },
		{ 400, 100, XTCP_ACK, 0, 0 },
		{ 200, 0, XTCP_ACK, 0, 0 },
		{ 200, 0, XTCP_SYN, 0, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct xtcp_segment seg = {
			.seq = v[i].seq, .len = v[i].len, .flags = v[i].flags,
		};
		struct xtcp_sack k = {};

		test_case("row %u", i);
		xtcp_sack_arrived(&k, &seg, 300);
		EXPECT_EQ(k.again, v[i].right != 0);
		EXPECT_EQ(k.twice.left, v[i].left);
		EXPECT_EQ(k.twice.right, v[i].right);
	}
}
