#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Connections that ended before both ends had closed them: which are kept, for
how long, and what sock_diag tells of them.
"""
import os
import socket

from every import hold, port_of
from host import (LOOP, PORT, PROTO, VERSIONS, Mismatch, as_nobody, attempt,
                  black_hole, counters, discard, enter, main, new_namespace,
                  road, rows, run, see, setting, test, this_namespace, wait_for,
                  wait_state, write, SYSCTLS)
from netlink import NUMBER, WHAT_ENDED, Diag, end, exactly, request

WALL = """
table inet wall {
    chain to {
        type filter hook input priority 0
        meta l4proto { 6, 253 } reject with icmpx type port-unreachable
    }
}
"""
LONG_S = 600		# timers that back off


def named(m):
    """By the name that its reason has everywhere."""
    m["reason"] = list(counters())[m["reason"] - 1]
    return m


def ended(**kw):
    return [named(m) for m in Diag().dump(what=WHAT_ENDED, **kw)]


def facts(m):
    return m["reason"], m["state"], m["rst"]


# Each kind of end -----------------------------------------------------------
# What each makes: local port, and then reason, last state, RST; of all that end.

def closed_unread(t):
    client, server = t.pair()
    server.send(b"unread")
    wait_for("text", lambda: [r for r in rows(t.v) if r.rx])
    port = port_of(client)
    client.close()
    return [(port, "UnreadData", "ESTABLISHED", "sent"),
            (PORT, "ResetByPeer", "ESTABLISHED", "received")]


def aborted(t):
    client, server = t.pair()
    server.shutdown(socket.SHUT_WR)
    port = port_of(client)
    wait_state(t.v, port, "CLOSE_WAIT")
    wait_state(t.v, PORT, "FIN_WAIT_2")
    discard(client)
    return [(port, "Aborted", "CLOSE_WAIT", "sent"),
            (PORT, "ResetByPeer", "FIN_WAIT_2", "received")]


def refused(t):
    client = t.socket()
    client.bind((LOOP[t.v], PORT + 9))
    see("connect", attempt(client.connect, (LOOP[t.v], PORT)),
        "ConnectionRefusedError")
    return [(PORT + 9, "Refused", "SYN_SENT", "received")]


def unanswered(t):
    setting("syn_retries", 1)
    client = t.dial(to=black_hole()[t.v], wait=False)
    port = port_of(client)
    wait_for("the end", lambda: not rows(t.v), LONG_S)
    return [(port, "SynTimeout", "SYN_SENT", "-")]


def unreachable(t):
    hosts = t.two_hosts()
    hosts.go(1)
    run("nft -f -", WALL)
    hosts.go(0)
    client = t.dial(to=hosts.ADDRESS[t.v][1], wait=False)
    port = port_of(client)
    wait_for("the end", lambda: not rows(t.v))
    return [(port, "Unreachable", "SYN_SENT", "-")]


def given_up(t):
    """close() before anybody answered"""
    client = t.dial(to=black_hole()[t.v], wait=False)
    port = port_of(client)
    client.close()
    return [(port, "ClosedBeforeOpen", "SYN_SENT", "-")]


def retransmit_timeout(t):
    setting("retries2", 1)
    client, _ = t.pair()
    road("loss 100%")
    client.send(b"nobody hears")
    port = port_of(client)
    wait_for("the end", lambda: len(rows(t.v)) == 1, LONG_S)
    return [(port, "RetransmitTimeout", "ESTABLISHED", "-")]


def user_timeout(t):
    client, _ = t.pair()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000)
    road("loss 100%")
    client.send(b"nobody hears")
    port = port_of(client)
    wait_for("the end", lambda: len(rows(t.v)) == 1, LONG_S)
    return [(port, "UserTimeout", "ESTABLISHED", "sent")]


def keepalive_timeout(t):
    client, _ = t.pair()
    for name, value in (("TCP_KEEPIDLE", 1), ("TCP_KEEPINTVL", 1),
                        ("TCP_KEEPCNT", 2)):
        client.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    road("loss 100%")
    port = port_of(client)
    wait_for("the end", lambda: len(rows(t.v)) == 1, LONG_S)
    return [(port, "KeepaliveTimeout", "ESTABLISHED", "sent")]


def probe_timeout(t):
    """The peer's window stays shut, and then it is gone."""
    setting("retries2", 1)
    client, server = t.pair()
    client.setblocking(False)
    while attempt(client.send, bytes(1 << 16)) != "BlockingIOError":
        pass
    port = port_of(client)
    wait_for("a probe", lambda: counters()["WindowProbes"], LONG_S)
    road("loss 100%")
    wait_for("the end", lambda: len(rows(t.v)) == 1, LONG_S)
    return [(port, "ProbeTimeout", "ESTABLISHED", "sent")]


