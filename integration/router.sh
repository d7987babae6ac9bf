#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# router.sh - several links in one stack: a host on both, and a router between
#
#     nsst<pid>                                              nssp<pid>
#     10.81.0.1 left ====  program + stack  ==== right 10.82.0.1
#     fd81::1              10.81.0.2 10.82.0.2         fd82::1
#                          fd81::2   fd82::2
#
# What this script is for
#   As a host: one server is reached on both links, each address on its own only
#   (the strong model); SO_BINDTODEVICE keeps to a link; ip(8) shows them all.
#   As a router (NSSHIM_FORWARD=on), for both families: ping, the hop that
#   traceroute sees, 16 MiB each way with every mix of offload, path MTU
#   discovery towards a small link, fragments, redirects, and what is refused.

. "$(dirname "$0")/net.sh"
need curl ping traceroute python3 tcpdump
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
with_ipv6
net_up
lib=${NSSHIM_LIB:-$build/shim/libnsshim.so}
far=$ns_plain
new_namespace $far

far()
{
  timeout --foreground -k 5 "$limit" ip netns exec $far "$@"
}

# The TAPs are opened by name in $ns; then the right one goes to its host.
make_links()
{
  local dev
  for dev in left right; do
    ip -n $ns tuntap add $dev mode tap vnet_hdr || skip "cannot make a TAP"
    ip -n $ns link set $dev up txqueuelen 4096
  done
  ip -n $ns addr add 10.81.0.1/24 dev left
  ip -n $ns addr add fd81::1/64 dev left nodad
  ip -n $ns route add 10.82.0.0/16 via 10.81.0.2
  ip -n $ns route add fd82::/64 via fd81::2
}

has_carrier()
{
  prints LOWER_UP ip -n $ns -o link show dev "$1"
}

move_right()
{
  eventually has_carrier left
  eventually has_carrier right
  ip -n $ns link set right netns $far || skip "cannot move an open TAP"
  ip -n $far link set right up txqueuelen 4096
  ip -n $far addr add 10.82.0.1/24 dev right
  ip -n $far addr add fd82::1/64 dev right nodad
  ip -n $far route replace default via 10.82.0.2
  ip -n $far route replace default via fd82::2
}

# stack NAME=VALUE... -- CMD: in the background, on both links.
stack()
{
  local settings=()
  while [[ $1 != -- ]]; do
    settings+=("$1") && shift
  done
  shift
  start kernel env NSSHIM_TAP=left,right \
    NSSHIM_ADDR=10.81.0.2/24,fd81::2/64,10.82.0.2/24@right,fd82::2/64@right \
    "${settings[@]}" LD_PRELOAD="$lib" "$@"
  stack_pid=$pid stack_log=$log
}

# Gone with its keeper: the devices are free.
end_stack()
{
  stop "$stack_pid"
  [[ ! -e /run/netns/$far ]] || ip -n $far link del right 2>/dev/null
  ip -n $ns link del right 2>/dev/null
  ip -n $ns link del left 2>/dev/null
  make_links
}

# --- a router ------------------------------------------------------------------

serve()
{
  cat >"$work/serve.py" <<'PY'
import http.server, socket, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        left = int(self.headers["Content-Length"])
        with open(sys.argv[1] + "/put", "wb") as f:
            while left:
                b = self.rfile.read(min(left, 1 << 20))
                if not b: break
                f.write(b); left -= len(b)
        self.send_response(201); self.end_headers()
    def log_message(self, *a): pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
Server(("::", 8000), lambda *a: Handler(*a, directory=sys.argv[1])).serve_forever()
PY
  timeout --foreground -k 5 "$limit" ip netns exec $far \
    python3 "$work/serve.py" "$work" >"$work/serve.log" 2>&1 &
  started+=($!)
  eventually sh -c "ip netns exec $far ss -Hltn sport = :8000 | grep -q ."
}

