#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# lossy_link.sh - bytes arrive intact over a link that loses and confuses them
#
#   curl + stack + impairment 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py
#
# What this script is for
#   2 % loss, 5 % reordering, 1 % duplication, 0.1 % corruption, and each way a
#   transfer of 16 MiB, or 1 GiB with NSSHIM_FULL=1.

. "$(dirname "$0")/net.sh"
need curl python3
limit=$((full ? 3600 : 240))
net_up
mkdir "$work/www"
mib=$((full ? 1024 : 16))
make_file www/file $mib
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80
[[ $side == veth ]] || ours_options=(--impair "loss=2%,reorder=5%,dup=1%,corrupt=0.1%,seed=7")

# counter FILE GROUP NAME: one of the counters of the kernel's end.
counter()
{
  kernel awk -v group="$2:" -v name="$3" '$1 == group && !n {
    for (n = 1; n <= NF && $n != name; n++); next } $1 == group { print $n }' \
    "/proc/net/$1"
}

began=$SECONDS
ours curl -sS -f --max-time $limit -o "$work/got" "http://$KERNEL/file" ||
  fail "download"
same "$work/www/file" "$work/got"
resent=$(counter snmp Tcp RetransSegs)
[[ $side == veth ]] || ((resent > 0)) || fail "nothing was lost on the way down"
proved "$mib MiB down in $((SECONDS - began)) s, $resent segments sent again"

began=$SECONDS
ours curl -sS -f --max-time $limit -T "$work/www/file" "http://$KERNEL/up" ||
  fail "upload"
same "$work/www/file" "$work/www/up"
early=$(counter netstat TcpExt TCPOFOQueue)
[[ $side == veth ]] || ((early > 0)) || fail "nothing was out of order on the way up"
proved "$mib MiB up in $((SECONDS - began)) s, $early segments out of order"
