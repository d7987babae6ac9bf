#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill_campaign.sh - random processes of a loaded server, killed again and again
#
#   nginx master + 4 workers + stack 10.77.0.2:80 ==tap0== 10.77.0.1 peer, curl
#
# What this script is for
#   First SIGKILL at random moments, then workers that are killed by a timer of
#   their own at an instruction inside the stack (NSSHIM_DIE_INSIDE). 40 long
#   connections move data all the time and know which worker serves them. What
#   must hold: after each kill a whole answer comes; no survivor crashes or hangs;
#   only connections of dead workers break, and of survivors at most one for each
#   death inside, the one that was being changed; afterwards the stack has as many
#   sockets and as much memory in use as after the same without a kill, and
#   the master as many descriptors.
#   50 kills; 1,000 with NSSHIM_FULL=1.

. "$(dirname "$0")/net.sh"
need nginx curl python3
net_up
kills=50
limit=300
[[ -z $full ]] || kills=1000 limit=3600
mkdir -p "$work/www" "$work/tmp"
head -c 30000 /dev/urandom >"$work/www/file"
cat >"$work/nginx.conf" <<EOF
daemon off;
worker_processes 4;
user root;
pid $work/nginx.pid;
error_log $work/error.log notice;
events { worker_connections 512; }
http {
  access_log off;
  keepalive_requests 1000000;
  keepalive_timeout 600;
  client_body_temp_path $work/tmp/body;
  proxy_temp_path $work/tmp/proxy;
  fastcgi_temp_path $work/tmp/fastcgi;
  uwsgi_temp_path $work/tmp/uwsgi;
  scgi_temp_path $work/tmp/scgi;
  server { listen 80; root $work/www; add_header X-Pid \$pid always; }
}
EOF

# server_up [VAR=VALUE]; stack.log gets the counters of whoever ends last.
server_up()
{
  : >"$work/error.log"
  rm -f "$work/stack.log"
  start ours env NSSHIM_LOG=info,"$work/stack.log" "$@" \
    nginx -e "$work/error.log" -c "$work/nginx.conf"
  server=$pid
  ours_answers 80
  eventually test -s "$work/nginx.pid"
  master=$(<"$work/nginx.pid")
  start kernel "$top/integration/campaign_peer.py" "$OURS" 80 "$work/www/file" \
    40 "$work/peer.log"
  peer=$pid
}

# The number of a counter when the last process ended.
counter()
{
  awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }' "$work/stack.log"
}

server_down()
{
  kill "$peer"
  wait "$peer"
  grep -q answers "$work/peer.log" || fail "the peer did not end"
  # It may or may not be the one that watches the others.
  fds=$(find /proc/"$master"/fd -type l ! -lname '*pidfd*' | wc -l)
  kill -QUIT "$master"
  eventually test ! -e "$work/nginx.pid"
  wait "$server"
  memory=$(counter MEMORY_BYTES)
  objects=$(counter SOCKETS)/$(counter TCP_CONNECTIONS)/$(counter PACKETS)
  objects+=/$(counter EPOLL_SETS)/$(counter SLEEPERS)
  inherited=$(counter LOCK_INHERITED)
  answers=$(awk '$1 == "answers" { print $2 }' "$work/peer.log")
}

answered()
{
  kernel curl -sS -f --max-time 10 -o "$work/got" "http://$OURS/file" \
    >>"$work/curl.log" 2>&1 && same "$work/www/file" "$work/got"
}

# Sets $took, in microseconds.
timed()
{
  local began=${EPOCHREALTIME/./}
  "$@" || return
  took=$((${EPOCHREALTIME/./} - began))
}

# Not those that have ended and that the master has not heard of yet.
workers()
{
  pgrep -P "$master" -r R,S,D
}

workers_are()
{
  [[ $(workers | wc -l) == "$1" ]]
}

# The first try, or several, may have been those of workers that died.
answered_by_somebody()
{
  local n
  for ((n = 0; n < $1; n++)); do
    answered && return
  done
  return 1
}

# Of the connections that broke, those whose worker is alive: "survivors".
count_losses()
{
  grep -oE 'process [0-9]+ exited on signal 9' "$work/error.log" |
    awk '{ print $2 }' >"$work/dead"
  deaths=$(wc -l <"$work/dead")
  lost=$(grep -c '^lost' "$work/peer.log")
  survivors=$(awk 'NR == FNR { dead[$1] = 1; next }
    $1 == "lost" && $2 != 0 && !dead[$2] { n++ } END { print n + 0 }' \
    "$work/dead" "$work/peer.log")
  ! grep -E '^(wrong|stalled)' "$work/peer.log" || fail "not what was sent"
  ! grep -E 'exited on signal ([0-8]|1[0-9])\b' "$work/error.log" ||
    fail "a survivor crashed"
}

# As much in use as without a kill. Tables stay as large as they once were, and
# TIME-WAIT lasts a minute.
no_leak()
{
  [[ $objects == "$objects_before" ]] ||
    fail "$objects sockets, connections, packets, epoll sets, sleepers left;" \
      "$objects_before without a kill"
  ((memory <= memory_before + 1048576)) ||
    fail "$memory bytes in use at the end, $memory_before without a kill"
  ((fds <= fds_before)) || fail "$fds descriptors of the master, not $fds_before"
}

server_up
longest=0
for ((n = 1; n <= 20; n++)); do
  timed answered || fail "no answer without a kill"
  ((took <= longest)) || longest=$took
done
server_down
memory_before=$memory objects_before=$objects fds_before=$fds

server_up
slow=0
for ((n = 1; n <= kills; n++)); do
  sleep "0.0$((RANDOM % 90 + 10))"
  eventually workers
  kill -9 "$(workers | shuf -n 1)"
  timed answered_by_somebody 3 || fail "no answer after kill $n"
  # On a machine that does other things nothing is quick.
  ((took < 2000000 + 4 * longest)) || slow=$((slow + 1))
  [[ -e /proc/$master ]] || fail "the master died at kill $n"
done
((slow * 20 <= kills)) || fail "$slow of $kills times the answer took over 2 s"
eventually workers_are 4
server_down
count_losses
((deaths == kills)) || fail "$deaths deaths for $kills kills"
((survivors <= inherited)) ||
  fail "$survivors connections of survivors lost, $inherited deaths inside"
no_leak
proved "$kills kills, $inherited of them inside the stack: $answers answers;" \
  "$lost connections broke, $survivors of them of survivors;" \
  "$slow answers took over 2 s; $memory bytes and $fds descriptors in the end," \
  "$memory_before and $fds_before without a kill"

server_up NSSHIM_DIE_INSIDE=300
for ((n = 1; n <= kills * 4; n++)); do
  answered_by_somebody 20 || fail "no answer at all, try $n"
  [[ -e /proc/$master ]] || fail "the master died"
done
server_down
count_losses
((inherited >= 5)) || fail "only $inherited of $deaths deaths were inside"
((survivors <= inherited)) ||
  fail "$survivors connections of survivors lost, $inherited deaths inside"
no_leak
proved "$deaths deaths by their own timers, $inherited inside the stack:" \
  "$answers answers; $lost connections broke, $survivors of them of survivors;" \
  "$memory bytes in the end"
