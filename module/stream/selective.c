// SPDX-License-Identifier: GPL-2.0-only
/* Loss recovery with selective acknowledgments: see selective.h. */
#include "stream/stream.h"

/* RFC 6675 2: so many duplicates, or as much text beyond a hole */
#define DUPTHRESH	XTCP_DUPTHRESH
/* For how long what was lost may turn out not to have been */
#define UNDO_BYTES	0x10000000u

void xtcp_selective_init(struct xtcp_selective *v, u32 una)
{
	memset(v, 0, sizeof(*v));
	xtcp_rack_init(&v->rack, una);
}

bool xtcp_selective_blank(const struct xtcp_selective *v)
{
	return !v->undo.set && !v->frto && !v->timeouts &&
	       !v->fast_retransmits && !v->undone && !v->probes &&
	       !v->dsacks && v->rack.factor == 1 && !v->rack.persist &&
	       !v->rack.reordering && !v->rack.in_round;
}

/* Age of the timestamp that @f echoes; rather younger, as it counts in ms. */
static u32 echo_age_us(const struct xtcp_record *r,
		       const struct xtcp_ack_facts *f)
{
	const struct xtcp_segment *seg = f->seg;
	u32 age_ms = f->now_ms + r->ts_offset - seg->tsecr;

	if (!(r->flags & XTCP_F_TS) || !(seg->opts & XTCP_OPT_TS) ||
	    age_ms > XTCP_RTT_MAX_US / 1000)
		return ~0u;
	return age_ms ? (age_ms - 1) * 1000 : 0;
}

/* RFC 2883 4: the first block, if it is behind the ack or within the second. */
static const struct xtcp_sack_block *dsack(const struct xtcp_segment *seg)
{
	const struct xtcp_sack_block *b = seg->sack;

	if (!seg->nsacks || !seq_lt(b[0].left, b[0].right))
		return NULL;
	if (seq_leq(b[0].right, seg->ack) &&
	    seg->ack - b[0].left <= XTCP_CWND_MAX)
		return b;
	if (seg->nsacks > 1 && seq_geq(b[0].left, b[1].left) &&
	    seq_leq(b[0].right, b[1].right))
		return b;
	return NULL;
}

/* RFC 4015: nothing was lost, so everything is as it was. */
static void undo(struct xtcp_stream *s)
{
	struct xtcp_recovery *v = &s->recovery;

	xtcp_undo(&s->bulk->sel.undo, &s->cc);
	if (s->bulk->board)
		xtcp_board_find_all(s->bulk->board);
	v->phase = XTCP_RECOVERY_OPEN;
	v->dupacks = 0;
	v->head = false;
	v->back = false;
	s->bulk->sel.frto = XTCP_FRTO_NOT;
	s->bulk->sel.undone++;
}

/* RFC 8985 7.4: the probe was all that was missing, but it was missing. */
static void probe_mended(struct xtcp_stream *s, const struct xtcp_record *r,
			 const struct xtcp_ack_facts *f, u64 now_us)
{
	u32 flight = r->snd_nxt - f->snd_una;

	if (s->recovery.phase != XTCP_RECOVERY_OPEN)
		return;
	if (flight > s->cc.cwnd)
		flight = s->cc.cwnd;
	xtcp_cc_lost(&s->cc, flight, now_us);
	if (s->cc.cwnd > s->cc.ssthresh)
		s->cc.cwnd = s->cc.ssthresh;
}

void xtcp_selective_hear(struct xtcp_stream *s, const struct xtcp_record *r,
			 const struct xtcp_ack_facts *f, u64 now_us)
{
	const struct xtcp_sack_block *twice = dsack(f->seg);
	struct xtcp_selective *v;
	bool dup = r->snd_una == f->snd_una && !f->seg->len;

	if (xtcp_tlp_acked(&s->tlp, f->seg, twice, dup))
		probe_mended(s, r, f, now_us);
	if (!dup) {
		s->tlp.from_us = now_us;
		s->tlp.spent = false;
		s->tlp.due = false;
	}
	if (!s->bulk)
		return;
	v = &s->bulk->sel;
	/* The circle turns. */
	if (v->undo.set && seq_gt(r->snd_una - UNDO_BYTES, v->undo.nxt))
		v->undo.set = false;
	xtcp_rack_dsack(&v->rack, twice, r->snd_una, r->snd_nxt);
	if (!twice)
		return;
	v->dsacks++;
	if (xtcp_undo_twice(&v->undo, twice->left, twice->right))
		undo(s);
}

