/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which segments are sent again, and when: duplicate ACKs, fast retransmit and
 * fast recovery (RFC 5681 3.2, 6582), limited transmit (RFC 3042), and going
 * back over everything outstanding after a time-out.
 */
#ifndef XTCP_STREAM_RECOVERY_H
#define XTCP_STREAM_RECOVERY_H

#include "stream/cc.h"

#define XTCP_DUPTHRESH	3

enum xtcp_recovery_phase {
	XTCP_RECOVERY_OPEN,	/* nothing is known to be lost */
	XTCP_RECOVERY_FAST,	/* fast recovery, until @recover is acknowledged */
	XTCP_RECOVERY_LOSS,	/* after a time-out, until @recover likewise */
};

/**
 * struct xtcp_recovery - what is known to be lost
 * @phase:	enum xtcp_recovery_phase
 * @dupacks:	duplicate ACKs in a row
 * @partial:	a partial ACK was seen in this fast recovery
 * @head:	the segment at SND.UNA is to be sent again at once
 * @back:	everything in [@rtx, @rtx_end) is to be sent again, cwnd permitting
 * @recover:	SND.NXT when the last loss was noticed (RFC 6582)
 * @rtx:	next sequence number to send again
 * @rtx_end:	where that ends
 */
struct xtcp_recovery {
	u8 phase;
	u8 dupacks;
	bool partial : 1;
	bool head : 1;
	bool back : 1;
	u32 recover;
	u32 rtx;
	u32 rtx_end;
};

void xtcp_recovery_init(struct xtcp_recovery *v, u32 snd_una);

/* A duplicate ACK. Returns true when it starts fast retransmit. */
bool xtcp_recovery_dupack(struct xtcp_recovery *v, struct xtcp_cc *cc,
			  u32 una, u32 nxt, u64 now_us);

/*
 * @una moved on by @acked. @grow: the congestion window was in use. Returns
 * true when the retransmission timer is to start anew (RFC 6582 3.2 step 3
 * leaves it running after the second partial ACK).
 */
bool xtcp_recovery_acked(struct xtcp_recovery *v, struct xtcp_cc *cc, u32 una,
			 u32 nxt, u32 acked, bool grow, u64 now_us);

/* The retransmission timer fired. */
void xtcp_recovery_timeout(struct xtcp_recovery *v, struct xtcp_cc *cc,
			   u32 una, u32 nxt, bool first, u64 now_us);

/* Send everything outstanding again, though not because of congestion. */
void xtcp_recovery_go_back(struct xtcp_recovery *v, u32 una, u32 nxt);

/* [seq, end) was sent again. */
void xtcp_recovery_resent(struct xtcp_recovery *v, u32 seq, u32 end);

/* Bytes believed to be under way, to compare with cwnd. */
u32 xtcp_recovery_pipe(const struct xtcp_recovery *v, u32 una, u32 nxt);

/* RFC 3042: how far new text may go beyond cwnd. */
u32 xtcp_recovery_extra(const struct xtcp_recovery *v,
			const struct xtcp_cc *cc);

#endif
