# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# scenarios_link.sh - scenarios about addresses, neighbours, routers, fragments
#
# What this script is for
#   The functions scene_NAME of scenarios.sh, which sources it, that are not about
#   TCP. Each draws its own network if it is more than a TAP.

# A duplicate IPv6 address: there already, and arriving later.
scene_dad()
{
  net_up
  mkdir "$work/www"
  make_link
  ours_options=(--addr "$OURS/24,$OURS6/64,$KERNEL6/64" --gateway $KERNEL)
  start_host
  eventually grep -q "another host.* has the address $KERNEL6: not used" "$work/stack.log"
  eventually console_says "inet6 $KERNEL6/64 .*dadfailed" ip -6 addr
  kernel ping -6 -n -c 2 -i 0.2 -W 5 $OURS6 >"$work/ping" || fail "$OURS6 does not answer"
  proved "a duplicate that is there: not used, and the other address is"

  # Ours is proved by now: the kernel asks, and is told.
  eventually console_says "inet6 $OURS6/64 scope global *$" ip -6 addr
  ip -n $ns addr add $OURS6/64 dev tap0
  eventually sh -c "ip -n $ns -6 addr show dev tap0 | grep '$OURS6/64.*dadfailed'"
  ip -n $ns addr del $OURS6/64 dev tap0
  kernel ping -6 -n -c 2 -i 0.2 -W 5 $OURS6 >"$work/ping" || fail "$OURS6 was lost"
  proved "a duplicate that comes later: the kernel gives it up, the stack keeps it"
}

# ARP from another station that says it has an address of ours.
lie()
{
  kernel python3 - "$1" <<'PY'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("tap0", 0x0806))
other, ip = b"\2\0\0\0\x77\x99", socket.inet_aton(sys.argv[1])
s.send(b"\xff" * 6 + other + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" + other + ip +
       b"\0" * 6 + ip)
PY
}

scene_arp_conflict()
{
  net_up
  mkdir "$work/www"
  make_link
  ip -n $ns addr add 10.77.0.3/32 dev tap0
  capture tap0 arp
  ours_options=(--addr "$OURS/24,10.77.0.3/24,10.77.0.4/24" --gateway $KERNEL)
  start_host
  eventually grep -q 'another host (.*) has the address 10.77.0.3: not used' "$work/stack.log"
  eventually console_says 'inet 10.77.0.3/24 .*dadfailed' ip addr
  for a in $OURS 10.77.0.4; do
    kernel ping -n -c 2 -i 0.2 -W 5 $a >"$work/ping" || fail "$a was lost, too"
  done
  eventually counted 3 "arp.src.proto_ipv4 == 0.0.0.0 && arp.dst.proto_ipv4 == $OURS"
  eventually counted 2 "arp.src.proto_ipv4 == $OURS && arp.dst.proto_ipv4 == $OURS"
  # The first probe may come before the TAP carries answers.
  counted 3 'arp.src.proto_ipv4 == 0.0.0.0 && arp.dst.proto_ipv4 == 10.77.0.3' &&
    fail "asked on about 10.77.0.3"
  proved "one of three addresses is another host's: that one is not used"

  eventually grep -q "nobody else has $OURS" "$work/stack.log"
  lie $OURS
  eventually grep -q "has the address $OURS: defended" "$work/stack.log"
  lie $OURS
  kernel ping -n -c 2 -i 0.2 -W 5 $OURS >"$work/ping" || fail "$OURS was given up"
  (($(grep -c "$OURS: defended" "$work/stack.log") == 1)) || fail "defended twice"
  proved "who claims it later is answered once in ten seconds, and gets nothing"
}

# 4 KB over a link of 1500: three fragments, there and back.
scene_fragments()
{
  local a filter
  net_up
  make_link
  cat >"$work/echo.py" <<'PY'
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 7))
print("up", flush=True)
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(data, peer)
PY
  cat >"$work/ask.py" <<'PY'
import os, socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET,
                  socket.SOCK_DGRAM)
