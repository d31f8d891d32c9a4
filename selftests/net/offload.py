#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Segmentation: left to the device where it takes it, as the host's TCP does, cut
in front of it where not, and measured by a router as what it will be cut into. The
text arrives whole in any case.
"""
import os
import socket
import struct
import tempfile

from forms import must_unload
from host import (FAMILY, PEER, PORT, VERSIONS, Hosts, Mismatch, capture, idle,
                  libc, listen, load, main, new_namespace, path_of, run,
                  run_ip, see, send, socket_of, test, this_namespace, write)
from segment import ACK, Segment

TEXT = os.urandom(400000)
MTU = 1500
NARROW = 1492
KEPT_MS = 5000
# What the kernel is told of the sending device.
DEVICE = {
    "takes": "tso on",
    "sums": "tso off",
    "bare": "tso off tx off",
    "single": "tso off gso off",
}
FIN = 1
FAR = {4: "10.9.1.2", 6: "fd09:1::2"}


def ones_sum(data):
    """Sixteen bits at a time, carries added in: what a division leaves."""
    whole = int.from_bytes(data + b"\0" * (len(data) % 2), "big")
    return whole % 0xffff or (whole and 0xffff)


class Packet:
    """What the capture saw, from the header of IP on."""

    def __init__(self, raw):
        self.size = len(raw)
        if raw[0] >> 4 == 4:
            at, self.proto = (raw[0] & 15) * 4, raw[9]
            ends, self.ip_ok = raw[12:20], ones_sum(raw[:at]) == 0xffff
            self.size = struct.unpack("!H", raw[2:4])[0]
        else:
            at, self.proto, ends, self.ip_ok = 40, raw[6], raw[8:40], True
        self.segment = raw[at:self.size]
        self.port, self.seq = struct.unpack("!2xHI", raw[at:at + 8])
        self.text = self.segment[(raw[at + 12] >> 4) * 4:]
        self.fin = raw[at + 13] & FIN
        self.pseudo = ends + struct.pack("!II", len(self.segment), self.proto)

    def sum_ok(self):
        return ones_sum(self.pseudo + self.segment) == 0xffff


def packets(sock):
    """Those to the server that hold text."""
    found = []
    while True:
        try:
            raw = sock.recv(1 << 17)
        except BlockingIOError:
            return found
        if raw[9 if raw[0] >> 4 == 4 else 6] not in (6, 253):
            continue
        packet = Packet(raw)
        if packet.port == PORT and packet.text:
            found.append(packet)


def whole(found):
    """Their text, by sequence number; each byte as it was first seen."""
    first = found[0].seq
    text = bytearray()
    for packet in sorted(found, key=lambda p: (p.seq - first) % (1 << 32)):
        gone = len(text) - (packet.seq - first) % (1 << 32)
        see("a gap before byte %d" % len(text), gone < 0, False)
        text += packet.text[gone:]
    return bytes(text)


@test("segmentation", sender=("native", "tcp", "host"), device=DEVICE,
      v=VERSIONS)
def segmentation(t):
    """What leaves, seen where the device would send it."""
    hosts = t.two_hosts()
    hosts.go(1)
    server = listen(t, PEER[t.sender], Hosts.ADDRESS[t.v][1])
    hosts.go(0)
    run("ethtool -K v0 " + DEVICE[t.device])
    seen = capture(t, "v0")
    client = socket_of(t, t.sender)
    client.connect((Hosts.ADDRESS[t.v][1], PORT))
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)
    found = packets(seen)
    see("packets longer than the link takes",
        max(p.size for p in found) > MTU, t.device == "takes")
    see("the text in them is whole", whole(found) == TEXT, True)
    see("wrong checksums of IP", [p.seq for p in found if not p.ip_ok], [])
    end = found[0].seq + len(TEXT)
    see("where there is a FIN", {(p.seq + len(p.text) - end) % (1 << 32)
                                 for p in found if p.fin} <= {0}, True)
    if t.device == "bare":
        see("wrong checksums", [p.seq for p in found if not p.sum_ok()], [])


@test("merging", sender=("native", "tcp", "host"), device=("sums", "bare"),
      gro=("on", "off"), v=VERSIONS)
def merging(t):
    """What came as segments, seen behind the device that may put them together."""
    hosts = t.two_hosts()
    hosts.go(1)
    run("ethtool -K v1 gro " + t.gro)
    server = listen(t, PEER[t.sender], Hosts.ADDRESS[t.v][1])
    seen = capture(t, "v1")
    hosts.go(0)
    run("ethtool -K v0 " + DEVICE[t.device])
    client = socket_of(t, t.sender)
    client.connect((Hosts.ADDRESS[t.v][1], PORT))
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)
    found = packets(seen)
    see("packets longer than the link takes",
        max(p.size for p in found) > MTU, t.gro == "on")
    see("fewer packets than half of the segments",
        len(found) < len(TEXT) / MTU / 2, t.gro == "on")
    see("the text in them is whole", whole(found) == TEXT, True)
    see("wrong checksums of IP", [p.seq for p in found if not p.ip_ok], [])


@test("merging-bad-road", sender=("native", "tcp", "host"), v=VERSIONS,
      road=("corrupt 3%", "duplicate 20%", "delay 2ms 1ms reorder 50%"))
def merging_bad_road(t):
    """What is wrong, old or not in order is not put together with the rest."""
    hosts = t.two_hosts()
    hosts.go(1)
    run("ethtool -K v1 gro on")
    server = listen(t, PEER[t.sender], Hosts.ADDRESS[t.v][1])
    hosts.go(0)
    run("ethtool -K v0 " + DEVICE["bare"])
    run("tc qdisc replace dev v0 root netem limit 10000 " + t.road)
    client = socket_of(t, t.sender)
    client.connect((Hosts.ADDRESS[t.v][1], PORT))
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)


def passed_on(t, device):
    """By a router that merges; what it sends through that device, and the text."""
    hosts = t.two_hosts()
    far_host(hosts)
    hosts.go(2)
    server = listen(t, PEER[t.sender], FAR[t.v])
    hosts.go(1)
    run("ip link set r0 mtu %d" % MTU)
    run("ethtool -K v1 gro on")
    run("ethtool -K r0 " + DEVICE[device])
    seen = capture(t, "r0")
    hosts.go(0)
    run("ethtool -K v0 " + DEVICE["bare"])
    client = socket_of(t, t.sender)
    client.connect((FAR[t.v], PORT))
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)
    return packets(seen)


def keep(device, ms):
    """In /sys of this namespace: how long packets are kept to be merged."""
    folder = tempfile.mkdtemp()
    if libc.mount(b"none", folder.encode(), b"sysfs", 0, None):
        raise Mismatch("mount of sysfs")
    try:
        write("%s/class/net/%s/gro_flush_timeout" % (folder, device),
              ms * 1000000)
    finally:
        libc.umount(folder.encode())
        os.rmdir(folder)


@test("merging-rmmod", v=VERSIONS)
def merging_rmmod(t):
    """The module goes while a device keeps packets: they arrive, merged."""
    idle()
    hosts = t.two_hosts()
    hosts.go(1)
    run("ethtool -K v1 gro on")
    keep("v1", KEPT_MS)
    seen = capture(t, "v1")
    hosts.go(0)
    run("ethtool -K v0 " + DEVICE["bare"])
    if t.v == 4:	# what IPv6 says of itself would hurry the device
        write("/proc/sys/net/ipv6/conf/v0/disable_ipv6", 1)
    ends = [socket.inet_pton(FAMILY[t.v], a) for a in Hosts.ADDRESS[t.v]]
    raw = socket.socket(FAMILY[t.v], socket.SOCK_RAW, 253)
    for n in (0, 1):
        raw.sendto(Segment(v=t.v, src=ends[0], dst=ends[1], proto=253,
                           sport=PORT + 1, dport=PORT, seq=1 + 1000 * n, ack=1,
                           flags=ACK, data=TEXT[1000 * n:1000 * (n + 1)]
                           ).tcp_bytes(), (Hosts.ADDRESS[t.v][1], 0))
    raw.close()
    see("packets that arrived at once", len(packets(seen)), 0)
    must_unload()
    see("the text in those after", whole(packets(seen)) == TEXT[:2000], True)
    load()


@test("merging-router", sender=("native", "tcp", "host"),
      device=("takes", "bare"), v=VERSIONS)
def merging_router(t):
    """What was put together on the way is cut again where that is needed."""
    found = passed_on(t, t.device)
    see("packets longer than the link takes",
        max(p.size for p in found) > MTU, t.device == "takes")
    see("the text in them is whole", whole(found) == TEXT, True)
    see("wrong checksums of IP", [p.seq for p in found if not p.ip_ok], [])
    if t.device == "bare":
        see("wrong checksums", [p.seq for p in found if not p.sum_ok()], [])


def end_of(device, host):
    return ["addr add 10.9.1.%d/24 dev %s" % (host, device),
            "addr add fd09:1::%d/64 dev %s nodad" % (host, device),
            "link set %s up" % device]


def far_host(hosts):
    """Behind the second of them, which routes, a link that takes less."""
    hosts.go(1)
    write("/proc/sys/net/ipv4/ip_forward", 1)
    write("/proc/sys/net/ipv6/conf/all/forwarding", 1)
    new_namespace()
    hosts.ns.append(this_namespace())
    # This end of it keeps its MTU: else its MSS would tell beforehand.
    run_ip("link add r1 type veth peer name r0 netns " + path_of(hosts.ns[1]),
           *end_of("r1", 2), "route add default via 10.9.1.1",
           "route add default via fd09:1::1")
    hosts.go(1)
    run_ip(*end_of("r0", 1), "link set r0 mtu %d" % NARROW)
    hosts.go(0)
    run_ip(*("route add default via " + Hosts.ADDRESS[v][1] for v in VERSIONS))


@test("router", sender=("native", "tcp"), device=("takes", "sums", "bare"),
      v=VERSIONS)
def router(t):
    """A link on the way takes 8 bytes less than the first one: the router says so
    even of packets that the first link passed uncut."""
    hosts = t.two_hosts()
    far_host(hosts)
    hosts.go(2)
    server = listen(t, PEER[t.sender], FAR[t.v])
    hosts.go(1)
    run("ethtool -K r0 " + DEVICE[t.device])
    seen = capture(t, "r0")
    hosts.go(0)
    first = capture(t, "v0")
    client = socket_of(t, t.sender)
    client.connect((FAR[t.v], PORT))
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)
    see("packets longer than the first link takes",
        max(p.size for p in packets(first)) > MTU, True)
    found = packets(seen)
    see("packets longer than the second link takes",
        max(p.size for p in found) > NARROW, t.device == "takes")
    see("the text in them is whole", whole(found) == TEXT, True)
    if t.device == "bare":
        see("wrong checksums", [p.seq for p in found if not p.sum_ok()], [])


if __name__ == "__main__":
    main()
