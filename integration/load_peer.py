#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# load_peer.py - requests without end, and not one of them may fail
#
# What this program is for
#   load_peer.py ADDRESS:PORT/PATH FILE [--clients N] [--close] [--lossy]:
#   N threads fetch the page, each one again and again, on one connection as long as
#   it lasts or (--close) on a new one each time, and compare it with FILE. Prints
#   "begun". On SIGTERM they finish what they are at; then it prints how many
#   requests were answered, how many sent twice, how many failed and why, and exits
#   1 when one failed (--lossy: never).
#
#   What a browser does is allowed (RFC 9110 9.2.2): a request on a connection
#   that was used before and ends without a byte of answer is sent again, once, on
#   a new one. wrk counts those as errors, which hides the real ones.

import argparse, collections, signal, socket, sys, threading, time

TIMEOUT = 20


class Stale(Exception):
    """The server had given up the connection before it saw the request."""


def read_answer(c, path):
    """One answer with Content-Length; its body, and may we ask again?"""
    data = b""
    while b"\r\n\r\n" not in data:
        more = c.recv(65536)
        if not more:
            raise (EOFError("in the head") if data else Stale())
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    if " 200 " not in lines[0] + " ":
        raise ValueError(lines[0])
    fields = dict(l.lower().split(":", 1) for l in lines[1:])
    parts, got, length = [body], len(body), int(fields["content-length"])
    while got < length:
        more = c.recv(min(1 << 20, length - got))
        if not more:
            raise EOFError("after %d of %d bytes" % (got, length))
        parts.append(more)
        got += len(more)
    return b"".join(parts), "close" not in fields.get("connection", "")


class Client(threading.Thread):
    """Counts are its own until it has ended."""

    def __init__(self, options, wanted):
        super().__init__()
        self.o, self.wanted = options, wanted
        self.good = self.again = 0
        self.failures = collections.Counter()
        self.c = None

    def drop(self):
        if self.c:
            self.c.close()
        self.c = None

    def ask(self):
        used = self.c is not None
        if not used:
            self.c = socket.create_connection(self.o.address, TIMEOUT)
            self.c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = "GET /%s HTTP/1.1\r\nHost: stack.test\r\n%s\r\n" % (
            self.o.path, "Connection: close\r\n" if self.o.close else "")
        try:
            self.c.sendall(request.encode())
            first = self.c.recv(1, socket.MSG_PEEK)
        except (ConnectionError, BrokenPipeError):
            if not used:
                raise
            raise Stale()
        if not first:
            raise Stale() if used else EOFError("before the head")
        return read_answer(self.c, self.o.path)

    def once(self):
        try:
            body, more = self.ask()
        except Stale:
            self.again += 1
            self.drop()
            body, more = self.ask()
        if body != self.wanted:
            raise ValueError("wrong content, %d bytes" % len(body))
        if self.o.close or not more:
            self.drop()

    def run(self):
        while not stopping.is_set():
            try:
                self.once()
                self.good += 1
            except Exception as e:
                self.failures["%s: %s" % (type(e).__name__, e)] += 1
                self.drop()
                time.sleep(0.01)
        self.drop()


parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("file")
parser.add_argument("--clients", type=int, default=8)
parser.add_argument("--close", action="store_true")
parser.add_argument("--lossy", action="store_true")
options = parser.parse_args()
place, _, options.path = options.url.partition("/")
host, _, port = place.partition(":")
options.address = host, int(port or 80)
# Waited for by the main thread alone: no handler runs in the middle of things.
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
stopping = threading.Event()
with open(options.file, "rb") as f:
    wanted = f.read()
clients = [Client(options, wanted) for _ in range(options.clients)]
for c in clients:
    c.start()
print("begun", flush=True)
signal.sigwait([signal.SIGTERM])
stopping.set()
for c in clients:
    c.join()
failures = sum((c.failures for c in clients), collections.Counter())
good = sum(c.good for c in clients)
print("%d answered, %d sent twice, %d failed" % (
    good, sum(c.again for c in clients), sum(failures.values())))
for why, n in failures.most_common(10):
    print("%6d  %s" % (n, why))
sys.exit(not options.lossy and (bool(failures) or not good))
