#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# raw.sh - ping, traceroute and mtr, unmodified, on the stack
#
#   nsst<pid>  tap0 10.77.0.1, veth0 10.78.0.1 == veth1 10.78.0.2  nssp<pid>
#
# What this script is for
#   Ping sockets, raw sockets and their errors against a kernel and through a
#   kernel router. As root ping takes what there is; its file capabilities give
#   root nothing new, so the loader does preload into it.

source "$(dirname "$0")/net.sh"
net_up both
need ping traceroute mtr
FAR=10.78.0.2
[[ $side == tap ]] || skip "its addresses are those of the TAP"
# A probe without an answer would be a hop without a name.
ip netns exec $ns sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0

# pings ARGUMENT...: the number of answers.
pings()
{
  ours ping -W 5 "$@" >"$work/ping.log" 2>&1
  sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/ping.log"
}

# A TAP that was just made has no carrier yet: the first one may wait for it.
eventually ours ping -c 1 -W 2 $KERNEL
(($(pings -c 5 -i 0.05 $KERNEL) == 5)) || fail "ping: $(<"$work/ping.log")"
! grep -qi warning "$work/ping.log" || fail "ping warns: $(<"$work/ping.log")"
(($(pings -c 2 -i 0.2 -s 9000 $KERNEL) == 2)) || fail "ping -s 9000"
(($(pings -c 2 -i 0.2 $FAR) == 2)) || fail "ping through a router"
(($(pings -c 1 127.0.0.1) == 1)) || fail "ping of ourselves"
(($(pings -6 -c 1 ::1) == 1)) || fail "ping -6 of ourselves"
proved "ping: 5 of 5, 9,000 bytes in fragments, through a router, 127.0.0.1, ::1"

# told WORDS ARGUMENT...: ping fails and says why. The kernel's errors are
# limited, so one of them may be missing.
told()
{
  ours ping -c 1 -W 2 "${@:2}" >"$work/ping.log" 2>&1 && return 1
  grep -q "From $KERNEL .*$1" "$work/ping.log"
}

eventually told "Time to live exceeded" -t 1 $FAR
ip -n $ns route add unreachable 10.79.0.0/16
eventually told "Destination Host Unreachable" 10.79.0.1
proved "ping tells of time exceeded and of an unreachable host"

for how in "" -I; do
  ours traceroute $how -n -w 5 -q 1 -m 5 $FAR >"$work/trace.log" 2>&1 ||
    fail "traceroute $how: $(<"$work/trace.log")"
  [[ $(awk 'NR > 1 { print $2 }' "$work/trace.log" | paste -sd' ') == "$KERNEL $FAR" ]] ||
    fail "traceroute $how: $(<"$work/trace.log")"
done
ours mtr -r -n -c 2 -i 0.2 $FAR >"$work/mtr.log" 2>&1 ||
  fail "mtr: $(<"$work/mtr.log")"
grep -q "1.*$KERNEL " "$work/mtr.log" && grep -q "2.*$FAR .* 0.0%" "$work/mtr.log" ||
  fail "mtr: $(<"$work/mtr.log")"
proved "traceroute by UDP and by ICMP, and mtr, name both hops"
