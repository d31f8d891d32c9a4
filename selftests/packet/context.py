# SPDX-License-Identifier: GPL-2.0-only
"""What a test gets: sockets under test, flows, and connections in any state.

Axes of a test become attributes: v (4 or 6), role ("passive", "active"), how
("shutdown": our direction only, the socket is held; "close": nobody holds it).
"""
import errno
import os
import select
import socket
import struct

import segment
import tap
import xtcp_wire
from tap import Mismatch, Skip
from xtcp_wire import (ANY, FAMILY, HOST, KERNEL, PEER, Flow, new_socket,
                       sysctl_path, text_of)

SYNCHRONISED = ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                "CLOSING", "LAST_ACK", "TIME_WAIT")
MSS = segment.mss(1460)
OWN_MSS = {4: 1460, 6: 1440}	# what an MTU of 1500 leaves


def full_options(tsval):
    return (MSS + segment.SACK_PERMITTED + segment.timestamps(tsval, 0)
            + segment.NOP + segment.wscale(7))


def counter(name):
    """Of /proc/net/xtcp_stat: each line a name and a number."""
    with open("/proc/net/xtcp_stat") as stat:
        for line in stat:
            words = line.split()
            if words[0] == name:
                return int(words[1])
    raise Mismatch("no counter " + name)


