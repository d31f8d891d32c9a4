# SPDX-License-Identifier: GPL-2.0-only
"""The tests of the pure floors: in user space, each folder by its Makefile."""
import subprocess

from guests import TOP, make
from report import Stream


def known():
    return make("list-user")


def run(report, test):
    stream = Stream(report, test)
    command = ["make", "-s", "--no-print-directory", "-j2", "-C",
               TOP + "/selftests"]
    built = subprocess.run(command + ["user-" + test],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True)
    if built.returncode:
        report.result(False, test + ": does not build",
                      built.stdout.splitlines())
        return
    program = subprocess.Popen(command + ["run-user-" + test],
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True,
                               errors="replace")
    for line in program.stdout:
        stream.line(line)
    stream.finish("exit %d" % program.wait())
