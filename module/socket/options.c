// SPDX-License-Identifier: GPL-2.0-only
/*
 * setsockopt() and getsockopt(); options.def lists what there is.
 */
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "socket/sock.h"

#define MSS_LEAST	88
#define MSS_MOST	32767
#define LINGER2_MOST	120
#define KEEP_MOST	32767
#define MSL_MOST_MS	3600000

static const struct xtcp_options *options_of(const struct sock *sk)
{
	return &xtcp_rules(xtcp_sk(sk))->options;
}

static const struct xtcp_settings *settings_of(const struct sock *sk)
{
	return &xtcp_net(sock_net(sk))->settings;
}

static void params_changed(struct sock *sk)
{
	xtcp_tick(sk);
	if (xtcp_in(&xtcp_sk(sk)->rec, XTCP_SYNCHRONISED))
		xtcp_timer_arm(sk);
}

static int set_nodelay(struct sock *sk, int val)
{
	xtcp_sk(sk)->stream.nodelay = val;
	if (val)
		xtcp_push(sk, false);
	params_changed(sk);
	return 0;
}

static int get_nodelay(struct sock *sk)
{
	return xtcp_sk(sk)->stream.nodelay;
}

static int set_cork(struct sock *sk, int val)
{
	xtcp_sk(sk)->cork = val;
	if (!val)
		xtcp_push(sk, false);
	params_changed(sk);
	return 0;
}

static int get_cork(struct sock *sk)
{
	return xtcp_sk(sk)->cork;
}

static int set_maxseg(struct sock *sk, int val)
{
	if (val && (val < MSS_LEAST || val > MSS_MOST))
		return -EINVAL;
	xtcp_sk(sk)->user_mss = val;
	xtcp_sk(sk)->mss_mtu = 0;
	return 0;
}

