#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""sock_diag: what it tells, whom it lets end what, and what it refuses."""
import errno
import os
import random
import select
import socket
import struct

import every
from every import hold, port_of
from host import (LOOP, PORT, PROTO, VERSIONS, Mismatch, as_nobody, attempt, counters, discard,
                  enter, main, new_namespace, rows, see, test, this_namespace,
                  wait_for, wait_state)
from netlink import (BY_FAMILY, DESTROY, F_DUMP, NUMBER, SHOW_INFO,
                     SHOW_MEMINFO, WHAT_ENDED, Diag, complaint, end, exactly, request)

FORM = {"SYN_RCVD": "half-open", "orphan": "fin-wait-2",
        "TIME_WAIT": "time-wait"}
OPENED = {"LISTEN": "-", "SYN_RCVD": "passive", "CLOSE_WAIT": "passive",
          "LAST_ACK": "passive"}
CLOSING = {"FIN_WAIT_1": "we-first", "FIN_WAIT_2": "we-first",
           "orphan": "we-first", "CLOSE_WAIT": "peer-first",
           "CLOSING": "both", "LAST_ACK": "peer-first",
           "TIME_WAIT": "we-first"}


def the_one(diag, held, **kw):
    found = [m for m in diag.dump(**kw)
             if (m["lport"], m["state"]) == (held.lport, held.state)]
    if len(found) != 1:
        raise Mismatch("%d of port %d in %s" % (
            len(found), held.lport, held.state))
    return found[0]


def inode_of(sock):
    return os.fstat(sock.fileno()).st_ino if sock else 0


@test("diag-shows", state=every.STATES, v=VERSIONS)
def shows(t):
    """What is told of it, and that asking for that one tells the same."""
    held = hold(t, t.state)
    diag = Diag()
    m = the_one(diag, held)
    for what, want in (
            ("v", t.v), ("protocol", PROTO),
            ("form", FORM.get(t.state, "socket")),
            ("opened", OPENED.get(t.state, "active")),
            ("closing", CLOSING.get(t.state, "-")), ("reason", 0),
            ("uid", 0), ("inode", inode_of(held.sock)),
            ("fport", 0 if t.state == "LISTEN" else m["fport"])):
        see(what, m[what], want)
    row = [r for r in rows(t.v, held.state) if r.lport == held.lport][0]
    see("queues", (m["wqueue"], m["rqueue"]), (row.tx, row.rx))
    again = diag.get(exactly(m))
    for what in "cookie", "state", "form", "lport", "foreign", "inode":
        see(what + " when asked again", again[what], m[what])


@test("diag-info", of=("socket", "time-wait"), v=VERSIONS)
def info(t):
    """struct xtcp_info and memory: as getsockopt() has them, or the record's."""
    held = hold(t, "ESTABLISHED" if t.of == "socket" else "TIME_WAIT")
    m = the_one(Diag(), held, show=SHOW_INFO | SHOW_MEMINFO)
    see("state", m["info"][0], NUMBER[held.state])
    see("reason", m["info"][8:32].rstrip(b"\0"), b"None")
    see("memory", m["meminfo"] is not None, t.of == "socket")
    if t.of == "socket":
        mine = held.sock.getsockopt(300, 3, 1000)
        see("info but for the time", m["info"][:32] + m["info"][36:],
            mine[:32] + mine[36:])


def sequence_numbers(m):
    """iss, irs, snd_una, snd_nxt, rcv_nxt"""
    numbers = struct.unpack("=7I", m["info"][36:64])
    return numbers[:4] + numbers[5:6]


@test("diag-unprivileged", what=("numbers",), v=VERSIONS)
def numbers_are_secret(t):
    held = hold(t, "ESTABLISHED")
    ask = lambda: sequence_numbers(the_one(Diag(), held, show=SHOW_INFO))
    see("0 among root's", 0 in ask(), False)
    see("nobody's", as_nobody(ask), (0,) * 5)


@test("diag-unprivileged", what=("destroy",), v=VERSIONS)
def refused(t):
    held = hold(t, "ESTABLISHED")
    m = the_one(Diag(), held)
    see("nobody's answer", as_nobody(
        lambda: complaint(Diag().destroy, exactly(m))), "EPERM")
    # Whoever passes his descriptor on does not pass his rights on with it.
    diag = Diag()
    see("with root's descriptor", as_nobody(
        lambda: complaint(diag.destroy, exactly(m))), "EPERM")
    see("the connection", the_one(Diag(), held)["cookie"], m["cookie"])


