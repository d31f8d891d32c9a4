#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Resets in both directions, and what the user gets to see of them."""
import ctypes
import errno
import socket
import struct

from context import HOST, MSS, attempt, main
from tap import test
from xtcp_wire import ANY, KERNEL, text_of

VERSIONS = (4, 6)
ROLES = ("passive", "active")
READING = ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2")


def linger_0(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))


def disconnect(f):
    """connect() to AF_UNSPEC."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.connect(f.sock.fileno(), b"\0" * 28, 28):
        return errno.errorcode[ctypes.get_errno()]
    return 0


@test("abort", state=READING, role=ROLES, v=VERSIONS)
def reset_reading(t):
    """ECONNRESET once, then EPIPE and end of file."""
    f = t.hold(t.state)
    f.send("R")
    f.silent()
    f.expect_state("CLOSED")
    t.see("poll", t.poll(f) >= {"ERR", "HUP", "IN", "RDHUP"}, True)
    t.see("read", t.read(f), "ECONNRESET")
    t.see("read", t.read(f), b"")
    t.see("write", t.write(f), "EPIPE")
    t.see("SO_ERROR", t.so_error(f), "0")


@test("abort", state=("CLOSE_WAIT",), then=("read",), role=ROLES, v=VERSIONS,
      host="it reads 0")
def reset_close_wait_read(t):
    f = t.hold(t.state)
    f.send("R")
    f.expect_state("CLOSED")
    t.see("read", t.read(f), "ECONNRESET")
    t.see("read", t.read(f), b"")


@test("abort", state=("CLOSE_WAIT",), then=("write",), role=ROLES, v=VERSIONS)
def reset_close_wait_write(t):
    f = t.hold(t.state)
    f.send("R")
    f.expect_state("CLOSED")
    t.see("write", t.write(f), "EPIPE")


@test("abort", state=("CLOSING", "LAST_ACK"), role=ROLES, v=VERSIONS)
def reset_late(t):
    """Both directions had ended: no error (EV-28)."""
    f = t.hold(t.state)
    f.send("R")
    f.silent()
    f.expect_state("CLOSED")
    if not HOST:	# it says ECONNRESET
        t.see("SO_ERROR", t.so_error(f), "0")
        t.see("read", t.read(f), b"")


@test("abort", state=("SYN_SENT",), v=VERSIONS)
def reset_syn_sent(t):
    f = t.hold_syn_sent()
    f.send("R", seq=f.iss)
    f.expect_state("SYN_SENT")
    f.send("RA", seq=0, ack=f.irs + 1)
    f.expect_state("CLOSED")
    t.see("SO_ERROR", t.so_error(f), "ECONNREFUSED")


@test("abort", state=("SYN_RCVD",), role=("passive",), v=VERSIONS)
def reset_syn_rcvd_passive(t):
    f = t.hold_syn_rcvd()
    f.send("R")
    f.silent()
    f.expect_state("CLOSED")
    t.see("listening", f.listening(), True)
    t.no_accept(f)


@test("abort", state=("SYN_RCVD",), role=("active",), v=VERSIONS)
def reset_syn_rcvd_active(t):
    """MUST-11: for the user the connection was refused."""
    f = t.hold_syn_rcvd()
    f.send("R")
    f.silent()
    f.expect_state("CLOSED")
    t.see("SO_ERROR", t.so_error(f),
          "ECONNRESET" if HOST else "ECONNREFUSED")


@test("abort", state=("LISTEN",), v=VERSIONS)
def reset_listen(t):
    f = t.hold_listen()
    f.send("R", seq=5)
    f.send("RA", seq=5, ack=5)
    f.silent()
    t.see("listening", f.listening(), True)


@test("abort", state=("text-before-rst",), role=ROLES, v=VERSIONS)
def text_then_reset(t):
    """What arrived before stays readable, then ECONNRESET."""
    f = t.hold_established()
    f.send("PA", b"hello")
    f.expect("A")
    f.send("R")
    f.expect_state("CLOSED")
    t.see("read", t.read(f), b"hello")
    t.see("read", t.read(f), "ECONNRESET")
    t.see("read", t.read(f), b"")


@test("abort", state=("not-yet-accepted",), v=VERSIONS)
def reset_unaccepted(t):
    """A connection that waits in the accept queue is reset."""
    f = t.passive(accept=False)
    f.send("R")
    f.expect_state("CLOSED")
    try:
        sock = f.listener.accept()[0]
    except BlockingIOError:
        return
    t.socks.append(sock)
    t.see("read", attempt(sock.recv, 10), "ECONNRESET")


@test("abort", state=("challenge-then-exact",), role=ROLES, v=VERSIONS)
def challenge_then_exact(t):
    """The honest peer answers the challenge ACK with an exact RST."""
    f = t.hold_established()
    f.send("R", seq=f.snd_nxt + 500)
    challenge = f.expect("A")
    f.send("R", seq=challenge.ack)
    f.expect_state("CLOSED")


@test("abort-ours", state=READING + ("SYN_RCVD", "CLOSE_WAIT"), v=VERSIONS)
def abort_ours(t):
    """EV-10: SO_LINGER 0 and close: RST at SND.NXT, no TIME_WAIT."""
    t.role = "active"
    f = t.hold(t.state)
    linger_0(f.sock)
    f.sock.close()
    f.expect_rst()
    f.silent()
    f.expect_state("CLOSED")


@test("abort-ours", state=("CLOSING", "LAST_ACK", "TIME_WAIT"), v=VERSIONS)
def abort_late(t):
    """EV-10: nothing is left to abort."""
    f = t.hold(t.state)
    linger_0(f.sock)
    f.sock.close()
    f.drain() if HOST else f.silent(0.05)
    if t.state != "TIME_WAIT":
        f.expect_state("CLOSED")


@test("abort-ours", state=("disconnect",), role=ROLES, v=VERSIONS)
def abort_disconnect(t):
    """connect(AF_UNSPEC) aborts; the socket can be used anew."""
    f = t.hold_established()
    t.see("connect", disconnect(f), 0)
    f.expect_rst()
    f.expect_state("CLOSED")
    t.see("read", t.read(f) in ("ENOTCONN", "ECONNRESET"), True)
    if t.role == "active":	# a child does not keep its listener's port
        f.irs = f.rcv_nxt = None
        t.connect_again(f)
        f.expect("S")


@test("abort-ours", state=("with-text-queued",), v=VERSIONS)
def abort_queued(t):
    """What was not sent yet is thrown away; RST is at SND.NXT."""
    f = t.passive(win=100)
    f.sock.send(b"x" * 1000)
    f.expect("A", length=100)
    linger_0(f.sock)
    f.sock.close()
    # The host's takes the number behind everything that was queued.
    f.expect_rst(seq=ANY if HOST else None)
    f.expect_state("CLOSED")


@test("reset-unread", role=ROLES, v=VERSIONS)
def reset_unread(t):
    """close() with unread bytes: RST, not FIN (SHLD-3)."""
    f = t.hold_established()
    f.send("PA", b"unread")
    f.expect("A")
    f.sock.close()
    f.expect_rst()
    f.silent()
    f.expect_state("CLOSED")


@test("reset-unread", role=("partly-read",), v=VERSIONS)
def reset_partly_read(t):
    t.role = "passive"
    f = t.hold_established()
    f.send("PA", b"unread")
    f.expect("A")
    t.see("read", t.read(f, 3), b"unr")
    f.sock.close()
    f.expect_rst()


@test("reset-unread", role=("close-wait",), v=VERSIONS)
def reset_unread_close_wait(t):
    t.role = "passive"
    f = t.hold_established()
    f.send("FPA", b"unread")
    f.expect("A")
    f.sock.close()
    f.expect_rst()
    f.expect_state("CLOSED")


@test("reset-unread", role=("all-read",), v=VERSIONS)
def all_read(t):
    t.role = "passive"
    f = t.hold_established()
    f.send("PA", b"unread")
    f.expect("A")
    t.see("read", t.read(f), b"unread")
    f.sock.close()
    f.expect("FA")


@test("data-after-close", state=("FIN_WAIT_1", "FIN_WAIT_2"), role=ROLES,
      v=VERSIONS)
def data_after_close(t):
    """SHLD-3: text for a connection that nobody reads draws a RST."""
    t.how = "close"
    f = t.hold(t.state)
    f.send("PA", b"late", seq=f.snd_nxt)
    f.expect_rst()
    f.expect_state("CLOSED")
    f.send("PA", b"later", seq=f.snd_nxt)
    f.expect("R", seq=f.rcv_nxt)


@test("data-after-close", state=("shutdown-both",), role=ROLES, v=VERSIONS)
def data_after_shutdown_both(t):
    """FIN, whatever is unread; later text draws a RST."""
    f = t.hold_established()
    f.sock.shutdown(socket.SHUT_RDWR)
    f.expect("FA")
    f.send("A")
    f.expect_state("FIN_WAIT_2")
    f.send("PA", b"late", seq=f.snd_nxt)
    f.expect_rst()
    f.expect_state("CLOSED")


@test("data-after-close", state=("our-reset-to-a-writer",), v=VERSIONS)
def writer_meets_closed_peer(t):
    """The kernel's end is the writer: RST in CLOSE_WAIT after its text."""
    f = t.hold_close_wait()
    t.see("write", t.write(f, b"first"), 5)
    f.expect("PA", data=b"first")
    f.send("R")
    f.expect_state("CLOSED")
    t.see("write", t.write(f, b"second"), "EPIPE")


@test("rst-to-closed-port", v=VERSIONS)
def listener_unaffected(t):
    """A reset child does not harm its siblings."""
    f = t.passive()
    g = t.flow(f.lport)
    g.listener = f.listener
    g.send("S", opts=MSS)
    g.expect("SA")
    g.send("A")
    t.accept(g)
    f.send("R")
    f.expect_state("CLOSED")
    g.send("PA", b"alive")
    g.expect("A")
    t.see("read", t.read(g), b"alive")
    t.see("local address", g.sock.getsockname()[0], text_of(t.v, KERNEL[t.v]))


if __name__ == "__main__":
    main()
