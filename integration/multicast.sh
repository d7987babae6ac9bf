#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# multicast.sh - groups: joined, heard, sent to, and known to the switch
#
#   mcast_peer.py + stack 10.77.0.2 ==tap0== br0 10.77.0.1, .9 mcast_peer.py, tcpdump
#                       fd00:77::2               fd00:77::1, ::9
#
# What this script is for
#   br0 forwards a group only to ports that asked for it (multicast_snooping),
#   and asks them (multicast_querier). A program that joins, for all sources or
#   for one, tells so with a report of IGMPv3 or MLDv2, hears the group from the
#   kernel, answers the bridge's queries, and says when it leaves. The same the
#   other way, with the kernel as the listener. And broadcast, which needs no
#   asking.

. "$(dirname "$0")/net.sh"
need socat python3 tcpdump tshark
with_ipv6
net_up
[[ $side == tap ]] || skip "watches the stack's TAP"
peer=$top/integration/mcast_peer.py
OTHER=10.77.0.9 OTHER6=fd00:77::9
# So that checksums are whole where tcpdump looks.
export NSSHIM_OFFLOAD=off

# The kernel's end of the TAP is a port of a bridge with a short memory.
ip -n $ns link add br0 type bridge mcast_snooping 1 mcast_querier 1 \
  mcast_query_interval 200 mcast_query_response_interval 100 \
  mcast_startup_query_interval 100 mcast_startup_query_count 2 \
  mcast_membership_interval 600 mcast_last_member_interval 20 mcast_igmp_version 3 mcast_mld_version 2 ||
  skip "no bridge with multicast snooping here"
ip -n $ns addr flush dev lo
ip -n $ns addr add $KERNEL/24 brd + dev br0
ip -n $ns addr add $OTHER/24 brd + dev br0
ip -n $ns addr add $KERNEL6/64 dev br0 nodad
ip -n $ns addr add $OTHER6/64 dev br0 nodad
ip -n $ns tuntap add tap0 mode tap vnet_hdr
ip -n $ns link set tap0 master br0 up
ip -n $ns link set br0 up
ip -n $ns route add 224.0.0.0/4 dev br0
# One stack for all that follows.
name=mcast$$
ours_options=(--name $name)
start kernel tcpdump -i br0 -Unw "$work/said.pcap" igmp or ip6
eventually test -s "$work/said.pcap"

# reports FILTER: how many of ours the kernel's end has seen.
reports()
{
  tshark -r "$work/said.pcap" -Y "$1" 2>/dev/null | wc -l
}

reported()
{
  (($(reports "$1") >= 1))
}

igmp_says()
{
  reported "ip.src == $OURS && ip.ttl == 1 && ip.opt.ra && igmp.type == 0x22 && $1"
}

# Not before the link-local address is certain (RFC 3590).
mld_says()
{
  reported "ipv6.src == fe80::/10 && eth.src == $mac && ipv6.hlim == 1 &&
    ipv6.opt.router_alert == 0 && icmpv6.type == 143 && $1"
}

forwards()
{
  prints "tap0.*grp $1 " ip netns exec $ns bridge mdb show dev br0
}

forwards_no_more()
{
  ! forwards "$1"
}

# listen_ours ARGS: until close_ours.
listen_ours()
{
  mkfifo "$work/hold"
  exec 9<>"$work/hold"
  listen_log=$work/listen.log
  : >"$listen_log"
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns --join $name -- \
    "$peer" listen "$@" <"$work/hold" >"$listen_log" 2>&1 9>&- &
  listener=$!
  started+=($listener)
  eventually grep -q joined "$listen_log"
}

close_ours()
{
  exec 9>&-
  eventually grep -q left "$listen_log"
  wait $listener 2>/dev/null
  rm -f "$work/hold"
}

# Says it until it was heard: the bridge may not know of the listener yet.
heard_by_ours()
{
  kernel "$peer" say "$@"
  grep -q "heard ${*: -1}" "$listen_log"
}

# --- a stack, which stays -----------------------------------------------------

start ours sleep 1000
holder=$pid
joined()
{
  "$top/run-with-stack.sh" --netns $ns --join $name -- "$@"
}

eventually joined true
mac=$(joined ip -br link show tap0 | awk '{ print $3 }')
[[ $mac == *:*:*:*:*:* ]] || fail "no hardware address: $mac"
eventually mld_says 'icmpv6.mldr.mar.multicast_address == ff02::1:ff00:2'
eventually forwards ff02::1:ff00:2
proved "MLDv2 tells of the groups of our addresses, and the bridge forwards them"

# --- any source ---------------------------------------------------------------

# any_source GROUP PORT SAYS SOURCE RECORD_TYPE_FIELD
any_source()
{
  local group=$1 port=$2 says=$3 source=$4 type=$5
  ! forwards "$group" || fail "the bridge forwards what nobody has joined"
  listen_ours "$port" tap0 "$group"
  eventually "$says" "$type == 4"
  eventually forwards "$group"
  proved "a join is reported, and the bridge forwards $group to tap0"
  eventually heard_by_ours "$port" br0 "$group" "$source" one
  proved "what the kernel sends to $group is heard"
  eventually "$says" "$type == 2"
  proved "the bridge's query is answered"
  close_ours
  eventually "$says" "$type == 3"
  eventually forwards_no_more "$group"
  proved "leaving is reported, too, and the bridge forwards no more"
}