class Context:
    def __init__(self, wire, case):
        self.v, self.role, self.how = 4, "passive", "shutdown"
        self.wire, self.socks, self.flows, self.saved = wire, [], [], {}
        for name, value in case.params.items():
            setattr(self, name, value)
        if HOST and case.host is not True:
            raise Skip("not the host's TCP: %s" % case.host)
        self.impossible = 0 if HOST else counter("Impossible")

    # Settings ---------------------------------------------------------

    def sysctl(self, name, value):
        """Set for the rest of the test; without value only read."""
        try:
            with open(sysctl_path(name)) as knob:
                old = knob.read().strip()
            with open(sysctl_path(name), "w") as knob:
                knob.write(str(value))
        except OSError as why:
            raise Mismatch("sysctl %s: %s" % (name, why))
        self.saved.setdefault(name, old)

    def read_sysctl(self, name):
        with open(sysctl_path(name)) as knob:
            return int(knob.read().split()[0])

    # Sockets ----------------------------------------------------------

    def socket(self):
        sock = new_socket(self.v)
        self.socks.append(sock)
        return sock

    def bound(self, lport, setup=None):
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if setup:
            setup(sock)
        sock.bind((text_of(self.v, KERNEL[self.v]), lport))
        return sock

    def listen(self, lport, backlog=16, setup=None):
        sock = self.bound(lport, setup)
        sock.listen(backlog)
        return sock

    def connect(self, flow, setup=None):
        """Begin to connect; the SYN is then on the wire."""
        flow.sock = self.bound(flow.lport, setup)
        return self.connect_again(flow)

    def connect_again(self, flow):
        error = flow.sock.connect_ex((text_of(self.v, flow.peer), flow.fport))
        if error != errno.EINPROGRESS:
            flow.fail("connect: %s" % os.strerror(error))
        return flow.sock

    def accept(self, flow):
        try:
            flow.sock, addr = flow.listener.accept()
        except BlockingIOError:
            flow.fail("accept: there is no connection")
        flow.sock.setblocking(False)
        self.socks.append(flow.sock)
        want = (text_of(self.v, flow.peer), flow.fport)
        if addr[:2] != want:
            flow.fail("accept: %s instead of %s" % (addr[:2], want))
        return flow.sock

    def no_accept(self, flow):
        try:
            flow.listener.accept()
        except BlockingIOError:
            return
        flow.fail("accept returned a connection")

    # Flows ------------------------------------------------------------

    def flow(self, lport=None, fport=None, peer=None):
        mine, theirs = self.wire.ports()
        flow = Flow(self.wire, self.v, lport or mine, fport or theirs, peer)
        self.flows.append(flow)
        return flow

    def again(self, flow):
        """A new flow on the old one's four numbers."""
        if flow in self.flows:
            self.flows.remove(flow)
        new = self.flow(flow.lport, flow.fport, flow.peer)
        new.listener = flow.listener
        new.iss = new.snd_nxt = (flow.snd_nxt + 100000) & segment.M32
        return new

    def passive(self, opts=MSS, setup=None, backlog=16, accept=True,
                **fields):
        """A connection that the peer opened."""
        flow = self.flow()
        for name, value in fields.items():
            setattr(flow, name, value)
        flow.listener = self.listen(flow.lport, backlog, setup)
        flow.send("S", opts=opts)
        flow.expect("SA")
        flow.send("A")
        if accept:
            self.accept(flow)
        return flow

    def active(self, opts=MSS, setup=None, accept=True, **fields):
        """A connection that the kernel opened."""
        flow = self.flow()
        for name, value in fields.items():
            setattr(flow, name, value)
        self.connect(flow, setup)
        flow.expect("S")
        flow.send("SA", opts=opts)
        flow.expect("A")
        return flow

    def open(self, **fields):
        make = self.active if self.role == "active" else self.passive
        return make(**fields)

    def hold(self, state, **fields):
        """A connection in that state, of self.role, ended by self.how."""
        return getattr(self, "hold_" + state.lower())(**fields)

    def hold_closed(self):
        return self.flow()

    def hold_listen(self, **fields):
        flow = self.flow()
        flow.listener = self.listen(flow.lport, **fields)
        return flow

    def hold_syn_sent(self, **fields):
        flow = self.flow()
        self.connect(flow, **fields)
        flow.expect("S")
        return flow

    def hold_syn_rcvd(self, **fields):
        if self.role == "active":
            flow = self.hold_syn_sent(**fields)
            flow.send("S", opts=MSS)
            flow.expect("SA", seq=flow.irs)
        else:
            flow = self.hold_listen(**fields)
            flow.send("S", opts=MSS)
            flow.expect("SA")
        flow.expect_state("SYN_RCVD")
        return flow

    def hold_established(self, **fields):
        flow = self.open(**fields)
        flow.expect_state("ESTABLISHED")
        return flow

    def end_ours(self, flow):
        if self.how == "close":
            flow.sock.close()
        else:
            flow.sock.shutdown(socket.SHUT_WR)

    def hold_fin_wait_1(self, **fields):
        flow = self.open(**fields)
        self.end_ours(flow)
        flow.expect("FA")
        flow.expect_state("FIN_WAIT_1")
        return flow

    def hold_fin_wait_2(self, **fields):
        flow = self.hold_fin_wait_1(**fields)
        flow.send("A")
        flow.expect_state("FIN_WAIT_2")
        return flow

    def hold_close_wait(self, **fields):
        flow = self.open(**fields)
        flow.send("FA")
        flow.expect("A")
        flow.expect_state("CLOSE_WAIT")
        return flow

    def hold_closing(self, **fields):
        flow = self.hold_fin_wait_1(**fields)
        flow.send("FA", ack=flow.rcv_nxt - 1)
        flow.expect("A")
        flow.expect_state("CLOSING")
        return flow

    def hold_last_ack(self, **fields):
        flow = self.hold_close_wait(**fields)
        self.end_ours(flow)
        flow.expect("FA")
        flow.expect_state("LAST_ACK")
        return flow

    def hold_time_wait(self, **fields):
        flow = self.hold_fin_wait_2(**fields)
        flow.send("FA")
        flow.expect("A")
        flow.expect_state("TIME_WAIT")
        return flow

    # What the user sees -----------------------------------------------

    def read(self, flow, count=65536):
        """Bytes, or the name of the error."""
        return attempt(flow.sock.recv, count)

    def write(self, flow, data=b"x"):
        return attempt(flow.sock.send, data, socket.MSG_NOSIGNAL)

    def so_error(self, flow):
        number = flow.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode[number] if number else "0"

    def poll(self, flow):
        """The set of names of what poll() reports now."""
        names = {"IN": select.POLLIN, "OUT": select.POLLOUT,
                 "PRI": select.POLLPRI, "ERR": select.POLLERR,
                 "HUP": select.POLLHUP, "RDHUP": select.POLLRDHUP}
        poller = select.poll()
        poller.register(flow.sock, sum(names.values()))
        ready = poller.poll(0)
        bits = ready[0][1] if ready else 0
        return {name for name, bit in names.items() if bits & bit}

    def see(self, what, got, want):
        if got != want:
            raise Mismatch("%s: expected %r, got %r" % (what, want, got))

    # Afterwards -------------------------------------------------------

    def verify(self):
        """Nothing happened that the state table calls impossible."""
        if not HOST:
            self.see("impossible events", counter("Impossible"),
                     self.impossible)

    def finish(self):
        for flow in self.flows:
            flow.forget()
        for sock in self.socks:
            self.discard(sock)
        for flow in self.flows:
            flow.wire.flows.pop((flow.v, flow.lport, flow.fport, flow.peer),
                                None)
        for name, value in self.saved.items():
            with open(sysctl_path(name), "w") as knob:
                knob.write(value)
        self.wire.take()
        self.wire.strays.clear()
        self.wire.icmp.clear()

    @staticmethod
    def discard(sock):
        if sock.fileno() < 0:
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.close()


def attempt(call, *args):
    try:
        return call(*args)
    except OSError as why:
        return errno.errorcode[why.errno]


def main():
    """Run the tests that the program has registered."""
    def prepare():
        wire = xtcp_wire.Wire()
        try:
            new_socket(4).close()
        except OSError as why:
            raise Skip("no socket of family %d: %s"
                       % (xtcp_wire.AF_XTCP, why))
        return lambda case: Context(wire, case)
    tap.main(prepare)


__all__ = ["ANY", "Context", "FAMILY", "HOST", "KERNEL", "MSS", "Mismatch",
           "PEER", "SYNCHRONISED", "Skip", "attempt", "counter", "full_options",
           "main"]
