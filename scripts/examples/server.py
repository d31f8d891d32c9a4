#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""server.py: reads the ten numbers of one client, sleeps a moment, and closes."""
import socket
import time

from xtcp import stream_socket

with stream_socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", 33333))
    listener.listen(1)
    client, _ = listener.accept()
    with client:
        print(*client.recv(10, socket.MSG_WAITALL))
        time.sleep(2)
