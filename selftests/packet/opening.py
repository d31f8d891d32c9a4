#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How connections open, seen on the wire: LIFECYCLE rows of "Opening"."""
import socket

import segment
from context import (ANY, HOST, MSS, OWN_MSS, attempt, full_options,
                     main)
from segment import M32, diff
from tap import test
from xtcp_wire import SOL_XTCP, XTCP_ISN

ROLES = ("passive", "active")
VERSIONS = (4, 6)


@test("three-way", role=("passive",), v=VERSIONS)
def three_way_passive(t):
    f = t.hold_listen()
    f.send("S", opts=MSS)
    reply = f.expect("SA", ack=f.iss + 1)
    t.see("options of SYN+ACK", reply.opts,
          {"order": [2], "mss": OWN_MSS[t.v]})
    t.see("a window", reply.win > 0, True)
    f.expect_state("SYN_RCVD")
    t.see("the listener listens", f.listening(), True)
    t.no_accept(f)
    f.send("A", seq=f.iss + 1, ack=reply.seq + 1)
    f.silent()
    f.expect_state("ESTABLISHED")
    t.see("the listener listens", f.listening(), True)
    t.accept(f)
    t.no_accept(f)


@test("three-way", role=("active",), v=VERSIONS)
def three_way_active(t):
    f = t.flow()
    t.connect(f)
    syn = f.expect("S", seq=ANY, length=0)
    t.see("MSS of SYN", syn.opts.get("mss"), OWN_MSS[t.v])
    t.see("ack without ACK", syn.ack, 0)
    t.see("a window", syn.win > 0, True)
    f.expect_state("SYN_SENT")
    f.send("SA", opts=MSS)
    third = f.expect("A", seq=syn.seq + 1, ack=f.iss + 1)
    t.see("options of the third segment", third.opts["order"], [])
    f.expect_state("ESTABLISHED")
    f.silent()
    t.see("SO_ERROR", t.so_error(f), "0")
    t.see("getpeername", f.sock.getpeername()[1], f.fport)
    t.see("poll", t.poll(f), {"OUT"})


@test("three-way", role=("fixed-isn",), host="it has no XTCP_ISN")
def three_way_isn(t):
    def setup(sock):
        sock.setsockopt(SOL_XTCP, XTCP_ISN, 8000)
    f = t.flow()
    t.connect(f, setup)
    f.expect("S", seq=8000)
    f.send("SA", opts=MSS)
    f.expect("A", seq=8001)


@test("three-way", role=("options-passive",), v=VERSIONS)
def options_passive(t):
    f = t.hold_listen()
    f.send("S", opts=full_options(1000))
    reply = f.expect("SA")
    t.see("timestamps echo", reply.opts.get("ts", (0, 0))[1], 1000)
    t.see("window scale is there", "wscale" in reply.opts, True)
    f.tsval = 1001
    f.send("A")
    t.accept(f)
    f.sock.send(b"hello")
    text = f.expect("PA", data=b"hello")
    t.see("timestamps on text", text.opts.get("ts", (0, 0))[1], 1001)
    t.see("only timestamps on text", text.opts["order"], [8])


@test("three-way", role=("options-active",), v=VERSIONS)
def options_active(t):
    f = t.flow()
    t.connect(f)
    syn = f.expect("S")
    t.see("timestamps echo nothing", syn.opts.get("ts", (0, 1))[1], 0)
    t.see("window scale is there", "wscale" in syn.opts, True)
    f.send("SA", opts=MSS + segment.timestamps(77, syn.opts["ts"][0])
           + segment.wscale(2))
    third = f.expect("A")
    t.see("timestamps echo", third.opts.get("ts", (0, 0))[1], 77)
    t.see("only timestamps", third.opts["order"], [8])


@test("three-way", role=("options-refused",), v=VERSIONS)
def options_refused(t):
    """What only one end offers is not used (RFC 7323 2.2, 3.2)."""
    f = t.flow()
    t.connect(f)
    f.expect("S")
    f.send("SA", opts=MSS)
    t.see("options", f.expect("A").opts["order"], [])
    f.sock.send(b"x")
    t.see("options", f.expect("PA", data=b"x").opts["order"], [])


@test("three-way", role=("options-off",), v=VERSIONS)
def options_off(t):
    """What the settings forbid is neither offered nor accepted."""
    t.sysctl("timestamps", 0)
    t.sysctl("window_scaling", 0)
    f = t.hold_syn_sent()
    offered = f.history[0][2].opts
    t.see("offered", ("ts" in offered, "wscale" in offered), (False, False))
    g = t.hold_listen()
    g.send("S", opts=full_options(5))
    taken = g.expect("SA").opts
    t.see("accepted", ("ts" in taken, "wscale" in taken), (False, False))


