# SPDX-License-Identifier: GPL-2.0-only
"""TCP segments in IPv4 and IPv6 packets, as bytes and as numbers.

Written with struct instead of scapy because the tests send thousands of
segments in an emulated machine; header.py lets scapy check it.
"""
import socket
import struct

M32 = 0xffffffff
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
LETTERS = "FSRPAUEC"
NAMES = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")


def flag_bits(text):
    """ "SA" -> SYN | ACK; "" and "." mean no flag at all."""
    bits = 0
    for letter in text.replace(".", ""):
        bits |= 1 << LETTERS.index(letter)
    return bits


def flag_names(bits):
    return ",".join(n for i, n in enumerate(NAMES) if bits >> i & 1) or "none"


def diff(a, b):
    """How far a is behind b on the circle of 2^32, signed."""
    d = (a - b) & M32
    return d - (1 << 32) if d >= 1 << 31 else d


# Options, as bytes. A segment's options are padded with EOL to 32-bit words.
NOP = b"\x01"
EOL = b"\x00"
SACK_PERMITTED = b"\x04\x02"
# IP's: source routes.
LOOSE, STRICT = b"\x83", b"\x89"


def mss(value):
    return struct.pack("!BBH", 2, 4, value)


def wscale(shift):
    return struct.pack("!BBB", 3, 3, shift)


def timestamps(value, echo):
    return struct.pack("!BBII", 8, 10, value & M32, echo & M32)


def option(kind, body=b""):
    return bytes((kind, 2 + len(body))) + body


