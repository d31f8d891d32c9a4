#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""SO_MAX_PACING_RATE: text leaves no faster, and evenly, whether fq spaces it out
or nobody but the socket; and hardly slower.
"""
import os
import socket
import struct
import time

from host import (PEER, PORT, VERSIONS, Hosts, all_of, capture, listen, main,
                  run, see, send, socket_of, test)

RATE = 1 << 20			# bytes a second
TEXT = os.urandom(400000)
SHORT = 16000
# What may come ahead of its time: fq lets 15140 bytes of a new flow pass. The host's TCP
# gives fq pieces of up to 64 KiB, each at once and 55 ms apart.
AHEAD = {"native": 20000, "tcp": 20000, "host": 80000}
LONG_S = 0.025
SO_TIMESTAMPNS, SO_MAX_PACING_RATE = 35, 47
QDISC = {"own": "noqueue", "fq": "fq"}


def text_of(raw):
    """Bytes of text of a packet to the server."""
    if raw[0] >> 4 == 4:
        at, size = (raw[0] & 15) * 4, struct.unpack("!H", raw[2:4])[0]
        proto = raw[9]
    else:
        at, size = 40, struct.unpack("!H", raw[4:6])[0] + 40
        proto = raw[6]
    if proto not in (6, 253):
        return 0
    if struct.unpack("!H", raw[at + 2:at + 4])[0] != PORT:
        return 0
    return size - at - (raw[at + 12] >> 4) * 4


def arrivals(sock):
    """When text came, in seconds, and how many bytes."""
    found = []
    while True:
        try:
            raw, ancillary, _, _ = sock.recvmsg(128, 64)
        except BlockingIOError:
            return found
        size = text_of(raw)
        if size > 0:
            s, ns = struct.unpack("qq", ancillary[0][2])
            found.append((s + ns / 1e9, size))


def most_ahead(found, began):
    """The most bytes that had come before the rate gave them their time. Counted from
    the beginning: where the guest stood still, what is late may catch up.
    """
    came = most = 0
    for at, size in found:
        came += size
        most = max(most, came - int((at - began) * RATE))
    return most


def silent_s(found):
    """How long nothing came, in silences that are long ones."""
    gaps = [later - at for (at, _), (later, _) in zip(found, found[1:])]
    return sum(gap for gap in gaps if gap > LONG_S)


def connected(t, hosts, rate):
    hosts.go(1)
    server = listen(t, PEER[t.sender], Hosts.ADDRESS[t.v][1])
    seen = capture(t, "v1")
    seen.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    hosts.go(0)
    client = socket_of(t, t.sender)
    if rate:
        client.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
    client.connect((Hosts.ADDRESS[t.v][1], PORT))
    return client, server, seen


@test("pacing", sender=("native", "tcp", "host"), qdisc=QDISC, v=VERSIONS)
def pacing(t):
    hosts = t.two_hosts()
    run("tc qdisc replace dev v0 root " + QDISC[t.qdisc])
    client, server, seen = connected(t, hosts, RATE)
    began = time.time()
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)
    found = arrivals(seen)
    took_s = found[-1][0] - found[0][0]
    rate = sum(size for _, size in found[1:]) / took_s
    see("rate %d" % rate, 0.8 * RATE < rate < 1.06 * RATE, True)
    ahead = most_ahead(found, began)
    see("%d bytes too early" % ahead, ahead < AHEAD[t.sender], True)
    if t.sender == "host":
        return
    silent = silent_s(found)
    see("silent for %.3f s" % silent, silent < took_s / 2, True)


@test("pacing-off", sender=("native", "tcp", "host"), v=VERSIONS)
def pacing_off(t):
    """Nobody asked for it: what the window lets leave leaves together."""
    hosts = t.two_hosts()
    client, server, seen = connected(t, hosts, 0)
    see("all arrived", send(t, client, server, TEXT) == TEXT, True)
    found = arrivals(seen)
    took_s = found[-1][0] - found[0][0]
    see("it took %.3f s" % took_s, took_s < 0.8 * len(TEXT) / RATE, True)


@test("pacing-end", sender=("native", "tcp"), how=("close", "reset"),
      v=VERSIONS)
def pacing_end(t):
    """A program that goes while text waits for its time: it still leaves, unless
    the connection is reset."""
    hosts = t.two_hosts()
    client, server, seen = connected(t, hosts, 20000)
    peer = server.accept()[0]
    t.socks.append(peer)
    client.sendall(TEXT[:SHORT])
    began = time.monotonic()
    if t.how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    client.close()
    try:
        got = len(all_of(peer))
    except ConnectionResetError:
        got = -1
    took_s = time.monotonic() - began
    if t.how == "reset":
        see("what came", got, -1)
        see("at once", took_s < 0.5, True)
    else:
        see("what came", got, SHORT)
        see("in its time", 0.5 < took_s < 2, True)
    see("packets", bool(arrivals(seen)), True)


if __name__ == "__main__":
    main()
