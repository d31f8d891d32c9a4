#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Segmentation on the TCP wire: left to the device where it takes it, as the
host's TCP does; the text arrives whole either way.
"""
import os
import socket

from host import (PORT, VERSIONS, Hosts, all_of, main, run, see, socket_of,
                  test)

TEXT = os.urandom(400000)
MTU = 1500


def capture(t, device):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                         socket.htons(3))
    sock.bind((device, 3))
    sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)	# SO_RCVBUFFORCE
    sock.setblocking(False)
    t.socks.append(sock)
    return sock


def longest(sock):
    """Bytes of the longest packet, from the header of IP on."""
    most = 0
    while True:
        try:
            most = max(most, len(sock.recv(1 << 17)))
        except BlockingIOError:
            return most


@test("segmentation", sender=("tcp", "host"), tso=("on", "off"), v=VERSIONS)
def segmentation(t):
    """XTCP and the host's TCP in turn send to the other."""
    hosts = t.two_hosts()
    hosts.go(1)
    server = socket_of(t, "host" if t.sender == "tcp" else "tcp")
    server.bind((Hosts.ADDRESS[t.v][1], PORT))
    server.listen(1)
    hosts.go(0)
    run("ethtool -K v0 tso %s gso %s" % (t.tso, t.tso))
    seen = capture(t, "v0")
    client = socket_of(t, t.sender)
    client.connect((Hosts.ADDRESS[t.v][1], PORT))
    peer = server.accept()[0]
    t.socks.append(peer)
    pid = os.fork()
    if not pid:
        client.sendall(TEXT)
        client.shutdown(socket.SHUT_WR)
        os._exit(0)
    got = all_of(peer)
    os.waitpid(pid, 0)
    see("all arrived", got == TEXT, True)
    see("packets longer than the link takes", longest(seen) > MTU,
        t.tso == "on")


if __name__ == "__main__":
    main()
