// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection that a listener accepted becomes a socket of its own.
 */
#include <linux/sched/signal.h>

#include "compat.h"
#include "socket/sock.h"
#include "socket/trace_events.h"

/* A clone shares its parent's pointers: what is not the child's is forgotten. */
static void forget_parents_pointers(struct sock *child)
{
	struct inet_sock *inet = inet_sk(child);

	RCU_INIT_POINTER(inet->inet_opt, NULL);
	inet->mc_list = NULL;
	inet->pinet6 = NULL;
#if IS_ENABLED(CONFIG_IPV6)
	if (child->sk_family == AF_INET6) {
		struct ipv6_pinfo *np = &((struct xtcp6_sock *)child)->inet6;

		inet->pinet6 = np;
		RCU_INIT_POINTER(np->opt, NULL);
		np->ipv6_mc_list = NULL;
		np->ipv6_ac_list = NULL;
		np->pktoptions = NULL;
		np->rxpmtu = NULL;
		xtcp_forget_flowlabels(child);
	}
#endif
}

/* What programs set on a listener is meant for its children. */
static void inherit(struct sock *child, const struct xtcp_sock *from)
{
	struct xtcp_sock *x = xtcp_sk(child);

	x->spawned = true;
	x->stream.nodelay = from->stream.nodelay;
	x->stream.keep_on = sock_flag(child, SOCK_KEEPOPEN);
	x->cork = from->cork;
	x->quickack = from->quickack;
	x->slow_ack = from->slow_ack;
	x->save_syn = from->save_syn;
	x->user_mss = from->user_mss;
	x->notsent_lowat = from->notsent_lowat;
	xtcp_policy_refresh(child);
}

/* sk_clone_lock() took it, which sparse is not told. */
static void unlock_child(struct sock *child)
{
	__acquire(child);
	bh_unlock_sock(child);
}

/* Undo what xtcp_child_create() did; the child is locked and in no table. */
void xtcp_child_discard(struct sock *child)
{
	xtcp_unbind(xtcp_table_of(child), &xtcp_sk(child)->binding);
	child->sk_state = TCP_CLOSE;
	sock_set_flag(child, SOCK_DEAD);
	unlock_child(child);
	sock_put(child);
	sk_free(child);
}

/**
 * xtcp_child_create() - a socket for a connection, outside of all tables
 * @listener:	whose it is; not locked
 * @t:		both ends
 * @r:		its record
 * @skb:	text of the segment that opens it; stays the caller's
 * @from:	the half-open entry that it was, or NULL
 *
 * Softirq. Return: the socket, locked and with two references: its user's and
 * the caller's; or NULL without memory, route or port.
 */
struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_tuple *t,
			       const struct xtcp_record *r, struct sk_buff *skb,
			       const struct xtcp_small *from)
{
	const struct xtcp_sock *parent = xtcp_sk(listener);
	struct sock *child = sk_clone_lock(listener, GFP_ATOMIC);
	const struct xtcp_return_route *route;
	struct xtcp_return_route room;
	struct xtcp_sock *x;

	if (!child)
		return NULL;
	x = xtcp_sk(child);
	forget_parents_pointers(child);
	xtcp_sock_init(child, xtcp_rules_of_listener(listener));
	inherit(child, parent);
	x->rec = *r;
	child->sk_state = r->state;
	child->sk_shutdown = 0;
	child->sk_ack_backlog = 0;
	child->sk_max_ack_backlog = 0;
	child->sk_userlocks = listener->sk_userlocks & ~SOCK_BINDPORT_LOCK;
	child->sk_err = 0;
	if (!child->sk_bound_dev_if && t->family == AF_INET6 &&
	    xtcp_link_local(&t->faddr.v6))
		child->sk_bound_dev_if = t->ifindex;
	xtcp_wire_set_tuple(child, t);
	xtcp_entry_init(&x->entry, t, child->sk_bound_dev_if);
	child->sk_txhash = xtcp_entry_label(&x->entry);
	atomic_set(&inet_sk(child)->inet_id, get_random_u16());
	if (xtcp_bind_child(xtcp_table_of(child), &parent->binding,
			    &x->binding, &x->entry))
		goto discard;
	route = xtcp_route_back(from, skb, &room);
	if (route && xtcp_wire_keep_route(child, route))
		goto discard;
	if (xtcp_wire_route_child(child))
		goto discard;
	if (skb->len && !xtcp_may_take(child, skb))
		goto discard;
	return child;
discard:
	xtcp_child_discard(child);
	return NULL;
}

