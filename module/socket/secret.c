// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nobody outside may guess: initial sequence numbers (RFC 6528), timestamp
 * offsets (RFC 7323 7.1), SYN cookies, and how many challenge ACKs are left.
 */
#include <linux/random.h>

#include "socket/sock.h"

/* A cookie is good for one to two of these (RFC 4987 3.6). */
#define COOKIE_PERIOD_MS	64000

struct hashed_tuple {
	union xtcp_addr laddr;
	union xtcp_addr faddr;
	__be16 lport;
	__be16 fport;
	u32 irs;
	u32 count;
	u32 pad;
} __aligned(SIPHASH_ALIGNMENT);

void xtcp_secret_init(struct xtcp_net *xn)
{
	get_random_bytes(&xn->isn_key, sizeof(xn->isn_key));
	get_random_bytes(&xn->cookie_key, sizeof(xn->cookie_key));
	get_random_bytes(&xn->fast_keys.key[0], sizeof(siphash_key_t));
	xn->fast_keys.count = 1;
}

static void fill_tuple(struct hashed_tuple *h, const struct xtcp_tuple *t)
{
	memset(h, 0, sizeof(*h));
	h->laddr = t->laddr;
	h->faddr = t->faddr;
	h->lport = t->lport;
	h->fport = t->fport;
}

static u32 ports_of(const struct xtcp_tuple *t)
{
	return (u32)ntohs(t->lport) << 16 | ntohs(t->fport);
}

/* RFC 6528: a keyed hash of the tuple and a clock of 4 microseconds. */
u32 xtcp_initial_number(struct xtcp_net *xn, const struct xtcp_tuple *t)
{
	u32 clock = (u32)(xtcp_now_us() >> 2);
	struct hashed_tuple h;

	if (t->family != AF_INET6)
		return clock + (u32)siphash_3u32((__force u32)t->laddr.v4,
						 (__force u32)t->faddr.v4,
						 ports_of(t), &xn->isn_key);
	fill_tuple(&h, t);
	return clock + (u32)siphash(&h, offsetof(struct hashed_tuple, irs),
				    &xn->isn_key);
}

/*
 * RFC 6191 3: the same for every connection of two hosts, so it only grows. It has
 * the key of the initial numbers; SipHash tells the two apart by their length.
 */
u32 xtcp_ts_offset(struct xtcp_net *xn, const struct xtcp_tuple *t)
{
	struct hashed_tuple h;

	if (t->family != AF_INET6)
		return (u32)siphash_2u32((__force u32)t->laddr.v4,
					 (__force u32)t->faddr.v4,
					 &xn->isn_key);
	fill_tuple(&h, t);
	return (u32)siphash(&h, offsetof(struct hashed_tuple, lport),
			    &xn->isn_key);
}

u32 xtcp_cookie_count(void)
{
	return xtcp_now_ms() / COOKIE_PERIOD_MS;
}

u32 xtcp_cookie_mac(struct xtcp_net *xn, const struct xtcp_tuple *t, u32 irs,
		    u32 count)
{
	struct hashed_tuple h;

	fill_tuple(&h, t);
	h.irs = irs;
	h.count = count;
	return (u32)siphash(&h, sizeof(h), &xn->cookie_key);
}

/*
 * RFC 5961 7: each connection one in half a second or so, so that nobody learns
 * of one connection by asking another; the namespace's limit varies a little.
 */
bool xtcp_challenge_allowed(struct xtcp_net *xn, u32 *last_ms)
{
	u32 now = xtcp_now_ms();
	u32 second = now / 1000;
	u32 limit = READ_ONCE(xn->settings.challenge_ack_limit);

	if (last_ms && *last_ms && now - *last_ms < 500)
		goto limited;
	if (READ_ONCE(xn->challenge_ms) != second) {
		WRITE_ONCE(xn->challenge_ms, second);
		atomic_set(&xn->challenges,
			   limit / 2 + get_random_u32() % (limit / 2 + 1) + 1);
	}
	if (atomic_dec_return(&xn->challenges) < 0)
		goto limited;
	if (last_ms)
		*last_ms = now ? now : 1;
	xtcp_inc(xn, XTCP_C_CHALLENGE_ACKS);
	return true;
limited:
	xtcp_inc(xn, XTCP_C_CHALLENGES_LIMITED);
	return false;
}
