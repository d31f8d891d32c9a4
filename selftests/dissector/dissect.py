#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""tools/wireshark/xtcp.lua: what tshark reads with it is what was written."""
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LUA = os.path.join(TOP, "tools/wireshark/xtcp.lua")
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
RAW_IP = 101
A, B = 40000, 80
X, Y = 0xfffffff0, 1000		# initial numbers; one wraps
MSS = b"\2\4\5\xb4"
SYN_OPTS = MSS + b"\4\2\x08\x0a" + struct.pack(">II", 7, 0) + b"\1\3\3\x07"
TS = b"\1\1\x08\x0a" + struct.pack(">II", 9, 8)
SACK = b"\1\1\5\x12" + struct.pack(">IIII", 1100, 1200, 1300, 1400)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(v, ports, seq, ack, flags, text=b"", opts=b"", wnd=1000, up=0,
            offset=None, spoil=0, back=False):
    """An IP packet of protocol 253."""
    offset = offset if offset is not None else 5 + len(opts) // 4
    head = struct.pack(">HHIIBBHHH", *ports, seq & 0xffffffff,
                       ack & 0xffffffff, offset << 4, flags, wnd, 0, up)
    data = head + opts + text
    family = socket.AF_INET if v == 4 else socket.AF_INET6
    names = ("10.0.0.1", "10.0.0.2") if v == 4 else ("fd00::1", "fd00::2")
    src, dst = (socket.inet_pton(family, a)
                for a in (reversed(names) if back else names))
    pseudo = src + dst + struct.pack(">II", 253, len(data))
    total = checksum(pseudo + data) ^ spoil
    data = data[:16] + struct.pack(">H", total) + data[18:]
    if v == 6:
        return struct.pack(">IHBB", 6 << 28, len(data), 253, 64) + src + dst \
            + data
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), 0, 0, 64, 253, 0)
    ip += src + dst
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + data


def there(v, *args, **kw):
    return segment(v, (A, B), *args, **kw)


def back(v, *args, **kw):
    return segment(v, (B, A), *args, back=True, **kw)


def fields(packets, names, snap=0):
    """A row for each packet: what tshark says of these fields."""
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                               RAW_IP))
        for number, packet in enumerate(packets):
            kept = packet[:snap] if snap else packet
            file.write(struct.pack("<IIII", number, 0, len(kept),
                                   len(packet)) + kept)
        file.flush()
        command = ["tshark", "-n", "-X", "lua_script:" + LUA, "-r", file.name,
                   "-T", "fields", "-E", "separator=|"]
        for name in names:
            command += ["-e", name]
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, LC_ALL="C"))
    errors = [line for line in done.stderr.splitlines()
              if line and not line.startswith("Running as user")]
    if errors or done.returncode:
        raise AssertionError("\n".join(errors) or "tshark: exit code")
    return [row.split("|") for row in done.stdout.splitlines()]


def same(got, want):
    if got != want:
        raise AssertionError("got  %r\nwant %r" % (got, want))


def handshake(v):
    return [there(v, X, 0, SYN, opts=SYN_OPTS, wnd=64000),
            back(v, Y, X + 1, SYN | ACK, opts=SYN_OPTS, wnd=65000),
            there(v, X + 1, Y + 1, ACK, opts=TS, wnd=500)]


def dissect_ports_and_numbers(v):
    rows = fields(handshake(v) + [
        there(v, X + 1, Y + 1, PSH | ACK, text=b"x" * 40, opts=TS),
        back(v, Y + 1, X + 41, FIN | ACK, opts=TS)],
        ["_ws.col.Protocol", "xtcp.srcport", "xtcp.dstport", "xtcp.seq",
         "xtcp.seq_raw", "xtcp.ack", "xtcp.ack_raw", "xtcp.len",
         "xtcp.stream"])
    x, y = X, Y
    same(rows, [["XTCP"] + [str(n) if n is not None else "" for n in row]
                for row in (
        (A, B, 0, x, None, None, 0, 0), (B, A, 0, y, 1, x + 1, 0, 0),
        (A, B, 1, x + 1, 1, y + 1, 0, 0), (A, B, 1, x + 1, 1, y + 1, 40, 0),
        (B, A, 1, y + 1, 41, (x + 41) & 0xffffffff, 0, 0))])


def dissect_flags(v):
    names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
    rows = fields([there(v, X, Y, 1 << i) for i in range(8)],
                  ["xtcp.flags"] + ["xtcp.flags." + n.lower() for n in names])
    same([row[1:] for row in rows],
         [[str(int(i == j)) for j in range(8)] for i in range(8)])
    same([int(row[0], 0) for row in rows], [1 << i for i in range(8)])


