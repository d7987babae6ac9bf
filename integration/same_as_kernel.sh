#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# same_as_kernel.sh - every test-app behaves on our stack as on the kernel's
#
#   app + stack 10.77.0.2 ==tap0== 10.77.0.1 peer     and, for the oracle,
#   app         10.78.0.2 ==veth== 10.78.0.1 peer
#
# What this script is for
#   Every program of test-apps/ runs alone, on the loopback of its side; those
#   that can, also against a peer on the kernel's end. Transcripts and exit
#   status of both runs must be the same. With names as arguments, only those.

. "$(dirname "$0")/net.sh"
need diff
with_ipv6
net_up both
apps=$build/test-apps
failures=0
count=0

# alone APP: its transcript in $work/$APP.$side
alone()
{
  ours "$apps/$1" >"$work/$1.$side" 2>&1 </dev/null
  echo "exit status $?" >>"$work/$1.$side"
}

# A client with its server on the other end. The server's own transcript is left
# out: how large its reads are is the network's business.
# pair SERVER CLIENT SIDE_OF_SERVER
pair()
{
  local out=$work/$1-$2.$side address=$KERNEL other=ours server n
  [[ $3 == kernel ]] || { address=$OURS && other=kernel; }
  start "$3" "$apps/$1" server "$address" 7
  server=$pid
  # The server may not be there yet; asking would be one connection too many.
  for ((n = 0; n < 50; n++)); do
    "$other" "$apps/$2" client "$address" 7 >"$out" 2>&1 </dev/null
    echo "exit status $?" >>"$out"
    grep -qE 'ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|gave up' "$out" || break
    sleep 0.1
  done
  wait "$server"
  echo "server: exit status $?" >>"$out"
}

compare()
{
  count=$((count + 1))
  if diff -u --label "$1, kernel" --label "$1, ours" "$work/$1.veth" "$work/$1.tap" \
    >"$work/diff"; then
    proved "$1: the same $(wc -l <"$work/$1.tap") lines"
  else
    echo "$test_name: $1: DIFFERS"
    cut -c 1-160 "$work/diff" | head -n 20 >>"$work/differences"
    failures=$((failures + 1))
  fi
}

both_sides()
{
  use_veth
  "${@:2}"
  use_tap
  "${@:2}"
  compare "$1"
}

# While the kernel probes its own address it finds no source for some packets.
probed()
{
  ip -n $ns_plain -6 -o addr show dev veth1 scope link -tentative | grep -q inet6
}

eventually probed
for app in "$apps"/*; do
  name=$(basename "$app")
  [[ -f $app && -x $app ]] || continue
  (($# == 0)) || [[ " $* " == *" $name "* ]] || continue
  both_sides "$name" alone "$name"
done

if (($# == 0)) && [[ -x $apps/tcp_echo_server && -x $apps/tcp_echo_client ]]; then
  for where in kernel ours; do
    both_sides tcp_echo_server-tcp_echo_client pair tcp_echo_server tcp_echo_client $where
    both_sides udp_echo-udp_echo pair udp_echo udp_echo $where
  done
fi
((count > 0)) || skip "no programs in $apps"
((failures == 0)) ||
  fail "$failures of $count differ:"$'\n'"$(head -n 60 "$work/differences")"
