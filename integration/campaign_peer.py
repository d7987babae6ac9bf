#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# campaign_peer.py - many long connections, and which process each one lost
#
#   campaign_peer.py HOST PORT FILE CONNECTIONS LOG
#
# What this script is for
#   Keeps CONNECTIONS connections to a web server busy with requests for /file,
#   compares each body with FILE, and remembers which process answered (X-Pid).
#   A connection that breaks is noted in LOG as "lost PID", 0 before its first
#   answer; one without an answer for 20 s as "stalled PID"; another body as
#   "wrong PID". On SIGTERM it says how many answers came, and ends.

import asyncio
import random
import signal
import sys

PATIENCE = 20


class Peer:
    def __init__(self, host, port, name, log):
        self.host = host
        self.port = port
        with open(name, "rb") as f:
            self.body = f.read()
        self.log = open(log, "w", buffering=1)
        self.answers = 0

    async def ask(self, reader, writer):
        """One request; the process that answered."""
        writer.write(b"GET /file HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        pid = int(head.split(b"X-Pid: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(len(self.body))
        if body != self.body or b" 200 " not in head:
            self.log.write(f"wrong {pid}\n")
        self.answers += 1
        return pid

    async def live(self):
        """One connection until it breaks."""
        pid = 0
        writer = None
        try:
            reader, writer = await asyncio.wait_for(
                asyncio.open_connection(self.host, self.port), PATIENCE)
            while True:
                pid = await asyncio.wait_for(self.ask(reader, writer),
                                             PATIENCE)
                await asyncio.sleep(random.random() * 0.05)
        except asyncio.TimeoutError:
            self.log.write(f"stalled {pid}\n")
        except (OSError, EOFError):
            if not self.done.is_set():
                self.log.write(f"lost {pid}\n")
        except (IndexError, ValueError):
            self.log.write(f"wrong {pid}\n")
        finally:
            if writer:
                writer.close()
        await asyncio.sleep(0.02)

    async def keep(self):
        while not self.done.is_set():
            await self.live()

    async def run(self, connections):
        self.done = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM,
                                                      self.done.set)
        tasks = [asyncio.create_task(self.keep()) for _ in range(connections)]
        await self.done.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=3)
        self.log.write(f"answers {self.answers}\n")


def main():
    host, port, name, connections, log = sys.argv[1:]
    asyncio.run(Peer(host, int(port), name, log).run(int(connections)))


main()
