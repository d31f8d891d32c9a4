// SPDX-License-Identifier: GPL-2.0-only
/*
 * sock_diag: tells which listeners and connections there are, and ends those
 * that the administrator does not want (SOCK_DESTROY).
 */
#include <linux/module.h>
#include <linux/sock_diag.h>

#include "observe/internal.h"

/* So many are looked at before others have a turn. */
#define BREATH	256

static const u8 families[] = { AF_INET, AF_INET6 };

void xtcp_answers_init(struct xtcp_answers *to, const struct sk_buff *skb,
		       const struct nlmsghdr *nlh)
{
	to->xn = xtcp_net(sock_net(skb->sk));
	to->ob = to->xn->observe;
	to->users = sk_user_ns(NETLINK_CB(skb).sk);
	to->portid = NETLINK_CB(skb).portid;
	to->seq = nlh->nlmsg_seq;
	to->trusted = netlink_net_capable(skb, CAP_NET_ADMIN);
}

static void put_addr(__be32 *to, u8 family, const union xtcp_addr *addr)
{
	if (family == AF_INET)
		*to = addr->v4;
	else
		memcpy(to, &addr->v6, sizeof(addr->v6));
}

void xtcp_diag_fill(struct xtcp_diag_msg *m, const struct xtcp_answers *to,
		    const struct xtcp_sight *s)
{
	const struct xtcp_record *r = &s->rec;
	u64 cookie = xtcp_diag_cookie(to->ob, r, s->listener_id);
	u64 now_us = xtcp_now_us();

	memset(m, 0, sizeof(*m));
	m->family = xtcp_ops.family;
	m->protocol = xtcp_wire_protocol(s->t.wire);
	m->version = s->t.family == AF_INET ? 4 : 6;
	m->form = s->form;
	m->state = s->state;
	m->opened = r->opened;
	m->closing = r->closing;
	m->reason = r->reason;
	m->timer = s->timer;
	m->retries = r->retries;
	m->local_port = s->t.lport;
	m->foreign_port = s->t.fport;
	put_addr(m->local, s->t.family, &s->t.laddr);
	put_addr(m->foreign, s->t.family, &s->t.faddr);
	m->ifindex = s->t.ifindex;
	m->cookie[0] = cookie;
	m->cookie[1] = cookie >> 32;
	if (s->timer && s->when_us > now_us)
		m->timer_ms = div_u64(s->when_us - now_us, USEC_PER_MSEC);
	m->state_ms = xtcp_now_ms() - r->since_ms;
	m->rqueue = s->rx;
	m->wqueue = s->tx;
	if (s->form != XTCP_FORM_FULL)
		return;
	m->uid = from_kuid_munged(to->users, s->uid);
	m->inode = s->inode;
}

static int put_info(struct sk_buff *skb, const struct xtcp_answers *to,
		    const struct xtcp_sight *s)
{
	struct xtcp_info info = {};

	xtcp_record_info(&s->rec, &info);
	if (s->sk && s->state != XTCP_LISTEN)
		xtcp_stream_info(xtcp_sk(s->sk), &info);
	if (!to->trusted) {
		info.xtcpi_iss = 0;
		info.xtcpi_irs = 0;
		info.xtcpi_snd_una = 0;
		info.xtcpi_snd_nxt = 0;
		info.xtcpi_rcv_nxt = 0;
	}
	return nla_put(skb, XTCP_DIAG_INFO, sizeof(info), &info);
}

/* Return: 0, or -EMSGSIZE when it has no room in @skb. */
static int put_answer(struct sk_buff *skb, const struct xtcp_answers *to,
		      const struct xtcp_diag_req *req,
		      const struct xtcp_sight *s)
{
	struct nlmsghdr *nlh;

	nlh = nlmsg_put(skb, to->portid, to->seq, SOCK_DIAG_BY_FAMILY,
			sizeof(struct xtcp_diag_msg), to->flags);
	if (!nlh)
		return -EMSGSIZE;
	xtcp_diag_fill(nlmsg_data(nlh), to, s);
	if (req->show & XTCP_DIAG_SHOW_INFO && put_info(skb, to, s))
		goto full;
	if (req->show & XTCP_DIAG_SHOW_MEMINFO && s->sk &&
	    sock_diag_put_meminfo(s->sk, skb, XTCP_DIAG_MEMINFO))
		goto full;
	nlmsg_end(skb, nlh);
	return 0;
full:
	nlmsg_cancel(skb, nlh);
	return -EMSGSIZE;
}

/* Where the walk stands. Return: false when there is nothing any more. */
static bool look_at(const struct xtcp_walk *w, struct xtcp_sight *s)
{
	if (!w->listener)
		return xtcp_look(w->t, w->entry, s);
	xtcp_look_listener(w->listener, s);
	return s->state == XTCP_LISTEN;
}

