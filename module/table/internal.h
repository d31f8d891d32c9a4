/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of table/ say to each other.
 */
#ifndef XTCP_TABLE_INTERNAL_H
#define XTCP_TABLE_INTERNAL_H

#include <linux/rhashtable.h>

#include "table/table.h"

/* small.c */
int xtcp_small_module_init(void);
void xtcp_small_module_exit(void);
/* Free a small entry that is not in the table any more, RCU permitting. */
void xtcp_small_bury(struct xtcp_small *s);

/* conn.c */
void xtcp_conn_module_init(void);
int xtcp_conn_init(struct xtcp_table *t);
void xtcp_conn_exit(struct xtcp_table *t);
/* 0, -EEXIST, -ENOMEM, -E2BIG; @e->form is set before and undone after. */
int xtcp_conn_insert(struct xtcp_table *t, struct xtcp_entry *e);
void xtcp_conn_delete(struct xtcp_table *t, struct xtcp_entry *e);
/* Under the same key; false when @old was not there. */
bool xtcp_conn_replace(struct xtcp_table *t, struct xtcp_entry *old,
		       struct xtcp_entry *new);
/* The entry with the key of @e, or NULL; under RCU. */
struct xtcp_entry *xtcp_conn_find(struct xtcp_table *t,
				  const struct xtcp_entry *e);
/* A number that outsiders cannot foretell, always the same for a key. */
u32 xtcp_conn_hash(const struct xtcp_entry *e);
/* Another port of ours; @e is not in the table. */
void xtcp_entry_set_port(struct xtcp_entry *e, u16 port);

static inline struct rhashtable *xtcp_conns(struct xtcp_table *t, u8 family)
{
	return &t->conns[family == AF_INET6];
}

/* port.c */
/* Address and device of a connection, for its claim. Return: its own port. */
u16 xtcp_entry_claim(const struct xtcp_entry *e, struct xtcp_claim *claim);
/* All that a socket has to say of itself. */
void xtcp_sock_claim(struct xtcp_claim *claim, const struct sock *sk,
		     enum xtcp_use use);
/* Exchange the claim of one who is bound; @spare holds memory. */
void xtcp_port_claim(struct xtcp_table *t, struct xtcp_binding *b,
		     const struct xtcp_claim *claim,
		     struct xtcp_port_group **spare);
/* The socket wants to listen: -EADDRINUSE when another does. */
int xtcp_port_listen(struct xtcp_table *t, const struct sock *sk,
		     struct xtcp_binding *b);
void xtcp_port_unlisten(struct xtcp_table *t, struct xtcp_binding *b);

/* port_group.c */
int xtcp_port_module_init(void);
void xtcp_port_module_exit(void);
int xtcp_ports_init(struct xtcp_port_table *p);
int xtcp_ports_use(struct xtcp_port_table *p);
void xtcp_ports_exit(struct xtcp_table *t);
/* The socket's hold on its port becomes that of the small entry. */
void xtcp_port_linger(struct xtcp_table *t, struct xtcp_binding *b);
/* The small entry lets its port go. */
void xtcp_port_unlinger(struct xtcp_table *t, const struct xtcp_entry *e);

/**
 * struct xtcp_port_group - all who hold a port under the same claim
 * @node:	link of the port's list
 * @holders:	how many they are, and the claim; IPv4: up to addr[0]
 *
 * So the cost of a port does not grow with the connections that share it.
 */
struct xtcp_port_group {
	struct hlist_node node;
	struct xtcp_holders holders;
};

/**
 * struct xtcp_tcp_group - the same on the TCP wire
 * @reserved:	what keeps the host's TCP off the port; NULL: nobody is live
 * @group:	the rest
 */
struct xtcp_tcp_group {
	struct xtcp_reservation *reserved;
	struct xtcp_port_group group;
};

static inline struct xtcp_tcp_group *xtcp_tcp_group(struct xtcp_port_group *g)
{
	return container_of(g, struct xtcp_tcp_group, group);
}

void xtcp_port_lock(struct xtcp_port_table *p, u16 port)
	__acquires(xtcp_port);
void xtcp_port_unlock(struct xtcp_port_table *p, u16 port)
	__releases(xtcp_port);
/* The groups of a port; NULL when memory is short. */
struct hlist_head *xtcp_port_list(struct xtcp_port_table *p, u16 port, gfp_t gfp);
/* One that nobody is in yet; NULL when memory is short. */
struct xtcp_port_group *xtcp_group_alloc(const struct xtcp_table *t,
					 const struct xtcp_claim *claim,
					 gfp_t gfp);
void xtcp_group_free(const struct xtcp_table *t, struct xtcp_port_group *g);
/* The rest under the port's lock. */
bool xtcp_group_join(struct xtcp_table *t, struct hlist_head *list,
		     struct xtcp_binding *b, const struct xtcp_claim *claim,
		     struct xtcp_reservation *reserved,
		     struct xtcp_port_group **spare);
void xtcp_group_leave(struct xtcp_table *t, struct xtcp_binding *b);

static inline struct xtcp_reservation *
xtcp_group_reserved(const struct xtcp_table *t, struct xtcp_port_group *g)
{
	return t->wire == XTCP_WIRE_TCP ? xtcp_tcp_group(g)->reserved : NULL;
}

/* listener.c */
void xtcp_listeners_init(struct xtcp_table *t);
void xtcp_listeners_exit(struct xtcp_table *t);

#endif
