// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attacker who makes up segments. The blind one knows the two ends and guesses
 * numbers: in the window, outside it, acks for what was never sent or long ago.
 * The knowing one reads the wire, and hits RCV.NXT and SND.NXT when he likes. Each
 * tries every combination of FIN, SYN, RST and ACK, with text and without.
 */
#include "world.h"

#define FAR	0x40000000u

enum seq_guess {
	IN_WINDOW,
	WINDOW_END,
	BEYOND,
	BEFORE,
	FAR_OFF,
	BLIND_SEQS,
	NEXT = BLIND_SEQS,
	LAST,
	FIRST,
	SEQS,
};

enum ack_guess {
	UNSENT,
	TOO_OLD,
	FAR_ACK,
	BLIND_ACKS,
	ALL_SENT = BLIND_ACKS,
	NOTHING_NEW,
	ACKS,
};

#define WITHOUT_ACK	16	/* FIN, SYN, RST, and text or none */

static u16 seqs(void)
{
	return world_attack == BLIND ? BLIND_SEQS : SEQS;
}

static u16 acks(void)
{
	return world_attack == BLIND ? BLIND_ACKS : ACKS;
}

/* Those without ACK first; with it there is another number to guess. */
u16 forgeries(void)
{
	if (world_attack == NO_ATTACK)
		return 0;
	return WITHOUT_ACK * seqs() * (1 + acks());
}

/*
 * Where no window is known yet the numbers to guess are the peer's own, and any
 * near them is a hit: the blind miss by far.
 */
static u32 next_expected(const struct world *w, u8 end)
{
	const struct end *me = &w->end[end], *peer = &w->end[peer_of(w, end)];
	u32 next = world_iss(w, peer_of(w, end), peer->life) + 1;

	if (xtcp_in(&me->r, XTCP_SYNCHRONISED | XTCP_S(SYN_RCVD)))
		return me->r.rcv_nxt;
	return world_attack == BLIND ? next + FAR / 2 : next;
}

static u32 guess_seq(const struct world *w, u8 end, u16 guess)
{
	u32 next = next_expected(w, end);

	switch (guess) {
	case IN_WINDOW:
		return next + 1;
	case WINDOW_END:
		return next + WINDOW - 1;
	case BEYOND:
		return next + WINDOW + 1;
	case BEFORE:
		return next - WINDOW;
	case FAR_OFF:
		return next + FAR;
	case LAST:
		return next - 1;
	case FIRST:
		return w->end[end].r.irs;
	default:
		return next;
	}
}

static u32 guess_ack(const struct world *w, u8 end, u16 guess)
{
	const struct end *me = &w->end[end];
	bool open = me->r.state != XTCP_CLOSED;
	u32 next = open ? me->r.snd_nxt : world_iss(w, end, me->life) + 1;
	u32 una = open ? me->r.snd_una : next;

	switch (guess) {
	case UNSENT:
		return next + 1;
	case TOO_OLD:
		return una - WINDOW - 1;
	case FAR_ACK:
		return next + FAR;
	case NOTHING_NEW:
		return una;
	default:
		return next;
	}
}

/* @which is 2 * shape + end; a shape is flags and text, seq guess, ack guess. */
void forged_packet(const struct world *w, u16 which, struct packet *p)
{
	u16 shape = which / 2, bits = shape % WITHOUT_ACK, ack;
	u8 end = which % 2;

	shape /= WITHOUT_ACK;
	ack = shape / seqs();
	*p = (struct packet){
		.to = end, .life = FORGED, .used = 1, .len = bits >> 3,
		.wnd = world_window,
		.flags = bits & (XTCP_FIN | XTCP_SYN | XTCP_RST),
		.seq = guess_seq(w, end, shape % seqs()),
	};
	if (p->len)
		p->flags |= XTCP_PSH | XTCP_URG;
	if (!ack)
		return;
	p->flags |= XTCP_ACK;
	p->ack = guess_ack(w, end, ack - 1);
}

/* It arrives at once: waiting under way would add nothing. */
void forge(struct world *w, u16 which)
{
	struct xtcp_record before;
	struct packet p;

	forged_packet(w, which, &p);
	before = w->end[p.to].r;
	w->forgeries--;
	if (world_attack == KNOWING)
		w->tainted = 1;
	deliver(w, &p);
	if (world_attack == BLIND)
		check_blind(w, p.to, &before, &p);
}
