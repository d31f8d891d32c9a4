/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_MACHINE_COUNTERFACTUALS_H
#define SELFTESTS_MACHINE_COUNTERFACTUALS_H

#include "explore.h"

/**
 * struct counterfactual - a rule of TCP's that is another
 * @s:		where the harm is found
 * @title:	of its section
 * @question:	that it answers
 * @rule:	what is done instead
 * @harm:	what comes of it
 * @remedy:	how the rule helps
 */
struct counterfactual {
	struct scenario s;
	const char *title;
	const char *question;
	const char *rule;
	const char *harm;
	const char *remedy;
};

extern const struct counterfactual counterfactuals[];
extern const size_t counterfactual_count;

/* The same worlds, and the rule is in force. */
struct scenario counterfactual_with_rule(const struct counterfactual *c);
/* False: some harm was not found. */
bool print_counterfactuals(void);

#endif
