#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# herd.sh - a frame wakes the process that wants it, not the whole family
#
#   nginx, 4 workers + stack 10.77.0.2 ==tap0== 10.77.0.1 one client
#
# What this script is for
#   One connection asks for a page again and again; all threads of all processes
#   of the server are asked how often they went to sleep meanwhile. On the kernel
#   that is once a request. Counts, not times; but the stack thread looks where its
#   program has been for so long, so a crawling machine skips it. Then the same of
#   one process, with pauses between the requests: its stack thread stays asleep.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need nginx python3
net_up
requests=3000
[[ -z $full ]] || requests=30000

cat >"$work/ask.py" <<'EOF'
import socket
import sys
import time

addr, count, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
c = socket.create_connection((addr, 80), timeout=30)
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
want = b"0123456789\n"
slow = 0
for _ in range(count):
    time.sleep(pause)
    began = time.monotonic()
    c.sendall(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while not got.endswith(want):
        more = c.recv(4096)
        if not more:
            sys.exit("closed")
        got += more
    slow += time.monotonic() - began > 0.001
print(slow)
EOF

# Times that the threads of these processes went to sleep.
sleeps()
{
  local p
  for p in "$@"; do
    cat /proc/"$p"/task/*/status
  done | awk '/^voluntary_ctxt_switches:/ { n += $2 } END { print n }'
}

family()
{
  local p
  for p in $(ours_pids); do
    [[ $(<"/proc/$p/comm") != nginx ]] || echo "$p"
  done
}

mkdir "$work/www"
echo 0123456789 >"$work/www/page"
nginx_conf "worker_processes 4"
nginx_up
mapfile -t pids < <(family)
((${#pids[@]} == 5)) || fail "${#pids[@]} processes, not a master and four workers"
kernel python3 "$work/ask.py" "$OURS" 200 0 >/dev/null || fail "no answers"
for ((try = 0; try < 5; try++)); do
  before=$(sleeps "${pids[@]}") began=$(date +%s%N)
  kernel python3 "$work/ask.py" "$OURS" $requests 0 >/dev/null || fail "no answers"
  slept=$(($(sleeps "${pids[@]}") - before))
  rate=$((requests * 1000000000 / ($(date +%s%N) - began)))
  # Each worker that is woken for nothing makes it one more.
  ((slept >= requests * 5 / 2)) || break
done
((slept < requests * 5 / 2 || rate >= 1500)) ||
  skip "with $rate requests a second, what goes by the clock counts for too much"
((slept < requests * 5 / 2)) ||
  fail "$slept sleeps of a family of 5 for $requests requests"
proved "$requests requests, $slept sleeps in all of 4 workers and their master"
nginx_down

rare=30
nginx_conf "master_process off"
nginx_up
mapfile -t pids < <(family)
((${#pids[@]} == 1)) || fail "${#pids[@]} processes, not one"
kernel python3 "$work/ask.py" "$OURS" 200 0 >/dev/null || fail "no answers"
for ((try = 0; try < 5; try++)); do
  before=$(sleeps "${pids[@]}")
  slow=$(kernel python3 "$work/ask.py" "$OURS" $rare 0.03) || fail "no answers"
  slept=$(($(sleeps "${pids[@]}") - before))
  # Where the program was away for long, the stack thread looked.
  ((slept >= rare * 2 + slow * 5)) || break
done
((slept < rare * 2 + slow * 5)) ||
  fail "$slept sleeps for $rare rare requests, $slow of them slow"
proved "$rare requests with pauses, $slept sleeps of the program and its stack thread"
nginx_down
