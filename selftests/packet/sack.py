#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Selective acknowledgments on the wire: RFC 2018, 2883, 6675, 8985."""
import socket

import segment
from context import MSS, counter, main
from segment import M32
from tap import test
from xtcp_wire import ANY, HOST, after

VERSIONS = (4, 6)
ROLES = ("passive", "active")
SIZE = 1000
PERMITTED = segment.mss(SIZE) + segment.NOP * 2 + segment.SACK_PERMITTED


def blocks(*edges):
    body = b"".join((e & M32).to_bytes(4, "big") for e in edges)
    return segment.NOP * 2 + segment.option(5, body)


def told(f, seg):
    """The blocks that it reports, counted from what we sent first."""
    return [((left - f.base) & M32, (right - f.base) & M32)
            for left, right in seg.opts.get("sack", [])]


def opened(t, opts=PERMITTED, **fields):
    f = t.open(opts=opts, **fields)
    f.base = f.snd_nxt
    return f


def piece(f, at, length=10):
    """Text of the peer's, from its byte at on."""
    f.send("A", bytes(range(at, at + length)), seq=f.base + at)


def burst(f, count):
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(count):
        f.sock.send(b"x" * SIZE)
    return [f.expect("PA", length=SIZE) for _ in range(count)]


@test("sack", what=("permitted",), v=VERSIONS)
def permitted(t):
    """RFC 2018 2: offered on our SYN; on our SYN+ACK only if the peer did."""
    f = t.flow()
    t.connect(f)
    t.see("SYN", f.expect("S").opts.get("sackok"), True)
    for opts, want in ((PERMITTED, True), (MSS, None)):
        f = t.hold_listen()
        f.send("S", opts=opts)
        t.see("SYN+ACK", f.expect("SA").opts.get("sackok"), want)


@test("sack", what=("off",), v=VERSIONS)
def off(t):
    t.sysctl("sack", 0)
    f = t.flow()
    t.connect(f)
    t.see("SYN", f.expect("S").opts.get("sackok"), None)
    f = t.hold_listen()
    f.send("S", opts=PERMITTED)
    t.see("SYN+ACK", f.expect("SA").opts.get("sackok"), None)
    f.send("A")
    t.accept(f)
    f.send("A", b"later", seq=f.snd_nxt + 100)
    t.see("options", f.expect("A").opts["order"], [])


@test("sack", what=("blocks",), role=ROLES, v=VERSIONS)
def order(t):
    """2018-2: the block with the segment that came last is first."""
    f = opened(t)
    for at, want in ((20, [(20, 30)]), (60, [(60, 70), (20, 30)]),
                     (40, [(40, 50), (60, 70), (20, 30)]),
                     (50, [(40, 70), (20, 30)]),
                     (30, [(20, 70)])):
        piece(f, at)
        t.see("blocks", told(f, f.expect("A", ack=f.base)), want)
    piece(f, 0)
    seg = f.expect("A", ack=f.base + 10)
    t.see("blocks", told(f, seg), [(20, 70)])
    piece(f, 10)
    seg = f.expect("A", ack=f.base + 70)
    t.see("options", seg.opts["order"], [])
    t.see("text", t.read(f), bytes(range(70)))


@test("sack", what=("how-many",), v=VERSIONS)
def how_many(t):
    """Four have room, three beside timestamps."""
    f = opened(t)
    for i in range(1, 6):
        piece(f, i * 20)
        seg = f.expect("A", ack=f.base)
    t.see("blocks", told(f, seg), [(100, 110), (80, 90), (60, 70), (40, 50)])
    f = opened(t, opts=PERMITTED + segment.timestamps(1, 0), tsval=1)
    for i in range(1, 6):
        piece(f, i * 20)
        seg = f.expect("A", ack=f.base)
    t.see("blocks", told(f, seg), [(100, 110), (80, 90), (60, 70)])


@test("sack", what=("duplicate",), role=ROLES, v=VERSIONS)
def duplicate(t):
    """2883-1: what came twice is reported first, once."""
    f = opened(t)
    piece(f, 0)
    f.expect("A", ack=f.base + 10)
    piece(f, 0)
    t.see("blocks", told(f, f.expect("A", ack=f.base + 10)), [(0, 10)])
    piece(f, 30)
    t.see("blocks", told(f, f.expect("A", ack=f.base + 10)), [(30, 40)])
    piece(f, 30)
    t.see("blocks", told(f, f.expect("A", ack=f.base + 10)),
          [(30, 40), (30, 40)])
    piece(f, 5)
    t.see("blocks", told(f, f.expect("A", ack=f.base + 15)),
          [(5, 10), (30, 40)])


@test("sack", what=("fin",), v=VERSIONS)
def fin(t):
    """A FIN that came too early uses up a number, too."""
    f = opened(t)
    f.send("FA", b"0123456789", seq=f.base + 10)
    t.see("blocks", told(f, f.expect("A", ack=f.base)), [(10, 21)])
    f.send("A", b"abcdefghij", seq=f.base)
    f.expect("A", ack=f.base + 21)
    t.see("text", t.read(f), b"abcdefghij0123456789")


