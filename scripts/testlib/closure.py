# SPDX-License-Identifier: GPL-2.0-only
"""Which of this machine's files the tests use.

In the deterministic guest the clock leaps with every wait for the host, and
each open() and each symbolic link of the host's root is such a wait, however
often it was read before. So the guest brings these files into its own memory
first: the programs that the tests' texts name, and what the loader takes.
"""
import glob
import os
import re
import shutil
import subprocess

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ALWAYS = ("bash", "sh", "ip", "tc", "ss", "cat", "sleep", "env", "id", "rm",
          "modprobe", "insmod", "rmmod", "sysctl", "python3", "timeout",
          "unshare", "nsenter", "seq", "head", "tail", "grep", "sed", "awk",
          "cut", "tr", "sort", "wc", "cmp", "date", "stat", "mktemp", "mkdir",
          "mount", "umount", "dd", "kill", "touch", "true", "ls", "readlink",
          "basename", "dirname", "tee", "uname", "printf", "cp", "mv")
SETTINGS = ("/etc/ld.so.cache", "/etc/passwd", "/etc/group", "/etc/hosts",
            "/etc/nsswitch.conf", "/etc/protocols", "/etc/services",
            "/etc/host.conf", "/etc/resolv.conf", "/etc/localtime",
            "/etc/gai.conf", "/usr/share/zoneinfo/Etc/UTC",
            "/etc/iproute2/*", "/usr/lib/iproute2/*", "/etc/modprobe.d/*",
            "/lib/modprobe.d/*", "/etc/sysctl.conf", "/usr/lib/tc/*",
            "/usr/lib/locale/C.utf8/*", "/usr/lib/locale/C.utf8/*/*",
            "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache",
            "/lib/x86_64-linux-gnu/libnss_files*",
            "/lib/x86_64-linux-gnu/libgcc_s.so.1")
MODULES = ("modules.dep.bin", "modules.alias.bin", "modules.symbols.bin",
           "modules.builtin.bin", "modules.softdep", "modules.dep",
           "modules.builtin.alias.bin", "modules.builtin", "modules.alias")
BIGGEST = 8 << 20	# bytes: what the texts name by chance stays outside


def texts(folder):
    for name in glob.glob(folder + "/**/*", recursive=True):
        if name.endswith((".py", ".sh", ".c")):
            with open(name, errors="replace") as f:
                yield f.read()


def programs(folder):
    words = set(ALWAYS)
    for text in texts(folder):
        words.update(re.findall(r"[a-z][\w.+-]+", text))
    for word in sorted(words):
        path = shutil.which(word, path=PATH)
        if path and os.path.getsize(path) < BIGGEST:
            yield path


def libraries(paths):
    real = [os.path.realpath(p) for p in paths]
    said = subprocess.run(["ldd"] + real, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout
    return set(re.findall(r"(/\S+) \(0x", said))


def files(folder, release):
    """Paths, as they are opened: the guest follows the links in them."""
    found = set(programs(folder))
    found |= libraries(found | set(glob.glob(folder + "/socket/*[!.c]")))
    for pattern in SETTINGS:
        found.update(p for p in glob.glob(pattern) if os.path.isfile(p))
    found.update("/lib/modules/%s/%s" % (release, m) for m in MODULES)
    found.add("/lib64/ld-linux-x86-64.so.2")
    return sorted(found)
