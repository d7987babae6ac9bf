#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# python.sh - Python on our stack: http.server, urllib, asyncio
#
#   python3 + stack 10.77.0.2 ==tap0== 10.77.0.1 python3, curl

. "$(dirname "$0")/net.sh"
need python3 curl
net_up
mkdir -p "$work/www" "$work/got"
make_file www/file 32
make_file many 20
split -n 20 -d -a 2 "$work/many" "$work/www/part"

# http.server is a ThreadingHTTPServer.
start ours python3 -m http.server --directory "$work/www" 80
ours_answers 80
kernel curl -sS -f --max-time 60 -o "$work/got/file" "http://$OURS/file" ||
  fail "curl from http.server"
same "$work/www/file" "$work/got/file"
kernel curl -sS -f --max-time 60 --parallel --parallel-max 20 --no-progress-meter \
  -o "$work/got/part#1" "http://$OURS/part[00-19]" || fail "curl, 20 at once"
cat "$work"/got/part* | same "$work/many" - "20 pages"
stop $pid
proved "http.server: 32 MiB, and 20 pages from 20 threads"

start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80
ours python3 - "http://$KERNEL/file" "$work/got/urllib" <<'EOF' || fail "urllib"
import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=30) as page:
    with open(sys.argv[2], "wb") as out:
        shutil.copyfileobj(page, out)
EOF
same "$work/www/file" "$work/got/urllib"
proved "urllib: 32 MiB"

start kernel python3 "$top/integration/echo_peer.py" server $KERNEL 7
kernel_listens 7
ours python3 "$top/integration/echo_peer.py" client $KERNEL 7 1000 20000 \
  >"$work/client.log" 2>&1 || fail "asyncio client"
proved "asyncio client: $(tail -n 1 "$work/client.log")"
