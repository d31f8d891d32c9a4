#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Fast Open on the wire: text that goes with the SYN (RFC 7413)."""
import errno
import socket

import segment
from context import MSS, counter, main
from segment import M32
from tap import test
from xtcp_wire import HOST, text_of

VERSIONS = (4, 6)
MSG_FASTOPEN = 0x20000000
TCP_FASTOPEN, TCP_FASTOPEN_CONNECT = 23, 30
TCP_FASTOPEN_KEY, TCP_FASTOPEN_NO_COOKIE = 33, 34
ASK = segment.NOP * 2 + segment.option(34)
TEXT = b"asked at once"


def with_cookie(cookie):
    return MSS + segment.NOP * 2 + segment.option(34, cookie)


def info(sock):
    """Options, and why text did not go with the SYN."""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    return raw[5], raw[7] >> 1 & 3


# The listener's side -------------------------------------------------------


def listens(t, limit=5, mode=3, setup=None):
    t.sysctl("fastopen", mode)

    def all_of_it(sock):
        if limit:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, limit)
        if setup:
            setup(sock)
    f = t.flow()
    f.listener = t.listen(f.lport, setup=all_of_it)
    return f


def cookie_for(t, f):
    """Ask for one, by a connection of its own that is then reset."""
    g = t.flow(f.lport)
    g.send("S", opts=MSS + ASK)
    cookie = g.expect("SA").opts.get("cookie")
    g.send("R")
    if not cookie:
        g.fail("no cookie")
    return cookie


def taken(t, f, cookie, text=TEXT):
    """A connection whose SYN brought text that was taken."""
    f.send("S", text, opts=with_cookie(cookie))
    seg = f.expect("SA")
    f.accept(seg)
    t.accept(f)
    return f


@test("fast-open", what=("cookie",), v=VERSIONS)
def cookie(t):
    """7413-1: for the address alone, and the same again; none on what is
    sent again."""
    f = listens(t)
    mine = cookie_for(t, f)
    t.see("length", len(mine), 8)
    t.see("again", cookie_for(t, f), mine)
    other = segment.address(t.v, "10.9.0.7" if t.v == 4 else "fd09::7")
    g = t.flow(f.lport, peer=other)
    g.send("S", opts=MSS + ASK)
    first = g.expect("SA")
    t.see("another's differs", first.opts["cookie"] != mine, True)
    t.see("repeated", "cookie" in g.expect("SA", seq=first.seq,
                                           within=3).opts, False)


@test("fast-open", what=("off",), limit=(0, 5), mode=(0, 1, 3), v=VERSIONS)
def off(t):
    """7413-5: both the administrator and the program must want it."""
    f = listens(t, t.limit, t.mode)
    f.send("S", TEXT, opts=MSS + ASK, seq=f.iss)
    f.snd_nxt = (f.iss + 1) & M32
    seg = f.expect("SA")
    t.see("cookie", "cookie" in seg.opts, bool(t.limit and t.mode == 3))
    t.no_accept(f)


@test("fast-open", what=("taken",), v=VERSIONS)
def take(t):
    """4.2.2: accepted, read and answered before the handshake is over."""
    before = 0 if HOST else counter("FastPassive")
    f = listens(t)
    taken(t, f, cookie_for(t, f))
    f.expect_state("SYN_RCVD")
    t.see("text", t.read(f), TEXT)
    f.sock.send(b"answered")
    f.expect("PA", data=b"answered")
    f.expect_state("SYN_RCVD")
    f.send("A")
    f.expect_state("ESTABLISHED")
    f.send("PA", b"more")
    f.expect("A")
    t.see("text", t.read(f), b"more")
    t.see("TCP_INFO", info(f.sock)[0] & 32, 32)
    f.silent(2)
    if not HOST:
        t.see("FastPassive", counter("FastPassive") - before, 1)


@test("fast-open", what=("wrong-cookie",), v=VERSIONS)
def wrong_cookie(t):
    """7413-2: the text counts for nothing, and a good cookie comes back."""
    f = listens(t)
    good = cookie_for(t, f)
    bad = bytes((good[0] ^ 1,)) + good[1:]
    for value in (bad, good[:4], good + b"\0\0"):
        g = t.flow(f.lport)
        g.listener = f.listener
        g.send("S", TEXT, opts=with_cookie(value), seq=g.iss)
        g.snd_nxt = (g.iss + 1) & M32
        t.see("fresh cookie", g.expect("SA").opts.get("cookie"), good)
        t.no_accept(g)
        g.send("PA", TEXT)
        g.expect("A", within=0.6)
        t.accept(g)
        t.see("text, once", t.read(g), TEXT)


