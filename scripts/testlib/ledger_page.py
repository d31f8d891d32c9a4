# SPDX-License-Identifier: GPL-2.0-only
"""The ledger as a page: what scripts/gen-docs puts into requirements.rst."""
import textwrap

import ledger

WIDTH = 79


def escape(text):
    for mark in "*`|":
        text = text.replace(mark, "\\" + mark)
    return text


def cell(mark, text):
    """One cell of a list-table."""
    lines = textwrap.wrap(text, WIDTH - 7, break_on_hyphens=False,
                          break_long_words=False) or [""]
    return [("   %s - %s" % (mark, lines[0])).rstrip()] + \
        ["       " + line for line in lines[1:]]


def tests_of(row):
    text = "; ".join("``%s``" % test for test in row.tests)
    if row.proved:
        text += ". Broken to see it fail: " + escape(row.proved)
    return text


def state_of(row):
    _, _, why = row.gap.partition(": ")
    return row.state + (": " + escape(why) if why else "")


def table(rfc):
    lines = [".. list-table::", "   :header-rows: 1",
             "   :widths: 10 35 40 15", ""]
    for cells in [("requirement, section", "what it asks for", "tests",
                   "state")] + [
            ("%s, %s" % (row.id, row.section), escape(row.requirement),
             tests_of(row), state_of(row)) for row in rfc.rows]:
        for number, text in enumerate(cells):
            lines += cell(" " if number else "*", text)
    return lines + [""]


def summary(rfcs):
    head = ("RFC", "about") + ledger.STATES + ("proved",)
    rows = [("%d" % rfc.number, rfc.title)
            + tuple("%d" % rfc.sums()[state] for state in ledger.STATES)
            + ("%d" % sum(bool(row.proved) for row in rfc.rows),)
            for rfc in rfcs]
    columns = list(zip(*rows))[2:]
    rows.append(("all", "-") + tuple("%d" % sum(map(int, column))
                                     for column in columns))
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    rule = "  ".join("=" * width for width in widths)
    text = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip()
            for row in [head] + rows]
    return [rule, text[0], rule] + text[1:] + [rule, ""]


def page():
    rfcs = ledger.read()
    lines = summary(rfcs)
    for rfc in rfcs:
        title = "RFC %d: %s" % (rfc.number, rfc.title)
        lines += [title, "-" * len(title), ""] + table(rfc)
    return lines
