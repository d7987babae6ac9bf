#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ecn.sh - explicit congestion notification with a kernel that does it, too
#
#   curl + stack 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py, and nft, which marks
#
# What this script is for
#   We ask, and the kernel does; data are ECN-capable both ways; of those that
#   are marked on the way, the receiver tells the sender, who slows down.
#   Without NSSHIM_ECN we answer, but do not ask.

. "$(dirname "$0")/net.sh"
need curl python3 nft
net_up
[[ $side == veth ]] && ip netns exec $ns_plain sysctl -qw net.ipv4.tcp_ecn=1
kernel sysctl -qw net.ipv4.tcp_ecn=1
kernel sysctl -qw net.ipv4.tcp_congestion_control=cubic 2>/dev/null
mkdir "$work/www"
make_file www/file 16
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80

# counter GROUP NAME: of the kernel's end.
counter()
{
  kernel awk -v group="$1:" -v name="$2" '$1 == group && !n {
    for (n = 1; n <= NF && $n != name; n++); next } $1 == group { print $n }' \
    /proc/net/netstat
}

# grew WHAT BEFORE AFTER
grew()
{
  (($3 > $2)) || fail "$1: $2 before, $3 after"
}

# Every fiftieth that may be marked is, on its way in and out.
kernel nft -f - <<'NFT' 2>/dev/null || skip "this kernel's nft cannot mark"
table ip marks {
  chain incoming {
    type filter hook prerouting priority mangle;
    tcp dport 80 ip ecn ect0 numgen inc mod 50 == 0 ip ecn set ce
  }
  chain outgoing {
    type filter hook postrouting priority mangle;
    tcp sport 80 ip ecn ect0 numgen inc mod 50 == 0 ip ecn set ce
  }
}
NFT

export NSSHIM_ECN=on
told=$(counter TcpExt TCPDeliveredCE)
ours curl -sS -f --max-time 60 -o "$work/got" "http://$KERNEL/file" ||
  fail "download"
same "$work/www/file" "$work/got"
grew "the kernel was told of marks" "$told" "$(counter TcpExt TCPDeliveredCE)"
proved "a download: the sender is told of marks"

[[ $side == veth ]] ||
  ours_options=(--log "info,$work/stack.log")
ours curl -sS -f --max-time 60 -T "$work/www/file" "http://$KERNEL/up" ||
  fail "upload"
same "$work/www/file" "$work/www/up"
[[ $side == veth ]] || grep -Eq 'TCP_ECN_CUTS +[1-9]' "$work/stack.log" ||
  fail "nobody slowed down"
proved "an upload: marks slow us down"

# Without being asked we are not told of anything.
unset NSSHIM_ECN
ours_options=()
[[ $side == veth ]] && exit 0
capable=$(counter IpExt InECT0Pkts)
ours curl -sS -f --max-time 60 -T "$work/www/file" "http://$KERNEL/up" ||
  fail "upload without ECN"
same "$work/www/file" "$work/www/up"
[[ $(counter IpExt InECT0Pkts) == "$capable" ]] || fail "marked, though not asked"
proved "nobody is asked by default"

# The kernel asks, and we answer.
start ours python3 "$top/integration/http_peer.py" 80 "$work/www"
eventually kernel curl -sS -f --max-time 60 -o "$work/got" "http://$OURS/file"
same "$work/www/file" "$work/got"
[[ $(counter IpExt InECT0Pkts) -gt $capable ]] || fail "the kernel was not answered"
proved "a kernel that asks is answered"
