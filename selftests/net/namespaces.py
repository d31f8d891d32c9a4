#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The end of a network namespace takes everything of it along."""
import os

from forms import leave, must_unload
from host import (ORPHAN_S, VERSIONS, enter, idle, leaves_nothing, main,
                  new_namespace, path_of, run_ip, test, this_namespace,
                  wait_for)


@test("namespace-ends", state=("TIME_WAIT", "FIN_WAIT_2", "SYN_RCVD",
                               "orphan", "SYN_SENT", "LISTEN", "ESTABLISHED"),
      v=VERSIONS)
def namespace_ends(t):
    """The link to it goes first, which shows that it is ending; rmmod then
    waits for the rest.
    """
    idle()
    outside = this_namespace()
    new_namespace()
    run_ip("link add line type veth peer name life netns " + path_of(outside))
    leave(t, t.state)
    for sock in t.socks:
        sock.close()
    if t.hosts:
        t.hosts.close()
        t.hosts = None
    enter(outside)
    os.close(outside)
    wait_for("the namespace to end",
             lambda: not os.path.exists("/sys/class/net/life"), ORPHAN_S)
    idle()
    must_unload()
    leaves_nothing()


main()
