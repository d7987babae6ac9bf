#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# redis.sh - redis-server, redis-benchmark and redis-cli on our stack
#
#   redis-server + stack 10.77.0.2:6379 ==tap0== 10.77.0.1 benchmark, cli
#   benchmark, cli + stack 10.77.0.2 ==tap0== 10.77.0.1:6379 redis-server

. "$(dirname "$0")/net.sh"
need redis-server redis-benchmark redis-cli
net_up
make_file raw 4
base64 -w 0 "$work/raw" >"$work/value"

# redis_start ours|kernel ADDRESS
redis_start()
{
  start "$1" redis-server --bind "$2" --port 6379 --save '' --appendonly no \
    --protected-mode no --dir "$work"
  eventually "$3" redis-cli -h "$2" ping
}

# drive SIDE ADDRESS: a large value there and back, then many small requests.
drive()
{
  local p
  "$1" redis-cli -h "$2" -x set large <"$work/value" >"$work/set.log" ||
    fail "redis-cli set"
  "$1" redis-cli -h "$2" get large >"$work/answer" || fail "redis-cli get"
  printf '\n' | cat "$work/value" - | same - "$work/answer" "the value"
  for p in 1 16; do
    "$1" redis-benchmark -h "$2" -q -n 20000 -c 50 -P $p -t set,get,lpush,mset \
      >"$work/benchmark.log" 2>&1 || fail "redis-benchmark -P $p"
    ! grep -i error "$work/benchmark.log" || fail "redis-benchmark saw errors"
    proved "benchmark -P $p from $1: $(tr '\r' '\n' <"$work/benchmark.log" |
      grep -oE '^(SET|GET): [0-9.]+ requests per second' | paste -sd' ')"
  done
}

redis_start ours $OURS kernel
drive kernel $OURS
stop "$pid"
proved "server: a value of 5 MiB there and back"
redis_start kernel $KERNEL kernel
drive ours $KERNEL
proved "client: a value of 5 MiB there and back"
