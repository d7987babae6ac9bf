#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# echo_peer.py - an asyncio echo server, and a client with many connections
#
#   echo_peer.py server ADDRESS PORT
#   echo_peer.py client ADDRESS PORT CONNECTIONS BYTES [GO]
#
# What this script is for
#   The client opens all its connections before it sends a byte, moves BYTES
#   over each at the same time, compares every byte, and closes none before all
#   are done; with GO it sends nothing before that file is there. Prints one line; exit status 1 when anything differed.

import asyncio
import hashlib
import os
import resource
import sys

resource.setrlimit(resource.RLIMIT_NOFILE, (
    resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def content(number, size):
    seed = hashlib.sha256(str(number).encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(address, port):
    server = await asyncio.start_server(echo, address, port, backlog=2048)
    async with server:
        await server.serve_forever()


async def exchange(number, streams, size):
    reader, writer = streams
    sent = content(number, size)

    async def send():
        writer.write(sent)
        await writer.drain()
        writer.write_eof()

    task = asyncio.create_task(send())
    got = await reader.readexactly(size)
    await task
    return got == sent


async def open_one(address, port, gate):
    async with gate:
        return await asyncio.open_connection(address, port)


async def client(address, port, connections, size, go=None):
    # As many handshakes at once as a listener's queue can be asked to hold.
    gate = asyncio.Semaphore(100)
    streams = await asyncio.gather(*[
        open_one(address, port, gate) for _ in range(connections)])
    print(len(streams), "connections open", flush=True)
    while go and not os.path.exists(go):
        await asyncio.sleep(0.05)
    good = await asyncio.gather(*[
        exchange(n, s, size) for n, s in enumerate(streams)])
    for _, writer in streams:
        writer.close()
    print(sum(good), "of", connections, "echoed", size, "bytes intact")
    return all(good)


role, address, port, *rest = sys.argv[1:]
if role == "server":
    asyncio.run(serve(address, int(port)))
else:
    sys.exit(not asyncio.run(client(address, int(port), *map(int, rest[:2]),
                                    *rest[2:])))
