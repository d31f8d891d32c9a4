# SPDX-License-Identifier: GPL-2.0-only
"""The module: its build, and the checks of its source (scripts/check-*)."""
import glob
import os
import subprocess

from guests import TOP
from report import Stream

# What the kernel's build says on every machine, whatever the module is like.
USUAL = ("Skipping BTF generation", "the compiler differs", "The kernel was "
         "built by:", "You are using:")


def release(kernel):
    done = subprocess.run(
        ["bash", "-c", '. scripts/lib.sh; need_kernel "$1"', "-", kernel],
        cwd=TOP, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def build(report, kernel):
    """The module's path, and whether it is there. A warning is a failure."""
    name = release(kernel)
    folder = os.path.join(TOP, "build", name)
    done = subprocess.run(["make", "-s", "-j2", "-C", TOP, "KERNEL=" + kernel,
                           "W=1", "module"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    said = [line for line in done.stdout.splitlines()
            if line.strip() and not any(u in line for u in USUAL)]
    built = done.returncode == 0
    if not built:
        report.result(False, "build: xtcp.ko for %s" % name, said)
    else:
        report.result(not said, "build: xtcp.ko for %s, no warning with W=1"
                      % name, said)
    return folder + "/xtcp.ko", built


def checks(report, kernel):
    name = release(kernel)
    env = dict(os.environ, KERNEL=kernel, KRELEASE=name,
               KBUILD_OUTPUT_DIR=os.path.join(TOP, "build", name))
    for path in sorted(glob.glob(TOP + "/scripts/check-*")):
        stream = Stream(report, os.path.basename(path), after=True)
        program = subprocess.Popen([path], cwd=TOP, env=env, text=True,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, errors="replace")
        for line in program.stdout:
            stream.line(line)
        code = program.wait()
        stream.finish("exit %d" % code)
