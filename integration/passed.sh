#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# passed.sh - sockets in messages over AF_UNIX, between programs
#
#   python3 + stack 10.77.0.2 ==tap0== 10.77.0.1 client
#     |  a connection, in a message over a socket file
#     +--> python3 + the same stack: goes on with it
#     +--> python3 without the stack: is told that it cannot
#
# What this script is for
#   A front process accepts and hands each connection on, as load balancers and
#   socket-activated servers do; 30 MiB through the process that got it.

. "$(dirname "$0")/net.sh"
need python3
net_up
make_file file 30

cat >"$work/front.py" <<'EOF'
import os, socket, subprocess, sys

work = sys.argv[1]
door = socket.socket(socket.AF_UNIX)
door.bind(work + "/hand-over")
door.listen()
s = socket.create_server(("", 7000))
# By exec, and without any descriptor: only the message brings it one.
subprocess.Popen([sys.executable, work + "/back.py", work, "ours"])
ours, _ = door.accept()
open(work + "/ready", "w").close()
other, _ = door.accept()
for to in ours, other, ours:
    c, _ = s.accept()
    socket.send_fds(to, [b"x"], [c.fileno()])
    c.close()
ours.shutdown(socket.SHUT_WR)
ours.recv(1)
EOF
cat >"$work/back.py" <<'EOF'
import errno, os, socket, sys

work, side = sys.argv[1:]
u = socket.socket(socket.AF_UNIX)
u.connect(work + "/hand-over")

def attempt(name, call):
    try:
        call()
        print(name, "worked", flush=True)
    except OSError as e:
        print(name, errno.errorcode[e.errno], flush=True)

while True:
    _, fds, _, _ = socket.recv_fds(u, 1, 1)
    if not fds:
        break
    if side == "ours":
        while data := os.read(fds[0], 100000):
            while data:
                data = data[os.write(fds[0], data):]
    else:
        c = socket.socket(fileno=os.dup(fds[0]))
        attempt("read", lambda: os.read(fds[0], 1))
        attempt("write", lambda: os.write(fds[0], b"x"))
        attempt("recv", lambda: c.recv(1))
        attempt("send", lambda: c.send(b"x"))
        attempt("accept", lambda: c.accept())
        c.close()
    os.close(fds[0])
EOF
cat >"$work/client.py" <<'EOF'
import socket, sys, threading

c = socket.create_connection((sys.argv[1], 7000), 10)
data = open(sys.argv[2], "rb").read() if len(sys.argv) > 2 else b""

def send():
    c.sendall(data)
    c.shutdown(socket.SHUT_WR)

c.settimeout(60)
threading.Thread(target=send, daemon=True).start()
while b := c.recv(100000):
    sys.stdout.buffer.write(b)
EOF

start ours python3 "$work/front.py" "$work"
front=$pid
eventually test -e "$work/ready"
start kernel python3 "$work/back.py" "$work" foreign
kernel python3 "$work/client.py" $OURS "$work/file" >"$work/answer" ||
  fail "the client of the process with the stack"
same "$work/file" "$work/answer" "what came through"
proved "30 MiB through a process that got the connection in a message"

# The foreign one drops it, and the peer hears that.
kernel python3 "$work/client.py" $OURS >"$work/nothing" || fail "the second client"
[[ ! -s $work/nothing ]] || fail "something came from nowhere"
eventually grep -q accept "$log"
[[ $side == veth || $(<"$log") == "read ENOTCONN
write ENOTCONN
recv ENOTCONN
send ENOTCONN
accept EINVAL" ]] || fail "without the stack: $(<"$log")"
proved "a process without the stack: ENOTCONN and EINVAL"
kernel python3 "$work/client.py" $OURS "$work/file" >"$work/answer" ||
  fail "the third client"
same "$work/file" "$work/answer" "what came through"
wait "$front" || fail "the front: $?"
proved "and the stack goes on"
