#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# keeper.sh - what send() took arrives, however its program ends
#
#   program + stack 10.77.0.2 ==tap0== 10.77.0.1 a reader that waits
#        nsshim-keeper, when the program is gone
#
# What this script is for
#   A program fills its send buffer and ends: by exit, _exit, SIGKILL, as a
#   daemon's child, over a lossy link. Only then the peer begins to read, and
#   must get every byte and the end. The program must notice nothing of who
#   does that, and the next one has the device at once.

. "$(dirname "$0")/net.sh"
need python3 curl setpriv
net_up
[[ $side == tap ]] || skip "needs our stack"
library=${NSSHIM_LIB:-$top/build/shim/libnsshim.so}
[[ -x ${library%/*}/nsshim-keeper ]] || fail "there is no nsshim-keeper beside $library"

cat >"$work/fill.py" <<'PY'
import os, signal, socket, sys

# fill.py ADDRESS PORT HOW: sends what the buffer takes, says how much, ends.
how = sys.argv[3]
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
s.setblocking(False)
block = bytes(range(256)) * 256
sent = 0
try:
    while sent < 3 << 20:
        at = sent % 256
        sent += s.send(block[at:])
except BlockingIOError:
    pass
print(sent, flush=True)
if how == "exit":
    sys.exit(7)
if how == "_exit":
    os._exit(7)
if how == "child" and os.fork() == 0:
    os.setsid()
    os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
PY

cat >"$work/read.py" <<'PY'
import os, socket, sys, time

# read.py PORT GATE: takes one connection, reads when the file GATE is there.
with socket.create_server(("", int(sys.argv[1]))) as server:
    c, _ = server.accept()
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
got = 0
pattern = bytes(range(256)) * 512
try:
    while data := c.recv(65536):
        at = got % 256
        assert data == pattern[at:at + len(data)], "wrong bytes at %d" % got
        got += len(data)
    print("end after", got, flush=True)
except OSError as e:
    print(e, "after", got, flush=True)
PY

# The variables of the bare form; `address` may be another one.
address=$OURS
bare()
{
  kernel env NSSHIM_TAP=tap0 "NSSHIM_ADDR=$address/24" NSSHIM_GATEWAY=$KERNEL \
    ${impair:+"NSSHIM_IMPAIR=$impair"} "LD_PRELOAD=$library" "$@"
}

make_tap()
{
  ip -n $ns tuntap add dev tap0 mode tap vnet_hdr || fail "cannot make a TAP"
  ip -n $ns addr add $KERNEL/24 dev tap0
  ip -n $ns link set tap0 up
}

keepers()
{
  local p
  for p in $(ip netns pids $ns); do
    [[ $(cat "/proc/$p/comm" 2>/dev/null) != nsshim-keeper ]] || echo "$p"
  done
}

no_keeper()
{
  [[ -z $(keepers) ]]
}

# dies HOW STATUS bare|ours: all bytes arrive after the end.
port=9000
dies()
{
  local sent status began took
  port=$((port + 1))
  rm -f "$work/gate"
  start kernel python3 "$work/read.py" $port "$work/gate"
  kernel_listens $port
  began=$(date +%s%N)
  sent=$($3 python3 "$work/fill.py" $KERNEL $port "$1")
  status=$?
  took=$((($(date +%s%N) - began) / 1000000))
  ((status == $2)) || fail "$1: exit status $status"
  touch "$work/gate"
  wait "$pid"
  [[ $(<"$log") == "end after $sent" ]] ||
    fail "$1, $3: sent $sent, the peer says: $(<"$log")"
  proved "$3, $1: $sent bytes and the end arrived, the program took $took ms"
}

# --- all ways to end -----------------------------------------------------------

impair=
make_tap
dies exit 7 bare
dies _exit 7 bare
dies kill 137 bare
dies child 137 bare
impair=loss=5%,delay=5ms,seed=3
dies kill 137 bare
dies exit 7 bare
impair=

# --- nobody sees it ------------------------------------------------------------

cat >"$work/notices.py" <<'PY'
import os, signal, socket, sys

def on_child(*_):
    sys.exit("a SIGCHLD")

signal.signal(signal.SIGCHLD, on_child)
r, w = os.pipe()
before = set(os.listdir("/proc/self/fd"))
s = socket.create_connection((sys.argv[1], 8000))
try:
    os.waitpid(-1, os.WNOHANG)
    sys.exit("a child")
except ChildProcessError:
    pass
os.close(w)
assert os.read(r, 1) == b"", "somebody holds our pipe"
print("nothing")
sys.stdout.flush()
sys.stdin.read()
PY
start kernel python3 "$top/integration/http_peer.py" 8000 "$work"
kernel_listens 8000
mkfifo "$work/stdin"
bare python3 "$work/notices.py" $KERNEL <"$work/stdin" >"$work/notices.out" 2>&1 &
program=$!
started+=($program)
exec {hold}>"$work/stdin"
eventually grep -q . "$work/notices.out"
[[ $(<"$work/notices.out") == nothing ]] || fail "it notices: $(<"$work/notices.out")"
keeper=$(keepers)
[[ -n $keeper && $keeper != *$'\n'* ]] || fail "keepers: $keeper"
[[ $(readlink "/proc/$keeper/cwd") == / ]] || fail "its working directory"
grep -q '^CapEff:.0000000000000000$' "/proc/$keeper/status" || fail "its capabilities"
grep -q '^NoNewPrivs:.1$' "/proc/$keeper/status" || fail "its privileges"
[[ $(cut -d' ' -f5,6,7 "/proc/$keeper/stat") == "$keeper $keeper 0" ]] ||
  fail "its process group, session or terminal"
for fd in "/proc/$keeper"/fd/*; do
  case $(readlink "$fd") in
  /dev/null | /dev/net/tun | /memfd:nsshim* | socket:* | anon_inode:*pidfd*) ;;
  *) fail "it holds $(readlink "$fd")" ;;
  esac
done
woken()
{
  awk '/_switches:/ { n += $2 } END { print n }' "/proc/$keeper/status"
}
# Not while it still starts.
sleeps()
{
  local before
  before=$(woken)
  sleep 0.5
  (($(woken) == before))
}
eventually sleeps
exec {hold}>&-
wait $program || fail "the program"
eventually no_keeper
proved "no child, no signal, no descriptor held, no capability, no wake-up; gone at the end"

# --- the device is free for the next one ----------------------------------------

make_file page 1
fetch()
{
  bare curl -sS -f --max-time 20 -o "$work/got" http://$KERNEL:8000/page || fail "$1"
  same "$work/page" "$work/got"
}
for n in 1 2 3 4 5 6 7 8; do
  fetch "run $n at once after another"
done
proved "8 runs on one TAP, each at once after the other"

# A peer that does not read: there is something to deliver for a long time.
stuck()
{
  port=$((port + 1))
  rm -f "$work/gate"
  start kernel python3 "$work/read.py" $port "$work/gate"
  kernel_listens $port
  sent=$(bare python3 "$work/fill.py" $KERNEL $port exit)
  [[ -n $(keepers) ]] || fail "no keeper delivers to a peer that is slow"
}
stuck
keeper=$(keepers)
fetch "while a keeper delivers"
[[ $(keepers) == "$keeper" ]] || fail "another keeper: $(keepers), not $keeper"
touch "$work/gate"
wait "$pid"
[[ $(<"$log") == "end after $sent" ]] || fail "sent $sent, the peer says: $(<"$log")"
eventually no_keeper
proved "the next program goes on with a stack that still delivers"

stuck
address=10.77.0.3
fetch "another address, while a keeper delivers"
address=$OURS
proved "one with another configuration has the device, too"
stop "$pid"

# --- a killed keeper -------------------------------------------------------------

mkfifo "$work/stdin2"
bare python3 -c '
import socket, sys
a = socket.create_connection((sys.argv[1], 8000))
print("here", flush=True)
sys.stdin.readline()
a.sendall(b"GET /page HTTP/1.0\r\n\r\n")
a.shutdown(socket.SHUT_WR)
n = 0
while data := a.recv(65536): n += len(data)
print("got", n > 1048576)
' $KERNEL <"$work/stdin2" >"$work/killed.out" 2>&1 &
program=$!
exec {hold}>"$work/stdin2"
eventually grep -q here "$work/killed.out"
kill -9 "$(keepers)"
echo >&$hold
exec {hold}>&-
wait $program || fail "without its keeper: $(<"$work/killed.out")"
grep -q 'got True' "$work/killed.out" || fail "without its keeper: $(<"$work/killed.out")"
fetch "after a killed keeper"
proved "a keeper that was killed is missed by nobody"

# --- run-with-stack.sh -----------------------------------------------------------

eventually no_keeper
ip -n $ns link del tap0
no_tap()
{
  ! ip -n $ns link show dev tap0
}
dies kill 137 ours
eventually no_tap
dies exit 7 ours
for n in 1 2 3 4 5; do
  ours curl -sS -f --max-time 20 -o "$work/got" http://$KERNEL:8000/page ||
    fail "the wrapper, run $n at once after another"
  same "$work/page" "$work/got"
done
eventually no_tap
proved "run-with-stack.sh: its TAP is taken back when the keeper is done, and the next run has it at once"
