#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Explicit congestion notification on the wire: RFC 3168 6.1, RFC 8511."""
import socket
import struct

import segment
from context import MSS, counter, main
from segment import CWR, ECE
from tap import test
from xtcp_wire import ANY, HOST

VERSIONS = (4, 6)
ROLES = ("passive", "active")
ECT0, ECT1, CE = 2, 1, 3
SIZE = 1000
SAID = ("", "E", "C", "EC")


def info(sock):
    """Which options, congestion window, threshold."""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    words = struct.unpack_from("=24I", raw, 8)
    return raw[5], words[18], words[17]


def opened(t, opts=segment.mss(SIZE), **fields):
    """A connection whose ends agreed on ECN."""
    t.sysctl("ecn", 1)
    f = t.flow()
    if t.role == "active":
        t.connect(f, **fields)
        f.expect("SEC")
        f.send("SAE", opts=opts)
        f.expect("A")
    else:
        f.listener = t.listen(f.lport, **fields)
        f.send("SEC", opts=opts)
        f.expect("SAE")
        f.send("A")
        t.accept(f)
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return f


def text(t, f, flags="PA", want=ECT0, **fields):
    """One segment of text from the kernel; it must have this mark."""
    f.sock.send(b"x" * SIZE)
    seg = f.expect(flags, length=SIZE, **fields)
    t.see("ECN field", seg.tos & 3, want)
    return seg


@test("ecn", what=("asks",), v=VERSIONS)
def asks(t):
    """6.1.1: ECE and CWR on the SYN, which is not marked itself; only with 1"""
    for mode, flags in ((0, "S"), (2, "S"), (1, "SEC")):
        t.sysctl("ecn", mode)
        f = t.flow()
        t.connect(f)
        t.see("ECN field", f.expect(flags).tos, 0)


@test("ecn", what=("asks-once",), v=VERSIONS)
def asks_once(t):
    """6.1.1.1: the SYN that is sent again asks no more."""
    t.sysctl("ecn", 1)
    before = 0 if HOST else counter("EcnGivenUp")
    f = t.flow()
    t.connect(f)
    f.expect("SEC")
    f.expect("S", seq=f.irs, within=2)
    f.expect("S", seq=f.irs, within=4)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos, 0)
    if not HOST:
        t.see("EcnGivenUp", counter("EcnGivenUp") - before, 1)


@test("ecn", what=("late-answer",), v=VERSIONS,
      host="sends ECT though one of its SYNs did not ask")
def late_answer(t):
    """6.1.1: who sent any SYN without the question must not mark its text,
    but the peer may: both sides of that are kept."""
    t.sysctl("ecn", 1)
    f = t.flow()
    t.connect(f)
    f.expect("SEC")
    f.expect("S", seq=f.irs, within=2)
    f.send("SAE", opts=MSS)
    f.expect("A")
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos, 0)
    f.send("PA", b"y", tos=CE)
    f.expect("AE")


@test("ecn", what=("answer",), said=SAID, v=VERSIONS)
def answer(t):
    """A SYN+ACK agrees by ECE alone; both are but our own bits sent back."""
    t.sysctl("ecn", 1)
    f = t.flow()
    t.connect(f)
    f.expect("SEC")
    f.send("SA" + t.said, opts=MSS)
    t.see("ECN field", f.expect("A").tos, 0)
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos,
          ECT0 if t.said == "E" else 0)
    t.see("TCP_INFO", bool(info(f.sock)[0] & 8), t.said == "E")


@test("ecn", what=("accurate-asked",), v=VERSIONS)
def accurate_asked(t):
    """9768-1: who asks for accurate ECN, and so sets AE as well, is given what
    RFC 3168 has: AE, CWR and ECE to him are the bits of one counter."""
    f = t.hold_listen()
    f.send("SEC", opts=MSS, reserved=1)
    t.see("AE", f.expect("SAE").reserved, 0)
    f.send("A")
    t.accept(f)
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos, ECT0)