static int get_maxseg(struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (x->user_mss && xtcp_in(&x->rec, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return x->user_mss;
	return x->stream.cc.mss ? x->stream.cc.mss : XTCP_MSS_DEFAULT_V4;
}

/*
 * What only few programs ask for is in their sockets' rules: @field of struct
 * xtcp_options. Reading it needs RCU, or the socket's lock.
 */
#define SET_RARE(name, field)						\
static int want_##name(struct sock *sk, int val)			\
{									\
	struct xtcp_options o = *options_of(sk);			\
	int err;							\
									\
	o.field = val;							\
	err = xtcp_set_options(sk, &o);					\
	if (!err)							\
		params_changed(sk);					\
	return err;							\
}

static int own_or_set(const struct sock *sk, int own, size_t setting)
{
	const char *settings = (const char *)settings_of(sk);

	return own ?: READ_ONCE(*(const int *)(settings + setting));
}

/* A number of a range, in place of a setting. */
#define RARE(name, field, least, most, setting)				\
static int set_##name(struct sock *sk, int val)				\
{									\
	return val < (least) || val > (most) ? -EINVAL :		\
					       want_##name(sk, val);	\
}									\
									\
static int get_##name(struct sock *sk)					\
{									\
	const struct xtcp_options o = *options_of(sk);			\
									\
	return own_or_set(sk, o.field,					\
			  offsetof(struct xtcp_settings, setting));	\
}

SET_RARE(keepidle, keep_idle_s)
SET_RARE(keepintvl, keep_interval_s)
SET_RARE(keepcnt, keep_count)
SET_RARE(syncnt, syn_retries)
SET_RARE(msl, msl_ms)
RARE(keepidle, keep_idle_s, 1, KEEP_MOST, keepalive_time)
RARE(keepintvl, keep_interval_s, 1, KEEP_MOST, keepalive_intvl)
RARE(keepcnt, keep_count, 1, S8_MAX, keepalive_probes)
RARE(syncnt, syn_retries, 1, S8_MAX, syn_retries)
RARE(msl, msl_ms, 1, MSL_MOST_MS, msl_ms)
SET_RARE(linger2, linger2)
SET_RARE(defer_accept, defer_accept)
SET_RARE(user_timeout, user_timeout_ms)

static int set_linger2(struct sock *sk, int val)
{
	return want_linger2(sk, clamp(val, -1, LINGER2_MOST));
}

static int get_linger2(struct sock *sk)
{
	return options_of(sk)->linger2 ?:
	       READ_ONCE(settings_of(sk)->fin_timeout);
}

/* The listener waits as long as so many SYN+ACKs would take: 1 s, 2 s, 4 s ... */
static int set_defer_accept(struct sock *sk, int val)
{
	u32 step = 1, sum = 0;

	while (val > 0 && sum < val && step) {
		sum += step;
		step = min(step * 2, 120u);
	}
	return want_defer_accept(sk, sum);
}

static int get_defer_accept(struct sock *sk)
{
	return options_of(sk)->defer_accept;
}

static int set_quickack(struct sock *sk, int val)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->quickack = val;
	x->slow_ack = !val;
	xtcp_delack_quickack(&x->stream.delack, val);
	if (val && x->stream.delack.pending &&
	    xtcp_in(&x->rec, XTCP_SYNCHRONISED)) {
		xtcp_tick(sk);
		xtcp_send_ack(sk);
		xtcp_timer_arm(sk);
	}
	return 0;
}

static int get_quickack(struct sock *sk)
{
	return !xtcp_sk(sk)->stream.delack.interactive;
}

static int set_user_timeout(struct sock *sk, int val)
{
	return val < 0 ? -EINVAL : want_user_timeout(sk, val);
}

static int get_user_timeout(struct sock *sk)
{
	return options_of(sk)->user_timeout_ms;
}

static int set_notsent_lowat(struct sock *sk, int val)
{
	WRITE_ONCE(xtcp_sk(sk)->notsent_lowat, val);
	sk->sk_write_space(sk);
	return 0;
}

static int get_notsent_lowat(struct sock *sk)
{
	return xtcp_sk(sk)->notsent_lowat;
}

static int set_isn(struct sock *sk, int val)
{
	struct xtcp_options o = *options_of(sk);
	struct xtcp_sock *x = xtcp_sk(sk);
	int err;

	if (!xtcp_in(&x->rec, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return -EISCONN;
	o.isn = val;
	o.fixed_isn = true;
	err = xtcp_set_options(sk, &o);
	if (!err)
		WRITE_ONCE(x->spawned, false);
	return err;
}

static int get_isn(struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);

	if (!xtcp_in(&x->rec, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return x->rec.iss;
	return xtcp_fixed_isn(x) ? options_of(sk)->isn : 0;
}

#define set_save_syn	xtcp_syn_set_saving
#define get_save_syn	xtcp_syn_saving
#define set_fastopen	xtcp_fast_set_limit
#define get_fastopen	xtcp_fast_limit

static int set_fastopen_connect(struct sock *sk, int val)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (val < 0 || val > 1)
		return -EINVAL;
	if (!xtcp_fast_enabled(sk))
		return -EOPNOTSUPP;
	if (!xtcp_in(&x->rec, XTCP_S(CLOSED)) || x->fast_deferred)
		return -EINVAL;
	x->fast_connect = val;
	return 0;
}

static int get_fastopen_connect(struct sock *sk)
{
	return xtcp_sk(sk)->fast_connect;
}

static int set_fastopen_no_cookie(struct sock *sk, int val)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (val < 0 || val > 1 ||
	    !xtcp_in(&x->rec, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return -EINVAL;
	x->fast_no_cookie = val;
	return 0;
}

static int get_fastopen_no_cookie(struct sock *sk)
{
	return xtcp_sk(sk)->fast_no_cookie;
}

static const struct int_option {
	int level;
	int name;
	int (*set)(struct sock *sk, int val);
	int (*get)(struct sock *sk);
} int_options[] = {
#define XTCP_INT_OPTION(level, name, handler, unit, range, text) \
	{ level, name, set_##handler, get_##handler },
#include "socket/options.def"
#undef XTCP_INT_OPTION
};

static void fill_congestion(struct sock *sk, void *to)
{
	const struct xtcp_stream *s = &xtcp_sk(sk)->stream;
	const struct xtcp_cc_ops *cc = s->cc.ops ? s->cc.ops : s->p->cc;

	strscpy(to, cc->name, XTCP_CC_NAME_MAX);
}

static const struct data_option {
	int level;
	int name;
	void (*fill)(struct sock *sk, void *to);
	size_t size;
} data_options[] = {
	{ SOL_TCP, TCP_INFO, xtcp_fill_tcp_info, sizeof(struct tcp_info) },
	{ SOL_TCP, TCP_CONGESTION, fill_congestion, XTCP_CC_NAME_MAX },
	{ SOL_TCP, TCP_CC_INFO, NULL, 0 },
	{ SOL_XTCP, XTCP_INFO, xtcp_fill_info, sizeof(struct xtcp_info) },
};

static const struct int_option *find_int(int level, int name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(int_options); i++) {
		if (int_options[i].level == level &&
		    int_options[i].name == name)
			return &int_options[i];
	}
	return NULL;
}

static const struct data_option *find_data(int level, int name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(data_options); i++) {
		if (data_options[i].level == level &&
		    data_options[i].name == name)
			return &data_options[i];
	}
	return NULL;
}

/* Of an open connection, too: the window stays, what it grows by changes. */
static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	const struct xtcp_cc_ops *cc;
	char name[XTCP_CC_NAME_MAX];
	struct xtcp_options o;
	int err;

	if (len < 1)
		return -EINVAL;
	len = min_t(unsigned int, len, sizeof(name) - 1);
	if (copy_from_sockptr(name, val, len))
		return -EFAULT;
	name[len] = 0;
	cc = xtcp_cc_find(name);
	if (!cc)
		return -ENOENT;
	lock_sock(sk);
	o = *options_of(sk);
	o.cc = cc;
	err = xtcp_set_options(sk, &o);
	if (!err && xtcp_sk(sk)->stream.cc.ops)
		xtcp_cc_change(&xtcp_sk(sk)->stream.cc, cc);
	release_sock(sk);
	return err;
}

static int set_own(struct sock *sk, int level, int name, sockptr_t val,
		   unsigned int len)
{
	const struct int_option *opt = find_int(level, name);
	int number, err;

	if (level == SOL_TCP && name == TCP_CONGESTION)
		return set_congestion(sk, val, len);
	if (level == SOL_TCP && name == TCP_FASTOPEN_KEY)
		return xtcp_fast_set_keys(sk, val, len);
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&number, val, sizeof(number)))
		return -EFAULT;
	if (!opt)
		return -ENOPROTOOPT;
	lock_sock(sk);
	err = opt->set(sk, number);
	release_sock(sk);
	return err;
}