/*
 * Only what is outstanding, and not its first byte, which the ACK field would
 * have acknowledged.
 */
static bool sensible(const struct xtcp_record *r,
		     const struct xtcp_sack_block *b)
{
	/* As distances: half a round of numbers away is before and behind. */
	u32 left = b->left - r->snd_una;
	u32 right = b->right - r->snd_una;

	return left && left < right && right <= r->snd_nxt - r->snd_una;
}

/* Not even old: no peer that has heard of us would say so. */
static bool nonsense(const struct xtcp_record *r,
		     const struct xtcp_sack_block *b)
{
	return !seq_lt(b->left, b->right) || seq_gt(b->right, r->snd_nxt) ||
	       seq_lt(b->left, r->snd_una - XTCP_CWND_MAX);
}

/* Everything that this ACK says, onto the board. Returns XTCP_ACK_BAD_SACK */
static u32 take_blocks(struct xtcp_stream *s, const struct xtcp_record *r,
		       const struct xtcp_segment *seg, struct xtcp_delivery *d)
{
	const struct xtcp_sack_block *twice = dsack(seg);
	u32 high = r->snd_una, what = 0;
	u8 i;

	for (i = twice ? 1 : 0; i < seg->nsacks; i++) {
		const struct xtcp_sack_block *b = &seg->sack[i];

		if (nonsense(r, b))
			what = XTCP_ACK_BAD_SACK;
		if (!sensible(r, b))
			continue;
		xtcp_board_sack(s->bulk->board, b->left, b->right, d);
		high = seq_max(high, b->right);
	}
	d->high = high;
	return what;
}

/* Three duplicates, however they are counted: RFC 6675 5, RFC 8985 6.2 */
static bool hasty(const struct xtcp_stream *s)
{
	const struct xtcp_board *board = s->bulk->board;

	return s->recovery.phase != XTCP_RECOVERY_OPEN ||
	       s->recovery.dupacks >= DUPTHRESH || board->runs >= DUPTHRESH ||
	       board->sacked > (DUPTHRESH - 1) * s->cc.mss;
}

static u32 detect(struct xtcp_stream *s, u64 now_us)
{
	struct xtcp_rack *k = &s->bulk->sel.rack;
	u32 window_us = xtcp_rack_window_us(k, xtcp_min_rtt_us(&s->min_rtt),
					    s->rtt.srtt_us, hasty(s));

	return xtcp_rack_detect(k, s->bulk->board, window_us, now_us);
}

/* Something is lost: RFC 6675 5 step 4, with RFC 9937's bookkeeping */
static void enter(struct xtcp_stream *s, const struct xtcp_record *r,
		  u32 newly, u64 now_us)
{
	u32 flight = r->snd_nxt - r->snd_una;

	xtcp_undo_begin(&s->bulk->sel.undo, &s->cc, r->snd_una, r->snd_nxt);
	xtcp_prr_begin(&s->bulk->sel.prr,
		       flight - s->bulk->board->sacked + newly);
	xtcp_cc_lost(&s->cc, flight < s->cc.cwnd ? flight : s->cc.cwnd,
		     now_us);
	s->recovery.phase = XTCP_RECOVERY_FAST;
	s->recovery.recover = r->snd_nxt;
	s->bulk->sel.fast_retransmits++;
}

/* All that was outstanding when it began is acknowledged. */
static void leave(struct xtcp_stream *s)
{
	if (s->recovery.phase == XTCP_RECOVERY_FAST)
		s->cc.cwnd = s->cc.ssthresh;
	s->recovery.phase = XTCP_RECOVERY_OPEN;
	s->bulk->sel.frto = XTCP_FRTO_NOT;
	xtcp_rack_recovered(&s->bulk->sel.rack);
}

