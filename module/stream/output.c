// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to send next: first what is to be sent again, then new text. Nagle (RFC
 * 9293 3.7.4), the sender's silly-window avoidance (3.8.6.2.1), the peer's
 * window, should it shrink, too (3.8.6), and the congestion window.
 */
#include "stream/stream.h"

/* The send queue, in sequence numbers. */
struct sendable {
	u32 text_end;	/* behind the last byte of text that is queued */
	u32 wnd_end;	/* behind the last that the peer takes */
	u32 unsent;	/* bytes of text that were never sent */
	bool fin;	/* a FIN follows the text */
	bool fin_due;	/* and was never sent */
};

static struct sendable look(const struct xtcp_record *r,
			    const struct xtcp_queue *q)
{
	/* A FIN waits until the connection is open (RFC 9293 3.10.4). */
	bool fin = (r->flags & XTCP_F_FIN_QUEUED) && !xtcp_fast(r);
	struct sendable a = {
		.text_end = xtcp_text_una(r) + q->bytes,
		.wnd_end = xtcp_text_una(r) + r->snd_wnd,
		.fin = fin,
		.fin_due = fin && !(r->flags & XTCP_F_FIN_SENT),
	};

	if (!(r->flags & XTCP_F_FIN_SENT))
		a.unsent = a.text_end - r->snd_nxt;
	return a;
}

/* Bytes from @seq up to @end, none if that is behind us. */
static u32 room(u32 seq, u32 end)
{
	return seq_gt(end, seq) ? end - seq : 0;
}

