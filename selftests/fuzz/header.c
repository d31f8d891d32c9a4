// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes as a header: whatever they are, nothing outside of them is read; what
 * parses can be built again, and then says the same.
 *
 * The input: two bytes, the length of the text that lies elsewhere; the header.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "wire/header.h"

#define BUILT_ON_SYN	(XTCP_OPT_MSS | XTCP_OPT_WSCALE | \
			 XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TS | \
			 XTCP_OPT_FAST_OPEN)
#define BUILT_ELSE	(XTCP_OPT_TS | XTCP_OPT_SACK)

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* MUST-68: every option but two has a length, and it stays in the header. */
static bool well_formed(const u8 *opt, u32 n)
{
	u32 i = 0;

	while (i < n && opt[i]) {
		if (opt[i] == 1) {
			i++;
			continue;
		}
		if (i + 1 == n || opt[i + 1] < 2 || opt[i + 1] > n - i)
			return false;
		i += opt[i + 1];
	}
	return true;
}

/* RFC 9293 3.1, field by field */
static void check_fixed(const u8 *head, const struct xtcp_segment *seg,
			const struct xtcp_ports *ports)
{
	MUST(ports->source == be32(head) >> 16);
	MUST(ports->dest == (be32(head) & 0xffff));
	MUST(seg->seq == be32(head + 4));
	MUST(seg->ack == (head[13] & XTCP_ACK ? be32(head + 8) : 0));
	MUST(seg->flags == head[13]);
	MUST(seg->wnd == (be32(head + 12) & 0xffff));
	MUST(seg->up == (head[13] & XTCP_URG ? be32(head + 16) & 0xffff : 0));
}

static void check_options(const struct xtcp_segment *seg)
{
	u8 may = seg->flags & XTCP_SYN ? BUILT_ON_SYN : BUILT_ELSE;

	MUST(!(seg->opts & ~may));
	MUST(!(seg->opts & XTCP_OPT_MSS) == !seg->mss);
	MUST(!(seg->opts & XTCP_OPT_SACK) == !seg->nsacks);
	MUST(seg->nsacks <= XTCP_SACK_BLOCKS);
	MUST(seg->opts & XTCP_OPT_FAST_OPEN || !seg->cookie_len);
	MUST(!(seg->cookie_len & 1) && seg->cookie_len != 2 &&
	     seg->cookie_len <= XTCP_FAST_COOKIE_MAX);
}

static bool same(const struct xtcp_segment *a, const struct xtcp_segment *b)
{
	return a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->wnd == b->wnd && a->up == b->up && a->flags == b->flags &&
	       a->opts == b->opts && a->wscale == b->wscale &&
	       a->mss == b->mss && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr && a->nsacks == b->nsacks &&
	       a->cookie_len == b->cookie_len &&
	       !memcmp(a->cookie, b->cookie, a->cookie_len) &&
	       !memcmp(a->sack, b->sack, a->nsacks * sizeof(a->sack[0]));
}

static void check_round_trip(const struct xtcp_segment *seg,
			     const struct xtcp_ports *ports)
{
	u32 len = xtcp_header_len(seg);
	struct xtcp_segment back;
	struct xtcp_ports back_ports;
	u8 *head;

	MUST(len >= XTCP_HEADER_MIN && len <= XTCP_HEADER_MAX && !(len % 4));
	head = malloc(len);
	MUST(head);
	MUST(xtcp_header_build(head, seg, ports) == len);
	MUST(xtcp_header_offset(head) == len);
	MUST(xtcp_header_parse(head, len + seg->len, &back, &back_ports) ==
	     XTCP_R_NONE);
	MUST(same(seg, &back));
	MUST(!memcmp(ports, &back_ports, sizeof(*ports)));
	free(head);
}

static void note(const struct xtcp_segment *seg, u8 reason)
{
	u8 i;

	fuzz_note("parsed: reason %u flags %#x options %#x text %u", reason,
		  seg->flags, seg->opts, seg->len);
	fuzz_note("  mss %u scale %u timestamps %u %u blocks %u", seg->mss,
		  seg->wscale, seg->tsval, seg->tsecr, seg->nsacks);
	for (i = 0; i < seg->nsacks && i < XTCP_SACK_BLOCKS; i++)
		fuzz_note("  block %#x to %#x", seg->sack[i].left,
			  seg->sack[i].right);
}

/* @n bytes that end where their memory ends */
static void try_parse(const u8 *head, u32 n, u32 text)
{
	struct xtcp_segment seg = { 0 };
	struct xtcp_ports ports;
	u32 offset = n < XTCP_HEADER_MIN ? 0 : xtcp_header_offset(head);
	u8 reason = xtcp_header_parse(head, n + text, &seg, &ports);

	note(&seg, reason);
	if (n + text < XTCP_HEADER_MIN) {
		MUST(reason == XTCP_R_TOO_SHORT);
		return;
	}
	if (offset < XTCP_HEADER_MIN || offset > n + text) {
		MUST(reason == XTCP_R_BAD_OFFSET);
		return;
	}
	if (!well_formed(head + XTCP_HEADER_MIN, offset - XTCP_HEADER_MIN)) {
		MUST(reason == XTCP_R_BAD_OPTION);
		return;
	}
	MUST(reason == XTCP_R_NONE);
	MUST(seg.len == n + text - offset);
	check_fixed(head, &seg, &ports);
	check_options(&seg);
	check_round_trip(&seg, &ports);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const u8 *bytes;
	u32 text, offset;
	size_t n;
	u8 *head;

	fuzz_begin(data, size);
	text = fuzz_u16();
	bytes = fuzz_rest(&n);
	if (n > 4 * XTCP_HEADER_MAX)
		n = 4 * XTCP_HEADER_MAX;
	/* A header that is all there may have its text in other memory. */
	offset = n < XTCP_HEADER_MIN ? 0 : xtcp_header_offset(bytes);
	if (offset >= XTCP_HEADER_MIN && offset <= n)
		n = offset;
	else
		text = 0;
	head = malloc(n ? n : 1);
	MUST(head);
	if (n)
		memcpy(head, bytes, n);
	fuzz_note("header of %zu bytes, %u bytes of text", n, text);
	for (offset = 0; offset + 4 <= n; offset += 4)
		fuzz_note("  %2u: %02x %02x %02x %02x", offset, head[offset],
			  head[offset + 1], head[offset + 2], head[offset + 3]);
	try_parse(head, (u32)n, text);
	free(head);
	return 0;
}
