#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# dhcp.sh - NSSHIM_ADDR=dhcp: address, gateway and name server from dnsmasq
#
#   program + stack, no address ==tap0== 10.77.0.1 dnsmasq (DHCP and DNS)
#
# What this script is for
#   The lease is what dnsmasq says it gave; names and pages come by what it told;
#   a server that answers late is waited for; without any the program is told so,
#   in one line, after ten seconds, and goes on.

. "$(dirname "$0")/net.sh"
need dnsmasq curl python3 ping
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up

start_dnsmasq()
{
  : >"$work/leases"
  start kernel dnsmasq --keep-in-foreground --log-facility=- --log-dhcp \
    --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= \
    --interface=tap0 --bind-dynamic --no-ping --dhcp-authoritative \
    --dhcp-range=10.77.0.100,10.77.0.150,255.255.255.0,2m \
    --dhcp-leasefile="$work/leases" --address=/page.test/10.77.0.99 \
    --dhcp-option=option:router,10.77.0.1 "$@"
  dnsmasq_log=$log pid_dnsmasq=$pid
}

dhcp()
{
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap tap0 --addr dhcp --mac 02:00:00:00:77:02 -- "$@"
}

# The TAP is there before the program, with the server's end of it.
ip -n $ns tuntap add tap0 mode tap || skip "cannot make a TAP"
ip -n $ns addr add 10.77.0.1/24 dev tap0
ip -n $ns link set tap0 up
# Behind the gateway, and reached by name only.
ip -n $ns addr add 10.77.0.99/32 dev lo
ip -n $ns addr add 10.99.0.1/32 dev lo
make_file page 1
start kernel python3 -m http.server --directory "$work" 8000
kernel_listens 8000

start_dnsmasq
eventually grep -q 'DHCP, IP range' "$dnsmasq_log"
dhcp curl -sS -o "$work/got" http://page.test:8000/page || fail "curl by name"
same "$work/page" "$work/got" "the page"
address=$(sed -n 's/.*DHCPACK(tap0) \([0-9.]*\) .*/\1/p' "$dnsmasq_log" | head -n 1)
[[ $address == 10.77.0.1[0-5]? ]] || fail "dnsmasq acknowledged nothing"
proved "$address by DHCP, a page by a name that its server told"

eventually grep -q "DHCPRELEASE(tap0) $address" "$dnsmasq_log"
proved "given back when the program had ended"

dhcp curl -sS -o "$work/got" http://10.99.0.1:8000/page || fail "by the gateway"
same "$work/page" "$work/got" "the page from beyond the gateway"
dhcp ip addr >"$work/addr.log" || fail "ip addr"
grep -q "inet $address/24" "$work/addr.log" || fail "ip addr shows no $address/24"
dhcp ip route >"$work/route.log" || fail "ip route"
grep -q '^default via 10.77.0.1 .*proto dhcp' "$work/route.log" || fail "no route"
proved "the gateway, and ip(8) shows address and route"

# Seen from outside, for as long as somebody drives.
cat >"$work/wait.py" <<'PY'
import socket, sys
s = socket.socket()
s.bind(("", 7))
s.listen()
print("up", flush=True)
s.accept()
PY
timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns --tap tap0 \
  --addr dhcp --mac 02:00:00:00:77:02 -- python3 "$work/wait.py" >"$work/wait.log" 2>&1 &
started+=($!)
waiter=$!
eventually grep -q up "$work/wait.log"
last=$(sed -n 's/.*DHCPACK(tap0) \([0-9.]*\) .*/\1/p' "$dnsmasq_log" | tail -n 1)
kernel ping -c 2 -W 5 "$last" >"$work/ping.log" || fail "ping $last"
kernel python3 -c "import socket; socket.create_connection(('$last', 7)).close()" ||
  fail "connect to $last"
wait "$waiter"
proved "$last answers echo requests and listens"

# The server comes late: the second or third question is answered.
stop "$pid_dnsmasq"
dhcp curl -sS -o "$work/got" http://page.test:8000/page 2>"$work/late.log" &
late=$!
started+=($late)
sleep 1
start_dnsmasq
wait $late || fail "with a server that comes late"
same "$work/page" "$work/got" "the page with a late server"
[[ ! -s $work/late.log ]] || fail "said something about a server that was late"
proved "a server that comes late is waited for"

stop "$pid_dnsmasq"
dhcp python3 -c 'import socket
try:
    socket.create_connection(("10.77.0.1", 8000), 3)
except OSError as e:
    print("error", e.errno)' >"$work/none.log" 2>&1
grep -q '^nsshim: no DHCP server has answered for 10 seconds' "$work/none.log" ||
  fail "no line about a missing server"
grep -q '^error 101' "$work/none.log" || fail "not ENETUNREACH without an address"
proved "without a server: one line after ten seconds, and no network"