def text_after_close(t):
    client, server = t.pair()
    port = port_of(client)
    client.close()
    wait_state(t.v, port, "FIN_WAIT_2")
    server.send(b"too late")
    return [(port, "DataAfterClose", "FIN_WAIT_2", "sent"),
            (PORT, "ResetByPeer", "CLOSE_WAIT", "received")]


def peer_stays(t):
    setting("fin_timeout", 1)
    client, _ = t.pair()
    port = port_of(client)
    client.close()
    wait_for("the end", lambda: len(rows(t.v)) == 1, LONG_S)
    return [(port, "FinWait2Over", "FIN_WAIT_2", "-")]


def nobody_accepts(t):
    listener = t.listen()
    port = port_of(t.dial())
    wait_state(t.v, PORT, "ESTABLISHED")
    listener.close()
    return [(PORT, "ListenerGone", "ESTABLISHED", "sent"),
            (port, "ResetByPeer", "ESTABLISHED", "received")]


def no_room(t, cookies=0):
    """Two come at once, there is room for one, and abort_on_overflow is set."""
    setting("abort_on_overflow", 1)
    setting("syncookies", cookies)
    t.listen(backlog=2)
    for _ in range(2):
        t.dial()
    wait_for("two that wait", lambda: len(
        [r for r in rows(t.v, "ESTABLISHED") if r.lport == PORT]) == 2)
    road("delay 200ms")
    both = {port_of(t.dial(wait=False)) for _ in range(2)}
    wait_for("one of them to be reset", lambda: len(
        {r.lport for r in rows(t.v)} & both) == 1, LONG_S)
    port = (both - {r.lport for r in rows(t.v)}).pop()
    return [(PORT, "AbortOnOverflow", "SYN_RCVD", "sent"),
            (port, "ResetByPeer", "ESTABLISHED", "received")]


def no_room_by_cookie(t):
    return no_room(t, 2)


def orphans(t):
    setting("max_orphans", 0)
    client, _ = t.pair()
    road("loss 100%")
    port = port_of(client)
    client.send(b"on its way")
    client.close()
    return [(port, "OrphanLimit", "FIN_WAIT_1", "sent")]


def admin(t):
    client, _ = t.pair()
    m = [m for m in Diag().dump() if m["lport"] == port_of(client)][0]
    Diag().destroy(exactly(m))
    return [(m["lport"], "Admin", "ESTABLISHED", "sent"),
            (PORT, "ResetByPeer", "ESTABLISHED", "received")]


def admins_orphan(t):
    held = hold(t, "orphan")
    write(SYSCTLS + "abort_orphans", 1)
    return [(held.lport, "Admin", "FIN_WAIT_2", "sent"),
            (PORT, "ResetByPeer", "CLOSE_WAIT", "received")]


KINDS = {f.__name__.replace("_", "-"): f for f in (
    closed_unread, aborted, refused, unanswered, unreachable,
    given_up, retransmit_timeout, user_timeout, keepalive_timeout,
    probe_timeout, text_after_close, peer_stays, nobody_accepts, no_room,
    no_room_by_cookie, orphans, admin, admins_orphan)}


@test("ended-kind", kind=tuple(KINDS), v=VERSIONS)
def kind(t):
    want = KINDS[t.kind](t)
    see("what ended", sorted((m["lport"],) + facts(m) for m in ended()),
        sorted(want))
    for m in ended():
        see("wire, version, local address", (
            m["protocol"], m["v"], m["local"]), (PROTO, t.v, local(t)))
        see("the timer", m["timer"], "-")
    if t.kind.startswith("no-room"):
        see("how it was opened", {m["opened"] for m in ended()
                                  if m["lport"] == PORT},
            {"cookie" if "cookie" in t.kind else "passive"})


def local(t):
    if t.kind in ("unanswered", "given-up"):
        return {4: "192.0.2.1", 6: "2001:db8::1"}[t.v]
    return t.hosts.ADDRESS[t.v][0] if t.hosts else LOOP[t.v]


