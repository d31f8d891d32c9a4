// SPDX-License-Identifier: GPL-2.0-only
/*
 * The header of RFC 9293 3.1 and its options. See header.h.
 */
#include "wire/header.h"

/* Option kinds and the lengths that go with them. */
enum {
	KIND_END	= 0,
	KIND_NOP	= 1,
	KIND_MSS	= 2,
	KIND_WSCALE	= 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK	= 5,
	KIND_TS		= 8,
	KIND_FAST_OPEN	= 34,

	LEN_MSS		= 4,
	LEN_WSCALE	= 3,
	LEN_SACK_PERMITTED = 2,
	LEN_SACK_BASE	= 2,
	LEN_SACK_BLOCK	= 8,
	LEN_TS		= 10,
	LEN_FAST_OPEN	= 2,	/* and the cookie, RFC 7413 4.1.1 */
	COOKIE_MIN	= 4,
};

/* The same with the NOPs that keep what follows aligned. */
enum {
	ROOM		= XTCP_HEADER_MAX - XTCP_HEADER_MIN,
	WITH_MSS	= 4,
	WITH_WSCALE	= 4,
	WITH_SACK_PERMITTED = 4,
	WITH_SACK_BASE	= 4,
	WITH_TS		= 12,
};

static u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}

static u8 *put16(u8 *p, u16 value)
{
	p[0] = (u8)(value >> 8);
	p[1] = (u8)value;
	return p + 2;
}

static u8 *put32(u8 *p, u32 value)
{
	return put16(put16(p, (u16)(value >> 16)), (u16)value);
}

static u8 *put_bytes(u8 *p, u8 a, u8 b, u8 c, u8 d)
{
	p[0] = a;
	p[1] = b;
	p[2] = c;
	p[3] = d;
	return p + 4;
}

/* RFC 7413 4.1.1: a cookie of even length, or none: it is asked for. */
static void parse_cookie(const u8 *opt, u8 len, struct xtcp_segment *seg)
{
	u8 n = len - LEN_FAST_OPEN;

	if (n && (n < COOKIE_MIN || n > XTCP_FAST_COOKIE_MAX || n & 1))
		return;
	seg->cookie_len = n;
	memset(seg->cookie, 0, sizeof(seg->cookie));
	memcpy(seg->cookie, opt + LEN_FAST_OPEN, n);
	seg->opts |= XTCP_OPT_FAST_OPEN;
}

/* These count when a connection begins, and later no more. */
static void parse_syn_option(const u8 *opt, u8 len, struct xtcp_segment *seg)
{
	switch (opt[0]) {
	case KIND_MSS:
		/* An MSS of 0 would let nothing through. */
		if (len != LEN_MSS || !get16(opt + 2))
			return;
		seg->mss = get16(opt + 2);
		seg->opts |= XTCP_OPT_MSS;
		return;
	case KIND_WSCALE:
		if (len != LEN_WSCALE)
			return;
		seg->wscale = opt[2];
		seg->opts |= XTCP_OPT_WSCALE;
		return;
	case KIND_SACK_PERMITTED:
		if (len == LEN_SACK_PERMITTED)
			seg->opts |= XTCP_OPT_SACK_PERMITTED;
		return;
	case KIND_FAST_OPEN:
		parse_cookie(opt, len, seg);
		return;
	}
}

static void parse_sack(const u8 *opt, u8 len, struct xtcp_segment *seg)
{
	u8 i, n = (u8)((len - LEN_SACK_BASE) / LEN_SACK_BLOCK);

	if (!n || len != LEN_SACK_BASE + n * LEN_SACK_BLOCK)
		return;
	/* The 40 bytes of option space hold no more than XTCP_SACK_BLOCKS. */
	for (i = 0; i < n; i++) {
		opt += i ? LEN_SACK_BLOCK : LEN_SACK_BASE;
		seg->sack[i].left = get32(opt);
		seg->sack[i].right = get32(opt + 4);
	}
	seg->nsacks = n;
	seg->opts |= XTCP_OPT_SACK;
}

