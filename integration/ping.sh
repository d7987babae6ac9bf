#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ping.sh - the stack answers echo requests of the kernel's end
#
#   python3 http.server + stack 10.77.0.2 ==tap0== 10.77.0.1 ping
#
# What this script is for
#   Small, full, fragmented and many requests: each must be answered with its
#   own bytes (ping compares them), also beside a busy connection.

. "$(dirname "$0")/net.sh"
need ping python3 curl
net_up
mkdir "$work/www"
make_file www/file 64
start ours python3 -m http.server --directory "$work/www" 80
ours_answers 80
# What comes while our program has no turn waits, and is not dropped.
[[ $side == veth ]] || ip -n $ns link set tap0 txqueuelen 5000

# ask COUNT INTERVAL SIZE OPTIONS...: all must be answered, intact.
ask()
{
  kernel ping -n -c "$1" -i "$2" -s "$3" -W 20 -p a5c3 "${@:4}" $OURS >"$work/ping" ||
    fail "ping -s $3: $(tail -n 3 "$work/ping")"
  grep -q ' 0% packet loss' "$work/ping" || fail "ping -s $3: $(tail -n 2 "$work/ping")"
  ! grep -q 'wrong data' "$work/ping" || fail "ping -s $3: wrong data"
  proved "$1 requests of $3 bytes: $(grep transmitted "$work/ping")"
}

ask 20 0.05 0
ask 20 0.05 56
ask 20 0.05 1472 -M do
ask 20 0.05 8000
ask 10 0.05 65507
ask 1000 0.002 56
kernel curl -sS -f --max-time 60 -o "$work/got" "http://$OURS/file" &
curl=$!
ask 50 0.02 1000
wait $curl || fail "curl beside ping"
same "$work/www/file" "$work/got"