static int set_ip(struct sock *sk, int level, int name, sockptr_t val,
		  unsigned int len)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (level == SOL_IPV6 && sk->sk_family == AF_INET6)
		return ipv6_setsockopt(sk, level, name, val, len);
#endif
	if (level == SOL_IP)
		return xtcp_wire_set_ip(sk, name, val, len);
	return -ENOPROTOOPT;
}

int xtcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val,
		    unsigned int len)
{
	if (level == SOL_TCP || level == SOL_XTCP)
		return set_own(sock->sk, level, name, val, len);
	return set_ip(sock->sk, level, name, val, len);
}

static int copy_out(const void *from, size_t size, char __user *val,
		    int __user *len)
{
	int room;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	room = min_t(size_t, room, size);
	if (put_user(room, len) || copy_to_user(val, from, room))
		return -EFAULT;
	return 0;
}

static int get_data(struct sock *sk, const struct data_option *opt,
		    char __user *val, int __user *len)
{
	void *buf;
	int err;

	if (!opt->size)
		return put_user(0, len) ? -EFAULT : 0;
	buf = kzalloc(opt->size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	lock_sock(sk);
	opt->fill(sk, buf);
	release_sock(sk);
	err = copy_out(buf, opt->size, val, len);
	kfree(buf);
	return err;
}

static int get_fast_keys(struct sock *sk, char __user *val, int __user *len)
{
	struct xtcp_fast_keys keys;
	unsigned int bytes;

	lock_sock(sk);
	bytes = xtcp_fast_get_keys(sk, keys.key);
	release_sock(sk);
	return copy_out(keys.key, bytes, val, len);
}

static int get_own(struct sock *sk, int level, int name, char __user *val,
		   int __user *len)
{
	const struct data_option *data = find_data(level, name);
	const struct int_option *opt = find_int(level, name);
	int number, room;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (data)
		return get_data(sk, data, val, len);
	if (level == SOL_TCP && name == TCP_FASTOPEN_KEY)
		return get_fast_keys(sk, val, len);
	if (level == SOL_TCP && name == TCP_SAVED_SYN)
		return xtcp_syn_get(sk, val, len);
	if (!opt)
		return -ENOPROTOOPT;
	rcu_read_lock();
	number = opt->get(sk);
	rcu_read_unlock();
	return copy_out(&number, sizeof(number), val, len);
}

int xtcp_getsockopt(struct socket *sock, int level, int name,
		    char __user *val, int __user *len)
{
	struct sock *sk = sock->sk;

	if (level == SOL_TCP || level == SOL_XTCP)
		return get_own(sk, level, name, val, len);
#if IS_ENABLED(CONFIG_IPV6)
	if (level == SOL_IPV6 && sk->sk_family == AF_INET6)
		return ipv6_getsockopt(sk, level, name, val, len);
#endif
	if (level == SOL_IP)
		return ip_getsockopt(sk, level, name, val, len);
	return -ENOPROTOOPT;
}

/* SO_KEEPALIVE; the socket layer calls it before it sets its flag. */
void xtcp_set_keepalive(struct sock *sk, int on)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->stream.keep_on = on;
	xtcp_tick(sk);
	if (xtcp_in(&x->rec, XTCP_SYNCHRONISED))
		xtcp_timer_arm(sk);
}
