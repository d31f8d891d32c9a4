/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold of every step whatever the event, written from the RFCs and
 * not from table.def. Unit tests and the explorer both ask after each step.
 */
#ifndef SELFTESTS_MACHINE_LAW_H
#define SELFTESTS_MACHINE_LAW_H

#include "machine/machine.h"

/* Orders that put something on the wire. */
#define ON_WIRE	(XTCP_DO_SYN | XTCP_DO_SYN_ACK | XTCP_DO_FIN | \
		 XTCP_DO_RETRANSMIT | XTCP_DO_ACK | XTCP_DO_ACK_LATER | \
		 XTCP_DO_CHALLENGE | XTCP_DO_RST)

/**
 * law_broken() - NULL, or the rule that a step broke
 * @before:	the record before the step
 * @e:		the event
 * @o:		the orders
 * @after:	the record after it
 */
const char *law_broken(const struct xtcp_record *before,
		       const struct xtcp_event *e,
		       const struct xtcp_orders *o,
		       const struct xtcp_record *after);

/* RFC 9293 figure 5, and the edges that its prose and RFC 6191 add. */
bool law_edge(u8 from, u8 to);

#endif
