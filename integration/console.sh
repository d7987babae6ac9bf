#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# console.sh - the tools people know: ip, ss, netstat, nstat, route, arp
#
# What this script is for
#   The same `ip` commands on the stack and on a kernel with the same addresses
#   must print the same, errors too. What is added and removed must show in
#   traffic. ss must tell LISTEN, ESTAB and TIME-WAIT with timers and TCP_INFO,
#   and the counters of netstat must grow. busybox and pyroute2, where they are
#   installed, are asked as well.

. "$(dirname "$0")/net.sh"

# What is said of devices differs: addresses, names of peers, queues.
normalise()
{
  sed -E -e 's/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/g' -e 's/@tap0p(:| +)/\1/' -e 's/^tap0 +/tap0 /' \
    -e 's/qdisc [a-z_]+/qdisc Q/' -e 's/ uid 0//' -e 's/used [0-9/]+/used N/' \
    -e 's/ +$//' -e 's/ linkdown//'
}

# Twice the same commands: on the stack, and in a namespace of the kernel.
write_commands()
{
  cat >"$work/commands.sh" <<'END'
run()
{
  echo "+ $*"
  "$@" 2>&1
  echo "= $?"
}
routes()
{
  echo "+ routes"
  ip -4 route show "$@" | sort
}
run ip -4 addr
run ip -4 -br addr
run ip link show tap0
run ip link show dev lo
routes
routes table local
run ip -4 rule
run ip addr add 10.77.0.5/24 brd + dev tap0
run ip addr add 10.77.0.5/24 brd + dev tap0
run ip addr add 192.168.9.1/28 brd + dev tap0
run ip -4 addr show dev tap0
routes
run ip addr del 192.168.9.1/28 dev tap0
run ip addr del 192.168.9.1/28 dev tap0
run ip addr add 10.77.0.5/33 dev tap0
run ip addr add 10.0.0.1/24 dev nosuch
run ip route add 172.16.0.0/16 via 10.77.0.1
run ip route add 172.16.0.0/16 via 10.77.0.1
run ip route add 172.17.0.0/16 dev tap0 metric 7
run ip route add 172.18.0.0/16 via 10.99.0.1
run ip route add 172.17.0.1/16 dev tap0
run ip route replace 172.16.0.0/16 via 10.77.0.9 src 10.77.0.5
routes
routes proto kernel
routes dev tap0 172.16.0.0/12
run ip route get 172.16.5.5
run ip route get 10.77.0.9
run ip route get 10.77.0.2
run ip route get 172.17.0.9 from 10.77.0.5
run ip route get 8.8.8.8
run ip route del 172.16.0.0/16
run ip route del 172.16.0.0/16
run ip route del default
run ip route get 8.8.8.8
run ip route add default via 10.77.0.1 proto static metric 100
routes default
run ip neigh add 10.77.0.77 lladdr 02:00:00:00:00:77 dev tap0
run ip neigh add 10.77.0.77 lladdr 02:00:00:00:00:77 dev tap0
run ip neigh add 10.77.0.78 lladdr 02:00:00:00:00:78 nud reachable dev tap0
run ip neigh show 10.77.0.77
run ip neigh show 10.77.0.78
run ip neigh get 10.77.0.78 dev tap0
run ip neigh replace 10.77.0.78 lladdr 02:00:00:00:00:79 nud permanent dev tap0
echo '+ permanent'
ip neigh show nud permanent | sort
run ip neigh del 10.77.0.78 dev tap0
run ip neigh del 10.77.0.78 dev tap0
run ip route del 10.77.0.0/24
run ip route del 10.77.0.0/24
routes
run ip route get 10.77.0.9
run ip route add 10.77.0.0/24 dev tap0
routes
run ip route del 10.77.0.0/24
run ip link set tap0 mtu 1400
run ip -o link show tap0
run ip link set tap0 down
run ip link show tap0
run ip route get 10.77.0.1
run ip link set tap0 up
run ip link set tap0 address 02:00:00:00:00:05
run ip link show nosuch
run ip -j -4 addr show dev lo
END
}

kernel_twin()
{
  ip -n $ns_plain link add tap0 type veth peer name tap0p
  ip netns exec $ns_plain sysctl -qw net.ipv6.conf.all.disable_ipv6=1
  ip -n $ns_plain link set tap0p up
  ip -n $ns_plain link set tap0 up
  ip -n $ns_plain route del default
  ip -n $ns_plain link del veth1
  ip -n $ns_plain addr add 10.77.0.2/24 brd + dev tap0
  ip -n $ns_plain route add default via 10.77.0.1
  eventually sh -c "ip -n $ns_plain link show tap0 | grep -q LOWER_UP"
}

