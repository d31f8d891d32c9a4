#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# row: every-state
"""The eleven states as ss shows them, with queues and timers, and what the
tracepoints say.
"""
import os
import re
import socket
import subprocess

from host import (LOOP, PORT, VERSIONS, Mismatch, Skip, attempt, black_hole,
                  discard, main, read, road, rows, see, test, wait_for,
                  wait_state, write)

TRACING = "/sys/kernel/tracing/"
EVENTS = TRACING + "events/xtcp/"
IN_FLIGHT = "delay 5s"		# long enough to look at what passes quickly
OPENING_S = 60
FIN = 0		# bytes to be sent: a FIN is none


def ss(v):
    """By local port: state, Recv-Q, Send-Q and the timer's name and rest. A
    listener is ahead of its children.
    """
    env = dict(os.environ, PROC_NET_TCP="/proc/net/xtcp",
               PROC_NET_TCP6="/proc/net/xtcp6")
    done = subprocess.run(["ss", "-Htano%d" % v], env=env, check=True,
                          stdout=subprocess.PIPE, text=True)
    found = {}
    for line in done.stdout.splitlines():
        words = line.split()
        timer = re.search(r"timer:\((\w+),([^,]*),(\d+)\)", line)
        found.setdefault(int(words[3].rsplit(":", 1)[1]), (
            words[0], int(words[1]), int(words[2]),
            timer.groups() if timer else None))
    return found


def seen(t, port, *want):
    """One connection in ss; the timer's name only, if there is one."""
    got = ss(t.v).get(port)
    if got:
        got = got[:3] + (got[3][0] if got[3] else None,)
    see("ss says of port %d" % port, got, want)


def lport(sock):
    return sock.getsockname()[1]


@test("every-state", ss=("listen",), v=VERSIONS)
def ss_listen(t):
    t.listen()
    seen(t, PORT, "LISTEN", 0, 0, None)
    t.dial()
    t.dial()
    seen(t, PORT, "LISTEN", 2, 0, None)


@test("every-state", ss=("established",), v=VERSIONS)
def ss_established(t):
    client, server = t.pair()
    seen(t, lport(client), "ESTAB", 0, 0, None)
    client.send(b"x" * 10)
    seen(t, PORT, "ESTAB", 10, 0, None)
    server.recv(3)
    seen(t, PORT, "ESTAB", 7, 0, None)


@test("every-state", ss=("unacknowledged",), v=VERSIONS)
def ss_unacknowledged(t):
    client, _ = t.pair()
    road("loss 100%")
    client.send(b"x" * 1000)
    seen(t, lport(client), "ESTAB", 0, 1000, "on")


@test("every-state", ss=("keep-alive",), v=VERSIONS)
def ss_keepalive(t):
    client, _ = t.pair()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1000)
    seen(t, lport(client), "ESTAB", 0, 0, "keepalive")
    rest = ss(t.v)[lport(client)][3][1]
    if not re.fullmatch(r"16min|999sec", rest):
        raise Mismatch("ss says the timer has %s left of 1000 s" % rest)


@test("every-state", ss=("window-closed",), v=VERSIONS)
def ss_persist(t):
    """The reader sleeps: what is sent waits at both ends."""
    client, server = t.pair()
    client.setblocking(False)
    sent = 0

    def full():
        nonlocal sent
        try:
            sent += client.send(b"x" * 65536)
        except BlockingIOError:
            line = ss(t.v)[lport(client)]
            return line[3] and line[3][0] == "persist"
    wait_for("a closed window", full)
    table = ss(t.v)
    see("Recv-Q + Send-Q", table[PORT][1] + table[lport(client)][2], sent)


@test("every-state", ss=("syn-sent",), v=VERSIONS)
def ss_syn_sent(t):
    client = t.dial(to=black_hole()[t.v], wait=False)
    state, _, _, timer = ss(t.v)[lport(client)]
    see("state and timer", (state, timer and timer[0]), ("SYN-SENT", "on"))