s.settimeout(10)
s.connect((sys.argv[1], 7))
data = os.urandom(4000)
s.send(data)
sys.exit(s.recv(65536) != data)
PY
  start ours python3 "$work/echo.py"
  eventually grep -q up "$log"
  # Who asks for the link address first does not count.
  kernel ping -n -c 1 -W 5 $OURS >"$work/ping" || fail "no echo"
  kernel ping -n -c 1 -W 5 $OURS6 >"$work/ping" || fail "no echo over IPv6"
  capture tap0 'udp or ip[6:2] & 0x3fff != 0 or ip6[6] == 44'
  for a in $OURS $OURS6; do
    kernel python3 "$work/ask.py" $a || fail "4000 bytes to $a"
    filter="ipv6.fraghdr && ipv6"
    [[ $a == *:* ]] || filter="(ip.flags.mf == 1 || ip.frag_offset > 0) && ip"
    eventually counted 3 "$filter.src == $a"
    eventually counted 3 "$filter.dst == $a"
    ! counted 4 "$filter.src == $a" || fail "more than three fragments"
    proved "4000 bytes to $a and back: three fragments each way"
  done
}

# The first packet to a neighbour waits for its link address, and is not lost.
scene_resolution()
{
  local a all
  net_up
  make_link
  # The kernel asks for us when it answers: give it no reason.
  ours_options=(--pcap "$work/ours.pcap" --mac 02:00:00:00:77:02)
  ip -n $ns neigh replace $OURS lladdr 02:00:00:00:77:02 dev tap0 nud permanent
  ip -n $ns neigh replace $OURS6 lladdr 02:00:00:00:77:02 dev tap0 nud permanent
  for a in $KERNEL $KERNEL6; do
    for all in 56 8000; do
      ours ping -n -c 2 -i 0.2 -W 10 -s $all $a >"$work/ping.log" 2>&1 ||
        fail "ping -s $all $a"
      grep -q ' 0% packet loss' "$work/ping.log" || fail "the first ping was lost"
      grep -q 'icmp_seq=1 ' "$work/ping.log" || fail "the first one was lost"
    done
    proved "ping $a: the first one, and six fragments, wait for the link address"
  done
  capture=$work/ours.pcap
  counted 1 "arp.opcode == 1 && arp.dst.proto_ipv4 == $KERNEL && arp.src.proto_ipv4 == $OURS" ||
    fail "no ARP question in the capture"
  counted 1 "icmpv6.type == 135 && icmpv6.nd.ns.target_address == $KERNEL6" ||
    fail "no neighbour solicitation in the capture"

  # Nobody there: the program is told.
  ours ping -n -c 1 -W 10 10.77.0.99 >"$work/nobody.log" 2>&1
  grep -q 'Destination Host Unreachable' "$work/nobody.log" ||
    fail "nobody there: $(cat "$work/nobody.log")"
  proved "a neighbour that is not there is told"
}

kernel_mac()
{
  ip -n $ns link set tap0 address "$1"
}

# A neighbour whose hardware address changes, in the middle of a transfer.
scene_moved_neighbour()
{
  local pid_curl family url
  net_up
  mkdir "$work/www"
  make_link
  make_file file 32
  kernel sysctl -qw net.ipv4.conf.tap0.arp_notify=1 net.ipv6.conf.tap0.ndisc_notify=1
  start kernel python3 "$top/integration/http_peer.py" 8000 "$work"
  kernel_listens 8000
  start_host
  for family in 4 6; do
    url=http://$KERNEL:8000/up$family
    [[ $family == 4 ]] || url=http://[$KERNEL6]:8000/up$family
    console curl -sS -f --max-time 60 --limit-rate 24M -T "$work/file" "$url" &
    pid_curl=$!
    eventually test -e "$work/up$family"
    kernel_mac 02:00:00:00:77:a$family
    eventually console_says "lladdr 02:00:00:00:77:a$family" ip -$family neigh
    wait $pid_curl || fail "IPv$family: the transfer broke"
    same "$work/file" "$work/up$family"
    proved "IPv$family: a neighbour that moves is followed, a transfer goes on"
  done
  # It says nothing: who has no answer asks anew.
  kernel sysctl -qw net.ipv4.conf.tap0.arp_notify=0 net.ipv6.conf.tap0.ndisc_notify=0
  kernel_mac 02:00:00:00:77:b4
  console ip neigh change $KERNEL dev tap0 nud stale ||
    fail "cannot change the neighbour"
  console curl -sS -f --max-time 40 -o "$work/got" "http://$KERNEL:8000/file" ||
    fail "a neighbour that moves silently is not found"
  same "$work/file" "$work/got"
  proved "one that says nothing is found by asking again"
}

