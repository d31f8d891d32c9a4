#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Long sessions and relays: ssh with a forwarded port, socat between two, and
nc that meets itself and its like.
"""
import hashlib
import os
import subprocess

from world import (HERE, LONG, Mismatch, host, matrix, need, see, start,
                   wait_for)

PORT = 2222
SIZE = (20 if LONG else 1) << 20


def make_keys(t):
    """Of the user, and of the host."""
    need("dropbear", "dbclient", "dropbearkey")
    for name in ("host-key", "user-key"):
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", t.path(name)],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    text = subprocess.run(["dropbearkey", "-y", "-f", t.path("user-key")],
                          check=True, stdout=subprocess.PIPE, text=True)
    os.makedirs("/root/.ssh", mode=0o700, exist_ok=True)
    os.chmod("/root", 0o700)
    with open("/root/.ssh/authorized_keys", "w") as f:
        f.write([line for line in text.stdout.splitlines()
                 if line.startswith("ssh-")][0] + "\n")
    os.chmod("/root/.ssh/authorized_keys", 0o600)


def dbclient(t, *words):
    return ("dbclient", "-y", "-y", "-i", t.path("user-key"), "-p",
            str(PORT), "-l", "root", *words)


@matrix("ssh")
def ssh(t):
    """A command that reads what the client sends and sends it back."""
    make_keys(t)
    t.apart()
    t.serve(PORT, "dropbear", "-F", "-E", "-s", "-r", t.path("host-key"),
            "-p", str(PORT))
    sent = t.noise("sent", SIZE)
    with open(sent, "rb") as f:
        text = t.client(*dbclient(t, t.server, "sha256sum"), stdin=f)
    with open(sent, "rb") as f:
        want = hashlib.sha256(f.read()).hexdigest()
    if want not in text:
        raise Mismatch("ssh said %r" % text)


@matrix("ssh-forwarding")
def ssh_forwarding(t):
    """curl to a port of the client's, through ssh, to a server over there."""
    need("curl")
    make_keys(t)
    t.apart()
    os.mkdir(t.path("www"))
    t.noise("www/a", SIZE)
    t.serve(8080, "/usr/bin/python3", "-m", "http.server", "--bind", t.any,
            "-d", t.path("www"), "8080")
    t.serve(PORT, "dropbear", "-F", "-E", "-s", "-r", t.path("host-key"),
            "-p", str(PORT))
    t.start("client", *dbclient(t, "-N", "-L", "127.0.0.1:9090:localhost:8080",
                                t.server))
    t.client("curl", "-sS", "--fail", "--retry", "60", "--retry-delay", "1",
             "--retry-connrefused", "-o", t.path("got"),
             "http://127.0.0.1:9090/a")
    t.same(t.path("got"), t.path("www/a"))


@matrix("socat-half-close")
def socat_half_close(t):
    """client, relay, server: each end of the stream goes through on its own."""
    need("socat")
    t.apart()
    proto = "TCP%d" % t.v
    more = ",bind=[::]" if t.v == 6 else ""
    t.serve(7001, "socat", "-t", "600", "%s-LISTEN:7001,reuseaddr,fork%s"
            % (proto, more), "SYSTEM:sha256sum")
    t.serve(7000, "socat", "-t", "600", "%s-LISTEN:7000,reuseaddr,fork%s"
            % (proto, more), "%s:%s:7001" % (
                proto, "[::1]" if t.v == 6 else "127.0.0.1"))
    sent = t.noise("sent", SIZE)
    with open(sent, "rb") as f:
        text = t.client("socat", "-t", "600", "-",
                        "%s:%s:7000" % (proto, t.url_host), stdin=f)
    with open(sent, "rb") as f:
        see("sum from behind the relay", text.split()[0],
            hashlib.sha256(f.read()).hexdigest())


ALONE = [("both", v, wire, "clean") for v in (4, 6)
         for wire in ("native", "tcp")]


@matrix("nc-self-connect", few=ALONE, whole=ALONE)
def nc_self_connect(t):
    """nc -p 6666 127.0.0.1 6666: what it says, it hears."""
    need("nc")
    t.together()
    reading, writing = os.pipe()
    nc = t.start("client", "nc", "-p", "6666", t.server, "6666",
                 stdin=reading)
    os.close(reading)
    os.write(writing, b"to myself\n")
    wait_for("the echo", lambda: "to myself" in nc.text())
    os.close(writing)
    before = nc.text()
    nc.end()
    see("what nc said", before, "to myself\n")


@matrix("nc-simultaneous-open", few=ALONE, whole=ALONE)
def nc_simultaneous_open(t):
    """Each tries until the other does as well; nobody ever listens."""
    need("nc")
    t.together()
    host.road("delay 50ms")		# a SYN is under way for a while
    loop = HERE + "/meet.sh"
    one = t.start("client", "bash", loop, "2223", t.server, "2224")
    two = t.start("server", "bash", loop, "2224", t.server, "2223")
    for nc, other in ((one, "2224"), (two, "2223")):
        see("what nc said", nc.wait().splitlines()[-1], "from " + other)


start()
