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
make_file file 16

# nc -l ends when its peer has said everything, so each way has a run of its own.
# reads LISTENER ADDRESS CONNECTOR: the listener reads a file.
reads()
{
  local n
  start "$1" sh -c 'exec nc -d -l "$0" >"$1"' 5000 "$work/got"
  for ((n = 0; n < 300; n++)); do
    "$3" nc -N -w 20 "$2" 5000 <"$work/file" 2>"$work/nc.log" && break
    sleep 0.1
  done
  wait "$pid" || fail "nc -l on $1 ended with $?"
  same "$work/file" "$work/got" "what nc -l on $1 read"
}

# writes LISTENER ADDRESS CONNECTOR: the listener writes it.
writes()
{
  local n
  start "$1" sh -c 'exec nc -N -l "$0" <"$1"' 5001 "$work/file"
  for ((n = 0; n < 300; n++)); do
    "$3" nc -d -w 20 "$2" 5001 >"$work/got" 2>"$work/nc.log" && break
    sleep 0.1
  done
  wait "$pid" || fail "nc -l on $1 ended with $?"
  same "$work/file" "$work/got" "what nc -l on $1 wrote"
}

reads ours $OURS kernel
writes ours $OURS kernel
proved "nc -l: reads 16 MiB, writes 16 MiB"
reads kernel $KERNEL ours
writes kernel $KERNEL ours
proved "nc: writes 16 MiB, reads 16 MiB"

ours nc -z -w 5 $KERNEL 5999 && fail "a closed port was open"
proved "nc -z: a closed port refuses"
