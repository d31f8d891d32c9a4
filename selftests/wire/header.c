// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the header's parser and builder promise: every layout of options, every
 * way to break one, and that nothing behind the header is read (ASan sees it).
 */
#include <stdlib.h>

#include "../lib/check.h"
#include "wire/header.h"

#define SEED		0x9293u
#define ROUNDS		200000
#define ALL_SYN_OPTS	(XTCP_OPT_MSS | XTCP_OPT_WSCALE | \
			 XTCP_OPT_SACK_PERMITTED | XTCP_OPT_TS)

/*
 * Parse a header from memory of exactly its size: with text behind it that
 * nobody may read, as when the text lies in the pages of an skb.
 */
static u8 parse(const u8 *opts, u32 n, u8 flags, struct xtcp_segment *seg)
{
	u32 offset = XTCP_HEADER_MIN + (n + 3) / 4 * 4;
	u8 *head = calloc(1, offset);
	struct xtcp_ports ports;
	u8 reason;

	if (!head)
		abort();
	head[12] = (u8)(offset / 4 << 4);
	head[13] = flags;
	if (n)
		memcpy(head + XTCP_HEADER_MIN, opts, n);
	reason = xtcp_header_parse(head, offset + 7, seg, &ports);
	if (!reason)
		CHECK(seg->len == 7, "text is %u bytes long", seg->len);
	free(head);
	return reason;
}

static struct xtcp_segment syn_segment(u8 opts)
{
	return (struct xtcp_segment) {
		.seq = 0x01020304, .ack = 0x05060708, .wnd = 0xfaf0,
		.flags = XTCP_SYN | XTCP_ACK, .opts = opts, .mss = 0x05b4,
		.wscale = 7, .tsval = 0x11223344, .tsecr = 0x55667788,
	};
}

struct layout {
	u8 opts;
	u8 len;
	u8 bytes[40];
};

static const struct layout syn_layouts[] = {
	{ 0, 0, { 0 } },
	{ XTCP_OPT_MSS, 4, { 2, 4, 5, 0xb4 } },
	{ XTCP_OPT_WSCALE, 4, { 1, 3, 3, 7 } },
	{ XTCP_OPT_SACK_PERMITTED, 4, { 1, 1, 4, 2 } },
	{ XTCP_OPT_MSS | XTCP_OPT_WSCALE, 8, { 2, 4, 5, 0xb4, 1, 3, 3, 7 } },
	{ XTCP_OPT_MSS | XTCP_OPT_WSCALE | XTCP_OPT_SACK_PERMITTED, 12,
	  { 2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 } },
	{ XTCP_OPT_TS, 12, { 1, 1, 8, 10, 0x11, 0x22, 0x33, 0x44,
			     0x55, 0x66, 0x77, 0x88 } },
	{ XTCP_OPT_MSS | XTCP_OPT_TS, 16,
	  { 2, 4, 5, 0xb4, 1, 1, 8, 10, 0x11, 0x22, 0x33, 0x44,
	    0x55, 0x66, 0x77, 0x88 } },
	{ ALL_SYN_OPTS, 20,
	  { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0x11, 0x22, 0x33, 0x44,
	    0x55, 0x66, 0x77, 0x88, 1, 3, 3, 7 } },
};

static void syn_layout(void)
{
	const struct xtcp_ports ports = { 33333, 80 };
	u8 head[XTCP_HEADER_MAX];
	size_t i;

	for (i = 0; i < sizeof(syn_layouts) / sizeof(*syn_layouts); i++) {
		const struct layout *l = &syn_layouts[i];
		struct xtcp_segment seg = syn_segment(l->opts);
		u32 len = xtcp_header_build(head, &seg, &ports);

		CHECK(len == XTCP_HEADER_MIN + l->len, "options %#x: %u bytes",
		      l->opts, len);
		CHECK(len == xtcp_header_len(&seg), "options %#x", l->opts);
		CHECK(!memcmp(head + XTCP_HEADER_MIN, l->bytes, l->len),
		      "options %#x", l->opts);
	}
}

