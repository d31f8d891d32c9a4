# SPDX-License-Identifier: GPL-2.0-only
"""What a table has to say of where its figures come from."""
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def said(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, cwd=TOP)
    return done.stdout.strip()


def release(kernel):
    return said("bash", "-c", ". scripts/lib.sh; need_kernel " + kernel)


def processor():
    with open("/proc/cpuinfo") as f:
        found = re.search(r"model name\s*:\s*(.*)", f.read())
    return "%s, %d CPUs" % (found.group(1) if found else "unknown",
                            os.cpu_count())


def memory_mib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def header(kernel):
    """Pairs of a name and what it is."""
    return [
        ("kernel", release(kernel)),
        ("commit", said("git", "describe", "--always", "--dirty",
                        "--abbrev=12") or "unknown"),
        ("machine", processor()),
        ("memory", "%d MiB" % memory_mib()),
        ("qemu", said("qemu-system-x86_64", "--version").split("\n")[0]),
        ("compiler", said("gcc", "--version").split("\n")[0]),
        ("date", said("date", "-u", "+%F")),
    ]
