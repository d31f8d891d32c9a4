#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Peers whose segments come by a source route are answered by the same way
(RFC 9293 3.9.2.1, RFC 1122 3.2.1.8(c)). The routes of programs: ip.py."""
import ctypes
import socket
import subprocess

import segment
from context import HOST, KERNEL, MSS, attempt, main
from segment import LOOSE, STRICT
from tap import test
from xtcp_wire import text_of

V4 = (4,)
HOPS = [segment.address(4, "10.9.0.%d" % n) for n in (9, 8, 7)]
OTHERS = [segment.address(4, "10.9.0.%d" % n) for n in (19, 18)]
TCP_SAVE_SYN, TCP_SAVED_SYN = 27, 28


def came_by(*hops, kind=LOOSE):
    """The option of a packet that has passed all of them."""
    length = 3 + 4 * len(hops)
    return kind + bytes((length, length + 1)) + b"".join(hops) + segment.EOL


def back_by(f, *hops, kind=LOOSE):
    """First hop and option of the answer to a packet that passed them."""
    rest = list(hops[-2::-1]) + [f.peer]
    return hops[-1], kind + bytes((3 + 4 * len(rest), 4)) + (
        b"".join(rest) + segment.EOL)


def straight(f):
    return f.peer, b""


def sees(t, seg, way):
    t.see("first hop and route", (seg.hop, seg.ip_opts), way)
    return seg


class accepted:
    """Packets with a source route are taken, as by default they are not."""
    def write(self, value):
        for name in "all", "xw0":
            with open("/proc/sys/net/ipv4/conf/%s/accept_source_route" % name,
                      "w") as knob:
                knob.write(value)

    def __enter__(self):
        self.write("1")

    def __exit__(self, *_):
        self.write("0")


def half_open(t, *hops, **fields):
    f = t.flow()
    f.listener = t.listen(f.lport, **fields)
    f.send("S", opts=MSS, ip_opts=came_by(*hops))
    sees(t, f.expect("SA"), back_by(f, *hops))
    return f


def opened(t, *hops, **fields):
    """A connection whose SYN came that way, and nothing else."""
    f = half_open(t, *hops, **fields)
    f.send("A")
    t.accept(f)
    return f


def says(t, f, way):
    f.sock.send(b"x")
    sees(t, f.expect("PA", data=b"x"), way)
    f.send("A")


def cuts_in(t, f, way, data=b"y", **fields):
    """Text that comes that way."""
    f.send("PA", data, ip_opts=way, **fields)


# The whole connection ------------------------------------------------------

@test("return-route", what=("every-segment",), hops=(1, 2, 3), v=V4)
def every_segment(t):
    """MUST-53: all that is sent, whatever comes later without a route."""
    hops = HOPS[:t.hops]
    with accepted():
        f = opened(t, *hops)
        way = back_by(f, *hops)
        says(t, f, way)
        room = 1500 - 40 - len(way[1])
        f.sock.send(b"z" * room)
        sees(t, f.expect("PA", length=room), way)
        f.send("A")
        f.send("FA")
        sees(t, f.expect("A"), way)
        f.sock.close()
        sees(t, f.expect("FA"), way)
        f.send("A")
        f.expect_state("CLOSED")


@test("return-route", what=("retransmission",), v=V4)
def retransmission(t):
    """MUST-53: of the half-open entry, and of the connection."""
    with accepted():
        f = half_open(t, *HOPS)
        for _ in range(2):
            sees(t, f.expect("SA", seq=f.irs, within=5), back_by(f, *HOPS))
        f.send("A")
        t.accept(f)
        f.sock.send(b"x")
        seg = sees(t, f.expect("PA", data=b"x"), back_by(f, *HOPS))
        sees(t, f.expect("PA", seq=seg.seq, data=b"x", within=5),
             back_by(f, *HOPS))


@test("return-route", what=("reset",), v=V4)
def reset(t):
    with accepted():
        f = opened(t, *HOPS)
        t.discard(f.sock)
        sees(t, f.expect_rst(), back_by(f, *HOPS))


@test("return-route", what=("program-sees-it",), v=V4)
def program_sees(t):
    """Some servers refuse whom they find a route of."""
    with accepted():
        f = opened(t, *HOPS)
        t.see("IP_OPTIONS", f.sock.getsockopt(
            socket.IPPROTO_IP, socket.IP_OPTIONS, 40),
            LOOSE + bytes((15, 4)) + b"".join(HOPS[::-1]) + segment.EOL)


@test("return-route", what=("strict",), v=V4)
def strict(t):
    """A strict route is answered by one."""
    with accepted():
        f = t.flow()
        f.listener = t.listen(f.lport)
        f.send("S", opts=MSS, ip_opts=came_by(*HOPS, kind=STRICT))
        sees(t, f.expect("SA"), back_by(f, *HOPS, kind=STRICT))
        f.send("A")
        t.accept(f)
        says(t, f, back_by(f, *HOPS, kind=STRICT))


@test("return-route", what=("strict-but-far",), v=V4)
def strict_far(t):
    """RFC 791 3.1: no router passes it that the route does not name."""
    far = segment.address(4, "192.0.2.1")
    route = "192.0.2.0/24 via 10.9.0.9".split()
    subprocess.run(["ip", "route", "add"] + route, check=True)
    try:
        with accepted():
            f = t.flow()
            f.listener = t.listen(f.lport)
            f.send("S", opts=MSS, ip_opts=came_by(far, kind=STRICT))
            f.silent()
            f = half_open(t, far)
            if HOST:	# the first one counts
                return
            f.send("A", ip_opts=came_by(far, kind=STRICT))
            t.accept(f)
            f.sock.send(b"x")
            f.silent(1)
    finally:
        subprocess.run(["ip", "route", "del"] + route, check=True)


@test("return-route", what=("source-in-front",), v=V4)
def source_in_front(t):
    """RFC 1122 3.2.1.8(c): a sender that names itself is not passed twice."""
    with accepted():
        f = t.flow()
        f.listener = t.listen(f.lport)
        f.send("S", opts=MSS, ip_opts=came_by(f.peer, *HOPS))
        sees(t, f.expect("SA"), back_by(f, *HOPS))


@test("return-route", what=("bad-hop",), hop=("224.0.0.1", "255.255.255.255",
                                              "10.9.255.255"), v=V4,
      host="it answers to broadcast addresses")
def bad_hop(t):
    """Nobody is led to whom no connection may have."""
    hop = segment.address(4, t.hop)
    with accepted():
        f = t.flow()
        f.listener = t.listen(f.lport)
        f.send("S", opts=MSS, ip_opts=came_by(hop))
        f.silent()
        f = opened(t, *HOPS)
        cuts_in(t, f, came_by(hop))
        f.silent(1)


@test("return-route", what=("not-accepted",), v=V4)
def not_accepted(t):
    """By default no such packet reaches us."""
    f = t.flow()
    f.listener = t.listen(f.lport)
    f.send("S", opts=MSS, ip_opts=came_by(*HOPS))
    f.silent(2)


@test("return-route", what=("no-route",), v=V4)
def no_route(t):
    """Other options ask for no route."""
    with accepted():
        f = t.flow()
        f.listener = t.listen(f.lport)
        f.send("S", opts=MSS, ip_opts=b"\x9e\x04\0\0")
        sees(t, f.expect("SA"), straight(f))


@test("return-route", what=("saved-syn",), how=(1, 2), v=V4)
def saved_syn(t):
    """Beside a listener that keeps SYNs: both have what they want."""
    with accepted():
        f = half_open(t, *HOPS, setup=lambda sock: sock.setsockopt(
            socket.IPPROTO_TCP, TCP_SAVE_SYN, t.how))
        sees(t, f.expect("SA", seq=f.irs, within=5), back_by(f, *HOPS))
        f.send("A")
        t.accept(f)
        says(t, f, back_by(f, *HOPS))
        syn = f.sock.getsockopt(socket.IPPROTO_TCP, TCP_SAVED_SYN, 200)
        t.see("its route", came_by(*HOPS) in syn, True)


@test("return-route", what=("not-saved",), v=V4)
def not_saved(t):
    """What is kept for the route alone is no program's."""
    with accepted():
        f = opened(t, *HOPS)
        t.see("TCP_SAVED_SYN", f.sock.getsockopt(
            socket.IPPROTO_TCP, TCP_SAVED_SYN, 200), b"")