@test("ended-told", v=VERSIONS)
def told(t):
    """Bytes, queues, owner, both ends, and the time in the last state."""
    client, server = t.pair()
    port = port_of(client)
    inode = os.fstat(server.fileno()).st_ino
    client.sendall(bytes(1000))
    see("read", len(server.recv(300)), 300)
    server.sendall(bytes(70))
    wait_for("text", lambda: [r for r in rows(t.v) if r.rx == 70])
    wait_for("a second", lambda: all(r.ms > 1000 for r in rows(t.v)))
    cookie = [m for m in Diag().dump() if m["lport"] == port][0]["cookie"]
    client.close()
    wait_for("the end", lambda: len(ended()) == 2)
    mine, its = sorted(ended(), key=lambda m: m["lport"] != port)
    for what, of_mine, of_its in (
            ("lport", port, PORT), ("fport", PORT, port),
            ("foreign", LOOP[t.v], LOOP[t.v]), ("form", "socket", "socket"),
            ("opened", "active", "passive"),
            ("closing", "reset-sent", "reset-received"),
            ("sent", 1000, 70), ("received", 70, 1000),
            ("rqueue", 70, 700), ("uid", 0, 0), ("inode", mine["inode"], inode)):
        see(what, (mine[what], its[what]), (of_mine, of_its))
    see("cookie", mine["cookie"], cookie)
    if min(mine["state_ms"], its["state_ms"]) < 1000:
        raise Mismatch("lasted: %r" % [mine["state_ms"], its["state_ms"]])
    ago = mine["ago_ms"]
    wait_for("time to pass", lambda: ended()[0]["ago_ms"] > ago + 500)


# What is not kept -------------------------------------------------------------

@test("ended-orderly", how=("client-first", "server-first", "both",
                            "time-wait-over", "time-wait-admin", "listener",
                            "too-many-time-waits"), v=VERSIONS)
def orderly(t):
    setting("msl_ms", 1 if t.how == "time-wait-over" else 30000)
    if t.how == "too-many-time-waits":
        setting("max_tw_buckets", 0)
    client, server = t.pair()
    if t.how == "both":
        road("delay 1s")
    first, second = ((server, client) if t.how == "server-first" else
                     (client, server))
    first.close()
    if t.how != "both":
        wait_for("the FIN", lambda: rows(t.v, "CLOSE_WAIT"))
    second.close()
    gone = t.how in ("time-wait-over", "too-many-time-waits")
    wait_for("the end", lambda: {r.state for r in rows(t.v)} ==
             (set() if gone else {"TIME_WAIT"}), LONG_S)
    if t.how == "time-wait-admin":
        write(SYSCTLS + "abort_orphans", 1)
    if t.how == "listener":
        listener = t.listen(PORT + 1)
        m = [m for m in Diag().dump() if m["state"] == "LISTEN"][0]
        Diag().destroy(exactly(m))
        listener.close()
    see("kept", ended(), [])


@test("ended-half-open", how=("reset", "unanswered", "listener", "admin"),
      v=VERSIONS)
def half_open(t):
    """Who only sends SYNs drives nothing out: such ends are counted alone."""
    if t.how == "unanswered":
        setting("synack_retries", 0)
    held = hold(t, "SYN_RCVD")
    if t.how == "reset":
        held.peer.close()
    elif t.how == "unanswered":
        road(None)	# with the SYNs that are on it: each would open one more
        road("loss 100%")
    elif t.how == "listener":
        t.socks[0].close()
    else:
        m = [m for m in Diag().dump() if m["state"] == "SYN_RCVD"][0]
        Diag().destroy(exactly(m))
    reason = {"reset": "ResetByPeer", "unanswered": "SynAckTimeout",
              "listener": "ListenerGone", "admin": "Admin"}[t.how]
    wait_for("the end", lambda: not rows(t.v, "SYN_RCVD"), LONG_S)
    see("counted", counters()[reason], 1)
    see("kept", [m for m in ended() if m["lport"] == PORT], [])


# The ring ---------------------------------------------------------------------

def end_some(t, count, first=PORT + 100):
    """Refused, each from a port of its own; those ports."""
    for i in range(count):
        client = t.socket()
        client.bind((LOOP[t.v], first + i))
        see("connect", attempt(client.connect, (LOOP[t.v], PORT)),
            "ConnectionRefusedError")
        client.close()
    return [first + i for i in range(count)]


