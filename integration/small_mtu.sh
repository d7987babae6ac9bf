#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# small_mtu.sh - small links: at our end, and further on
#
#   curl + stack 10.77.0.2 ==tap0 mtu M== 10.77.0.1 router
#                                            || veth, mtu N
#                                         10.78.0.2 http_peer.py
#
# What this script is for
#   A link of 576 and of 1280 bytes; and a path of 1000 bytes behind a link of
#   1500, where only ICMP "fragmentation needed" tells.

. "$(dirname "$0")/net.sh"
need curl python3 ping
net_up both
kernel sysctl -qw net.ipv4.ip_forward=1
mkdir "$work/www"
make_file www/file 16
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80

# there_and_back URL WORDS: a file down and up again.
there_and_back()
{
  ours curl -sS -f --max-time "$limit" -o "$work/got" "$1/file" || fail "download, $2"
  same "$work/www/file" "$work/got"
  ours curl -sS -f --max-time "$limit" -T "$work/www/file" "$1/up" || fail "upload, $2"
  same "$work/www/file" "$work/www/up"
  proved "16 MiB each way, $2"
}

for mtu in 576 1280; do
  [[ $side == veth ]] || ours_options=(--mtu $mtu)
  there_and_back "http://$KERNEL" "a link of $mtu bytes"
done
ours_options=()

ip -n $ns link set veth0 mtu 1000
ip -n $ns_plain link set veth1 mtu 1000
if [[ $side == veth ]]; then
  skip "the rest needs our stack"
fi
ip netns exec $ns_plain timeout "$limit" python3 "$top/integration/http_peer.py" \
  80 "$work/www" >"$work/plain.log" 2>&1 &
started+=($!)
eventually sh -c "ip netns exec $ns_plain ss -Hltn sport = :80 | grep -q ."
# Segments made for 1500 must not be announced down by the far end's MSS alone.
ip -n $ns_plain route change 10.77.0.0/24 via 10.78.0.1 advmss 1460 2>/dev/null ||
  ip -n $ns_plain route add 10.77.0.0/24 via 10.78.0.1 advmss 1460
there_and_back http://10.78.0.2 "a path of 1000 bytes behind a link of 1500"
kernel awk '$1 == "Icmp:" && !n { for (n = 1; $n != "OutDestUnreachs"; n++); next }
  $1 == "Icmp:" { exit $n == 0 }' /proc/net/snmp ||
  fail "the router never had to say that fragmentation is needed"
proved "the router said so by ICMP, and was believed"
