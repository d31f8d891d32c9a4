/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XTCP_OBSERVE_INTERNAL_H
#define XTCP_OBSERVE_INTERNAL_H

#include <net/netlink.h>

#include "observe/observe.h"
#include "socket/sock.h"
#include "table/walk.h"
#include "uapi/linux/xtcp_diag.h"

/* What one of the two tables in /proc shows. */
struct xtcp_proc {
	struct xtcp_net *xn;
	u8 family;
};

/**
 * struct xtcp_sight - a listener or connection at one moment
 * @t:		both ends; listeners: the family of its address
 * @rec:	its life-cycle record
 * @sk:		its socket, as long as RCU is held; NULL: it has none
 * @form:	enum xtcp_form
 * @state:	enum xtcp_state
 * @timer:	which one runs: XTCP_DIAG_TIMER_NONE and the like
 * @when_us:	when it fires
 * @tx:		bytes written and not yet acknowledged
 * @rx:		bytes received and not yet read; listeners: waiting for accept()
 * @probes:	unanswered ones
 * @listener_id: listeners: see struct xtcp_listener
 * @uid:	the socket's owner
 * @inode:	the socket's, 0: no process has it
 * @refs:	to it
 * @pointer:	where it lies
 */
struct xtcp_sight {
	struct xtcp_tuple t;
	struct xtcp_record rec;
	struct sock *sk;
	u8 form;
	u8 state;
	u8 timer;
	u64 when_us;
	u32 tx;
	u32 rx;
	u32 probes;
	u32 listener_id;
	kuid_t uid;
	unsigned long inode;
	int refs;
	const void *pointer;
};

/* look.c: under RCU */
void xtcp_look_listener(const struct xtcp_listener *l, struct xtcp_sight *s);
bool xtcp_look(struct xtcp_table *t, struct xtcp_entry *e,
	       struct xtcp_sight *s);

/* What a namespace has to be looked at with. */
struct xtcp_observe {
	siphash_key_t cookie_key;
	struct ctl_table_header *sysctls;
	struct ctl_table *table;
	struct xtcp_proc v4;
	struct xtcp_proc v6;
};

/**
 * struct xtcp_answers - what goes into the answers to one asker
 * @xn:		the namespace
 * @ob:		what it is looked at with
 * @users:	as this one the asker sees owners
 * @portid:	of the asker
 * @seq:	of the request
 * @flags:	of each answer
 * @trusted:	the asker has CAP_NET_ADMIN
 */
struct xtcp_answers {
	struct xtcp_net *xn;
	const struct xtcp_observe *ob;
	struct user_namespace *users;
	u32 portid;
	u32 seq;
	u16 flags;
	bool trusted;
};

/**
 * struct xtcp_dump - a dump between two messages
 * @req:	what is asked for
 * @to:		who asks
 * @walk:	those that there are: place within a family
 * @family:	number of the present one
 * @at:		those that ended: number of the one to go on with
 * @end:	number behind the last one that there was when it began
 */
struct xtcp_dump {
	struct xtcp_diag_req req;
	struct xtcp_answers to;
	union {
		struct {
			struct xtcp_walk walk;
			unsigned int family;
		};
		struct {
			u64 at;
			u64 end;
		};
	};
};

/* diag.c */
/* @begin: where the dump starts; @some: as many as the skb has room for */
int xtcp_dump(struct sk_buff *skb, const struct nlmsghdr *nlh,
	      const struct xtcp_diag_req *req,
	      void (*begin)(struct xtcp_dump *d),
	      int (*some)(struct sk_buff *skb, struct netlink_callback *cb));
void xtcp_answers_init(struct xtcp_answers *to, const struct sk_buff *skb,
		       const struct nlmsghdr *nlh);
void xtcp_diag_fill(struct xtcp_diag_msg *m, const struct xtcp_answers *to,
		    const struct xtcp_sight *s);
bool xtcp_diag_wants(const struct xtcp_diag_req *req, u8 family);

/* diag_ended.c */
int xtcp_diag_dump_ended(struct sk_buff *skb, const struct nlmsghdr *nlh,
			 const struct xtcp_diag_req *req);

/* diag_req.c */
int xtcp_diag_check(const struct nlmsghdr *nlh, struct xtcp_diag_req *req);
bool xtcp_diag_is_exact(const struct xtcp_diag_req *req);
u64 xtcp_diag_cookie(const struct xtcp_observe *ob,
		     const struct xtcp_record *r, u32 listener_id);
bool xtcp_diag_now_fits(const struct xtcp_observe *ob,
			const struct xtcp_diag_req *req,
			const struct xtcp_record *r, u32 listener_id);
bool xtcp_diag_fits(const struct xtcp_observe *ob,
		    const struct xtcp_diag_req *req,
		    const struct xtcp_sight *s);
u8 xtcp_diag_wire(const struct xtcp_diag_req *req);
void xtcp_diag_tuple(const struct xtcp_diag_req *req, struct xtcp_tuple *t);

int xtcp_sysctl_init(struct xtcp_net *xn, struct xtcp_observe *ob);
void xtcp_sysctl_exit(struct xtcp_observe *ob);
int xtcp_proc_init(struct xtcp_net *xn, struct xtcp_observe *ob);
void xtcp_proc_exit(struct xtcp_net *xn);

#endif
