// SPDX-License-Identifier: GPL-2.0-only
/* The stream: how bytes get across. What happens lies in a file per topic. */
#include "stream/stream.h"

const struct xtcp_selective xtcp_selective_none = {
	.rack.factor = 1,
};

void xtcp_stream_defaults(struct xtcp_stream_params *p)
{
	*p = (struct xtcp_stream_params){
		.cc = xtcp_cc_nth(0),
		.rto_init_us = XTCP_RTO_INIT_US,
		.rto_min_us = XTCP_RTO_MIN_US,
		.rto_max_us = XTCP_RTO_MAX_US,
		.delack_us = XTCP_DELACK_US,
		.keep = {
			.count = XTCP_KEEP_COUNT,
			.idle_us = XTCP_KEEP_IDLE_US,
			.interval_us = XTCP_KEEP_INTERVAL_US,
		},
		.initial_segments = XTCP_INITIAL_SEGMENTS,
		.quickacks = XTCP_QUICKACKS,
		.probe_retries = XTCP_PROBE_RETRIES,
		.orphan_probes = XTCP_ORPHAN_PROBES,
		.idle_restart = true,
	};
}

void xtcp_stream_init(struct xtcp_stream *s,
		      const struct xtcp_stream_params *p)
{
	memset(s, 0, sizeof(*s));
	s->p = p;
	xtcp_rtt_init(&s->rtt, p->rto_init_us, p->rto_min_us, p->rto_max_us);
}

static void go_back(struct xtcp_stream *s, const struct xtcp_record *r)
{
	if (xtcp_stream_board(s))
		xtcp_selective_go_back(s, r);
	else
		xtcp_recovery_go_back(&s->recovery, r->snd_una, r->snd_nxt);
}

/* All that it knows but for the board. */
static void begin_bulk(struct xtcp_stream *s, const struct xtcp_record *r)
{
	struct xtcp_bulk *bulk = s->bulk;

	memset(&bulk->sack, 0, sizeof(bulk->sack));
	xtcp_selective_init(&bulk->sel, r->snd_una);
	xtcp_cc_give(&s->cc, &bulk->cc);
}

void xtcp_stream_established(struct xtcp_stream *s,
			     const struct xtcp_record *r,
			     const struct xtcp_handshake *h, u64 now_us)
{
	bool lost = h->retries;

	xtcp_rtt_init(&s->rtt, s->p->rto_init_us, s->p->rto_min_us,
		      s->p->rto_max_us);
	if (h->rtt_us && !lost)
		xtcp_rtt_sample(&s->rtt, h->rtt_us);
	if (lost)
		xtcp_rtt_lost_syn(&s->rtt);
	xtcp_cc_init(&s->cc, s->p->cc, h->mss,
		     lost ? 0 : s->p->initial_segments);
	xtcp_recovery_init(&s->recovery, r->snd_una);
	if (s->bulk)
		begin_bulk(s, r);
	memset(&s->tlp, 0, sizeof(s->tlp));
	xtcp_min_rtt_init(&s->min_rtt);
	if (h->rtt_us && !lost)
		xtcp_min_rtt_sample(&s->min_rtt, h->rtt_us, now_us);
	xtcp_delack_init(&s->delack, s->p->delack_us, s->p->quickacks,
			 h->rcv_mss);
	xtcp_keepalive_heard(&s->keepalive, now_us);
	s->peak = 0;
	s->peak_end = r->snd_nxt;
	s->small_end = r->snd_una;
	s->progress_us = now_us;
	/* What went with our SYN and was not taken (RFC 7413 4.2.2) */
	if (r->state != XTCP_SYN_RCVD && r->snd_una != r->snd_nxt)
		go_back(s, r);
}

/* A SYN+ACK that came late was lost, and with it what left before it. */
void xtcp_stream_confirmed(struct xtcp_stream *s, const struct xtcp_record *r,
			   const struct xtcp_handshake *h, u64 now_us)
{
	xtcp_stream_heard(s, now_us);
	xtcp_rtt_acked(&s->rtt, r->snd_una, now_us);
	s->progress_us = now_us;
	if (h->rtt_us && !h->retries) {
		xtcp_rtt_sample(&s->rtt, h->rtt_us);
		xtcp_min_rtt_sample(&s->min_rtt, h->rtt_us, now_us);
	}
	if (!h->retries)
		return;
	xtcp_rtt_lost_syn(&s->rtt);
	s->cc.cwnd = s->cc.mss;
	if (r->snd_una != r->snd_nxt)
		go_back(s, r);
}

