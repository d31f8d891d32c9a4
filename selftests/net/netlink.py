# SPDX-License-Identifier: GPL-2.0-only
"""sock_diag by hand: requests as they are laid out, answers as dictionaries."""
import errno
import os
import socket
import struct

from host import AF_XTCP, STATES

NETLINK_SOCK_DIAG = 4
BY_FAMILY, DESTROY = 20, 21
F_REQUEST, F_ACK, F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
SHOW_INFO, SHOW_MEMINFO = 1, 2
ALL_STATES = 0xffe
ANY = 0xffffffff
INFO, MEMINFO, ENDED = 1, 2, 3
WHAT_ENDED = 1
END = "16sHHB3s"
REQUEST = "=BBBBIIII" + END + END + "III"
ANSWER = "=10B2s2sH16s16s9I"
NUMBER = {name: number for number, name in STATES.items()}
FORMS = {1: "socket", 2: "half-open", 3: "fin-wait-2", 4: "time-wait"}
OPENED = ["-", "passive", "active", "simultaneous", "self", "cookie"]
CLOSING = ["-", "we-first", "peer-first", "both", "reset-sent",
           "reset-received", "gave-up"]
RSTS = ["-", "sent", "received"]
TIMERS = ["-", "retransmit", "keepalive", "timewait", "persist"]
AF = {4: socket.AF_INET, 6: socket.AF_INET6}


def end(addr=None, ports=(0, 65535), prefix=None, pad=b"\0" * 3):
    """A range for one end; @addr is text or packed."""
    if addr is None:
        packed = b""
    elif isinstance(addr, bytes):
        packed = addr
    else:
        packed = socket.inet_pton(
            socket.AF_INET6 if ":" in addr else socket.AF_INET, addr)
    if prefix is None:
        prefix = 8 * len(packed)
    return packed, ports[0], ports[1], prefix, pad


def request(v=0, states=ALL_STATES, show=0, least=0, most=0, local=end(),
            foreign=end(), ifindex=0, cookie=(ANY, ANY), protocol=0,
            what=0, family=AF_XTCP):
    return struct.pack(REQUEST, family, protocol, v, what, show, states,
                       least, most, *local, *foreign, ifindex, *cookie)


def exactly(m, states=ALL_STATES, **changes):
    """The request for just that one."""
    return request(**dict(
        v=m["v"], protocol=m["protocol"], states=states, ifindex=m["ifindex"], cookie=m["cookie"],
        local=end(m["local"], (m["lport"],) * 2),
        foreign=end(m["foreign"], (m["fport"],) * 2), **changes))


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack("=HH", data[:4])
        found[kind] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def answer(data):
    (family, protocol, v, form, state, opened, closing, reason, timer, retries,
     lport, fport, _, local, foreign, ifindex, cookie0, cookie1, timer_ms,
     state_ms, rqueue, wqueue, uid, inode) = struct.unpack_from(ANSWER, data)
    size = 4 if v == 4 else 16
    more = attributes(data[struct.calcsize(ANSWER):])
    m = {
        "family": family, "protocol": protocol, "v": v, "form": FORMS[form],
        "state": STATES[state], "opened": OPENED[opened],
        "closing": CLOSING[closing], "reason": reason, "timer": TIMERS[timer],
        "retries": retries, "lport": int.from_bytes(lport, "big"),
        "fport": int.from_bytes(fport, "big"),
        "local": socket.inet_ntop(AF[v], local[:size]),
        "foreign": socket.inet_ntop(AF[v], foreign[:size]),
        "ifindex": ifindex, "cookie": (cookie0, cookie1),
        "timer_ms": timer_ms, "state_ms": state_ms, "rqueue": rqueue,
        "wqueue": wqueue, "uid": uid, "inode": inode,
        "info": more.get(INFO), "meminfo": more.get(MEMINFO)}
    if ENDED in more:
        ago, sent, received, cgroup, rst = struct.unpack_from(
            "=4QB7x", more[ENDED])
        m.update(ago_ms=ago, sent=sent, received=received, cgroup=cgroup,
                 rst=RSTS[rst])
    return m


class Diag:
    def __init__(self, room=65536):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_SOCK_DIAG)
        self.room = room

    def ask(self, kind, flags, payload):
        header = struct.pack("=IHHII", 16 + len(payload), kind,
                             F_REQUEST | flags, 7, 0)
        self.sock.send(header + payload)

    def messages(self):
        """One recv(): (type, payload) of each message in it."""
        data = self.sock.recv(self.room)
        while len(data) >= 16:
            size, kind, _, seq, _ = struct.unpack("=IHHII", data[:16])
            assert seq == 7
            yield kind, data[16:size]
            data = data[(size + 3) & ~3:]

    def pieces(self, payload):
        """A dump: what fits, one message's worth after the other."""
        self.ask(BY_FAMILY, F_DUMP, payload)
        while True:
            some = []
            for kind, data in self.messages():
                if kind == NLMSG_DONE:
                    yield some
                    return
                raise_error(kind, data)
                some.append(answer(data))
            yield some

    def dump(self, *args, **kw):
        pieces = self.pieces(request(*args, **kw))
        return [m for some in pieces for m in some]

    def get(self, payload):
        self.ask(BY_FAMILY, 0, payload)
        for kind, data in self.messages():
            raise_error(kind, data)
            return answer(data)

    def destroy(self, payload, flags=F_ACK):
        self.ask(DESTROY, flags, payload)
        for kind, data in self.messages():
            raise_error(kind, data)

    def close(self):
        self.sock.close()


def raise_error(kind, data):
    """What the kernel says went wrong, as OSError."""
    if kind != NLMSG_ERROR:
        return
    code = -struct.unpack_from("=i", data)[0]
    if code:
        raise OSError(code, os.strerror(code))


def complaint(call, *args, **kw):
    """The name of the error, or None."""
    try:
        call(*args, **kw)
    except OSError as why:
        return errno.errorcode[why.errno]
    return None