# plug NAMESPACE PORT: eth0 there, PORT of br0 here.
plug()
{
  ip -n $ns link add "$2" type veth peer name eth0 netns "$1"
  ip -n $ns link set "$2" master br0 up
  ip -n "$1" link set eth0 up
}

make_bridge()
{
  ip -n $ns addr del $KERNEL/32 dev lo
  ip -n $ns addr del $KERNEL6/128 dev lo
  ip -n $ns link add br0 type bridge forward_delay 0 mcast_snooping 0
  ip -n $ns addr add $KERNEL/24 dev br0
  ip -n $ns addr add $KERNEL6/64 dev br0 nodad
  ip -n $ns tuntap add tap0 mode tap vnet_hdr || skip "cannot make a TAP"
  ip -n $ns link set tap0 master br0 up
  ip -n $ns link set br0 up
}

# Two routers announce themselves; the one in use falls silent.
scene_dead_router()
{
  local n in_use
  net_up
  mkdir "$work/www"
  make_bridge
  cat >"$work/announce.py" <<'PY'
import socket, struct, sys
mac = bytes(int(x, 16) for x in open("/sys/class/net/eth0/address").read().split(":"))
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
index = socket.if_nametoindex("eth0")
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\1\1" + mac,
         ("ff02::1", 0, 0, index))
PY
  for n in 1 2; do
    new_host $n
    plug "$host" port$n
    ip -n $ns-$n link set eth0 down
    ip -n $ns-$n link set eth0 address 02:00:00:00:77:1$n
    ip netns exec $ns-$n sysctl -qw net.ipv6.conf.eth0.accept_dad=0 \
      net.ipv6.conf.all.forwarding=1
    ip -n $ns-$n link set eth0 up
    ip -n $ns-$n addr add fd00:77::1$n/64 dev eth0 nodad
    ip -n $ns-$n addr add fd00:99::1/128 dev lo
  done
  ours_options=(--gateway "$KERNEL")
  start_host
  for n in 1 2; do
    eventually sh -c "ip netns exec $ns-$n ping -6 -n -c 1 -W 1 $OURS6"
    ip netns exec $ns-$n python3 "$work/announce.py"
  done
  eventually console ping -6 -n -c 3 -i 0.2 -W 5 fd00:99::1
  in_use=1
  router_heard 1 || in_use=2
  ip -n $ns-$in_use link set eth0 down
  # Its time as reachable is 30 seconds: it is over for this test.
  console ip -6 neigh change "fe80::ff:fe00:771$in_use" dev tap0 nud stale ||
    fail "cannot change the neighbour"
  console ping -6 -n -c 60 -i 0.5 -W 1 -w 60 fd00:99::1 >"$work/ping.log" 2>&1 &
  eventually_long router_heard $((3 - in_use))
  proved "the second router takes over when the first is silent"
}

# Has that router answered an echo request from beyond?
router_heard()
{
  ip netns exec "$ns-$1" nstat -asz Icmp6InEchos |
    awk '/Icmp6InEchos/ { exit $2 <= 1 }'
}

# The word of a router: packets must be smaller, beyond it.
scene_path_mtu()
{
  net_up both
  kernel sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  make_link
  ip -n $ns link set veth0 mtu 1300
  ip -n $ns_plain link set veth1 mtu 1300
  # Segments made for 1500 must not be announced down by the far end's MSS.
  ip -n $ns_plain route add 10.77.0.0/24 via 10.78.0.1 advmss 1460
  ip -n $ns_plain -6 route add fd00:77::/64 via fd00:78::1 advmss 1440
  make_file file 4
  ip netns exec $ns_plain timeout "$limit" python3 "$top/integration/http_peer.py" \
    80 "$work" >"$work/plain.log" 2>&1 &
  started+=($!)
  eventually sh -c "ip netns exec $ns_plain ss -Hltn sport = :80 | grep -q ."
  for url in http://10.78.0.2 "http://[fd00:78::2]"; do
    ours curl -sS -f --max-time 60 -T "$work/file" "$url/up" || fail "up to $url"
    same "$work/file" "$work/up"
    ours curl -sS -f --max-time 60 -o "$work/got" "$url/file" || fail "down from $url"
    same "$work/file" "$work/got"
  done
  kernel nstat -asz >"$work/nstat"
  awk '$1 == "IcmpOutDestUnreachs" { exit $2 == 0 }' "$work/nstat" ||
    fail "the router never said that fragmentation is needed"
  awk '$1 == "Icmp6OutPktTooBigs" { exit $2 == 0 }' "$work/nstat" ||
    fail "the router never said that a packet is too big"
  proved "a path of 1300 bytes behind a router: told by ICMP and ICMPv6, bytes intact"
}

