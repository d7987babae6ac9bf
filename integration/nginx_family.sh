#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# nginx_family.sh - nginx with a master and 4 workers, replaced under load
#
#   master + 4 workers + stack 10.77.0.2:80 ==tap0== 10.77.0.1 load_peer.py, wrk
#
# What this script is for
#   Reload, binary upgrade and the death of workers while requests keep coming:
#   not one may fail that would not fail on the kernel. Twice: in the foreground,
#   and as a daemon.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need nginx wrk curl python3
net_up
nginx=$(command -v nginx)
reloads=3 kills=4
[[ -z $full ]] || reloads=30 kills=40 limit=600
make_pages

master()
{
  cat "$work/nginx.pid"
}

# Kept connections with small and with large answers, and new ones.
load_all()
{
  load_begin "$OURS/1k" "$work/www/1k" --clients 8 "$@"
  load_begin "$OURS/300k" "$work/www/300k" --clients 4 "$@"
  load_begin "$OURS/1k" "$work/www/1k" --clients 4 --close "$@"
}

try_reload()
{
  local n old
  load_all
  for ((n = 0; n < reloads; n++)); do
    mapfile -t old < <(children "$work/nginx.pid")
    sleep 0.3
    kill -HUP "$(master)"
    eventually none_of "${old[@]}"
    eventually children_are 4 "$work/nginx.pid"
  done
  load_end "during reloads"
  proved "$reloads reloads under load, daemon $1: $loaded"
}

is_new_master()
{
  [[ -s $work/nginx.pid && $(master) != "$1" ]]
}

# The upgrade that nginx's manual describes: a new master with the listeners of
# the old one, which then lets its workers go and ends. Only a daemon does it.
try_upgrade()
{
  local old
  old=$(master)
  load_all
  sleep 0.3
  kill -USR2 "$old"
  eventually is_new_master "$old"
  eventually children_are 4 "$work/nginx.pid"
  kill -WINCH "$old"
  sleep 0.3
  kill -QUIT "$old"
  eventually none_of "$old"
  sleep 0.3
  load_end "during the binary upgrade"
  get_page file
  proved "binary upgrade under load: $loaded"
}

# What a killed worker was doing is lost, as anywhere; nobody else's is.
try_kills()
{
  local n victim lost
  load_begin "$OURS/300k" "$work/www/300k" --clients 8 --lossy
  for ((n = 0; n < kills; n++)); do
    sleep 0.3
    victim=$(children "$work/nginx.pid" | shuf -n 1)
    kill -9 "$victim"
    eventually none_of "$victim"
    eventually children_are 4 "$work/nginx.pid"
  done
  load_end "workers killed"
  lost=$(grep -oE '[0-9]+ failed' <<<"$loaded")
  ((${lost% *} <= kills * 8)) || fail "$lost: more than the killed ones had"
  ! grep -E 'timed out|wrong content' "$log" || fail "answers that hang or are wrong"
  ! grep -E 'exited on signal ([0-8]|1[0-9])\b' "$work/error.log" ||
    fail "a survivor crashed"
  get_page file
  proved "$kills workers killed under load and replaced, daemon $1: $loaded"
}

for daemon in off on; do
  nginx_conf "daemon $daemon" "worker_processes 4"
  nginx_up
  get_page file
  kernel wrk -t 1 -c 50 -d 2 --timeout 5 "http://$OURS/1k" >"$work/wrk.log" 2>&1
  ! grep -E 'Socket errors|Non-2xx' "$work/wrk.log" || fail "wrk saw errors"
  proved "16 MiB, and wrk without an error, daemon $daemon"
  try_reload $daemon
  [[ $daemon == off ]] || try_upgrade
  try_kills $daemon
  nginx_down
done
