#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# multicast.sh - groups: joined, heard, sent to, and known to the switch
#
#   socat, python3 + stack 10.77.0.2 ==tap0== br0 10.77.0.1 socat, python3, tcpdump
#
# What this script is for
#   br0 forwards a group only to ports that asked for it (multicast_snooping),
#   and asks them (multicast_querier). A program that joins tells so with an
#   IGMPv3 report, hears the group from the kernel, answers the bridge's
#   queries, and says when it leaves.

. "$(dirname "$0")/net.sh"
need socat python3 tcpdump tshark
net_up
GROUP=239.77.1.2
[[ $side == tap ]] || skip "watches the stack's TAP"

# The kernel's end of the TAP is a port of a bridge with a short memory.
ip -n $ns link add br0 type bridge mcast_snooping 1 mcast_querier 1 \
  mcast_query_interval 200 mcast_query_response_interval 100 \
  mcast_startup_query_interval 100 mcast_startup_query_count 2 \
  mcast_igmp_version 3 || skip "no bridge with multicast snooping here"
ip -n $ns addr del $KERNEL/32 dev lo
ip -n $ns addr add $KERNEL/24 dev br0
ip -n $ns tuntap add tap0 mode tap vnet_hdr
ip -n $ns link set tap0 master br0 up
ip -n $ns link set br0 up
ip -n $ns route add 224.0.0.0/4 dev br0
ours_options=(--pcap "$work/ours.pcap")

start kernel tcpdump -i br0 -Unw "$work/igmp.pcap" igmp
eventually test -s "$work/igmp.pcap"

# reports FILTER: how many of ours the kernel's end has seen.
reports()
{
  tshark -r "$work/igmp.pcap" -Y "ip.src == $OURS && ip.ttl == 1 && $1" \
    2>/dev/null | wc -l
}

reported()
{
  (($(reports "$1") >= $2))
}

forwards()
{
  ip netns exec $ns bridge mdb show dev br0 | grep -q "tap0.*$GROUP"
}

forwards_no_more()
{
  ! forwards
}

cat >"$work/listen.py" <<'PY'
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5007))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             socket.inet_aton(sys.argv[1]) + socket.inet_aton("0.0.0.0"))
print("joined", flush=True)
got = []
while len(got) < 3:
    m = s.recv(100)
    if m not in got:
        got.append(m)
print(b" ".join(sorted(got)).decode(), flush=True)
sys.stdin.read()
s.close()
PY

mkfifo "$work/hold"
exec 9<>"$work/hold"
! forwards || fail "the bridge forwards what nobody has joined"
ours_prefix
timeout --foreground -k 5 "$limit" "${prefix[@]}" python3 "$work/listen.py" $GROUP \
  <"$work/hold" >"$work/listen.log" 2>&1 9>&- &
listener=$!
started+=($listener)
eventually grep -q joined "$work/listen.log"
eventually reported 'igmp.type == 0x22 && igmp.record_type == 4' 1
eventually forwards
proved "a join is reported, and the bridge forwards $GROUP to tap0"

say()
{
  kernel python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for m in (b'one', b'two', b'three'):
    s.sendto(m, ('$GROUP', 5007))"
}

heard()
{
  say
  grep -q '^one three two$' "$work/listen.log"
}

eventually heard
proved "what the kernel sends to the group is heard"
eventually reported 'igmp.type == 0x22 && igmp.record_type == 2' 1
proved "the bridge's query is answered"

# Its end of file, and it closes its socket.
exec 9>&-
wait $listener 2>/dev/null
eventually reported 'igmp.type == 0x22 && igmp.record_type == 3' 1
eventually forwards_no_more
proved "leaving is reported, too, and the bridge forwards no more"
((!$(tshark -r "$work/igmp.pcap" -Y "ip.src == $OURS &&
  (igmp.checksum.status == 0 || !ip.opt.ra)" 2>/dev/null | wc -l))) ||
  fail "a report with a wrong checksum, or without router alert"

# The other way: socat of ours sends, the kernel's hears.
start kernel socat -u "UDP4-RECVFROM:5008,ip-add-membership=$GROUP:br0" -
eventually sh -c "ip netns exec $ns ss -Hlun sport = :5008 | grep -q ."
heard_there()
{
  echo hello | ours socat -u - "UDP4-DATAGRAM:$GROUP:5008"
  grep -q hello "$log"
}
eventually heard_there
proved "what ours sends to the group is heard by the kernel"
