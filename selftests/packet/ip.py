#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Between TCP and IP: ICMP errors, path MTU, TTL, type of service."""
import socket

import segment
from context import HOST, main
from icmp import HARD, SOFT, send_icmp
from tap import test
from xtcp_wire import PROTO

VERSIONS = (4, 6)
ROLES = ("passive", "active")
TOO_BIG = {4: (3, 4), 6: (2, 0)}
QUENCH = (4, 0)


def alive(t, f):
    f.send("PA", b"alive")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"alive")


@test("icmp", what=("hard-in-syn-sent",), v=VERSIONS)
def hard(t):
    """SHLD-26: it ends the opening."""
    for kind in HARD[t.v]:
        f = t.hold_syn_sent()
        send_icmp(f, kind, f.irs)
        f.expect_state("CLOSED")
        t.see("SO_ERROR", t.so_error(f) in (
            "ECONNREFUSED", "ENOPROTOOPT"), True)


@test("icmp", what=("soft-in-syn-sent",), v=VERSIONS,
      host="it gives up openings on any error")
def soft(t):
    """MUST-56: none of them ends it."""
    for kind in SOFT[t.v]:
        f = t.hold_syn_sent()
        send_icmp(f, kind, f.irs)
        f.expect_state("SYN_SENT")
        f.drain()
        f.send("SA", opts=segment.mss(1460))
        f.expect("A")
        f.expect_state("ESTABLISHED")


@test("icmp", what=("wrong-sequence",), v=VERSIONS)
def wrong_sequence(t):
    """RFC 5927: it must quote a number that is under way."""
    f = t.hold_syn_sent()
    for seq in (f.irs + 5000, f.irs - 5000):
        send_icmp(f, HARD[t.v][-1], seq)
        f.expect_state("SYN_SENT")


@test("icmp", what=("wrong-port",), v=VERSIONS)
def wrong_port(t):
    """MUST-54: it counts for the connection that it quotes."""
    f = t.hold_syn_sent()
    g = t.flow(f.lport, f.fport + 1)
    send_icmp(g, HARD[t.v][-1], f.irs)
    f.expect_state("SYN_SENT")


@test("icmp", what=("established",), role=ROLES, v=VERSIONS)
def established(t):
    """Whatever it says, it does not end what is synchronised."""
    f = t.hold_established()
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    for kind in HARD[t.v] + SOFT[t.v]:
        send_icmp(f, kind, seg.seq)
        f.expect_state("ESTABLISHED")
    f.drain()
    f.send("A")
    alive(t, f)


@test("icmp", what=("cause-of-give-up",), v=VERSIONS)
def cause_of_give_up(t):
    """MUST-54: what the network said is known when patience ends."""
    t.sysctl("retries2", 2)
    f = t.passive()
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    send_icmp(f, SOFT[t.v][1], seg.seq)
    f.expect_state("CLOSED", within=30)
    t.see("SO_ERROR", t.so_error(f), "EHOSTUNREACH")


@test("icmp", what=("answered-since",), v=VERSIONS)
def answered_since(t):
    """What the network said before the peer's last word explains nothing."""
    t.sysctl("retries2", 2)
    f = t.passive()
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    send_icmp(f, SOFT[t.v][1], seg.seq)
    f.rcv_nxt = seg.end
    f.send("A")
    f.sock.send(b"y")
    f.expect("PA", data=b"y")
    f.expect_state("CLOSED", within=30)
    t.see("SO_ERROR", t.so_error(f), "ETIMEDOUT")


@test("icmp", what=("half-open",), v=VERSIONS,
      host="it gives up openings on any error")
def half_open(t):
    """A listener's half-open entry outlives a soft error."""
    f = t.hold_syn_rcvd()
    send_icmp(f, SOFT[t.v][0], f.irs)
    f.expect_state("SYN_RCVD")
    f.send("A")
    t.accept(f)


@test("icmp", what=("source-quench",), v=(4,))
def quench(t):
    """MUST-55: discarded in silence."""
    f = t.hold_established()
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    send_icmp(f, QUENCH, seg.seq)
    f.silent(0.05)
    f.send("A")
    alive(t, f)
    g = t.hold_syn_sent()
    send_icmp(g, QUENCH, g.irs)
    g.expect_state("SYN_SENT")
    g.drain()
    g.send("SA", opts=segment.mss(1460))
    g.expect("A")


@test("icmp", what=("too-big",), v=VERSIONS)
def too_big(t):
    """1191-1, 8201-1: smaller segments, what was lost at once."""
    # Others of this program must not meet the smaller path MTU.
    text = "fd09::7" if t.v == 6 else "10.9.3.7"
    f = t.flow(peer=segment.address(t.v, text))
    f.listener = t.listen(f.lport)
    f.send("S", opts=segment.mss(1460))
    f.expect("SA")
    f.send("A")
    t.accept(f)
    f.sock.send(b"x" * 1400)
    seg = f.expect("PA", length=1400)
    send_icmp(f, TOO_BIG[t.v], seg.seq, 1300)
    again = f.next_segment(0.1 if not HOST else 1)
    if again is None:
        f.fail("nothing was sent again")
    t.see("seq", again.seq, seg.seq)
    t.see("fits 1300", 0 < len(again.data) <= 1300 - (40 if t.v == 4
                                                     else 60), True)


