#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# links.sh - links beside the TAP: a shared interface, and passt
#
#   nsst<pid>                              nssp<pid>
#   program + libnsshim.so 10.78.0.3
#        ||  (AF_PACKET)
#      veth0 10.78.0.1 (kernel) ========== veth1 10.78.0.2 (kernel)
#
#   program + libnsshim.so 10.0.2.15 == passt == 127.0.0.1 of nsst<pid>
#
# What this script is for
#   NSSHIM_LINK=packet:veth0: bytes intact both ways with and without offload,
#   and the kernel beside us neither answers for us nor resets what is ours.
#   --net user: as root and as nobody, bytes intact, nothing left behind.

source "$(dirname "$0")/net.sh"
net_up both
need curl python3
lib=${NSSHIM_LIB:-$build/shim/libnsshim.so}
make_file big 8
plain()
{
  timeout --foreground -k 5 "$limit" ip netns exec $ns_plain "$@"
}

# on_packet ADDRESS CMD...: on veth0, beside its kernel.
on_packet()
{
  timeout --foreground -k 5 "$limit" ip netns exec $ns env \
    NSSHIM_LINK=packet:veth0 NSSHIM_ADDR="$1/24" LD_PRELOAD="$lib" "${@:2}"
}

# --- packet: -----------------------------------------------------------------

ip netns exec $ns_plain python3 -m http.server -b 10.78.0.2 -d "$work" 8001 \
  >"$work/peer.log" 2>&1 &
started+=($!)
eventually sh -c "ip netns exec $ns_plain ss -Hltn sport = :8001 | grep -q ."

for NSSHIM_OFFLOAD in on off; do
  export NSSHIM_OFFLOAD
  on_packet 10.78.0.3 curl -sS --max-time 60 -o "$work/got" \
    http://10.78.0.2:8001/big || fail "packet: curl, offload $NSSHIM_OFFLOAD"
  same "$work/big" "$work/got" "packet: download"
done
unset NSSHIM_OFFLOAD

timeout -k 5 "$limit" ip netns exec $ns env NSSHIM_LINK=packet:veth0 \
  NSSHIM_ADDR=10.78.0.3/24 LD_PRELOAD="$lib" \
  python3 -m http.server -d "$work" 8002 >"$work/server.log" 2>&1 &
server=$!
started+=($server)
eventually plain curl -sf -o "$work/got" http://10.78.0.3:8002/big
same "$work/big" "$work/got" "packet: served"
resets=$(ip netns exec $ns nstat -asz TcpOutRsts | awk '/TcpOutRsts/ { print $2 }')
((resets == 0)) || fail "packet: the kernel beside us has sent $resets resets"
plain curl -sS --max-time 2 http://10.78.0.1:8002/ >/dev/null 2>&1 &&
  fail "packet: what we serve answers at the kernel's address"
stop $server
proved "packet: 8 MiB down with and without offload, 8 MiB served; the kernel sent no reset"

status=0
out=$(NSSHIM_LINK=packet:nosuch NSSHIM_ADDR=10.78.0.3/24 LD_PRELOAD=$lib \
  /bin/true 2>&1) || status=$?
((status == 1)) && [[ $out == *'no interface nosuch'* ]] ||
  fail "packet: a missing interface says: $out ($status)"
out=$(setpriv --reuid nobody --clear-groups env NSSHIM_LINK=packet:lo \
  NSSHIM_ADDR=10.78.0.3/24 LD_PRELOAD="$lib" cat /dev/null 2>&1) && fail "packet: nobody may"
[[ $out == *CAP_NET_RAW* ]] || fail "packet: without permission it says: $out"
proved "packet: a missing interface and a missing permission are told"

# --- stream:, by passt -------------------------------------------------------

command -v passt >/dev/null || skip "passt is not installed"
# passt wants an interface with a default route to take after.
ip -n $ns route add default via 10.78.0.2
ip netns exec $ns python3 "$top/integration/http_peer.py" 8003 "$work" \
  >"$work/http.log" 2>&1 &
started+=($!)
kernel_listens 8003

# by_passt COMMAND...: COMMAND on the stack; "$@" may begin with setpriv.
by_passt()
{
  timeout --foreground -k 5 "$limit" ip netns exec $ns "${as[@]}" \
    env TMPDIR="$work/tmp" "$top/run-with-stack.sh" --net user -- "$@"
}

mkdir -m 1777 "$work/tmp"
chmod 755 "$work"
for user in root nobody; do
  as=(setpriv --reuid $user --clear-groups)
  by_passt curl -sS --max-time 60 http://10.0.2.2:8003/big >"$work/got" ||
    fail "passt: curl as $user"
  same "$work/big" "$work/got" "passt: download as $user"
  by_passt curl -sS --max-time 60 -T "$work/big" http://10.0.2.2:8003/up.$user ||
    fail "passt: upload as $user"
  same "$work/big" "$work/up.$user" "passt: upload as $user"
done
as=()
by_passt sh -c 'curl -sS http://10.0.2.2:8003/big | cmp - '"$work/big" ||
  fail "passt: a child of a shell"
by_passt sh -c 'exit 7'
(($? == 7)) || fail "passt: the exit status is lost"
left=$(ls "$work/tmp")
[[ -z $left ]] || fail "passt: left behind: $left"
gone()
{
  ! ip netns pids $ns | xargs -r ps -o comm= -p | grep -q passt
}
eventually gone
proved "passt: 8 MiB each way as root and as nobody; nothing is left behind"