/* One family, from where the walk stands. Return: false when @skb is full. */
static bool dump_family(struct sk_buff *skb, struct xtcp_dump *d)
{
	struct xtcp_walk *w = &d->walk;
	struct xtcp_sight s;
	loff_t pos = w->pos;
	bool more = xtcp_walk_start(w, pos);
	int left = BREATH;

	while (more) {
		if (look_at(w, &s) && xtcp_diag_fits(d->to.ob, &d->req, &s) &&
		    put_answer(skb, &d->to, &d->req, &s))
			break;
		more = xtcp_walk_next(w, &pos);
		if (!more || --left)
			continue;
		xtcp_walk_stop(w);
		cond_resched();
		more = xtcp_walk_start(w, pos);
		left = BREATH;
	}
	xtcp_walk_stop(w);
	return !more;
}

bool xtcp_diag_wants(const struct xtcp_diag_req *req, u8 family)
{
	return !req->version || req->version == (family == AF_INET ? 4 : 6);
}

/* The tables of the wire that was asked for, or of each. */
static void dump_open(struct xtcp_dump *d, u8 family)
{
	struct xtcp_net *xn = d->to.xn;
	struct xtcp_table *first = xtcp_table_first(xn);
	struct xtcp_table *last = xtcp_table_last(xn);

	if (d->req.protocol == IPPROTO_XTCP)
		last = first;
	else if (d->req.protocol == IPPROTO_TCP)
		first = last;
	xtcp_walk_open(&d->walk, first, last, family);
}

static int dump_some(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct xtcp_dump *d = cb->data;

	while (d->family < ARRAY_SIZE(families)) {
		if (xtcp_diag_wants(&d->req, families[d->family]) &&
		    !dump_family(skb, d))
			return skb->len;
		if (++d->family < ARRAY_SIZE(families))
			dump_open(d, families[d->family]);
	}
	return skb->len;
}

static void dump_begin(struct xtcp_dump *d)
{
	dump_open(d, families[0]);
}

static int dump_done(struct netlink_callback *cb)
{
	kfree(cb->data);
	return 0;
}

struct start {
	const struct xtcp_diag_req *req;
	void (*begin)(struct xtcp_dump *d);
};

/* From here on netlink sees to it that dump_done() is called. */
static int dump_start(struct netlink_callback *cb)
{
	const struct start *start = cb->data;
	struct xtcp_dump *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	d->req = *start->req;
	xtcp_answers_init(&d->to, cb->skb, cb->nlh);
	d->to.flags = NLM_F_MULTI;
	start->begin(d);
	cb->data = d;
	return 0;
}

int xtcp_dump(struct sk_buff *skb, const struct nlmsghdr *nlh,
	      const struct xtcp_diag_req *req,
	      void (*begin)(struct xtcp_dump *d),
	      int (*some)(struct sk_buff *skb, struct netlink_callback *cb))
{
	struct start start = { .req = req, .begin = begin };
	struct netlink_dump_control control = {
		.start = dump_start,
		.dump = some,
		.done = dump_done,
		.data = &start,
	};

	return netlink_dump_start(skb->sk, skb, nlh, &control);
}

/* The listener that an exact request means; under RCU. */
static struct sock *find_listener(struct xtcp_table *t,
				  const struct xtcp_observe *ob,
				  const struct xtcp_diag_req *req,
				  struct xtcp_sight *s)
{
	struct xtcp_walk w;
	loff_t pos = 0;
	bool more;

	/* A connection has a peer with a port. */
	if (req->foreign.port_least)
		return NULL;
	xtcp_walk_open(&w, t, t, req->version == 4 ? AF_INET : AF_INET6);
	more = xtcp_walk_start(&w, 0);
	while (more && w.listener) {
		xtcp_look_listener(w.listener, s);
		if (xtcp_diag_fits(ob, req, s))
			break;
		more = xtcp_walk_next(&w, &pos);
	}
	xtcp_walk_stop(&w);
	return more && w.listener ? w.listener->sk : NULL;
}

static struct xtcp_entry *find_entry(struct xtcp_table *table,
				     const struct xtcp_diag_req *req)
{
	struct xtcp_tuple t;

	xtcp_diag_tuple(req, &t);
	return xtcp_lookup(table, &t);
}

static struct xtcp_table *exact_table(struct xtcp_net *xn,
				      const struct xtcp_diag_req *req)
{
	return &xn->table[xtcp_diag_wire(req)];
}

static bool is_wire(u8 protocol)
{
	return !protocol || protocol == IPPROTO_XTCP || protocol == IPPROTO_TCP;
}

/* What an exact request means; under RCU. */
static bool look_for(struct xtcp_net *xn, const struct xtcp_diag_req *req,
		     struct xtcp_sight *s)
{
	struct xtcp_table *t = exact_table(xn, req);
	struct xtcp_entry *e;