@test("icmp", what=("too-big-tiny",), v=(6,))
def too_big_tiny(t):
    """8201-1: no path is said to take less than 1280 bytes."""
    f = t.flow(peer=segment.address(6, "fd09::8"))
    f.listener = t.listen(f.lport)
    f.send("S", opts=segment.mss(1440))
    f.expect("SA")
    f.send("A")
    t.accept(f)
    f.sock.send(b"x" * 1440)
    seg = f.expect("PA", length=1440)
    send_icmp(f, TOO_BIG[6], seg.seq, 500)
    f.rcv_nxt = seg.seq
    again = f.next_segment(1.5)
    t.see("a segment for 1280", again and len(again.data), 1220)


@test("icmp", what=("too-big-forged",), v=VERSIONS)
def too_big_forged(t):
    """Nothing is under way with that number."""
    f = t.hold_established()
    send_icmp(f, TOO_BIG[t.v], f.rcv_nxt + 100000, 600)
    f.sock.send(b"x" * 1400)
    f.expect("PA", length=1400)


@test("black-hole", v=VERSIONS)
def black_hole(t):
    """RFC 2923: what is too big vanishes, and no ICMP message comes."""
    # Others of this program must not meet the doubts about the route.
    text = "fd09::b" if t.v == 6 else "10.9.3.11"
    f = t.flow(peer=segment.address(t.v, text))
    t.sysctl("mtu_probing", 1)
    f.listener = t.listen(f.lport)
    f.send("S", opts=segment.mss(1440))
    f.expect("SA")
    f.send("A")
    t.accept(f)
    passes = 1220 if t.v == 6 else 1024
    f.sock.send(b"x" * 1440)
    first = f.next_segment(1)
    t.see("at first", len(first.data), 1440)
    for _ in range(6):
        again = f.next_segment(30)
        t.see("seq", again and again.seq, first.seq)
        if len(again.data) < 1440:
            break
    t.see("no more than passes", len(again.data) <= passes, True)
    f.rcv_nxt = again.end
    f.send("A")
    rest = f.next_segment(1)
    t.see("the rest", rest and rest.end, first.end)
    t.see("its size", len(rest.data) <= passes, True)
    f.rcv_nxt = rest.end
    f.send("A")
    f.silent(1)


@test("ttl", v=VERSIONS)
def ttl(t):
    """MUST-49: what the user sets is on every segment."""
    def setup(sock):
        if t.v == 4:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 33)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 33)
    f = t.flow()
    t.connect(f, setup)
    t.see("SYN", f.expect("S").ttl, 33)
    f.send("SA", opts=segment.mss(1460))
    t.see("ACK", f.expect("A").ttl, 33)
    f.sock.send(b"x")
    t.see("text", f.expect("PA", data=b"x").ttl, 33)


@test("tos", v=VERSIONS)
def tos(t):
    """MUST-48, SHLD-21: before connecting and later."""
    level, name = ((socket.IPPROTO_IP, socket.IP_TOS) if t.v == 4 else
                   (socket.IPPROTO_IPV6, socket.IPV6_TCLASS))
    f = t.flow()
    t.connect(f, lambda sock: sock.setsockopt(level, name, 0x28))
    t.see("SYN", f.expect("S").tos, 0x28)
    f.send("SA", opts=segment.mss(1460))
    t.see("ACK", f.expect("A").tos, 0x28)
    f.sock.setsockopt(level, name, 0xb8)
    f.sock.send(b"x")
    t.see("text", f.expect("PA", data=b"x").tos, 0xb8)


@test("dscp", v=VERSIONS)
def dscp(t):
    """SHLD-22: each of the 64, as it was given."""
    option = ((socket.IPPROTO_IP, socket.IP_TOS) if t.v == 4 else
              (socket.IPPROTO_IPV6, socket.IPV6_TCLASS))
    f = t.hold_established()
    for point in range(64):
        f.sock.setsockopt(*option, point << 2)
        f.sock.send(b"x")
        t.see("DSCP and ECN", f.expect("PA", data=b"x").tos, point << 2)
        f.send("A")


@test("min-ttl", v=VERSIONS)
def min_ttl(t):
    """IP_MINTTL: what comes from farther away is dropped."""
    f = t.hold_established()
    if t.v == 4:
        f.sock.setsockopt(socket.IPPROTO_IP, 21, 200)
    else:
        f.sock.setsockopt(socket.IPPROTO_IPV6, 73, 200)
    f.send("R", seq=f.snd_nxt, ttl=199)
    f.expect_state("ESTABLISHED")
    f.send("PA", b"near", ttl=255)
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"near")


@test("address", what=("source-kept",), v=VERSIONS)
def source_kept(t):
    """MUST-43, 45: the address of the socket is that of every segment."""
    f = t.hold_established()
    own = f.sock.getsockname()[0]
    t.see("own address", own, "fd09::1" if t.v == 6 else "10.9.0.1")
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    t.see("source", seg.src, segment.address(t.v, own))


