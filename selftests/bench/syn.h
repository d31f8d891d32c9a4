/* SPDX-License-Identifier: GPL-2.0-only */
/* SYNs from hosts that are not there. */
#ifndef _BENCH_SYN_H
#define _BENCH_SYN_H

#include <stdint.h>

#define MOST_FRAME	128

/**
 * struct syns - who sends them
 * @socket:	packet socket on v-client
 * @sent:	so many; each has an address and port of its own
 * @version:	of IP
 * @protocol:	TCP's, or that of the native wire
 * @size:	of the frame, bytes
 * @frame:	the next one
 */
struct syns {
	int socket;
	uint32_t sent;
	int version;
	int protocol;
	int size;
	uint8_t frame[MOST_FRAME];
};

struct run;

void syns_begin(struct syns *s, const struct run *r);
void syns_send(struct syns *s);

#endif
