#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# wrapper.sh - run-with-stack.sh: signals, exit status, cleaning up, neighbours
#
#   nsst<pid> plays the host:  run-with-stack.sh, TAPs nss<n>, NAT
#       || veth
#   nssp<pid> plays the outside: 10.78.0.2
#
# What this script is for
#   What the wrapper promises, one promise a paragraph, and after each: no TAP,
#   no nftables table, no sysctl left behind.

. "$(dirname "$0")/net.sh"
need curl python3 unshare setpriv
net_up both
[[ $side == tap ]] || skip "needs our stack"
wrapper=$top/run-with-stack.sh

wrap()
{
  kernel "$wrapper" "$@"
}

forwarding()
{
  kernel sh -c 'cat /proc/sys/net/ipv4/conf/*/forwarding' | tr -d '\n'
}

# The keeper of a program that has just ended may have a moment to do.
no_tap()
{
  ! ip -n $ns -br link | grep '^nss'
}

clean()
{
  eventually no_tap
  ! ip -n $ns -br link | grep '^nss' || fail "a TAP is left after: $1"
  ! kernel nft list tables 2>/dev/null | grep nsshim || fail "a table is left after: $1"
  [[ $(forwarding) == "$forwarding_before" ]] || fail "forwarding changed after: $1"
}

# expect STATUS WHAT COMMAND...
expect()
{
  local want=$1 what=$2 got
  shift 2
  "$@" >"$work/out.log" 2>"$work/err.log"
  got=$?
  ((got == want)) || fail "$what: exit status $got, not $want: $(cat "$work/err.log")"
  clean "$what"
  proved "$what: $want"
}

ip -n $ns route add default via 10.78.0.2
forwarding_before=$(forwarding)

expect 0 "exit 0" wrap true
expect 7 "exit 7" wrap sh -c 'exit 7'
expect 127 "no such command" wrap /no/such/command
expect 143 "the program kills itself" wrap sh -c 'kill $$'
expect 125 "unknown option" wrap --bogus true
expect 125 "no command" wrap
expect 125 "bad address" wrap --addr 10.0.0.2 true
expect 125 "bad gateway" wrap --addr 10.0.0.2/24 --gateway 10.9.0.1 true
expect 125 "auto on a TAP of its own" wrap --addr auto true
expect 125 "no such namespace" wrap --netns no-such true
expect 125 "no such bridge" wrap --bridge no-such --addr 10.0.0.2/24 true
expect 0 "--help" wrap --help
for option in tap addr gateway netns bridge dns mtu mac host log pcap impair demo \
  test make-tap user help; do
  grep -q -- "--$option" "$work/out.log" || fail "--help does not tell --$option"
done

# Each signal reaches the program, and its status comes back.
for signal in TERM INT HUP USR1 USR2 QUIT; do
  # shellcheck disable=SC2016
  start kernel "$wrapper" python3 -c '
import signal, sys, time
n = getattr(signal, "SIG" + sys.argv[1])
signal.signal(n, lambda *a: sys.exit(40 + n))
print("ready", flush=True)
time.sleep(30)' $signal
  eventually grep -q ready "$log"
  inner=$(ip netns pids $ns | while read -r p; do
    tr '\0' ' ' <"/proc/$p/cmdline" | grep -q "bash $wrapper" && echo "$p" && break
  done)
  kill -$signal "$inner"
  wait "$pid"
  status=$?
  ((status == 40 + $(kill -l $signal))) || fail "SIG$signal: exit status $status"
  clean "SIG$signal"
done
proved "TERM INT HUP USR1 USR2 QUIT are passed on"

[[ $(echo words | wrap cat) == words ]] || fail "standard input"
clean "standard input"
proved "standard input is the program's"

# A killed wrapper: the next one sweeps, when the program is gone as well.
start kernel "$wrapper" --tap nsskilled sleep 60
eventually ip -n $ns link show nsskilled
eventually sh -c "ip netns pids $ns | xargs -I{} cat /proc/{}/comm | grep -q sleep"
sleep 0.3
ip netns pids $ns | xargs kill -9
wait "$pid" 2>/dev/null
ip -n $ns link show nsskilled >/dev/null 2>&1 || fail "nsskilled is gone by itself"
expect 0 "what a killed wrapper left is swept" wrap true

