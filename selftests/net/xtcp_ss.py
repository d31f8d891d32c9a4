#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""xtcp-ss: an operator's questions, each answered on a situation made for it."""
import os
import re
import select
import socket
import subprocess
import tempfile

import every
from every import hold, port_of
from host import (HERE, LOOP, PORT, PROTO, VERSIONS, Mismatch, Skip, attempt,
                  counters, discard, main, rows, see, test, wait_for,
                  wait_state)

TOOL = os.path.join(HERE, "..", "tools", "xtcp-ss")
WORDS = {"SYN_SENT": "SYN-SENT", "SYN_RCVD": "SYN-RECV",
         "ESTABLISHED": "ESTAB", "FIN_WAIT_1": "FIN-WAIT-1",
         "FIN_WAIT_2": "FIN-WAIT-2", "TIME_WAIT": "TIME-WAIT",
         "CLOSE_WAIT": "CLOSE-WAIT", "LAST_ACK": "LAST-ACK"}


def run(*arguments):
    if not os.path.exists(TOOL):
        raise Skip("no xtcp-ss beside the tests")
    return subprocess.run([TOOL, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)


def ask(*arguments):
    """Its lines as words."""
    done = run("-H", *arguments)
    if done.returncode or done.stderr:
        raise Mismatch("%r: %d %s" % (arguments, done.returncode, done.stderr))
    return [line.split() for line in done.stdout.splitlines()]


def end(v, port):
    return "%s:%d" % (LOOP[4], port) if v == 4 else "[%s]:%d" % (LOOP[6], port)


def old_enough(t, state):
    wait_for("a second in " + state, lambda: all(
        r.ms > 1000 for r in rows(t.v, state)))


@test("xtcp-ss-shows", state=every.STATES, v=VERSIONS)
def shows(t):
    held = hold(t, t.state)
    lines = [w for w in ask("-a", "-p")
             if w[0] == WORDS.get(held.state, held.state)
             and w[3].endswith(":%d" % held.lport)]
    see("lines", len(lines), 1)
    text = " ".join(lines[0])
    see("names its process", "pid=%d," % os.getpid() in text,
        held.sock is not None)
    see("that state alone", [w[0] for w in ask(
        "state", held.state.replace("SYN_RCVD", "syn-recv").lower())],
        [lines[0][0]] * len(rows(t.v, held.state)))


@test("xtcp-ss-wire", v=VERSIONS)
def wire(t):
    t.listen()
    mine, other = ("tcp", "native") if PROTO == 6 else ("native", "tcp")
    lines = ask("-l", "wire", mine)
    see("this one", ["wire:tcp" in w for w in lines], [PROTO == 6])
    see("the other", ask("-l", "wire", other), [])


# The questions ------------------------------------------------------------

def leak(t, count, port):
    """A process of its own that never closes what its peers have closed."""
    listener = t.listen(port)
    pid = os.fork()
    if pid:
        listener.close()
        t.afterwards.append(lambda: end_child(pid))
        return pid
    try:
        kept = [listener.accept()[0] for _ in range(count)]
        with open("/proc/self/comm", "w") as f:
            f.write("leaker")
        select.select([], [], [])	# until it is killed
        del kept
    finally:
        os._exit(0)


def end_child(pid):
    os.kill(pid, 9)
    os.waitpid(pid, 0)


@test("xtcp-ss-close-wait", v=VERSIONS)
def who_leaks(t):
    """Who leaks CLOSE_WAIT, and since when?"""
    pid = leak(t, 3, PORT)
    for _ in range(3):
        t.dial().close()
    wait_for("three in CLOSE_WAIT", lambda: len(rows(t.v, "CLOSE_WAIT")) == 3)
    old_enough(t, "CLOSE_WAIT")
    client, server = t.pair(PORT + 1)		# ours is younger
    client.shutdown(socket.SHUT_WR)
    wait_state(t.v, PORT + 1, "CLOSE_WAIT")
    lines = ask("--by", "process", "state", "close-wait")
    see("who", [(w[0], w[2:]) for w in lines],
        [("3", ["leaker", "pid=%d" % pid]),
         ("1", [comm(), "pid=%d" % os.getpid()])])
    if not re.fullmatch(r"[1-9]\d*s|\d+m\d+s", lines[0][1]):
        raise Mismatch("the oldest: " + lines[0][1])
    lines = ask("-p", "state", "close-wait", "older", "1s")
    see("older than a second", sum("leaker" in w[-1] for w in lines), 3)
    see("of that process", len(ask("state", "close-wait", "process",
                                   str(pid))), 3)
    see("of that name", len(ask("process", "leaker")), 3)
    del server


def comm():
    with open("/proc/self/comm") as f:
        return f.read().strip()


@test("xtcp-ss-time-wait", v=VERSIONS)
def who_fills(t):
    """Who fills TIME_WAIT? Ours that called another, and a service of ours."""
    for port, closes_first in ((PORT, "client"), (PORT, "client"),
                               (PORT + 1, "server")):
        client, server = t.pair(port)
        first, second = ((client, server) if closes_first == "client" else
                         (server, client))
        first.close()
        wait_for("the FIN", lambda: rows(t.v, "CLOSE_WAIT"))
        second.close()
        wait_for("the end", lambda: not rows(t.v, "LAST_ACK"))
    lines = ask("--by", "service", "state", "time-wait")
    see("services", [(w[0], w[2:]) for w in lines],
        [("2", ["to", end(t.v, PORT)]), ("1", ["our", "port",
                                              str(PORT + 1)])])
    see("by state", [(w[0], w[2]) for w in ask("-s")], [("3", "TIME-WAIT")])
    see("by host", [(w[0], w[2]) for w in ask("-b", "host")],
        [("3", LOOP[t.v])])


@test("xtcp-ss-fin-wait-2", v=VERSIONS)
def what_is_stuck(t):
    """What waits in FIN_WAIT_2: whose, and when does it end by itself?"""
    held = hold(t, "FIN_WAIT_2")
    orphan, server = t.pair(PORT + 1)
    port = port_of(orphan)
    orphan.close()
    wait_state(t.v, port, "FIN_WAIT_2")
    old_enough(t, "FIN_WAIT_2")
    found = {w[3]: " ".join(w[8:]) for w in ask(
        "-p", "state", "fin-wait-2", "older", "1s")}
    see("which", set(found), {end(t.v, held.lport), end(t.v, port)})
    see("whose", "pid=%d," % os.getpid() in found[end(t.v, held.lport)], True)
    if not re.search(r"timer:\(timewait,5\ds,0\)", found[end(t.v, port)]):
        raise Mismatch("the orphan's timer: " + found[end(t.v, port)])
    del server


@test("xtcp-ss-reasons", v=VERSIONS)
def why_reset(t):
    client, server = t.pair()
    server.send(b"unread")
    wait_for("text", lambda: [r for r in rows(t.v) if r.rx])
    client.close()
    wait_for("the end", lambda: not rows(t.v))
    discard(server)
    found = {w[1]: (int(w[0]), " ".join(w[2:])) for w in ask("--reasons")}
    for name in "UnreadData", "ResetByPeer":
        see(name, found[name][0], counters()[name])
    see("the words", found["ResetByPeer"][1], "RST received")
    see("what never was", "KeepaliveTimeout" in found, False)


# --ended ------------------------------------------------------------------

def unread_end(t, port=PORT):
    """Ours is closed with unread bytes; its port."""
    client, server = t.pair(port)
    server.send(b"unread")
    wait_for("text", lambda: [r for r in rows(t.v) if r.rx])
    mine = port_of(client)
    client.close()
    wait_for("the end", lambda: not rows(t.v))
    return mine, server


@test("xtcp-ss-ended", what=("rows",), v=VERSIONS)
def which_ended(t):
    """Why was this connection reset, when, and by whom?"""
    mine, server = unread_end(t)
    found = {w[4]: w for w in ask("--ended", "-p")}
    see("local ends", set(found), {end(t.v, mine), end(t.v, PORT)})
    for port, words, more in (
            (mine, ["UnreadData", "program", "ESTAB"],
             {"rst:sent", "unread:6", "uid:0"}),
            (PORT, ["ResetByPeer", "peer", "ESTAB"],
             {"rst:received", "uid:0"})):
        w = found[end(t.v, port)]
        see("%s's reason" % port, w[1:4], words)
        see("the bytes", w[7:9], ["0", "6"] if port == mine else ["6", "0"])
        if not more <= set(w[9:]):
            raise Mismatch("%r lacks some of %r" % (w, more))
        see("held by us", any("pid=%d," % os.getpid() in x for x in w),
            port == PORT)
    del server


@test("xtcp-ss-ended", what=("picked",), v=VERSIONS)
def picked(t):
    mine, _ = unread_end(t)
    for words, want in (
            (["reason", "unreaddata"], [mine]),
            (["reason", "UnreadData", "reason", "Admin"], [mine]),
            (["reason", "Admin"], []), (["sport", str(PORT)], [PORT]),
            (["dport", str(PORT), "state", "established"], [mine]),
            (["state", "time-wait"], []), (["older", "1h"], []),
            (["younger", "1h", "src", LOOP[t.v]], sorted([PORT, mine])),
            (["wire", "native" if PROTO == 6 else "tcp"], [])):
        see(" ".join(words), sorted(int(w[4].rsplit(":", 1)[1])
                                    for w in ask("-E", *words)), want)


@test("xtcp-ss-ended", what=("counted",), v=VERSIONS)
def counted(t):
    for i in range(2):
        unread_end(t, PORT + i)
    lines = ask("-E", "--by", "reason")
    see("reasons", sorted((w[0], w[2], " ".join(w[3:5])) for w in lines),
        [("2", "ResetByPeer", "RST received"),
         ("2", "UnreadData", "closed with")])
    wait_for("a second", lambda: ask("-E", "-b", "host")[0][1] == "1s")
    see("hosts", [(w[0], w[2]) for w in ask("-E", "-b", "host")],
        [("4", LOOP[t.v])])


@test("xtcp-ss-ended", what=("cgroup",), v=VERSIONS)
def whose(t):
    """Who has gone is still told of by its cgroup."""
    mounted = mount()
    group = tempfile.mkdtemp(prefix="xtcp", dir=CGROUPS)
    t.afterwards.append(lambda: unmake(group, mounted))
    pid = os.fork()
    if not pid:
        try:
            with open(group + "/cgroup.procs", "w") as f:
                f.write(str(os.getpid()))
            attempt(t.socket().connect, (LOOP[t.v], PORT))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    path = "cgroup:/" + os.path.basename(group)
    see("its path", [path in w for w in ask("-E")], [True])
    see("counted by it", [w[2] for w in ask("-E", "-b", "cgroup")],
        [path[len("cgroup:"):]])


CGROUPS = "/sys/fs/cgroup"


def mount():
    """Whether it was not there before."""
    if os.path.exists(CGROUPS + "/cgroup.procs"):
        return False
    if subprocess.call(["mount", "-t", "cgroup2", "none", CGROUPS]):
        raise Skip("no cgroup2")
    return True


def unmake(group, mounted):
    wait_for("nobody in it", lambda: attempt(os.rmdir, group) is None)
    if mounted:
        subprocess.call(["umount", CGROUPS])


# -K -----------------------------------------------------------------------

@test("xtcp-ss-kill", what=("filtered",), v=VERSIONS)
def kill(t):
    """Those that the filter picks out are shown and ended, the others live."""
    pairs = [t.pair(PORT + i) for i in range(3)]
    lines = ask("-K", "dport", "%d-%d" % (PORT, PORT + 1))
    see("shown", sorted(w[4] for w in lines),
        [end(t.v, PORT), end(t.v, PORT + 1)])
    for client, server in pairs[:2]:
        see("killed", attempt(client.recv, 1), "ConnectionAbortedError")
        see("its peer", attempt(server.recv, 1), "ConnectionResetError")
    client, server = pairs[2]
    server.send(b"x")
    see("another", client.recv(1), b"x")


@test("xtcp-ss-kill", what=("all",), v=VERSIONS)
def kill_all(t):
    hold(t, "TIME_WAIT")
    t.listen(PORT + 1)
    t.pair(PORT + 2)
    ask("-K", "state", "all")
    see("what is left", rows(t.v), [])


@test("xtcp-ss-kill", what=("by-process",), v=VERSIONS)
def kill_process(t):
    pid = leak(t, 2, PORT)
    clients = [t.dial() for _ in range(2)]
    others = t.pair(PORT + 1)
    wait_for("the name", lambda: len(ask("process", "leaker")) == 2)
    see("ended", len(ask("-K", "process", str(pid))), 2)
    for client in clients:
        see("the peer", attempt(client.recv, 1), "ConnectionResetError")
    others[0].send(b"x")
    see("another", others[1].recv(1), b"x")


@test("xtcp-ss-refuses")
def refuses(t):
    for arguments, code in (
            (["-K"], 1), (["-Z"], 2), (["state"], 1), (["state", "wait"], 1),
            (["sport", "65536"], 1), (["sport", "9-8"], 1),
            (["dst", "10.0.0"], 1), (["dst", "10.0.0.0/33"], 1),
            (["older", "5x"], 1), (["-b", "colour"], 1),
            (["-E", "-K", "state", "all"], 1), (["-E", "-i"], 1),
            (["-E", "reason", "whim"], 1), (["reason", "Admin"], 1),
            (["-b", "reason"], 1), (["-6", "dst", "10.0.0.1"], 1), (["exclude", "all"], 1)):
        done = run(*arguments)
        see(" ".join(arguments), (done.returncode, bool(done.stderr)),
            (code, True))


main()
