#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# netcat.sh - nc on our stack, listening and connecting
#
#   nc -l + stack 10.77.0.2 ==tap0== 10.77.0.1 nc -N
#   nc -N + stack 10.77.0.2 ==tap0== 10.77.0.1 nc -l

. "$(dirname "$0")/net.sh"
need nc
net_up
make_file there 16
make_file back 16

# start_nc ours|kernel PORT: a listener that answers with `back`.
start_nc()
{
  start "$1" sh -c 'exec nc -N -l "$0" <"$1" >"$2"' "$2" "$work/back" "$work/got.$1"
}

start_nc ours 5000
server=$pid
for ((n = 0; n < 50; n++)); do
  kernel nc -N -w 20 $OURS 5000 <"$work/there" >"$work/answer" 2>/dev/null && break
  sleep 0.1
done
wait "$server" || fail "nc -l ended with $?"
same "$work/there" "$work/got.ours" "what nc -l read"
same "$work/back" "$work/answer" "what nc -l wrote"
proved "nc -l: 16 MiB each way at once, half-closed at the end"

start_nc kernel 5001
server=$pid
kernel_listens 5001
ours nc -N -w 20 $KERNEL 5001 <"$work/there" >"$work/answer" || fail "nc"
wait "$server"
same "$work/there" "$work/got.kernel" "what nc wrote"
same "$work/back" "$work/answer" "what nc read"
proved "nc: 16 MiB each way at once, half-closed at the end"

ours nc -z -w 5 $KERNEL 5999 && fail "a closed port was open"
proved "nc -z: a closed port refuses"
