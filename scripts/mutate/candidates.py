# SPDX-License-Identifier: GPL-2.0-only
"""Every mutant there is of the pure floors."""
import glob
import os
import re

from mutant import Mutant, pick
from operators import Operators
from source import Source

ROOMS = ("machine", "stream")
# Enumerators with one of these beginnings may be mistaken for each other.
FAMILIES = ("XTCP_EV_", "XTCP_R_", "XTCP_DO_", "XTCP_F_", "XTCP_CLOSING_",
            "XTCP_OPENED_", "XTCP_LIFE_", "XTCP_ERR_", "XTCP_OPT_",
            "XTCP_HELD_", "XTCP_TIMER_", "XTCP_EXPIRED_", "XTCP_KEEP_",
            "XTCP_RECOVERY_", "XTCP_PLACE_", "XTCP_READY_", "XTCP_ACK_",
            "XTCP_MAY_")
ENDS = ("_KINDS", "_REASONS", "_BITS", "_MAX", "_US", "_COUNT")
FLAGS = ["XTCP_" + f for f in ("FIN", "SYN", "RST", "PSH", "ACK", "URG")]


def read(top, path):
    with open(os.path.join(top, path)) as file:
        return file.read()


def entries(top, name, macro):
    """The first argument of each line of a .def file."""
    return re.findall(r"^%s\((\w+)" % macro,
                      read(top, "module/machine/" + name), re.MULTILINE)


def families(top):
    """enumerator -> those that it may become"""
    words = set()
    for room in ROOMS:
        for path in glob.glob("%s/module/%s/*.h" % (top, room)):
            words.update(re.findall(r"\bXTCP_[A-Z0-9_]+\b", read(top, path)))
    groups = [[w for w in words if w.startswith(f) and not w.endswith(ENDS)
               and len(w) > len(f)] for f in FAMILIES]
    states = entries(top, "states.def", "XTCP_STATE")
    groups.append(FLAGS)
    groups.append(states)			# in XTCP_S(...)
    groups.append(["XTCP_" + s for s in states])
    groups.append(["XTCP_EV_" + e for e in
                   entries(top, "events.def", "XTCP_EVENT")])
    groups.append(["XTCP_R_" + r for r in
                   entries(top, "reasons.def", "XTCP_REASON")])
    table = {}
    for group in groups:
        for word in group:
            table[word] = [w for w in group if w != word]
    return table


# The .def files, a mutant a line --------------------------------------------

CELL = re.compile(r"^XTCP_CELL\((\w+), (\w+), *(\w+), *([^\"]*), \"", re.M)
NEVER = re.compile(r"^XTCP_IMPOSSIBLE\((\w+), (\w+)\)", re.M)
STATE = re.compile(r"^XTCP_STATE\((\w+), (\d+)\)", re.M)
REASON = re.compile(r"^XTCP_REASON\((\w+), (\w+), (\".*\")\)", re.M)


def wrong_target(target, states, *about):
    """Another set of states: one more, one less, or a different one."""
    now = re.findall(r"XTCP_S\((\w+)\)", target)
    other = "XTCP_S(%s)" % pick([s for s in states if s not in now], *about)
    if not now:
        return other
    if len(now) > 1:
        return "XTCP_S(%s)" % pick(now, *about)
    return pick(["STAYS", other, "%s | %s" % (target, other)], *about)


def cells(source, states):
    text = source.text
    handlers = {m.group(3) for m in CELL.finditer(text)}
    for m in CELL.finditer(text):
        state, event, handler, target = m.groups()
        where = "%s, %s" % (state, event)
        what = pick(["handler", "target", "impossible"], where)
        if what == "handler":
            yield Mutant(source, "cell: handler", where, *m.span(3),
                         pick(handlers - {handler}, where))
        elif what == "target":
            yield Mutant(source, "cell: target", where, *m.span(4),
                         wrong_target(target, states, where))
        else:
            end = text.index("\n", m.start())
            yield Mutant(source, "cell: impossible", where, m.start(), end,
                         "XTCP_IMPOSSIBLE(%s)" % where)
    for m in NEVER.finditer(text):
        where = "%s, %s" % m.groups()
        yield Mutant(source, "cell: possible", where, *m.span(),
                     "XTCP_CELL(%s, silence, STAYS, \"3.10\")" % where)


def neighbours(source, pattern, groups, kind):
    """An entry takes over a word of the one before it."""
    before = None
    for m in pattern.finditer(source.text):
        if before:
            group = pick(groups, m.group(1))
            yield Mutant(source, kind, m.group(1), *m.span(int(group)),
                         before.group(int(group)))
        before = m


def numbers_swapped(source):
    """A state gets a number that no state had."""
    for m in STATE.finditer(source.text):
        if m.group(2) == "11":
            yield Mutant(source, "state number", m.group(1), *m.span(2), "0")
        else:
            other = re.search(r", (%d)\)" % (int(m.group(2)) + 1), source.text)
            first, second = sorted((m.span(2), other.span(1)))
            text = source.text
            yield Mutant(source, "state number", m.group(1), first[0],
                         second[1], text[slice(*second)] +
                         text[first[1]:second[0]] + text[slice(*first)])


def of_def(source, states):
    name = os.path.basename(source.path)
    if name == "table.def":
        yield from cells(source, states)
    elif name == "reasons.def":
        yield from neighbours(source, REASON, "23", "reason's words")
    elif name == "states.def":
        yield from numbers_swapped(source)


# ----------------------------------------------------------------------------

def files(top):
    found = []
    for room in ROOMS:
        for kind in ("c", "h", "def"):
            found += glob.glob("%s/module/%s/*.%s" % (top, room, kind))
    return sorted(os.path.relpath(f, top) for f in found)


def of_file(top, path, known):
    source = Source(path, read(top, path))
    if path.endswith(".def"):
        return of_def(source, entries(top, "states.def", "XTCP_STATE"))
    every = Operators(source, known).all()
    if path.endswith(".h"):
        # A header's numbers are shared with the tests; its functions are not.
        return (m for m in every if m.code)
    return every


def all_mutants(top, paths):
    known = families(top)
    for path in paths:
        seen = set()
        for mutant in of_file(top, path, known):
            if mutant.text not in seen and mutant.text != mutant.source.text:
                seen.add(mutant.text)
                yield mutant