any_source 239.77.1.2 5007 igmp_says $KERNEL igmp.record_type
any_source ff15::77:2 5008 mld_says $KERNEL6 icmpv6.mldr.mar.record_type
((!$(reports "ip.src == $OURS && (igmp.checksum.status == 0 || !ip.opt.ra)"))) ||
  fail "a report with a wrong checksum, or without router alert"
((!$(reports "eth.src == $mac && icmpv6.type == 143 && icmpv6.checksum.status == 0"))) ||
  fail "an MLD report with a wrong checksum"

# --- one source ---------------------------------------------------------------

# one_source GROUP PORT SAYS WANTED UNWANTED FILTER
one_source()
{
  local group=$1 port=$2 says=$3 wanted=$4 unwanted=$5
  listen_ours "$port" tap0 "$group" "$wanted"
  eventually "$says" "$6"
  eventually forwards "$group"
  kernel "$peer" say "$port" br0 "$group" "$unwanted" wrong
  eventually heard_by_ours "$port" br0 "$group" "$wanted" right
  kernel "$peer" say "$port" br0 "$group" "$unwanted" wrong
  kernel "$peer" say "$port" br0 "$group" "$wanted" last
  eventually grep -q 'heard last' "$listen_log"
  ! grep -q wrong "$listen_log" || fail "a source that was not asked for is heard"
  close_ours
  proved "$group from $wanted alone: reported with its source, and heard"
}

one_source 232.77.1.3 5009 igmp_says $OTHER $KERNEL \
  "igmp.record_type == 5 && igmp.saddr == $OTHER"
one_source ff35::77:3 5010 mld_says $OTHER6 $KERNEL6 \
  "icmpv6.mldr.mar.record_type == 5 && icmpv6.mldr.mar.source_address == $OTHER6"
eventually igmp_says "igmp.record_type == 6 && igmp.saddr == $OTHER"
eventually mld_says "icmpv6.mldr.mar.record_type == 6 && icmpv6.mldr.mar.source_address == $OTHER6"
proved "their end is reported with the source, too"

# --- the other way ------------------------------------------------------------

# heard_by_kernel GROUP PORT OURS OTHER: two listeners, of whom one wants us.
heard_by_kernel()
{
  local group=$1 port=$2 right wrong
  start kernel bash -c "sleep 1000 | exec '$peer' listen $port br0 $group $3"
  right=$log
  start kernel bash -c "sleep 1000 | exec '$peer' listen $port br0 $group $4"
  wrong=$log
  eventually grep -q joined "$right"
  eventually grep -q joined "$wrong"
  said()
  {
    joined "$peer" say "$port" tap0 "$group" "$3" hello
    grep -q 'heard hello' "$right"
  }
  eventually said "$@"
  ! grep -q heard "$wrong" || fail "the kernel hears us for another source"
  proved "what ours sends to $group is heard by who asked for us"
}

heard_by_kernel 232.77.1.4 5011 $OURS $OTHER
heard_by_kernel ff35::77:4 5012 $OURS6 $OTHER6

# --- older routers --------------------------------------------------------------

# old_version GROUP PORT REPORT LEAVE: joined and left in the old words.
old_version()
{
  listen_ours "$2" tap0 "$1"
  eventually reported "$3"
  eventually forwards "$1"
  close_ours
  eventually reported "$4"
}

if [[ -n $full ]]; then
  kernel ip link set br0 type bridge mcast_igmp_version 2 mcast_mld_version 1
  eventually reported "igmp.type == 0x11 && igmp.version == 2"
  eventually reported "icmpv6.type == 130 && ipv6.plen == 32"
  old_version 239.77.1.7 5015 "igmp.type == 0x16 && ip.src == $OURS" \
    "igmp.type == 0x17 && ip.src == $OURS"
  old_version ff15::77:7 5016 "icmpv6.type == 131 && eth.src == $mac" \
    "icmpv6.type == 132 && eth.src == $mac"
  proved "a router of IGMPv2 and MLDv1 hears its own language"
fi

# --- broadcast ----------------------------------------------------------------

listen_ours 5013 tap0 239.77.1.5
eventually heard_by_ours 5013 br0 10.77.0.255 $KERNEL directed
eventually heard_by_ours 5013 br0 255.255.255.255 $KERNEL limited
close_ours
start kernel bash -c "sleep 1000 | exec '$peer' listen 5014 br0 239.77.1.6"
listen_log=$log
heard_there()
{
  joined "$peer" say 5014 tap0 "$1" $OURS "$2"
  grep -q "heard $2" "$listen_log"
}

eventually heard_there 10.77.0.255 directed
eventually heard_there 255.255.255.255 limited
proved "broadcast, directed and limited, both ways"

# Longer than the bridge remembers without an answer to its queries.
forwards ff02::1:ff00:2 || eventually forwards ff02::1:ff00:2
stop $holder
proved "the bridge still forwards what it was told of at first"
