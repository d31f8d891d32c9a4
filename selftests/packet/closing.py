#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How connections close, seen on the wire: LIFECYCLE rows of "Closing"."""
import os
import signal
import socket
import struct

from context import HOST, main
from tap import test
from xtcp_wire import ANY

VERSIONS = (4, 6)
ROLES = ("passive", "active")
HOWS = ("shutdown", "close")


@test("four-way", side=("first",), role=ROLES, how=HOWS, v=VERSIONS)
def four_way_first(t):
    """We are A: FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT."""
    f = t.hold_established()
    u = f.rcv_nxt
    t.end_ours(f)
    f.expect("FA", seq=u, ack=f.snd_nxt)
    f.expect_state("FIN_WAIT_1")
    f.send("A", ack=u + 1)
    f.expect_state("FIN_WAIT_2")
    f.silent(1)
    f.send("FA", ack=u + 1)
    f.expect("A", seq=u + 1, ack=f.snd_nxt)
    f.expect_state("TIME_WAIT")
    f.silent(1)


@test("four-way", side=("second",), role=ROLES, how=HOWS, v=VERSIONS)
def four_way_second(t):
    """We are B: CLOSE_WAIT, LAST_ACK, and the record is freed at once."""
    f = t.hold_established()
    f.send("FA")
    f.expect("A", within=0.5)
    f.expect_state("CLOSE_WAIT")
    t.see("read", t.read(f), b"")
    t.end_ours(f)
    f.expect("FA")
    f.expect_state("LAST_ACK")
    f.send("A")
    f.silent()
    f.expect_state("CLOSED")


@test("kernel-acks", role=ROLES, v=VERSIONS)
def kernel_acks(t):
    """No program runs, and the FIN is acknowledged all the same."""
    f = t.hold_established()
    f.send("FA")
    f.expect("A", within=0.5)
    f.expect_state("CLOSE_WAIT")
    f.silent(5)
    f.expect_state("CLOSE_WAIT")


@test("three-segment", side=("first",), how=HOWS, v=VERSIONS)
def three_segment_first(t):
    """The peer's FIN acknowledges ours: no FIN_WAIT_2."""
    f = t.hold_fin_wait_1()
    f.send("FA")
    f.expect("A")
    f.expect_state("TIME_WAIT")


@test("three-segment", side=("first-with-text",), v=VERSIONS)
def three_segment_text(t):
    f = t.hold_fin_wait_1()
    f.send("FPA", b"last words")
    f.expect("A")
    f.expect_state("TIME_WAIT")
    t.see("read", t.read(f), b"last words")
    t.see("read", t.read(f), b"")


@test("two-segment", how=HOWS, v=VERSIONS)
def two_segment(t):
    """As a self-connected socket sees it: its own FIN comes back, and the
    one ACK of both acknowledges ours."""
    f = t.hold_closing()
    f.send("A")
    f.silent()
    f.expect_state("TIME_WAIT")


@test("simultaneous-close", role=ROLES, how=HOWS, v=VERSIONS)
def simultaneous_close(t):
    f = t.hold_fin_wait_1()
    f.send("FA", ack=f.rcv_nxt - 1)
    f.expect("A")
    f.expect_state("CLOSING")
    f.send("A")
    f.silent()
    f.expect_state("TIME_WAIT")


@test("simultaneous-close", role=("with-text",), v=VERSIONS)
def simultaneous_text(t):
    """Text of ours and text of theirs cross the FINs."""
    t.role = "passive"
    f = t.hold_established()
    f.sock.send(b"ours")
    f.expect("PA", data=b"ours")
    t.end_ours(f)
    f.expect("FA")
    f.send("FPA", b"theirs", ack=f.rcv_nxt - 5)
    f.expect("A")
    f.expect_state("CLOSING")
    t.see("read", t.read(f), b"theirs")
    f.send("A", ack=f.rcv_nxt - 1)
    f.expect_state("CLOSING")
    f.send("A")
    f.expect_state("TIME_WAIT")


@test("fin-with-data", how=HOWS, v=VERSIONS)
def fin_with_data(t):
    """Everything first, FIN on the last segment or behind it (EV-07)."""
    f = t.hold_established(win=2000)
    f.sock.send(b"a" * 5000)
    t.end_ours(f)
    text = b""
    while True:
        seg = f.next_segment(1)
        if seg is None:
            f.fail("no FIN came")
        t.see("in order", seg.seq, f.rcv_nxt)
        f.accept(seg)
        text += seg.data
        if seg.flags & 1:
            break
        f.send("A")
    t.see("bytes", len(text), 5000)
    f.expect_state("FIN_WAIT_1")
    f.send("A")
    f.expect_state("FIN_WAIT_2")


