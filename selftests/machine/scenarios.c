// SPDX-License-Identifier: GPL-2.0-only
/* Where explorations begin, and what is allowed in them. */
#include "scene.h"

#define SCENE(what, from, a, b, may, ...) \
	{ .name = "explore_" #what, .set_up = (from), \
	  RULES(a, b, may, __VA_ARGS__) }

const struct scenario scenarios[] = {
	/* one opens, the other listens */
	SCENE(open_and_close, client_server, 0, 0, ANYTHING, PATIENT),
	SCENE(client_writes, client_server, 1, 0, BOTH_CLOSE, PATIENT),
	SCENE(server_writes, client_server, 0, 1, BOTH_CLOSE, PATIENT),
	SCENE(both_write, client_server, 1, 1, ANYTHING, PATIENT),
	SCENE(out_of_order, established, 2, 0, BOTH_CLOSE, PATIENT),
	SCENE(established, established, 1, 1, BOTH_CLOSE, PATIENT),
	SCENE(hasty_timers, client_server, 1, 1, ANYTHING),
	SCENE(shut_read_keeps, established, 1, 1, ANYTHING, PATIENT,
	      .policy = SHUT_READ_KEEPS),
	SCENE(no_fin_timeout, established, 0, 1, ANYTHING, PATIENT,
	      .policy = NO_FIN_TIMEOUT),
	SCENE(surroundings, quiet, 0, 1, ANYTHING | SURROUNDINGS, PATIENT),

	SCENE(slow_reader, established, 2, 0, BOTH_CLOSE | BIT(ACT_READ),
	      PATIENT, .window = 1),
	SCENE(slow_readers, established, 2, 2, BOTH_CLOSE | BIT(ACT_READ),
	      PATIENT, .window = 1),
	SCENE(slow_readers_hasty, established, 2, 2, ANYTHING | BIT(ACT_READ),
	      .window = 1),

	/* both open, or one with itself */
	SCENE(simultaneous_open, simultaneous_open, 0, 0, BOTH_CLOSE, PATIENT,
	      .mirror = true),
	SCENE(simultaneous_open_hasty, simultaneous_open, 1, 1,
	      ANYTHING | SURROUNDINGS, .mirror = true),
	SCENE(self_connect, self_connect, 1, 0, ANYTHING, PATIENT),
	SCENE(self_connect_refused, self_connect, 1, 0, ANYTHING,
	      .policy = NO_SELF_CONNECT),

	/* the listener: half-open connections, its queue, cookies */
	SCENE(stale_syn, stale_syn, 0, 0, OPEN_CLOSE),
	SCENE(listener, quiet, 0, 0, OPEN_CLOSE | QUEUE | SURROUNDINGS),
	SCENE(overflow, quiet, 1, 0, BOTH_CLOSE | QUEUE,
	      .policy = ON_OVERFLOW_ABORT),
	SCENE(cookies, cookies, 1, 0, BOTH_CLOSE | COOKIES),
	SCENE(cookies_overflow, cookies, 0, 0, OPEN_CLOSE | COOKIES,
	      .policy = ON_OVERFLOW_ABORT),
	SCENE(stale_syn_to_cookies, stale_syn_to_cookies, 0, 0,
	      OPEN_CLOSE | BIT(ACT_PERIOD), PATIENT),

	/* text with the SYN, read before the handshake is over */
	SCENE(fast_open, client_server, 1, 1, ANYTHING, PATIENT,
	      .policy = FAST_OPEN),
	SCENE(fast_open_hasty, client_server, 1, 1, BOTH_CLOSE,
	      .policy = FAST_OPEN),
	SCENE(fast_open_both, simultaneous_open, 1, 1, BOTH_CLOSE, PATIENT,
	      .policy = FAST_OPEN, .mirror = true),
	SCENE(fast_open_surroundings, quiet, 1, 0,
	      OPEN_CLOSE | QUEUE | SURROUNDINGS, .policy = FAST_OPEN),

	/* one incarnation after the other */
	SCENE(time_wait, time_wait, 0, 1, BOTH_CLOSE, PATIENT),
	SCENE(time_wait_numbers_return, time_wait, 0, 1, BOTH_CLOSE, PATIENT,
	      .numbers = -1),
	SCENE(assassination, time_wait, 0, 1, BOTH_CLOSE, PATIENT,
	      .policy = NO_RFC1337),
	SCENE(next_incarnation, next_incarnation, 1, 0, BOTH_CLOSE, PATIENT),
	SCENE(timestamps, clocks, 1, 0, BOTH_CLOSE | BIT(ACT_TICK), PATIENT,
	      .policy = TIMESTAMPS),
	SCENE(peer_dies, mortal, 1, 0, BOTH_CLOSE | BIT(ACT_CRASH), PATIENT),
	SCENE(peer_comes_back, mortal_established, 1, 1,
	      BOTH_CLOSE | BIT(ACT_CRASH), PATIENT),

	/* an attacker who knows no numbers, and one who knows all */
	SCENE(blind_attack, attacked, 1, 0, BOTH_CLOSE | BIT(ACT_FORGE),
	      PATIENT, .attack = BLIND),
	SCENE(blind_attack_simultaneous, attacked_opening_both, 0, 0,
	      OPEN_CLOSE | BIT(ACT_FORGE), PATIENT, .attack = BLIND, .mirror = true),
	SCENE(blind_attack_cookies, attacked_cookies, 0, 0,
	      OPEN_CLOSE | BIT(ACT_FORGE) | BIT(ACT_PERIOD), PATIENT, .attack = BLIND),
	SCENE(blind_attack_time_wait, attacked_time_wait, 0, 0,
	      OPEN_CLOSE | BIT(ACT_FORGE), PATIENT, .attack = BLIND),
	SCENE(knowing_attack, attacked, 1, 0, BOTH_CLOSE | BIT(ACT_FORGE),
	      PATIENT, .attack = KNOWING),
	SCENE(knowing_attack_simultaneous, attacked_opening_both, 0, 0,
	      OPEN_CLOSE | BIT(ACT_FORGE), PATIENT, .attack = KNOWING, .mirror = true),
	SCENE(knowing_attack_twice, attacked_twice, 0, 0,
	      OPEN_CLOSE | BIT(ACT_FORGE), PATIENT, .attack = KNOWING),
};

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
