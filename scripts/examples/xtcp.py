# SPDX-License-Identifier: GPL-2.0-only
"""A stream socket of XTCP; with TCP in the environment, of the host's TCP."""
import os
import socket

AF_XTCP = 19


def stream_socket():
    if "TCP" in os.environ:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made = socket.socket(AF_XTCP, socket.SOCK_STREAM)
    # Python knows no addresses of our family; IPv4's are right.
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0,
                         fileno=made.detach())