# Both ways through the router, and a look at the bytes.
transfer()
{
  local host
  for host in 10.82.0.1 '[fd82::1]'; do
    kernel curl -sS -m 60 -o "$work/got" "http://$host:8000/file" ||
      fail "$1: download from $host"
    same "$work/file" "$work/got" "$1, from $host"
    kernel curl -sS -m 60 -T "$work/file" "http://$host:8000/put" ||
      fail "$1: upload to $host"
    same "$work/file" "$work/put" "$1, to $host"
  done
}

hop_seen()
{
  kernel traceroute -n -q 1 -w 5 "$1" >"$work/trace.log"
  grep -q "^ *1 *$2 " "$work/trace.log"
}

make_links
make_file file $((${full:+15} + 1))
ip netns exec $ns sysctl -qw net.ipv4.conf.all.accept_redirects=1 \
  net.ipv4.conf.left.accept_redirects=1 net.ipv4.conf.left.secure_redirects=0
stack NSSHIM_FORWARD=on \
  "NSSHIM_ROUTE=10.83.0.0/16 via 10.81.0.9,fd83::/64 via fe80::9 dev left" -- \
  sleep 1000
move_right
serve
kernel ping -c 3 -i 0.2 -W 5 10.82.0.1 >"$work/ping.log" || fail "ping through"
grep -q 'ttl=63' "$work/ping.log" || fail "not one hop: $(<"$work/ping.log")"
kernel ping -c 3 -i 0.2 -W 5 fd82::1 >"$work/ping.log" || fail "ping -6 through"
grep -q 'ttl=63' "$work/ping.log" || fail "not one hop: $(<"$work/ping.log")"
proved "ping through a sleeping program, both families"

kernel ping -c 1 -W 5 10.82.0.2 >/dev/null || fail "a router is all its addresses"
hop_seen 10.82.0.1 10.81.0.2 || fail "traceroute: $(<"$work/trace.log")"
hop_seen fd82::1 fd81::2 || fail "traceroute -6: $(<"$work/trace.log")"
proved "traceroute sees the hop"

transfer "offload on both sides"
proved "bytes both ways, in both families, offload on both links"

# What has no better way is told one: 10.83/16 and fd83::/64 are behind the left
# link, and the kernel, which asks us, is told so.
is_redirected()
{
  kernel ping -c 1 -W 1 "$1" >/dev/null 2>&1
  prints "via $2 " kernel ip route get "$1"
}

# hears_router WHO NAMESPACE DEVICE: its link-local address there.
hears_router()
{
  local ours
  ours=$(ip -n "$2" -6 -o addr show dev "$3" scope link |
    sed -n 's/.*inet6 \([^/]*\).*/\1/p')
  "$1" ping -6 -c 2 -i 0.2 -W 2 "ff02::1%$3" >"$work/ping.log"
  router_ll=$(sed -n 's/.*from \(fe80::[0-9a-f:]*\)%.*/\1/p' "$work/ping.log" |
    grep -vx "$ours" | head -n 1)
  [[ -n $router_ll ]]
}
eventually hears_router kernel $ns left
ip -n $ns route add 10.83.0.0/16 via 10.81.0.2
ip -n $ns neigh add 10.81.0.9 lladdr 02:00:00:00:00:09 dev left
ip -n $ns route add fd83::/64 via "$router_ll" dev left
eventually is_redirected 10.83.0.1 10.81.0.9
eventually is_redirected fd83::1 fe80::9
proved "redirects, which the kernel believes"
end_stack

# What leaves to the right may be 1300 long, and there is no offload at our end.
stack NSSHIM_FORWARD=on NSSHIM_OFFLOAD=off NSSHIM_MTU=1300@right -- sleep 1000
move_right
transfer "a small link without offload"
prints 'mtu 1300' kernel ip route get 10.82.0.1 || fail "no path MTU learned"
prints 'mtu 1300' kernel ip route get fd82::1 || fail "no path MTU for IPv6"
ip -n $ns route flush cache
kernel ping -c 2 -i 0.2 -W 5 -M dont -s 3000 10.82.0.1 >/dev/null ||
  fail "IPv4 fragments through"
