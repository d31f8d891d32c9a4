# SPDX-License-Identifier: GPL-2.0-only
"""What the scenarios share: namespaces and links, sockets, the tables in /proc,
settings, the kernel's log, and the module itself.

Each test runs in a fresh network namespace. Axes of a test become attributes.
"""
import ctypes
import glob
import os
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, ".."), os.path.join(HERE, "..", "packet")]
from loopback import lo_up		# noqa: E402
import tap				# noqa: E402
from tap import Mismatch, Skip, test	# noqa: E402

AF_XTCP = int(os.environ.get("XTCP_TEST_FAMILY", "19"))
XTCP_IPV6 = 0x100
PROTO = 6 if os.environ.get("XTCP_TEST_WIRE") == "tcp" else 253
VERSIONS = (4, 6)
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
LOOP = {4: "127.0.0.1", 6: "::1"}
STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RCVD", 4: "FIN_WAIT_1",
          5: "FIN_WAIT_2", 6: "TIME_WAIT", 7: "CLOSED", 8: "CLOSE_WAIT",
          9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING"}
CLONE_NEWNET = 0x40000000
SOON_S = 10		# more than anything takes that waits for no timer
ORPHAN_S = 600		# an orphan of a test before gives up by then
PORT = 33333
SYSCTLS = "/proc/sys/net/xtcp/"
NOBODY = 65534
libc = ctypes.CDLL(None, use_errno=True)


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(str(text))


def run(command, text=None):
    """A command line, and what it reads; it must succeed. Its output."""
    done = subprocess.run(command.split(), input=text, stdout=subprocess.PIPE,
                          text=True, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Mismatch("%s: %s" % (command, done.stdout.strip()))
    return done.stdout


def run_ip(*lines):
    """All in one process: to start one costs more than what it does."""
    run("ip -batch -", "\n".join(lines) + "\n")


def wait_for(what, condition, limit_s=SOON_S):
    """Until condition() is true; gives what it returned."""
    give_up = time.monotonic() + limit_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > give_up:
            raise Mismatch("not within %d s: %s" % (limit_s, what))
        time.sleep(0.01)


def see(what, got, want):
    if got != want:
        raise Mismatch("%s: expected %r, got %r" % (what, want, got))


# Network namespaces ---------------------------------------------------

def this_namespace():
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def new_namespace():
    """Enter a fresh one, its lo up."""
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    lo_up()


def enter(namespace):
    if libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def path_of(namespace):
    return "/proc/%d/fd/%d" % (os.getpid(), namespace)


class Hosts:
    """Two namespaces joined by a veth pair, v0 and v1; this is the first."""
    ADDRESS = {4: ("10.9.0.1", "10.9.0.2"), 6: ("fd09::1", "fd09::2")}

    def __init__(self):
        self.ns = [this_namespace()]
        new_namespace()
        self.ns.append(this_namespace())
        run_ip("link add v1 type veth peer name v0 netns "
               + path_of(self.ns[0]), *self.configuration(1))
        self.go(0)
        run_ip(*self.configuration(0))

    def configuration(self, side):
        address = "02:00:00:00:00:%02x"
        lines = ["link set v%d address %s" % (side, address % (side + 1)),
                 "addr add %s/24 dev v%d" % (self.ADDRESS[4][side], side),
                 "addr add %s/64 dev v%d nodad" % (self.ADDRESS[6][side], side),
                 "link set v%d up" % side]
        return lines + [
            "neigh replace %s lladdr %s dev v%d nud permanent" % (
                self.ADDRESS[v][not side], address % (2 - side), side)
            for v in VERSIONS]

    def go(self, side):
        enter(self.ns[side])

    def link(self, netem):
        """What happens to the packets of both directions."""
        for side in (0, 1):
            self.go(side)
            run("tc qdisc replace dev v%d root netem %s" % (side, netem))
        self.go(0)

    def mtu(self, size):
        for side in (0, 1):
            self.go(side)
            run("ip link set v%d mtu %d" % (side, size))
        self.go(0)

    def cut(self, side):
        """Nothing more leaves that side."""
        self.go(side)
        run("tc qdisc replace dev v%d root netem loss 100%%" % side)
        self.go(0)

    def close(self):
        for fd in self.ns:
            os.close(fd)
        self.ns = []


def road(netem):
    """The same for lo; nothing ends it."""
    if netem:
        run("tc qdisc replace dev lo root netem limit 100000 " + netem)
    else:
        run("tc qdisc del dev lo root")


def black_hole():
    """192.0.2.2 and 2001:db8::2 are behind a device that swallows all."""
    run_ip("link add hole type dummy", "addr add 192.0.2.1/24 dev hole",
           "addr add 2001:db8::1/64 dev hole nodad", "link set hole up")
    return {4: "192.0.2.2", 6: "2001:db8::2"}


# The tables -----------------------------------------------------------

class Row:
    """A line of /proc/net/xtcp or xtcp6."""

    def __init__(self, line):
        col = line.split()
        self.lport = int(col[1].rsplit(":", 1)[1], 16)
        self.rport = int(col[2].rsplit(":", 1)[1], 16)
        self.state = STATES[int(col[3], 16)]
        self.tx, self.rx = (int(x, 16) for x in col[4].split(":"))
        self.timer = int(col[5].split(":")[0], 16)
        self.opened, self.closing, ms, self.reason = col[-4:]
        self.ms = int(ms)


def rows(v, state=None):
    text = read("/proc/net/xtcp" + ("6" if v == 6 else ""))
    every = [Row(line) for line in text.splitlines()[1:]]
    return [r for r in every if state in (None, r.state)]


def wait_state(v, lport, state, limit_s=SOON_S):
    """Until the connection of that port here is in that state; its row."""
    def there():
        mine = [r for r in rows(v, state) if r.lport == lport]
        return mine and mine[0]
    try:
        return wait_for("%s of port %d" % (state, lport), there, limit_s)
    except Mismatch as what:
        raise Mismatch("%s; there are %s" % (what, [
            (r.lport, r.rport, r.state) for r in rows(v)]))


def counters():
    pairs = (line.split() for line in read("/proc/net/xtcp_stat").splitlines())
    return {name: int(value) for name, value in pairs}


def setting(name, value):
    write(SYSCTLS + name, value)


# The kernel's log -----------------------------------------------------

class Log:
    """What the kernel says from now on."""

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)

    def lines(self):
        found = []
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                return found
            except BrokenPipeError:	# the oldest ones are lost
                continue
            found.append(record.partition(";")[2].splitlines()[0])

    def close(self):
        os.close(self.fd)


