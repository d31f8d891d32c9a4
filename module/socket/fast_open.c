// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fast Open, the listener's side: cookies, and how many connections may be read
 * from before their handshake is over (RFC 7413 4.1.2, 4.2.2, 5.1).
 */
#include "socket/sock.h"

/* net.xtcp.fastopen, as net.ipv4.tcp_fastopen */
#define SERVER			0x002
#define SERVER_NEEDS_NONE	0x200
#define ANY_LISTENER		0x400

/* Who has the address that a cookie went to may speak from it. */
struct hashed_pair {
	union xtcp_addr laddr;
	union xtcp_addr faddr;
	u32 family;
	u32 pad[3];
} __aligned(SIPHASH_ALIGNMENT);

static u64 cookie_of(const struct xtcp_tuple *t, const siphash_key_t *key)
{
	struct hashed_pair h = {
		.laddr = t->laddr,
		.faddr = t->faddr,
		.family = t->family,
	};

	return siphash(&h, sizeof(h), key);
}

static const struct xtcp_fast_keys *keys_of(const struct xtcp_net *xn,
					    const struct xtcp_fast *fast)
{
	return fast && READ_ONCE(fast->keys.count) ? &fast->keys :
						     &xn->fast_keys;
}

static bool is_good(const struct xtcp_fast_keys *keys,
		    const struct xtcp_tuple *t, const struct xtcp_segment *seg)
{
	u64 cookie;
	int i;

	if (seg->cookie_len != sizeof(cookie))
		return false;
	memcpy(&cookie, seg->cookie, sizeof(cookie));
	for (i = 0; i < READ_ONCE(keys->count); i++) {
		if (cookie == cookie_of(t, &keys->key[i]))
			return true;
	}
	return false;
}

/**
 * xtcp_fast_judge() - what a listener makes of a SYN's cookie
 * @sk:		the listener; not locked
 * @t:		both ends
 * @seg:	the SYN
 *
 * Return: whether its text may be taken, or a cookie is to be given, or neither.
 */
enum xtcp_fast_verdict xtcp_fast_judge(struct sock *sk,
				       const struct xtcp_tuple *t,
				       const struct xtcp_segment *seg)
{
	struct xtcp_net *xn = xtcp_sk_net(sk);
	const struct xtcp_sock *x = xtcp_sk(sk);
	const struct xtcp_fast *fast = READ_ONCE(x->fast);
	int mode = READ_ONCE(xn->settings.fastopen);
	bool asked = seg->opts & XTCP_OPT_FAST_OPEN;

	if (!(mode & SERVER) || !fast || !READ_ONCE(fast->limit) ||
	    (!asked && !seg->len))
		return XTCP_FAST_NO;
	if (atomic_read(&fast->pending) >= READ_ONCE(fast->limit)) {
		if (asked)
			xtcp_inc(xn, XTCP_C_FAST_OVERFLOWS);
		return XTCP_FAST_NO;
	}
	if ((mode & SERVER_NEEDS_NONE) || READ_ONCE(x->fast_no_cookie))
		return XTCP_FAST_TAKE;
	if (!asked)
		return XTCP_FAST_NO;
	if (!seg->cookie_len)
		return XTCP_FAST_GIVE;
	if (is_good(keys_of(xn, fast), t, seg))
		return XTCP_FAST_TAKE;
	xtcp_inc(xn, XTCP_C_FAST_BAD_COOKIES);
	return XTCP_FAST_GIVE;
}

/* A cookie for the peer, on the SYN+ACK. */
void xtcp_fast_give(struct sock *sk, const struct xtcp_tuple *t,
		    struct xtcp_segment *seg)
{
	struct xtcp_net *xn = xtcp_net(sock_net(sk));
	const struct xtcp_fast *fast = READ_ONCE(xtcp_sk(sk)->fast);
	u64 cookie = cookie_of(t, &keys_of(xn, fast)->key[0]);

	memcpy(seg->cookie, &cookie, sizeof(cookie));
	seg->cookie_len = sizeof(cookie);
	seg->opts |= XTCP_OPT_FAST_OPEN;
	xtcp_inc(xn, XTCP_C_FAST_COOKIES);
}