void xtcp_stream_mss(struct xtcp_stream *s, const struct xtcp_record *r,
		     u32 mss, bool again)
{
	if (!s->cc.mss || mss == s->cc.mss)
		return;
	xtcp_cc_mss(&s->cc, mss);
	if (again)
		go_back(s, r);
}

/* RFC 5681 section 2: what counts as a duplicate ACK */
static bool duplicate(const struct xtcp_record *r,
		      const struct xtcp_ack_facts *f)
{
	const struct xtcp_segment *seg = f->seg;
	u32 wnd = (u32)seg->wnd << r->snd_wscale;

	/* With a closed window it is the answer to a probe. */
	return r->snd_una != r->snd_nxt && !seg->len &&
	       !(seg->flags & (XTCP_SYN | XTCP_FIN)) &&
	       wnd == f->snd_wnd && f->snd_wnd;
}

/* Who does not use what he has learns nothing from it (RFC 7661). */
static bool window_in_use(const struct xtcp_stream *s)
{
	if (xtcp_cc_slow_start(&s->cc))
		return s->cc.cwnd < 2 * s->peak;
	return s->cc.cwnd < s->peak + s->cc.mss;
}

static void note_peak(struct xtcp_stream *s, u32 una, u32 nxt)
{
	u32 pipe = xtcp_stream_pipe(s, una, nxt);

	if (pipe > s->peak)
		s->peak = pipe;
}

static bool take_rtt(struct xtcp_stream *s, const struct xtcp_record *r,
		     const struct xtcp_ack_facts *f, u64 now_us)
{
	const struct xtcp_segment *seg = f->seg;

	if (xtcp_rtt_acked(&s->rtt, r->snd_una, now_us))
		return true;
	if (!(r->flags & XTCP_F_TS) || !(seg->opts & XTCP_OPT_TS) ||
	    !seg->tsecr)
		return false;
	return xtcp_rtt_echo(&s->rtt, f->now_ms + r->ts_offset - seg->tsecr);
}

static void progress(struct xtcp_stream *s, const struct xtcp_record *r,
		     u64 now_us)
{
	s->progress_us = now_us;
	xtcp_persist_reset(&s->persist);
	xtcp_urgent_acked(&s->urgent, r->snd_una);
	if (seq_geq(r->snd_una, s->peak_end)) {
		s->peak = 0;
		s->peak_end = r->snd_nxt;
		note_peak(s, r->snd_una, r->snd_nxt);
	}
}

/* What the congestion control algorithm is to know of this ACK */
static void tell_cc(struct xtcp_stream *s, const struct xtcp_record *r,
		    bool rtt)
{
	/* Only what is behind it brought CWR: until then ECE is no news. */
	if (s->cc.marked && seq_gt(r->snd_una, s->cc.marked_end))
		s->cc.marked = false;
	if (!s->bulk)
		return;
	s->bulk->cc.una = r->snd_una;
	s->bulk->cc.nxt = r->snd_nxt;
	s->bulk->cc.srtt_us = s->rtt.srtt_us;
	s->bulk->cc.rtt_us = rtt ? s->rtt.last_us : 0;
}

/* The peer tells of marks on our text. */
static bool echoes(const struct xtcp_record *r, const struct xtcp_segment *seg)
{
	return (r->flags & XTCP_F_ECT) &&
	       (seg->flags & (XTCP_ECE | XTCP_SYN)) == XTCP_ECE;
}

/* RFC 3168 6.1.2: an ACK that tells of marks makes no window grow. */
static bool may_grow(const struct xtcp_stream *s, const struct xtcp_record *r,
		     const struct xtcp_ack_facts *f)
{
	return !echoes(r, f->seg) && window_in_use(s);
}

static u32 take_new(struct xtcp_stream *s, const struct xtcp_record *r,
		    const struct xtcp_ack_facts *f, u64 now_us)
{
	if (xtcp_recovery_acked(&s->recovery, &s->cc, r->snd_una, r->snd_nxt,
				r->snd_una - f->snd_una, may_grow(s, r, f),
				now_us))
		s->started_us = now_us;
	return XTCP_ACK_NEW;
}

