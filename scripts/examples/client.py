#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""client.py ADDRESS: sends the numbers 1 to 10 and waits for the server's close."""
import sys

from xtcp import stream_socket

with stream_socket() as sock:
    sock.connect((sys.argv[1], 33333))
    sock.sendall(bytes(range(1, 11)))
    while sock.recv(10):
        pass
