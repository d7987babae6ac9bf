#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# killed.sh - kill -9 under load, fifty times, and the next one works at once
#
#   nginx + stack 10.77.0.2:80 ==tap0== 10.77.0.1   three curls, never done
#
# What this script is for
#   A server that is killed in the middle leaves its TAP, its address and the
#   peers' connections behind. The next one gets all of them, and answers within a few
#   seconds: on a TAP that run-with-stack.sh makes and takes back, on one that
#   was there before, and when run-with-stack.sh was killed as well.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need python3 curl nginx
net_up
make_file file 64
head -c 100000 "$work/file" >"$work/small"
nginx_conf "master_process off" "server: root $work"

# Until $work/enough is there; what fails in between is meant to.
load()
{
  while [[ -d $work && ! -e $work/enough ]]; do
    kernel curl -s --max-time 2 -o /dev/null "http://$OURS/file"
  done
}

answers()
{
  local n
  for ((n = 0; n < 60; n++)); do
    kernel curl -s -f --max-time 1 -o "$work/got" "http://$OURS/small" 2>/dev/null &&
      cmp -s "$work/small" "$work/got" && return
    kill -0 "$pid" 2>/dev/null || fail "$1: it did not start: $(tail -n 1 "$log")"
    sleep 0.1
  done
  fail "$1: no answer in time"
}

# round NAME TIMES [wrapper]: the server is killed, and who started it too.
round()
{
  local n loads=() worst=0 took began
  rm -f "$work/enough"
  for n in 1 2 3; do
    load &
    loads+=($!)
  done
  for ((n = 1; n <= $2; n++)); do
    rm -f "$work/nginx.pid"
    began=$(date +%s%N)
    start ours nginx -e "$work/error.log" -c "$work/nginx.conf"
    answers "$1, $n"
    took=$((($(date +%s%N) - began) / 1000000))
    ((took <= worst)) || worst=$took
    # Anywhere in what it does.
    sleep "0.0$((RANDOM % 90 + 10))"
    {
      [[ -z ${3-} ]] || pkill -9 -P "$pid"
      kill -9 "$(<"$work/nginx.pid")"
      wait "$pid"
    } 2>/dev/null
  done
  touch "$work/enough"
  wait "${loads[@]}"
  proved "$1: killed $2 times, the next one answered within $worst ms"
}

round "a TAP of the wrapper's" 25
round "wrapper killed, too" 5 wrapper
ours true || fail "after a killed wrapper"
stack_ended
ip -n $ns tuntap add dev tap0 mode tap vnet_hdr || fail "cannot make a TAP"
ip -n $ns addr add $KERNEL/24 dev tap0
ip -n $ns link set tap0 up
round "a TAP that stays" 25

# Not killed, but its device is taken away: it says so, once, and is quiet.
cpu_ticks()
{
  awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

start ours python3 -m http.server --directory "$work" 80
answers "before the TAP is removed"
ip -n $ns link del tap0
eventually grep -q 'was removed' "$log"
server=$(pgrep -P "$pid")
before=$(cpu_ticks "$server")
sleep 1
spent=$(($(cpu_ticks "$server") - before))
((spent < 20)) || fail "without its TAP it spent $spent of 100 ticks"
(($(grep -c 'was removed' "$log") == 1)) || fail "nobody said that the TAP was removed"
proved "a TAP taken away: said so, and spent $spent of 100 ticks"
