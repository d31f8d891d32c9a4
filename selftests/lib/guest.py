#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs test programs inside the guest, each in a network namespace of its own.

usage: guest.py FOLDER TEST[:ARGUMENT[,ARGUMENT]...]...

FOLDER, which should lie in memory, has the tests as they are named (a program,
or one of Python or shell, whose suffix the name leaves out) and xtcp.ko. What
they print is passed on between lines of "## begin TEST" and "## end TEST ...",
which scripts/selftest reads. The kernel's log is looked at after each of them.
"""
import ctypes
import glob
import importlib.util
import os
import re
import runpy
import signal
import subprocess
import sys
import time

import loopback
import steps
import watch

SPLAT = re.compile(
    r"WARNING:|BUG:|Oops|KASAN|UBSAN|KCSAN|KFENCE|DEBUG_LOCKS_WARN|locking "
    r"dependency|inconsistent lock|suspicious RCU|refcount_t|ref_tracker|"
    r"memory leak|unreferenced object|blocked for more than|detected stall|"
    r"self-detected|soft lockup|hard LOCKUP|general protection|Call Trace|"
    r"still has .* objects|Objects remaining|corruption|waiting for .* to "
    r"become free|invalid context|scheduling while atomic|Kernel panic|"
    r"ODEBUG|page allocation failure|Attempt to release alive|bad page|"
    r"ERROR:|^\(messages lost\)", re.I)
CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC_PRIVATE = (1 << 14) | (1 << 18)
SUBREAPER = 36
# Of the guest's clock. An orphan whose road is gone keeps its namespace, as with
# the host's TCP, for eight retries or 102 seconds, twice that with a long RTT.
UNLOAD_S = 240
# Where a SYN failed to be sent the RTO begins with 3 s (RFC 6298 5.7): 564 s were
# seen until the end.
UNLOAD_FAULTS_S = 900
ATTEMPTS = 3
# Once through what tests do with tools: two hosts, a lossy link, a TUN device.
REHEARSAL = """
for m in veth tun sch_netem dummy; do modprobe -q $m; done
modprobe -q no-such-module
ip link add v0 type veth peer name v1
ip link add hole type dummy
ip tuntap add mode tun dev t0
ip netns add rehearsal && ip link set v1 netns rehearsal
for n in "ip netns exec rehearsal" "ip netns exec rehearsal"; do
	$n ip link set lo up; $n ip link set v1 up
	$n sysctl -q net.ipv4.ip_forward
done
ip link set v0 address 02:00:00:00:00:01 up
ip addr add 10.9.0.1/24 dev v0; ip addr add fd09::1/64 dev v0 nodad
ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0 nud permanent
ip route replace 10.8.0.0/24 via 10.9.0.2; ip -6 route; ip -j addr; ip rule
tc qdisc replace dev v0 root netem delay 1ms loss 1% duplicate 1% limit 100
tc qdisc replace dev lo root netem delay 1ms limit 100000
tc -s qdisc show; tc qdisc del dev lo root; ss -tan; ip link del v0
sysctl -q net.ipv4.tcp_rmem; ip netns del rehearsal; grep -q x /dev/null
head -c 9 /dev/zero | tail -c 1 | cut -c 1 | tr a b | sort | sed s/a/b/ | wc -c
sleep 0; timeout 1 true; unshare true; cmp /dev/null /dev/null; kill -l; id; mktemp -u
insmod -V; rmmod -V; cat /proc/net/tcp; seq 2; date; stat -c %i /; env | awk 1
"""
libc = ctypes.CDLL(None, use_errno=True)


def say(*words):
    print("##", *words, flush=True)


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def write(path, text):
    try:
        with open(path, "w") as f:
            f.write(text)
    except OSError:
        pass


def settings(folder):
    """kselftest's file: NAME=VALUE lines."""
    pairs = re.findall(r"^(\w+)=(\S+)", read(folder + "/settings"), re.M)
    return dict(pairs)


class Kmsg:
    """What the kernel has logged since the last look."""
    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        self.look()

    def look(self):
        lines = []
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                return lines
            except BrokenPipeError:	# the oldest ones are lost
                lines.append("(messages lost)")
                continue
            head, _, text = record.partition(";")
            stamp = int(head.split(",")[2]) / 1e6
            lines += ["[%12.6f] %s" % (stamp, line)
                      for line in text.splitlines()]

    def report(self, name):
        """Pass the log on; say so when it shows that something is wrong."""
        lines = self.look()
        bad = any(SPLAT.search(line) for line in watch.concerns(lines))
        for line in lines:
            print("#k", line)
        if bad:
            say("splat", name)
        return bad


def fresh_namespaces():
    """A network of its own; named ones made in it are gone after it."""
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None)
    loopback.lo_up()


