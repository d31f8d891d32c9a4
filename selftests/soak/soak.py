#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A long time of everything at once: processes that do at random what can be
done to sockets (lives.c) on two hosts and on loopback, over links that lose,
repeat, reorder and spoil; what passes by is sent again, twisted; processes are
killed, namespaces end with all that lives in them, settings change.

XTCP_TEST_SOAK_S=N: so many seconds (300), XTCP_TEST_SEED=N: other chances.
The kernel's log and rmmod are looked at by who runs this.
"""
import ctypes
import glob
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "net"),
                os.path.join(HERE, "..", "packet")]
import host				# noqa: E402
import segment				# noqa: E402

SECONDS = float(os.environ.get("XTCP_TEST_SOAK_S", "300"))
SEED = int(os.environ.get("XTCP_TEST_SEED", "1"))
PROCESSES = 6		# at the same time, besides their own children
END_S = 120		# a process that was killed is gone by then
LINKS = ("delay 1ms", "delay 2ms 1ms loss 5% duplicate 3% reorder 20%",
         "delay 1ms corrupt 3% loss 1%", "loss 30% duplicate 30%",
         "delay 20ms 20ms loss 1%", "limit 20 rate 2mbit")
SETTINGS = {
    "syncookies": (0, 1, 2), "max_syn_backlog": (1, 4, 1024),
    "abort_on_overflow": (0, 1), "fin_timeout": (1, 60),
    "max_tw_buckets": (0, 10, 262144), "max_orphans": (0, 10, 65536),
    "tw_reuse": (0, 1, 2), "rfc1337": (0, 1), "timestamps": (0, 1),
    "window_scaling": (0, 1), "msl_ms": (20, 500), "self_connect": (0, 1, 2),
    "retries2": (2, 5), "orphan_retries": (1, 3), "syn_retries": (1, 3),
    "synack_retries": (0, 2), "rto_min_ms": (5, 200),
    "keepalive_time": (1, 7200), "shutdown_read_keeps": (0, 1),
    "abort_orphans": (0, 0, 1), "stdurg": (0, 1),
    "challenge_ack_limit": (1, 1000)}
FORMS = ("ESTABLISHED", "SYN_SENT", "SYN_RCVD", "FIN_WAIT_1", "FIN_WAIT_2",
         "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING")


def settle(rng, values):
    """A few of the settings anew, of this namespace."""
    for name in rng.sample(sorted(SETTINGS), values):
        host.write(host.SYSCTLS + name, rng.choice(SETTINGS[name]))


def twist(rng, seg):
    """What was a good segment, changed here and there."""
    seg.csum = seg.doff = None
    for _ in range(rng.randint(0, 3)):
        what = rng.randint(0, 9)
        if what == 0:
            seg.seq += rng.choice((1, -1, 1000, -1000, 1 << 31))
        elif what == 1:
            seg.ack += rng.choice((1, -1, 1000, -1000, 1 << 31))
        elif what == 2:
            seg.flags = rng.getrandbits(8)
        elif what == 3:
            seg.flags ^= 1 << rng.randint(0, 5)
        elif what == 4:
            seg.data = seg.data[:rng.randint(0, len(seg.data))]
        elif what == 5:
            seg.data += bytes(rng.randint(0, 200))
        elif what == 6:
            seg.win = rng.choice((0, 1, 65535))
        elif what == 7:
            seg.doff = rng.randint(0, 15)
        elif what == 8:
            seg.raw_opts = bytes(rng.getrandbits(8) for _ in range(
                rng.choice((0, 4, 12, 40))))
        else:
            seg.up = rng.choice((0, 1, 65535))
    return seg


def icmp_error(rng, packet):
    """Some router's word on it, to whoever sent it; IPv4 alone."""
    kind, code = rng.choice(((3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (11, 0),
                             (12, 0)))
    body = struct.pack("!BBHHH", kind, code, 0, 0, rng.choice((
        0, 68, 576, 1400))) + packet[:rng.choice((24, 28, 40, 60))]
    body = body[:2] + struct.pack("!H", ~segment.ones_sum(body) & 0xffff) \
        + body[4:]
    return segment.ip_packet(4, packet[16:20], packet[12:16], 1, body)


def garbage(rng, device):
    """For ever: hear what leaves by the device and add to it."""
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0x0300)
    tap.bind((device, 3))
    while True:
        packet, whence = tap.recvfrom(70000)
        if whence[2] != socket.PACKET_OUTGOING or rng.random() < 0.9:
            continue
        seg = None
        try:
            if packet[0] >> 4 == 4 and rng.random() < 0.1:
                packet = icmp_error(rng, packet)
            else:
                seg = segment.parse_packet(packet, host.IPPROTO_XTCP)
                if not seg:
                    continue
                packet = twist(rng, seg).packet()
        except (struct.error, IndexError):
            pass		# one of our own: then as it was
        mac = whence[4] if device == "lo" else \
            b"\2\0\0\0\0" + (b"\2" if device == "v0" else b"\1")
        try:
            tap.sendto(packet, (device, 0x86dd if packet[0] >> 4 == 6
                                else 0x0800, 0, 0, mac))
        except OSError:
            pass		# no room there, or too long


