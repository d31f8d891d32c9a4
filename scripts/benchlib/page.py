# SPDX-License-Identifier: GPL-2.0-only
"""The page: plots that can be read at a glance."""
import collections
import os
import shutil
import subprocess

from facts import TOP

FAMILIES = ("xtcp", "xtcp-tcp", "tcp", "sctp", "unix")
# what: column of the table that is drawn; choose: which rows; label: what the
# group of bars is called; line: a level to compare with; log: of the scale.
Panel = collections.namedtuple("Panel", "title what choose label line log")


def exchanges(link, ip, clock="instructions"):
    return lambda r: (r.link == link and r.ip == ip and r.clock == clock and
                      r.metric == "ns" and "-beside" not in r.test and
                      r.family in FAMILIES[:2])


def named(test, metric, families=FAMILIES):
    return lambda r: (r.test.partition(":")[0] == test and
                      r.metric == metric and r.family in families)


def memory(r):
    return r.metric == "own_bytes"


def bulk(r):
    return (r.test in ("bulk-1", "bulk-8") and r.metric == "ns" and
            r.clock == "instructions" and r.family in FAMILIES[:2])


def turnover(r):
    return (r.test.startswith("turnover") and
            r.metric in ("before_ns", "after_ns") and r.family in FAMILIES[:2])


def beside_label(r):
    return "%s idle" % (r.test.partition(":")[2] or "0")


SPEED = "speed, host's TCP = 1"
PANELS = (
    Panel("instructions on lo, IPv4: " + SPEED, "ratio",
          exchanges("lo", "4"), lambda r: r.test, 1, False),
    Panel("on the wall's clock, lo, IPv4: " + SPEED, "ratio",
          exchanges("lo", "4", "wall"), lambda r: r.test, 1, False),
    Panel("instructions on veth, IPv4: " + SPEED, "ratio",
          exchanges("veth", "4"), lambda r: r.test, 1, False),
    Panel("bulk by link: " + SPEED, "ratio", bulk,
          lambda r: "%s %s IPv%s" % (r.test, r.link, r.ip), 1, False),
    Panel("turnover against TIME_WAIT: " + SPEED, "ratio", turnover,
          lambda r: "%s %s" % (r.test[9:].replace(":", " tw_reuse "),
                               r.metric[:-3]), 1, False),
    Panel("bytes per connection, the stack's own", "median", memory,
          lambda r: "%s IPv%s" % (r.test, r.ip), None, True),
    Panel("ping-pong beside idle connections, instructions", "median",
          named("ping-pong-beside", "ns"), beside_label, None, False),
    Panel("connections beside idle ones, instructions", "median",
          named("crr-beside", "ns"), beside_label, None, False),
    Panel("SYN flood, times the backlog: clients that come through", "median",
          named("syn-flood", "share"), lambda r: "%sx" % r.test[10:], 1,
          False),
    Panel("SYN flood: how long they take, ns", "median",
          named("syn-flood", "median_ns"), lambda r: "%sx" % r.test[10:],
          None, True),
    Panel("goodput on a path, 10 Mbit/s", "median",
          named("goodput", "bps"), lambda r: r.link, None, False),
    Panel("share of a bottleneck beside the host's TCP", "median",
          named("sharing", "share"), lambda r: r.link, 0.5, False),
)


def pivot(panel, ratios):
    """Groups of bars, a family each; None where there is no figure."""
    groups = collections.OrderedDict()
    for r in ratios:
        value = getattr(r, panel.what)
        if panel.choose(r) and value:
            groups.setdefault(panel.label(r), {})[r.family] = value
    families = [f for f in FAMILIES if any(f in g for g in groups.values())]
    return families, groups


def quoted(text):
    return "'%s'" % text.replace("'", "''")


def write(folder, header, ratios):
    """A table for each panel, and what page.gp has to know of them."""
    about = ", ".join("%s %s" % pair for pair in header
                      if pair[0] in ("kernel", "commit", "date"))
    known = ["about = " + quoted("XTCP beside the host's TCP: " + about)]
    count = 0
    for panel in PANELS:
        families, groups = pivot(panel, ratios)
        if not groups:
            continue
        count += 1
        with open("%s/%d.tsv" % (folder, count), "w") as f:
            f.write("\t".join(["what"] + families) + "\n")
            for label, values in groups.items():
                f.write("\t".join([label] + [values.get(family, "NaN")
                                             for family in families]) + "\n")
        for name, value in (
                ("title", quoted(panel.title)), ("log", int(panel.log)),
                ("line", panel.line or 0),
                ("colours", quoted(" ".join(str(FAMILIES.index(f) + 1)
                                            for f in families)))):
            known.append("%s_%d = %s" % (name, count, value))
    known.append("count = %d" % count)
    with open(folder + "/panels.gp", "w") as f:
        f.write("\n".join(known) + "\n")
    return count


def draw(out, header, ratios, png):
    folder = os.path.join(out, "panels")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    count = write(folder, header, ratios)
    if not count:
        return
    command = [TOP + "/scripts/plot"] + ["--png"] * png
    subprocess.run(command + [
        "--size", "1500x%d" % (340 * ((count + 1) // 2) + 40),
        TOP + "/selftests/bench/page.gp",
        os.path.join(out, "bench." + ("png" if png else "svg")),
        "folder=" + folder], check=True)
