# SPDX-License-Identifier: GPL-2.0-only
"""Every instruction that the guest executes between two marks, by address.

At a mark the guest writes to QEMU's pvpanic device and stops; then QEMU is told
to log each instruction, or to cease.
"""
import collections
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

LINE = re.compile(rb"\[[0-9a-f]+/([0-9a-f]+)/")
STOP = ["-device", "pvpanic", "-action", "panic=pause"]
CHUNK = 1 << 22
BOOT_S = 60


class Monitor:
    """QEMU's, over a socket, in JSON."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        due = time.monotonic() + BOOT_S
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > due:
                    raise
                time.sleep(0.1)
        self.file = self.socket.makefile("r")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **more):
        self.socket.sendall(json.dumps(
            {"execute": command, "arguments": more}).encode())
        for line in self.file:
            said = json.loads(line)
            if "error" in said:
                sys.exit("qemu: %s: %s" % (command, said["error"]["desc"]))
            if "return" in said:
                return said["return"]
        return None

    def tell(self, text):
        said = self.ask("human-monitor-command", **{"command-line": text})
        if said:
            sys.exit("qemu: %s: %s" % (text, said.strip()))

    def marks(self):
        for line in self.file:
            if json.loads(line).get("event") == "GUEST_PANICKED":
                yield


def count(path):
    """What is logged there until QEMU closes it."""
    counts = collections.Counter()
    rest = b""
    with open(path, "rb", buffering=0) as log:
        while True:
            chunk = log.read(CHUNK)
            if not chunk:
                break
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            counts.update(LINE.findall(whole))
    return {int(pc, 16): n for pc, n in counts.items()}


def watch(monitor, folder, regions):
    log, reader = folder + "/log", None
    for _ in monitor.marks():
        if reader:
            monitor.tell("log none")
            monitor.tell("singlestep off")
            monitor.tell("logfile /dev/null")
            reader.join()
            reader = None
        else:
            found = {}
            regions.append(found)
            reader = threading.Thread(
                target=lambda to=found: to.update(count(log)))
            reader.start()
            monitor.tell("logfile " + log)
            monitor.tell("singlestep on")
            monitor.tell("log exec,nochain")
        monitor.ask("cont")


def run(vm, folder, command):
    """Counts by address for each marked region, and what bench says of each:
    nanoseconds, which are instructions, per exchange."""
    os.mkfifo(folder + "/log")
    control = folder + "/qmp"
    more = ["-qmp", "unix:%s,server=on,wait=off" % control] + STOP
    guest = subprocess.Popen(
        vm + [w for arg in more for w in ("--qemu", arg)] + ["--"] + command,
        stdout=subprocess.PIPE, text=True)
    regions = []
    watcher = threading.Thread(
        target=lambda: watch(Monitor(control), folder, regions), daemon=True)
    watcher.start()
    costs = []
    for line in guest.stdout:
        words = line.rstrip().split("\t")
        if len(words) == 7 and words[5] == "ns":
            costs.append(float(words[6]))
        else:
            print("# " + line.rstrip(), flush=True)
    if guest.wait() or not costs or len(costs) != len(regions):
        sys.exit("the guest ended with code %d, %d figures, %d regions" % (
            guest.returncode, len(costs), len(regions)))
    return regions, costs