@test("fin-with-data", how=("received",), role=ROLES, v=VERSIONS)
def fin_with_data_received(t):
    """The reader gets the bytes, then the end, again and again (EV-03)."""
    t.how = "shutdown"
    f = t.hold_established()
    f.send("FPA", b"hello")
    f.expect("A")
    t.see("poll", t.poll(f) >= {"IN", "RDHUP", "OUT"}, True)
    t.see("read", t.read(f), b"hello")
    t.see("read", t.read(f), b"")
    t.see("read", t.read(f), b"")


@test("fin-with-data", how=("out-of-order",), v=VERSIONS)
def fin_out_of_order(t):
    """EV-47: the end is seen only when the hole is filled."""
    f = t.open()
    f.send("FA", seq=f.snd_nxt + 5)
    f.expect("A")
    f.expect_state("ESTABLISHED")
    t.see("read", t.read(f), "EAGAIN")
    f.send("PA", b"01234")
    f.snd_nxt += 1
    f.expect("A")
    f.expect_state("CLOSE_WAIT")
    t.see("read", t.read(f), b"01234")
    t.see("read", t.read(f), b"")


@test("fin-with-data", how=("text-stored-behind-it",), v=VERSIONS)
def fin_before_stored(t):
    """EV-43: what was stored for numbers behind the FIN is never read."""
    f = t.open()
    f.send("A", b"liar", seq=f.snd_nxt + 5)
    f.expect("A")
    f.send("FPA", b"hello")
    f.expect("A")
    f.expect_state("CLOSE_WAIT")
    t.see("read", t.read(f), b"hello")
    t.see("read", t.read(f), b"")


@test("half-close", side=("ours",), role=ROLES, v=VERSIONS)
def half_close_ours(t):
    """Our direction is shut, the other one lasts."""
    f = t.hold_fin_wait_2()
    for number in range(20):
        data = b"line %d\n" % number
        f.send("PA", data)
        f.expect("A", within=0.6)
        t.see("read", t.read(f), data)
        f.wire.wait(lambda: False, 10)
    t.see("write", t.write(f), "EPIPE")
    f.expect_state("FIN_WAIT_2")
    f.send("FA")
    f.expect("A")
    t.see("read", t.read(f), b"")
    f.expect_state("TIME_WAIT")


@test("half-close", side=("theirs",), role=ROLES, v=VERSIONS)
def half_close_theirs(t):
    """In CLOSE_WAIT we may write for as long as we like."""
    f = t.hold_close_wait()
    for number in range(20):
        data = b"line %d\n" % number
        t.see("write", t.write(f, data), len(data))
        f.expect("PA", data=data)
        f.send("A")
        f.wire.wait(lambda: False, 10)
    f.expect_state("CLOSE_WAIT")
    f.sock.close()
    f.expect("FA")
    f.send("A")
    f.expect_state("CLOSED")


@test("close-or-shutdown", v=VERSIONS)
def close_or_shutdown(t):
    """Alike on the wire up to the peer's first byte."""
    seen = []
    for how in HOWS:
        t.how = how
        f = t.hold_established()
        start = f.rcv_nxt
        t.end_ours(f)
        fin = f.expect("FA")
        f.send("A")
        f.silent(1)
        seen.append((fin.flags, fin.seq - start, fin.win, fin.opts, fin.ttl))
        f.send("PA", b"x", seq=f.snd_nxt)
        answer = f.next_segment(1)
        t.see("RST", bool(answer.flags & 4), how == "close")
    t.see("the FINs", seen[0], seen[1])


@test("shutdown-read", keeps=(0,), role=ROLES, v=VERSIONS,
      host="it keeps what comes later")
def shutdown_read(t):
    """Nothing is sent; bytes there and later ones are dropped and
    acknowledged."""
    f = t.hold_established()
    f.send("PA", b"before")
    f.expect("A")
    f.sock.shutdown(socket.SHUT_RD)
    f.silent()
    t.see("read", t.read(f), b"")
    f.send("PA", b"after")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"")
    f.expect_state("ESTABLISHED")
    t.see("write", t.write(f, b"x"), 1)


@test("shutdown-read", keeps=(1,), v=VERSIONS)
def shutdown_read_keeps(t):
    if not HOST:
        t.sysctl("shutdown_read_keeps", 1)
    f = t.hold_established()
    f.sock.shutdown(socket.SHUT_RD)
    f.silent()
    f.send("PA", b"after")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"after")
    t.see("read", t.read(f), b"")