# What a file says on both sides: "expected" lines that only one side can have
# are named here, each with its reason.
compare()
{
  kernel_twin
  ip netns exec $ns_plain bash "$work/commands.sh" | normalise \
    >"$work/kernel.txt"
  # A kernel's interface has an index of its own.
  sed -i -E 's/^[0-9]+: tap0/2: tap0/' "$work/kernel.txt"
  ours bash "$work/commands.sh" 2>&1 | normalise >"$work/ours.txt"
  # qdisc and length of queue of a veth in JSON.
  sed -i -E 's/"qdisc":"[a-z]+"/"qdisc":"Q"/' "$work"/{kernel,ours}.txt
  diff -u "$work/kernel.txt" "$work/ours.txt" >"$work/diff.log" ||
    fail "ip says something else: $(head -60 "$work/diff.log")"
  proved "$(grep -c '^+' "$work/ours.txt") ip commands print what they print on a kernel"
}

# --- what changes shows in traffic ------------------------------------------------

# The stack's script waits for these files, and we for its.
signal()
{
  touch "$work/$1"
}

write_traffic()
{
  cat >"$work/traffic.sh" <<'END'
cd "$1" || exit 1
page() { curl -sf -m "$1" -o /dev/null "http://$2:8000/"; }
await() { for _ in $(seq 1000); do [ -e "$1" ] && return; sleep 0.05; done; exit 1; }
die() { echo "traffic: $*"; touch failed; exit 1; }
python3 -m http.server 8000 >/dev/null 2>&1 &
server=$!
ip addr add 10.77.0.99/24 dev tap0 || die "addr add"
touch added
await added.seen
ip addr del 10.77.0.99/24 dev tap0 || die "addr del"
touch removed
await removed.seen
page 20 10.77.0.1 || die "the peer does not answer"
ip neigh replace 10.77.0.1 lladdr 02:00:00:00:66:66 dev tap0 nud permanent
page 1 10.77.0.1 && die "a wrong neighbour is used"
ip neigh del 10.77.0.1 dev tap0
page 20 10.77.0.1 || die "neighbour del"
page 20 10.78.0.1 || die "the gateway does not answer"
ip route del default
page 5 10.78.0.1 && die "route del"
ip route add 10.78.0.0/24 via 10.77.0.1
page 20 10.78.0.1 || die "route add"
ip link set tap0 down
page 1 10.77.0.1 && die "the link is down"
ip link set tap0 up
ip link set tap0 mtu 900
page 20 10.77.0.1 || die "the link is up"
kill $server
touch done
END
}

traffic()
{
  start kernel python3 -m http.server 8000
  kernel_listens 8000
  start ours bash "$work/traffic.sh" "$work"
  eventually test -e "$work/added"
  eventually kernel curl -sf -m 2 -o /dev/null http://10.77.0.99:8000/
  signal added.seen
  eventually test -e "$work/removed"
  ! kernel curl -sf -m 1 -o /dev/null http://10.77.0.99:8000/ ||
    fail "a removed address answers"
  signal removed.seen
  eventually_long test -e "$work/done" -o -e "$work/failed"
  [[ -e $work/done ]] || fail "$(cat "$log")"
  proved "added and removed addresses, neighbours, routes, links: seen in traffic"
  stop "${started[0]}"
}

# --- sockets ------------------------------------------------------------------------

write_sockets()
{
  cat >"$work/sockets.sh" <<'END'
die() { echo "sockets: $*"; exit 1; }
# says WHAT REGEX CMD...: the output has such a line.
says()
{
  local what=$1 regex=$2 out
  shift 2
  for _ in $(seq 200); do
    out=$("$@" 2>&1)
    grep -Eq -- "$regex" <<<"$out" && return
    sleep 0.1
  done
  die "$what: $* has no line $regex: $out"
}
python3 -m http.server 8000 >/dev/null 2>&1 &
server=$!
says listen 'LISTEN +0 +[0-9]+ +0.0.0.0:8000 .*python3.*pid='$server ss -tlnp
python3 -c '
import socket, time
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("10.77.0.2", 5353))
time.sleep(60)' &
udp=$!
says udp 'UNCONN +0 +0 +10.77.0.2:5353' ss -uan
before=$(sed -n 's/^Tcp: [0-9]/&/p' /proc/net/snmp | awk '{ print $11 }')
exec 5<>/dev/tcp/127.0.0.1/8000
says estab 'ESTAB +0 +0 +127.0.0.1:8000 ' ss -tn
says info 'cubic.* rto:[0-9.]+ rtt:[0-9.]+/.* mss:[0-9]+ .*cwnd:[0-9]+' \
  ss -tni state established
