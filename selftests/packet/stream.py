#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Moving bytes, seen on the wire: acknowledging, sizes, Nagle, urgent data."""
import array
import fcntl
import socket
import subprocess

import segment
from context import (HOST, MSS, OWN_MSS, counter, full_options,
                     main)
from segment import M32, PSH
from tap import test
from xtcp_wire import SOL_XTCP, XTCP_ISN, after

VERSIONS = (4, 6)
ROLES = ("passive", "active")
SIOCATMARK = 0x8905


def nodelay(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def quickack(f, value):
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, value)


def at_mark(f):
    answer = array.array("i", [0])
    fcntl.ioctl(f.sock, SIOCATMARK, answer)
    return bool(answer[0])


def set_mtu(mtu):
    subprocess.run(["ip", "link", "set", "xw0", "mtu", str(mtu)], check=True)


@test("push", way=("sent",), role=ROLES, v=VERSIONS)
def push_sent(t):
    """PSH on the last segment of what is buffered (MUST-61)."""
    f = t.hold_established()
    nodelay(f.sock)
    f.sock.send(b"x" * 4000)
    got = f.burst()
    t.see("bytes", sum(len(seg.data) for seg in got), 4000)
    t.see("PSH on the last", bool(got[-1].flags & PSH), True)


@test("push", way=("received", "received-without"), v=VERSIONS)
def push_received(t):
    f = t.open()
    f.send("PA" if t.way == "received" else "A", b"hello")
    t.see("poll", "IN" in t.poll(f), True)
    t.see("read", t.read(f), b"hello")


@test("worked-example", side=("client",), v=VERSIONS)
def worked_client(t):
    """8001 and 9001 with PSH, the answer 15001, the ACK 17001."""
    def setup(sock):
        nodelay(sock)
        if not HOST:
            sock.setsockopt(SOL_XTCP, XTCP_ISN, 8000)
    f = t.flow()
    f.iss = f.snd_nxt = 15000
    t.connect(f, setup)
    syn = f.expect("S")
    base = syn.seq if HOST else 8000
    f.send("SA", opts=MSS)
    f.expect("A", seq=base + 1, ack=15001)
    for seq in (base + 1, base + 1001):
        f.sock.send(b"c" * 1000)
        f.expect("PA", seq=seq, ack=15001, length=1000)
    f.send("A", b"s" * 1000)
    f.send("PA", b"s" * 1000)
    got = [f.next_segment(0.6)]
    while got[-1] and got[-1].ack != 17001:
        got.append(f.next_segment(0.6))
    t.see("ACK 17001 with seq 10001", got[-1] and got[-1].seq, base + 2001)
    t.see("read", t.read(f), b"s" * 2000)