@test("fast-open", what=("another-address",), v=VERSIONS)
def another_address(t):
    """7413-1: whose address it is not cannot use it."""
    f = listens(t)
    mine = cookie_for(t, f)
    other = segment.address(t.v, "10.9.0.7" if t.v == 4 else "fd09::7")
    g = t.flow(f.lport, peer=other)
    g.send("S", TEXT, opts=with_cookie(mine), seq=g.iss)
    g.snd_nxt = (g.iss + 1) & M32
    g.expect("SA")
    t.no_accept(f)


@test("fast-open", what=("no-text",), v=VERSIONS)
def no_text(t):
    """A good cookie alone opens as fast."""
    f = listens(t)
    taken(t, f, cookie_for(t, f), b"")
    f.sock.send(b"hello")
    f.expect("PA", data=b"hello")


@test("fast-open", what=("limit",), v=VERSIONS)
def limit(t):
    """7413-3: beyond it SYNs are ordinary, until one is open."""
    f = listens(t, 1)
    good = cookie_for(t, f)
    taken(t, f, good)
    g = t.flow(f.lport)
    g.listener = f.listener
    g.send("S", TEXT, opts=with_cookie(good), seq=g.iss)
    g.snd_nxt = (g.iss + 1) & M32
    g.expect("SA")
    t.no_accept(g)
    f.send("A")
    h = t.flow(f.lport)
    h.listener = f.listener
    taken(t, h, good)


@test("fast-open", what=("keys",), v=VERSIONS)
def keys(t):
    """7413-1: the old key's cookies are good while it is there."""
    old, new = b"0123456789abcdef", b"fedcba9876543210"
    f = listens(t, setup=lambda s: s.setsockopt(
        socket.IPPROTO_TCP, TCP_FASTOPEN_KEY, old))
    by_old = cookie_for(t, f)
    f.listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_KEY, new + old)
    t.see("keys", f.listener.getsockopt(socket.IPPROTO_TCP,
                                        TCP_FASTOPEN_KEY, 64), new + old)
    t.see("the new one's", cookie_for(t, f) != by_old, True)
    taken(t, f, by_old)
    f.listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_KEY, new)
    g = t.flow(f.lport)
    g.listener = f.listener
    g.send("S", TEXT, opts=with_cookie(by_old), seq=g.iss)
    g.snd_nxt = (g.iss + 1) & M32
    g.expect("SA")
    t.no_accept(g)


@test("fast-open", what=("without-cookie",), v=VERSIONS)
def without_cookie(t):
    """0x200: between hosts that trust each other"""
    f = listens(t, mode=0x203)
    f.send("S", TEXT, opts=MSS)
    f.accept(f.expect("SA"))
    t.accept(f)
    t.see("text", t.read(f), TEXT)


@test("fast-open", what=("any-listener",), v=VERSIONS)
def any_listener(t):
    """0x400: programs need not know of it."""
    f = listens(t, 0, 0x403)
    taken(t, f, cookie_for(t, f))
    t.see("text", t.read(f), TEXT)


@test("fast-open", what=("syn-again",), v=VERSIONS)
def syn_again(t):
    """The SYN+ACK was lost: the same again, and the text is not read twice."""
    f = listens(t)
    good = cookie_for(t, f)
    taken(t, f, good)
    f.send("S", TEXT, opts=with_cookie(good), seq=f.iss)
    f.expect("SA", seq=f.irs)
    f.send("S", opts=MSS, seq=f.iss)
    f.expect("SA", seq=f.irs)
    f.send("A")
    f.expect_state("ESTABLISHED")
    t.see("text, once", t.read(f), TEXT)


@test("fast-open", what=("syn-ack-lost",), v=VERSIONS)
def syn_ack_lost(t):
    """7413-6: it is sent again, and then the answer that went before it."""
    f = listens(t)
    taken(t, f, cookie_for(t, f))
    f.sock.send(b"answered")
    first = f.expect("PA", data=b"answered")
    f.expect("SA", seq=f.irs, within=3)
    f.send("A", ack=f.irs + 1)
    f.expect("PA", seq=first.seq, data=b"answered")


