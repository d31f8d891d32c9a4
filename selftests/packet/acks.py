#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""When an ACK leaves that a reader could make unnecessary, and how many leave
for what waited together."""
import socket

from context import OWN_MSS, main
from held import AbsentPage, Reader
from tap import test

VERSIONS = (4, 6)
SOON_S = 0.02	# less than a delayed ACK waits


def sleeper(t, f):
    """A thread that sleeps in recv()."""
    f.sock.setblocking(True)
    reader = Reader()
    reader.begin(lambda: f.sock.recv(100))
    reader.asleep()
    return reader


def asked(t):
    """A connection whose question has just been answered."""
    f = t.open()
    f.sock.send(b"question")
    f.expect("PA", data=b"question")
    f.send("PA", b"answer")
    return f


NOT_SO = "acknowledges at once, whoever reads"


@test("delayed-ack", what=("nobody-reads",), v=VERSIONS, host=True)
def nobody_reads(t):
    """While text begins to come nothing is worth waiting for."""
    f = t.open()
    f.send("PA", b"question")
    f.expect("A", within=SOON_S)


@test("delayed-ack", what=("reader-answers",), v=VERSIONS, host=NOT_SO)
def reader_answers(t):
    f = t.open()
    reader = sleeper(t, f)
    f.send("PA", b"question")
    t.see("read", reader.end(), b"question")
    f.silent(SOON_S)
    reader.begin(lambda: f.sock.send(b"answer"))
    reader.end()
    f.expect("PA", data=b"answer", within=SOON_S)
    f.send("A")
    f.silent()
    reader.stop()


@test("delayed-ack", what=("reader-closes",), v=VERSIONS, host=NOT_SO)
def reader_closes(t):
    f = t.open()
    reader = sleeper(t, f)
    f.send("PA", b"question")
    t.see("read", reader.end(), b"question")
    f.sock.shutdown(socket.SHUT_WR)
    f.expect("FA", within=SOON_S)
    reader.stop()


@test("delayed-ack", what=("reader-asks-on",), v=VERSIONS, host=NOT_SO)
def reader_asks_on(t):
    """Who writes in two pieces, with Nagle, waits for this ACK."""
    f = t.open()
    reader = sleeper(t, f)
    f.send("PA", b"que")
    t.see("read", reader.end(), b"que")
    f.silent(SOON_S)
    reader.begin(lambda: f.sock.recv(100))
    f.expect("A", within=SOON_S)
    f.send("PA", b"stion")
    t.see("read", reader.end(), b"stion")
    reader.stop()


@test("delayed-ack", what=("reader-does-nothing",), v=VERSIONS, host=NOT_SO)
def reader_does_nothing(t):
    f = t.open()
    reader = sleeper(t, f)
    f.send("PA", b"question")
    t.see("read", reader.end(), b"question")
    f.expect("A", within=0.5)
    reader.stop()


@test("delayed-ack", what=("quick-reader",), v=VERSIONS, host=True)
def quick_reader(t):
    """TCP_QUICKACK: at once, whoever sleeps."""
    f = t.open()
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    reader = sleeper(t, f)
    f.send("PA", b"question")
    f.expect("A", within=SOON_S)
    reader.end()
    reader.stop()


@test("delayed-ack", what=("full-segments",), v=VERSIONS, host=NOT_SO)
def full_segments(t):
    """SHLD-19: the second full segment is acknowledged, whoever sleeps."""
    f = t.open()
    reader = sleeper(t, f)
    full = OWN_MSS[t.v]
    f.send("PA", b"x" * full)
    f.silent(0)
    f.send("PA", b"x" * full)
    f.expect("A", within=SOON_S)
    reader.end()
    reader.stop()


@test("delayed-ack", what=("reader-lags",), v=VERSIONS, host=True)
def reader_lags(t):
    """Who does not read is waited for; his recv() acknowledges all at once."""
    f = t.open()
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    for _ in range(8):
        f.send("A", b"x" * 1460)
    f.silent(SOON_S / 4)
    t.see("read", len(t.read(f)), 8 * 1460)
    # All of this takes less time than a delayed ACK.
    f.expect("A", within=SOON_S / 4)
    f.silent()


@test("delayed-ack", what=("one-way",), v=VERSIONS,
      host="acknowledges at once what is read")
def one_way(t):
    """An answer did not come in time: whoever asks for more has none."""
    f = t.open()
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    reader = sleeper(t, f)
    f.send("PA", b"text")
    t.see("read", reader.end(), b"text")
    f.silent(SOON_S)
    f.expect("A", within=0.5)
    reader.begin(lambda: f.sock.recv(100))
    reader.asleep()
    f.send("PA", b"more")
    t.see("read", reader.end(), b"more")
    f.silent(SOON_S / 4)
    reader.begin(lambda: f.sock.recv(100))
    f.expect("A", within=SOON_S)
    f.send("PA", b"last")
    reader.end()
    reader.stop()


def prompt(t, then):
    """A program that answered at once so far is asked again, in two segments:
    it has them, and goes on with then(socket)."""
    f = t.open()
    f.sock.setblocking(True)
    reader, full = Reader(), OWN_MSS[t.v]
    reader.begin(lambda: (f.sock.recv(100), f.sock.send(b"answer")))
    reader.asleep()
    f.send("PA", b"question")
    f.expect("PA", data=b"answer")
    f.send("A")
    reader.end()
    reader.begin(lambda: (f.sock.recv(2 * full, socket.MSG_WAITALL),
                          then(f.sock)))
    reader.asleep()
    f.send("A", b"x" * full)
    f.silent(0)
    f.send("PA", b"x" * full)
    return f, reader


@test("delayed-ack", what=("prompt-answer",), v=VERSIONS, host=NOT_SO)
def prompt_answer(t):
    """What answers at once takes the ACK of more than a segment along, too."""
    f, reader = prompt(t, lambda sock: sock.send(b"answer"))
    f.expect("PA", data=b"answer", within=SOON_S)
    f.send("A")
    f.silent()
    reader.stop()


@test("delayed-ack", what=("prompt-asks-on",), v=VERSIONS, host=True)
def prompt_asks_on(t):
    f, reader = prompt(t, lambda sock: sock.recv(100))
    f.expect("A", within=SOON_S)
    f.send("PA", b"more")
    reader.end()
    reader.stop()


@test("delayed-ack", what=("prompt-does-nothing",), v=VERSIONS, host=True)
def prompt_does_nothing(t):
    """The ACK waits a millisecond, not a delayed one's forty; and not again."""
    f, reader = prompt(t, lambda sock: None)
    f.expect("A", within=SOON_S)
    reader.end()
    f.send("A", b"x" * OWN_MSS[t.v])
    f.send("PA", b"x" * OWN_MSS[t.v])
    f.silent(0)
    t.see("read", len(t.read(f)), 2 * OWN_MSS[t.v])
    f.expect("A", within=SOON_S / 4)
    reader.stop()


