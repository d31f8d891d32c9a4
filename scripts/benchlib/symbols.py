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


def innermost(frames):
    """Of (function, file:line) frames: the innermost function of the module's own,
    which is built as one, so that most have gone into others."""
    for function, where in frames:
        if where.startswith("module/"):
            return function
    return frames[-1][0]


def places(ko, text, counts):
    """By address: (function, file:line where it is written) of the module."""
    with subprocess.Popen(["nm", "-S", "--size-sort", ko],
                          stdout=subprocess.PIPE, text=True) as nm:
        ends = [int(m[1], 16) + int(m[2], 16) for m in re.finditer(
            r"^([0-9a-f]+) ([0-9a-f]+) [tT] ", nm.stdout.read(), re.M)]
    asked = "".join("%x\n" % (pc - text) for pc in sorted(counts)
                    if text <= pc < text + max(ends))
    said = subprocess.run(["addr2line", "-a", "-i", "-f", "-j", ".text", "-e",
                           ko], input=asked, stdout=subprocess.PIPE, text=True)
    found = {}
    for of_one in re.split(r"^0x(?=[0-9a-f]+$)", said.stdout, flags=re.M)[1:]:
        pc, *rest = of_one.split("\n")
        frames = [(function, re.sub(r".*/(module|include|arch)/", r"\1/",
                                    re.sub(r" \(discriminator \d+\)", "",
                                           where.replace(TOP + "/", ""))))
                  for function, where in zip(rest[::2], rest[1::2])]
        found[int(pc, 16) + text] = innermost(frames), frames[0][1]
    return found


def lines(found, counts):
    """(file:line function, count) of the module, most first; code that was
    inlined counts for the line where it is written."""
    sums = {}
    for pc in found.keys() & counts.keys():
        function, where = found[pc]
        name = "%s %s" % (where, function)
        sums[name] = sums.get(name, 0) + counts[pc]
    return sorted(sums.items(), key=lambda pair: -pair[1])