static void fixed_part(void)
{
	static const u8 want[XTCP_HEADER_MIN] = {
		0x82, 0x35, 0x00, 0x50, 1, 2, 3, 4, 5, 6, 7, 8,
		0x50, XTCP_ACK | XTCP_URG, 0xfa, 0xf0, 0, 0, 0x12, 0x34,
	};
	const struct xtcp_ports ports = { 33333, 80 };
	struct xtcp_segment seg = syn_segment(0);
	u8 head[XTCP_HEADER_MAX];

	memset(head, 0xff, sizeof(head));
	seg.flags = XTCP_ACK | XTCP_URG;
	seg.up = 0x1234;
	CHECK(xtcp_header_build(head, &seg, &ports) == XTCP_HEADER_MIN, "-");
	CHECK(!memcmp(head, want, sizeof(want)), "-");

	/* What no flag speaks for is not told to the peer. */
	seg.flags = XTCP_RST;
	xtcp_header_build(head, &seg, &ports);
	CHECK(!head[8] && !head[9] && !head[10] && !head[11], "ack");
	CHECK(!head[18] && !head[19], "urgent pointer");
}

/* Outside of a SYN: timestamps, then as many SACK blocks as still fit. */
static void sack_layout(void)
{
	const struct xtcp_ports ports = { 1, 2 };
	u8 head[XTCP_HEADER_MAX];
	struct xtcp_segment seg, back;
	struct xtcp_ports p;
	u32 ts, n, fit, len;

	for (ts = 0; ts < 2; ts++) {
		for (n = 0; n <= XTCP_SACK_BLOCKS; n++) {
			seg = syn_segment(XTCP_OPT_SACK | XTCP_OPT_MSS |
					  XTCP_OPT_WSCALE |
					  (ts ? XTCP_OPT_TS : 0));
			seg.flags = XTCP_ACK;
			seg.nsacks = (u8)n;
			seg.sack[0] = (struct xtcp_sack_block) { 1, 2 };
			fit = ts && n > 3 ? 3 : n;
			len = XTCP_HEADER_MIN + (ts ? 12 : 0) +
			      (fit ? 4 + fit * 8 : 0);
			CHECK(xtcp_header_build(head, &seg, &ports) == len,
			      "%u blocks", n);
			CHECK(xtcp_header_len(&seg) == len, "%u blocks", n);
			CHECK(!xtcp_header_parse(head, len, &back, &p), "-");
			CHECK(back.nsacks == fit, "%u of %u blocks",
			      back.nsacks, n);
			CHECK(!(back.opts & (XTCP_OPT_MSS | XTCP_OPT_WSCALE)),
			      "MSS without SYN (MUST-65)");
			CHECK(!n || back.sack[0].right == 2, "-");
		}
	}
}

static const u8 opt_mss[] = { 2, 4, 0x05, 0xb4 };
static const u8 opt_ws[] = { 3, 3, 7 };
static const u8 opt_sp[] = { 4, 2 };
static const u8 opt_ts[] = { 8, 10, 0x11, 0x22, 0x33, 0x44,
			     0x55, 0x66, 0x77, 0x88 };
static const u8 *const kinds[] = { opt_mss, opt_ws, opt_sp, opt_ts };

/* The four options in the order of @perm, each after @nops NOPs. */
static u32 lay_out(u8 *opts, const u32 *perm, u32 nops)
{
	u32 i, n = 0;

	for (i = 0; i < 4; i++) {
		memset(opts + n, 1, nops >> 2 * i & 3);
		n += nops >> 2 * i & 3;
		memcpy(opts + n, kinds[perm[i]], kinds[perm[i]][1]);
		n += kinds[perm[i]][1];
	}
	return n;
}

static void check_all_syn_options(const struct xtcp_segment *seg)
{
	CHECK(seg->opts == ALL_SYN_OPTS, "options %#x", seg->opts);
	CHECK(seg->mss == 0x5b4 && seg->wscale == 7, "-");
	CHECK(seg->tsval == 0x11223344 && seg->tsecr == 0x55667788, "-");
}

/* MUST-64: any order, any alignment, the same result. */
static void any_order(void)
{
	struct xtcp_segment seg;
	u32 perm[4], code, nops, n;
	u8 opts[40];

	for (code = 0; code < 256; code++) {
		u32 i, used = 0;

		for (i = 0; i < 4; i++) {
			perm[i] = code >> 2 * i & 3;
			used |= 1u << perm[i];
		}
		if (used != 15)
			continue;
		for (nops = 0; nops < 256; nops++) {
			n = lay_out(opts, perm, nops);
			CHECK(!parse(opts, n, XTCP_SYN, &seg), "%x", code);
			check_all_syn_options(&seg);
		}
	}
}

