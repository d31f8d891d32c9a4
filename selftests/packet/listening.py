#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Listeners under pressure: backlog, floods, cookies, stale SYNs."""
import socket

import segment
from context import HOST, MSS, full_options, main
from segment import M32
from tap import test
from xtcp_wire import ANY, STATES, port_of, table_rows

VERSIONS = (4, 6)


def peer_number(t, number):
    """One of many addresses that all lead to us."""
    text = "fd09::%x" if t.v == 6 else "10.9.1.%d"
    return segment.address(t.v, text % number)


def count_state(t, lport, state):
    return sum(port_of(row[1]) == lport and STATES[int(row[3], 16)] == state
               for row in table_rows(t.v))


def knock(t, lport, number, opts=MSS):
    """A SYN from one of many addresses."""
    f = t.flow(lport, 1000 + number, peer_number(t, number))
    f.send("S", opts=opts)
    return f


def full_queue(t, backlog):
    """A listener with backlog + 1 finished handshakes, one half done."""
    f = t.flow()
    f.listener = t.listen(f.lport, backlog)
    done = 0
    while done <= backlog:
        g = knock(t, f.lport, 10 + done)
        g.expect("SA")
        if done == backlog:
            f.late = knock(t, f.lport, 99)
            f.late.expect("SA")
            f.late.listener = f.listener
        g.send("A")
        g.expect_state("ESTABLISHED")
        g.listener = f.listener
        t.accepted = g
        done += 1
    return f


@test("backlog", what=("last-ack-ignored",), v=VERSIONS)
def backlog(t):
    f = full_queue(t, 3)
    late = f.late
    late.send("A")
    late.silent(0.05)
    if not HOST:	# which keeps it in SYN_RCVD too, with its ACK noted
        late.expect_state("SYN_RCVD")
    late.expect("SA", seq=late.irs, within=4)
    f.listener.accept()[0].close()
    late.send("A")
    late.drain()
    late.expect_state("ESTABLISHED")


@test("backlog", what=("syn-dropped",), v=VERSIONS)
def backlog_syn(t):
    f = full_queue(t, 3)
    g = knock(t, f.lport, 50)
    g.silent()
    g.expect_state("CLOSED")
    f.listener.accept()[0].close()
    g.send("S", seq=g.iss, opts=MSS)
    g.expect("SA")


@test("backlog", what=("abort-on-overflow",), v=VERSIONS)
def backlog_abort(t):
    t.sysctl("abort_on_overflow", 1)
    f = full_queue(t, 3)
    f.late.send("A")
    f.late.expect_rst()
    f.late.expect_state("CLOSED")


@test("syn-flood-bare", v=VERSIONS)
def flood_bare(t):
    t.sysctl("syncookies", 0)
    t.sysctl("synack_retries", 1)
    f = t.flow()
    f.listener = t.listen(f.lport, 8)
    answered = 0
    for number in range(10, 60):
        g = knock(t, f.lport, number)
        answered += g.next_segment(0) is not None
    half = count_state(t, f.lport, "SYN_RCVD")
    t.see("each answer has an entry", answered, half)
    t.see("there is a limit", 0 < half < 50, True)
    g = knock(t, f.lport, 99)
    g.silent()
    f.wire.wait(lambda: False, 8)
    t.see("entries left", count_state(t, f.lport, "SYN_RCVD"), 0)
    g.send("S", seq=g.iss, opts=MSS)
    g.expect("SA")
    g.send("A")
    g.expect_state("ESTABLISHED")


def cookie_listener(t, opts=MSS, **fields):
    t.sysctl("syncookies", 2)
    f = t.hold_listen()
    for name, value in fields.items():
        setattr(f, name, value)
    f.send("S", opts=opts)
    reply = f.expect("SA")
    f.expect_state("CLOSED")
    return f, reply


@test("syn-flood", cookie=("accepted",), v=VERSIONS)
def cookie_good(t):
    f, _ = cookie_listener(t)
    t.no_accept(f)
    f.wire.wait(lambda: False, 30)
    f.silent()
    f.send("A")
    f.expect_state("ESTABLISHED")
    t.accept(f)
    f.send("PA", b"hello")
    f.expect("A")
    t.see("read", t.read(f), b"hello")


@test("syn-flood", cookie=("with-data",), v=VERSIONS)
def cookie_data(t):
    f, _ = cookie_listener(t)
    f.send("PA", b"hello")
    f.expect("A")
    t.accept(f)
    t.see("read", t.read(f), b"hello")