static u32 least(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* What queue and window allow at @seq, up to @most bytes of text. */
static void carve_most(const struct xtcp_record *r, const struct sendable *a,
		       u32 seq, u32 most, struct xtcp_output *out)
{
	u32 wnd = room(seq, a->wnd_end);
	u32 end;

	memset(out, 0, sizeof(*out));
	out->seq = seq;
	out->len = least(least(room(seq, a->text_end), most), wnd);
	end = seq + out->len;
	out->fin = a->fin && end == a->text_end && wnd > out->len;
	out->fresh_fin = out->fin && a->fin_due;
	out->psh = out->len && end == a->text_end;
	out->again = seq_lt(seq, r->snd_nxt);
	out->fresh = least(room(r->snd_nxt, end), out->len);
}

/* The largest segment at @seq that queue, window and path allow. */
static void carve(const struct xtcp_stream *s, const struct xtcp_record *r,
		  const struct sendable *a, u32 seq, struct xtcp_output *out)
{
	carve_most(r, a, seq, s->cc.mss, out);
}

/* Only what was sent before. */
static void clip(struct xtcp_output *out)
{
	if (out->fresh)
		out->psh = false;
	out->len -= out->fresh;
	out->fresh = 0;
	if (out->fresh_fin)
		out->fin = false;
	out->fresh_fin = false;
}

static bool nothing(const struct xtcp_output *out)
{
	return !out->len && !out->fin;
}

/* Fast retransmit: the segment at SND.UNA, whatever cwnd says. */
static enum xtcp_held send_head(const struct xtcp_stream *s,
				const struct xtcp_record *r,
				const struct sendable *a,
				struct xtcp_output *out)
{
	carve(s, r, a, r->snd_una, out);
	clip(out);
	return nothing(out) ? XTCP_HELD_WINDOW : XTCP_HELD_NOT;
}

/*
 * After a time-out: everything outstanding from the start, as cwnd allows. The
 * last of it may take new text along if that spares a segment.
 */
static enum xtcp_held send_back(const struct xtcp_stream *s,
				const struct xtcp_record *r,
				const struct xtcp_queue *q,
				const struct sendable *a,
				struct xtcp_output *out)
{
	u32 pipe = s->recovery.rtx - r->snd_una;

	carve(s, r, a, s->recovery.rtx, out);
	if (out->len < s->cc.mss && (!out->psh || (q->more && !a->fin_due)))
		clip(out);
	if (nothing(out))
		return XTCP_HELD_WINDOW;
	if (pipe + out->len + out->fin > s->cc.cwnd && pipe)
		return XTCP_HELD_CWND;
	return XTCP_HELD_NOT;
}

/*
 * Nagle's rule as modified (RFC 9293 A.3): of segments that are not full one is
 * under way at a time. Full ones do not count, or the end of each long write
 * waited for the peer's delayed ACK.
 */
static bool nagle_holds(const struct xtcp_stream *s,
			const struct xtcp_record *r)
{
	return !s->nodelay && seq_gt(s->small_end, r->snd_una) &&
	       seq_leq(s->small_end, r->snd_nxt);
}

/* A segment that is not full: is it wise to send it now? */
static enum xtcp_held judge_small(const struct xtcp_stream *s,
				  const struct xtcp_record *r,
				  const struct xtcp_queue *q,
				  const struct sendable *a,
				  const struct xtcp_output *out)
{
	bool idle = xtcp_text_una(r) == r->snd_nxt;

	if (s->override)
		return XTCP_HELD_NOT;
	if (out->len < a->unsent) {
		/* The window cut it: case 3 of 3.8.6.2.1 */
		if (out->len >= r->max_snd_wnd / 2 && (idle || s->nodelay))
			return XTCP_HELD_NOT;
		return XTCP_HELD_SWS;
	}
	/* Nothing can come behind it, or nothing may hold it. */
	if (a->fin_due || xtcp_urgent_field(&s->urgent, out->seq))
		return XTCP_HELD_NOT;
	if (q->more)
		return XTCP_HELD_CORK;
	if (nagle_holds(s, r))
		return XTCP_HELD_NAGLE;
	return XTCP_HELD_NOT;
}

/*
 * The segments that may leave as well, once the first may: full ones, and what is
 * left of the text, where judge_small() would not hold it behind them. An urgent
 * pointer is told in each, counted from its own number, and a tail probe is one
 * segment.
 */
static void widen(const struct xtcp_stream *s, const struct xtcp_record *r,
		  const struct xtcp_queue *q, const struct sendable *a,
		  u32 allowed, struct xtcp_output *out)
{
	u32 most = least(least(q->burst, allowed), a->unsent);

	most = least(most, room(out->seq, a->wnd_end));
	if (most <= s->cc.mss || s->urgent.sending)
		return;
	if (most < a->unsent ||
	    (!a->fin_due && (q->more || nagle_holds(s, r))))
		most -= most % s->cc.mss;
	carve_most(r, a, out->seq, most, out);
}

static enum xtcp_held send_new(const struct xtcp_stream *s,
			       const struct xtcp_record *r,
			       const struct xtcp_queue *q,
			       const struct sendable *a,
			       struct xtcp_output *out)
{
	u32 pipe = xtcp_stream_pipe(s, r->snd_una, r->snd_nxt);
	u32 cwnd = s->cc.cwnd;

	if (!xtcp_stream_board(s))
		cwnd += xtcp_recovery_extra(&s->recovery, &s->cc);

	if (!a->unsent && !a->fin_due)
		return XTCP_HELD_EMPTY;
	carve(s, r, a, r->snd_nxt, out);
	if (nothing(out))
		return XTCP_HELD_WINDOW;
	/* A FIN is free: who is at the end need not wait for room. */
	if (pipe + out->len > cwnd)
		return XTCP_HELD_CWND;
	if (out->len == s->cc.mss) {
		widen(s, r, q, a, cwnd - pipe, out);
		return XTCP_HELD_NOT;
	}
	return judge_small(s, r, q, a, out);
}

/* With a scoreboard: the first that is lost (RFC 6675 4 NextSeg rule 1). */
static enum xtcp_held send_lost(const struct xtcp_stream *s,
				const struct xtcp_record *r,
				const struct sendable *a,
				struct xtcp_output *out)
{
	const struct xtcp_board *board = s->bulk->board;
	u32 pipe = xtcp_board_pipe(board);
	u32 seq, end;

	if (!xtcp_board_next_lost(board, &seq, &end))
		return XTCP_HELD_EMPTY;
	carve(s, r, a, seq, out);
	clip(out);
	if (seq_gt(xtcp_output_end(out), end)) {
		out->fin = false;
		out->len = least(out->len, end - seq);
		out->psh = out->psh && seq + out->len == a->text_end;
	}
	if (nothing(out))
		return XTCP_HELD_WINDOW;
	if (pipe && pipe + out->len > s->cc.cwnd)
		return XTCP_HELD_CWND;
	return XTCP_HELD_NOT;
}

/* Lost text before new, unless F-RTO wants to see first (RFC 5682 3.1). */
static enum xtcp_held send_selective(struct xtcp_stream *s,
				     const struct xtcp_record *r,
				     const struct xtcp_queue *q,
				     const struct sendable *a,
				     struct xtcp_output *out)
{
	enum xtcp_held held;

	if (s->bulk->sel.frto == XTCP_FRTO_NEW) {
		held = send_new(s, r, q, a, out);
		if (held == XTCP_HELD_NOT || r->snd_nxt != s->recovery.recover)
			return held;
		/* There is nothing new to see anything by. */
		s->bulk->sel.frto = XTCP_FRTO_NOT;
	}
	held = send_lost(s, r, a, out);
	return held == XTCP_HELD_EMPTY ? send_new(s, r, q, a, out) : held;
}

/* RFC 8985 7.3: new text if there is any, else the last segment once more. */
static enum xtcp_held send_tail(const struct xtcp_stream *s,
				const struct xtcp_record *r,
				const struct xtcp_queue *q,
				const struct sendable *a,
				struct xtcp_output *out)
{
	u32 flight = r->snd_nxt - r->snd_una;
	bool fin = r->flags & XTCP_F_FIN_SENT;

	if (!flight)
		return XTCP_HELD_EMPTY;
	carve(s, r, a, r->snd_nxt, out);
	if (!nothing(out) && (out->len == s->cc.mss || !q->more))
		return XTCP_HELD_NOT;
	carve(s, r, a, r->snd_nxt - least(flight, s->cc.mss + fin), out);
	clip(out);
	return nothing(out) ? XTCP_HELD_WINDOW : XTCP_HELD_NOT;
}

/* RFC 5681 4.1: after a pause longer than an RTO the window means nothing. */
static void restart_after_idle(struct xtcp_stream *s,
			       const struct xtcp_record *r, u64 now_us)
{
	if (!s->p->idle_restart || !s->sent_us || r->snd_una != r->snd_nxt)
		return;
	if (now_us - s->sent_us > xtcp_rtt_rto_us(&s->rtt))
		xtcp_cc_restart(&s->cc);
}

bool xtcp_stream_idle(const struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_queue *q)
{
	if (s->tlp.due || (s->bulk && s->bulk->sel.frto) || s->recovery.head ||
	    s->recovery.back || xtcp_stream_lost(s))
		return false;
	if (r->flags & XTCP_F_FIN_SENT)
		return true;
	return !(r->flags & XTCP_F_FIN_QUEUED) &&
	       xtcp_text_una(r) + q->bytes == r->snd_nxt;
}

/* RFC 3168 6.1.5: not what is sent again; a FIN alone is no text. */
static void mark(const struct xtcp_stream *s, const struct xtcp_record *r,
		 struct xtcp_output *out)
{
	if (!(r->flags & XTCP_F_ECT) || out->again || !out->len)
		return;
	out->ect = true;
	out->cwr = s->cc.cwr;
}

bool xtcp_stream_next(struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_queue *q, u64 now_us,
		      struct xtcp_output *out)
{
	struct sendable a = look(r, q);
	enum xtcp_held held;

	restart_after_idle(s, r, now_us);
	memset(out, 0, sizeof(*out));
	if (!xtcp_may_send(r))
		held = XTCP_HELD_STATE;
	else if (q->paced)
		held = XTCP_HELD_PACE;
	else if (s->tlp.due)
		held = send_tail(s, r, q, &a, out);
	else if (xtcp_stream_board(s))
		held = send_selective(s, r, q, &a, out);
	else if (s->recovery.head)
		held = send_head(s, r, &a, out);
	else if (s->recovery.back)
		held = send_back(s, r, q, &a, out);
	else
		held = send_new(s, r, q, &a, out);
	/* A probe that cannot leave now tells nothing later. */
	if (held != XTCP_HELD_NOT)
		s->tlp.due = false;
	else
		mark(s, r, out);
	out->held = held;
	return held == XTCP_HELD_NOT;
}

void xtcp_output_shorten(struct xtcp_output *out, u32 len)
{
	out->len = len;
	out->fresh = len;
	out->fin = false;
	out->fresh_fin = false;
	out->psh = false;
}

bool xtcp_stream_probe(const struct xtcp_stream *s,
		       const struct xtcp_record *r,
		       const struct xtcp_queue *q, struct xtcp_output *out)
{
	struct sendable a = look(r, q);

	(void)s;
	memset(out, 0, sizeof(*out));
	out->seq = r->snd_una;
	out->again = r->snd_una != r->snd_nxt;
	out->len = !!q->bytes;
	out->fin = !q->bytes && a.fin;
	out->fresh = out->again ? 0 : out->len;
	out->fresh_fin = out->fin && a.fin_due;
	out->psh = q->bytes == 1;
	return !nothing(out);
}

const char *xtcp_held_name(u8 held)
{
	static const char *const names[XTCP_HELD_REASONS] = {
		"not", "empty", "state", "window", "sws", "cwnd", "nagle",
		"cork", "pace",
	};

	return held < XTCP_HELD_REASONS ? names[held] : "?";
}
