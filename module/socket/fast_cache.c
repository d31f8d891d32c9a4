// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fast Open, the client's side: the cookies that servers gave, and which of them
 * could not be reached with text in a SYN (RFC 7413 4.1.3). A namespace remembers
 * as many as there is room for here; a newer one takes the place of an older.
 */
#include "socket/sock.h"

#define PLACES		256
/* RFC 7413 4.1.3.1: for how long no text goes with a SYN; twice as long again */
#define SHUN_MS		(60 * MSEC_PER_SEC)
#define SHUN_DOUBLED	10

/**
 * struct place - what is known of a server
 * @laddr:	our address: a cookie is for that alone
 * @faddr:	its address
 * @family:	AF_INET or AF_INET6; 0: nobody
 * @mss:	bytes that its SYN+ACK announced
 * @len:	bytes of @cookie
 * @lost:	how often a SYN with text was not answered, in a row
 * @lost_ms:	when that was last
 * @cookie:	for its next SYN
 */
struct place {
	union xtcp_addr laddr;
	union xtcp_addr faddr;
	u8 family;
	u8 len;
	u8 lost;
	u16 mss;
	u32 lost_ms;
	u8 cookie[XTCP_FAST_COOKIE_MAX];
};

struct xtcp_fast_cache {
	spinlock_t lock;	/* of all places */
	struct place place[PLACES];
};

/* Made when the first program wants it. Return: false: no memory */
static bool make_cache(struct xtcp_net *xn)
{
	struct xtcp_fast_cache *cache;

	if (READ_ONCE(xn->fast_cache))
		return true;
	cache = kvzalloc(sizeof(*cache), GFP_KERNEL);
	if (!cache)
		return false;
	spin_lock_init(&cache->lock);
	if (cmpxchg(&xn->fast_cache, NULL, cache))
		kvfree(cache);
	return true;
}

void xtcp_fast_cache_exit(struct xtcp_net *xn)
{
	kvfree(xn->fast_cache);
}

static struct place *place_of(struct xtcp_net *xn, const struct xtcp_tuple *t)
{
	struct {
		union xtcp_addr laddr;
		union xtcp_addr faddr;
	} h __aligned(SIPHASH_ALIGNMENT) = { t->laddr, t->faddr };

	return &READ_ONCE(xn->fast_cache)->place[siphash(&h, sizeof(h),
							 &xn->isn_key) %
						 PLACES];
}

static bool is_of(const struct place *p, const struct xtcp_tuple *t)
{
	return p->family == t->family &&
	       !memcmp(&p->laddr, &t->laddr, sizeof(p->laddr)) &&
	       !memcmp(&p->faddr, &t->faddr, sizeof(p->faddr));
}

static bool is_shunned(const struct place *p)
{
	if (!p->lost)
		return false;
	return xtcp_now_ms() - p->lost_ms <
	       SHUN_MS << min_t(u32, p->lost - 1, SHUN_DOUBLED);
}

/**
 * xtcp_fast_cookie() - what a SYN to that server may carry; process context
 * @xn:		the namespace
 * @t:		both ends
 * @seg:	gets the cookie, if there is one, or asks for one
 * @mss:	bytes that the server announced; 0: not known
 *
 * Return: false when it must be an ordinary SYN: the last one like that was lost,
 * or there is no memory.
 */
bool xtcp_fast_cookie(struct xtcp_net *xn, const struct xtcp_tuple *t,
		      struct xtcp_segment *seg, u16 *mss)
{
	bool shunned = false;
	struct place *p;

	seg->cookie_len = 0;
	*mss = 0;
	if (!make_cache(xn))
		return false;
	p = place_of(xn, t);
	spin_lock_bh(&xn->fast_cache->lock);
	if (is_of(p, t)) {
		shunned = is_shunned(p);
		seg->cookie_len = p->len;
		memcpy(seg->cookie, p->cookie, sizeof(p->cookie));
		*mss = p->mss;
	}
	spin_unlock_bh(&xn->fast_cache->lock);
	return !shunned;
}

/**
 * xtcp_fast_learn() - how a SYN with that option fared
 * @xn:		the namespace
 * @t:		both ends
 * @seg:	its SYN+ACK: a cookie may be on it
 * @lost:	only the SYN that was sent again, without it, was answered
 */
void xtcp_fast_learn(struct xtcp_net *xn, const struct xtcp_tuple *t,
		     const struct xtcp_segment *seg, bool lost)
{
	bool given = seg->opts & XTCP_OPT_FAST_OPEN && seg->cookie_len;
	struct place *p = place_of(xn, t);

	if (!given && !lost)
		return;
	spin_lock_bh(&xn->fast_cache->lock);
	if (!is_of(p, t)) {
		memset(p, 0, sizeof(*p));
		p->laddr = t->laddr;
		p->faddr = t->faddr;
		p->family = t->family;
	}
	p->lost = lost ? p->lost + (p->lost < U8_MAX) : 0;
	p->lost_ms = xtcp_now_ms();
	if (given) {
		p->len = seg->cookie_len;
		memcpy(p->cookie, seg->cookie, sizeof(p->cookie));
		p->mss = seg->opts & XTCP_OPT_MSS ? seg->mss : 0;
	}
	spin_unlock_bh(&xn->fast_cache->lock);
}
