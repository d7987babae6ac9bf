#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# dhcp6.sh - NSSHIM_ADDR=auto, DHCPv6: address and name servers from dnsmasq
#
#   program + stack, no address ==tap0== fd77::1 dnsmasq (router, DHCPv6, DNS)
#
# What this script is for
#   Addresses by DHCPv6 where the router's M flag says so: a lease, its
#   renewal, its release at the end; the other things only where the O flag
#   does; an address that another host has is declined.

. "$(dirname "$0")/net.sh"
need dnsmasq curl python3
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up

mac=02:00:00:00:77:08

# start_dnsmasq RANGE...
start_dnsmasq()
{
  : >"$work/leases"
  start kernel dnsmasq --keep-in-foreground --log-facility=- --log-dhcp \
    --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= \
    --interface=tap0 --bind-dynamic --no-ping --dhcp-authoritative --enable-ra \
    --ra-param=tap0,4,60 --dhcp-leasefile="$work/leases" \
    --dhcp-option=option6:dns-server,[fd77::1] \
    --dhcp-option=option6:domain-search,example.test \
    --address=/page.example.test/fd77::1 "$@"
  dnsmasq_log=$log pid_dnsmasq=$pid
  eventually grep -q 'DHCPv6' "$dnsmasq_log"
}

auto()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap tap0 --addr auto --mac $mac --log "info,$work/stack.log" -- "$@"
}

stay()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap tap0 --addr auto --mac $mac --name "dhcp6$$" \
    --log "info,$work/stay.log" -- sleep 1000 >"$work/out.log" 2>&1 &
  started+=($!)
  pid_stay=$!
  eventually joined true
}

joined()
{
  ip netns exec $ns "$top/run-with-stack.sh" --join "dhcp6$$" "$@"
}

shows()
{
  grep -Eq -- "$1" <<<"$(joined ip -6 "${@:2}" 2>/dev/null)"
}

ip -n $ns tuntap add tap0 mode tap vnet_hdr || skip "cannot make a TAP"
ip netns exec $ns sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n $ns addr add fd77::1/64 dev tap0 nodad
ip -n $ns addr add 10.77.0.1/24 dev tap0
ip -n $ns link set tap0 up
make_file page 1
start kernel python3 -m http.server --bind :: --directory "$work" 8000
web_log=$log
kernel_listens 8000

# Addresses of a pool, and no A flag.
start_dnsmasq --dhcp-range=fd77::100,fd77::1ff,64,2m
auto curl -sS -6 -o "$work/got" http://page:8000/page || fail "by DHCPv6"
same "$work/page" "$work/got" "the page"
ours=$(sed -n 's/.*DHCPREPLY(tap0) \(fd77::1[0-9a-f]*\) .*/\1/p' "$dnsmasq_log" | head -n 1)
[[ -n $ours ]] || fail "dnsmasq gave no address"
grep -q "^$ours " "$web_log" || fail "the address that was given, $ours, is not used"
proved "$ours by DHCPv6, a page by a name that its server told"
eventually grep -q "DHCPRELEASE(tap0)" "$dnsmasq_log"
proved "given back when the program had ended"

stay
shows "inet6 fd77::1[0-9a-f]+/128 scope global .*dynamic noprefixroute" addr ||
  fail "ip addr: $(joined ip -6 addr)"
shows 'valid_lft 1[0-9]{2}sec' addr || fail "lifetime"
shows '^default via fe80::.* proto ra' route || fail "no router"
proved "ip(8) shows it with its lifetime, and the router"
kill "$pid_stay"
wait "$pid_stay" 2>/dev/null

no_keeper()
{
  ! prints '^nsshim-keeper' eval 'ip netns pids $ns | xargs -r ps -o args= -p'
}

# The address is somebody's already: the kernel speaks for it, unknown to dnsmasq.
# Nobody goes on with the stack that had the other address, and asks for that.
eventually no_keeper
stop "$pid_dnsmasq"
ip netns exec $ns sysctl -qw net.ipv6.conf.tap0.proxy_ndp=1
ours=fd77::200
# At once, instead of after a random part of 0.8 s.
ip netns exec $ns sysctl -qw net.ipv6.neigh.tap0.proxy_delay=0
ip -n $ns neigh add proxy $ours dev tap0
start_dnsmasq --dhcp-range=fd77::100,fd77::1ff,64,2m \
  "--dhcp-host=id:00:03:00:01:$mac,[$ours]"
stay
eventually grep -q "another host.* has the address $ours" "$work/stay.log"
eventually grep -q "DHCPDECLINE(tap0)" "$dnsmasq_log"
eventually shows 'inet6 fd77::1[0-9a-f]+/128' addr
! shows "inet6 $ours/" addr || fail "kept an address that another host has"
joined curl -sS -o "$work/got" "http://[fd77::1]:8000/page" || fail "after a conflict"
same "$work/page" "$work/got" "the page after a conflict"
proved "an address that another host has is declined, and another one asked for"
kill "$pid_stay"
wait "$pid_stay" 2>/dev/null
ip -n $ns neigh del proxy "$ours" dev tap0

# Addresses by the A flag, name servers by DHCPv6.
stop "$pid_dnsmasq"
start_dnsmasq --dhcp-range=fd77::,ra-stateless,64,2m
auto curl -sS -6 -o "$work/got" http://page:8000/page || fail "stateless"
same "$work/page" "$work/got" "the page, stateless"
grep -q "DHCPINFORMATION-REQUEST(tap0)" "$dnsmasq_log" || fail "nothing was asked for"
! grep -q "DHCPSOLICIT" "$dnsmasq_log" || fail "an address was asked for"
proved "where only the O flag says so, only name servers are asked for"
