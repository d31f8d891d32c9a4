#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What is sent again, when, how often, and what happens if nobody answers."""
import socket
import time

import segment
from context import HOST, MSS, main
from tap import test
from xtcp_wire import ANY, after

VERSIONS = (4, 6)
EARLY, LATE = 0.9, 1.3	# of the time that is due: clock ticks and a slow guest


def in_time(f, what, took, due):
    if not due * EARLY <= took <= due * LATE + 0.05:
        f.fail("%s after %.3f s instead of %.3f s" % (what, took, due))


def repeats(f, flags, first, waits, **fields):
    """The same segment again and again, after so many seconds each."""
    last = first
    for wait in waits:
        seg = f.expect(flags, seq=first.seq, within=wait * LATE + 0.1,
                       **fields)
        in_time(f, "repeated", after(last, seg), wait)
        last = seg
    return last


def doubling(first, count):
    return [first * 2 ** i for i in range(count)]


@test("syn-retransmit", what=("syn",), v=VERSIONS)
def syn(t):
    """With the default settings: MUST-23 wants at least three minutes."""
    retries = t.read_sysctl("syn_retries")
    if not HOST:
        t.see("syn_retries", retries, 7)
    f = t.flow()
    t.connect(f)
    first = f.expect("S")
    repeats(f, "S", first, [min(w, 120) for w in doubling(1, retries)])
    f.expect_state("SYN_SENT")
    f.expect_state("CLOSED", within=150)
    took = time.monotonic() - first.at
    f.silent()
    t.see("SO_ERROR", t.so_error(f), "ETIMEDOUT")
    t.see("three minutes", HOST or took > 180, True)


@test("syn-retransmit", what=("syn-count",), v=VERSIONS)
def syn_count(t):
    t.sysctl("syn_retries", 2)
    f = t.flow()
    t.connect(f)
    repeats(f, "S", f.expect("S"), [1, 2])
    f.silent(3)
    f.expect_state("CLOSED", within=2.5)
    f.silent(20)
    t.see("SO_ERROR", t.so_error(f), "ETIMEDOUT")


