# SPDX-License-Identifier: GPL-2.0-only
"""probe.py NAME [ARGUMENT]...: a program that looks at its own sockets, and
prints what it sees. It knows XTCP only by asking for an option of it.
"""
import array
import errno
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import termios
import threading

SOL_XTCP, XTCP_MSL = 300, 2
PORT = 4000
LOOP = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
SET = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
       (socket.SOL_SOCKET, socket.SO_SNDBUF, 50000),
       (socket.SOL_SOCKET, socket.SO_RCVBUF, 60000),
       (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
       (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7)),
       (socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 9, 0)),
       (socket.SOL_TCP, socket.TCP_NODELAY, 1),
       (socket.SOL_TCP, socket.TCP_KEEPIDLE, 33),
       (socket.SOL_TCP, socket.TCP_USER_TIMEOUT, 4444),
       (socket.SOL_IP, socket.IP_TOS, 0x10),
       (socket.SOL_IP, socket.IP_TTL, 9))


def owner(sock):
    try:
        sock.getsockopt(SOL_XTCP, XTCP_MSL)
        return "xtcp"
    except OSError as why:
        return "tcp" if why.errno in (errno.ENOPROTOOPT,
                                      errno.EOPNOTSUPP) else str(why)


def listener(port=PORT, family=socket.AF_INET, address=None):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address or LOOP[family], port))
    sock.listen()
    return sock


def names():
    """Everything by which a program may know what a socket is."""
    for family in (socket.AF_INET, socket.AF_INET6):
        server = listener(family=family)
        client = socket.create_connection((LOOP[family], PORT))
        child, address = server.accept()
        for sock in (server, client, child):
            print([sock.getsockopt(socket.SOL_SOCKET, o) for o in (
                socket.SO_DOMAIN, socket.SO_TYPE, socket.SO_PROTOCOL,
                socket.SO_ACCEPTCONN)])
            again = socket.socket(fileno=os.dup(sock.fileno()))
            print(again.family, again.type, again.proto)
        print(server.getsockname(), client.getpeername())
        print(client.getsockname() == child.getpeername() == address)
        print(server.family == child.family == family)


def dual_stack():
    for only in (0, 1):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        print(sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        sock.bind(("::", PORT))
        sock.listen()
        client = socket.socket()
        print(client.connect_ex((LOOP[socket.AF_INET], PORT)))
        if not only:
            print(sock.accept()[1][0])
        client.close()
        sock.close()


def sides(port=PORT, *others):
    """Whose the sockets are of a program that calls and is called."""
    server = listener(int(port))
    print("listener", owner(server))
    for other in others or (port,):
        client = socket.socket()
        why = client.connect_ex(("127.0.0.1", int(other)))
        print("client", owner(client), errno.errorcode.get(why, why))


def call(port):
    """Whose, from which address, and what comes."""
    client = socket.socket()
    client.bind(("127.0.0.1", 5555))
    client.connect(("127.0.0.1", int(port)))
    print(owner(client), client.getsockname()[1],
          client.recv(100).decode())


def answer(port, count=1):
    server = listener(int(port))
    for _ in range(int(count)):
        child, _ = server.accept()
        child.sendall(owner(child).encode())
        child.close()


def value_of(sock, level, name, val):
    size = len(val) if isinstance(val, bytes) else 0
    return sock.getsockopt(level, name, *([size] if size else []))


def kept():
    """A socket that is replaced remains what the program made of it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    for level, name, val in SET:
        sock.setsockopt(level, name, val)
    sock.setblocking(False)
    os.set_inheritable(sock.fileno(), True)
    poll = select.epoll()
    poll.register(sock, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP)
    before = [value_of(sock, *o) for o in SET], owner(sock)
    sock.connect_ex(("127.0.0.1", PORT + 1))
    after = [value_of(sock, *o) for o in SET], owner(sock)
    print("from", before[1], "to", after[1])
    print("options", "kept" if before[0] == after[0] else (before, after))
    print("non-blocking", bool(fcntl.fcntl(sock, fcntl.F_GETFL)
                               & os.O_NONBLOCK))
    print("inheritable", os.get_inheritable(sock.fileno()))
    print("polled", [(fd == sock.fileno(), bool(events & select.EPOLLHUP))
                     for fd, events in poll.poll(5)])
    print("error", sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
          == errno.ECONNREFUSED)


def inherited():
    """exec: the child's own socket, and the one that it was given."""
    given = socket.socket()
    os.set_inheritable(given.fileno(), True)
    print(subprocess.run([sys.executable, __file__, "given",
                          str(given.fileno())], close_fds=False, check=True,
                         stdout=subprocess.PIPE, text=True).stdout.strip())


def given(fd):
    sock = socket.socket(fileno=int(fd))
    print(sock.proto, owner(sock), owner(socket.socket()))


def passed():
    """SCM_RIGHTS: a listener that came by a message accepts as it did."""
    one, two = socket.socketpair()
    server = listener()
    one.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                          array.array("i", [server.fileno()]))])
    server.close()
    _, data, _, _ = two.recvmsg(9, socket.CMSG_SPACE(4))
    came = socket.socket(fileno=struct.unpack("i", data[0][2][:4])[0])
    client = socket.create_connection(("127.0.0.1", PORT))
    print(came.family, came.proto, owner(came), owner(came.accept()[0]),
          owner(client))


def crowd(count=200):
    """Threads that replace sockets at the same time."""
    server = listener(PORT + 1)
    server.settimeout(60)
    bad = []

    def run():
        for _ in range(int(count) // 8):
            sock = socket.socket()
            if sock.connect_ex(("127.0.0.1", PORT + 2)) != \
                    errno.ECONNREFUSED or owner(sock) != "tcp":
                bad.append(owner(sock))
            sock.close()
    threads = [threading.Thread(target=run) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("wrong", bad, owner(server))


def others():
    """Sockets that are none of our business."""
    for family, kind in ((socket.AF_INET, socket.SOCK_DGRAM),
                         (socket.AF_UNIX, socket.SOCK_STREAM),
                         (socket.AF_INET6, socket.SOCK_DGRAM)):
        sock = socket.socket(family, kind)
        print(sock.family, sock.type, owner(sock) != "xtcp")
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", PORT))
    sock.connect(("127.0.0.1", PORT))
    sock.send(b"datagram")
    print(sock.recv(100))


def errors():
    """What fails, fails as ever, and says the same."""
    sock = socket.socket()
    for try_it in (lambda: sock.connect(("127.0.0.1", 1)),
                   lambda: sock.getsockopt(socket.SOL_SOCKET, 9999),
                   lambda: socket.socket(socket.AF_INET, 77),
                   lambda: socket.socket(socket.AF_INET,
                                         socket.SOCK_STREAM, 17),
                   lambda: socket.socket().bind(("192.0.2.1", 1000)),
                   lambda: open("/proc/net/no-such-table"),
                   lambda: fcntl.ioctl(sock, termios.TCGETS, bytes(64)),
                   lambda: [listener(PORT), listener(PORT)]):
        try:
            try_it()
            print("went through")
        except OSError as why:
            print(why.errno)


globals()[sys.argv[1]](*sys.argv[2:])
