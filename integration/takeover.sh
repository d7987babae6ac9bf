#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# takeover.sh - how long nobody serves when a process of the family is killed
#
#   python3, 4 children + stack 10.77.0.2 ==tap0== 10.77.0.1 takeover_peer.py
#
# What this script is for
#   Four children of one program answer on one listener. After each kill of the
#   one that served last - it drove the stack for its thread - the peer measures
#   the time until a new connection is answered, and until one that a survivor
#   serves is. Prints median, 90th percentile and maximum; no time is a failure,
#   an answer that never comes is. 30 kills; 200 with NSSHIM_FULL=1.

. "$(dirname "$0")/net.sh"
need python3
net_up
kills=30
[[ -z $full ]] || kills=200 limit=600

cat >"$work/server.py" <<'EOF'
import os
import socket
import threading


def serve(c):
    with c:
        try:
            while c.recv(16):
                c.sendall(b"%d\n" % os.getpid())
        except OSError:
            pass


def child():
    while True:
        c, _ = s.accept()
        threading.Thread(target=serve, args=(c,), daemon=True).start()


s = socket.create_server(("10.77.0.2", 80), backlog=64)
alive = 0
while True:
    while alive < 4:
        if os.fork() == 0:
            child()
        alive += 1
    os.wait()
    alive -= 1
EOF
cat >"$work/peer.py" <<'EOF'
import os
import signal
import socket
import sys
import time

kills = int(sys.argv[1])


def connect():
    c = socket.create_connection(("10.77.0.2", 80), timeout=10)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return c


def ask(c):
    """The process that answered; 0: the connection broke."""
    try:
        c.sendall(b"?")
        return int(c.recv(16) or b"0")
    except ConnectionError:
        return 0


def show(what, times):
    times = sorted(t * 1000 for t in times)
    n = len(times)
    print(f"{what}: median {times[n // 2]:.2f} ms, 90 % below "
          f"{times[n * 9 // 10]:.2f} ms, all below {times[-1]:.2f} ms",
          flush=True)


fresh, kept = [], []
while len(kept) < kills:
    pool = {}
    while len(pool) < 2:
        c = connect()
        pid = ask(c)
        if pid:
            pool.setdefault(pid, c)
    victim, survivor = pool
    ask(pool[survivor])
    assert ask(pool[victim]) == victim
    os.kill(victim, signal.SIGKILL)
    began = time.monotonic()
    if ask(pool[survivor]) != survivor:
        sys.exit("a survivor's connection broke")
    kept.append(time.monotonic() - began)
    if len(kept) % 2:  # in turn, so that neither waits for the other
        c = connect()
        if ask(c):
            fresh.append(time.monotonic() - began)
    for c in pool.values():
        c.close()
    time.sleep(0.02)
show(f"{len(kept)} kills, a connection of a survivor", kept)
show(f"{len(fresh)} kills, a new connection", fresh)
EOF
start ours python3 "$work/server.py"
ours_answers 80
kernel python3 "$work/peer.py" "$kills" >"$work/told" 2>"$work/peer.log" ||
  fail "no answer"
while read -r line; do
  proved "$line"
done <"$work/told"
