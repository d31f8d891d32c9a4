# SPDX-License-Identifier: GPL-2.0-only
"""Programs that know nothing of XTCP, each on its side of a link, by xtcp-run or
on the host's TCP.

A test gets `side` (who is on XTCP: both, client, server), `v`, `wire` and
`road`; the server's side is namespace 0, the client's namespace 1.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "net"))
import host					# noqa: E402
from host import (AF_XTCP, LOOP, Mismatch, Skip, counters, enter, loaded,
                  main, see, tap, test, wait_for)	# noqa: E402

RUNNER = os.path.join(HERE, "..", "tools", "xtcp-run")
LONG = os.environ.get("XTCP_TEST_LONG") == "1"
PATIENCE_S = 600	# of the guest's clock, for what ends by itself
LOSSY = "delay 2ms loss 1% duplicate 1% reorder 2%"
WIRES = {"native": 253, "tcp": socket.IPPROTO_TCP}
# What the matrix is made of; and the few that make check runs of each program.
WHOLE = [(side, v, wire, road)
         for wire in WIRES for side in ("both", "client", "server")
         for v in (4, 6) for road in ("clean", "lossy")
         if wire == "tcp" or side == "both"]
FEW = [("both", 6, "native", "lossy"), ("client", 4, "tcp", "lossy"),
       ("server", 6, "tcp", "clean")]


def matrix(name, few=None, whole=None):
    """Register a function for each cell of the matrix, or for some of them."""
    def register(func):
        for side, v, wire, road in (
                (whole or WHOLE) if LONG else FEW if few is None else few):
            tap.add(name, func, {"side": side, "v": v, "wire": wire,
                                 "road": road})
        return func
    return register


def has_wire(name):
    try:
        socket.socket(AF_XTCP, socket.SOCK_STREAM, WIRES[name]).close()
    except OSError:
        return False
    return True


def need(*programs):
    for name in programs:
        if not shutil.which(name):
            raise Skip("no %s here" % name)


def listening(port, xtcp):
    """Whether somebody listens on that port, in XTCP or in the host's TCP."""
    for table in ("tcp", "tcp6"):
        text = host.read("/proc/net/" + ("x" if xtcp else "") + table)
        for line in text.splitlines()[1:]:
            col = line.split()
            if col[3] == "0A" and int(col[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False


class Program:
    """One that was started, and what it has said."""

    def __init__(self, command, namespace_side, **more):
        self.command, self.side = command, namespace_side
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdout=self.out, stderr=subprocess.STDOUT,
            start_new_session=True, **{"stdin": subprocess.DEVNULL, **more})

    def text(self):
        self.out.seek(0)
        return self.out.read().decode(errors="replace")

    def wait(self, limit_s=PATIENCE_S):
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise Mismatch("%s: no end within %d s; it said %r" % (
                " ".join(self.command), limit_s, self.text()[-2000:]))
        if code:
            raise Mismatch("%s: exit %d; it said %r" % (
                " ".join(self.command), code, self.text()[-2000:]))
        return self.text()

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.out.close()


class World(host.Context):
    """The two sides, and what was started on them."""

    def __init__(self, case):
        self.side, self.wire, self.road = "both", "native", "clean"
        super().__init__(case)
        self.programs, self.folder = [], tempfile.mkdtemp()
        self.meant = False
        os.chmod(self.folder, 0o755)
        if not has_wire(self.wire):
            self.finish()
            raise Skip("the module has no %s wire" % self.wire)

    def together(self):
        """Server and client are in this namespace."""
        self.meant = True

    def apart(self):
        """Server and client get a namespace each."""
        self.meant = True
        hosts = self.two_hosts()
        if self.road == "lossy":
            hosts.link(LOSSY)
        return hosts

    @property
    def server(self):
        """The server's address, as the client says it."""
        return self.hosts.ADDRESS[self.v][0] if self.hosts else LOOP[self.v]

    @property
    def url_host(self):
        return "[%s]" % self.server if self.v == 6 else self.server

    @property
    def any(self):
        return "::" if self.v == 6 else "0.0.0.0"

    def on_xtcp(self, side):
        return self.side in ("both", side)

    def command(self, side, words, options=()):
        """As the program is called on that side."""
        if not self.on_xtcp(side):
            return list(words)
        return [RUNNER, "--wire", self.wire, *options, *words]

    def start(self, side, *words, options=(), **more):
        """A program on the side "server" or "client"."""
        if self.hosts:
            self.hosts.go(0 if side == "server" else 1)
        program = Program(self.command(side, words, options), side, **more)
        self.programs.append(program)
        if self.hosts:
            self.hosts.go(0)
        return program

    def serve(self, port, *words, **more):
        """A server, listening by the time this returns."""
        program = self.start("server", *words, **more)
        wait_for("%s to listen" % words[0], lambda: (
            self.alive(program) and
            listening(port, self.on_xtcp("server"))), PATIENCE_S)
        return program

    def alive(self, program):
        code = program.process.poll()
        if code:
            raise Mismatch("%s: exit %d; it said %r" % (
                " ".join(program.command), code, program.text()[-2000:]))
        return True

    def client(self, *words, **more):
        """What a client says, that ends well."""
        return self.start("client", *words, **more).wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        with open(path, "wb" if isinstance(text, bytes) else "w") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path

    def noise(self, name, size):
        """A file in which no two MiB are alike."""
        piece = os.urandom((1 << 20) + 1)
        return self.write(name, (piece * (size // len(piece) + 1))[:size])

    def same(self, one, other):
        done = subprocess.run(["cmp", one, other], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        see("difference", done.stdout, "")

    def verify(self):
        """What ran on XTCP did so: a runner that does nothing would pass."""
        super().verify()
        for number, side in enumerate(("server", "client")):
            if self.hosts:
                self.hosts.go(number)
            segments = counters()["InSegs"]
            if self.meant:
                see("segments came to XTCP on the side of the " + side,
                    segments > 0, self.on_xtcp(side))
        if self.hosts:
            self.hosts.go(0)

    def finish(self):
        for program in self.programs:
            program.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        super().finish()


def start():
    def prepare():
        if os.environ.get("XTCP_TEST_HOST") == "1":
            raise Skip("about XTCP, not the host's TCP")
        if not os.path.exists(RUNNER):
            raise Skip("xtcp-run is not built")
        if not loaded():
            host.load()
        return World
    tap.main(prepare)


__all__ = ["AF_XTCP", "HERE", "LONG", "LOOP", "Mismatch", "PATIENCE_S",
           "RUNNER", "Skip", "World", "counters", "enter", "has_wire",
           "host", "listening", "main", "matrix", "need", "see", "start",
           "tap", "test", "time", "wait_for"]
