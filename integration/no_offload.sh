#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# no_offload.sh - the same stack with checksum and segmentation offload off
#
#   curl, http.server + stack 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py, curl

. "$(dirname "$0")/net.sh"
need curl python3 ping
export NSSHIM_OFFLOAD=off
net_up
mkdir "$work/www"
make_file www/file 64
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80

ours curl -sS -f --max-time "$limit" -o "$work/got" "http://$KERNEL/file" || fail "download"
same "$work/www/file" "$work/got"
ours curl -sS -f --max-time "$limit" -T "$work/www/file" "http://$KERNEL/up" || fail "upload"
same "$work/www/file" "$work/www/up"
proved "64 MiB each way as a client"

start ours python3 -m http.server --directory "$work/www" 80
ours_answers 80
kernel curl -sS -f --max-time "$limit" -o "$work/got" "http://$OURS/file" || fail "from the server"
same "$work/www/file" "$work/got"
kernel ping -q -c 5 -i 0.05 -s 4000 -W 20 $OURS >"$work/ping" || fail "ping"
proved "64 MiB from a server, and fragmented echo requests"
