# SPDX-License-Identifier: GPL-2.0-only
"""ICMP errors that quote a segment of the kernel's."""
import struct

import segment

# Type and code by version: RFC 9293 3.9.2.2 and their ICMPv6 equivalents.
HARD = {4: ((3, 2), (3, 3)), 6: ((1, 4),)}
SOFT = {4: ((3, 0), (3, 1), (3, 5), (11, 0)), 6: ((1, 0), (1, 3), (3, 0))}


def send_icmp(f, kind, quoted_seq, value=0):
    """An ICMP error from the peer that quotes a segment of the kernel's."""
    quoted = f.make("A", seq=quoted_seq)
    quoted.src, quoted.dst = quoted.dst, quoted.src
    quoted.sport, quoted.dport = quoted.dport, quoted.sport
    body = quoted.packet()
    head = struct.pack("!BBHI", *kind, 0, value)
    proto = 1 if f.v == 4 else 58
    if f.v == 4:
        csum = ~segment.ones_sum(head + body) & 0xffff
    else:
        csum = segment.checksum(f.peer, quoted.src, 58, head + body)
    message = head[:2] + csum.to_bytes(2, "big") + head[4:] + body
    f.wire.inject(segment.ip_packet(f.v, f.peer, quoted.src, proto, message))
    f.wire.take()
