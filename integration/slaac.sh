#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# slaac.sh - NSSHIM_ADDR=auto, IPv6: addresses and routes from radvd
#
#   program + stack, no address ==tap0== fd77::1 radvd, dnsmasq (DNS only)
#                                          fd99::1 behind it
#
# What this script is for
#   A stable address made of the announced prefix, a page by name over it, and
#   from beyond the router; ip(8) shows what was announced; a router that
#   withdraws or dies; a prefix that is deprecated; temporary addresses.

. "$(dirname "$0")/net.sh"
need radvd dnsmasq curl python3 ping
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up

mac=02:00:00:00:77:06

# radvd's own words; the first argument goes into the interface, the second
# into the prefix; the third is the name server.
start_radvd()
{
  cat >"$work/radvd.conf" <<CONF
interface tap0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  AdvRASolicitedUnicast on; AdvCurHopLimit 77; AdvLinkMTU 1400; $1
  prefix fd77::/64 { $2 };
  route fd55::/32 { AdvRoutePreference high; };
  RDNSS ${3:-fd77::1} { };
  DNSSL example.test { };
};
CONF
  chmod 644 "$work/radvd.conf"
  start kernel radvd -n -d 1 -m stderr -C "$work/radvd.conf" -p "$work/radvd.pid" -u root
  pid_radvd=$pid
}

auto()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap tap0 --addr "${addr:-auto}" --mac $mac "${options[@]}" -- "$@"
}

# A program of ours that stays, and others that join it.
stay()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap tap0 --addr "${addr:-auto}" --mac $mac --name "slaac$$" \
    --log "info,$work/stack.log" -- sleep 1000 >"$work/stay.log" 2>&1 &
  started+=($!)
  pid_stay=$!
  eventually joined ip addr
}

joined()
{
  ip netns exec $ns "$top/run-with-stack.sh" --join "slaac$$" "$@"
}

shows()
{
  grep -Eq -- "$1" <<<"$(joined ip -6 "${@:2}" 2>/dev/null)"
}

shows_no()
{
  ! shows "$@"
}

options=()
ip -n $ns tuntap add tap0 mode tap vnet_hdr || skip "cannot make a TAP"
ip netns exec $ns sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n $ns addr add fd77::1/64 dev tap0 nodad
ip -n $ns addr add fd99::1/128 dev lo
ip -n $ns link set tap0 up
make_file page 1
start kernel python3 -m http.server --bind :: --directory "$work" 8000
web_log=$log
kernel_listens 8000
start kernel dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null \
  --no-resolv --no-hosts --user=root --pid-file= --interface=tap0 \
  --bind-dynamic --address=/page.example.test/fd99::1
start_radvd "" ""

auto curl -sS -o "$work/got" "http://[fd99::1]:8000/page" || fail "beyond the router"
same "$work/page" "$work/got" "the page from beyond the router"
auto curl -sS -6 -o "$work/got" http://page:8000/page || fail "by name"
same "$work/page" "$work/got" "the page by name"
proved "a page from beyond the router, by a name of the announced server and domain"

stay
ours=$(joined ip -6 addr show scope global | sed -n 's/.*inet6 \([^/]*\)\/64.*/\1/p')
[[ $ours == fd77::* ]] || fail "no address of the prefix: $ours"
shows "inet6 $ours/64 scope global .*dynamic mngtmpaddr" addr ||
  fail "ip addr: $(joined ip -6 addr)"
shows 'valid_lft 8[0-9]{4}sec preferred_lft 1[0-9]{4}sec' addr || fail "lifetimes"
shows '^default via fe80::.* proto ra metric 1024 expires [0-9]+sec.* pref medium' route ||
  fail "ip route: $(joined ip -6 route)"
shows '^fd77::/64 dev tap0 proto kernel metric 256 expires [0-9]+sec' route || fail "prefix: $(joined ip -6 route)"
shows '^fd55::/32 via fe80::.* proto ra .* pref high' route || fail "more specific route"
proved "ip(8) shows $ours, the router, its prefix and its route, with their times"
kernel ping -6 -c 2 -W 5 "$ours" >"$work/ping.log" || fail "ping $ours"
joined ping -6 -c 1 -W 5 -M do -s 1352 fd99::1 >"$work/ping.log" || fail "ping of 1400 bytes"
joined ping -6 -c 1 -W 5 -M do -s 1353 fd99::1 >"$work/ping.log" 2>&1 && fail "ping of 1401 bytes"
proved "echo requests both ways; no packet beyond the MTU that was announced"

# The identifier is made of the hardware address and the prefix.
[[ $(grep -c "^$ours " "$web_log") == 2 ]] || fail "another address at each start"
proved "the address is the same at each start with the same hardware address"

# A prefix that is deprecated, and good again.
stop "$pid_radvd"
start_radvd "" "AdvPreferredLifetime 0; DeprecatePrefix off;"
eventually shows "inet6 $ours/64 scope global deprecated" addr
proved "a prefix whose preferred lifetime is over is deprecated"

# radvd says farewell: a router lifetime of zero.
stop "$pid_radvd"
eventually shows_no '^default' route
joined curl -sS -m 3 -o /dev/null "http://[fd99::1]:8000/page" 2>/dev/null &&
  fail "reached without a router"
shows "inet6 $ours/64" addr || fail "the address went with the router"
proved "a router that withdraws is none any more, and addresses stay"
kill "$pid_stay"
wait "$pid_stay" 2>/dev/null

# Temporary addresses; and the router dies without a word.
# The name server has a link-local address, as home routers have it.
local=$(ip -n $ns -6 addr show dev tap0 scope link | sed -n 's/.*inet6 \([^/]*\)\/.*/\1/p')
start_radvd "AdvDefaultLifetime 7;" "" "$local"
addr=auto,temporary
stay
eventually shows 'scope global temporary .*dynamic' addr
hidden=$(joined ip -6 addr show temporary scope global | sed -n 's/.*inet6 \([^/]*\)\/64.*/\1/p')
joined curl -sS -6 -o "$work/got" http://page:8000/page || fail "with a temporary address"
same "$work/page" "$work/got" "the page"
grep -q "^$hidden " "$web_log" || fail "the temporary address $hidden is not used"
shows "inet6 $ours/64" addr || fail "no stable address beside it"
{ kill -9 "$(cat "$work/radvd.pid")" && wait "$pid_radvd"; } 2>/dev/null
eventually shows_no '^default' route
proved "temporary addresses are used first; a router that dies serves for its lifetime"
kill "$pid_stay"
wait "$pid_stay" 2>/dev/null

start_radvd "" ""
addr=auto,eui64
auto ip -6 addr >"$work/addr.log" || fail "with eui64"
grep -q "inet6 fd77::ff:fe00:7706/64" "$work/addr.log" || fail "no address by EUI-64"
! grep -q stable-privacy "$work/addr.log" || fail "it is called stable-privacy"
proved "eui64: the address ends in the hardware address"
