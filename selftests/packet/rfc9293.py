#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Requirements of RFC 9293 that no other program here looks at: local ports and
addresses (3.9.1.1), what IP is told and tells (3.8.3, 3.9.2)."""
import os
import socket
import subprocess

import segment
from context import HOST, KERNEL, MSS, PEER, Skip, attempt, main
from icmp import SOFT, send_icmp
from tap import test
from xtcp_wire import text_of

VERSIONS = (4, 6)
SECOND = {4: "10.9.0.77", 6: "fd09::77"}
NET = {4: "10.9.3.0/24", 6: "fd09::3:0/112"}
IN_NET = {4: "10.9.3.7", 6: "fd09::3:7"}
RECVERR = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}
# Parameter problem: RFC 9293 3.9.2.2 calls it soft, for both versions of IP.
PARAMETER = {4: ((12, 0), (12, 1)), 6: ((4, 0), (4, 2))}
KPROBES = "/sys/kernel/tracing/kprobe_events"
PROBED = {4: "ipv4_negative_advice", 6: "ip6_negative_advice"}


def ip(text):
    subprocess.run(["ip"] + text.split(), check=True)


class second_address:
    """The kernel's end has another address, and a network that prefers it."""

    def __init__(self, v):
        self.v = v
        self.address = "%s/%d" % (SECOND[v], 32 if v == 4 else 128)

    def __enter__(self):
        ip("addr add %s dev xw0%s" % (self.address,
                                      " nodad" if self.v == 6 else ""))
        ip("-%d route add %s dev xw0 src %s" % (self.v, NET[self.v],
                                                SECOND[self.v]))

    def __exit__(self, *_):
        ip("-%d route del %s dev xw0" % (self.v, NET[self.v]))
        ip("addr del %s dev xw0" % self.address)


def only_stray(t, flags):
    """The one segment that came and that no flow expects."""
    t.wire.take()
    found, t.wire.strays[:] = list(t.wire.strays), []
    t.see("segments", [seg.flags for seg in found],
          [segment.flag_bits(flags)])
    return found[0]


# Ports --------------------------------------------------------------------

@test("passive-open", what=("disturbs-nothing",), v=VERSIONS)
def passive_open_fails(t):
    """MUST-41: a second one fails, and what the first made goes on."""
    f = t.passive()
    half = t.flow(f.lport)
    half.listener = f.listener
    half.send("S", opts=MSS)
    half.expect("SA")
    at = (text_of(t.v, KERNEL[t.v]), f.lport)
    t.see("bind", attempt(t.socket().bind, at), "EADDRINUSE")
    other = t.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.see("a second listener", "EADDRINUSE" in (
        attempt(other.bind, at), attempt(other.listen, 1)), True)
    f.send("PA", b"alive")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"alive")
    half.send("A")
    t.accept(half)


@test("passive-open", what=("while-opening",), v=VERSIONS)
def passive_open_beside(t):
    """MUST-42: a port may listen while it is in SYN_SENT elsewhere."""
    f = t.hold_syn_sent()
    g = t.flow(f.lport)
    g.listener = t.listen(f.lport)
    t.see("listening", g.listening(), True)
    f.expect_state("SYN_SENT")
    g.send("S", opts=MSS)
    g.expect("SA")
    g.send("A")
    t.accept(g)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.expect_state("ESTABLISHED")


# Addresses ----------------------------------------------------------------

@test("source", what=("bound",), v=VERSIONS)
def source_bound(t):
    """MUST-43: the address that the program gave."""
    with second_address(t.v):
        f = t.flow()
        f.sock = t.socket()
        f.sock.bind((SECOND[t.v], f.lport))
        t.connect_again(f)
        t.see("source", f.expect("S").src,
              segment.address(t.v, SECOND[t.v]))
        f.sock.close()


@test("source", what=("chosen-by-ip",), v=VERSIONS)
def source_chosen(t):
    """MUST-44: none was given, so the route says which."""
    with second_address(t.v):
        for peer, own in ((text_of(t.v, PEER[t.v]), t.v == 4 and "10.9.0.1"),
                          (IN_NET[t.v], SECOND[t.v])):
            sock = t.socket()
            attempt(sock.connect, (peer, 7))
            syn = only_stray(t, "S")
            # IPv6 has rules of its own among addresses of one prefix.
            if own:
                t.see("source", syn.src, segment.address(t.v, own))
            t.see("getsockname", sock.getsockname()[:2],
                  (text_of(t.v, syn.src), syn.sport))
            sock.close()


@test("source", what=("outlives-routes",), v=VERSIONS)
def source_kept(t):
    """MUST-45: text, RST and the ACK of TIME_WAIT keep it."""
    f, late = t.hold_established(), t.hold_time_wait()
    with second_address(t.v):
        ip("-%d route add %s dev xw0 src %s"
           % (t.v, text_of(t.v, PEER[t.v]), SECOND[t.v]))
        try:
            f.sock.send(b"x")
            seen = [f.expect("PA", data=b"x")]
            t.discard(f.sock)
            seen.append(f.expect_rst())
            late.send("FA", seq=late.snd_nxt - 1)
            seen.append(late.expect("A"))
        finally:
            ip("-%d route del %s dev xw0" % (t.v, text_of(t.v, PEER[t.v])))
    t.see("sources", {seg.src for seg in seen}, {KERNEL[t.v]})


# Soft errors --------------------------------------------------------------