@test("delayed-ack", what=("not-accepted",), v=VERSIONS, host=NOT_SO)
def not_accepted(t):
    """Who has yet to accept() is heard first, too."""
    f = t.passive(accept=False)
    f.send("PA", b"question")
    f.silent(SOON_S)
    t.accept(f)
    t.see("read", t.read(f), b"question")
    f.sock.send(b"answer")
    f.expect("PA", data=b"answer", within=SOON_S)


@test("delayed-ack", what=("answered-by-poll",), v=VERSIONS, host=NOT_SO)
def polled(t):
    """Who polls, and finds nothing to read, wants more."""
    f = asked(t)
    t.see("read", t.read(f), b"answer")
    f.silent(SOON_S)
    t.see("readable", "IN" in t.poll(f), False)
    f.expect("A", within=SOON_S)


@test("delayed-ack", what=("answered-by-again",), v=VERSIONS, host=NOT_SO)
def again(t):
    """So does who reads until EAGAIN."""
    f = asked(t)
    t.see("read", t.read(f), b"answer")
    f.silent(SOON_S)
    t.see("read", t.read(f), "EAGAIN")
    f.expect("A", within=SOON_S)


@test("delayed-ack", what=("waited-together",), v=VERSIONS,
      host="acknowledges some of them on the way")
def waited_together(t):
    """MUST-59: the segments that came while a program had the socket locked are
    all taken before an ACK leaves."""
    page, reader = AbsentPage(), Reader()
    f = t.open()
    f.send("PA", b"x")
    f.drain()
    reader.begin(lambda: f.sock.recv_into(page.memory, 1))
    page.wanted()
    for _ in range(6):
        f.send("A", b"y" * 1460)
    f.silent(0)
    page.provide()
    t.see("read", reader.end(), 1)
    f.expect("A")
    f.silent()
    t.see("read", len(t.read(f)), 6 * 1460)
    reader.stop()


if __name__ == "__main__":
    main()
