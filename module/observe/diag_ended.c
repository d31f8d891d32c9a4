// SPDX-License-Identifier: GPL-2.0-only
/*
 * sock_diag: tells which connections ended early, as long as they are kept.
 */
#include <linux/sock_diag.h>

#include "observe/internal.h"

static u64 ago_ms(const struct xtcp_ended *e)
{
	return div_u64(xtcp_now_us() - e->when_us, USEC_PER_MSEC);
}

/* What filters and answers of other connections ask for. */
static void sight_of(const struct xtcp_ended *e, struct xtcp_sight *s)
{
	memset(s, 0, sizeof(*s));
	s->t = e->t;
	s->form = e->form;
	s->state = e->state;
	s->rx = e->unread;
	s->tx = e->unacked;
	s->uid = e->uid;
	s->inode = e->inode;
	s->rec.state = e->state;
	s->rec.opened = e->opened;
	s->rec.closing = e->closing;
	s->rec.reason = e->reason;
	s->rec.retries = e->retries;
	s->rec.iss = e->iss;
	s->rec.since_ms = xtcp_now_ms() - min_t(u64, ago_ms(e), U32_MAX);
}

static bool fits(const struct xtcp_dump *d, const struct xtcp_sight *s)
{
	u8 protocol = d->req.protocol;

	return (!protocol || protocol == xtcp_wire_protocol(s->t.wire)) &&
	       xtcp_diag_wants(&d->req, s->t.family) &&
	       xtcp_diag_fits(d->to.ob, &d->req, s);
}

/* Return: 0, or -EMSGSIZE when it has no room in @skb. */
static int put_ended(struct sk_buff *skb, const struct xtcp_answers *to,
		     const struct xtcp_ended *e, const struct xtcp_sight *s)
{
	struct xtcp_diag_ended more = {
		.ago_ms = ago_ms(e),
		.bytes_sent = e->bytes_sent,
		.bytes_received = e->bytes_received,
		.cgroup = e->cgroup,
		.rst = e->rst,
	};
	struct xtcp_diag_msg *m;
	struct nlmsghdr *nlh;

	nlh = nlmsg_put(skb, to->portid, to->seq, SOCK_DIAG_BY_FAMILY,
			sizeof(*m), to->flags);
	if (!nlh)
		return -EMSGSIZE;
	m = nlmsg_data(nlh);
	xtcp_diag_fill(m, to, s);
	m->state_ms = e->lasted_ms;
	if (nla_put(skb, XTCP_DIAG_ENDED, sizeof(more), &more)) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(skb, nlh);
	return 0;
}

static int ended_some(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct xtcp_dump *d = cb->data;
	struct xtcp_ended e;
	struct xtcp_sight s;
	u64 number;

	while ((number = xtcp_ended_get(d->to.xn, d->at, &e)) < d->end) {
		sight_of(&e, &s);
		if (fits(d, &s) && put_ended(skb, &d->to, &e, &s))
			return skb->len;
		d->at = number + 1;
		cond_resched();
	}
	return skb->len;
}

static void ended_begin(struct xtcp_dump *d)
{
	d->end = xtcp_ended_next(d->to.xn);
}

int xtcp_diag_dump_ended(struct sk_buff *skb, const struct nlmsghdr *nlh,
			 const struct xtcp_diag_req *req)
{
	if (!(nlh->nlmsg_flags & NLM_F_DUMP) || req->show)
		return -EINVAL;
	return xtcp_dump(skb, nlh, req, ended_begin, ended_some);
}
