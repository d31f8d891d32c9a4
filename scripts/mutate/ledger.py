# SPDX-License-Identifier: GPL-2.0-only
"""The survivors that are known, each with its reason."""
KINDS = ("equivalent", "owed")


class Ledger:
    """A line: file, function, line of code, the same mutated, kind, reason;
    between them tabs."""

    def __init__(self, path):
        self.entries = {}
        self.faults = []
        with open(path) as file:
            for number, line in enumerate(file, 1):
                if line.startswith("#") or not line.strip():
                    continue
                fields = line.rstrip("\n").split("\t")
                if len(fields) != 6 or fields[4] not in KINDS or \
                        not fields[5]:
                    self.faults.append("%s:%d: not file, function, line, "
                                       "mutated line, %s, reason" %
                                       (path, number, " or ".join(KINDS)))
                    continue
                self.entries[tuple(fields[:4])] = tuple(fields[4:])

    def __contains__(self, mutant):
        return mutant.key in self.entries


def entry(mutant):
    """The line to add once the reason is known."""
    return "\t".join(mutant.key + ("owed", "?"))
