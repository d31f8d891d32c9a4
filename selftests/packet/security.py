#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What forged, old and damaged numbers cannot do: RFC 5961, 7323, 9293."""
import segment
from context import HOST, MSS, full_options, main
from tap import test
from xtcp_wire import ANY

VERSIONS = (4, 6)
ROLES = ("passive", "active")
TS = 100000


def with_timestamps(t):
    return t.open(opts=MSS, tsval=TS)


def window_of(f):
    """What the kernel offers just now, bytes."""
    f.send("A", seq=f.snd_nxt - 10)
    return f.expect("A").win


@test("acceptable", edge=("left-1", "left", "right-1", "right"), role=ROLES,
      v=VERSIONS)
def acceptable(t):
    """EV-20: the edges of the window, for text and for empty segments."""
    f = t.hold_established()
    wnd = window_of(f)
    f.wire.wait(lambda: False, 1)	# the answer to the last was throttled
    offset = {"left-1": -1, "left": 0, "right-1": wnd - 1,
              "right": wnd}[t.edge]
    f.send("R", seq=f.snd_nxt + offset)
    if t.edge == "left":
        f.silent()
        f.expect_state("CLOSED")
        return
    if t.edge == "right-1":
        f.expect("A")
    elif not (HOST and t.edge == "right"):	# takes one more
        f.silent()
    f.drain()
    f.expect_state("ESTABLISHED")


@test("acceptable", edge=("text-left-1",), role=ROLES, v=VERSIONS)
def acceptable_text(t):
    """Text that ends just before RCV.NXT is old; one byte more is new."""
    f = t.hold_established()
    f.send("A", b"abc", seq=f.snd_nxt - 3)
    f.expect("A")
    t.see("read", t.read(f), "EAGAIN")
    f.send("A", b"abcd", seq=f.snd_nxt - 3)
    f.snd_nxt += 1
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"d")


@test("acceptable", edge=("text-beyond",), role=ROLES, v=VERSIONS)
def acceptable_beyond(t):
    """Text beyond the right edge is not kept, nor does it harm."""
    f = t.hold_established()
    wnd = window_of(f)
    f.send("A", b"evil", seq=f.snd_nxt + wnd)
    f.drain()
    f.send("PA", b"good")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"good")


@test("challenge-ack", flood=("rst", "syn", "ack"), role=ROLES, v=VERSIONS)
def challenge_limit(t):
    """5961-4: there is a limit, and the connection lives."""
    f = t.hold_established()
    for number in range(300):
        if t.flood == "rst":
            f.send("R", seq=f.snd_nxt + 1 + number)
        elif t.flood == "syn":
            f.send("S", seq=f.snd_nxt + 1 + number)
        else:
            f.send("A", b"x", seq=f.snd_nxt, ack=f.rcv_nxt - 200000)
    f.wire.take()
    answers = len(f.queue)
    t.see("some answers, not 300", 1 <= answers <= 100, True)
    f.queue.clear()
    f.expect_state("ESTABLISHED")
    f.send("PA", b"alive")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"alive")


@test("challenge-ack", flood=("two-connections",), v=VERSIONS)
def challenge_side_channel(t):
    """5961-5: what one connection draws does not show at another."""
    f, g = t.hold_established(), t.hold_established()
    for number in range(300):
        g.send("R", seq=g.snd_nxt + 1 + number)
    f.send("R", seq=f.snd_nxt + 1)
    f.expect("A")


@test("ack-range", ack=("oldest", "too-old", "next", "too-new"), role=ROLES,
      v=VERSIONS)
def ack_range(t):
    """5961-3: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT."""
    f = t.hold_established(win=1000)
    f.sock.send(b"x" * 400)
    f.next_segment(1)
    f.wire.take()
    f.queue.clear()
    una = f.irs + 401
    f.rcv_nxt = una
    f.send("A")
    ack = {"oldest": una - 1000, "too-old": una - 1002, "next": una,
           "too-new": una + 1}[t.ack]
    f.send("PA", b"data", seq=f.snd_nxt, ack=ack)
    # The host's counts what was acknowledged so far instead, if less.
    good = t.ack == "next" or (t.ack == "oldest" and not HOST)
    f.snd_nxt += 4 if good else 0
    if not (HOST and t.ack == "too-new"):	# it says nothing
        f.expect("A", within=0.6)
    t.see("read", t.read(f), b"data" if good else "EAGAIN")


