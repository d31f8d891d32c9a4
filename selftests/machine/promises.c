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
	if (!kept && !world_broken)
		world_broken = text;
}

/* The bytes really are the peer's, from this incarnation, and the next ones. */
void check_text(struct world *w, u8 end, const struct packet *p, u32 off)
{
	u8 life = peer_life(w, end);

	promise(p->life == life, "text of another connection was taken");
	promise(p->seq + off - world_iss(w, peer_of(w, end), life) - 1 ==
		my_life(w, end)->taken, "text was taken at the wrong place");
}

void check_eof(struct world *w, u8 end)
{
	const struct life *peer = life_at(w, peer_of(w, end), peer_life(w, end));

	promise(peer->ended, "end of file that the peer did not say");
	promise(my_life(w, end)->taken == peer->written,
		"end of file before the last byte");
}

/* Established: the one at the other end must know, and mean us. */
void check_open(struct world *w, u8 end)
{
	struct end *me = &w->end[end];
	u8 life = peer_life(w, end);

	promise(life, "a connection with nobody");
	my_life(w, end)->peer = life;
	if (me->r.opened != XTCP_OPENED_PASSIVE)
		return;
	promise(life_at(w, peer_of(w, end), life)->peer == me->life,
		"a ghost in accept: the peer never meant this connection");
	me->user = 1;
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
	promise(r->snd_una - r->iss <= arrived,
		"something was acknowledged that never arrived");
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
