// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a rule of TCP's is for: the machine without it, and the shortest way to
 * the harm. Prints Documentation/counterfactuals.rst.
 */
#include <stdio.h>
#include "counterfactuals.h"
#include "scene.h"
#include "store.h"

#define WIDTH	79

#define INSTEAD(what, from, rule, harm, ...) \
	.s = { .name = "counterfactual__" #what, .set_up = (from), \
	       .fault = (rule), .breaks = (harm), RULES(__VA_ARGS__) }

const struct counterfactual counterfactuals[] = {
	{
		INSTEAD(two_segment_opening, stale_syn, TWO_SEGMENT_OPENING,
			"a ghost in accept: the peer never meant this connection",
			0, 0, OPEN_CLOSE, PATIENT, .only = true),
		.title = "An opening of two segments",
		.question = "Why does an opening take three segments?",
		.rule = "Instead a listener's connection is open as soon as its SYN+ACK "
			"is sent: nobody waits for the third segment.",
		.harm = "A SYN of a connection that ended long ago was delayed in "
			"the network and arrives now. The server has a connection, "
			"and ``accept()`` returns it, that no client ever asked for.",
		.remedy = "With the third segment the server waits for an ack of its "
			  "own number. A peer that meant nothing answers RST, and a "
			  "silent one nothing: the half-open connection goes, and "
			  "``accept()`` never hears of it.",
	},
	{
		INSTEAD(two_segment_close, quiet, TWO_SEGMENT_CLOSE,
			"closed in order, though bytes of its own never arrived",
			0, 1, BOTH_CLOSE, PATIENT, .only = true),
		.title = "A close of two segments",
		.question = "Why are there two FINs, one for each direction?",
		.rule = "Instead one FIN and its ACK end both directions: whoever receives "
			"a FIN acknowledges it and is done, and so is whoever "
			"receives that ACK.",
		.harm = "The server had a byte to send when the client's FIN came. "
			"Both ends report an orderly close, and the byte is lost "
			"without a word.",
		.remedy = "A FIN ends one direction. The server is in CLOSE_WAIT, "
			  "where it may write for as long as it likes, and its own "
			  "FIN says that there is no more.",
	},
	{
		INSTEAD(no_time_wait, time_wait, NO_TIME_WAIT,
			"text of another connection was taken",
			1, 1, BOTH_CLOSE, .numbers = -1, PATIENT, .only = true),
		.title = "No TIME_WAIT",
		.question = "Why does the end that closed first wait for 2 MSL?",
		.rule = "Instead the end that closed first forgets the connection as soon "
			"as it has acknowledged the peer's FIN.",
		.harm = "The same two ends connect again at once, with initial "
			"numbers (x', y') that lie just below the old ones. Copies "
			"of the old connection's bytes are still under way, fit "
			"the new window, and are delivered to the new reader.",
		.remedy = "In TIME_WAIT the new SYN is answered by an ACK that the "
			  "newcomer refuses, and it tries again. When 2 MSL are "
			  "over, so is every old segment. (A SYN whose number or "
			  "timestamp proves that it is newer than all of them need "
			  "not wait: RFC 6191.)",
	},
	{
		INSTEAD(unlimited_answers, stale_syn, ENDLESS_ANSWERS,
			"segments answer segments for ever",
			0, 0, OPEN_CLOSE, .only = true),
		.title = "Answers without a limit",
		.question = "Why are challenge ACKs limited in rate?",
		.rule = "Instead every segment that does not fit is answered by an "
			"ACK at once, as often as one comes (RFC 793).",
		.harm = "The server gave up a half-open connection before its "
			"slow SYN+ACK arrived, and a late SYN made it half open "
			"another one of the same pair. Now the slow SYN+ACK "
			"arrives, and the client believes in the first. From then "
			"on each ACK of either end is outside the other's window, "
			"and is answered by an ACK.",
		.remedy = "RFC 5961 limits such answers. The circle breaks, and "
			  "when the server repeats its SYN+ACK in vain it "
			  "forgets what was half open.",
	},
};

const size_t counterfactual_count =
	sizeof(counterfactuals) / sizeof(counterfactuals[0]);

struct scenario counterfactual_with_rule(const struct counterfactual *c)
{
	struct scenario s = c->s;

	s.fault = SOUND;
	s.breaks = NULL;
	s.rules.only = false;
	return s;
}

static void underlined(const char *title, char line)
{
	size_t i;

	printf("%s\n", title);
	for (i = 0; title[i]; i++)
		putchar(line);
	printf("\n\n");
}

/* A paragraph, in lines that are not too long */
static void paragraph(const char *text)
{
	int column = 0;

	while (*text) {
		int word = strcspn(text, " ");

		if (column && column + 1 + word > WIDTH) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%.*s", column ? " " : "", word, text);
		text += word;
		text += *text == ' ';
	}
	printf("\n\n");
}

static void print_head(void)
{
	paragraph("What a rule of TCP's is for shows best where it is missing. "
		  "Each section changes one rule of XTCP's machine and lets the "
		  "exploration (`proof.rst <proof.rst>`__) look for harm, breadth "
		  "first: the ladder is the shortest way there. A segment is "
		  "drawn when it arrives. x and y are the initial sequence "
		  "numbers of A and B, x' and y' those of their next connection.");
	paragraph("This page is made by ``make docs``. The tests "
		  "``counterfactual__NAME`` in ``selftests/machine`` find each "
		  "harm anew, and none in the same worlds where the rule is in "
		  "force.");
}

static bool print_one(const struct counterfactual *c)
{
	struct finding f;

	underlined(c->title, '-');
	printf("*%s*\n\n", c->question);
	paragraph(c->rule);
	paragraph(c->harm);
	printf("::\n\n");
	if (explore(&c->s, 0, &f) || strcmp(f.broken, c->s.breaks))
		return false;
	print_ladder(&c->s, &f);
	printf("\nThe promise that broke: *%s*.\n\n", f.broken);
	paragraph(c->remedy);
	return true;
}

bool print_counterfactuals(void)
{
	size_t i;

	printf(".. %s: GPL-2.0-only\n\n", "SPDX-License-Identifier");
	underlined("Counterfactuals", '=');
	print_head();
	for (i = 0; i < counterfactual_count; i++)
		if (!print_one(&counterfactuals[i]))
			return false;
	return true;
}