/* RFC 5682 3.1. Returns true: the time-out was too early. */
static bool frto(struct xtcp_selective *v, bool moved,
		 const struct xtcp_delivery *d)
{
	bool spurious = v->frto == XTCP_FRTO_NEW && d->fresh;

	v->frto = v->frto == XTCP_FRTO_SENT && moved ? XTCP_FRTO_NEW :
						       XTCP_FRTO_NOT;
	return spurious;
}

/* A phase ends, or never should have begun. */
static void look_back(struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_delivery *d, bool moved, u64 now_us)
{
	struct xtcp_recovery *v = &s->recovery;

	if (moved && xtcp_undo_eifel(&s->bulk->sel.undo, d->echo_us, now_us) &&
	    v->phase != XTCP_RECOVERY_OPEN)
		undo(s);
	if (s->bulk->sel.frto && frto(&s->bulk->sel, moved, d))
		undo(s);
	if (v->phase != XTCP_RECOVERY_OPEN && seq_geq(r->snd_una, v->recover))
		leave(s);
	/* It must not fall so far behind that the circle turns. */
	if (v->phase == XTCP_RECOVERY_OPEN && seq_gt(r->snd_una, v->recover))
		v->recover = r->snd_una - 1;
}

static void reduce(struct xtcp_stream *s, const struct xtcp_delivery *d,
		   bool safe)
{
	struct xtcp_prr_ack a = {
		.delivered = d->bytes,
		.pipe = xtcp_board_pipe(s->bulk->board),
		.ssthresh = s->cc.ssthresh,
		.mss = s->cc.mss,
		.safe = safe,
	};

	if (d->bytes)
		s->cc.cwnd = xtcp_prr_acked(&s->bulk->sel.prr, &a);
	if (s->cc.cwnd < s->cc.mss)
		s->cc.cwnd = s->cc.mss;
}

u32 xtcp_selective_ack(struct xtcp_stream *s, const struct xtcp_record *r,
		       const struct xtcp_ack_facts *f, bool grow, u64 now_us)
{
	struct xtcp_delivery d = {
		.now_us = (u32)now_us,
		.min_rtt_us = xtcp_min_rtt_us(&s->min_rtt),
		.echo_us = echo_age_us(r, f),
		.before = s->recovery.recover,
		.fack = s->bulk->sel.rack.fack,
		.once_us = ~0u,
	};
	u32 acked = r->snd_una - f->snd_una, news, what, lost;
	struct xtcp_recovery *v = &s->recovery;
	bool reducing = v->phase == XTCP_RECOVERY_FAST;

	xtcp_board_acked(s->bulk->board, r->snd_una, &d);
	/* After a time-out only what arrived since makes room (RFC 3465 2.3). */
	news = v->phase == XTCP_RECOVERY_LOSS && d.bytes < acked ? d.bytes :
								    acked;
	what = take_blocks(s, r, f->seg, &d);
	xtcp_rack_delivered(&s->bulk->sel.rack, &s->min_rtt, &d, d.high,
			    now_us);
	s->bulk->cc.rtt_us = d.once_us != ~0u ? d.once_us : 0;
	if (acked)
		v->dupacks = 0;
	else if (d.sacked && v->dupacks < 255)
		v->dupacks++;
	if (!acked && d.sacked)
		what |= XTCP_ACK_DUPLICATE;
	look_back(s, r, &d, acked, now_us);
	lost = detect(s, now_us);
	if (v->phase == XTCP_RECOVERY_OPEN && s->bulk->board->lost) {
		enter(s, r, d.bytes, now_us);
		what |= XTCP_ACK_FAST;
	}
	if (v->phase == XTCP_RECOVERY_FAST)
		reduce(s, &d, acked && !lost);
	else if (acked && grow && !reducing)
		xtcp_cc_acked(&s->cc, news, now_us);
	return what;
}