def program_of(folder, test):
    for suffix in ("", ".py", ".sh"):
        path = os.path.join(folder, test + suffix)
        if os.path.isfile(path):
            return path
    return None


# Behind the @ of a name: XTCP's TCP wire on both sides, or on one, with the
# host's TCP on the other.
WIRES = {
    "": ([], {}),
    "tcp": ([], {"XTCP_TEST_WIRE": "tcp"}),
    "listens": (["--listen-only"], {"XTCP_TEST_HOST": "1",
                                    "XTCP_TEST_MIXED": "1"}),
    "connects": (["--connect-only"], {"XTCP_TEST_HOST": "1",
                                      "XTCP_TEST_MIXED": "1"}),
}


def become(path, wire, arguments):
    """In the child: turn into the test."""
    options, environment = WIRES[wire]
    tool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tools",
                        "xtcp-run")
    os.environ.update(environment)
    os.setpgid(0, 0)
    fresh_namespaces()
    os.chdir(os.path.dirname(path))
    os.dup2(1, 2)
    if not path.endswith(".py"):
        by = [tool] + options if options else []
        command = by + [path] + arguments
        os.execv(command[0], command)
    sys.argv = [path] + arguments
    sys.path[0] = os.path.dirname(path)
    runpy.run_path(path, run_name="__main__")


def parts(argument):
    """FOLDER/FILE[@WIRE][:NAME,...]: the program, its wire, its arguments."""
    name, _, rest = argument.partition(":")
    test, _, wire = name.partition("@")
    return test, wire, rest.split(",") if rest else []


def start(path, wire, arguments):
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        become(path, wire, arguments)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else bool(end.code)
        if isinstance(end.code, str):
            print("# " + end.code)
    except BaseException as what:
        print("# %s: %r" % (path, what))
    finally:
        sys.stdout.flush()
        os._exit(code)


