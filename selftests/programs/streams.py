# SPDX-License-Identifier: GPL-2.0-only
"""streams.py server HOST PORT | client HOST PORT COUNT: asyncio's streams. The
client's connections send, end their side, and read what comes back to the end.
"""
import asyncio
import os
import sys

SIZE = 20000


async def echo(reader, writer):
    writer.write(await reader.read())
    await writer.drain()
    writer.close()


async def serve(host, port):
    server = await asyncio.start_server(echo, host, port, backlog=200)
    async with server:
        await server.serve_forever()


async def one(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    sent = os.urandom(SIZE)
    writer.write(sent)
    writer.write_eof()
    got = await reader.read()
    writer.close()
    return got == sent


async def ask(host, port, count):
    print(sum(await asyncio.gather(*[one(host, port) for _ in range(count)])))


def main():
    role, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if role == "server":
        asyncio.run(serve(host, port))
    else:
        asyncio.run(ask(host, port, int(sys.argv[4])))


main()
