#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""xtcp-run itself: what a program sees of it, which sockets it takes, and when it
refuses.
"""
import os
import re
import shutil
import struct
import subprocess

from world import (HERE, RUNNER, Mismatch, Skip, has_wire, host, see, start,
                   test)

PORT = 4000
PROBE = ("/usr/bin/python3", HERE + "/probe.py")
PT_LOAD, PT_INTERP, PT_NOTE = 1, 3, 4


def run(words, **more):
    return subprocess.run(list(words), stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, **more)


def probe(t, *words, options=()):
    return t.client(*PROBE, *words, options=options)


def wires(name, **axes):
    """A test for each wire that there may be."""
    return test(name, wire=("native", "tcp"), **axes)


# What a program sees ----------------------------------------------------

@wires("sees", sees=("names", "dual_stack", "others", "errors"))
def sees(t):
    """The same as of the host's TCP, word by word."""
    here = host.this_namespace()
    host.new_namespace()		# TIME_WAIT there is no matter here
    on_host = run([*PROBE, t.sees])
    host.enter(here)
    os.close(here)
    see("exit of the probe on TCP", on_host.returncode, 0)
    see("what the program sees", probe(t, t.sees), on_host.stdout)


@wires("shows-table", table=("cat", "ss", "netstat"))
def table(t):
    """Who looks at TCP's table sees XTCP's."""
    if t.table == "netstat" and not shutil.which("netstat"):
        raise Skip("no netstat here")
    t.serve(PORT, *PROBE, "answer", str(PORT))
    words = {"cat": ("cat", "/proc/net/tcp", "/proc/self/net/tcp6"),
             "ss": ("ss", "-tan"), "netstat": ("netstat", "-tan")}[t.table]
    pattern = {"cat": r"0100007F:0FA0 00000000:0000 0A ",
               "ss": r"LISTEN .*127\.0\.0\.1:4000 ",
               "netstat": r"127\.0\.0\.1:4000 .*LISTEN"}[t.table]
    text = t.client(*words)
    if not re.search(pattern, text):
        raise Mismatch("%s says %r" % (t.table, text))
    if re.search(pattern, run(words).stdout):
        raise Mismatch("the port is TCP's as well")
    probe(t, "call", str(PORT))


# Which sockets ----------------------------------------------------------

@wires("takes", which=("all", "listen-only", "connect-only"))
def which(t):
    options = () if t.which == "all" else ("--" + t.which,)
    # TCP and XTCP meet on the TCP wire alone.
    met = 0 if t.wire == "tcp" else "ECONNREFUSED"
    kind = {"all": ("xtcp", "xtcp", 0),
            "listen-only": ("xtcp", "tcp", met),
            "connect-only": ("tcp", "xtcp", met)}[t.which]
    see("sockets", probe(t, "sides", str(PORT), options=options),
        "listener %s\nclient %s %s\n" % kind)


@wires("leaves-ports", excepted=("listener", "destination", "range"))
def excepted(t):
    """Port 4000 is XTCP's, the others are not."""
    ports = {"listener": ("4001", "4001"), "destination": ("4000", "4009"),
             "range": ("4005", "4000")}[t.excepted]
    want = {"listener": ("tcp", "tcp", "0"),
            "destination": ("xtcp", "tcp", "ECONNREFUSED"),
            "range": ("tcp", "xtcp", "ECONNREFUSED")}[t.excepted]
    see("sockets", probe(t, "sides", *ports, options=(
        "--except", "4001,4003-4010")), "listener %s\nclient %s %s\n" % want)


@wires("replaces", replaced=("listen-only", "connect-only"))
def replaced(t):
    """connect() finds the wrong socket: the right one takes its place."""
    kinds = ("xtcp", "tcp") if t.replaced == "listen-only" else ("tcp",
                                                                 "xtcp")
    text = probe(t, "kept", options=("--" + t.replaced,))
    see("the socket", text, "from %s to %s\n" % kinds + "options kept\n"
        "non-blocking True\ninheritable True\npolled [(True, True)]\n"
        "error True\n")


@wires("keeps-port", bound=("listen-only", "connect-only"))
def bound(t):
    """The port that a client bound is the one that it calls from."""
    other = "tcp" if t.bound == "listen-only" else "xtcp"
    t.side = "client" if other == "tcp" else "both"
    t.serve(PORT, *PROBE, "answer", str(PORT))
    see("the client", probe(t, "call", str(PORT), options=(
        "--" + t.bound,)), "%s 5555 %s\n" % (other, other))


@wires("hands-on", handed=("inherited", "passed", "crowd"))
def handed(t):
    want = {"inherited": "6 xtcp xtcp\n",
            "passed": "2 6 xtcp xtcp xtcp\n", "crowd": "wrong [] xtcp\n"}
    text = probe(t, t.handed, options=("--listen-only",)
                 if t.handed == "crowd" else ())
    see("sockets", text.replace("AddressFamily.AF_INET", "2"),
        want[t.handed])


