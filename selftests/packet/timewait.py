#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The rows of LIFECYCLE.md about TIME_WAIT."""
import socket

import segment
from context import HOST, KERNEL, MSS, attempt, main
from tap import test
from xtcp_wire import text_of

VERSIONS = (4, 6)
HOWS = ("shutdown", "close")


def two_msl(t):
    return 60.0 if HOST else 2 * t.read_sysctl("msl_ms") / 1000


def old_with_timestamps(t, tsval=1000):
    """A connection in TIME_WAIT that used timestamps; they stand at tsval."""
    t.how = "close"
    return t.hold_time_wait(opts=MSS, tsval=tsval)


def successor(t, old, step, tsval=None, listening=True):
    """A SYN on the old four numbers, step behind RCV.NXT of the old."""
    if listening and old.listener is None:
        old.listener = t.listen(old.lport)
    new = t.again(old)
    new.iss = new.snd_nxt = (old.snd_nxt + step) & segment.M32
    new.tsval, new.ts_recent = tsval, 0
    new.old = old
    new.send("S", opts=MSS)
    return new


def refused(new):
    """TIME_WAIT stays and says what it knows."""
    old = new.old
    new.expect("A", seq=old.rcv_nxt, ack=old.snd_nxt)
    new.expect_state("TIME_WAIT")


def taken(t, new):
    reply = new.expect("SA")
    new.send("A")
    t.accept(new)
    new.expect_state("ESTABLISHED")
    if segment.diff(reply.seq, new.old.rcv_nxt) <= 0:
        new.fail("the new initial number is not beyond the old ones")


@test("two-msl", how=HOWS, v=VERSIONS)
def waits_two_msl(t):
    span = two_msl(t)
    f = t.hold_time_wait()
    f.sock.close()
    f.silent(span - 2)
    f.expect_state("TIME_WAIT")
    f.expect_state("CLOSED", within=4)
    f.silent()
    f.send("A")
    f.expect("R", seq=f.rcv_nxt)


@test("two-msl", how=("setting",), v=VERSIONS, host="it is a constant")
def two_msl_setting(t):
    t.how = "close"
    t.sysctl("msl_ms", 1500)
    f = t.hold_time_wait()
    f.silent(2.7)
    f.expect_state("TIME_WAIT")
    f.expect_state("CLOSED", within=0.5)


@test("two-msl", how=("restarted-by-fin",), v=VERSIONS)
def restarted(t):
    """EV-41: the peer's FIN again, just before the end."""
    t.how = "close"
    span = two_msl(t)
    f = t.hold_time_wait()
    f.silent(span - 3)
    f.send("FA", seq=f.snd_nxt - 1)
    f.expect("A")
    f.silent(span - 3)
    f.expect_state("TIME_WAIT")
    f.expect_state("CLOSED", within=5)


@test("two-msl", how=("closing",), v=VERSIONS)
def from_closing(t):
    """TIME_WAIT reached through CLOSING lasts as long."""
    t.how = "close"
    span = two_msl(t)
    f = t.hold_closing()
    f.send("A")
    f.expect_state("TIME_WAIT")
    f.silent(span - 2)
    f.expect_state("TIME_WAIT")
    f.expect_state("CLOSED", within=4)


@test("old-duplicate", what=("text", "ack", "fin"), how=HOWS, v=VERSIONS)
def old_duplicate(t):
    """An ACK at most; nothing reaches anybody, TIME_WAIT stays."""
    f = t.hold_time_wait()
    if t.what == "text":
        f.send("PA", b"old", seq=f.iss - 2)
        f.expect("A")
    elif t.what == "ack":
        f.send("A")
        if f.wire.wait(lambda: f.queue, 0.1):
            f.expect("A")
    else:
        f.send("FA", seq=f.snd_nxt - 1)
        f.expect("A")
    f.silent()
    f.expect_state("TIME_WAIT")


@test("old-duplicate", what=("new-incarnation",), v=VERSIONS)
def old_into_new(t):
    """The successor does not take what belonged to the old one."""
    t.how = "close"
    old = t.hold_time_wait()
    new = successor(t, old, 100000)
    taken(t, new)
    new.send("PA", b"old", seq=old.iss + 1, ack=old.rcv_nxt)
    new.expect("A")
    t.see("read", t.read(new), "EAGAIN")
    new.send("FA", seq=old.snd_nxt - 1, ack=old.rcv_nxt)
    new.drain()
    new.expect_state("ESTABLISHED")
    new.send("R", seq=old.snd_nxt)
    new.silent()
    new.expect_state("ESTABLISHED")


@test("assassination", rfc1337=(0, 1), how=HOWS, v=VERSIONS)
def assassination(t):
    if HOST:
        t.sysctl("rfc1337", t.rfc1337)
    elif t.rfc1337 == 0:
        t.sysctl("rfc1337", 0)
    f = t.hold_time_wait()
    f.send("R", seq=f.snd_nxt)
    f.silent()
    f.expect_state("TIME_WAIT" if t.rfc1337 else "CLOSED")