@test("fast-open", what=("reset",), v=VERSIONS)
def reset(t):
    """7413-6: whoever holds it hears of a RST."""
    f = listens(t)
    taken(t, f, cookie_for(t, f))
    f.send("R", seq=f.snd_nxt)
    f.expect_state("CLOSED")
    t.see("text", t.read(f), TEXT)
    t.see("recv", t.read(f), "ECONNRESET")


@test("fast-open", what=("given-up",), v=VERSIONS)
def given_up(t):
    """Nobody acknowledges the SYN+ACK."""
    t.sysctl("synack_retries", 1)
    f = listens(t)
    taken(t, f, cookie_for(t, f))
    t.see("text", t.read(f), TEXT)
    f.expect("SA", seq=f.irs, within=3)
    f.expect_state("CLOSED", within=10)
    t.see("recv", t.read(f), "ETIMEDOUT")


@test("fast-open", what=("closed-early",), v=VERSIONS)
def closed_early(t):
    """7413-6: our FIN waits for the last ACK of the handshake."""
    f = listens(t)
    taken(t, f, cookie_for(t, f))
    t.see("text", t.read(f), TEXT)
    f.sock.send(b"bye")
    f.expect("PA", data=b"bye")
    f.sock.close()
    f.silent()
    f.send("A")
    f.expect("FA")
    f.send("FA")
    f.expect("A")


@test("fast-open", what=("fin",), v=VERSIONS)
def fin(t):
    """7413-6: the third segment is the peer's last."""
    f = listens(t)
    taken(t, f, cookie_for(t, f))
    f.send("FA")
    f.expect("A")
    f.expect_state("CLOSE_WAIT")
    t.see("text", t.read(f), TEXT)
    t.see("end", f.sock.recv(1), b"")


# The client's side ---------------------------------------------------------


def sends(t, f, text=TEXT, setup=None):
    """sendto() with MSG_FASTOPEN; how much of it went at once, or errno"""
    f.sock = t.bound(f.lport, setup)
    try:
        return f.sock.sendto(text, MSG_FASTOPEN,
                             (text_of(t.v, f.peer), f.fport))
    except OSError as why:
        return -why.errno


PEERS = iter(range(20, 250))


def server(t):
    """A flow to a server that nobody spoke to before"""
    n = next(PEERS)
    peer = segment.address(t.v, "10.9.0.%d" % n if t.v == 4 else
                           "fd09::%x" % n)
    return t.flow(peer=peer)


COOKIE = bytes(range(1, 9))


def learn(t, f, cookie=COOKIE, mss=1460):
    """Let the kernel ask that server for a cookie; the next flow to it."""
    t.see("sendto", sends(t, f), -errno.EINPROGRESS)
    t.see("asks", f.expect("S").opts.get("cookie"), b"")
    f.send("SA", opts=segment.mss(mss) + segment.NOP * 2
           + segment.option(34, cookie))
    f.expect("A")
    return t.flow(peer=f.peer)


@test("fast-open", what=("asks",), v=VERSIONS)
def asks(t):
    """4.2.1: without a cookie the SYN asks for one and brings no text."""
    f = server(t)
    t.see("sendto", sends(t, f), -errno.EINPROGRESS)
    seg = f.expect("S")
    t.see("cookie", seg.opts.get("cookie"), b"")
    t.see("why", info(f.sock)[1], 1)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.sock.send(TEXT)
    f.expect("PA", data=TEXT)


@test("fast-open", what=("disabled",), v=VERSIONS)
def disabled(t):
    t.sysctl("fastopen", 0)
    f = server(t)
    t.see("sendto", sends(t, f), -errno.EOPNOTSUPP)


@test("fast-open", what=("sent",), size=("13", "cookie16", "mss"), v=VERSIONS)
def sent(t):
    """4.2.1: the cookie and the text; the SYN+ACK acknowledges both."""
    cookie = bytes(range(16)) if t.size == "cookie16" else COOKIE
    text = b"x" * 5000 if t.size == "mss" else TEXT
    before = 0 if HOST else counter("FastActive")
    f = learn(t, server(t), cookie)
    n = sends(t, f, text)
    seg = f.expect("S", data=text[:n])
    t.see("cookie", seg.opts.get("cookie"), cookie)
    t.see("much", n == len(TEXT) or 1300 < n <= 1460, True)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.silent(2)
    t.see("TCP_INFO", info(f.sock), (info(f.sock)[0] | 32, 0))
    f.sock.send(b"later")
    f.expect("PA", data=b"later")
    if not HOST:
        t.see("FastActive", counter("FastActive") - before, 1)


