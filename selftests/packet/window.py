#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Windows, probes of closed ones, keep-alive."""
import socket

import segment
from context import MSS, main
from tap import test
from xtcp_wire import after

VERSIONS = (4, 6)
ROLES = ("passive", "active")


def small_buffer(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)


def keepalive(f, idle, interval, count):
    f.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in ((socket.TCP_KEEPIDLE, idle),
                        (socket.TCP_KEEPINTVL, interval),
                        (socket.TCP_KEEPCNT, count)):
        f.sock.setsockopt(socket.IPPROTO_TCP, name, value)


def fill(t, f, size=500):
    """Send until the window is closed; how much went in. The right edge
    never moves left (SHLD-14)."""
    edge = None
    total = 0
    for _ in range(400):
        f.send("PA", b"x" * size)
        seg = f.expect("A", ack=None, within=0.6)
        right = (seg.ack + seg.win) & segment.M32
        if edge is not None and segment.diff(right, edge) < 0:
            f.fail("the right edge of the window moved left")
        edge = right
        total += size
        if seg.win == 0:
            return total
        size = min(size, seg.win)
    return f.fail("the window does not close after %d bytes" % total)


@test("window", what=("closes-and-reopens",), role=ROLES, v=VERSIONS)
def closes(t):
    f = t.open(setup=small_buffer)
    total = fill(t, f)
    f.send("A", b"!", seq=f.snd_nxt)	# a probe
    t.see("window", f.expect("A").win, 0)
    t.see("read", len(t.read(f)), total)
    t.see("window", f.expect("A").win > 0, True)
    f.send("A", b"!")
    f.expect("A")
    t.see("read", t.read(f), b"!")


@test("window", what=("not-silly",), v=VERSIONS)
def not_silly(t):
    """MUST-39: a byte read from a full buffer opens no window."""
    f = t.open(setup=small_buffer)
    fill(t, f)
    for _ in range(20):
        t.see("read", t.read(f, 1), b"x")
    f.silent(1)


@test("window", what=("rst-while-closed",), role=ROLES, v=VERSIONS)
def rst_zero(t):
    """MUST-66: RST and ack count while our window is closed."""
    f = t.open(setup=small_buffer)
    f.sock.send(b"unacked")
    f.expect("PA", data=b"unacked")
    fill(t, f)
    f.send("A")
    f.silent(3)		# the ack was taken: nothing is sent again
    f.send("R", seq=f.snd_nxt + 1)
    f.silent()
    f.expect_state("ESTABLISHED")
    f.send("R")
    f.expect_state("CLOSED")


@test("window", what=("urgent-while-closed",), v=VERSIONS)
def urgent_zero(t):
    """MUST-66: so does the urgent pointer."""
    f = t.open(setup=small_buffer)
    fill(t, f)
    f.send("UA", up=9)
    t.see("poll", "PRI" in t.poll(f), True)
    f.expect_state("ESTABLISHED")


@test("window", what=("closed-for-hours",), v=VERSIONS)
def closed_for_hours(t):
    """MAY-8: nobody reads, and the connection stays."""
    f = t.open(setup=small_buffer)
    total = fill(t, f)
    for _ in range(2):
        f.wire.wait(lambda: False, 3000)
        f.send("A", b"!", seq=f.snd_nxt)	# a probe
        t.see("window", f.expect("A").win, 0)
    t.see("read", len(t.read(f)), total)


@test("window", what=("buffer-shrinks",), v=VERSIONS)
def buffer_shrinks(t):
    """SHLD-14: what was offered stays offered, whatever SO_RCVBUF says then."""
    f = t.open()
    f.send("PA", b"x" * 1000)
    seg = f.expect("A", within=0.6)
    edge = (seg.ack + seg.win) & segment.M32
    small_buffer(f.sock)
    total = 1000
    while segment.diff(edge, f.snd_nxt) > 0 and total < 30000:
        f.send("PA", b"x" * min(1000, segment.diff(edge, f.snd_nxt)))
        seg = f.next_segment(0.6)
        if seg is None:		# no room: lost, but not taken back
            break
        right = (seg.ack + seg.win) & segment.M32
        if segment.diff(right, edge) < 0:
            f.fail("the right edge of the window moved left")
        total += 1000
        edge = right
    t.see("some went in", total > 4000, True)