def ports():
    return [m["lport"] for m in ended()]


@test("ended-ring", what=("wraps",), v=VERSIONS)
def wraps(t):
    setting("ended_kept", 4)
    some = end_some(t, 3)
    see("three of four", ports(), some)
    more = end_some(t, 7, PORT + 200)
    see("the last four", ports(), more[-4:])


@test("ended-ring", what=("resized",), v=VERSIONS)
def resized(t):
    """The last ones stay, as many as there is room for."""
    setting("ended_kept", 5)
    some = end_some(t, 8)
    setting("ended_kept", 3)
    see("smaller", ports(), some[-3:])
    setting("ended_kept", 100)
    see("larger", ports(), some[-3:])
    more = end_some(t, 5, PORT + 200)
    see("with more", ports(), some[-3:] + more)


@test("ended-ring", what=("off",), v=VERSIONS)
def off(t):
    end_some(t, 2)
    setting("ended_kept", 0)
    see("forgotten", ports(), [])
    end_some(t, 2)
    see("not kept", ports(), [])
    setting("ended_kept", 2)
    see("still forgotten", ports(), [])
    some = end_some(t, 1, PORT + 200)
    see("kept again", ports(), some)


@test("ended-ring", what=("before-the-first-socket",))
def early(t):
    see("nothing yet", ports(), [])
    setting("ended_kept", 0)
    end_some(t, 1)
    see("off from the start", ports(), [])


@test("ended-namespace", v=VERSIONS)
def namespaces(t):
    some = end_some(t, 2)
    home = this_namespace()
    new_namespace()
    see("seen from another", ports(), [])
    more = end_some(t, 1, PORT + 200)
    see("its own", ports(), more)
    setting("ended_kept", 0)
    enter(home)
    os.close(home)
    see("at home", ports(), some)


@test("ended-dump", v=VERSIONS)
def dump(t):
    """In many messages: those that there were when it began, once each."""
    setting("ended_kept", 300)
    some = end_some(t, 200)
    seen, messages = [], 0
    for piece in Diag(4096).pieces(request(what=WHAT_ENDED)):
        seen += [m["lport"] for m in piece]
        messages += 1
        end_some(t, 1, PORT + 500 + messages)
    if messages < 5:
        raise Mismatch("so few messages: %d" % messages)
    see("told", seen, some)


@test("ended-dump", what=("overtaken",), v=VERSIONS)
def overtaken(t):
    """Those that are driven out meanwhile are left out, and nothing else."""
    setting("ended_kept", 200)
    some = end_some(t, 200)
    pieces = Diag(4096).pieces(request(what=WHAT_ENDED))
    seen = [m["lport"] for m in next(pieces)]
    setting("ended_kept", 10)
    seen += [m["lport"] for piece in pieces for m in piece]
    see("the last ones", seen[-10:], some[-10:])
    see("in their order, once", seen, sorted(set(seen)))


@test("ended-filter", v=VERSIONS)
def filters(t):
    some = end_some(t, 3)
    wait_for("a second", lambda: all(m["ago_ms"] > 1000 for m in ended()))
    client, server = t.pair()
    discard(server)
    wait_for("the reset", lambda: len(ended()) == 5)
    port = port_of(client)
    for what, kw, want in (
            ("state", dict(states=1 << NUMBER["SYN_SENT"]), some),
            ("other states", dict(states=1 << NUMBER["LISTEN"]), []),
            ("age", dict(least=1000), some),
            ("youth", dict(most=999), [PORT, port]),
            ("local port", dict(local=end(ports=(some[1],) * 2)), [some[1]]),
            ("peer's", dict(foreign=end(ports=(port,) * 2)), [PORT]),
            ("version", dict(v=10 - t.v), []),
            ("address", dict(v=t.v, foreign=end(LOOP[t.v])),
             some + [PORT, port]),
            ("wire", dict(protocol=PROTO), some + [PORT, port]),
            ("other wire", dict(protocol=253 if PROTO == 6 else 6), [])):
        see(what, sorted(m["lport"] for m in ended(**kw)), sorted(want))


@test("ended-unprivileged")
def unprivileged(t):
    """Anybody may look, as with what there is."""
    some = end_some(t, 2)
    see("nobody's", as_nobody(lambda: [m["lport"] for m in Diag().dump(
        what=WHAT_ENDED)]), some)


main()
