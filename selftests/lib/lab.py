#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The part of scripts/xtcp-lab that runs in the guest.

usage: lab.py FOLDER

FOLDER/lab.json has a list of rows: name, tests that show it (the first whose
packets can be captured is taken) and settings to read. For each row /run/out
gets ROW.pcap, ROW.trace (changes of state, on the capture's clock), ROW.tap,
ROW.settings and ROW.test, which of the tests it was.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

import guest

OUT = "/run/out/"
TRACE = "/sys/kernel/tracing/instances/lab/"
EVENTS = ("xtcp_state", "xtcp_small_state")
LINE = re.compile(r"\s(\d+\.\d+): xtcp_(?:small_)?state: .*?local=(\S+):(\d+) "
                  r"foreign=(\S+):(\d+) (\w+)->(\w+) event=(\S+)")
BOUND_S = 3600		# of the guest's clock, for one test
QUIET_S = 0.5		# an idle guest has nothing left to be captured
EMPTY = 24		# bytes of a capture without packets


class Trace:
    """Every change of state, from the module's tracepoints."""
    def __init__(self):
        os.makedirs(TRACE, exist_ok=True)
        guest.write(TRACE + "trace_clock", "mono")
        guest.write(TRACE + "trace", "")
        for event in EVENTS:
            guest.write(TRACE + "events/xtcp/%s/enable" % event, "1")
        self.offset = time.time() - time.monotonic()

    def save(self, path):
        with open(path, "w") as to:
            for line in LINE.findall(guest.read(TRACE + "trace")):
                at, local, lport, foreign, fport, old, new, event = line
                print("%.6f" % (float(at) + self.offset), local.strip("[]"),
                      lport, foreign.strip("[]"), fport, old, new, event,
                      file=to)


def capture(path):
    """tcpdump, listening by the time this returns"""
    only = "(ip proto 253 or ip6 proto 253)"
    once = "not (ifindex 1 and outbound)"	# lo would show all twice
    dump = subprocess.Popen(
        ["tcpdump", "-U", "--immediate-mode", "-B", "32768", "-s", "66000",
         "-w", path, "-i", "any", "-y", "LINUX_SLL2", only + " and " + once],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while "listening" not in (dump.stderr.readline() or "listening"):
        pass
    return dump


def settings(names, path):
    with open(path, "w") as to:
        for name in names:
            try:
                value = guest.read("/proc/sys/net/xtcp/" + name).strip()
            except OSError:
                continue
            print("net.xtcp.%s = %s" % (name, value), file=to)


def run_test(folder, test, row):
    """In a child with namespaces of its own; its exit code is the test's."""
    name, _, what = test.partition(":")
    guest.fresh_namespaces()
    settings(row["settings"], OUT + row["name"] + ".settings")
    pcap = OUT + row["name"] + ".pcap"
    env = dict(os.environ, XTCP_TEST_KEEP_NETNS="1", XTCP_TEST_VARIANT="ipv4")
    dump = None
    if name.startswith("packet/"):
        env["XTCP_TEST_PCAP"] = pcap
    else:
        dump = capture(pcap)
    path = guest.program_of(folder, name)
    with open(OUT + row["name"] + ".tap", "w") as tap:
        code = subprocess.call([path, what], env=env, stdout=tap, stderr=tap,
                               cwd=os.path.dirname(path), timeout=BOUND_S)
    if dump:
        time.sleep(QUIET_S)
        dump.send_signal(signal.SIGINT)
        dump.wait()
    return code


def show(folder, test, row):
    """Whether the test has left something to look at."""
    trace = Trace()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        code = 99
        try:
            code = run_test(folder, test, row)
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    guest.end_leftovers()
    trace.save(OUT + row["name"] + ".trace")
    pcap = OUT + row["name"] + ".pcap"
    with open(OUT + row["name"] + ".test", "w") as to:
        print(test, code, file=to)
    return os.path.exists(pcap) and os.stat(pcap).st_size > EMPTY


def main():
    folder = os.path.abspath(sys.argv[1])
    guest.libc.prctl(guest.SUBREAPER, 1, 0, 0, 0)
    with open(folder + "/lab.json") as file:
        rows = json.load(file)
    guest.warm_up(folder, [t for row in rows for t in row["tests"]])
    subprocess.check_call(["insmod", folder + "/xtcp.ko"])
    for number, row in enumerate(rows, 1):
        if len(rows) > 1:
            print("%d/%d %s" % (number, len(rows), row["name"]), flush=True)
        for test in row["tests"]:
            if show(folder, test, row):
                break


if __name__ == "__main__":
    main()
