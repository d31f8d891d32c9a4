// SPDX-License-Identifier: GPL-2.0-only
#include "rig.h"
#include "law.h"

#define OUR_FIN_SENT	(XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | \
			 XTCP_S(CLOSING) | XTCP_S(LAST_ACK) | \
			 XTCP_S(TIME_WAIT))
#define OUR_FIN_ACKED	(XTCP_S(FIN_WAIT_2) | XTCP_S(TIME_WAIT))
#define THEIR_FIN	(XTCP_S(CLOSE_WAIT) | XTCP_S(CLOSING) | \
			 XTCP_S(LAST_ACK) | XTCP_S(TIME_WAIT))
#define HANDSHAKE	(XTCP_S(SYN_SENT) | XTCP_S(SYN_RCVD))

/* Bits that concern the wire, and those that concern user and stream. */
#define USER_BITS	(XTCP_DO_FLUSH | XTCP_DO_ACKED | XTCP_DO_URGENT | \
			 XTCP_DO_TEXT | XTCP_DO_DISCARD | XTCP_DO_STORE | \
			 XTCP_DO_EOF | XTCP_DO_SPAWN | XTCP_DO_ESTABLISHED | \
			 XTCP_DO_ERROR | XTCP_DO_SMALL | XTCP_DO_REOPEN | \
			 XTCP_DO_FREE)

struct rig rig;

static const struct xtcp_policy default_policy = {
	.msl_ms = MSL_MS,
	.fin_timeout_ms = FIN_TIMEOUT_MS,
	.rto_init_ms = RTO_MS,
	.rto_max_ms = 120000,
	.syn_retries = 7,
	.synack_retries = 5,
	.retries2 = 15,
	.orphan_retries = 8,
	.rfc1337 = 1,
	.self_connect = 1,
	.timestamps = 1,
	.window_scaling = 1,
	.sack = 1,
};

static void set_handshake(struct xtcp_record *r)
{
	r->timer = XTCP_LIFE_HANDSHAKE;
	r->expires_ms = NOW_MS + RTO_MS;
	r->snd_una = r->iss;
	r->snd_nxt = r->iss + 1;
	if (r->state == XTCP_SYN_SENT) {
		r->rcv_nxt = 0;
		r->rcv_adv = RCV_WND;
		r->irs = 0;
		r->snd_wnd = 0;
		r->max_snd_wnd = 0;
		return;
	}
	r->rcv_nxt = r->irs + 1;
	r->rcv_adv = r->rcv_nxt + RCV_WND;
}

static void set_fins(struct xtcp_record *r)
{
	if (xtcp_in(r, OUR_FIN_SENT)) {
		r->flags |= XTCP_F_FIN_QUEUED | XTCP_F_FIN_SENT;
		r->snd_nxt++;
	}
	if (xtcp_in(r, OUR_FIN_ACKED))
		r->snd_una = r->snd_nxt;
	if (xtcp_in(r, THEIR_FIN)) {
		r->flags |= XTCP_F_FIN_RCVD;
		r->rcv_nxt++;
		r->rcv_adv++;
	}
	if (r->state == XTCP_TIME_WAIT) {
		r->timer = XTCP_LIFE_TIME_WAIT;
		r->expires_ms = NOW_MS + MSL_MS;
	}
}

void given(enum xtcp_state state)
{
	struct xtcp_record *r = &rig.r;

	rig.policy = default_policy;
	xtcp_record_init(r);
	r->state = state;
	r->opened = XTCP_OPENED_ACTIVE;
	r->since_ms = NOW_MS - 700;
	r->iss = rig.iss;
	r->irs = rig.irs;
	r->mss = 1460;
	r->snd_una = r->iss + 1 + ACKED_BYTES;
	r->snd_nxt = r->iss + 1 + SENT_BYTES;
	r->snd_wnd = SND_WND;
	r->max_snd_wnd = MAX_SND_WND;
	r->rcv_nxt = r->irs + 1 + RCVD_BYTES;
	r->rcv_adv = r->rcv_nxt + RCV_WND;
	if (state == XTCP_CLOSED || state == XTCP_LISTEN) {
		xtcp_record_init(r);
		r->state = state;
	} else if (1u << state & HANDSHAKE) {
		set_handshake(r);
	} else {
		set_fins(r);
	}
	r->last_ack_sent = r->rcv_nxt;
	r->snd_wl1 = r->rcv_nxt;
	r->snd_wl2 = r->snd_una;
	memset(&rig.e, 0, sizeof(rig.e));
	rig.e.now_ms = NOW_MS;
	rig.e.policy = &rig.policy;
	rig.e.child = &rig.child;
	rig.e.open.iss = rig.iss;
	rig.e.open.rcv_wnd = RCV_WND;
	xtcp_record_init(&rig.child);
}

void given_fin_unsent(enum xtcp_state state)
{
	given(state);
	rig.r.flags &= ~XTCP_F_FIN_SENT;
	rig.r.snd_nxt--;
}

void given_crossed(void)
{
	given(XTCP_SYN_RCVD);
	rig.r.flags |= XTCP_F_WAS_ACTIVE;
	rig.r.opened = XTCP_OPENED_SIMULTANEOUS;
}

void with_timestamps(u32 ts_recent)
{
	rig.r.flags |= XTCP_F_TS | XTCP_F_TS_RECENT;
	rig.r.ts_recent = ts_recent;
	rig.r.ts_recent_ms = NOW_MS - 500;
}