# A bridge with three hosts, of which two are stacks.
scene_bridge()
{
  local at n from
  net_up
  ip -n $ns addr del $KERNEL/32 dev lo
  ip -n $ns addr del $KERNEL6/128 dev lo
  ip -n $ns link add br0 type bridge forward_delay 0
  ip -n $ns addr add $KERNEL/24 dev br0
  ip -n $ns addr add $KERNEL6/64 dev br0 nodad
  ip -n $ns link set br0 up
  make_file file 4
  start kernel python3 -m http.server --directory "$work" --bind :: 8000
  kernel_listens 8000
  for n in 2 3; do
    on_bridge $n --name "scene$$-$n" -- python3 -m http.server --directory "$work" \
      --bind :: 8000 >"$work/host$n.log" 2>&1 &
    started+=($!)
    eventually kernel curl -sf -o "$work/got" "http://10.77.0.$n:8000/file"
  done
  for from in 1 2 3; do
    for at in 1 2 3; do
      ((from != at)) || continue
      host $from curl -sS -f --max-time 30 -o "$work/got" "http://10.77.0.$at:8000/file" ||
        fail "host $from asks host $at"
      same "$work/file" "$work/got"
      host $from curl -sS -f --max-time 30 -o "$work/got" "http://[fd00:77::$at]:8000/file" ||
        fail "host $from asks host $at over IPv6"
      same "$work/file" "$work/got"
    done
  done
  proved "three hosts on a bridge, two of them stacks: each asks each, both families"
}

on_bridge()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns --bridge br0 \
    --addr "10.77.0.$1/24,fd00:77::$1/64" "${@:2}"
}

# host N CMD...: on the kernel, or on the stack of that number.
host()
{
  local n=$1
  shift
  if ((n == 1)); then
    kernel "$@"
  else
    kernel "$top/run-with-stack.sh" --join "scene$$-$n" "$@"
  fi
}

# The next program gets the address of one whose keeper still has to deliver.
scene_successor()
{
  need nft
  net_up
  ip -n $ns addr del $KERNEL/32 dev lo
  ip -n $ns addr del $KERNEL6/128 dev lo
  ip -n $ns link add br0 type bridge forward_delay 0
  ip -n $ns addr add $KERNEL/24 dev br0
  ip -n $ns addr add $KERNEL6/64 dev br0 nodad
  ip -n $ns link set br0 up
  make_file file 1
  for port in 8000 8001; do
    start kernel python3 -m http.server --directory "$work" $port
    kernel_listens $port
  done
  on_bridge 2 --log "info,$work/first.log" -- python3 -c 'import os, socket, sys, time
s = socket.create_connection(("10.77.0.1", 8000))
print("up", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.1)
s.send(b"x")' "$work/enough" >"$work/first.out" 2>&1 &
  first=$!
  started+=($first)
  eventually grep -q up "$work/first.out"
  # Its peer hears nothing more: the keeper goes on sending.
  kernel nft add table ip scene
  kernel nft 'add chain ip scene in { type filter hook prerouting priority -300; }'
  kernel nft add rule ip scene in iifname br0 tcp dport 8000 drop
  # The first one's addresses are beyond doubt.
  eventually grep -q "nobody else has $OURS" "$work/first.log"
  touch "$work/enough"
  wait $first || fail "the first program"

  on_bridge 2 --log "info,$work/second.log" -- sh -c "
    curl -sS -f --max-time 30 -o $work/got http://$KERNEL:8001/file &&
      until grep -q 'nobody else has $OURS' $work/second.log; do sleep 0.2; done &&
      curl -sS -f --max-time 30 -o $work/again http://$KERNEL:8001/file" ||
    fail "the second program: $(tail -n 3 "$work/second.log")"
  same "$work/file" "$work/got"
  same "$work/file" "$work/again"
  ! grep -q 'has the address' "$work/second.log" || fail "an address was kept from it"
  [[ -n $(ip -n $ns -o link show master br0) ]] || fail "no keeper was there"
  proved "the next program has the address, while a keeper delivers with the old one"
}
