#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""rmmod is refused while somebody needs the module, and leaves nothing behind
otherwise.
"""
import time

from forms import held, must_unload, orphan
from host import (LOOP, PORT, VERSIONS, Mismatch, counters, discard, idle,
                  leaves_nothing, load, main, references, road, rows, see,
                  setting, test, unload, wait_state)

LONGEST_S = 130		# longer than any entry lives by default
MANY = 100


def works(t):
    client, server = t.pair(PORT + 7)
    client.sendall(b"works")
    see("what arrives", server.recv(5), b"works")
    discard(client)
    discard(server)


def refused():
    answer = unload()
    if "in use" not in answer:
        raise Mismatch("rmmod with %d references: %r" % (
            references(), answer or "succeeded"))


@test("rmmod-refused", by=("new", "bound", "listening", "connected"),
      v=VERSIONS)
def rmmod_refused(t):
    idle()
    if t.by == "connected":
        held_by = t.pair()
    else:
        held_by = [t.socket()]
        if t.by != "new":
            held_by[0].bind((LOOP[t.v], PORT))
        if t.by == "listening":
            held_by[0].listen(4)
    refused()
    for sock in held_by:
        discard(sock)
    works(t)


@test("rmmod-refused", by=("orphan",), v=VERSIONS)
def rmmod_refused_orphan(t):
    idle()
    orphan(t)
    refused()
    see("Orphans", counters()["Orphans"], 1)
    before = counters()["Admin"]
    setting("abort_orphans", 1)
    see("rows", [r.state for r in rows(t.v)], [])
    see("Admin", counters()["Admin"] - before, 1)
    see("Orphans", counters()["Orphans"], 0)
    idle()
    must_unload()
    leaves_nothing()


@test("abort-orphans", v=VERSIONS)
def abort_orphans(t):
    """What a program holds stays; what nobody holds goes, TIME_WAIT too."""
    client, server = t.pair(PORT + 1)
    held(t, "TIME_WAIT")
    lport = orphan(t)
    setting("abort_orphans", 0)
    wait_state(t.v, lport, "FIN_WAIT_1")
    setting("abort_orphans", 1)
    see("states", sorted(r.state for r in rows(t.v)), ["ESTABLISHED"] * 2)
    road("")
    client.sendall(b"on")
    see("what arrives", server.recv(2), b"on")


@test("rmmod-leaves-nothing", state=("TIME_WAIT", "FIN_WAIT_2", "SYN_RCVD"),
      v=VERSIONS)
def rmmod_leaves_nothing(t):
    idle()
    held(t, t.state)
    if t.state != "SYN_RCVD":		# those go with their listener
        see("rows", {r.state for r in rows(t.v)}, {t.state})
    must_unload()
    leaves_nothing()
    # A timer that was left would strike now.
    time.sleep(LONGEST_S)
    load()
    if t.state == "FIN_WAIT_2":
        road("")
    see("rows after loading again", rows(t.v), [])
    works(t)


@test("rmmod-leaves-nothing", state=("many",), v=VERSIONS)
def rmmod_many(t):
    """Entries of two namespaces and of all kinds at once."""
    idle()
    for port in range(PORT, PORT + MANY):
        for sock in t.pair(port):
            sock.close()
    held(t, "SYN_RCVD")
    held(t, "FIN_WAIT_2")
    states = [r.state for r in rows(t.v)]
    see("TIME_WAIT entries", states.count("TIME_WAIT"), MANY)
    see("FIN_WAIT_2 entries", states.count("FIN_WAIT_2"), 1)
    must_unload()
    leaves_nothing()
    time.sleep(LONGEST_S)


@test("load-again", times=(5,))
def load_again(t):
    idle()
    for _ in range(t.times):
        must_unload()
        load()
        client, server = t.pair()
        client.close()
        server.close()


main()
