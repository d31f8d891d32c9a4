# SPDX-License-Identifier: GPL-2.0-only
"""What a debug kernel (scripts/debug-kernel) tells and does besides: leaks, and
allocations that fail. Other kernels do neither."""
import ctypes
import os
import re
import time

DEBUG = "/sys/kernel/debug"
KMEMLEAK = DEBUG + "/kmemleak"
# kmemleak spares what is younger than 5 s; so do deferred frees.
AGE_S = 6
KINDS = ("failslab", "fail_page_alloc")
QUIET = KINDS + ("fail_usercopy",)
MOST = 1 << 30
# With a stack behind it, though nothing is wrong but that memory is short.
NO_MEMORY = re.compile(r"kmem_cache_create\w*\(\w*xtcp\w*\) failed with "
                       r"error -(12|22)|"
                       r"sysctl could not get directory: \S+ -12|"
                       r"vmalloc error: size \d+, .*failed", re.I)
# leaks() judges what they are; and what has no memory for its name in /sys says
# so in one line.
COUNTED = re.compile(r"kmemleak: \d+ new suspected memory leaks|"
                     r"kobject_add_internal failed for \S+ \(error: -12 |"
                     r"kobject_add error: -12$", re.I)


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
    if os.path.exists(DEBUG + "/kcsan"):
        write(DEBUG + "/kcsan", "on")
    for kind in QUIET:		# else each failure logs a stack
        if os.path.exists("%s/%s" % (DEBUG, kind)):
            write("%s/%s/verbose" % (DEBUG, kind), 0)
    for kind in KINDS:		# also those that may wait for memory
        if os.path.exists("%s/%s" % (DEBUG, kind)):
            write("%s/%s/ignore-gfp-wait" % (DEBUG, kind), "N")
    if os.path.exists(DEBUG + "/fail_page_alloc"):
        write(DEBUG + "/fail_page_alloc/min-order", 0)


def leaks(scans):
    """kmemleak's report; None where there is no kmemleak. A scan takes long;
    the second is the first that believes that what it sees is lost."""
    if not os.path.exists(KMEMLEAK):
        return None
    for _ in range(scans):
        time.sleep(AGE_S)
        write(KMEMLEAK, "scan")
    return "".join(ours(read(KMEMLEAK)))


def ours(report):
    """Each object but the names that the kernel loses itself: when a slab
    cache's directory in sysfs cannot be made, sysfs_slab_add() forgets it."""
    for lost in re.split(r"^(?=unreferenced object)", report, flags=re.M):
        if " sysfs_slab_add+" not in lost:
            yield lost


def concerns(lines):
    """Without what is the kernel's own business: data races whose report does
    not name the module (KCSAN frames it in lines of ===), and the stack that it
    shows where it has no memory."""
    kept, block, last = [], None, ""
    for line in lines:
        if block is not None:
            block.append(line)
        elif "BUG: KCSAN" in line:
            block, last = [line], "=" * 60
        elif COUNTED.search(line):
            pass
        elif NO_MEMORY.search(line):
            block, last = [line], "</TASK>"
        else:
            kept.append(line)
        if block and line.endswith(last):
            if "KCSAN" in block[0] and "[xtcp]" in "".join(block):
                kept += block
            block = None
    return kept + (block or [])


def text_of(function):
    """Where a function of the module is: first and last address."""
    found = [line.split() for line in read("/proc/kallsyms").splitlines()
             if line.endswith("[xtcp]")]
    starts = sorted(int(words[0], 16) for words in found)
    for address, _, name, _ in found:
        if name == function:
            start = int(address, 16)
            return start, min(s for s in starts if s > start)
    return 0, 0


class Faults:
    """Allocations with the module on the stack, in programs and in softirqs,
    fail by chance: XTCP_TEST_FAULTS percent of them. Those of a new namespace
    do not, or tests would end before they began; soak/nth has them."""
    def __init__(self):
        self.percent = int(os.environ.get("XTCP_TEST_FAULTS") or 0)

    @staticmethod
    def choose():
        base = size = 0
        for line in read("/proc/modules").splitlines():
            if line.startswith("xtcp "):
                size, base = int(line.split()[1]), int(line.split()[5], 16)
        not_here = text_of("net_init")
        for kind in KINDS:
            for name, value in (
                    ("require-start", hex(base)),
                    ("require-end", hex(base + size)),
                    ("reject-start", hex(not_here[0])),
                    ("reject-end", hex(not_here[1])),
                    ("stacktrace-depth", 32), ("interval", 1),
                    ("task-filter", "N")):
                write("%s/%s/%s" % (DEBUG, kind, name), value)

    def begin(self):
        if self.percent:
            self.choose()
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
