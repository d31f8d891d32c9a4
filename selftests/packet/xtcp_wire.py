# SPDX-License-Identifier: GPL-2.0-only
"""The kernel under test at one end of a TUN device, the test at the other.

The test is the peer: it sends and expects single segments. What it writes to
the device has been received, and answered, when the write returns; so silence
need not be waited for, and only what a timer sends takes time.

The kernel has 10.9.0.1 and fd09::1, the peer 10.9.0.2 and fd09::2 or any other
address of those networks. XTCP_TEST_HOST=1 tests the host's TCP instead.
XTCP_TEST_WIRE=tcp takes XTCP's TCP wire instead of the native one.
XTCP_TEST_PCAP=FILE keeps the packets, XTCP_TEST_STATES=FILE what state each
connection was in, both for scripts/ladder.
"""
import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import time

import segment
from segment import ACK, M32, PSH, RST, SYN, Segment, diff, flag_bits
from tap import Mismatch, Skip

HOST = os.environ.get("XTCP_TEST_HOST") == "1"
PROTO = 6 if HOST or os.environ.get("XTCP_TEST_WIRE") == "tcp" else 253
# In the parallel guest time passes as it does; in the other one it jumps.
REAL_TIME = os.environ.get("XTCP_GUEST") == "par"
AF_XTCP = int(os.environ.get("XTCP_TEST_FAMILY", "19"))
XTCP_IPV6 = 0x100
SOL_XTCP = 300
XTCP_ISN = 1

KERNEL = {4: segment.address(4, "10.9.0.1"), 6: segment.address(6, "fd09::1")}
PEER = {4: segment.address(4, "10.9.0.2"), 6: segment.address(6, "fd09::2")}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RCVD", 4: "FIN_WAIT_1",
          5: "FIN_WAIT_2", 6: "TIME_WAIT", 7: "CLOSED", 8: "CLOSE_WAIT",
          9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN_RCVD"}
ANY = object()
PROMPT_S = 0.1		# more than an answer that waits for nothing takes
ACK_S = 0.5		# the longest that an ACK may be delayed (MUST-40)
DUE_S = 1.0
LONG_S = 30


def text_of(v, addr):
    return socket.inet_ntop(FAMILY[v], addr)


def new_socket(v):
    """A socket of the protocol under test, not blocking."""
    if HOST:
        sock = socket.socket(FAMILY[v], socket.SOCK_STREAM)
    else:
        number = PROTO | (XTCP_IPV6 if v == 6 else 0)
        raw = socket.socket(AF_XTCP, socket.SOCK_STREAM, number)
        # Python knows no addresses of our family; IPv4's and IPv6's are right.
        sock = socket.socket(FAMILY[v], socket.SOCK_STREAM, 0,
                             fileno=raw.detach())
    sock.setblocking(False)
    return sock


def sysctl_path(name):
    if HOST:
        return "/proc/sys/net/ipv4/tcp_" + name
    return "/proc/sys/net/xtcp/" + name


def table_rows(v):
    """Each line of the connection table, split; the header left out."""
    name = "tcp" if HOST else "xtcp"
    with open("/proc/net/" + name + ("6" if v == 6 else "")) as table:
        return [line.split() for line in table.readlines()[1:]]


def port_of(column):
    return int(column.rsplit(":", 1)[1], 16)


class Pcap:
    """Packets without a link header, as scripts/ladder and Wireshark read."""

    def __init__(self, path):
        self.file = open(path, "wb", buffering=0)
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0,
                                    65535, 101))

    def write(self, packet):
        now = time.time()
        self.file.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6),
                                    len(packet), len(packet)) + packet)