@test("every-state", ss=("syn-recv",), v=VERSIONS)
def ss_syn_recv(t):
    t.listen()
    road(IN_FLIGHT)
    t.dial(wait=False)
    # The listener has the same port: the table tells them apart.
    wait_for("SYN_RCVD", lambda: rows(t.v, "SYN_RCVD"), OPENING_S)
    env = dict(os.environ, PROC_NET_TCP="/proc/net/xtcp",
               PROC_NET_TCP6="/proc/net/xtcp6")
    text = subprocess.run(["ss", "-Htno%d" % t.v, "state", "syn-recv"],
                          env=env, check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    if not re.search(r":%d .*timer:\(on,\S+,\d+\)" % PORT, text):
        raise Mismatch("ss says %r" % text)


@test("every-state", ss=("fin-wait-1",), v=VERSIONS)
def ss_fin_wait_1(t):
    client, _ = t.pair()
    road("loss 100%")
    client.shutdown(socket.SHUT_WR)
    seen(t, lport(client), "FIN-WAIT-1", 0, FIN, "on")


@test("every-state", ss=("half-closed",), v=VERSIONS)
def ss_half_closed(t):
    """The FIN is no byte to be read."""
    client, server = t.pair()
    client.send(b"last")
    client.shutdown(socket.SHUT_WR)
    wait_state(t.v, lport(client), "FIN_WAIT_2")
    seen(t, lport(client), "FIN-WAIT-2", 0, 0, None)
    seen(t, PORT, "CLOSE-WAIT", 4, 0, None)
    see("what arrived", server.recv(9), b"last")
    seen(t, PORT, "CLOSE-WAIT", 0, 0, None)


@test("every-state", ss=("fin-wait-2-orphan",), v=VERSIONS)
def ss_orphan(t):
    client, _ = t.pair()
    port = lport(client)
    client.close()
    wait_state(t.v, port, "FIN_WAIT_2")
    seen(t, port, "FIN-WAIT-2", 0, 0, "timewait")


@test("every-state", ss=("last-ack",), v=VERSIONS)
def ss_last_ack(t):
    client, server = t.pair()
    client.shutdown(socket.SHUT_WR)
    wait_state(t.v, PORT, "CLOSE_WAIT")
    road("loss 100%")
    server.shutdown(socket.SHUT_WR)
    seen(t, PORT, "LAST-ACK", 0, FIN, "on")


@test("every-state", ss=("closing",), v=VERSIONS)
def ss_closing(t):
    client, server = t.pair()
    road(IN_FLIGHT)
    client.shutdown(socket.SHUT_WR)
    server.shutdown(socket.SHUT_WR)
    wait_state(t.v, lport(client), "CLOSING", OPENING_S)
    seen(t, lport(client), "CLOSING", 0, FIN, "on")


@test("every-state", ss=("time-wait",), v=VERSIONS)
def ss_time_wait(t):
    client, server = t.pair()
    port = lport(client)
    client.close()
    server.close()
    wait_state(t.v, port, "TIME_WAIT")
    seen(t, port, "TIME-WAIT", 0, 0, "timewait")
    rest = ss(t.v)[port][3][1]
    if not re.fullmatch(r"59sec|1min|60sec", rest):
        raise Mismatch("ss says that %s are left of 60 s" % rest)


# Tracepoints ----------------------------------------------------------

class Trace:
    """What this namespace's tracepoints say while it is open."""

    def __init__(self, t):
        if not os.path.isdir(EVENTS):
            raise Skip("no tracepoints here")
        t.afterwards.append(lambda: write(EVENTS + "enable", 0))
        self.mark = "netns=%d " % os.stat("/proc/self/ns/net").st_ino
        write(TRACING + "trace", "")
        write(EVENTS + "enable", 1)

    def lines(self, event=""):
        """Without what stands before the event's own text."""
        wanted = " " + event + (": " if event else "")
        return [line.partition(self.mark)[2].strip()
                for line in read(TRACING + "trace").splitlines()
                if self.mark in line and wanted in line]

    def expect(self, event, pattern):
        text = self.lines(event)
        if not any(re.fullmatch(pattern, line) for line in text):
            raise Mismatch("no %s: %s among %r" % (event, pattern, text))


def shown(v, port):
    """An end, as a pattern."""
    return re.escape("%s:%d" % (LOOP[4], port) if v == 4 else
                     "[%s]:%d" % (LOOP[6], port))


@test("every-state", trace=("states",), v=VERSIONS)
def trace_states(t):
    trace = Trace(t)
    client, server = t.pair()
    mine, port = shown(t.v, lport(client)), lport(client)
    theirs = shown(t.v, PORT)
    there = "local=%s foreign=%s " % (mine, theirs)
    back = "local=%s foreign=%s " % (theirs, mine)
    client.close()
    wait_state(t.v, port, "FIN_WAIT_2")
    server.close()
    wait_state(t.v, port, "TIME_WAIT")
    for event, ends, change in (
            ("xtcp_state", there, "CLOSED->SYN_SENT"),
            ("xtcp_small_state", back, "LISTEN->SYN_RCVD"),
            ("xtcp_state", there, "SYN_SENT->ESTABLISHED"),
            ("xtcp_state", there, "ESTABLISHED->FIN_WAIT_1"),
            ("xtcp_state", back, "ESTABLISHED->CLOSE_WAIT"),
            ("xtcp_state", there, "FIN_WAIT_1->FIN_WAIT_2"),
            ("xtcp_state", back, "CLOSE_WAIT->LAST_ACK"),
            ("xtcp_small_state", there, "FIN_WAIT_2->TIME_WAIT"),
            ("xtcp_state", back, "LAST_ACK->CLOSED")):
        trace.expect(event, ends + change + r" event=\w+ reason=\w+")
    changes = " ".join(trace.lines("xtcp_state")
                       + trace.lines("xtcp_small_state"))
    if "SYN_RCVD->ESTABLISHED" not in changes:
        raise Mismatch("no SYN_RCVD->ESTABLISHED in " + changes)


@test("every-state", trace=("segments",), v=VERSIONS)
def trace_segments(t):
    trace = Trace(t)
    client, server = t.pair()
    client.send(b"x" * 100)
    server.recv(100)
    ends = "local=%s foreign=%s " % (shown(t.v, lport(client)),
                                     shown(t.v, PORT))
    numbers = r" seq=\d+ ack=\d+ len=%d wnd=\d+"
    trace.expect("xtcp_segment_out", ends + "flags=SYN" + numbers % 0)
    trace.expect("xtcp_segment_in", ends + r"flags=SYN\|ACK" + numbers % 0)
    trace.expect("xtcp_segment_out", ends + "flags=ACK" + numbers % 0)
    trace.expect("xtcp_segment_out", ends + r"flags=PSH\|ACK"
                 + numbers % 100)


@test("every-state", trace=("retransmit",), v=VERSIONS)
def trace_retransmit(t):
    trace = Trace(t)
    client, server = t.pair()
    road("loss 100%")
    client.send(b"x" * 100)
    wait_for("a retransmission", lambda: trace.lines("xtcp_retransmit"))
    trace.expect("xtcp_retransmit", r"lport=%d fport=%d seq=\d+ len=100"
                 % (lport(client), PORT))
    road("")
    see("what arrives", server.recv(100), b"x" * 100)


@test("every-state", trace=("reset",), v=VERSIONS)
def trace_reset(t):
    trace = Trace(t)
    try:
        t.dial(PORT + 1)
    except ConnectionRefusedError:
        pass
    trace.expect("xtcp_drop", "reason=NoConnection")
    trace.expect("xtcp_reset", "sent reason=NoConnection")
    trace.expect("xtcp_reset", "received reason=Refused")
    client, server = t.pair()
    discard(client)
    trace.expect("xtcp_reset", "sent reason=Aborted")
    trace.expect("xtcp_reset", "received reason=ResetByPeer")
    see("bytes left", attempt(server.recv, 1), "ConnectionResetError")


main()