# When it refuses --------------------------------------------------------

def elf(machine=62, interp=b"/lib64/ld-linux-x86-64.so.2\0", note=b""):
    """The heads of a program, which is all that is looked at."""
    heads, body, at = [], b"", 64 + 3 * 56
    for kind, text in ((PT_LOAD, b"\0"), (PT_INTERP, interp),
                       (PT_NOTE, note)):
        if text:
            heads.append(struct.pack("<IIQQQQQQ", kind, 4, at + len(body), 0,
                                     0, len(text), len(text), 4))
            body += text
    return struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 3, machine, 1,
                       0, 64, 0, 0, 64, 56, len(heads), 0, 0, 0
                       ) + b"".join(heads).ljust(3 * 56, b"\0") + body


GO = struct.pack("<III", 4, 4, 4) + b"Go\0\0abcd"
UNFIT = {
    "static": (elf(interp=b""), 0o755, "statically linked"),
    "go": (elf(note=GO), 0o755, "Go program"),
    "static-go": (elf(interp=b"", note=GO), 0o755, "Go program"),
    "musl": (elf(interp=b"/lib/ld-musl-x86_64.so.1\0"), 0o755,
             "another C library"),
    "machine": (elf(machine=183), 0o755, "another machine"),
    "set-uid": (elf(), 0o4755, "set-uid"),
    "set-gid": (elf(), 0o2755, "set-gid"),
    "no-program": (elf(), 0o644, "cannot be executed"),
    "script": (b"#!%s\n", 0o755, "statically linked"),
    "env-script": (b"#!/usr/bin/env %s\n", 0o755, "statically linked"),
}


def refusal(words, code, text, **more):
    done = run(words, **more)
    see("exit code", done.returncode, code)
    if text not in done.stdout:
        raise Mismatch("it says %r, nothing of %r" % (done.stdout, text))


@test("refuses-program", program=tuple(UNFIT))
def refuses(t):
    content, mode, text = UNFIT[t.program]
    if b"%s" in content:
        other = t.write("static", UNFIT["static"][0])
        os.chmod(other, 0o755)
        content = content % other.encode()
    path = t.write("program", content)
    # Those who own it may.
    os.chown(path, 1234, 1234)
    os.chmod(path, mode)
    refusal([RUNNER, "--wire", "native", path], 126, text)


@test("refuses-capabilities")
def capabilities(t):
    """Root is not harmed by them, others are."""
    if not shutil.which("setcap") or not shutil.which("setpriv"):
        raise Skip("no setcap here")
    path = t.path("program")
    shutil.copy("/usr/bin/true", path)
    host.run("setcap cap_net_raw=ep " + path)
    command = [RUNNER, "--wire", "native", path]
    see("root", run(command).returncode, 0)
    refusal(["setpriv", "--reuid=1234", "--clear-groups", *command], 126,
            "file capabilities")


@test("refuses-without", without=("program", "words", "wire", "ports", "both-onlys",
                          "library"))
def without(t):
    alone = t.path("xtcp-run")
    shutil.copy(RUNNER, alone)
    native = [RUNNER, "--wire", "native"]
    command, code, text = {
        "program": ([*native, "no-such-program"], 127, "not found"),
        "words": (native, 125, "usage: "),
        "wire": ([RUNNER, "--wire", "smoke", "true"], 125, "no such wire"),
        "ports": ([*native, "--except", "9-1", "true"], 125, "no list"),
        "both-onlys": ([*native, "--listen-only", "--connect-only", "true"],
                       125, "leave nothing"),
        "library": ([alone, "--wire", "native", "true"], 125,
                    "no libxtcp-run.so"),
    }[t.without]
    refusal(command, code, text)


@test("refuses-without", without=("module", "rights", "tcp-wire"))
def without_module(t):
    command = [RUNNER, "--wire", "native", "true"]
    if t.without == "module":
        host.idle()
        see("rmmod", host.unload(), "")
        refusal(command, 125, "not loaded")
        host.load()
    elif t.without == "rights":
        host.setting("unprivileged", 0)
        refusal(["setpriv", "--reuid=1234", "--clear-groups", *command], 125,
                "CAP_NET_ADMIN")
    elif has_wire("tcp"):
        raise Skip("the module has one")
    else:
        refusal([RUNNER, "true"], 125, "--wire native")


@test("passes-on")
def passes_on(t):
    """Arguments and exit code are the program's."""
    done = run([RUNNER, "--wire", "native", "sh", "-c", 'echo "$1"; exit 7',
                "x", "--wire"])
    see("exit", (done.returncode, done.stdout), (7, "--wire\n"))


start()
