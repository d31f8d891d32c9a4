// SPDX-License-Identifier: GPL-2.0-only
/*
 * SYN cookies: what was made is believed for its own period and the next, and
 * not otherwise; what the SYN said comes back, as far as a cookie can hold it.
 */
#include "fuzz.h"
#include "machine/steps.h"

#define SMALLEST_MSS	216
#define MAC_LOW		0x00ffffffu
#define COUNT_ROUND	8	/* periods until the count's bits come again */

static struct xtcp_cookie_facts facts_at(u32 count, u32 mac)
{
	return (struct xtcp_cookie_facts){
		.count = count, .mac = { mac, mac }, .expected = true,
	};
}

static void check_age(u32 cookie, u32 count, u32 mac, u16 announced)
{
	struct xtcp_cookie_facts facts;
	u16 mss = 0, first = 0;
	u32 age;

	for (age = 0; age < COUNT_ROUND; age++) {
		facts = facts_at(count + age, mac);
		MUST(xtcp_cookie_check(&facts, cookie, &mss) == (age < 2));
		if (!age)
			first = mss;
		MUST(mss == first);
	}
	MUST(mss >= SMALLEST_MSS);
	MUST(mss <= announced || mss == SMALLEST_MSS);
}

/* One bit of the hash is wrong: a forgery */
static void check_forged(u32 cookie, u32 count, u32 mac, u32 bits)
{
	struct xtcp_cookie_facts facts = facts_at(count, mac);
	u16 mss;

	bits &= MAC_LOW;
	if (bits)
		MUST(!xtcp_cookie_check(&facts, cookie ^ bits, &mss));
}

/* A SYN with more room has no smaller MSS in its cookie. */
static void check_monotone(u32 count, u32 mac, u16 less, u16 more)
{
	struct xtcp_cookie_facts facts = facts_at(count, mac);
	u16 a = 0, b = 0;

	if (less > more)
		return;
	MUST(xtcp_cookie_check(&facts, xtcp_cookie_make(mac, count, less),
			       &a));
	MUST(xtcp_cookie_check(&facts, xtcp_cookie_make(mac, count, more),
			       &b));
	MUST(a <= b);
}

static void check_timestamp(const struct xtcp_event *syn, u32 tsval,
			    u32 cookie)
{
	const struct xtcp_policy *p = syn->policy;
	u8 want = syn->seg.opts & XTCP_OPT_TS;
	struct xtcp_event ack = *syn;
	u32 ts = xtcp_cookie_ts_make(tsval, &syn->seg, p);

	MUST(seq_leq(ts, tsval) && tsval - ts < 1u << XTCP_COOKIE_TS_BITS);
	ack.open.iss = cookie;
	ack.seg.tsecr = ts;
	ack.seg.wscale = 0;
	xtcp_cookie_options(&ack);
	if (want && p->window_scaling)
		want |= syn->seg.opts & XTCP_OPT_WSCALE;
	if (want && p->sack)
		want |= syn->seg.opts & XTCP_OPT_SACK_PERMITTED;
	MUST(ack.seg.opts == (want | XTCP_OPT_MSS));
	if (!(want & XTCP_OPT_WSCALE))
		return;
	MUST(ack.seg.wscale == (syn->seg.wscale < XTCP_WSCALE_MAX ?
				syn->seg.wscale : XTCP_WSCALE_MAX));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct xtcp_policy policy = { 0 };
	struct xtcp_event syn = { .policy = &policy };
	u32 mac, count, cookie, tsval;
	u16 mss;
	u8 bits;

	fuzz_begin(data, size);
	mac = fuzz_u32();
	count = fuzz_u32();
	mss = fuzz_u16();
	bits = fuzz_byte();
	policy.window_scaling = bits & 1;
	policy.sack = bits >> 1 & 1;
	syn.seg.opts = bits >> 3;
	syn.seg.wscale = fuzz_byte();
	tsval = fuzz_u32();
	cookie = xtcp_cookie_make(mac, count, mss);
	fuzz_note("mac %#x count %u mss %u: cookie %#x", mac, count, mss,
		  cookie);
	fuzz_note("policy %#x options %#x scale %u tsval %#x", bits & 3,
		  syn.seg.opts, syn.seg.wscale, tsval);
	check_age(cookie, count, mac, mss);
	check_forged(cookie, count, mac, fuzz_u32());
	check_monotone(count, mac, mss, fuzz_u16());
	syn.cookie = facts_at(count, mac);
	check_timestamp(&syn, tsval, cookie);
	return 0;
}
