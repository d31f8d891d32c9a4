// SPDX-License-Identifier: GPL-2.0-only
/*
 * When an ACK leaves, as far as the program has a say in it: RFC 9293 3.8.6.3.
 */
#include "socket/sock.h"

/*
 * The window that could be offered is less than the one of the last ACK: what
 * came since then was not read. As with TCP, the reader's recv() sends the ACK,
 * of all that arrived; one for each two segments would tell the peer nothing
 * that it could use.
 */
static bool reader_lags(const struct sock *sk)
{
	const struct xtcp_sock *x = xtcp_sk(sk);
	struct xtcp_room room;

	xtcp_room(sk, &room);
	return room.free < xtcp_rcv_wnd(&x->rec) + x->stream.delack.owed;
}

/*
 * While text begins to come the peer's window shall grow, lag or not. But who
 * sleeps in recv() is about to take it, and then there is more room to tell of.
 */
static bool at_once(const struct xtcp_sock *x)
{
	return x->quickack || (x->stream.delack.quick && !x->reader_waits);
}

/**
 * xtcp_ack_due() - text in order arrived: is an ACK due?
 * @sk:		locked
 * @seg:	the segment
 * @gap:	text out of order is or was stored
 * @answer:	it acknowledges text of ours, too
 *
 * While text begins to come, each segment is acknowledged at once. But a program
 * that sleeps in recv(), that has yet to accept(), or whose question this answers
 * shall have its say first: what it then writes, or its FIN, takes the ACK
 * along. If it asks for more instead, the ACK leaves at that moment
 * (xtcp_ack_reader()), and in any case when its timer fires.
 */
bool xtcp_ack_due(struct sock *sk, const struct xtcp_segment *seg, bool gap,
		  bool answer)
{
	struct xtcp_sock *x = xtcp_sk(sk);
	enum xtcp_due due = xtcp_stream_ack_later(&x->stream, seg, gap,
						  x->now_us);

	if (due == XTCP_DUE_TWO)
		return at_once(x) || !reader_lags(sk);
	if (due != XTCP_DUE_READER || x->quickack)
		return due;
	return !answer && !x->reader_waits && sk->sk_socket;
}

/* As all that is being done. */
static void send_alone(struct sock *sk)
{
	xtcp_tick(sk);
	xtcp_send_ack(sk);
	xtcp_timer_arm(sk);
}

/**
 * xtcp_ack_reader() - the program was given all there is, and wants more
 * @sk:		locked
 *
 * It did not answer, so the ACK that waited for that leaves.
 * Return: it did. What the peer held back until then may be here already.
 */
bool xtcp_ack_reader(struct sock *sk)
{
	if (!xtcp_delack_read_on(&xtcp_sk(sk)->stream.delack))
		return false;
	send_alone(sk);
	return true;
}

/* An ACK is due, but of segments that waited together the last one's is enough. */
void xtcp_ack_now(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	if (x->in_backlog)
		x->ack_late = true;
	else
		xtcp_send_ack(sk);
}

/* Of all that waited for the socket, unless a segment told it meanwhile. */
void xtcp_ack_late(struct sock *sk)
{
	struct xtcp_sock *x = xtcp_sk(sk);

	x->ack_late = false;
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN ||
	    (!x->stream.delack.pending && RB_EMPTY_ROOT(xtcp_early(sk))))
		return;
	send_alone(sk);
}
