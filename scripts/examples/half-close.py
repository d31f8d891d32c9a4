#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""half-close.py server, half-close.py ADDRESS: see half-close.c"""
import socket
import sys

from xtcp import stream_socket

PORT = 33333


def serve(listener):
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", PORT))
    listener.listen(1)
    client, _ = listener.accept()
    with client, client.makefile("rb") as text:
        client.sendall(b"%d bytes came\n" % len(text.read()))


def ask(sock, address):
    sock.connect((address, PORT))
    sock.sendall(b"one\ntwo\nthree\n")
    sock.shutdown(socket.SHUT_WR)
    with sock.makefile() as answer:
        print(answer.read(), end="")


with stream_socket() as own:
    if sys.argv[1] == "server":
        serve(own)
    else:
        ask(own, sys.argv[1])
