#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# slaac_links.sh - --addr auto behind a bridge and on a shared interface
#
#   program + stack ==TAP== br0 fd77::1 radvd
#   program + stack ==veth1 (shared)== veth0 fd78::1 radvd
#   program + stack ==UNIX stream== passt (veth1's addresses)
#
# What this script is for
#   Router advertisements are multicast: they and the questions about our
#   addresses get through a bridge that snoops, and through an interface that
#   the host's kernel uses, too.

. "$(dirname "$0")/net.sh"
need radvd curl python3
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up both

ip netns exec $ns sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n $ns link add br0 type bridge mcast_snooping 1 || skip "cannot make a bridge"
ip -n $ns addr add fd77::1/64 dev br0 nodad
ip -n $ns addr add fd78::1/64 dev veth0 nodad
ip -n $ns link set br0 up
for name in br0 veth0; do
  cat <<CONF
interface $name {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  AdvRASolicitedUnicast on; IgnoreIfMissing on;
  prefix ::/64 { };
};
CONF
done >"$work/radvd.conf"
chmod 644 "$work/radvd.conf"
make_file page 1
start kernel python3 -m http.server --bind :: --directory "$work" 8000
web_log=$log
kernel_listens 8000
start kernel radvd -n -d 1 -m stderr -C "$work/radvd.conf" -p "$work/radvd.pid" -u root

wrap()
{
  timeout --foreground -k 5 "$limit" ip netns exec "$1" "$top/run-with-stack.sh" \
    --addr auto "${@:2}"
}

# fetch HOST: as sh -c has it, so that the stack is also joined by a child.
fetch()
{
  local host=$1
  [[ $1 != *:* ]] || host=[$1]
  echo "curl -sS -m 20 -o $work/got http://$host:8000/page"
}

wrap $ns --bridge br0 -- sh -c "$(fetch fd77::1)" || fail "behind a bridge"
same "$work/page" "$work/got" "the page, behind a bridge"
grep -q '^fd77::' "$web_log" || fail "another prefix behind the bridge"
proved "an address and a page behind a bridge that snoops"

wrap $ns_plain --link packet:veth1 -- sh -c "$(fetch fd78::1)" || fail "shared interface"
same "$work/page" "$work/got" "the page, on a shared interface"
grep -q '^fd78::' "$web_log" || fail "another prefix on the shared interface"
proved "an address and a page on an interface that the kernel uses, too"

# passt gives the addresses of this machine, if it is there.
if command -v passt >/dev/null; then
  mkdir -m 1777 "$work/tmp"
  ip -n $ns_plain addr add fd78::2/64 dev veth1 nodad
  ip -n $ns_plain route replace default via fd78::1 dev veth1
  TMPDIR=$work/tmp wrap $ns_plain --net user -- sh -c "$(fetch fd77::1)" ||
    fail "by passt, IPv6"
  same "$work/page" "$work/got" "the page by passt, IPv6"
  TMPDIR=$work/tmp wrap $ns_plain --net user -- sh -c "$(fetch 10.77.0.1)" ||
    fail "by passt, IPv4"
  same "$work/page" "$work/got" "the page by passt, IPv4"
  TMPDIR=$work/tmp wrap $ns_plain --net user -- ip addr >"$work/addr.log"
  grep -q 'inet 10.78.0.2/24' "$work/addr.log" || fail "passt: no IPv4 address"
  grep -q 'inet6 fd78::' "$work/addr.log" || fail "passt: no IPv6 address"
  proved "passt gives addresses of both families"
fi

# Without a network that answers there is nothing to configure by.
"$top/run-with-stack.sh" --addr auto true 2>"$work/refused.log"
(($? == 125)) || fail "auto on a TAP of its own was not refused"
grep -q 'nobody gives addresses' "$work/refused.log" || fail "$(cat "$work/refused.log")"
proved "$(cut -c 1-100 "$work/refused.log")"