# Filters ----------------------------------------------------------------

@test("diag-filter", by=("states",), v=VERSIONS)
def by_states(t):
    held = [hold(t, "CLOSE_WAIT")]
    diag = Diag()
    for state in "CLOSE_WAIT", "FIN_WAIT_2", "ESTABLISHED", "TIME_WAIT":
        found = diag.dump(v=t.v, states=1 << NUMBER[state])
        see("how many in " + state, len(found),
            int(state in ("CLOSE_WAIT", "FIN_WAIT_2")))
    see("the other version", diag.dump(v=10 - t.v), [])
    see("both versions", len(diag.dump()), 2)
    del held


@test("diag-filter", by=("wire",), v=VERSIONS)
def by_wire(t):
    """One on this wire is not told to who asks for the other."""
    held = hold(t, "LISTEN")
    diag, other = Diag(), 253 if PROTO == 6 else 6
    m = the_one(diag, held, protocol=PROTO)
    see("the other wire", diag.dump(protocol=other), [])
    see("that one there", complaint(
        diag.get, exactly(dict(m, protocol=other))), "ENOENT")
    see("destroyed there", complaint(
        diag.destroy, exactly(dict(m, protocol=other))), "ENOENT")


@test("diag-filter", by=("age",), v=VERSIONS)
def by_age(t):
    """The old ones have been there for a second before the new ones come."""
    old = t.pair(PORT)
    diag = Diag()
    wait_for("a second", lambda: all(
        m["state_ms"] > 1000 for m in diag.dump(states=2)))
    new = t.pair(PORT + 1)
    mine = {port_of(s) for s in old}
    see("older", {m["lport"] for m in diag.dump(states=2, least=1000)}, mine)
    found = diag.dump(states=2, most=999)
    if {m["lport"] for m in found} - {port_of(s) for s in new}:
        raise Mismatch("younger: %r" % found)


@test("diag-filter", by=("ends",), v=VERSIONS)
def by_ends(t):
    client, _ = t.pair()
    diag, port = Diag(), port_of(client)
    other = {4: "127.0.0.2", 6: "::2"}[t.v]
    near = {4: 31, 6: 127}[t.v]
    for what, kw, count in (
            ("local port", dict(local=end(ports=(port, port))), 1),
            ("foreign port", dict(foreign=end(ports=(port, port))), 1),
            ("ports below", dict(local=end(ports=(0, PORT - 1))),
             int(port < PORT)),
            ("both ports", dict(local=end(ports=(PORT, PORT)),
                                foreign=end(ports=(port, port))), 1),
            ("address", dict(local=end(LOOP[t.v])), 2),
            ("another address", dict(foreign=end(other)), 0),
            ("a network", dict(foreign=end(LOOP[t.v], prefix=near)), 2),
            ("another one", dict(foreign=end(other, prefix=near)), 0),
            ("no bit", dict(foreign=end(other, prefix=0)), 2),
            ("device", dict(ifindex=1), 0)):
        see(what, len(diag.dump(v=t.v, **kw)), count)


# SOCK_DESTROY -------------------------------------------------------------

RESETS = ("SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "orphan",
          "CLOSE_WAIT")
DEAF = ("SYN_RCVD", "FIN_WAIT_1", "CLOSING", "LAST_ACK")	# cut off


def gone(t, held):
    return [r for r in rows(t.v, held.state) if r.lport == held.lport]


