#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# wget.sh - wget on our stack: a file, and a whole folder by its links
#
#   wget + stack 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py :80

. "$(dirname "$0")/net.sh"
need wget python3
net_up
mkdir -p "$work/www/folder" "$work/got"
make_file www/file 20
for n in 1 2 3 4 5; do
  make_file www/folder/$n 1
done
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80

ours wget -q -T 20 -t 2 -O "$work/got/file" "http://$KERNEL/file" || fail "wget"
same "$work/www/file" "$work/got/file"
proved "20 MiB"

ours wget -q -T 20 -t 2 -r -np -nH -P "$work/got" "http://$KERNEL/folder/" ||
  fail "wget -r"
for n in 1 2 3 4 5; do
  same "$work/www/folder/$n" "$work/got/folder/$n"
done
proved "a folder of five files over one connection kept alive"
