#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Programs that move much, or ask often: iperf3, redis, rsync, PostgreSQL."""
import json
import os

from world import LONG, Mismatch, Skip, matrix, need, see, start

PORT = 5201
MIB = 1 << 20


def iperf3(t, *arguments):
    need("iperf3")
    t.apart()
    t.serve(PORT, "iperf3", "-s", "-1", "-p", str(PORT))
    text = t.client("iperf3", "-c", t.server, "-p", str(PORT), "-J",
                    *arguments)
    end = json.loads(text)["end"]
    for name in [n for n in end if n.startswith("sum_received")]:
        print("# %s: %.1f Mbit/s" % (name, end[name]["bits_per_second"] / 1e6))
    return end


def amount(t):
    return str((200 if t.road == "clean" else 20) * MIB if LONG else MIB)


@matrix("iperf3-there")
def iperf3_there(t):
    """It counts at the far end until the near end has written all, and so not
    what the buffers still hold, of TCP as well: with -w that is 256 KiB at
    most.
    """
    end = iperf3(t, "-n", amount(t), "-w", "64K")
    sent, came = (end[w]["bytes"] for w in ("sum_sent", "sum_received"))
    if sent != int(amount(t)) or not sent // 2 < came <= sent:
        raise Mismatch("%d bytes sent, %d received" % (sent, came))


@matrix("iperf3-back")
def iperf3_back(t):
    end = iperf3(t, "-n", amount(t), "-R")
    if not end["sum_received"]["bytes"] >= int(amount(t)):
        raise Mismatch("only %d bytes came" % end["sum_received"]["bytes"])


@matrix("iperf3-both-ways")
def iperf3_both(t):
    """Two connections at once, one in each direction."""
    end = iperf3(t, "--bidir", "-t", "10" if LONG else "1")
    for name in ("sum_received", "sum_received_bidir_reverse"):
        if not end[name]["bytes"] > 0:
            raise Mismatch("%s: nothing came" % name)


@matrix("iperf3-parallel")
def iperf3_parallel(t):
    end = iperf3(t, "-n", amount(t), "-P", "4")
    see("streams", len(end["streams"]), 4)


@matrix("redis")
def redis(t):
    need("redis-server", "redis-benchmark")
    t.apart()
    t.serve(6379, "redis-server", "--port", "6379", "--save", "",
            "--protected-mode", "no", "--bind", t.any, "--dir", t.folder,
            "--ignore-warnings", "ARM64-COW-BUG")
    for pipeline in ("1", "16"):
        text = t.client("redis-benchmark", "-h", t.server, "-p", "6379",
                        "-n", "10000" if LONG else "300", "-c", "20",
                        "-P", pipeline, "-d", "100",
                        "-t", "ping_inline,set,get,lpush,lrange_100", "--csv")
        rows = [line for line in text.splitlines() if line.startswith('"')]
        if len(rows) < 6 or "rror" in text:
            raise Mismatch("redis-benchmark said %r" % text)


RSYNCD = """
port = %d
use chroot = no
max verbosity = 2
uid = root
gid = root
[there]
path = %s
read only = no
"""


@matrix("rsync")
def rsync(t):
    """A tree to the daemon, and back from it."""
    need("rsync")
    t.apart()
    os.mkdir(t.path("store"))
    os.makedirs(t.path("tree/sub"))
    for number in range(20):
        t.noise("tree/sub/%d" % number, 777 * number)
    t.noise("tree/big", (50 if LONG else 1) * MIB)
    config = t.write("conf", RSYNCD % (8730, t.path("store")))
    t.serve(8730, "rsync", "--daemon", "--no-detach", "--config=" + config)
    there = "rsync://%s:8730/there/" % t.url_host
    t.client("rsync", "-r", t.path("tree/"), there)
    t.client("rsync", "-r", there, t.path("back"))
    t.client("diff", "-r", t.path("tree"), t.path("back"))


def postgres_bin():
    for version in range(20, 12, -1):
        folder = "/usr/lib/postgresql/%d/bin/" % version
        if os.path.exists(folder + "postgres"):
            return folder
    raise Skip("no PostgreSQL here")


def as_postgres(*words):
    return ("setpriv", "--reuid=postgres", "--regid=postgres",
            "--clear-groups", *words)


@matrix("pgbench", few=[])
def pgbench(t):
    """Not in make check: initdb alone takes the guest a while."""
    programs = postgres_bin()
    t.apart()
    os.chmod(t.folder, 0o777)
    t.start("server", *as_postgres(
        programs + "initdb", "-N", "-A", "trust", "-D", t.path("db"))).wait()
    with open(t.path("db/pg_hba.conf"), "a") as f:
        f.write("host all all 0.0.0.0/0 trust\nhost all all ::/0 trust\n")
    t.serve(5432, *as_postgres(
        programs + "postgres", "-D", t.path("db"), "-h", t.any, "-k",
        t.folder, "-c", "fsync=off", "-c", "tcp_keepalives_idle=60"))
    at = ("-h", t.server, "-U", "postgres")
    see("select", t.client(programs + "psql", *at, "-Atc",
                           "select sum(n) from generate_series(1, 20000) n",
                           "postgres").strip(), "200010000")
    t.client(programs + "pgbench", *at, "-i", "-s", "1", "-q", "postgres")
    text = t.client(programs + "pgbench", *at, "-c", "8", "-t", "50",
                    "postgres")
    if "400/400" not in text or "failed transactions: 0" not in text:
        raise Mismatch("pgbench said %r" % text)


start()