@test("diag-destroy", state=every.STATES, v=VERSIONS)
def destroy(t):
    """The program gets ECONNABORTED, once; the peer RST where it is owed."""
    held = hold(t, t.state)
    diag = Diag()
    m = the_one(diag, held)
    before = counters()
    diag.destroy(exactly(m))
    see("lines left", gone(t, held), [])
    after = counters()
    see("counted", after["Admin"] - before["Admin"], 1)
    see("RSTs", after["OutRsts"] - before["OutRsts"],
        int(t.state in RESETS))
    see("again", complaint(diag.destroy, exactly(m)), "ENOENT")
    if held.sock:
        poll = select.poll()
        poll.register(held.sock, 0)
        see("poll", bool(poll.poll(0)[0][1] & select.POLLERR), True)
        see("error", held.sock.getsockopt(
            socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNABORTED)
    if held.peer and t.state in RESETS and t.state not in DEAF:
        see("the peer", attempt(held.peer.recv, 1), "ConnectionResetError")


@test("diag-destroy", what=("waiting",), v=VERSIONS)
def destroy_waiting(t):
    """Who waits in recv() wakes up."""
    client, _ = t.pair()
    client.settimeout(None)
    m = the_one(Diag(), every.Held("ESTABLISHED", port_of(client), client))
    reader = os.getpid()
    pid = os.fork()
    if not pid:
        try:
            wait_for("the reader", lambda: asleep_in_recv(reader))
            Diag().destroy(exactly(m))
        finally:
            os._exit(0)
    see("recv", attempt(client.recv, 1), "ConnectionAbortedError")
    os.waitpid(pid, 0)


def asleep_in_recv(pid):
    with open("/proc/%d/syscall" % pid) as f:
        return f.read().split()[0] == "45"	# recvfrom


@test("diag-destroy", what=("in-the-queue",), v=VERSIONS)
def destroy_in_queue(t):
    """A child that nobody has accepted yet: accept() still gives it, ended."""
    listener = t.listen()
    t.dial()
    diag = Diag()
    m = the_one(diag, every.Held("ESTABLISHED", PORT, None))
    diag.destroy(exactly(m))
    child = t.accept(listener)
    see("recv", attempt(child.recv, 1), "ConnectionAbortedError")


@test("diag-destroy", what=("listener-with-children",), v=VERSIONS)
def destroy_listener(t):
    t.listen()
    client = t.dial()
    wait_state(t.v, PORT, "ESTABLISHED")
    diag = Diag()
    diag.destroy(exactly(the_one(diag, every.Held("LISTEN", PORT, None))))
    see("the client", attempt(client.recv, 1), "ConnectionResetError")
    see("lines left", rows(t.v), [])


@test("diag-destroy", what=("another",), v=VERSIONS)
def destroy_another(t):
    """Neither its successor nor one whose state has changed is hit."""
    client, server = t.pair()
    held = every.Held("ESTABLISHED", port_of(client), client)
    diag = Diag()
    m = the_one(diag, held)
    other = dict(m, cookie=(m["cookie"][0] ^ 1, m["cookie"][1]))
    see("cookie", complaint(diag.destroy, exactly(other)), "ENOENT")
    see("state", complaint(diag.destroy, exactly(
        m, states=1 << NUMBER["CLOSE_WAIT"])), "ENOENT")
    see("age", complaint(diag.destroy, exactly(m, least=3600000)), "ENOENT")
    server.send(b"alive")
    see("text", client.recv(5), b"alive")


@test("diag-cookie", v=VERSIONS)
def cookie_stays(t):
    """From half-open to TIME_WAIT; the next one has another."""
    client, server = t.pair()
    diag, port = Diag(), port_of(client)
    cookie = the_one(diag, every.Held("ESTABLISHED", port, 0))["cookie"]
    client.close()
    wait_state(t.v, port, "FIN_WAIT_2")
    see("FIN_WAIT_2", the_one(
        diag, every.Held("FIN_WAIT_2", port, 0))["cookie"], cookie)
    server.close()
    wait_state(t.v, port, "TIME_WAIT")
    m = the_one(diag, every.Held("TIME_WAIT", port, 0))
    see("TIME_WAIT", m["cookie"], cookie)
    diag.destroy(exactly(m))
    t.listen()
    again = t.socket()
    again.bind((LOOP[t.v], port))
    again.connect((LOOP[t.v], PORT))
    if the_one(diag, every.Held("ESTABLISHED", port, 0))["cookie"] == cookie:
        raise Mismatch("the next connection has the same cookie")


# Namespaces, churn, garbage -----------------------------------------------

@test("diag-namespace", v=VERSIONS)
def namespaces(t):
    held = hold(t, "ESTABLISHED")
    m = the_one(Diag(), held)
    home = this_namespace()
    new_namespace()
    there = Diag()
    see("seen from another", there.dump(), [])
    see("ended from another", complaint(there.destroy, exactly(m)), "ENOENT")
    enter(home)
    os.close(home)
    the_one(Diag(), held)


@test("diag-churn", v=VERSIONS)
def churn(t):
    """Those that stay are told once each, whatever comes and goes meanwhile."""
    listener = t.listen(backlog=256)
    stay = [t.dial() for _ in range(150)]
    ports = {port_of(s) for s in stay}
    served = [t.accept(listener) for _ in stay]
    seen, messages, others = [], 0, []
    for some in Diag(4096).pieces(request(show=SHOW_INFO)):
        seen += [m["lport"] for m in some]
        messages += 1
        for sock in others:
            discard(sock)
        others = [t.dial() for _ in range(20)]
        served += [t.accept(listener) for _ in others]
    if messages < 10:
        raise Mismatch("so few messages: %d" % messages)
    see("those that stayed", sorted(p for p in seen if p in ports),
        sorted(ports))


def expect_einval(diag, payload, what):
    for kind, flags in ((BY_FAMILY, F_DUMP), (BY_FAMILY, 0), (DESTROY, 4)):
        diag.ask(kind, flags, payload)
        code = next(iter(diag.messages()))
        number = struct.unpack_from("=i", code[1])[0] if code[0] == 2 else 0
        see(what, errno.errorcode.get(-number, "an answer"), "EINVAL")


@test("diag-garbage", of=("fields",))
def garbage(t):
    diag, good = Diag(), request()
    one = end("127.0.0.1", (1, 1))
    for what, payload in (
            ("short", good[:-1]), ("shorter", good[:4]), ("long", good + b"\0"),
            ("long by far", good + b"\0" * 4096),
            ("version", request(v=5)), ("what", request(what=2)),
            ("show", request(show=4)), ("no states", request(states=0)),
            ("state 0", request(states=1)), ("state 12", request(states=4096)),
            ("age", request(least=2, most=1)),
            ("ports", request(local=end(ports=(2, 1)))),
            ("prefix", request(v=4, foreign=end("127.0.0.1", prefix=33))),
            ("prefix of what", request(foreign=end("127.0.0.1", prefix=8))),
            ("pad", request(foreign=end(pad=b"\0\0\1")))):
        expect_einval(diag, payload, what)
    for what, payload in (
            ("no version", request(local=one, foreign=one, cookie=(1, 1))),
            ("no cookie", request(v=4, local=one, foreign=one)),
            ("a range", request(v=4, local=end("127.0.0.1", (1, 2)),
                                foreign=one, cookie=(1, 1))),
            ("a network", request(v=4, local=end("127.0.0.1", (1, 1), 31),
                                  foreign=one, cookie=(1, 1)))):
        see("one: " + what, complaint(diag.get, payload), "EINVAL")
        see("destroy: " + what, complaint(diag.destroy, payload), "EINVAL")
    see("one that has ended", complaint(diag.get, request(
        v=4, what=WHAT_ENDED, local=one, foreign=one, cookie=(1, 1))),
        "EINVAL")
    see("an end to it", complaint(diag.destroy, request(
        v=4, what=WHAT_ENDED, local=one, foreign=one, cookie=(1, 1))),
        "EINVAL")
    see("more of it", complaint(diag.dump, what=WHAT_ENDED, show=SHOW_INFO),
        "EINVAL")
    see("destroy all", complaint(
        diag.destroy, request(v=4, local=one, foreign=one, cookie=(1, 1)),
        F_DUMP | 4), "EINVAL")
    see("wire", complaint(diag.dump, protocol=17), "EPROTONOSUPPORT")
    see("nobody there", complaint(diag.get, request(
        v=4, local=one, foreign=one, cookie=(1, 1))), "ENOENT")


@test("diag-garbage", of=("random",))
def random_garbage(t):
    """Nothing of it ends a connection, and the kernel stays well."""
    held = hold(t, "ESTABLISHED")
    diag, chance = Diag(), random.Random(253)
    diag.sock.settimeout(5)
    good = request()
    for _ in range(500):
        payload = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            payload[chance.randrange(1, len(good))] = chance.randrange(256)
        kind = chance.choice((BY_FAMILY, DESTROY))
        flags = chance.choice((0, 4, F_DUMP)) if kind == BY_FAMILY else 4
        diag.ask(kind, flags, bytes(payload))
        while not last(diag, flags):
            pass
    the_one(Diag(), held)


def last(diag, flags):
    """Whether the answer ends with this message."""
    kinds = [kind for kind, _ in diag.messages()]
    return not flags & F_DUMP or 2 in kinds or 3 in kinds



main()
