#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# python_family.sh - python's ways to be many processes, and gunicorn's
#
#   python3, gunicorn + stack 10.77.0.2 ==tap0== 10.77.0.1 load_peer.py
#
# What this script is for
#   ForkingMixIn, multiprocessing with fork and with spawn, a process pool that
#   inherits a listener, asyncio with subprocesses, and gunicorn with its
#   workers reloaded, each under load and with every answer compared.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need python3 gunicorn curl
net_up
mkdir -p "$work/www"
make_file www/page 1
head -c 40000 "$work/www/page" >"$work/www/small"

cat >"$work/servers.py" <<'PY'
import asyncio, concurrent.futures, http.server, multiprocessing, os, signal
import socket, socketserver, sys

with open(sys.argv[2], "rb") as f:
    PAGE = f.read()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


class Forking(socketserver.ForkingMixIn, http.server.HTTPServer):
    request_queue_size = 100


def answer(c):
    """Each request on one connection, until the client ends it."""
    with c, c.makefile("rb") as lines:
        for line in lines:
            if line == b"\r\n":
                c.sendall(HEAD % (len(PAGE), b"") + PAGE)


def accept_all(listener):
    while True:
        answer(listener.accept()[0])


def accept_some(n):
    for _ in range(n):
        answer(listener.accept()[0])
    return os.getpid()


async def by_subprocess(reader, writer):
    """The page comes through a pipe from another program."""
    while (line := await reader.readline()):
        if line != b"\r\n":
            continue
        p = await asyncio.create_subprocess_exec(
            "cat", sys.argv[2], stdout=asyncio.subprocess.PIPE)
        page, _ = await p.communicate()
        writer.write(HEAD % (len(page), b"") + page)
        await writer.drain()
    writer.close()


async def by_handing_on(listener):
    """The connection itself is the standard output of another program."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    while True:
        c, _ = await loop.sock_accept(listener)
        asked = b""
        while b"\r\n\r\n" not in asked and (
                more := await loop.sock_recv(c, 4096)):
            asked += more
        await loop.sock_sendall(c, HEAD % (len(PAGE), b"Connection: close\r\n"))
        c.setblocking(True)
        p = await asyncio.create_subprocess_exec("cat", sys.argv[2], stdout=c)
        c.close()
        await p.wait()


def crew_of(method, listener):
    context = multiprocessing.get_context(method)
    crew = [context.Process(target=accept_all, args=(listener,)) for _ in range(8)]
    for p in crew:
        p.start()
    for p in crew:
        p.join()


def main():
    global listener
    how = sys.argv[1]
    # Every child ends with the first process.
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    if how == "forking":
        Forking(("", 80), Handler).serve_forever()
    listener = socket.create_server(("", 80), backlog=100)
    if how in ("fork", "spawn", "forkserver"):
        crew_of(how, listener)
    elif how == "pool":
        with concurrent.futures.ProcessPoolExecutor(
                8, multiprocessing.get_context("fork")) as pool:
            for pid in pool.map(accept_some, [4] * 100000):
                pass
    elif how == "subprocess":
        async def run():
            server = await asyncio.start_server(by_subprocess, sock=listener)
            await server.serve_forever()
        asyncio.run(run())
    elif how == "handing_on":
        asyncio.run(by_handing_on(listener))


if __name__ == "__main__":
    main()
PY

# try HOW PAGE WORDS [OPTION...]: options of load_peer.py.
try()
{
  local how=$1 page=$2 words=$3
  shift 3
  start ours python3 "$work/servers.py" "$how" "$work/www/$page"
  local server=$pid
  ours_answers 80
  load_begin "$OURS/" "$work/www/$page" --clients 6 "$@"
  sleep "$long"
  load_end "$how"
  stop "$server"
  stack_ended
  proved "$words: $loaded"
}

long=1
[[ -z $full ]] || long=20
try forking page "ForkingMixIn, a child a connection" --close
try fork page "multiprocessing, a listener shared by fork"
try spawn small "the same by spawn, in a message over AF_UNIX"
try forkserver small "the same by forkserver"
try pool small "a process pool that inherits the listener" --close
try subprocess small "asyncio with subprocesses"
try handing_on page "asyncio: a connection as standard output of cat" --close

# --- gunicorn ---------------------------------------------------------------------

cat >"$work/app.py" <<'PY'
import os
with open(os.environ["PAGE"], "rb") as f:
    PAGE = f.read()

def app(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(PAGE)))])
    return [PAGE]
PY

try_gunicorn()
{
  local old
  start ours env "PAGE=$work/www/page" gunicorn -b "$OURS:80" --chdir "$work" \
    --pid "$work/gunicorn.pid" "$@" app:app
  ours_answers 80
  eventually children_are 4 "$work/gunicorn.pid"
  load_begin "$OURS/" "$work/www/page" --clients 4
  load_begin "$OURS/" "$work/www/page" --clients 4 --close
  mapfile -t old < <(children "$work/gunicorn.pid")
  sleep 0.3
  kill -HUP "$(<"$work/gunicorn.pid")"
  eventually none_of "${old[@]}"
  eventually children_are 4 "$work/gunicorn.pid"
  sleep 0.3
  load_end "gunicorn $*"
  kill -TERM "$(<"$work/gunicorn.pid")"
  stack_ended
  proved "gunicorn $*, reloaded under load: $loaded"
}

try_gunicorn --workers 4
try_gunicorn --workers 4 --threads 4
