#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# haproxy.sh - haproxy before two backends, all on one stack, reloaded
#
#   haproxy -W 10.77.0.2:80 --- loopback of the stack --- nginx :8001, :8002
#      |
#      ==tap0== 10.77.0.1 load_peer.py; a third backend 10.77.0.1:8003
#
# What this script is for
#   A master that executes itself again with its listeners, which its next worker
#   takes from the last one; connections inside the stack and over the TAP
#   in one process; and a backend that dies and comes back.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"
need haproxy nginx curl python3
net_up
haproxy=$(command -v haproxy)
reloads=3
[[ -z $full ]] || reloads=30 limit=600
make_pages

cat >"$work/haproxy.cfg" <<CONF
global
  pidfile $work/haproxy.pid
  maxconn 500
  stats socket $work/haproxy.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  timeout connect 10s
  timeout client 30s
  timeout server 30s
  retries 5
  option redispatch
  retry-on conn-failure empty-response
frontend web
  bind $OURS:80
  default_backend pages
backend pages
  balance roundrobin
  server one $OURS:8001 check inter 200ms
  server two 127.0.0.1:8002 check inter 200ms
  server far $KERNEL:8003 check inter 200ms
CONF

# The family starts in one shell: one stack for all three.
cat >"$work/all.sh" <<'SH'
nginx=$1 haproxy=$2 work=$3
$nginx -e $work/error.log -c $work/one.conf
$nginx -e $work/error.log -c $work/two.conf
exec $haproxy -W -f $work/haproxy.cfg
SH
# Sent in one write, so whole or not at all.
printf 'one word' >"$work/word"
for name in one=8001 two=8002 far=8003; do
  nginx_conf "daemon on" "pid $work/${name%=*}.pid" "server: listen ${name#*=}" \
    'server: location = /word { return 200 "one word"; }'
  mv "$work/nginx.conf" "$work/${name%=*}.conf"
done
kernel nginx -e "$work/far.err" -c "$work/far.conf" || fail "the third backend"
start ours sh "$work/all.sh" "$(command -v nginx)" "$haproxy" "$work"
ours_answers 80
eventually test -s "$work/haproxy.pid"

for _ in 1 2 3 4 5 6; do
  get_page file
done
proved "16 MiB through the proxy, twice from each of three backends"

load_all()
{
  load_begin "$OURS/1k" "$work/www/1k" --clients 6
  load_begin "$OURS/300k" "$work/www/300k" --clients 3
  load_begin "$OURS/1k" "$work/www/1k" --clients 4 --close
}

load_all
for ((n = 0; n < reloads; n++)); do
  mapfile -t old < <(children "$work/haproxy.pid")
  sleep 0.3
  kill -USR2 "$(<"$work/haproxy.pid")"
  eventually none_of "${old[@]}"
done
sleep 0.3
load_end "during reloads"
proved "$reloads reloads under load: $loaded"

# No answer, or a whole one: then the proxy asks the next backend, and no client
# sees anything.
load_begin "$OURS/word" "$work/word" --clients 8
load_begin "$OURS/word" "$work/word" --clients 4 --close
for _ in 1 2 3; do
  sleep 0.3
  victim=$(children "$work/one.pid")
  kill -9 "$victim"
  eventually none_of "$victim"
done
sleep 0.3
load_end "while a backend was killed"
proved "a backend killed three times under load: $loaded"
get_page file
