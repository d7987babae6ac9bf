#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill_campaign.sh - random processes of a loaded server, killed again and again
#
#   nginx master + 4 workers + stack 10.77.0.2:80 ==tap0== 10.77.0.1 wrk, curl
#
# What this script is for
#   SIGKILL at random moments: after each kill a whole answer comes, at the second
#   try at the latest, and all but one in twenty within two seconds. What survivors'
#   other connections lose, and what memory is left behind, is not counted here.
#   50 kills; 1,000 with NSSHIM_FULL=1. Then the same server with workers that
#   kill themselves holding the stack lock, every few thousand turns.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need nginx wrk curl
net_up
kills=50
limit=300
[[ -z $full ]] || kills=1000 limit=3600
mkdir -p "$work/www"
make_file www/file 1
nginx_conf "worker_processes 4"
# server_up [VAR=VALUE]
server_up()
{
  nginx_up "$@"
  master=$(<"$work/nginx.pid")
}

server_up
load()
{
  while :; do
    kernel wrk -t 1 -c 20 -d 60 --timeout 5 "http://$OURS/file" >/dev/null 2>&1
  done
}
load &
started+=($!)

slow=0
for ((n = 1; n <= kills; n++)); do
  sleep "0.$((RANDOM % 200 + 100))"
  kill -9 "$(pgrep -P "$master" | shuf -n 1)"
  began=${EPOCHREALTIME/./}
  kernel curl -sS -f --max-time 10 -o "$work/got" "http://$OURS/file" \
    >>"$work/curl.log" 2>&1 ||
    kernel curl -sS -f --max-time 10 -o "$work/got" "http://$OURS/file" ||
    fail "no answer after kill $n"
  same "$work/www/file" "$work/got"
  ((${EPOCHREALTIME/./} - began < 2000000)) || slow=$((slow + 1))
  [[ -e /proc/$master ]] || fail "the master died at kill $n"
done
((slow * 20 <= kills)) || fail "$slow of $kills times the answer took over 2 s"
no_crash()
{
  ! grep -E 'exited on signal ([0-8]|1[0-9])\b' "$work/error.log" ||
    fail "a survivor crashed"
}

no_crash
[[ $(pgrep -P "$master" | wc -l) == 4 ]] || fail "not all workers are back"
proved "$kills kills; $slow times an answer took more than 2 s"

kill -QUIT "$master"
eventually test ! -e "$work/nginx.pid"
wait "$pid"
: >"$work/error.log"
server_up NSSHIM_DIE_INSIDE=2000
lost=0
for ((n = 1; n <= 200; n++)); do
  kernel curl -sS -f --max-time 5 -o "$work/got" "http://$OURS/file" \
    >>"$work/curl.log" 2>&1 || { lost=$((lost + 1)) && continue; }
  same "$work/www/file" "$work/got"
done
deaths=$(grep -c 'exited on signal 9' "$work/error.log")
no_crash
[[ -e /proc/$master ]] || fail "the master died"
((deaths >= 5)) || fail "only $deaths deaths with the lock held"
((lost <= deaths)) || fail "$lost requests lost by $deaths deaths with the lock held"
proved "$deaths deaths with the lock held, $lost of 200 requests lost"
