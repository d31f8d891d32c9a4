// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchman is watched: every fault that xtcp_invariant() knows is made once,
 * and what is next to it is none (RFC 9293 3.3.1, 3.3.2, 3.6).
 */
#include <string.h>
#include "rig.h"

static void finds(const char *file, int line, const char *fault)
{
	const char *found = xtcp_invariant(&rig.r);

	if (!found != !fault || (fault && strcmp(found, fault)))
		test_fail(file, line, "in %s: found \"%s\", expected \"%s\"",
			  xtcp_state_name(rig.r.state),
			  found ? found : "nothing", fault ? fault : "nothing");
}

#define FINDS(fault)	finds(HERE, fault)
#define SOUND()		finds(HERE, NULL)

#define EACH_STATE(state) \
	for ((state) = XTCP_ESTABLISHED; (state) < XTCP_STATES; (state)++)

TEST(invariant__what_the_bench_makes)
{
	u8 state;

	EACH_STATE(state) {
		given(state);
		SOUND();
	}
	given_crossed();
	SOUND();
}

TEST(invariant__no_such_state)
{
	given(XTCP_ESTABLISHED);
	rig.r.state = 0;
	FINDS("no such state");
	rig.r.state = XTCP_STATES;
	FINDS("no such state");
}

/* Before there are numbers they say nothing. */
TEST(invariant__no_numbers)
{
	static const enum xtcp_state states[] = { XTCP_CLOSED, XTCP_LISTEN };
	size_t i;

	for (i = 0; i < 2; i++) {
		given(states[i]);
		rig.r.snd_una = rig.r.snd_nxt + 1;
		rig.r.flags = XTCP_F_FIN_SENT;
		SOUND();
		rig.r.timer = XTCP_LIFE_HANDSHAKE;
		FINDS("handshake timer");
	}
	given(XTCP_SYN_SENT);
	rig.r.rcv_nxt = rig.r.rcv_adv + 1;
	SOUND();
}

/* ---- FINs ---- */

static bool our_fin(u8 state)
{
	return state == XTCP_FIN_WAIT_1 || state == XTCP_FIN_WAIT_2 ||
	       state == XTCP_CLOSING || state == XTCP_LAST_ACK ||
	       state == XTCP_TIME_WAIT;
}

static bool has_numbers(u8 state)
{
	return state != XTCP_CLOSED && state != XTCP_LISTEN;
}

static bool may_write(u8 state)
{
	return state == XTCP_ESTABLISHED || state == XTCP_CLOSE_WAIT;
}

static bool handshake(u8 state)
{
	return state == XTCP_SYN_SENT || state == XTCP_SYN_RCVD;
}

TEST(invariant__our_fin)
{
	u8 state;

	EACH_STATE(state) {
		given(state);
		rig.r.flags ^= XTCP_F_FIN_QUEUED;
		if (our_fin(state))
			FINDS("closed our direction without a FIN");
		else if (may_write(state))
			FINDS("a FIN is queued where text may be written");
		else
			SOUND();
	}
	EACH_STATE(state) {
		if (!has_numbers(state) || our_fin(state))
			continue;
		given(state);
		rig.r.flags |= XTCP_F_FIN_SENT;
		FINDS("sent a FIN that nobody queued");
	}
}

TEST(invariant__their_fin)
{
	u8 state;

	EACH_STATE(state) {
		given(state);
		rig.r.flags ^= XTCP_F_FIN_RCVD;
		if (has_numbers(state))
			FINDS("state and the peer's FIN disagree");
		else
			SOUND();
	}
}

TEST(invariant__orphan)
{
	u8 state;

	EACH_STATE(state) {
		given(state);
		rig.r.flags |= XTCP_F_ORPHAN;
		if (may_write(state))
			FINDS("an orphan that may write");
		else if (state == XTCP_FIN_WAIT_2)
			FINDS("FIN_WAIT_2 timer");
		else
			SOUND();
	}
}

/* ---- sequence numbers ---- */

TEST(invariant__send_numbers)
{
	u8 state;

	EACH_STATE(state) {
		if (!has_numbers(state))
			continue;
		given(state);
		rig.r.snd_una = rig.r.snd_nxt + 1;
		FINDS("SND.UNA beyond SND.NXT");
		given(state);
		rig.r.snd_una = rig.r.iss;
		if (handshake(state))
			SOUND();
		else
			FINDS("synchronised though our SYN is unacknowledged");
	}
	given(XTCP_ESTABLISHED);
	rig.r.snd_una = rig.r.snd_nxt;
	SOUND();
}

TEST(invariant__handshake_numbers)
{
	u8 state;

	EACH_STATE(state) {
		if (!handshake(state))
			continue;
		given(state);
		rig.r.snd_una++;
		FINDS("handshake with other numbers than ISS, ISS+1");
		given(state);
		rig.r.snd_nxt++;
		FINDS("handshake with other numbers than ISS, ISS+1");
	}
	given(XTCP_SYN_RCVD);
	rig.r.rcv_nxt++;
	FINDS("took text before the opening was complete");
}

TEST(invariant__receive_numbers)
{
	u8 state;

	EACH_STATE(state) {
		if (!has_numbers(state) || state == XTCP_SYN_SENT)
			continue;
		given(state);
		rig.r.rcv_adv = rig.r.rcv_nxt;
		SOUND();
		rig.r.rcv_adv--;
		FINDS("took more than the window allowed");
	}
}

TEST(invariant__our_fin_acknowledged)
{
	u8 state;

	EACH_STATE(state) {
		if (!our_fin(state))
			continue;
		given(state);
		if (state == XTCP_FIN_WAIT_2 || state == XTCP_TIME_WAIT) {
			rig.r.snd_una--;
			FINDS("our FIN is not acknowledged");
			continue;
		}
		rig.r.snd_una = rig.r.snd_nxt;
		FINDS("our FIN is acknowledged and nothing came of it");
		/* All that was sent is, but the FIN was not */
		given_fin_unsent(state);
		rig.r.snd_una = rig.r.snd_nxt;
		SOUND();
	}
}

/* ---- the life timer: one for each state that must not last for ever ---- */

static const char *timer_fault(u8 state, u8 timer, bool orphan)
{
	bool opening = timer == XTCP_LIFE_HANDSHAKE;
	bool msl = timer == XTCP_LIFE_TIME_WAIT;
	bool fin_timeout = timer == XTCP_LIFE_FIN_WAIT_2;

	if (handshake(state) != opening)
		return "handshake timer";
	if (msl ? state != XTCP_TIME_WAIT : state == XTCP_TIME_WAIT)
		return "2 MSL timer";
	if (state != XTCP_FIN_WAIT_2)
		orphan = false;
	if (orphan != fin_timeout)
		return "FIN_WAIT_2 timer";
	return NULL;
}

TEST(invariant__timers)
{
	u8 state, timer, orphan;

	EACH_STATE(state)
		for (timer = 0; timer <= XTCP_LIFE_TIME_WAIT; timer++)
			for (orphan = 0; orphan < 2; orphan++) {
				if (orphan && may_write(state))
					continue;
				given(state);
				rig.r.timer = timer;
				if (orphan)
					rig.r.flags |= XTCP_F_ORPHAN;
				FINDS(timer_fault(state, timer, orphan));
			}
}
