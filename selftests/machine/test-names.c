// SPDX-License-Identifier: GPL-2.0-only
/* Names and numbers that programs, manuals and other tools rely on. */
#include <netinet/tcp.h>
#include <string.h>
#include "rig.h"

typedef const char *naming(u8 number);

/* Each number below @count has a name of its own; what is beyond has none. */
static void names_differ(naming *name, unsigned int from, unsigned int count)
{
	unsigned int a, b;

	for (a = from; a < count; a++) {
		EXPECT(name(a)[0]);
		EXPECT(strcmp(name(a), "?"));
		for (b = from; b < a; b++)
			if (!strcmp(name(a), name(b)))
				test_fail(HERE, "%u and %u are both %s", a, b,
					  name(a));
	}
	EXPECT(!strcmp(name(count), "?"));
	EXPECT(!strcmp(name(255), "?"));
}

TEST(state_name__each_its_own)
{
	EXPECT(!strcmp(xtcp_state_name(0), "?"));
	names_differ(xtcp_state_name, 1, XTCP_STATES);
	EXPECT(!strcmp(xtcp_state_name(XTCP_FIN_WAIT_1), "FIN_WAIT_1"));
}

TEST(event_name__each_its_own)
{
	names_differ(xtcp_event_name, 0, XTCP_EVENTS);
	EXPECT(!strcmp(xtcp_event_name(XTCP_EV_SEGMENT), "SEGMENT"));
	EXPECT(!strcmp(xtcp_event_name(XTCP_EV_EVICT), "EVICT"));
}

TEST(reason_name__each_its_own)
{
	names_differ(xtcp_reason_name, 0, XTCP_REASONS);
	EXPECT(!strcmp(xtcp_reason_name(XTCP_R_PAWS), "Paws"));
}

TEST(reason_text__each_its_own)
{
	names_differ(xtcp_reason_text, 0, XTCP_REASONS);
}

TEST(opened_name__each_its_own)
{
	names_differ(xtcp_opened_name, 0, XTCP_OPENED_KINDS);
	EXPECT(!strcmp(xtcp_opened_name(XTCP_OPENED_SELF), "self"));
}

TEST(closing_name__each_its_own)
{
	names_differ(xtcp_closing_name, 0, XTCP_CLOSING_KINDS);
	EXPECT(!strcmp(xtcp_closing_name(XTCP_CLOSING_BOTH), "both"));
}

/* Who reads /proc/net/tcp, such as ss, reads our states' numbers as well. */
TEST(state_number__as_the_hosts)
{
	EXPECT_EQ(XTCP_ESTABLISHED, TCP_ESTABLISHED);
	EXPECT_EQ(XTCP_SYN_SENT, TCP_SYN_SENT);
	EXPECT_EQ(XTCP_SYN_RCVD, TCP_SYN_RECV);
	EXPECT_EQ(XTCP_FIN_WAIT_1, TCP_FIN_WAIT1);
	EXPECT_EQ(XTCP_FIN_WAIT_2, TCP_FIN_WAIT2);
	EXPECT_EQ(XTCP_TIME_WAIT, TCP_TIME_WAIT);
	EXPECT_EQ(XTCP_CLOSED, TCP_CLOSE);
	EXPECT_EQ(XTCP_CLOSE_WAIT, TCP_CLOSE_WAIT);
	EXPECT_EQ(XTCP_LAST_ACK, TCP_LAST_ACK);
	EXPECT_EQ(XTCP_LISTEN, TCP_LISTEN);
	EXPECT_EQ(XTCP_CLOSING, TCP_CLOSING);
}

/* A pair of state and event that does not exist has no cell. */
TEST(cell__outside_the_table)
{
	u8 state;

	for (state = XTCP_ESTABLISHED; state < XTCP_STATES; state++) {
		EXPECT(xtcp_cell(state, XTCP_EV_EVICT));
		EXPECT(!xtcp_cell(state, XTCP_EVENTS));
		EXPECT(!xtcp_cell(state, XTCP_EV_SEGMENT));
	}
	EXPECT(!xtcp_cell(XTCP_STATES, XTCP_EV_EVICT));
	EXPECT(!xtcp_cell(0, XTCP_EV_EVICT));
}

/* What cannot happen is told, and the record is left alone. */
TEST(step__impossible_cell)
{
	struct xtcp_record before;

	given(XTCP_TIME_WAIT);
	before = rig.r;
	rig.e.kind = XTCP_EV_OPEN_ACTIVE;
	xtcp_step(&rig.r, &rig.e, &rig.o);
	EXPECT_EQ(rig.o.todo, XTCP_DO_BUG);
	EXPECT_EQ(rig.o.from, XTCP_TIME_WAIT);
	EXPECT_EQ(rig.o.to, XTCP_TIME_WAIT);
	EXPECT(!memcmp(&before, &rig.r, sizeof(before)));
}
