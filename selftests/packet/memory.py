#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What Documentation/memory.rst states, held against the kernel's caches."""
import glob
import os
import time

from context import HOST, main
from tap import Skip, test

COUNT = 40
SOON_S = 2
# Smaller than stated by more than this share: the statement is stale.
STALE = 0.1
HERE = os.path.dirname(os.path.abspath(__file__))
RELEASE = os.uname().release
OURS = ("XTCP", "XTCPv6", "xtcp_small4", "xtcp_small6")
STATES = ("ESTABLISHED", "SYN_RCVD", "FIN_WAIT_2", "TIME_WAIT")


def stated(state, v):
    """(cache, objects of a connection, bytes of one) of each line."""
    with open(HERE + "/memory.tsv") as file:
        lines = [line.rstrip("\n").split("\t") for line in file
                 if not line.startswith("#")]
    kernel = ".".join(RELEASE.split(".")[:2])
    for line in lines[1:]:
        row = dict(zip(lines[0], line))
        if row["state"] == state:
            yield (row["cache%d" % v], int(row["objects"]),
                   int(row["v%d-%s" % (v, kernel)]))


def caches():
    """Of our own: objects in use, bytes of one."""
    for path in glob.glob("/sys/kernel/slab/[xX][tT][cC][pP]*/shrink"):
        with open(path, "w") as file:
            file.write("1")
    found = {}
    with open("/proc/slabinfo") as file:
        for line in file:
            words = line.split()
            if words[0] in OURS:
                found[words[0]] = int(words[1]), int(words[3])
    return found


def grown(before):
    after = caches()
    return {name: after[name][0] - before[name][0] for name in OURS}


def settled(before, want):
    """Who is freed goes when RCU says so."""
    end = time.monotonic() + SOON_S
    while grown(before) != want and time.monotonic() < end:
        time.sleep(0.05)
    return grown(before)


@test("memory", state=STATES, v=(4, 6), host="its sizes are the kernel's")
def memory(t):
    if "san" in RELEASE:
        raise Skip("a debug kernel's objects are larger")
    t.role, t.how = "passive", "close"
    t.hold(t.state)	# what is allocated once
    time.sleep(SOON_S)
    before = caches()
    for _ in range(COUNT):
        t.hold(t.state)
    want = dict.fromkeys(OURS, 0)
    want["XTCPv6" if t.v == 6 else "XTCP"] = COUNT	# its listener's
    for cache, objects, most in stated(t.state, t.v):
        want[cache] += objects * COUNT
        size = caches()[cache][1]
        t.see("%s: as much as the %d bytes stated" % (cache, most),
              most * (1 - STALE) <= size <= most and "yes" or size, "yes")
    t.see("objects for %d connections in %s" % (COUNT, t.state),
          settled(before, want), want)


main()
