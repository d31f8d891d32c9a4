/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loss recovery with selective acknowledgments: the scoreboard says what is
 * missing, RACK what of that is lost, PRR how much may leave (RFC 6675, 8985,
 * 9937), F-RTO whether a time-out came too soon (RFC 5682). Without a scoreboard,
 * for the peer knows no SACK or there was no memory, recovery.c does what it can.
 */
#ifndef XTCP_STREAM_SELECTIVE_H
#define XTCP_STREAM_SELECTIVE_H

#include "stream/board.h"
#include "stream/prr.h"
#include "stream/rack.h"
#include "stream/tlp.h"
#include "stream/undo.h"

struct xtcp_ack_facts;
struct xtcp_output;
struct xtcp_record;
struct xtcp_stream;

/* The steps of RFC 5682 3.1. */
enum xtcp_frto {
	XTCP_FRTO_NOT,
	XTCP_FRTO_SENT,		/* 1: the first segment was sent again */
	XTCP_FRTO_NEW,		/* 2: it was acknowledged; new text leaves */
};

/**
 * struct xtcp_selective - what recovery knows beside the board
 * @rack:	loss detection by time
 * @prr:	what may leave during fast recovery
 * @undo:	what to go back to when nothing was lost
 * @frto:	enum xtcp_frto
 * @timeouts:	how often the retransmission timer fired
 * @fast_retransmits: how often a recovery began without a time-out
 * @undone:	how often nothing was
 * @probes:	tail loss probes sent
 * @dsacks:	how often the peer said that something came twice
 */
struct xtcp_selective {
	struct xtcp_rack rack;
	struct xtcp_prr prr;
	struct xtcp_undo undo;
	u8 frto;
	u32 timeouts;
	u32 fast_retransmits;
	u32 undone;
	u32 probes;
	u32 dsacks;
};

void xtcp_selective_init(struct xtcp_selective *v, u32 una);

/* It says nothing that a fresh one would not say. */
bool xtcp_selective_blank(const struct xtcp_selective *v);

/*
 * What an ACK says beside what it acknowledges, whether there is a board or
 * not: text that came twice, and what became of a probe.
 */
void xtcp_selective_hear(struct xtcp_stream *s, const struct xtcp_record *r,
			 const struct xtcp_ack_facts *f, u64 now_us);

/* With a board: an ACK. @grow: the window was in use. Returns XTCP_ACK_FAST ... */
u32 xtcp_selective_ack(struct xtcp_stream *s, const struct xtcp_record *r,
		       const struct xtcp_ack_facts *f, bool grow, u64 now_us);

/* With a board: the retransmission timer fired. */
void xtcp_selective_timeout(struct xtcp_stream *s, const struct xtcp_record *r,
			    bool first, u64 now_us);

/* With a board: all is to be sent again, though not because of congestion. */
void xtcp_selective_go_back(struct xtcp_stream *s,
			    const struct xtcp_record *r);

/* Reordering has had its time: RFC 8985 6.3 */
void xtcp_selective_due(struct xtcp_stream *s, const struct xtcp_record *r,
			u64 now_us);

void xtcp_selective_sent(struct xtcp_stream *s, const struct xtcp_record *r,
			 const struct xtcp_output *out, u64 now_us);

/* RFC 8985 7.2: would a probe tell us something? */
bool xtcp_selective_may_probe(const struct xtcp_stream *s,
			      const struct xtcp_record *r);

#endif