@test("paws", what=("old-text",), role=ROLES, v=VERSIONS)
def paws_text(t):
    """7323-6: an older timestamp: ACK, and dropped."""
    f = with_timestamps(t)
    f.send("PA", b"good")
    f.expect("A", within=0.6)
    old = f.tsval
    f.tsval = old - 2	# the host's forgives 1
    f.send("PA", b"old", seq=f.snd_nxt)
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"good")
    t.see("read", t.read(f), "EAGAIN")
    f.tsval = old + 1
    f.send("PA", b"new")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"new")


@test("paws", what=("old-rst",), role=ROLES, v=VERSIONS)
def paws_rst(t):
    """7323-7: RST is not subject to it."""
    f = with_timestamps(t)
    f.tsval -= 1000
    f.send("R", seq=f.snd_nxt)
    f.expect_state("CLOSED")


@test("paws", what=("old-fin",), role=ROLES, v=VERSIONS)
def paws_fin(t):
    f = with_timestamps(t)
    f.tsval -= 2
    f.send("FA", seq=f.snd_nxt)
    f.expect("A", within=0.6)
    f.expect_state("ESTABLISHED")


@test("paws", what=("no-timestamp",), role=ROLES, v=VERSIONS,
      host="it takes segments without timestamps")
def paws_missing(t):
    """7323-4: dropped in silence, and never a reason to abort."""
    f = with_timestamps(t)
    f.tsval = None
    f.send("PA", b"bare", seq=f.snd_nxt)
    f.silent(0.6)
    t.see("read", t.read(f), "EAGAIN")
    f.tsval = TS
    f.send("PA", b"good")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"good")


@test("paws", what=("rst-without-timestamp",), v=VERSIONS)
def paws_rst_missing(t):
    f = with_timestamps(t)
    f.tsval = None
    f.send("R", seq=f.snd_nxt)
    f.expect_state("CLOSED")


@test("paws", what=("wraps",), v=VERSIONS)
def paws_wraps(t):
    """Timestamps are compared on their circle."""
    f = t.open(opts=MSS, tsval=0xfffffff0)
    f.tsval = 5
    f.send("PA", b"good")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"good")


@test("timestamps", what=("echo-delayed",), v=VERSIONS)
def echo_delayed(t):
    """7323-5 A: a delayed ACK echoes the first segment it answers."""
    f = with_timestamps(t)
    f.sock.setsockopt(6, 12, 0)		# TCP_QUICKACK off
    f.tsval = TS + 1
    f.send("PA", b"a")
    f.tsval = TS + 2
    f.send("PA", b"b")
    ack = f.expect("A", within=0.6)
    t.see("echo", ack.opts["ts"][1], TS + 1)


@test("timestamps", what=("echo-hole",), v=VERSIONS)
def echo_hole(t):
    """7323-5 B, C: not of what is out of order, then of the filler."""
    f = with_timestamps(t)
    f.tsval = TS + 5
    f.send("PA", b"b", seq=f.snd_nxt + 1)
    t.see("echo", f.expect("A").opts["ts"][1], TS)
    f.tsval = TS + 3
    f.send("PA", b"a")
    f.snd_nxt += 1
    t.see("echo", f.expect("A").opts["ts"][1], TS + 3)


@test("timestamps", what=("on-every-segment",), role=ROLES, v=VERSIONS)
def ts_everywhere(t):
    """7323-3: text, challenge ACK, FIN."""
    f = with_timestamps(t)
    f.sock.send(b"x")
    seen = [f.expect("PA", data=b"x")]
    f.send("A")
    f.send("S", seq=f.iss - 70000)
    seen.append(f.expect("A"))
    f.sock.shutdown(1)
    seen.append(f.expect("FA"))
    for seg in seen:
        t.see("timestamps on " + repr(seg), "ts" in seg.opts, True)