@test("syn-retransmit", what=("syncnt-option",), v=VERSIONS)
def syn_count_option(t):
    def setup(sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
    f = t.flow()
    t.connect(f, setup)
    repeats(f, "S", f.expect("S"), [1])
    f.expect_state("CLOSED", within=3)
    t.see("SO_ERROR", t.so_error(f), "ETIMEDOUT")


@test("syn-retransmit", what=("syn-lost",), v=VERSIONS)
def syn_lost(t):
    f = t.hold_syn_sent()
    f.expect("S", seq=f.irs, within=1.5)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.expect_state("ESTABLISHED")
    f.silent(5)


@test("syn-retransmit", what=("syn-ack",), v=VERSIONS)
def syn_ack(t):
    """A half-open entry goes after synack_retries."""
    f = t.hold_listen()
    f.send("S", opts=MSS)
    first = f.expect("SA")
    count = t.read_sysctl("synack_retries")
    repeats(f, "SA", first, doubling(1, count))
    f.expect_state("SYN_RCVD")
    f.expect_state("CLOSED", within=2 ** count * LATE)
    f.silent(60)
    t.no_accept(f)


@test("syn-retransmit", what=("syn-ack-count",), v=VERSIONS)
def syn_ack_count(t):
    t.sysctl("synack_retries", 1)
    f = t.hold_listen()
    f.send("S", opts=MSS)
    repeats(f, "SA", f.expect("SA"), [1])
    f.expect_state("CLOSED", within=2.6)
    f.silent(10)


@test("syn-retransmit", what=("syn-again",), v=VERSIONS)
def syn_again(t):
    """The SYN+ACK was lost: the peer's SYN comes again."""
    f = t.hold_listen()
    f.send("S", opts=MSS)
    first = f.expect("SA")
    f.send("S", seq=f.iss, opts=MSS)
    f.expect("SA", seq=first.seq)
    f.send("A")
    t.accept(f)
    f.expect_state("ESTABLISHED")


@test("syn-retransmit", what=("third-lost",), then=("ack", "data"),
      v=VERSIONS)
def third_lost(t):
    f = t.hold_listen()
    f.send("S", opts=MSS)
    first = f.expect("SA")
    f.expect("SA", seq=first.seq, within=1.5)
    if t.then == "ack":
        f.send("A")
    else:
        f.send("PA", b"hello")
        f.expect("A")
    t.accept(f)
    f.expect_state("ESTABLISHED")
    f.silent(5)
    t.see("read", t.read(f), b"hello" if t.then == "data" else "EAGAIN")


@test("syn-retransmit", what=("our-third-lost",), v=VERSIONS)
def our_third_lost(t):
    """The peer's SYN+ACK comes again: it is answered by an ACK."""
    f = t.active()
    f.send("SA", seq=f.iss, opts=MSS)
    f.expect("A")
    f.expect_state("ESTABLISHED")


@test("syn-retransmit", what=("simultaneous",), v=VERSIONS)
def simultaneous(t):
    """In SYN_RCVD after SYN_SENT it is the SYN+ACK that is sent again."""
    t.role = "active"
    f = t.hold_syn_rcvd()
    f.expect("SA", seq=f.irs, within=3.5)
    f.send("A")
    f.expect_state("ESTABLISHED")


@test("rto", what=("back-off",), v=VERSIONS)
def back_off(t):
    """Unanswered text: the time-out doubles (RFC 6298 5.5)."""
    f = t.passive()
    f.sock.send(b"hello")
    first = f.expect("PA", data=b"hello")
    second = f.expect("PA", seq=first.seq, data=b"hello", within=1.5)
    rto = after(first, second)
    if not 0.18 <= rto <= 1.1:
        f.fail("first retransmission after %.3f s" % rto)
    repeats(f, "PA", second, [rto * 2 ** i for i in range(1, 6)],
            data=b"hello")
    f.send("A", ack=first.end)
    f.rcv_nxt = first.end
    f.silent(60)
    f.expect_state("ESTABLISHED")


@test("rto", what=("initial",), lost=(1, 2), v=VERSIONS)
def rto_initial(t):
    """RFC 6298 5.7: the SYN was lost, so no sample; text waits 3 s."""
    f = t.hold_syn_sent()
    f.expect("S", seq=f.irs, within=1.5)
    if t.lost == 2:
        f.expect("S", seq=f.irs, within=2.5)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.sock.send(b"hello")
    first = f.expect("PA", data=b"hello")
    second = f.expect("PA", seq=first.seq, data=b"hello", within=4.5)
    in_time(f, "first retransmission", after(first, second), 3)


@test("rto", what=("karn",), v=VERSIONS)
def karn(t):
    """An answer to what was sent twice is no sample: the doubled time-out
    stays until a fresh segment has been acknowledged (RFC 6298 3, 5.5)."""
    f = t.passive()
    f.sock.send(b"one")
    one = f.expect("PA", data=b"one")
    again = f.expect("PA", seq=one.seq, data=b"one", within=1.5)
    rto = after(one, again)
    f.wire.wait(lambda: False, rto)
    f.send("A")
    f.drain()
    f.sock.send(b"two")
    f.rcv_nxt = one.end
    two = f.expect("PA", data=b"two", seq=one.end, within=1.5)
    again = f.expect("PA", seq=two.seq, data=b"two", within=rto * 8)
    if after(two, again) > rto * 4.5:
        f.fail("the time-out became %.3f s, it was %.3f s"
               % (after(two, again), rto))


@test("rto", what=("gives-up",), v=VERSIONS,
      host="its retries2 counts time, not segments")
def gives_up(t):
    t.sysctl("retries2", 3)
    f = t.passive()
    f.sock.send(b"hello")
    first = f.expect("PA", data=b"hello")
    second = f.expect("PA", seq=first.seq, data=b"hello", within=1.5)
    rto = after(first, second)
    repeats(f, "PA", second, [rto * 2, rto * 4], data=b"hello")
    f.expect_state("CLOSED", within=rto * 8 * LATE + 0.2)
    t.see("SO_ERROR", t.so_error(f), "ETIMEDOUT")


@test("rto", what=("user-timeout",), state=("text",), v=VERSIONS)
def user_timeout(t):
    """MUST-21: the user says how long."""
    f = t.passive()
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5000)
    f.sock.send(b"hello")
    first = f.expect("PA", data=b"hello")
    f.wire.wait(lambda: False, 4)
    f.expect_state("ESTABLISHED")
    f.expect_state("CLOSED", within=4)
    f.drain()
    t.see("read", t.read(f), "ETIMEDOUT")
    t.see("text", first.data, b"hello")


@test("rto", what=("user-timeout",),
      state=("syn-sent", "fin-wait-1", "zero-window"), v=VERSIONS)