static void parse_option(const u8 *opt, u8 len, struct xtcp_segment *seg)
{
	if (opt[0] == KIND_TS) {
		if (len != LEN_TS)
			return;
		seg->tsval = get32(opt + 2);
		seg->tsecr = get32(opt + 6);
		seg->opts |= XTCP_OPT_TS;
		return;
	}
	if (seg->flags & XTCP_SYN)
		parse_syn_option(opt, len, seg);
	else if (opt[0] == KIND_SACK)
		parse_sack(opt, len, seg);
}

/* RFC 7323 appendix A: how nearly all segments carry their timestamps */
#define ALIGNED_TS	(KIND_NOP << 24 | KIND_NOP << 16 | KIND_TS << 8 | LEN_TS)

/* @n bytes of options. Every kind but two has a length (MUST-68). */
static u8 parse_options(const u8 *opt, u32 n, struct xtcp_segment *seg)
{
	if (n == WITH_TS && get32(opt) == ALIGNED_TS) {
		parse_option(opt + 2, LEN_TS, seg);
		return XTCP_R_NONE;
	}
	while (n) {
		u8 len;

		if (opt[0] == KIND_END)
			return XTCP_R_NONE;
		if (opt[0] == KIND_NOP) {
			opt++;
			n--;
			continue;
		}
		if (n < 2)
			return XTCP_R_BAD_OPTION;
		len = opt[1];
		if (len < 2 || len > n)
			return XTCP_R_BAD_OPTION;
		parse_option(opt, len, seg);
		opt += len;
		n -= len;
	}
	return XTCP_R_NONE;
}

u8 xtcp_header_parse(const u8 *head, u32 len, struct xtcp_segment *seg,
		     struct xtcp_ports *ports)
{
	u32 offset;

	if (len < XTCP_HEADER_MIN)
		return XTCP_R_TOO_SHORT;
	offset = xtcp_header_offset(head);
	if (offset < XTCP_HEADER_MIN || offset > len)
		return XTCP_R_BAD_OFFSET;

	memset(seg, 0, sizeof(*seg));
	ports->source = get16(head);
	ports->dest = get16(head + 2);
	seg->seq = get32(head + 4);
	seg->flags = head[13];
	if (seg->flags & XTCP_ACK)
		seg->ack = get32(head + 8);
	seg->wnd = get16(head + 14);
	if (seg->flags & XTCP_URG)
		seg->up = get16(head + 18);
	seg->len = len - offset;
	return parse_options(head + XTCP_HEADER_MIN, offset - XTCP_HEADER_MIN,
			     seg);
}

/* How many SACK blocks fit beside the timestamps. */
static u32 sack_blocks(const struct xtcp_segment *seg)
{
	u32 room = ROOM - WITH_SACK_BASE;
	u32 fit;

	if (!(seg->opts & XTCP_OPT_SACK) || (seg->flags & XTCP_SYN))
		return 0;
	if (seg->opts & XTCP_OPT_TS)
		room -= WITH_TS;
	fit = room / LEN_SACK_BLOCK;
	return seg->nsacks < fit ? seg->nsacks : fit;
}

/* Bytes of the option with what keeps the next one aligned; 0: no room */
static u32 with_cookie(const struct xtcp_segment *seg, u32 taken)
{
	u32 len = (LEN_FAST_OPEN + seg->cookie_len + 3u) & ~3u;

	if (!(seg->opts & XTCP_OPT_FAST_OPEN) || taken + len > ROOM)
		return 0;
	return len;
}

static u32 syn_options_len(u8 opts)
{
	u32 len = 0;

	if (opts & XTCP_OPT_MSS)
		len += WITH_MSS;
	if (opts & XTCP_OPT_WSCALE)
		len += WITH_WSCALE;
	if (opts & XTCP_OPT_TS)
		len += WITH_TS;	/* SACK-permitted is in place of its NOPs */
	else if (opts & XTCP_OPT_SACK_PERMITTED)
		len += WITH_SACK_PERMITTED;
	return len;
}

