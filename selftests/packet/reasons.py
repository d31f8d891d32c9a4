#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each reason of module/machine/reasons.def that a peer can provoke is
counted under its name in /proc/net/xtcp_stat, once for each cause."""
import socket
import struct

import segment
from context import KERNEL, MSS, counter, main
from icmp import HARD, send_icmp
from tap import Skip, add
from xtcp_wire import PROTO

HOST = "it has other counters"
CASES = {}


def reason(name, **setup):
    """The function provokes it once; setup: attributes of the context."""
    def register(func):
        CASES[name] = func

        def run(t):
            for key, value in setup.items():
                setattr(t, key, value)
            before = counter(name)
            func(t)
            t.see(name, counter(name) - before, 1)
        for v in (4, 6):
            add("reason", run, {"name": name, "v": v}, HOST)
        return func
    return register


def nobody(t):
    """A flow without a socket: on the TCP wire such are the host's TCP's."""
    if PROTO == 6:
        raise Skip("the host's TCP answers for nobody")
    return t.hold_closed()


def raw(f, tcp):
    f.wire.inject(segment.ip_packet(f.v, f.peer, KERNEL[f.v], PROTO, tcp))


@reason("InTooShort")
def too_short(t):
    f = t.hold_listen()
    raw(f, struct.pack("!HH", f.fport, f.lport) + bytes(15))


@reason("InBadOffset")
def bad_offset(t):
    t.hold_listen().send("S", doff=4)


@reason("InBadOption")
def bad_option(t):
    t.hold_listen().send("S", opts=b"\x02\x00\x05\xb4")


@reason("InBadChecksum")
def bad_checksum(t):
    t.hold_listen().send("S", csum=0x1234)


@reason("NoConnection")
def no_connection(t):
    nobody(t).send("S", opts=MSS)


@reason("RstToNobody")
def rst_to_nobody(t):
    nobody(t).send("R")


@reason("ListenAck")
def listen_ack(t):
    t.hold_listen().send("A", ack=5)


@reason("ListenRst")
def listen_rst(t):
    t.hold_listen().send("R")


@reason("ListenNeither")
def listen_neither(t):
    t.hold_listen().send("F")


@reason("BadCookie")
def bad_cookie(t):
    t.sysctl("syncookies", 2)
    f = t.hold_listen()
    f.send("S", opts=MSS)
    f.expect("SA")
    f.send("A", ack=f.rcv_nxt + 0x1000000)


@reason("SynQueueFull")
def syn_queue_full(t):
    t.sysctl("syncookies", 0)
    f = t.hold_listen(backlog=1)
    before = counter("SynQueueFull")
    for port in range(1000, 1100):
        t.flow(f.lport, port).send("S", opts=MSS)
        if counter("SynQueueFull") > before:
            return


def fill_accept_queue(t):
    f = t.hold_listen(backlog=0)
    f.send("S", opts=MSS)
    f.expect("SA")
    late = t.flow(f.lport)
    late.send("S", opts=MSS)
    late.expect("SA")
    f.send("A")
    f.expect_state("ESTABLISHED")
    return late


@reason("AcceptQueueFull")
def accept_queue_full(t):
    fill_accept_queue(t).send("A")


@reason("AbortOnOverflow")
def abort_on_overflow(t):
    t.sysctl("abort_on_overflow", 1)
    fill_accept_queue(t).send("A")


@reason("OldSynAck")
def old_syn_ack(t):
    f = t.hold_syn_sent()
    f.send("SA", ack=f.irs)


@reason("SynSentRst")
def syn_sent_rst(t):
    t.hold_syn_sent().send("R")


@reason("SynSentNeither")
def syn_sent_neither(t):
    t.hold_syn_sent().send("F")


@reason("BadHandshakeAck")
def bad_handshake_ack(t):
    f = t.hold_syn_rcvd()
    f.send("A", ack=f.rcv_nxt + 1)


@reason("OutOfWindow")
def out_of_window(t):
    f = t.hold_established()
    f.send("A", b"x", seq=f.snd_nxt - 10)


@reason("Paws")
def paws(t):
    f = t.open(tsval=1000)
    f.tsval = 900
    f.send("A", b"x")


@reason("NoTimestamp")
def no_timestamp(t):
    f = t.open(tsval=1000)
    f.tsval = None
    f.send("A", b"x")


@reason("RstOutside")
def rst_outside(t):
    f = t.hold_established()
    f.send("R", seq=f.snd_nxt - 10)


@reason("RstInexact")
def rst_inexact(t):
    f = t.hold_established()
    f.send("R", seq=f.snd_nxt + 10)


@reason("RstTimeWait")
def rst_time_wait(t):
    f = t.hold_time_wait()
    f.send("R")


@reason("SynInSync")
def syn_in_sync(t):
    f = t.hold_established()
    f.send("S", seq=f.snd_nxt + 10)


@reason("NoAckFlag")
def no_ack_flag(t):
    t.hold_established().send("P", b"x")


@reason("AckUnsent")
def ack_unsent(t):
    f = t.hold_established()
    f.send("A", ack=f.rcv_nxt + 1)


@reason("AckTooOld")
def ack_too_old(t):
    f = t.hold_established()
    f.send("A", b"x", ack=f.rcv_nxt - 200000)


@reason("FinAgain")
def fin_again(t):
    f = t.hold_close_wait()
    f.send("FA", seq=f.snd_nxt - 1)


@reason("TextAfterFin")
def text_after_fin(t):
    f = t.hold_close_wait()
    f.send("A", b"late")


@reason("ShutRead")
def shut_read(t):
    f = t.hold_established()
    f.sock.shutdown(socket.SHUT_RD)
    f.send("A", b"unread")


@reason("Duplicate")
def duplicate(t):
    f = t.hold_established()
    f.send("A", b"x", seq=f.snd_nxt + 5)
    f.send("A", b"x", seq=f.snd_nxt + 5)


# Why connections ended.

@reason("ClosedOrderly")
def closed_orderly(t):
    f = t.hold_last_ack()
    f.send("A")


@reason("TimeWaitOver")
def time_wait_over(t):
    t.sysctl("msl_ms", 500)
    t.how = "close"
    f = t.hold_time_wait()
    f.expect_state("CLOSED", within=3)


@reason("TimeWaitReused")
def time_wait_reused(t):
    t.how = "close"
    f = t.hold_time_wait()
    f.send("S", seq=f.snd_nxt + 1000, opts=MSS)


@reason("FinWait2Over")
def fin_wait_2_over(t):
    t.sysctl("fin_timeout", 1)
    t.how = "close"
    f = t.hold_fin_wait_2()
    f.expect_state("CLOSED", within=3)


@reason("ClosedBeforeOpen")
def closed_before_open(t):
    t.hold_syn_sent().sock.close()


@reason("ListenerGone")
def listener_gone(t):
    f = t.passive(accept=False)
    f.listener.close()


@reason("Refused")
def refused(t):
    f = t.hold_syn_sent()
    f.send("RA", seq=0, ack=f.irs + 1)


@reason("ResetByPeer")
def reset_by_peer(t):
    t.hold_established().send("R")


@reason("Aborted")
def aborted(t):
    t.discard(t.hold_established().sock)


@reason("UnreadData")
def unread_data(t):
    f = t.hold_established()
    f.send("A", b"unread")
    f.sock.close()


@reason("DataAfterClose")
def data_after_close(t):
    t.how = "close"
    t.hold_fin_wait_2().send("A", b"late")


@reason("SynTimeout")
def syn_timeout(t):
    t.sysctl("syn_retries", 1)
    t.hold_syn_sent().expect_state("CLOSED", within=5)


@reason("SynAckTimeout")
def syn_ack_timeout(t):
    t.sysctl("synack_retries", 0)
    t.hold_syn_rcvd().expect_state("CLOSED", within=5)


@reason("RetransmitTimeout")
def retransmit_timeout(t):
    t.sysctl("retries2", 2)
    f = t.hold_established()
    f.sock.send(b"x")
    f.expect_state("CLOSED", within=20)


@reason("UserTimeout")
def user_timeout(t):
    f = t.hold_established()
    f.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 2000)
    f.sock.send(b"x")
    f.expect_state("CLOSED", within=20)


@reason("KeepaliveTimeout")
def keepalive_timeout(t):
    f = t.hold_established()
    f.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL,
                 socket.TCP_KEEPCNT):
        f.sock.setsockopt(socket.IPPROTO_TCP, name, 1)
    f.expect_state("CLOSED", within=20)


@reason("ProbeTimeout")
def probe_timeout(t):
    t.sysctl("retries2", 2)
    f = t.hold_established()
    f.sock.send(b"1")
    f.expect("PA", data=b"1")
    f.send("A", win=0)
    f.sock.send(b"waiting")
    f.expect_state("CLOSED", within=30)


@reason("Unreachable")
def unreachable(t):
    f = t.hold_syn_sent()
    send_icmp(f, HARD[t.v][-1], f.irs)


@reason("IcmpStale")
def icmp_stale(t):
    f = t.hold_syn_sent()
    send_icmp(f, HARD[t.v][-1], f.irs + 5000)


@reason("InMinTTL")
def min_ttl(t):
    f = t.hold_established()
    level, name = (socket.IPPROTO_IP, 21) if t.v == 4 else (
        socket.IPPROTO_IPV6, 73)
    f.sock.setsockopt(level, name, 200)
    f.send("R", ttl=64)


@reason("SelfRefused")
def self_refused(t):
    t.sysctl("self_connect", 0)
    sock = t.socket()
    where = ("127.0.0.1" if t.v == 4 else "::1", t.wire.ports()[0])
    sock.bind(where)
    sock.connect_ex(where)


# Other counters.

@reason("ChallengeAcks")
def challenge_acks(t):
    f = t.hold_established()
    f.send("R", seq=f.snd_nxt + 10)


@reason("RetransSyns")
def retrans_syns(t):
    f = t.hold_syn_sent()
    f.expect("S", seq=f.irs, within=1.5)


@reason("RetransSegs")
def retrans_segs(t):
    f = t.hold_established()
    f.sock.send(b"x")
    f.expect("PA", data=b"x")
    f.expect("PA", data=b"x", seq=f.rcv_nxt - 1, within=1.5)


@reason("CookiesSent")
def cookies_sent(t):
    t.sysctl("syncookies", 2)
    t.hold_listen().send("S", opts=MSS)


@reason("CookiesReceived")
def cookies_received(t):
    t.sysctl("syncookies", 2)
    f = t.hold_listen()
    f.send("S", opts=MSS)
    f.expect("SA")
    f.send("A")


@reason("ActiveOpens")
def active_opens(t):
    t.hold_syn_sent()


@reason("PassiveOpens")
def passive_opens(t):
    t.hold_syn_rcvd()


@reason("Established")
def established(t):
    t.hold_established()


@reason("Stored")
def stored(t):
    f = t.hold_established()
    f.send("A", b"x", seq=f.snd_nxt + 5)


@reason("FastRetransmits")
def fast_retransmits(t):
    f = t.open(opts=segment.mss(1000))
    f.sock.send(b"x" * 8000)
    lost = f.next_segment(1)
    for _ in range(3):
        f.send("A", ack=lost.seq)


@reason("WindowProbes")
def window_probes(t):
    f = t.hold_established()
    f.sock.send(b"1")
    f.expect("PA", data=b"1")
    f.send("A", win=0)
    f.sock.send(b"waiting")
    f.next_segment(2)


@reason("OutRsts")
def out_rsts(t):
    t.hold_listen().send("A", ack=5)


@reason("InRsts")
def in_rsts(t):
    t.hold_established().send("R")


@reason("TimeWaitSurplus")
def time_wait_surplus(t):
    t.sysctl("max_tw_buckets", 0)
    f = t.hold_fin_wait_2()
    f.send("FA")


@reason("InBadAddress")
def bad_address(t):
    f = t.flow()
    f.listener = t.socket()
    f.listener.bind(("", f.lport))
    f.listener.listen()
    seg = f.make("S", opts=MSS)
    seg.dst = segment.address(t.v, "224.0.0.1" if t.v == 4 else "ff02::1")
    t.wire.inject(seg.packet())


if __name__ == "__main__":
    main()
