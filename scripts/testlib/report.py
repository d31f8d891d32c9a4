# SPDX-License-Identifier: GPL-2.0-only
"""One TAP stream, and its sums, out of the streams of many programs."""
import re
import sys
import threading

RESULT = re.compile(r"^(not )?ok\b *(\d+)? *-? *(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(#\s*SKIP\b.*)?$", re.I)
SKIP = re.compile(r"#\s*SKIP\b", re.I)
KEEP_LINES = 200	# of a failed test's output
LAST_LINES = 40		# of them once more at the end


class Report:
    """Results from any thread, printed as they come."""
    def __init__(self):
        self.lock = threading.Lock()
        self.count = self.passed = self.failed = self.skipped = 0
        self.failures, self.good_names = {}, set()

    def begin(self):
        print("TAP version 13", flush=True)

    def note(self, text):
        with self.lock:
            for line in text.splitlines():
                print("# " + line)
            sys.stdout.flush()

    def result(self, good, name, details=()):
        """One line; what a failure has to say stands before it."""
        with self.lock:
            self.count += 1
            if not good:
                self.failed += 1
                details = ["# " + line.lstrip("# ") for line in details]
                self.failures[name] = details[-LAST_LINES:]
                for line in details[-KEEP_LINES:]:
                    print(line)
            elif SKIP.search(name):
                self.skipped += 1
            else:
                self.passed += 1
                self.good_names.add(name)
            print("%sok %d - %s" % ("" if good else "not ", self.count, name),
                  flush=True)

    def end(self):
        """The plan, what failed, and the sums as the last line."""
        print("1..%d" % self.count)
        for name, details in self.failures.items():
            print("# failed: " + name)
            for line in details:
                print("#   " + line[2:])
        if self.skipped:
            print("# %d skipped" % self.skipped)
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0


class Stream:
    """The output of one program, line by line, into the report.

    It may hold several TAP streams after one another. What a test has to say
    stands before its result, as with kselftests, or behind it (after=True).
    """
    def __init__(self, report, name, after=False):
        self.report, self.name, self.after = report, name, after
        self.pending = None
        self.held = None
        self.planned = None
        self.seen = self.seen_bad = self.plans = 0
        self.kept = []
        self.all_skipped = None

    def line(self, text):
        text = text.rstrip("\r\n")
        if text.startswith("TAP version"):
            self.finish_plan()
            return
        plan, result = PLAN.match(text), RESULT.match(text)
        if plan:
            self.planned = int(plan.group(1))
            self.plans += 1
            if plan.group(2):
                self.all_skipped = plan.group(2)
        elif result:
            self.add(not result.group(1), result.group(3).strip())
        else:
            self.kept.append(text)

    def add(self, good, name):
        self.seen += 1
        self.flush()
        self.pending = good, "%s: %s" % (self.name, name)
        if not self.after:
            self.flush()

    def flush(self):
        """Hand the result on with the lines that belong to it."""
        if self.pending:
            self.put(*self.pending)
            self.pending = None

    def put(self, good, name):
        """Report, or hold back until it is sure that it counts."""
        self.seen_bad += not good
        if self.held is None:
            self.report.result(good, name, self.kept)
        else:
            self.held.append((good, name, self.kept))
        self.kept = []

    def release(self):
        held, self.held = self.held, None
        for result in held or ():
            self.report.result(*result)

    def finish_plan(self):
        """A stream that promised more than it showed, or less."""
        self.flush()
        if self.planned is not None and self.planned != self.seen:
            self.put(False, "%s: planned %d tests, ran %d" % (
                self.name, self.planned, self.seen))
        self.planned, self.seen = None, 0

    def finish(self, how="exit 0"):
        """The program is gone; how: what became of it, in words."""
        self.finish_plan()
        if self.all_skipped and how in ("exit 0", "exit 4"):
            self.put(True, "%s %s" % (self.name, self.all_skipped))
        elif self.plans == 0:
            self.put(False, "%s: no test plan, %s" % (self.name, how))
        elif not how.startswith("exit") or (
                how not in ("exit 0", "exit 4") and not self.seen_bad):
            self.put(False, "%s: %s" % (self.name, how))
        self.release()