u32 xtcp_header_len(const struct xtcp_segment *seg)
{
	u32 blocks = sack_blocks(seg);
	u32 len = XTCP_HEADER_MIN;

	if (seg->flags & XTCP_SYN) {
		u32 syn = syn_options_len(seg->opts);

		return len + syn + with_cookie(seg, syn);
	}
	if (seg->opts & XTCP_OPT_TS)
		len += WITH_TS;
	if (blocks)
		len += WITH_SACK_BASE + blocks * LEN_SACK_BLOCK;
	return len;
}

static u8 *put_ts(u8 *p, const struct xtcp_segment *seg, bool sack_permitted)
{
	if (sack_permitted)
		p = put_bytes(p, KIND_SACK_PERMITTED, LEN_SACK_PERMITTED,
			      KIND_TS, LEN_TS);
	else
		p = put_bytes(p, KIND_NOP, KIND_NOP, KIND_TS, LEN_TS);
	p = put32(p, seg->tsval);
	return put32(p, seg->tsecr);
}

static u8 *put_cookie(u8 *p, const struct xtcp_segment *seg, u32 len)
{
	u32 rest = len - LEN_FAST_OPEN - seg->cookie_len;

	memset(p, KIND_NOP, rest);
	p += rest;
	*p++ = KIND_FAST_OPEN;
	*p++ = LEN_FAST_OPEN + seg->cookie_len;
	memcpy(p, seg->cookie, seg->cookie_len);
	return p + seg->cookie_len;
}

static u8 *put_syn_options(u8 *p, const struct xtcp_segment *seg)
{
	u32 cookie = with_cookie(seg, syn_options_len(seg->opts));
	bool sack = seg->opts & XTCP_OPT_SACK_PERMITTED;

	if (seg->opts & XTCP_OPT_MSS)
		p = put_bytes(p, KIND_MSS, LEN_MSS, (u8)(seg->mss >> 8),
			      (u8)seg->mss);
	if (seg->opts & XTCP_OPT_TS)
		p = put_ts(p, seg, sack);
	else if (sack)
		p = put_bytes(p, KIND_NOP, KIND_NOP, KIND_SACK_PERMITTED,
			      LEN_SACK_PERMITTED);
	if (seg->opts & XTCP_OPT_WSCALE)
		p = put_bytes(p, KIND_NOP, KIND_WSCALE, LEN_WSCALE,
			      seg->wscale);
	return cookie ? put_cookie(p, seg, cookie) : p;
}

/* A segment without SYN: MSS must not be on it (MUST-65). */
static u8 *put_options(u8 *p, const struct xtcp_segment *seg)
{
	u32 i, blocks = sack_blocks(seg);

	if (seg->opts & XTCP_OPT_TS)
		p = put_ts(p, seg, false);
	if (!blocks)
		return p;
	p = put_bytes(p, KIND_NOP, KIND_NOP, KIND_SACK,
		      (u8)(LEN_SACK_BASE + blocks * LEN_SACK_BLOCK));
	for (i = 0; i < blocks; i++) {
		p = put32(p, seg->sack[i].left);
		p = put32(p, seg->sack[i].right);
	}
	return p;
}

u32 xtcp_header_build(u8 *head, const struct xtcp_segment *seg,
		      const struct xtcp_ports *ports)
{
	u8 *end = head + XTCP_HEADER_MIN;

	if (seg->flags & XTCP_SYN)
		end = put_syn_options(end, seg);
	else
		end = put_options(end, seg);

	put16(head, ports->source);
	put16(head + 2, ports->dest);
	put32(head + 4, seg->seq);
	put32(head + 8, seg->flags & XTCP_ACK ? seg->ack : 0);
	head[12] = (u8)((end - head) / 4 << 4);
	head[13] = seg->flags;
	put16(head + 14, seg->wnd);
	put16(head + XTCP_HEADER_CHECK, 0);
	put16(head + 18, seg->flags & XTCP_URG ? seg->up : 0);
	return (u32)(end - head);
}
