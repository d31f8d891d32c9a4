#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Connections within the machine, watched on lo: no peer of ours."""
import errno
import os
import select
import socket
import time

import segment
from context import FAMILY, HOST, main
from tap import Mismatch, test
from xtcp_wire import PROTO

VERSIONS = (4, 6)
LOCAL = {4: "127.0.0.1", 6: "::1"}


class Sniffer:
    """What goes over lo, each packet once."""

    def __init__(self, wire):
        self.wire = wire
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(3))
        self.sock.bind(("lo", 3))
        self.seen = []

    def more(self, within):
        end = time.monotonic() + within
        while select.select([self.sock], [], [],
                            max(0, end - time.monotonic()))[0]:
            packet, where = self.sock.recvfrom(65536)
            if where[2] == socket.PACKET_OUTGOING:
                continue
            seg = segment.parse_packet(packet, PROTO)
            if seg is None:
                continue
            if self.wire.pcap:
                self.wire.pcap.write(packet)
            self.seen.append(seg)

    def expect(self, what, flags, within=0.5):
        """Exactly these segments since the last call."""
        self.more(within)
        got = [seg.flags & ~segment.PSH for seg in self.seen]
        want = [segment.flag_bits(text) for text in flags]
        segs, self.seen = self.seen, []
        if got != want:
            raise Mismatch("%s: expected %s, got %s"
                           % (what, flags, [repr(seg) for seg in segs]))
        return segs

    def __del__(self):
        self.sock.close()


def begin(t, bind=True):
    t.sniffer = Sniffer(t.wire)
    sock = t.socket()
    port = t.wire.ports()[0]
    if bind:
        sock.bind((LOCAL[t.v], port))
    error = sock.connect_ex((LOCAL[t.v], port))
    return sock, port, error


def opened(t):
    """Connected to itself; the three segments of the opening were seen."""
    sock, port, error = begin(t)
    t.see("connect", error in (0, errno.EINPROGRESS), True)
    # The host's answers the SYN+ACK, its own, with a challenge ACK or not.
    syn, syn_ack, ack = t.sniffer.expect("opening", ["S", "SA", "A"])
    t.see("seq of SYN+ACK", syn_ack.seq, syn.seq)
    t.see("ack of SYN+ACK", syn_ack.ack, syn.end)
    t.see("seq of ACK", ack.seq, syn.end)
    t.see("ack of ACK", ack.ack, syn.end)
    t.see("port", sock.getpeername()[1], port)
    return sock


@test("self-connect", what=("bound",), v=VERSIONS)
def bound(t):
    """Three segments, and what it writes it reads."""
    sock = opened(t)
    sock.setblocking(True)
    sock.settimeout(2)
    sock.send(b"echo")
    t.see("read", sock.recv(10), b"echo")
    t.sniffer.more(0.5)
    t.sniffer.seen.clear()
    t.see("the first byte", sock.getsockname()[:2], sock.getpeername()[:2])


@test("two-segment", what=("self-connected",), v=VERSIONS)
def two_segment(t):
    """One FIN, one ACK; CLOSING, then TIME_WAIT, on one socket."""
    sock = opened(t)
    port = sock.getsockname()[1]
    sock.close()
    fin, ack = t.sniffer.expect("closing", ["FA", "A"])
    t.see("ack", ack.ack, fin.end)
    flow = t.flow(port, port)
    flow.expect_state("TIME_WAIT")


@test("self-connect", what=("forbidden",), v=VERSIONS,
      host="it has no such setting")
def forbidden(t):
    t.sysctl("self_connect", 0)
    sock, _, error = begin(t)
    if error == errno.EINPROGRESS:
        select.select([], [sock], [], 2)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    t.see("connect", os.strerror(error), os.strerror(errno.ECONNREFUSED))


@test("self-connect-accident", setting=(1, 2), v=VERSIONS)
def accident(t):
    """A client retries toward an automatic port where no server is."""
    if HOST and t.setting == 1:
        return
    if not HOST:
        t.sysctl("self_connect", t.setting)
    with open("/proc/sys/net/ipv4/ip_local_port_range", "r+") as knob:
        before = knob.read()
        knob.seek(0)
        knob.write("40000 40007")
    try:
        met = any(meets_itself(t, 40004) for _ in range(200))
    finally:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as knob:
            knob.write(before)
    t.see("connected to itself", met, t.setting == 2)


def meets_itself(t, port):
    sock = t.socket()
    error = sock.connect_ex((LOCAL[t.v], port))
    if error == errno.EINPROGRESS:
        select.select([], [sock], [], 2)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    met = error == 0 and sock.getsockname()[1] == port
    t.discard(sock)
    t.socks.remove(sock)
    return met


@test("refused", where=("lo",), v=VERSIONS)
def refused(t):
    """Nobody listens: RST+ACK, and no state is left behind."""
    t.sniffer = Sniffer(t.wire)
    sock = t.socket()
    error = sock.connect_ex((LOCAL[t.v], 9))
    if error == errno.EINPROGRESS:
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    t.see("connect", os.strerror(error), os.strerror(errno.ECONNREFUSED))
    syn, rst = t.sniffer.expect("opening", ["S", "RA"])
    t.see("RST", (rst.seq, rst.ack), (0, syn.end))
    t.see("family", sock.family, FAMILY[t.v])


if __name__ == "__main__":
    main()
