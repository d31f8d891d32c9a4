# SPDX-License-Identifier: GPL-2.0-only
"""The machine's steps that guests traced, taken again in user space.

Each boot leaves a folder with a file for each test, in their order; see
selftests/lib/steps.py.
"""
import os
import shutil
import subprocess

from report import Stream

KEPT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "build", "steps")

# Cheap, and each from another corner of the life cycle.
QUICK = ("socket/opening", "socket/closing", "socket/resets",
         "socket/time_wait", "socket/cookies", "packet/matrix")
# What make replay runs when it is not told: all that has to do with it. The
# steps of socket/many, 400 000 and more, are too many for the guest's buffer.
MORE = QUICK + ("socket/backlog", "socket/connecting", "socket/dual_stack",
                "socket/keepalive", "socket/listening", "socket/orphans",
                "socket/shutdown", "socket/stream", "socket/urgent",
                "packet/abort", "packet/closing",
                "packet/fuzz", "packet/header", "packet/listening",
                "packet/mirror", "packet/opening", "packet/reasons",
                "packet/retransmit", "packet/security", "packet/selfconnect",
                "packet/stream", "packet/timewait", "packet/window")


def replay(report, base, traced):
    """All boots together; the traces are kept if something is wrong."""
    folder = base + "/steps"
    boots = sorted(os.path.join(folder, boot) for boot in os.listdir(folder))
    boots = [boot for boot in boots if os.listdir(boot)]
    if any(os.path.exists(boot + "/no-tracepoints") for boot in boots):
        report.result(True, "replay # SKIP this kernel has no tracepoints")
        return
    there = {name[4:] for boot in boots for name in os.listdir(boot)}
    missing = [t for t in traced if t.replace("/", "-") not in there]
    if missing:
        report.result(False, "replay: no steps of " + " ".join(missing))
    done = subprocess.run([base + "/replay", *boots], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    stream = Stream(report, "replay")
    for line in done.stdout.splitlines():
        stream.line(line)
    stream.finish("exit %d" % done.returncode)
    if missing or done.returncode:
        shutil.rmtree(KEPT, ignore_errors=True)
        shutil.copytree(folder, KEPT)
        report.note("the traces are in " + os.path.relpath(KEPT))
