// SPDX-License-Identifier: GPL-2.0-only
/*
 * Laws that never fail prove nothing unless they can. Each is shown a machine or a
 * host that breaks it, and must say so.
 */
#include "scene.h"

#define CATCHES(what, from, spoilt, told, ...) \
	{ .name = "law__catches_" #what, .set_up = (from), .fault = (spoilt), \
	  .breaks = (told), RULES(__VA_ARGS__) }

const struct scenario laws[] = {
	CATCHES(text_twice, client_server, TAKES_OLD_TEXT,
		"text was taken at the wrong place",
		1, 0, BOTH_CLOSE, PATIENT),
	CATCHES(text_of_another, time_wait, NO_TIME_WAIT,
		"text of another connection was taken",
		1, 1, BOTH_CLOSE, PATIENT, .numbers = -1, .no_calm = true,
		.only = true),
	CATCHES(text_kept_of_another, time_wait, NO_TIME_WAIT,
		"text of another connection was stored",
		1, 1, BOTH_CLOSE, PATIENT, .numbers = -1, .no_calm = true),
	CATCHES(early_end_of_file, established, EOF_OUT_OF_ORDER,
		"end of file before the last byte",
		1, 0, BOTH_CLOSE, PATIENT),
	CATCHES(end_of_file_unsaid, established, EOF_ON_RST,
		"end of file that the peer did not say",
		0, 0, ANYTHING, PATIENT),
	CATCHES(ghost, stale_syn, TWO_SEGMENT_OPENING,
		"a ghost in accept: the peer never meant this connection",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(second_connection, client_server, TWO_PER_PAIR,
		"a second connection of the same pair",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(ack_of_nothing, established, ACKS_AHEAD,
		"something was acknowledged that never arrived",
		2, 0, BOTH_CLOSE, PATIENT),
	CATCHES(cut_short, established, TWO_SEGMENT_CLOSE,
		"closed in order, though bytes of its own never arrived",
		0, 1, BOTH_CLOSE, PATIENT),
	CATCHES(stuck, established, FORGETS_FIN,
		"stuck: no timer and nothing to send",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(endless, established, DEAF_TO_TIME_OUTS,
		"an end gave up, though nothing is lost any more",
		1, 0, BOTH_CLOSE, PATIENT),
	CATCHES(record_for_ever, established, DEAF_TO_LIFE_TIMER,
		"a record stays for ever, though everybody closed",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(impossible_cell, established, IMPOSSIBLE_EVENT,
		"an IMPOSSIBLE cell, or an edge the table does not know",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(unknown_edge, client_server, UNKNOWN_EDGE,
		"an edge that RFC 9293 does not know",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(war_of_acks, attacked_twice, ENDLESS_ANSWERS,
		"segments answer segments for ever",
		0, 0, BIT(ACT_FORGE), PATIENT, .attack = KNOWING,
		.no_calm = true),
	CATCHES(connection_with_nobody, attacked, TWO_SEGMENT_OPENING,
		"a connection with nobody",
		0, 0, BIT(ACT_FORGE), .attack = BLIND, .only = true),
	CATCHES(bytes_missing, established, TWO_SEGMENT_CLOSE,
		"closed in order, though bytes of the peer never came",
		0, 1, BOTH_CLOSE, PATIENT, .only = true),
	CATCHES(blind_reset, attacked, BELIEVES_ANY_RST,
		"a segment from one who knows no numbers changed a connection",
		0, 0, OPEN_CLOSE | BIT(ACT_FORGE), PATIENT, .attack = BLIND),
	CATCHES(long_orders, client_server, LONG_ORDERS,
		"the orders were written beyond their end",
		0, 0, OPEN_CLOSE, PATIENT),
	CATCHES(two_segments, attacked, MANY_ORDERS,
		"two segments in one step",
		0, 0, OPEN_CLOSE | BIT(ACT_FORGE), PATIENT, .attack = BLIND),
};

const size_t law_count = sizeof(laws) / sizeof(laws[0]);