@test("timestamps", what=("offsets",), v=VERSIONS)
def ts_offsets(t):
    """7323-9, 6191-5: hidden from one peer to the next, monotonic for one."""
    values = []
    for number in range(11, 19):
        text = "fd09::%x" if t.v == 6 else "10.9.2.%d"
        f = t.flow(peer=segment.address(t.v, text % number))
        f.listener = t.listen(f.lport)
        f.send("S", opts=full_options(1))
        values.append(f.expect("SA").opts["ts"][0])
    steps = {b - a for a, b in zip(values, values[1:])}
    t.see("unrelated", max(abs(step) for step in steps) > 1000000, True)


@test("timestamps", what=("monotonic",), v=VERSIONS)
def ts_monotonic(t):
    """6191-5: from one connection of two ends to their next they go on, a
    millisecond a tick, whoever opens."""
    f = t.flow()
    f.listener = t.listen(f.lport)
    last = at = None
    for _ in range(4):
        g = t.again(f)
        g.send("S", opts=full_options(1))
        seg = g.expect("SA")
        if last is not None:
            ms = (seg.opts["ts"][0] - last) & segment.M32
            t.see("ticks of a millisecond",
                  abs(ms - (seg.at - at) * 1000) < 50, True)
        last, at = seg.opts["ts"][0], seg.at
        g.send("R")
        g.expect_state("CLOSED")
        f.wire.wait(lambda: False, 3)


@test("bad-address", source=("broadcast", "subnet-broadcast", "multicast",
                             "loopback", "zero"), v=(4,))
def bad_source(t):
    """MUST-63: silence for a SYN from an address that is nobody's."""
    text = {"broadcast": "255.255.255.255",
            "subnet-broadcast": "10.9.255.255", "multicast": "224.0.0.5",
            "loopback": "127.0.0.1", "zero": "0.0.0.0"}[t.source]
    f = t.hold_listen()
    g = t.flow(f.lport, peer=segment.address(4, text))
    g.send("S", opts=MSS)
    g.silent()
    g.expect_state("CLOSED")


@test("bad-address", source=("multicast", "loopback", "zero"), v=(6,))
def bad_source_6(t):
    """MUST-63: the same in IPv6."""
    f = t.hold_listen()
    g = t.flow(f.lport, peer=segment.address(6, {
        "multicast": "ff02::5", "loopback": "::1", "zero": "::"}[t.source]))
    g.send("S", opts=MSS)
    g.silent()
    g.expect_state("CLOSED")


@test("bad-address", destination=("broadcast", "multicast"), v=(4, 6))
def bad_destination(t):
    """MUST-57."""
    text = {("broadcast", 4): "10.9.255.255", ("multicast", 4): "224.0.0.1",
            ("broadcast", 6): "ff02::1", ("multicast", 6): "ff02::1"}
    f = t.flow()
    f.listener = t.socket()
    f.listener.bind(("" if t.v == 4 else "::", f.lport))
    f.listener.listen(4)
    seg = f.make("S", opts=MSS)
    seg.dst = segment.address(t.v, text[t.destination, t.v])
    f.wire.inject(seg.packet())
    f.silent()
    t.see("nothing else came", f.wire.strays, [])
    f.expect_state("CLOSED")


@test("garbage", v=VERSIONS)
def garbage(t):
    """Cut and random segments do nothing but raise counters."""
    f = t.hold_established()
    whole = f.make("PA", b"hello", opts=full_options(1)).packet()
    head = 20 if t.v == 4 else 40
    state = 12345
    for size in range(0, len(whole) - head, 3):
        tcp = bytearray(whole[head:head + size])
        for index in range(13, len(tcp), 2):
            state = (state * 1103515245 + 12345) & 0x7fffffff
            tcp[index] = state >> 16 & 0xff
        packet = segment.ip_packet(t.v, f.peer, segment.address(
            t.v, "10.9.0.1" if t.v == 4 else "fd09::1"), 6 if HOST else 253,
            bytes(tcp))
        f.wire.inject(packet)
    f.drain()
    f.expect_state("ESTABLISHED")
    f.send("PA", b"alive")
    f.expect("A", within=0.6, seq=ANY)
    t.see("read", t.read(f), b"alive")


if __name__ == "__main__":
    main()
