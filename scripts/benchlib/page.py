# SPDX-License-Identifier: GPL-2.0-only
"""The page: plots that can be read at a glance."""
import os
import subprocess

from facts import TOP


def draw(out, header, rows, ratios, png):
    about = ", ".join("%s %s" % pair for pair in header
                      if pair[0] in ("kernel", "commit", "date"))
    to = os.path.join(out, "bench." + ("png" if png else "svg"))
    command = [TOP + "/scripts/plot"] + ["--png"] * png
    subprocess.run(command + ["--size", "1200x900",
                              TOP + "/selftests/bench/page.gp", to,
                              "ratios=" + out + "/ratios.tsv",
                              "about=" + about], check=True)