# Two at once: own TAPs, own subnets, both of them reach their gateway.
cat >"$work/fetch.py" <<'EOF'
import os, sys, time, urllib.request
url = "http://%s:8000/page" % os.environ["NSSHIM_GATEWAY"]
page = urllib.request.urlopen(url, timeout=20).read()
open(sys.argv[1] + ".page", "wb").write(page)
open(sys.argv[1], "w").write("%(NSSHIM_LINK)s %(NSSHIM_ADDR)s\n" % os.environ)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.05)
EOF
mkdir "$work/www"
make_file www/page 1
start kernel python3 "$top/integration/http_peer.py" 8000 "$work/www"
kernel_listens 8000
start kernel "$wrapper" python3 "$work/fetch.py" "$work/one" "$work/two"
first=$pid
start kernel "$wrapper" python3 "$work/fetch.py" "$work/two" "$work/one"
wait "$first" || fail "the first of two"
wait "$pid" || fail "the second of two"
same "$work/www/page" "$work/one.page"
same "$work/www/page" "$work/two.page"
read -r tap_one addr_one <"$work/one"
read -r tap_two addr_two <"$work/two"
[[ $tap_one != "$tap_two" && $addr_one != "$addr_two" ]] || fail "they shared"
clean "two at once"
proved "two at once: $tap_one $addr_one and $tap_two $addr_two"

# NAT: the outside knows nothing of our subnet.
if command -v nft >/dev/null; then
  ip netns exec $ns_plain timeout "$limit" python3 "$top/integration/http_peer.py" \
    8001 "$work/www" >"$work/plain.log" 2>&1 &
  started+=($!)
  eventually sh -c "ip netns exec $ns_plain ss -Hltn sport = :8001 | grep -q ."
  expect 0 "out through NAT" wrap curl -sS -f --max-time 20 -o "$work/nat" \
    http://10.78.0.2:8001/page
  same "$work/www/page" "$work/nat"
fi

# A bridge: the far end is a veth in it, the kernel's address is the bridge's.
ip -n $ns link add br0 type bridge
ip -n $ns addr add 10.79.0.1/24 dev br0
ip -n $ns link set br0 up
forwarding_before=$(forwarding)
expect 0 "--bridge" wrap --bridge br0 --addr 10.79.0.2/24 curl -sS -f \
  --max-time 20 -o "$work/bridged" http://10.79.0.1:8000/page
same "$work/www/page" "$work/bridged"

# A TAP made once, used by somebody without root; /dev/net/tun as Debian has it.
mknod -m 666 "$work/tun" c 10 200 || fail "mknod"
# shellcheck disable=SC2016
as_nobody='mount --bind "$0/tun" /dev/net/tun &&
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"'
nobody()
{
  kernel unshare --mount sh -c "$as_nobody" "$work" "$@"
}
library=${NSSHIM_LIB:-$top/build/shim/libnsshim.so}
mkdir "$work/integration" && cp "$top/integration/"{tap,user_net,several_links}.sh "$work/integration/"
cp "$library" "$work/libnsshim.so" && cp "$wrapper" "$work/run-with-stack.sh"
wrap --make-tap nssours --user nobody --addr 10.80.0.2/24 >"$work/out.log" ||
  fail "--make-tap"
nobody env NSSHIM_TAP=nssours NSSHIM_ADDR=10.80.0.2/24 NSSHIM_GATEWAY=10.80.0.1 \
  LD_PRELOAD="$work/libnsshim.so" curl -sS -f --max-time 20 \
  http://10.80.0.1:8000/page >"$work/bare" || fail "the bare form"
same "$work/www/page" "$work/bare"
ip -n $ns link del nssours
clean "the bare form"
proved "the bare form, on a TAP made by --make-tap, without root"

# Without root: a namespace of its own, and our own user in it.
[[ $(nobody env "NSSHIM_LIB=$work/libnsshim.so" "$work/run-with-stack.sh" \
  sh -c 'id -u; python3 -c "import socket; print(socket.socket().fileno() > 0)"') == \
  65534$'\n'True ]] || fail "without root"
clean "without root"
proved "without root, in a user and network namespace of its own"