/* MUST-4: nothing behind the end of the list counts, not even nonsense. */
static void end_of_list(void)
{
	static const u8 opts[] = { 1, 1, 2, 4, 0x05, 0xb4, 0, 3, 3, 9, 2, 0 };
	static const u8 first[] = { 0, 2, 4, 0 };
	struct xtcp_segment seg;

	CHECK(!parse(opts, sizeof(opts), XTCP_SYN, &seg), "-");
	CHECK(seg.opts == XTCP_OPT_MSS && seg.mss == 0x5b4, "-");
	CHECK(!parse(first, sizeof(first), XTCP_SYN, &seg), "-");
	CHECK(!seg.opts, "-");
}

/* MUST-6: what is unknown is skipped by its length, whatever it says. */
static void unknown_kinds(void)
{
	struct xtcp_segment seg;
	u8 opts[40];
	u32 kind, len;

	for (kind = 6; kind < 256; kind++) {
		if (kind == 8 || kind == 34)
			continue;
		for (len = 2; len <= 33; len++) {
			memset(opts, 0, sizeof(opts));
			memcpy(opts, opt_mss, 4);
			opts[4] = (u8)kind;
			opts[5] = (u8)len;
			memset(opts + 6, 2, len - 2);
			memcpy(opts + 4 + len, opt_ws, 3);
			CHECK(!parse(opts, 4 + len + 3, XTCP_SYN, &seg),
			      "kind %u, length %u", kind, len);
			CHECK(seg.opts == (XTCP_OPT_MSS | XTCP_OPT_WSCALE),
			      "kind %u, length %u", kind, len);
		}
	}
}

/* MUST-7: lengths that cannot be, at every place, for every kind. */
static void malformed(void)
{
	struct xtcp_segment seg;
	u8 opts[40];
	u32 kind, at, len;

	for (kind = 2; kind < 256; kind++) {
		for (at = 0; at < 40; at++) {
			memset(opts, 1, sizeof(opts));
			opts[at] = (u8)kind;
			for (len = 0; len < 256; len++) {
				if (at < 39)
					opts[at + 1] = (u8)len;
				if (at < 39 && len >= 2 && len <= 40 - at)
					continue;
				CHECK(parse(opts, 40, XTCP_SYN, &seg) ==
				      XTCP_R_BAD_OPTION, "%u at %u, length %u",
				      kind, at, len);
				if (at == 39)
					break;
			}
		}
	}
}

/* A known kind with a length that is not its own is as good as unknown. */
static void wrong_length(void)
{
	static const struct {
		u8 kind, flags, len;
	} known[] = {
		{ 2, XTCP_SYN, 4 }, { 3, XTCP_SYN, 3 }, { 4, XTCP_SYN, 2 },
		{ 8, XTCP_SYN, 10 }, { 8, XTCP_ACK, 10 },
	};
	struct xtcp_segment seg;
	u8 opts[40];
	size_t i;
	u32 len;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		for (len = 2; len <= 40; len++) {
			memset(opts, 1, sizeof(opts));
			opts[0] = known[i].kind;
			opts[1] = (u8)len;
			CHECK(!parse(opts, 40, known[i].flags, &seg), "-");
			CHECK(!seg.opts == (len != known[i].len),
			      "kind %u, length %u", known[i].kind, len);
		}
	}
	for (len = 2; len <= 40; len++) {
		memset(opts, 1, sizeof(opts));
		opts[0] = 5;
		opts[1] = (u8)len;
		CHECK(!parse(opts, 40, XTCP_ACK, &seg), "-");
		CHECK(!!seg.opts == (len > 2 && len % 8 == 2), "%u", len);
		CHECK(!seg.opts || seg.nsacks == len / 8, "%u", len);
	}
}

