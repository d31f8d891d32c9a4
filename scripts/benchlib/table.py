# SPDX-License-Identifier: GPL-2.0-only
"""Rows of results, and ratios to the host's TCP made of them."""
import collections
import fnmatch
import os
import statistics

from facts import TOP

COLUMNS = ("part", "clock", "test", "link", "ip", "family", "round", "metric",
           "value")
# By metric's unit (what follows its last underscore, or all of it): is more
# better? Where less is, the ratio is TCP's figure by ours for times and rates,
# so that more is better; for memory it is ours by TCP's.
LESS = {"ns": "speed", "bytes": "size"}
RATIOS = ("test", "link", "ip", "family", "metric", "clock", "median", "low",
          "high", "ratio", "ratio_low", "ratio_high", "target", "met")
Ratio = collections.namedtuple("Ratio", RATIOS)
Target = collections.namedtuple("Target", "test family metric sense value")


def write(path, header, columns, rows):
    with open(path + ".new", "w") as f:
        f.write("# SPDX-License-Identifier: GPL-2.0-only\n")
        for name, what in header:
            f.write("# %s: %s\n" % (name, what))
        f.write("\t".join(columns) + "\n")
        for row in rows:
            f.write("\t".join(map(str, row)) + "\n")
    os.replace(path + ".new", path)


def read(path):
    header, rows = [], []
    with open(path) as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("# SPDX"):
                continue
            if line.startswith("# "):
                name, _, what = line[2:].partition(": ")
                header.append((name, what))
            else:
                rows.append(line.split("\t"))
    return header, rows[1:]


def write_results(path, header, rows):
    write(path, header, COLUMNS, rows)


def read_results(path):
    return read(path)


def targets():
    found = []
    for test, family, metric, sense, value in read(
            TOP + "/selftests/bench/targets.tsv")[1]:
        found.append(Target(test, family, metric, sense, float(value)))
    return found


def target_of(known, test, family, metric):
    for t in known:
        if t.family == family and fnmatch.fnmatch(test, t.test) and \
                fnmatch.fnmatch(metric, t.metric):
            return t
    return None


def ratio(metric, ours, theirs):
    way = LESS.get(metric.rpartition("_")[2])
    if way == "speed":
        ours, theirs = theirs, ours
    return ours / theirs if theirs else None


def number(value):
    return "" if value is None else "%.6g" % value


def ratios(rows, known):
    """For each thing measured its median and spread, and the median and the
    spread of the rounds' ratios to TCP: what ran side by side is compared."""
    values = collections.OrderedDict()
    for _, clock, test, link, ip, family, turn, metric, value in rows:
        key = (test, link, ip, family, metric, clock)
        values.setdefault(key, {})[turn] = float(value)
    found = []
    for key, by_round in values.items():
        test, link, ip, family, metric, clock = key
        host = values.get((test, link, ip, "tcp", metric, clock), {})
        each = [ratio(metric, value, host[turn])
                for turn, value in by_round.items() if turn in host]
        each = [r for r in each if r is not None]
        target = target_of(known, test, family, metric)
        of = statistics.median(each) if each else None
        met = ""
        if target:
            compared = of
            if target.sense in ("least", "most"):
                compared = statistics.median(by_round.values())
            if compared is not None:
                more = target.sense in (">=", "least")
                met = "yes" if (compared >= target.value if more else
                                compared <= target.value) else "no"
        found.append(Ratio(
            test, link, ip, family, metric, clock,
            number(statistics.median(by_round.values())),
            number(min(by_round.values())), number(max(by_round.values())),
            number(of), number(min(each, default=None)),
            number(max(each, default=None)),
            "%s %g" % (target.sense, target.value) if target else "", met))
    return found


def write_ratios(path, header, found):
    write(path, header, RATIOS, found)


def show(found):
    """What most people ask for."""
    print("%-16s %-8s %-2s %-9s %-12s %-12s %12s %7s  %s" % (
        "test", "link", "ip", "family", "metric", "clock", "median", "ratio",
        "target"))
    for r in found:
        print("%-16s %-8s %-2s %-9s %-12s %-12s %12s %7s  %s" % (
            r.test, r.link, r.ip, r.family, r.metric, r.clock, r.median,
            "%.3f" % float(r.ratio) if r.ratio else "",
            r.target and "%s: %s" % (r.target, r.met)))
