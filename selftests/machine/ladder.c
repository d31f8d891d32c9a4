// SPDX-License-Identifier: GPL-2.0-only
/* A trace as people draw it: A left, B right, what happens between them. */
#include <stdio.h>
#include "world.h"

static const char *const act_names[ACTS] = {
	[ACT_DELIVER] = "arrives", [ACT_REPEAT] = "arrives (and stays under way)",
	[ACT_LOSE] = "is lost", [ACT_OPEN] = "connects",
	[ACT_WRITE] = "writes a byte", [ACT_SHUT_WRITE] = "shuts writing",
	[ACT_SHUT_READ] = "shuts reading", [ACT_CLOSE] = "closes",
	[ACT_CLOSE_UNREAD] = "closes with bytes unread",
	[ACT_ABORT] = "aborts", [ACT_SEND] = "sends what is next",
	[ACT_SEND_ALL] = "sends all it has", [ACT_ACK] = "delayed ACK is due",
	[ACT_RETRANSMIT] = "retransmission time-out",
	[ACT_LIFE_OVER] = "life timer fires",
};

static const char *const flag_names[] = { "FIN", "SYN", "RST", "PSH", "ACK" };

static u8 sender(const struct world *w, const struct packet *p)
{
	return w->self ? 0 : !p->to;
}

/* Numbers are counted from the sender's and the receiver's ISS. */
static void print_packet(const struct world *w, const struct packet *p)
{
	u8 from = sender(w, p), i, l;
	long seq = (s32)(p->seq - world_iss(w, from, p->life));
	long ack = 0;

	for (i = 0; i < 5; i++)
		if (p->flags >> i & 1)
			printf("%s ", flag_names[i]);
	for (l = 1; l <= LIVES; l++)
		if (p->ack - world_iss(w, p->to, l) < 16) {
			ack = (s32)(p->ack - world_iss(w, p->to, l));
			break;
		}
	printf("seq %c%u+%ld", from ? 'b' : 'a', p->life, seq);
	if (p->flags & XTCP_ACK)
		printf(" ack %c%u+%ld", p->to ? 'b' : 'a', l, ack);
	if (p->len)
		printf(" len %u", p->len);
}

static bool contains(const struct world *w, const struct packet *p)
{
	size_t i;

	for (i = 0; i < IN_FLIGHT; i++)
		if (w->net[i].used && w->net[i].seq == p->seq &&
		    w->net[i].ack == p->ack && w->net[i].to == p->to &&
		    w->net[i].flags == p->flags && w->net[i].len == p->len)
			return true;
	return false;
}

void ladder_head(const struct world *w)
{
	size_t i;

	printf("#      %-12s %-12s\n", "A", w->self ? "" : "B");
	for (i = 0; i < IN_FLIGHT; i++) {
		if (!w->net[i].used)
			continue;
		printf("#      under way from before: ");
		print_packet(w, &w->net[i]);
		printf("\n");
	}
}

static const char *state_of(const struct world *w, u8 end)
{
	const struct end *e = &w->end[end];

	if (end && w->self)
		return "";
	if (e->r.state == XTCP_CLOSED && e->listens)
		return "LISTEN";
	return xtcp_state_name(e->r.state);
}

void ladder_step(unsigned int number, const struct world *before,
		 const struct world *after, enum act what, u8 arg)
{
	size_t i;

	printf("# %4u  %-12s %-12s ", number, state_of(after, 0),
	       state_of(after, 1));
	if (what <= ACT_LOSE) {
		const struct packet *p = &before->net[arg];

		print_packet(before, p);
		printf(" %s%s", act_names[what],
		       what == ACT_LOSE ? "" : p->to ? " at B" : " at A");
	} else {
		printf("%c %s", arg ? 'B' : 'A', act_names[what]);
	}
	for (i = 0; i < IN_FLIGHT; i++) {
		const struct packet *p = &after->net[i];

		if (!p->used || contains(before, p))
			continue;
		printf(sender(after, p) ? "   <-- " : "   --> ");
		print_packet(after, p);
	}
	printf("\n");
}
