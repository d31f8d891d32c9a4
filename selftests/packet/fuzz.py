#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Segments at random, at connections in every state: whatever comes, nothing
breaks, nothing impossible happens, and other connections go on.

XTCP_TEST_SEED=N repeats a run, XTCP_TEST_ROUNDS=N changes how much is sent.
"""
import os
import random

import segment
from context import SYNCHRONISED, attempt, main
from tap import test
from xtcp_wire import table_rows

SEED = int(os.environ.get("XTCP_TEST_SEED", "1"))
ROUNDS = int(os.environ.get("XTCP_TEST_ROUNDS", "60"))
STATES = ("LISTEN", "SYN_SENT", "SYN_RCVD") + SYNCHRONISED
FLAGS = ("A", "PA", "FA", "S", "SA", "R", "RA", "UA", "F", "", "SF", "FPA",
         "UPA", "SR", "SFRPAU")


def near(rng, number):
    """The number, something near it, at a window's distance, or anywhere."""
    step = rng.choice((0, 0, 0, 0, 1, -1, rng.randint(-2000, 2000),
                       rng.randint(-70000, 70000), rng.getrandbits(32)))
    return ((number or 0) + step) & segment.M32


def any_options(rng):
    if rng.random() < 0.6:
        return b""
    parts = [segment.mss(rng.randint(0, 65535)), segment.wscale(
        rng.randint(0, 255)), segment.SACK_PERMITTED, segment.NOP,
        segment.timestamps(rng.getrandbits(32), rng.getrandbits(32)),
        segment.option(5, bytes(rng.getrandbits(8) for _ in range(16))),
        bytes((rng.randint(2, 255), rng.randint(0, 40)))]
    rng.shuffle(parts)
    return b"".join(parts)[:40]


def throw(rng, f):
    """One random segment."""
    size = rng.choice((0, 0, 0, 1, 5, 100, 1460, 3000))
    f.send(rng.choice(FLAGS), bytes(size), seq=near(rng, f.snd_nxt),
           ack=near(rng, f.rcv_nxt), win=rng.choice((0, 1, 500, 65535)),
           up=rng.choice((0, 0, 1, 65535)), opts=any_options(rng))
    for seg in f.queue:
        if not seg.csum_ok:
            f.fail("a wrong checksum: " + f.show(seg))
        # A tester that follows what it hears gets deeper in.
        if rng.random() < 0.7 and f.rcv_nxt is not None:
            f.rcv_nxt = seg.end
        if seg.flags & segment.ACK and rng.random() < 0.7:
            f.snd_nxt = seg.ack
    f.queue.clear()


def meddle(rng, t, f):
    """The user does something, too."""
    if not f.sock or f.sock.fileno() < 0:
        return
    what = rng.randint(0, 7)
    if what == 0:
        t.write(f, bytes(rng.randint(1, 5000)))
    elif what == 1:
        t.read(f, rng.randint(1, 5000))
    elif what == 2 and rng.random() < 0.3:
        attempt(t.end_ours, f)
    elif what == 3:
        f.wire.wait(lambda: False, rng.random() * 2)


@test("fuzz", state=STATES, role=("passive", "active"), v=(4, 6))
def fuzz(t):
    rng = random.Random("%d %s %s %d" % (SEED, t.state, t.role, t.v))
    bystander = t.passive()
    for turn in range(ROUNDS // 10):
        t.how = rng.choice(("shutdown", "close"))
        f = t.hold(t.state, **({"tsval": 1000} if rng.random() < 0.3 and
                               t.state in SYNCHRONISED else {}))
        f.tsval = None
        for _ in range(10):
            throw(rng, f)
            if rng.random() < 0.3:
                meddle(rng, t, f)
        f.drain()
    bystander.drain()
    bystander.send("PA", b"alive")
    bystander.expect("A", within=0.6)
    t.see("read", t.read(bystander), b"alive")
    t.see("the table can be read", len(table_rows(t.v)) > 0, True)


if __name__ == "__main__":
    main()
