/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_MACHINE_PAST_H
#define SELFTESTS_MACHINE_PAST_H

#include "world.h"

/* How many acts of a past were drawn. */
extern unsigned int past_acts;

/* Each makes the first world of a scenario. */
void quiet(struct world *w);
void client_server(struct world *w);
void simultaneous_open(struct world *w);
void self_connect(struct world *w);
void stale_syn(struct world *w);
void stale_syn_to_cookies(struct world *w);
void cookies(struct world *w);
void next_incarnation(struct world *w);
void clocks(struct world *w);
void established(struct world *w);
void time_wait(struct world *w);
void mortal(struct world *w);
void mortal_established(struct world *w);
void attacked(struct world *w);
void attacked_opening_both(struct world *w);
void attacked_cookies(struct world *w);
void attacked_twice(struct world *w);
void attacked_time_wait(struct world *w);

#endif
