#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The data path: how often the short way is taken, and how far the buffers grow by
themselves.
"""
import os
import socket

from host import Mismatch, all_of, counters, main, see, setting, test

ROUNDS = 200
BULK = 1 << 20
LONG = 6 << 20
DELAY = "delay 10ms limit 100000"


def counted(before, name):
    return counters()[name] - before[name]


def at_least(what, got, want):
    if got < want:
        raise Mismatch("%s: expected at least %d, got %d" % (what, want, got))


def ping_pong(client, server):
    for _ in range(ROUNDS):
        for there, back in ((client, server), (server, client)):
            there.sendall(b"x")
            see("one byte", back.recv(2), b"x")


def transfer(sender, receiver, size, end=True):
    """From a process of its own, which ends its direction unless it is not to."""
    pid = os.fork()
    if not pid:
        sender.sendall(bytes(size))
        if end:
            sender.shutdown(socket.SHUT_WR)
        os._exit(0)
    if end:
        see("bytes", len(all_of(receiver)), size)
    else:
        left = size
        while left:
            left -= len(receiver.recv(min(left, 1 << 16)))
    os.waitpid(pid, 0)


@test("short_way", what=("ping-pong", "bulk"), v=(4, 6))
def short_way(t):
    """Of an open connection that loses nothing nearly all segments are expected:
    as long as no end is in sight."""
    client, server = t.pair()
    before = counters()
    if t.what == "bulk":
        transfer(client, server, BULK, end=False)
    else:
        ping_pong(client, server)
    arrived = counted(before, "InSegs")
    at_least("expected of %d segments" % arrived,
             counted(before, "Expected"), arrived * 9 // 10)


def size_of(sock, option):
    return sock.getsockopt(socket.SOL_SOCKET, option)


def over_a_long_road(t, option, fixed=0):
    """A transfer that needs large buffers; how large they are at first, and in the
    end."""
    hosts = t.two_hosts()
    hosts.link(DELAY)
    for side in (0, 1):
        hosts.go(side)
        for name, triple in t.bounds.items():
            setting(name, triple)
    listener = t.listen(at=hosts.ADDRESS[4][1])
    hosts.go(0)
    client = t.dial(to=hosts.ADDRESS[4][1])
    server = t.accept(listener)
    sock = server if option == socket.SO_RCVBUF else client
    fresh = t.socket()
    if fixed:
        for one in (fresh, sock):
            one.setsockopt(socket.SOL_SOCKET, option, fixed)
    before = size_of(fresh, option)
    transfer(client, server, LONG)
    return before, size_of(sock, option)


BOUNDS = {
    "receive": (socket.SO_RCVBUF, "rmem", 131072),
    "send": (socket.SO_SNDBUF, "wmem", 16384),
}


@test("buffer", of=BOUNDS, most=(200000, 4000000))
def buffer(t):
    """It begins with the second number of its setting and ends with the third."""
    option, name, default = BOUNDS[t.of]
    # The other one is not what the transfer waits for.
    t.bounds = {"rmem": "4096 2000000 6000000", "wmem": "4096 2000000 6000000"}
    t.bounds[name] = "4096 %d %d" % (default, t.most)
    before, after = over_a_long_road(t, option)
    see("before", before, default)
    at_least("after", after, min(t.most, 400000))
    at_least("the bound", t.most, after)


@test("buffer_fixed", of=BOUNDS)
def buffer_fixed(t):
    """What the program chose stays: the option's value, doubled as ever."""
    t.bounds = {}
    option = BOUNDS[t.of][0]
    see("sizes", over_a_long_road(t, option, 100000), (200000, 200000))


if __name__ == "__main__":
    main()