# The module -----------------------------------------------------------

def module_path():
    path = os.path.join(HERE, "..", "xtcp.ko")
    if not os.path.exists(path):
        raise Skip("no xtcp.ko beside the tests")
    return path


def loaded():
    return os.path.exists("/sys/module/xtcp/refcnt")


def references():
    return int(read("/sys/module/xtcp/refcnt"))


def load(*arguments, check=True):
    """Whether it worked; without arguments as the runner loads it."""
    if not arguments:
        arguments = os.environ.get("XTCP_TEST_MODULE_ARGS", "").split()
    done = subprocess.run(["insmod", module_path(), *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if check and done.returncode:
        raise Mismatch("insmod: " + done.stdout.strip())
    return done.returncode == 0


def unload():
    """What rmmod has to say; nothing when it worked."""
    done = subprocess.run(["rmmod", "xtcp"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip() if done.returncode else ""


def idle():
    """Namespaces of tests before may take a while to end."""
    wait_for("nobody to use the module", lambda: not references(), ORPHAN_S)


def leaves_nothing():
    """Wherever the module was to be seen."""
    for pattern in ("/proc/net/xtcp*", "/proc/sys/net/xtcp",
                    "/sys/module/xtcp", "/sys/kernel/slab/xtcp*",
                    "/sys/kernel/tracing/events/xtcp"):
        see(pattern, glob.glob(pattern), [])
    for path in ("/proc/slabinfo", "/proc/modules", "/proc/net/protocols"):
        see("lines about xtcp in " + path, [
            line for line in read(path).splitlines()
            if "xtcp" in line.lower()], [])


# Sockets --------------------------------------------------------------

def new_socket(v, family=AF_XTCP, protocol=PROTO):
    number = protocol | (XTCP_IPV6 if v == 6 else 0)
    raw = socket.socket(family, socket.SOCK_STREAM, number)
    # Python knows no addresses of our family; IPv4's and IPv6's are right.
    return socket.socket(FAMILY[v], socket.SOCK_STREAM, 0,
                         fileno=raw.detach())


def socket_of(t, wire):
    """One of the test's: on a wire of XTCP's, or of the host's TCP."""
    if wire == "host":
        sock = socket.socket(FAMILY[t.v], socket.SOCK_STREAM)
    else:
        sock = new_socket(t.v, protocol=6 if wire == "tcp" else 253)
    sock.settimeout(SOON_S)
    t.socks.append(sock)
    return sock


def all_of(sock):
    return b"".join(iter(lambda: sock.recv(1 << 16), b""))


# The other end of a socket_of()
PEER = {"tcp": "host", "host": "tcp", "native": "native"}


def listen(t, wire, address):
    server = socket_of(t, wire)
    server.bind((address, PORT))
    server.listen(1)
    return server


def send(t, client, server, text):
    """Accept, then all of the text and the end from a process; what arrived."""
    peer = server.accept()[0]
    t.socks.append(peer)
    pid = os.fork()
    if not pid:
        client.sendall(text)
        client.shutdown(socket.SHUT_WR)
        os._exit(0)
    got = all_of(peer)
    os.waitpid(pid, 0)
    return got


def capture(t, device):
    """Packets that pass there, to be read without waiting."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                         socket.htons(3))
    sock.bind((device, 3))
    sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)	# SO_RCVBUFFORCE
    sock.setblocking(False)
    t.socks.append(sock)
    return sock


class Context:
    def __init__(self, case):
        self.v = 4
        for name, value in case.params.items():
            setattr(self, name, value)
        self.socks, self.hosts, self.afterwards = [], None, []
        self.home = this_namespace()
        if not loaded():
            load()
        new_namespace()

    def socket(self, v=None):
        sock = new_socket(v or self.v)
        sock.settimeout(SOON_S)
        self.socks.append(sock)
        return sock

    def listen(self, port=PORT, backlog=16, at=None):
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((at or LOOP[self.v], port))
        sock.listen(backlog)
        return sock

    def dial(self, port=PORT, to=None, wait=True):
        """Connected; or, without waiting, about to be."""
        sock = self.socket()
        if wait:
            sock.connect((to or LOOP[self.v], port))
        else:
            sock.setblocking(False)
            sock.connect_ex((to or LOOP[self.v], port))
        return sock

    def accept(self, listener):
        sock = listener.accept()[0]
        sock.settimeout(SOON_S)
        self.socks.append(sock)
        return sock

    def pair(self, port=PORT):
        """Client and server; the listener is closed again."""
        listener = self.listen(port)
        client = self.dial(port)
        server = self.accept(listener)
        listener.close()
        return client, server

    def two_hosts(self):
        self.hosts = Hosts()
        return self.hosts

    def log(self):
        log = Log()
        self.afterwards.append(log.close)
        return log

    def verify(self):
        if loaded():
            see("impossible events", counters()["Impossible"], 0)

    def finish(self):
        for undo in self.afterwards:
            undo()
        for sock in self.socks:
            discard(sock)
        if self.hosts:
            self.hosts.close()
        enter(self.home)
        os.close(self.home)
        if not loaded():
            load()


def discard(sock):
    """Gone at once, with a RST where there is somebody to hear it."""
    if sock.fileno() < 0:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


def attempt(call, *args):
    """What it returned, or the kind of error it raised."""
    try:
        return call(*args)
    except OSError as why:
        return type(why).__name__


def as_nobody(call):
    """What it returned, in a process without privilege."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(write_end, repr(call()).encode())
        except BaseException as what:
            os.write(write_end, repr(repr(what)).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(write_end)
    text = os.read(read_end, 65536).decode()
    os.close(read_end)
    return eval(text)		# our own repr()


def main():
    def prepare():
        if os.environ.get("XTCP_TEST_HOST") == "1":
            raise Skip("about XTCP, not the host's TCP")
        if not loaded() and not load(check=False):
            raise Skip("the module cannot be loaded")
        return Context
    tap.main(prepare)


__all__ = ["AF_XTCP", "HERE", "LOOP", "Mismatch", "ORPHAN_S", "PORT", "PROTO",
           "SYSCTLS", "Skip", "STATES", "VERSIONS", "all_of", "as_nobody",
           "attempt", "black_hole", "counters", "discard", "enter", "idle",
           "leaves_nothing", "load", "loaded", "main", "new_namespace",
           "new_socket", "path_of", "read", "references", "road", "rows", "run",
           "run_ip", "see", "setting", "socket_of", "test", "this_namespace",
           "unload", "wait_for", "wait_state", "write"]
