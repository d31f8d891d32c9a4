#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The header: offsets, options, reserved bits; segments made by scapy.

scapy also reads what the kernel sends, a second opinion beside segment.py.
"""
import struct

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

import segment
from context import HOST, MSS, main
from segment import NOP, EOL, option, wscale
from tap import test
from xtcp_wire import KERNEL, PROTO, text_of

VERSIONS = (4, 6)
MSS_900 = segment.mss(900)


def by_scapy(f, **fields):
    """The bytes of a packet; scapy sums protocol 6, so the sum is ours."""
    head = (IPv6 if f.v == 6 else IP)(src=text_of(f.v, f.peer),
                                      dst=text_of(f.v, KERNEL[f.v]))
    fields.setdefault("seq", f.snd_nxt)
    payload = fields.pop("payload", b"")
    tcp = bytearray(bytes(TCP(sport=f.fport, dport=f.lport, chksum=0,
                              **fields)) + payload)
    if f.v == 6:
        head.nh = PROTO
    else:
        head.proto = PROTO
    csum = segment.checksum(f.peer, KERNEL[f.v], PROTO, bytes(tcp))
    tcp[16:18] = struct.pack("!H", csum)
    return bytes(head / bytes(tcp))


def syn_with(t, options, **fields):
    """What the kernel answers to a SYN with these option bytes."""
    f = t.hold_listen()
    f.send("S", opts=options, **fields)
    return f


def takes_900(t, f):
    """The MSS option was read: text comes in segments of 900."""
    f.send("A")
    t.accept(f)
    f.sock.send(b"x" * 2000)
    seg = f.next_segment(1)
    t.see("the MSS option counted", seg and len(seg.data), 900)


@test("header", what=("scapy-agrees",), v=VERSIONS)
def scapy_agrees(t):
    """A whole connection with segments by scapy, read by scapy."""
    f = t.hold_listen()
    options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (5, 0)),
               ("NOP", None), ("WScale", 7)]
    f.wire.inject(by_scapy(f, flags="S", options=options))
    f.snd_nxt += 1
    reply = f.expect("SA")
    read = TCP(reply.tcp_bytes())
    t.see("flags", str(read.flags), "SA")
    t.see("ack", read.ack, f.snd_nxt & segment.M32)
    t.see("MSS", dict(read.options)["MSS"], reply.opts["mss"])
    t.see("timestamps", dict(read.options)["Timestamp"][1], 5)
    f.wire.inject(by_scapy(f, flags="A", ack=f.rcv_nxt, payload=b"hello",
                           options=[("NOP", None), ("NOP", None),
                                    ("Timestamp", (6, 1))]))
    f.snd_nxt += 5
    f.expect("A")
    t.accept(f)
    t.see("read", t.read(f), b"hello")


OPTION_CASES = {
    "mss-first": MSS_900 + NOP + wscale(3),
    "nops-before": NOP * 3 + MSS_900 + NOP,
    "odd-boundary": NOP + wscale(3) + MSS_900,
    "unknown-before": option(99, b"abc") + MSS_900,
    "experiment-before": option(253, b"\x12\x34") + option(254) + MSS_900,
    "eol-and-rubbish": MSS_900 + EOL + b"\xff\x00\x03",
    "all-forty": MSS_900 + option(200, bytes(34)),
    "unknown-empty": option(77) + NOP * 2 + MSS_900,
    "twice": segment.mss(1400) + MSS_900,
}


@test("header", option=tuple(OPTION_CASES), v=VERSIONS)
def options_read(t):
    """MUST-4, 6, 64: what is known is read, the rest stepped over."""
    f = syn_with(t, OPTION_CASES[t.option])
    f.expect("SA")
    takes_900(t, f)


@test("header", option=("behind-eol",), v=VERSIONS)
def behind_eol(t):
    """What stands behind EOL is no option."""
    f = syn_with(t, MSS_900 + EOL + wscale(5))
    t.see("window scale", "wscale" in f.expect("SA").opts, False)
    takes_900(t, f)


BROKEN = {
    "length-0": b"\x63\x00\x01\x01",
    "length-1": b"\x63\x01\x01\x01",
    "mss-length-0": b"\x02\x00\x05\xb4",
    "mss-length-1": b"\x02\x01\x05\xb4",
    "past-the-end": b"\x63\x09\x01\x01",
    "length-255": b"\x63\xff\x01\x01",
    "no-length": NOP * 3 + b"\x63",
    "mss-past-the-end": NOP * 2 + b"\x02\x04",
}


@test("header", broken=tuple(BROKEN), v=VERSIONS)
def options_broken(t):
    """MUST-7; XTCP drops and counts, the host's reads what it can."""
    f = syn_with(t, BROKEN[t.broken])
    if HOST:
        f.expect("SA")
        return
    f.silent()
    f.expect_state("CLOSED")
    g = t.open()
    g.send("PA", b"evil", seq=g.snd_nxt, opts=BROKEN[t.broken])
    g.silent(0.6)
    g.expect_state("ESTABLISHED")
    t.see("read", t.read(g), "EAGAIN")


