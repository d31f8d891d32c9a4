// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP_SAVE_SYN and TCP_SAVED_SYN: the headers of the SYN that opened a connection,
 * for the program that accepts it. A route that the SYN came by is kept with them.
 */
#include "socket/sock.h"

/* What TCP_SAVE_SYN says of a listener */
#define FROM_LINK	2	/* from the link's header on, else from IP's */

/**
 * xtcp_syn_saved() - what is to be kept of a SYN
 * @sk:		the listener; not locked
 * @skb:	the SYN, as it came to receive()
 * @routed:	it came by a source route
 *
 * Return: NULL when nothing is, and without memory.
 */
struct xtcp_saved *xtcp_syn_saved(const struct sock *sk,
				  const struct sk_buff *skb, bool routed)
{
	u8 how = READ_ONCE(xtcp_sk(sk)->save_syn);
	u32 len = skb_network_header_len(skb) + tcp_hdrlen(skb);
	const u8 *ip = skb_network_header(skb);
	const u8 *from = ip;
	struct xtcp_saved *saved;

	if (!how && !routed)
		return NULL;
	if (how == FROM_LINK && skb_mac_header_was_set(skb)) {
		len += skb_mac_header_len(skb);
		from = skb_mac_header(skb);
	}
	saved = kmalloc(struct_size(saved, data, len),
			GFP_ATOMIC | __GFP_NOWARN);
	if (!saved)
		return NULL;
	saved->len = len;
	saved->ip = ip - from;
	saved->wanted = how;
	memcpy(saved->data, from, len);
	return saved;
}

/* It is the child's now, if a program wants it; NULL: there is nothing. */
void xtcp_syn_keep(struct sock *child, struct xtcp_saved *saved)
{
	struct xtcp_sock *x = xtcp_sk(child);

	if (saved && !saved->wanted) {
		xtcp_saved_free(saved);
		saved = NULL;
	}
	x->saved_syn = saved;
}

/* The program has it, or the connection is over. */
void xtcp_syn_forget(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (!x->saved_syn)
		return;
	xtcp_saved_free(x->saved_syn);
	x->saved_syn = NULL;
}

/* TCP_SAVE_SYN */
int xtcp_syn_set_saving(struct sock *sk, int how)
{
	if (how < 0 || how > FROM_LINK)
		return -EINVAL;
	WRITE_ONCE(xtcp_sk(sk)->save_syn, how);
	return 0;
}

int xtcp_syn_saving(struct sock *sk)
{
	return xtcp_sk(sk)->save_syn;
}

static int read_saved(struct sock *sk, char __user *val, int __user *len)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	u32 has = x->saved_syn ? x->saved_syn->len : 0;
	int room;

	if (get_user(room, len) || put_user(has, len))
		return -EFAULT;
	if (room < 0 || room < has)
		return -EINVAL;
	if (has && copy_to_user(val, x->saved_syn->data, has))
		return -EFAULT;
	return 0;
}

/* TCP_SAVED_SYN: once; who has too little room is told how much it takes. */
int xtcp_syn_get(struct sock *sk, char __user *val, int __user *len)
{
	int err;

	lock_sock(sk);
	err = read_saved(sk, val, len);
	if (!err)
		xtcp_syn_forget(sk);
	release_sock(sk);
	return err;
}
