#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What IP does before a segment comes: fragments, redirects. And on the TCP wire
what the host's TCP is given beside XTCP.
"""
import errno
import re
import socket
import struct
import subprocess
import time

import segment
from context import HOST, MSS, main
from tap import Mismatch, Skip, test
from xtcp_wire import FAMILY, KERNEL, PEER, PROTO, text_of

VERSIONS = (4, 6)
SOON_S = 5
FRAGMENT = 44		# IPv6's next header (RFC 8200 4.5)
TRACKED = """
table inet beside {
    chain in { type filter hook input priority 0; ct state invalid drop; }
}
"""


def command(line, stdin=None):
    done = subprocess.run(line.split(), input=stdin, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Mismatch("%s: %s" % (line, done.stdout.strip()))
    return done.stdout


# Fragments ------------------------------------------------------------

def fragments(f, seg, size, number):
    """The packet of a segment, in pieces of at most that many bytes."""
    tcp = seg.packet()[40 if f.v == 6 else 20:]
    made = []
    for at in range(0, len(tcp), size):
        part, more = tcp[at:at + size], at + size < len(tcp)
        if f.v == 6:
            head = struct.pack("!BBHI", PROTO, 0, at | more, number)
            made.append(segment.ip_packet(6, f.peer, KERNEL[6], FRAGMENT,
                                          head + part))
        else:
            packet = bytearray(segment.ip_packet(4, f.peer, KERNEL[4], PROTO,
                                                 part))
            packet[4:8] = struct.pack("!HH", number, at // 8 | more << 13)
            packet[10:12] = b"\0\0"
            csum = ~segment.ones_sum(bytes(packet[:20])) & 0xffff
            packet[10:12] = struct.pack("!H", csum)
            made.append(bytes(packet))
    return made


ORDERS = {
    "in-turn": lambda pieces: pieces,
    "backwards": lambda pieces: pieces[::-1],
    "last-twice": lambda pieces: pieces[-1:] + pieces,
}
numbers = iter(range(1, 1 << 15))


def send_fragments(f, seg, order="in-turn", size=64):
    for packet in ORDERS[order](fragments(f, seg, size, next(numbers))):
        f.wire.inject(packet)
    f.snd_nxt = seg.end
    f.wire.take()


def ready_for_fragments(t):
    """What assembles IPv6's for the TCP wire; the first port looks for it."""
    subprocess.run(["modprobe", "-q", "nf_defrag_ipv6"], check=False)


@test("fragments", order=ORDERS, v=VERSIONS)
def in_fragments(t):
    """A SYN, text and a FIN, each in several packets."""
    ready_for_fragments(t)
    f = t.hold_listen()
    send_fragments(f, f.make("S", opts=MSS + segment.NOP * 36), t.order, 56)
    f.expect("SA")
    f.send("A")
    t.accept(f)
    text = bytes(range(256)) * 4
    send_fragments(f, f.make("PA", text), t.order)
    f.expect("A")
    t.see("read", t.read(f), text)
    send_fragments(f, f.make("FA", b"end"), t.order, 16 if t.v == 4 else 24)
    f.expect("A")
    t.see("read", (t.read(f), t.read(f)), (b"end", b""))


@test("fragments", order=("one-missing",), v=VERSIONS)
def one_missing(t):
    """Nothing of it counts until the segment comes again."""
    ready_for_fragments(t)
    f = t.hold_established()
    seg = f.make("PA", b"x" * 200)
    for packet in fragments(f, seg, 64, next(numbers))[:-1]:
        f.wire.inject(packet)
    f.silent()
    t.see("read", t.read(f), "EAGAIN")
    f.wire.inject(seg.packet())
    f.snd_nxt = seg.end
    f.expect("A")
    t.see("read", t.read(f), seg.data)


@test("fragments", order=("tracked",), v=VERSIONS)
def tracked(t):
    """Connection tracking puts them together before anybody else sees them."""
    ready_for_fragments(t)
    command("nft -f -", TRACKED)
    try:
        f = t.hold_established()
        send_fragments(f, f.make("PA", b"y" * 300))
        f.expect("A")
        t.see("read", t.read(f), b"y" * 300)
    finally:
        command("nft delete table inet beside")


def bind_soon(sock, where):
    """A worker gives XTCP's ports back to the host, a moment after their use."""
    give_up = time.monotonic() + SOON_S
    while True:
        try:
            return sock.bind(where)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                raise
        time.sleep(0.001)


