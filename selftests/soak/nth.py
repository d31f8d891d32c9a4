#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each allocation, and each copy from or to the program's memory, fails once:
the first of a call, the second, and so on, until the call has no more. It then
reports it, or does without; where memory was short, called once more it works.
For insmod, a new namespace, and each call in a connection's life.

Only a kernel with fault injection (scripts/debug-kernel) can do that; what must
not happen besides, it says in its log.
"""
import ctypes
import errno
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "net"))
from host import (LOOP, PORT, VERSIONS, Mismatch, Skip, discard, idle,
                  leaves_nothing, libc, load, loaded, main, module_path,
                  new_socket, see, test, unload)	# noqa: E402

NTH = "/proc/thread-self/fail-nth"
NO_MEMORY = (errno.ENOMEM, errno.ENOBUFS)
CLEAN = NO_MEMORY + (errno.EFAULT,)
MOST = 5000
TEXT = bytes(50000)
FINIT_MODULE, CLONE_NEWNET = 313, 0x40000000


class Nth:
    """The nth allocation of this thread fails."""
    def __init__(self):
        if not os.path.exists(NTH):
            raise Skip("this kernel cannot let allocations fail")
        self.fd = os.open(NTH, os.O_RDWR)

    def during(self, n, call):
        """Whether the call came as far as that; its result or errno."""
        os.pwrite(self.fd, b"%d" % n, 0)
        try:
            result = call()
        except OSError as why:
            result = why
        return self.stop(), result

    def stop(self):
        """Whether it was over; to ask and to stop are calls that fail, too."""
        try:
            left = int(os.pread(self.fd, 20, 0).strip(b"\0\n"))
        except OSError:
            left = 1
        while True:
            try:
                os.pwrite(self.fd, b"0", 0)
                return not left
            except OSError:
                pass

    def each(self, call, undo):
        """call() fails cleanly or works, wherever memory is short."""
        for n in range(1, MOST):
            reached, result = self.during(n, call)
            if isinstance(result, OSError):
                if not reached or result.errno not in CLEAN:
                    raise Mismatch("%s when allocation %d failed" % (
                        result, n))
                undo(None)
            else:
                undo(result)
            if not reached:
                return n - 1
        raise Mismatch("no end after %d allocations" % MOST)

    def close(self):
        os.close(self.fd)


def system(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def in_child(function):
    """What a child says of itself: an empty text, or what is wrong."""
    here, there = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            function()
            said = ""
        except BaseException as what:
            said = "%s: %s" % (type(what).__name__, what)
        os.write(there, said.encode())
        os._exit(0)
    os.close(there)
    said = b""
    while True:
        more = os.read(here, 4096)
        if not more:
            break
        said += more
    os.close(here)
    os.waitpid(pid, 0)
    see("in the child", said.decode(), "")


@test("nth", what=("insmod",))
def nth_insmod(t):
    idle()
    nth = Nth()
    see("rmmod", unload(), "")
    module = os.open(module_path(), os.O_RDONLY)

    def insmod():
        system(libc.syscall(FINIT_MODULE, module, b"", 0))

    def rmmod(_):
        if loaded():
            see("rmmod", unload(), "")
        leaves_nothing()
    count = nth.each(insmod, rmmod)
    print("# %d allocations" % count)
    os.close(module)
    nth.close()
    load()


@test("nth", what=("namespace",))
def nth_namespace(t):
    def body():
        nth = Nth()
        count = nth.each(lambda: system(libc.unshare(CLONE_NEWNET)),
                         lambda _: None)
        if count < 10:
            raise Mismatch("only %d allocations" % count)
    Nth().close()
    in_child(body)


class Life:
    """A connection, call by call."""
    CALLS = ("socket", "bind", "listen", "connect", "accept", "send", "recv",
             "setsockopt", "shutdown", "close")

    def __init__(self, v):
        self.v, self.at = v, (LOOP[v], PORT)
        self.listener = self.client = self.server = None

    def socket(self):
        self.listener = new_socket(self.v)
        self.listener.settimeout(10)

    def bind(self):
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.at)

    def listen(self):
        self.listener.listen(5)

    def connect(self):
        if not self.client:
            self.client = new_socket(self.v)
            self.client.settimeout(10)
        self.client.connect(self.at)

    def accept(self):
        self.server = self.listener.accept()[0]

    def send(self):
        see("sent", self.client.send(TEXT) > 0, True)

    def recv(self):
        see("received", len(self.server.recv(1000)) > 0, True)

    def setsockopt(self):
        self.client.setsockopt(socket.SOL_IP, 4, b"\1\1\1\0")

    def shutdown(self):
        self.client.shutdown(socket.SHUT_WR)

    def close(self):
        self.server.close()
        self.client.close()

    def end(self):
        for sock in (self.client, self.server, self.listener):
            if sock:
                discard(sock)

    def until(self, call):
        for name in self.CALLS[:self.CALLS.index(call)]:
            getattr(self, name)()


def one_failure(nth, t, n):
    """Whether the call still had an nth allocation."""
    life = Life(t.v)
    try:
        life.until(t.call)
        call = getattr(life, t.call)
        reached, result = nth.during(n, call)
        if not isinstance(result, OSError):
            return reached
        if not reached or result.errno not in CLEAN:
            raise Mismatch("%s() when allocation %d failed: %s" % (
                t.call, n, result))
        if result.errno not in NO_MEMORY:
            return reached
        try:
            call()
        except OSError as why:
            raise Mismatch("%s() again after allocation %d had failed: %s" % (
                t.call, n, why))
        return reached
    finally:
        life.end()


@test("nth", call=Life.CALLS, v=VERSIONS)
def nth_life(t):
    nth = Nth()
    for n in range(1, MOST):
        if not one_failure(nth, t, n):
            print("# %d allocations" % (n - 1))
            break
    nth.close()


if __name__ == "__main__":
    main()
