// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a request to sock_diag asks for: whether it makes sense, and what fits.
 */
#include "observe/internal.h"

static const __be32 *end_addr(u8 family, const union xtcp_addr *addr)
{
	return family == AF_INET6 ? addr->v6.s6_addr32 : &addr->v4;
}

static bool end_is_sane(const struct xtcp_diag_end *end, u8 version)
{
	u8 most = version == 4 ? 32 : 128;

	return end->port_least <= end->port_most && end->prefix <= most &&
	       (version || !end->prefix) &&
	       !memchr_inv(end->reserved, 0, sizeof(end->reserved));
}

/* 0 or -EINVAL; who sends what we do not know wants what we cannot do. */
int xtcp_diag_check(const struct nlmsghdr *nlh, struct xtcp_diag_req *req)
{
	if (nlmsg_len(nlh) != sizeof(*req))
		return -EINVAL;
	memcpy(req, nlmsg_data(nlh), sizeof(*req));
	if (req->what > XTCP_DIAG_WHAT_ENDED || req->show & ~XTCP_DIAG_SHOW_ALL)
		return -EINVAL;
	if (req->version != 0 && req->version != 4 && req->version != 6)
		return -EINVAL;
	if (!req->states || req->states & ~XTCP_DIAG_STATES_ALL)
		return -EINVAL;
	if (req->age_most_ms && req->age_most_ms < req->age_least_ms)
		return -EINVAL;
	if (!end_is_sane(&req->local, req->version) ||
	    !end_is_sane(&req->foreign, req->version))
		return -EINVAL;
	return 0;
}

static bool is_single(const struct xtcp_diag_end *end, u8 version)
{
	return end->prefix == (version == 4 ? 32 : 128) &&
	       end->port_least == end->port_most;
}

static bool any_cookie(const struct xtcp_diag_req *req)
{
	return req->cookie[0] == ~0u && req->cookie[1] == ~0u;
}

/* Without NLM_F_DUMP: it has to say which one. */
bool xtcp_diag_is_exact(const struct xtcp_diag_req *req)
{
	return req->version && !any_cookie(req) &&
	       is_single(&req->local, req->version) &&
	       is_single(&req->foreign, req->version);
}

static bool addr_fits(const struct xtcp_diag_end *end, u8 family,
		      const union xtcp_addr *addr)
{
	const __be32 *words = end_addr(family, addr);
	u8 whole = end->prefix / 32, rest = end->prefix % 32;

	if (memcmp(words, end->addr, whole * sizeof(*words)))
		return false;
	return !rest || !((words[whole] ^ end->addr[whole]) &
			  htonl(~0u << (32 - rest)));
}

static bool end_fits(const struct xtcp_diag_end *end, u8 family,
		     const union xtcp_addr *addr, __be16 port)
{
	return ntohs(port) >= end->port_least &&
	       ntohs(port) <= end->port_most && addr_fits(end, family, addr);
}

/*
 * Which of those who had this pair of ends. Neither initial numbers nor how many
 * listeners there were can be read from it.
 */
u64 xtcp_diag_cookie(const struct xtcp_observe *ob,
		     const struct xtcp_record *r, u32 listener_id)
{
	if (r->state == XTCP_LISTEN)
		return siphash_2u32(1, listener_id, &ob->cookie_key);
	return siphash_2u32(0, r->iss, &ob->cookie_key);
}

/* All that can change while somebody looks at it. */
bool xtcp_diag_now_fits(const struct xtcp_observe *ob,
			const struct xtcp_diag_req *req,
			const struct xtcp_record *r, u32 listener_id)
{
	u64 cookie = (u64)req->cookie[1] << 32 | req->cookie[0];
	u32 age_ms = xtcp_now_ms() - r->since_ms;

	if (!xtcp_in(r, req->states) || age_ms < req->age_least_ms)
		return false;
	if (req->age_most_ms && age_ms > req->age_most_ms)
		return false;
	return any_cookie(req) ||
	       cookie == xtcp_diag_cookie(ob, r, listener_id);
}

bool xtcp_diag_fits(const struct xtcp_observe *ob,
		    const struct xtcp_diag_req *req,
		    const struct xtcp_sight *s)
{
	const struct xtcp_tuple *t = &s->t;

	return (!req->ifindex || req->ifindex == t->ifindex) &&
	       end_fits(&req->local, t->family, &t->laddr, t->lport) &&
	       end_fits(&req->foreign, t->family, &t->faddr, t->fport) &&
	       xtcp_diag_now_fits(ob, req, &s->rec, s->listener_id);
}

/* Which wire an exact request means: the native one, unless it says the other. */
u8 xtcp_diag_wire(const struct xtcp_diag_req *req)
{
	return req->protocol == IPPROTO_TCP ? XTCP_WIRE_TCP : XTCP_WIRE_NATIVE;
}

/* The pair of ends that an exact request names. */
void xtcp_diag_tuple(const struct xtcp_diag_req *req, struct xtcp_tuple *t)
{
	memset(t, 0, sizeof(*t));
	t->family = req->version == 4 ? AF_INET : AF_INET6;
	t->wire = xtcp_diag_wire(req);
	t->lport = htons(req->local.port_least);
	t->fport = htons(req->foreign.port_least);
	t->ifindex = req->ifindex;
	if (t->family == AF_INET) {
		t->laddr.v4 = req->local.addr[0];
		t->faddr.v4 = req->foreign.addr[0];
		return;
	}
	memcpy(&t->laddr.v6, req->local.addr, sizeof(t->laddr.v6));
	memcpy(&t->faddr.v6, req->foreign.addr, sizeof(t->faddr.v6));
}
