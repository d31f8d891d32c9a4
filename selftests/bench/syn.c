// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYNs from hosts that are not there: whole frames, sent to the server's end of
 * the link. The answers are routed back to a host that does not forward them.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"
#include "syn.h"

#define NATIVE		253
#define HEADER		40	/* TCP's, with options */
#define PORTS		50000	/* of one host; the next one then */

static const uint8_t macs[] = {
	2, 0, 0, 0, 0, 1,	/* v-server, as guest.sh sets it */
	2, 0, 0, 0, 0, 2,	/* v-client */
};

/* MSS 1460, SACK, timestamps, window scale 7: what a host's TCP sends. */
static const uint8_t options[] = {
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7,
};

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static uint32_t sum(const uint8_t *at, int bytes, uint32_t so_far)
{
	for (; bytes > 0; bytes -= 2, at += 2)
		so_far += at[0] << 8 | at[1];
	return so_far;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void ip_header(struct syns *s, const char *server)
{
	uint8_t *ip = s->frame + ETH_HLEN;

	if (s->version == 6) {
		ip[0] = 0x60;
		put16(ip + 4, HEADER);
		ip[6] = s->protocol;
		ip[7] = 64;
		inet_pton(AF_INET6, "fd01::", ip + 8);
		inet_pton(AF_INET6, server, ip + 24);
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, 20 + HEADER);
	ip[8] = 64;
	ip[9] = s->protocol;
	inet_pton(AF_INET, "10.1.0.0", ip + 12);
	inet_pton(AF_INET, server, ip + 16);
}

void syns_begin(struct syns *s, const struct run *r)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex("v-client"),
	};
	uint8_t *tcp;

	memset(s, 0, sizeof(*s));
	s->version = r->version;
	s->protocol = r->family->protocol ? r->family->protocol : NATIVE;
	s->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (s->socket < 0 || bind(s->socket, (void *)&at, sizeof(at)))
		die("packet socket");
	s->size = ETH_HLEN + (s->version == 6 ? 40 : 20) + HEADER;
	memcpy(s->frame, macs, sizeof(macs));
	put16(s->frame + 12, s->version == 6 ? ETH_P_IPV6 : ETH_P_IP);
	ip_header(s, r->address);
	tcp = s->frame + s->size - HEADER;
	put16(tcp + 2, r->port);
	tcp[12] = HEADER / 4 << 4;
	tcp[13] = 2;		/* SYN */
	put16(tcp + 14, 64240);
	memcpy(tcp + 20, options, sizeof(options));
}

/* The next host and port, and the sums that follow from them. */
static void next_host(struct syns *s)
{
	uint8_t *ip = s->frame + ETH_HLEN, *tcp = s->frame + s->size - HEADER;
	uint32_t host = s->sent / PORTS + 1;
	uint32_t pseudo = s->protocol + HEADER;

	put16(tcp, 10000 + s->sent % PORTS);
	put16(tcp + 4, s->sent * 7919 >> 16);
	put16(tcp + 6, s->sent * 7919);
	put16(tcp + 16, 0);
	s->sent++;
	if (s->version == 6) {
		put16(ip + 22, host);
		pseudo = sum(ip + 8, 32, pseudo);
	} else {
		put16(ip + 14, host);
		put16(ip + 10, 0);
		put16(ip + 10, folded(sum(ip, 20, 0)));
		pseudo = sum(ip + 12, 8, pseudo);
	}
	put16(tcp + 16, folded(sum(tcp, HEADER, pseudo)));
}

void syns_send(struct syns *s)
{
	next_host(s);
	if (send(s->socket, s->frame, s->size, 0) != s->size)
		die("a SYN");
}