# Before there is a socket --------------------------------------------------

@test("return-route", what=("half-open",), v=V4,
      host="what is wrong is answered straight, unless it has a route itself")
def half_open_answers(t):
    """MUST-53: challenge ACKs and resets, too."""
    with accepted():
        f = half_open(t, *HOPS)
        f.send("R", seq=f.snd_nxt + 1)
        sees(t, f.expect("A"), back_by(f, *HOPS))
        f.send("A", ack=f.rcv_nxt + 1000)
        seg = f.next_segment(1)
        t.see("RST", seg and seg.flags & segment.RST, segment.RST)
        sees(t, seg, back_by(f, *HOPS))


@test("return-route", what=("syn-again",), v=V4)
def syn_again(t):
    """Whoever asks once more is answered by the way of the first time, or by
    that of this time."""
    with accepted():
        f = half_open(t, *HOPS)
        if not HOST:	# which knows the first one's alone
            f.send("S", opts=MSS, seq=f.iss, ip_opts=came_by(*OTHERS))
            sees(t, f.expect("SA", seq=f.irs), back_by(f, *OTHERS))
        f.send("S", opts=MSS, seq=f.iss)
        sees(t, f.expect("SA", seq=f.irs), back_by(f, *HOPS))


@test("return-route", what=("listener-gone",), v=V4,
      host="it forgets in silence whom its listener left half-open")
