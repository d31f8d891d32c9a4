#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""half-open.py ADDRESS: see half-open.c"""
import socket
import sys

from xtcp import stream_socket

with stream_socket() as sock:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.connect((sys.argv[1], 33333))
    print("connected", flush=True)
    try:
        sock.recv(1)
        print("the server has closed, or sent something")
    except OSError as why:
        print("half-open:", why.strerror)
