#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What keeps the module from being loaded, and how it says so."""
import errno

from host import (AF_XTCP, PORT, VERSIONS, Mismatch, discard, idle,
                  leaves_nothing, load, loaded, main, new_socket, see, test,
                  unload)

FREE_FAMILY = 18	# Ash: unused, as 19 is


def refuses(t, argument, *words):
    """insmod fails, says why in the log, and leaves nothing."""
    log = t.log()
    if load(argument, check=False):
        raise Mismatch("insmod xtcp.ko %s succeeded" % argument)
    said = [line for line in log.lines() if line.startswith("xtcp: ")]
    if not any(all(w in line for w in words) for line in said):
        raise Mismatch("the log says %r, nothing with %r" % (said, words))
    leaves_nothing()


@test("load", family=("taken",), number=(1, 2, 10, 16))
def family_taken(t):
    """Unix, IPv4, IPv6, netlink: always there."""
    idle()
    see("rmmod", unload(), "")
    refuses(t, "family=%d" % t.number, "family %d " % t.number, "taken",
            "family=")


@test("load", family=("impossible",), number=(-1, 46, 100000))
def family_impossible(t):
    idle()
    see("rmmod", unload(), "")
    refuses(t, "family=%d" % t.number, "family %d " % t.number, "family=",
            "takes numbers")


@test("load", family=("no-number",))
def family_no_number(t):
    idle()
    see("rmmod", unload(), "")
    if load("family=x", check=False):
        raise Mismatch("insmod xtcp.ko family=x succeeded")
    leaves_nothing()


@test("load", family=("another",), v=VERSIONS)
def family_another(t):
    idle()
    see("rmmod", unload(), "")
    log = t.log()
    load("family=%d" % FREE_FAMILY)
    text = " ".join(log.lines())
    if "family %d" % FREE_FAMILY not in text:
        raise Mismatch("the log says %r" % text)
    sock = new_socket(t.v, FREE_FAMILY)
    sock.bind(("", PORT))
    sock.close()
    try:
        new_socket(t.v, AF_XTCP).close()
        raise Mismatch("family %d is still there" % AF_XTCP)
    except OSError as why:
        see("socket()", why.errno, errno.EAFNOSUPPORT)
    finally:
        see("rmmod", unload(), "")


@test("load", what=("twice",))
def load_twice(t):
    if load(check=False):
        raise Mismatch("insmod succeeded a second time")
    see("loaded", loaded(), True)
    discard(t.socket())


main()
