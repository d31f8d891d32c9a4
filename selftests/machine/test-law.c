// SPDX-License-Identifier: GPL-2.0-only
/*
 * The laws of law.c can fail: each is shown a step that breaks it, which is a
 * sound one with one thing changed.
 */
#include <string.h>
#include "law.h"
#include "rig.h"

/* Says that the rig's last step, as a test changed it, breaks just that law. */
static void breaks(const char *law)
{
	const char *broken = law_broken(&rig.before, &rig.e, &rig.o, &rig.r);

	if (!broken || strcmp(broken, law))
		test_fail(__FILE__, __LINE__, "said \"%s\", expected \"%s\"",
			  broken ? broken : "nothing", law);
}

/* Text that is next, in ESTABLISHED */
static void sound_text(void)
{
	given(XTCP_ESTABLISHED);
	arrives(.seq = rig.irs + 1 + RCVD_BYTES, .len = 10, .wnd = SND_WND,
		.ack = rig.iss + 1 + ACKED_BYTES, .flags = A);
	EXPECT(!law_broken(&rig.before, &rig.e, &rig.o, &rig.r));
}

static void sound_rst(void)
{
	given(XTCP_ESTABLISHED);
	arrives(.seq = rig.irs + 1 + RCVD_BYTES, .flags = R);
	EXPECT(!law_broken(&rig.before, &rig.e, &rig.o, &rig.r));
}

static void sound_challenge(void)
{
	given(XTCP_ESTABLISHED);
	arrives(.seq = rig.irs, .flags = S);
	EXPECT(!law_broken(&rig.before, &rig.e, &rig.o, &rig.r));
}

TEST(law__impossible_cell)
{
	sound_text();
	rig.o.todo |= XTCP_DO_BUG;
	breaks("an IMPOSSIBLE cell, or an edge the table does not know");
}

TEST(law__unknown_edge)
{
	sound_text();
	rig.r.state = XTCP_LISTEN;
	breaks("an edge that RFC 9293 does not know");
}

TEST(law__orders_of_another_state)
{
	sound_text();
	rig.o.to = XTCP_FIN_WAIT_1;
	breaks("the orders name other states than the record");
}

TEST(law__invariant)
{
	sound_text();
	rig.r.flags |= XTCP_F_FIN_QUEUED;
	breaks("a FIN is queued where text may be written");
}

TEST(law__initial_number_changed)
{
	sound_text();
	rig.r.irs++;
	breaks("an initial number changed");
}

TEST(law__snd_una_back)
{
	sound_text();
	rig.r.snd_una--;
	breaks("SND.UNA went back");
}

TEST(law__snd_nxt_back)
{
	sound_text();
	rig.r.snd_nxt--;
	breaks("SND.NXT went back");
}

TEST(law__rcv_nxt_back)
{
	sound_text();
	rig.r.rcv_nxt -= 20;
	breaks("RCV.NXT went back");
}

TEST(law__window_shrinks)
{
	sound_text();
	rig.r.rcv_adv--;
	breaks("the window's right edge went back (SHLD-14)");
}

TEST(law__rst_answered)
{
	sound_rst();
	rig.o.todo |= XTCP_DO_ACK;
	breaks("a RST was answered");
}

TEST(law__rst_sent_and_lived_on)
{
	sound_text();
	rig.o.todo |= XTCP_DO_RST;
	breaks("a synchronised connection sent RST and lived on");
}

TEST(law__challenge_without_drop)
{
	sound_challenge();
	rig.o.todo &= ~(u32)XTCP_DO_DROPPED;
	breaks("challenged what it did not drop");
}

TEST(law__more_text_than_came)
{
	sound_text();
	rig.o.text_off = 1;
	breaks("took more text than came");
}

TEST(law__text_beyond_window)
{
	sound_text();
	rig.before.rcv_adv = rig.before.rcv_nxt + 1;
	breaks("took text beyond the window");
}

TEST(law__rcv_nxt_moved_by_nothing)
{
	sound_text();
	rig.r.rcv_nxt++;
	breaks("RCV.NXT moved by other than text and FIN");
}

TEST(law__end_without_free)
{
	sound_rst();
	rig.o.todo &= ~(u32)XTCP_DO_FREE;
	breaks("FREE and the end in CLOSED disagree");
}

TEST(law__end_without_reason)
{
	sound_rst();
	rig.r.reason = XTCP_R_NONE;
	breaks("ended without a reason");
}

TEST(law__reason_without_end)
{
	sound_text();
	rig.r.reason = XTCP_R_ABORTED;
	breaks("a reason for an end that is none");
}

TEST(law__drop_without_reason)
{
	sound_challenge();
	rig.o.reason = XTCP_R_NONE;
	breaks("dropped without a reason");
}

TEST(law__error_without_number)
{
	sound_rst();
	rig.o.error = XTCP_ERR_NONE;
	breaks("ERROR and its number disagree");
}

TEST(law__time_in_state_anew)
{
	sound_text();
	rig.r.since_ms++;
	breaks("the time in a state began anew without a change");
}

TEST(law__timer_set_and_stopped)
{
	sound_rst();
	rig.o.todo |= XTCP_DO_TIMER | XTCP_DO_NO_TIMER;
	breaks("the timer is both set and stopped");
}

TEST(law__timer_for_nothing)
{
	sound_text();
	rig.o.todo |= XTCP_DO_TIMER;
	breaks("set a timer for nothing");
}

TEST(law__timer_stopped_that_is_needed)
{
	given(XTCP_TIME_WAIT);
	arrives(.seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt, .flags = A);
	rig.o.todo |= XTCP_DO_NO_TIMER;
	breaks("stopped a timer that is needed");
}

TEST(law__timer_changed_in_secret)
{
	given(XTCP_TIME_WAIT);
	arrives(.seq = rig.r.rcv_nxt, .ack = rig.r.snd_nxt, .flags = A);
	rig.r.expires_ms++;
	breaks("the timer changed behind the host's back");
}

TEST(law__short_way_record)
{
	sound_text();
	rig.r.snd_wl2--;
	breaks("the short way leaves another record");
}

TEST(law__short_way_orders)
{
	sound_text();
	rig.o.todo |= XTCP_DO_ACK;
	breaks("the short way gives other orders");
}