@test("assassination", rfc1337=("outside",), v=VERSIONS)
def assassination_outside(t):
    t.sysctl("rfc1337", 0)
    t.how = "close"
    f = t.hold_time_wait()
    f.send("R", seq=f.snd_nxt - 1000)
    f.silent()
    f.expect_state("TIME_WAIT")


@test("time-wait-reuse", case=("newer-seq",), v=VERSIONS)
def reuse_seq(t):
    """MAY-2: no timestamps anywhere, a higher number."""
    t.how = "close"
    taken(t, successor(t, t.hold_time_wait(), 1))


@test("time-wait-reuse", case=("older-seq",), v=VERSIONS)
def reuse_older_seq(t):
    t.how = "close"
    refused(successor(t, t.hold_time_wait(), -50000))


@test("time-wait-reuse", case=("newer-ts",), v=VERSIONS)
def reuse_newer_ts(t):
    """A newer timestamp, although the number is lower."""
    taken(t, successor(t, old_with_timestamps(t), -50000, tsval=1001))


@test("time-wait-reuse", case=("equal-ts-newer-seq",), v=VERSIONS)
def reuse_equal_ts(t):
    taken(t, successor(t, old_with_timestamps(t), 50000, tsval=1000))


@test("time-wait-reuse", case=("equal-ts-older-seq",), v=VERSIONS)
def reuse_equal_ts_older(t):
    refused(successor(t, old_with_timestamps(t), -50000, tsval=1000))


@test("time-wait-reuse", case=("older-ts",), v=VERSIONS)
def reuse_older_ts(t):
    refused(successor(t, old_with_timestamps(t), 50000, tsval=999))


@test("time-wait-reuse", case=("old-ts-new-none",), v=VERSIONS)
def reuse_without(t):
    """The sequence number decides."""
    taken(t, successor(t, old_with_timestamps(t), 50000))


@test("time-wait-reuse", case=("old-ts-new-none-older",), v=VERSIONS)
def reuse_without_older(t):
    refused(successor(t, old_with_timestamps(t), -50000))


@test("time-wait-reuse", case=("old-none-new-ts",), v=VERSIONS,
      host="it goes by the sequence number")
def reuse_new_has(t):
    """RFC 6191 2: honoured, whatever the number."""
    t.how = "close"
    taken(t, successor(t, t.hold_time_wait(), -50000, tsval=5))


@test("time-wait-reuse", case=("nobody-listens",), v=VERSIONS)
def reuse_nobody(t):
    """No connection comes of it."""
    t.how, t.role = "close", "active"
    new = successor(t, t.hold_time_wait(), 50000, listening=False)
    new.drain()
    t.see("state", new.state() in ("TIME_WAIT", "CLOSED"), True)


@test("time-wait-reuse", case=("stale-syn-again",), v=VERSIONS)
def reuse_then_reset(t):
    """The SYN was an old one after all: its RST leaves nothing behind."""
    t.how = "close"
    old = t.hold_time_wait()
    new = successor(t, old, 100000)
    new.expect("SA")
    new.send("R")
    t.see("state", new.state() in ("TIME_WAIT", "CLOSED"), True)
    t.no_accept(new)


@test("time-wait-ack", what=("timestamps",), v=VERSIONS)
def timestamps_in_time_wait(t):
    """7323-3: timestamps are on the ACKs of TIME_WAIT as well."""
    f = old_with_timestamps(t)
    f.send("FA", seq=f.snd_nxt - 1)
    seg = f.expect("A")
    t.see("timestamps", "ts" in seg.opts, True)


@test("bind-in-time-wait", v=VERSIONS)
def bind_in_time_wait(t):
    """Not without SO_REUSEADDR, which the first socket had."""
    f = t.hold_time_wait()
    f.sock.close()
    if f.listener:
        f.listener.close()
    where = (text_of(t.v, KERNEL[t.v]), f.lport)
    t.see("bind", attempt(t.socket().bind, where), "EADDRINUSE")
    second = t.socket()
    second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.see("bind", attempt(second.bind, where), None)
    t.see("listen", attempt(second.listen, 1), None)


@test("time-wait-flood", v=VERSIONS)
def flood(t):
    """The surplus is closed at once."""
    t.wire.wait(lambda: False, two_msl(t) + 1)	# other tests' are gone
    t.sysctl("max_tw_buckets", 5)
    states = []
    for _ in range(12):
        f = t.hold_fin_wait_2()
        f.send("FA")
        f.expect("A")
        states.append(f.state())
    t.see("in TIME_WAIT", 4 <= states.count("TIME_WAIT") <= 6, True)
    t.see("the surplus is CLOSED", set(states), {"TIME_WAIT", "CLOSED"})


if __name__ == "__main__":
    main()
