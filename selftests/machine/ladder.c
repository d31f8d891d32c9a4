// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace as people draw it: A left, B right, what happens between them. A segment
 * is drawn when it arrives, or when it is lost.
 */
#include <stdio.h>
#include "world.h"

#define LANE	46

static const char *const act_names[ACTS] = {
	[ACT_OPEN] = "connects", [ACT_WRITE] = "writes a byte",
	[ACT_SHUT_WRITE] = "shuts writing", [ACT_SHUT_READ] = "shuts reading",
	[ACT_CLOSE] = "closes", [ACT_CLOSE_UNREAD] = "closes, bytes unread",
	[ACT_ABORT] = "aborts", [ACT_LISTEN] = "listens",
	[ACT_UNLISTEN] = "listens no more", [ACT_READ] = "reads a byte",
	[ACT_PROBE] = "probes the window", [ACT_SEND] = "sends what is next",
	[ACT_SEND_ALL] = "sends all it has", [ACT_ACK] = "delayed ACK is due",
	[ACT_RETRANSMIT] = "retransmission time-out",
	[ACT_LIFE_OVER] = "its time is over", [ACT_GIVE_UP] = "user time-out",
	[ACT_EVICT] = "is evicted", [ACT_ICMP_HARD] = "ICMP: refused",
	[ACT_ICMP_SOFT] = "ICMP: trouble", [ACT_FULL] = "accept queue: full, or not",
	[ACT_CROWDED] = "cookies: on, or off", [ACT_CRASH] = "dies and comes back",
	[ACT_TICK] = "the clock ticks", [ACT_PERIOD] = "a cookie period is over",
};

static const char *const flag_names[] = {
	"FIN", "SYN", "RST", "PSH", "ACK", "URG",
};

static u8 sender(const struct world *w, const struct packet *p)
{
	return w->self ? 0 : !p->to;
}

/* x is A's first ISS, y is B's; with a stroke for each later incarnation. */
static int print_number(char *text, size_t size, const struct world *w, u8 end,
			u8 life, u32 number)
{
	s32 from_iss = number - world_iss(w, end, life);
	u8 first = world_first_life(end), strokes = 0;
	char letter = end ? 'y' : 'x';
	int n;

	if (life > first)
		strokes = life < COOKIE_LIFE ? life - first : 0;
	n = snprintf(text, size, "%s%c%.*s",
		     life < first ? "old " : life < COOKIE_LIFE ? "" : "cookie ",
		     letter, strokes, "''''");
	if (from_iss)
		n += snprintf(text + n, size - n, "%+d", from_iss);
	return n;
}

/* Whose number may that be? The present incarnation's, if it may at all. */
static u8 owner(const struct world *w, u8 end, u32 number)
{
	u8 life = w->end[end].life;

	if (life && number - world_iss(w, end, life) < 8)
		return life;
	for (life = 1; life <= LIVES; life++)
		if (number - world_iss(w, end, life) < 8)
			return life;
	return w->end[end].life;
}

static void print_packet(char *text, size_t size, const struct world *w,
			 const struct packet *p)
{
	u8 from = sender(w, p), life = p->life;
	int n = 0;
	size_t i;

	for (i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (p->flags >> i & 1)
			n += snprintf(text + n, size - n, "%s%s",
				      n ? "," : "", flag_names[i]);
	n += snprintf(text + n, size - n, "%sseq=", n ? " " : "");
	if (!life || life == FORGED)
		life = owner(w, from, p->seq);
	if (p->seq || p->life)
		n += print_number(text + n, size - n, w, from, life, p->seq);
	else
		n += snprintf(text + n, size - n, "0");
	if (p->flags & XTCP_ACK) {
		n += snprintf(text + n, size - n, " ack=");
		n += print_number(text + n, size - n, w, p->to,
				  owner(w, p->to, p->ack), p->ack);
	}
	if (p->len)
		n += snprintf(text + n, size - n, " len=%u", p->len);
	if (world_reads)
		snprintf(text + n, size - n, " win=%u", p->wnd);
}

/* ---- lines ---- */

static const char *state_of(const struct world *w, u8 end)
{
	const struct end *e = &w->end[end];

	if (end && w->self)
		return "";
	if (e->r.state == XTCP_CLOSED && e->listens)
		return "LISTEN";
	return xtcp_state_name(e->r.state);
}

static void dashes(int count)
{
	while (count-- > 0)
		putchar('-');
}

static void print_arrow(const char *text, bool right, bool lost)
{
	int room = LANE - 4 - (int)strlen(text) - (lost ? 5 : 0);

	printf("|%s", right ? "" : lost ? "     X" : "<");
	dashes(room / 2);
	printf(" %s ", text);
	dashes(room - room / 2);
	printf("%s|", !right ? "" : lost ? "X     " : ">");
}

static void print_line(const char *margin, unsigned int number,
		       const struct world *w)
{
	printf("%s%3u  %12s ", margin, number, state_of(w, 0));
}

void ladder_names(const char *margin)
{
	printf("%s     %12s %*s\n", margin, "A", LANE + 3, "B");
}

void ladder_under_way(const struct world *w, const char *margin)
{
	char text[96];
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++) {
		if (!w->net[i].used)
			continue;
		print_packet(text, sizeof(text), w, &w->net[i]);
		printf("%s     under way from before, to %c: %s\n", margin,
		       w->net[i].to ? 'B' : 'A', text);
	}
}

static const char *remark(enum act what)
{
	switch (what) {
	case ACT_REPEAT:
		return "  (a copy stays under way)";
	case ACT_FORGE:
		return "  (forged)";
	default:
		return "";
	}
}

void ladder_step(const char *margin, unsigned int number,
		 const struct world *before, const struct world *after,
		 enum act what, u16 arg)
{
	struct packet p;
	char text[96];

	print_line(margin, number, after);
	if (what < ACT_OPEN) {
		if (what == ACT_FORGE)
			forged_packet(before, arg, &p);
		else
			p = before->net[arg];
		print_packet(text, sizeof(text), before, &p);
		print_arrow(text, p.to || before->self, what == ACT_LOSE);
	} else {
		printf(arg ? "| %*s |" : "| %-*s |", LANE - 2, act_names[what]);
	}
	printf(" %s%s\n", state_of(after, 1), remark(what));
}
