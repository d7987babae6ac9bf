#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# scenarios.sh - what a network does to a host, one thing at a time
#
#   scenarios.sh [NAME...]: these, or all of them
#
# What this script is for
#   Each scenario makes its network, lets one thing happen, and looks at what the
#   stack did: in a capture, in `ip` and `ss` on the stack, in its log. The
#   functions are in scenarios_link.sh and scenarios_tcp.sh, named as here.

. "$(dirname "$0")/net.sh"
. "$top/integration/scenarios_link.sh"
. "$top/integration/scenarios_tcp.sh"
scenarios="dad arp_conflict fragments resolution moved_neighbour dead_router
  path_mtu bridge successor fast_retransmit out_of_order fsm"

# The TAP with the kernel's end of it, before a stack has it.
make_link()
{
  ip -n $ns addr del $KERNEL/32 dev lo
  ip -n $ns addr del $KERNEL6/128 dev lo
  ip -n $ns tuntap add tap0 mode tap vnet_hdr || skip "cannot make a TAP"
  ip -n $ns addr add $KERNEL/24 dev tap0
  ip -n $ns addr add $KERNEL6/64 dev tap0 nodad
  ip -n $ns link set tap0 up
}

# capture DEVICE FILTER: what passes there from now on goes to $capture.
capture()
{
  capture=$work/$1.pcap
  start kernel tcpdump -i "$1" -nUw "$capture" "$2"
  pid_capture=$pid
  eventually grep -q 'listening on' "$log"
}

# counted AT-LEAST FILTER: frames in the capture, by tshark's words.
counted()
{
  (($(tshark -r "$capture" -Y "$2" 2>/dev/null | wc -l) >= $1))
}

# The stack of `ours` has a name, so that its console can be asked.
with_console()
{
  ours_options+=(--name "scene$$")
}

console()
{
  kernel "$top/run-with-stack.sh" --join "scene$$" "$@"
}

console_says()
{
  local pattern=$1
  shift
  prints "$pattern" console "$@"
}

# A process on the stack that does nothing but be there; the stack's log is in
# $work/stack.log.
start_host()
{
  ours_options+=(--log "info,$work/stack.log")
  with_console
  start ours python3 -m http.server --directory "$work/www" 80
  pid_host=$pid
  ours_answers 80
}

need python3 ip ping tcpdump tshark curl
# One of them in this process; all others in processes of their own.
if (($# == 1)); then
  [[ " ${scenarios//$'\n'/ } " == *" $1 "* ]] || fail "there is no scenario $1"
  test_name=$1
  [[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
  with_ipv6
  "scene_$1"
  exit 0
fi
bad=0
# shellcheck disable=SC2086
for name in ${*:-$scenarios}; do
  "$0" "$name" || bad=1
done
exit $bad