void xtcp_selective_due(struct xtcp_stream *s, const struct xtcp_record *r,
			u64 now_us)
{
	struct xtcp_delivery none = {};

	if (s->bulk)
		s->bulk->sel.rack.due_us = 0;
	if (!xtcp_stream_board(s))
		return;
	detect(s, now_us);
	if (s->recovery.phase == XTCP_RECOVERY_OPEN && s->bulk->board->lost) {
		enter(s, r, 0, now_us);
		/* No ACK will say how much may leave: one segment does. */
		none.bytes = 1;
		reduce(s, &none, false);
	}
}

void xtcp_selective_timeout(struct xtcp_stream *s, const struct xtcp_record *r,
			    bool first, u64 now_us)
{
	struct xtcp_recovery *v = &s->recovery;
	u32 flight = xtcp_board_pipe(s->bulk->board);

	/* RFC 5682 2: not where it would look at its own retransmissions. */
	s->bulk->sel.frto = v->phase == XTCP_RECOVERY_OPEN ? XTCP_FRTO_SENT :
						       XTCP_FRTO_NOT;
	if (v->phase == XTCP_RECOVERY_OPEN)
		xtcp_undo_begin(&s->bulk->sel.undo, &s->cc, r->snd_una, r->snd_nxt);
	if (v->phase != XTCP_RECOVERY_FAST)
		flight = r->snd_nxt - r->snd_una;
	else if (flight > s->cc.ssthresh)
		flight = s->cc.ssthresh;
	xtcp_cc_timeout(&s->cc, flight, first, now_us);
	v->phase = XTCP_RECOVERY_LOSS;
	v->dupacks = 0;
	v->recover = r->snd_nxt;
	s->bulk->sel.rack.due_us = 0;
	s->tlp.due = false;
	s->tlp.out = false;
	xtcp_board_lose_all(s->bulk->board);
}

void xtcp_selective_go_back(struct xtcp_stream *s, const struct xtcp_record *r)
{
	if (r->snd_una == r->snd_nxt)
		return;
	xtcp_board_lose_all(s->bulk->board);
	if (s->recovery.phase == XTCP_RECOVERY_FAST)
		s->cc.cwnd = s->cc.ssthresh;
	s->recovery.phase = XTCP_RECOVERY_LOSS;
	s->recovery.recover = r->snd_nxt;
	s->bulk->sel.frto = XTCP_FRTO_NOT;
	s->bulk->sel.undo.set = false;
	s->bulk->sel.rack.due_us = 0;
}

/* Times that differ by less than this part of a round trip are one. */
static u8 grain(u32 srtt_us)
{
	u8 bits = 0;

	while (bits < 16 && 2u << bits <= srtt_us / 64)
		bits++;
	return bits;
}

/* What is sent again, and what leaves during recovery, as long as it counts */
static void note_sent(struct xtcp_selective *v, const struct xtcp_output *out,
		      u64 now_us)
{
	if (out->again)
		xtcp_undo_resent(&v->undo, xtcp_output_end(out) - out->seq -
				 out->fresh - out->fresh_fin, now_us);
	xtcp_prr_sent(&v->prr, out->len);
}

void xtcp_selective_sent(struct xtcp_stream *s, const struct xtcp_record *r,
			 const struct xtcp_output *out, u64 now_us)
{
	u32 end = xtcp_output_end(out);

	if (s->bulk)
		note_sent(&s->bulk->sel, out, now_us);
	if (out->fresh || out->fresh_fin)
		s->tlp.from_us = now_us;
	if (s->tlp.due) {
		xtcp_tlp_sent(&s->tlp, seq_max(end, r->snd_nxt), out->again);
		if (s->bulk)
			s->bulk->sel.probes++;
	}
	if (xtcp_stream_board(s))
		xtcp_board_sent(s->bulk->board, out->seq, end, (u32)now_us,
				grain(s->rtt.srtt_us));
}

bool xtcp_selective_may_probe(const struct xtcp_stream *s,
			      const struct xtcp_record *r)
{
	const struct xtcp_tlp *p = &s->tlp;

	return (r->flags & XTCP_F_SACK) && !p->spent && !p->out && !r->retries &&
	       s->recovery.phase == XTCP_RECOVERY_OPEN && !s->recovery.back &&
	       !xtcp_stream_sacked(s) && !xtcp_stream_lost(s);
}