@test("window", what=("fin-while-closed",), v=VERSIONS)
def fin_zero(t):
    """A FIN has no room either; it is taken when there is some."""
    f = t.open(setup=small_buffer)
    total = fill(t, f)
    f.send("FA", seq=f.snd_nxt)
    f.drain()
    t.see("read", len(t.read(f)), total)
    f.drain()
    if f.state() == "ESTABLISHED":
        f.send("FA")
    f.drain()
    f.expect_state("CLOSE_WAIT")
    t.see("read", t.read(f), b"")


def probe(f, within):
    """A probe of our closed window: one byte, or none from before."""
    seg = f.next_segment(within)
    if seg is None:
        f.fail("no window probe within %g s" % within)
    behind = segment.diff(seg.seq, f.rcv_nxt)
    if (behind, len(seg.data)) not in ((0, 1), (-1, 0), (-1, 1)):
        f.fail("no window probe: " + f.show(seg))
    return seg


def close_window(t, f):
    """An ACK that takes all and offers nothing: no shrinking."""
    t.write(f, b"1")
    f.expect("PA", data=b"1")
    f.win = 0
    f.send("A")


@test("window", what=("probes",), role=ROLES, v=VERSIONS)
def probes(t):
    """After one RTO, then at doubling intervals (SHLD-29, 30)."""
    f = t.hold_established()
    close_window(t, f)
    t.see("write", t.write(f, b"waiting"), 7)
    f.silent(0.15)
    first = probe(f, 1.5)
    f.send("A")
    second = probe(f, 3)
    gap = after(first, second)
    for _ in range(4):
        f.send("A")
        third = probe(f, gap * 3)
        if not 1.5 * gap < after(second, third) < 2.5 * gap:
            f.fail("the interval is %.3f s after %.3f s"
                   % (after(second, third), gap))
        second, gap = third, after(second, third)
    f.win = 65535
    f.send("A")
    f.rcv_nxt = f.irs + 2
    t.see("text", f.read_text(7, 1.5), b"waiting")


@test("window", what=("probed-for-ever",), v=VERSIONS)
def probed(t):
    """MUST-37: as long as the probes are answered."""
    t.sysctl("retries2", 3)
    f = t.open()
    close_window(t, f)
    t.write(f, b"waiting")
    for _ in range(10):
        probe(f, 130)
        f.send("A")
    f.expect_state("ESTABLISHED")


@test("window", what=("probes-unanswered",), v=VERSIONS)
def probes_unanswered(t):
    t.sysctl("retries2", 3)
    f = t.open()
    close_window(t, f)
    t.write(f, b"waiting")
    f.expect_state("CLOSED", within=60)
    f.drain()
    t.see("read", t.read(f), "ETIMEDOUT")


@test("window", what=("shrinks",), v=VERSIONS)
def shrinks(t):
    """MUST-34, SHLD-15: less than is under way already."""
    f = t.open()
    f.sock.send(b"x" * 5000)
    f.wire.take()
    sent = list(f.queue)
    f.queue.clear()
    edge = sent[-1].end
    f.sock.send(b"y" * 3000)
    f.queue.clear()
    f.wire.take()
    more = list(f.queue)
    edge = more[-1].end if more else edge
    f.queue.clear()
    f.rcv_nxt = sent[0].end
    f.send("A", win=100)
    for _ in range(3):
        seg = f.next_segment(2)
        if seg and segment.diff(seg.end, edge) > 0:
            f.fail("new text beyond the window: " + f.show(seg))
    f.expect_state("ESTABLISHED")
    f.send("A", ack=edge, win=65535)
    f.wire.wait(lambda: False, 0.5)
    f.expect_state("ESTABLISHED")


