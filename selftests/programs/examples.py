#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The examples, in each language: on AF_XTCP, on the host's TCP, and as programs
of TCP by xtcp-run. They say the same everywhere.
"""
import os

from world import HERE, Skip, listening, see, start, tap, wait_for

PORT = 33333
ON = (("xtcp", "native"), ("tcp", "native"), ("run", "native"),
      ("run", "tcp"))


def example(name):
    """In each language, on each family; "tcp" needs nothing of the module."""
    def register(func):
        for language in ("c", "python", "rust"):
            for on, wire in ON:
                tap.add(name, func, {"language": language, "on": on,
                                     "wire": wire})
        return func
    return register


def run(t, side, name, *words):
    """One of the examples; what it is asked for stands in the environment."""
    path = os.path.join(HERE, "..", "examples", t.language, name)
    if not os.path.exists(path):
        raise Skip("no example in " + t.language)
    env = dict(os.environ)
    if t.on != "xtcp":
        env["TCP"] = "1"
    t.side = "both" if t.on == "run" else "none"
    return t.start(side, path, *words, env=env)


def wait_listener(t):
    if t.hosts:
        t.hosts.go(0)
    wait_for("the listener", lambda: listening(PORT, t.on != "tcp"), 600)


@example("ten-bytes")
def ten_bytes(t):
    server = run(t, "server", "server")
    wait_listener(t)
    run(t, "client", "client", t.server).wait()
    # The one in C also tells of its steps.
    see("what the server read", [line for line in server.wait().splitlines()
                                 if line[0].isdigit()],
        ["1 2 3 4 5 6 7 8 9 10"])


@example("half-close")
def half_close(t):
    server = run(t, "server", "half-close", "server")
    wait_listener(t)
    see("the answer", run(t, "client", "half-close", t.server).wait(),
        "14 bytes came\n")
    server.wait()


@example("self-connect")
def self_connect(t):
    see("what it says", run(t, "client", "self-connect").wait(),
        "the server says: who is there?\nthe server is this client\n")


@example("half-open")
def half_open(t):
    """The server's host is cut off, and so cannot say good-bye."""
    hosts = t.two_hosts()
    run(t, "server", "half-close", "server")
    wait_listener(t)
    client = run(t, "client", "half-open", t.server)
    wait_for("the connection", lambda: "connected" in client.text(), 600)
    hosts.cut(0)
    see("what the client says", client.wait(),
        "connected\nhalf-open: Connection timed out\n")


start()
