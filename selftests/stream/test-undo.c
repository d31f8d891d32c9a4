// SPDX-License-Identifier: GPL-2.0-only
/* What is remembered for the case that nothing was lost: RFC 3522, 3708, 4015. */
#include "stream/undo.h"
#include "tap.h"

static struct xtcp_cc lossy(void)
{
	struct xtcp_cc cc;

	xtcp_cc_init(&cc, &xtcp_newreno, 1000, 10);
	cc.cwnd = 40000;
	cc.ssthresh = 50000;
	return cc;
}

static void reduce(struct xtcp_cc *cc)
{
	cc->cwnd = 10000;
	cc->ssthresh = 20000;
}

/* Back to where it was, but what has grown since stays. */
TEST(undo__restores_the_larger)
{
	static const struct {
		u32 cwnd, ssthresh, want_cwnd, want_ssthresh;
	} v[] = {
		{ 10000, 20000, 40000, 50000 },
		{ 60000, 20000, 60000, 50000 },
		{ 10000, 70000, 40000, 70000 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct xtcp_cc cc = lossy();
		struct xtcp_undo u;

		test_case("row %u", i);
		xtcp_undo_begin(&u, &cc, 1, 2);
		cc.cwnd = v[i].cwnd;
		cc.ssthresh = v[i].ssthresh;
		xtcp_undo(&u, &cc);
		EXPECT_EQ(cc.cwnd, v[i].want_cwnd);
		EXPECT_EQ(cc.ssthresh, v[i].want_ssthresh);
	}
}

/* All that went again must come twice, and all of it from this recovery. */
TEST(undo_twice__all_of_it)
{
	struct xtcp_cc cc = lossy();
	struct xtcp_undo u;

	xtcp_undo_begin(&u, &cc, 1000, 9000);
	EXPECT(!xtcp_undo_twice(&u, 1000, 2000));
	xtcp_undo_resent(&u, 1000, 5);
	xtcp_undo_resent(&u, 500, 6);
	EXPECT(!xtcp_undo_twice(&u, 999, 2499));
	EXPECT(!xtcp_undo_twice(&u, 8000, 9001));
	EXPECT(!xtcp_undo_twice(&u, 1000, 2000));
	EXPECT(!xtcp_undo_twice(&u, 2000, 2499));
	EXPECT(xtcp_undo_twice(&u, 8999, 9000));
	/* Once said, it is over. */
	EXPECT(!xtcp_undo_twice(&u, 2000, 2500));
	xtcp_undo_begin(&u, &cc, 0xfffffff0, 1000);
	xtcp_undo_resent(&u, 100, 7);
	EXPECT(xtcp_undo_twice(&u, 0xfffffff0, 1000));
}

/* Undone, nothing that comes later undoes once more. */
TEST(undo__once)
{
	struct xtcp_cc cc = lossy();
	struct xtcp_undo u;

	xtcp_undo_begin(&u, &cc, 1, 9000);
	reduce(&cc);
	xtcp_undo(&u, &cc);
	xtcp_undo_resent(&u, 1000, 5);
	EXPECT(!xtcp_undo_twice(&u, 1, 1001));
	EXPECT(!xtcp_undo_eifel(&u, 1000, 6));
}

/* Only the first ACK tells, and only one that is older than the first repeat */
TEST(undo_eifel__first_ack_only)
{
	struct xtcp_cc cc = lossy();
	struct xtcp_undo u;

	xtcp_undo_begin(&u, &cc, 1, 9000);
	/* Nothing went again yet: it does not count as the first. */
	EXPECT(!xtcp_undo_eifel(&u, 5000, 1000));
	xtcp_undo_resent(&u, 1000, 2000);
	xtcp_undo_resent(&u, 1000, 4000);
	EXPECT(xtcp_undo_eifel(&u, 3001, 5000));
	EXPECT(!xtcp_undo_eifel(&u, 3001, 5000));

	xtcp_undo_begin(&u, &cc, 1, 9000);
	xtcp_undo_resent(&u, 1000, 2000);
	EXPECT(!xtcp_undo_eifel(&u, 3000, 5000));
	EXPECT(!xtcp_undo_eifel(&u, 9000, 5000));

	xtcp_undo_begin(&u, &cc, 1, 9000);
	xtcp_undo_resent(&u, 1000, 2000);
	EXPECT(!xtcp_undo_eifel(&u, ~0u, 5000));
}