@test("shutdown-both", role=ROLES, v=VERSIONS)
def shutdown_both(t):
    """FIN, not RST, whatever is unread, and no time limit."""
    f = t.hold_established()
    f.send("PA", b"unread")
    f.expect("A")
    f.sock.shutdown(socket.SHUT_RDWR)
    f.expect("FA")
    f.send("A")
    f.expect_state("FIN_WAIT_2")
    f.silent(200)
    f.expect_state("FIN_WAIT_2")


@test("second-close", v=VERSIONS)
def second_close(t):
    """EV-08: one FIN, however often the user asks for it."""
    f = t.hold_established()
    f.sock.shutdown(socket.SHUT_WR)
    f.expect("FA")
    f.send("A")
    f.sock.shutdown(socket.SHUT_WR)
    f.sock.close()
    f.silent(1)
    f.expect_state("FIN_WAIT_2")


@test("linger", how=("zero",), role=ROLES, v=VERSIONS)
def linger_zero(t):
    f = t.hold_established()
    f.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    f.sock.close()
    f.expect_rst()
    f.expect_state("CLOSED")


@test("linger", how=("time-is-over",), v=VERSIONS)
def linger_time(t):
    """close() waits, then returns; the orphan goes on."""
    f = t.hold_established()
    f.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 2))
    f.sock.setblocking(True)
    f.sock.close()
    first = f.expect("FA", seq=ANY)
    f.wire.take()
    f.drain()
    f.expect_state("FIN_WAIT_1")
    f.rcv_nxt = first.end
    f.send("A")
    f.expect_state("FIN_WAIT_2")


@test("fin-wait-2-orphan", time=("default",), v=VERSIONS)
def fin_wait_2_orphan(t):
    """fin_timeout, then straight to CLOSED, in silence."""
    t.how = "close"
    f = t.hold_fin_wait_2()
    f.silent(50)
    f.expect_state("FIN_WAIT_2")
    f.expect_state("CLOSED", within=15)
    f.silent()
    f.send("FA")
    f.expect("R", seq=f.rcv_nxt)


@test("fin-wait-2-orphan", time=("setting",), v=VERSIONS)
def fin_wait_2_setting(t):
    t.sysctl("fin_timeout", 5)
    t.how = "close"
    f = t.hold_fin_wait_2()
    f.silent(4)
    f.expect_state("FIN_WAIT_2")
    f.expect_state("CLOSED", within=3)


@test("fin-wait-2-owned", v=VERSIONS)
def fin_wait_2_owned(t):
    f = t.hold_fin_wait_2()
    f.silent(300)
    f.expect_state("FIN_WAIT_2")
    f.sock.close()
    f.expect_state("CLOSED", within=70)


@test("exit-closes", end=("exit", "kill"), role=ROLES, v=VERSIONS)
def exit_closes(t):
    """The process ends, killed or not: FIN, or RST if bytes are unread."""
    for unread in (False, True):
        f = t.hold_established()
        if unread:
            f.send("PA", b"unread")
            f.expect("A", within=0.6)
        pid = os.fork()
        if not pid:
            if t.end == "exit":
                os._exit(0)
            os.kill(os.getpid(), signal.SIGKILL)
        f.sock.close()
        os.waitpid(pid, 0)
        if unread:
            f.expect_rst()
        else:
            f.expect("FA")


@test("close-wait-leak", role=ROLES, v=VERSIONS)
def close_wait_leak(t):
    f = t.hold_close_wait()
    f.silent(1000)
    f.expect_state("CLOSE_WAIT")


@test("last-ack-text-unacked", v=VERSIONS)
def last_ack_partial(t):
    """EV-40: an ACK of the text but not of the FIN keeps LAST_ACK."""
    f = t.hold_close_wait()
    f.sock.send(b"bye")
    f.expect("PA", data=b"bye")
    f.sock.close()
    f.expect("FA")
    f.send("A", ack=f.rcv_nxt - 1)
    f.expect_state("LAST_ACK")
    f.send("A")
    f.expect_state("CLOSED")


@test("fin-wait-1-text-unacked", how=HOWS, v=VERSIONS)
def fin_wait_1_partial(t):
    """EV-37: the same in FIN_WAIT_1."""
    f = t.hold_established()
    f.sock.send(b"bye")
    f.expect("PA", data=b"bye")
    t.end_ours(f)
    f.expect("FA")
    f.send("A", ack=f.rcv_nxt - 1)
    f.expect_state("FIN_WAIT_1")
    f.send("A")
    f.expect_state("FIN_WAIT_2")


if __name__ == "__main__":
    main()
