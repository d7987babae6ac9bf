#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# dhcp_links.sh - --addr dhcp in a bridge and on a shared interface, two servers
#
#   stack ==tap== br0 10.77.0.1 (dnsmasq)
#   stack + veth0 10.78.0.1 ======= veth1 10.78.0.2 (isc-dhcp-server or dnsmasq)
#
# What this script is for
#   The wrapper's --bridge and --link packet: with addresses by DHCP, from dnsmasq
#   and from ISC's dhcpd; the page comes, and the address is given back.

. "$(dirname "$0")/net.sh"
need dnsmasq curl python3
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up both
make_file page 1

plain()
{
  timeout --foreground -k 5 "$limit" ip netns exec $ns_plain "$@"
}

# serve_dnsmasq NAMESPACE INTERFACE NETWORK
serve_dnsmasq()
{
  : >"$work/leases.$2"
  ip netns exec "$1" timeout "$limit" dnsmasq --keep-in-foreground \
    --log-facility=- --log-dhcp --conf-file=/dev/null --port=0 --user=root \
    --pid-file= --interface="$2" --bind-interfaces --no-ping \
    --dhcp-authoritative --dhcp-leasefile="$work/leases.$2" \
    --dhcp-range="$3.100,$3.150,255.255.255.0,2m" >"$work/dnsmasq.$2.log" 2>&1 &
  started+=($!)
  server=$!
  eventually grep -q 'DHCP, IP range' "$work/dnsmasq.$2.log"
}

# ISC's dhcpd writes where its confinement lets it.
serve_isc()
{
  cat >"$work/dhcpd.conf" <<CONF
default-lease-time 120;
max-lease-time 120;
authoritative;
subnet 10.78.0.0 netmask 255.255.255.0 { range 10.78.0.100 10.78.0.150; }
CONF
  : >"$work/dhcpd.leases"
  plain dhcpd -4 -f -d --no-pid -user root -group root -cf "$work/dhcpd.conf" \
    -lf "$work/dhcpd.leases" veth1 >"$work/dhcpd.log" 2>&1 &
  started+=($!)
  eventually grep -q 'Listening on LPF/veth1' "$work/dhcpd.log"
}

with()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --addr dhcp --mac 02:00:00:00:77:02 "$@"
}

# A bridge, with the kernel in it.
ip -n $ns link add br0 type bridge forward_delay 0
ip -n $ns addr add 10.77.0.1/24 dev br0
ip -n $ns link set br0 up
start kernel python3 -m http.server --directory "$work" 8000
kernel_listens 8000
serve_dnsmasq $ns br0 10.77.0
with --bridge br0 -- curl -sS -o "$work/got" http://10.77.0.1:8000/page ||
  fail "curl in a bridge"
same "$work/page" "$work/got" "the page over a bridge"
eventually grep -q 'DHCPRELEASE(br0) 10.77.0.1[0-5]' "$work/dnsmasq.br0.log"
proved "--bridge: address, page, and given back"

# An interface that the host's kernel uses, too.
ip netns exec $ns_plain python3 -m http.server -d "$work" 8001 \
  >"$work/peer.log" 2>&1 &
started+=($!)
eventually sh -c "ip netns exec $ns_plain ss -Hltn sport = :8001 | grep -q ."
serve_dnsmasq $ns_plain veth1 10.78.0
with --link packet:veth0 -- curl -sS -o "$work/got" http://10.78.0.2:8001/page ||
  fail "curl on a shared interface"
same "$work/page" "$work/got" "the page over a shared interface"
eventually grep -q 'DHCPRELEASE(veth1) 10.78.0.1[0-5]' "$work/dnsmasq.veth1.log"
proved "--link packet: with dnsmasq"

command -v dhcpd >/dev/null || exit 0
stop "$server"
serve_isc
with --link packet:veth0 -- curl -sS -o "$work/got" http://10.78.0.2:8001/page ||
  fail "curl with ISC's server"
same "$work/page" "$work/got" "the page with ISC's server"
eventually grep -q 'DHCPRELEASE of 10.78.0.1[0-5]' "$work/dhcpd.log"
proved "--link packet: with isc-dhcp-server"
