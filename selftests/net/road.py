#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# row: stream
"""A file over a road that loses, repeats, reorders and delays, compared by its
sha256: both directions, both versions of IP. XTCP_TEST_LONG=1 sends 1 GiB, in
segments of six times the size, which takes a guest a sixth of the time.
"""
import hashlib
import os
import random
import select
import socket
import time

from host import VERSIONS, Mismatch, counters, main, see, tap, test

NETEM = "limit 10000 delay 2ms loss 2% duplicate 1% reorder 5%"
LONG = os.environ.get("XTCP_TEST_LONG") == "1"
MIB = 1 << 20
MTU = 9000 if LONG else 1500
SIZE = (1024 if LONG else 8) * MIB
CHUNK = 1 << 16
LIMIT_S = 7000 if LONG else 600	# of the guest's clock
# A MiB and one byte of noise, over and over: no two MiB are alike.
NOISE = memoryview(random.Random(1).randbytes(MIB + 1) * 2)


class Flow:
    """One direction: what is still to be sent, what has arrived."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.left, self.got, self.ended = SIZE, 0, False
        self.sent_sum, self.got_sum = hashlib.sha256(), hashlib.sha256()

    def send(self):
        at = (SIZE - self.left) % (MIB + 1)
        piece = NOISE[at:at + min(CHUNK, self.left)]
        count = self.source.send(piece)
        self.sent_sum.update(piece[:count])
        self.left -= count
        if not self.left:
            self.source.shutdown(socket.SHUT_WR)

    def receive(self):
        piece = self.sink.recv(4 * CHUNK)
        self.got_sum.update(piece)
        self.got += len(piece)
        self.ended = not piece

    def run(self):
        give_up = time.monotonic() + LIMIT_S
        while not self.ended:
            readable, writable, _ = select.select(
                [self.sink], [self.source] if self.left else [], [], LIMIT_S)
            if writable:
                self.send()
            if readable:
                self.receive()
            if time.monotonic() > give_up or not (readable or writable):
                raise Mismatch("after %d s %d bytes are not sent and %d have "
                               "arrived" % (LIMIT_S, self.left, self.got))


@test("stream", road=("bad-there", "bad-back"), v=VERSIONS)
def bad_road(t):
    tap.LIMIT_S = LIMIT_S + 60
    hosts = t.two_hosts()
    hosts.link(NETEM)
    hosts.mtu(MTU)
    server = t.listen(at=hosts.ADDRESS[t.v][0])
    hosts.go(1)
    client = t.dial(to=hosts.ADDRESS[t.v][0])
    peer = t.accept(server)
    for sock in (client, peer):
        sock.setblocking(False)
    there = t.road == "bad-there"
    flow = Flow(*((client, peer) if there else (peer, client)))
    began = time.monotonic()
    flow.run()
    seconds = time.monotonic() - began
    hosts.go(1 if there else 0)
    print("# %d MiB in %.1f s, %d segments sent again" % (
        SIZE // MIB, seconds, counters()["RetransSegs"]))
    hosts.go(0)
    see("bytes", flow.got, SIZE)
    see("sha256", flow.got_sum.hexdigest(), flow.sent_sum.hexdigest())


main()