/* RFC 7413 4.1.1: none, or 4 to 16 bytes; ours and the peer's way to align it */
static void fast_open(void)
{
	const struct xtcp_ports ports = { 1, 2 };
	struct xtcp_segment seg = syn_segment(ALL_SYN_OPTS), back;
	u8 head[XTCP_HEADER_MAX], opts[40];
	struct xtcp_ports p;
	u32 len, n;

	for (len = 2; len <= 40; len++) {
		bool fits = len == 2 ||
			    (len >= 6 && len <= 18 && !(len & 1));

		memset(opts, 7, sizeof(opts));
		opts[0] = 34;
		opts[1] = (u8)len;
		memset(opts + len, 1, sizeof(opts) - len);
		CHECK(!parse(opts, 40, XTCP_SYN, &back), "length %u", len);
		CHECK(!!back.opts == fits, "length %u", len);
		CHECK(!fits || (back.opts == XTCP_OPT_FAST_OPEN &&
				back.cookie_len == len - 2 &&
				!memcmp(back.cookie, opts + 2, len - 2)),
		      "length %u", len);
		CHECK(!parse(opts, 40, XTCP_ACK, &back), "length %u", len);
		CHECK(!back.opts, "on an ACK");
		if (!fits)
			continue;
		seg.opts = ALL_SYN_OPTS | XTCP_OPT_FAST_OPEN;
		seg.cookie_len = (u8)(len - 2);
		memset(seg.cookie, 0, sizeof(seg.cookie));
		memset(seg.cookie, 7, len - 2);
		n = xtcp_header_build(head, &seg, &ports);
		CHECK(n == XTCP_HEADER_MIN + 20 + (len + 3) / 4 * 4,
		      "length %u: %u", len, n);
		CHECK(n == xtcp_header_len(&seg), "length %u", len);
		CHECK(!xtcp_header_parse(head, n + seg.len, &back, &p), "-");
		CHECK(!memcmp(&seg, &back, sizeof(seg)), "length %u", len);
	}
}

static void out_of_place(void)
{
	static const u8 syn_only[] = { 2, 4, 5, 0xb4, 3, 3, 7, 4, 2 };
	static const u8 sack[] = { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2 };
	static const u8 no_mss[] = { 2, 4, 0, 0 };
	struct xtcp_segment seg;

	CHECK(!parse(syn_only, sizeof(syn_only), XTCP_ACK, &seg), "-");
	CHECK(!seg.opts, "options of a SYN on an ACK: %#x", seg.opts);
	CHECK(!parse(sack, sizeof(sack), XTCP_SYN, &seg), "-");
	CHECK(!seg.opts, "SACK on a SYN");
	CHECK(!parse(no_mss, sizeof(no_mss), XTCP_SYN, &seg), "-");
	CHECK(!seg.opts, "an MSS of 0");
}

static void offsets(void)
{
	struct xtcp_segment seg;
	struct xtcp_ports ports;
	u32 words, len;
	u8 head[80];

	for (words = 0; words < 16; words++) {
		for (len = 0; len <= sizeof(head); len++) {
			u8 want = XTCP_R_NONE, got;

			memset(head, 0, sizeof(head));
			head[12] = (u8)(words << 4 | 0xf); /* reserved bits */
			if (words < 5 || words * 4 > len)
				want = XTCP_R_BAD_OFFSET;
			if (len < XTCP_HEADER_MIN)
				want = XTCP_R_TOO_SHORT;
			got = xtcp_header_parse(head, len, &seg, &ports);
			CHECK(got == want, "offset %u of %u", words, len);
			CHECK(got || seg.len == len - words * 4,
			      "offset %u of %u", words, len);
		}
	}
}

/* RFC 9293 3.1: what is not flagged is not looked at. */
static void unflagged(void)
{
	struct xtcp_segment seg;
	struct xtcp_ports ports;
	u8 head[XTCP_HEADER_MIN];
	u32 flags;

	for (flags = 0; flags < 256; flags++) {
		memset(head, 0xee, sizeof(head));
		head[12] = 0x5e;
		head[13] = (u8)flags;
		CHECK(!xtcp_header_parse(head, sizeof(head), &seg, &ports),
		      "%#x", flags);
		CHECK(seg.flags == flags, "%#x", flags);
		CHECK(seg.ack == (flags & XTCP_ACK ? 0xeeeeeeee : 0), "%#x",
		      flags);
		CHECK(seg.up == (flags & XTCP_URG ? 0xeeee : 0), "%#x", flags);
		CHECK(ports.source == 0xeeee && ports.dest == 0xeeee, "-");
	}
}

