// SPDX-License-Identifier: GPL-2.0-only
/* What all congestion control algorithms share: RFC 5681. */
#include "machine/seq.h"
#include "stream/cc.h"

static const struct xtcp_cc_ops *const algorithms[] = {
	&xtcp_cubic, &xtcp_newreno, NULL,
};

const struct xtcp_cc_ops *xtcp_cc_nth(u32 n)
{
	u32 i;

	for (i = 0; i < n && algorithms[i]; i++)
		;
	return algorithms[i];
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct xtcp_cc_ops *xtcp_cc_find(const char *name)
{
	const struct xtcp_cc_ops *ops;
	u32 n;

	if (same(name, "reno"))
		return &xtcp_newreno;
	for (n = 0; (ops = xtcp_cc_nth(n)); n++)
		if (same(name, ops->name))
			return ops;
	return NULL;
}

/* RFC 6928 2: ten segments, but not much more than 14600 bytes. */
static u32 initial_window(u32 mss, u8 segments)
{
	u32 limit = segments * 1460u;

	if (!segments)
		return mss;
	if (limit < 2 * mss)
		limit = 2 * mss;
	return segments * mss < limit ? segments * mss : limit;
}

void xtcp_cc_init(struct xtcp_cc *cc, const struct xtcp_cc_ops *ops, u32 mss,
		  u8 segments)
{
	memset(cc, 0, sizeof(*cc));
	cc->ops = ops;
	cc->mss = mss;
	cc->initial = initial_window(mss, segments);
	cc->cwnd = cc->initial;
	cc->ssthresh = XTCP_SSTHRESH_NONE;
	if (ops->init)
		ops->init(cc);
}

void xtcp_cc_give(struct xtcp_cc *cc, struct xtcp_cc_own *own)
{
	cc->own = own;
	if (own)
		memset(own, 0, sizeof(*own));
}

bool xtcp_cc_blank(const struct xtcp_cc *cc, bool idle)
{
	return !cc->own || !cc->ops || !cc->ops->blank ||
	       cc->ops->blank(cc, idle);
}

void xtcp_cc_change(struct xtcp_cc *cc, const struct xtcp_cc_ops *ops)
{
	if (cc->ops == ops)
		return;
	cc->ops = ops;
	cc->credit = 0;
	xtcp_cc_give(cc, cc->own);
	if (ops->init)
		ops->init(cc);
}

static u32 rescale(u32 bytes, u32 from, u32 to)
{
	u32 segments = bytes / from;

	if (!segments)
		segments = 1;
	if (segments > XTCP_CWND_MAX / to)
		segments = XTCP_CWND_MAX / to;
	return segments * to;
}

void xtcp_cc_mss(struct xtcp_cc *cc, u32 mss)
{
	cc->cwnd = rescale(cc->cwnd, cc->mss, mss);
	cc->initial = rescale(cc->initial, cc->mss, mss);
	if (cc->ssthresh != XTCP_SSTHRESH_NONE)
		cc->ssthresh = rescale(cc->ssthresh, cc->mss, mss);
	cc->credit = 0;
	cc->mss = mss;
}

void xtcp_cc_acked(struct xtcp_cc *cc, u32 bytes, u64 now_us)
{
	cc->ops->acked(cc, bytes, now_us);
	if (cc->cwnd > XTCP_CWND_MAX)
		cc->cwnd = XTCP_CWND_MAX;
}

u32 xtcp_cc_slow(struct xtcp_cc *cc, u32 bytes)
{
	u32 room = cc->ssthresh - cc->cwnd;
	u32 step = bytes < room ? bytes : room;

	cc->cwnd += step;
	return bytes - step;
}

/* RFC 8511 is for congestion avoidance alone. */
bool xtcp_cc_marked(struct xtcp_cc *cc, u32 flight, u32 nxt, u64 now_us)
{
	if (cc->marked)
		return false;
	if (cc->ops->marked && !xtcp_cc_slow_start(cc))
		cc->ssthresh = cc->ops->marked(cc, flight, now_us);
	else
		cc->ssthresh = cc->ops->lost(cc, flight, now_us);
	cc->credit = 0;
	cc->cwr = true;
	cc->marked = true;
	cc->marked_end = nxt;
	return true;
}

/* What is lost of the same window as a mark tells nothing new (3168 6.1.2). */
void xtcp_cc_lost(struct xtcp_cc *cc, u32 flight, u64 now_us)
{
	if (!cc->marked)
		cc->ssthresh = cc->ops->lost(cc, flight, now_us);
	cc->credit = 0;
	cc->cwr = true;
}

/* RFC 5681 3.1: one segment; ssthresh falls once, however often it fires. */
void xtcp_cc_timeout(struct xtcp_cc *cc, u32 flight, bool first, u64 now_us)
{
	if (first)
		xtcp_cc_lost(cc, flight, now_us);
	cc->cwnd = cc->mss;
	cc->credit = 0;
}

/*
 * RFC 5681 4.1: nothing is known any more of a path that was not used, but for
 * where slow start may be quick again (RFC 2861 3.1).
 */
void xtcp_cc_restart(struct xtcp_cc *cc)
{
	u32 proved = cc->cwnd - cc->cwnd / 4;

	if (cc->ssthresh < proved)
		cc->ssthresh = proved;
	if (cc->cwnd > cc->initial)
		cc->cwnd = cc->initial;
	cc->credit = 0;
	if (cc->ops->restart)
		cc->ops->restart(cc);
}
