#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each allocation, and each copy from or to the program's memory, fails once:
the first of a call, the second, and so on, until the call has no more. It then
reports it, or does without; where memory was short, called once more it works.
For insmod, a new namespace, and each call in a connection's life. Of a
namespace it is the module's own part that fails; of insmod, all of it.

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
                  new_namespace, new_socket, read, see, test, unload, write)	# noqa: E402

FAILSLAB = "/sys/kernel/debug/failslab/"
NTH = "/proc/thread-self/fail-nth"
# ENFILE is what the kernel says if it gets no memory for a file.
NO_MEMORY = (errno.ENOMEM, errno.ENOBUFS, errno.ENFILE)
CLEAN = NO_MEMORY + (errno.EFAULT,)
MOST = 5000
LISTENERS = 64		# an xarray of more has two levels
STEP_BYTES = 64		# less than a node of its has
STRIDE = 8		# less than the module's part of any of these
TRACING = "/sys/kernel/tracing/"
TRACE = TRACING + "instances/nth/"
TEXT = bytes(50000)
FINIT_MODULE, DELETE_MODULE, CLONE_NEWNET = 313, 176, 0x40000000


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
        return not self.stop(), result

    def count(self, call):
        """How many a call makes that nothing happens to."""
        os.pwrite(self.fd, b"%d" % MOST, 0)
        call()
        return MOST - self.stop()

    def stop(self):
        """How many were left; to ask and to stop are calls that fail, too."""
        try:
            left = int(os.pread(self.fd, 20, 0).strip(b"\0\n"))
        except OSError:
            left = 1
        while True:
            try:
                os.pwrite(self.fd, b"0", 0)
                return left
            except OSError:
                pass

    def each(self, call, undo, first, end=MOST, clean=CLEAN):
        """call() fails cleanly or works, wherever memory is short."""
        for n in range(first, end):
            reached, result = self.during(n, call)
            if isinstance(result, OSError):
                if not reached or result.errno not in clean:
                    raise Mismatch("%s when allocation %d failed" % (
                        result, n))
                undo(None)
            else:
                undo(result)
            if not reached:
                return n - first
        if end == MOST:
            raise Mismatch("no end after %d allocations" % MOST)
        return end - first

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


class Reached:
    """Whether the kernel has come to some event since."""
    def __init__(self, event, only):
        os.makedirs(TRACE, exist_ok=True)
        self.name = event.partition("/")[2]
        write("%sevents/%s/filter" % (TRACE, event), only)
        write("%sevents/%s/enable" % (TRACE, event), 1)

    def since(self):
        found = self.name + ":" in read(TRACE + "trace")
        write(TRACE + "trace", "")
        return found

    def close(self):
        os.rmdir(TRACE)


def first_of(nth, call, undo, event, only="0"):
    """The number of the first allocation of a call's after that event. Some
    before it may fail without harm, so this comes from the end."""
    reached = Reached(event, only)

    def after(n):
        nth.during(n, call)
        undo(None)
        return reached.since()
    high = low = nth.count(call)
    undo(None)
    while low > 0 and after(low):
        high, low = low, low - STRIDE
    low = max(low, 0)
    while high - low > 1:
        middle = (low + high) // 2
        if after(middle):
            high = middle
        else:
            low = middle
    reached.close()
    return high


def say_count(count, first):
    print("# %d allocations after %d of the kernel's" % (count, first - 1),
          flush=True)
    if count < 10:
        raise Mismatch("only %d allocations" % count)


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
            system(libc.syscall(DELETE_MODULE, b"xtcp", os.O_NONBLOCK))
        leaves_nothing()
    first = first_of(nth, insmod, rmmod, "module/module_load")
    say_count(nth.each(insmod, rmmod, first), first)
    os.close(module)
    nth.close()
    load()


@test("nth", what=("namespace",))
def nth_namespace(t):
    def no_undo(_):
        pass

    def unshare():
        system(libc.unshare(CLONE_NEWNET))

    def body():
        nth = Nth()
        first, end = (first_of(nth, unshare, no_undo, event, only)
                      for event, only in (("nth/begin", "0"),
                                          ("nth/end", "result == 0")))
        # The numbers waver by some, as slabs are full or not: what the kernel
        # sets up behind the module may be among them, and says EINVAL.
        say_count(nth.each(unshare, no_undo, first, end,
                           CLEAN + (errno.EINVAL,)), first)
    Nth().close()
    write(TRACING + "kprobe_events", "p:nth/begin xtcp:net_init\n"
          "r:nth/end xtcp:net_init result=$retval")
    try:
        in_child(body)
    finally:
        write(TRACING + "kprobe_events", "")


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


def no_memory_after(space, call):
    """This thread gets so many bytes and no more: whether it asked for more."""
    for name, value in (("task-filter", "Y"), ("interval", 1), ("times", MOST),
                        ("space", space), ("probability", 100)):
        write(FAILSLAB + name, value)
    mine = os.open("/proc/thread-self/make-it-fail", os.O_WRONLY)
    os.write(mine, b"1")
    try:
        call()
    except OSError as why:
        if why.errno not in NO_MEMORY:
            raise
    finally:
        os.write(mine, b"0")
        os.close(mine)
        write(FAILSLAB + "probability", 0)
    return int(read(FAILSLAB + "times")) < MOST


@test("nth", what=("last_listen",), v=VERSIONS)
def nth_last_listen(t):
    """Namespaces go in which memory was short for it, after many others."""
    Nth().close()
    for space in range(0, MOST, STEP_BYTES):
        new_namespace()
        for _ in range(LISTENERS):
            life = Life(t.v)
            life.until("connect")
            life.end()
        life = Life(t.v)
        life.until("listen")
        short = no_memory_after(space, life.listen)
        life.end()
        if not short:
            print("# %d bytes" % space)
            return
    raise Mismatch("no end after %d bytes" % MOST)


if __name__ == "__main__":
    main()