static u32 take_selective(struct xtcp_stream *s, const struct xtcp_record *r,
			  const struct xtcp_ack_facts *f, u64 now_us)
{
	u32 what = xtcp_selective_ack(s, r, f, may_grow(s, r, f), now_us);

	if (r->snd_una == f->snd_una)
		return what;
	s->started_us = now_us;
	return what | XTCP_ACK_NEW;
}

static u32 take_duplicate(struct xtcp_stream *s, const struct xtcp_record *r,
			  u64 now_us)
{
	if (!xtcp_recovery_dupack(&s->recovery, &s->cc, r->snd_una,
				  r->snd_nxt, now_us))
		return XTCP_ACK_DUPLICATE;
	if (s->bulk)
		s->bulk->sel.fast_retransmits++;
	return XTCP_ACK_DUPLICATE | XTCP_ACK_FAST;
}

/* @open: nothing was being recovered, which had reduced the window before */
static u32 take_echo(struct xtcp_stream *s, const struct xtcp_record *r,
		     const struct xtcp_ack_facts *f, bool open, u64 now_us)
{
	u32 flight = r->snd_nxt - f->snd_una;

	/* Lost or not, there was congestion: it stays reduced. */
	if (s->bulk)
		s->bulk->sel.undo.set = false;
	if (!open || s->recovery.phase != XTCP_RECOVERY_OPEN)
		return 0;
	if (flight > s->cc.cwnd)
		flight = s->cc.cwnd;
	return xtcp_ecn_echoed(&s->cc, flight, r->snd_nxt, now_us) ?
	       XTCP_ACK_MARKED : 0;
}

/* What was sent into the closed window is lost: do not wait for an RTO. */
static u32 take_opened(struct xtcp_stream *s, const struct xtcp_record *r)
{
	xtcp_persist_reset(&s->persist);
	go_back(s, r);
	return XTCP_ACK_OPENED;
}

u32 xtcp_stream_ack(struct xtcp_stream *s, const struct xtcp_record *r,
		    const struct xtcp_ack_facts *f, u64 now_us)
{
	const struct xtcp_selective *sel = xtcp_stream_sel(s);
	u32 undone = sel->undone, dsacks = sel->dsacks, what = 0;
	bool open = s->recovery.phase == XTCP_RECOVERY_OPEN;
	bool new = r->snd_una != f->snd_una, rtt;

	xtcp_stream_heard(s, now_us);
	if (seq_lt(f->seg->ack, f->snd_una))
		return 0;
	rtt = new && take_rtt(s, r, f, now_us);
	tell_cc(s, r, rtt);
	if (r->flags & XTCP_F_SACK)
		xtcp_selective_hear(s, r, f, now_us);
	if (xtcp_stream_board(s))
		what = take_selective(s, r, f, now_us);
	else if (new)
		what = take_new(s, r, f, now_us);
	else if (duplicate(r, f))
		what = take_duplicate(s, r, now_us);
	if (echoes(r, f->seg))
		what |= take_echo(s, r, f, open, now_us);
	if (new)
		progress(s, r, now_us);
	if (rtt)
		what |= XTCP_ACK_RTT;
	if (undone != sel->undone)
		what |= XTCP_ACK_UNDO;
	if (dsacks != sel->dsacks)
		what |= XTCP_ACK_DSACK;
	if (!f->snd_wnd && r->snd_wnd)
		what |= take_opened(s, r);
	return what;
}

/* One segment alone is not many, and most connections send no more. */
static bool many(const struct xtcp_stream *s, const struct xtcp_record *r,
		 const struct xtcp_queue *q)
{
	bool fin = r->flags & XTCP_F_FIN_SENT;

	if (r->snd_una + q->bytes + fin == r->snd_nxt)
		return false;
	return r->snd_una != r->snd_nxt ||
	       (q->bytes > s->cc.mss && q->burst > s->cc.mss);
}

bool xtcp_stream_wants_bulk(const struct xtcp_stream *s,
			    const struct xtcp_record *r,
			    const struct xtcp_queue *q)
{
	return !s->bulk && (s->tlp.due || many(s, r, q)) &&
	       xtcp_in(r, XTCP_MAY_SEND);
}

void xtcp_stream_give_bulk(struct xtcp_stream *s, const struct xtcp_record *r,
			   struct xtcp_bulk *bulk)
{
	bulk->board = NULL;
	s->bulk = bulk;
	begin_bulk(s, r);
}

