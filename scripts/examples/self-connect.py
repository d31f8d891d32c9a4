#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""self-connect.py: see self-connect.c"""
import socket

from xtcp import stream_socket

ADDRESS = ("127.0.0.1", 33333)
with stream_socket() as sock:
    sock.bind(ADDRESS)
    sock.connect(ADDRESS)
    sock.sendall(b"who is there?")
    print("the server says:", sock.recv(13, socket.MSG_WAITALL).decode())
    itself = sock.getsockname() == sock.getpeername()
    print("the server is", "this client" if itself else "somebody else")