@test("syn-flood", cookie=("rto",), v=VERSIONS,
      host="it waits 3 s, as if the SYN+ACK had been lost")
def cookie_rto(t):
    """Nobody remembers when the SYN+ACK went: 1 s is the RTO (6298-2.1)."""
    f, _ = cookie_listener(t)
    f.wire.wait(lambda: False, 20)
    f.send("A")
    t.accept(f)
    f.sock.send(b"lost")
    first = f.expect("PA", data=b"lost")
    f.expect("PA", data=b"lost", seq=first.seq, within=1.5)


@test("syn-flood", cookie=("travels-as-told",), v=VERSIONS)
def cookie_travels(t):
    """TOS and TTL are the listener's, as of any SYN+ACK."""
    t.sysctl("syncookies", 2)

    def setup(sock):
        if t.v == 4:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x20)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 77)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0x20)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 77)
    f = t.hold_listen(setup=setup)
    f.send("S", opts=MSS)
    reply = f.expect("SA")
    t.see("TOS", reply.tos, 0x20)
    t.see("TTL", reply.ttl, 77)


@test("syn-flood", cookie=("mss",), v=VERSIONS)
def cookie_mss(t):
    """The peer's MSS is kept, rounded down at most."""
    f, _ = cookie_listener(t, segment.mss(536 if t.v == 4 else 1220))
    f.send("A")
    t.accept(f)
    f.sock.send(b"x" * 3000)
    longest = 536 if t.v == 4 else 1220
    seg = f.next_segment(1)
    t.see("text within the peer's MSS", 0 < len(seg.data) <= longest, True)


@test("syn-flood", cookie=("options",), v=VERSIONS)
def cookie_options(t):
    """With timestamps the other options survive as well."""
    f, reply = cookie_listener(t, full_options(5), tsval=None)
    t.see("timestamps", reply.opts["ts"][1], 5)
    f.tsval = 6
    f.send("A", win=1000)
    t.accept(f)
    f.sock.send(b"x" * 20000)
    total = 0
    while f.wire.wait(lambda: f.queue, 0.05):
        seg = f.queue.pop(0)
        t.see("timestamps", seg.opts["ts"][1], 6)
        total += len(seg.data)
    # Unscaled, the window of 1000 would allow no more than that.
    t.see("window scale was kept", total > 1000, True)


@test("syn-flood", cookie=("no-options",), v=VERSIONS)
def cookie_no_options(t):
    f, reply = cookie_listener(t, b"")
    t.see("no timestamps", "ts" in reply.opts, False)
    t.see("no window scale", "wscale" in reply.opts, False)
    f.send("A")
    t.accept(f)


@test("syn-flood", cookie=("wrong-ack", "wrong-seq", "wrong-port"), v=VERSIONS)
def cookie_wrong(t):
    f, _ = cookie_listener(t)
    if t.cookie == "wrong-port":
        g = t.flow(f.lport, f.fport + 1000)
        g.iss, g.irs, g.rcv_nxt = f.iss, f.irs, f.rcv_nxt
        g.snd_nxt, g.listener = f.snd_nxt, f.listener
        f = g
        f.send("A")
    elif t.cookie == "wrong-ack":
        f.rcv_nxt = (f.rcv_nxt + 0x01000000) & M32
        f.send("A")
    else:
        f.send("A", seq=f.snd_nxt + 100000)
    f.expect("R", seq=f.rcv_nxt)
    f.expect_state("CLOSED")
    t.no_accept(f)


@test("syn-flood", cookie=("old",), v=VERSIONS)
def cookie_old(t):
    f, _ = cookie_listener(t)
    f.wire.wait(lambda: False, 300)
    f.send("A")
    f.expect("R", seq=f.rcv_nxt)
    t.no_accept(f)


@test("syn-flood", cookie=("unasked",), v=VERSIONS)
def cookie_unasked(t):
    """A listener that sent no cookie takes none, however right it is."""
    f, _ = cookie_listener(t)
    f.wire.wait(lambda: False, 200)
    t.sysctl("syncookies", 1)
    f.send("A")
    f.expect("R", seq=f.rcv_nxt)
    t.no_accept(f)


