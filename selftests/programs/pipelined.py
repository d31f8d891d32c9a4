# SPDX-License-Identifier: GPL-2.0-only
"""pipelined.py HOST PORT COUNT: so many requests in one piece; prints how many
answers came and how many bytes were in them.
"""
import socket
import sys

host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ONE = b"GET /a HTTP/1.1\r\nHost: x\r\n%s\r\n"
with socket.create_connection((host, port), timeout=600) as sock:
    sock.sendall(ONE % b"" * (count - 1) + ONE % b"Connection: close\r\n")
    with sock.makefile("rb") as answers:
        text = answers.read()
found = bodies = 0
while text:
    head, _, text = text.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    size = [int(x.partition(b":")[2]) for x in lines
            if x.lower().startswith(b"content-length:")][0]
    found += lines[0].split()[1] == b"200"
    bodies += len(text[:size])
    text = text[size:]
print(found, bodies)
