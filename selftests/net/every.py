# SPDX-License-Identifier: GPL-2.0-only
"""One connection in each state and form, for tests that look at or end it."""
import socket

from host import (LOOP, PORT, black_hole, road, rows, wait_for, wait_state)

STATES = ("LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
          "FIN_WAIT_2", "orphan", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
          "TIME_WAIT")
IN_FLIGHT = "delay 5s"
OPENING_S = 60


class Held:
    """A connection that stays in its state.

    @lport: which it is; @sock: its socket, None if no program has it any more;
    @peer: the other end's, if there is one
    """
    def __init__(self, state, lport, sock, peer=None):
        self.state, self.lport, self.sock, self.peer = state, lport, sock, peer


def port_of(sock):
    return sock.getsockname()[1]


def half_open(t):
    """A SYN came, its SYN+ACK does not get through."""
    t.listen()
    road(IN_FLIGHT)
    client = t.dial(wait=False)
    wait_for("SYN_RCVD", lambda: rows(t.v, "SYN_RCVD"), OPENING_S)
    return Held("SYN_RCVD", PORT, None, client)


def closed_first(t, state):
    client, server = t.pair()
    port = port_of(client)
    if state == "FIN_WAIT_1":
        road("loss 100%")
    if state == "CLOSING":
        road(IN_FLIGHT)
    if state in ("orphan", "TIME_WAIT"):
        client.close()
    else:
        client.shutdown(socket.SHUT_WR)
    if state == "CLOSING":
        server.shutdown(socket.SHUT_WR)
    if state == "TIME_WAIT":
        server.close()
    real = "FIN_WAIT_2" if state == "orphan" else state
    wait_state(t.v, port, real, OPENING_S)
    return Held(real, port, client if client.fileno() >= 0 else None, server)


def closed_second(t, state):
    client, server = t.pair()
    client.shutdown(socket.SHUT_WR)
    wait_state(t.v, PORT, "CLOSE_WAIT")
    wait_state(t.v, port_of(client), "FIN_WAIT_2")
    if state == "LAST_ACK":
        road("loss 100%")
        server.shutdown(socket.SHUT_WR)
        wait_state(t.v, PORT, "LAST_ACK")
    return Held(state, PORT, server, client)


def hold(t, state):
    """Make one of STATES; orphan: FIN_WAIT_2 without a process."""
    if state == "LISTEN":
        return Held(state, PORT, t.listen())
    if state == "SYN_SENT":
        client = t.dial(to=black_hole()[t.v], wait=False)
        return Held(state, port_of(client), client)
    if state == "SYN_RCVD":
        return half_open(t)
    if state == "ESTABLISHED":
        client, server = t.pair()
        return Held(state, port_of(client), client, server)
    if state in ("CLOSE_WAIT", "LAST_ACK"):
        return closed_second(t, state)
    return closed_first(t, state)


__all__ = ["Held", "LOOP", "STATES", "hold", "port_of"]