@test("syn-data", v=VERSIONS)
def syn_data(t):
    """Text on a SYN is not given to the reader before the third segment."""
    f = t.hold_listen()
    syn = f.make("S", b"early", opts=MSS)
    f.wire.inject(syn.packet())
    f.snd_nxt = (f.iss + 1) & M32
    reply = f.expect("SA", ack=ANY)
    if diff(reply.ack, f.iss) not in (1, 6):
        f.fail("the SYN+ACK acknowledges neither 1 nor 6")
    t.no_accept(f)
    f.send("PA", b"early", ack=reply.seq + 1)
    f.expect("A", ack=f.iss + 6)
    t.accept(f)
    t.see("read", t.read(f), b"early")
    t.see("read", t.read(f), "EAGAIN")


@test("data-on-third-ack", role=("passive",), v=VERSIONS)
def third_passive(t):
    f = t.hold_listen()
    f.send("S", opts=MSS)
    f.expect("SA")
    f.send("PA", b"hello")
    t.accept(f)
    t.see("read", t.read(f), b"hello")
    f.expect("A")
    f.expect_state("ESTABLISHED")


@test("data-on-third-ack", role=("active",), v=VERSIONS)
def third_active(t):
    def setup(sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    f = t.flow()
    t.connect(f, setup)
    syn = f.expect("S")
    f.send("SA", opts=MSS)
    f.silent(0.01)
    f.sock.send(b"hello")
    f.expect("PA", seq=syn.seq + 1, ack=f.iss + 1, data=b"hello")


def kernel_isn(t, f):
    """The kernel's initial number for this flow, by a refused handshake."""
    f.rcv_nxt = f.irs = None
    f.snd_nxt = f.iss
    f.send("S", opts=MSS)
    seg = f.expect("SA")
    f.send("R", seq=f.iss + 1)
    f.expect_state("CLOSED")
    return seg.seq, seg.at


@test("isn", what=("tuples",), v=VERSIONS)
def isn_tuples(t):
    """Neighbouring tuples' numbers have nothing to do with each other."""
    f = t.hold_listen()
    numbers = []
    for port in range(30000, 30064):
        g = t.flow(f.lport, port)
        numbers.append(kernel_isn(t, g)[0])
        t.flows.remove(g)
    steps = [(b - a) & M32 for a, b in zip(numbers, numbers[1:])]
    t.see("different numbers", len(set(numbers)), 64)
    t.see("different steps", len(set(steps)), 63)
    # Of 63 random steps 31 are backward; 2^-40 is the chance of so few.
    backward = sum(step >> 31 for step in steps)
    t.see("steps both ways", 4 < backward < 59, True)
    for bit in range(32):
        ones = sum(n >> bit & 1 for n in numbers)
        t.see("bit %d varies" % bit, 4 < ones < 60, True)


@test("isn", what=("clock",), v=VERSIONS)
def isn_clock(t):
    """One tuple's numbers advance with the time (RFC 6528, MUST-8)."""
    f = t.hold_listen()
    first, at = kernel_isn(t, f)
    for _ in range(3):
        f.wire.wait(lambda: False, 2)
        number, then = kernel_isn(t, f)
        rate = ((number - first) & M32) / (then - at)
        # The host's clock ticks every 64 ns, the RFC's about every 4 us.
        low, high = (15.0e6, 16.3e6) if HOST else (240e3, 260e3)
        if not low < rate < high:
            f.fail("%d ticks a second" % rate)
        first, at = number, then


@test("isn", what=("keyed-active",), v=VERSIONS)
def isn_active(t):
    numbers = set()
    for _ in range(16):
        f = t.hold_syn_sent()
        numbers.add(f.irs >> 20)
        f.send("RA", seq=0, ack=f.irs + 1)
    t.see("different numbers", len(numbers) > 12, True)


@test("port", what=("hidden",), v=VERSIONS)
def port_hidden(t):
    """RFC 6056 3.2, 3.3.4: the port for one peer tells nobody that of another,
    and for one peer it comes round late."""
    def port_for(number, fport):
        peer = ("fd09::%x" if t.v == 6 else "10.9.5.%d") % number
        sock = t.socket()
        attempt(sock.connect, (peer, fport))
        return sock.getsockname()[1]
    ports = [port_for(number, 7) for number in range(10, 74)]
    steps = {b - a for a, b in zip(ports, ports[1:])}
    t.see("steps that say nothing", len(steps) > 55, True)
    t.see("all over the range", max(ports) - min(ports) > 10000, True)
    again = [port_for(99, 7) for _ in range(64)]
    t.see("different ports", len(set(again)), 64)


@test("simultaneous-open", reply=("syn-ack", "ack"), v=VERSIONS)
def simultaneous(t):
    """Figure 7 of RFC 9293; a bare ACK of our SYN+ACK does as well."""
    f = t.hold_syn_sent()
    syn_seq = f.irs
    f.send("S", opts=MSS)
    f.expect("SA", seq=syn_seq, ack=f.iss + 1)
    f.expect_state("SYN_RCVD")
    if t.reply == "syn-ack":
        f.send("SA", seq=f.iss, opts=MSS)
        f.expect("A", seq=syn_seq + 1, ack=f.iss + 1)
    else:
        f.send("A")
    f.silent()
    f.expect_state("ESTABLISHED")
    t.see("SO_ERROR", t.so_error(f), "0")
    f.send("PA", b"ping")
    f.expect("A")
    t.see("read", t.read(f), b"ping")
    t.see("write", t.write(f, b"pong"), 4)
    f.expect("PA", data=b"pong")


@test("simultaneous-open", reply=("options",), v=VERSIONS)
def simultaneous_options(t):
    f = t.hold_syn_sent()
    f.send("S", opts=full_options(5))
    reply = f.expect("SA", seq=f.irs)
    t.see("timestamps echo", reply.opts.get("ts", (0, 0))[1], 5)
    t.see("window scale", "wscale" in reply.opts, True)


@test("refused", role=("active",), v=VERSIONS)
def refused_active(t):
    f = t.hold_syn_sent()
    f.send("RA", seq=0, ack=f.irs + 1)
    f.silent()
    f.expect_state("CLOSED")
    t.see("poll", t.poll(f) >= {"ERR", "HUP"}, True)
    t.see("SO_ERROR", t.so_error(f), "ECONNREFUSED")
    t.see("SO_ERROR", t.so_error(f), "0")


@test("refused", role=("passive",), v=VERSIONS)
def refused_passive(t):
    f = t.hold_closed()
    f.send("S", opts=MSS)
    f.expect("RA", seq=0, ack=f.iss + 1)
    f.silent()
    f.expect_state("CLOSED")


@test("old-syn-ack", ack=("low", "high"), v=VERSIONS)
def old_syn_ack(t):
    f = t.hold_syn_sent()
    bad = f.irs if t.ack == "low" else f.irs + 2
    f.send("SA", seq=f.iss, ack=bad, opts=MSS)
    f.expect("R", seq=bad)
    f.expect_state("SYN_SENT")
    f.send("SA", opts=MSS)
    f.expect("A")
    f.expect_state("ESTABLISHED")


@test("syn-sent-text-and-fin", v=VERSIONS)
def syn_ack_text_fin(t):
    """EV-17: everything on the SYN+ACK counts, one ACK answers it."""
    f = t.hold_syn_sent()
    f.send("SFA", b"hello", opts=MSS)
    if HOST:	# takes the SYN alone
        f.expect("A", ack=ANY)
        f.send("FA", b"hello", seq=f.iss + 1)
    f.expect("A", ack=f.iss + 7)
    f.expect_state("CLOSE_WAIT")
    t.see("read", t.read(f), b"hello")
    t.see("read", t.read(f), b"")


@test("close-while-opening", state=("syn-sent",), v=VERSIONS)
def close_syn_sent(t):
    f = t.hold_syn_sent()
    f.sock.close()
    f.silent()
    f.expect_state("CLOSED")
    f.send("SA", opts=MSS)
    f.expect("R", seq=f.irs + 1)


@test("close-while-opening", state=("syn-rcvd",), v=VERSIONS)
def close_syn_rcvd(t):
    t.role = "active"
    f = t.hold_syn_rcvd()
    f.sock.close()
    f.drain()
    f.send("A")
    f.wire.wait(lambda: False, 0.1)
    f.expect_state("FIN_WAIT_1")


@test("close-while-opening", state=("listen",), v=VERSIONS)
def close_listen(t):
    """EV-04: half-open and not yet accepted connections end with it."""
    half = t.hold_listen()
    half.send("S", opts=MSS)
    half.expect("SA")
    full = t.flow(half.lport)
    full.send("S", opts=MSS)
    full.expect("SA")
    full.send("A")
    half.listener.close()
    full.expect_rst()
    full.expect_state("CLOSED")
    if not HOST:	# which forgets it in silence
        half.expect_rst(within=2)
    half.expect_state("CLOSED", within=2)
    half.send("A")
    half.expect("R", seq=half.rcv_nxt)


if __name__ == "__main__":
    main()