def dissect_options(v):
    rows = fields([there(v, X, 0, SYN, opts=SYN_OPTS),
                   there(v, X, Y, ACK, opts=TS + SACK),
                   there(v, X, Y, ACK, opts=b"\xfd\6abcd\0\0"),
                   there(v, X, Y, ACK, opts=b"\2\5\5\xb4\0\0\0\0")],
                  ["xtcp.options.mss_val", "xtcp.options.wscale.shift",
                   "xtcp.options.timestamp.tsval",
                   "xtcp.options.timestamp.tsecr", "xtcp.options.sack_le",
                   "xtcp.options.sack_re", "xtcp.option_kind"])
    same(rows, [["1460", "7", "7", "0", "", "", "2,4,8,3"],
                ["", "", "9", "8", "1100,1300", "1200,1400", "8,5"],
                ["", "", "", "", "", "", "253"],
                ["", "", "", "", "", "", "2"]])


def dissect_windows(v):
    rows = fields(handshake(v), ["xtcp.window_size_value", "xtcp.window_size"])
    same(rows, [["64000", "64000"], ["65000", "65000"],
                ["500", str(500 << 7)]])


def dissect_checksum(v):
    rows = fields([there(v, X, Y, ACK, text=b"odd"),
                   there(v, X, Y, ACK, text=b"odd", spoil=1)],
                  ["xtcp.checksum.status", "_ws.expert.message"])
    same([row[0] for row in rows], ["1", "0"])
    same(rows[0][1], "")
    cut = fields([there(v, X, Y, ACK, text=b"x" * 100)],
                 ["xtcp.checksum.status", "xtcp.len"], snap=90)
    same(cut, [["2", "100"]])


def dissect_text_and_urgent(v):
    rows = fields([there(v, X, Y, ACK | URG, text=b"abc", up=2),
                   there(v, X, Y, ACK, text=b"", up=2)],
                  ["xtcp.payload", "xtcp.urgent_pointer"])
    same(rows, [["616263", "2"], ["", ""]])


def dissect_streams(v):
    """Another SYN on the same ports is another connection; again is not."""
    syn = there(v, X, 0, SYN)
    rows = fields([syn, syn, there(v, X + 99, 0, SYN),
                   segment(v, (A + 1, B), X, 0, SYN),
                   back(v, Y, X + 100, SYN | ACK)],
                  ["xtcp.stream", "xtcp.seq", "xtcp.ack"])
    same(rows, [["0", "0", ""], ["0", "0", ""], ["1", "0", ""],
                ["2", "0", ""], ["1", "0", "1"]])


def dissect_malformed(v):
    """What the module refuses is said to be impossible, and breaks nothing."""
    ip = 20 if v == 4 else 40
    short = there(v, X, Y, ACK)
    size = struct.pack(">H", 19 if v == 6 else ip + 19)
    short = short[:4] + size + short[6:-1] if v == 6 else \
        short[:2] + size + short[4:-1]
    rows = fields([there(v, X, Y, ACK, offset=4), short,
                   there(v, X, Y, ACK, offset=6),
                   there(v, X, Y, ACK, opts=b"\2\0\0\0"),
                   there(v, X, Y, ACK, opts=b"\1\1\1\2"),
                   there(v, X, Y, ACK, opts=b"\2\5\0\0")],
                  ["_ws.expert.message"])
    same(["Data offset" in rows[0][0], "Shorter" in rows[1][0],
          "Data offset" in rows[2][0]]
         + ["option" in row[0] for row in rows[3:]], [True] * 6)


TESTS = (dissect_ports_and_numbers, dissect_flags, dissect_options,
         dissect_windows, dissect_checksum, dissect_text_and_urgent,
         dissect_streams, dissect_malformed)


def main():
    failed = number = 0
    if not shutil.which("tshark"):
        print("1..0 # SKIP no tshark here")
        return 4
    print("1..%d" % (2 * len(TESTS)))
    for test in TESTS:
        for v in 4, 6:
            number += 1
            name = "%s__ipv%d" % (test.__name__, v)
            try:
                test(v)
                print("ok %d %s" % (number, name), flush=True)
            except AssertionError as what:
                failed += 1
                print("".join("# %s\n" % line
                              for line in str(what).splitlines()), end="")
                print("not ok %d %s" % (number, name), flush=True)
    return failed > 0


sys.exit(main())
