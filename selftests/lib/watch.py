# SPDX-License-Identifier: GPL-2.0-only
"""What a debug kernel (scripts/debug-kernel) tells and does besides: leaks, and
allocations that fail. Other kernels do neither."""
import ctypes
import os
import time

DEBUG = "/sys/kernel/debug"
KMEMLEAK = DEBUG + "/kmemleak"
# kmemleak spares what is younger than 5 s; so do deferred frees.
AGE_S = 6
KINDS = ("failslab", "fail_page_alloc")
QUIET = KINDS + ("fail_usercopy",)
MOST = 1 << 30


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(str(text))


def set_up():
    if not os.path.exists(DEBUG + "/tracing"):
        ctypes.CDLL(None).mount(b"debugfs", DEBUG.encode(), b"debugfs", 0,
                                None)
    for kind in QUIET:		# else each failure logs a stack
        if os.path.exists("%s/%s" % (DEBUG, kind)):
            write("%s/%s/verbose" % (DEBUG, kind), 0)


def leaks(scans):
    """kmemleak's report; None where there is no kmemleak. A scan takes long;
    the second is the first that believes that what it sees is lost."""
    if not os.path.exists(KMEMLEAK):
        return None
    for _ in range(scans):
        time.sleep(AGE_S)
        write(KMEMLEAK, "scan")
    return read(KMEMLEAK)


class Faults:
    """Allocations with the module on the stack, in programs and in softirqs,
    fail by chance: XTCP_TEST_FAULTS percent of them."""
    def __init__(self):
        self.percent = int(os.environ.get("XTCP_TEST_FAULTS") or 0)
        if not self.percent:
            return
        for line in read("/proc/modules").splitlines():
            name, size, _, _, _, base = line.split()[:6]
            if name == "xtcp":
                self.set_range(int(base, 16), int(size))

    @staticmethod
    def set_range(base, size):
        for kind in KINDS:
            where = "%s/%s/" % (DEBUG, kind)
            for name, value in (
                    ("require-start", hex(base)),
                    ("require-end", hex(base + size)),
                    ("stacktrace-depth", 32), ("interval", 1),
                    ("ignore-gfp-wait", "N"), ("task-filter", "N")):
                write(where + name, value)
        write(DEBUG + "/fail_page_alloc/min-order", 0)

    def begin(self):
        for kind in KINDS if self.percent else ():
            write("%s/%s/times" % (DEBUG, kind), MOST)
            write("%s/%s/probability" % (DEBUG, kind), self.percent)

    def end(self):
        """How many allocations have failed since."""
        failed = 0
        for kind in KINDS if self.percent else ():
            write("%s/%s/probability" % (DEBUG, kind), 0)
            failed += MOST - int(read("%s/%s/times" % (DEBUG, kind)))
        return failed