@test("worked-example", side=("server",), v=VERSIONS)
def worked_server(t):
    """One cumulative ACK 10001, carried by the server's text from 15001."""
    def setup(sock):
        quickack_off = (socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        sock.setsockopt(*quickack_off)
        if not HOST:
            sock.setsockopt(SOL_XTCP, XTCP_ISN, 15000)
    f = t.flow()
    set_mtu(9000)
    f.iss = f.snd_nxt = 8000
    f.listener = t.listen(f.lport, 16, setup)
    f.send("S", opts=segment.mss(8940))
    reply = f.expect("SA", ack=8001)
    base = reply.seq if HOST else 15000
    f.send("A", ack=base + 1)
    t.accept(f)
    quickack(f, 0)
    f.send("PA", b"c" * 1000)
    f.send("PA", b"c" * 1000)
    if not HOST:	# which acknowledges two segments that were read
        t.see("read", len(t.read(f)), 2000)
    f.sock.send(b"s" * 2000)
    try:
        f.expect("PA", seq=base + 1, ack=10001, length=2000)
    finally:
        set_mtu(1500)


@test("urgent", way=("sent",), role=ROLES, v=VERSIONS)
def urgent_sent(t):
    """The pointer is the number behind the urgent byte (RFC 6093)."""
    f = t.hold_established()
    f.sock.send(b"abc", socket.MSG_OOB)
    seg = f.expect("UPA", data=b"abc")
    t.see("urgent pointer", seg.up, 3)


@test("urgent", way=("sent-behind-text",), v=VERSIONS)
def urgent_behind(t):
    """The pointer reaches over what cannot be sent yet (MUST-31)."""
    f = t.hold_established(win=1000)
    f.sock.send(b"a" * 1000)
    f.burst()
    f.sock.send(b"b" * 500)
    f.sock.send(b"!", socket.MSG_OOB)
    f.send("A", win=200)
    got = f.burst(0.6)
    with_urg = [seg for seg in got if seg.flags & segment.URG]
    t.see("segments with URG", len(with_urg) > 0, True)
    end = (f.irs + 1 + 1501) & M32
    for seg in with_urg:
        t.see("what it points to", (seg.seq + seg.up) & M32, end)


@test("urgent", way=("received",), role=ROLES, v=VERSIONS)
def urgent_received(t):
    f = t.hold_established()
    f.send("UPA", b"abc", up=3)
    t.see("poll", "PRI" in t.poll(f), True)
    t.see("out of band", f.sock.recv(1, socket.MSG_OOB), b"c")
    t.see("read", t.read(f), b"ab")
    t.see("at the mark", at_mark(f), True)


@test("urgent", way=("inline",), role=ROLES, v=VERSIONS)
def urgent_inline(t):
    """MUST-33: a read stops at the mark."""
    f = t.hold_established()
    f.sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    f.send("UPA", b"abcdef", up=4)
    t.see("at the mark", at_mark(f), False)
    t.see("read", t.read(f), b"abc")
    t.see("at the mark", at_mark(f), True)
    t.see("read", t.read(f), b"def")
    t.see("at the mark", at_mark(f), False)


@test("urgent", way=("advances",), v=VERSIONS)
def urgent_advances(t):
    """A second pointer further on replaces the first (MUST-32)."""
    f = t.hold_established()
    f.send("UPA", b"aX", up=2)
    f.send("UPA", b"bY", up=2)
    t.see("out of band", f.sock.recv(1, socket.MSG_OOB), b"Y")


@test("urgent", way=("after-fin",), v=VERSIONS)
def urgent_after_fin(t):
    """EV-42: URG behind the peer's own FIN means nothing."""
    f = t.hold_close_wait()
    f.send("UA", seq=f.snd_nxt, up=5)
    f.drain()
    t.see("poll", "PRI" in t.poll(f), False)
    f.expect_state("CLOSE_WAIT")


@test("delayed-ack", what=("within-half-a-second",), role=ROLES, v=VERSIONS)
def delayed_bound(t):
    f = t.hold_established()
    for _ in range(3):
        sent = f.send("PA", b"x")
        f.expect("A", within=0.5)
        t.see("length", len(sent.data), 1)


@test("delayed-ack", what=("delayed",), v=VERSIONS)
def delayed_at_all(t):
    f = t.open()
    quickack(f, 0)
    f.send("PA", b"x")
    f.silent(0.01)
    f.expect("A", within=0.5)


@test("delayed-ack", what=("rides-on-text",), v=VERSIONS)
def delayed_rides(t):
    f = t.open()
    quickack(f, 0)
    f.send("PA", b"question")
    f.sock.send(b"answer")
    f.expect("PA", data=b"answer")
    f.send("A")
    f.silent(1)


@test("delayed-ack", what=("every-second",), role=ROLES, v=VERSIONS)
def every_second(t):
    """SHLD-19: two full segments do not stay without an ACK."""
    f = t.hold_established()
    acks = 0
    for _ in range(10):
        f.send("A", b"x" * 1460)
        f.send("A", b"x" * 1460)
        acks += len(f.burst(0.005))
        t.read(f)
    t.see("at least ten ACKs", acks >= 10, True)


@test("delayed-ack", what=("out-of-order",), role=ROLES, v=VERSIONS)
def ack_at_once(t):
    """At once for what is out of order and what fills the hole (5681-8)."""
    f = t.hold_established()
    quickack(f, 0)
    f.send("A", b"456", seq=f.snd_nxt + 3)
    f.expect("A", within=0.02)
    f.send("A", b"789", seq=f.snd_nxt + 6)
    f.expect("A", within=0.02)
    f.send("A", b"123")
    f.snd_nxt += 6
    f.expect("A", within=0.02)
    t.see("read", t.read(f), b"123456789")


@test("stream", what=("overlap",), role=ROLES, v=VERSIONS)
def overlap(t):
    """EV-22: only the new part of a segment counts."""
    f = t.hold_established()
    f.send("A", b"hello")
    f.drain()
    f.send("A", b"+++++ world", seq=f.snd_nxt - 5)
    f.snd_nxt += 6
    f.expect("A")
    t.see("read", t.read(f), b"hello world")


@test("stream", what=("duplicate",), v=VERSIONS)
def duplicate(t):
    f = t.open()
    f.send("A", b"hello")
    f.drain()
    f.send("A", b"hello", seq=f.snd_nxt - 5)
    f.expect("A")
    t.see("read", t.read(f), b"hello")
    t.see("read", t.read(f), "EAGAIN")


@test("stream", what=("many-holes",), v=VERSIONS)
def many_holes(t):
    """Everything backwards, with repeats and overlaps."""
    f = t.open()
    text = bytes(i * 7 % 251 for i in range(3000))
    start = f.snd_nxt
    for at in range(2900, 99, -100):
        f.send("A", text[at - 30:at + 100], seq=start + at - 30)
        f.drain()
    f.send("A", text[:100], seq=start)
    f.snd_nxt = (start + 3000) & M32
    f.expect("A")
    t.see("read", t.read(f), text)


@test("checksum", kind=("S", "PA", "FA", "R"), v=VERSIONS)
def bad_checksum(t):
    """Dropped and counted, nothing else (MUST-3)."""
    f = t.hold_listen() if t.kind == "S" else t.open()
    state = f.state()
    before = 0 if HOST else counter("InBadChecksum")
    seg = f.make(t.kind, b"hello" if t.kind == "PA" else b"")
    packet = bytearray(seg.packet())
    packet[-1 if t.kind == "PA" else -5] ^= 1
    f.wire.inject(bytes(packet))
    f.silent()
    f.expect_state(state)
    if not HOST:
        t.see("counted", counter("InBadChecksum") - before, 1)


@test("checksum", kind=("odd-length",), v=VERSIONS)
def odd_length(t):
    """MUST-2: ours are right for any length; expect() looks at each."""
    f = t.open()
    nodelay(f.sock)
    for size in (1, 2, 3, 255, 1001):
        f.sock.send(b"\xff" * size)
        f.expect("PA", length=size)
        f.send("A")


@test("nagle", v=VERSIONS)
def nagle(t):
    """SHLD-7: the second small write waits for the first one's ACK."""
    f = t.open()
    for data in (b"a", b"b", b"c"):
        f.sock.send(data)
    f.expect("PA", data=b"a")
    f.silent(0.1)
    f.send("A")
    f.expect("PA", data=b"bc", within=0.05)


@test("nagle", what=("full-under-way",), v=VERSIONS, host=True)
def nagle_full(t):
    """RFC 9293 A.3: the end of a long write leaves at once, and only that."""
    f, full = t.open(), OWN_MSS[t.v]
    f.sock.send(b"x" * (2 * full + 5))
    for flags, length in (("A", full), ("A", full), ("PA", 5)):
        f.expect(flags, length=length, within=0.05)
    f.sock.send(b"y")
    f.silent(0.05)
    f.send("A")
    f.expect("PA", data=b"y", within=0.05)


@test("nagle-off", v=VERSIONS)
def nagle_off(t):
    f = t.open()
    nodelay(f.sock)
    for data in (b"a", b"b", b"c"):
        f.sock.send(data)
    for data in (b"a", b"b", b"c"):
        f.expect("PA", data=data)


@test("cork", v=VERSIONS)
def cork(t):
    """MSG_MORE holds a small segment back, at most 200 ms or so."""
    f = t.open()
    f.sock.send(b"he", socket.MSG_MORE)
    f.silent(0.1)
    f.sock.send(b"llo")
    f.expect("PA", data=b"hello", within=0.05)
    f.send("A")
    f.sock.send(b"alone", socket.MSG_MORE)
    f.silent(0.1)
    f.expect("PA", data=b"alone", within=0.5)


@test("mss", peer=("none", "700", "9000"), role=ROLES, v=VERSIONS)
def mss(t):
    """MUST-14, 15, 16: what each says and what the path takes."""
    opts = b"" if t.peer == "none" else segment.mss(int(t.peer))
    f = t.open(opts=opts)
    nodelay(f.sock)
    limit = {"none": 536 if t.v == 4 else 1220, "700": 700,
             "9000": OWN_MSS[t.v]}[t.peer]
    f.sock.send(b"x" * (3 * limit))
    t.see("sizes", [len(seg.data) for seg in f.burst()], [limit] * 3)


@test("mss", peer=("timestamps",), role=ROLES, v=VERSIONS)
def mss_timestamps(t):
    """Options take their part of the segment."""
    f = t.open(opts=segment.mss(1000), tsval=5)
    nodelay(f.sock)
    f.sock.send(b"x" * 988 * 3)
    t.see("sizes", [len(seg.data) for seg in f.burst()], [988] * 3)


@test("mss", peer=("not-on-text",), v=VERSIONS)
def mss_on_text(t):
    """MUST-65: an MSS option that comes later is ignored."""
    f = t.open()
    f.send("PA", b"x", opts=segment.mss(100))
    f.expect("A")
    f.sock.send(b"y" * 1000)
    f.expect("PA", length=1000)


@test("mss", peer=("announced",), mtu=(9000, 1500, 1280), v=VERSIONS)
def mss_announced(t):
    """MUST-67, SHLD-5, 6, MAY-3: on each SYN, what the device can take now."""
    set_mtu(t.mtu)
    try:
        want = t.mtu - (40 if t.v == 4 else 60)
        f = t.hold_syn_sent()
        t.see("SYN", f.history[0][2].opts.get("mss"), want)
        g = t.hold_listen()
        g.send("S", opts=full_options(1))
        t.see("SYN+ACK", g.expect("SA").opts.get("mss"), want)
    finally:
        set_mtu(1500)


@test("mss", peer=("announced-for-a-route",), v=VERSIONS)
def mss_of_route(t):
    """SHLD-6: the least that the ways there take."""
    mtu, peer = (576, "10.9.6.6") if t.v == 4 else (1290, "fd09::66")
    subprocess.run(["ip", "-%d" % t.v, "route", "add", peer, "dev", "xw0",
                    "mtu", str(mtu)], check=True)
    f = t.flow(peer=segment.address(t.v, peer))
    t.connect(f)
    t.see("SYN", f.expect("S").opts.get("mss"),
          mtu - (40 if t.v == 4 else 60))


@test("sack", what=("not-permitted",), v=VERSIONS)
def no_sack(t):
    """2018-1: no SACK for a peer that did not permit it."""
    f = t.open()
    f.send("A", b"later", seq=f.snd_nxt + 100)
    t.see("options", f.expect("A").opts["order"], [])


if __name__ == "__main__":
    main()