/* The child counts as pending until its SYN+ACK is acknowledged. */
void xtcp_fast_begin(struct sock *listener, struct sock *child)
{
	struct xtcp_fast *fast = READ_ONCE(xtcp_sk(listener)->fast);

	refcount_inc(&fast->refs);
	atomic_inc(&fast->pending);
	xtcp_sk(child)->fast = fast;
	xtcp_sk(child)->fast_pending = true;
	xtcp_inc(xtcp_net(sock_net(child)), XTCP_C_FAST_PASSIVE);
}

static void put(struct xtcp_fast *fast)
{
	if (refcount_dec_and_test(&fast->refs))
		kfree(fast);
}

/* It is open, or over. */
void xtcp_fast_end(struct sock *child)
{
	struct xtcp_sock *x = xtcp_sk(child);
	struct xtcp_fast *fast = x->fast;

	if (!x->fast_pending)
		return;
	x->fast_pending = false;
	x->fast = NULL;
	atomic_dec(&fast->pending);
	put(fast);
}

/* The socket is freed, and no softirq looks at it any more. */
void xtcp_fast_free(struct sock *sk)
{
	xtcp_fast_end(sk);
	if (xtcp_sk(sk)->fast)
		put(xtcp_sk(sk)->fast);
}

static struct xtcp_fast *fast_of(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_fast *fast = x->fast;

	if (fast)
		return fast;
	fast = kzalloc(sizeof(*fast), GFP_KERNEL);
	if (!fast)
		return NULL;
	refcount_set(&fast->refs, 1);
	/* A SYN may look for it, and must find it whole. */
	smp_store_release(&x->fast, fast);
	return fast;
}

/* TCP_FASTOPEN; @sk is locked */
int xtcp_fast_set_limit(struct sock *sk, int limit)
{
	struct xtcp_fast *fast;

	if (limit < 0 || !xtcp_in(&xtcp_sk(sk)->rec,
				  XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return -EINVAL;
	fast = fast_of(sk);
	if (!fast)
		return -ENOMEM;
	WRITE_ONCE(fast->limit, limit);
	return 0;
}

int xtcp_fast_limit(struct sock *sk)
{
	const struct xtcp_fast *fast = xtcp_sk(sk)->fast;

	return fast ? fast->limit : 0;
}

/* listen() for who never heard of Fast Open, if the administrator wants that */
int xtcp_fast_listen(struct sock *sk, int backlog)
{
	int mode = READ_ONCE(xtcp_net(sock_net(sk))->settings.fastopen);

	if (!(mode & SERVER) || !(mode & ANY_LISTENER) || xtcp_fast_limit(sk))
		return 0;
	return xtcp_fast_set_limit(sk, backlog);
}

/* TCP_FASTOPEN_KEY: one key, or the present one and the one before */
int xtcp_fast_set_keys(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct xtcp_fast_keys keys = {};
	struct xtcp_fast *fast;
	int err = 0;

	if (len != sizeof(keys.key[0]) && len != sizeof(keys.key))
		return -EINVAL;
	if (copy_from_sockptr(keys.key, val, len))
		return -EFAULT;
	keys.count = len / sizeof(keys.key[0]);
	lock_sock(sk);
	fast = fast_of(sk);
	if (!xtcp_in(&xtcp_sk(sk)->rec, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		err = -EINVAL;
	else if (!fast)
		err = -ENOMEM;
	else
		/* Who reads half of each refuses a cookie, and gives another. */
		fast->keys = keys;
	release_sock(sk);
	return err;
}

/* Return: bytes */
unsigned int xtcp_fast_get_keys(const struct sock *sk, void *to)
{
	const struct xtcp_fast_keys *keys;

	keys = keys_of(xtcp_net(sock_net(sk)), xtcp_sk(sk)->fast);
	memcpy(to, keys->key, sizeof(keys->key));
	return keys->count * sizeof(keys->key[0]);
}