@test("fast-open", what=("not-acknowledged",), v=VERSIONS)
def not_acknowledged(t):
    """4.2.1: the SYN alone was taken: the text goes again at once."""
    f = learn(t, server(t))
    t.see("sendto", sends(t, f), len(TEXT))
    syn = f.expect("S", data=TEXT)
    f.send("SA", ack=syn.seq + 1, opts=MSS)
    f.rcv_nxt = (syn.seq + 1) & M32
    got = f.expect("PA", data=TEXT, seq=syn.seq + 1) if HOST else None
    if not got:
        seg = f.next_segment(1)
        if not seg.data:
            seg = f.next_segment(1)
        t.see("text", (seg.data, seg.seq), (TEXT, (syn.seq + 1) & M32))
        f.accept(seg)
    f.send("A")
    t.see("why", info(f.sock)[1], 2)
    f.silent(2)


@test("fast-open", what=("lost",), v=VERSIONS)
def lost(t):
    """7413-4: an ordinary SYN goes after one that was not answered, and for a
    time no text goes with one to that server."""
    f = learn(t, server(t))
    t.see("sendto", sends(t, f), len(TEXT))
    syn = f.expect("S", data=TEXT)
    again = f.expect("S", seq=syn.seq, within=2)
    t.see("cookie", "cookie" in again.opts, False)
    f.send("SA", ack=syn.seq + 1, opts=MSS)
    f.rcv_nxt = (syn.seq + 1) & M32
    seg = f.next_segment(1)
    if not seg.data:
        seg = f.next_segment(1)
    t.see("text", (seg.data, seg.seq), (TEXT, (syn.seq + 1) & M32))
    f.accept(seg)
    f.send("A")
    t.see("why", info(f.sock)[1], 3)
    if HOST:
        return
    g = t.flow(peer=f.peer)
    t.see("sendto", sends(t, g), -errno.EINPROGRESS)
    t.see("cookie", "cookie" in g.expect("S").opts, False)


@test("fast-open", what=("refused",), v=VERSIONS)
def refused(t):
    f = learn(t, server(t))
    t.see("sendto", sends(t, f), len(TEXT))
    syn = f.expect("S", data=TEXT)
    f.send("RA", seq=0, ack=syn.end)
    f.expect_state("CLOSED")
    t.see("error", f.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
          errno.ECONNREFUSED)


@test("fast-open", what=("deferred",), v=VERSIONS)
def deferred(t):
    """TCP_FASTOPEN_CONNECT: connect() returns, the first write sends."""
    def setup(sock):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    f = learn(t, server(t))
    f.sock = t.bound(f.lport, setup)
    addr = (text_of(t.v, f.peer), f.fport)
    t.see("connect", f.sock.connect_ex(addr), 0)
    t.see("connect again", f.sock.connect_ex(addr), errno.EISCONN)
    f.silent()
    t.see("send", f.sock.send(TEXT), len(TEXT))
    syn = f.expect("S", data=TEXT)
    t.see("cookie", syn.opts.get("cookie"), COOKIE)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.sock.send(b"later")
    f.expect("PA", data=b"later")


@test("fast-open", what=("deferred-not",), v=VERSIONS)
def deferred_not(t):
    """Without a cookie connect() asks for one, and connects."""
    def setup(sock):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    f = server(t)
    f.sock = t.bound(f.lport, setup)
    t.see("connect", f.sock.connect_ex((text_of(t.v, f.peer), f.fport)),
          errno.EINPROGRESS)
    t.see("asks", f.expect("S").opts.get("cookie"), b"")


@test("fast-open", what=("deferred-closed",), v=VERSIONS)
def deferred_closed(t):
    """Nobody wrote: no SYN ever went."""
    def setup(sock):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
    f = learn(t, server(t))
    f.sock = t.bound(f.lport, setup)
    f.sock.connect_ex((text_of(t.v, f.peer), f.fport))
    f.sock.close()
    f.silent()
    f.expect_state("CLOSED")


@test("fast-open", what=("client-without-cookie",), v=VERSIONS)
def client_without_cookie(t):
    """TCP_FASTOPEN_NO_COOKIE: no option, just the text"""
    f = server(t)
    n = sends(t, f, setup=lambda s: s.setsockopt(
        socket.IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1))
    t.see("sendto", n, len(TEXT))
    t.see("cookie", "cookie" in f.expect("S", data=TEXT).opts, False)


if __name__ == "__main__":
    main()