kernel ping -6 -c 2 -i 0.2 -W 5 -s 3000 fd82::1 >/dev/null ||
  fail "IPv6 fragments through"
proved "path MTU discovery towards a link of 1300, and fragments"
end_stack

# Two kinds of link, one with offload and one without.
ip -n $ns link add veth0 type veth peer name right2 netns $far
ip -n $ns link set veth0 up
ip -n $far link set right2 up
ip -n $far addr add 10.84.0.1/24 dev right2
ip -n $far route replace default via 10.84.0.2
start kernel env NSSHIM_LINK=tap:left,packet:veth0 NSSHIM_FORWARD=on \
  NSSHIM_ADDR=10.81.0.2/24,10.84.0.2/24@veth0 LD_PRELOAD="$lib" sleep 1000
stack_pid=$pid
ip -n $ns route add 10.84.0.0/24 via 10.81.0.2
eventually kernel ping -c 1 -W 1 10.84.0.1
kernel curl -sS -m 60 -o "$work/got" http://10.84.0.1:8000/file ||
  fail "download by a shared interface"
same "$work/file" "$work/got"
kernel curl -sS -m 60 -T "$work/file" http://10.84.0.1:8000/put ||
  fail "upload by a shared interface"
same "$work/file" "$work/put"
proved "a TAP on one side and a shared interface on the other"
ip -n $ns route del 10.84.0.0/24
end_stack

# --- a host on two links --------------------------------------------------------

cat >"$work/host.py" <<'PY'
import array, fcntl, select, socket, struct, sys
BIND = socket.SO_BINDTODEVICE

def listener(device, answer):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device:
        s.setsockopt(socket.SOL_SOCKET, BIND, device)
    s.bind(("", 7001 if device else 7000))
    s.listen()
    return s, answer

def datagrams():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
    s.bind(("", 7002))
    return s

def tell_link(s):
    data, anc, flags, to = s.recvmsg(100, 100)
    index, = struct.unpack_from("i", anc[0][2])
    s.sendto(socket.if_indextoname(index).encode(), to)

socks = dict([listener(None, None), listener(b"left", b"left"),
              listener(b"right", b"right")])
udp = datagrams()
print([n for _, n in socket.if_nameindex()], flush=True)
buf = array.array("B", bytes(400))
conf = struct.pack("iP", len(buf), buf.buffer_info()[0])
size, _ = struct.unpack("iP", fcntl.ioctl(udp, 0x8912, conf))  # SIOCGIFCONF
print(sorted(bytes(buf[n:n + 16]).rstrip(b"\0").decode()
             for n in range(0, size, 40)), flush=True)
while True:
    for s in select.select(list(socks) + [udp], [], [])[0]:
        if s is udp:
            tell_link(s)
            continue
        c, peer = s.accept()
        c.sendall((socks[s] or c.getsockname()[0].encode()) + b"\n")
        c.close()
PY

# ask SIDE HOST PORT: what a listener there says.
ask()
{
  "$1" timeout 5 bash -c "exec 3<>/dev/tcp/$2/$3; cat <&3"
}

stack NSSHIM_FORWARD= -- python3 "$work/host.py"
move_right
has_lines()
{
  (($(wc -l <"$1") >= $2))
}
eventually has_lines "$stack_log" 2
[[ $(sed -n 1p "$stack_log") == "['lo', 'left', 'right']" ]] ||
  fail "if_nameindex: $(<"$stack_log")"
[[ $(sed -n 2p "$stack_log") == "['left', 'lo', 'right']" ]] ||
  fail "SIOCGIFCONF: $(<"$stack_log")"
[[ $(ask kernel 10.81.0.2 7000) == 10.81.0.2 ]] || fail "the left link"
[[ $(ask far 10.82.0.2 7000) == 10.82.0.2 ]] || fail "the right link"
[[ $(ask kernel 10.81.0.2 7001) == left ]] || fail "SO_BINDTODEVICE left"
[[ $(ask far 10.82.0.2 7001) == right ]] || fail "SO_BINDTODEVICE right"
proved "a server on two links, and one bound to each"

