#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ipv4ll.sh - --addr auto where nobody gives an address: 169.254/16
#
#   programs + stacks ==tap1..tap3== 169.254.200.N kernel, at first without a server
#
# What this script is for
#   A program gets a link-local address and talks on the link, and not beyond it;
#   an address that the kernel has is left to it; a DHCP server that comes late
#   replaces it, while what uses it already goes on. All at once, a TAP for each.

. "$(dirname "$0")/net.sh"
need python3 ip ping
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up

# link N: a TAP with the kernel at 169.254.200.N. All of them have one network: the
# kernel's address says which.
link()
{
  ip -n $ns tuntap add "tap$1" mode tap || skip "cannot make a TAP"
  ip -n $ns addr add "169.254.200.$1/24" dev "tap$1"
  ip -n $ns link set "tap$1" up
  ip -n $ns rule add from "169.254.200.$1" lookup "10$1"
  ip -n $ns route add 169.254.0.0/16 dev "tap$1" table "10$1"
}

# on N COMMAND...: on a stack of its own, on tapN.
on()
{
  local n=$1
  shift
  timeout --foreground -k 5 "$limit" "$top/run-with-stack.sh" --netns $ns \
    --tap "tap$n" --addr auto --mac "02:00:00:00:77:0$n" \
    --log "info,$work/stack$n" -- "$@"
}

# made N: the address that the stack on tapN has made; one by DHCP has no
# such line.
made()
{
  sed -n 's/.*: \(169.254.[0-9.]*\), for DHCP brings nothing$/\1/p' "$work/stack$1" |
    tail -n 1
}

has_made()
{
  [[ -n $(made "$1") ]]
}

cat >"$work/talk.py" <<'PY'
import socket, sys
def ask(host, port):
    try:
        socket.create_connection((host, port), 5).close()
        return 0
    except OSError as e:
        return e.errno
print("link", ask(sys.argv[1], 8000), "beyond", ask("8.8.8.8", 80), flush=True)
PY
cat >"$work/serve.py" <<'PY'
import socket, subprocess, sys
s = socket.socket()
s.bind(("", 7))
s.listen()
print("up", flush=True)
held, _ = s.accept()
# Until the link says that there is a new address.
held.settimeout(100)
print("held", held.recv(1), flush=True)
print(subprocess.run(["ip", "-4", "addr"], capture_output=True, text=True).stdout,
      flush=True)
held.send(b"y")
held.recv(1)
PY

alone()
{
  on 1 python3 "$work/talk.py" 169.254.200.1 >"$work/alone.log" 2>"$work/alone.err"
  grep -qx 'link 0 beyond 101' "$work/alone.log" || fail "alone: $(cat "$work/alone.log")"
  grep -q "^nsshim: no DHCP server .*: going on with $(made 1), and" "$work/alone.err" ||
    fail "alone: $(cat "$work/alone.err")"
}

# The kernel gets what a stack with that hardware address made; then it is taken.
taken()
{
  on 2 true 2>/dev/null
  first=$(made 2)
  ip -n $ns addr add "$first/32" dev tap2
  on 2 python3 "$work/talk.py" 169.254.200.2 >"$work/taken.log" 2>"$work/taken.err"
  grep -qx 'link 0 beyond 101' "$work/taken.log" || fail "taken: $(cat "$work/taken.log")"
  grep -q "another host (.*) has the address $first: not used" "$work/stack2" ||
    fail "taken: no line about the conflict"
  [[ $(made 2) != "$first" ]] || fail "taken: used all the same"
}

late()
{
  on 3 python3 "$work/serve.py" >"$work/late.log" 2>&1 &
  local pid=$! old
  eventually_long has_made 3
  old=$(made 3)
  eventually grep -q up "$work/late.log"
  coproc peer { kernel python3 "$work/hold.py" "$old"; }
  ip -n $ns addr add 10.77.3.1/24 dev tap3
  ip netns exec $ns timeout "$limit" python3 "$top/integration/dhcp_peer.py" tap3 \
    10.77.3.1 10.77.3.50 60 >"$work/server3" 2>&1 &
  local server=$!
  # Who has heard nothing asks ever less often.
  eventually_long grep -q '10.77.3.50/24 by DHCP' "$work/stack3"
  kernel ping -n -c 1 -W 5 10.77.3.50 >"$work/ping3" || fail "late: no answer from .50"
  echo >&"${peer[1]}"
  wait "$peer_PID" || fail "late: what used $old did not go on"
  wait $pid || fail "late: $(tail -n 2 "$work/late.log")"
  kill $server
  grep -q "inet $old/16 .*scope link deprecated" "$work/late.log" ||
    fail "late: $(cat "$work/late.log")"
  grep -q 'inet 10.77.3.50/24' "$work/late.log" || fail "late: no address"
}

cat >"$work/hold.py" <<'PY'
import socket, sys
s = socket.create_connection((sys.argv[1], 7), 20, ("169.254.200.3", 0))
sys.stdin.readline()
s.send(b"x")
s.settimeout(20)
sys.exit(s.recv(1) != b"y")
PY

for n in 1 2 3; do
  link $n
done
start kernel python3 -m http.server --directory "$work" 8000
kernel_listens 8000
at_once alone taken late
proved "an address of 169.254/16, for the link and not beyond it"
proved "one that another host has is left to it"
proved "a late DHCP server replaces it, and what uses it goes on"
