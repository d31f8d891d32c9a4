# SPDX-License-Identifier: GPL-2.0-only
"""Entries that no program holds, for tests of what becomes of them."""
from host import (black_hole, discard, loaded, road, rows, see, unload,
                  wait_for, wait_state)


def must_unload():
    see("rmmod", unload(), "")
    see("the module is loaded", loaded(), False)


def orphan(t):
    """A connection that still has something to send, and nobody holds it."""
    client, server = t.pair()
    lport = client.getsockname()[1]
    road("loss 100%")
    client.send(b"x" * 1000)
    client.close()
    wait_state(t.v, lport, "FIN_WAIT_1")
    discard(server)
    return lport


def held(t, state):
    """Small entries of that state, without a socket anywhere."""
    if state == "SYN_RCVD":
        hosts = t.two_hosts()
        hosts.cut(0)
        listener = t.listen(at=hosts.ADDRESS[t.v][0])
        hosts.go(1)
        client = t.dial(to=hosts.ADDRESS[t.v][0], wait=False)
        hosts.go(0)
        wait_for("SYN_RCVD", lambda: rows(t.v, "SYN_RCVD"))
        hosts.cut(1)
        discard(client)
        listener.close()
        return
    client, server = t.pair()
    lport = client.getsockname()[1]
    client.close()
    if state == "FIN_WAIT_2":
        wait_state(t.v, lport, "FIN_WAIT_2")
        road("loss 100%")
        discard(server)
    else:
        server.close()
        wait_state(t.v, lport, "TIME_WAIT")


def leave(t, state):
    """Whatever becomes of a connection in that state when programs go."""
    if state == "orphan":
        orphan(t)
    elif state == "SYN_SENT":
        t.dial(to=black_hole()[t.v], wait=False)
        wait_for("SYN_SENT", lambda: rows(t.v, "SYN_SENT"))
    elif state == "LISTEN":
        t.listen()
    elif state == "ESTABLISHED":
        t.pair()
    else:
        held(t, state)