says memory 'skmem:\(r0,rb[0-9]+,t0,tb[0-9]+' ss -tnm state established
says extended 'uid:|ino:[1-9][0-9]* sk:' ss -tne
curl -sf -o /dev/null http://127.0.0.1:8000/
says time-wait 'timer:\(timewait,[0-9]+' ss -tno state time-wait
says filter '^0 +0 .*:8000' ss -Htn state established sport = :8000
says summary '^TCP: +[0-9]+ \(estab [12],' ss -s
says netstat 'tcp .*0.0.0.0:8000 +0.0.0.0:\* +LISTEN +'$server/python3 netstat -tlnp
says netstat 'tcp .*127.0.0.1:8000 .*ESTABLISHED' netstat -tan
says netstat 'udp +0 +0 10.77.0.2:5353' netstat -uan
after=$(sed -n 's/^Tcp: [0-9]/&/p' /proc/self/net/snmp | awk '{ print $11 }')
((after > before + 8)) || die "InSegs: $before, then $after"
says counters '[1-9][0-9]* segments received' netstat -s
says nstat 'TcpPassiveOpens +[1-9]' nstat -az
says route '^0.0.0.0 +10.77.0.1 +0.0.0.0 +UG' netstat -rn
says route '^10.77.0.0 +0.0.0.0 +255.255.255.0 +U ' route -n
says ifconfig 'inet 10.77.0.2  netmask 255.255.255.0  broadcast 10.77.0.255' \
  ifconfig tap0
ifconfig tap0 mtu 1400 || die "ifconfig mtu"
says mtu 'mtu 1400' ifconfig tap0
ifconfig tap0 10.77.0.3 netmask 255.255.255.128 || die "ifconfig address"
says address 'inet 10.77.0.3/25 ' ip -4 addr show dev tap0
ifconfig tap0 10.77.0.2 netmask 255.255.255.0 || die "ifconfig address back"
route add -net 172.29.0.0 netmask 255.255.0.0 gw 10.77.0.1 || die "route add"
says route '172.29.0.0/16 via 10.77.0.1 dev tap0' ip route
route del -net 172.29.0.0 netmask 255.255.0.0 || die "route del"
ip route | grep -q 172.29 && die "route del: still there"
arp -s 10.77.0.55 02:00:00:00:00:55 || die "arp -s"
says permanent '10.77.0.55 dev tap0 lladdr 02:00:00:00:00:55 PERMANENT' ip neigh
arp -d 10.77.0.55 || die "arp -d"
says maddr 'inet +224.0.0.1' ip maddr show dev tap0
ss -K dport = :8000 >/dev/null
says killed '^$' ss -Htn state established
curl -s -m 1 -o /dev/null http://10.77.0.1:1/
says arp '\(10.77.0.1\) at ([0-9a-f]{2}:){5}[0-9a-f]{2} \[ether\] on tap0' arp -an
kill $server $udp
exit 0
END
}

sockets()
{
  ours bash -x "$work/sockets.sh" >"$work/sockets.log" 2>&1 ||
    fail "exit status $?: $(tail -5 "$work/sockets.log")"
  proved "ss, netstat, nstat, route, arp, ifconfig show the stack"
}

# --- other programs -----------------------------------------------------------------

others()
{
  if command -v busybox >/dev/null; then
    ours busybox ip addr >"$work/busybox.log" 2>&1
    grep -q 'inet 10.77.0.2/24 brd 10.77.0.255 scope global tap0' \
      "$work/busybox.log" || fail "busybox ip addr"
    ours busybox ip route | grep -q 'default via 10.77.0.1 dev tap0' ||
      fail "busybox ip route"
    proved "busybox ip"
  fi
  if /usr/bin/python3 -c 'import pyroute2' 2>/dev/null; then
    ours /usr/bin/python3 -c '
from pyroute2 import IPRoute
ip = IPRoute()
i = ip.link_lookup(ifname="tap0")[0]
ip.addr("add", index=i, address="10.77.0.40", prefixlen=24)
ip.route("add", dst="172.30.0.0/16", gateway="10.77.0.1")
print([a.get_attr("IFA_ADDRESS") for a in ip.get_addr(index=i)])
print([r.get_attr("RTA_DST") for r in ip.get_routes()])
' >"$work/pyroute2.log" 2>&1
    grep -q 10.77.0.40 "$work/pyroute2.log" &&
      grep -q 172.30.0.0 "$work/pyroute2.log" || fail "pyroute2"
    proved "pyroute2"
  fi
}

