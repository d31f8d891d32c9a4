# SPDX-License-Identifier: GPL-2.0-only
"""The kselftests in guests: shared out, watched, started again after a crash.

selftests/lib/guest.py runs them at the other end and marks what it prints.
"""
import fcntl
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time

import closure
from report import Stream
import steps

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BOOT_S = 600		# wall time for boot and warm-up
TICKS = os.sysconf("SC_CLK_TCK")
COST_S = {"net": 8, "socket": 2, "packet": 3,	# the first time
          "programs": 50, "soak": 300,
          "socket/many": 20, "socket/keepalive": 38, "packet/matrix": 11,
          "packet/window": 20, "packet/closing": 11,
          "net/offload": 120, "net/host_selftests": 38, "net/namespaces": 31,
          "net/pace": 28, "net/ended": 28, "net/xtcp_ss": 25,
          "net/firewall": 21, "net/diag": 19, "net/manners": 17}
TIMES = os.path.join(os.environ.get("XDG_CACHE_HOME",
                                    os.path.expanduser("~/.cache")),
                     "xtcp", "test-times.json")


def make(*args):
    """Run make in selftests/ and give its output."""
    done = subprocess.run(["make", "-s", "-C", TOP + "/selftests", *args],
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def build_alone(stage):
    """Two runs in one checkout must not write the same programs at once."""
    os.makedirs(TOP + "/build", exist_ok=True)
    with open(TOP + "/build/selftests.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make("-j2", "stage", "user-replay", "STAGE=" + stage)
        shutil.copy(TOP + "/build/selftests/replay/replay",
                    os.path.dirname(stage))


def known_times():
    try:
        with open(TIMES) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def keep_times(times, kernel):
    os.makedirs(os.path.dirname(TIMES), exist_ok=True)
    all_times = known_times()
    all_times.setdefault(kernel, {}).update(times)
    with open(TIMES + ".new", "w") as f:
        json.dump(all_times, f, indent=1)
    os.replace(TIMES + ".new", TIMES)


def cpu_s(pid):
    """CPU time of a process and those below it that still run."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            children = f.read().split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / TICKS + sum(
        cpu_s(int(child)) for child in children)


def share_out(tests, guests, kernel):
    """The longest first, each to who has least; few tests need few guests."""
    times = known_times().get(kernel, {})
    cost = {t: times.get(t) or COST_S.get(t.partition("@")[0]) or
            COST_S[t.partition("/")[0]] for t in tests}
    parts = [[] for _ in range(max(1, min(guests, len(tests))))]
    for test in sorted(tests, key=lambda t: -cost[t]):
        min(parts, key=lambda p: sum(cost[t] for t in p)).append(test)
    return parts


class Guest:
    """One part of the tests, in as many boots as it takes."""
    def __init__(self, report, tests, stage, options):
        self.report, self.left, self.stage = report, list(tests), stage
        self.options, self.times = options, {}
        self.stream = self.current = None
        self.began = 0
        self.clean = self.unloading = False

    def run(self):
        while self.left:
            before = len(self.left)
            self.boot()
            if self.clean:
                return
            if len(self.left) == before:	# died before the first test
                for test in self.left:
                    self.report.result(False, test + ": not run, the guest "
                                       "does not come up", self.tail)
                return
        if not self.clean and not self.unloading:
            self.report.result(False, "the guest died between tests",
                               self.tail)

    def boot(self):
        o = self.options
        log = os.path.join(o.logs, "guest-%d.log" % threading.get_ident())
        traced = [t for t in self.left if t in o.traced]
        out = ["--out", tempfile.mkdtemp(dir=o.steps)] if traced else []
        command = [TOP + "/scripts/vm", "--kernel", o.kernel,
                   "--mem", "2560" if "san" in o.release else "1536",
                   "--par" if o.parallel else "--det", "--timeout", "14400",
                   "--in", self.stage, "--log", log, *out, "--",
                   "/usr/bin/python3", "-u", "/run/vm/stage/guest.py",
                   "/run/vm/stage", *self.left]
        self.tail, self.clean, self.current = [], False, None
        self.vm = vm = subprocess.Popen(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              errors="replace", env=dict(
                                  os.environ, XTCP_TEST_STEPS=" ".join(traced)))
        why = "interrupted"
        try:
            why = self.follow(vm)
            if traced and self.clean:
                vm.wait(BOOT_S)		# it brings the steps out
        finally:
            vm.terminate()
            vm.wait()
        if self.current:
            self.lost(why, log)

    def follow(self, vm):
        """Read until the guest ends; a test has a bound of wall time."""
        lines = queue.Queue()

        def pump():
            for line in vm.stdout:
                lines.put(line)
            lines.put(None)
        threading.Thread(target=pump, daemon=True).start()
        due = time.monotonic() + BOOT_S
        while True:
            try:
                line = lines.get(timeout=max(0.1, due - time.monotonic()))
            except queue.Empty:
                return "no end within %d s" % (
                    self.options.limit if self.current else BOOT_S)
            if line is None:
                return "the guest died"
            if line.startswith("## "):
                if self.mark(line.split()[1:]):
                    return "done"
                due = time.monotonic() + (self.options.limit if self.current
                                          else BOOT_S)
            else:
                self.text(line)

    def text(self, line):
        self.tail = self.tail[-40:] + [line.rstrip()]
        if self.stream:
            self.stream.line(line)
            self.whole.write(line)

    def mark(self, words):
        what, name = words[0], words[1] if len(words) > 1 else ""
        if what == "begin":
            self.current, self.began = name, cpu_s(self.vm.pid)
            self.stream = Stream(self.report, name)
            self.stream.held = []
            path = os.path.join(self.options.logs,
                                name.replace("/", "-") + ".log")
            self.whole = open(path, "w")
            self.splat, self.faults = False, 0
            self.unloading = name == "module/rmmod"
        elif what == "again":
            self.report.note("%s: once more %s" % (name, " ".join(words[2:])))
            self.whole.close()
            self.current = self.stream = None
        elif what == "splat":
            self.splat = True
        elif what == "faults":
            self.faults = int(words[2])
        elif what == "end":
            self.finish(" ".join(words[3:]))
        elif what == "done":
            self.clean = True
        return what == "done"

    def finish(self, how):
        name = self.current
        kernel = [t for t in self.stream.kept if t.startswith("#k")]
        if self.splat:
            self.report.result(False, name + ": the kernel complained", kernel)
        self.stream.kept = [t for t in self.stream.kept if t not in kernel]
        if self.faults:
            self.survived(how)
        else:
            self.stream.finish(how)
        self.times[name] = round(cpu_s(self.vm.pid) - self.began, 1)
        self.forget()

    def survived(self, how):
        """Allocations failed, so tests may; that it came to an end counts."""
        failed = sum(not good for good, _, _ in self.stream.held)
        good = how.startswith("exit") and self.stream.plans
        self.report.result(
            good, "%s: came through %d failed allocations "
            "(with %d of %d tests failed)" % (
                self.current, self.faults, failed, len(self.stream.held)),
            [] if good else [how] + self.stream.kept)

    def forget(self):
        if self.current in self.left:
            self.left.remove(self.current)
        self.whole.close()
        self.current = self.stream = None

    def lost(self, why, log):
        """The guest went down with a test: that one failed; go on."""
        details = list(self.stream.kept)
        self.stream.release()
        try:
            with open(log, errors="replace") as f:
                details += f.read().splitlines()[-80:]
        except OSError:
            pass
        self.report.result(False, "%s: %s" % (self.current, why), details)
        if self.current == "module/insmod":
            self.left = []
        self.forget()


def run(report, tests, options):
    """Build, stage and run; every result goes into the report."""
    base = tempfile.mkdtemp(prefix="xtcp-selftest.")
    stage = base + "/stage"
    try:
        build_alone(stage)
        if os.environ.get("XTCP_TEST_HOST") != "1":
            shutil.copy(options.module, stage + "/xtcp.ko")
        with open(stage + "/in-memory", "w") as f:
            f.write("\n".join(closure.files(stage, options.release)) + "\n")
        os.makedirs(options.logs, exist_ok=True)
        options.steps = base + "/steps"
        os.mkdir(options.steps)
        # Those whose steps are traced come first: a trace is whole then.
        guests = [Guest(report, sorted(part, key=lambda t: t not in
                                       options.traced), stage, options)
                  for part in share_out(
                      tests, options.guests, options.kernel)]
        threads = [threading.Thread(target=g.run) for g in guests]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        times = {}
        for g in guests:
            times.update(g.times)
        keep_times(times, options.kernel)
        if options.traced:
            steps.replay(report, base, options.traced)
    finally:
        shutil.rmtree(base)