def descendants():
    """Everything below this process: what a test left running is adopted."""
    parent = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = read("/proc/%s/stat" % entry)
            except OSError:
                continue
            parent[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found, wave = set(), {os.getpid()}
    while wave:
        wave = {p for p, up in parent.items() if up in wave} - found
        found |= wave
    return found


def end_leftovers():
    while True:
        left = descendants()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            if not left:
                return


class TimeUp(Exception):
    pass


def on_alarm(signum, frame):
    raise TimeUp


def wait(pid, limit_s):
    """How it ended, in words."""
    signal.alarm(limit_s)
    try:
        while True:
            gone, status = os.waitpid(-1, 0)
            if gone == pid:
                break
    except TimeUp:
        return "timeout"
    finally:
        signal.alarm(0)
    code = os.waitstatus_to_exitcode(status)
    return "exit %d" % code if code >= 0 else "signal %d" % -code


def host_waits():
    """How often this guest has waited for a file of the host's."""
    found = re.findall(r":\s+(\d+) .*virtio\d+-requests", read(
        "/proc/interrupts"))
    return sum(map(int, found))


def load_again(folder):
    """A test of insmod's whose last one was made to fail leaves no module."""
    if os.environ.get("XTCP_TEST_HOST") != "1" and \
            not os.path.isdir("/sys/module/xtcp"):
        subprocess.call(["insmod", folder + "/xtcp.ko"])


def run(folder, argument, limit_s, kmsg, faults):
    """Again if it failed while it waited for the host: the clock leapt."""
    test, wire, arguments = parts(argument)
    path = program_of(folder, test)
    for attempt in range(1, ATTEMPTS + 1):
        say("begin", argument)
        before, waits = time.monotonic(), host_waits()
        how = "missing"
        if path:
            faults.begin()
            how = wait(start(path, wire, arguments), limit_s)
            end_leftovers()
            say("faults", argument, faults.end())
            load_again(folder)
        waits = host_waits() - waits
        if kmsg.report(argument) or how in ("exit 0", "exit 4") \
                or not waits or attempt == ATTEMPTS or faults.percent:
            break
        say("again", argument, "after %d waits for the host's files" % waits)
    if waits:
        print("#k %d waits for the host's files" % waits)
    say("end", argument, "%.1f" % (time.monotonic() - before), how)


def load(folder, kmsg):
    if os.environ.get("XTCP_TEST_HOST") == "1":
        return
    say("begin module/insmod")
    command = ["insmod", folder + "/xtcp.ko"]
    command += os.environ.get("XTCP_TEST_MODULE_ARGS", "").split()
    code = subprocess.call(command, stderr=subprocess.STDOUT)
    print("1..1\n%sok 1 insmod" % ("not " if code else ""))
    kmsg.report("module/insmod")
    say("end module/insmod 0", "exit %d" % code)
    if code:
        sys.exit(1)


def look_for_leaks(kmsg, scans):
    found = watch.leaks(scans)
    if found is None:
        return
    say("begin module/leaks")
    for line in found.splitlines():
        print("#", line)
    print("1..1\n%sok 1 nothing leaks" % ("not " if found else ""))
    kmsg.report("module/leaks")
    say("end module/leaks 0", "exit %d" % bool(found))


def who_is_left():
    """Processes, and what XTCP has in their namespaces."""
    lines, seen = [], set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            name = read("/proc/%s/cmdline" % pid).replace("\0", " ")
            net = os.readlink("/proc/%s/ns/net" % pid)
            tables = [read("/proc/%s/net/%s" % (pid, table))
                      for table in ("xtcp", "xtcp6")]
        except OSError:
            continue
        if name:
            lines.append("%s %s %s" % (pid, net, name))
        if net not in seen:
            lines += [line for table in tables
                      for line in table.splitlines()[1:]]
        seen.add(net)
    return "".join("# %s\n" % line for line in lines)


def unload(kmsg):
    """Namespaces end a little after their last process: wait for that."""
    if os.environ.get("XTCP_TEST_HOST") == "1":
        return
    say("begin module/rmmod")
    give_up = time.monotonic() + (
        UNLOAD_FAULTS_S if os.environ.get("XTCP_TEST_FAULTS") else UNLOAD_S)
    while True:
        result = subprocess.run(["rmmod", "xtcp"], capture_output=True,
                                text=True)
        if not result.returncode or time.monotonic() > give_up:
            break
        time.sleep(1)
    bad = result.returncode
    if bad:
        print("# %s# references: %s%s" % (
            result.stderr, read("/sys/module/xtcp/refcnt"), who_is_left()))
    print("1..1\n%sok 1 rmmod" % ("not " if bad else ""))
    kmsg.report("module/rmmod")
    say("end module/rmmod 0", "exit %d" % bad)


def bring(path):
    """Into the overlay's upper layer, which is memory, links included."""
    here, rest = "/", path.strip("/").split("/")
    while rest:
        name = rest.pop(0)
        if name == "..":
            here = os.path.dirname(here)
            continue
        here = os.path.join(here, name)
        try:
            if os.path.islink(here):
                os.chown(here, -1, os.lstat(here).st_gid,
                         follow_symlinks=False)
                target = os.readlink(here)
                if target.startswith("/"):
                    here, rest = "/", target.strip("/").split("/") + rest
                else:
                    here = os.path.dirname(here)
                    rest = target.split("/") + rest
            elif not rest:
                os.chown(here, -1, os.stat(here).st_gid)
        except OSError:
            return


def import_early(texts):
    """The children inherit what is there already."""
    names = re.findall(r"^\s*(?:import|from) +([\w.]+)", texts, re.M)
    for name in set(names):
        try:
            if importlib.util.find_spec(name.partition(".")[0]):
                importlib.import_module(name)
        except (ImportError, ValueError):
            pass


def warm_up(folder, tests):
    """Have in memory what the tests call: waits for the host cost minutes.
    The parallel guest keeps no time anyhow, and where allocations fail only
    the end of a test counts."""
    if os.environ.get("XTCP_GUEST") == "par" or \
            os.environ.get("XTCP_TEST_FAULTS"):
        return
    paths = [program_of(folder, parts(t)[0]) for t in tests]
    texts = "".join(read(p) for p in paths if p and p[-3:] in (".py", ".sh"))
    for path in read(folder + "/in-memory").split():
        bring(path)
    import_early("".join(map(read, glob.glob(folder + "/packet/*.py"))))
    for _ in range(2):
        rehearse(REHEARSAL)
    for tool in ("tcpdump --version", "nft list ruleset", "socat -V",
                 "ethtool lo", "nc -h", "sha256sum /dev/null",
                 "strace true", "conntrack -L", "python3 -c 0"):
        if tool.split()[0] in texts:
            rehearse(tool)
    time.sleep(1)


def rehearse(script):
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        end_leftovers()
        return
    fresh_namespaces()
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.execv("/bin/bash", ["bash", "-c", script])


def main():
    folder, tests = os.path.abspath(sys.argv[1]), sys.argv[2:]
    sys.stdout.reconfigure(line_buffering=True)
    write("/proc/sys/kernel/hung_task_timeout_secs", "0")
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGALRM, on_alarm)
    os.environ["LC_ALL"] = "C"
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    warm_up(folder, tests)
    write("/proc/sys/kernel/hung_task_timeout_secs", "600")
    watch.set_up()
    kmsg = Kmsg()
    limit_s = int(settings(folder).get("timeout", "3600"))
    load(folder, kmsg)
    traced, faults = steps.Steps(), watch.Faults()
    for test in tests:
        run(folder, test, limit_s, kmsg, faults)
        traced.keep(test)
    look_for_leaks(kmsg, 2)
    unload(kmsg)
    look_for_leaks(kmsg, 1)
    say("done")


if __name__ == "__main__":
    main()