@test("soft-error", what=("told-on-request",), v=VERSIONS)
def soft_told(t):
    """MUST-47, SHLD-25: IP_RECVERR; the connection goes on."""
    f = t.hold_established()
    f.sock.setsockopt(*RECVERR[t.v], 1)
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    send_icmp(f, SOFT[t.v][0], seg.seq)
    t.see("poll", "ERR" in t.poll(f), True)
    t.see("read", t.read(f), "ENETUNREACH")
    t.see("read", t.read(f), "EAGAIN")
    f.send("A")
    f.send("PA", b"alive")
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"alive")


@test("soft-error", what=("silent",), v=VERSIONS)
def soft_silent(t):
    """SHLD-20: nobody asked for it, nobody is told."""
    f = t.hold_established()
    f.sock.send(b"x")
    seg = f.expect("PA", data=b"x")
    send_icmp(f, SOFT[t.v][0], seg.seq)
    t.see("poll", "ERR" in t.poll(f), False)
    t.see("read", t.read(f), "EAGAIN")


@test("soft-error", what=("reason-in-the-end",), v=VERSIONS,
      host="it gives up openings on any error")
def soft_reason(t):
    """MUST-47: what the path said is the reason once all else failed."""
    t.sysctl("syn_retries", 1)
    f = t.hold_syn_sent()
    send_icmp(f, SOFT[t.v][0], f.irs)
    f.expect_state("SYN_SENT")
    f.expect_state("CLOSED", within=5)
    t.see("SO_ERROR", t.so_error(f), "ENETUNREACH")


@test("soft-error", what=("parameter-problem",), v=VERSIONS,
      host="it gives up openings on any error")
def parameter_problem(t):
    """MUST-56: neither an opening nor a connection ends by it."""
    for kind in PARAMETER[t.v]:
        f = t.hold_syn_sent()
        send_icmp(f, kind, f.irs)
        f.expect_state("SYN_SENT")
        f.drain()
        f.send("SA", opts=MSS)
        f.expect("A")
        f.sock.send(b"x")
        seg = f.expect("PA", data=b"x")
        send_icmp(f, kind, seg.seq)
        f.expect_state("ESTABLISHED")


# R1 and R2 ----------------------------------------------------------------

class Advice:
    """How often the kernel's route was said to lead nowhere."""

    def __init__(self, v):
        if not os.path.exists(KPROBES):
            subprocess.run(["mount", "-t", "tracefs", "none",
                            "/sys/kernel/tracing"], check=False)
        if not os.path.exists(KPROBES):
            raise Skip("no kprobes")
        self.v = v

    def __enter__(self):
        self.command("p:xtcp_r1/advice " + PROBED[self.v])
        self.enable("1")
        with open("/sys/kernel/tracing/trace", "w"):
            pass
        return self

    @staticmethod
    def enable(what):
        with open("/sys/kernel/tracing/events/xtcp_r1/enable", "w") as knob:
            knob.write(what)

    def __exit__(self, *_):
        self.enable("0")
        self.command("-:xtcp_r1/advice")

    @staticmethod
    def command(text):
        """Added to what others have there; the file cannot seek."""
        file = os.open(KPROBES, os.O_WRONLY | os.O_APPEND)
        os.write(file, text.encode())
        os.close(file)

    @staticmethod
    def count():
        with open("/sys/kernel/tracing/trace") as trace:
            return sum(" advice: " in line for line in trace)


@test("r1", of=("text", "syn"), v=VERSIONS, host="it advises at each one")
def r1(t):
    """MUST-20, 22, SHLD-10: at the third retransmission, not before."""
    with Advice(t.v) as advice:
        if t.of == "syn":
            f = t.hold_syn_sent()
            again = {"flags": "S", "seq": f.irs, "ack": 0}
        else:
            f = t.hold_established()
            f.sock.send(b"x")
            first = f.expect("PA", data=b"x")
            again = {"flags": "PA", "seq": first.seq, "data": b"x"}
        for number in (1, 2):
            f.expect(within=6, **again)
            t.see("after retransmission %d" % number, advice.count(), 0)
        f.expect(within=9, **again)
        t.see("after the third", advice.count(), 1)


@test("r2", what=("by-default",), v=VERSIONS)
def r2_default(t):
    """SHLD-11: at least 100 seconds."""
    f = t.hold_established()
    f.sock.send(b"x")
    f.wire.wait(lambda: False, 110)
    f.expect_state("ESTABLISHED")


# TTL ----------------------------------------------------------------------

@test("ttl", what=("by-default",), v=VERSIONS)
def ttl_default(t):
    """MUST-49: the system's is on what no socket sends."""
    path = ("/proc/sys/net/ipv4/ip_default_ttl" if t.v == 4 else
            "/proc/sys/net/ipv6/conf/xw0/hop_limit")
    with open(path, "w") as knob:
        knob.write("77")
    try:
        f = t.hold_closed()
        f.send("S", opts=MSS)
        t.see("RST", f.expect("RA", seq=0).ttl, 77)
        g = t.hold_listen()
        g.send("S", opts=MSS)
        t.see("SYN+ACK", g.expect("SA").ttl, 77)
    finally:
        with open(path, "w") as knob:
            knob.write("64")


@test("ttl", what=("in-time-wait",), v=VERSIONS)
def ttl_time_wait(t):
    """MUST-49: the program's is on the answers of TIME_WAIT as well."""
    def setup(sock):
        sock.setsockopt(*((socket.IPPROTO_IP, socket.IP_TTL) if t.v == 4 else
                          (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)),
                        33)
    t.how = "close"
    f = t.hold_time_wait(setup=setup)
    f.send("FA", seq=f.snd_nxt - 1)
    t.see("ACK", f.expect("A").ttl, 64 if HOST else 33)


if __name__ == "__main__":
    main()
