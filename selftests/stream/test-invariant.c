// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchman is watched: every fault that xtcp_stream_invariant() knows is made
 * once, and what is next to it is none (RFC 5681, 6298, 6582, 9293 3.8.6.3).
 */
#include <string.h>

#include "end.h"
#include "tap.h"

static void finds(const struct end *e, const char *fault, int line)
{
	const char *found = xtcp_stream_invariant(&e->s, &e->r);

	if (!found != !fault || (fault && strcmp(found, fault)))
		test_fail(__FILE__, line, "found \"%s\", expected \"%s\"",
			  found ? found : "nothing", fault ? fault : "nothing");
}

#define FINDS(fault)	finds(&e, fault, __LINE__)
#define SOUND()		finds(&e, NULL, __LINE__)

/* Four segments are under way, whose RTT is not known yet. */
static void under_way(struct end *e, u32 first)
{
	end_init(e, first);
	end_write(e, 4 * MSS);
	end_transmit(e);
	EXPECT_EQ(e->r.snd_nxt - e->r.snd_una, 4 * MSS);
}

/* Where nothing can be sent any more the stream's numbers are done with. */
TEST(stream_invariant__only_where_text_may_be_sent)
{
	static const enum xtcp_state done[] = {
		XTCP_CLOSED, XTCP_LISTEN, XTCP_SYN_SENT, XTCP_SYN_RCVD,
		XTCP_FIN_WAIT_2, XTCP_TIME_WAIT,
	};
	static const enum xtcp_state sending[] = {
		XTCP_ESTABLISHED, XTCP_CLOSE_WAIT, XTCP_FIN_WAIT_1,
		XTCP_CLOSING, XTCP_LAST_ACK,
	};
	struct end e;
	u32 i;

	end_init(&e, 1);
	e.s.timer = XTCP_TIMER_KINDS;
	for (i = 0; i < ARRAY_SIZE(done); i++) {
		e.r.state = done[i];
		SOUND();
	}
	for (i = 0; i < ARRAY_SIZE(sending); i++) {
		e.r.state = sending[i];
		FINDS("no such timer");
	}
	e.s.timer = XTCP_TIMER_KINDS - 1;
	SOUND();
}

TEST(stream_invariant__rto)
{
	struct end e;

	end_init(&e, 1);
	e.s.rtt.rto_us = 0;
	FINDS("RTO zero or beyond its maximum");
	e.s.rtt.rto_us = 1;
	SOUND();
	/* A sample was taken: the minimum holds from now on (RFC 6298 2.4) */
	e.s.rtt.srtt_us = 1;
	FINDS("RTO below its minimum");
	e.s.rtt.rto_us = XTCP_RTO_MIN_US - 1;
	FINDS("RTO below its minimum");
	e.s.rtt.rto_us = XTCP_RTO_MIN_US;
	SOUND();
	e.s.rtt.rto_us = XTCP_RTO_MAX_US;
	e.s.rtt.backoff = 3;
	SOUND();
}

TEST(stream_invariant__congestion_window)
{
	static const char small[] =
		"congestion window below one segment: nothing could move";
	struct end e;

	end_init(&e, 1);
	e.s.cc.cwnd = MSS - 1;
	FINDS(small);
	e.s.cc.cwnd = MSS;
	e.s.cc.ssthresh = MSS - 1;
	FINDS("slow start threshold below one segment");
	e.s.cc.ssthresh = MSS;
	SOUND();
	e.s.cc.mss = 0;
	FINDS("segments have no size");
}

TEST(stream_invariant__going_back)
{
	static const char wrong[] = "goes back over what is not outstanding";
	struct end e;
	u32 i, una;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++) {
		una = end_seams[i];
		under_way(&e, una);
		xtcp_recovery_go_back(&e.s.recovery, una, e.r.snd_nxt);
		SOUND();
		e.s.recovery.rtx--;
		FINDS(wrong);
		e.s.recovery.rtx = e.r.snd_nxt - 1;
		SOUND();
		e.s.recovery.rtx = e.r.snd_nxt;
		FINDS(wrong);
		e.s.recovery.rtx = una;
		e.s.recovery.rtx_end++;
		FINDS(wrong);
		/* They mean nothing unless it goes back. */
		e.s.recovery.back = false;
		SOUND();
	}
}

TEST(stream_invariant__recovery_point)
{
	static const char wrong[] = "recovers what is not outstanding";
	static const u8 phases[] = { XTCP_RECOVERY_FAST, XTCP_RECOVERY_LOSS };
	struct end e;
	u32 i, p, una;

	for (i = 0; i < ARRAY_SIZE(end_seams); i++)
		for (p = 0; p < ARRAY_SIZE(phases); p++) {
			una = end_seams[i];
			under_way(&e, una);
			e.s.recovery.phase = phases[p];
			e.s.recovery.recover = una;
			FINDS(wrong);
			e.s.recovery.recover = una + 1;
			SOUND();
			e.s.recovery.recover = e.r.snd_nxt;
			SOUND();
			e.s.recovery.recover = e.r.snd_nxt + 1;
			FINDS(wrong);
			e.s.recovery.phase = XTCP_RECOVERY_OPEN;
			FINDS("recovered more than was sent");
			e.s.recovery.recover = e.r.snd_nxt;
			SOUND();
		}
	e.s.recovery.phase = XTCP_RECOVERY_LOSS + 1;
	FINDS("no such recovery phase");
}

TEST(stream_invariant__delayed_ack)
{
	struct end e;

	end_init(&e, 1);
	e.s.delack.delay_us = XTCP_DELACK_MAX_US + 1;
	FINDS("ACKs wait too long");
	e.s.delack.delay_us = XTCP_DELACK_MAX_US;
	e.s.delack.owed = 1;
	FINDS("owes an ACK and knows nothing of it");
	e.s.delack.pending = true;
	SOUND();
}

/* The first fault is the one that is told, whatever follows from it. */
TEST(stream_invariant__first_fault_first)
{
	struct end e;

	end_init(&e, 1);
	e.s.delack.owed = 1;
	e.s.recovery.phase = XTCP_RECOVERY_LOSS + 1;
	FINDS("no such recovery phase");
	e.s.cc.cwnd = 0;
	FINDS("congestion window below one segment: nothing could move");
	e.s.rtt.rto_us = 0;
	FINDS("RTO zero or beyond its maximum");
}