@test("sack", what=("beside-text",), v=VERSIONS)
def beside_text(t):
    """A segment with text has blocks only if both fit."""
    f = opened(t)
    piece(f, 20)
    f.expect("A", ack=f.base)
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    f.sock.send(b"y" * 500)
    t.see("blocks", told(f, f.expect("PA", ack=f.base, length=500)),
          [(20, 30)])
    f.sock.send(b"y" * SIZE)
    t.see("blocks", told(f, f.expect("PA", ack=f.base, length=SIZE)), [])


@test("sack", what=("only-the-hole",), role=ROLES, v=VERSIONS)
def only_the_hole(t):
    """RFC 6675: what arrived is not sent again."""
    f = opened(t)
    sent = burst(f, 8)
    f.send("A", ack=sent[0].seq, opts=blocks(sent[1].seq, sent[4].seq))
    f.expect("A", seq=sent[0].seq, length=SIZE, within=0.1)
    f.silent(0.02)
    f.send("A", ack=sent[7].end)
    f.silent(3)


@test("sack", what=("two-holes",), v=VERSIONS)
def two_holes(t):
    f = opened(t)
    sent = burst(f, 8)
    f.send("A", ack=sent[0].seq,
           opts=blocks(sent[4].seq, sent[7].end, sent[1].seq, sent[3].seq))
    f.expect("A", seq=sent[0].seq, length=SIZE, within=0.1)
    f.expect("A", seq=sent[3].seq, length=SIZE, within=0.1)
    f.silent(0.02)
    f.send("A", ack=sent[7].end)
    f.silent(3)


@test("sack", what=("nonsense",), v=VERSIONS,
      host="its counters have other names")
def nonsense(t):
    """2018-4: what was never sent cannot have arrived."""
    f = opened(t)
    sent = burst(f, 4)
    before = counter("BadSacks")
    for left, right in ((sent[3].end, sent[3].end + 100),
                        (sent[2].seq, sent[3].end + 1),
                        (sent[2].seq, sent[1].seq + 1),
                        (sent[0].seq + 0x70000000, sent[0].seq + 0x70000001)):
        f.send("A", ack=sent[0].seq, opts=blocks(left, right))
    t.see("counted", counter("BadSacks") - before, 4)
    f.send("A", ack=sent[3].end)
    f.drain()
    f.silent(3)


@test("sack", what=("reneged",), v=VERSIONS)
def reneged(t):
    """2018-3: the peer dropped what it had reported; it gets it again."""
    f = opened(t)
    sent = burst(f, 5)
    f.send("A", ack=sent[0].seq, opts=blocks(sent[1].seq, sent[4].end))
    f.expect("A", seq=sent[0].seq, length=SIZE, within=0.1)
    for seg in sent[:4]:
        f.send("A", ack=seg.end)
        f.drain()
    f.expect("PA", seq=sent[4].seq, length=SIZE, within=3)


@test("sack", what=("tail-probe",), v=VERSIONS)
def tail_probe(t):
    """8985-5, 8985-6: the last segment again, once, before the time-out."""
    f = opened(t)
    before = 0 if HOST else counter("TailProbes")
    sent = burst(f, 3)
    f.send("A", ack=sent[0].end)
    again = f.expect("PA", seq=sent[2].seq, length=SIZE, within=1)
    if not HOST:
        t.see("probes", counter("TailProbes") - before, 1)
    t.see("before the time-out", after(sent[2], again) < 0.18, True)
    first = f.expect("A", seq=sent[1].seq, length=SIZE, within=1)
    t.see("then the time-out", after(again, first) > 0.18, True)
    f.send("A", ack=sent[2].end)
    f.silent(3)


@test("sack", what=("reordered",), v=VERSIONS)
def reordered(t):
    """8985-2: late by little is not lost; by more it is, without a time-out."""
    f = opened(t)
    sent = burst(f, 6)
    f.send("A", ack=sent[0].seq, opts=blocks(sent[1].seq, sent[2].seq))
    f.send("A", ack=sent[1].end)
    f.silent(0.001)
    f.send("A", ack=sent[5].end)
    f.silent(3)


@test("sack", what=("overdue",), v=VERSIONS,
      host="its counters have other names")
def overdue(t):
    """8985-2: a hole has a quarter of a round trip; then it is sent again, and
    the recovery that no ACK began counts as any other."""
    f = opened(t)
    before = counter("FastRetransmits"), counter("RtoTimeouts")
    f.sock.send(b"x" * 6 * SIZE)	# all of it left at one time
    sent = [f.expect("A", length=SIZE) for _ in range(5)]
    f.expect("PA", length=SIZE)
    f.send("A", ack=sent[0].seq, opts=blocks(sent[1].seq, sent[2].seq))
    f.expect("A", seq=sent[0].seq, length=SIZE, within=0.15)
    t.see("begun, and timed out",
          (counter("FastRetransmits") - before[0],
           counter("RtoTimeouts") - before[1]), (1, 0))
    f.send("A", ack=sent[4].end + SIZE)
    f.silent(3)


if __name__ == "__main__":
    main()