@test("window", what=("shrunk-to-nothing",), v=VERSIONS)
def shrunk_to_nothing(t):
    """MUST-35, SHLD-17: probed like any other, and never given up while the
    probes are answered, though text is under way."""
    t.sysctl("retries2", 3)
    f = t.open()
    f.sock.send(b"x" * 1000)
    f.expect("PA", length=1000)
    f.send("A", ack=f.rcv_nxt - 1000, win=0)
    for _ in range(8):
        seg = f.next_segment(130)
        t.see("a probe of one byte", seg and len(seg.data), 1)
        f.send("A", ack=f.irs + 1, win=0)
    f.expect_state("ESTABLISHED")
    f.send("A", ack=f.irs + 1, win=65535)
    t.see("all of it again", len(f.next_segment(1).data), 1000)


@test("window", what=("sender-not-silly",), v=VERSIONS)
def sender_not_silly(t):
    """MUST-38: no tiny segments into a window that opens bytewise."""
    f = t.open()
    close_window(t, f)
    t.write(f, b"x" * 3000)
    f.send("A", win=5)
    f.silent(0.05)
    f.send("A", win=9)
    f.silent(0.05)
    f.send("A", win=65535)
    seg = f.next_segment(0.2)
    t.see("a full segment", len(seg.data), 1460 if t.v == 4 else 1440)


@test("window", what=("unsigned",), v=VERSIONS)
def unsigned(t):
    """MUST-1: windows above 32767 are no negative numbers."""
    f = t.open(win=0x8000)
    total = 0
    while total < 100000:
        t.write(f, b"x" * 20000)
        total += len(f.read_text(10000, 1))


@test("window", what=("update-rule",), v=VERSIONS)
def update_rule(t):
    """EV-36: an older segment's window does not count."""
    f = t.open()
    f.send("PA", b"x")
    f.expect("A")
    f.send("A", win=65535)
    f.send("A", seq=f.snd_nxt - 1, win=0)	# older: unacceptable as well
    f.drain()
    t.write(f, b"hello")
    f.expect("PA", data=b"hello")


@test("window-scale", what=("sending",), role=ROLES, v=VERSIONS)
def scale_sending(t):
    """The peer's windows are scaled, but not that of its SYN."""
    f = t.open(opts=MSS + segment.NOP + segment.wscale(7), win=10)
    f.send("A")		# the window of a SYN+ACK is not scaled
    f.sock.send(b"x" * 20000)
    f.wire.wait(lambda: False, 0.15)
    total = sum(len(seg.data) for seg in f.queue)
    # A window of 1280 bytes; silly-window avoidance may send less.
    t.see("within the scaled window", 0 < total <= 1280, True)


@test("window-scale", what=("fifteen",), v=VERSIONS)
def scale_fifteen(t):
    """7323-1: a shift beyond 14 is read as 14."""
    f = t.open(opts=MSS + segment.NOP + segment.wscale(15))
    f.win = 1
    f.send("A")
    f.sock.send(b"x" * 60000)
    f.wire.wait(lambda: False, 0.15)
    total = sum(len(seg.data) for seg in f.queue)
    t.see("a window of 16384", 4000 < total <= 16384, True)


@test("window-scale", what=("syn-unscaled",), role=ROLES, v=VERSIONS)
def scale_syn(t):
    """7323-2: and ours is announced with the shift that we told."""
    f = t.flow()
    if t.role == "active":
        t.connect(f)
        syn = f.expect("S")
        f.send("SA", opts=MSS + segment.NOP + segment.wscale(0))
        third = f.expect("A")
    else:
        f.listener = t.listen(f.lport)
        f.send("S", opts=MSS + segment.NOP + segment.wscale(0))
        syn = f.expect("SA")
        f.send("A")
        t.accept(f)
        f.send("PA", b"x")
        third = f.expect("A")
    shift = syn.opts["wscale"]
    t.see("the window did not shrink",
          (third.win + 1 << shift) + 1 >= min(syn.win, 65535) - 1, True)


