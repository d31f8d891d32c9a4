#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The host's TCP is not disturbed: the kernel's own tests of it end as they do
without XTCP, while sockets on the TCP wire listen, speak and wait beside them.
"""
import os
import socket
import subprocess
import threading

from host import (HERE, LOOP, VERSIONS, Mismatch, Skip, all_of, main,
                  new_namespace, see, socket_of, test, wait_for,
                  wait_state, write)

FOLDER = os.path.join(HERE, "..", "host")
# What each program is started with
PROGRAMS = {
    "reuseport_addr_any": (),
    "reuseport_bpf": (),
    "reuseport_bpf_cpu": (),
    "reuseport_dualstack": (),
    "sk_bind_sendto_listen": (),
    "sk_connect_zero_addr": (),
    "tcp_fastopen_backup_key": ("-4", "-6s"),
    "tcp_inq": ("-4", "-6"),
}
PORT = 44444
LIMIT_S = 120
BLOCK = bytes(range(256)) * 32


def fresh():
    new_namespace()
    write("/proc/sys/net/ipv4/tcp_fastopen", 3)


def run_it(program, argument):
    """Its code and the last of what it said."""
    command = [os.path.join(FOLDER, program)] + argument.split()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, timeout=LIMIT_S)
    return done.returncode, done.stdout[-400:]


class Beside:
    """A connection of each version that speaks, one in TIME_WAIT, a listener."""
    def __init__(self, t):
        self.stop = threading.Event()
        self.wrong, self.rounds, self.threads = [], 0, []
        for v in VERSIONS:
            t.v = v
            listener = socket_of(t, "tcp")
            listener.bind((LOOP[v], PORT))
            listener.listen(4)
            ends = [self.pair(t, listener) for _ in range(2)]
            for end in ends[0]:
                end.shutdown(socket.SHUT_WR)
            wait_state(v, ends[0][0].getsockname()[1], "TIME_WAIT")
            self.threads.append(threading.Thread(target=self.speak,
                                                 args=ends[1]))
        for thread in self.threads:
            thread.start()
        wait_for("XTCP speaks", lambda: self.rounds > 1 or self.wrong)

    @staticmethod
    def pair(t, listener):
        client = socket_of(t, "tcp")
        client.connect((LOOP[t.v], PORT))
        server = listener.accept()[0]
        t.socks.append(server)
        return client, server

    def speak(self, client, server):
        try:
            while not self.stop.wait(0.05):
                client.sendall(BLOCK)
                got = b""
                while len(got) < len(BLOCK):
                    got += server.recv(len(BLOCK))
                if got != BLOCK:
                    raise Mismatch("other text")
                self.rounds += 1
            client.shutdown(socket.SHUT_WR)
            if all_of(server):
                raise Mismatch("text after the end")
        except (OSError, Mismatch) as why:
            self.wrong.append(repr(why))

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        see("what went wrong beside it", self.wrong, [])


@test("host_selftests", program=tuple(PROGRAMS))
def host_selftests(t):
    for argument in PROGRAMS[t.program] or ("",):
        fresh()
        code, text = run_it(t.program, argument)
        if code:
            raise Skip("does not pass by itself: %s" % text.splitlines()[-1:])
        fresh()
        beside = Beside(t)
        code, text = run_it(t.program, argument)
        beside.end()
        see("%s %s: %s" % (t.program, argument, text), code, 0)


if __name__ == "__main__":
    main()