TRACE = "/sys/kernel/tracing/instances/soak/"
STEP = re.compile(r"[A-Z_0-9]+->([A-Z_0-9]+)")


class Soak:
    def __init__(self, rng):
        self.rng, self.number = rng, 0
        self.lives, self.others, self.seen = [], [], set()
        os.makedirs(TRACE, exist_ok=True)
        for event in ("xtcp_state", "xtcp_small_state"):
            host.write("%sevents/xtcp/%s/enable" % (TRACE, event), 1)
        self.passing = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.hosts = host.Hosts()
        for side in (0, 1):
            self.hosts.go(side)
            settle(rng, len(SETTINGS))
            for device in ("lo", "v%d" % side):
                self.spawn(garbage, random.Random(rng.random()), device)
        self.hosts.go(0)

    def spawn(self, function, *arguments):
        pid = os.fork()
        if not pid:
            try:
                function(*arguments)
            finally:
                os._exit(1)
        self.others.append(pid)

    def addresses(self):
        """Loopback's and those of both hosts, or some of them."""
        known = list(host.LOOP.values())
        for pair in self.hosts.ADDRESS.values():
            known += pair
        return known if self.rng.random() < 0.7 else self.rng.sample(known, 3)

    def begin_life(self):
        """A process on one of the hosts, or in a namespace of its own."""
        place = self.rng.choice((0, 0, 1, 1, 2))
        self.hosts.go(place % 2)
        self.number += 1
        here = self.passing[self.number % 2].fileno()
        command = [os.path.join(HERE, "lives"), str(SEED * 10000 +
                                                    self.number), str(here)]
        if place == 2:
            command = ["unshare", "-n", "sh", "-c",
                       "ip link set lo up; exec \"$@\"", "-"] + command
        self.lives.append(subprocess.Popen(
            command + self.addresses(), pass_fds=[here],
            start_new_session=True, preexec_fn=lambda: os.nice(10)))
        self.hosts.go(0)

    def end_life(self, life):
        self.lives.remove(life)
        os.killpg(life.pid, signal.SIGKILL)
        try:
            life.wait(END_S)
        except subprocess.TimeoutExpired:
            print("# does not die: %s" % host.read(
                "/proc/%d/stack" % life.pid))
            raise

    def meddle(self):
        rng = self.rng
        side = rng.randint(0, 1)
        self.hosts.go(side)
        what = rng.randint(0, 3)
        if what == 0:
            settle(rng, 3)
        elif what == 1:
            host.run("tc qdisc replace dev v%d root netem %s" % (
                side, rng.choice(LINKS)))
        elif what == 2:
            host.road(rng.choice(LINKS))
        else:
            host.run("ip link set v%d mtu %d" % (side, rng.choice(
                (1280, 1500, 9000))))
        self.hosts.go(0)

    def look(self):
        """Which states there have been since the last look."""
        self.seen.update(STEP.findall(host.read(TRACE + "trace")))
        host.write(TRACE + "trace", "")

    def turn(self):
        while len(self.lives) < PROCESSES:
            self.begin_life()
        if any(life.poll() is not None for life in self.lives):
            raise SystemExit("a process ended by itself: %s" % [
                life.poll() for life in self.lives])
        self.look()
        for name in glob.glob("/proc/net/xtcp*"):
            try:
                host.read(name)
            except OSError:
                pass		# if allocations fail
        self.meddle()
        time.sleep(self.rng.random())
        if self.rng.random() < 0.3:
            self.end_life(self.rng.choice(self.lives))

    def end(self):
        while self.lives:
            self.end_life(self.lives[0])
        for pid in self.others:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for end in self.passing:
            end.close()
        self.look()
        os.rmdir(TRACE)

    def counters(self):
        """Of both hosts together."""
        total = {}
        for side in (0, 1):
            self.hosts.go(side)
            for line in host.read("/proc/net/xtcp_stat").splitlines():
                name, value = line.split()[:2]
                if value.isdigit():
                    total[name] = total.get(name, 0) + int(value)
        self.hosts.go(0)
        return total


def main():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)	# orphans come to us
    soak = Soak(random.Random(SEED))
    end = time.monotonic() + SECONDS
    turns = 0
    try:
        while time.monotonic() < end:
            soak.turn()
            turns += 1
    finally:
        soak.end()
    counters = soak.counters()
    missing = sorted(set(FORMS) - soak.seen)
    print("# %d turns, %d processes; %s" % (turns, soak.number, ", ".join(
        "%s %d" % item for item in sorted(counters.items()) if item[1])))
    print("TAP version 13\n1..3\nok 1 whoever was killed died")
    for number, name, bad in (
            (2, "each state was there", missing),
            (3, "nothing impossible happened", counters.get("Impossible"))):
        print("# %s" % bad if bad else "#")
        print("%sok %d %s" % ("not " if bad else "", number, name))


if __name__ == "__main__":
    main()
