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
  ip -n $ns -o link show dev "$1" | grep -q LOWER_UP
}

move_right()
{
  eventually has_carrier left
  eventually has_carrier right
  ip -n $ns link set right netns $far || skip "cannot move an open TAP"
  ip -n $far link set right up mtu "${1:-1500}" txqueuelen 4096
  ip -n $far addr add 10.82.0.1/24 dev right
  ip -n $far addr add fd82::1/64 dev right nodad
  ip -n $far route add default via 10.82.0.2
  ip -n $far route add default via fd82::2
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
stack NSSHIM_FORWARD=on -- sleep 1000
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
proved "bytes both ways"
