# SPDX-License-Identifier: GPL-2.0-only
"""What lies at an address: the function, and the module's source line."""
import bisect
import re
import subprocess

from facts import TOP

KERNEL = 1 << 63


class Names:
    """Functions, from the guest's /proc/kallsyms."""

    def __init__(self, path):
        known = {}
        with open(path) as f:
            for line in f:
                words = line.split()
                if words[1] in "tTwW":
                    known.setdefault(int(words[0], 16), words[2] + "".join(
                        " " + m for m in words[3:]))
        self.at = sorted(known)
        self.name = [known[a] for a in self.at]

    def of(self, pc):
        if pc < KERNEL:
            return "(user space)"
        i = bisect.bisect_right(self.at, pc) - 1
        return self.name[i] if i >= 0 else "(unknown)"


def lines(ko, text, counts):
    """(file:line (function), count) of the module, most first; code that was
    inlined counts for the line where it is written."""
    with subprocess.Popen(["nm", "-S", "--size-sort", ko],
                          stdout=subprocess.PIPE, text=True) as nm:
        ends = [int(m[1], 16) + int(m[2], 16) for m in re.finditer(
            r"^([0-9a-f]+) ([0-9a-f]+) [tT] ", nm.stdout.read(), re.M)]
    inside = sorted(pc for pc in counts if text <= pc < text + max(ends))
    asked = "".join("%x\n" % (pc - text) for pc in inside)
    said = subprocess.run(["addr2line", "-f", "-j", ".text", "-e", ko],
                          input=asked, stdout=subprocess.PIPE,
                          text=True).stdout.split("\n")
    found = {}
    for i, pc in enumerate(inside):
        where = re.sub(r" \(discriminator \d+\)", "", said[2 * i + 1])
        where = re.sub(r".*/(module|include|arch)/", r"\1/",
                       where.replace(TOP + "/", ""))
        name = "%s %s" % (where, said[2 * i])
        found[name] = found.get(name, 0) + counts[pc]
    return sorted(found.items(), key=lambda pair: -pair[1])
