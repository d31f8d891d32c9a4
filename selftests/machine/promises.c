// SPDX-License-Identifier: GPL-2.0-only
/* What XTCP promises its users, held against what truly happened. */
#include "world.h"
#include "law.h"

const char *world_broken;
u32 world_cells[XTCP_STATES][XTCP_EVENTS];

/* Some end gave up since somebody cleared this. */
bool world_gave_up;

void promise(bool kept, const char *text)
{
	if (kept || world_broken)
		return;
	if (!world_sought || !strcmp(world_sought, text))
		world_broken = text;
}

/* Who reads the numbers on the wire can say anything in the peer's name. */
static void promise_told(const struct world *w, bool kept, const char *text)
{
	promise(kept || w->tainted, text);
}

void check_stored(struct world *w, u8 end, const struct packet *p)
{
	promise_told(w, p->life == peer_life(w, end),
		     "text of another connection was stored");
}

void check_stored_text(struct world *w, u8 end, u32 place)
{
	promise_told(w, !(w->end[end].alien >> place & 1),
		     "text of another connection was taken");
}

/* The bytes really are the peer's, from this incarnation, and the next ones. */
void check_text(struct world *w, u8 end, const struct packet *p, u32 off)
{
	u8 life = peer_life(w, end);
	u32 first = world_iss(w, peer_of(w, end), life) + 1;

	promise_told(w, p->life == life, "text of another connection was taken");
	off += !!(p->flags & XTCP_SYN);
	promise_told(w, p->seq + off - first == my_life(w, end)->taken,
		     "text was taken at the wrong place");
}

void check_eof(struct world *w, u8 end)
{
	const struct life *peer = life_at(w, peer_of(w, end), peer_life(w, end));

	promise_told(w, peer->ended, "end of file that the peer did not say");
	promise_told(w, my_life(w, end)->taken == peer->written,
		     "end of file before the last byte");
}

/* The table has one place for a pair. */
void check_alone(struct world *w, u8 end)
{
	promise(w->end[end].r.state == XTCP_CLOSED,
		"a second connection of the same pair");
}

/* Established: the one at the other end must know, and mean us. */
void check_open(struct world *w, u8 end)
{
	struct end *me = &w->end[end];
	u8 life = peer_life(w, end), other;

	promise_told(w, life, "a connection with nobody");
	for (other = 1; other <= LIVES; other++)
		promise_told(w, other == me->life || !life ||
			     life_at(w, end, other)->peer != life,
			     "one connection of the peer's, but two here");
	my_life(w, end)->peer = life;
	if (me->r.opened != XTCP_OPENED_PASSIVE &&
	    me->r.opened != XTCP_OPENED_COOKIE)
		return;
	me->user = 1;
	promise_told(w, life_at(w, peer_of(w, end), life)->peer == me->life,
		     "a ghost in accept: the peer never meant this connection");
}

/* Acknowledged means arrived: the peer's incarnation took it. */
void check_acked(struct world *w, u8 end)
{
	const struct xtcp_record *r = &w->end[end].r;
	const struct life *peer;
	u32 arrived;

	if (!xtcp_in(r, XTCP_SYNCHRONISED))
		return;
	peer = life_at(w, peer_of(w, end), peer_life(w, end));
	arrived = 1 + peer->taken + peer->fin_taken;
	promise_told(w, r->snd_una - r->iss <= arrived,
		     "something was acknowledged that never arrived");
}

/* Who closes in order was heard to the end, and heard the peer to the end. */
void check_cut_short(struct world *w, u8 end)
{
	const struct life *mine = my_life(w, end);
	const struct life *peer = life_at(w, peer_of(w, end), peer_life(w, end));

	promise_told(w, peer->taken == mine->written,
		     "closed in order, though bytes of its own never arrived");
	promise_told(w, mine->taken == peer->written,
		     "closed in order, though bytes of the peer never came");
}

void check_orderly(struct world *w, u8 end, const struct xtcp_record *before,
		   const struct xtcp_orders *o)
{
	bool waits = o->to == XTCP_TIME_WAIT && before->state != o->to;
	const struct life *peer;

	if (!waits && !((o->todo & XTCP_DO_FREE) &&
			o->reason == XTCP_R_CLOSED_ORDERLY))
		return;
	peer = life_at(w, peer_of(w, end), peer_life(w, end));
	promise_told(w, peer->fin_taken && peer->ended,
		     "closed in order, though the peer did not");
	check_cut_short(w, end);
}

/* Nobody else will ever move it on, so something here must. */
void check_not_stuck(struct world *w, u8 end)
{
	const struct xtcp_record *r = &w->end[end].r;
	const u32 must_move = XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD) |
			      XTCP_S(FIN_WAIT_1) | XTCP_S(CLOSING) |
			      XTCP_S(LAST_ACK) | XTCP_S(TIME_WAIT);

	if (!xtcp_in(r, must_move))
		return;
	promise(r->timer != XTCP_LIFE_NONE || r->snd_una != r->snd_nxt ||
		fin_unsent(w, end), "stuck: no timer and nothing to send");
}

/*
 * RFC 5961: a segment with neither RCV.NXT for its number nor an ack that we
 * wait for changes nothing. Only what an answer tells, the window, may differ.
 * Two doors are open by design: a SYN to SYN_SENT (3.5) and a newer SYN to
 * TIME_WAIT where somebody listens (RFC 6191).
 */
void check_blind(const struct world *w, u8 end,
		 const struct xtcp_record *before, const struct packet *p)
{
	struct xtcp_record after = w->end[end].r;
	bool syn = p->flags & XTCP_SYN;

	if (syn && (before->state == XTCP_SYN_SENT ||
		    (before->state == XTCP_TIME_WAIT && w->end[end].listens)))
		return;
	if (before->state == XTCP_CLOSED)
		return;
	after.rcv_adv = before->rcv_adv;
	after.last_ack_sent = before->last_ack_sent;
	promise(!memcmp(&after, before, sizeof(after)),
		"a segment from one who knows no numbers changed a connection");
}

/* Orders have a fixed size, and one step brings forth one segment at most. */
void check_orders(u64 guard, const struct xtcp_orders *o)
{
	u32 segments = o->todo & (XTCP_DO_SYN | XTCP_DO_SYN_ACK |
				  XTCP_DO_RETRANSMIT | XTCP_DO_ACK |
				  XTCP_DO_CHALLENGE | XTCP_DO_RST);

	promise(!guard, "the orders were written beyond their end");
	promise(!(segments & (segments - 1)), "two segments in one step");
}

void check_step(const struct xtcp_record *before, const struct xtcp_event *e,
		const struct xtcp_orders *o, const struct xtcp_record *after)
{
	const char *broken = law_broken(before, e, o, after);

	world_cells[before->state][o->event] |= 1u << after->state;
	promise(!broken, broken);
	/* An opening may give up: what answers an old SYN+ACK may be nobody. */
	if ((o->todo & XTCP_DO_FREE) &&
	    after->reason == XTCP_R_RETRANSMIT_TIMEOUT)
		world_gave_up = true;
}
