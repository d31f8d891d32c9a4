# SPDX-License-Identifier: GPL-2.0-only
"""Readers that sleep: in recv(), or in the middle of it with the socket locked."""
import ctypes
import fcntl
import mmap
import os
import struct
import threading
import time

from tap import Mismatch, Skip

SYS_USERFAULTFD = 323	# x86-64
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_ZEROPAGE = 0xc018aa3f, 0xc020aa00, 0xc020aa04
BOUND_S = 10


def wait_asleep(tid):
    """Until a thread of ours waits in the kernel."""
    end = time.monotonic() + BOUND_S
    while time.monotonic() < end:
        with open("/proc/self/task/%d/stat" % tid) as stat:
            if stat.read().rpartition(")")[2].split()[0] == "S":
                return
        os.sched_yield()
    raise Mismatch("the reader does not go to sleep")


class Reader:
    """A thread that does one thing after the other, when it is told to."""

    def __init__(self):
        self.step, self.done = threading.Event(), threading.Event()
        self.act = self.result = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            self.step.wait()
            self.step.clear()
            if self.act is None:
                return
            try:
                self.result = self.act()
            except OSError as why:
                self.result = why
            self.done.set()

    def begin(self, act):
        """Let it do so, and sleep over it."""
        self.act = act
        self.done.clear()
        self.step.set()

    def asleep(self):
        wait_asleep(self.thread.native_id)

    def end(self):
        if not self.done.wait(BOUND_S):
            raise Mismatch("the reader does not return")
        return self.result

    def stop(self):
        self.act = None
        self.step.set()
        self.thread.join(BOUND_S)


class AbsentPage:
    """Memory that whoever writes to it waits for, until it is provided."""

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.syscall(SYS_USERFAULTFD, os.O_CLOEXEC)
        if self.fd < 0:
            raise Skip("no userfaultfd: " + os.strerror(ctypes.get_errno()))
        fcntl.ioctl(self.fd, UFFDIO_API, struct.pack("QQQ", 0xaa, 0, 0))
        self.memory = mmap.mmap(-1, mmap.PAGESIZE)
        self.at = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        fcntl.ioctl(self.fd, UFFDIO_REGISTER, struct.pack(
            "QQQQ", self.at, mmap.PAGESIZE, 1, 0))

    def wanted(self):
        """Wait until somebody writes to it."""
        os.read(self.fd, 32)

    def provide(self):
        fcntl.ioctl(self.fd, UFFDIO_ZEROPAGE, struct.pack(
            "QQQq", self.at, mmap.PAGESIZE, 0, 0))
        os.close(self.fd)
