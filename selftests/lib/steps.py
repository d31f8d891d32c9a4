# SPDX-License-Identifier: GPL-2.0-only
"""Writes down each step of the machine, in the guest: xtcp_machine/xtcp_step.

$XTCP_TEST_STEPS names the tests whose steps are wanted. They come first, so
that the trace is whole: it begins before the first record is there. Each of
them leaves a file in /run/out, which selftests/replay reads.
"""
import glob
import os

EVENTS = "/sys/kernel/tracing/events"
TRACE = "/sys/kernel/tracing/instances/steps/"
EVENT = TRACE + "events/xtcp_machine/xtcp_step/enable"
OUT = "/run/out/"
NONE = OUT + "no-tracepoints"	# a kernel can be built without
BUFFER_KB = 64 << 10	# for each CPU; a step takes about 600 bytes


def put(path, text):
    with open(path, "w") as f:
        f.write(text)


class Steps:
    def __init__(self):
        self.wanted = os.environ.get("XTCP_TEST_STEPS", "").split()
        self.count = 0
        if not self.wanted:
            return
        os.makedirs(OUT, exist_ok=True)
        if not os.path.isdir(EVENTS):
            put(NONE, "")
            self.wanted = []
            return
        try:
            self.begin()
        except OSError as what:		# whoever misses the steps complains
            print("# steps:", what)
            self.wanted = []

    @staticmethod
    def begin():
        os.makedirs(TRACE, exist_ok=True)
        put(TRACE + "buffer_size_kb", str(BUFFER_KB))
        # What is lost then are the newest ones, and the kernel counts them.
        put(TRACE + "options/overwrite", "0")
        put(EVENT, "1")

    def keep(self, test):
        """After a test: what it traced, into a file of its own."""
        if test not in self.wanted:
            return
        self.count += 1
        name = "%s%03d-%s" % (OUT, self.count, test.replace("/", "-"))
        with open(name, "wb") as f:
            self.drain(f)
            for stats in glob.glob(TRACE + "per_cpu/cpu*/stats"):
                with open(stats, "rb") as counts:
                    f.write(counts.read())
        self.wanted.remove(test)
        if not self.wanted:
            put(EVENT, "0")
            os.rmdir(TRACE)

    @staticmethod
    def drain(f):
        pipe = os.open(TRACE + "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        try:
            while True:
                f.write(os.read(pipe, 1 << 16))
        except BlockingIOError:
            pass
        finally:
            os.close(pipe)