static bool enqueue(struct sock *listener, struct sock *child)
{
	struct xtcp_listening *l = xtcp_sk(listener)->listening;
	struct xtcp_sock *x = xtcp_sk(child);
	bool alive;

	spin_lock(&l->lock);
	alive = l->open;
	if (alive) {
		list_add_tail(&x->accept_node, &l->queue);
		sk_acceptq_added(listener);
	}
	spin_unlock(&l->lock);
	return alive;
}

/* Nobody will accept it, and the peer hears of that (EV-04); it is locked. */
void xtcp_child_abandon(struct sock *child)
{
	sock_orphan(child);
	atomic_inc(&xtcp_sk_net(child)->orphans);
	if (child->sk_state == TCP_CLOSE)
		xtcp_destroy(child);
	else
		xtcp_end_because(child, XTCP_EV_EVICT, XTCP_R_LISTENER_GONE);
}

/**
 * xtcp_child_open() - the child is in the table: let its first step happen
 * @listener:	whose it is
 * @child:	as xtcp_child_create() made it; given up
 * @turn:	the event that opened it, its step already made
 *
 * Softirq.
 */
void xtcp_child_open(struct sock *listener, struct sock *child,
		     struct xtcp_turn *turn)
{
	struct xtcp_sock *x = xtcp_sk(child);
	bool queued = enqueue(listener, child);

	x->segs_in++;
	turn->e.policy = &xtcp_rules(x)->policy;
	x->rec = *(turn->e.child ? turn->e.child : &x->rec);
	xtcp_tick(child);
	xtcp_carry_out(child, turn);
	if (!queued)
		xtcp_child_abandon(child);
	unlock_child(child);
	sock_put(child);
	if (queued)
		listener->sk_data_ready(listener);
}

static struct sock *dequeue(struct sock *listener)
{
	struct xtcp_listening *l = xtcp_sk(listener)->listening;
	struct xtcp_sock *x;

	spin_lock_bh(&l->lock);
	x = list_first_entry_or_null(&l->queue, struct xtcp_sock,
				     accept_node);
	if (x) {
		list_del_init(&x->accept_node);
		sk_acceptq_removed(listener);
	}
	spin_unlock_bh(&l->lock);
	return (struct sock *)x;
}

/* Waits for a child, as one of perhaps many who each want one. */
static int wait_for_child(struct sock *listener, long timeo)
{
	DEFINE_WAIT(wait);
	int err = 0;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(listener), &wait,
					  TASK_INTERRUPTIBLE);
		release_sock(listener);
		if (list_empty_careful(&xtcp_sk(listener)->listening->queue) &&
		    READ_ONCE(listener->sk_state) == TCP_LISTEN &&
		    !signal_pending(current))
			timeo = schedule_timeout(timeo);
		/* Not all have slept; waiting for the lock is another sleep. */
		__set_current_state(TASK_RUNNING);
		lock_sock(listener);
		if (!list_empty_careful(&xtcp_sk(listener)->listening->queue))
			break;
		err = -EINVAL;
		if (listener->sk_state != TCP_LISTEN)
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
		err = 0;
	}
	finish_wait(sk_sleep(listener), &wait);
	return err;
}

int xtcp_accept_call(struct socket *sock, struct socket *newsock, int flags,
		     bool kern)
{
	struct sock *sk = sock->sk;
	struct sock *child = NULL;
	long timeo;
	int err = -EINVAL;

	lock_sock(sk);
	timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	while (sk->sk_state == TCP_LISTEN) {
		child = dequeue(sk);
		err = 0;
		if (child)
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
		err = wait_for_child(sk, timeo);
		if (err)
			break;
	}
	release_sock(sk);
	if (!child)
		return err;
	lock_sock(child);
	newsock->ops = sock->ops;
	sock_graft(child, newsock);
	newsock->state = SS_CONNECTED;
	release_sock(child);
	return 0;
}
