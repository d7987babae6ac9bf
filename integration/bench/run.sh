#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh - how fast, as a ratio to the kernel in the same run
#
#   ours:    PROGRAM + libnsshim.so -- TAP --  peer (kernel)
#   kernel:  PROGRAM (kernel)       -- veth -- the same peer
#
# What this script is for
#   run.sh [NAME...] prints a line per benchmark: name unit ours kernel ratio.
#   Both sides run in turn, A B A B; the figures are medians. A ratio above 1
#   means that ours is better, also where smaller is better.
#   Latency (rr, crr) is measured with both ends on one CPU, where there is
#   little noise; the rest with the program on CPU 0 and its peer on CPU 1.
#   NAME_same and NAME_split choose the other way.
#   ROUNDS (5) and SECONDS_EACH (2) make it longer or shorter.

source "$(dirname "$0")/../net.sh"
source "$top/integration/servers.sh"
rounds=${ROUNDS:-5}
each=${SECONDS_EACH:-2}
reqresp=$build/integration/bench/reqresp
limit=60
all=(tput_rx tput_tx rr crr nginx_1k nginx_100k redis_p1 redis_p16 udp_1400
  idle_bytes read_file)

# Every kernel end uses CUBIC: BBR's pacing would halve what is measured. The
# sysctl may refuse it in a namespace; the attribute of a route does not. So
# the TAP is made here, once, and the wrapper finds it.
pin_cubic()
{
  ip -n $ns tuntap add tap0 mode tap vnet_hdr
  ip -n $ns addr add 10.77.0.1/24 dev tap0
  ip -n $ns link set tap0 up txqueuelen 4096
  ip -n $ns route replace 10.77.0.0/24 dev tap0 src 10.77.0.1 congctl cubic
  ip -n $ns route replace 10.78.0.0/24 dev veth0 src 10.78.0.1 congctl cubic
  ip -n $ns_plain route replace 10.78.0.0/24 dev veth1 src 10.78.0.2 congctl cubic
  # crr leaves a TIME-WAIT a connection on the side that closes.
  ip netns exec $ns_plain sysctl -qw net.ipv4.tcp_tw_reuse=1
}

# CPUs of the program and of its peer.
pin_same() { mine=0 peer=0; }
pin_split() { mine=0 peer=1; }

on_mine() { ours taskset -c $mine "$@"; }
on_peer() { kernel taskset -c $peer "$@"; }

# --- one sample each: a number on stdout ---------------------------------------

iperf_rate()
{
  python3 -c 'import json, sys
e = json.load(sys.stdin)["end"]
s = e.get("sum_received") or e["sum"]
lost = s.get("lost_percent", 0) or 0
print(int(s["bits_per_second"] * (1 - lost / 100) / 8e6))'
}

sample_tput_rx()
{
  start kernel taskset -c $peer iperf3 -s -1 -p 5201
  local server=$pid
  kernel_listens 5201
  on_mine iperf3 -c $KERNEL -p 5201 -R -J -t "$each" | iperf_rate
  stop "$server"
}

sample_tput_tx()
{
  start kernel taskset -c $peer iperf3 -s -1 -p 5201
  local server=$pid
  kernel_listens 5201
  on_mine iperf3 -c $KERNEL -p 5201 -J -t "$each" | iperf_rate
  stop "$server"
}

# What arrives of as much as can be sent.
sample_udp_1400()
{
  start kernel taskset -c $peer iperf3 -s -1 -p 5201
  local server=$pid
  kernel_listens 5201
  on_mine iperf3 -c $KERNEL -p 5201 -u -b 0 -l 1400 -J -t "$each" | iperf_rate
  stop "$server"
}

reqresp_client()
{
  start kernel taskset -c $peer "$reqresp" server 7000
  local server=$pid
  kernel_listens 7000
  on_mine "$reqresp" "$1" $KERNEL 7000 "$each"
  stop "$server"
}

sample_rr() { reqresp_client rr; }
sample_crr() { reqresp_client crr; }