def host_listener(t, port):
    """A socket of the host's TCP."""
    if PROTO != 6:
        raise Skip("the native wire has nothing to do with the host's TCP")
    sock = socket.socket(FAMILY[t.v], socket.SOCK_STREAM)
    t.socks.append(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bind_soon(sock, (text_of(t.v, KERNEL[t.v]), port))
    sock.listen(4)
    sock.setblocking(False)
    return sock


@test("fragments", order=("for-the-host",), v=VERSIONS)
def for_the_host(t):
    """Its segments come in fragments, too, while XTCP has the wire."""
    ready_for_fragments(t)
    beside = t.hold_established()
    f = t.flow()
    f.listener = host_listener(t, f.lport)
    send_fragments(f, f.make("S", opts=MSS + segment.NOP * 36), size=56)
    f.expect("SA")
    f.send("A")
    t.accept(f)
    send_fragments(f, f.make("PA", b"z" * 500), "backwards")
    t.see("read", t.read(f), b"z" * 500)
    beside.send("PA", b"a")
    beside.expect("A")


# Who has a port that XTCP only waits for -------------------------------

def old_one(t):
    """In TIME_WAIT, its socket and its listener gone."""
    t.how = "close"
    old = t.hold_time_wait()
    if old.listener:
        old.listener.close()
    return old


def syn_to_the_host(t, step):
    """On the old four numbers, to a server of the host's."""
    old = old_one(t)
    listener = host_listener(t, old.lport)
    new = t.again(old)
    new.listener = listener
    new.iss = new.snd_nxt = (old.snd_nxt + step) & segment.M32
    new.send("S", opts=MSS)
    return old, new


@test("host-syn-in-time-wait", case=("newer",), role=("passive", "active"),
      v=VERSIONS)
def newer_syn(t):
    """RFC 6191: the host's server gets it at once, and keeps the connection."""
    old, new = syn_to_the_host(t, 1000)
    new.expect("SA")
    new.send("A")
    t.accept(new)
    new.send("PA", b"hello")
    new.expect("A")
    t.see("read", t.read(new), b"hello")
    new.sock.send(b"back")
    new.expect("PA", data=b"back")
    if not HOST:
        old.expect_state("CLOSED")


@test("host-syn-in-time-wait", case=("older",), v=VERSIONS)
def older_syn(t):
    """Not provably newer: TIME_WAIT says what it knows."""
    old, new = syn_to_the_host(t, -50000)
    new.expect("A", seq=old.rcv_nxt, ack=old.snd_nxt)
    old.expect_state("TIME_WAIT")
    t.no_accept(new)


@test("host-syn-in-time-wait", case=("bad-checksum",), v=VERSIONS)
def bad_syn(t):
    """What is broken on its way ends nothing."""
    old = old_one(t)
    host_listener(t, old.lport)
    new = t.again(old)
    packet = bytearray(new.make("S", seq=old.snd_nxt + 1000).packet())
    packet[-1] ^= 1
    new.wire.inject(bytes(packet))
    new.silent()
    old.expect_state("TIME_WAIT")


# Redirects (RFC 792, RFC 4861 8) ---------------------------------------

FAR = {4: ("10.77.0.0/16", "10.77.0.5"), 6: ("fd77::/64", "fd77::5")}
ROUTER = {4: "10.9.0.7", 6: "fe80::7"}
BETTER = {4: "10.9.0.8", 6: "fe80::8"}


def bytes_of(v, text):
    return socket.inet_pton(FAMILY[v], text)


def next_hop(t):
    """By whom packets to the far peer go now."""
    said = command("ip -%d -o route get %s" % (t.v, FAR[t.v][1]))
    found = re.search(r" via (\S+)", said)
    return found and found[1]


def quote(f, seq):
    """A segment of the kernel's."""
    quoted = f.make("A", seq=seq)
    quoted.src, quoted.dst = quoted.dst, quoted.src
    quoted.sport, quoted.dport = quoted.dport, quoted.sport
    return quoted.packet()


def redirect(f, seq, hops=255):
    """The router knows a better one."""
    body, v = quote(f, seq), f.v
    router, better = bytes_of(v, ROUTER[v]), bytes_of(v, BETTER[v])
    if v == 4:
        message = struct.pack("!BBH", 5, 1, 0) + better + body
        csum = ~segment.ones_sum(message) & 0xffff
    else:
        body += bytes(-len(body) % 8)
        message = (struct.pack("!BBHI", 137, 0, 0, 0) + better + f.peer +
                   struct.pack("!BBHI", 4, 1 + len(body) // 8, 0, 0) + body)
        csum = segment.checksum(router, KERNEL[6], 58, message)
    message = message[:2] + struct.pack("!H", csum) + message[4:]
    f.wire.inject(segment.ip_packet(v, router, KERNEL[v], 58 if v == 6 else 1,
                                    message, ttl=hops))
    f.wire.take()


def far_connection(t):
    """Beyond a router; text is under way, by which a redirect can be believed."""
    net, peer = FAR[t.v]
    command("ip -%d route replace %s via %s dev xw0" % (t.v, net,
                                                        ROUTER[t.v]))
    command("ip -%d route flush cache" % t.v)
    for where in ("all", "xw0"):
        with open("/proc/sys/net/ipv%d/conf/%s/accept_redirects"
                  % (t.v, where), "w") as knob:
            knob.write("1")
    f = t.flow(peer=bytes_of(t.v, peer))
    t.connect(f)
    f.expect("S")
    f.send("SA", opts=MSS)
    f.expect("A")
    t.see("before", next_hop(t), ROUTER[t.v])
    return f


def still_speaks(t, f, sent):
    f.rcv_nxt = sent.end
    f.send("A")
    f.sock.send(b"more")
    f.expect("PA", data=b"more")


@test("redirect", what=("followed",), v=VERSIONS)
def followed(t):
    """RFC 1122 3.3.1.2: the route changes, and the connection goes on."""
    f = far_connection(t)
    f.sock.send(b"x")
    sent = f.expect("PA", data=b"x")
    redirect(f, sent.seq)
    t.see("after", next_hop(t), BETTER[t.v])
    still_speaks(t, f, sent)


@test("redirect", what=("not-in-flight",), v=VERSIONS)
def not_in_flight(t):
    """RFC 5927: who does not know what is under way is not believed."""
    f = far_connection(t)
    f.sock.send(b"x")
    sent = f.expect("PA", data=b"x")
    redirect(f, sent.seq + 50000)
    t.see("after", next_hop(t), ROUTER[t.v])
    still_speaks(t, f, sent)


@test("redirect", what=("from-afar",), v=(6,))
def from_afar(t):
    """RFC 4861 8.1: it came through a router."""
    f = far_connection(t)
    f.sock.send(b"x")
    sent = f.expect("PA", data=b"x")
    redirect(f, sent.seq, hops=64)
    t.see("after", next_hop(t), ROUTER[t.v])
    still_speaks(t, f, sent)


if __name__ == "__main__":
    main()