def opening(t):
    """A connection and the segments that we opened it with."""
    f = t.flow()
    if t.what == "active":
        t.connect(f)
        opened = f.expect("S")
        f.send("SA", opts=segment.mss(1460))
        return f, [opened, f.expect("A")]
    f.listener = t.listen(f.lport)
    f.send("S", opts=segment.mss(1460))
    opened = f.expect("SA")
    f.send("A")
    t.accept(f)
    return f, [opened]


@test("flow-label", what=("active", "passive", "cookie"), v=(6,),
      host="takes another after a timeout, in the hope of another path")
def flow_label(t):
    """RFC 6437 3: one for the connection, SYN to TIME_WAIT; one for each."""
    if t.what == "cookie":
        t.sysctl("syncookies", 2)
    f, seen = opening(t)
    f.sock.send(b"x")
    seen.append(f.expect("PA", data=b"x"))
    seen.append(f.expect("PA", seq=seen[-1].seq, data=b"x", within=2))
    f.send("A")
    f.sock.close()
    seen.append(f.expect("FA"))
    f.send("FA")
    seen.append(f.expect("A"))
    f.expect_state("TIME_WAIT")
    f.send("FA", seq=f.snd_nxt - 1)
    seen.append(f.expect("A"))
    t.see("flow labels", {seg.label for seg in seen}, {seen[0].label})
    t.see("one at all", seen[0].label != 0, True)
    t.see("another's", opening(t)[1][0].label != seen[0].label, True)


# Source routes (IPv4) ------------------------------------------------------

HOP, OTHER_HOP = (segment.address(4, a) for a in ("10.9.0.9", "10.9.0.8"))


def loose_route(pointer, address):
    """Option 131 with one address, padded."""
    return bytes((131, 7, pointer)) + address + segment.EOL


class Routed:
    """A connection under way by a route that the program gave."""

    def __init__(self, t):
        self.t, self.packets = t, []
        t.wire.sort = self.keep
        self.f = t.flow()
        t.connect(self.f, lambda sock: sock.setsockopt(
            socket.IPPROTO_IP, socket.IP_OPTIONS, loose_route(4, HOP)))

    def keep(self, packet):
        """Whatever IPv6 has to say meanwhile is not meant."""
        if (packet[0] >> 4, packet[9]) == (4, PROTO):
            self.packets.append(packet)

    def expect(self, what, flags):
        """The next packet goes to the hop and names the peer as its end."""
        t, f = self.t, self.f
        t.wire.wait(lambda: self.packets, 1)
        t.see("packets: " + what, len(self.packets), 1)
        packet = self.packets.pop()
        t.see(what + ": to the hop", packet[16:20], HOP)
        t.see(what + ": route", packet[20:28], loose_route(4, f.peer))
        seg = segment.Segment(v=4, src=packet[12:16], dst=f.peer, proto=PROTO)
        segment.parse_tcp(seg, packet[28:])
        t.see(what, (seg.csum_ok, seg.flags),
              (True, segment.flag_bits(flags)))
        return seg

    def end(self):
        del self.t.wire.sort


@test("source-route", what=("ours",), v=(4,))
def source_route(t):
    """MUST-51: IP_OPTIONS; the route is on each segment."""
    routed = Routed(t)
    try:
        syn = routed.expect("SYN", "S")
        routed.f.rcv_nxt = routed.f.irs = syn.end
        routed.f.send("SA", opts=segment.mss(1460))
        routed.expect("ACK", "A")
        routed.f.sock.send(b"x")
        t.see("text", routed.expect("text", "PA").data, b"x")
    finally:
        routed.end()


def with_ip_options(packet, options):
    head = bytearray(packet[:20])
    head[0] += len(options) // 4
    head[2:4] = (len(packet) + len(options)).to_bytes(2, "big")
    head[10:12] = b"\0\0"
    csum = ~segment.ones_sum(bytes(head) + options) & 0xffff
    head[10:12] = csum.to_bytes(2, "big")
    return bytes(head) + options + packet[20:]


def accept_routes(value):
    for name in "all", "xw0":
        with open("/proc/sys/net/ipv4/conf/%s/accept_source_route" % name,
                  "w") as knob:
            knob.write(value)


@test("source-route", what=("wins",), v=(4,))
def source_route_wins(t):
    """MUST-52: over one that comes with the answer."""
    routed = Routed(t)
    accept_routes("1")
    try:
        syn = routed.expect("SYN", "S")
        routed.f.rcv_nxt = routed.f.irs = syn.end
        answer = routed.f.make("SA", opts=segment.mss(1460))
        routed.f.snd_nxt += 1
        t.wire.inject(with_ip_options(answer.packet(),
                                      loose_route(8, OTHER_HOP)))
        routed.expect("ACK", "A")
        t.see("state", routed.f.state(), "ESTABLISHED")
        routed.f.send("PA", b"x", ip_opts=loose_route(8, OTHER_HOP))
        routed.expect("ACK of text", "A")
    finally:
        accept_routes("0")
        routed.end()


if __name__ == "__main__":
    main()