def parse_options(data):
    """A dictionary of what is there; "order" lists the kinds as they came."""
    found = {"order": []}
    at = 0
    while at < len(data):
        kind = data[at]
        if kind == 0:
            found["padding"] = data[at:]
            break
        if kind == 1:
            at += 1
            continue
        if at + 1 >= len(data) or data[at + 1] < 2:
            found["broken"] = True
            break
        body = data[at + 2:at + data[at + 1]]
        found["order"].append(kind)
        if kind == 2 and len(body) == 2:
            found["mss"] = struct.unpack("!H", body)[0]
        elif kind == 3 and len(body) == 1:
            found["wscale"] = body[0]
        elif kind == 4:
            found["sackok"] = True
        elif kind == 5:
            edges = struct.unpack("!%dI" % (len(body) // 4), body)
            found["sack"] = list(zip(edges[::2], edges[1::2]))
        elif kind == 34:
            found["cookie"] = body
        elif kind == 8 and len(body) == 8:
            found["ts"] = struct.unpack("!II", body)
        at += data[at + 1]
    return found


def ones_sum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def checksum(src, dst, proto, data):
    """Over the pseudo-header (RFC 9293 3.1, RFC 8200 8.1) and the segment."""
    pseudo = src + dst + struct.pack("!II", len(data), proto)
    return ~ones_sum(pseudo + data) & 0xffff


class Segment:
    """One segment; sequence numbers are absolute."""

    __slots__ = ("v", "src", "dst", "proto", "sport", "dport", "seq", "ack",
                 "flags", "win", "up", "raw_opts", "data", "doff", "reserved",
                 "csum", "csum_ok", "ttl", "tos", "df", "at", "_opts",
                 "ip_opts", "hop", "label")

    def __init__(self, **fields):
        self.seq = self.ack = self.flags = self.up = self.reserved = 0
        self.win = 65535
        self.raw_opts = self.data = self.ip_opts = b""
        self.doff = self.csum = self._opts = self.hop = None
        self.ttl, self.tos, self.df, self.at = 64, 0, True, 0.0
        self.csum_ok, self.label = True, 0
        for name, value in fields.items():
            setattr(self, name, value)

    @property
    def opts(self):
        if self._opts is None:
            self._opts = parse_options(self.raw_opts)
        return self._opts

    @property
    def length(self):
        """SEG.LEN: the text, and one each for SYN and FIN."""
        return (len(self.data) + bool(self.flags & SYN)
                + bool(self.flags & FIN))

    @property
    def end(self):
        return (self.seq + self.length) & M32

    def tcp_bytes(self):
        opts = self.raw_opts + b"\0" * (-len(self.raw_opts) % 4)
        doff = 5 + len(opts) // 4 if self.doff is None else self.doff
        head = struct.pack("!HHIIBBHHH", self.sport, self.dport,
                           self.seq & M32, self.ack & M32,
                           (doff & 15) << 4 | self.reserved, self.flags,
                           self.win, 0, self.up)
        tcp = head + opts + self.data
        csum = self.csum
        if csum is None:
            csum = checksum(self.src, self.dst, self.proto, tcp)
        return tcp[:16] + struct.pack("!H", csum) + tcp[18:]

    def packet(self):
        return ip_packet(self.v, self.src, self.dst, self.proto,
                         self.tcp_bytes(), self.ttl, self.tos, self.ip_opts)

    def relative(self, number, base):
        if base is None:
            return str(number)
        return "%d(%+d)" % (number, diff(number, base))

    def show(self, seq_base=None, ack_base=None):
        text = "<%s seq=%s" % (flag_names(self.flags),
                               self.relative(self.seq, seq_base))
        if self.flags & ACK:
            text += " ack=" + self.relative(self.ack, ack_base)
        text += " win=%d len=%d" % (self.win, len(self.data))
        if self.flags & URG:
            text += " up=%d" % self.up
        known = {k: v for k, v in self.opts.items() if k != "order"}
        if known:
            text += " %s" % known
        return text + ("" if self.csum_ok else " BAD CHECKSUM") + ">"

    __repr__ = show


def ip_packet(v, src, dst, proto, payload, ttl=64, tos=0, opts=b""):
    if v == 6:
        return struct.pack("!IHBB", 6 << 28 | tos << 20, len(payload), proto,
                           ttl) + src + dst + payload
    length = 20 + len(opts)
    head = struct.pack("!BBHHHBBH", 0x40 | length // 4, tos,
                       length + len(payload), 0, 0x4000,
                       ttl, proto, 0) + src + dst + opts
    csum = ~ones_sum(head) & 0xffff
    return head[:10] + struct.pack("!H", csum) + head[12:] + payload


def parse_tcp(seg, tcp):
    (seg.sport, seg.dport, seg.seq, seg.ack, offset, seg.flags, seg.win,
     seg.csum, seg.up) = struct.unpack("!HHIIBBHHH", tcp[:20])
    seg.doff, seg.reserved = offset >> 4, offset & 15
    seg.raw_opts = tcp[20:4 * seg.doff]
    seg.data = tcp[4 * seg.doff:]
    seg.csum_ok = checksum(seg.src, seg.dst, seg.proto, tcp) == 0
    return seg


def parse_ip_options(seg, opts):
    """With a source route the packet goes to a hop, and ends elsewhere."""
    seg.ip_opts, seg.hop = opts, seg.dst
    if opts[:1] in (LOOSE, STRICT) and opts[2] < opts[1]:
        seg.dst = opts[opts[1] - 4:opts[1]]


def parse_packet(packet, proto):
    """A Segment, or None if this is no packet of that protocol."""
    if packet[0] >> 4 == 4:
        head = (packet[0] & 15) * 4
        if packet[9] != proto:
            return None
        total = struct.unpack("!H", packet[2:4])[0]
        seg = Segment(v=4, src=packet[12:16], dst=packet[16:20], proto=proto)
        seg.tos, seg.ttl = packet[1], packet[8]
        seg.df = bool(packet[6] & 0x40)
        parse_ip_options(seg, packet[20:head])
        return parse_tcp(seg, packet[head:total])
    if packet[6] != proto:
        return None
    seg = Segment(v=6, src=packet[8:24], dst=packet[24:40], proto=proto)
    seg.tos = (packet[0] << 4 | packet[1] >> 4) & 0xff
    seg.ttl = packet[7]
    seg.label = int.from_bytes(packet[1:4], "big") & 0xfffff
    return parse_tcp(seg, packet[40:40 + struct.unpack("!H", packet[4:6])[0]])


def address(v, text):
    return socket.inet_pton(socket.AF_INET6 if v == 6 else socket.AF_INET,
                            text)