class Wire:
    """A network namespace of our own, and the cable into it."""

    def __init__(self, mtu=1500):
        self.flows = {}
        self.strays = []
        self.icmp = []
        self.next_port = 20000
        self.pcap = self.states = None
        if os.environ.get("XTCP_TEST_PCAP"):
            self.pcap = Pcap(os.environ["XTCP_TEST_PCAP"])
        if os.environ.get("XTCP_TEST_STATES"):
            self.states = open(os.environ["XTCP_TEST_STATES"], "w",
                               buffering=1)
        self.enter_namespace()
        self.open_tun("xw0", mtu)

    @staticmethod
    def enter_namespace():
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x40000000):	# CLONE_NEWNET
            raise Skip("no network namespace: "
                       + os.strerror(ctypes.get_errno()))

    def open_tun(self, name, mtu):
        if not os.path.exists("/dev/net/tun"):
            subprocess.run(["modprobe", "tun"], check=False)
        try:
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        except OSError as why:
            raise Skip("no TUN device: %s" % why)
        fcntl.ioctl(self.tun, 0x400454ca,	# TUNSETIFF: IFF_TUN, IFF_NO_PI
                    struct.pack("16sH22x", name.encode(), 0x1001))
        batch = ("link set lo up\nlink set {0} mtu {1} txqueuelen 10000 up\n"
                 "addr add 10.9.0.1/16 dev {0}\n"
                 "addr add fd09::1/64 dev {0} nodad\n").format(name, mtu)
        subprocess.run(["ip", "-batch", "-"], input=batch.encode(),
                       check=True)

    def ports(self):
        """A pair that no other test of this program uses."""
        self.next_port += 2
        return self.next_port, self.next_port + 1

    def inject(self, packet):
        if self.pcap:
            self.pcap.write(packet)
        os.write(self.tun, packet)

    def take(self):
        """Hand everything that has come to the flows it belongs to."""
        while True:
            try:
                packet = os.read(self.tun, 65536)
            except BlockingIOError:
                return
            if self.pcap:
                self.pcap.write(packet)
            self.sort(packet)

    def sort(self, packet):
        v = packet[0] >> 4
        seg = segment.parse_packet(packet, PROTO)
        if seg is None:
            if packet[9 if v == 4 else 6] == (1 if v == 4 else 58):
                self.icmp.append(packet)
            return
        seg.at = time.monotonic()
        flow = self.flows.get((v, seg.sport, seg.dport, seg.dst))
        if flow is None:
            self.strays.append(seg)
            return
        flow.queue.append(seg)
        flow.note(seg, "->")

    def wait(self, ready, within):
        """Until ready() is true; False if that takes too long."""
        if REAL_TIME and within > LONG_S:
            raise Skip("takes %d s where the clock does not jump" % within)
        end = time.monotonic() + within
        while True:
            self.take()
            if ready():
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            select.select([self.tun], [], [], left)

    def log_state(self, flow):
        if self.states:
            state = flow.state()
            if state != flow.logged:
                flow.logged = state
                self.states.write("%.6f %s %d %d %s\n" % (
                    time.time(), text_of(flow.v, KERNEL[flow.v]), flow.lport,
                    flow.fport, state))