static void random_segment(struct xtcp_segment *seg)
{
	bool syn = rnd() & 1;
	u8 i;

	memset(seg, 0, sizeof(*seg));
	seg->seq = rnd();
	seg->len = rnd() & 0xffff;
	seg->wnd = (u16)rnd();
	seg->flags = (u8)(rnd() & ~(u32)XTCP_SYN) | (syn ? XTCP_SYN : 0);
	if (seg->flags & XTCP_ACK)
		seg->ack = rnd();
	if (seg->flags & XTCP_URG)
		seg->up = (u16)rnd();
	seg->opts = rnd() & (syn ? ALL_SYN_OPTS : XTCP_OPT_TS | XTCP_OPT_SACK);
	if (seg->opts & XTCP_OPT_MSS)
		seg->mss = (u16)(rnd() | 1);
	if (seg->opts & XTCP_OPT_WSCALE)
		seg->wscale = (u8)rnd();
	if (seg->opts & XTCP_OPT_TS) {
		seg->tsval = rnd();
		seg->tsecr = rnd();
	}
	if (!(seg->opts & XTCP_OPT_SACK))
		return;
	seg->nsacks = (u8)(1 + rnd() % (seg->opts & XTCP_OPT_TS ? 3 : 4));
	for (i = 0; i < seg->nsacks; i++)
		seg->sack[i] = (struct xtcp_sack_block) { rnd(), rnd() };
}

static void round_trip(void)
{
	struct xtcp_segment seg, back;
	struct xtcp_ports ports, p;
	u8 head[XTCP_HEADER_MAX];
	u32 i, len;

	for (i = 0; i < ROUNDS; i++) {
		random_segment(&seg);
		ports.source = (u16)rnd();
		ports.dest = (u16)rnd();
		len = xtcp_header_build(head, &seg, &ports);
		CHECK(len == xtcp_header_len(&seg) && len % 4 == 0 &&
		      len <= XTCP_HEADER_MAX, "round %u", i);
		CHECK(!xtcp_header_parse(head, len + seg.len, &back, &p),
		      "round %u", i);
		CHECK(!memcmp(&seg, &back, sizeof(seg)), "round %u", i);
		CHECK(!memcmp(&ports, &p, sizeof(p)), "round %u", i);
	}
}

/* Whatever can be read can be written, and then reads the same. */
static void read_again(const u8 *bytes, u32 len)
{
	struct xtcp_segment seg, back;
	struct xtcp_ports ports, p;
	u8 head[XTCP_HEADER_MAX];
	u32 n;

	if (xtcp_header_parse(bytes, len, &seg, &ports))
		return;
	n = xtcp_header_build(head, &seg, &ports);
	CHECK(!xtcp_header_parse(head, n + seg.len, &back, &p), "-");
	CHECK(!memcmp(&seg, &back, sizeof(seg)), "-");
}

static void fuzz(void)
{
	const struct xtcp_ports ports = { 1, 2 };
	u8 head[XTCP_HEADER_MAX], *bytes;
	struct xtcp_segment seg;
	u32 i, j, len;

	for (i = 0; i < ROUNDS; i++) {
		random_segment(&seg);
		len = xtcp_header_build(head, &seg, &ports);
		/* Half of them noise, half of them headers with a few flaws. */
		for (j = rnd() & 1 ? len : rnd() % 4; j; j--)
			head[12 + rnd() % (len - 12)] = (u8)rnd();
		if (!(rnd() & 3))
			len = rnd() % (len + 1);
		/* Memory of just that size, so that one byte more is seen. */
		bytes = malloc(len ? len : 1);
		if (!bytes)
			abort();
		memcpy(bytes, head, len);
		read_again(bytes, len);
		free(bytes);
	}
}

int main(void)
{
	random_state = SEED;
	printf("TAP version 13\n1..14\n# seed %#x\n", SEED);
	run("fixed_part", fixed_part);
	run("syn_layout", syn_layout);
	run("sack_layout", sack_layout);
	run("any_order", any_order);
	run("end_of_list", end_of_list);
	run("unknown_kinds", unknown_kinds);
	run("malformed", malformed);
	run("wrong_length", wrong_length);
	run("fast_open", fast_open);
	run("out_of_place", out_of_place);
	run("offsets", offsets);
	run("unflagged", unflagged);
	run("round_trip", round_trip);
	run("fuzz", fuzz);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