for side in kernel:10.81.0.2:left far:10.82.0.2:right; do
  IFS=: read -r who host link <<<"$side"
  got=$($who python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(b"?", (sys.argv[1], 7002))
print(s.recv(100).decode())' $host)
  [[ $got == "$link" ]] || fail "IP_PKTINFO says $got for $link"
done
proved "IP_PKTINFO names the link"

# RFC 1122 3.3.4.2: the other link's address is refused here, and nothing is
# passed on.
for host in 10.82.0.2 10.82.0.1 fd82::2 fd82::1; do
  ! kernel ping -c 2 -i 0.2 -W 1 $host >/dev/null 2>&1 ||
    fail "a host answered or forwarded for $host"
done
proved "the strong host model, and no forwarding"
eventually hears_router far $far right
far ping -6 -c 1 -W 5 "$router_ll%right" >/dev/null || fail "link-local, right"
! kernel ping -6 -c 2 -i 0.2 -W 1 "$router_ll%left" >/dev/null 2>&1 ||
  fail "a link-local address answered on another link"
proved "link-local addresses are their link's"
end_stack

# --- ways out ---------------------------------------------------------------------

# The first gateway is not there: the second one serves, and one link's
# addresses leave by that link.
cat >"$work/client.py" <<'PY'
import errno, socket, sys, time
def connect(host, device=None, source=None):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.settimeout(20)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
    if source:
        s.bind((source, 0))
    s.connect((host, 8000))
    return s.getsockname()[0]
def fails(*args):
    try:
        return "connected from " + connect(*args)
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))
print(connect("10.82.0.1", b"right"))
print(fails("10.85.0.1"), fails("10.86.0.1"), fails("10.87.0.1"))
for n in range(20):
    got = fails("10.90.0.1")
    if got.startswith("connected"):
        break
    time.sleep(0.5)
print(got)
PY
stack "NSSHIM_ROUTE=default via 10.81.0.9 metric 1,default via 10.82.0.1 metric 2,\
unreachable 10.85.0.0/16,prohibit 10.86.0.0/16,blackhole 10.87.0.0/16" -- \
  sh -c "while [ ! -e $work/go ]; do sleep 0.1; done; python3 $work/client.py"
move_right
ip -n $far addr add 10.90.0.1/32 dev lo
touch "$work/go"
eventually has_lines "$stack_log" 3
cat >"$work/expected" <<'EOT'
10.82.0.2
EHOSTUNREACH EACCES EINVAL
connected from 10.82.0.2
EOT
same "$work/expected" "$stack_log" "ways out"
proved "SO_BINDTODEVICE out, routes that lead nowhere, a gateway that is dead"
end_stack

# --- the wrapper -------------------------------------------------------------------

ip -n $ns link add veth2 type veth peer name right3 netns $far
ip -n $ns link set veth2 up
ip -n $far link set right3 up
"$top/run-with-stack.sh" --netns $ns --tap tap0 --addr 10.77.0.2/24 \
  --link packet:veth2 --addr 10.88.0.2/24@veth2 --mtu 1400@veth2 \
  --route "10.91.0.0/16 via 10.88.0.1" --forward -- \
  sh -c 'ip -br -4 addr; ip link show veth2; ip route; grep Ip: /proc/net/snmp' \
  >"$work/wrapper.out" || fail "run-with-stack.sh with two links"
for words in 'tap0 .*10.77.0.2/24' 'veth2 .*10.88.0.2/24' 'veth2: .*mtu 1400' \
  '10.91.0.0/16 via 10.88.0.1 dev veth2' 'default via 10.77.0.1 dev tap0' '^Ip: 1 '; do
  grep -q "$words" "$work/wrapper.out" || fail "no $words: $(<"$work/wrapper.out")"
done
proved "run-with-stack.sh with a TAP of its own, --link beside it, --route, --forward"