# --- from outside: --join --------------------------------------------------------------

joined()
{
  "$top/run-with-stack.sh" --netns $ns --join console$$ -- "$@"
}

# tells REGEX: `ip monitor` has said so.
tells()
{
  eventually grep -Eq -- "$1" "$work/monitor.log"
}

shows()
{
  local regex=$1
  shift
  grep -Eq -- "$regex" <<<"$(joined "$@" 2>&1)"
}

# Until `ip monitor` has joined its groups.
listens()
{
  joined ip route add 172.30.9.0/24 via $KERNEL
  joined ip route del 172.30.9.0/24
  grep -q 'Deleted 172.30.9.0/24' "$work/monitor.log"
}

# Probing takes a second or two; whoever looks later finds nothing.
is_probed()
{
  joined sh -c 'ip -6 addr del fd00:99::1/64 dev tap0 2>/dev/null
    ip -6 addr add fd00:99::1/64 dev tap0 && ip -6 addr show dev tap0 tentative' |
    grep -q fd00:99::1
}

is_ready()
{
  ! shows fd00:99::1 ip -6 addr show dev tap0 tentative
}

joins()
{
  local monitor=$work/monitor.log
  start ours sleep 1000
  eventually joined true
  joined stdbuf -oL ip monitor all >"$monitor" 2>&1 &
  started+=($!)
  eventually listens
  start kernel python3 -m http.server 8001
  kernel_listens 8001

  # What the stack does by itself, and what others do.
  eventually is_probed
  tells 'inet6 fd00:99::1/64 scope global'
  tells 'fd00:99::/64 dev tap0 proto kernel'
  eventually is_ready
  joined curl -sf -o /dev/null "http://$KERNEL:8001/" || fail "no page"
  tells "$KERNEL dev tap0 lladdr ([0-9a-f]{2}:){5}[0-9a-f]{2} REACHABLE"
  joined ip route add 172.31.0.0/16 via $KERNEL
  tells '^\[ROUTE\]172.31.0.0/16 via 10.77.0.1 dev tap0'
  joined ip route del 172.31.0.0/16
  tells 'Deleted 172.31.0.0/16 via'
  joined ip link set tap0 mtu 1300
  tells 'tap0: .* mtu 1300'
  joined ip -6 addr del fd00:99::1/64 dev tap0
  tells 'Deleted .*inet6 fd00:99::1/64'
  proved "ip monitor: probed addresses, neighbours, routes, links"

  joined sh -c 'exec python3 -m http.server 8002 >/dev/null 2>&1' &
  started+=($!)
  eventually shows 'LISTEN +0 +[0-9]+ +0.0.0.0:8002 .*python3' ss -tlnp
  shows '0.0.0.0:8002 +0.0.0.0:\* +LISTEN' netstat -tln || fail "netstat"
  shows 'Ip6OutRequests +[1-9]' nstat -az || fail "nstat"
  shows 'IcmpMsg|[0-9]+ total packets received' netstat -s || fail "netstat -s"
  shows 'inet6 +ff02::1:ff00:2' ip maddr show dev tap0 || fail "ip -6 maddr"
  shows 'inet +224.0.0.1' ip maddr show dev tap0 || fail "ip maddr"
  joined ip netns list-id || fail "RTM_GETNSID"
  for file in snmp6 igmp igmp6 mcfilter mcfilter6 raw raw6 if_inet6 ipv6_route dev_mcast; do
    joined cat "/proc/net/$file" | grep -q . || fail "/proc/net/$file is empty"
  done
  proved "ip, ss, netstat, nstat and /proc/net of a stack that was joined"
}

need ip ss curl python3 netstat route arp ifconfig nstat
net_up both
use_tap
write_commands
write_traffic
write_sockets
sockets
traffic
compare
others
ours_options=(--name console$$)
ipv6=yes
joins
