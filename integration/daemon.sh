#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# daemon.sh - a server that leaves its parent, its session and its first process
#
#   python3 (double fork) + stack 10.77.0.2 ==tap0== 10.77.0.1 client
#
# What this script is for
#   A connection that is established, and in the middle of 30 MiB each way,
#   when the process that made it forks, calls setsid(), forks again and is
#   gone: every byte arrives, and new clients are served.

. "$(dirname "$0")/net.sh"
need python3
net_up
make_file file 30

cat >"$work/server.py" <<'EOF'
import os, socket, sys, threading

s = socket.create_server(("", 7000))

def echo(c):
    while b := c.recv(100000):
        c.sendall(b)
    c.close()

c, _ = s.accept()
b = c.recv(100000)
# The client sends all the time; nobody reads while the processes change.
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
with open(sys.argv[1] + "/pid", "w") as f:
    f.write(str(os.getpid()))
c.sendall(b)
echo(c)
for _ in range(20):
    c, _ = s.accept()
    threading.Thread(target=echo, args=(c,)).start()
EOF
cat >"$work/client.py" <<'EOF'
import socket, sys, threading

c = socket.create_connection((sys.argv[1], 7000), 10)
c.settimeout(60)
data = open(sys.argv[2], "rb").read()

def send():
    c.sendall(data)
    c.shutdown(socket.SHUT_WR)

threading.Thread(target=send, daemon=True).start()
got = bytearray()
while b := c.recv(100000):
    got += b
sys.exit(0 if got == data else "%d bytes, not the same" % len(got))
EOF

start ours python3 "$work/server.py" "$work"
first=$pid
eventually kernel ping -c 1 -W 1 $OURS
# The server may not listen yet; it accepts once only before it forks.
is_served()
{
  kernel python3 "$work/client.py" $OURS "$work/file"
}
eventually is_served
wait "$first" || fail "the first process ended with $?"
[[ -e /proc/$(<"$work/pid") ]] || fail "the daemon is gone"
proved "30 MiB each way over two forks, the parents gone"
clients=()
for _ in 1 2 3 4; do
  is_served &
  clients+=($!)
done
for client in "${clients[@]}"; do
  wait "$client" || fail "a client of the daemon"
done
kill "$(<"$work/pid")"
proved "the daemon serves four more at once"