def listener_gone(t):
    with accepted():
        f = half_open(t, *HOPS)
        f.listener.close()
        sees(t, f.expect_rst(), back_by(f, *HOPS))


@test("return-route", what=("cookie",), ack=("routed", "straight"), v=V4,
      host="with a cookie's route it sends to nobody's address")
def cookie(t):
    """Nothing was remembered: the route is the last ACK's."""
    routed = t.ack == "routed"
    t.sysctl("syncookies", 2)
    with accepted():
        f = half_open(t, *HOPS)
        f.expect_state("CLOSED")
        f.send("A", ip_opts=came_by(*HOPS) if routed else b"")
        t.accept(f)
        says(t, f, back_by(f, *HOPS) if routed else straight(f))


@test("return-route", what=("fast-open",), v=V4,
      host="its kind of listener needs a key")
def fast_open(t):
    """The child is there with the SYN."""
    t.sysctl("fastopen", 0x603)
    with accepted():
        f = t.flow()
        f.listener = t.listen(f.lport)
        f.send("S", b"text", opts=MSS, ip_opts=came_by(*HOPS))
        sees(t, f.expect("SA"), back_by(f, *HOPS))
        t.accept(f)
        t.see("text", t.read(f), b"text")
        says(t, f, back_by(f, *HOPS))


@test("return-route", what=("nobody",), v=V4)
def nobody(t):
    """No connection: an answer goes the way of what it answers."""
    with accepted():
        f = t.flow()
        f.send("S", opts=MSS, ip_opts=came_by(*HOPS))
        sees(t, f.expect("RA", seq=0), back_by(f, *HOPS))
        f.listener = t.listen(f.lport)
        f.send("A", ack=1000, ip_opts=came_by(*OTHERS))
        seg = f.next_segment(1)
        t.see("RST", seg and seg.flags, segment.RST)
        sees(t, seg, back_by(f, *OTHERS))


@test("return-route", what=("time-wait",), v=V4)
def time_wait(t):
    """The small form keeps no route: what it answers has to bring one."""
    with accepted():
        f = opened(t, *HOPS)
        f.sock.close()
        sees(t, f.expect("FA"), back_by(f, *HOPS))
        f.send("FA", ip_opts=came_by(*HOPS))
        sees(t, f.expect("A"), back_by(f, *HOPS))
        f.expect_state("TIME_WAIT")
        f.send("FA", seq=f.snd_nxt - 1, ip_opts=came_by(*OTHERS))
        sees(t, f.expect("A"), back_by(f, *OTHERS))
        f.wire.wait(lambda: False, 1)
        f.send("FA", seq=f.snd_nxt - 1)
        sees(t, f.expect("A"), straight(f))


