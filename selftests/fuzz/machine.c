// SPDX-License-Identifier: GPL-2.0-only
/*
 * One record, and whatever may happen to it in whatever order: segments with
 * numbers at, near and far from the record's, calls, timers, ICMP. After each
 * step the laws of the machine's unit tests hold, orders are within bounds, and
 * a second record, with all numbers moved, does the same: shift.h.
 */
#include "../machine/law.h"
#include "fuzz.h"
#include "machine-event.h"
#include "shift.h"

#define EVENTS_MAX	200

static struct bench here, there;
static struct shift distance;

/* A host's bounds: what an order speaks of must be there. */
static const char *out_of_bounds(const struct xtcp_record *before,
				 const struct xtcp_event *e,
				 const struct xtcp_orders *o)
{
	const u32 taken = XTCP_DO_TEXT | XTCP_DO_DISCARD;
	const struct xtcp_segment *seg = &e->seg;

	if (e->kind == XTCP_EV_SEGMENT && (o->event == XTCP_EV_SEGMENT ||
					   o->event > XTCP_EV_UNWANTED))
		return "a segment was classified as no segment";
	if (o->acked > before->snd_nxt - before->snd_una)
		return "more was acknowledged than was under way";
	if ((o->todo & taken) == taken)
		return "text was both kept and discarded";
	if ((o->todo & taken) && !o->text_len)
		return "took text of no bytes";
	if ((o->todo & XTCP_DO_URGENT) && xtcp_in(before, XTCP_SYNCHRONISED) &&
	    seq_leq(o->urgent, before->rcv_nxt))
		return "urgent data that is read already";
	if (!(o->todo & XTCP_DO_RST) != !o->rst_flags)
		return "RST and its flags disagree";
	if (!(o->todo & XTCP_DO_STORE))
		return NULL;
	if (o->text_len > seg->len || (!o->text_len && !o->store_fin))
		return "stores other text than came";
	if (o->store_fin && !(seg->flags & XTCP_FIN))
		return "stores a FIN that did not come";
	if (seq_gt(seg->seq + o->text_len, before->rcv_adv))
		return "stores text beyond the window";
	return NULL;
}

/* A timer that is set now fires in the foreseeable future. */
static const char *timer_too_late(const struct xtcp_event *e,
				  const struct xtcp_orders *o,
				  const struct xtcp_record *after)
{
	const struct xtcp_policy *p = e->policy;
	u32 most_ms = 2 * p->msl_ms + p->fin_timeout_ms + p->rto_max_ms;

	if ((o->todo & XTCP_DO_TIMER) && after->timer != XTCP_LIFE_NONE &&
	    after->expires_ms - e->now_ms > most_ms)
		return "the timer is later than any time-out";
	return NULL;
}

/* One event at one of the two benches; what it asked stays in it. */
static void step(struct bench *b, const struct xtcp_event *e)
{
	b->e = *e;
	b->e.child = &b->child;
	b->before = b->r;
	xtcp_record_init(&b->child);
	xtcp_step(&b->r, &b->e, &b->o);
}

/* A new connection takes the bench; one that is over leaves it. */
static void carry_on(struct bench *b)
{
	if (b->o.todo & XTCP_DO_SPAWN)
		b->r = b->child;
	else if (b->o.todo & XTCP_DO_FREE)
		xtcp_record_init(&b->r);
}

static void note_step(const struct bench *b)
{
	fuzz_note("   %s: %s -> %s orders %#x%s%s",
		  xtcp_event_name(b->o.event), xtcp_state_name(b->o.from),
		  xtcp_state_name(b->r.state), b->o.todo,
		  b->o.reason ? " " : "",
		  b->o.reason ? xtcp_reason_name(b->o.reason) : "");
}

static void happen(const struct xtcp_event *e)
{
	struct xtcp_event moved = *e;

	shift_event(&moved, &distance);
	step(&here, e);
	note_step(&here);
	MUST_SOUND(law_broken(&here.before, &here.e, &here.o, &here.r));
	MUST_SOUND(out_of_bounds(&here.before, &here.e, &here.o));
	MUST_SOUND(timer_too_late(&here.e, &here.o, &here.r));
	step(&there, &moved);
	MUST_SOUND(shift_orders_fault(&here.o, &there.o, &distance));
	MUST_SOUND(shift_record_fault(&here.r, &there.r, &distance));
	if (here.o.todo & XTCP_DO_SPAWN) {
		MUST_SOUND(xtcp_invariant(&here.child));
		MUST_SOUND(timer_too_late(&here.e, &here.o, &here.child));
		MUST_SOUND(shift_record_fault(&here.child, &there.child,
					      &distance));
	}
	carry_on(&here);
	carry_on(&there);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct xtcp_event e;
	u32 i;

	fuzz_begin(data, size);
	bench_policy(&here);
	distance = (struct shift){
		.ours = (u32)fuzz_byte() << 24, .theirs = (u32)fuzz_byte() << 24,
		.ts = (u32)fuzz_byte() << 24, .now_ms = (u32)fuzz_byte() << 24,
	};
	here.now_ms = 5000;
	xtcp_record_init(&here.r);
	there = here;
	for (i = 0; i < EVENTS_MAX && fuzz_more(); i++)
		if (bench_event(&here, &e))
			happen(&e);
	return 0;
}
