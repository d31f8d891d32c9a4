/* SPDX-License-Identifier: GPL-2.0-only */
/* What scenarios are written in. */
#ifndef SELFTESTS_MACHINE_SCENE_H
#define SELFTESTS_MACHINE_SCENE_H

#include "past.h"

#define BIT(act)	(1u << (act))
#define BOTH_CLOSE	(BIT(ACT_OPEN) | BIT(ACT_WRITE) | \
			 BIT(ACT_SHUT_WRITE) | BIT(ACT_CLOSE))
#define ANYTHING	(BOTH_CLOSE | BIT(ACT_SHUT_READ) | \
			 BIT(ACT_CLOSE_UNREAD) | BIT(ACT_ABORT))
#define OPEN_CLOSE	(BIT(ACT_OPEN) | BIT(ACT_CLOSE))
#define SURROUNDINGS	(BIT(ACT_GIVE_UP) | BIT(ACT_EVICT) | \
			 BIT(ACT_ICMP_HARD) | BIT(ACT_ICMP_SOFT))
#define QUEUE		(BIT(ACT_LISTEN) | BIT(ACT_UNLISTEN) | BIT(ACT_FULL))
#define COOKIES		(BIT(ACT_CROWDED) | BIT(ACT_PERIOD) | BIT(ACT_FULL))

/* The rules of a scenario: A may write so many bytes, B so many, and so on. */
#define RULES(a, b, may, ...) \
	.rules = { .writes = { a, b }, .acts = (may), __VA_ARGS__ }
/* Timers that wait: the network's faults alone decide what is late. */
#define PATIENT		.patient = true

#endif