# Another route comes -------------------------------------------------------

@test("return-route", what=("later",), v=V4, host="the first one counts")
def later(t):
    """SHLD-24: the later definition counts, from its own answer on."""
    with accepted():
        f = opened(t, *HOPS)
        cuts_in(t, f, came_by(*OTHERS))
        sees(t, f.expect("A", within=0.6), back_by(f, *OTHERS))
        says(t, f, back_by(f, *OTHERS))
        cuts_in(t, f, b"")
        sees(t, f.expect("A", within=0.6), back_by(f, *OTHERS))
        t.see("read", t.read(f), b"yy")


@test("return-route", what=("last-ack",), v=V4, host="the first one counts")
def last_ack(t):
    """SHLD-24: that of the handshake's last ACK is later than the SYN's."""
    with accepted():
        f = half_open(t, *HOPS)
        f.send("A", ip_opts=came_by(*OTHERS))
        t.accept(f)
        says(t, f, back_by(f, *OTHERS))


@test("return-route", what=("later-orphan",), v=V4,
      host="the first one counts")
def later_orphan(t):
    """SHLD-24: of a connection that nobody holds, too."""
    with accepted():
        f = opened(t, *HOPS)
        f.sock.close()
        f.expect("FA")
        f.send("PA", b"", ip_opts=came_by(*OTHERS), ack=f.rcv_nxt - 1)
        sees(t, f.expect("FA", seq=f.rcv_nxt - 1, within=3),
             back_by(f, *OTHERS))


@test("return-route", what=("guessed",), v=V4)
def guessed(t):
    """Who does not know the numbers leads nobody anywhere (RFC 5961)."""
    with accepted():
        f = opened(t, *HOPS)
        for seq, ack in ((f.snd_nxt - 100000, 0), (f.snd_nxt + 100000, 0),
                         (f.snd_nxt, 100000), (f.snd_nxt, -100000)):
            cuts_in(t, f, came_by(*OTHERS), seq=seq, ack=f.rcv_nxt + ack)
            f.drain()
        says(t, f, back_by(f, *HOPS))
        f.send("S", seq=f.snd_nxt, opts=MSS, ip_opts=came_by(*OTHERS))
        f.drain()
        says(t, f, back_by(f, *HOPS))


@test("return-route", what=("none-at-first",), v=V4)
def none_at_first(t):
    """A server that has looked for a route need not look again."""
    with accepted():
        f = t.passive()
        cuts_in(t, f, came_by(*HOPS))
        sees(t, f.expect("A", within=0.6), straight(f))
        says(t, f, straight(f))


@test("return-route", what=("program-wins",), option=("own", "none"), v=V4,
      host="it goes on with the first hop of before")
def program_wins(t):
    """What the program says of the connection is not overridden."""
    with accepted():
        f = opened(t, *HOPS)
        own, way = b"", straight(f)
        if t.option == "own":
            own = LOOSE + bytes((7, 4)) + HOPS[0] + segment.EOL
            way = back_by(f, HOPS[0])
        t.see("setsockopt", attempt(f.sock.setsockopt, socket.IPPROTO_IP,
                                    socket.IP_OPTIONS, own), None)
        says(t, f, way)
        cuts_in(t, f, came_by(*OTHERS))
        sees(t, f.expect("A", within=0.6), way)
        says(t, f, way)


@test("return-route", what=("not-inherited",), v=V4,
      host="it keeps the route of the connection before")
def not_inherited(t):
    """A socket that is connected anew has nobody's route."""
    with accepted():
        f = opened(t, *HOPS)
        libc = ctypes.CDLL(None, use_errno=True)
        t.see("connect", libc.connect(f.sock.fileno(), bytes(16), 16), 0)
        g = t.flow()
        g.sock = f.sock
        g.sock.bind((text_of(4, KERNEL[4]), g.lport))
        t.connect_again(g)
        sees(t, g.expect("S"), straight(g))


if __name__ == "__main__":
    main()
