#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A stateful packet filter in front of either end.

On the TCP wire it sees what it sees of the host's TCP: one new connection, then
packets of that connection, none of them invalid; and its refusals are heard. On
the native wire it knows no ports: Documentation/wires.rst.
"""
import errno
import json
import os
import socket

from host import (PORT, SOON_S, VERSIONS, Hosts, Mismatch, all_of, attempt,
                  discard, main, run, see, socket_of, test, wait_for)

TEXT = os.urandom(300000)
STATEFUL = """
table inet wall {
    counter new { }
    counter known { }
    counter invalid { }
    counter refused { }
    chain guard {
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        ct state invalid counter name invalid drop
        ct state established,related counter name known accept
        ct state new tcp dport PORT counter name new accept
        tcp dport DROPPED counter name refused drop
        tcp dport RESET counter name refused reject with tcp reset
        tcp dport ICMP counter name refused reject
        counter name refused drop
    }
    chain to { type filter hook HOOK priority 0; policy drop; jump guard; }
    chain back {
        type filter hook OTHER priority 0; policy drop
        iif lo accept
        oif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        ct state invalid counter name invalid drop
        ct state established,related accept
        tcp flags rst accept
    }
}
"""
DROPPED, RESET, ICMP = PORT + 1, PORT + 2, PORT + 3


def rules(text, **names):
    for name, value in names.items():
        text = text.replace(name, str(value))
    run("nft -f -", text)


def packets():
    """Of each counter, by name."""
    told = json.loads(run("nft -j list counters"))["nftables"]
    return {c["counter"]["name"]: c["counter"]["packets"]
            for c in told if "counter" in c}


def listen(t, hosts, port=PORT):
    hosts.go(1)
    sock = socket_of(t, t.wire)
    sock.bind((Hosts.ADDRESS[t.v][1], port))
    sock.listen(4)
    return sock


def connect(t, hosts, port=PORT):
    hosts.go(0)
    sock = socket_of(t, t.wire)
    sock.connect((Hosts.ADDRESS[t.v][1], port))
    return sock


def speak(t, client, listener):
    """Text both ways, a half-close, the end; what each heard."""
    server = listener.accept()[0]
    server.settimeout(SOON_S)
    t.socks.append(server)
    server.setblocking(True)
    pid = os.fork()
    if not pid:
        heard = all_of(server)
        server.sendall(heard[::-1])
        os._exit(0)
    server.close()
    client.sendall(TEXT)
    client.shutdown(socket.SHUT_WR)
    see("what came back", all_of(client) == TEXT[::-1], True)
    client.close()
    os.waitpid(pid, 0)


@test("stateful", wire=("tcp", "host"), front=("server", "client"),
      v=VERSIONS)
def stateful(t):
    hosts = t.two_hosts()
    listener = listen(t, hosts)
    side = 1 if t.front == "server" else 0
    hosts.go(side)
    rules(STATEFUL, PORT=PORT, DROPPED=DROPPED, RESET=RESET, ICMP=ICMP,
          HOOK="input" if side else "output",
          OTHER="output" if side else "input")
    client = connect(t, hosts)
    speak(t, client, listener)
    hosts.go(side)
    seen = packets()
    see("new", seen["new"], 1)
    see("invalid", seen["invalid"], 0)
    see("refused", seen["refused"], 0)
    if seen["known"] < 10:
        raise Mismatch("of a known connection: %d" % seen["known"])


@test("refusals", wire=("tcp", "host"), v=VERSIONS)
def refusals(t):
    hosts = t.two_hosts()
    for port in (DROPPED, RESET, ICMP):
        listen(t, hosts, port)
    hosts.go(1)
    rules(STATEFUL, PORT=PORT, DROPPED=DROPPED, RESET=RESET, ICMP=ICMP,
          HOOK="input", OTHER="output")
    for port in (RESET, ICMP):
        see("port %d" % port, attempt(connect, t, hosts, port),
            "ConnectionRefusedError")
    hosts.go(0)
    client = socket_of(t, t.wire)
    client.setblocking(False)
    see("connect", client.connect_ex((Hosts.ADDRESS[t.v][1], DROPPED)),
        errno.EINPROGRESS)
    hosts.go(1)
    wait_for("the SYN is dropped", lambda: packets()["refused"] >= 3)
    see("SO_ERROR", client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)
    discard(client)


@test("native-by-port", v=VERSIONS)
def native_by_port(t):
    """The ports lie where TCP's do: th reads them."""
    t.wire, hosts = "native", t.two_hosts()
    listener = listen(t, hosts)
    listen(t, hosts, DROPPED)
    hosts.go(1)
    rules("""
table inet wall {
    counter refused { }
    chain to {
        type filter hook input priority 0
        meta l4proto 253 th dport PORT accept
        meta l4proto 253 counter name refused drop
    }
}""", PORT=PORT)
    speak(t, connect(t, hosts), listener)
    hosts.go(0)
    client = socket_of(t, t.wire)
    client.setblocking(False)
    client.connect_ex((Hosts.ADDRESS[t.v][1], DROPPED))
    hosts.go(1)
    wait_for("the SYN is dropped", lambda: packets()["refused"] >= 1)
    discard(client)


@test("native-tracked", v=VERSIONS)
def native_tracked(t):
    """All connections of two hosts are one flow to connection tracking."""
    t.wire, hosts = "native", t.two_hosts()
    listener, other = listen(t, hosts), listen(t, hosts, DROPPED)
    hosts.go(1)
    rules("""
table inet wall {
    counter new { }
    chain to {
        type filter hook input priority 0; policy drop
        iif lo accept
        meta l4proto { icmp, ipv6-icmp } accept
        ct state established accept
        meta l4proto 253 th dport PORT counter name new accept
    }
}""", PORT=PORT)
    speak(t, connect(t, hosts), listener)
    speak(t, connect(t, hosts, DROPPED), other)
    hosts.go(1)
    see("new", packets()["new"], 1)


if __name__ == "__main__":
    main()
