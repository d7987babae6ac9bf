#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# apache2.sh - apache with its prefork, worker and event modules
#
#   apache2 + children + stack 10.77.0.2:80 ==tap0== 10.77.0.1 load_peer.py, ab
#
# What this script is for
#   Children that accept in turn under a mutex of processes, children with
#   threads and epoll, and `graceful` while requests keep coming.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need apache2 ab curl python3
net_up
apache=$(command -v apache2)
reloads=2
[[ -z $full ]] || reloads=20 limit=600
make_pages

apache_conf()
{
  cat >"$work/apache.conf" <<CONF
ServerRoot $work
ServerName stack.test
PidFile $work/apache.pid
ErrorLog $work/error.log
DefaultRuntimeDir $work
User www-data
Group www-data
Listen 80
LoadModule mpm_$1_module /usr/lib/apache2/modules/mod_mpm_$1.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
DocumentRoot $work/www
StartServers 3
MaxRequestWorkers 75
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 30
${2-}
CONF
}

apache_up()
{
  # Its own process group, to all of which it sends a TERM at its end.
  start ours setsid "$apache" -f "$work/apache.conf" "$@"
  ours_answers 80
  eventually test -s "$work/apache.pid"
}

reloaded()
{
  [[ $(grep -c 'resuming normal operations' "$work/error.log") -gt $1 ]]
}

try_graceful()
{
  local n before
  load_begin "$OURS/1k" "$work/www/1k" --clients 6
  load_begin "$OURS/300k" "$work/www/300k" --clients 3
  load_begin "$OURS/1k" "$work/www/1k" --clients 4 --close
  for ((n = 0; n < reloads; n++)); do
    sleep 0.5
    before=$(grep -c 'resuming normal operations' "$work/error.log")
    kill -USR1 "$(<"$work/apache.pid")"
    eventually reloaded "$before"
  done
  sleep 0.5
  load_end "during graceful restarts"
  proved "$reloads graceful restarts under load, $1: $loaded"
}

try_mpm()
{
  local how
  apache_conf "$@"
  apache_up -D FOREGROUND
  get_page file
  kernel ab -q -n 3000 -c 20 "http://$OURS/1k" >"$work/ab.log" 2>&1 || fail "ab"
  kernel ab -q -k -n 6000 -c 20 "http://$OURS/1k" >>"$work/ab.log" 2>&1 || fail "ab -k"
  [[ $(grep -c 'Failed requests: *0' "$work/ab.log") == 2 ]] || fail "ab: failed requests"
  proved "16 MiB, and ab with 9,000 requests, none failed, $1"
  try_graceful "$1"
  get_page file
  ! grep -E 'exit signal' "$work/error.log" || fail "a child crashed"
  kill -WINCH "$(<"$work/apache.pid")"
  eventually test ! -e "$work/apache.pid"
  stack_ended
}

try_mpm prefork
try_mpm worker "ThreadsPerChild 25"
try_mpm event "ThreadsPerChild 25"
# And as a daemon: its own fork, without a parent.
apache_conf event "ThreadsPerChild 25"
apache_up
get_page file
kill -TERM "$(<"$work/apache.pid")"
stack_ended
proved "16 MiB from a daemon"