struct xtcp_bulk *xtcp_stream_take_bulk(struct xtcp_stream *s,
					const struct xtcp_record *r,
					u64 now_us, bool anyway)
{
	bool idle = s->p->idle_restart &&
		    now_us - s->sent_us > xtcp_rtt_rto_us(&s->rtt);
	struct xtcp_bulk *bulk = s->bulk;

	if (!bulk)
		return NULL;
	if (!anyway && (xtcp_stream_board(s) || r->snd_una != r->snd_nxt ||
			s->recovery.phase != XTCP_RECOVERY_OPEN ||
			bulk->sack.n || bulk->sack.again ||
			!xtcp_selective_blank(&bulk->sel) ||
			!xtcp_cc_blank(&s->cc, idle)))
		return NULL;
	s->bulk = NULL;
	s->cc.own = NULL;
	return bulk;
}

bool xtcp_stream_wants_board(const struct xtcp_stream *s,
			     const struct xtcp_record *r,
			     const struct xtcp_queue *q)
{
	const struct xtcp_recovery *v = &s->recovery;

	if (xtcp_stream_board(s) || !s->bulk || !(r->flags & XTCP_F_SACK) ||
	    !many(s, r, q))
		return false;
	/* Who recovers without one goes on so. */
	return v->phase == XTCP_RECOVERY_OPEN && !v->back && !v->head &&
	       !v->dupacks && xtcp_in(r, XTCP_MAY_SEND);
}

void xtcp_stream_give_board(struct xtcp_stream *s, const struct xtcp_record *r,
			    void *memory, u32 bytes)
{
	s->bulk->board = memory;
	xtcp_rack_begin(&s->bulk->sel.rack, r->snd_una);
	xtcp_board_init(memory, bytes, r->snd_una, r->snd_nxt,
			(u32)s->sent_us);
}

void *xtcp_stream_take_board(struct xtcp_stream *s,
			     const struct xtcp_record *r, bool anyway)
{
	void *memory = xtcp_stream_board(s);

	if (!memory || (!anyway && r->snd_una != r->snd_nxt))
		return NULL;
	s->bulk->board = NULL;
	s->bulk->sel.rack.due_us = 0;
	return memory;
}

void xtcp_stream_heard(struct xtcp_stream *s, u64 now_us)
{
	xtcp_keepalive_heard(&s->keepalive, now_us);
	xtcp_persist_answered(&s->persist);
}

/* Behind the first segment of what left: its ACK comes soonest. */
static u32 first_end(const struct xtcp_stream *s,
		     const struct xtcp_output *out, u32 end)
{
	return out->len > s->cc.mss ? out->seq + s->cc.mss : end;
}

void xtcp_stream_sent(struct xtcp_stream *s, const struct xtcp_record *r,
		      const struct xtcp_output *out, u64 now_us)
{
	u32 end = xtcp_output_end(out);

	if (out->again) {
		s->retransmits++;
		xtcp_rtt_forget(&s->rtt);
		if (!xtcp_stream_board(s))
			xtcp_recovery_resent(&s->recovery, out->seq, end);
	} else if (seq_leq(end, r->snd_una + r->snd_wnd)) {
		/* A probe is not timed: the peer may drop it as it likes. */
		xtcp_rtt_sent(&s->rtt, first_end(s, out, end), now_us);
	}
	xtcp_selective_sent(s, r, out, now_us);
	if (out->cwr)
		s->cc.cwr = false;
	if (out->fresh && (out->len < s->cc.mss || out->len % s->cc.mss))
		s->small_end = out->seq + out->len;
	s->override = false;
	s->sent_us = now_us;
	note_peak(s, r->snd_una, seq_max(r->snd_nxt, end));
	xtcp_delack_sent(&s->delack, out->len, now_us);
}

void xtcp_stream_sent_ack(struct xtcp_stream *s, u64 now_us)
{
	xtcp_delack_sent(&s->delack, 0, now_us);
}

enum xtcp_due xtcp_stream_ack_later(struct xtcp_stream *s,
				    const struct xtcp_segment *seg, bool gap,
				    u64 now_us)
{
	return xtcp_delack_received(&s->delack, seg->len,
				    seg->flags & XTCP_PSH, gap, now_us);
}

bool xtcp_stream_ack_expired(struct xtcp_stream *s, u64 now_us)
{
	return xtcp_delack_expired(&s->delack, now_us);
}