class Flow:
    """One connection as its peer sees it.

    snd_nxt and iss are the peer's own numbers, rcv_nxt and irs those of the
    kernel's. What is not given to send() and expect() is taken from them.
    """

    def __init__(self, wire, v, lport, fport, peer=None):
        self.wire, self.v, self.lport, self.fport = wire, v, lport, fport
        self.peer = peer or PEER[v]
        # Spread over the whole circle, so that some connections wrap.
        self.iss = (lport * 0x9e3779b1) & M32
        self.snd_nxt = self.iss
        self.rcv_nxt = self.irs = None
        self.win = 65535
        self.tsval = None	# a number: put timestamps on every segment
        self.ts_recent = 0
        self.queue, self.history = [], []
        self.sock = self.listener = None
        self.logged = "CLOSED"
        wire.flows[(v, lport, fport, self.peer)] = self

    def note(self, seg, arrow):
        self.history.append((time.monotonic(), arrow, seg))
        self.wire.log_state(self)

    def make(self, flags, data=b"", seq=None, ack=None, win=None, opts=b"",
             **raw):
        bits = flag_bits(flags) if isinstance(flags, str) else flags
        if seq is None:
            seq = self.snd_nxt
        if ack is None:
            ack = self.rcv_nxt if bits & ACK else 0
        if self.tsval is not None and b"\x08\x0a" not in opts:
            opts += segment.NOP * 2 + segment.timestamps(self.tsval,
                                                         self.ts_recent)
        return Segment(v=self.v, src=self.peer, dst=KERNEL[self.v],
                       proto=PROTO, sport=self.fport, dport=self.lport,
                       seq=seq & M32, ack=(ack or 0) & M32, flags=bits,
                       win=self.win if win is None else win, raw_opts=opts,
                       data=data, **raw)

    def send(self, flags, data=b"", seq=None, **fields):
        """Send a segment; one at snd_nxt that is no RST moves snd_nxt on."""
        seg = self.make(flags, data, seq, **fields)
        self.note(seg, "<-")
        self.wire.inject(seg.packet())
        if seq is None and not seg.flags & RST:
            self.snd_nxt = (self.snd_nxt + seg.length) & M32
        self.wire.take()
        self.wire.log_state(self)
        return seg

    def next_segment(self, within):
        if self.wire.wait(lambda: self.queue, within):
            return self.queue.pop(0)
        return None

    def check(self, seg, flags, seq, ack, data, length, win):
        bits = flag_bits(flags)
        ignore = 0 if bits & PSH else PSH
        if (seg.flags ^ bits) & ~ignore:
            return "flags %s" % flag_bits_text(flags)
        if seq is not ANY and seg.seq != seq & M32:
            return "seq %s" % seg.relative(seq & M32, self.irs)
        if bits & ACK and ack is not ANY and seg.ack != ack & M32:
            return "ack %s" % seg.relative(ack & M32, self.iss)
        if data is not ANY and seg.data != data:
            return "%d bytes %r" % (len(data), data[:20])
        if length is not ANY and len(seg.data) != length:
            return "%d bytes" % length
        if win is not ANY and seg.win != win:
            return "window %d" % win
        return "" if seg.csum_ok else "a right checksum"

    def expect(self, flags, seq=None, ack=None, data=None, length=ANY,
               win=ANY, within=DUE_S):
        """The next segment from the kernel, which must be just this one."""
        if seq is None:
            seq = ANY if self.rcv_nxt is None else self.rcv_nxt
        if ack is None:
            ack = self.snd_nxt
        if data is None:
            data = b"" if length is ANY else ANY
        seg = self.next_segment(within)
        if seg is None:
            self.fail("expected %s, nothing came within %g s"
                      % (flag_bits_text(flags), within))
        wrong = self.check(seg, flags, seq, ack, data, length, win)
        if wrong:
            self.fail("expected %s with %s, got %s"
                      % (flag_bits_text(flags), wrong, self.show(seg)))
        self.accept(seg)
        return seg

    def expect_rst(self, seq=None, within=DUE_S):
        """An RST of the kernel's own accord: RFC 9293 sends no ACK with it,
        the host's TCP does."""
        seg = self.next_segment(within)
        if seg is None:
            self.fail("expected <RST>, nothing came within %g s" % within)
        flags = "RA" if seg.flags & ACK else "R"
        wrong = self.check(seg, flags, self.rcv_nxt if seq is None else seq,
                           self.snd_nxt, b"", ANY, ANY)
        if wrong:
            self.fail("expected <RST> with %s, got %s"
                      % (wrong, self.show(seg)))
        return seg

    def accept(self, seg):
        """Take note of a segment as a receiver would."""
        if seg.flags & SYN and self.irs is None:
            self.irs, self.rcv_nxt = seg.seq, seg.end
        elif not seg.flags & RST and seg.seq == self.rcv_nxt:
            self.rcv_nxt = seg.end
        if "ts" in seg.opts:
            self.ts_recent = seg.opts["ts"][0]

    def burst(self, within=0.02):
        """Everything that comes without a pause."""
        got = []
        while self.wire.wait(lambda: self.queue, within):
            got.append(self.queue.pop(0))
            self.accept(got[-1])
        return got

    def silent(self, within=PROMPT_S):
        """Nothing comes."""
        seg = self.next_segment(within)
        if seg is not None:
            self.fail("expected silence, got " + self.show(seg))

    def read_text(self, count, within=DUE_S, ack=True):
        """Collect in-order text of the kernel's until there are count bytes."""
        text = b""
        while len(text) < count:
            seg = self.next_segment(within)
            if seg is None:
                self.fail("expected %d bytes, %d came" % (count, len(text)))
            if seg.seq == self.rcv_nxt:
                text += seg.data
                self.accept(seg)
            if ack:
                self.send("A")
        return text

    def drain(self):
        """Forget what came and was not looked at."""
        self.wire.take()
        self.queue.clear()

    def state(self):
        for row in table_rows(self.v):
            if (port_of(row[1]), port_of(row[2])) == (self.lport, self.fport):
                return STATES[int(row[3], 16)]
        return "CLOSED"

    def listening(self):
        return any((port_of(row[1]), row[3]) == (self.lport, "0A")
                   for row in table_rows(self.v))

    def expect_state(self, state, within=0.0):
        """Now, or, where a timer does it, within so many seconds."""
        end = time.monotonic() + within
        while True:
            now = self.state()
            self.wire.log_state(self)
            if now == state:
                return
            left = end - time.monotonic()
            if left <= 0:
                self.fail("expected state %s, it is %s" % (state, now))
            self.wire.wait(lambda: False, min(left, max(within / 200, 0.01)))

    def show(self, seg):
        if seg.src == self.peer:
            return seg.show(self.iss, self.irs)
        return seg.show(self.irs, self.iss)

    def fail(self, what):
        lines = [what, "kernel %d, peer %d; the last segments:"
                 % (self.lport, self.fport)]
        for at, arrow, seg in self.history[-10:]:
            lines.append("%12.6f %s %s" % (at, arrow, self.show(seg)))
        if self.wire.icmp:
            lines.append("and %d ICMP messages" % len(self.wire.icmp))
        raise Mismatch("\n".join(lines))

    def forget(self):
        """Reset what is left of the connection, and listen no more."""
        if self.rcv_nxt is not None:
            opts = b""
            for seq in {self.snd_nxt, self.iss}:
                packet = self.make("RA", seq=seq, opts=opts).packet()
                os.write(self.wire.tun, packet)
        self.wire.take()
        self.wire.flows.pop((self.v, self.lport, self.fport, self.peer), None)


def flag_bits_text(flags):
    return "<%s>" % segment.flag_names(flag_bits(flags))


def after(base, seg):
    """Seconds from the segment before to this one."""
    return seg.at - base.at