@test("header", offset=(0, 1, 4), v=VERSIONS)
def offset_small(t):
    f = syn_with(t, MSS, doff=t.offset)
    f.silent()
    f.expect_state("CLOSED")


@test("header", offset=(7, 11, 15), v=VERSIONS)
def offset_beyond(t):
    """The header would end behind the packet."""
    f = syn_with(t, MSS, doff=t.offset)
    f.silent()
    f.expect_state("CLOSED")


@test("header", offset=(5, 6, 10, 15), on=("text",), v=VERSIONS)
def offset_right(t):
    """Options on any segment in any state (MUST-5)."""
    f = t.open()
    f.send("PA", b"text", opts=NOP * (4 * (t.offset - 5)))
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"text")


@test("header", on=("fin", "rst", "ack"), v=VERSIONS)
def options_anywhere(t):
    f = t.open()
    opts = MSS_900 + option(99, b"xy")
    if t.on == "fin":
        f.send("FA", opts=opts)
        f.expect("A")
        f.expect_state("CLOSE_WAIT")
    elif t.on == "rst":
        f.send("R", opts=opts)
        f.expect_state("CLOSED")
    else:
        f.sock.send(b"x")
        f.expect("PA", data=b"x")
        f.send("A", opts=opts)
        f.silent(1)


@test("header", reserved=(1, 2, 4, 8, 15), v=VERSIONS)
def reserved_bits(t):
    """Ignored on arrival, zero in what we send."""
    f = t.hold_listen()
    f.send("S", opts=MSS, reserved=t.reserved)
    reply = f.expect("SA")
    t.see("reserved bits", reply.reserved & 14, 0)
    f.send("PA", b"hello", reserved=t.reserved)
    f.expect("A", within=0.6)
    t.accept(f)
    t.see("read", t.read(f), b"hello")


@test("header", what=("ack-without-flag",), v=VERSIONS)
def unflagged_ack(t):
    """A number in the ack field means nothing without the flag."""
    f = t.hold_listen()
    f.send("S", opts=MSS, ack=0x12345678)
    f.expect("SA")
    f.send("A")
    t.accept(f)
    g = t.hold_syn_sent()
    g.send("S", opts=MSS, ack=g.irs + 5)
    g.expect("SA", seq=g.irs)


@test("header", what=("urgent-without-flag",), v=VERSIONS)
def unflagged_urgent(t):
    f = t.open()
    f.send("PA", b"hello", up=3)
    t.see("poll", "PRI" in t.poll(f), False)
    t.see("read", t.read(f), b"hello")


@test("header", what=("rst-with-text",), v=VERSIONS)
def rst_text(t):
    """SHLD-2: accepted, and the text is not part of the stream."""
    f = t.open()
    f.send("R", b"because", seq=f.snd_nxt)
    f.expect_state("CLOSED")
    t.see("read", t.read(f), "ECONNRESET")
    t.see("read", t.read(f), b"")


@test("header", what=("ours",), v=VERSIONS)
def ours(t):
    """What we send: padding of zeroes, no MSS but on a SYN, TTL."""
    f = t.hold_syn_sent()
    syn = f.history[0][2]
    t.see("padding", set(syn.opts.get("padding", b"")) <= {0}, True)
    t.see("TTL", syn.ttl, 64)
    t.see("reserved bits", syn.reserved, 0)
    t.see("no urgent pointer", syn.up, 0)
    t.see("don't fragment", t.v == 6 or syn.df, True)
    f.send("SA", opts=MSS)
    f.expect("A")
    f.sock.send(b"x")
    t.see("MSS", "mss" in f.expect("PA", data=b"x").opts, False)


@test("header", what=("ip-options",), v=(4,))
def ip_options(t):
    """MUST-50: an IP option that nobody knows does no harm."""
    f = t.open()
    seg = f.make("PA", b"hello")
    tcp = seg.tcp_bytes()
    head = bytearray(seg.packet()[:20])
    head[0], head[10:12] = 0x46, b"\0\0"
    head[2:4] = struct.pack("!H", 24 + len(tcp))
    head += b"\x9e\x04\0\0"
    head[10:12] = struct.pack("!H", ~segment.ones_sum(bytes(head)) & 0xffff)
    f.wire.inject(bytes(head) + tcp)
    f.snd_nxt += 5
    f.expect("A", within=0.6)
    t.see("read", t.read(f), b"hello")


if __name__ == "__main__":
    main()
