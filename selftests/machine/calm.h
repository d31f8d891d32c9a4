/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_MACHINE_CALM_H
#define SELFTESTS_MACHINE_CALM_H

#include "world.h"

/**
 * calm_end() - nothing is lost any more, and every user closes: how does it end?
 * @from:	the world
 * @rules:	its scenario's
 * @margin:	NULL, or draw it, with that before each line
 * @number:	of the first act that is drawn
 *
 * Returns NULL, or what is wrong with the end.
 */
const char *calm_end(const struct world *from, const struct rules *rules,
		     const char *margin, unsigned int number);

#endif
