#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two sockets under test, and the test is the wire between them.

Each connects to the peer's address; the wire sends a packet back with its two
addresses exchanged (which leaves its checksums right), so that the other
socket gets it. It can hold, drop, repeat and reorder what it carries.
"""
import os
import random
import socket
import time

import segment
from context import attempt, main
from tap import Mismatch, test
from xtcp_wire import KERNEL, PEER, PROTO, STATES, port_of, table_rows, text_of

VERSIONS = (4, 6)
SEED = os.environ.get("XTCP_TEST_SEED", "1")


class Mirror:
    """What is under way; numbered by the port of the socket that sent it."""

    def __init__(self, t):
        self.t, self.wire = t, t.wire
        self.ports = t.wire.ports()
        self.held, self.seen = [], []
        self.flow = t.flow(*self.ports)		# for what fail() shows

    def look(self):
        """Take in what the sockets have sent."""
        self.wire.take()
        strays, self.wire.strays = self.wire.strays, []
        for seg in self.flow.queue + strays:
            if not seg.csum_ok:
                raise Mismatch("wrong checksum: %r" % seg)
            self.held.append(seg)
            self.seen.append(seg)
        self.flow.queue.clear()
        return self.held

    def carry(self, seg):
        seg.src, seg.dst = PEER[seg.v], KERNEL[seg.v]
        self.wire.inject(seg.packet())
        self.look()

    def release(self):
        """Deliver what is under way now, but not what comes of it."""
        self.look()
        now, self.held = self.held, []
        for seg in now:
            self.carry(seg)

    def settle(self, within=0.0):
        """Deliver until all is quiet."""
        end = time.monotonic() + within
        while True:
            while self.look():
                self.release()
            left = end - time.monotonic()
            if left <= 0:
                return
            self.wire.wait(lambda: self.flow.queue or self.wire.strays, left)

    def flags(self):
        """The flags of everything that was sent since the last call."""
        text = ["".join(letter for i, letter in enumerate(segment.LETTERS)
                        if seg.flags & ~segment.PSH & 1 << i)
                for seg in self.seen]
        self.seen.clear()
        return text

    def states(self):
        found = {}
        for row in table_rows(self.t.v):
            found[port_of(row[1]), port_of(row[2])] = STATES[int(row[3], 16)]
        one, two = self.ports
        return (found.get((one, two), "CLOSED"),
                found.get((two, one), "CLOSED"))


def crossing(t):
    """Two sockets whose SYNs are both under way."""
    m = Mirror(t)
    socks = []
    for mine, other in (m.ports, m.ports[::-1]):
        sock = t.bound(mine)
        attempt(sock.connect, (text_of(t.v, PEER[t.v]), other))
        socks.append(sock)
    m.look()
    t.see("two SYNs", m.flags(), ["S", "S"])
    t.see("states", m.states(), ("SYN_SENT", "SYN_SENT"))
    return m, socks


def crossed(t):
    m, socks = crossing(t)
    m.settle()
    t.see("states", m.states(), ("ESTABLISHED", "ESTABLISHED"))
    m.seen.clear()
    return m, socks


@test("simultaneous-open", way=("crossing",), v=VERSIONS)
def crossing_open(t):
    """SYN, SYN, SYN+ACK, SYN+ACK: open after four segments; exactly one
    connection, and each end answers the repeated SYN by one ACK."""
    m, socks = crossing(t)
    m.release()
    t.see("answers", m.flags(), ["SA", "SA"])
    t.see("states", m.states(), ("SYN_RCVD", "SYN_RCVD"))
    m.release()
    t.see("states", m.states(), ("ESTABLISHED", "ESTABLISHED"))
    t.see("answers", m.flags(), ["A", "A"])
    m.release()
    t.see("answers", m.flags(), [])
    for one, two in (socks, socks[::-1]):
        one.send(b"hello")
        m.settle(0.6)
        t.see("read", two.recv(10), b"hello")
    lines = [row for row in table_rows(t.v) if port_of(row[1]) in m.ports]
    t.see("lines in the table", len(lines), 2)


@test("simultaneous-open", way=("one-syn-first", "syn-lost", "syn-ack-lost"),
      v=VERSIONS)
def crossing_lost(t):
    """One SYN arrives late, or not at all, or one SYN+ACK does not."""
    m, socks = crossing(t)
    if t.way == "one-syn-first":
        late = m.held.pop()
        m.settle()
        m.carry(late)
    elif t.way == "syn-lost":
        m.held.pop()
    else:
        m.release()
        m.held.pop()
    m.settle(4)
    t.see("states", m.states(), ("ESTABLISHED", "ESTABLISHED"))
    socks[0].send(b"hello")
    m.settle(0.6)
    t.see("read", socks[1].recv(10), b"hello")


@test("simultaneous-close", way=("crossing",), v=VERSIONS)
def crossing_close(t):
    """FIN, FIN, ACK, ACK: both go through CLOSING to TIME_WAIT."""
    m, socks = crossed(t)
    for sock in socks:
        sock.close()
    m.look()
    t.see("both sent", m.flags(), ["FA", "FA"])
    t.see("states", m.states(), ("FIN_WAIT_1", "FIN_WAIT_1"))
    m.release()
    t.see("states", m.states(), ("CLOSING", "CLOSING"))
    t.see("both sent", m.flags(), ["A", "A"])
    m.release()
    t.see("states", m.states(), ("TIME_WAIT", "TIME_WAIT"))
    t.see("both sent", m.flags(), [])


@test("four-way", side=("both",), v=VERSIONS)
def four_way(t):
    m, socks = crossed(t)
    socks[0].shutdown(socket.SHUT_WR)
    m.settle(0.6)
    t.see("states", m.states(), ("FIN_WAIT_2", "CLOSE_WAIT"))
    socks[1].close()
    m.look()
    t.see("states", m.states(), ("FIN_WAIT_2", "LAST_ACK"))
    m.settle()
    t.see("states", m.states(), ("TIME_WAIT", "CLOSED"))
    t.see("segments", m.flags(), ["FA", "A", "FA", "A"])


@test("last-ack-lost", side=("both",), v=VERSIONS)
def last_ack_lost(t):
    """FIN again, ACK again, and CLOSED."""
    m, socks = crossed(t)
    socks[0].shutdown(socket.SHUT_WR)
    m.settle(0.6)
    socks[1].close()
    m.release()
    m.held.clear()
    t.see("states", m.states(), ("TIME_WAIT", "LAST_ACK"))
    m.settle(3)
    t.see("states", m.states(), ("TIME_WAIT", "CLOSED"))


class BadWire:
    """Carries for both sides, badly."""

    def __init__(self, t, m, loss):
        self.rng = random.Random("%s %g %d" % (SEED, loss, t.v))
        self.m, self.loss = m, loss

    def step(self):
        m, rng = self.m, self.rng
        if not m.look():
            m.wire.wait(lambda: m.flow.queue or m.wire.strays, 5)
            m.look()
        if not m.held:
            return
        at = 0 if rng.random() < 0.9 else rng.randrange(len(m.held))
        seg = m.held.pop(at)
        if rng.random() < self.loss:
            return
        if rng.random() < self.loss:
            m.held.append(segment.parse_packet(seg.packet(), PROTO))
        m.carry(seg)


def push(sock, text, done):
    """Write on; how much is written now."""
    if done < len(text):
        try:
            done += sock.send(text[done:done + 30000])
        except BlockingIOError:
            return done
        if done == len(text):
            sock.shutdown(socket.SHUT_WR)
    return done


def pull(sock, got):
    try:
        return sock.recv(65536)
    except BlockingIOError:
        return None


@test("stream", what=("both-directions",), loss=(0.0, 0.02, 0.1), v=VERSIONS)
def both_directions(t):
    """Both ends write and read at once over a bad wire, and close."""
    m, socks = crossed(t)
    bad = BadWire(t, m, t.loss)
    texts = [bad.rng.randbytes(120000) for _ in socks]
    written, got, ended = [0, 0], [b"", b""], [False, False]
    give_up = time.monotonic() + 600
    while not all(ended):
        bad.step()
        for i, sock in enumerate(socks):
            written[i] = push(sock, texts[i], written[i])
            part = None if ended[i] else pull(sock, got[i])
            ended[i] |= part == b""
            got[i] += part or b""
        if time.monotonic() > give_up:
            raise Mismatch("only %d and %d bytes of 120000"
                           % (len(got[0]), len(got[1])))
    t.see("what the second wrote", got[0] == texts[1], True)
    t.see("what the first wrote", got[1] == texts[0], True)
    for sock in socks:
        sock.close()
    m.settle(30)
    t.see("gone or in TIME_WAIT",
          set(m.states()) <= {"TIME_WAIT", "CLOSED"}, True)


if __name__ == "__main__":
    main()
