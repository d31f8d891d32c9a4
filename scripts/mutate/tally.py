# SPDX-License-Identifier: GPL-2.0-only
"""What became of the mutants, counted by file."""
from bench import KILLED, SURVIVED
from ledger import entry

COLUMNS = ("mutants", "unit", "explorer", "time", "survived")


def column(verdict, by):
    if verdict == SURVIVED:
        return "survived"
    program = by.partition(":")[0]
    return program if program in ("explorer", "time") else "unit"


class Tally:
    def __init__(self, ledger, log=None):
        self.ledger = ledger
        self.log = open(log, "w", buffering=1) if log else None
        self.verdicts = {}	# mutant -> verdict, by whom
        self.table = {}		# path -> column -> number
        self.faults = []

    @property
    def count(self):
        return sum(row["mutants"] for row in self.table.values())

    def note(self, mutant, verdict, by):
        self.verdicts[mutant] = verdict, by
        if self.log:
            print(verdict, by, mutant.kind, mutant.line, *mutant.key,
                  sep="\t", file=self.log)

    def add(self, mutant, verdict, by):
        self.note(mutant, verdict, by)
        if verdict not in (KILLED, SURVIVED):
            return
        row = self.table.setdefault(mutant.path, dict.fromkeys(COLUMNS, 0))
        row["mutants"] += 1
        row[column(verdict, by)] += 1
        if verdict == SURVIVED and mutant not in self.ledger:
            self.fault("survived: %s" % entry(mutant))

    def fault(self, text):
        self.faults.append(text)

    def report(self, least):
        """Prints the table and what is wrong. The exit status."""
        total = {c: sum(row[c] for row in self.table.values())
                 for c in COLUMNS}
        rows = sorted(self.table.items()) + [("all", total)]
        print("%-32s" % "" + "".join("%10s" % c for c in COLUMNS))
        for path, row in rows:
            print("%-32s" % path.removeprefix("module/") +
                  "".join("%10d" % row[c] for c in COLUMNS))
        killed = total["mutants"] - total["survived"]
        percent = 100 * killed / total["mutants"] if total["mutants"] else 0
        print("%d of %d killed: %.1f %%" % (killed, total["mutants"], percent))
        for fault in self.faults:
            print(fault)
        if percent < least:
            print("fewer than %g %%" % least)
        return 1 if self.faults or percent < least else 0