nginx_files()
{
  mkdir -p "$work/www"
  head -c 1024 /dev/zero | tr '\0' a >"$work/www/1k"
  head -c 102400 /dev/zero | tr '\0' a >"$work/www/100k"
  nginx_conf "master_process off" "worker_rlimit_nofile 8192" \
    "events: worker_connections 4096" "http: tcp_nopush on" \
    "server: listen 8080 backlog=4096"
}

wrk_rate()
{
  nginx_files
  start ours taskset -c $mine nginx -p "$work" -c "$work/nginx.conf"
  local server=$pid
  ours_answers 8080
  on_peer wrk -t1 -c50 -d"${each}s" "http://$OURS:8080/$1" |
    awk '/Requests\/sec/ { printf "%d\n", $2 }'
  stop "$server"
}

sample_nginx_1k() { wrk_rate 1k; }
sample_nginx_100k() { wrk_rate 100k; }

redis_rate()
{
  start ours taskset -c $mine redis-server --port 6379 --bind 0.0.0.0 \
    --protected-mode no --save '' --appendonly no
  local server=$pid
  ours_answers 6379
  on_peer redis-benchmark -h $OURS -p 6379 -c 50 -P "$1" \
    -n "$2" -t get --csv | awk -F'"' '/GET/ { printf "%d\n", $4 }'
  stop "$server"
}

sample_redis_p1() { redis_rate 1 $((each * 50000)); }
sample_redis_p16() { redis_rate 16 $((each * 500000)); }

# Objects in use are counted, not pages: what one run freed may stay for the next.
# Both ends of the kernel's run are kernel sockets: half of it is one end's.
sample_idle_bytes()
{
  local count=10000 result
  start ours "$reqresp" hold 7001 $count
  local server=$pid output=$log
  sleep 1
  start kernel "$reqresp" open $OURS 7001 $count
  local client=$pid
  for ((n = 0; n < 300; n++)); do
    [[ ! -s $output ]] || break
    sleep 0.1
  done
  result=$(tail -n 1 "$output")
  stop "$client"
  stop "$server"
  echo "${result:-0}"
}

# An ordinary file: the hook in front of read() is all that differs.
sample_read_file()
{
  on_mine "$build/integration/bench/readcost"
}

# --- in turn, and the medians ----------------------------------------------------

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

unit_of()
{
  case $1 in
    tput_* | udp_*) echo MB/s ;;
    rr | crr | nginx_* | redis_*) echo 1/s ;;
    idle_bytes) echo bytes ;;
    read_file) echo ns ;;
  esac
}

measure()
{
  local name=$1 base=${1%_same} a= b= n ours_median kernel_median
  base=${base%_split}
  case $name in
    *_same | rr | crr) pin_same ;;
    *) pin_split ;;
  esac
  declare -F "sample_$base" >/dev/null || fail "no benchmark is called $name"
  for ((n = 0; n < rounds; n++)); do
    use_tap
    a+=$(sample_$base)$'\n'
    use_veth
    b+=$(sample_$base)$'\n'
  done
  ours_median=$(printf '%s' "$a" | median)
  kernel_median=$(printf '%s' "$b" | median)
  awk -v name="$name" -v unit="$(unit_of "$base")" -v a="${ours_median:-0}" \
    -v b="${kernel_median:-0}" 'BEGIN {
      if (unit == "bytes") {
        b /= 2 # two kernel sockets a connection there
        a -= b # and one here
        ratio = a > 0 ? b / a : 0
      } else if (unit == "ns")
        ratio = a > 0 ? b / a : 0
      else
        ratio = b > 0 ? a / b : 0
      printf "%-12s %-6s %10.0f %10.0f %6.2f\n", name, unit, a, b, ratio }'
}

need iperf3 nginx wrk redis-server redis-benchmark taskset python3
net_up both
pin_cubic
printf '%-12s %-6s %10s %10s %6s\n' name unit ours kernel ratio
for name in "${@:-${all[@]}}"; do
  measure "$name"
done
