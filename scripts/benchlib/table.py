# SPDX-License-Identifier: GPL-2.0-only
"""Rows of results, and ratios to the host's TCP made of them."""
import collections
import fnmatch
import os
import statistics

from facts import TOP

COLUMNS = ("part", "clock", "test", "link", "ip", "family", "round", "metric",
           "value")
# By a metric's unit, what follows its last underscore: where it is a time, the
# ratio is TCP's by ours, so that more is better; else it is ours by TCP's.
TIMES = ("ns",)
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
        if fnmatch.fnmatch(family, t.family) and \
                fnmatch.fnmatch(test, t.test) and fnmatch.fnmatch(metric, t.metric):
            return t
    return None


def ratio(metric, ours, theirs):
    if metric.rpartition("_")[2] in TIMES:
        ours, theirs = theirs, ours
    return ours / theirs if theirs else None


def hosts(metric):
    """Ours and the host's sockets come from caches of different names."""
    return metric.replace("XTCP", "TCP", 1)


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
        host = values.get((test, link, ip, "tcp", hosts(metric), clock), {})
        each = [ratio(metric, value, host[turn])
                for turn, value in by_round.items() if turn in host]
        each = [r for r in each if r is not None]
        of = statistics.median(each) if each else None
        median = statistics.median(by_round.values())
        target = target_of(known, test, family, metric)
        beside_none = values.get(
            (test.partition(":")[0] + ":0",) + key[1:], {}).values()
        found.append(Ratio(
            test, link, ip, family, metric, clock, number(median),
            number(min(by_round.values())), number(max(by_round.values())),
            number(of), number(min(each, default=None)),
            number(max(each, default=None)),
            *judged(target, of, median, beside_none)))
    return found + means(found, known)


def judged(target, of, median, beside_none):
    """The target, and whether it is met."""
    if not target:
        return "", ""
    if target.sense.startswith("self"):
        of = median / statistics.median(beside_none) if beside_none else None
    if target.sense in ("least", "most"):
        of = median
    text = "%s %g" % (target.sense, target.value)
    if of is None:
        return text, ""
    if target.sense in (">=", "least"):
        return text, "yes" if of >= target.value else "no"
    return text, "yes" if of <= target.value else "no"


def means(found, known):
    """Over all paths: the geometric mean of the ratios, the median share."""
    made = []
    for test, metric, what in (("goodput", "bps", "ratio"),
                               ("sharing", "share", "median")):
        for family in ("xtcp", "xtcp-tcp"):
            each = [float(getattr(r, what)) for r in found
                    if (r.test, r.metric, r.family) == (test, metric, family)
                    and getattr(r, what)]
            if not each:
                continue
            ratio = what == "ratio"
            mean = (statistics.geometric_mean if ratio else
                    statistics.median)(each)
            target = target_of(known, "mean-" + test, family, metric)
            spread = number(mean), number(min(each)), number(max(each))
            none = ("", "", "")
            made.append(Ratio(
                "mean-" + test, "all", "4", family, metric, "instructions",
                *(none + spread if ratio else spread + none),
                *judged(target, mean, mean, ())))
    return made


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
