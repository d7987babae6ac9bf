#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ip6.sh - IPv6 between the stack and the kernel: neighbours, echo, conflicts
#
#   python3 http.server + stack fd77::2 ==tap0== fd77::1 kernel: ping, ip neigh
#
# What this script is for
#   The kernel finds the stack by neighbour discovery, also after it has
#   forgotten it; echo requests of all sizes, fragmented too, come back with
#   their own bytes; an address that the kernel has already is not used.

. "$(dirname "$0")/net.sh"
need ping python3 ip
net_up
mkdir "$work/www"

OURS6=fd77::2
ours_options=(--addr "$OURS/24,$OURS6/64" --gateway "$KERNEL,fd77::1"
  --log "info,$work/stack.log")
start ours python3 -m http.server --directory "$work/www" 80
ours_answers 80

# ask COUNT SIZE TARGET OPTIONS...: all must be answered, intact.
ask()
{
  kernel ping -6 -n -c "$1" -i 0.05 -s "$2" -W 20 -p a5c3 "${@:4}" "$3" >"$work/ping" ||
    fail "ping -s $2 $3: $(tail -n 3 "$work/ping")"
  grep -q ' 0% packet loss' "$work/ping" || fail "ping -s $2: $(tail -n 2 "$work/ping")"
  ! grep -q 'wrong data' "$work/ping" || fail "ping -s $2: wrong data"
  proved "$1 requests of $2 bytes to $3"
}

neighbour()
{
  ip -n $ns -6 neigh show "$1" dev tap0
}

ask 5 56 $OURS6
ask 5 0 $OURS6
ask 5 1452 $OURS6 -M do
ask 5 4000 $OURS6
ask 3 65487 $OURS6
[[ $(neighbour $OURS6) == *lladdr* ]] || fail "no neighbour entry: $(neighbour $OURS6)"
proved "the kernel's entry: $(neighbour $OURS6)"

# Forgotten, and asked for again.
ip -n $ns -6 neigh flush dev tap0 nud all 2>/dev/null
ask 3 56 $OURS6

# The link-local address, found by an echo to all nodes, which the kernel asks
# from its own one as soon as that is no longer tentative.
kernel_is_linked()
{
  ip -n $ns -6 addr show dev tap0 scope link | grep inet6 | grep -qv tentative
}

eventually kernel_is_linked
mac=$(neighbour $OURS6 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
# All that answer, until one of them is ours: $local.
find_local()
{
  kernel ping -6 -n -c 2 -i 0.2 -W 5 ff02::1%tap0 >"$work/all" 2>&1
  local=$(grep -o 'fe80:[0-9a-f:]*[0-9a-f]' "$work/all" | sort -u |
    while read -r a; do
      kernel ping -6 -n -c 1 -W 5 "$a%tap0" >/dev/null 2>&1
      [[ $(neighbour "$a") != *$mac* ]] || { echo "$a" && break; }
    done)
  [[ -n $local ]]
}

eventually find_local
ask 3 56 "$local%tap0"

# An address that is the kernel's is not used, and the log says so.
stop "$pid"
eventually sh -c "! ip -n $ns link show tap0"
ip -n $ns tuntap add tap0 mode tap vnet_hdr
ip -n $ns addr add $KERNEL/24 dev tap0
ip -n $ns addr add fd77::1/64 dev tap0 nodad
ip -n $ns addr add fd77::9/64 dev tap0 nodad
ip -n $ns link set tap0 up
ours_options=(--addr "$OURS/24,$OURS6/64,fd77::9/64" --gateway "$KERNEL,fd77::1"
  --log "info,$work/conflict.log")
start ours python3 -m http.server --directory "$work/www" 80
ours_answers 80
eventually grep -q 'another host.* has the address fd77::9: not used' "$work/conflict.log"
ask 3 56 $OURS6
proved "a duplicate address: $(grep -o 'another host.*not used' "$work/conflict.log")"