@test("keepalive", what=("dead-peer",), role=ROLES, v=VERSIONS)
def keepalive_dead(t):
    f = t.hold_established()
    keepalive(f, 5, 2, 3)
    f.silent(4.8)
    first = f.expect("A", seq=f.rcv_nxt - 1, within=1)
    second = f.expect("A", seq=f.rcv_nxt - 1, within=3)
    third = f.expect("A", seq=f.rcv_nxt - 1, within=3)
    t.see("intervals", 1.8 < after(first, second) < 2.4
          and 1.8 < after(second, third) < 2.4, True)
    f.expect_state("CLOSED", within=3)
    f.drain()
    t.see("read", t.read(f), "ETIMEDOUT")


@test("keepalive", what=("live-peer",), role=ROLES, v=VERSIONS)
def keepalive_live(t):
    """One exchange, and the count begins anew (MUST-29)."""
    f = t.hold_established()
    keepalive(f, 5, 2, 2)
    for _ in range(4):
        f.expect("A", seq=f.rcv_nxt - 1, within=6)
        f.expect("A", seq=f.rcv_nxt - 1, within=3)
        f.send("A")
    f.expect_state("ESTABLISHED")


@test("keepalive", what=("off-by-default",), v=VERSIONS)
def keepalive_off(t):
    f = t.hold_established()
    idle = f.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
    t.see("two hours", idle >= 7200, True)
    t.wire.wait(lambda: False, 3000)
    f.silent()


@test("keepalive", what=("only-when-idle",), v=VERSIONS)
def keepalive_idle(t):
    """MUST-26: traffic puts it off."""
    f = t.hold_established()
    keepalive(f, 5, 2, 2)
    for _ in range(5):
        f.wire.wait(lambda: False, 4)
        f.silent()
        f.send("PA", b"x")
        f.expect("A", within=0.6)
    f.expect("A", seq=f.rcv_nxt - 1, within=6)


@test("keepalive", what=("peer-probes-us",), role=ROLES, v=VERSIONS)
def keepalive_answer(t):
    """We are the live peer: one ACK for each probe, of either kind."""
    f = t.hold_established()
    f.send("A", seq=f.snd_nxt - 1)
    f.expect("A")
    f.wire.wait(lambda: False, 1)
    f.send("A", b"\0", seq=f.snd_nxt - 1)
    f.expect("A")
    t.see("read", t.read(f), "EAGAIN")


@test("keepalive", what=("garbage-octet",), role=ROLES, v=VERSIONS,
      host="it has no such setting")
def keepalive_octet(t):
    """RFC 1122 4.2.3.6: for old peers that answer no probe without one."""
    t.sysctl("keepalive_garbage_octet", 1)
    f = t.hold_established()
    keepalive(f, 5, 2, 2)
    for _ in range(3):
        f.expect("A", seq=f.rcv_nxt - 1, length=1, within=6)
        f.send("A")
    f.sock.send(b"x")
    f.expect("PA", data=b"x")
    f.send("A")
    f.sock.shutdown(socket.SHUT_WR)
    f.expect("FA")
    f.send("A")
    f.expect("A", seq=f.rcv_nxt - 1, length=1, within=6)
    f.expect("A", seq=f.rcv_nxt - 1, length=1, within=3)
    f.expect_state("CLOSED", within=3)


@test("keepalive", what=("switched-off-again",), v=VERSIONS)
def keepalive_toggle(t):
    f = t.hold_established()
    keepalive(f, 5, 2, 2)
    f.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    f.silent(30)


if __name__ == "__main__":
    main()
