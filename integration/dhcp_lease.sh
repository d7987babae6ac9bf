#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# dhcp_lease.sh - what becomes of an address by DHCP: taken, renewed, refused, over
#
#   programs + stacks ==tap1..tap6== 10.77.N.1 dhcp_peer.py, with leases of seconds
#
# What this script is for
#   An address that another host has is declined, and the next one used; leases are
#   renewed while every process sleeps elsewhere, and before there is a socket; a
#   refusal replaces the address; the end of a lease takes it away; the last process
#   gives it back, also when it is killed. All of it at once, a TAP for each.

. "$(dirname "$0")/net.sh"
need python3 ip
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up

# with_server N LEASE [MOOD]: a TAP with a server that has 10.77.N.50 and .51.
with_server()
{
  ip -n $ns tuntap add "tap$1" mode tap || skip "cannot make a TAP"
  ip -n $ns addr add "10.77.$1.1/24" dev "tap$1"
  ip -n $ns link set "tap$1" up
  start kernel python3 "$top/integration/dhcp_peer.py" "tap$1" "10.77.$1.1" \
    "10.77.$1.50,10.77.$1.51" "$2" "${3-}"
  ln -s "$log" "$work/server$1"
  eventually_long grep -q serving "$log"
}

# on N COMMAND...: on a stack of its own, on tapN.
on()
{
  local n=$1
  shift
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap "tap$n" --addr dhcp --mac "02:00:00:00:77:0$n" \
    --log "info,$work/stack$n" -- "$@"
}

heard()
{
  grep -q "^$2\$" "$work/server$1"
}

# heard_times N LINE COUNT
heard_times()
{
  (($(grep -c "^$2\$" "$work/server$1") >= $3))
}

cat >"$work/sleep.py" <<'PY'
import os, socket, sys, time
s = socket.socket()
s.bind(("", 7))
s.listen()
if os.fork():
    print(os.getpid(), flush=True)
    os.wait()
else:
    print(os.getpid(), flush=True)
    # Nobody polls, nobody calls the stack.
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.1)
PY

# 1: the kernel has the first address already.
taken()
{
  on 1 python3 -c 'import socket, time
for n in range(300):
    try:
        socket.create_connection(("10.77.1.1", 8000), 3)
    except ConnectionRefusedError:
        break
    except OSError:
        time.sleep(0.1)' >"$work/taken.log" 2>&1
  grep -q '^nsshim: DHCP has brought only addresses that other hosts have for 10 s' \
    "$work/taken.log" || fail "taken: $(cat "$work/taken.log")"
  heard 1 'DECLINE 10.77.1.50' || fail "no DECLINE"
  heard 1 'REQUEST 10.77.1.51' || fail "the next address was not asked for"
  grep -q 'another host (.*) has the address 10.77.1.50: not used' "$work/stack1" ||
    fail "no line about the conflict"
}

# 2: two processes of a family sleep in other calls.
renewed()
{
  on 2 python3 "$work/sleep.py" "$work/enough2" >"$work/renewed.log" 2>&1 &
  local pid=$!
  eventually_long heard_times 2 'RENEW 10.77.2.50' 3
  touch "$work/enough2"
  wait $pid || fail "the sleeper"
  heard 2 'RELEASE 10.77.2.50' || eventually_long heard 2 'RELEASE 10.77.2.50'
  ! grep -q 'lease is over' "$work/stack2" || fail "the lease ended meanwhile"
}

# 3: nobody has made a socket yet; then two programs in turn have one lease.
kept()
{
  on 3 sh -c "until [ -e $work/enough3 ]; do sleep 0.1; done
    for n in 1 2; do python3 $work/refused.py 10.77.3.1; done" \
    >"$work/kept.log" 2>&1 &
  local pid=$!
  eventually_long heard_times 3 'RENEW 10.77.3.50' 3
  touch "$work/enough3"
  wait $pid || fail "the programs: $(tail -n 2 "$work/kept.log")"
  eventually_long heard 3 'RELEASE 10.77.3.50'
  heard_times 3 'REQUEST 10.77.3.50' 2 && fail "asked anew for the second program"
  heard_times 3 'RELEASE 10.77.3.50' 2 && fail "given back twice"
  [[ $(tail -n 1 "$work/server3") == RELEASE* ]] || fail "given back too early"
}

# 4: NAK, and another address takes the place.
refused()
{
  on 4 python3 "$work/sleep.py" "$work/enough4" >"$work/refused.log" 2>&1 &
  local pid=$!
  eventually_long grep -q '10.77.4.51/24 by DHCP' "$work/stack4"
  eventually_long kernel timeout 5 bash -c 'exec 3<>/dev/tcp/10.77.4.51/7'
  touch "$work/enough4"
  wait $pid || fail "the sleeper"
  heard 4 'RENEW 10.77.4.50' || fail "no renewal before the refusal"
}

# 5: the server says nothing more.
over()
{
  on 5 python3 -u "$work/over.py" >"$work/over.log" 2>&1 &
  local pid=$!
  eventually_long grep -q 'before 111$' "$work/over.log"
  touch "$work/mute"
  wait $pid || fail "over: $(tail -n 3 "$work/over.log")"
  grep -q 'after 101$' "$work/over.log" || fail "after: $(cat "$work/over.log")"
  # As Linux, where an address is gone that a socket has.
  grep -q 'datagram 101$' "$work/over.log" || fail "datagram: $(cat "$work/over.log")"
  grep -q 'the DHCP lease is over' "$work/stack5" || fail "no line about the end"
}

# 6: who is killed gives nothing back, its keeper does.
killed()
{
  on 6 python3 "$work/sleep.py" "$work/never" >"$work/killed.log" 2>&1 &
  eventually_long grep -q 'DHCP PROBING -> BOUND' "$work/stack6"
  eventually_long kernel timeout 2 bash -c 'exec 3<>/dev/tcp/10.77.6.50/7'
  (($(wc -l <"$work/killed.log") == 2)) || fail "not two: $(cat "$work/killed.log")"
  xargs kill -9 <"$work/killed.log"
  eventually_long heard 6 'RELEASE 10.77.6.50'
}

cat >"$work/refused.py" <<'PY'
import socket, sys
try:
    socket.create_connection((sys.argv[1], 8000), 5)
except ConnectionRefusedError:
    sys.exit(0)
PY
cat >"$work/over.py" <<'PY'
import socket, time
def ask():
    try:
        socket.create_connection(("10.77.5.1", 8000), 5)
    except OSError as e:
        return e.errno
bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bound.connect(("10.77.5.1", 9))
print("before", ask())
for n in range(300):
    if ask() == 101:
        break
    time.sleep(0.1)
print("after", ask())
try:
    bound.send(b"x")
except OSError as e:
    print("datagram", e.errno)
PY

with_server 1 60
ip -n $ns addr add 10.77.1.50/32 dev tap1
with_server 2 6
with_server 3 6
with_server 4 6 nak
with_server 5 6 "mute:$work/mute"
with_server 6 60
at_once taken renewed kept refused over killed
proved "an address that another host has is declined, the next one is used"
proved "renewed while all processes sleep; without sockets; one lease for two programs"
proved "a refusal replaces the address, the end of a lease takes it away"
proved "given back by the last process, and by the keeper of one that was killed"