@test("syn-flood", cookie=("when-full",), v=VERSIONS)
def cookie_when_full(t):
    """syncookies=1: entries while there is room, then cookies."""
    t.sysctl("syncookies", 1)
    f = t.flow()
    f.listener = t.listen(f.lport, 8)
    for number in range(10, 60):
        knock(t, f.lport, number).expect("SA")
    half = count_state(t, f.lport, "SYN_RCVD")
    t.see("there is a limit", 0 < half < 50, True)
    g = knock(t, f.lport, 99)
    g.expect("SA")
    g.expect_state("CLOSED")
    g.send("A")
    g.expect_state("ESTABLISHED")
    t.see("entries", count_state(t, f.lport, "SYN_RCVD"), half)


@test("stale-syn", what=("rst",), v=VERSIONS)
def stale_rst(t):
    """The peer knows nothing of it: RST, and the entry is gone."""
    f = t.hold_listen()
    f.send("S", opts=MSS)
    f.expect("SA")
    f.expect_state("SYN_RCVD")
    f.send("R")
    f.silent()
    f.expect_state("CLOSED")
    t.see("the listener listens", f.listening(), True)
    t.no_accept(f)


@test("stale-syn", what=("silent-peer",), v=VERSIONS)
def stale_silent(t):
    t.sysctl("synack_retries", 1)
    f = t.hold_listen()
    f.send("S", opts=MSS)
    f.expect("SA")
    f.expect("SA", seq=f.irs, within=1.5)
    f.expect_state("CLOSED", within=4)
    t.no_accept(f)


@test("stale-syn", what=("figure-8-passive",), v=VERSIONS)
def figure_8_passive(t):
    f = t.hold_listen()
    f.send("S", opts=MSS)
    f.expect("SA")
    f.send("R")
    new = t.again(f)
    new.send("S", opts=MSS)
    new.expect("SA")
    new.send("A")
    t.accept(new)
    new.expect_state("ESTABLISHED")


@test("stale-syn", what=("figure-8-active",), v=VERSIONS)
def figure_8_active(t):
    """Our newer SYN is under way when the answer to an old one comes."""
    f = t.hold_syn_sent()
    f.send("SA", seq=f.iss - 5000, ack=f.irs - 9, opts=MSS)
    f.expect("R", seq=f.irs - 9)
    f.expect_state("SYN_SENT")
    f.send("SA", opts=MSS)
    f.expect("A")
    f.expect_state("ESTABLISHED")


@test("stale-syn", what=("established",), role=("passive", "active"),
      v=VERSIONS)
def stale_established(t):
    """A challenge ACK; a peer that is gone answers it with an exact RST."""
    f = t.hold_established()
    f.send("S", seq=f.iss - 70000, opts=MSS)
    f.expect("A")
    f.expect_state("ESTABLISHED")
    f.send("R")
    f.expect_state("CLOSED")
    t.see("read", t.read(f), "ECONNRESET")


@test("stale-syn", what=("restarted-peer",), v=VERSIONS)
def restarted_peer(t):
    """EV-53: a new SYN on the old numbers, ACK, RST, then the SYN again."""
    f = t.hold_established()
    new = t.again(f)
    new.rcv_nxt = None
    new.send("S", opts=MSS)
    challenge = new.expect("A", seq=f.rcv_nxt, ack=f.snd_nxt)
    new.send("R", seq=challenge.ack)
    f.sock.close()
    new.rcv_nxt = new.irs = None
    new.send("S", seq=new.iss, opts=MSS)
    new.expect("SA", ack=new.iss + 1)


@test("every-state", state=tuple(sorted(set(STATES.values()))),
      how=("shutdown", "close"), v=VERSIONS)
def every_state(t):
    """Each state can be held and read in the table."""
    f = t.hold(t.state)
    if t.state == "LISTEN":
        t.see("listening", f.listening(), True)
    else:
        f.expect_state(t.state)
    if t.state in ("FIN_WAIT_2", "CLOSE_WAIT", "ESTABLISHED", "LISTEN"):
        f.silent(20)	# a state that lasts without anything being sent
        t.see("state", f.listening() or f.state() == t.state, True)


@test("scan", what=("leaves-nothing",), v=VERSIONS)
def scan_leaves_nothing(t):
    f = t.hold_listen()
    closed = t.hold_closed()
    before = len(table_rows(t.v))
    for flags in range(256):
        for g in (f, closed):
            if flags & 2 and not flags & 0x15 and g is f:
                continue	# a SYN opens a connection, of course
            g.send(flags, seq=g.iss, ack=12345)
            g.drain()
    t.see("lines in the table", len(table_rows(t.v)), before)
    f.snd_nxt = f.iss
    f.send("S", opts=MSS)
    f.expect("SA", seq=ANY)


if __name__ == "__main__":
    main()