def user_timeout_state(t):
    """EV-48: not only where text waits."""
    def setup(sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 5000)
    if t.state == "syn-sent":
        f = t.hold_syn_sent(setup=setup)
    elif t.state == "fin-wait-1":
        f = t.hold_fin_wait_1(setup=setup)
    else:
        f = t.passive(setup=setup)
        setup(f.sock)
        f.sock.send(b"1")
        f.expect("PA", data=b"1")
        f.send("A", win=0)
        f.sock.send(b"waiting")
    f.wire.wait(lambda: False, 3)
    t.see("still there", f.state() != "CLOSED", True)
    f.expect_state("CLOSED", within=8)
    t.see("SO_ERROR", t.so_error(f), "ETIMEDOUT")


@test("fin-lost", how=("shutdown", "close"), v=VERSIONS)
def fin_lost(t):
    f = t.open()
    t.end_ours(f)
    first = f.expect("FA")
    second = f.expect("FA", seq=first.seq, within=1.5)
    rto = after(first, second)
    repeats(f, "FA", second, [rto * 2, rto * 4])
    f.expect_state("FIN_WAIT_1")
    f.send("A")
    f.expect_state("FIN_WAIT_2")
    f.silent(5)


@test("fin-lost", how=("orphan-gives-up",), v=VERSIONS)
def fin_orphan(t):
    t.sysctl("orphan_retries", 3)
    f = t.passive()
    f.sock.close()
    first = f.expect("FA")
    second = f.expect("FA", seq=first.seq, within=1.5)
    rto = after(first, second)
    f.expect_state("FIN_WAIT_1")
    f.expect_state("CLOSED", within=rto * 32 * LATE)
    f.drain()
    f.silent(20)


@test("last-ack-lost", side=("time-wait",), v=VERSIONS)
def last_ack_lost(t):
    """The peer's FIN again: it is acknowledged again."""
    f = t.hold_time_wait()
    f.send("FA", seq=f.snd_nxt - 1)
    f.expect("A")
    f.expect_state("TIME_WAIT")


@test("last-ack-lost", side=("last-ack",), v=VERSIONS)
def last_ack_repeats(t):
    """Ours is the end that sends FIN again, until it is acknowledged."""
    f = t.hold_close_wait()
    f.sock.close()
    first = f.expect("FA")
    f.expect("FA", seq=first.seq, within=1.5)
    f.expect_state("LAST_ACK")
    f.send("A")
    f.silent(2)
    f.expect_state("CLOSED")


@test("fast-retransmit", v=VERSIONS)
def fast_retransmit(t):
    """Three duplicate ACKs, and two are not enough (RFC 5681 3.2)."""
    size = 1000
    f = t.passive(opts=segment.mss(size))
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(6):
        t.see("write", t.write(f, b"x" * size), size)
    sent = [f.expect("PA", length=size) for _ in range(6)]
    lost = sent[0]
    for _ in range(2):
        f.send("A", ack=lost.seq)
    f.silent(0.05)
    f.send("A", ack=lost.seq)
    f.expect("A", seq=lost.seq, length=size, within=0.1)
    f.silent(0.05)
    f.send("A", ack=sent[-1].end)
    f.silent(3)


@test("new-reno", v=VERSIONS)
def new_reno(t):
    """A partial ACK sends the next hole at once (RFC 6582 3.2)."""
    size = 1000
    f = t.passive(opts=segment.mss(size))
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(8):
        t.write(f, b"x" * size)
    sent = [f.expect("PA", length=size) for _ in range(8)]
    for _ in range(5):
        f.send("A", ack=sent[0].seq)
    f.expect("A", seq=sent[0].seq, length=size, within=0.1)
    f.drain()
    f.send("A", ack=sent[3].seq)
    f.expect("A", seq=sent[3].seq, length=size, within=0.1)
    f.send("A", ack=sent[-1].end)
    f.silent(3)


@test("retransmit-partly-acked", v=VERSIONS)
def partly(t):
    """What was acknowledged in part is not sent whole again."""
    f = t.passive()
    f.sock.send(b"0123456789")
    first = f.expect("PA", data=b"0123456789")
    f.send("A", ack=first.seq + 4)
    again = f.expect("PA", seq=ANY, length=ANY, data=ANY, within=1.5)
    if again.seq != (first.seq + 4) & 0xffffffff:
        f.fail("sent again from byte %d" % (again.seq - first.seq))
    t.see("text", again.data, b"456789")


if __name__ == "__main__":
    main()