@test("ecn", what=("agrees",), said=SAID, mode=(0, 1, 2), v=VERSIONS)
def agrees(t):
    """By default, too: net.xtcp.ecn is 2 as tcp_ecn is."""
    if t.mode == 2:
        t.see("default", t.read_sysctl("ecn"), 2)
    t.sysctl("ecn", t.mode)
    yes = t.mode and t.said == "EC"
    f = t.hold_listen()
    f.send("S" + t.said, opts=MSS)
    t.see("ECN field", f.expect("SAE" if yes else "SA").tos, 0)
    f.send("A")
    t.accept(f)
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos, ECT0 if yes else 0)


@test("ecn", what=("marked-syn",), v=VERSIONS)
def marked_syn(t):
    """A path that marks what may not be marked is not to be trusted."""
    for mark in (ECT0, ECT1, CE):
        f = t.hold_listen()
        f.send("SEC", opts=MSS, tos=mark)
        f.expect("SA")


@test("ecn", what=("syn-ack-again",), v=VERSIONS)
def syn_ack_again(t):
    """It says the same as the first, though the peer asks no more."""
    f = t.hold_listen()
    f.send("SEC", opts=MSS)
    first = f.expect("SAE")
    f.expect("SAE", seq=first.seq, within=3)
    f.send("S", opts=MSS, seq=f.iss)
    f.expect("SAE", seq=first.seq)


@test("ecn", what=("cookie",), said=("", "EC"), v=VERSIONS)
def cookie(t):
    """A cookie has no room for it, the timestamp has."""
    t.sysctl("syncookies", 2)
    f = t.hold_listen()
    f.send("S" + t.said, opts=MSS + segment.NOP * 2
           + segment.timestamps(9, 0))
    f.expect("SAE" if t.said else "SA")
    f.tsval = 10
    f.send("A")
    t.accept(f)
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos, ECT0 if t.said else 0)


@test("ecn", what=("cookie-plain",), v=VERSIONS)
def cookie_plain(t):
    """Without timestamps there is no room at all."""
    t.sysctl("syncookies", 2)
    f = t.hold_listen()
    f.send("SEC", opts=MSS)
    f.expect("SA")


@test("ecn", what=("echo",), role=ROLES, v=VERSIONS)
def echo(t):
    """6.1.3: a mark is told on every ACK until CWR says that it was heard."""
    before = 0 if HOST else counter("EcnMarked")
    f = opened(t)
    f.send("PA", b"a" * 10, tos=ECT0)
    f.expect("A")
    f.send("PA", b"b" * 10, tos=CE)
    f.expect("AE", within=0.03)
    f.send("PA", b"c" * 10, tos=ECT0)
    f.expect("AE")
    text(t, f, "PAE")
    f.send("AC")
    f.send("PAC", b"d" * 10, tos=ECT0)
    f.expect("A", within=0.03)
    text(t, f)
    t.see("seen", info(f.sock)[0] & 24, 24)
    if not HOST:
        t.see("EcnMarked", counter("EcnMarked") - before, 1)


@test("ecn", what=("echo-goes-on",), role=ROLES, v=VERSIONS)
def echo_goes_on(t):
    """The segment with CWR was marked, too."""
    f = opened(t)
    f.send("PA", b"a", tos=CE)
    f.expect("AE")
    f.send("PAC", b"b", tos=CE)
    f.expect("AE")


@test("ecn", what=("not-agreed",), role=ROLES, v=VERSIONS)
def not_agreed(t):
    """Marks and flags mean nothing to who knows of no ECN."""
    f = t.open()
    f.send("PA", b"a", tos=CE)
    f.expect("A")
    f.sock.send(b"x")
    t.see("ECN field", f.expect("PA", data=b"x").tos, 0)
    window = info(f.sock)[1]
    f.send("AE")
    t.see("window", info(f.sock)[1], window)
    t.see("TCP_INFO", info(f.sock)[0] & 24, 0)


@test("ecn", what=("outside",), v=VERSIONS)
def outside(t):
    """6.1.5: a mark outside the window is no one's."""
    t.role = "active"
    f = opened(t)
    f.send("PA", b"a", seq=f.snd_nxt - 30000, tos=CE)
    f.expect("A")
    f.send("PA", b"b", tos=ECT0)
    f.expect("A")


