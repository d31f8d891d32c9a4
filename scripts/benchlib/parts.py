# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the bench: a guest each; what it prints becomes rows."""
import collections
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from facts import TOP, release

# clock: "instructions", the deterministic guest with a nanosecond for each, or
# "wall", the parallel guest; its times depend on this machine. takes_s: about how
# long; those that take longest begin first.
Part = collections.namedtuple(
    "Part", "name clock memory_mib limit_s scale takes_s what")

PARTS = [
    Part("exchanges", "instructions", 1024, 1200, False, 120,
         "ping-pong, connections with a request, with nothing; accept()"),
    Part("bulk", "instructions", 1024, 1200, False, 190,
         "as much as the ends can move, 1 and 8 flows, one way and both"),
    Part("turnover", "instructions", 1024, 1200, False, 270,
         "connections to one port until TIME_WAIT has used up all, and after"),
    Part("memory", "instructions", 1024, 1200, False, 30,
         "bytes of an idle, a half-open, a TIME_WAIT connection"),
    Part("idle", "instructions", 2048, 1200, False, 50,
         "the small exchanges beside up to 10 000 idle connections"),
    Part("flood", "instructions", 1024, 1200, False, 50,
         "clients during a SYN flood of up to 100 times the backlog"),
    Part("fetch", "instructions", 1024, 1200, False, 40,
         "new connections that fetch 10 KB to 10 MB over 20 ms"),
    Part("paths", "instructions", 1024, 1200, False, 300,
         "goodput on paths that delay and lose, alone and beside host TCP"),
    Part("idle-scale", "instructions", 10240, 14400, True, 3000,
         "beside up to 500 000 idle connections"),
    Part("time-wait-scale", "instructions", 6144, 14400, True, 2000,
         "bytes of a TIME_WAIT connection, of a million"),
    Part("turnover-scale", "instructions", 4096, 14400, True, 6000,
         "turnover with 28 000 ports"),
    Part("paths-scale", "instructions", 1024, 14400, True, 9000,
         "goodput on 24 paths, ten times each"),
    Part("wall", "wall", 1024, 600, False, 150,
         "some of these by the clock on the wall"),
]


def choose(names, scale):
    known = {part.name: part for part in PARTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit("no such part: %s (--list names them)" % " ".join(unknown))
    return [known[name] for name in names] or [
        part for part in PARTS if part.scale == scale]


def stage(folder, kernel):
    """What a guest needs, in one folder."""
    subprocess.run(["make", "-s", "-C", TOP, "module", "KERNEL=" + kernel],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["make", "-s", "-C", TOP + "/selftests/bench"], check=True)
    os.mkdir(folder)
    shutil.copy(TOP + "/build/bench/bench", folder)
    shutil.copy(TOP + "/selftests/bench/guest.sh", folder)
    subprocess.run(["strip", "--strip-debug", "-o", folder + "/xtcp.ko",
                    "%s/build/%s/xtcp.ko" % (TOP, release(kernel))],
                   check=True)


def guest(part, folder, kernel):
    """Boot it, give the rows."""
    mode = ["--par"] if part.clock == "wall" else ["--det", "--shift", "0"]
    print("# %s: a guest of %d MiB" % (part.name, part.memory_mib), flush=True)
    # The host's TCP sizes its table by the guest's memory: as on a real machine.
    mode += ["--append", "thash_entries=131072"]
    vm = subprocess.Popen(
        [TOP + "/scripts/vm", "--kernel", kernel, *mode, "--mem",
         str(part.memory_mib), "--timeout", str(part.limit_s), "--in", folder,
         "--", "/run/vm/bench/guest.sh", part.name],
        stdout=subprocess.PIPE, text=True)
    rows, began = [], time.monotonic()
    for line in vm.stdout:
        words = line.rstrip().split("\t")
        if len(words) == 7:
            rows.append([part.name, part.clock] + words)
        else:
            print("# %s: %s" % (part.name, line.rstrip()), flush=True)
    print("# %s: %d s, %d figures" % (part.name, time.monotonic() - began,
                                      len(rows)), flush=True)
    if vm.wait():
        print("# %s ended with code %d: its figures are not whole" % (
            part.name, vm.returncode))
    return rows


def run(chosen, o):
    """All rows, in the order of the parts."""
    base = tempfile.mkdtemp(prefix="xtcp-bench.")
    rows = {}
    waiting = queue.Queue()

    def work():
        while True:
            try:
                part = waiting.get_nowait()
            except queue.Empty:
                return
            rows[part.name] = guest(part, base + "/bench", o.kernel)

    try:
        stage(base + "/bench", o.kernel)
        for part in sorted(chosen, key=lambda part: -part.takes_s):
            if part.clock != "wall":
                waiting.put(part)
        threads = [threading.Thread(target=work) for _ in range(o.guests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for part in chosen:
            if part.clock == "wall":
                waiting.put(part)
        work()
    finally:
        shutil.rmtree(base)
    return [row for part in chosen for row in rows[part.name]]
