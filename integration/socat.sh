#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# socat.sh - socat on our stack: TCP and UDP, listening and connecting
#
#   socat + stack 10.77.0.2 ==tap0== 10.77.0.1 socat

. "$(dirname "$0")/net.sh"
need socat
net_up
make_file file 16
head -c 1400 "$work/file" >"$work/datagram"

# TCP: what is read comes back, over a half-closed connection.
tcp_echo()
{
  local server=$1 address=$2 client=$3
  # Not PIPE: socat then writes into a pipe that only itself empties, and on the
  # kernel, too, hangs when the client is slow to read (8 runs of 40).
  start "$server" socat -t 60 TCP4-LISTEN:5000,reuseaddr EXEC:cat
  "$client" socat -t 60 - "TCP4:$address:5000,retry=300,interval=0.1" \
    <"$work/file" >"$work/answer" ||
    fail "socat TCP, server $server"
  same "$work/file" "$work/answer" "what socat echoed"
}

tcp_echo kernel $KERNEL ours
proved "TCP client: 16 MiB echoed"
tcp_echo ours $OURS kernel
proved "TCP server: 16 MiB echoed"

# UDP: the first datagram makes the connection; all come back.
udp_echo()
{
  local server=$1 address=$2 client=$3
  start "$server" socat -d -d -T 60 UDP4-LISTEN:5001,reuseaddr PIPE
  eventually grep -q 'listening on UDP' "$log"
  # It never hears an end: it is stopped when the answer is there.
  start "$client" sh -c 'exec socat -t 60 -b 1400 - "$0" <"$1" >"$2"' \
    "UDP4:$address:5001" "$work/datagram" "$work/answer"
  eventually cmp "$work/datagram" "$work/answer"
  stop "$pid"
}

udp_echo kernel $KERNEL ours
proved "UDP client: a datagram of 1,400 bytes echoed"
udp_echo ours $OURS kernel
proved "UDP server: a datagram of 1,400 bytes echoed"
