#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How much leaves at a time, and how that grows."""
from context import ANY, OWN_MSS, full_options, main
from held import Reader
from tap import test
from xtcp_wire import after

VERSIONS = (4, 6)
ROLES = ("passive", "active")


def wide(t):
    """A connection whose peer's window sets no limit."""
    f = t.passive(opts=full_options(1), tsval=1)
    f.win = 5000	# scaled by 7
    f.send("A")
    return f


def acknowledge(f, seg):
    f.tsval += 1
    f.send("A", ack=seg.end)


@test("initial-window", role=ROLES, v=VERSIONS)
def initial_window(t):
    """RFC 6928: ten segments at most before the first ACK."""
    f = t.hold_established()
    f.sock.send(b"x" * 100000)
    got = f.burst()
    full = OWN_MSS[t.v]
    t.see("2 to 10 segments", 2 * full <= sum(len(seg.data) for seg in got)
          <= 10 * full, True)


@test("slow-start", v=VERSIONS)
def slow_start(t):
    """At most one segment more for each that is acknowledged (5681-2)."""
    f = wide(t)
    f.sock.send(b"x" * 200000)
    got = f.burst()
    for seg in got[:4]:
        acknowledge(f, seg)
    f.wire.take()
    more = f.burst()
    t.see("4 to 8 segments more", 4 <= len(more) <= 8, True)


@test("slow-start", what=("one-ack",), v=VERSIONS, host=True)
def slow_start_one_ack(t):
    """Who merges segments (GRO) sends one ACK for all: the window doubles."""
    f = wide(t)
    f.sock.send(b"x" * 200000)
    got = f.burst()
    acknowledge(f, got[-1])
    f.wire.take()
    t.see("twice as many", len(f.burst()), 2 * len(got))


@test("long-write", v=VERSIONS, host="has room for all of it")
def long_write(t):
    """Where the send buffer ends nothing ends: all segments but the last are
    full."""
    f = wide(t)
    f.sock.setblocking(True)
    writer, size, lengths = Reader(), 300000, []
    writer.begin(lambda: f.sock.sendall(b"x" * size))
    while sum(lengths) < size:
        got = f.burst()
        if not got:
            break
        lengths += [len(seg.data) for seg in got]
        acknowledge(f, got[-1])
    writer.end()
    writer.stop()
    t.see("text", sum(lengths), size)
    t.see("small ones before the end",
          [n for n in lengths[:-1] if n != lengths[0]], [])


@test("rto-collapses", v=VERSIONS)
def rto_collapses(t):
    """5681-4: after a time-out one segment, then two."""
    f = t.passive()
    f.sock.send(b"x" * 14600)
    got = f.burst()
    again = f.expect("A", seq=got[0].seq, length=ANY, data=ANY, within=1.5)
    f.silent(0.1)
    f.send("A", ack=again.end)
    more = f.burst()
    t.see("at most two segments", 1 <= len(more) <= 2, True)
    t.see("it took a while", after(got[0], again) > 0.15, True)


if __name__ == "__main__":
    main()