	if (find_listener(t, xn->observe, req, s))
		return true;
	e = find_entry(t, req);
	return e && xtcp_look(t, e, s) &&
	       xtcp_diag_fits(xn->observe, req, s);
}

#define ANSWER_SIZE	(NLMSG_SPACE(sizeof(struct xtcp_diag_msg)) + \
			 nla_total_size(sizeof(struct xtcp_info)) + \
			 nla_total_size(SK_MEMINFO_VARS * sizeof(u32)))

static int answer_one(struct sk_buff *skb, const struct nlmsghdr *nlh,
		      const struct xtcp_diag_req *req)
{
	struct xtcp_sight s;
	struct xtcp_answers to = {};
	struct sk_buff *out;
	int err = -ENOENT;

	out = nlmsg_new(ANSWER_SIZE, GFP_KERNEL);
	if (!out)
		return -ENOMEM;
	xtcp_answers_init(&to, skb, nlh);
	rcu_read_lock();
	if (look_for(to.xn, req, &s))
		err = put_answer(out, &to, req, &s);
	rcu_read_unlock();
	if (!err)
		return nlmsg_unicast(skb->sk, out, to.portid);
	nlmsg_free(out);
	return err;
}

static int handle_look(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct xtcp_diag_req req;
	int err = xtcp_diag_check(nlh, &req);

	if (err)
		return err;
	if (!is_wire(req.protocol))
		return -EPROTONOSUPPORT;
	if (req.what == XTCP_DIAG_WHAT_ENDED)
		return xtcp_diag_dump_ended(skb, nlh, &req);
	if (nlh->nlmsg_flags & NLM_F_DUMP)
		return xtcp_dump(skb, nlh, &req, dump_begin, dump_some);
	return xtcp_diag_is_exact(&req) ? answer_one(skb, nlh, &req) : -EINVAL;
}

/* SOCK_DESTROY: the one that fits @req, while it is locked. */
struct destruction {
	struct xtcp_ending end;
	const struct xtcp_observe *ob;
	const struct xtcp_diag_req *req;
};

static bool still_fits(const struct xtcp_ending *end,
		       const struct xtcp_record *r, u32 listener_id)
{
	const struct destruction *d = container_of(end, struct destruction,
						   end);

	return xtcp_diag_now_fits(d->ob, d->req, r, listener_id);
}

static int end_sock(struct sock *sk, const struct xtcp_ending *end)
	__releases(RCU)
{
	int err = -ENOENT;
	bool held = refcount_inc_not_zero(&sk->sk_refcnt);

	rcu_read_unlock();
	if (!held)
		return err;
	err = xtcp_sock_end(sk, end);
	sock_put(sk);
	return err;
}

static int destroy(struct xtcp_net *xn, const struct xtcp_diag_req *req)
{
	struct destruction d = {
		.end.fits = still_fits,
		.ob = xn->observe,
		.req = req,
	};
	struct xtcp_table *t = exact_table(xn, req);
	struct xtcp_sight s;
	struct xtcp_entry *e;
	struct sock *sk;
	int err = -ENOENT;

	rcu_read_lock();
	sk = find_listener(t, xn->observe, req, &s);
	if (sk)
		return end_sock(sk, &d.end);
	e = find_entry(t, req);
	if (e && xtcp_entry_full(e))
		return end_sock(xtcp_entry_sock(e), &d.end);
	if (e)
		err = xtcp_small_end(t, xtcp_small(e), &d.end);
	rcu_read_unlock();
	return err;
}

/* It may change its form under our hands, but not for ever. */
#define DESTROY_TRIES	3

static int handle_destroy(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct xtcp_net *xn = xtcp_net(sock_net(skb->sk));
	struct xtcp_diag_req req;
	int err, i;

	if (!netlink_net_capable(skb, CAP_NET_ADMIN))
		return -EPERM;
	err = xtcp_diag_check(nlh, &req);
	if (err)
		return err;
	if (nlh->nlmsg_flags & NLM_F_DUMP || req.what ||
	    !xtcp_diag_is_exact(&req))
		return -EINVAL;
	if (!is_wire(req.protocol))
		return -EPROTONOSUPPORT;
	err = -ENOENT;
	for (i = 0; err == -ENOENT && i < DESTROY_TRIES; i++)
		err = destroy(xn, &req);
	return err;
}

static struct sock_diag_handler handler __ro_after_init = {
	.owner = THIS_MODULE,
	.dump = handle_look,
	.destroy = handle_destroy,
};

/*
 * Without an alias by which asking would load the module: where it is not
 * loaded, there is nothing to be told.
 */
int __init xtcp_diag_init(int family)
{
	handler.family = family;
	return sock_diag_register(&handler);
}

void xtcp_diag_exit(void)
{
	sock_diag_unregister(&handler);
}
