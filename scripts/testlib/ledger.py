# SPDX-License-Identifier: GPL-2.0-only
"""The ledger: what RFCs ask for, and which tests show that it is so.

Documentation/requirements/rfcN.tsv has a line per requirement:

  id, level, section, requirement
  tests	names of tests as a run prints them, separated by "; ". A * stands
	for anything; the values of a test's axes at its end may be left out
  gap	"n/a: why" it does not apply, "owed: what" is still to be done, or
	"deviates: how", on purpose
  proved	how the code was broken to see one of the tests fail
"""
import csv
import glob
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FOLDER = "Documentation/requirements"
COLUMNS = ("id", "level", "section", "requirement", "tests", "gap", "proved")
# kind of gap: state with tests, state without
GAPS = {"": ("covered", ""), "n/a": ("covered", "not applicable"),
        "owed": ("in part", "owed"), "deviates": ("deviates", "")}
STATES = ("covered", "deviates", "in part", "owed", "not applicable")


class Row:
    def __init__(self, fields):
        for name, value in zip(COLUMNS, fields):
            setattr(self, name, value.strip())
        self.tests = [t for t in self.tests.split("; ") if t]

    @property
    def state(self):
        kind = self.gap.partition(":")[0]
        return GAPS[kind][not self.tests]

    def faults(self):
        kind, _, why = self.gap.partition(": ")
        if kind not in GAPS or bool(self.gap) != bool(why):
            yield "%s: what kind of gap is this: %s" % (self.id, self.gap)
        elif not self.state:
            yield "%s: neither tests nor a reason" % self.id
        if self.proved and not self.tests:
            yield "%s: proved without a test" % self.id
        if not self.requirement:
            yield "%s: says nothing" % self.id


class Rfc:
    """One file: its second line has the title."""

    def __init__(self, path):
        self.path = os.path.relpath(path, TOP)
        self.name = os.path.basename(path)[:-4]
        self.number = int(self.name[3:])
        with open(path, newline="") as file:
            self.title = [file.readline(), file.readline()][1].lstrip("# ")
            self.title = self.title.strip()
            lines = list(csv.reader(file, delimiter="\t",
                                    quoting=csv.QUOTE_NONE))
        self.header, self.lines = tuple(lines[0]), lines[1:]
        self.rows = [Row(fields) for fields in self.lines
                     if len(fields) == len(COLUMNS)]

    def sums(self):
        return {state: sum(row.state == state for row in self.rows)
                for state in STATES}

    def faults(self):
        if self.header != COLUMNS:
            yield "%s: the columns are not %s" % (self.path,
                                                  ", ".join(COLUMNS))
        for fields in self.lines:
            if len(fields) != len(COLUMNS):
                yield "%s: %d columns: %s" % (self.path, len(fields),
                                              fields[0])
        for row in self.rows:
            yield from row.faults()


def read():
    """RFC 9293 first, the others by number."""
    rfcs = [Rfc(path) for path in glob.glob("%s/%s/rfc*.tsv" % (TOP, FOLDER))]
    return sorted(rfcs, key=lambda rfc: (rfc.number != 9293, rfc.number))


def program_of(pattern):
    """selftests/FOLDER/FILE of "FOLDER/FILE: name", or a folder."""
    name = pattern.partition(": ")[0]
    for suffix in ("", ".c", ".py", ".sh"):
        path = os.path.join(TOP, "selftests", name + suffix)
        if os.path.exists(path):
            return path
    return None


# Of what "proved" says: a file of the module, and a function or object in it
BROKEN = re.compile(r"(?:^|; )(\w+\.[ch]) (\w+)")


def sources():
    """The module's files, those of one name together."""
    texts = {}
    for path in glob.glob(TOP + "/module/**/*.[ch]", recursive=True):
        with open(path) as file:
            name = os.path.basename(path)
            texts[name] = texts.get(name, "") + file.read()
    return texts


def faults(rfcs):
    """What is wrong with the files as such."""
    seen, texts = set(), sources()
    for rfc in rfcs:
        yield from rfc.faults()
        for row in rfc.rows:
            if row.id in seen:
                yield row.id + " is there twice"
            seen.add(row.id)
            for test in row.tests:
                if not program_of(test):
                    yield "%s: no such program: %s" % (row.id, test)
            for name, place in BROKEN.findall(row.proved):
                if not re.search(r"\b%s\b" % place, texts.get(name, "")):
                    yield "%s: %s has no %s" % (row.id, name, place)


def matcher(pattern):
    text = "".join(".*" if c == "*" else re.escape(c) for c in pattern)
    return re.compile(text + r"(\..*)?\Z")


def missing(rfcs, passed):
    """Tests of the ledger that did not run, or not with success."""
    known = {}
    for rfc in rfcs:
        for row in rfc.rows:
            for test in row.tests:
                if test not in known:
                    match = matcher(test).match
                    known[test] = any(match(name) for name in passed)
                if not known[test]:
                    yield "%s: no such test ran and passed: %s" % (row.id,
                                                                   test)


def spoiled(rfcs, failed):
    """Requirements with a test that failed."""
    for rfc in rfcs:
        for row in rfc.rows:
            bad = [name for name in failed
                   if any(matcher(test).match(name) for test in row.tests)]
            if bad:
                yield "%s (RFC %d %s) is not met: %s" % (
                    row.id, rfc.number, row.section, ", ".join(bad[:3]))


def sums(rfcs):
    total = {state: sum(rfc.sums()[state] for rfc in rfcs)
             for state in STATES}
    proved = sum(bool(row.proved) for rfc in rfcs for row in rfc.rows)
    return ", ".join("%d %s" % (count, state)
                     for state, count in total.items()) + \
        "; %d proved by breaking the code" % proved


def check(report):
    """After a whole run: each test that stands for a requirement passed."""
    rfcs = read()
    report.note("requirements: " + sums(rfcs))
    wrong = list(missing(rfcs, report.good_names))
    wrong += spoiled(rfcs, report.failures)
    report.result(not wrong, "ledger: the tests of each requirement ran and "
                  "passed", wrong)