@test("ecn", what=("bare",), role=ROLES, v=VERSIONS)
def bare(t):
    """6.1.4: ACKs, and a FIN alone, are not marked."""
    f = opened(t)
    f.send("PA", b"x" * 10)
    t.see("ACK", f.expect("A").tos, 0)
    f.sock.shutdown(socket.SHUT_WR)
    t.see("FIN", f.expect("FA").tos, 0)


@test("ecn", what=("again",), role=ROLES, v=VERSIONS)
def again(t):
    """6.1.5: nor is what is sent again."""
    f = opened(t)
    first = text(t, f)
    seg = f.expect("PA", seq=first.seq, length=SIZE, within=5)
    t.see("again", seg.tos, 0)


@test("ecn", what=("probe",), role=ROLES, v=VERSIONS)
def probe(t):
    """6.1.6: nor is what probes a closed window."""
    f = opened(t)
    text(t, f)
    f.send("A", win=0)
    f.sock.send(b"y" * SIZE)
    seg = f.expect("A", seq=ANY, data=ANY, within=5)
    t.see("probe", seg.tos, 0)


@test("ecn", what=("cwr",), role=ROLES, v=VERSIONS)
def cwr(t):
    """6.1.2: ECE makes the window smaller, once in a round trip, and the next
    new text says so."""
    before = 0 if HOST else counter("EcnReduced")
    f = opened(t)
    for _ in range(8):
        text(t, f)
    f.send("AE", ack=f.irs + 1 + 2 * SIZE)
    threshold = info(f.sock)[2]
    t.see("reduced", 2 <= threshold <= 8, True)
    f.send("AE", ack=f.irs + 1 + 4 * SIZE)
    f.send("AE")
    t.see("threshold", info(f.sock)[2], threshold)
    text(t, f, "PAC")
    text(t, f)
    f.send("A")
    text(t, f)
    if not HOST:
        t.see("EcnReduced", counter("EcnReduced") - before, 1)


@test("ecn", what=("cwr-after-loss",), role=ROLES, v=VERSIONS)
def cwr_after_loss(t):
    """6.1.2: so does a loss; not on what was lost."""
    f = opened(t)
    first = text(t, f)
    f.expect("PA", seq=first.seq, length=SIZE, within=5)
    while f.wire.wait(lambda: f.queue, 1.5):
        t.see("CWR", f.queue.pop(0).flags & CWR, 0)
    f.send("A")
    text(t, f, "PAC")


@test("ecn", what=("tos",), role=ROLES, v=VERSIONS)
def tos(t):
    """A program's class of traffic stays; the mark is not its own."""
    option = ((socket.IPPROTO_IP, socket.IP_TOS) if t.v == 4 else
              (socket.IPPROTO_IPV6, socket.IPV6_TCLASS))
    f = opened(t)
    f.sock.setsockopt(*option, 0x28 | CE)
    f.sock.send(b"x" * SIZE)
    t.see("text", f.expect("PA", length=SIZE).tos, 0x28 | ECT0)
    f.send("PA", b"y")
    t.see("ACK", f.expect("A").tos, 0x28)
    t.see("TOS", f.sock.getsockopt(*option), 0x28)


@test("ecn", what=("burst",), role=ROLES, v=VERSIONS)
def burst(t):
    """What the kernel cuts on its way: each may be marked, the first says CWR."""
    f = opened(t)
    for _ in range(4):
        text(t, f)
    f.send("AE")
    f.sock.send(b"x" * 2 * SIZE)
    first = f.expect("AC", length=SIZE)
    second = f.expect("PA", length=SIZE)
    t.see("ECN fields", [first.tos, second.tos], [ECT0, ECT0])


@test("ecn", what=("third",), v=VERSIONS)
def third(t):
    """ECE on the third segment of the opening tells of nothing."""
    t.role = "passive"
    t.sysctl("ecn", 1)
    f = t.hold_listen()
    f.send("SEC", opts=segment.mss(SIZE))
    f.expect("SAE")
    f.send("AE")
    t.accept(f)
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    t.see("flags", seg.flags & (ECE | CWR), 0)


if __name__ == "__main__":
    main()