void happens(enum xtcp_event_kind kind)
{
	const char *broken;

	rig.before = rig.r;
	rig.e.kind = kind;
	xtcp_step(&rig.r, &rig.e, &rig.o);
	cover(rig.before.state, rig.o.event, rig.r.state);
	broken = law_broken(&rig.before, &rig.e, &rig.o, &rig.r);
	if (!broken && (rig.o.todo & XTCP_DO_SPAWN))
		broken = xtcp_invariant(&rig.child);
	if (broken)
		test_fail(__FILE__, __LINE__, "%s in %s: %s",
			  xtcp_event_name(rig.o.event),
			  xtcp_state_name(rig.before.state), broken);
}

/* A segment that says nothing of its window announces the one it always did. */
void segment_arrives(struct xtcp_segment seg)
{
	rig.e.seg = seg;
	if (!seg.wnd)
		rig.e.seg.wnd = SND_WND;
	happens(XTCP_EV_SEGMENT);
}

static const char *order_name(u32 bit)
{
	static const char *const names[] = {
		"FLUSH", "ACKED", "WINDOW", "URGENT", "TEXT", "DISCARD",
		"STORE", "EOF", "SPAWN", "ESTABLISHED", "ERROR", "SYN",
		"SYN_ACK", "FIN", "RETRANSMIT", "ACK", "ACK_LATER",
		"CHALLENGE", "RST", "TIMER", "NO_TIMER", "SMALL", "REOPEN",
		"FREE", "DROPPED",
	};

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : "BUG";
}

static void expect_bits(const char *file, int line, u32 among, u32 wanted)
{
	u32 wrong = (rig.o.todo & among) ^ wanted;
	u32 bit;

	for (bit = 0; bit < 32; bit++)
		if (wrong >> bit & 1)
			test_fail(file, line, "%s in %s: %s order %s",
				  xtcp_event_name(rig.o.event),
				  xtcp_state_name(rig.o.from),
				  wanted >> bit & 1 ? "missing" : "unexpected",
				  order_name(bit));
}

void expect_cell(const char *file, int line, enum xtcp_event_kind kind)
{
	if (rig.o.event != kind)
		test_fail(file, line, "in %s taken for %s, expected %s",
			  xtcp_state_name(rig.o.from),
			  xtcp_event_name(rig.o.event), xtcp_event_name(kind));
}

void expect_state(const char *file, int line, enum xtcp_state state)
{
	if (rig.r.state != state)
		test_fail(file, line, "%s in %s: went to %s, expected %s",
			  xtcp_event_name(rig.o.event),
			  xtcp_state_name(rig.o.from),
			  xtcp_state_name(rig.r.state),
			  xtcp_state_name(state));
}

void expect_wire(const char *file, int line, u32 orders)
{
	expect_bits(file, line, ON_WIRE, orders);
}

void expect_user(const char *file, int line, u32 orders)
{
	expect_bits(file, line, USER_BITS, orders);
}

void expect_rst(const char *file, int line, u8 flags, u32 seq, u32 ack)
{
	const struct xtcp_orders *o = &rig.o;

	if (!(o->todo & XTCP_DO_RST)) {
		test_fail(file, line, "no RST is sent");
		return;
	}
	if (o->rst_flags != flags || o->rst_seq != seq ||
	    ((flags & XTCP_ACK) && o->rst_ack != ack))
		test_fail(file, line,
			  "RST 0x%x <%u, %u>, expected 0x%x <%u, %u>",
			  o->rst_flags, o->rst_seq, o->rst_ack, flags, seq,
			  ack);
}

void expect_dropped(const char *file, int line, enum xtcp_reason reason)
{
	if (!(rig.o.todo & XTCP_DO_DROPPED) || rig.o.reason != reason)
		test_fail(file, line, "%s under %s, expected dropped under %s",
			  rig.o.todo & XTCP_DO_DROPPED ? "dropped" : "kept",
			  xtcp_reason_name(rig.o.reason),
			  xtcp_reason_name(reason));
}

void expect_ended(const char *file, int line, enum xtcp_reason reason,
		  enum xtcp_error error)
{
	expect_state(file, line, XTCP_CLOSED);
	if (rig.r.reason != reason || rig.o.reason != reason)
		test_fail(file, line, "ended for %s (told %s), expected %s",
			  xtcp_reason_name(rig.r.reason),
			  xtcp_reason_name(rig.o.reason),
			  xtcp_reason_name(reason));
	if (rig.o.error != error)
		test_fail(file, line, "the user is told error %u, expected %u",
			  rig.o.error, error);
}

void expect_unchanged(const char *file, int line)
{
	if (memcmp(&rig.r, &rig.before, sizeof(rig.r)))
		test_fail(file, line, "%s in %s changed the record",
			  xtcp_event_name(rig.o.event),
			  xtcp_state_name(rig.o.from));
}

void expect_timer(const char *file, int line, enum xtcp_life_timer kind,
		  u32 after_ms)
{
	u32 wanted = kind == XTCP_LIFE_NONE ? 0 : rig.e.now_ms + after_ms;

	if (rig.r.timer != kind || rig.r.expires_ms != wanted)
		test_fail(file, line, "timer %u at %u ms, expected %u at %u ms",
			  rig.r.timer, rig.r.expires_ms, kind, wanted);
}

void expect_acked(const char *file, int line, u32 bytes)
{
	if (rig.o.acked != bytes || !(rig.o.todo & XTCP_DO_ACKED))
		test_fail(file, line, "%u bytes acknowledged, expected %u",
			  rig.o.acked, bytes);
}

void expect_text(const char *file, int line, u32 off, u32 len)
{
	if (rig.o.text_off != off || rig.o.text_len != len)
		test_fail(file, line, "text %u+%u, expected %u+%u",
			  rig.o.text_off, rig.o.text_len, off, len);
}
