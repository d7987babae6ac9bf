#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# thousand.sh - a server on our stack holds 1,000 connections that move data
#
#   echo_peer.py + stack 10.77.0.2:7 ==tap0== 10.77.0.1 echo_peer.py, 1,000 times

. "$(dirname "$0")/net.sh"
need python3 ss
net_up
start ours python3 "$top/integration/echo_peer.py" server $OURS 7
ours_answers 7
start kernel python3 "$top/integration/echo_peer.py" client $OURS 7 1000 200000 \
  "$work/go"
# All have been opened, and none has said anything yet.
eventually_long grep -q '1000 connections open' "$log"
most=$(kernel ss -Htn state established "dport = :7" | wc -l)
touch "$work/go"
wait "$pid" || fail "a connection failed"
grep -q '^1000 of 1000' "$log" || fail "not all were echoed"
((most == 1000)) || fail "the kernel saw only $most connections at once"
proved "$(tail -n 1 "$log"), $most connections at once"
